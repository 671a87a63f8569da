"""Database connections that break at a chosen statement, and workers that die there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from weakref import WeakSet

import asyncpg

from runtime.storage.database import Database, _as_it_is

Death = Literal["killed", "unheard"]
"""``killed``: the process dies before the statement leaves it. ``unheard``: the statement takes effect, its answer is lost
with the connection, and the process goes on (a database that is restarted)."""


class Killed(BaseException):
    """The process is dead: nothing of it may run on, whatever it catches."""


class Fate:
    """Counts statements, and strikes at the ``strikes_at``-th (1 …) while it is armed."""

    def __init__(self) -> None:
        self.death: Death | None = None
        self.strikes_at = self.count = 0
        self.struck = ""
        self.dead = False
        self.connections: WeakSet[asyncpg.Connection] = WeakSet()

    @contextmanager
    def armed(self, death: Death, strikes_at: int) -> Iterator[None]:
        """Strike within the block; a process that dies stays dead until its end."""
        self.death, self.strikes_at, self.count, self.struck = death, strikes_at, 0, ""
        try:
            yield
        finally:
            self.death, self.dead = None, False

    async def around(self, connection: asyncpg.Connection, sql: str, run: Any) -> Any:
        """Carry out ``run``, or strike."""
        self.connections.add(connection)
        if self.dead:
            connection.terminate()  # one that had said nothing before the process died
            raise Killed
        if self.death is None:
            return await run()
        self.count += 1
        if self.count != self.strikes_at:
            return await run()
        self.struck = sql
        if self.death == "killed":
            self.dead = True
            for one in self.connections:  # the kernel closes them all
                one.terminate()
            raise Killed
        await run()
        connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


def mortal_connection(fate: Fate) -> type[asyncpg.Connection]:
    """A class of connections that ``fate`` governs."""

    class Mortal(asyncpg.Connection):
        async def execute(self, query: str, *args: Any, **options: Any) -> Any:
            return await fate.around(
                self, query, lambda: super(Mortal, self).execute(query, *args, **options)
            )

        async def executemany(self, command: str, args: Any, **options: Any) -> Any:
            return await fate.around(
                self, command, lambda: super(Mortal, self).executemany(command, args, **options)
            )

        async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
            return await fate.around(self, query, lambda: super(Mortal, self).fetch(query, *args, **options))

        async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
            return await fate.around(
                self, query, lambda: super(Mortal, self).fetchrow(query, *args, **options)
            )

        async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
            return await fate.around(
                self, query, lambda: super(Mortal, self).fetchval(query, *args, **options)
            )

    return Mortal


async def make_mortal(db: Database, fate: Fate) -> None:
    """Replace the pool of ``db`` by one whose connections ``fate`` governs."""
    await db.stop()
    db.engine.pool = await asyncpg.create_pool(
        db.url,
        min_size=1,
        max_size=10,
        command_timeout=60,
        reset=_as_it_is,
        connection_class=mortal_connection(fate),
    )
