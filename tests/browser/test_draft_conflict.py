"""Two builders on one draft: the second sees what the first has changed, and chooses; nothing is lost in silence."""

from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Page, expect

from builder import automation_versions as versions
from runtime.definitions.automations import RecordCreated, UpdateRecord
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_automations import form
from tests.support.shop import Shop


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


async def _write(page: Page, text: str) -> None:
    await form(page).locator(".tt-text").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)  # at once: a draft is stored while a slow hand still types


async def _draft(shop: Shop, automation: str) -> str:
    stored = (await shop.world.catalog()).automation(automation)
    draft = await versions.draft_of(shop.world.system.db, stored)
    return str(draft.definition.steps) if draft else ""


async def test_who_saves_second_sees_the_other_s_draft_and_chooses(site: Site, shop: Shop) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="旧")))
    other = await site.person("王强", "builder")
    address = f"/automations/{automation}?step=stp1"
    mine = await site.open(address)
    theirs = await site.open(address, other)
    await _write(theirs, "王强写的")
    await until(lambda: _holds(shop, automation, "王强写的"))
    await _write(mine, "我写的")
    dialog = mine.get_by_role("dialog")
    await expect(dialog).to_contain_text("「王强」在")
    await expect(dialog.locator(".au-diff del")).to_contain_text("王强写的")
    await expect(dialog.locator(".au-diff ins")).to_contain_text("我写的")
    await mine.screenshot(path=shot("engine/draft-conflict"))
    assert not await axe(mine)
    assert "王强写的" in await _draft(shop, automation), "not overwritten before anybody has chosen"
    await dialog.get_by_role("button", name="用我的盖过去").click()
    await until(lambda: _holds(shop, automation, "我写的"))
    await _write(theirs, "王强再写")
    await theirs.get_by_role("dialog").get_by_role("button", name="改用对方的").click()
    await expect(form(theirs).locator(".tt-text")).to_contain_text("我写的")
    assert "我写的" in await _draft(shop, automation)


async def _holds(shop: Shop, automation: str, text: str) -> bool:
    return text in await _draft(shop, automation)


async def test_it_is_readable_on_a_phone_in_english(site: Site, shop: Shop) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="旧")))
    page = await site.open(f"/automations/{automation}?step=stp1", phone=True, language="en")
    actor = await site.actor(await site.person("王强", "builder"))
    stored = (await shop.world.catalog()).automation(automation).definition
    body = msgspec.to_builtins(stored)
    body["steps"][0]["attempts"] = 3
    changed = {"trigger": body["trigger"], "steps": body["steps"]}
    await versions.save_draft(site.system, actor, automation, changed)
    await _write(page, "mine")
    dialog = page.get_by_role("dialog", name="Somebody else has changed the draft")
    await expect(dialog).to_be_visible()
    await page.screenshot(path=shot("engine/draft-conflict-phone"))
    assert not await axe(page)
