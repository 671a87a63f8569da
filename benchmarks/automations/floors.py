"""What the same costs bare: an empty dramatiq actor over the same Redis, and the durable writes of an order alone.

The writes: two moves (row, history, event), the event taken and its run stored, the run claimed, four steps that confirm
the lease and note themselves, the reservation's line, shelf and ledger, the message queued and settled, the run ended;
in the same transactions as the product's, on copies of its tables, by sixteen connections that know everything
beforehand. No reading, no rule, no catalog, no HTTP.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import dataclass

import asyncpg
import dramatiq
import msgspec
from dramatiq.brokers.redis import RedisBroker

from benchmarks.stage import Stage, quantiles

_CLIENTS = 16
_TIMES = int(os.environ.get("HUOBIAO_BENCH_ORDERS", "2000"))
_COPIES = ("history", "outbox", "run", "run_step", "delivery", "delivery_attempt", "stock_movement")
_STEPS = 4
_JSON = '{"fldAAAAAAAAAAAAAA": 3, "fldBBBBBBBBBBBBBB": {"id": "recAAAAAAAAAAAAA", "name": "DD20260101-0001"}}'


@dataclass(frozen=True)
class Floor:
    """``actor``: p50 and p95 in ms from sending to having run. ``statements``: of an order alone."""

    actor: tuple[float, float]
    orders_per_second: float
    statements: int


async def take(stage: Stage) -> Floor:
    """Take both."""
    actor = quantiles(await asyncio.to_thread(_actor, stage))
    per_second, statements = await _writes(stage)
    return Floor(actor, per_second, statements)


def _actor(stage: Stage) -> list[float]:
    services = msgspec.json.decode((stage.data / "run" / "services.json").read_bytes())
    broker = RedisBroker(url=services["redis_url"], namespace="bench")
    done = threading.Event()
    actor = dramatiq.actor(done.set, actor_name="nothing", broker=broker)
    worker = dramatiq.Worker(broker, worker_threads=8)
    worker.start()
    durations = []
    for number in range(110):
        done.clear()
        begun = time.perf_counter()
        actor.send()
        assert done.wait(10)
        if number >= 10:
            durations.append(time.perf_counter() - begun)
    worker.stop()
    return durations


async def _writes(stage: Stage) -> tuple[float, int]:
    """Orders a second, and statements of one, transactions' begins and ends included."""
    raw = stage.raw
    await raw.execute("CREATE SCHEMA floor")
    for table in _COPIES:
        await raw.execute(
            f"CREATE TABLE floor.{table} (LIKE meta.{table} INCLUDING DEFAULTS INCLUDING INDEXES)"
        )
        for row in await raw.fetch(
            "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'floor'"
            " AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL AND column_name <> 'id'",
            table,
        ):
            await raw.execute(f'ALTER TABLE floor.{table} ALTER "{row["name"]}" DROP NOT NULL')
    for table in ("orders", "lines", "shelves"):
        await raw.execute(f"CREATE TABLE floor.{table} (id bigint PRIMARY KEY, state integer, more jsonb)")
        await raw.execute(
            f"INSERT INTO floor.{table} SELECT n, 1, $1 FROM generate_series(1, {_TIMES}) n", _JSON
        )
    left = iter(range(1, _TIMES + 1))
    counts: list[int] = []

    async def one() -> None:
        connection = await asyncpg.connect(stage.database_url)
        for number in left:
            counts.append(await _order(connection, number))
        await connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_CLIENTS)))
    seconds = time.perf_counter() - begun
    await raw.execute("DROP SCHEMA floor CASCADE")
    return _TIMES / seconds, counts[0]


async def _order(c: asyncpg.Connection, number: int) -> int:
    """One order's writes; how many statements they are."""
    count = 0

    async def do(sql: str, *values: object) -> object:
        nonlocal count
        count += 1
        return await c.fetchval(sql, *values)

    for _ in range(2):
        async with c.transaction():
            await do("UPDATE floor.orders SET state = 2 WHERE id = $1", number)
            change = await do(
                "INSERT INTO floor.history (record_id, action, before, after) VALUES ($1, 'update', $2, $2) RETURNING id",
                number,
                _JSON,
            )
            await do("INSERT INTO floor.outbox (history_id, payload) VALUES ($1, $2)", change, _JSON)
        count += 2
    async with c.transaction():
        await do("DELETE FROM floor.outbox WHERE history_id = $1 RETURNING payload", change)
        run = await do(
            "INSERT INTO floor.run (public_id, event_key, trigger, definition, status)"
            " VALUES ($1, $1, $2, $2, 'queued') RETURNING id",
            f"run{change}",
            _JSON,
        )
    await do("UPDATE floor.run SET status = 'running' WHERE id = $1 RETURNING definition", run)
    for step in range(_STEPS):
        async with c.transaction():
            await do("SELECT 1 FROM floor.run WHERE id = $1 FOR UPDATE", run)
            if step == 0:
                await do("UPDATE floor.lines SET state = 2 WHERE id = $1", number)
                await do("UPDATE floor.shelves SET state = 2 WHERE id = $1", number)
                await do(
                    "INSERT INTO floor.stock_movement (stock_record, kind) VALUES ($1, 'reserve')", number
                )
                await do(
                    "INSERT INTO floor.history (record_id, action, after) VALUES ($1, 'update', $2), ($1, 'update', $2)",
                    number,
                    _JSON,
                )
            if step == _STEPS - 1:
                message = await do(
                    "INSERT INTO floor.delivery (key, payload, status) VALUES ($1, $2, 'waiting') RETURNING id",
                    f"{run}",
                    _JSON,
                )
            await do(
                "INSERT INTO floor.run_step (run_id, path, status, input, output) VALUES ($1, $2, 'done', $3, $3)",
                run,
                f"stp{step}",
                _JSON,
            )
        count += 2
    await do("UPDATE floor.run SET status = 'finished' WHERE id = $1", run)
    async with c.transaction():
        await do("INSERT INTO floor.delivery_attempt (at, response) VALUES (now(), $1)", _JSON)
        await do("UPDATE floor.delivery SET status = 'sent', response = $2 WHERE id = $1", message, _JSON)
    return count + 4
