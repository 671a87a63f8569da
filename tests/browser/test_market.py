"""The template market: finding, installing an app, binding a workbench to a table that is there."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from runtime.catalog import App
from templates_market import installer, reader
from tests.browser.support import PHONE, Site, axe, shot


async def installed(site: Site) -> App:
    """The order pool with its sample records, owned by the site's owner."""
    done = await installer.install_app(site.system, await site.actor(), reader.find("order-pool"))
    return (await site.system.catalogs.current()).app(done.app)


async def test_searching_and_narrowing(site: Site) -> None:
    page = await site.open("/market")
    cards = page.locator(".mk-cards > li:visible")
    await expect(cards).to_have_count(len(reader.shipped()))
    await page.get_by_placeholder("搜索模板").fill("快查")
    await expect(cards).to_have_count(1)
    await expect(cards.first).to_contain_text("订单快查")
    await expect(page).to_have_url(re.compile("q="))
    await page.reload()
    await expect(cards).to_have_count(1)
    # words of the other language find it too, and what nothing matches says so
    await page.get_by_placeholder("搜索模板").fill("waybill")
    await expect(cards).to_have_count(1)
    await page.get_by_placeholder("搜索模板").fill("没有的东西")
    await expect(page.get_by_text("没有这样的模板")).to_be_visible()
    await page.get_by_role("button", name="看全部模板").click()
    await page.get_by_role("button", name="手机工作台").click()
    await expect(cards).to_have_count(1)
    assert await axe(page) == []


async def test_an_app_is_installed_and_the_installation_taken_back(site: Site) -> None:
    page = await site.open("/market")
    await page.screenshot(path=shot("market/cards"))
    await page.get_by_role("link", name="主订单池").click()
    dialog = page.locator("dialog[open]")
    await expect(dialog.get_by_label("应用名字")).to_have_value("订单中枢")
    await expect(dialog).to_contain_text("审核与库存预占")
    assert await axe(page) == []
    await page.screenshot(path=shot("market/app"))
    # a name that cannot be is refused in place, with everything else kept
    await dialog.evaluate("d => d.querySelector('input[name=app_name]').removeAttribute('maxlength')")
    await dialog.get_by_label("应用名字").fill("长" * 200)
    await dialog.get_by_role("button", name="安装").click()
    await expect(page.locator("dialog[open] [data-problem], dialog[open] .notice")).to_be_visible()
    await page.get_by_label("应用名字").fill("我的店")
    await page.locator("dialog[open]").get_by_role("button", name="安装").click()
    await page.wait_for_url("**/t/tbl*")
    await expect(page.locator(".toast")).to_contain_text("「我的店」装好了,带")
    await page.locator(".toast").hover()  # stays as long as somebody points at it
    await page.screenshot(path=shot("market/installed"))
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await page.wait_for_url("**/market")
    await expect(page.locator(".toast")).to_contain_text("已撤销安装")
    catalog = await site.system.catalogs.current()
    assert [app.name for app in catalog.apps] == ["订单中枢"]


async def step(page: Page) -> None:
    await page.get_by_role("button", name="下一步").click()


async def test_a_workbench_is_bound_to_an_order_table(site: Site) -> None:
    app = await installed(site)
    page = await site.open(f"/market?app={app.id}")
    await page.get_by_role("link", name="订单快查").click()
    dialog = page.locator("dialog[open]")
    chosen = dialog.get_by_role("radio", checked=True)
    await expect(dialog.locator(".mk-table.on")).to_contain_text("主订单池")
    await expect(chosen).to_be_checked()
    await page.screenshot(path=shot("market/workbench-table"))
    await step(page)
    # every part is guessed, with what a real record holds beside it and the card of the phone
    await expect(dialog.get_by_text("对上 7 项,共 7 项")).to_be_visible()
    row = dialog.locator("[data-part=waybill]")
    await expect(row).to_contain_text("快递单号")
    await expect(row.locator(".bd-example .ok-t")).to_be_visible()
    await expect(dialog.locator(".wb-phone .wb-tags .pill")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("market/workbench-fields"))
    # a required part that is emptied holds the installation, and says which
    await row.get_by_role("combobox").focus()
    await page.keyboard.press("Backspace")
    await expect(dialog.get_by_text("还差 快递单号")).to_be_visible()
    await expect(dialog.get_by_role("button", name="下一步")).to_be_disabled()
    await row.get_by_role("combobox").click()
    await row.get_by_role("option", name="快递单号").click()
    # an optional one is left out, and the preview follows
    remark = dialog.locator("[data-part=remark]")
    await remark.get_by_role("combobox").click()
    await remark.get_by_role("option", name="不显示这一项").click()
    await expect(remark).to_contain_text("留空时不显示这一栏")
    await expect(dialog.locator(".wb-phone .wb-remark")).to_have_count(0)
    await step(page)
    await dialog.get_by_role("checkbox", name="查看者").uncheck()
    await expect(dialog.get_by_role("switch", name="开启「扫码查单」权限")).to_be_checked()
    await page.screenshot(path=shot("market/workbench-roles"))
    await dialog.get_by_role("button", name="绑定并安装").click()
    share = page.locator("dialog[open]")
    await expect(share.get_by_text("用手机打开「订单快查」")).to_be_visible()
    await expect(share.locator("code")).to_have_text(f"{site.url}/w/order-lookup")
    await expect(share.get_by_text("这个地址只有这台电脑能打开")).to_be_visible()
    await expect(share.get_by_role("img", name="「订单快查」的二维码")).to_be_visible()
    await page.wait_for_function(
        "() => document.querySelector('dialog[open] img[alt=\"「订单快查」的二维码\"]')?.naturalWidth > 0"
    )
    assert await axe(page) == []
    await page.screenshot(path=shot("market/workbench-share"))
    found = (await site.system.catalogs.current()).app(app.id).workbenches[0].definition
    assert (found.slug, found.scan, found.bindings.remark) == ("order-lookup", True, None)
    assert "viewer" not in found.roles
    await share.get_by_role("link", name="在这里打开").click()
    await page.wait_for_url("**/w/order-lookup")


async def test_where_there_is_nothing_to_bind_to(site: Site) -> None:
    page = await site.open("/market/order-lookup", await site.person("王强", "viewer"))
    await expect(page.locator("dialog[open]")).to_contain_text("还没有能绑定的数据表")
    await expect(page.get_by_role("link", name="先装一个主订单池")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
async def test_on_a_phone_in_english(site: Site, dark: bool) -> None:
    await installed(site)
    page = await site.open("/market", phone=True, dark=dark, language="en")
    name = "dark" if dark else "light"
    await page.screenshot(path=shot(f"market/phone-en-{name}"))
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert await axe(page) == []
    await page.get_by_role("link", name="Order quick lookup").click()
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("[data-part=number]")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot(f"market/phone-en-fields-{name}"))
