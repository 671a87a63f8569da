"""What many records depend on survives everything that may happen to the worker, to Redis and to the database's connections."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
import redis

from runtime.catalog import bump
from runtime.definitions.fields import FieldDef, Link, Lookup, Number, Text
from runtime.records.checking import check
from runtime.settings import Settings
from tests.support.processes import running
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

ORDERS = 60_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, refresh_at_once=100)


async def test_a_refresh_goes_on_after_kill_lost_redis_and_lost_connections(
    world: World, settings: Settings
) -> None:
    customers = await world.table("客户", {"姓名": Text()})
    orders = await world.table(
        "订单", {"单号": Text(), "金额": Number(), "客户": Link(customers.id, many=False)}
    )
    link = orders.field("客户")
    name = await _look_up(world, orders.number, link.id, customers.field("姓名").id)
    (customer,) = await world.create(customers, {"姓名": "甲"})
    db = world.system.db
    async with db.pool.acquire() as connection:
        await connection.execute(
            f"INSERT INTO {orders.sql} ({name}) SELECT '甲' FROM generate_series(1, {ORDERS})", timeout=120
        )
        await connection.execute(
            f"INSERT INTO {link.link_sql} ({link.link_near}, {link.link_far}) SELECT id, 1 FROM {orders.sql}",
            timeout=120,
        )
    await world.patch(customer, {"姓名": "乙"}, customers)
    done = f"SELECT count(*) FROM {orders.sql} WHERE {name} = '乙'"

    with running(settings, "worker") as (worker,):
        await _until(world, done, 1)
        worker.kill()
    assert await db.value(done) < ORDERS
    with redis.Redis.from_url(settings.redis_url or "") as client:
        client.flushall()
    with running(settings, "worker"):
        await _until(
            world, "SELECT count(*) FROM meta.refresh WHERE status = 'running' AND lease_until > now()", 1
        )
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND query LIKE '%meta.refresh%'"
        )
        # writers go on
        await world.patch(customer, {"姓名": "丙"}, customers)
        await _until(world, "SELECT (count(*) = 0)::int FROM meta.refresh", 1, 90)
    assert (await check(world.system)).differences == []
    assert await db.value(f"SELECT count(*) FROM {orders.sql} WHERE {name} = '丙'") == ORDERS


async def _look_up(world: World, table: int, link: str, field: str) -> str:
    """A look-up of the customers' names; its column."""
    async with world.system.db.transaction() as tx:
        await bump(tx)
        key = await world._field(tx, table, FieldDef("客户名", Lookup(link, field)), {})
    return (await world.catalog()).field(key).column


async def _until(world: World, sql: str, least: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while (found := await world.system.db.value(sql)) < least:
        assert time.monotonic() < deadline, f"{found} of {least}: {sql}"
        await asyncio.sleep(0.02)
