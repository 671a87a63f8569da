"""What an app's settings say of the app itself: name and looks, recent changes and their undo, its deletion."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from builder import fields, tables
from builder.tables import TableSpec
from builder.wire import FieldPatch, FieldSpec
from runtime.catalog import Table
from tests.browser.support import Site, axe, shot


async def changed(site: Site) -> Table:
    """A table made and changed through the builder, by the owner and by a colleague."""
    owner = await site.actor()
    spec = TableSpec(name="客户", fields=(FieldSpec(name="姓名"), FieldSpec(name="电话", type="phone")))
    table = await tables.create(site.system, owner, site.world.app_id, spec)
    await site.world.create(table, {"姓名": "周雨桐"}, {"姓名": "李响"})
    colleague = await site.actor(await site.person("王强", "builder"))
    await fields.update(site.system, colleague, table.field("姓名").id, FieldPatch(name="客户姓名"))
    await fields.update(site.system, owner, table.field("电话").id, FieldPatch(name="手机"))
    return table


async def test_name_looks_and_time_zone_are_changed(site: Site) -> None:
    await changed(site)
    page = await site.open(f"/a/{site.world.app_id}/settings")
    section = page.locator("#general")
    await section.get_by_label("应用名字").fill("")
    await section.get_by_role("button", name="保存").click()
    await expect(section.locator("[data-problem]")).to_be_visible()
    await section.get_by_label("应用名字").fill("客户中心")
    await section.get_by_label("说明").fill("客户从哪里来,买过什么")
    await section.locator("label:has(input[value=users])").click()
    await section.locator("label:has(input[value=blue])").click()
    await section.get_by_role("combobox", name="时区").click()
    await page.keyboard.type("东京")
    await page.get_by_role("option", name="东京").click()
    await section.get_by_role("button", name="保存").click()
    await expect(page.locator(".toast")).to_contain_text("已保存")
    await expect(page.locator(".rail-app")).to_contain_text("客户中心")
    stored = (await site.world.catalog()).app(site.world.app_id).definition
    assert (stored.name, stored.description, stored.icon) == ("客户中心", "客户从哪里来,买过什么", "users")
    assert (stored.color, stored.time_zone) == ("blue", "Asia/Tokyo")


async def test_recent_changes_tell_who_did_what_and_ones_own_last_is_undone(site: Site) -> None:
    table = await changed(site)
    page = await site.open(f"/a/{site.world.app_id}/settings")
    rows = page.locator("hb-changes li")
    await expect(rows.nth(0)).to_contain_text("把字段「电话」改名为「手机」")
    await expect(rows.nth(1)).to_contain_text("王强")
    await expect(page.locator("hb-changes .btn", has_text="撤销")).to_have_count(1)
    await rows.nth(0).get_by_role("button", name="撤销").click()
    await expect(page.locator(".toast")).to_contain_text("已撤销:把字段「电话」改名为「手机」")
    await expect(rows.nth(0)).to_contain_text("撤销:把字段「电话」改名为「手机」")
    await expect(rows.nth(1)).to_contain_text("已撤销")
    # she made the field that he has renamed since, together with the table
    await expect(rows.filter(has_text="新建数据表「客户」")).to_contain_text("不能撤销")
    assert (await site.world.catalog()).field(table.field("电话").id).name == "电话"


async def test_an_app_is_deleted_by_its_name_and_brought_back(site: Site) -> None:
    await changed(site)
    page = await site.open(f"/a/{site.world.app_id}/settings")
    await page.locator("#end").get_by_role("button", name="删除应用").click()
    dialog = page.get_by_role("dialog")
    for words in ("1 张数据表", "约 2 条记录", "30 天内可以"):
        await expect(dialog).to_contain_text(words)
    assert not await axe(page)
    await page.screenshot(path=shot("app-settings/delete"))
    name = dialog.get_by_label("输入应用的名字")
    await name.fill("别的应用")
    await dialog.get_by_role("button", name="删除应用").click()
    await expect(dialog).to_contain_text("和应用的名字不一样")
    await dialog.get_by_label("输入应用的名字").fill((await site.world.catalog()).app(site.world.app_id).name)
    await dialog.get_by_role("button", name="删除应用").click()
    await expect(page.locator(".toast")).to_contain_text("进了回收站")
    assert not (await site.world.catalog()).apps
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await page.wait_for_url("**/t/tbl*")
    assert (await site.world.catalog()).apps


async def test_builders_do_not_delete_and_editors_change_nothing(site: Site) -> None:
    await changed(site)
    address = f"/a/{site.world.app_id}/settings"
    builder = await site.open(address, await site.person("搭建的人", "builder"))
    await expect(builder.locator("#general")).to_be_visible()
    await expect(builder.get_by_role("button", name="删除应用")).to_have_count(0)
    await expect(builder.get_by_role("link", name="打开回收站")).to_be_visible()
    for role in ("editor", "viewer"):
        page = await site.open(address, await site.person(role, role))
        await expect(page.locator("#members")).to_be_visible()
        for place in ("#general", "#end", "hb-changes"):
            await expect(page.locator(place)).to_have_count(0)
    owner = await site.open(address, await site.person("主人", "owner"))
    await expect(owner.get_by_role("button", name="删除应用")).to_be_visible()


@pytest.mark.parametrize("look", ["laptop-zh-light", "laptop-en-dark", "phone-zh-dark", "phone-en-light"])
async def test_it_is_readable_everywhere(site: Site, look: str) -> None:
    device, language, theme = look.split("-")
    await changed(site)
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page: Page = await site.open(f"/a/{site.world.app_id}/settings", **options)
    await expect(page.locator("hb-changes li").first).to_be_visible()
    await expect(page.locator("hb-select [role=combobox], hb-select button").first).to_be_visible()
    await page.screenshot(path=shot(f"app-settings/itself-{look}"), full_page=True)
    assert not await axe(page)
    await page.locator("#end").scroll_into_view_if_needed()
    await page.screenshot(path=shot(f"app-settings/end-{look}"))
