"""Which stored values are not all right yet, because the worker is still to compute them: for answers and pages."""

from __future__ import annotations

import time
from typing import Literal
from weakref import WeakKeyDictionary

import msgspec

from runtime.catalog import Table
from runtime.system import System

_KNOWN_SECONDS = 0.5

_KNOWN: WeakKeyDictionary[System, tuple[float, dict[int, frozenset[int]]]] = WeakKeyDictionary()


class Pending(msgspec.Struct, frozen=True):
    """A field that the worker is busy with: rows done of about so many (None: not known yet).

    ``refresh``: its stored values are not all right yet; ``convert``: it is being given another type; ``undo``: it is
    being given back the one it had.
    """

    field: str
    kind: Literal["refresh", "convert", "undo"]
    done: int
    total: int | None


async def refreshing(system: System, table: Table) -> tuple[str, ...]:
    """Ids of the fields of a table whose stored values are not all right yet.

    Cheap enough for every page: as of half a second ago at most, of this process's own writes as of now.
    """
    known = _KNOWN.get(system)
    if known is None or time.monotonic() - known[0] > _KNOWN_SECONDS:
        rows = await system.db.fetch(
            "SELECT table_id, array_agg(DISTINCT field_id) AS fields FROM meta.refresh GROUP BY table_id"
        )
        known = time.monotonic(), {row["table_id"]: frozenset(row["fields"]) for row in rows}
        _KNOWN[system] = known
    numbers = known[1].get(table.number)
    return tuple(one.id for one in table.fields if one.number in numbers) if numbers else ()


async def pending(system: System, table: Table) -> list[Pending]:
    """The fields of a table that the worker is busy with, and how far it is."""
    known = {str(one.number): one.id for one in table.fields} | {one.id: one.id for one in table.fields}
    rows = await system.db.fetch(
        "SELECT field_id::text AS field, 'refresh' AS kind, sum(done)::bigint AS done,"
        " CASE WHEN bool_or(total IS NULL) THEN NULL ELSE sum(total)::bigint END AS total"
        " FROM meta.refresh WHERE table_id = $1 GROUP BY field_id"
        " UNION ALL SELECT config->>'field', CASE WHEN config->>'undo' IS NULL THEN 'convert' ELSE 'undo' END, done, total"
        " FROM meta.job"
        " WHERE table_id = $1 AND kind = 'convert' AND status IN ('queued', 'running')",
        table.number,
    )
    return [
        Pending(known[row["field"]], row["kind"], row["done"], row["total"])
        for row in rows
        if row["field"] in known
    ]


def forget(system: System) -> None:
    """Ask again at once: something has been left to the worker just now."""
    _KNOWN.pop(system, None)
