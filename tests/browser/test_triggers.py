"""Triggers as people set them up: a schedule by form, a webhook by clicking in its sample, a run started by hand."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from runtime.automations import timetable
from runtime.automations.engine import execute
from runtime.definitions.automations import RecordCreated, UpdateRecord
from runtime.definitions.schedules import Daily
from runtime.definitions.triggers import Manual, Scheduled, Webhook
from runtime.system import System
from tests.browser.support import Site, axe, shot, until
from tests.support.shop import Shop


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


def form(page: Page) -> Locator:
    """The form beside the flow."""
    return page.locator("hb-step-form")


async def choose(page: Page, name: str, option: str) -> None:
    """Choose in a select of the form."""
    await form(page).get_by_role("combobox", name=name, exact=True).first.click()
    await page.get_by_role("option", name=option).first.click()
    await page.keyboard.press("Escape")


async def kind(page: Page, name: str) -> None:
    """Choose a kind of trigger."""
    await form(page).locator(".au-pick").click()
    await page.get_by_role("menuitemradio", name=re.compile(f"^{re.escape(name)}")).click()


async def publish(page: Page) -> None:
    """Switch the automation on, and say yes."""
    await page.get_by_role("switch", name="启用").click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")


async def run_all(system: System) -> None:
    rows = await system.db.fetch("SELECT public_id FROM meta.run WHERE status = 'queued' ORDER BY id")
    for row in rows:
        await execute(system, row["public_id"], "test")


async def draft(shop: Shop) -> str:
    """An automation that is not switched on yet."""
    return await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="试一试", enabled=False
    )


async def test_a_schedule_is_made_by_form(site: Site, shop: Shop) -> None:
    automation = await draft(shop)
    page = await site.open(f"/automations/{automation}?step=trigger")
    await kind(page, "按计划")
    moments = form(page).locator(".au-next li")
    await expect(moments).to_have_count(5)
    await choose(page, "多久一次", "每月的某几天")
    await form(page).get_by_role("combobox", name="哪几天").click()
    await page.get_by_role("option", name="最后一天").click()
    await page.keyboard.press("Escape")
    await form(page).get_by_label("第 1 个时间").fill("23:30")
    await form(page).get_by_label("第 1 个时间").blur()
    await choose(page, "时区", "America/New_York")
    await expect(form(page).locator("hb-next-moments")).to_contain_text("America/New_York 的时间")
    await expect(moments.first).to_contain_text("23:30")
    await expect(page.locator('[data-step="trigger"]')).to_contain_text("每月 1 号、最后一天 23:30")
    await choose(page, "停机时错过的", "一次次全补上")
    await form(page).get_by_role("spinbutton", name="最多补几次").fill("3")
    await form(page).get_by_role("spinbutton", name="最多补几次").blur()
    await page.screenshot(path=shot("triggers/schedule"))
    await choose(page, "多久一次", "cron 写法")
    await form(page).get_by_role("textbox", name="cron 写法").fill("0 9 30 2 *")
    await form(page).get_by_role("textbox", name="cron 写法").blur()
    await expect(form(page).locator("hb-next-moments")).to_contain_text(re.compile("看不懂|不会到"))
    await form(page).get_by_role("textbox", name="cron 写法").fill("*/15 9-17 * * 1-5")
    await form(page).get_by_role("textbox", name="cron 写法").blur()
    await expect(moments).to_have_count(5)
    assert await axe(page) == []


async def test_a_webhook_is_taught_by_clicking_in_its_sample(site: Site, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="收单", enabled=False
    )
    page = await site.open(f"/automations/{automation}?step=trigger")
    await kind(page, "收到推送时")
    await form(page).get_by_role("button", name="生成接收地址").click()
    box = form(page).get_by_role("textbox", name="接收地址")
    await expect(box).to_have_value(re.compile("/hooks/"))
    address = await box.input_value()
    await form(page).get_by_role("button", name="等一个样例").click()
    await expect(form(page)).to_contain_text("正在等对方发一次")
    path = address[address.index("/hooks/") :]
    async with httpx.AsyncClient(base_url=site.url) as sender:
        body = {"order": {"no": "DY-7788", "paid": 39.9, "tags": ["急单"]}, "urgent": True}
        await until(lambda: _taken(sender, path, body))
        line = form(page).locator(".au-sample-l", has_text="DY-7788")
        await expect(line).to_be_visible()
        await line.click()
        await form(page).locator(".au-sample-l", has_text="39.9").click()
        await form(page).get_by_label("叫什么").first.fill("平台单号")
        await form(page).get_by_label("叫什么").first.blur()
        await expect(page.locator('[data-step="trigger"]')).to_contain_text("平台单号")
        await page.screenshot(path=shot("triggers/webhook"))
        assert await axe(page) == []
        # a step takes the value by name
        await page.locator(".au-card").nth(1).click()
        await page.screenshot(path=shot("triggers/webhook-step"))


async def _taken(sender: httpx.AsyncClient, path: str, body: object) -> bool:
    return (await sender.post(path, json=body)).status_code == 202


async def test_it_is_run_by_hand_for_ticked_records(site: Site, shop: Shop) -> None:
    await shop.automation(Manual(shop.orders.id), UpdateRecord(shop.sets(备注="手动办的")), name="补备注")
    for number in ("A-1", "A-2", "A-3"):
        await shop.order(订单号=number)
    page = await site.open(f"/t/{shop.orders.id}")
    await expect(page.locator(".g-r").nth(2)).to_contain_text("A-3")
    for row in range(2):
        line = page.locator(".g-r").nth(row)
        await line.hover()
        await line.locator(".g-check").click(force=True)
    bar = page.get_by_role("toolbar", name="对选中的记录")
    await bar.get_by_role("button", name="运行自动化").click()
    await page.screenshot(path=shot("triggers/manual-menu"))
    await page.get_by_role("menuitem", name="补备注").click()
    await expect(page.locator(".toasts")).to_contain_text("正在运行,共 2 条")
    await run_all(site.system)
    await expect(page.locator(".toasts")).to_contain_text("完成了,共 2 条")
    await page.screenshot(path=shot("triggers/manual-done"))
    done = await site.system.db.value(
        f"SELECT count(*) FROM {shop.orders.sql} WHERE {shop.orders.field('备注').column} = '手动办的'"
    )
    assert done == 2


async def test_the_forms_in_english_and_on_a_phone(site: Site, shop: Shop) -> None:
    scheduled = await shop.automation(
        Scheduled(Daily(("09:00", "18:00"))), UpdateRecord(()), name="每天", enabled=False
    )
    hooked = await shop.automation(Webhook(), UpdateRecord(()), name="推送", enabled=False)
    page = await site.open(f"/automations/{scheduled}?step=trigger", language="en", size=(1440, 1000))
    await expect(form(page)).to_contain_text("By schedule")
    await expect(form(page).locator(".au-next li")).to_have_count(5)
    await page.screenshot(path=shot("triggers/schedule-en"))
    await form(page).get_by_role("group", name="Next").scroll_into_view_if_needed()
    await page.screenshot(path=shot("triggers/schedule-en-2"))
    for number, name in enumerate(
        ("When it stays", "When a date", "When conditions", "By hand", "When a record is changed")
    ):
        await kind(page, name)
        await page.screenshot(path=shot(f"triggers/form-en-{number}"))
    phone = await site.open(f"/automations/{hooked}?step=trigger", phone=True)
    await expect(form(phone)).to_contain_text("收到推送时")
    await form(phone).get_by_role("button", name="生成接收地址").scroll_into_view_if_needed()
    await phone.screenshot(path=shot("triggers/webhook-phone"))
    await timetable.tick(site.system)
