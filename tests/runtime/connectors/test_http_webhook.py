"""The webhook kind: what it sends, how it signs, what it makes of answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.connectors.http_webhook import HttpWebhook, JsonMessage, sign
from runtime.errors import InvalidDefinition, InvalidInput, NotAllowed, OutsideFailed
from runtime.i18n import CHINESE
from runtime.outbound import OutboundClient
from tests.standins.http import Request, Response, StandInServer

MESSAGE = JsonMessage(body={"订单": "A-100", "数量": 3})


class Receiver:
    """A server of the user's own that answers as told and keeps what it got."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.response = Response(200, b"thanks")
        self.server = StandInServer(self._handle)

    async def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        return self.response


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with found.server:
        yield found


@pytest.fixture
def kind() -> HttpWebhook:
    return HttpWebhook(clock=lambda: 1767225600.9)


@pytest.fixture
def outside(receiver: Receiver) -> OutboundClient:
    return OutboundClient(allowed=[receiver.server.url], timeout_seconds=20)


async def test_a_signed_message_can_be_verified_by_its_receiver(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient
) -> None:
    settings = kind.check(
        {
            "url": f"{receiver.server.url}/hook?token=t",
            "signing_secret": "s3cret",
            "header_name": "Authorization",
            "header_value": "Bearer b",
        }
    )
    receipt = await kind.send(outside, settings, MESSAGE, idempotency_key="dlv1")
    assert (receipt.errcode, receipt.errmsg, receipt.raw) == (
        0,
        "HTTP 200",
        {"status": 200, "body": "thanks"},
    )
    [request] = receiver.requests
    assert (request.method, request.target) == ("POST", "/hook?token=t")
    assert json.loads(request.body) == {"订单": "A-100", "数量": 3}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer b"
    assert request.headers["idempotency-key"] == "dlv1"
    stamp = request.headers["x-huobiao-timestamp"]
    expected = hmac.new(b"s3cret", stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert stamp == "1767225600"
    assert (
        request.headers["x-huobiao-signature"]
        == f"sha256={expected}"
        == sign("s3cret", 1767225600, request.body)
    )


def test_the_documented_check_accepts_what_is_signed_and_nothing_else() -> None:
    page = (Path(__file__).parents[3] / "docs" / "connectors.md").read_text("utf-8")
    code = textwrap.dedent(page.split("```python\n")[1].split("```")[0])
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own documentation
    now = int(time.time())
    headers = {"X-Huobiao-Timestamp": str(now), "X-Huobiao-Signature": sign("s", now, b"{}")}
    assert names["genuine"]("s", headers, b"{}")
    assert not names["genuine"]("s", headers, b"[]")
    assert not names["genuine"]("t", headers, b"{}")
    old = {"X-Huobiao-Timestamp": str(now - 900), "X-Huobiao-Signature": sign("s", now - 900, b"{}")}
    assert not names["genuine"]("s", old, b"{}")


async def test_without_a_secret_nothing_is_signed(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient
) -> None:
    await kind.send(outside, {"url": receiver.server.url}, MESSAGE)
    assert not [name for name in receiver.requests[0].headers if name.startswith("x-huobiao")]


async def test_the_test_message_says_that_it_is_one(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient
) -> None:
    await kind.test(outside, {"url": receiver.server.url}, CHINESE)
    assert json.loads(receiver.requests[0].body)["test"] is True


@pytest.mark.parametrize(
    ("status", "code", "retryable", "unknown"),
    [
        (500, "webhook_unavailable", True, True),
        (503, "webhook_unavailable", True, False),
        (429, "webhook_unavailable", True, False),
        (408, "webhook_unavailable", True, False),
        (400, "webhook_refused", False, False),
        (401, "webhook_refused", False, False),
        (410, "webhook_refused", False, False),
    ],
)
async def test_statuses_say_whether_to_try_again(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient, status: int, code: str, retryable: bool, unknown: bool
) -> None:  # fmt: skip
    receiver.response = Response(status, "原因".encode(), {"Retry-After": "7"})
    with pytest.raises(OutsideFailed) as caught:
        await kind.send(outside, {"url": receiver.server.url}, MESSAGE)
    error = caught.value
    assert (error.error_code, error.retryable, error.outcome_unknown) == (code, retryable, unknown)
    assert error.retry_after_seconds == (7 if retryable else None)
    assert error.message.params["answer"] == "原因"


async def test_a_huge_answer_does_not_make_a_success_a_failure(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient
) -> None:
    receiver.response = Response(200, b"x" * 2_000_000)
    receipt = await kind.send(outside, {"url": receiver.server.url}, MESSAGE)
    assert len(receipt.raw["body"]) == 2000


async def test_too_much_data_is_not_sent(
    kind: HttpWebhook, receiver: Receiver, outside: OutboundClient
) -> None:
    with pytest.raises(InvalidInput, match="256 KB"):
        await kind.send(outside, {"url": receiver.server.url}, JsonMessage(body={"a": "x" * 300_000}))
    assert not receiver.requests


async def test_private_addresses_stay_out_of_reach(kind: HttpWebhook, receiver: Receiver) -> None:
    with pytest.raises(NotAllowed):
        await kind.send(OutboundClient(), {"url": receiver.server.url}, MESSAGE)
    assert not receiver.requests


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "url"),
        ({"url": " "}, "url"),
        ({"url": "example.com/x"}, "url"),
        ({"url": "ftp://example.com/x"}, "url"),
        ({"url": "http://0x7f000001/"}, "url"),
        ({"url": "https://user:pw@example.com/"}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://example.com/" + "x" * 2000}, "url"),
        ({"url": "https://example.com/", "header_name": "X-A"}, "header_value"),
        ({"url": "https://example.com/", "header_value": "a"}, "header_name"),
        ({"url": "https://example.com/", "header_name": "Host", "header_value": "a"}, "header_name"),
        ({"url": "https://example.com/", "header_name": "X A", "header_value": "a"}, "header_name"),
        ({"url": "https://example.com/", "header_name": "X-A", "header_value": "值"}, "header_value"),
        ({"url": "https://example.com/", "header_name": "X-A", "header_value": "a\r\nB: c"}, "header_value"),
        ({"url": "https://example.com/", "colour": "red"}, "colour"),
    ],
)
def test_settings_that_cannot_work_are_named(
    kind: HttpWebhook, settings: dict[str, object], path: str
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        kind.check(settings)
    assert path in [problem.path for problem in caught.value.problems]
    assert all(problem.message.text() for problem in caught.value.problems)


def test_all_problems_come_at_once(kind: HttpWebhook) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        kind.check({"url": "nothing", "header_name": "Host", "extra": "x"})
    assert {problem.path for problem in caught.value.problems} == {
        "url",
        "header_name",
        "header_value",
        "extra",
    }


def test_the_address_is_shown_without_its_secrets(kind: HttpWebhook) -> None:
    assert (
        kind.shown({"url": "https://example.com:8443/hooks/s3cret?token=t"}) == "https://example.com:8443/…"
    )
