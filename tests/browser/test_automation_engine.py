"""Versions and what is different, loops in the flow, several failed runs at once, taking a run's changes back, pauses."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from runtime.definitions.automations import (
    CreateRecord,
    Loop,
    RecordCreated,
    RecordUpdated,
    Step,
    UpdateRecord,
)
from runtime.definitions.flow import ListItems
from runtime.definitions.values import Assignment, FieldValue, Literal_, StepOutput
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_automations import add_step, choose, form, publish
from tests.support.shop import Shop


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


async def test_a_loop_is_built_published_compared_and_an_old_version_comes_back(
    site: Site, shop: Shop
) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="旧")))
    page = await site.open(f"/automations/{automation}?step=stp1")
    await form(page).locator(".tt-text").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("新的备注")
    await add_step(page, page.locator(".au-flow > .au-wire .au-add").last, "逐个处理")
    await choose(page, "逐个处理什么", "一串值")
    await form(page).locator("hb-template-text .tt-text").click()
    await page.keyboard.type("红、蓝")
    frame = page.locator(".au-loop")
    await add_step(page, frame.locator(".au-add").last, "等一等")
    await expect(frame).to_contain_text("等 10 分钟")
    await page.screenshot(path=shot("engine/loop"))
    assert not await axe(page)
    await page.get_by_role("button", name="发布", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator(".au-diff")).to_contain_text("新加步骤 2 · 逐个处理")
    await expect(dialog.locator(".au-diff del")).to_contain_text("旧")
    await expect(dialog.locator(".au-diff")).to_contain_text("新的备注")
    await page.screenshot(path=shot("engine/publish"))
    assert not await axe(page)
    await publish(page, "加上颜色")
    await expect(page.locator(".au-state")).to_contain_text("第 2 版")
    await page.get_by_role("button", name="更多").first.click()
    await page.get_by_role("menuitem", name="版本").click()
    await expect(dialog.locator(".au-version-list")).to_contain_text("加上颜色")
    await page.screenshot(path=shot("engine/versions"))
    assert not await axe(page)
    await dialog.get_by_role("button", name=re.compile("第 1 版")).click()
    await dialog.get_by_role("button", name="恢复成草稿").click()
    await expect(page.locator(".au-loop")).to_have_count(0)
    await expect(page.locator(".au-state")).to_contain_text("有改动没发布")
    stored = (await shop.world.catalog()).automation(automation).definition
    assert len(stored.steps) == 2, "what runs is still the second version"


async def test_failed_runs_are_mended_together_and_a_loop_is_read(site: Site, shop: Shop) -> None:
    lines = shop.lines
    makes = CreateRecord(
        lines.id,
        (
            Assignment(lines.field("名称").id, StepOutput("stpL", "item")),
            Assignment(lines.field("订单").id, FieldValue("$id")),
        ),
    )
    items = ListItems(Literal_([f"第{n}件" for n in range(1, 31)]))
    bad = UpdateRecord(shop.sets(订单状态="已完成"))
    await shop.automation(
        RecordCreated(shop.orders.id), Step("stpL", Loop(items, (Step("stpX", makes),))), Step("stpY", bad)
    )
    for number in range(3):
        await shop.order(订单号=f"N{number}")
    runs = await shop.settle()
    page = await site.open(f"/a/{shop.world.app_id}/runs?status=failed")
    rows = page.locator(".ru-table tbody tr")
    await expect(rows).to_have_count(3)
    await rows.nth(0).get_by_role("checkbox").check()
    await rows.nth(1).get_by_role("checkbox").check()
    await expect(page.locator(".ru-bulk")).to_contain_text("选了 2 次")
    await page.screenshot(path=shot("engine/bulk"))
    assert not await axe(page)
    await page.locator(".ru-bulk").get_by_role("button", name="标为已处理").click()
    await page.get_by_role("dialog").get_by_role("button", name="标为已处理").click()
    await expect(rows).to_have_count(1)
    await page.goto(f"/runs/{runs[0]}")
    trace = page.locator("hb-run")
    await expect(trace).to_contain_text("一共 30 个,做到第 30 个")
    await trace.get_by_role("button", name="看每一个").click()
    await expect(trace.locator(".ru-items > li")).to_have_count(20)
    await trace.get_by_role("button", name="后面的").click()
    await expect(trace.locator(".ru-items > li")).to_have_count(30)
    await page.screenshot(path=shot("engine/loop-trace"))
    assert not await axe(page)


async def test_what_a_run_changed_is_taken_back(site: Site, shop: Shop) -> None:
    await shop.automation(
        RecordUpdated(shop.orders.id, (shop.orders.field("实付金额").id,)),
        UpdateRecord(shop.sets(备注="自动写的", 次数=3)),
    )
    order = await shop.order(订单号="DY-1", 备注="原来的")
    await shop.world.patch(order, {"实付金额": 5}, shop.orders)
    (run,) = await shop.settle()
    await shop.world.patch(order, {"次数": 9}, shop.orders)
    page = await site.open(f"/runs/{run}")
    await page.get_by_role("button", name="退回改动").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("后来又改过,不动")
    await page.screenshot(path=shot("engine/revert"))
    assert not await axe(page)
    await dialog.get_by_role("button", name="退回 1 条记录").click()

    async def back() -> bool:
        now = await shop.read(order)
        return bool(now["备注"] == "原来的" and now["次数"] == 9)

    await until(back)


@pytest.mark.parametrize("look", ["laptop-zh-light", "phone-en-dark"])
async def test_the_overview_shows_figures_and_pauses(site: Site, shop: Shop, look: str) -> None:
    device, language, theme = look.split("-")
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="播报")
    await shop.order()
    await shop.settle()
    options = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page = await site.open(f"/a/{shop.world.app_id}/automations", **options)
    await expect(page.locator(".st-table")).to_contain_text("播报")
    await page.screenshot(path=shot(f"engine/overview-{look}"))
    assert not await axe(page)
    words = {"zh": ("暂停「播报」", "暂停", "恢复运行"), "en": ("Pause “播报”", "Pause", "Resume")}[language]
    await page.get_by_role("button", name=words[0]).click()
    await page.get_by_role("menuitem", name=re.compile(f"^{words[1]}")).first.click()
    await expect(page.get_by_role("button", name=words[2], exact=True)).to_be_visible()
    await shop.order()
    assert await shop.settle() == []
    await page.get_by_role("button", name=words[2], exact=True).click()
    await expect(page.get_by_role("button", name=words[2], exact=True)).to_have_count(0)
