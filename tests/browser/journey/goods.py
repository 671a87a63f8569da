"""Between steps 3 and 4: what no file brought (goods, shelves, customers, order lines), and how stock is kept."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.journey.traveller import Traveller

ORDER = "TB000001"
SHORT = "TB000002"
CUSTOMER = "周雨桐"


async def describe_stock(me: Traveller) -> None:
    """In the app's settings: which table holds the goods and which the order lines; everything is guessed from names."""
    page = me.page
    await me.go("应用设置")
    await page.get_by_role("button", name="新建库存设置").click()
    dialog = page.get_by_role("dialog")
    for name, guessed in {
        "库存表": "库存",
        "在库数量": "在库数量",
        "预占数量": "预占数量",
        "库位": "库位",
        "订单明细表": "订单明细",
        "属于哪个订单": "订单",
        "要哪份货": "库存",
        "数量": "数量",
        "预占状态": "预占状态",
    }.items():
        await expect(dialog.get_by_role("combobox", name=name, exact=True)).to_contain_text(guessed)
    await dialog.get_by_label("名称").fill("现货")
    await me.keep("04-stock")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator("hb-stocks")).to_contain_text("货在「库存」,由「订单明细」来占")


async def put_in_goods(me: Traveller) -> None:
    """One piece of goods on two shelves, typed into the grid; the shelf's goods are chosen in a dialog."""
    await me.open_table("商品")
    await me.enter(("商品编码", "HW-LNX-2201"), ("品名", "棉麻衬衫 红-S"), ("售价", "219"))
    await me.open_table("库存")
    shirt = ("2201", "HW-LNX-2201")
    await me.enter(("库存编码", "HW-LNX-2201"), ("商品", shirt), ("库位", "A-03-12"), ("在库数量", "60"))
    await me.enter(("库存编码", "HW-LNX-2202"), ("商品", shirt), ("库位", "B-01-04"), ("在库数量", "1"))
    await me.keep("04-shelves")


async def put_in_lines(me: Traveller) -> None:
    """What two orders want: one finds its goods, the other asks for more than there is."""
    await me.open_table("订单明细")
    await me.enter(
        ("明细", "棉麻衬衫 红-S"), ("订单", (ORDER, "1")), ("库存", ("2201", "HW-LNX-2201")), ("数量", "2")
    )
    await me.enter(
        ("明细", "棉麻衬衫 红-M"), ("订单", (SHORT, "2")), ("库存", ("2202", "HW-LNX-2202")), ("数量", "5")
    )
    await me.keep("04-lines")


async def link_customer(me: Traveller) -> None:
    """A customer of three orders: linked in the panel of one, in the grid for the others."""
    page = me.page
    await me.open_table("客户档案")
    await me.enter(("姓名", CUSTOMER), ("手机号", "13805716621"))
    await me.open_table("主订单池")
    await me.open_record(ORDER)
    panel = page.locator("hb-record")
    await panel.locator("[data-field]", has_text="客户档案").locator(".rc-v").click()
    await me.pick_record("周", CUSTOMER)
    await expect(panel.locator("[data-field]", has_text="客户档案")).to_contain_text(CUSTOMER)
    await page.get_by_role("button", name="关闭", exact=True).click()
    for order in ("TB000005", "TB000009"):
        cell = await me.far_cell(order, "客户档案")
        await cell.dblclick()
        await me.pick_record("周", CUSTOMER)
        await expect(cell).to_have_text(CUSTOMER)
        await page.keyboard.press("Home")
