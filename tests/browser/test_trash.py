"""The trash: found where people look, says what lies there, brings it back with a link, removes for good after asking."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from builder import apps, automations, fields, tables
from runtime.catalog import Table
from runtime.definitions.automations import AutomationDef, RecordCreated
from runtime.definitions.fields import Link, Phone, Text
from tests.browser.support import Site, axe, shot


async def customers(site: Site) -> Table:
    """Customers with orders, two of five records and a field deleted by the owner."""
    owner = await site.actor()
    table = await site.world.table("客户", {"姓名": Text(), "电话": Phone(), "备注": Text()})
    await site.world.table("订单", {"单号": Text(), "客户": Link(table.id, many=False)})
    names = ("周雨桐", "李响", "王芳", "陈建国", "赵敏")
    ids = await site.world.create(table, *({"姓名": name} for name in names))
    await site.world.change(table, deletes=tuple(ids[:2]), actor=owner)
    await fields.delete(site.system, owner, table.field("备注").id, confirmed=True)
    return table


async def deleted_table(site: Site) -> Table:
    """A table in the trash, with the automation that stood on it."""
    owner = await site.actor()
    table = await site.world.table("退货登记", {"单号": Text()})
    await automations.create(
        site.system, owner, site.world.app_id, AutomationDef("登记后提醒", RecordCreated(table.id))
    )
    await tables.delete(site.system, owner, table.id, confirmed=True)
    return table


async def test_records_are_found_from_the_tables_menu_and_brought_back(site: Site) -> None:
    table = await customers(site)
    page = await site.open(f"/t/{table.id}")
    await page.locator(".crumb-menu").click()
    await page.get_by_role("menuitem", name="回收站").click()
    rows = page.locator(".trash-row")
    await expect(rows).to_have_count(2)
    await expect(rows.filter(has_text="周雨桐")).to_contain_text("林小北")
    await expect(rows.first).to_contain_text("还留 30 天")
    await page.get_by_role("button", name="恢复「周雨桐」").click()
    await expect(page.locator(".toast")).to_contain_text("「周雨桐」恢复了")
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="去看看").click()
    await page.wait_for_url(f"**/t/{table.id}?record=*")
    await expect(page.locator("hb-record")).to_contain_text("周雨桐")


async def test_several_records_are_restored_or_removed_at_once(site: Site) -> None:
    table = await customers(site)
    owner = await site.actor()
    ids = await site.world.create(table, *({"姓名": f"第 {n} 位"} for n in range(6)))
    await site.world.change(table, deletes=tuple(ids), actor=owner)
    page = await site.open(f"/t/{table.id}/trash")
    rows = page.locator(".trash-row")
    await expect(rows).to_have_count(8)
    await page.get_by_role("searchbox", name="在回收站里找").fill("第 ")
    await expect(rows).to_have_count(6)
    await page.get_by_label("全选").check()
    await page.get_by_role("button", name="恢复 6 条").click()
    await expect(page.locator(".toast")).to_contain_text("恢复了 6 条记录")
    await page.get_by_role("searchbox", name="在回收站里找").fill("")
    await expect(rows).to_have_count(2)
    await page.get_by_role("button", name="清空回收站").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("彻底删除 2 条记录?")
    await dialog.get_by_role("button", name="彻底删除").click()
    await expect(page.locator("hb-trash")).to_contain_text("回收站是空的")
    assert await site.system.db.value(f"SELECT count(*) FROM {table.sql}") == 9


async def test_what_was_deleted_together_returns_together(site: Site) -> None:
    await customers(site)
    table = await deleted_table(site)
    page = await site.open(f"/a/{site.world.app_id}/settings")
    await page.get_by_role("link", name="打开回收站").click()
    row = page.locator(".trash-row").filter(has_text="退货登记")
    await expect(row).to_contain_text("连同 自动化「登记后提醒」")
    await expect(page.locator(".trash-row").filter(has_text="备注")).to_contain_text("「客户」的字段")
    await expect(page.locator(".trash-tables")).to_contain_text("客户2 条")
    await row.get_by_role("button", name="恢复「退货登记」").click()
    await expect(page.locator(".toast")).to_contain_text("「退货登记」和另外 1 项恢复了")
    await page.get_by_role("button", name="去看看").click()
    await page.wait_for_url(f"**/t/{table.id}")


async def test_removing_a_part_for_good_asks_first(site: Site) -> None:
    table = await deleted_table(site)
    page = await site.open(f"/a/{site.world.app_id}/trash")
    await page.get_by_role("button", name="彻底删除「退货登记」").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("自动化「登记后提醒」")
    await dialog.get_by_role("button", name="取消").click()
    await expect(page.locator(".trash-row")).to_have_count(1)
    await page.get_by_role("button", name="彻底删除「退货登记」").click()
    await page.get_by_role("dialog").get_by_role("button", name="彻底删除").click()
    await expect(page.locator("hb-trash")).to_contain_text("回收站是空的")
    assert await site.system.db.value("SELECT to_regclass($1::text)", table.sql) is None


async def test_a_deleted_app_is_brought_back(site: Site) -> None:
    await customers(site)
    await apps.delete(site.system, await site.actor(), site.world.app_id)
    page = await site.open("/")
    await page.get_by_role("link", name="找回删除的应用").click()
    row = page.locator(".trash-row")
    await expect(row).to_contain_text("2 张数据表,约 3 条记录")
    await row.get_by_role("button", name="恢复").click()
    await page.get_by_role("button", name="去看看").click()
    await page.wait_for_url("**/t/tbl*")
    await page.locator(".rail-app").click()
    await expect(page.get_by_role("menuitem", name="这个应用的回收站")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="账号").click()
    await page.get_by_role("link", name="应用回收站").click()
    await expect(page.locator("hb-trash")).to_contain_text("回收站是空的")


async def test_roles_see_what_they_may_do(site: Site) -> None:
    table = await customers(site)
    editor = await site.open(f"/t/{table.id}/trash", await site.person("改单的人", "editor"))
    await expect(editor.get_by_role("button", name="恢复「周雨桐」")).to_be_visible()
    await expect(editor.get_by_role("button", name="清空回收站")).to_have_count(0)
    await expect(editor.locator(".trash-do .icb")).to_have_count(0)
    viewer = await site.open(f"/t/{table.id}", await site.person("看的人", "viewer"))
    await viewer.locator(".crumb-menu").click()
    await expect(viewer.get_by_role("menuitem", name="导出 CSV")).to_be_visible()
    await expect(viewer.get_by_role("menuitem", name="回收站")).to_have_count(0)
    refused = await viewer.goto(f"/a/{site.world.app_id}/trash")
    assert refused is not None
    assert refused.status == 403


@pytest.mark.parametrize("look", ["laptop-zh-light", "laptop-en-dark", "phone-zh-dark", "phone-en-light"])
async def test_it_is_readable_everywhere(site: Site, look: str) -> None:
    device, language, theme = look.split("-")
    table = await customers(site)
    await deleted_table(site)
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page: Page = await site.open(f"/t/{table.id}/trash", **options)
    await expect(page.locator(".trash-row")).to_have_count(2)
    await page.screenshot(path=shot(f"trash/records-{look}"), full_page=True)
    assert not await axe(page)
    await page.goto(f"/a/{site.world.app_id}/trash")
    await expect(page.locator(".trash-row")).to_have_count(2)
    await page.screenshot(path=shot(f"trash/parts-{look}"), full_page=True)
    assert not await axe(page)
    await apps.delete(site.system, await site.actor(), site.world.app_id)
    await page.goto("/trash")
    await expect(page.locator(".trash-row")).to_have_count(1)
    await page.screenshot(path=shot(f"trash/apps-{look}"), full_page=True)
    assert not await axe(page)
