"""Fields edited at their column: type menu, choices, links, formulas with results while typing, effects foretold."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import tables
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.catalog import Field, Table
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from tests.browser.support import Site, axe, shot, until


async def make_table(site: Site, name: str, *specs: FieldSpec) -> Table:
    return await tables.create(
        site.system, await site.actor(), site.world.app_id, TableSpec(name=name, fields=specs)
    )


def spec(name: str, type_: str = "text", **options: Any) -> FieldSpec:
    return FieldSpec(name=name, type=type_, options=options)


async def fill(site: Site, table: Table, *records: dict[str, Any]) -> None:
    creates = tuple(NewRecord(record) for record in records)
    await write.apply(
        site.system, Change(table=table.id, actor=await site.actor(), source=Source("api"), creates=creates)
    )


async def field_of(site: Site, table: Table, name: str) -> Field | None:
    return (await site.system.catalogs.current()).table(table.id).by_name.get(name)


@pytest.fixture
async def orders(site: Site) -> Table:
    await make_table(
        site,
        "客户档案",
        spec("姓名"),
        spec("电话", "phone"),
        spec("等级", "single_select", choices=["普通", "忠诚"]),
    )
    made = await make_table(
        site, "主订单池", spec("单号"), spec("渠道", "single_select", choices=["淘宝", "抖音"]), spec("数量"),
        spec("实付金额", "currency"),
    )  # fmt: skip
    await fill(
        site, made,
        {"单号": "TB-1", "渠道": "淘宝", "数量": "3", "实付金额": 120},
        {"单号": "TB-2", "渠道": "抖音", "数量": "两件", "实付金额": 80},
    )  # fmt: skip
    return made


def panel(page: Page) -> Locator:
    return page.locator("hb-field-panel")


async def open_table(site: Site, table: Table, **options: Any) -> Page:
    page = await site.open(f"/t/{table.id}", **options)
    await expect(page.locator(".g-r").first).to_be_visible()
    return page


async def new_field(page: Page) -> Locator:
    """Ask for a new field at the end of the columns."""
    await page.evaluate(
        "document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'new', field: null}, bubbles: true}))"
    )
    await expect(panel(page).get_by_label("名称")).to_be_focused()
    return panel(page)


async def edit_field(page: Page, field: Field) -> Locator:
    await page.evaluate(
        "id => document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'edit', field: id}, bubbles: true}))",
        field.id,
    )
    await expect(panel(page).get_by_label("名称")).to_have_value(field.name)
    return panel(page)


async def choose_type(page: Page, form: Locator, label: str) -> None:
    await form.locator(".fe-type-box").click()
    menu = page.get_by_role("dialog", name="字段类型")
    await menu.get_by_role("searchbox").fill(label)
    await page.keyboard.press("Enter")
    await expect(form.locator(".fe-type-box")).to_contain_text(label)


async def save(form: Locator, label: str = "新建") -> None:
    await form.locator(".panel-f").get_by_role("button", name=label).click()


async def test_a_select_is_made_with_its_choices_by_keyboard(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await new_field(page)
    await page.keyboard.type("标签")
    await choose_type(page, form, "多选")
    await form.get_by_label("第 1 个选项", exact=True).fill("急单")
    await page.keyboard.press("Enter")
    await page.keyboard.type("要发票")
    await page.keyboard.press("Enter")
    await page.keyboard.type("送礼")
    await page.keyboard.press("Alt+ArrowUp")
    await form.get_by_role("button", name="要发票的颜色").click()
    await page.get_by_role("radio", name="紫", exact=True).click()
    await page.screenshot(path=shot("fields/select-zh"))
    await save(form)
    await expect(page.get_by_role("columnheader", name="标签")).to_be_visible()
    await expect(form).to_have_count(0)
    made = await field_of(site, orders, "标签")
    assert made is not None
    assert [(c.name, c.color) for c in made.config.choices][2] == ("要发票", "violet")  # type: ignore[union-attr]
    assert [c.name for c in made.config.choices] == ["急单", "送礼", "要发票"]  # type: ignore[union-attr]


async def test_a_type_change_is_foretold_saved_and_undone(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await edit_field(page, orders.field("数量"))
    await choose_type(page, form, "数字")
    notice = form.locator(".fe-impact")
    await expect(notice).to_contain_text("2 条记录里有 1 条不能改成数字,会留空")
    await expect(notice).to_contain_text("两件")
    await page.screenshot(path=shot("fields/type-change-zh"))
    await save(form, "保存,1 条留空")
    await until(lambda: _type_is(site, orders, "数量", "number"))
    await page.locator(".toast .u").click()
    await until(lambda: _type_is(site, orders, "数量", "text"))
    await expect(page.locator(".g-r", has_text="TB-2")).to_contain_text("两件")


async def _type_is(site: Site, table: Table, name: str, type_: str) -> bool:
    found = await field_of(site, table, name)
    return found is not None and found.type == type_


async def test_a_formula_is_written_with_help_and_shows_its_results(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await new_field(page)
    await page.keyboard.type("九折")
    await choose_type(page, form, "公式")
    source = form.get_by_role("textbox", name="公式")
    await source.click()
    await page.keyboard.type("ROU")
    await expect(form.get_by_role("option").first).to_contain_text("ROUND")
    await page.keyboard.press("Enter")
    await page.keyboard.type("{实")
    await expect(form.get_by_role("option").first).to_contain_text("实付金额")
    await page.keyboard.press("Enter")
    await page.keyboard.type("*0.9,1")
    await expect(source).to_have_value("ROUND({实付金额}*0.9,1)")
    await expect(form.locator(".fx-out")).to_contain_text("结果是一个数字")
    await expect(form.locator(".fx-ex")).to_contain_text("108")
    await page.screenshot(path=shot("fields/formula-zh"))
    await page.keyboard.press("End")
    await page.keyboard.type("+{没有}")
    await expect(form.locator(".fx-verdict .hint.bad")).to_be_visible()
    await form.get_by_role("button", name="标出来").click()
    await page.wait_for_function(
        "(getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd))"
        " === '{没有}'"
    )
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Backspace")
    await expect(form.locator(".fx-out")).to_be_visible()
    await save(form)
    await expect(page.locator(".g-r", has_text="TB-1")).to_contain_text("108")


async def test_links_lookups_and_rollups_are_picked(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await new_field(page)
    await page.keyboard.type("客户")
    await choose_type(page, form, "关联")
    await pick(page, form, "关联到哪张表", "客户档案")
    await form.get_by_role("button", name="一条").first.click()
    await form.get_by_role("textbox", name="那边的字段名").fill("他的订单")
    await page.screenshot(path=shot("fields/link-zh"))
    await save(form)
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("columnheader", name="客户")).to_be_visible()
    form = await new_field(page)
    await page.keyboard.type("客户等级")
    await choose_type(page, form, "查找引用")
    await expect(form.get_by_role("combobox", name="从哪个关联取")).to_contain_text("客户")  # the only link
    await pick(page, form, "显示「客户档案」的哪个字段", "等级")
    await save(form)
    made = await until(lambda: field_of(site, orders, "客户等级"))
    customers = next(
        t
        for t in (await site.system.catalogs.current()).app(site.world.app_id).tables
        if t.name == "客户档案"
    )
    assert made.config.field == customers.field("等级").id
    await page.goto(f"/t/{customers.id}")
    await expect(page.get_by_role("columnheader", name="他的订单")).to_be_visible()
    form = await new_field(page)
    await page.keyboard.type("大单金额")
    await choose_type(page, form, "汇总")
    await pick(page, form, "从哪个关联取", "他的订单")
    await pick(page, form, "算什么", "求和")
    await pick(page, form, "算「主订单池」的哪个字段", "实付金额")
    await page.screenshot(path=shot("fields/rollup-zh"))
    await save(form)
    made = await until(lambda: field_of(site, customers, "大单金额"))
    assert made.config.fn == "sum"


async def pick(page: Page, form: Locator, label: str, option: str) -> None:
    await form.locator(f'hb-select[label="{label}"] .sel-box').click()
    await page.get_by_role("option", name=option).first.click()


async def test_what_was_typed_and_not_saved_is_there_again(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await edit_field(page, orders.field("数量"))
    await form.get_by_label("名称").fill("件数")
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await page.evaluate(
        "id => document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'edit', field: id}, bubbles: true}))",
        orders.field("数量").id,
    )
    await expect(form.get_by_label("名称")).to_have_value("件数")
    await form.get_by_role("button", name="放弃").click()
    await expect(form.get_by_label("名称")).to_have_value("数量")


async def test_what_the_server_refuses_is_told_at_its_place(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    form = await new_field(page)
    await page.keyboard.type("单号")
    await save(form)
    await expect(form.locator("#fe-name-problem")).to_contain_text("已经有一个叫「单号」的了")
    await expect(form.get_by_label("名称")).to_be_focused()
    await form.get_by_label("名称").fill("运单")
    await choose_type(page, form, "单选")
    await form.get_by_label("第 1 个选项", exact=True).fill("甲")
    await page.keyboard.press("Enter")
    await page.keyboard.type("甲")
    await save(form)
    await expect(form.locator(".fe-choice").nth(1)).to_contain_text("已经有一个叫「甲」的了")


@pytest.mark.parametrize(("dark", "language"), [(False, "zh"), (True, "en")])
async def test_the_panel_is_accessible(site: Site, orders: Table, dark: bool, language: str) -> None:
    page = await site.open(f"/t/{orders.id}", dark=dark, language=language)
    await expect(page.locator(".g-r").first).to_be_visible()
    await page.evaluate(
        "id => document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'edit', field: id}, bubbles: true}))",
        orders.field("渠道").id,
    )
    await expect(panel(page).locator(".fe-choice").first).to_be_visible()
    await page.screenshot(path=shot(f"fields/panel-{language}-{'dark' if dark else 'light'}"))
    assert await axe(page) == []
    await panel(page).locator(".fe-type-box").click()
    await expect(page.locator(".fe-types")).to_be_visible()
    await page.screenshot(path=shot(f"fields/types-{language}-{'dark' if dark else 'light'}"))
    assert await axe(page) == []
