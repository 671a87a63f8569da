"""Drawing auto numbers.

Gap policy: a sequence that never restarts comes from a PostgreSQL sequence, so concurrent writers never wait for each
other and a refused or rolled-back record leaves a gap. A sequence that restarts (per day, month, year) is a counter
row locked until the writer commits: no gaps, one writer at a time per period.
"""

from __future__ import annotations

from runtime.catalog import Field
from runtime.definitions.fields import AutoNumber
from runtime.fieldtypes.auto_number import render, scope_of
from runtime.records.work import Work


async def draw(work: Work) -> None:
    """Give each new record its auto numbers."""
    items = work.of("create")
    if not items:
        return
    local = work.context.now.astimezone(work.context.zone)
    for field in work.table.fields:
        config = field.config
        if not isinstance(config, AutoNumber):
            continue
        numbers = await _take(work, field, config, len(items))
        for number, item in zip(numbers, items, strict=True):
            item.values[field] = render(config, number, local)


async def _take(work: Work, field: Field, config: AutoNumber, count: int) -> list[int]:
    """The next ``count`` numbers of the field, ascending."""
    if config.restart == "never":
        rows = await work.tx.fetch(
            f"SELECT nextval('data.s{field.number}') AS n FROM generate_series(1, $1)", count
        )
        return [row["n"] for row in rows]
    scope = scope_of(config, work.context.now.astimezone(work.context.zone))
    last = await work.tx.value(
        "INSERT INTO meta.counter (field_id, scope, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (field_id, scope) DO UPDATE SET value = meta.counter.value + $3 RETURNING value",
        field.number,
        scope,
        count,
    )
    return list(range(last - count + 1, last + 1))
