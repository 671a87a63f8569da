"""The kind for HTTP interfaces: what it sends, where it does not go, and what it takes out of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from runtime.connectors.answers import MAX_TEXT, Pick, picked
from runtime.connectors.http_api import HttpApi, HttpMessage, address
from runtime.errors import HuobiaoError, InvalidDefinition, InvalidInput, NotAllowed, OutsideFailed
from runtime.outbound import OutboundClient
from tests.standins.http import HangUp, Request, Response, Silence, StandInServer


class Receiver:
    """An interface that answers as told and keeps what it got."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Response | Exception = Response.of_json({"ok": True})
        self.server = StandInServer(self._handle)

    async def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with found.server:
        yield found


@pytest.fixture
def outside(receiver: Receiver) -> OutboundClient:
    return OutboundClient(allowed=[receiver.server.url], timeout_seconds=20)


KIND = HttpApi()
PICKS = (Pick("no", ("data", 0, "no")), Pick("gone", ("data", 9, "no")))


def settings(receiver: Receiver, **auth: str) -> dict[str, str]:
    return KIND.check({"base_url": f"{receiver.server.url}/v1/", **auth})


async def failure(outside: OutboundClient, receiver: Receiver, message: HttpMessage) -> HuobiaoError:
    with pytest.raises(HuobiaoError) as caught:
        await KIND.send(outside, settings(receiver), message)
    return caught.value


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_request_goes_out_as_it_was_put_together(
    receiver: Receiver, outside: OutboundClient, method: Any
) -> None:
    body = None if method in ("GET", "DELETE") else '{"数量":3}'
    message = HttpMessage(
        method=method,
        path="orders/A%2F1",
        query=(("状态", "已支付"), ("a", "b&c")),
        headers=(("X-Shop", "7"),),
        content_type="application/json" if body else "",
        body=body,
    )
    receipt = await KIND.send(outside, settings(receiver), message, idempotency_key="run1/stp1#1")
    (got,) = receiver.requests
    assert (got.method, got.path) == (method, "/v1/orders/A%2F1")
    assert (got.query("状态"), got.query("a")) == ("已支付", "b&c")
    assert (got.headers["x-shop"], got.headers["idempotency-key"]) == ("7", "run1/stp1#1")
    assert got.body.decode() == (body or "")
    assert (receipt.outcome, receipt.output) == ("ok", {"status": 200})


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({}, "authorization", None),
        ({"auth": "bearer", "token": "t0k"}, "authorization", "Bearer t0k"),
        ({"auth": "basic", "username": "林", "password": "p:w"}, "authorization", "Basic 5p6XOnA6dw=="),
        ({"auth": "header", "header_name": "X-Api-Key", "header_value": "k3y"}, "x-api-key", "k3y"),
    ],
)
async def test_credentials(
    receiver: Receiver, outside: OutboundClient, auth: dict[str, str], header: str, value: str | None
) -> None:
    checked = settings(receiver, **auth)
    await KIND.send(outside, checked, HttpMessage(method="GET"))
    assert receiver.requests[0].headers.get(header) == value
    plain, secret = KIND.split(checked)
    assert not {"t0k", "p:w", "k3y"} & set(plain.values())
    assert set(secret) <= {"token", "password", "header_value"}


def test_credentials_that_do_not_count_are_not_kept(receiver: Receiver) -> None:
    given = {"auth": "bearer", "token": "t", "username": "u", "header_value": "v"}
    assert set(settings(receiver, **given)) == {"base_url", "auth", "token"}
    with pytest.raises(InvalidDefinition) as caught:
        settings(receiver, auth="header", header_name="Host", header_value="a\nb")
    assert {problem.path for problem in caught.value.problems} == {"header_name", "header_value"}


@pytest.mark.parametrize(
    "path",
    ["../admin", "a/../../admin", "a/%2e%2e/%2E%2e/b", "..%2f..", "@evil.example/x", "//evil.example/x"],
)
def test_a_path_does_not_lead_elsewhere(path: str) -> None:
    message = HttpMessage(method="GET", path=path)
    try:
        found = address("https://api.example.com/v1", message)
    except NotAllowed:
        return
    assert found.startswith("https://api.example.com/v1/")
    assert ".." not in found.replace("..%2f..", "")


async def test_values_are_taken_out_of_the_answer(receiver: Receiver, outside: OutboundClient) -> None:
    answer = {"data": [{"no": "SF\x00" + "9" * 20_000, "n": 1}]}
    receiver.answer = Response.of_json(answer)
    receipt = await KIND.send(outside, settings(receiver), HttpMessage(method="GET", picks=PICKS))
    assert receipt.output["status"] == 200
    assert receipt.output["gone"] is None
    assert receipt.output["no"].startswith("SF9")
    assert len(receipt.output["no"]) == MAX_TEXT


