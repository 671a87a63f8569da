"""The numbers of a shop made by forms alone, with no link between its tables, and changing in sight when an order comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect

from builder import fields
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.records import read, write
from runtime.records.change import Change, Patch, Source
from tests.browser.support import PHONE, Site, axe, shot
from tests.browser.test_field_panel import (
    choose_type,
    fill,
    make_table,
    new_field,
    open_table,
    panel,
    pick,
    save,
    spec,
)


def ago(days: int) -> str:
    """A time on the day of the app's calendar that lies so many days back."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')).date() - timedelta(days=days)} 10:00"


@pytest.fixture
async def shop(site: Site) -> tuple[Table, Table]:
    """Customers and orders that share nothing but a phone number."""
    customers = await make_table(site, "客户", spec("姓名"), spec("手机号", "phone"))
    orders = await make_table(
        site,
        "订单",
        spec("单号"),
        spec("手机号", "phone"),
        spec("下单时间", "datetime"),
        spec("收货地址"),
        spec("状态", "single_select", choices=["已完成", "已退货"]),
    )
    await fill(
        site, customers, {"姓名": "林晓", "手机号": "13800000001"}, {"姓名": "周明", "手机号": "13900000002"}
    )
    await fill(
        site,
        orders,
        {
            "单号": "A1",
            "手机号": "13800000001",
            "下单时间": ago(200),
            "收货地址": "东路 1 号",
            "状态": "已完成",
        },
        {
            "单号": "A2",
            "手机号": "13800000001",
            "下单时间": ago(20),
            "收货地址": "东路 1 号",
            "状态": "已退货",
        },
        {
            "单号": "A3",
            "手机号": "13800000001",
            "下单时间": ago(3),
            "收货地址": "西街 9 号",
            "状态": "已完成",
        },
        {
            "单号": "B1",
            "手机号": "13900000002",
            "下单时间": ago(1),
            "收货地址": "东路 1 号",
            "状态": "已完成",
        },
    )
    return customers, orders


async def begin(page: Page, name: str, kind: str) -> Locator:
    form = await new_field(page)
    await page.keyboard.type(name)
    await choose_type(page, form, kind)
    return form


async def made(page: Page, form: Locator, name: str) -> None:
    await save(form)
    await expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    await expect(form).to_have_count(0)


async def count_matching(page: Page, name: str, table: str = "订单") -> Locator:
    """A roll-up that counts records of the same phone number; what is alike is found by itself."""
    form = await begin(page, name, "汇总")
    await form.get_by_role("button", name="按条件匹配").click()
    await pick(page, form, "在哪张表里找", table)
    return form


def row(page: Page, name: str) -> Locator:
    return page.locator(".g-r", has_text=name)


async def value(page: Page, table: Table, record: str, name: str, site: Site) -> Locator:
    """The cell of a record: columns stand in the order of the fields, behind the row's number."""
    there = (await site.system.catalogs.current()).table(table.id).fields
    return row(page, record).locator(".g-c").nth(1 + [field.name for field in there].index(name))


