"""The mission's flow, built by clicks alone: a state machine, stock reserved on the way, alerts, broadcasts, late orders, and the
pop-up for a customer who orders twice. Then a pile of orders goes through it, and the life of one is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from runtime.automations import timetable
from runtime.automations.engine import execute
from runtime.catalog import Table
from runtime.definitions.fields import (
    Checkbox,
    CreatedTime,
    FieldConfig,
    FieldDef,
    LongText,
    Phone,
    SingleSelect,
    Text,
)
from runtime.settings import Settings
from tests.browser.support import Site, axe, shot
from tests.browser.test_automations import add_step, choose, form, put
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop, states


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    with WecomStandIn() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, wecom: WecomStandIn) -> Settings:
    return msgspec.structs.replace(settings, wecom_base_url=wecom.base_url)


@pytest.fixture
async def shop(site: Site) -> Shop:
    """Tables as a person has drawn them; the state of an order is still any of six words."""
    orders: dict[str, FieldDef | FieldConfig] = {
        "订单号": Text(),
        "订单状态": SingleSelect(states()),
        "客户手机号": Phone(),
        "下单时间": CreatedTime(),
        "异常": Checkbox(),
        "异常原因": Text(),
        "备注": LongText(),
    }
    return await Shop.draw(site.world, orders)


# ---- what a person does ----


async def draw_states(site: Site, orders: Table) -> Page:
    """Which state may follow which; checking may take a day."""
    page = await site.open(f"/t/{orders.id}/fields/{orders.field('订单状态').id}/states")
    await page.get_by_role("button", name="做成状态流转").click()
    # one state after the other is there to begin with; these are added
    for source, target in (("已支付", "已关闭"), ("审核中", "已关闭")):
        await page.get_by_role("button", name="流转", exact=True).click()
        await page.get_by_role("menuitem", name=re.compile(f"^{source}")).click()
        await page.get_by_role("menuitem", name=re.compile(f"^{target}")).click()
        await page.locator("hb-transition-form").get_by_role("button", name="关闭").click()
    await page.locator(".st-node", has_text="已支付").click()
    await page.get_by_role("menuitemradio", name="新记录可以从这里开始").click()
    limit = page.get_by_label("「审核中」的时限")
    await limit.fill("24小时")
    await limit.blur()
    for state, kind in (("已完成", "完成"), ("已关闭", "取消")):
        await page.get_by_role("button", name=f"「{state}」表示").click()
        await page.get_by_role("menuitemradio", name=kind).click()
    await page.screenshot(path=shot("order-flow/states"))
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".draft")).to_have_count(0)
    return page


async def begin(page: Page, orders: Table, name: str, trigger: str) -> Locator:
    """A new automation of a kind; the places for steps at its end."""
    await page.goto(f"{page.url.split('/t/')[0].split('/automations')[0]}/t/{orders.id}")
    await page.get_by_role("button", name="新建自动化").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名称").fill(name)
    await dialog.get_by_label("哪张数据表", exact=True).select_option(label="主订单池")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/automations/aut"))
    await form(page).locator(".au-pick").click()
    await page.get_by_role("menuitemradio", name=re.compile(f"^{trigger}")).click()
    return page.locator(".au-flow > .au-wire .au-add")


async def publish(page: Page) -> None:
    """Switch it on, and say yes."""
    await page.get_by_role("switch", name="启用").click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")


async def reserve_or_alert(page: Page, shop: Shop, wecom: WecomStandIn) -> None:
    """已支付 → 审核中 reserves every line; what lacks is noted on the order and told to the group."""
    end = await begin(page, shop.orders, "审核与库存预占", "状态流转时")
    await choose(page, "从", "已支付")
    await choose(page, "变成", "审核中")
    await add_step(page, end.last, "预占库存")
    await add_step(page, end.last, "按条件分支")
    await form(page).get_by_label("这一路的名字").fill("有缺货")
    arm = page.locator(".au-arm").first
    await add_step(page, arm.locator(".au-add").last, "更新记录")
    await choose(page, "再填一个字段", "异常原因")
    await put(page, form(page).locator(".au-set hb-template-text"), "", "缺货原因")
    await choose(page, "再填一个字段", "异常")
    await add_step(page, arm.locator(".au-add").last, "企业微信消息")
    await form(page).get_by_role("button", name="新建连接").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("机器人的 Webhook 地址").fill(wecom.webhook_url)
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_have_count(0)
    await put(page, form(page).locator("hb-template-text"), "缺货 ", "订单号")
    await put(page, form(page).locator("hb-template-text"), ":", "缺货原因")
    await page.screenshot(path=shot("order-flow/reserve"))
    assert await axe(page) == []
    await publish(page)


async def broadcast(page: Page, shop: Shop) -> None:
    """Every new order is told to the group."""
    end = await begin(page, shop.orders, "新订单播报", "新建记录时")
    await add_step(page, end.last, "企业微信消息")
    await put(page, form(page).locator("hb-template-text"), "新订单 ", "订单号")
    await publish(page)


async def tell_of_late_ones(page: Page, shop: Shop) -> None:
    """Who is to look after an order that is being checked for more than a day."""
    end = await begin(page, shop.orders, "审核超时提醒", "停留太久时")
    await choose(page, "在哪个状态", "审核中")
    await add_step(page, end.last, "站内通知")
    await choose(page, "通知谁", "王强")
    await put(
        page, form(page).get_by_role("group", name="标题").locator("hb-template-text"), "审核超时 ", "订单号"
    )
    await page.screenshot(path=shot("order-flow/late"))
    await publish(page)


async def pop_up_for_the_same_phone(page: Page, shop: Shop) -> None:
    """A second order of a phone within 24 hours pops up on the clerk's screen."""
    end = await begin(page, shop.orders, "疑似同一客户", "新建记录时")
    await add_step(page, end.last, "查找记录")
    await form(page).get_by_role("button", name="条件", exact=True).click()
    await form(page).get_by_role("combobox", name="字段", exact=True).last.click()
    await page.get_by_role("option", name="客户手机号").first.click()
    await form(page).get_by_label("怎么比较").select_option(label="是")
    await form(page).get_by_role("button", name="用别处的值").click()
    await page.locator(".tt-picker input").fill("客户手机号")
    await page.locator(".tt-picker").get_by_role("option", name=re.compile("^客户手机号")).first.click()
    await form(page).get_by_role("button", name="条件", exact=True).click()
    await form(page).get_by_role("combobox", name="字段", exact=True).last.click()
    await page.get_by_role("option", name="下单时间").first.click()
    await form(page).get_by_label("怎么比较").last.select_option(label="在过去")
    await form(page).get_by_label("多久", exact=True).last.fill("24")
    await form(page).get_by_label("单位").last.select_option(label="小时")
    await page.screenshot(path=shot("order-flow/find"))
    await add_step(page, end.last, "符合条件才继续")
    await add_step(page, end.last, "站内通知")
    await choose(page, "通知谁", "王强")
    title = form(page).get_by_role("group", name="标题").locator("hb-template-text")
    await put(page, title, "疑似同一客户多渠道下单 ", "订单号")
    await choose(page, "点开是", "合并:触发的记录和")
    await form(page).get_by_text("在屏幕角落弹出来").click()
    await page.screenshot(path=shot("order-flow/popup-step"))
    await publish(page)


