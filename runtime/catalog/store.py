"""The newest catalog of this process, the lock that keeps definitions still, and how a change of them is declared."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from runtime.catalog.compiled import Catalog, compile_rows

if TYPE_CHECKING:
    from runtime.storage.database import Database, Tx

# application_name of connections that build indexes, which a change of definitions does not wait for
INDEX_BUILDER = "huobiao indexes"

# which version this task has seen to be the newest, and when: (store, version, moment)
_SEEN: ContextVar[tuple[int, int, float] | None] = ContextVar("catalog_seen", default=None)
# a request's own work takes less; what looks again later (a live channel, a job) asks again
_SEEN_SECONDS = 0.5


class CatalogStore:
    """Holds the newest catalog of this process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._catalog: Catalog | None = None
        self._loading = asyncio.Lock()

    def seen(self, version: int) -> None:
        """Remember, for this task and a moment, that ``version`` is the newest: another statement has just read it."""
        _SEEN.set((id(self), version, time.monotonic()))

    async def current(self) -> Catalog:
        """The catalog of the newest committed version (inside a transaction: as that transaction sees it).

        Of the version that the task saw a moment ago (when it looked up who asks), if it did.
        """
        seen = _SEEN.get()
        if (
            seen is not None
            and seen[0] == id(self)
            and time.monotonic() - seen[2] < _SEEN_SECONDS
            and self._catalog is not None
            and self._catalog.version >= seen[1]
            and not self._db.in_transaction()
        ):
            return self._catalog
        version = await self._db.value("SELECT version FROM meta.catalog_state")
        catalog = self._catalog
        if catalog is not None and catalog.version == version:
            return catalog
        if self._db.in_transaction():
            # may hold changes that are not committed, or may be rolled back: never cached
            return await self._load(version)
        async with self._loading:
            if self._catalog is None or self._catalog.version < version:
                self._catalog = await self._load(version)
            return self._catalog

    async def at(self, version: int) -> Catalog:
        """The catalog of ``version``, which a statement of the caller's transaction has just read as the newest."""
        catalog = self._catalog
        return catalog if catalog is not None and catalog.version == version else await self.current()

    async def locked(self, tx: Tx) -> Catalog:
        """The catalog for writing records: no definition can change until ``tx`` ends."""
        if tx.definitions is None:
            await self._lock(tx, 0)
        return await self._of_locked(tx)

    async def locked_for_changes(self, tx: Tx, count: int) -> tuple[Catalog, list[int]]:
        """The same, with numbers for ``count`` changes, in one statement."""
        if tx.definitions is None or len(tx.numbers) < count:
            await self._lock(tx, count)
        numbers, tx.numbers = tx.numbers[:count], tx.numbers[count:]
        return await self._of_locked(tx), numbers

    async def _lock(self, tx: Tx, count: int) -> None:
        # a small count stands in the text, so that the statement is planned once, not each time anew
        if count <= _FEW:
            row = await tx.row(f"SELECT {lock_and_draw(count)}")
        else:
            row = await tx.row(f"SELECT {lock_and_draw('$1')}", count)
        assert row is not None  # noqa: S101 - a SELECT without FROM has a row
        took_lock(tx, row)

    async def _of_locked(self, tx: Tx) -> Catalog:
        version = tx.definitions
        assert version is not None  # noqa: S101 - it has been locked
        catalog = self._catalog
        if catalog is not None and catalog.version == version:
            self.seen(version)
            return catalog
        return await self._load(version)

    async def _load(self, version: int) -> Catalog:
        rows = await self._db.fetch(
            "SELECT id, public_id, kind, app_id, table_id, position, version, body FROM meta.definition"
            " WHERE deleted_at IS NULL ORDER BY position, id"
        )
        people = await self._db.fetch(
            "SELECT p.id, p.public_id, p.name, p.email, p.active, p.is_owner,"
            " (SELECT array_agg(m.app_id) FROM meta.membership m WHERE m.person_id = p.id) AS apps"
            " FROM meta.person p ORDER BY p.name, p.id"
        )
        # a new version may come with other columns, which statements prepared before do not know of
        await self._db.forget_statements()
        return compile_rows(version, rows, people)


_FEW = 4


def lock_and_draw(count: int | str) -> str:
    """SQL: what to select to hold all definitions still and draw ``count`` numbers of changes, for :func:`took_lock`."""
    drawn = f"SELECT nextval('meta.change_number') FROM generate_series(1, {count})"
    return f"meta.lock_catalog() AS version, ARRAY({drawn}) AS numbers"


def took_lock(tx: Tx, row: Any) -> None:
    """``tx`` holds all definitions still, and has drawn numbers, as ``row`` says."""
    tx.definitions = row["version"]
    tx.numbers += row["numbers"]


async def bump(tx: Tx) -> int:
    """Declare that definitions, or the people of apps, changed in ``tx``; waits for writers under way.

    Returns the new version.

    Call it first thing: it is also the lock that keeps two changes of definitions apart.
    """
    _SEEN.set(None)
    tx.definitions = None
    await tx.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
        " AND datname = current_database()",
        INDEX_BUILDER,
    )
    await tx.execute("SELECT pg_advisory_xact_lock(7001)")
    return int(await tx.value("UPDATE meta.catalog_state SET version = version + 1 RETURNING version"))