async def test_the_numbers_of_a_shop_are_made_by_forms_alone(site: Site, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    page = await open_table(site, customers)

    form = await count_matching(page, "近90天单数")
    await expect(form.locator('.mt-row hb-select[label="这条记录的字段"]')).to_contain_text("手机号")
    await form.get_by_role("button", name="加时间范围").click()
    await expect(form.locator(".mt-win")).to_contain_text("下单时间")
    await expect(form.locator(".fe-worth")).to_contain_text("会随时间变化")
    await expect(form.locator(".fx-ex div", has_text="林晓")).to_contain_text("2")
    await page.screenshot(path=shot("rollups/match-zh-light"))
    await made(page, form, "近90天单数")

    form = await count_matching(page, "全部单数")
    await made(page, form, "全部单数")

    form = await count_matching(page, "退货单数")
    await form.get_by_role("button", name="条件", exact=True).click()
    condition = form.locator(".fb").last
    await condition.locator("hb-select .sel-box").first.click()
    await page.get_by_role("option", name="状态").first.click()
    await condition.locator(".fb-value .sel-box").click()
    await page.get_by_role("option", name="已退货").first.click()
    await expect(form.locator(".fx-ex div", has_text="林晓")).to_contain_text("1")
    await made(page, form, "退货单数")

    form = await begin(page, "退货率", "公式")
    await form.get_by_role("textbox", name="公式").fill("IFERROR({退货单数}/{全部单数},0)")
    await form.get_by_label("显示成百分比").check()
    await expect(form.locator(".fx-ex")).to_contain_text("33.33%")
    await made(page, form, "退货率")

    form = await begin(page, "忠诚客户", "公式")
    await form.get_by_role("textbox", name="公式").fill('IF({近90天单数}>=3,"忠诚","")')
    await made(page, form, "忠诚客户")

    form = await begin(page, "最近地址", "查找引用")
    await form.get_by_role("button", name="按条件匹配").click()
    await pick(page, form, "在哪张表里找", "订单")
    await pick(page, form, "显示「订单」的哪个字段", "收货地址")
    await form.get_by_role("button", name="最后一条").click()
    await pick(page, form, "按什么排先后", "下单时间")
    await expect(form.locator(".fx-ex div", has_text="林晓")).to_contain_text("西街 9 号")
    await made(page, form, "最近地址")

    for name, text in (
        ("近90天单数", "2"), ("全部单数", "3"), ("退货单数", "1"), ("退货率", "33.33%"), ("忠诚客户", ""), ("最近地址", "西街 9 号"),
    ):  # fmt: skip
        await expect(await value(page, customers, "林晓", name, site)).to_have_text(text)

    orders_page = await open_table(site, orders)
    form = await count_matching(orders_page, "同地址单数", "订单")
    await pick(orders_page, form, "「订单」的字段", "收货地址")
    await expect(form.locator('.mt-row hb-select[label="这条记录的字段"]')).to_contain_text("收货地址")
    await form.get_by_label("不算这条记录自己").uncheck()
    await made(orders_page, form, "同地址单数")
    await expect(await value(orders_page, orders, "A1", "同地址单数", site)).to_have_text("3")

    # an order comes, and nobody loads a page again
    await fill(
        site, orders,
        {"单号": "A4", "手机号": "13800000001", "下单时间": ago(0), "收货地址": "东路 1 号", "状态": "已完成"},
    )  # fmt: skip
    for name, text in (
        ("近90天单数", "3"), ("全部单数", "4"), ("退货率", "25.00%"), ("忠诚客户", "忠诚"), ("最近地址", "东路 1 号"),
    ):  # fmt: skip
        await expect(await value(page, customers, "林晓", name, site)).to_have_text(text)
    await expect(await value(orders_page, orders, "A1", "同地址单数", site)).to_have_text("4")
    await page.screenshot(path=shot("rollups/numbers-zh-light"))


async def _edit(page: Page, field_id: str) -> None:
    await page.evaluate(
        "id => document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'edit', field: id}, bubbles: true}))",
        field_id,
    )


@pytest.mark.parametrize(
    ("language", "dark", "phone"),
    [("zh", True, False), ("en", False, False), ("zh", False, True), ("en", True, True)],
)
async def test_the_form_is_accessible_in_every_look(
    site: Site, shop: tuple[Table, Table], language: str, dark: bool, phone: bool
) -> None:
    customers, orders = shop
    match = {
        "table": orders.id,
        "pairs": [{"field": "手机号", "near": "手机号"}],
        "windows": [{"field": "下单时间", "amount": 90}],
    }
    options: dict[str, Any] = {
        "fn": "last",
        "field": "收货地址",
        "match": match,
        "sorts": [{"field": "下单时间"}],
    }
    field = await fields.create(
        site.system, await site.actor(), customers.id, spec("最近地址", "rollup", **options)
    )
    page = await site.open(f"/t/{customers.id}", language=language, dark=dark)
    await page.locator("hb-grid").wait_for(state="attached")
    await _edit(page, field.id)
    await expect(panel(page).locator(".fx-ex")).to_contain_text("西街 9 号")
    if phone:  # a window made as narrow as a phone keeps the panel that is open
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    name = f"{language}-{'dark' if dark else 'light'}{'-phone' if phone else ''}"
    await page.screenshot(path=shot(f"rollups/form-{name}"))
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await panel(page).locator(".fe-worth").scroll_into_view_if_needed()
    await page.screenshot(path=shot(f"rollups/form-{name}-end"))


async def test_a_formula_reads_linked_records(site: Site) -> None:
    customers = await make_table(site, "客户", spec("姓名"), spec("等级"))
    orders = await make_table(site, "订单", spec("单号"), spec("金额", "currency"))
    actor = await site.actor()
    link = spec(
        "客户", "link", table="客户", many=False, two_way=True, inverse_name="订单", inverse_many=True
    )
    await fields.create(site.system, actor, orders.id, link)
    await fill(site, customers, {"姓名": "林晓", "等级": "金卡"})
    await fill(site, orders, {"单号": "A1", "金额": 30}, {"单号": "A2", "金额": 12.5})
    page = await open_table(site, customers)
    form = await begin(page, "总额", "公式")
    source = form.get_by_role("textbox", name="公式")
    await source.click()
    await page.keyboard.type("SUM({金")
    await expect(form.get_by_role("option").first).to_contain_text("订单.金额")
    await page.keyboard.press("Enter")
    await page.keyboard.type(")")
    await expect(source).to_have_value("SUM({订单.金额})")
    await expect(form.locator(".fx-out")).to_contain_text("结果是一个数字")
    await page.screenshot(path=shot("rollups/formula-over-links-zh"))
    await made(page, form, "总额")
    await expect(await value(page, customers, "林晓", "总额", site)).to_have_text("0.00")
    both = await link_all(site, orders, customers)
    assert both == 2
    await expect(await value(page, customers, "林晓", "总额", site)).to_have_text("42.50")


async def link_all(site: Site, orders: Table, customers: Table) -> int:
    """Every order becomes one of the first customer's; how many there are."""
    actor = await site.actor()
    who = (await read.page(site.system, actor, customers.id, Query())).records[0].id
    found = (await read.page(site.system, actor, orders.id, Query())).records
    updates = tuple(Patch(one.id, {"客户": who}) for one in found)
    await write.apply(
        site.system, Change(table=orders.id, actor=actor, source=Source("api"), updates=updates)
    )
    return len(found)
