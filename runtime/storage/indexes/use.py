"""Slow queries leave a note of what would have helped them, so that what people do is what gets quick."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from weakref import WeakKeyDictionary

import msgspec
import structlog
from asyncpg import InterfaceError, PostgresError

from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.storage.database import Database
from runtime.storage.indexes.shapes import Shape, index_for, shapes_of

log = structlog.get_logger(__name__)

# a page of a small table takes less; whoever waits longer notices
SLOW_SECONDS = 0.03
_FLUSH_SECONDS = 2.0
_MOST_SHAPES = 500

_NOTED: WeakKeyDictionary[Database, Notebook] = WeakKeyDictionary()


class Notebook:
    """What one process has noted and not yet written down."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[tuple[int, Shape], list[float]] = defaultdict(list)
        self._writing: asyncio.Task[None] | None = None

    def note(self, table: int, shape: Shape, seconds: float) -> None:
        """Note a use; it is written down in a moment, together with others."""
        if len(self._noted) < _MOST_SHAPES:
            self._noted[table, shape].append(seconds)
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        await asyncio.sleep(_FLUSH_SECONDS)
        with suppress(PostgresError, InterfaceError, OSError, RuntimeError):
            await self.write()

    async def write(self) -> None:
        """Write down what was noted."""
        noted, self._noted = self._noted, defaultdict(list)
        for (table, shape), seconds in noted.items():
            await self._db.execute(
                "INSERT INTO meta.query_use (table_id, shape, times, seconds) VALUES ($1, $2::text::jsonb, $3, $4)"
                " ON CONFLICT (table_id, shape) DO UPDATE SET times = meta.query_use.times + $3,"
                " seconds = meta.query_use.seconds + $4, last_at = now()",
                table,
                msgspec.json.encode(shape).decode(),
                len(seconds),
                sum(seconds),
            )


def notebook(db: Database) -> Notebook:
    """The notebook of this process."""
    found = _NOTED.get(db)
    if found is None:
        found = _NOTED[db] = Notebook(db)
    return found


def note_slow(db: Database, table: Table, query: Query, seconds: float) -> None:
    """Note a query that took ``seconds``, if that is long and an index would help."""
    if seconds >= SLOW_SECONDS and not db.in_transaction():
        for shape in shapes_of(query):
            if index_for(table, shape) is not None:
                notebook(db).note(table.number, shape, seconds)
