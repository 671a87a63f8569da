"""Inbound webhooks: secret addresses, signatures, replays, samples, what is refused; and starting by hand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.automations.engine import execute
from runtime.definitions.automations import AutomationDef, CreateRecord, RecordCreated, Step, UpdateRecord
from runtime.definitions.queries import Condition
from runtime.definitions.triggers import HookSignature, HookValue, Manual, Webhook
from runtime.definitions.values import Assignment, StepOutput
from tests.support.shop import Shop
from tests.support.web import PASSWORD, app, program, system

__all__ = ["app", "system"]

API = "/api/v1"
BODY = {"order": {"no": "DY-1", "lines": [{"sku": "红-S", "n": 2}], "paid": "39.90"}, "urgent": True}
VALUES = (
    HookValue("no", "单号", ("order", "no")),
    HookValue("paid", "实付", ("order", "paid"), "number"),
    HookValue("sku", "货号", ("order", "lines", 0, "sku")),
    HookValue("lines", "明细", ("order", "lines"), "list"),
    HookValue("gone", "没有的", ("order", "remark")),
)


@pytest.fixture
async def api(system: object, app: Litestar, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner's."""
    await accounts.create_first_owner(
        app.state.system, email="lin@example.com", name="小林", password=PASSWORD
    )
    async with await program(app, "lin@example.com") as made:
        yield made


@pytest.fixture
async def sender(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Another program, which knows nothing but the address."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://huobiao.example") as made:
        yield made


async def hooked(
    shop: Shop, api: httpx.AsyncClient, trigger: Webhook, *, enabled: bool = True
) -> tuple[str, str]:
    """An automation that makes an order of what comes in, and its address."""
    sets = (
        Assignment(shop.orders.field("订单号").id, StepOutput("trigger", "no")),
        Assignment(shop.orders.field("实付金额").id, StepOutput("trigger", "paid")),
    )
    automation = await shop.automation(trigger, CreateRecord(shop.orders.id, sets), enabled=enabled)
    made = await api.post(f"{API}/automations/{automation}/hook")
    assert made.status_code == 201, made.text
    address = made.json()["address"]
    assert address.startswith("https://huobiao.example/hooks/")
    return automation, address


async def runs(shop: Shop) -> list[str]:
    rows = await shop.world.system.db.fetch("SELECT public_id FROM meta.run ORDER BY id")
    return [row["public_id"] for row in rows]


async def orders(shop: Shop) -> list[tuple[str, object]]:
    number, paid = shop.orders.field("订单号").column, shop.orders.field("实付金额").column
    rows = await shop.world.system.db.fetch(
        f"SELECT {number} AS n, {paid} AS p FROM {shop.orders.sql} ORDER BY id"
    )
    return [(row["n"], row["p"]) for row in rows]


