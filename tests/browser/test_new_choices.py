"""A choice that is missing is added where a cell is filled: in the grid, in the record's panel, on a phone; by builders alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from builder import tables
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Source
from tests.browser.support import Site, shot, until


@pytest.fixture
async def orders(site: Site) -> Table:
    made = await tables.create(
        site.system, await site.actor(), site.world.app_id,
        TableSpec(name="订单", fields=(
            FieldSpec(name="单号"), FieldSpec(name="渠道", type="single_select", options={"choices": ["淘宝", "抖音"]}),
            FieldSpec(name="标签", type="multi_select", options={"choices": ["急单"]}),
        )),
    )  # fmt: skip
    creates = (NewRecord({"单号": "A-1", "标签": ["急单"]}),)
    await write.apply(
        site.system, Change(table=made.id, actor=await site.actor(), source=Source("api"), creates=creates)
    )
    return made


async def value_of(site: Site, table: Table, name: str) -> Any:
    page = await read.page(site.system, await site.actor(), table.id, Query())
    return page.records[0].fields[table.field(name).id]


async def names_of(site: Site, table: Table, name: str) -> list[str]:
    found = (await site.system.catalogs.current()).table(table.id).field(name)
    return [choice.name for choice in found.config.choices]  # type: ignore[union-attr]


async def add(page: Page, name: str) -> None:
    """Type a name into the open list, and press what it offers."""
    search = page.get_by_placeholder("搜索或新建").locator("visible=true")
    await search.fill(name)
    await page.get_by_role("option", name=f"新建「{name}」").locator("visible=true").click()


async def is_stored(site: Site, table: Table, name: str, value: Any) -> bool:
    return bool(await value_of(site, table, name) == value)


async def test_in_the_grid_and_in_the_panel(site: Site, orders: Table) -> None:
    page = await site.open(f"/t/{orders.id}")
    row = page.locator(".g-r", has_text="A-1")
    await expect(row).to_be_visible()
    await page.locator("#g-0-1").dblclick()
    await add(page, "小红书")
    await until(lambda: is_stored(site, orders, "渠道", "小红书"))
    await expect(row).to_contain_text("小红书")
    assert await names_of(site, orders, "渠道") == ["淘宝", "抖音", "小红书"]

    record = (await read.page(site.system, await site.actor(), orders.id, Query())).records[0].id
    await page.goto(f"/t/{orders.id}?record={record}")
    line = page.locator(f'.rc-i[data-field="{orders.field("标签").id}"]')
    await line.locator(".rc-v").click()
    await page.screenshot(path=shot("fields/new-choice-zh"))
    await add(page, "要发票")
    await until(lambda: is_stored(site, orders, "标签", ["急单", "要发票"]))
    await expect(line).to_contain_text("要发票")


async def test_on_a_phone_by_touch(site: Site, orders: Table) -> None:
    record = (await read.page(site.system, await site.actor(), orders.id, Query())).records[0].id
    page = await site.open(f"/t/{orders.id}?record={record}", phone=True)
    line = page.locator(f'.rc-i[data-field="{orders.field("标签").id}"]')
    await line.locator(".rc-v").tap()
    await add(page, "送礼")
    await until(lambda: is_stored(site, orders, "标签", ["急单", "送礼"]))
    await expect(line).to_contain_text("送礼")


async def test_who_fills_cells_but_does_not_build_is_not_offered_it(site: Site, orders: Table) -> None:
    page = await site.open(f"/t/{orders.id}", await site.person("王强", "editor"))
    row = page.locator(".g-r", has_text="A-1")
    await expect(row).to_be_visible()
    await page.locator("#g-0-1").dblclick()
    await expect(page.get_by_role("option", name="淘宝").locator("visible=true")).to_be_visible()
    await expect(page.get_by_placeholder("搜索或新建")).to_have_count(0)
