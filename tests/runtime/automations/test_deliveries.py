"""Messages on their way out: paced, merged, retried, given up where people see it, and never lost."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from runtime.automations import remedies
from runtime.automations.deliveries import Deliveries
from runtime.automations.notes import load_failure
from runtime.definitions.automations import HttpPost, RecordCreated, SendWecom, Step, UpdateRecord
from runtime.definitions.values import Literal_, Now, TextValue
from runtime.settings import Settings
from tests.standins.http import Request, Response, StandInServer
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop
from tests.support.world import EDITOR


async def _broadcast(shop: Shop, connector: str, **options: Any) -> str:
    text = TextValue(("新订单 ", shop.value("订单号")))
    options.setdefault("name", "播报")
    return await shop.automation(
        RecordCreated(shop.orders.id), Step("stp1", SendWecom(connector, text), **options)
    )


async def _orders(shop: Shop, count: int, start: int = 0) -> list[str]:
    await shop.world.create(shop.orders, *({"订单号": f"N{n:03}"} for n in range(start, start + count)))
    return await shop.settle()


async def _states(shop: Shop) -> list[tuple[str, int]]:
    rows = await shop.world.system.db.fetch("SELECT status, attempts FROM meta.delivery ORDER BY id")
    return [(row["status"], row["attempts"]) for row in rows]


async def _later(shop: Shop, seconds: float) -> None:
    """As if ``seconds`` had passed since the last calls."""
    db = shop.world.system.db
    await db.execute(
        "UPDATE meta.delivery_attempt SET at = at - make_interval(secs => $1),"
        " pause_until = pause_until - make_interval(secs => $1)",
        seconds,
    )
    await db.execute(
        "UPDATE meta.delivery SET next_attempt_at = next_attempt_at - make_interval(secs => $1)", seconds
    )


async def test_every_message_of_a_burst_arrives_in_few_messages(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    await _orders(shop, 150)
    await shop.deliver()
    received = wecom.wait_for(1)
    assert 1 < len(received) <= 5
    text = "\n".join(message.content for message in received)
    assert [f"新订单 N{n:03}" for n in range(150) if f"新订单 N{n:03}" not in text] == []
    assert await _states(shop) == [("sent", 1)] * 150
    assert not wecom.refusals


async def test_what_exceeds_the_limit_waits_and_is_then_merged(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    for number in range(20):
        await _orders(shop, 1, number)
        await shop.deliver()
    assert len(wecom.wait_for(20)) == 20
    await _orders(shop, 5, 20)
    await shop.deliver()
    assert len(wecom.messages) == 20, "no room within this minute"
    assert (await _states(shop))[20:] == [("waiting", 0)] * 5
    wait = await shop.world.system.db.value(
        "SELECT extract(epoch FROM min(next_attempt_at) - now())::float8 FROM meta.delivery WHERE status = 'waiting'"
    )
    assert 45 < wait < 61
    await _later(shop, 61)
    wecom.control({"window_seconds": 0.001})  # the robot's own clock cannot be turned
    await _orders(shop, 20, 25)
    await shop.deliver()
    merged = wecom.wait_for(21)[20]
    assert merged.content.startswith("合并 25 条消息")
    assert all(f"N{n:03}" in merged.content for n in range(20, 45))
    assert not wecom.refusals


async def test_two_connectors_with_one_robot_share_its_limit(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    await _broadcast(shop, await shop.connector("wecom_robot", "同一个机器人", webhook_url=wecom.webhook_url))
    await _orders(shop, 15)
    await shop.deliver()
    assert len(wecom.messages) <= 20
    assert not wecom.refusals
    assert await _states(shop) == [("sent", 1)] * 30


async def test_a_robot_that_says_too_often_is_left_alone_and_nothing_is_lost(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    wecom.fail(45009, "api freq out of limit")
    await _orders(shop, 1)
    await shop.deliver()
    assert await _states(shop) == [("waiting", 0)], "it is no fault of the message"
    await _orders(shop, 1, 1)
    await shop.deliver()
    assert not wecom.messages, "the pause holds for newer messages too"
    await _later(shop, 61)
    await shop.deliver()
    assert len(wecom.wait_for(2)) == 2


async def test_a_robot_that_hangs_up_is_tried_again_until_enough(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot, attempts=3)
    wecom.answer_http(502, times=2)
    (run,) = await _orders(shop, 1)
    for expected in (("waiting", 1), ("waiting", 2), ("sent", 3)):
        await shop.deliver()
        assert await _states(shop) == [expected]
        await _later(shop, 3600)
    wecom.wait_for(1)
    assert (await shop.run(run))["status"] == "finished"


async def test_a_message_that_is_given_up_fails_its_step_and_can_be_sent_again(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot, attempts=2)
    wecom.answer_http(502, times=2)
    (run,) = await _orders(shop, 1)
    assert (await shop.run(run))["status"] == "finished"
    await shop.deliver()
    await _later(shop, 3600)
    await shop.deliver()
    row = await shop.run(run)
    failure = load_failure(row["error"])
    assert row["status"] == "failed"
    assert failure is not None
    assert failure.message.text() == (
        "步骤「播报」的消息没有发出去:企业微信暂时没有正常回应(HTTP 502),稍后再试"
    )
    assert await shop.steps(run) == {"stp1": ("failed", None)}
    await remedies.retry(shop.world.system, EDITOR, run)
    await shop.execute([run])
    await _later(shop, 3600)
    await shop.deliver()
    wecom.wait_for(1)
    assert (await shop.run(run))["status"] == "finished"
    assert await _states(shop) == [("sent", 1)]


async def test_a_message_whose_failure_does_not_matter_leaves_the_run_finished(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot, on_failure="continue")
    wecom.fail(40058, "bad content")
    (run,) = await _orders(shop, 1)
    await shop.deliver()
    assert (await shop.run(run))["status"] == "finished"
    assert await shop.steps(run) == {"stp1": ("failed", None)}


async def test_a_robot_that_is_gone_breaks_its_connector_until_it_works_again(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    wecom.control({"keys": []})
    (run,) = await _orders(shop, 1)
    await shop.deliver()
    assert (await shop.run(run))["status"] == "failed"
    db = shop.world.system.db
    connector = await db.row("SELECT status, status_message FROM meta.connector WHERE public_id = $1", robot)
    assert connector["status"] == "failed"
    assert "找不到这个机器人" in connector["status_message"]
    wecom.control({"add_key": "693a91f6-7c1e-4bc4-97a0-0ec2a1fa5aaa"})
    await remedies.retry_all(shop.world.system, EDITOR, (await shop.world.app()).automations[0].id)
    await shop.execute([run])
    await shop.deliver()
    wecom.wait_for(1)
    assert await db.value("SELECT status FROM meta.connector WHERE public_id = $1", robot) == "ok"


async def test_one_bad_message_does_not_take_its_neighbours_along(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    await _orders(shop, 30)
    wecom.fail(40058, "bad content", times=1)  # the merged one
    await shop.deliver()
    states = await _states(shop)
    assert states.count(("sent", 1)) + states.count(("waiting", 0)) == 30, states


async def test_a_deleted_connector_is_said(shop: Shop, robot: str) -> None:
    await _broadcast(shop, robot)
    (run,) = await _orders(shop, 1)
    await shop.world.system.db.execute("UPDATE meta.connector SET deleted_at = now()")
    await shop.deliver()
    assert await _states(shop) == [("failed", 1)]
    assert (
        "连接已被删除"
        in (load_failure((await shop.run(run))["error"]) or pytest.fail("no error")).message.text()
    )


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Webhooks of these tests are on this machine."""
    return msgspec.structs.replace(settings, allow_private_outbound=True)


