"""A stock in the browser: balances, receiving, adjusting and counting, who holds what, the ledger, what an order holds."""

from __future__ import annotations

from playwright.async_api import expect

from runtime.records import stock as stocks
from runtime.records.change import Source
from tests.browser.hands import Hands
from tests.browser.support import Site, axe, shot
from tests.browser.test_app_settings import select
from tests.browser.test_field_panel import make_table, spec
from tests.runtime.records.stock.yard import Yard


async def _yard(site: Site) -> tuple[Yard, list[str], str]:
    yard = await Yard.make(site.world, partial=True, expire_hours=24, auto_fill=False)
    shelves = [
        await yard.shelf(on_hand, place, 编码=code)
        for code, place, on_hand in (
            ("CS001-红-S", "A区-01排-01架", 3),
            ("CS001-红-M", "A区-01排-02架", 12),
            ("CS001-蓝-L", "B区-02排-01架", 0),
        )
    ]
    order = await yard.order({"库存": shelves[0], "数量": 5}, {"库存": shelves[1], "数量": 2})
    await yard.reserve(order)
    return yard, shelves, order


async def test_stock_is_received_adjusted_and_read(site: Site) -> None:
    yard, _shelves, order = await _yard(site)
    page = await site.open(f"/stocks/{yard.stock.id}")
    rows = page.locator(".sk-table tbody tr")
    await expect(rows).to_have_count(3)
    first = rows.filter(has_text="CS001-红-S")
    await expect(first.locator(".sk-available")).to_have_text("0")
    assert await axe(page) == []
    await page.screenshot(path=shot("stock/balances"))
    await first.get_by_role("button", name="CS001-红-S A区-01排-01架 的操作").click()
    await page.get_by_role("menuitem", name="入库").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("入库数量").fill("0")
    await dialog.get_by_role("button", name="入库", exact=True).click()
    await expect(dialog.get_by_text("入库数量要大于 0")).to_be_visible()
    await dialog.get_by_label("入库数量").fill("4")
    await dialog.get_by_role("button", name="采购到货").click()
    await page.screenshot(path=shot("stock/receive"))
    await dialog.get_by_role("button", name="入库", exact=True).click()
    await expect(first.locator(".sk-available")).to_have_text("4")
    # the waiting line is filled by hand
    await page.get_by_role("tab", name="占用").click()
    await expect(page.get_by_text("等补货")).to_be_visible()
    await page.get_by_role("button", name="补上缺货").click()
    await expect(page.get_by_text("1 个订单补到了货")).to_be_visible()
    await expect(rows.get_by_text("等补货")).to_have_count(0)
    await page.screenshot(path=shot("stock/holds"))
    await page.get_by_role("tab", name="库存流水").click()
    await expect(rows.filter(has_text="采购到货")).to_contain_text("+4")
    assert await axe(page) == []
    await page.screenshot(path=shot("stock/ledger"))
    await page.get_by_role("tab", name="结存").click()
    await page.get_by_role("searchbox", name="搜索库存").fill("蓝")
    await expect(rows).to_have_count(1)
    await page.goto(f"{site.url}/t/{yard.orders.id}?record={order}")
    held = page.locator("hb-stock-holds section")
    await expect(held).to_contain_text("占用的库存")
    await expect(held.locator("li")).to_have_count(2)
    await page.screenshot(path=shot("stock/record"))
    # what it holds is given back where refusals send people to
    await held.get_by_role("button", name="释放预占", exact=True).click()
    asked = page.get_by_role("alertdialog").or_(page.locator("dialog[open]"))
    await asked.get_by_role("button", name="释放预占").click()
    await expect(page.get_by_text("条明细可以改了")).to_be_visible()
    await expect(held).to_have_count(0)
    assert await yard.balance(_shelves[0]) == (7, 0)


