"""Merges as the history tells them: what went into a record, and into which one a record went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from runtime.access import Actor, Operation, require
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.ids import parse_record_id, record_id
from runtime.records import links
from runtime.records.history import MERGE, Entry
from runtime.system import System


class Named(msgspec.Struct, frozen=True):
    """A record and what it is called."""

    id: str
    name: str


class Merged(msgspec.Struct, frozen=True):
    """A merge: the record that stayed, and those that went into it (they are in the trash, or were)."""

    into: Named
    others: tuple[Named, ...]


async def of_entries(
    system: System, actor: Actor, public_id: str, entries: Sequence[Entry]
) -> dict[int, Merged]:
    """The merges among the entries of a record, by entry id: of the record that stayed its change, of the others that they
    went into the trash."""
    by_change = {
        e.change: e.source.removeprefix(MERGE) for e in entries if e.source and e.source.startswith(MERGE)
    }
    catalog = await system.catalogs.current()
    number, own = parse_record_id(public_id)
    table = catalog.table_by_number(number)
    require(actor, Operation.LOOK, table.app_id)
    if not by_change:
        return {}
    gone: dict[int, list[int]] = defaultdict(list)
    for row in await system.db.fetch(
        "SELECT change_id, record_id FROM meta.history WHERE change_id = ANY($1::bigint[]) AND table_id = $2"
        " AND action = 'delete' ORDER BY id",
        list(by_change),
        table.number,
    ):
        gone[row["change_id"]].append(row["record_id"])
    kept = {change: _row(into, table.number) for change, into in by_change.items()}
    primary = table.primary
    names: dict[int, str] = {}
    if primary is not None and primary.stored:
        wanted = {row for rows in gone.values() for row in rows} | {row for row in kept.values() if row}
        context = Context(zone=catalog.app_of(table).zone)
        for row in await system.db.fetch(
            f"SELECT id, {primary.column} AS name FROM {table.sql} WHERE id = ANY($1::bigint[])",
            sorted(wanted),
        ):
            names[row["id"]] = links.title(primary, row["name"], context)

    def named(row: int) -> Named:
        return Named(record_id(table.number, row), names.get(row, ""))

    found: dict[int, Merged] = {}
    for entry in entries:
        into = kept.get(entry.change)
        if into and entry.action == ("update" if own == into else "delete"):
            found[entry.id] = Merged(named(into), tuple(named(row) for row in gone[entry.change]))
    return found


def _row(public_id: str, table: int) -> int | None:
    """The row of a record of this table; None for another table's."""
    try:
        number, row = parse_record_id(public_id)
    except NotFound:
        return None
    return row if number == table else None
