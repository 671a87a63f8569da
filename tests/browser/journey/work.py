"""Steps 4 to 6: the grid and an order beside it, an automation that reserves stock, a dashboard that follows."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.journey.build import APP
from tests.browser.journey.goods import CUSTOMER, ORDER, SHORT
from tests.browser.journey.traveller import Traveller
from tests.standins.wecom import DEFAULT_KEY, WecomStandIn


def _field(table: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in table["fields"] if f["name"] == name)
    return found


async def use_grid(me: Traveller, colleague: Traveller) -> None:
    """Edit a cell (the other browser sees it at once), filter, sort, hide, and save it as the view."""
    page = me.page
    await me.open_table("主订单池")
    await colleague.page.goto(page.url)
    await colleague.rows_shown()
    await (await me.cell(me.row("TB000003"), "实付金额")).click()
    await page.keyboard.type("520")
    await page.keyboard.press("Enter")
    theirs = await colleague.cell(colleague.row("TB000003"), "实付金额")
    await expect(theirs).to_have_text("520.00")
    await (await colleague.cell(colleague.row("TB000004"), "应付金额")).click()
    await colleague.page.keyboard.type("999")
    await colleague.page.keyboard.press("Enter")
    await expect(await me.cell(me.row("TB000004"), "应付金额")).to_have_text("999.00")
    await me.keep("04-grid")
    await me.column_menu("渠道来源", "按这列筛选")
    filters = page.locator("#tb-filter")
    await filters.locator(".fb-value .sel-box").click()
    await page.get_by_role("option", name="淘宝").click()
    await page.keyboard.press("Escape")
    await expect(page.locator(".g-r")).to_have_count(10)
    await page.keyboard.press("Escape")
    await me.column_menu("实付金额", "降序")
    await expect(page.locator(".g-r").first).to_contain_text("TB000040")
    await me.column_menu("收货地址", "隐藏")
    await expect(me.head("收货地址")).to_have_count(0)
    await expect(page.locator(".g-foot")).to_contain_text("¥619.00")
    await me.keep("04-grid-filtered")
    await page.get_by_role("button", name="更多保存方式").click()
    await page.get_by_role("menuitem", name=re.compile("另存")).click()
    await page.get_by_label("视图名字").fill("淘宝大单")
    await page.keyboard.press("Enter")
    await expect(page.locator(".tab[aria-current=true]")).to_contain_text("淘宝大单")
    await expect(colleague.page.locator(".tab", has_text="淘宝大单")).to_be_visible()


async def open_order(me: Traveller) -> None:
    """An order beside the table: its fields, its lines, its customer's other orders, who changed what."""
    page = me.page
    await page.locator(".tab").first.click()
    await me.open_record(ORDER)
    panel = page.locator("hb-record")
    others = panel.locator(".rc-related", has_text=f"{CUSTOMER} 的其他")
    await expect(others.locator(".rc-row")).to_have_count(2)
    await expect(panel.locator(".rc-related", has_text="订单明细")).to_contain_text("棉麻衬衫 红-S")
    await panel.locator("[data-field]", has_text="收货地址").locator(".rc-v").first.click()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("杭州市西湖区文三路 8 号")
    await page.keyboard.press("Enter")
    history = page.locator(".rc-history")
    await expect(history).to_contain_text("改了「收货地址」")
    await expect(history).to_contain_text("杭州市西湖区文三路 8 号")
    await expect(history).to_contain_text("林小北")
    await expect(history).to_contain_text("导入")
    await me.keep("04-order")


async def make_automation(me: Traveller) -> None:
    """已支付 → 审核中: reserve; when something is short, mark the order and tell the group."""
    page = me.page
    await page.get_by_role("button", name="新建自动化").click()
    await page.locator("dialog #name").fill("审核与库存预占")
    await page.locator("dialog #table").select_option(label="主订单池")
    await page.locator("dialog #kind").select_option(label="状态流转时")
    await page.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/automations/"))
    form = page.locator("hb-step-form")
    await expect(form.get_by_role("combobox", name="看哪个字段")).to_contain_text("订单状态")
    await me.choose(form.get_by_role("combobox", name="从"), "已支付", several=True)
    await me.choose(form.get_by_role("combobox", name="变成"), "审核中", several=True)
    await _add_step(page, page.locator(".au-flow > .au-wire .au-add").last, "预占库存")
    await expect(form.get_by_role("combobox", name="哪套库存")).to_contain_text("现货")
    await _add_step(page, page.locator(".au-flow > .au-wire .au-add").last, "按条件分支")
    await form.get_by_label("这一路的名字").first.fill("有缺货")
    await expect(form.get_by_role("combobox", name="结果是").first).to_contain_text("缺货")
    arm = page.locator(".au-arm").first
    await _add_step(page, arm.locator(".au-add").last, "更新记录")
    await me.choose(form.get_by_role("combobox", name="再填一个字段"), "异常")
    await me.choose(form.get_by_role("combobox", name="再填一个字段"), "异常原因")
    await _put_value(page, form.locator(".au-set hb-template-text"), "缺货原因")
    await _add_step(page, arm.locator(".au-add").last, "企业微信消息")
    await form.get_by_role("button", name="新建连接").click()
    await page.locator("#cn-name").fill("仓库群机器人")
    await page.get_by_label("机器人的 Webhook 地址").fill(me.robot)
    await page.locator("dialog").get_by_role("button", name="保存", exact=True).click()
    message = form.locator("hb-template-text")
    await message.locator(".tt-text").click()
    await page.keyboard.type("订单 ")
    await _put_value(page, message, "平台单号")
    await page.keyboard.type(" 预占失败:")
    await _put_value(page, message, "缺货原因")
    await me.keep("05-automation")
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")
    await expect(page.get_by_text("已启用", exact=True)).to_be_visible()


