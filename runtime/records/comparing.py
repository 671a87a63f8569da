"""What a merge would do, for who is to decide: the records side by side, and what hangs on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor, hidden_fields
from runtime.catalog import Catalog, Field
from runtime.definitions.fields import Link
from runtime.ids import record_id
from runtime.records import links
from runtime.records.merging import Group, Treatment, one_way, pointing, read_group, treatment
from runtime.system import System


class Side(msgspec.Struct, frozen=True):
    """A record that may stay or go. ``linked``: how many records link to it or are linked by it, which would be linked to
    another one if it went."""

    id: str
    name: str
    created_at: datetime
    linked: int


class Compared(msgspec.Struct, frozen=True):
    """A field in all records, in their order: wire values (None where empty) and texts. ``how``: see ``Treatment``;
    ``same``: they hold the same."""

    field: str
    name: str
    type: str
    how: Treatment
    same: bool
    values: tuple[Any, ...]
    texts: tuple[str, ...]


class Comparison(msgspec.Struct, frozen=True):
    """Records that may be merged, and the fields that may differ."""

    records: tuple[Side, ...]
    fields: tuple[Compared, ...]


async def compare(system: System, actor: Actor, table_id: str, records: Sequence[str]) -> Comparison:
    """The records side by side. Raises as :func:`runtime.records.merging.read_group` does."""
    catalog = await system.catalogs.current()
    group = await read_group(system.db, catalog, actor, table_id, records, lock=False)
    hidden = hidden_fields(actor, group.table)
    fields: list[Compared] = []
    linked: dict[int, set[tuple[str, int]]] = {row: set() for row in group.rows}
    for field in group.table.fields:
        how = treatment(group.app, group.table, field)
        if how is None or field.id in hidden:
            continue
        if isinstance(field.config, Link):
            fields.append(await _linked(system, catalog, group, field, how, linked))
        else:
            fields.append(_compared(group, field, how))
    await _pointing(system, catalog, group, linked)
    sides = tuple(
        Side(
            record_id(group.table.number, row),
            group.title(row),
            group.rows[row]["created_at"],
            len(linked[row]),
        )
        for row in group.rows
    )
    return Comparison(sides, tuple(fields))


def _compared(group: Group, field: Field, how: Treatment) -> Compared:
    kind = fieldtypes.get(field.config)
    stored = [group.rows[row][field.column] for row in group.rows]
    values = tuple(None if one is None else kind.to_wire(field.config, one) for one in stored)
    texts = tuple("" if one is None else kind.to_text(field.config, one, group.context) for one in stored)
    same = all(one == stored[0] for one in stored)
    return Compared(field.id, field.name, field.type, how, same, values, texts)


async def _linked(
    system: System,
    catalog: Catalog,
    group: Group,
    field: Field,
    how: Treatment,
    linked: dict[int, set[tuple[str, int]]],
) -> Compared:
    assert isinstance(field.config, Link)  # noqa: S101
    shown = await links.display(system.db, catalog, field, list(group.rows), group.context)
    if field.config.many:
        target = catalog.table(field.config.table)
        pairs = await links.pairs(system.db, field, group.rows)
        live = await system.db.fetch(
            f"SELECT id FROM {target.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL",
            [n for rows in pairs.values() for n in rows],
        )
        there = {row["id"] for row in live}
        for row, numbers in pairs.items():
            linked[row] |= {(target.id, n) for n in numbers if n in there}
    values = tuple(shown.get(row) or None for row in group.rows)
    texts = tuple("、".join(one["name"] or one["id"] for one in value or ()) for value in values)
    same = all(value == values[0] for value in values)
    return Compared(field.id, field.name, field.type, how, same, values, texts)


async def _pointing(
    system: System, catalog: Catalog, group: Group, linked: dict[int, set[tuple[str, int]]]
) -> None:
    """Records that point through one-way links, which no field of this table shows."""
    for field in one_way(catalog, group.table):
        near = catalog.table(field.table_id)
        for row in group.rows:
            alone = Group(group.app, group.table, group.context, {0: None, row: group.rows[row]})
            linked[row] |= {(near.id, n) for n in await pointing(system.db, near, field, alone)}
