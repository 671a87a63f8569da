"""Files that a look-up brings: seen and opened in the grid, the record panel, on cards and in the workbench; counted by forms."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from builder import fields, workbenches
from runtime.catalog import Table
from runtime.records import write
from runtime.records.change import Change, Patch, Source
from tests.browser.bench import bench_of
from tests.browser.support import Site, axe, shot
from tests.browser.test_attachments import picture, put
from tests.browser.test_field_panel import make_table
from tests.browser.test_field_types import fill, open_table, spec
from tests.browser.test_rollups import begin, made, value
from tests.browser.test_rollups import pick as choose


@pytest.fixture
async def checked(site: Site) -> tuple[Table, Table]:
    """Orders linked with quality checks that hold photos."""
    checks = await make_table(site, "质检", spec("单号"), spec("照片", "attachment"))
    orders = await make_table(site, "订单", spec("订单号"), spec("质检", "link", table="质检", two_way=False))
    first = await put(site, checks, "正面.jpg", picture("A", "teal"))
    second = await put(site, checks, "说明.txt", "轻微划痕".encode())
    third = await put(site, checks, "背面.jpg", picture("B", "navy"))
    ids = await fill(
        site, checks, {"单号": "QC-1", "照片": [first, second]}, {"单号": "QC-2", "照片": [third]}, {"单号": "QC-3"}
    )  # fmt: skip
    orders = (await site.system.catalogs.current()).table(orders.id)
    await fill(site, orders, {"订单号": "A1", "质检": ids}, {"订单号": "A2", "质检": ids[2:]})
    return checks, orders


async def look_through(page: Page, opener: Locator, first: str) -> None:
    """Open the preview, see which file it is, and close it."""
    await opener.click()
    preview = page.locator("dialog.fp")
    await expect(preview).to_contain_text(first)
    await page.keyboard.press("Escape")
    await expect(preview).to_have_count(0)


async def test_they_are_made_by_forms_and_looked_at_where_they_are_shown(
    site: Site, checked: tuple[Table, Table]
) -> None:
    checks, orders = checked
    page = await open_table(site, orders)
    form = await begin(page, "质检照片", "查找引用")
    await choose(page, form, "从哪个关联取", "质检")
    await choose(page, form, "显示「质检」的哪个字段", "照片")
    await made(page, form, "质检照片")
    form = await begin(page, "照片数", "汇总")
    await choose(page, form, "从哪个关联取", "质检")
    await choose(page, form, "算什么", "文件数")
    await choose(page, form, "算「质检」的哪个字段", "照片")
    await page.screenshot(path=shot("looked-up/count-files"))
    await made(page, form, "照片数")
    await expect(await value(page, orders, "A1", "照片数", site)).to_have_text("3")

    cell = await value(page, orders, "A1", "质检照片", site)
    await expect(cell.locator(".ft-file img")).to_have_count(2)
    await page.screenshot(path=shot("looked-up/grid"))
    await look_through(page, cell.locator(".ft-file").last, "背面.jpg")
    await expect(await value(page, orders, "A2", "质检照片", site)).to_have_text("")

    # what changes over there is seen here
    (row,) = await _ids(site, checks, "QC-2")
    change = Change(
        table=checks.id, actor=await site.actor(), source=Source("api"), updates=(Patch(row, {"照片": None}),)
    )
    await write.apply(site.system, change)
    await expect(cell.locator(".ft-file img")).to_have_count(1)

    await (await value(page, orders, "A1", "订单号", site)).click()
    await page.keyboard.press("Space")
    box = page.locator("hb-record hb-attachments")
    await expect(box.locator(".at-tile")).to_have_count(2)
    await expect(box.locator(".at-add")).to_have_count(0)
    await look_through(page, box.locator(".at-open").first, "正面.jpg")
    assert await axe(page) == []
    await page.screenshot(path=shot("looked-up/panel"))

    phone = await site.open(f"/t/{orders.id}", phone=True, dark=True, language="en")
    card = phone.locator(".tc").first
    await expect(card.locator(".ft-file img")).to_have_count(1)
    await card.tap()
    tiles = phone.locator("hb-record hb-attachments .at-open")
    await expect(tiles).to_have_count(2)
    await tiles.first.tap()
    await expect(phone.locator("dialog.fp")).to_contain_text("正面.jpg")
    await phone.screenshot(path=shot("looked-up/phone-en"))


async def _ids(site: Site, table: Table, name: str) -> list[str]:
    from runtime.definitions.queries import Condition
    from runtime.records import read

    found = await read.matching(
        site.system, await site.actor(), table.id, [Condition(table.field("单号").id, "is", name)]
    )
    return [one.id for one in found.records]


async def test_a_workbench_shows_them(site: Site) -> None:
    bench = await bench_of(site)
    actor = await site.actor()
    customers = bench.orders.field("关联客户档案").config.table  # type: ignore[union-attr]
    photo = await fields.create(site.system, actor, customers, spec("门店照片", "attachment"))
    shown = await fields.create(
        site.system, actor, bench.orders.id, spec("客户门店", "lookup", link="关联客户档案", field="门店照片")
    )
    workbench = bench.app.workbenches[0]
    await workbenches.update(
        site.system, actor, workbench.id, {"card": [*workbench.definition.card, shown.id]}
    )
    order = await bench.order()
    customer = order.fields[bench.orders.field("关联客户档案").id][0]["id"]
    table = (await site.system.catalogs.current()).table(customers)
    file = await put(site, table, "门头.jpg", picture("S", "teal"), "门店照片")
    change = Change(
        table=customers, actor=actor, source=Source("api"), updates=(Patch(customer, {photo.id: [file]}),)
    )
    await write.apply(site.system, change)
    page = await bench.open(f"?r={order.id}")
    box = page.locator(".wb-files", has_text="客户门店").locator("hb-attachments")
    await expect(box.locator(".at-tile img")).to_have_count(1)
    await box.scroll_into_view_if_needed()
    await page.screenshot(path=shot("looked-up/workbench"))
    await box.locator(".at-open").tap()
    await expect(page.locator("dialog.fp")).to_contain_text("门头.jpg")
