"""Connections that rest outside the pool: they save the way through it, and nobody waits for one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from runtime.storage.database import Database

PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, max_size=6)
    await made.start()
    yield made
    await made.stop()


async def test_whoever_comes_next_has_the_same_connection(db: Database) -> None:
    first = await db.value(PID)
    async with db.transaction() as tx:
        assert await tx.value(PID) == first
        assert db.resting == 0
    assert db.resting == 1
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            raise ZeroDivisionError
    assert db.resting == 0, "after an error the pool sees to it"
    assert not db.in_transaction()
    assert await db.value("SELECT 1") == 1


async def test_no_one_waits_while_a_connection_rests(db: Database) -> None:
    """More at once than there are connections, some of them straight from the pool."""

    async def direct() -> int:
        async with db.pool.acquire() as connection:
            return int(await connection.fetchval("SELECT 1 FROM pg_sleep(0.01)"))

    async def ours() -> int:
        async with db.transaction() as tx:
            return int(await tx.value("SELECT 1 FROM pg_sleep(0.01)"))

    async with asyncio.timeout(30):
        done = await asyncio.gather(*(ask() for _ in range(20) for ask in (direct, ours)))
    assert done == [1] * 40
    assert db.resting <= 2
    async with asyncio.timeout(30):  # as many as there are, all at once
        taken = [await db.take() for _ in range(6)]
        waiting = asyncio.create_task(direct())
        await asyncio.sleep(0)
        for connection in taken:
            await db.give_back(connection)
        assert await waiting == 1


async def test_one_that_was_closed_is_replaced(db: Database) -> None:
    gone = await db.value(PID)
    async with db.pool.acquire() as other:
        assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", gone)
    async with asyncio.timeout(10):
        while True:  # until this end has heard of it
            connection = await db.take()
            pid = connection.get_server_pid()
            await db.give_back(connection)
            if pid != gone:
                break
            await asyncio.sleep(0.01)
    assert await db.value("SELECT 1") == 1


async def until(db: Database, count: str) -> None:
    """Wait until something is counted, apart from this question."""
    while await db.value(count + " AND pid <> pg_backend_pid()") == 0:  # noqa: ASYNC110 - only the server knows
        await asyncio.sleep(0.01)


async def test_a_cancelled_question_does_not_come_back(db: Database) -> None:
    asking = asyncio.create_task(db.value("SELECT 1 FROM pg_sleep(30)"))
    await until(db, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)'")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.gather(*(db.value("SELECT 2") for _ in range(8))) == [2] * 8
