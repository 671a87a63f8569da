"""The table page as people use it: editing in place, views, records beside the table, phones, what viewers may not."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from builder import fields, tables
from builder.tables import TableSpec
from builder.wire import FieldPatch, FieldSpec
from runtime.records import read
from tests.browser.pool import Pool, make_pool, many_orders
from tests.browser.slow import RATE
from tests.browser.support import Site, axe, shot, until


@pytest.fixture
async def pool(site: Site) -> Pool:
    return await make_pool(site)


async def table(page: Page) -> Page:
    """Wait until the rows are there."""
    await expect(page.locator(".g-r").first).to_be_visible()
    return page


async def open_table(site: Site, pool: Pool, who: object = None, query: str = "", **options: object) -> Page:
    return await table(await site.open(f"/t/{pool.orders.id}{query}", who, **options))  # type: ignore[arg-type]


def row(page: Page, name: str) -> Locator:
    """The row of a record, by the text of its first column."""
    return page.locator(".g-r", has=page.locator(".g-id", has_text=re.compile(rf"^{re.escape(name)}$")))


async def cell(page: Page, pool: Pool, name: str, field: str) -> Locator:
    """A cell, by its row and the name of its column."""
    heads = page.locator(".g-hc[data-field]")
    names = await heads.evaluate_all("cells => cells.map(cell => cell.querySelector('.grow').textContent)")
    return row(page, name).locator(f'[data-c="{names.index(field)}"]')


async def stored(site: Site, pool: Pool, name: str, field: str) -> object:
    view = await read.get(site.system, await site.actor(), pool.records[name])
    return view.fields[pool.field(field)]


async def test_a_cell_is_edited_in_place_and_others_see_it_at_once(site: Site, pool: Pool) -> None:
    mine = await open_table(site, pool)
    theirs = await open_table(site, pool, await site.person("王强"))
    await (await cell(mine, pool, "TB-0002", "备注")).click()
    await mine.keyboard.type("请放门卫")
    await mine.keyboard.press("Enter")
    await expect(await cell(mine, pool, "TB-0002", "备注")).to_have_text("请放门卫")
    await expect(await cell(theirs, pool, "TB-0002", "备注")).to_have_text("请放门卫")
    assert await stored(site, pool, "TB-0002", "备注") == "请放门卫"


async def test_a_refused_value_stays_with_its_reason(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    place = await cell(page, pool, "TB-0001", "手机号")
    await place.click()
    await page.keyboard.type("1860012994")
    await page.keyboard.press("Enter")
    await expect(place).to_have_class(re.compile(r"\bbad\b"))
    await place.click()
    await expect(page.locator(".g-why")).to_contain_text("11 位")
    assert await stored(site, pool, "TB-0001", "手机号") == "13805716621"


async def test_filter_sort_and_hide_then_save_the_view(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.locator(".g-hc", has_text="渠道").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="按这列筛选").click()
    filters = page.locator("#tb-filter")
    await filters.locator(".fb-value .sel-box").click()
    await page.get_by_role("option", name="淘宝").click()
    await page.keyboard.press("Escape")
    await expect(page.locator(".g-r")).to_have_count(2)
    await expect(page.locator(".g-foot")).to_contain_text("¥1,337.00")
    await page.keyboard.press("Escape")
    await page.locator(".g-hc", has_text="金额").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="降序").click()
    await expect(page.locator(".g-r .g-id").first).to_have_text("TB-0004")
    await page.locator(".g-hc", has_text="备注").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="隐藏").click()
    await expect(page.locator(".g-hc", has_text="备注")).to_have_count(0)
    await expect(page.get_by_text("只有你看得到")).to_be_visible()
    # not yet for others
    other = await open_table(site, pool, await site.person("王强"))
    await expect(other.locator(".g-r")).to_have_count(5)
    await page.get_by_role("button", name="保存视图").click()
    await expect(page.get_by_text("只有你看得到")).to_have_count(0)
    await expect(other.locator(".g-r")).to_have_count(2)
    await page.reload()
    await expect((await table(page)).locator(".g-r")).to_have_count(2)
    await expect(page.locator(".g-hc", has_text="备注")).to_have_count(0)


async def test_unsaved_changes_outlive_a_reload_and_can_be_taken_back(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_role("button", name="分组").click()
    await page.get_by_role("menuitemradio", name="状态").click()
    await expect(page.locator(".g-g")).to_have_count(2)
    await page.reload()
    await expect(page.locator(".g-g")).to_have_count(2)
    await page.get_by_role("button", name="还原").click()
    await expect(page.locator(".g-g")).to_have_count(0)
    await expect(page.get_by_text("只有你看得到")).to_have_count(0)


async def test_views_are_made_renamed_copied_and_deleted(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_role("button", name="新建视图").click()
    await page.get_by_label("视图名字").fill("待审核")
    await page.keyboard.press("Enter")
    tab = page.locator(".tab", has_text="待审核")
    await expect(tab).to_have_attribute("aria-current", "true")
    await expect(page).to_have_url(re.compile(r"\?view=viw"))
    await page.get_by_role("button", name="「待审核」的菜单").click()
    await page.get_by_role("menuitem", name="重命名").click()
    await page.get_by_label("视图名字").fill("全部")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator("dialog [data-problem]")).to_be_visible()
    await page.get_by_label("视图名字").fill("今天要审")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator(".tab", has_text="今天要审")).to_be_visible()
    await page.get_by_role("button", name="「今天要审」的菜单").click()
    await page.get_by_role("menuitem", name="复制视图").click()
    await expect(page.locator(".tab")).to_have_count(3)
    await page.get_by_role("button", name=re.compile("「今天要审 .*」的菜单")).click()
    await page.get_by_role("menuitem", name="删除视图").click()
    await page.get_by_role("button", name="删除", exact=True).click()
    await expect(page.locator(".tab")).to_have_count(2)


async def test_views_are_put_into_another_order(site: Site, pool: Pool) -> None:
    from builder import views
    from runtime.definitions.tables import ViewDef

    for name in ("待审核", "异常"):
        await views.create(site.system, await site.actor(), pool.orders.id, ViewDef(name))
    page = await open_table(site, pool)
    tabs = page.locator(".tab")
    await tabs.nth(2).drag_to(tabs.nth(0), target_position={"x": 4, "y": 10})
    await expect(tabs).to_have_text(["异常", "全部", "待审核"])
    await tabs.nth(1).focus()
    await page.keyboard.press("Alt+ArrowRight")
    await expect(tabs).to_have_text(["异常", "待审核", "全部"])

    async def kept() -> bool:
        catalog = await site.system.catalogs.current()
        return [v.definition.name for v in catalog.table(pool.orders.id).views] == ["异常", "待审核", "全部"]

    await until(kept)
    await page.reload()
    await expect(tabs).to_have_text(["异常", "待审核", "全部"])


async def test_columns_are_shown_and_hidden_in_a_list(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_role("button", name="字段", exact=True).click()
    picker = page.locator("#tb-fields")
    await picker.locator(".fl-i", has_text="渠道").locator("input").click()
    await expect(page.locator(".g-hc", has_text="渠道")).to_have_count(0)
    await expect(page.get_by_role("button", name="字段 1")).to_be_visible()
    await picker.get_by_role("button", name="全部隐藏").click()
    await expect(page.locator(".g-hc[data-field]")).to_have_count(1)
    await picker.get_by_role("button", name="全部显示").click()
    await expect(page.locator(".g-hc", has_text="渠道")).to_have_count(1)
    await expect(page.get_by_text("只有你看得到")).to_have_count(0)


async def test_search_in_the_view(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_label("在视图中搜索", exact=True).last.fill("0003")
    await expect(page.locator(".g-r")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator(".g-r")).to_have_count(5)
    await page.get_by_label("在视图中搜索", exact=True).last.fill("没有这样的")
    await expect(page.get_by_role("heading", name="没有符合条件的记录")).to_be_visible()


async def test_a_record_opens_beside_the_table_with_its_own_address(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await row(page, "TB-0001").hover()
    await row(page, "TB-0001").locator(".g-open").click()
    panel = page.locator("hb-record")
    await expect(panel.get_by_role("heading", name="TB-0001")).to_be_visible()
    await expect(page).to_have_url(re.compile(f"record={pool.records['TB-0001']}"))
    await expect(panel.locator(".rc-related", has_text="周雨桐 的其他订单")).to_contain_text("TB-0004")
    await expect(panel.locator(".rc-related", has_text="订单明细")).to_contain_text("棉麻衬衫 红-S")
    await expect(panel.locator(".rc-related", has_text="周雨桐 的其他订单")).to_contain_text("合计 ¥1,166.00")
    # on to the next one, then to a sibling and back
    await page.get_by_role("button", name="下一条记录").click()
    await expect(panel.get_by_role("heading", name="TB-0002")).to_be_visible()
    await panel.locator(".rc-row", has_text="TB-0005").click()
    await expect(panel.get_by_role("heading", name="TB-0005")).to_be_visible()
    await panel.get_by_role("button", name="TB-0002").first.click()
    await expect(panel.get_by_role("heading", name="TB-0002")).to_be_visible()
    # reload shows the same; closing frees the address
    await page.reload()
    await expect(panel.get_by_role("heading", name="TB-0002")).to_be_visible()
    await page.get_by_role("button", name="关闭", exact=True).click()
    await expect(page).not_to_have_url(re.compile("record="))
    await page.go_back()
    await expect(panel.get_by_role("heading", name="TB-0002")).to_be_visible()


async def test_the_panel_shows_who_changed_what_through_what(site: Site, pool: Pool) -> None:
    wang = await site.person("王强")
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}")
    history = page.locator(".rc-history")
    await expect(history).to_contain_text("新建了记录")
    other = await open_table(site, pool, wang, query=f"?record={pool.records['TB-0001']}")
    await other.locator("[data-field]", has_text="备注").locator(".rc-v").click()
    await expect(other.locator("[data-field]", has_text="备注").locator("textarea")).to_be_focused()
    await other.keyboard.type("易皱,加硬板")
    await other.keyboard.press("Control+Enter")
    await expect(history).to_contain_text("王强 改了「备注」")
    await expect(history).to_contain_text("易皱,加硬板")
    await expect(history).to_contain_text("手动")
    entry = history.locator("li").first
    assert re.match(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", await entry.locator("time").get_attribute("data-tip") or ""
    )


async def test_a_move_is_a_button_and_a_refused_one_says_why(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0002']}")
    panel = page.locator("hb-record")
    await panel.get_by_role("button", name="审核", exact=True).click()
    await expect(panel.locator(".rc-t .pill")).to_have_text("审核中")
    await expect(await cell(page, pool, "TB-0002", "状态")).to_have_text("审核中")
    await panel.get_by_role("button", name="标记已发货").click()
    await expect(panel.get_by_role("alert")).to_have_text("金额是 0 的订单不能发货")
    assert await stored(site, pool, "TB-0002", "状态") == "审核中"
    # there is no way back in this machine, so none is offered
    await expect(page.locator(".toast").get_by_role("button", name="撤销")).to_have_count(0)


async def test_a_locked_move_tells_its_reason(site: Site, pool: Pool) -> None:
    actor = await site.actor()
    await site.world.patch(pool.records["TB-0001"], {"状态": "审核中"}, pool.orders, actor=actor)
    await site.world.patch(pool.records["TB-0001"], {"状态": "已发货"}, pool.orders, actor=actor)
    wang = await site.person("王强")
    page = await open_table(site, pool, wang, query=f"?record={pool.records['TB-0001']}")
    locked = page.get_by_role("button", name=re.compile("签收"))
    await expect(locked).to_have_attribute("aria-disabled", "true")
    await locked.click(force=True)
    await expect(page.locator(".rc-t [role=alert]")).to_contain_text("可以做的:所有者")


async def test_two_people_change_the_same_field(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}")
    panel = page.locator("hb-record")
    line = panel.locator(".rc-i", has_text="备注")
    await line.locator(".rc-v").click()
    await page.keyboard.type("我的")
    actor = await site.actor(await site.person("王强"))
    await site.world.patch(pool.records["TB-0001"], {"备注": "他的"}, pool.orders, actor=actor)
    await page.keyboard.press("Control+Enter")
    await expect(line.get_by_role("alert")).to_contain_text("他的")
    await expect(line.get_by_role("alert")).to_contain_text("王强")
    assert await stored(site, pool, "TB-0001", "备注") == "他的"
    await line.get_by_role("button", name="用我填的").click()
    await until(lambda: _is(site, pool, "TB-0001", "备注", "我的"))
    await expect(line.get_by_role("alert")).to_have_count(0)


async def test_what_another_wrote_while_one_typed_is_not_written_over(site: Site, pool: Pool) -> None:
    """The page has read the record again meanwhile: it knows of the other value, and asks all the same."""
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}")
    line = page.locator("hb-record .rc-i", has_text="备注")
    await line.locator(".rc-v").click()
    await expect(line.locator("textarea")).to_be_focused()
    await page.keyboard.type("我的")
    actor = await site.actor(await site.person("王强"))
    async with page.expect_response(re.compile(f"/records/{pool.records['TB-0001']}/panel")):
        await site.world.patch(pool.records["TB-0001"], {"备注": "他的"}, pool.orders, actor=actor)
    await expect(page.locator(".rc-history")).to_contain_text("他的")
    await page.keyboard.press("Control+Enter")
    await expect(line.get_by_role("alert")).to_contain_text("他的")
    assert await stored(site, pool, "TB-0001", "备注") == "他的"
    await line.get_by_role("button", name="用我填的").click()
    await until(lambda: _is(site, pool, "TB-0001", "备注", "我的"))


async def test_an_exception_is_told_above_the_fields(site: Site, pool: Pool) -> None:
    fields = {"异常": True, "异常原因": "库存不足:红-S 缺 2 件"}
    await site.world.patch(pool.records["TB-0001"], fields, pool.orders, actor=await site.actor())
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}")
    await expect(page.locator(".rc-t .note")).to_contain_text("库存不足:红-S 缺 2 件")


async def test_the_short_address_of_a_record(site: Site, pool: Pool) -> None:
    page = await site.open(f"/r/{pool.records['TB-0003']}")
    await expect(page).to_have_url(re.compile(f"/t/{pool.orders.id}\\?record={pool.records['TB-0003']}"))
    await expect(page.locator(".rc-title")).to_have_text("TB-0003")


async def test_deleting_goes_on_and_can_be_undone(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0002']}")
    await expect(page.locator(".rc-title")).to_have_text("TB-0002")
    await page.get_by_role("button", name="更多操作").click()
    await page.get_by_role("menuitem", name="删除记录").click()
    await expect(page.locator(".rc-title")).to_have_text("TB-0003")
    await expect(row(page, "TB-0002")).to_have_count(0)
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(row(page, "TB-0002")).to_have_count(1)


async def test_a_viewer_looks_and_filters_but_changes_nothing(site: Site, pool: Pool) -> None:
    page = await open_table(
        site, pool, await site.person("看客", "viewer"), query=f"?record={pool.records['TB-0001']}"
    )
    await expect(page.locator(".rc-title")).to_have_text("TB-0001")
    await expect(page.get_by_role("button", name="新建记录")).to_have_count(0)
    await expect(page.get_by_role("button", name="新建视图")).to_have_count(0)
    await expect(page.locator(".rc-edit")).to_have_count(0)
    await expect(page.get_by_role("button", name=re.compile("^审核: "))).to_have_attribute(
        "aria-disabled", "true"
    )
    await (await cell(page, pool, "TB-0001", "单号")).click()
    await page.keyboard.type("改")
    await expect(page.locator(".toast")).to_contain_text("没有修改权限")
    await page.get_by_role("button", name="分组").click()
    await page.get_by_role("menuitemradio", name="渠道").click()
    await expect(page.locator(".g-g").first).to_be_visible()
    await expect(page.get_by_role("button", name="还原")).to_be_visible()
    await expect(page.get_by_role("button", name="保存视图")).to_have_count(0)
    answer = await page.evaluate(
        """async ([table, record, field]) => {
          const csrf = document.querySelector('meta[name=csrf-token]').content;
          const body = JSON.stringify({ records: [{ id: record, fields: { [field]: '改' } }] });
          const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
          return (await fetch(`/api/v1/tables/${table}/records`, { method: 'PATCH', body, headers })).status;
        }""",
        [pool.orders.id, pool.records["TB-0001"], pool.field("备注")],
    )
    assert answer == 403
    assert await stored(site, pool, "TB-0001", "备注") is None


async def test_a_table_that_wants_fields_filled_asks_for_them(site: Site, pool: Pool) -> None:
    from builder import fields
    from builder.wire import FieldPatch

    await fields.update(site.system, await site.actor(), pool.field("手机号"), FieldPatch(required=True))
    page = await open_table(site, pool)
    await page.get_by_role("button", name="新建记录").first.click()
    form = page.locator(".rn")
    await form.get_by_label("单号").fill("TB-0100")
    await form.get_by_label("手机号").fill("123")
    await form.get_by_role("button", name="新建", exact=True).click()
    await expect(form.locator(".hint.bad")).to_contain_text("11 位")
    await form.get_by_label("手机号").fill("18600129943")
    await form.get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator(".rc-title")).to_have_text("TB-0100")
    await expect(row(page, "TB-0100")).to_have_count(1)


async def test_a_new_record_in_the_last_line(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_role("button", name="新建记录").first.click()
    await expect(page.locator(".g-r")).to_have_count(6)
    await expect(page.locator("#g-5-0")).to_have_class(re.compile(r"\bcur\b"))
    await page.keyboard.type("TB-0006")
    await page.keyboard.press("Enter")
    await expect(row(page, "TB-0006")).to_have_count(1)


async def test_a_new_record_that_is_heard_of_before_its_answer_stands_there_once(
    site: Site, pool: Pool
) -> None:
    page = await open_table(site, pool)
    shown = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.method != "POST":
            await route.continue_()
            return
        answer = await route.fetch()
        await shown.wait()
        await route.fulfill(response=answer)

    await page.route(f"**/api/v1/tables/{pool.orders.id}/records", late)
    await page.get_by_role("button", name="新建记录").first.click()
    await expect(page.locator(".g-r")).to_have_count(6)
    shown.set()
    await expect(page.locator(".toast")).to_contain_text("已新建 1 条")
    await page.unroute_all(behavior="wait")  # only the creation is held up
    await page.keyboard.type("TB-0006")
    await page.keyboard.press("Enter")
    await expect(row(page, "TB-0006")).to_have_count(1)
    await expect(page.locator(".g-fc.g-id")).to_contain_text("6 条")
    await expect(page.locator(".g-r")).to_have_count(6)


async def test_the_grid_scrolls_through_all_of_them(site: Site, pool: Pool) -> None:
    await many_orders(site, pool, 1500)
    page = await open_table(site, pool)
    await expect(page.locator(".g-fc.g-id")).to_contain_text("1,505 条")
    await page.locator(".g-r .g-id").first.click()
    await page.keyboard.press("Control+End")
    await expect(row(page, "XX-01499")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator(".rc-title")).to_have_text("XX-01499")


async def test_a_table_is_made_with_its_fields(site: Site) -> None:
    page = await site.open(f"/a/{site.world.app_id}")
    await page.get_by_role("button", name="新建数据表").last.click()
    await page.get_by_label("数据表名字").fill("快递单")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("第 1 个字段的名字")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("快递单号")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("第 2 个字段的名字")).to_be_focused()
    await page.keyboard.type("状态")
    second = page.locator(".nt-row").nth(1)
    await second.locator("hb-select").first.click()
    await page.get_by_role("option", name="单选").click()
    await second.locator(".nt-more").click()
    for name in ("运输中", "已签收"):
        await page.keyboard.type(name)
        await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="新建", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/t/tbl"))
    await expect(page.locator(".g-hc", has_text="快递单号")).to_be_visible()
    await expect(page.get_by_role("heading", name="还没有记录")).to_be_visible()
    catalog = await site.system.catalogs.current()
    made = next(t for t in catalog.app(site.world.app_id).tables if t.name == "快递单")
    assert [(f.name, f.type) for f in made.fields] == [("快递单号", "text"), ("状态", "single_select")]
    assert list(made.field("状态").choices_by_name) == ["运输中", "已签收"]


async def test_a_table_gets_another_name(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_role("button", name="「主订单池」的菜单").click()
    await page.get_by_role("menuitem", name="名字和图标").click()
    await page.get_by_role("textbox", name="名字").fill("全部订单")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator(".rail-i[aria-current]")).to_contain_text("全部订单")


async def test_deleting_a_table_says_how_much_goes_with_it(site: Site, pool: Pool) -> None:
    page = await table(await site.open(f"/t/{pool.lines.id}"))
    await page.get_by_role("button", name="「订单明细」的菜单").click()
    await page.get_by_role("menuitem", name="删除数据表").click()
    await expect(page.locator("dialog")).to_contain_text("2 条记录")
    await page.locator("dialog").get_by_role("button", name="删除数据表").click()
    await expect(page).not_to_have_url(re.compile(pool.lines.id))
    await expect(page.locator(".rail-i", has_text="订单明细")).to_have_count(0)


async def test_on_a_phone_records_are_cards_and_the_panel_fills_the_screen(site: Site, pool: Pool) -> None:
    page = await site.open(f"/t/{pool.orders.id}", phone=True)
    card = page.locator(".tc", has_text="TB-0001")
    await expect(card).to_contain_text("已支付")
    small = await page.evaluate(
        "[...document.querySelectorAll('.tb-bar button, .tb-thumb button, .tc, .tab, .top button')]"
        ".filter(b => b.getClientRects().length && b.getBoundingClientRect().height < 40).map(b => b.outerHTML.slice(0, 90))"
    )
    assert not small, small
    await card.tap()
    await expect(page.locator(".rc-title")).to_have_text("TB-0001")
    box = await page.locator("hb-panel").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (390, 844)
    await page.get_by_role("button", name="下一条记录").tap()
    await expect(page.locator(".rc-title")).to_have_text("TB-0002")
    await page.locator(".rc-i", has_text="备注").locator(".rc-v").tap()
    await expect(page.locator(".rc-i", has_text="备注").locator("textarea")).to_be_focused()
    await page.keyboard.type("加急")
    await page.get_by_role("heading", name="TB-0002").tap()
    await until(lambda: _is(site, pool, "TB-0002", "备注", "加急"))
    await page.go_back()
    await page.go_back()
    await expect(page.locator("hb-panel")).to_be_hidden()


async def _is(site: Site, pool: Pool, name: str, field: str, value: object) -> bool:
    return await stored(site, pool, name, field) == value


async def test_the_palette_finds_records_and_places(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.keyboard.press("Control+K")
    await page.locator(".palette input").fill("TB-0004")
    await page.get_by_role("option", name=re.compile("TB-0004")).click()
    await expect(page.locator(".rc-title")).to_have_text("TB-0004")
    await page.keyboard.press("Control+K")
    await page.locator(".palette input").fill("客户")
    await expect(page.locator(".palette-list")).to_contain_text("客户档案")


async def test_a_record_opens_within_half_a_second(site: Site, pool: Pool) -> None:
    if RATE:
        pytest.skip("the device of this run is slow on purpose")
    measured: list[float] = []
    while len(measured) < 5 and not any(one < 500 for one in measured):  # what else runs here only ever adds
        page = await open_table(site, pool)
        await row(page, "TB-0001").hover()
        measured.append(
            await page.evaluate(
                """async () => {
                  const button = document.querySelector('.g-r .g-open');
                  const start = performance.now();
                  button.click();
                  while (!document.querySelector('.rc-related .rc-row')) await new Promise(requestAnimationFrame);
                  return performance.now() - start;
                }"""
            )
        )
        await page.context.close()
    assert min(measured) < 500, f"{min(measured):.0f} ms"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_nothing_serious_for_axe(site: Site, pool: Pool, dark: bool) -> None:
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}", dark=dark)
    await expect(page.locator(".rc-history li").first).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("button", name="筛选", exact=True).click()
    await page.get_by_role("button", name="条件", exact=True).click()
    assert await axe(page) == []
    await page.screenshot(path=shot(f"table/filter-{'dark' if dark else 'light'}"))


async def test_fields_are_renamed_added_and_deleted_at_their_column(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.locator(".g-hc", has_text="渠道").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="重命名").click()
    await page.get_by_label("字段名").fill("渠道来源")
    await page.keyboard.press("Enter")
    await expect(page.locator(".g-hc", has_text="渠道来源")).to_be_visible()
    await page.locator(".g-hc", has_text="渠道来源").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="在右侧插入字段").click()
    await page.locator("hb-field-panel").get_by_label("名称").fill("快递单号")
    await page.locator("hb-field-panel").get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator(".g-hc", has_text="快递单号")).to_be_visible()
    await expect(page.locator("hb-field-panel")).to_have_count(0)
    names = await page.locator(".g-hc[data-field] .grow").all_text_contents()
    assert names.index("快递单号") == names.index("渠道来源") + 1
    await expect(page.get_by_text("只有你看得到")).to_have_count(0)
    await page.locator(".g-hc", has_text="备注").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="删除字段").click()
    await expect(page.locator("dialog")).to_contain_text("没有记录在这里填过内容")
    await page.locator("dialog").get_by_role("button", name="删除字段").click()
    await expect(page.locator(".g-hc", has_text="备注")).to_have_count(0)


async def test_a_new_column_stands_beside_on_a_slow_line_too(site: Site, pool: Pool) -> None:
    """What the page reads after saving is overtaken by what it reads because the table has changed."""
    page = await open_table(site, pool)
    overtaken = asyncio.Event()
    asked = 0

    async def slow(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await overtaken.wait()
        else:
            overtaken.set()
        await route.continue_()

    await page.route(f"**/api/v1/tables/{pool.orders.id}", slow)
    await page.locator(".g-hc", has_text="渠道").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="在右侧插入字段").click()
    panel = page.locator("hb-field-panel")
    await panel.get_by_label("名称").fill("快递单号")
    await panel.get_by_role("button", name="新建", exact=True).click()
    await expect(panel).to_have_count(0)
    names = await page.locator(".g-hc[data-field] .grow").all_text_contents()
    assert names.index("快递单号") == names.index("渠道") + 1


WHERE_IT_STOOD = """
() => {
  window.stood = [];
  const look = () => {
    const names = [...document.querySelectorAll(".g-hc[data-field] .grow")].map((one) => one.textContent);
    const at = names.indexOf("快递单号");
    if (at > 0) stood.push(names[at - 1]);
  };
  new MutationObserver(look).observe(document.querySelector("hb-grid"), { childList: true, subtree: true, characterData: true });
}
"""
"""Notes behind which column the new one stood, at each moment."""


async def test_what_was_read_before_a_view_was_saved_does_not_take_it_back(site: Site, pool: Pool) -> None:
    """A colleague's change makes the page read the table again while the place of a new column is being saved."""
    page = await open_table(site, pool)
    saving, read, saved = (asyncio.Event() for _ in range(3))

    async def table(route: Route) -> None:
        if not saving.is_set():
            await route.continue_()
        elif not read.is_set():
            old = await route.fetch()
            read.set()
            await saved.wait()
            await route.fulfill(response=old)
        else:
            await route.continue_()

    async def view(route: Route) -> None:
        saving.set()
        await fields.update(site.system, await site.actor(), pool.field("备注"), FieldPatch(name="留言"))
        await read.wait()
        response = await route.fetch()
        await route.fulfill(response=response)
        saved.set()

    await page.route(f"**/api/v1/tables/{pool.orders.id}", table)
    await page.route("**/api/v1/views/*", view)
    await page.locator(".g-hc", has_text="渠道").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="在右侧插入字段").click()
    panel = page.locator("hb-field-panel")
    await panel.get_by_label("名称").fill("快递单号")
    await page.evaluate(WHERE_IT_STOOD)
    await panel.get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator(".g-hc", has_text="留言")).to_be_visible()
    stood = await page.evaluate("stood")
    assert stood[-1] == "渠道"
    assert set(stood[stood.index("渠道") :]) == {"渠道"}, "once it has its place it stays there"


