"""An automation that misses something: told in the inbox, marked where people look, mended in the editor."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from builder import fields, trash
from runtime.definitions.automations import RecordCreated, UpdateRecord
from tests.browser.support import Site, axe, shot
from tests.support.shop import Shop


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


async def test_a_deleted_field_is_told_marked_and_mended(site: Site, shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(异常=True)), name="没事")
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="写备注")
    owner = await site.actor()
    page = await site.open(f"/a/{site.world.app_id}/automations")
    await expect(page.locator(".st-table tbody tr")).to_have_count(2)
    await expect(page.locator(".au-trouble")).to_have_count(0)
    await fields.delete(site.system, owner, shop.orders.field("备注").id, confirmed=True)

    # the bell rings at once, and the notice leads to the place
    await expect(
        page.locator("hb-bell").get_by_role("button", name="通知,1 条未读", exact=True)
    ).to_be_visible()
    await page.goto(f"{site.url}/inbox")
    notice = page.locator("#content .ntc, main .ntc").first
    await expect(notice).to_contain_text("自动化「写备注」停用了,改好再启用")
    await expect(notice).to_contain_text("「备注」已被删除:换一个字段,或从回收站恢复它")
    await page.screenshot(path=shot("automation-health/inbox"))

    # the list of automations says it first, and the rail carries marks
    await page.goto(f"{site.url}/a/{site.world.app_id}/automations")
    line = page.locator(".au-trouble")
    await expect(line).to_contain_text("1 个自动化有问题")
    await expect(line).to_contain_text("「备注」已被删除:换一个字段,或从回收站恢复它")
    await expect(page.locator(".st-table tbody tr").first).to_contain_text("写备注")
    rail = page.locator(".rail-scroll")
    await expect(rail.get_by_role("link", name="自动化概况").get_by_label("1 个自动化有问题")).to_be_visible()
    await expect(rail.get_by_role("link", name="写备注").get_by_label("「备注」已被删除")).to_be_visible()
    await page.screenshot(path=shot("automation-health/overview"))
    assert await axe(page) == []

    # the link opens the editor at the broken step
    await line.get_by_role("link", name="写备注").click()
    form = page.locator("hb-step-form")
    await expect(form).to_contain_text("「备注」已被删除:换一个字段,或从回收站恢复它")
    await expect(page.locator(".au-card.bad")).to_have_count(1)
    await expect(page.locator(".au-card.bad")).to_contain_text("「备注」已被删除")
    await expect(page.locator(".au-trouble")).to_contain_text("用到的东西被删除,这个自动化停用了")
    await page.screenshot(path=shot("automation-health/editor"))
    assert await axe(page) == []

    # another field is taken, published and switched on: nothing is left of it anywhere
    await form.get_by_role("button", name="不填").click()
    await form.locator(".au-set-add, hb-select").last.click()
    await page.get_by_role("option", name="订单号").click()
    await expect(page.locator(".au-card.bad")).to_have_count(0)
    await expect(page.locator(".au-trouble")).to_have_count(0)
    await page.get_by_role("switch", name="启用").click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")
    await page.goto(f"{site.url}/a/{site.world.app_id}/automations")
    await expect(page.locator(".st-table tbody tr")).to_have_count(2)
    await expect(page.locator(".au-trouble")).to_have_count(0)
    await expect(page.locator(".rail-scroll .dot.danger")).to_have_count(0)
    await page.goto(f"{site.url}/inbox")
    await expect(page.locator("#content .ntc, main .ntc").first).to_contain_text("我已处理")


async def test_a_restored_field_clears_the_mark_for_who_only_looks_too(site: Site, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="写备注"
    )
    owner = await site.actor()
    await fields.delete(site.system, owner, shop.orders.field("备注").id, confirmed=True)
    clerk = await site.person("王强", "viewer")
    page = await site.open(f"/automations/{automation}", clerk, phone=True)
    await expect(page.locator(".au-trouble")).to_contain_text("请应用的搭建者来改")
    await page.screenshot(path=shot("automation-health/phone"))
    await trash.restore(site.system, owner, shop.orders.field("备注").id)
    await page.reload()
    await expect(page.locator(".au-card").first).to_be_visible()
    await expect(page.locator(".au-trouble")).to_have_count(0)
    await expect(page.get_by_role("switch", name="启用")).to_be_checked()