async def _add_step(page: Page, place: Locator, kind: str) -> None:
    await place.scroll_into_view_if_needed()
    await place.click()
    await page.get_by_role("menuitem", name=kind).first.click()


async def _put_value(page: Page, box: Locator, words: str) -> None:
    """Put a value into a text from its picker."""
    if not await box.locator(".tt-text").evaluate("node => node.contains(getSelection().anchorNode)"):
        await box.locator(".tt-text").click()
    await page.keyboard.type("/")
    await page.locator(".tt-picker input").fill(words)
    await page.keyboard.press("Enter")
    await expect(page.locator(".tt-picker")).to_have_count(0)


async def move_orders(me: Traveller, wecom: WecomStandIn) -> None:
    """One order finds its goods, the other does not: both ends are seen in the grid, the group and the runs."""
    page = me.page
    await me.open_table("主订单池")
    await _audit(me, ORDER)
    await _audit(me, SHORT)
    [message] = wecom.wait_for(1, 30)
    assert SHORT in message.content, message.content
    assert "HW-LNX-2202" in message.content
    reason = page.locator("hb-record [data-field]", has_text="异常原因")
    await expect(reason).to_contain_text("HW-LNX-2202")
    shelves = await me.table(APP, "库存")
    held = _field(shelves, "预占数量")["id"]
    assert sorted(float(r["fields"][held] or 0) for r in await me.records(shelves["id"])) == [0, 2]
    assert message.key == DEFAULT_KEY
    await me.keep("05-moved")
    await me.go("审核与库存预占")
    await page.get_by_role("link", name=re.compile("^运行记录 ")).click()
    await expect(page.get_by_text(re.compile("成功|完成")).first).to_be_visible()
    await me.keep("05-runs")
    await page.locator("a[href^='/runs/']").first.click()
    await expect(page.locator("hb-run")).to_contain_text("预占库存")
    await me.keep("05-run")


async def _audit(me: Traveller, order: str) -> None:
    await me.open_record(order)
    panel = me.page.locator("hb-record")
    await panel.get_by_role("button", name="审核中", exact=True).click()
    await expect(panel.locator(".rc-t .pill")).to_have_text("审核中")


async def make_dashboard(me: Traveller, colleague: Traveller) -> None:
    """A donut, a line for each channel and a list; what a colleague changes shows by itself."""
    page = me.page
    await page.get_by_role("button", name="新建仪表盘").click()
    await page.locator("dialog #name").fill("订单实时看板")
    await page.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/d/dsh|/d/"))
    await _add_widget(page, "环形图", first=True)
    await _set(page, "table", "主订单池")
    await _set(page, "field", "订单状态")
    await _set(page, "title", "订单状态分布")
    await _add_widget(page, "趋势折线图")
    await _set(page, "table", "主订单池")
    await _set(page, "date", "下单时间")
    await _set(page, "split", "渠道来源")
    await _set(page, "periods", "60")
    await _set(page, "title", "各渠道每天的订单")
    await _add_widget(page, "记录列表")
    await _set(page, "table", "主订单池")
    await _set(page, "title", "超过 24 小时没处理")
    await page.get_by_role("button", name="条件", exact=True).click()
    await me.choose(page.locator(".fb-field .sel-box"), "订单状态")
    await page.locator(".fb-value .sel-box").click()
    await page.get_by_role("option", name="已支付").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="条件", exact=True).click()
    await me.choose(page.locator(".fb-field .sel-box").last, "下单时间")
    await page.locator(".fb-op select").last.select_option(label="已过去超过")
    async with page.expect_response(lambda r: r.request.method == "PATCH" and "/dashboards/" in r.url):
        await page.locator(".fb-value input").last.fill("24")
    await page.locator("[data-close-panel]").last.click()
    await expect(page.locator(".db-card")).to_have_count(3)
    waiting = page.locator(".db-card", has_text="超过 24 小时没处理")
    await expect(waiting).to_contain_text("TB000005")
    await me.keep("06-dashboard")
    await colleague.open_table("主订单池")
    await colleague.open_record("TB000005")
    await colleague.page.locator("hb-record").get_by_role("button", name="审核中", exact=True).click()
    await expect(waiting).not_to_contain_text("TB000005")
    await page.get_by_role("button", name="完成", exact=True).click()
    await expect(page.locator(".live")).to_contain_text("实时")
    await me.keep("06-dashboard-live")


async def _set(page: Page, control: str, value: str) -> None:
    """Fill one control of a widget's form, and wait until the dashboard has been saved with it."""
    found = page.locator(f"#wf-{control}")
    if await found.evaluate("node => node.selectedOptions?.[0]?.textContent.trim()") == value:
        return

    async with page.expect_response(lambda r: r.request.method == "PATCH" and "/dashboards/" in r.url):
        if await found.evaluate("node => node.tagName") == "SELECT":
            await found.select_option(label=value)
        else:
            await found.fill(value)
            await found.press("Tab")


async def _add_widget(page: Page, kind: str, *, first: bool = False) -> None:
    await page.get_by_role("button", name="添加第一个组件" if first else "添加组件").click()
    async with page.expect_response(lambda r: r.request.method == "PATCH" and "/dashboards/" in r.url):
        await page.locator(".db-kind", has_text=kind).click()
    await expect(page.locator("hb-widget-form .panel-h")).to_contain_text(kind)
