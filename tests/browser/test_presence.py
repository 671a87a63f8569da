"""Who else is here: avatars in a table's top bar and a line in the record panel, for as long as they are."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from runtime.definitions.fields import Text
from tests.browser.support import Site, axe, shot


async def test_people_appear_and_leave(site: Site) -> None:
    table = await site.world.table("客户", {"姓名": Text()})
    first, second = await site.world.create(table, {"姓名": "周雨桐"}, {"姓名": "李响"})
    mine = await site.open(f"/t/{table.id}?record={first}")
    await expect(mine.locator("hb-record")).to_contain_text("周雨桐")
    colleague = await site.person("王强", "viewer")
    theirs = await site.open(f"/t/{table.id}", colleague)
    here = mine.locator("hb-presence")
    await expect(here.get_by_role("img", name="也在看这张表:王强")).to_be_visible()
    await expect(theirs.locator("hb-presence .av")).to_have_text("北")
    await expect(mine.locator(".rc-here")).to_have_count(0)
    await theirs.goto(f"/t/{table.id}?record={first}")
    await expect(mine.locator(".rc-here")).to_contain_text("王强 也在看这条")
    await expect(theirs.locator(".rc-here")).to_contain_text("林小北 也在看这条")
    assert not await axe(mine)
    await mine.screenshot(path=shot("presence/record"))
    await theirs.goto(f"/t/{table.id}?record={second}")
    await expect(mine.locator(".rc-here")).to_have_count(0)
    await expect(here.locator(".av")).to_have_count(1)
    await theirs.close()
    await expect(here.locator(".av")).to_have_count(0)


@pytest.mark.parametrize("look", ["laptop-en-dark", "phone-zh-light"])
async def test_it_is_readable_everywhere(site: Site, look: str) -> None:
    device, language, theme = look.split("-")
    table = await site.world.table("客户", {"姓名": Text()})
    (record,) = await site.world.create(table, {"姓名": "周雨桐"})
    address = f"/t/{table.id}?record={record}"
    await site.open(address, await site.person("王强", "editor"))
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page = await site.open(address, **options)
    await expect(page.locator(".rc-here")).to_contain_text("王强")
    await page.screenshot(path=shot(f"presence/record-{look}"))
    assert not await axe(page)
