"""Field types with a look of their own: made by forms, edited in grid and panel, by keyboard, mouse and touch."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import tables
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Source
from tests.browser.support import Site, axe, shot, until

MARKED = "## 发货要求\n- **加急**,今天发\n- 见 [说明](https://example.com/a)"


def spec(name: str, type_: str = "text", **options: Any) -> FieldSpec:
    return FieldSpec(name=name, type=type_, options=options)


async def fill(site: Site, table: Table, *records: dict[str, Any]) -> list[str]:
    creates = tuple(NewRecord(record) for record in records)
    change = Change(table=table.id, actor=await site.actor(), source=Source("api"), creates=creates)
    outcome = await write.apply(site.system, change)
    assert not [p.message.text() for r in outcome.results for p in r.problems]
    return [result.id or "" for result in outcome.results]


async def values(site: Site, table: Table, name: str) -> list[Any]:
    """A field's values, in the order of creation."""
    now = (await site.system.catalogs.current()).table(table.id)
    page = await read.page(site.system, await site.actor(), table.id, Query(limit=100))
    return [record.fields.get(now.field(name).id) for record in page.records]


async def stored(site: Site, table: Table, row: int, names: tuple[str, ...], wanted: list[Any]) -> None:
    """Wait until a record holds these values."""

    async def holds() -> bool:
        return [(await values(site, table, name))[row] for name in names] == wanted

    await until(holds)


@pytest.fixture
async def goods(site: Site) -> Table:
    made = await tables.create(
        site.system,
        await site.actor(),
        site.world.app_id,
        TableSpec(
            name="商品",
            fields=(
                spec("名称"), spec("口碑", "rating"), spec("备货", "progress"), spec("工时", "duration"),
                spec("商品码", "barcode"), spec("接口数据", "json"), spec("说明", "long_text", markdown=True),
            ),
        ),
    )  # fmt: skip
    await fill(
        site, made,
        {"名称": "青瓷茶杯", "口碑": 4, "备货": 35, "工时": 5400, "商品码": "https://example.com/p/1",
         "接口数据": {"sku": "QC-1", "tags": ["瓷", "茶"]}, "说明": MARKED},
        {"名称": "白瓷盖碗", "口碑": 5, "备货": 100, "工时": 5405, "商品码": "QC-2"},
        {"名称": "竹茶则"},
    )  # fmt: skip
    return made


async def open_table(site: Site, table: Table, **options: Any) -> Page:
    page = await site.open(f"/t/{table.id}", **options)
    await expect(page.locator(".g-r").first).to_be_visible()
    return page


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f"#g-{row}-{column}")


