"""The stand-in judges as the real robot does; what tests rely on must itself be right."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.outbound import OutboundClient, OutboundResponse
from tests.standins.wecom import DEFAULT_KEY, SEND_PATH, WecomStandIn

ROOT = Path(__file__).parents[2]


class Clock:
    """Unix seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wecom(clock: Clock) -> Iterator[WecomStandIn]:
    with WecomStandIn(clock=clock) as server:
        yield server


async def post(wecom: WecomStandIn, body: Any, key: str = DEFAULT_KEY, **options: Any) -> dict[str, Any]:
    """The robot's answer to ``body`` (JSON, or bytes as they are)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = options.pop("headers", {"Content-Type": "application/json"})
    response = await OutboundClient(allow_private=True, timeout_seconds=20).request(
        options.pop("method", "POST"),
        f"{wecom.base_url}{SEND_PATH}?key={key}",
        content=content,
        headers=headers,
    )
    answer: dict[str, Any] = response.json()
    return answer


def text(content: Any, **more: Any) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content, **more}}


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (text("好"), 0),
        (text("x" * 2048), 0),
        (text("x" * 2049), 40058),
        (text("字" * 683), 40058),
        (text(" "), 44004),
        (text(5), 40058),
        (text("a", mentioned_list="li"), 40058),
        (text("a", mentioned_mobile_list=[138]), 40058),
        ({"msgtype": "markdown", "markdown": {"content": "字" * 1365}}, 0),
        ({"msgtype": "markdown", "markdown": {"content": "字" * 1366}}, 40058),
        ({"msgtype": "markdown"}, 40058),
        ({"msgtype": "fax", "fax": {}}, 40008),
        ({}, 40008),
        ([], 47001),
        (b"{", 47001),
        (b'{"msgtype":"text","text":{"content":"\xff"}}', 47001),
    ],
)
async def test_bodies_are_judged(wecom: WecomStandIn, body: Any, errcode: int) -> None:
    assert (await post(wecom, body))["errcode"] == errcode
    assert (len(wecom.messages), len(wecom.refusals)) == ((1, 0) if errcode == 0 else (0, 1))


async def test_requests_are_judged(wecom: WecomStandIn) -> None:
    assert (await post(wecom, text("a"), key="nobody"))["errcode"] == 93000
    assert (await post(wecom, text("a"), headers={"Content-Type": "text/plain"}))["errcode"] == 40058
    assert (await post(wecom, text("a"), method="PUT"))["errcode"] == 43002
    assert [refused.errcode for refused in wecom.refusals] == [93000, 40058, 43002]


async def test_the_window_slides(wecom: WecomStandIn, clock: Clock) -> None:
    wecom.keys.add("another-robot")
    for _ in range(20):
        assert (await post(wecom, text("a")))["errcode"] == 0
        clock.now += 1
    assert (await post(wecom, text("a")))["errcode"] == 45009
    assert (await post(wecom, text("a"), key="another-robot"))["errcode"] == 0
    clock.now += 40
    assert (await post(wecom, text("a")))["errcode"] == 0
    assert (await post(wecom, text("a")))["errcode"] == 45009


async def test_faults_come_in_order_and_end(wecom: WecomStandIn) -> None:
    wecom.fail(-1, times=2)
    wecom.fail(45009)
    codes = [(await post(wecom, text("a")))["errcode"] for _ in range(4)]
    assert codes == [-1, -1, 45009, 0]
    wecom.fail(-1)
    wecom.clear()
    assert (await post(wecom, text("a")))["errcode"] == 0


async def call(url: str, body: Any = None) -> OutboundResponse:
    client = OutboundClient(allow_private=True)
    return await client.get(url) if body is None else await client.post(url, json=body)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """The stand-in as a process of its own; it must end well when it is told to."""
    command = [sys.executable, "-m", "tests.standins.wecom", "--key", "first-robot", "--limit", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.send_signal(signal.SIGTERM)
        assert started.wait(10) == 0


async def test_as_a_process_it_is_inspected_and_controlled_over_http(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    base = process.stdout.readline().strip()
    robot = f"{base}{SEND_PATH}?key=first-robot"
    assert (await call(robot, text("一"))).json()["errcode"] == 0
    assert (await call(robot, text("二"))).json()["errcode"] == 45009
    order = {"limit": 20, "faults": [{"kind": "http", "status": 502}]}
    state = (await call(f"{base}/_control", order)).json()
    assert (state["limit"], state["messages"], state["refusals"]) == (20, 1, 1)
    assert (await call(robot, text("三"))).status == 502
    assert (await call(robot, text("四"))).json()["errcode"] == 0
    seen = (await call(f"{base}/_messages?at_least=2")).json()
    assert [message["content"] for message in seen["messages"]] == ["一", "四"]
    assert [refused["errcode"] for refused in seen["refusals"]] == [45009, 502]
    assert (await call(f"{base}/_messages?at_least=9&timeout=0.1")).status == 408
    assert (await call(f"{base}/_control", {"faults": [{"kind": "fire"}]})).status == 400
    assert (await call(f"{base}/_control", {"clear": True, "keys": []})).json()["keys"] == []
    assert (await call(robot, text("五"))).json()["errcode"] == 93000
