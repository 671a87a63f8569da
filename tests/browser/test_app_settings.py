"""What an app's settings hold besides its members: how its stock is kept, and its connectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from runtime.catalog import Table
from runtime.definitions.automations import AutomationDef, RecordCreated
from runtime.definitions.fields import Choice, Link, Number, SingleSelect, Text
from runtime.settings import Settings
from tests.browser.support import Site, axe, shot
from tests.standins.wecom import WecomStandIn


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    with WecomStandIn() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, wecom: WecomStandIn) -> Settings:
    return msgspec.structs.replace(settings, wecom_base_url=wecom.base_url)


async def tables(site: Site) -> tuple[Table, Table, Table]:
    """Shelves, orders and their lines as they come out of a spreadsheet: nothing prepared for reservations."""
    shelves = await site.world.table("库存", {"编码": Text(), "库位": Text(), "在库数量": Number()})
    states = SingleSelect((Choice(1, "已支付"), Choice(2, "审核中")))
    orders = await site.world.table("主订单池", {"订单号": Text(), "订单状态": states})
    lines = await site.world.table(
        "订单明细",
        {
            "名称": Text(),
            "订单": Link(orders.id, many=False),
            "库存": Link(shelves.id, many=False),
            "数量": Number(),
        },
    )
    return shelves, orders, lines


def select(place: Locator, name: str) -> Locator:
    return place.get_by_role("combobox", name=name, exact=True)


async def test_stock_is_set_up_from_the_step_that_needs_it(site: Site) -> None:
    shelves, orders, lines = await tables(site)
    automation = await site.world.add("automation", AutomationDef("占货", RecordCreated(orders.id)))
    page = await site.open(f"/automations/{automation}")
    await page.locator(".au-add").last.click()
    await page.get_by_role("menuitem", name=re.compile("^预占库存")).click()
    await page.locator("hb-step-form").get_by_role("button", name="新建库存设置").click()
    dialog = page.get_by_role("dialog")
    for name, guessed in {
        "库存表": "库存",
        "在库数量": "在库数量",
        "预占数量": "新建字段「预占数量」",
        "库位": "库位",
        "订单明细表": "订单明细",
        "属于哪个订单": "订单",
        "要哪份货": "库存",
        "数量": "数量",
        "预占状态": "新建字段「预占状态」",
    }.items():
        await expect(select(dialog, name)).to_contain_text(guessed)
    assert not await axe(page)
    await page.screenshot(path=shot("app-settings/stock-guessed"))
    await dialog.get_by_label("名称").fill("现货")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(select(page.locator("hb-step-form"), "哪套库存")).to_contain_text("现货")
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")
    catalog = await site.world.catalog()
    (stock,) = catalog.app(site.world.app_id).stocks
    stored = stock.definition
    assert stored.reserved == catalog.table(shelves.id).field("预占数量").id
    assert stored.line_status == catalog.table(lines.id).field("预占状态").id
    assert (stored.unreserved, stored.reserved_choice, stored.consumed) == (1, 2, 3)

    await page.goto(f"/a/{site.world.app_id}/settings")
    section = page.locator("hb-stocks")
    await expect(section).to_contain_text("货在「库存」,由「订单明细」来占")
    await section.get_by_role("button", name="删除").click()
    await page.get_by_role("dialog").get_by_role("button", name="删除").click()
    await expect(page.locator(".toast")).to_contain_text("占货")
    await expect(section).to_contain_text("现货")
    await section.get_by_role("button", name="修改").click()
    await page.get_by_role("dialog").get_by_label("名称").fill("仓库现货")
    await page.get_by_role("dialog").get_by_role("button", name="保存").click()
    await expect(section).to_contain_text("仓库现货")


async def test_connectors_are_made_tried_and_deleted(site: Site, wecom: WecomStandIn) -> None:
    page = await site.open(f"/a/{site.world.app_id}/settings")
    section = page.locator("hb-connectors")
    await section.get_by_role("button", name="新建连接").click()
    await page.get_by_role("menuitem", name=re.compile("企业微信")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名称").fill("仓库群")
    await dialog.get_by_label("机器人的 Webhook 地址").fill(wecom.webhook_url)
    await dialog.get_by_role("button", name="保存", exact=True).click()
    row = section.get_by_role("listitem")
    await expect(row).to_contain_text("仓库群")
    assert wecom.webhook_url.rsplit("=", 1)[1] not in await page.content()
    await row.get_by_role("button", name="测试").click()
    await expect(page.locator(".toast")).to_contain_text("测试消息发出去了")
    assert len(wecom.messages) == 1
    await row.get_by_role("button", name="删除").click()
    await page.get_by_role("dialog").get_by_role("button", name="删除").click()
    await expect(section).to_contain_text("还没有连接")


async def test_who_may_not_build_sees_no_connectors_and_changes_nothing(site: Site) -> None:
    await tables(site)
    page = await site.open(f"/a/{site.world.app_id}/settings", await site.person("改单的人", "editor"))
    await expect(page.locator("h1")).to_have_text("应用设置")
    await expect(page.locator("hb-connectors")).to_have_count(0)
    await expect(page.get_by_role("button", name="新建库存设置")).to_have_count(0)


@pytest.mark.parametrize("look", ["laptop-zh-light", "laptop-en-dark", "phone-zh-dark", "phone-en-light"])
async def test_it_is_readable_everywhere(site: Site, wecom: WecomStandIn, look: str) -> None:
    device, language, theme = look.split("-")
    await tables(site)
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page: Page = await site.open(f"/a/{site.world.app_id}/settings", **options)
    await expect(page.locator("hb-connectors .btn")).to_be_visible()
    await expect(page.locator("hb-stocks .btn")).to_be_enabled()
    await page.screenshot(path=shot(f"app-settings/page-{look}"), full_page=True)
    assert not await axe(page)
    await page.locator("hb-stocks .btn").last.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.screenshot(path=shot(f"app-settings/stock-{look}"))
    assert not await axe(page)