async def test_stock_is_taken_on_a_phone(site: Site) -> None:
    yard, shelves, _order = await _yard(site)
    page = await site.open(f"/stocks/{yard.stock.id}", phone=True)
    await page.get_by_role("button", name="盘点", exact=True).click()
    await page.get_by_label("CS001-红-M A区-01排-02架 实际数到").fill("11")
    await expect(page.get_by_text("盘亏 1")).to_be_visible()
    await page.get_by_label("CS001-红-S A区-01排-01架 实际数到").fill("1")
    await page.screenshot(path=shot("stock/count-phone"))
    await page.get_by_role("button", name="保存盘点").click()
    await expect(page.get_by_text("会只剩 1 件,可是有 3 件已被预占")).to_be_visible()
    assert await yard.balance(shelves[1]) == (12, 2), "all or nothing"
    await page.get_by_label("CS001-红-S A区-01排-01架 实际数到").fill("3")
    # somebody else takes something while it is counted
    await stocks.change_on_hand(
        site.system, yard.stock.id, "adjust", [stocks.Item(shelves[1], -2)],
        actor=await site.actor(), source=Source("api"), reason="样品",
    )  # fmt: skip
    await page.get_by_role("button", name="保存盘点").click()
    await expect(page.get_by_text("从 12 变成了 10")).to_be_visible()
    await page.get_by_label("CS001-红-M A区-01排-02架 实际数到").fill("9")
    await page.get_by_role("button", name="保存盘点").click()
    await expect(page.get_by_text("盘点了 2 个库位,1 个有出入,已记入流水")).to_be_visible()
    assert await yard.balance(shelves[1]) == (9, 2)
    assert await axe(page) == []
    await page.screenshot(path=shot("stock/balances-phone"))
    await page.get_by_role("tab", name="库存流水").click()
    await expect(page.locator(".sk-table tbody tr")).to_have_count(6)
    await page.screenshot(path=shot("stock/ledger-phone"))
    assert await axe(page) == []


async def test_it_reads_in_english_and_in_the_dark(site: Site) -> None:
    yard, _shelves, _order = await _yard(site)
    page = await site.open(f"/stocks/{yard.stock.id}", dark=True, language="en")
    await expect(page.get_by_role("tab", name="Balances")).to_be_visible()
    await page.screenshot(path=shot("stock/balances-en-dark"))
    await page.get_by_role("tab", name="Stock ledger").click()
    await expect(page.locator(".sk-table tbody tr")).to_have_count(4)
    await page.screenshot(path=shot("stock/ledger-en-dark"))
    assert await axe(page) == []
    viewer = await site.open(f"/stocks/{yard.stock.id}", await site.person("王强", "viewer"), phone=True)
    await expect(viewer.locator(".sk-table tbody tr")).to_have_count(3)
    await expect(viewer.get_by_role("button", name="盘点", exact=True)).to_have_count(0)
    await viewer.screenshot(path=shot("stock/viewer-phone"))


async def test_places_shortages_and_the_time_limit_are_chosen_in_the_dialog(site: Site) -> None:
    yard = await Yard.make(site.world)
    page = await site.open(f"/a/{site.world.app_id}/settings")
    await page.locator("hb-stocks").get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    hands = Hands(page)
    await hands.choose(select(dialog, "取货方式"), "先进先出,按日期取")
    await expect(select(dialog, "按哪个日期")).to_contain_text("入库日期")
    await expect(dialog.locator(".st-pair")).to_have_count(2)  # 商品 and 尺码, found by themselves
    await dialog.get_by_role("switch", name="缺货时先占有的").check()
    await expect(select(dialog, "还缺多少记在")).to_contain_text("缺货")
    await hands.choose(select(dialog, "等补货时是"), "待补货")
    await dialog.get_by_role("switch", name="预占有时限").check()
    await dialog.get_by_label("几小时以后").fill("48")
    await dialog.get_by_label("几小时以后").blur()
    await hands.choose(select(dialog, "过期时是"), "新建选项「预占过期」")
    await select(dialog, "过期时是").scroll_into_view_if_needed()
    await page.screenshot(path=shot("stock/options"))
    assert await axe(page) == []
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_have_count(0)
    catalog = await site.world.catalog()
    d, lines = catalog.stock(yard.stock.id).definition, catalog.table(yard.lines.id)
    assert (d.pick, d.pick_by, len(d.sku)) == ("fifo", yard.shelves.field("入库日期").id, 2)
    assert (d.partial, d.line_open, d.backordered) == (True, lines.field("缺货").id, 4)
    assert (d.expire_hours, lines.field("状态").choices_by_id[d.expired or 0].name) == (48, "预占过期")


async def test_the_dialog_asks_for_the_table_before_its_fields(site: Site) -> None:
    settings = f"/a/{site.world.app_id}/settings"
    page = await site.open(settings)
    dialog = page.get_by_role("dialog")
    await page.locator("hb-stocks").get_by_role("button", name="新建库存设置").click()
    await expect(select(dialog, "库存表")).to_contain_text("还没有数据表")
    await make_table(site, "随便什么", spec("名称"))
    await page.goto(f"{page.url.split('/a/')[0]}{settings}")
    await page.locator("hb-stocks").get_by_role("button", name="新建库存设置").click()
    await expect(select(dialog, "在库数量")).to_contain_text("先选库存表")
    await expect(select(dialog, "属于哪个订单")).to_contain_text("先选订单明细表")
    await expect(dialog.get_by_text("没有合适的")).to_have_count(0)
