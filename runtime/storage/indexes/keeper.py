"""Makes the indexes that are wanted, one after the other and without holding anybody up, and drops unused ones.

``CREATE INDEX CONCURRENTLY`` lets people read and write meanwhile. Only a change of the table itself would have to wait,
so whoever changes definitions ends the build (:func:`runtime.catalog.bump`); it is tried again later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import structlog

from runtime.catalog import INDEX_BUILDER, Catalog, CatalogStore, Table
from runtime.storage.computed import read_time
from runtime.storage.database import Database
from runtime.storage.indexes.shapes import Index, Shape, index_for, without_covered
from runtime.storage.indexes.wanted import matches, wants

log = structlog.get_logger(__name__)

# below this a table is read as a whole in a millisecond or two
WORTHWHILE_BYTES = 1_000_000
MOST_PER_TABLE = 16
# a shape nobody defined is worth an index when its slow queries took this long together, and not just once
_WORTH_TIMES, _WORTH_SECONDS = 2, 0.2
UNUSED_DAYS = 14
RETRY_MINUTES = 2
_BUILD_SECONDS = 3600


@dataclass(frozen=True)
class Wanted:
    """An index that is wanted, and by which definitions (none: by use)."""

    index: Index
    by: tuple[str, ...]


class IndexKeeper:
    """Keeps the indexes of one installation; works in the process that leads."""

    def __init__(self, db: Database, catalogs: CatalogStore) -> None:
        self.db, self.catalogs = db, catalogs

    async def keep(self) -> int:
        """Look what is wanted, make what is missing, drop what is unused; how many were made."""
        catalog = await self.catalogs.current()
        tables = {t.number: t for app in catalog.apps for t in app.tables}
        sizes = await self.db.fetch(
            "SELECT n.number, pg_relation_size(c.oid) AS bytes FROM unnest($1::integer[]) AS n(number)"
            " JOIN pg_class c ON c.oid = to_regclass('data.t' || n.number)",
            list(tables),
        )
        for row in sizes:
            table = tables[row["number"]]
            small = row["bytes"] < WORTHWHILE_BYTES
            if not small or any(matches(catalog, table)):
                await self._note(table, await self.wanted(catalog, table, matches_only=small))
        await self._forget(list(tables))
        made = 0
        for row in await self._due():
            made += await self._build(row)
        return made

    async def wanted(self, catalog: Catalog, table: Table, *, matches_only: bool = False) -> list[Wanted]:
        """The indexes ``table`` should have: what definitions ask for first, then what use asks for.

        ``matches_only``: a small table is quickly read as a whole, but not once for every record that may match.
        """
        by: dict[Index, list[str]] = {}
        computed_when_read = read_time(catalog)  # no column holds them, so no index could
        for want in wants(catalog, table, matches_only=matches_only):
            index = None if want.shape.fields & computed_when_read else index_for(table, want.shape)
            if index is not None:
                by.setdefault(index, []).append(want.by)
        used = await self.db.fetch(
            "SELECT shape FROM meta.query_use WHERE table_id = $1 AND times >= $2 AND seconds >= $3"
            " AND last_at > now() - make_interval(days => $4) ORDER BY seconds DESC LIMIT $5",
            table.number,
            _WORTH_TIMES,
            _WORTH_SECONDS,
            UNUSED_DAYS,
            0 if matches_only else MOST_PER_TABLE,
        )
        for row in used:
            shape = msgspec.json.decode(row["shape"], type=Shape)
            index = None if shape.fields & computed_when_read else index_for(table, shape)
            if index is not None:
                by.setdefault(index, [])
        kept = without_covered(list(by))[:MOST_PER_TABLE]
        return [
            Wanted(
                index, tuple(dict.fromkeys(k for other, ks in by.items() if index.covers(other) for k in ks))
            )
            for index in kept
        ]

    async def _note(self, table: Table, wanted: list[Wanted]) -> None:
        for one in wanted:
            await self.db.execute(
                "INSERT INTO meta.table_index (table_id, columns, hashed, wanted_by) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (table_id, columns, hashed) DO UPDATE SET wanted_by = $4, wanted_at = now()",
                table.number,
                list(one.index.columns),
                one.index.hashed,
                list(one.by),
            )

    async def _due(self) -> list[Any]:
        """Rows whose index is not there: new ones, failed ones after a while, ones that went with a column."""
        await self.db.execute(
            "UPDATE meta.table_index i SET state = 'waiting' WHERE state IN ('ready', 'building')"
            " AND NOT EXISTS (SELECT 1 FROM pg_index x WHERE x.indexrelid = to_regclass('data.x' || i.id)"
            " AND x.indisvalid)"
        )
        return await self.db.fetch(
            "SELECT * FROM meta.table_index WHERE state <> 'ready' AND wanted_at > now() - interval '1 hour'"
            " AND (tried_at IS NULL OR tried_at < now() - make_interval(mins => $1)) ORDER BY id",
            RETRY_MINUTES,
        )

    async def _build(self, row: Any) -> bool:
        name, table = f"x{row['id']}", f"data.t{row['table_id']}"
        method = "USING hash " if row["hashed"] else ""
        begun = time.monotonic()
        await self._mark(row, "building", None)
        connection = await asyncpg.connect(
            self.db.url, command_timeout=_BUILD_SECONDS, server_settings={"application_name": INDEX_BUILDER}
        )
        try:
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS data.{name}")
            await connection.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON {table} {method}({', '.join(row['columns'])})"
                " WHERE deleted_at IS NULL"
            )
            await connection.execute(f"ANALYZE {table}")
        except asyncpg.QueryCanceledError:
            await self._mark(row, "waiting", None)
            return False
        except asyncpg.PostgresError as error:
            log.warning("index not made", table=row["table_id"], columns=row["columns"], error=str(error))
            await self._mark(row, "failed", str(error))
            return False
        finally:
            await connection.close()
        await self._mark(row, "ready", None)
        log.info(
            "index made",
            table=row["table_id"],
            columns=row["columns"],
            seconds=round(time.monotonic() - begun, 1),
        )
        return True

    async def _mark(self, row: Any, state: str, error: str | None) -> None:
        await self.db.execute(
            "UPDATE meta.table_index SET state = $2, error = $3, tried_at = now(),"
            " ready_at = CASE WHEN $2 = 'ready' THEN now() END WHERE id = $1",
            row["id"],
            state,
            error,
        )

    async def _forget(self, tables: list[int]) -> None:
        """Drop what nobody has wanted for two weeks, and what belonged to tables that are gone."""
        rows = await self.db.fetch(
            "SELECT id FROM meta.table_index WHERE NOT pinned AND wanted_at < now() - make_interval(days => $1)"
            " OR table_id <> ALL($2::integer[])",
            UNUSED_DAYS,
            tables,
        )
        for row in rows:
            async with self.db.pool.acquire() as connection:
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS data.x{row['id']}")
            await self.db.execute("DELETE FROM meta.table_index WHERE id = $1", row["id"])
            log.info("unused index dropped", index=row["id"])
        await self.db.execute(
            "DELETE FROM meta.query_use WHERE last_at < now() - make_interval(days => $1)", UNUSED_DAYS
        )
