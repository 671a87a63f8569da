"""Advisory locks that outlive transactions, on one connection of their own: they go when the connection goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from runtime.automations.retry import BROKEN_CONNECTION, DATABASE_TROUBLE
from runtime.storage.database import Database


class Held:
    """A lock that was asked for."""

    def __init__(self, connection: asyncpg.Connection | None) -> None:
        self._connection = connection

    @property
    def mine(self) -> bool:
        """Whether it was free and is held still: whoever lost the connection on which it was taken has lost the lock."""
        return self._connection is not None and not self._connection.is_closed()


class Locks:
    """Named locks within the family ``number``. The same connection serves all of them, one statement at a time."""

    def __init__(self, db: Database, number: int) -> None:
        self.db, self.number = db, number
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def acquire(self, name: str) -> bool:
        """Take the lock ``name``; False when somebody else has it."""
        return bool(await self._ask("SELECT pg_try_advisory_lock($1, hashtext($2))", name))

    async def release(self, name: str) -> None:
        """Give it back; a connection that was lost has done so already."""
        with suppress(*DATABASE_TROUBLE):
            await self._ask("SELECT pg_advisory_unlock($1, hashtext($2))", name, reconnect=False)

    async def still(self) -> bool:
        """Whether the connection, and with it every lock taken, is still there."""
        try:
            async with self._turn:
                return self._connection is not None and bool(await self._connection.fetchval("SELECT true"))
        except DATABASE_TROUBLE:
            await self.close()
            return False

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[Held]:
        """The lock for the time of the block, if it is free. What takes long asks again whether it is held still."""
        free = await self.acquire(name)
        held = Held(self._connection if free else None)
        try:
            yield held
        finally:
            if held.mine:
                await self.release(name)

    async def close(self) -> None:
        """Give everything back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*DATABASE_TROUBLE, TimeoutError):
                await connection.close(timeout=2)

    async def _ask(self, sql: str, name: str, *, reconnect: bool = True) -> object:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                if not reconnect:
                    return None
                self._connection = await asyncpg.connect(self.db.url, timeout=10, command_timeout=30)
            try:
                return await self._connection.fetchval(sql, self.number, name)
            except BROKEN_CONNECTION:  # it may not know yet that it is
                self._connection.terminate()
                raise