def test_large_and_strange_values_stay_storable() -> None:
    found = picked(
        {"a": ["x" * 100_000], "b": {"k\x00": "v\x00"}},
        (Pick("a", ("a",)), Pick("b", ("b",)), Pick("c", ("a", "b"))),
    )
    assert isinstance(found["a"], str)
    assert len(found["a"]) == MAX_TEXT
    assert (found["b"], found["c"]) == ({"k": "v"}, None)


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Response(200, b"<html>hi</html>", {"Content-Type": "text/html"}), "answer_unreadable", False),
        (Response(200, b"", {}), "answer_unreadable", False),
        (Response(200, b"[" * 100_000, {}), "answer_unreadable", False),
        (Response(200, b"{" + b" " * 10_000_000 + b"}", {}), "response_too_large", False),
        (Response(200, b"", {"Content-Length": "10000000"}), "response_too_large", False),
        (Response(401, b"no"), "http_unauthorized", False),
        (Response(404, b"no"), "http_refused", False),
        (Response(429, b"", {"Retry-After": "7"}), "http_unavailable", True),
        (Response(503, b"later"), "http_unavailable", True),
        (Response(302, b"", {"Location": "/elsewhere"}), "moved", False),
        (HangUp(), "connection_lost", True),
    ],
)
async def test_bad_answers_are_explained(
    receiver: Receiver, outside: OutboundClient, answer: Response | Exception, code: str, retryable: bool
) -> None:
    receiver.answer = answer
    error = await failure(outside, receiver, HttpMessage(method="POST", body="{}", picks=PICKS))
    assert isinstance(error, OutsideFailed)
    assert (error.error_code, error.retryable) == (code, retryable)
    assert "127.0.0.1" in error.message.text()


async def test_a_large_answer_nobody_asked_for_is_no_trouble(
    receiver: Receiver, outside: OutboundClient
) -> None:
    receiver.answer = Response(200, b"x" * 10_000_000)
    receipt = await KIND.send(outside, settings(receiver), HttpMessage(method="POST", body="{}"))
    assert len(receipt.raw["body"]) == 2000


async def test_a_slow_receiver(
    receiver: Receiver, outside: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.connectors.http_api.TIMEOUT_SECONDS", 1.5)
    receiver.answer = Silence()
    error = await failure(outside, receiver, HttpMessage(method="POST", body="{}"))
    assert isinstance(error, OutsideFailed)
    assert (error.retryable, error.outcome_unknown) == (True, True)


async def test_a_dead_receiver() -> None:
    checked = KIND.check({"base_url": "http://127.0.0.1:1"})
    with pytest.raises(OutsideFailed) as caught:
        await KIND.send(OutboundClient(allowed=["127.0.0.1:1"]), checked, HttpMessage(method="GET"))
    assert (caught.value.error_code, caught.value.retryable) == ("refused", True)


async def test_the_internal_network_stays_closed(receiver: Receiver) -> None:
    for base in (receiver.server.url, "http://169.254.169.254", "http://[::1]:80"):
        with pytest.raises(NotAllowed):
            await KIND.send(OutboundClient(), {"base_url": base}, HttpMessage(method="GET"))
    receiver.answer = Response(302, b"", {"Location": "http://169.254.169.254/latest"})
    with pytest.raises(NotAllowed):
        await KIND.send(
            OutboundClient(allowed=[receiver.server.url]), settings(receiver), HttpMessage(method="GET")
        )


async def test_a_refusal_can_be_an_answer(receiver: Receiver, outside: OutboundClient) -> None:
    receiver.answer = Response.of_json({"data": [{"no": "dup"}]}, 409)
    message = HttpMessage(method="POST", body="{}", picks=PICKS, any_status=True)
    receipt = await KIND.send(outside, settings(receiver), message)
    assert (receipt.outcome, receipt.output) == ("refused", {"status": 409, "no": "dup", "gone": None})
    receiver.answer = Response(404, b"<html>")
    assert (await KIND.send(outside, settings(receiver), message)).output["no"] is None


async def test_too_much_is_not_sent(receiver: Receiver, outside: OutboundClient) -> None:
    message = HttpMessage(method="POST", body=json.dumps("x" * 300_000))
    assert isinstance(await failure(outside, receiver, message), InvalidInput)
    assert not receiver.requests


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://api.example.com/v2", True),
        ("https://API.example.com", True),
        ("https://other.example.com/v1", False),
        ("http://api.example.com/v1", False),
        ("https://api.example.com:8443/v1", False),
    ],
)
def test_a_stored_credential_is_not_sent_to_another_place(address: str, kept: bool) -> None:
    stored = {"base_url": "https://api.example.com/v1", "auth": "bearer", "token": "s3cret"}
    entered = {"base_url": address, "auth": "bearer"}
    assert ("token" in HttpApi().keep_secrets(entered, stored)) is kept