async def merge_and_undo(page: Page) -> None:
    """One click from the pop-up to the two orders side by side, one to merge them, one to take it back."""
    await page.locator(".popup").get_by_role("button", name="合并…").click()
    dialog = page.get_by_role("dialog", name="合并 2 条记录")
    await expect(dialog.get_by_role("status")).to_contain_text("留下「DY-0011」;其他 1 条进回收站")
    await expect(dialog).to_contain_text("DY-0003")
    await page.screenshot(path=shot("order-flow/merge"))
    await dialog.get_by_role("button", name="合并", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("已合并到「DY-0011」")
    rows = page.locator("hb-grid .g-r")
    await expect(rows.filter(has_text="DY-0003")).to_have_count(0)
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(rows.filter(has_text="DY-0003")).to_have_count(1)


# ---- the pile ----


async def settle(site: Site, shop: Shop) -> None:
    """What scheduler and worker do, until nothing is left to do."""
    for _ in range(20):
        ids = await shop.relayed()
        waiting = await site.system.db.fetch("SELECT public_id FROM meta.run WHERE status = 'queued'")
        ids += [row["public_id"] for row in waiting if row["public_id"] not in ids]
        for public_id in ids:
            await execute(site.system, public_id, "test")
        await shop.deliver()
        if not ids:
            return


async def test_the_missions_flow_is_built_by_clicks_and_carries_orders(
    site: Site, shop: Shop, wecom: WecomStandIn
) -> None:
    clerk = await site.person("王强", "editor")
    page = await draw_states(site, shop.orders)
    await reserve_or_alert(page, shop, wecom)
    await broadcast(page, shop)
    await tell_of_late_ones(page, shop)
    await pop_up_for_the_same_phone(page, shop)

    await timetable.tick(site.system)  # as the scheduler does every second
    theirs = await site.open(f"/t/{shop.orders.id}", clerk)
    shelf = await shop.shelf(20)
    phones = [f"1380571{n:04d}" for n in range(11)]
    orders = [
        await shop.order((shelf, 2), 订单号=f"DY-{n:04d}", 客户手机号=phone) for n, phone in enumerate(phones)
    ]
    await settle(site, shop)
    await expect(theirs.locator(".popup")).to_have_count(0)
    orders.append(await shop.order((shelf, 2), 订单号="DY-0011", 客户手机号=phones[3]))
    await settle(site, shop)
    assert {m.content for m in wecom.wait_for(12)} == {f"新订单 DY-{n:04d}" for n in range(12)}
    card = theirs.locator(".popup")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text("疑似同一客户多渠道下单 DY-0011")
    await theirs.screenshot(path=shot("order-flow/popup"))
    await merge_and_undo(theirs)

    for order in orders:
        await shop.move(order)
    await settle(site, shop)
    found = [await shop.read(order) for order in orders]
    assert [one["订单号"] for one in found if one["异常"]] == ["DY-0010", "DY-0011"], (
        "twenty pieces, ten orders"
    )
    assert (await shop.read(shelf))["预占数量"] == 20
    alerts = {m.content for m in wecom.wait_for(14)[12:]}
    assert alerts == {f"缺货 DY-{n:04d}:红-S A区-03排-02架 要 2 件,只剩 0 件可用" for n in (10, 11)}

    # the day is over for the one that nobody looks after
    state = shop.orders.field("订单状态")
    since = (await site.world.catalog()).field(state.id).since_column
    await site.system.db.execute(
        f"UPDATE {shop.orders.sql} SET {since} = now() - interval '24 hours'"
        f" WHERE {shop.orders.field('订单号').column} = 'DY-0010'"
    )
    await timetable.tick(site.system)
    await settle(site, shop)
    await theirs.goto(f"{site.url}/inbox")
    await expect(theirs.locator("main")).to_contain_text("审核超时 DY-0010")
    assert "审核超时 DY-0011" not in await theirs.locator("main").inner_text()
    await theirs.screenshot(path=shot("order-flow/inbox"))

    # what happened to it, in one place
    await page.goto(f"{site.url}/t/{shop.orders.id}?record={orders[10]}")
    record = page.locator("hb-record")
    await expect(record).to_contain_text("审核与库存预占")
    for words in ("新建", "已支付", "审核中", "新订单播报", "缺货 DY-0010", "0 ok"):
        await expect(record).to_contain_text(words)
    await record.get_by_text("审核与库存预占").first.scroll_into_view_if_needed()
    await page.screenshot(path=shot("order-flow/timeline"))
