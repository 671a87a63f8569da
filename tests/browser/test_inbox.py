"""What people are told: the bell, the inbox, and pop-ups on another person's screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from runtime import inbox
from runtime.accounts import Person
from runtime.definitions.fields import Text
from tests.browser.support import Site, axe, shot


async def number_of(site: Site, person: Person) -> int:
    found: int = await site.system.db.value("SELECT id FROM meta.person WHERE public_id = $1", person.id)
    return found


async def tell(site: Site, person: Person, title: str, **more: Any) -> None:
    async with site.system.db.transaction() as tx:
        told = {"key": title, "app": site.world.app_number, **more}
        await inbox.post(site.system, tx, people=[await number_of(site, person)], title=title, **told)


async def badge(page: Page, count: int) -> None:
    name = f"通知,{count} 条未读" if count else "通知"
    await expect(page.locator("hb-bell").get_by_role("button", name=name, exact=True)).to_be_visible()


async def test_a_pop_up_on_another_persons_screen(site: Site) -> None:
    table = await site.world.table("订单", {"单号": Text()})
    (record,) = await site.world.create(table, {"单号": "SF20261123"})
    clerk = await site.person("王强", "editor")
    mine = await site.open(f"/t/{table.id}")
    theirs = await site.open(f"/t/{table.id}", clerk)
    second = await theirs.context.new_page()
    await second.goto(f"{site.url}/inbox")
    await badge(theirs, 0)
    await badge(second, 0)

    url = f"/t/{table.id}?record={record}"
    await tell(
        site, clerk, "同一手机号 24 小时内又下单", text="客户 周雨桐\n上一单 SF20261122", url=url, popup=True
    )
    await tell(site, clerk, "库存不足", popup=True)
    await tell(site, clerk, "日报已生成")
    cards = theirs.locator(".popup")
    await expect(cards).to_have_count(2)
    await badge(theirs, 3)
    await expect(mine.locator(".popup")).to_have_count(0)
    assert not await axe(theirs)
    await theirs.screenshot(path=shot("inbox/popup"))

    await expect(second.locator(".popup")).to_have_count(2)
    await theirs.keyboard.press("F8")
    await expect(cards.last.get_by_role("button", name="关闭「库存不足」")).to_be_focused()
    await theirs.keyboard.press("Escape")
    await expect(cards).to_have_count(1)
    await expect(second.locator(".popup")).to_have_count(1)
    await theirs.reload()
    await expect(cards).to_have_count(1)
    await badge(theirs, 3)
    await cards.get_by_role("button", name="打开").click()
    await expect(theirs.locator("hb-record")).to_contain_text("SF20261123")
    await expect(cards).to_have_count(0)
    await badge(theirs, 2)
    await badge(second, 2)
    await expect(second.locator(".popup")).to_have_count(0)


async def test_the_bell_and_the_inbox(site: Site) -> None:
    table = await site.world.table("订单", {"单号": Text()})
    for number in range(35):
        await tell(site, site.owner, f"第 {number} 条", text="有一张订单卡住了", url=f"/t/{table.id}")
    page = await site.open(f"/t/{table.id}")
    await badge(page, 35)
    await page.locator("hb-bell button").click()
    box = page.get_by_role("dialog", name="通知")
    await expect(box.locator(".ntc.new")).to_have_count(30)
    await box.get_by_role("button", name="把「第 34 条」标为已读").click()
    await expect(box.locator(".ntc").first).not_to_have_class("ntc new")
    await badge(page, 34)
    assert not await axe(page)
    await page.screenshot(path=shot("inbox/bell"))
    await box.get_by_role("link", name="看全部通知").click()
    await expect(page.get_by_role("heading", name="通知", exact=True)).to_be_visible()
    await page.get_by_role("button", name="看更早的").click()
    await expect(page.locator(".ntc")).to_have_count(35)
    await page.get_by_role("group", name="显示哪些").get_by_role("button", name="未读").click()
    await expect(page.locator(".ntc").first).to_contain_text("第 33 条")
    await page.get_by_role("button", name="全部标为已读").click()
    await expect(page.locator("hb-inbox")).to_contain_text("都读过了")
    await badge(page, 0)
    await page.get_by_role("button", name="全部", exact=True).click()
    await page.locator(".ntc a").first.click()
    await expect(page.locator("hb-table")).to_be_visible()


@pytest.mark.parametrize("look", ["laptop-en-dark", "phone-zh-light", "phone-en-dark"])
async def test_it_is_readable_everywhere(site: Site, look: str) -> None:
    device, language, theme = look.split("-")
    for number in range(5):
        await tell(
            site,
            site.owner,
            f"同一手机号 24 小时内又下单 {number}",
            text="客户 周雨桐,上一单 SF20261122",
            url="/",
            popup=True,
        )
    await tell(site, site.owner, "日报已生成", text="昨天 1,204 单")
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page = await site.open("/inbox", **options)
    await expect(page.locator(".popup")).to_have_count(1 if device == "phone" else 3)
    await expect(page.locator(".ntc")).to_have_count(6)
    assert not await axe(page)
    await page.screenshot(path=shot(f"inbox/page-{look}"))
    await page.locator(".popups-h button").click()
    await expect(page.locator(".popup")).to_have_count(0)
    await page.locator("hb-bell button").click()
    await expect(page.locator(".inbox-pop .ntc")).to_have_count(6)
    assert not await axe(page)
    await page.screenshot(path=shot(f"inbox/bell-{look}"))
