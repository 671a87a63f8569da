"""The table page, short addresses of records, the palette and the making of apps, as the server answers them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from builder import tables, views
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime import accounts
from runtime.accounts.members import put_member
from runtime.catalog import Table
from runtime.definitions.tables import ViewDef
from runtime.system import System
from tests.support.web import PASSWORD, Browser
from tests.support.world import World

DATA = re.compile(r'<script type="application/json" id="table-page">(.*?)</script>', re.DOTALL)


@pytest.fixture
async def world(system: System, owner: accounts.Person) -> World:
    return await World.make(system)


@pytest.fixture
async def orders(system: System, world: World) -> Table:
    """A table made through the builder: it has a view."""
    spec = TableSpec(
        name="主订单池",
        icon="inbox",
        fields=(
            FieldSpec(name="单号"),
            FieldSpec(name="金额", type="currency"),
            FieldSpec(name="备注", type="long_text"),
        ),
    )
    actor = await _actor(system, "lin@example.com")
    return await tables.create(system, actor, world.app_id, spec)


async def _actor(system: System, email: str) -> Any:
    token = await accounts.open_session(system, await accounts.find_person(system, email))
    signed_in = await accounts.session_actor(system, token)
    assert signed_in is not None
    return signed_in.actor


async def _member(system: System, world: World, email: str, role: Any) -> None:
    person = await accounts.create_user(system, email=email, name="成员", password=PASSWORD)
    async with system.db.transaction() as tx:
        await put_member(tx, world.app_number, person.number, role)


def data_of(page: str) -> dict[str, Any]:
    """What the page gives to its island."""
    found = DATA.search(page)
    assert found is not None
    data: dict[str, Any] = json.loads(found.group(1))
    return data


async def test_the_page_shows_its_place_and_gives_the_island_its_data(
    browser: Browser, world: World, orders: Table
) -> None:
    await world.create(orders, {"单号": "TB-1"}, {"单号": "TB-2"})
    await browser.sign_in("lin@example.com")
    page = await browser.open(f"/t/{orders.id}")
    assert page.status_code == 200
    assert "<title>主订单池 · 订单中枢 · 活表</title>" in page.text
    assert f'href="/t/{orders.id}" aria-current="page"' in page.text
    data = data_of(page.text)
    assert data["table"]["estimate"] == 2
    assert [f["name"] for f in data["table"]["fields"]] == ["单号", "金额", "备注"]
    assert data["view"] == orders.views[0].id
    assert data["can_edit"]
    assert data["can_build"]
    assert 'data-table-action="delete"' in page.text


async def test_the_address_chooses_the_view(browser: Browser, system: System, orders: Table) -> None:
    second = await views.create(system, await _actor(system, "lin@example.com"), orders.id, ViewDef("待审核"))
    await browser.sign_in("lin@example.com")
    page = await browser.open(f"/t/{orders.id}?view={second.id}")
    assert data_of(page.text)["view"] == second.id
    tab = re.search(rf'<a class="tab" href="\?view={second.id}"([^>]*)>', page.text)
    assert tab is not None
    assert "aria-current" in tab.group(1)
    # an address from before the view was deleted still opens the table
    gone = await browser.open(f"/t/{orders.id}?view=viw00000000000000")
    assert data_of(gone.text)["view"] == orders.views[0].id


async def test_a_viewer_gets_no_tools_to_change_anything(
    browser: Browser, system: System, world: World, orders: Table
) -> None:
    await _member(system, world, "viewer@example.com", "viewer")
    await browser.sign_in("viewer@example.com")
    page = await browser.open(f"/t/{orders.id}")
    assert page.status_code == 200
    assert not data_of(page.text)["can_edit"]
    assert not data_of(page.text)["can_build"]
    assert 'data-table-action="rename"' not in page.text
    assert 'data-table-action="export-csv"' in page.text
    assert "/tables/new" not in page.text
    assert (await browser.get(f"/a/{world.app_id}/tables/new")).status_code == 403


async def test_strangers_are_not_told_that_a_table_exists(
    browser: Browser, system: System, orders: Table
) -> None:
    assert (await browser.get(f"/t/{orders.id}")).headers["location"].startswith("/login")
    await accounts.create_user(system, email="other@example.com", name="外人", password=PASSWORD)
    await browser.sign_in("other@example.com")
    assert (await browser.get(f"/t/{orders.id}")).status_code == 404
    assert (await browser.get("/t/tbl00000000000000")).status_code == 404


async def test_the_short_address_of_a_record_leads_to_its_table(
    browser: Browser, world: World, orders: Table
) -> None:
    (record,) = await world.create(orders, {"单号": "TB-1"})
    await browser.sign_in("lin@example.com")
    answer = await browser.get(f"/r/{record}")
    assert answer.headers["location"] == f"/t/{orders.id}?record={record}"
    assert (await browser.get("/r/rec00000000000000")).status_code == 404


async def test_the_dialog_for_a_new_table_offers_what_a_table_can_begin_with(
    browser: Browser, world: World, orders: Table
) -> None:
    await browser.sign_in("lin@example.com")
    answer = await browser.open(f"/a/{world.app_id}/tables/new")
    found = re.search(r'data-json="([^"]*)"', answer.text)
    assert found is not None
    data = json.loads(html.unescape(found.group(1)))
    assert data["app"] == world.app_id
    assert [t["id"] for t in data["tables"]] == [orders.id]
    kinds = {kind["name"]: kind["label"] for kind in data["types"]}
    assert kinds["single_select"] == "单选"
    assert not {"formula", "rollup", "created_time"} & set(kinds)


async def test_the_palette_finds_places_and_records(browser: Browser, world: World, orders: Table) -> None:
    await world.create(orders, {"单号": "TB-20260115", "备注": "请放门卫"})
    await browser.sign_in("lin@example.com")

    async def found(q: str) -> dict[str, list[str]]:
        answer = await browser.call("GET", f"/ui/palette?q={q}")
        return {
            group["title"]: [item["title"] for item in group["items"]] for group in answer.json()["groups"]
        }

    everything = await found("")
    assert everything["数据表"] == ["主订单池"]
    assert "记录" not in everything
    assert (await found("订单"))["数据表"] == ["主订单池"]
    assert (await found("门卫"))["记录"] == ["TB-20260115"]
    assert (await found("没有这个")) == {}


async def test_the_palette_shows_nothing_of_other_peoples_apps(
    browser: Browser, system: System, world: World, orders: Table
) -> None:
    await world.create(orders, {"单号": "TB-20260115"})
    await accounts.create_user(system, email="other@example.com", name="外人", password=PASSWORD)
    await browser.sign_in("other@example.com")
    answer = await browser.call("GET", "/ui/palette?q=TB-2026")
    assert answer.json() == {"groups": []}


async def test_an_app_is_made_and_begins_with_an_invitation(
    browser: Browser, system: System, owner: Any
) -> None:
    await browser.sign_in("lin@example.com")
    assert "新建应用" in (await browser.open("/apps/new")).text
    await browser.open("/settings")
    refused = await browser.submit("/apps/new", name=" ", icon="inbox", color="teal")
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    made = await browser.submit("/apps/new", name="订单中枢", icon="inbox", color="teal")
    place = made.headers["hx-redirect"]
    page = await browser.open(place)
    assert "从第一张数据表开始" in page.text
    assert f'hx-get="{place}/tables/new"' in page.text


async def test_an_app_opens_with_its_first_table(browser: Browser, world: World, orders: Table) -> None:
    await browser.sign_in("lin@example.com")
    assert (await browser.get(f"/a/{world.app_id}")).headers["location"] == f"/t/{orders.id}"


async def test_the_rail_counts_small_tables_exactly(browser: Browser, world: World, orders: Table) -> None:
    records = await world.create(orders, *({"单号": f"TB-{n}"} for n in range(1200)))
    await world.change(orders, deletes=tuple(records[:10]))
    await browser.sign_in("lin@example.com")
    page = await browser.open(f"/t/{orders.id}")
    assert '<span class="n">1,190</span>' in page.text