class Receiver:
    """A webhook that notes what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.answers: list[Response] = []

    async def handle(self, request: Request) -> Response:
        self.got.append(request)
        return self.answers.pop(0) if self.answers else Response.of_json({"ok": True})


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """A webhook and its address."""
    found = Receiver()
    with StandInServer(found.handle) as server:
        yield found, f"{server.url}/hook"


async def test_a_webhook_gets_json_and_the_same_key_each_time(
    shop: Shop, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    hook.answers = [Response(503, b"later"), Response.of_json({"id": 7})]
    connector = await shop.connector("http_webhook", "ERP", url=url)
    body = {
        "单号": shop.value("订单号"),
        "金额": shop.value("实付金额"),
        "来自": Literal_("活表"),
        "at": Now(),
    }
    await shop.automation(RecordCreated(shop.orders.id), HttpPost(connector, body))
    await shop.order(订单号="A1", 实付金额="12.50")
    (run,) = await shop.settle()
    await shop.deliver()
    assert await _states(shop) == [("waiting", 1)]
    await _later(shop, 3600)
    await shop.deliver()
    first, second = hook.got
    assert {k: v for k, v in json.loads(second.body).items() if k != "at"} == {
        "单号": "A1", "金额": 12.5, "来自": "活表",
    }  # fmt: skip
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == f"{run}/stp1#1"
    answer = await shop.world.system.db.value("SELECT response FROM meta.delivery")
    assert json.loads(answer)["raw"]["status"] == 200


async def test_the_loop_sends_by_itself_and_two_workers_do_not_send_twice(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot)
    ended = asyncio.Event()
    system = shop.world.system
    loops = [asyncio.create_task(Deliveries(system).run(ended.is_set)) for _ in range(2)]
    try:
        for number in range(10):
            await _orders(shop, 1, number)
        received = await asyncio.to_thread(wecom.wait_for, 10)
    finally:
        ended.set()
        await asyncio.gather(*loops)
    assert sorted(message.content for message in received) == [f"新订单 N{n:03}" for n in range(10)]
    assert await _states(shop) == [("sent", 1)] * 10


async def test_a_worker_that_lost_its_lane_leaves_the_rest_to_the_one_that_has_it(
    shop: Shop,
) -> None:
    """The database is restarted while a call is under way: only that one may be made again."""
    hook = Receiver()
    called, answer = threading.Event(), threading.Event()
    handle = hook.handle

    async def slow(request: Request) -> Response:
        response = await handle(request)
        if len(hook.got) == 1:
            called.set()
            await asyncio.to_thread(answer.wait)
        return response

    with StandInServer(slow) as server:
        connector = await shop.connector("http_webhook", "ERP", url=f"{server.url}/hook")
        await shop.automation(
            RecordCreated(shop.orders.id), HttpPost(connector, {"单号": shop.value("订单号")})
        )
        await _orders(shop, 6)
        (lane,) = await shop.deliveries.look()
        await asyncio.to_thread(called.wait)
        await shop.world.system.db.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        (other,) = await Deliveries(shop.world.system).look()
        await other
        answer.set()
        await lane
    keys = Counter(request.headers["idempotency-key"] for request in hook.got)
    assert sorted(keys.values()) == [1, 1, 1, 1, 1, 2]
    assert [status for status, _ in await _states(shop)] == ["sent"] * 6


async def test_a_step_after_a_message_does_not_wait_for_it(shop: Shop, robot: str) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id),
        SendWecom(robot, TextValue(("好",))),
        UpdateRecord(shop.sets(备注="发了")),
    )
    order = await shop.order()
    await shop.settle()
    assert (await shop.read(order))["备注"] == "发了"
    assert await _states(shop) == [("waiting", 0)]


async def test_a_step_without_a_name_is_called_as_the_editor_calls_it(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await _broadcast(shop, robot, name="", attempts=1)
    wecom.answer_http(502, times=1)
    (run,) = await _orders(shop, 1)
    await shop.deliver()
    failure = load_failure((await shop.run(run))["error"])
    assert failure is not None
    assert failure.message.text().startswith("步骤「企业微信消息」的消息没有发出去")
