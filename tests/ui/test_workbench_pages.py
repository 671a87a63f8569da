"""A workbench's pages without a browser: who gets in, its manifest and service worker, its QR code, its settings."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

import msgspec
import pytest

from runtime import accounts
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.catalog import App, Table
from runtime.settings import Settings
from runtime.system import System
from templates_market import installer, reader
from tests.support.web import PASSWORD, Browser, running
from ui.pages.addresses import qr_svg


@dataclass
class Bench:
    system: System
    actor: Actor
    app: App
    orders: Table


async def actor_of(system: System, person: accounts.Person) -> Actor:
    found = await accounts.session_actor(system, await accounts.open_session(system, person))
    assert found is not None
    return found.actor


async def make(system: System, owner: accounts.Person, **options: object) -> Bench:
    done = await installer.install_app(
        system, await actor_of(system, owner), reader.find("order-pool"), with_records=False
    )
    actor = await actor_of(system, owner)
    app = (await system.catalogs.current()).app(done.app)
    orders = next(t for t in app.tables if t.name == "主订单池")
    await installer.install_workbench(system, actor, reader.find("order-lookup"), orders.id, **options)  # type: ignore[arg-type]
    return Bench(system, actor, (await system.catalogs.current()).app(app.id), orders)


@pytest.fixture
async def bench(system: System, owner: accounts.Person) -> Bench:
    return await make(system, owner)


async def person(bench: Bench, name: str, role: str) -> None:
    made = await accounts.create_user(bench.system, email=f"{name}@example.com", name=name, password=PASSWORD)
    async with bench.system.db.transaction() as tx:
        await put_member(tx, bench.app.number, made.number, role)  # type: ignore[arg-type]


async def test_a_stranger_signs_in_first_and_comes_back(browser: Browser, bench: Bench) -> None:
    page = await browser.open("/w/order-lookup?r=rec1")
    assert page.url.path == "/login"
    assert 'value="/w/order-lookup?r=rec1"' in page.text
    answer = await browser.submit(
        "/login", email="lin@example.com", password=PASSWORD, next="/w/order-lookup?r=rec1"
    )
    assert answer.headers["location"] == "/w/order-lookup?r=rec1"


async def test_the_page_brings_all_the_island_needs(browser: Browser, bench: Bench) -> None:
    await browser.sign_in("lin@example.com")
    page = await browser.open("/w/order-lookup")
    assert (
        'rel="manifest" href="/w/order-lookup/manifest.webmanifest" crossorigin="use-credentials"'
        in page.text
    )
    found = re.search(r'id="workbench-page">(.*?)</script>', page.text, re.DOTALL)
    assert found
    data = json.loads(found.group(1))
    assert data["workbench"]["bindings"]["waybill"] == bench.orders.field("快递单号").id
    assert data["table"]["id"] == bench.orders.id
    assert (data["can_edit"], data["can_build"]) == (True, True)
    assert (await browser.open("/w/nothing")).status_code == 404


async def test_the_manifest_is_the_workbenchs_own(browser: Browser, bench: Bench) -> None:
    await browser.sign_in("lin@example.com")
    answer = await browser.get("/w/order-lookup/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == (
        "订单快查", "/w/order-lookup", "standalone",
    )  # fmt: skip
    assert manifest["shortcuts"][0]["url"] == "/w/order-lookup?scan=1"
    for icon in manifest["icons"]:
        picture = await browser.get(icon["src"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


async def test_the_service_worker_lies_where_it_may_serve_workbenches(browser: Browser) -> None:
    answer = await browser.get("/w/sw.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


async def test_roles_that_are_left_out_do_not_get_in(
    browser: Browser, system: System, owner: accounts.Person
) -> None:
    bench = await make(system, owner, roles=("owner", "editor"))
    await person(bench, "viewer", "viewer")
    await accounts.create_user(system, email="else@example.com", name="别家", password=PASSWORD)
    await browser.sign_in("viewer@example.com")
    refused = await browser.open("/w/order-lookup")
    assert refused.status_code == 403
    assert "你的角色不能用这个工作台" in refused.text
    for path in ("manifest.webmanifest", "qr.svg", "share"):
        assert (await browser.get(f"/w/order-lookup/{path}")).status_code == 403
    # its settings list only what one may use
    assert "order-lookup" not in (await browser.open(f"/a/{bench.app.id}/settings")).text
    await browser.submit("/logout")
    await browser.sign_in("else@example.com")
    assert (await browser.open("/w/order-lookup")).status_code == 404


async def test_sharing_tells_which_address_a_phone_can_open(browser: Browser, bench: Bench) -> None:
    await browser.sign_in("lin@example.com")
    share = (await browser.get("/w/order-lookup/share", headers={"host": "127.0.0.1:8787"})).text
    assert "http://127.0.0.1:8787/w/order-lookup" in share
    assert "这个地址只有这台电脑能打开" in share
    share = (await browser.get("/w/order-lookup/share", headers={"host": "192.168.1.20:8787"})).text
    assert "http://192.168.1.20:8787/w/order-lookup" in share
    assert "手机不能直接用摄像头" in share
    code = await browser.get("/w/order-lookup/qr.svg", headers={"host": "192.168.1.20:8787"})
    assert code.content == qr_svg("http://192.168.1.20:8787/w/order-lookup")
    assert code.headers["content-type"].startswith("image/svg+xml")


async def test_the_public_address_goes_before_the_one_in_use(settings: Settings) -> None:
    public = msgspec.structs.replace(settings, public_url="https://wms.example.com", cookie_secure=False)
    async with running(public) as app, Browser(app) as browser:
        owner = await accounts.create_first_owner(
            app.state.system, email="lin@example.com", name="小林", password=PASSWORD
        )
        await make(app.state.system, owner)
        await browser.sign_in("lin@example.com")
        share = (await browser.get("/w/order-lookup/share")).text
        assert "https://wms.example.com/w/order-lookup" in share
        assert "只有这台电脑" not in share
        assert "摄像头" not in share


async def test_settings_are_for_builders(browser: Browser, bench: Bench) -> None:
    workbench = bench.app.workbenches[0]
    await browser.sign_in("lin@example.com")
    dialog = (await browser.get(f"/workbenches/{workbench.id}/edit", headers={"hx-request": "true"})).text
    data = json.loads(html.unescape(re.search(r'data-json="([^"]*)"', dialog).group(1)))  # type: ignore[union-attr]
    parts = {part["part"]: part["candidates"] for part in data["parts"]}
    assert bench.orders.field("关联客户档案").id in parts["customer"]
    assert bench.orders.field("订单明细").id not in parts["customer"]  # leads to many
    assert parts["stock"] == [bench.app.stocks[0].id]
    assert "/w/order-lookup" in (await browser.open(f"/a/{bench.app.id}/settings")).text
    await person(bench, "editor", "editor")
    await browser.submit("/logout")
    await browser.sign_in("editor@example.com")
    refused = await browser.get(f"/workbenches/{workbench.id}/edit", headers={"hx-request": "true"})
    assert refused.status_code == 403


async def test_a_preview_shows_the_record_that_fills_most(browser: Browser, bench: Bench) -> None:
    await browser.sign_in("lin@example.com")
    field = bench.orders.field
    body = {
        "table": bench.orders.id,
        "bindings": {"number": field("订单ID").id, "waybill": field("快递单号").id},
    }
    empty = await browser.call("POST", "/api/v1/workbenches/preview", json=body)
    assert empty.json() == {"card": None}
    records = [{"fields": {"快递单号": "SF1402884102760"}}, {"fields": {"收货人": "周雨桐"}}]
    await browser.call("POST", f"/api/v1/tables/{bench.orders.id}/records", json={"records": records})
    # what does not fit is left out, as the person is still choosing
    body["bindings"]["customer"] = field("订单明细").id  # type: ignore[index]
    seen = (await browser.call("POST", "/api/v1/workbenches/preview", json=body)).json()["card"]
    assert seen["record"]["fields"][field("快递单号").id] == "SF1402884102760"
    assert seen["others_total"] == 0
