"""Drawing auto numbers.

Gap policy: the one sequence of a rule that never restarts and is not separated by a field comes from a PostgreSQL
sequence, so concurrent writers never wait for each other and a refused or rolled-back record leaves a gap. Every other
rule counts in rows, one per period and text, each locked until its writer commits: no gaps, one writer at a time per
row. A number once given stays with its record whatever becomes of the values it was made of, and is not given again
when the record is deleted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.fields import AutoNumber
from runtime.fieldtypes import Context
from runtime.fieldtypes.auto_number import Drawing, Valued, drawing, in_periods
from runtime.records.work import Item, Work
from runtime.storage.database import Tx

MAPPABLE = frozenset(
    {"single_select", "cascade", "text", "email", "url", "phone", "barcode", "number", "rating", "checkbox", "location"}
)  # fmt: skip
"""Types whose values may stand in an auto number: one value, typed or chosen, known before the record is stored."""


async def draw(work: Work) -> None:
    """Give each new record its auto numbers; part of storing, so that what is undone is drawn again."""
    items = work.of("create")
    if not items:
        return
    for field in work.table.fields:
        if isinstance(field.config, AutoNumber):
            await _draw_field(work, field, field.config, items)


async def _draw_field(work: Work, field: Field, config: AutoNumber, items: list[Item]) -> None:
    local = work.context.now.astimezone(work.context.zone)
    drawings: dict[str, list[tuple[Item, Drawing]]] = defaultdict(list)
    for item in items:
        made = drawing(config, local, lambda key, of=item: _value(work, of, key))  # type: ignore[misc]
        drawings[made.scope].append((item, made))
    # in one order for all writers, so that two batches never wait for each other
    for scope, group in sorted(drawings.items()):
        numbers = await take(work.tx, field.number, config, scope, len(group))
        for number, (item, made) in zip(numbers, group, strict=True):
            item.values[field] = made.text(number)


def _value(work: Work, item: Item, key: str) -> Valued:
    field = work.table.by_id.get(key)
    return None if field is None else valued(field, item.values.get(field), work.context)


def valued(field: Field, stored: Any, context: Context) -> Valued:
    """A stored value as a segment maps it; None for an empty cell. A box that is not ticked is 否, never empty."""
    if field.type == "checkbox":
        text = "是" if stored else "否"
        return text, text
    if stored is None or stored == "":
        return None
    text = fieldtypes.get(field.config).to_text(field.config, stored, context)
    return (stored if field.type == "single_select" else text), text


def sources(table: Table, config: AutoNumber) -> list[Field]:
    """The fields whose values stand in the number, those that are gone left out."""
    keys = dict.fromkeys(s.field for s in config.segments if s.kind == "field")
    return [table.by_id[key] for key in keys if key in table.by_id]


async def take(tx: Tx, field: int, config: AutoNumber, scope: str, count: int) -> list[int]:
    """The next ``count`` numbers of a sequence of the field, ascending."""
    if not in_periods(config):
        rows = await tx.fetch(f"SELECT nextval('data.s{field}') AS n FROM generate_series(1, $1)", count)
        return [row["n"] for row in rows]
    last = await tx.value(
        "INSERT INTO meta.counter (field_id, scope, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (field_id, scope) DO UPDATE SET value = meta.counter.value + $3 RETURNING value",
        field,
        scope,
        count,
    )
    return list(range(last - count + 1, last + 1))
