"""Automations when processes die and Redis forgets: every run ends, every effect on records happens once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import msgspec
import pytest

from runtime.definitions.automations import CreateRecord, HttpPost, ReserveLines, UpdateRecord
from runtime.definitions.values import Assignment, FieldValue, TextValue
from runtime.records.change import Patch
from runtime.services import DataFolder, EmbeddedRedis
from runtime.settings import Settings
from tests.standins.http import Request, Response, StandInServer
from tests.support.processes import running
from tests.support.servers import scratch_folder
from tests.support.shop import Shop
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

ORDERS = 200


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that this test may kill."""
    with scratch_folder() as root:
        folder = DataFolder(root)
        folder.create()
        server = EmbeddedRedis(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


class Receiver:
    """A webhook that notes the keys of what it gets."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def handle(self, request: Request) -> Response:
        self.keys.append(request.headers["idempotency-key"])
        return Response.of_json({})


@pytest.fixture
def webhook() -> Iterator[tuple[Receiver, str]]:
    """A webhook and its address."""
    receiver = Receiver()
    with StandInServer(receiver.handle) as server:
        yield receiver, f"{server.url}/hook"


@pytest.fixture
def settings(settings: Settings, own_redis: EmbeddedRedis) -> Settings:
    return msgspec.structs.replace(settings, redis_url=own_redis.url(), allow_private_outbound=True)


@pytest.fixture
async def shop(world: World) -> Shop:
    return await Shop.make(world)


async def _count(shop: Shop, sql: str) -> int:
    return int(await shop.world.system.db.value(sql))


async def _until(shop: Shop, sql: str, least: int, seconds: float) -> int:
    """Wait until ``sql`` counts at least ``least``."""
    deadline = time.monotonic() + seconds
    while (found := await _count(shop, sql)) < least:
        assert time.monotonic() < deadline, f"{found} of {least}: {sql}"
        await asyncio.sleep(0.02)
    return found


SENT = "SELECT count(*) FROM meta.delivery WHERE status = 'sent'"
FINISHED = "SELECT count(*) FROM meta.run WHERE status = 'finished'"


async def _prepared(shop: Shop, url: str) -> tuple[list[str], str]:
    """200 paid orders of one piece each, and an automation with an effect of every kind."""
    connector = await shop.connector("http_webhook", "ERP", url=url)
    lines = shop.lines
    shelf = await shop.shelf(ORDERS)
    orders = await shop.world.create(
        shop.orders, *({"订单号": f"N{n:03}", "订单状态": "已支付"} for n in range(ORDERS))
    )
    await shop.world.create(
        lines, *({"名称": "行", "订单": order, "库存": shelf, "数量": 1} for order in orders)
    )
    await shop.automation(
        shop.checking_starts,
        ReserveLines(shop.stock.id),
        CreateRecord(
            lines.id,
            (
                Assignment(lines.field("名称").id, TextValue(("赠品 ", shop.value("订单号")))),
                Assignment(lines.field("订单").id, FieldValue("$id")),
            ),
        ),
        UpdateRecord(shop.sets(备注=TextValue(("处理了 ", shop.value("订单号"))))),
        HttpPost(connector, {"单号": shop.value("订单号")}),
    )
    return orders, shelf


async def test_runs_survive_a_killed_worker_and_an_emptied_redis(
    shop: Shop, settings: Settings, own_redis: EmbeddedRedis, webhook: tuple[Receiver, str]
) -> None:
    orders, shelf = await _prepared(shop, webhook[1])
    with running(settings, "scheduler", "worker") as (_, worker):
        updates = tuple(Patch(order, {"订单状态": "审核中"}) for order in orders)
        outcome = await shop.world.change(shop.orders, updates=updates)
        assert outcome.stored == ORDERS
        await _until(shop, FINISHED, 20, 60)
        worker.kill()
        own_redis.stop()
        at_kill = await _count(shop, FINISHED)
        assert at_kill < ORDERS, "killed in the middle"
        own_redis.start()
        worker.start()
        await _until(shop, FINISHED, ORDERS, 90)
        await _until(shop, SENT, ORDERS, 30)
        assert worker.stop() == 0
    assert await _count(shop, "SELECT count(*) FROM meta.run") == ORDERS
    await _each_effect_once(shop, shelf)
    assert len(set(webhook[0].keys)) == ORDERS


async def _each_effect_once(shop: Shop, shelf: str) -> None:
    assert (await shop.read(shelf))["预占数量"] == ORDERS
    moved = "SELECT count(*) FROM meta.stock_movement WHERE kind = 'reserve'"
    assert await _count(shop, moved) == ORDERS
    name = shop.lines.field("名称").column
    made = f"FROM {shop.lines.sql} WHERE {name} LIKE '赠品%'"
    assert await _count(shop, f"SELECT count(*) {made}") == ORDERS
    assert await _count(shop, f"SELECT count(DISTINCT {name}) {made}") == ORDERS
    noted = (
        "SELECT count(*) FROM (SELECT record_id FROM meta.history WHERE channel = 'automation'"
        f" AND table_id = {shop.orders.number} GROUP BY record_id HAVING count(*) = 1) h"
    )
    assert await _count(shop, noted) == ORDERS


async def test_the_scheduler_can_be_killed_too(
    shop: Shop, settings: Settings, webhook: tuple[Receiver, str]
) -> None:
    orders, shelf = await _prepared(shop, webhook[1])
    with running(settings, "scheduler", "worker") as (scheduler, worker):
        for start in range(0, ORDERS, 20):
            updates = tuple(Patch(order, {"订单状态": "审核中"}) for order in orders[start : start + 20])
            await shop.world.change(shop.orders, updates=updates)
            if start == 100:
                scheduler.kill()
                scheduler.start()
        await _until(shop, FINISHED, ORDERS, 90)
        assert (worker.stop(), scheduler.stop()) == (0, 0)
    await _each_effect_once(shop, shelf)
