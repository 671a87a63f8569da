"""Steps 1 and 2: the first account, an app with its tables and its state machine."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.journey.traveller import EMAIL, Traveller
from tests.browser.support import PASSWORD

APP = "订单中枢"
STATES = ("待支付", "已支付", "审核中", "已发货", "已完成", "已关闭")

# name, kind as the form calls it, what the kind needs (options, or the name of the table each record links one record of)
CUSTOMERS = (("姓名", "单行文本", ()), ("手机号", "手机号", ()))
GOODS = (("商品编码", "单行文本", ()), ("品名", "单行文本", ()), ("售价", "金额", ()))
SHELVES = (
    ("库存编码", "单行文本", ()), ("商品", "关联", ("商品",)), ("库位", "单行文本", ()), ("在库数量", "数字", ()), ("预占数量", "数字", ()),
)  # fmt: skip
ORDERS = (
    ("订单ID", "自动编号", ()), ("平台单号", "单行文本", ()), ("渠道来源", "单选", ("淘宝", "拼多多", "抖音", "微信小店")),
    ("客户手机号", "手机号", ()), ("下单时间", "日期时间", ()), ("应付金额", "金额", ()), ("实付金额", "金额", ()),
    ("订单状态", "单选", STATES), ("收货地址", "单行文本", ()), ("快递单号", "单行文本", ()), ("备注", "多行文本", ()),
    ("异常", "复选框", ()), ("异常原因", "单行文本", ()), ("客户档案", "关联", ("客户档案",)),
)  # fmt: skip
LINES = (
    ("明细", "单行文本", ()), ("订单", "关联", ("主订单池",)), ("库存", "关联", ("库存",)), ("数量", "数字", ()),
    ("预占状态", "单选", ("未预占", "已预占", "已出库")),
)  # fmt: skip
TABLES = (
    ("客户档案", CUSTOMERS),
    ("商品", GOODS),
    ("库存", SHELVES),
    ("主订单池", ORDERS),
    ("订单明细", LINES),
)


async def first_account(me: Traveller) -> None:
    """The first visit makes the account that owns everything, and offers two ways to begin."""
    page = me.page
    await page.goto("/")
    await expect(page.get_by_role("heading", name="欢迎用活表")).to_be_visible()
    await me.keep("01-welcome")
    await page.locator("#name").fill("林小北")
    await page.locator("#email").fill(EMAIL)
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button", name="开始使用").click()
    await expect(page.get_by_role("heading", name="从哪里开始")).to_be_visible()
    await me.keep("01-first-choices")


async def make_app(me: Traveller) -> None:
    """An app of one's own, from a page that has a rail."""
    page = me.page
    await page.goto("/settings")
    await page.locator(".rail-app").click()
    await page.get_by_role("menuitem", name="新建应用").click()
    await page.get_by_label("应用名字").fill(APP)
    await page.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/a/app"))
    await me.keep("02-new-app")


async def make_tables(me: Traveller) -> None:
    """Five tables, each in one form."""
    for name, fields in TABLES:
        await make_table(me, name, fields)


async def make_table(me: Traveller, name: str, fields: tuple[tuple[str, str, tuple[str, ...]], ...]) -> None:
    """The dialog "新建数据表", a row for each field."""
    page = me.page
    await page.get_by_role("button", name="新建数据表").first.click()
    await page.get_by_label("数据表名字").fill(name)
    rows = page.locator(".nt-row")
    for index, (field, kind, needs) in enumerate(fields):
        if index >= await rows.count():
            await page.get_by_role("button", name="加一个字段").click()
        row = rows.nth(index)
        await row.locator(".nt-name").fill(field)
        type_ = row.get_by_role("combobox", name=re.compile("字段的类型"))
        if kind != (await type_.inner_text()).strip():  # most are known by the name
            await me.choose(type_, kind)
        if kind == "单选":
            await me.type_options(row.get_by_role("combobox", name="选项"), *needs)
        elif kind == "关联":
            await me.choose(row.get_by_role("combobox", name="关联到哪张表"), *needs)
            await me.choose(row.get_by_role("combobox", name="每条记录可以关联"), "一条")
    if len(fields) > 6:
        await me.keep("02-new-table")
    await page.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/t/tbl"))
    await expect(page.locator(".crumb [aria-current]")).to_contain_text(name)


async def draw_states(me: Traveller) -> None:
    """The state machine of 订单状态: begun from its options, two moves added (by menu, by dragging), tried out, published."""
    page = me.page
    await me.open_table("主订单池")
    await me.column_menu("订单状态", "状态流转")
    await page.wait_for_url(re.compile("/states$"))
    await page.get_by_role("button", name="做成状态流转").click()
    states = page.locator(".st-node")
    await expect(states).to_have_count(len(STATES))
    await page.get_by_role("button", name="流转", exact=True).click()
    await page.get_by_role("menuitem", name="审核中").click()
    await page.get_by_role("menuitem", name="已关闭").click()
    form = page.locator("hb-transition-form")
    await form.get_by_label("按钮名字").fill("审核不过,关闭")
    await form.get_by_role("button", name="关闭", exact=True).click()
    await states.filter(has_text="审核中").drag_to(states.filter(has_text="已支付"))
    await form.get_by_label("按钮名字").fill("退回")
    # the moves stand in a table below the picture
    await expect(page.locator(".st-moves tbody tr", has_text="审核不过,关闭")).to_contain_text("已关闭")
    await expect(page.locator(".st-moves tbody tr.on")).to_contain_text("退回")
    await me.keep("02-states")
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("已发布,现在起按这些流转走")).to_be_visible()
    await expect(page.locator(".draft")).to_have_count(0)