async def test_the_grid_edits_them_by_keys_and_by_mouse(site: Site, goods: Table) -> None:
    page = await open_table(site, goods)
    await expect(cell(page, 0, 1).get_by_role("img", name="4 分,满分 5")).to_be_visible()
    await page.screenshot(path=shot("field-types/grid"))
    await cell(page, 2, 1).click()
    await page.keyboard.type("3")
    await page.keyboard.press("Tab")
    await page.keyboard.type("45%")
    await page.keyboard.press("Tab")
    await page.keyboard.type("1小时30分")
    await page.keyboard.press("Tab")
    await page.keyboard.type("QC-3")
    await page.keyboard.press("Enter")
    await stored(site, goods, 2, ("口碑", "备货", "工时", "商品码"), [3, 45, 5400, "QC-3"])
    await expect(cell(page, 2, 3)).to_have_text("1:30")

    # stars by mouse, and once more on the same star to take them away
    await cell(page, 2, 1).dblclick()
    stars = page.locator(".g-over .ft-star")
    await expect(stars).to_have_count(5)
    await page.screenshot(path=shot("field-types/stars"))
    await stars.nth(4).click()
    await stored(site, goods, 2, ("口碑",), [5])
    await page.keyboard.press("F2")
    await expect(page.locator(".g-over [role=slider]")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await stored(site, goods, 2, ("口碑",), [4])

    # what cannot be read stays in its cell, with the reason
    await cell(page, 2, 3).click()
    await page.keyboard.type("很久")
    await page.keyboard.press("Enter")
    await expect(cell(page, 2, 3).locator(".g-bad")).to_be_visible()
    await expect(cell(page, 2, 3)).to_contain_text("很久")
    await cell(page, 2, 3).click()
    await page.keyboard.type("1:45")
    await page.keyboard.press("Enter")
    await stored(site, goods, 2, ("工时",), [6300])

    # progress: the bar is dragged with the arrow keys of the slider, or typed
    await cell(page, 2, 2).dblclick()
    await page.locator(".g-over input[type=range]").fill("80")
    await page.screenshot(path=shot("field-types/progress"))
    await page.keyboard.press("Enter")
    await stored(site, goods, 2, ("备货",), [80])


async def test_json_is_checked_while_it_is_typed(site: Site, goods: Table) -> None:
    page = await open_table(site, goods)
    await cell(page, 0, 5).dblclick()
    area = page.locator(".g-over textarea")
    await expect(area).to_be_focused()
    await expect(page.get_by_text("格式正确")).to_be_visible()
    await area.fill('{"sku": ')
    await expect(page.get_by_text("JSON 写得不对:第 1 行")).to_be_visible()
    await page.screenshot(path=shot("field-types/json"))
    await area.fill('{"sku":"QC-9","件":2}')
    await page.get_by_role("button", name="排好版").click()
    await expect(area).to_have_value('{\n  "sku": "QC-9",\n  "件": 2\n}')
    await area.press("Control+Enter")
    await stored(site, goods, 0, ("接口数据",), [{"sku": "QC-9", "件": 2}])


async def test_codes_are_drawn_and_markdown_is_shown(site: Site, goods: Table) -> None:
    page = await open_table(site, goods)
    await page.get_by_role("button", name="看「https://example.com/p/1」的码").click()
    code = page.get_by_role("img", name="「https://example.com/p/1」的码")
    await expect(code).to_be_visible()
    await page.screenshot(path=shot("field-types/code"))
    await page.keyboard.press("Escape")
    await cell(page, 0, 0).click()
    await page.keyboard.press("Space")
    record = page.locator("hb-record")
    await expect(record.get_by_role("heading", name="发货要求")).to_be_visible()
    await expect(record.locator(".ft-md strong")).to_have_text("加急")
    await expect(record.get_by_role("img", name="「https://example.com/p/1」的码")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("field-types/panel"))
    await record.get_by_role("button", name="编辑「说明」").click()
    area = record.locator(".ft-mdbox textarea")
    await expect(area).to_be_focused()
    await area.press("Control+End")
    await area.press("Enter")
    await area.press_sequentially("急件")
    await area.press("Shift+ArrowLeft")
    await area.press("Shift+ArrowLeft")
    await record.get_by_role("button", name="加粗").click()
    await record.get_by_role("button", name="预览").click()
    await expect(record.locator(".ft-mdbox hb-markdown strong").last).to_have_text("急件")
    await page.screenshot(path=shot("field-types/markdown"))
    await record.get_by_role("button", name="预览").click()
    await area.press("Control+Enter")
    await stored(site, goods, 0, ("说明",), [MARKED + "\n**急件**"])


async def new_field(page: Page) -> Locator:
    """Ask for a new field at the end of the columns."""
    await page.evaluate(
        "document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'new', field: null}, bubbles: true}))"
    )
    panel = page.locator("hb-field-panel")
    await expect(panel.get_by_label("名称")).to_be_focused()
    return panel


async def choose_type(page: Page, panel: Locator, name: str) -> None:
    await panel.get_by_role("button", name="类型").click()
    await page.get_by_role("searchbox", name="搜索字段类型").fill(name)
    await page.keyboard.press("Enter")


async def test_they_are_made_and_changed_by_forms(site: Site, goods: Table) -> None:
    page = await open_table(site, goods)
    panel = await new_field(page)
    await panel.get_by_label("名称").fill("紧急程度")
    await choose_type(page, panel, "评分")
    await panel.get_by_role("button", name="火").click()
    await panel.get_by_role("button", name="颜色:琥珀").click()
    await page.get_by_role("radio", name="红").click()
    await page.screenshot(path=shot("field-types/form-rating"))
    await panel.get_by_role("button", name="新建", exact=True).click()
    await expect(page.get_by_text("已新建字段「紧急程度」")).to_be_visible()
    made = (await site.system.catalogs.current()).table(goods.id).field("紧急程度")
    assert (made.config.maximum, made.config.icon, made.config.color) == (5, "flame", "red")  # type: ignore[union-attr]

    # what a change of type would lose is told before it is done
    panel = await change_field(page, goods, "工时")
    await choose_type(page, panel, "进度")
    await expect(panel.get_by_text("条留空")).to_be_visible()
    await page.screenshot(path=shot("field-types/preview"))


async def change_field(page: Page, table: Table, name: str) -> Locator:
    await page.evaluate(
        "field => document.querySelector('hb-grid').dispatchEvent("
        "new CustomEvent('hb:field', {detail: {action: 'edit', field}, bubbles: true}))",
        table.field(name).id,
    )
    panel = page.locator("hb-field-panel")
    await expect(panel.get_by_label("名称")).to_have_value(name)
    return panel


async def test_rules_are_set_in_the_panel_and_kept_in_the_grid(site: Site, goods: Table) -> None:
    page = await open_table(site, goods)
    panel = await change_field(page, goods, "口碑")
    await panel.get_by_role("switch", name="用公式校验").check()
    formula = panel.locator("hb-formula textarea")
    await formula.fill("{口碑}>=3")
    await panel.get_by_label("不符合时的提示").fill("三分以下先和主管说")
    await panel.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存字段「口碑」")).to_be_visible()
    panel = await change_field(page, goods, "备货")
    await panel.get_by_role("switch", name="只读").check()
    await page.screenshot(path=shot("field-types/rules"))
    await panel.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存字段「备货」")).to_be_visible()
    await cell(page, 2, 1).click()
    await page.keyboard.type("2")
    await page.keyboard.press("Enter")
    await cell(page, 2, 1).click()
    await expect(page.locator(".g-why")).to_contain_text("「口碑」:三分以下先和主管说")
    await page.get_by_text("恢复原值").click()
    await cell(page, 2, 2).click()
    await page.keyboard.type("5")
    await expect(page.locator(".toast").last).to_contain_text("「备货」设为只读,不能修改")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_phones_show_cards_and_take_touches(site: Site, goods: Table, language: str) -> None:
    page = await site.open(f"/t/{goods.id}", phone=True, dark=True, language=language)
    card = page.locator(".tc").first
    await expect(card.locator(".ft-stars")).to_be_visible()
    await page.screenshot(path=shot(f"field-types/cards-{language}"))
    await card.tap()
    record = page.locator("hb-record")
    edit = "编辑「口碑」" if language == "zh" else "Edit “口碑”"
    await record.get_by_role("button", name=edit).tap()
    await record.locator(".ft-star").nth(1).tap()
    await stored(site, goods, 0, ("口碑",), [2])
    await expect(record.locator(".ft-md strong")).to_have_text("加急")
    await page.screenshot(path=shot(f"field-types/phone-{language}"), full_page=True)
    assert await axe(page) == []


@pytest.fixture
async def parcels(site: Site) -> Table:
    tree = [
        {"name": "服装", "children": [{"name": "上衣", "children": ["衬衫", "T恤"]}, "裤装"]},
        {"name": "食品", "children": ["茶"]},
    ]
    made = await tables.create(
        site.system,
        await site.actor(),
        site.world.app_id,
        TableSpec(
            name="包裹", fields=(spec("单号"), spec("地址", "location"), spec("类目", "cascade", tree=tree))
        ),
    )
    await fill(
        site, made,
        {"单号": "SF-1", "地址": "浙江省杭州市西湖区文三路 1 号", "类目": ["服装", "上衣", "衬衫"]},
        {"单号": "SF-2"},
    )  # fmt: skip
    return made


async def test_addresses_are_pasted_or_chosen(site: Site, parcels: Table) -> None:
    page = await open_table(site, parcels)
    await expect(cell(page, 0, 1)).to_have_text("浙江省杭州市西湖区文三路 1 号")
    await cell(page, 1, 1).click()
    await page.keyboard.insert_text("江苏省南京市玄武区北京东路 41 号")
    await page.keyboard.press("Enter")

    async def region() -> bool:
        value = (await values(site, parcels, "地址"))[1]
        return bool(value and value["code"] == "320102" and value["detail"] == "北京东路 41 号")

    await until(region)
    await cell(page, 1, 1).dblclick()
    over = page.locator(".g-over")
    await over.get_by_role("button", name="地址的省市区").click()
    levels = over.locator("hb-levels")
    await expect(levels.get_by_role("option", name="玄武区")).to_have_attribute("aria-selected", "true")
    await page.screenshot(path=shot("field-types/address"))
    await levels.get_by_role("option", name="浙江省").click()
    await levels.get_by_role("option", name="宁波市").click()
    await levels.get_by_role("option", name="鄞州区").click()
    await expect(over.get_by_role("textbox", name="地址的详细地址")).to_be_focused()
    await page.keyboard.press("Enter")

    async def moved() -> bool:
        value = (await values(site, parcels, "地址"))[1]
        return bool(value and value["code"] == "330212" and value["detail"] == "北京东路 41 号")

    await until(moved)
    await expect(cell(page, 1, 1)).to_have_text("浙江省宁波市鄞州区北京东路 41 号")


async def test_a_cascade_is_chosen_in_columns_by_keys_and_filtered_by_branch(
    site: Site, parcels: Table
) -> None:
    page = await open_table(site, parcels)
    await expect(cell(page, 0, 2)).to_have_text("服装 / 上衣 / 衬衫")
    await cell(page, 1, 2).click()
    await page.keyboard.press("F2")
    over = page.locator(".g-over")
    await expect(over.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(over.get_by_role("option", name="食品")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(over.get_by_role("option", name="茶")).to_be_focused()
    await page.screenshot(path=shot("field-types/cascade"))
    await page.keyboard.press("Enter")
    await stored(site, parcels, 1, ("类目",), [["食品", "茶"]])

    # the tree is edited at its column; the search finds the new leaf
    panel = await change_field(page, parcels, "类目")
    lines = panel.locator("hb-tree-edit")
    await lines.get_by_role("button", name="在「食品」下面加一项").click()
    await page.keyboard.type("咖啡")
    await page.screenshot(path=shot("field-types/tree"))
    await panel.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存字段「类目」")).to_be_visible()
    await cell(page, 1, 2).click()
    await page.keyboard.press("F2")
    await over.get_by_role("searchbox").fill("咖啡")
    await page.keyboard.press("Enter")
    await stored(site, parcels, 1, ("类目",), [["食品", "咖啡"]])
    await page.locator(".g-hc", has_text="类目").locator(".g-more").click(force=True)
    await page.get_by_role("menuitem", name="按这列筛选").click()
    await page.locator("#tb-filter .fb-value .sel-box").click()
    await page.get_by_role("option", name="服装", exact=True).click()
    await page.keyboard.press("Escape")
    await expect(page.locator(".g-r")).to_have_count(1)
    await page.screenshot(path=shot("field-types/branch"))


async def test_phones_choose_addresses_by_touch(site: Site, parcels: Table) -> None:
    page = await site.open(f"/t/{parcels.id}", phone=True)
    await page.locator(".tc").first.tap()
    record = page.locator("hb-record")
    await record.get_by_role("button", name="编辑「地址」").tap()
    await record.get_by_role("button", name="地址的省市区").tap()
    await record.get_by_role("option", name="滨江区").tap()
    await page.screenshot(path=shot("field-types/address-phone"))
    await record.get_by_role("heading", name="SF-1").tap()
    await expect(record.get_by_text("浙江省杭州市滨江区")).to_be_visible()

    async def moved() -> bool:
        value = (await values(site, parcels, "地址"))[0]
        return bool(value and value["code"] == "330108")

    await until(moved)
    await expect(record.locator(".saving")).to_have_count(0)
    assert await axe(page) == []
