"""The market's pages without a browser: cards, dialogs, installing by form, what is refused."""

from __future__ import annotations

import html
import json
import re

import pytest

from runtime import accounts
from runtime.access import Actor
from runtime.system import System
from templates_market import installer, reader
from tests.support.web import PASSWORD, Browser

HTMX = {"hx-request": "true"}


@pytest.fixture
async def signed_in(browser: Browser, owner: accounts.Person) -> Browser:
    await browser.sign_in("lin@example.com")
    return browser


async def actor_of(system: System, person: accounts.Person) -> Actor:
    found = await accounts.session_actor(system, await accounts.open_session(system, person))
    assert found is not None
    return found.actor


async def test_every_template_is_a_card_with_words_in_both_languages(signed_in: Browser) -> None:
    page = await signed_in.open("/market")
    assert page.status_code == 200
    for template in reader.shipped():
        assert f'href="/market/{template.slug}"' in page.text
        assert html.escape(template.summary.zh) in page.text
        assert template.name.en.lower() in page.text
    narrowed = await signed_in.open("/market?kind=workbench&q=快查")
    assert 'data-category="phone"' in narrowed.text
    assert 'value="快查"' in narrowed.text


async def test_a_template_has_an_address_of_its_own(signed_in: Browser) -> None:
    page = await signed_in.open("/market/order-pool")
    assert 'hx-get="/market/order-pool" hx-trigger="load"' in page.text
    dialog = await signed_in.get("/market/order-pool", headers=HTMX)
    assert "<html" not in dialog.text
    assert "带 568 条示例记录" in dialog.text or "条示例记录" in dialog.text
    assert (await signed_in.open("/market/nothing")).status_code == 404


async def test_installing_an_app_leads_into_it_and_can_be_taken_back(
    signed_in: Browser, system: System
) -> None:
    await signed_in.open("/market")
    refused = await signed_in.submit("/market/order-pool/install", app_name="长" * 200)
    assert refused.status_code == 422
    assert "名称最多 80 个字" in refused.text
    assert "长" * 200 in refused.text

    done = await signed_in.submit("/market/order-pool/install", app_name="我的店")
    app = (await system.catalogs.current()).apps[0]
    assert (done.status_code, done.headers["hx-redirect"]) == (200, f"/a/{app.id}")
    flash = json.loads(done.headers["hx-trigger"])["hb:flash"]
    assert flash["message"] == "「我的店」装好了"  # without sample records
    assert flash["undo"] == {"method": "DELETE", "path": f"/api/v1/apps/{app.id}", "then": "/market"}
    assert "已安装" in (await signed_in.open("/market")).text

    undone = await signed_in.call("DELETE", flash["undo"]["path"])
    assert undone.status_code == 204
    assert not (await system.catalogs.current()).apps


async def test_the_dialog_of_a_workbench_knows_what_each_table_would_fill(
    signed_in: Browser, system: System, owner: accounts.Person
) -> None:
    await installer.install_app(system, await actor_of(system, owner), reader.find("order-pool"))
    dialog = await signed_in.get("/market/order-lookup", headers=HTMX)
    found = re.search(r'data-json="([^"]*)"', dialog.text)
    assert found
    data = json.loads(html.unescape(found.group(1)))
    tables = {table["name"]: table for table in data["apps"][0]["tables"]}
    assert (tables["主订单池"]["fits"], tables["主订单池"]["lacking"]) == (7, 0)
    assert tables["商品"]["lacking"] > 0
    assert data["apps"][0]["members"]["owner"] == 1
    assert [role["value"] for role in data["roles"]] == ["owner", "builder", "editor", "viewer"]


async def test_only_builders_are_offered_an_app_to_bind_to(
    browser: Browser, system: System, owner: accounts.Person
) -> None:
    await installer.install_app(system, await actor_of(system, owner), reader.find("order-pool"))
    await accounts.create_user(system, email="wang@example.com", name="王强", password=PASSWORD)
    await browser.sign_in("wang@example.com")
    dialog = await browser.get("/market/order-lookup", headers=HTMX)
    data = json.loads(html.unescape(re.search(r'data-json="([^"]*)"', dialog.text).group(1)))  # type: ignore[union-attr]
    assert data["apps"] == []