async def test_a_call_starts_a_run_with_its_values(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    automation, address = await hooked(shop, api, Webhook(VALUES))
    answer = await sender.post(address, json=BODY)
    assert answer.status_code == 202, answer.text
    (run,) = await runs(shop)
    assert answer.json() == {"run": run}
    trigger = msgspec.json.decode((await shop.run(run))["trigger"])
    received_at = trigger["output"].pop("received_at")
    assert received_at.endswith("Z")
    assert trigger["output"] == {
        "no": "DY-1", "paid": 39.9, "sku": "红-S", "lines": [{"sku": "红-S", "n": 2}], "gone": None,
    }  # fmt: skip
    assert await execute(shop.world.system, run, "test")
    assert [(n, float(p)) for n, p in await orders(shop)] == [("DY-1", 39.9)]  # type: ignore[arg-type]
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert (found["taken"], found["refused"], found["hint"]) == (1, 0, address[-4:])
    form = await sender.post(address, data={"order": "x"})
    assert form.status_code == 202
    named = (await api.get(f"{API}/runs/{run}")).json()
    assert named["run"]["trigger"] == "收到推送"


@pytest.mark.parametrize("by", ["header", "value"])
async def test_a_repeated_key_answers_the_same_and_starts_nothing(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient, by: str
) -> None:
    trigger = Webhook(VALUES) if by == "header" else Webhook(VALUES, "", ("order", "no"))
    automation, address = await hooked(shop, api, trigger)
    headers = {"Idempotency-Key": "k-1"} if by == "header" else {}
    answers = await asyncio.gather(*(sender.post(address, json=BODY, headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["run"] for answer in answers}) == 1
    assert len(await runs(shop)) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 5
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert (found["taken"], found["repeated"]) == (1, 5)


SIGNATURES = {
    "hex": HookSignature("X-Sig", "hex", "sha256="),
    "base64": HookSignature("X-Sig", "base64"),
    "timed": HookSignature("X-Sig", "hex", "", "X-Time", 60),
}


def signed(kind: str, secret: str, body: bytes, stamp: str) -> dict[str, str]:
    content = stamp.encode() + b"." + body if kind == "timed" else body
    digest = hmac.new(secret.encode(), content, hashlib.sha256)
    text = base64.b64encode(digest.digest()).decode() if kind == "base64" else digest.hexdigest()
    prefix = "sha256=" if kind == "hex" else ""
    return {"X-Sig": prefix + text, **({"X-Time": stamp} if kind == "timed" else {})}


@pytest.mark.parametrize("kind", SIGNATURES)
async def test_signatures(shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient, kind: str) -> None:
    automation, address = await hooked(shop, api, Webhook(VALUES, signature=SIGNATURES[kind]))
    body, now = msgspec.json.encode(BODY), str(int(time.time()))

    async def call(headers: dict[str, str], content: bytes = body) -> tuple[int, str]:
        answer = await sender.post(
            address, content=content, headers={"Content-Type": "application/json", **headers}
        )
        return answer.status_code, answer.json().get("code", "")

    assert await call(signed(kind, "geheim-geheim", body, now)) == (403, "no_signing_secret")
    made = await api.post(f"{API}/automations/{automation}/hook/signing", json={"secret": "geheim-geheim"})
    assert made.json() == {"secret": "geheim-geheim"}
    good = signed(kind, "geheim-geheim", body, now)
    assert (await call(good))[0] == 202
    assert await call({}) == (403, "signature_missing")
    assert await call(signed(kind, "falsch-falsch", body, now)) == (403, "signature_wrong")
    assert await call(good, body + b" ") == (403, "signature_wrong")
    if kind == "timed":
        for stamp in (str(int(now) - 120), str(int(now) + 120), "gestern", "nan"):
            assert await call(signed(kind, "geheim-geheim", body, stamp)) == (403, "signature_old")
    assert len(await runs(shop)) == 1
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert found["refused"] == (8 if kind == "timed" else 4)
    assert found["refusal"] == ("signature_old" if kind == "timed" else "signature_wrong")
    stored = await shop.world.system.db.value("SELECT signing FROM meta.hook")
    assert "geheim" not in stored


async def test_what_cannot_be_taken_is_refused_clearly_and_counted(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    automation, address = await hooked(shop, api, Webhook(VALUES))
    json_type = {"Content-Type": "application/json"}

    async def code(**parts: object) -> tuple[int, str]:
        answer = await sender.post(address, **parts)  # type: ignore[arg-type]
        return answer.status_code, answer.json()["code"]

    assert await code(content=b"{nope", headers=json_type) == (422, "bad_json")
    assert await code(content=b"[" * 100 + b"]" * 100, headers=json_type) == (422, "bad_json")
    assert await code(content=b"", headers=json_type) == (422, "bad_json")
    assert await code(content=b'"' + b"x" * 1_100_000 + b'"', headers=json_type) == (413, "body_too_large")
    assert await code(content=b"<a/>", headers={"Content-Type": "application/xml"}) == (
        422,
        "bad_content_type",
    )
    assert await code(json=BODY, headers={"Idempotency-Key": "k" * 501}) == (422, "key_too_long")
    assert (await sender.get(address)).status_code == 405
    missing = await sender.post("https://huobiao.example/hooks/nothing-like-it", json=BODY)
    assert (missing.status_code, missing.json()["code"]) == (404, "no_hook")
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert (found["refused"], found["taken"]) == (6, 0)
    rotated = (await api.post(f"{API}/automations/{automation}/hook")).json()["address"]
    assert rotated != address
    assert (await sender.post(address, json=BODY)).status_code == 404, "the old one is dead at once"
    assert (await sender.post(rotated, json=BODY)).status_code == 202


async def test_simple_fields_of_a_multipart_form_are_taken_and_files_are_refused_in_words(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    """As `curl -F` and forms of web pages send them."""
    _, address = await hooked(
        shop, api, Webhook((HookValue("no", "单号", ("单号",)), HookValue("paid", "实付", ("paid",))))
    )
    fields = {"单号": (None, "DY-1\r\n第二行".encode()), "paid": (None, b"39.90"), "empty": (None, b"")}
    taken = await sender.post(address, files=fields)  # type: ignore[arg-type]
    assert taken.status_code == 202, taken.text
    (run,) = await runs(shop)
    trigger = msgspec.json.decode((await shop.run(run))["trigger"])
    assert (trigger["output"]["no"], trigger["output"]["paid"]) == ("DY-1\r\n第二行", "39.90")
    refused = await sender.post(address, data={"paid": "1"}, files={"面单": ("a.pdf", b"%PDF\xff")})
    assert (refused.status_code, refused.json()["code"]) == (422, "file_not_taken")
    assert "「面单」是一个文件" in refused.json()["detail"]
    for content, kind in (
        (b"--b\r\nno end", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (b"--b\r\n\r\nno name\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        (b"--" + b"b" * 300, "multipart/form-data; boundary=" + "b" * 300),
    ):
        answer = await sender.post(address, content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_form"), kind


async def test_a_test_run_works_with_the_sample_that_was_caught(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient
) -> None:
    """Its values are of the types that a real call's would be."""
    automation, address = await hooked(shop, api, Webhook(VALUES))
    before = (await api.post(f"{API}/automations/{automation}/test", json={"record": None})).json()
    assert "还没有收到过样例" in " ".join(before["notes"])
    await api.post(f"{API}/automations/{automation}/hook/listen", json={"waiting": True})
    assert (await sender.post(address, json=BODY)).status_code == 202
    tried = (await api.post(f"{API}/automations/{automation}/test", json={"record": None})).json()
    assert tried["status"] == "finished", tried
    assert tried["notes"] == []
    set_to = msgspec.json.encode(tried["steps"][0]).decode()
    assert "DY-1" in set_to
    assert "39.9" in set_to
    own = {"record": None, "given": {"no": "自己写的"}}
    mine = (await api.post(f"{API}/automations/{automation}/test", json=own)).json()
    assert "自己写的" in msgspec.json.encode(mine["steps"][0]).decode()


async def test_too_many_calls_have_to_wait(
    shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.automations import hooks

    monkeypatch.setattr(hooks, "MOST_PER_MINUTE", 3)
    _, address = await hooked(shop, api, Webhook(VALUES))
    codes = [(await sender.post(address, json=BODY)).status_code for _ in range(8)]
    assert codes.count(429) >= 2, codes


async def test_a_sample_is_waited_for(shop: Shop, api: httpx.AsyncClient, sender: httpx.AsyncClient) -> None:
    automation, address = await hooked(shop, api, Webhook(), enabled=False)
    assert (await sender.post(address, json=BODY)).json()["code"] == "hook_off"
    listening = await api.post(f"{API}/automations/{automation}/hook/listen", json={"waiting": True})
    assert listening.json()["waiting_until"]
    answer = await sender.post(address, json=BODY, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()) == (202, {"sample": True})
    found = (await api.get(f"{API}/automations/{automation}/hook")).json()
    assert found["sample"]["body"] == BODY
    assert "authorization" not in found["sample"]["headers"]
    assert await runs(shop) == []
    await api.post(f"{API}/automations/{automation}/hook/listen", json={"waiting": False})
    assert (await sender.post(address, json=BODY)).status_code == 409


# ---- by hand ----


async def test_it_is_started_by_hand_for_chosen_records(shop: Shop, api: httpx.AsyncClient) -> None:
    trigger = Manual(shop.orders.id, Condition(shop.orders.field("异常").id, "is", False))
    automation = await shop.automation(trigger, UpdateRecord(shop.sets(备注="手动")), name="补备注")
    records = [await shop.order(订单号=str(n)) for n in range(3)]
    bad = await shop.order(异常=True)
    listed = (await api.get(f"{API}/tables/{shop.orders.id}/startable")).json()["automations"]
    assert [one["id"] for one in listed] == [automation]
    done = (await api.post(f"{API}/automations/{automation}/start", json={"records": [*records, bad]})).json()
    assert (done["runs"], done["passed_over"]) == (3, 1)
    progress = (await api.get(f"{API}/automations/{automation}/batches/{done['batch']}")).json()
    assert (progress["total"], progress["open"]) == (3, 3)
    await shop.execute(await runs(shop))
    progress = (await api.get(f"{API}/automations/{automation}/batches/{done['batch']}")).json()
    assert (progress["finished"], progress["open"], progress["failed"]) == (3, 0, 0)
    assert [(await shop.read(record))["备注"] for record in records] == ["手动"] * 3
    (run, *_) = (await api.get(f"{API}/apps/{shop.world.app_id}/runs")).json()["runs"]
    assert run["trigger"] == "小林 手动运行"


async def test_who_may_start_by_hand(shop: Shop, api: httpx.AsyncClient, app: Litestar) -> None:
    world = shop.world
    person = await accounts.create_user(
        app.state.system, email="wang@example.com", password=PASSWORD, name="小王"
    )
    await world.system.db.execute(
        "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, 'editor')",
        world.app_number,
        person.number,
    )
    for_builders = await shop.automation(Manual(None, who="builder"), UpdateRecord(()), name="只给搭建者")
    for_editors = await shop.automation(
        Manual(None), CreateRecord(shop.orders.id, shop.sets(订单号="手动建的")), name="给大家"
    )
    created = await shop.automation(RecordCreated(shop.orders.id), name="不是手动的")
    off = await shop.automation(Manual(None), name="停用", enabled=False)
    async with await program(app, "wang@example.com") as editor:
        found = {
            one: (await editor.post(f"{API}/automations/{one}/start", json={})).status_code
            for one in (for_builders, for_editors, created, off)
        }
    assert found == {for_builders: 403, for_editors: 202, created: 409, off: 409}


async def test_the_next_moments_of_a_schedule_are_told(shop: Shop, api: httpx.AsyncClient) -> None:
    plan = {"kind": "daily", "times": ["09:00"]}
    answer = await api.post(
        f"{API}/apps/{shop.world.app_id}/schedule", json={"plan": plan, "zone": "America/New_York"}
    )
    assert len(answer.json()["moments"]) == 5
    bad = await api.post(
        f"{API}/apps/{shop.world.app_id}/schedule", json={"plan": {"kind": "cron", "text": "x"}}
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_plan")


def test_the_definition_survives_json() -> None:
    trigger = Webhook(VALUES, "X-Key", ("order", "no"), SIGNATURES["timed"])
    definition = AutomationDef("推送", trigger, (Step("stp1", UpdateRecord(())),), True)
    assert msgspec.json.decode(msgspec.json.encode(definition), type=AutomationDef) == definition
