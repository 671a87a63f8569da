"""What somebody with bad intentions sends to a hook or lets a receiver answer: it is taken as words, or refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from runtime.automations import hooks
from runtime.automations.engine import execute
from runtime.connectors.http_api import HttpApi
from runtime.connectors.redaction import HIDDEN, Redaction
from runtime.definitions.automations import Loop, RecordCreated, Step, UpdateRecord
from runtime.definitions.flow import ListItems
from runtime.definitions.message_steps import AnswerValue, HttpRequest, Pair
from runtime.definitions.triggers import HookSignature, HookValue, Webhook
from runtime.definitions.values import Literal_, TextValue
from runtime.settings import Settings
from tests.runtime.automations.test_hooks import API, BODY, VALUES, api, hooked, orders, runs, sender
from tests.standins.http import Request, Response, StandInServer
from tests.support.shop import Shop
from tests.support.web import app, system

__all__ = ["api", "app", "sender", "system"]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, allow_private_outbound=True)


ODD = {
    "a NUL": (rb'{"order": {"no": "A\u0000B", "paid": 1}}', "AB"),
    "half a character": (rb'{"order": {"no": "\ud800", "paid": 1}}', None),
    "no number": (b'{"order": {"no": "A", "paid": 1e999}}', None),
    "a huge number": (b'{"order": {"no": ' + b"9" * 400 + b', "paid": "' + b"9" * 400 + b'"}}', "9" * 400),
    "NULs in names": (rb'{"order": {"no": {"\u0000": 1}, "lines": [{"sku": "\u0000"}]}}', '{"":1}'),
}


@pytest.mark.parametrize("kind", ODD)
async def test_odd_content_is_taken_as_it_can_be_stored_or_refused(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient, kind: str
) -> None:
    body, stored = ODD[kind]
    automation, address = await hooked(shop, api, Webhook(VALUES))
    answer = await sender.post(address, content=body, headers=JSON)
    assert answer.status_code == (422 if stored is None else 202), answer.text
    for run in await runs(shop):
        assert await execute(shop.world.system, run, "test")
    assert [number for number, _ in await orders(shop)] == ([] if stored is None else [stored])
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert (found["taken"], found["refused"]) == ((0, 1) if stored is None else (1, 0)), (
        "told where it is looked for"
    )


async def test_odd_forms(shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient) -> None:
    _, address = await hooked(shop, api, Webhook((HookValue("no", "单号", ("no",)),)))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    contents = (b"no=%00x", b"no=%FF%FE", b"no=" + b"x" * 900_000, b"&" * 2000)
    answers = [await sender.post(address, content=content, headers=form) for content in contents]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 422]


async def test_a_recorded_call_cannot_be_played_again_under_another_key(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    signature = HookSignature("X-Sig", "hex", "", "X-Time", 300)
    automation, address = await hooked(shop, api, Webhook(VALUES, signature=signature))
    await api.post(f"{API}/automations/{automation}/hook/signing", json={"secret": "geheim-geheim"})
    body = msgspec.json.encode(BODY)

    async def call(stamp: int, key: str) -> httpx.Response:
        digest = hmac.new(b"geheim-geheim", str(stamp).encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {**JSON, "X-Sig": digest, "X-Time": str(stamp), **({"Idempotency-Key": key} if key else {})}
        return await sender.post(address, content=body, headers=headers)

    now = int(time.time())
    first = await call(now, "1")
    played = [await call(now, key) for key in ("", "2", "3")]
    assert {answer.json()["run"] for answer in (first, *played)} == set(await runs(shop))
    assert all("idempotent-replayed" in answer.headers for answer in played)
    again = await call(now - 1, "1")
    assert again.json() == first.json(), "its sender tries again with its key, signed anew"
    assert (await call(now - 2, "4")).json() != first.json(), "another event"
    await hooks.forget_calls(shop.world.system, datetime.now(UTC) + timedelta(days=3))
    assert await shop.world.system.db.value("SELECT count(*) FROM meta.hook_call") == 0


async def test_a_loop_through_the_outside_ends(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    """An automation calls the address of its own hook, through whatever is in between."""
    calls: list[Request] = []

    async def relayed(request: Request) -> Response:
        calls.append(request)
        return Response.of_json({})

    with StandInServer(relayed) as server:
        connector = await shop.connector("http_api", "自己", base_url=server.url)
        step = HttpRequest(
            connector, method="POST", body="json", fields=(Pair("no", Literal_("1")),), wait=False
        )
        automation = await shop.automation(Webhook(VALUES), step, name="自己叫自己")
        address = (await api.post(f"{API}/automations/{automation}/hook")).json()["address"]
        assert (await sender.post(address, json=BODY)).status_code == 202
        for _ in range(8):
            queued = await shop.world.system.db.fetch(
                "SELECT public_id FROM meta.run WHERE status = 'queued'"
            )
            await shop.execute([row["public_id"] for row in queued])
            await shop.deliver()
            while calls:
                key = calls.pop().headers["idempotency-key"]
                assert (
                    await sender.post(address, json=BODY, headers={"Idempotency-Key": key})
                ).status_code == 202
    listed = (await api.get(f"{API}/automations/{automation}/runs")).json()["runs"]
    assert [run["status"] for run in listed] == ["failed", "finished", "finished", "finished"]
    assert listed[0]["failure"]["code"] == "loop"
    assert "自己叫自己 → 自己叫自己" in listed[0]["failure"]["message"]


@pytest.mark.parametrize("cursor", ["²", "x", "-1", "9" * 19, "1;"])
async def test_a_place_that_is_none_is_refused(shop: Shop, api: httpx.AsyncClient, cursor: str) -> None:
    answer = await api.get(f"{API}/apps/{shop.world.app_id}/runs", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


async def test_items_are_asked_of_loops_alone(shop: Shop, api: httpx.AsyncClient) -> None:
    """What is no loop has no items, and a path that somebody made up is none."""
    inner = Step("stpX", UpdateRecord(shop.sets(备注="好")))
    await shop.automation(
        RecordCreated(shop.orders.id), Step("stpL", Loop(ListItems(Literal_("红,蓝")), (inner,)))
    )
    await shop.order(订单号="1")
    (run,) = await shop.settle()
    found = {}
    for path in ("stpL", "stpL/1", "stpL/1/stpX", "stpX", "", "/", "\x00", "stpL/%"):
        answer = await api.get(f"{API}/runs/{run}/items", params={"path": path})
        assert answer.status_code == 200, (path, answer.text)
        found[path] = len(answer.json()["items"])
    assert found.pop("stpL") == 2
    assert set(found.values()) == {0}


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    async def handle(request: Request) -> Response:
        status = 500 if "fail" in request.path else 403 if "deny" in request.path else 200
        return Response.of_json({"headers": request.headers}, status)

    with StandInServer(handle) as server:
        yield server.url


@pytest.mark.parametrize("path", ["", "fail", "deny"])
async def test_a_receiver_that_echoes_spreads_no_credential(
    shop: Shop, api: httpx.AsyncClient, echo: str, path: str
) -> None:
    """What a receiver answers is kept with the run, where everybody in the app may read it."""
    connector = await shop.connector(
        "http_api", "快递", base_url=echo, auth="bearer", token="t0k-very-secret"
    )
    answer = AnswerValue("all", "全部", ("headers", "authorization"), "")
    step = HttpRequest(connector, path=TextValue((path,)), answer=(answer,))
    await shop.automation(RecordCreated(shop.orders.id), step)
    await shop.order(订单号="1")
    (run,) = await shop.settle()
    await shop.deliver()
    text = (await api.get(f"{API}/runs/{run}")).text
    for table in ("delivery", "delivery_attempt", "run_step", "run", "history"):
        rows = await shop.world.system.db.fetch(f"SELECT t::text AS t FROM meta.{table} t")
        text += "".join(row["t"] for row in rows)
    tried = await api.post(
        f"{API}/apps/{shop.world.app_id}/request", json={"config": msgspec.to_builtins(step)}
    )
    assert tried.status_code == 200
    assert HIDDEN in text
    assert HIDDEN in tried.text
    assert "t0k-very-secret" not in text + tried.text


def test_credentials_are_found_in_every_notation() -> None:
    settings = {"base_url": "https://a.example", "auth": "basic", "username": "lin", "password": 'pa"ss wörd'}
    hide = Redaction(HttpApi(), settings)
    pair = base64.b64encode('lin:pa"ss wörd'.encode()).decode()
    for text in (
        'pa"ss wörd',
        f"Basic {pair}",
        "pa%22ss%20w%C3%B6rd",
        "pa%22ss+w%C3%B6rd",
        r"pa\"ss w\u00f6rd",
    ):
        found = hide.text(f"<{text}>")
        assert found in (f"<{HIDDEN}>", f"<Basic {HIDDEN}>"), found
    assert hide.value({"a": [1, None, "lin"]}) == {"a": [1, None, "lin"]}
