"""The first visit, and home afterwards."""

from __future__ import annotations

from litestar import Litestar

from runtime import accounts
from runtime.system import System
from tests.support.web import PASSWORD, Browser
from tests.support.world import World


async def test_the_first_visit_offers_two_ways_to_begin(browser: Browser, owner: accounts.Person) -> None:
    await browser.sign_in(owner.email)
    page = (await browser.open("/")).text
    assert "小林,从哪里开始" in page
    assert "安装「主订单池」" in page
    assert "6 张数据表、" in page
    assert 'action="/start/template"' in page
    assert 'action="/start/table"' in page
    assert 'href="/imports/new"' in page


async def test_the_recommended_template_is_installed_in_one_click(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    await browser.sign_in(owner.email)
    await browser.open("/")
    answer = await browser.submit("/start/template")
    assert answer.status_code == 303
    catalog = await system.catalogs.current()
    app = catalog.apps[0]
    assert answer.headers["location"] == f"/a/{app.id}"
    assert {t.name for t in app.tables} == {"主订单池", "订单明细", "商品", "库存", "客户档案", "异常登记"}
    home = (await browser.open("/")).text
    assert app.name in home
    assert "6 张数据表" in home


async def test_a_table_of_ones_own_is_begun_in_one_click(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    await browser.sign_in(owner.email)
    await browser.open("/")
    answer = await browser.submit("/start/table")
    (app,) = (await system.catalogs.current()).apps
    assert answer.headers["location"] == f"/a/{app.id}?begin=table"
    # the form of the first table opens there by itself
    assert (
        f'hx-get="/a/{app.id}/tables/new" hx-target="#dialog" hx-trigger="load"'
        in (await browser.open(f"/a/{app.id}?begin=table")).text
    )
    assert 'hx-trigger="load"' not in (await browser.open(f"/a/{app.id}")).text
    assert (await browser.call("GET", "/api/v1/me")).json()["apps"][0]["role"] == "owner"


async def test_home_shows_only_the_apps_one_belongs_to(
    app: Litestar, owner: accounts.Person, system: System
) -> None:
    mine, other = await World.make(system, "我的"), await World.make(system, "别人的")
    wu = await accounts.create_user(system, email="wu@example.com", name="小吴", password=PASSWORD)
    signed_in = await accounts.session_actor(system, await accounts.open_session(system, owner))
    assert signed_in is not None
    await accounts.set_role(system, signed_in.actor, mine.app_id, wu.id, "viewer")
    async with Browser(app) as colleague:
        await colleague.sign_in(wu.email)
        page = (await colleague.open("/")).text
        assert "我的" in page
        assert "查看者" in page
        assert other.app_id not in page
        assert [a["id"] for a in (await colleague.call("GET", "/api/v1/me")).json()["apps"]] == [mine.app_id]
