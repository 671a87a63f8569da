"""About how many records tables hold, cheaply enough for every page: small ones are counted, large ones estimated."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from runtime.catalog import Table
from runtime.storage.database import Database, Tx

# counting this much takes a few milliseconds; beyond it, the statistics PostgreSQL keeps are good enough
COUNTED_BYTES = 8_000_000


async def sizes(db: Database | Tx, tables: Iterable[Table]) -> dict[str, int]:
    """Number of records by table id: exact for small tables, an estimate for large ones (trashed records included)."""
    by_number = {table.number: table.id for table in tables}
    return {by_number[number]: n for number, n in (await count_of(db, list(by_number))).items()}


async def count_of(db: Database | Tx, numbers: Sequence[int]) -> dict[int, int]:
    """The same by the tables' numbers, for those that the catalog does not know (any more)."""
    if not numbers:
        return {}
    rows = await db.fetch(
        "SELECT n.number, greatest(c.reltuples, 0)::bigint AS known, pg_relation_size(c.oid) AS bytes"
        " FROM unnest($1::integer[]) AS n(number) JOIN pg_class c ON c.oid = to_regclass('data.t' || n.number)",
        list(numbers),
    )
    found: dict[int, int] = {}
    small: list[int] = []
    for row in rows:
        if row["bytes"] > COUNTED_BYTES and row["known"]:
            found[row["number"]] = row["known"]
        else:
            small.append(row["number"])
    if small:
        counts = " UNION ALL ".join(
            f"SELECT {number} AS number, count(*) AS n FROM data.t{number} WHERE deleted_at IS NULL"
            for number in small
        )
        found |= {row["number"]: row["n"] for row in await db.fetch(counts)}
    return found


_REMEMBERED_SECONDS = 10.0
_SMALL: WeakKeyDictionary[Database, dict[int, tuple[float, bool]]] = WeakKeyDictionary()


async def is_small(db: Database, table: Table) -> bool:
    """Whether counting the table's records costs next to nothing (as of some seconds ago)."""
    known = _SMALL.setdefault(db, {})
    at, small = known.get(table.number, (-_REMEMBERED_SECONDS, False))
    if time.monotonic() - at >= _REMEMBERED_SECONDS:
        small = bool(await db.value(f"SELECT pg_relation_size('{table.sql}') <= $1", COUNTED_BYTES))
        known[table.number] = (time.monotonic(), small)
    return small
