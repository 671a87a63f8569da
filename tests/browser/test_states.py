"""State machines drawn and changed: picture, moves, one move's form, a draft that is kept until it is published."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import fields
from builder.wire import FieldPatch
from runtime.definitions.states import StateMachine
from tests.browser.pool import Pool, make_pool
from tests.browser.support import Site, axe, shot, until

expect.set_options(timeout=8_000)


@pytest.fixture
async def pool(site: Site) -> Pool:
    return await make_pool(site)


async def open_states(site: Site, pool: Pool, who: Any = None, **options: Any) -> Page:
    page = await site.open(f"/t/{pool.orders.id}/fields/{pool.field('状态')}/states", who, **options)
    await expect(page.locator(".st-node").first).to_be_visible()
    return page


def node(page: Page, name: str) -> Locator:
    return page.locator(".st-node", has_text=name)


def form(page: Page) -> Locator:
    return page.locator("hb-transition-form")


async def machine(site: Site, pool: Pool) -> StateMachine:
    found = (await site.system.catalogs.current()).field(pool.field("状态")).machine
    assert found is not None
    return found


async def drag(page: Page, source: str, target: str) -> None:
    """Pull a thread from one state to another."""
    start, end = await node(page, source).bounding_box(), await node(page, target).bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 8, steps=6)
    await page.mouse.up()


async def test_a_move_is_drawn_described_and_published(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await drag(page, "审核中", "已支付")
    panel = form(page)
    await expect(panel.get_by_label("按钮名字")).to_have_value("已支付")
    await panel.get_by_label("按钮名字").fill("退回")
    await panel.get_by_role("button", name="动作").click()
    await page.get_by_role("menuitem", name="填一个字段").click()
    await page.screenshot(path=shot("states/move-zh"))
    await expect(page.locator(".draft")).to_contain_text("1 处改动未发布")
    assert (await machine(site, pool)).find(3, 2) is None
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    move = (await machine(site, pool)).find(3, 2)
    assert move is not None
    assert (move.label, len(move.effects)) == ("退回", 1)


async def test_a_draft_survives_a_reload_and_can_be_thrown_away(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="签收").first.click()
    await form(page).get_by_label("按钮名字").fill("确认收货")
    await page.reload()
    await expect(page.locator(".toast")).to_contain_text("恢复了上次没发布的草稿")
    await expect(page.get_by_role("button", name="确认收货").first).to_be_visible()
    await page.get_by_role("button", name="还原").click()
    await expect(page.get_by_role("button", name="签收").first).to_be_visible()
    await expect(page.locator(".draft")).to_have_count(0)


async def test_states_are_added_renamed_recoloured_and_taken_away(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="状态", exact=True).click()
    await page.get_by_label("状态的名字").fill("售后中")
    await page.keyboard.press("Enter")
    await expect(node(page, "售后中")).to_be_visible()
    await drag(page, "已发货", "售后中")
    await node(page, "售后中").click()
    await page.get_by_role("menuitemradio", name="等待").click()
    await node(page, "售后中").click()
    await page.get_by_role("menuitem", name="换颜色").click()
    await page.get_by_role("radio", name="粉").click()
    await node(page, "已支付").click()
    await page.get_by_role("menuitem", name="去掉这个状态").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("4 条记录现在是这个状态")
    await expect(dialog).to_contain_text("3 条流转会一起去掉")
    await page.screenshot(path=shot("states/remove-zh"))
    await dialog.get_by_role("button", name="取消").click()
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    field = (await site.system.catalogs.current()).field(pool.field("状态"))
    added = field.choices_by_name["售后中"]
    assert added.color == "pink"
    stored = await machine(site, pool)
    assert stored.find(4, added.id) is not None
    assert [s.kind for s in stored.states if s.choice == added.id] == ["waiting"]


async def test_a_record_is_tried_out_before_publishing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="用记录试走").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator(".sel-box").click()
    await page.get_by_role("option").first.click()
    await expect(dialog.locator(".st-now")).to_be_visible()
    await expect(dialog.locator(".st-ways li").first).to_be_visible()
    await page.screenshot(path=shot("states/trial-zh"))


async def test_what_somebody_else_published_is_not_overwritten(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="签收").first.click()
    await form(page).get_by_label("按钮名字").fill("我的")
    patch = FieldPatch(name="订单状态")
    await fields.update(site.system, await site.actor(), pool.field("状态"), patch)
    await expect(page.locator(".st-notes")).to_contain_text("别人刚发布了新的流转")
    site.tolerate("409")
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".st-notes")).to_contain_text("别人刚发布了新的流转")
    assert (await machine(site, pool)).find(4, 5).label == "签收"  # type: ignore[union-attr]
    await page.get_by_role("button", name="丢掉草稿,看新的").click()
    await expect(page.locator(".draft")).to_have_count(0)
    await expect(page.get_by_role("button", name="签收").first).to_be_visible()


async def test_a_fault_is_told_at_its_move_and_stops_the_publishing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await node(page, "待支付").click()
    await page.get_by_role("menuitemradio", name="新记录可以从这里开始").click()
    await node(page, "已支付").click()
    await page.get_by_role("menuitemradio", name="新记录可以从这里开始").click()
    await expect(page.locator(".st-notes")).to_contain_text("还没有选新记录从哪个状态开始")
    await expect(page.get_by_role("button", name="发布")).to_be_disabled()
    await page.keyboard.press("Control+z")
    await expect(page.get_by_role("button", name="发布")).to_be_enabled()


async def test_a_viewer_looks_and_changes_nothing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool, await site.person("小王", "viewer"))
    await expect(page.get_by_role("button", name="发布")).to_have_count(0)
    await page.locator(".st-label button", has_text="签收").click()
    await expect(form(page).get_by_label("按钮名字")).to_be_disabled()
    assert await until(lambda: _settled(page))


async def _settled(page: Page) -> bool:
    return await form(page).count() == 1


@pytest.mark.parametrize(("dark", "language"), [(False, "zh"), (True, "en")])
async def test_the_editor_is_accessible(site: Site, pool: Pool, dark: bool, language: str) -> None:
    page = await open_states(site, pool, dark=dark, language=language)
    look = f"{language}-{'dark' if dark else 'light'}"
    await page.screenshot(path=shot(f"states/{look}"))
    assert await axe(page) == []
    await page.locator(".st-label button").nth(3).click()
    await expect(form(page)).to_be_visible()
    await page.screenshot(path=shot(f"states/{look}-form"))
    assert await axe(page) == []


async def test_on_a_phone_it_can_be_read_and_changed(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool, phone=True)
    await page.screenshot(path=shot("states/phone-zh"))
    await page.locator(".st-label button", has_text="付款").click()
    await form(page).get_by_label("按钮名字").fill("收款")
    await page.screenshot(path=shot("states/phone-zh-form"))
    await form(page).get_by_role("button", name="关闭").click()
    await expect(page.get_by_role("button", name="收款").first).to_be_visible()
