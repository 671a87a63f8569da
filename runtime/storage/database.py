"""Connections and transactions: one pool per process, shared by Piccolo's tables and by hand-written statements.

A transaction belongs to the task that opened it; opening one inside another joins it. Both Piccolo queries on the meta
tables and statements through :class:`Tx` run in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from string import Formatter
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

Sql = str | QueryString
Row = Any
"""A row: values by column name (an ``asyncpg.Record``)."""

_CHANGES = "UPDATE data."
_CHANGED = re.compile(r"UPDATE (data\.t\d+)")
_MOST_KNOWN = 100


def compiled(sql: Sql, args: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """``$n`` text and its values; a :class:`QueryString` brings its own values, a string takes ``args``."""
    if not isinstance(sql, QueryString):
        return sql, args
    parts: list[str] = []
    values: list[Any] = []
    _put_together(sql, parts, values)
    return "".join(parts), values


def _put_together(sql: QueryString, parts: list[str], values: list[Any]) -> None:
    """What ``QueryString.compile_string`` does, each template being taken apart only once: pages have long ones."""
    args = sql.args
    for index, text in enumerate(_pieces(sql.template)):
        parts.append(text)
        if index < len(args):
            value = args[index]
            if isinstance(value, QueryString):
                _put_together(value, parts, values)
            else:
                values.append(value)
                parts.append(f"${len(values)}")


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[str, ...]:
    """The text before each ``{}`` of a template, and what follows the last."""
    return tuple(text for text, *_ in Formatter().parse(template))


def one_or_more(numbers: Sequence[int], place: int) -> tuple[str, Any]:
    """SQL for "is one of ``numbers``" with their value as parameter ``place``, and that value.

    For a single number PostgreSQL finds out that its plan is as good for every other one, and plans the statement no more; for
    a list of unknown length it plans it each time, which costs more than reading the row.
    """
    if len(numbers) == 1:
        return f"= ${place}::bigint", numbers[0]
    return f"= ANY(${place}::bigint[])", list(numbers)


async def _as_it_is(connection: Any) -> None:
    """Give a connection back without asking the server to forget its session: half of the time of a short query.

    Nothing of ours outlives a transaction on a pooled connection (locks, settings and cursors are all local to one);
    asyncpg itself still rolls back what a cancelled task left open.
    """


class Tx:
    """An open transaction. ``after_commit`` holds what may happen only once it is really stored; ``before_commit`` what is
    still to be done in it when everything else is, once by its key however many ask for it.

    ``held``: ids of rows by table that it is known to hold ``FOR UPDATE``. ``definitions``: the version of all definitions,
    once it holds them still; ``numbers``: numbers for changes it has drawn and not used. ``writes``: how often it has stored
    records, or undone that; what it has read before may be different since.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.after_commit: list[Callable[[], Any]] = []
        self.before_commit: dict[str, Callable[[], Awaitable[None]]] = {}
        self.held: dict[str, set[int]] = defaultdict(set)
        self.definitions: int | None = None
        self.numbers: list[int] = []
        self.writes = 0
        self._known: dict[str, dict[int, Row]] = {}

    async def fetch(self, sql: Sql, *args: Any) -> list[Row]:
        """All rows."""
        text, values = self._compiled(sql, args)
        return await self.connection.fetch(text, *values)  # type: ignore[no-any-return]

    async def row(self, sql: Sql, *args: Any) -> Row | None:
        """The first row, or None."""
        text, values = self._compiled(sql, args)
        return await self.connection.fetchrow(text, *values)

    async def value(self, sql: Sql, *args: Any) -> Any:
        """The first column of the first row, or None."""
        text, values = self._compiled(sql, args)
        return await self.connection.fetchval(text, *values)

    async def execute(self, sql: Sql, *args: Any) -> str:
        """Run a statement; returns PostgreSQL's command tag."""
        text, values = self._compiled(sql, args)
        return await self.connection.execute(text, *values)  # type: ignore[no-any-return]

    async def lock_rows(self, table: str, numbers: Sequence[int], *, skip: bool = False) -> list[Row]:
        """These rows of a user table as they are, held ``FOR UPDATE``, in the order of their numbers.

        What this transaction has locked and read before is not read again, until it changes something in that table.
        ``skip``: rows that somebody else holds are left out.
        """
        wanted, known = sorted(set(numbers)), self._known.get(table, {})
        if known and all(number in known for number in wanted):
            return [known[number] for number in wanted]
        among, value = one_or_more(wanted, 1)
        rows = await self.fetch(
            f"SELECT * FROM {table} WHERE id {among} ORDER BY id FOR UPDATE{' SKIP LOCKED' if skip else ''}",
            value,
        )
        self.remember(table, rows)
        return rows

    def remember(self, table: str, rows: Sequence[Row]) -> None:
        """Rows of a user table, with all of its columns, that this transaction holds ``FOR UPDATE`` and has just read."""
        if len(rows) <= _MOST_KNOWN:  # who works on many at once hardly comes back to them
            self._known[table] = self._known.get(table, {}) | {row["id"]: row for row in rows}

    def known(self, table: str, number: int) -> Row | None:
        """A row that this transaction holds ``FOR UPDATE`` as it is now, if it has read it."""
        return self._known.get(table, {}).get(number)

    def forget(self, table: str) -> None:
        """Rows of a user table may have changed; noted by itself where a statement says so."""
        self._known.pop(table, None)

    def _compiled(self, sql: Sql, args: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        text, values = compiled(sql, args)
        if self._known and _CHANGES in text:
            for table in _CHANGED.findall(text):
                self.forget(table)
        return text, values

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What happens inside is undone alone if it raises; its locks go with it."""
        held, definitions = {table: set(rows) for table, rows in self.held.items()}, self.definitions
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            self.held, self.definitions = defaultdict(set, held), definitions
            self.writes += 1
            self._known.clear()
            raise


class _Transaction(PostgresTransaction):
    """Piccolo's, on a connection of :class:`Database`."""

    __slots__ = ("_db",)

    def __init__(self, db: Database) -> None:
        super().__init__(db.engine)
        self._db = db

    async def get_connection(self) -> Any:
        return await self._db.take()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if error is not None or self._parent is not None:
            return await super().__aexit__(kind, error, trace)
        if not self._committed and not self._rolled_back:
            await self.commit()  # type: ignore[no-untyped-call]
        self.engine.current_transaction.reset(self.context)
        await self._db.give_back(self.connection)
        return True


_RESTING = 3


class Database:
    """The process's pool. ``url`` is a libpq URL; unix sockets as ``postgresql://user@/name?host=/dir``."""

    def __init__(self, url: str, *, min_size: int = 1, max_size: int = 10) -> None:
        self.url = url
        self.min_size = min_size
        self.max_size = max_size
        self.engine = PostgresEngine(config={"dsn": url})
        self._open: dict[int, Tx] = {}
        # taken from the pool and not given back: going through the pool takes longer than a short question
        self._resting: list[Any] = []
        self._most_resting = 0

    async def start(self) -> None:
        """Open the pool and bind the meta tables to it."""
        from runtime.storage import meta  # the tables need the engine, the engine not the tables

        self.engine.pool = await asyncpg.create_pool(
            self.url, min_size=self.min_size, max_size=self.max_size, command_timeout=60, reset=_as_it_is
        )
        meta.bind(self.engine)
        self._most_resting = min(_RESTING, self.max_size // 3)

    async def stop(self) -> None:
        """Close the pool, waiting for what is under way."""
        if self.engine.pool is not None:
            self._most_resting = 0
            while self._resting:
                await self.engine.pool.release(self._resting.pop())
            await self.engine.pool.close()
            self.engine.pool = None

    @property
    def pool(self) -> asyncpg.Pool:
        """The asyncpg pool."""
        if self.engine.pool is None:
            raise RuntimeError("the database is not started")
        return self.engine.pool

    @property
    def resting(self) -> int:
        """How many connections nobody uses although they are out of the pool."""
        return len(self._resting)

    async def take(self) -> Any:
        """A connection; :meth:`give_back` it when it is as it was, else to the pool."""
        while self._resting:
            connection = self._resting.pop()
            if _usable(connection):
                return connection
            await self.pool.release(connection)
        return await self.pool.acquire()

    async def give_back(self, connection: Any) -> None:
        """Keep a connection for whoever comes next, unless somebody may be waiting for one at the pool."""
        pool = self.pool
        if (
            len(self._resting) < self._most_resting
            and (pool.get_size() < pool.get_max_size() or pool.get_idle_size())
            and _usable(connection)
        ):
            self._resting.append(connection)
        else:
            await pool.release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A transaction; inside another one of the same task, that one."""
        current = self.engine.current_transaction.get()
        if current is not None:
            yield self._open[id(current)]
            return
        piccolo_transaction = _Transaction(self)
        try:
            async with piccolo_transaction:
                tx = Tx(piccolo_transaction.connection)
                self._open[id(piccolo_transaction)] = tx
                try:
                    yield tx
                    for last in tuple(tx.before_commit.values()):
                        await last()
                finally:
                    del self._open[id(piccolo_transaction)]
        except BaseException:
            await self._let_go(piccolo_transaction)
            raise
        for act in tx.after_commit:
            result = act()
            if hasattr(result, "__await__"):
                await result

    async def _let_go(self, transaction: PostgresTransaction) -> None:
        """End what Piccolo leaves open when the connection breaks under its commit or rollback."""
        if self.engine.current_transaction.get() is transaction:
            self.engine.current_transaction.set(None)
        connection = getattr(transaction, "connection", None)
        if connection is not None:  # releasing twice does nothing
            with suppress(
                OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):
                await self.pool.release(connection)

    def in_transaction(self) -> bool:
        """Whether this task has a transaction open."""
        return self.engine.current_transaction.get() is not None

    async def fetch(self, sql: Sql, *args: Any) -> list[Row]:
        """All rows, in the task's transaction if it has one."""
        async with self._connection() as connection:
            text, values = compiled(sql, args)
            return await connection.fetch(text, *values)  # type: ignore[no-any-return]

    async def row(self, sql: Sql, *args: Any) -> Row | None:
        """The first row, or None."""
        async with self._connection() as connection:
            text, values = compiled(sql, args)
            return await connection.fetchrow(text, *values)

    async def value(self, sql: Sql, *args: Any) -> Any:
        """The first column of the first row, or None."""
        async with self._connection() as connection:
            text, values = compiled(sql, args)
            return await connection.fetchval(text, *values)

    async def execute(self, sql: Sql, *args: Any) -> str:
        """Run a statement; returns PostgreSQL's command tag."""
        async with self._connection() as connection:
            text, values = compiled(sql, args)
            return await connection.execute(text, *values)  # type: ignore[no-any-return]

    async def forget_statements(self) -> None:
        """Let go of the pool's prepared statements after tables have changed.

        Outside a transaction asyncpg prepares a stale one again by itself; inside one it can only fail.
        """
        async with self._connection() as connection:
            await connection.reload_schema_state()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        current = self.engine.current_transaction.get()
        if current is not None:
            yield current.connection
            return
        connection = await self.take()
        try:
            yield connection
        except BaseException:
            await self.pool.release(connection)
            raise
        await self.give_back(connection)


def _usable(connection: Any) -> bool:
    """Whether a connection is there and in no transaction."""
    try:
        return not connection.is_closed() and not connection.is_in_transaction()
    except asyncpg.InterfaceError:  # it has been closed, and its place in the pool is another one's
        return False