async def test_the_view_is_exported_as_it_stands(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool)
    await page.get_by_label("在视图中搜索", exact=True).last.fill("0003")
    await expect(page.locator(".g-r")).to_have_count(1)
    await page.get_by_role("button", name="「主订单池」的菜单").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("menuitem", name="导出 CSV").click()
    file = await (await downloading.value).path()
    lines = file.read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "TB-0003" in lines[1]


async def test_linked_records_are_chosen_in_the_panel(site: Site, pool: Pool) -> None:
    page = await open_table(site, pool, query=f"?record={pool.records['TB-0001']}")
    panel = page.locator("hb-record")
    await panel.locator(".rc-i", has_text="客户").get_by_role("button", name="编辑「客户」").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_role("option", name=re.compile("李建国")).click()
    await expect(panel.locator(".rc-i", has_text="客户").locator(".chip")).to_have_text("李建国")
    await expect(panel.locator(".rc-related", has_text="李建国 的其他订单")).to_contain_text("TB-0005")


@pytest.mark.parametrize("phone", [False, True])
async def test_what_shows_at_once_of_a_record_can_be_edited_at_once(
    site: Site, pool: Pool, phone: bool
) -> None:
    """What stands beside the record is still on its way; the tap on one of its fields counts all the same."""
    page = await site.open(f"/t/{pool.orders.id}", phone=phone)
    shown = asyncio.Event()

    async def late(route: Route) -> None:
        await shown.wait()
        await route.continue_()

    await page.route("**/api/v1/records/*/panel", late)
    if phone:
        await page.locator(".tc", has_text="TB-0002").click()
    else:
        await table(page)
        await (await cell(page, pool, "TB-0002", "单号")).click()
        await page.keyboard.press("Space")
    record = page.locator("hb-record")
    await record.locator(f"[data-field={pool.field('客户')}] .rc-v").click(position={"x": 4, "y": 4})
    dialog = page.get_by_role("dialog", name="选择「客户」")
    await dialog.get_by_role("option", name="周雨桐").click()
    await expect(dialog).to_have_count(0)
    await expect(record.locator(f"[data-field={pool.field('客户')}] .rc-v")).to_contain_text("周雨桐")
    shown.set()
    await expect(record.locator(".rc-moves")).to_be_visible()
    await expect(record.locator(f"[data-field={pool.field('客户')}] .rc-v")).to_contain_text("周雨桐")

    async def linked() -> bool:
        value = await stored(site, pool, "TB-0002", "客户")
        return isinstance(value, list) and [item["name"] for item in value] == ["周雨桐"]

    await until(linked)


