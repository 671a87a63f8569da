"""Stopping a worker in the middle of its work: soon, in silence, and nothing of the work is lost or done twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import msgspec
import pytest

from runtime.definitions.automations import HttpPost, UpdateRecord
from runtime.definitions.values import TextValue
from runtime.records.change import Patch
from runtime.settings import Settings
from tests.standins.http import Request, Response, Silence, StandInServer
from tests.support.processes import Process, running
from tests.support.shop import Shop
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

ORDERS = 120
STOPS = 5
SOON_SECONDS = 5.0
NOISE = (
    "Traceback",
    "never awaited",
    "was destroyed",
    "no running event loop",
    "not ended in time",
    "[error",
)
FINISHED = "SELECT count(*) FROM meta.run WHERE status = 'finished'"
SENT = "SELECT count(*) FROM meta.delivery WHERE status = 'sent'"
UNDER_WAY = "SELECT count(*) FROM meta.run WHERE status = 'running'"


class Receiver:
    """A webhook: slow, or silent as long as ``silent`` says so."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.silent = False

    async def handle(self, request: Request) -> Response:
        self.keys.append(request.headers["idempotency-key"])
        if self.silent:
            raise Silence
        await asyncio.sleep(0.02)
        return Response.of_json({})


@pytest.fixture
def webhook() -> Iterator[tuple[Receiver, str]]:
    """A webhook and its address."""
    receiver = Receiver()
    with StandInServer(receiver.handle) as server:
        yield receiver, f"{server.url}/hook"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, allow_private_outbound=True)


@pytest.fixture
async def shop(world: World) -> Shop:
    return await Shop.make(world)


async def _count(shop: Shop, sql: str) -> int:
    return int(await shop.world.system.db.value(sql))


async def _until(shop: Shop, sql: str, least: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while (found := await _count(shop, sql)) < least:
        assert time.monotonic() < deadline, f"{found} of {least}: {sql}"
        await asyncio.sleep(0.01)


async def _prepared(shop: Shop, url: str) -> list[str]:
    """Paid orders, and an automation that notes something in them and tells the webhook."""
    connector = await shop.connector("http_webhook", "ERP", url=url)
    await shop.automation(
        shop.checking_starts,
        UpdateRecord(shop.sets(备注=TextValue(("处理了 ", shop.value("订单号"))))),
        HttpPost(connector, {"单号": shop.value("订单号")}),
    )
    rows = ({"订单号": f"N{n:03}", "订单状态": "已支付"} for n in range(ORDERS))
    return await shop.world.create(shop.orders, *rows)


async def _check(shop: Shop, orders: list[str]) -> None:
    await shop.world.change(
        shop.orders, updates=tuple(Patch(order, {"订单状态": "审核中"}) for order in orders)
    )


def _stop(worker: Process) -> None:
    """Stop it; it must be soon, with code 0, and without a bad word in the log."""
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < SOON_SECONDS
    said = worker.log.read_text()
    assert not [line for line in said.splitlines() if any(word in line for word in NOISE)], said


async def test_a_worker_stops_in_the_middle_again_and_again_and_the_next_one_does_the_rest(
    shop: Shop, settings: Settings, webhook: tuple[Receiver, str]
) -> None:
    orders = await _prepared(shop, webhook[1])
    with running(settings, "scheduler", "worker") as (_, worker):
        part = ORDERS // STOPS  # one after the other: however quick the worker is, each stop finds work
        for time_of_stop in range(STOPS):
            done = await _count(shop, FINISHED)
            assert done < ORDERS, f"nothing left before stop {time_of_stop}"
            await _check(shop, orders[time_of_stop * part : (time_of_stop + 1) * part])
            await _until(shop, FINISHED, min(done + 8, ORDERS - 1))
            _stop(worker)
            assert await _count(shop, UNDER_WAY) == 0, "what was in hand is handed back"
            worker.start()
        await _until(shop, FINISHED, ORDERS)
        await _until(shop, SENT, ORDERS)
        _stop(worker)
    assert await _count(shop, "SELECT count(*) FROM meta.run") == ORDERS
    noted = (
        "SELECT count(*) FROM (SELECT record_id FROM meta.history WHERE channel = 'automation'"
        f" AND table_id = {shop.orders.number} GROUP BY record_id HAVING count(*) = 1) h"
    )
    assert await _count(shop, noted) == ORDERS, "each step once"
    assert sorted(webhook[0].keys) == sorted(set(webhook[0].keys)), "each message once"


async def test_a_receiver_that_never_answers_does_not_hold_the_worker(
    shop: Shop, settings: Settings, webhook: tuple[Receiver, str]
) -> None:
    receiver, url = webhook
    receiver.silent = True
    orders = await _prepared(shop, url)
    with running(settings, "scheduler", "worker") as (_, worker):
        await _check(shop, orders[:3])
        deadline = time.monotonic() + 60
        while not receiver.keys:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        _stop(worker)
        receiver.silent = False
        worker.start()
        await _until(shop, SENT, 3)
        _stop(worker)


async def test_a_step_that_waits_for_a_lock_is_cut_off_and_begun_again(
    shop: Shop, settings: Settings, webhook: tuple[Receiver, str]
) -> None:
    orders = await _prepared(shop, webhook[1])
    await _check(shop, orders[:3])
    async with shop.world.system.db.transaction() as tx:
        await tx.execute(f"SELECT 1 FROM {shop.orders.sql} FOR UPDATE")
        with running(settings, "scheduler", "worker") as (_, worker):
            await _until(shop, "SELECT count(*) FROM pg_locks WHERE NOT granted", 1)
            _stop(worker)
    assert await _count(shop, UNDER_WAY) == 0
    with running(settings, "scheduler", "worker") as (_, worker):
        await _until(shop, FINISHED, 3)
        _stop(worker)


async def test_a_worker_told_to_stop_while_it_starts_or_has_nothing_to_do_just_ends(
    shop: Shop, settings: Settings
) -> None:
    with running(settings, "worker") as [worker]:
        for _ in range(3):
            await asyncio.to_thread(_until_said, worker, "worker ready")
            _stop(worker)
            worker.log.unlink()
            worker.start()


def _until_said(worker: Process, words: str) -> None:
    deadline = time.monotonic() + 60
    while words not in worker.log.read_text():
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.02)