@pytest.mark.parametrize("phone", [False, True])
async def test_an_empty_table_offers_to_bring_a_file_in(site: Site, pool: Pool, phone: bool) -> None:
    """Whoever may write is led to the import of this very table; a viewer, or a filter that lets nothing through, is not."""
    made = await tables.create(
        site.system, await site.actor(), site.world.app_id,
        TableSpec(name="新表", fields=(FieldSpec(name="编号", type="text"),)),
    )  # fmt: skip
    reader = await site.open(f"/t/{made.id}", await site.person("看客", "viewer"), phone=phone)
    await expect(reader.get_by_text("还没有记录")).to_be_visible()
    await expect(reader.locator(".empty a, .empty button, .tb-thumb")).to_have_count(0)
    page = await site.open(f"/t/{made.id}", phone=phone)
    way = page.locator(".empty").get_by_role("link", name="从 Excel 或 CSV 导入")
    await expect(way).to_be_visible()
    await page.screenshot(path=shot(f"table/empty-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await way.click()
    await page.wait_for_url(f"**/a/{site.world.app_id}/import?table={made.id}")
    page = await site.open(f"/t/{pool.orders.id}", phone=phone)
    if phone:
        await page.get_by_role("button", name="在视图中搜索").click()
    await page.locator("#tb-search").fill("没有这样的订单")
    await expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    await expect(page.locator(".empty").get_by_role("link")).to_have_count(0)
