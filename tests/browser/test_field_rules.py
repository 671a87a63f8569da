"""Rules of fields made by forms as a person would: numbers by rule, combinations that may not repeat, limited links."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from runtime.catalog import Table
from runtime.definitions.fields import AutoNumber
from runtime.definitions.queries import Query
from runtime.records import read, write
from runtime.records.change import Change, Source
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_field_panel import (
    choose_type,
    field_of,
    fill,
    make_table,
    panel,
    save,
    spec,
)


@pytest.fixture
async def orders(site: Site) -> Table:
    made = await make_table(
        site,
        "主订单池",
        spec("平台单号"),
        spec("平台", "single_select", choices=["淘宝", "抖音", "线下"]),
        spec("收货人"),
    )
    await fill(
        site, made,
        {"平台单号": "1001", "平台": "淘宝", "收货人": "王芳"},
        {"平台单号": "1001", "平台": "抖音", "收货人": "李雷"},
        {"平台单号": "1002", "平台": "淘宝", "收货人": "韩梅"},
    )  # fmt: skip
    return made


async def choose(page: Page, box: Locator, option: str) -> None:
    """Open a select and press an option."""
    await box.locator(".sel-box").click()
    shown = page.locator("[role=option] .cut:visible, [role=option]:visible").get_by_text(option, exact=True)
    await shown.first.click()


def box(form: Locator, label: str) -> Locator:
    """The select of that name."""
    return form.locator(f'hb-select[label="{label}"]')


async def add_field(page: Page) -> Locator:
    """Ask for a new field as it is done on a desk and on a phone alike."""
    await page.get_by_role("button", name="字段", exact=True).click()
    await page.locator("#tb-fields").get_by_role("button", name="新建字段").click()
    await expect(panel(page).get_by_label("名称")).to_be_focused()
    return panel(page)


async def number_form(page: Page, form: Locator) -> None:
    """A number of the platform's text, a dash and a sequence that counts for each platform by itself.

    What is added stands before the sequence; pieces are moved by button and key as well.
    """
    await page.keyboard.type("内部单号")
    await choose_type(page, form, "自动编号")
    await form.get_by_role("button", name="加一段").click()
    await choose(page, box(form, "第 1 段"), "按字段")
    await choose(page, box(form, "第 1 段用哪个字段"), "平台")
    await form.get_by_label("「淘宝」写成").fill("TB")
    await form.get_by_label("「抖音」写成").fill("DY")
    await choose(page, box(form, "其他的怎么写"), "写成固定文字")
    await form.get_by_label("其他的写成").fill("QT")
    await form.get_by_text("按「平台」分开编号").click()
    await form.get_by_role("button", name="加一段").click()
    await form.get_by_label("第 2 段的文字").fill("-")
    await form.get_by_label("第 2 段的文字").press("Alt+ArrowUp")
    await form.get_by_role("button", name="第 1 段往后移").click()


@pytest.mark.parametrize("phone", [False, True])
async def test_a_number_by_rule_is_made_and_numbers_what_is_there(
    site: Site, orders: Table, phone: bool
) -> None:
    page = await site.open(f"/t/{orders.id}", phone=phone)
    form = await add_field(page)
    await number_form(page, form)
    await expect(form).to_contain_text("TB-0001 (淘宝)、DY-0001 (抖音)、QT-0001 (线下)")
    await expect(form).to_contain_text("没填的选项(线下)和以后新加的选项,写成「QT」")
    await expect(form).to_contain_text("号码连续")
    await page.screenshot(path=shot(f"rules/number-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await save(form)
    await expect(form).to_have_count(0)
    made = await until(lambda: field_of(site, orders, "内部单号"))
    assert isinstance(made.config, AutoNumber)
    assert [(s.kind, s.separate) for s in made.config.segments] == [
        ("field", True), ("text", False), ("sequence", False),
    ]  # fmt: skip
    answer = await read.page(site.system, await site.actor(), orders.id, Query())
    assert [r.fields[made.id] for r in answer.records] == ["TB-0001", "DY-0001", "TB-0002"]
    if phone:
        await page.get_by_text("1001").first.click()
    await expect(page.get_by_text("TB-0001").first).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
async def test_a_combination_may_not_repeat(site: Site, orders: Table, phone: bool) -> None:
    await fill(site, orders, {"平台单号": "1001", "平台": "淘宝", "收货人": "重复的"})
    page = await site.open(f"/t/{orders.id}", phone=phone)
    dialog = page.get_by_role("dialog", name="不能重复的组合")
    await table_menu(page, "不能重复的组合")
    rule = dialog.locator('hb-select[label="第 1 条规则的字段"]')
    await choose(page, rule, "平台")
    await page.get_by_role("option", name="平台单号").locator("visible=true").click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_contain_text("现有 1 组重复,共 2 条记录,先改成各不相同")
    await expect(dialog).to_contain_text("淘宝 + 1001")
    await page.screenshot(path=shot(f"rules/repeats-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await dialog.get_by_role("button", name="看这 2 条").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("李雷")).to_have_count(0)
    await expect(page.get_by_text("重复的").first).to_be_visible()
    await trash_last(site, orders)
    await table_menu(page, "不能重复的组合")
    await choose(page, rule, "平台")
    await page.get_by_role("option", name="平台单号").locator("visible=true").click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_contain_text("现有记录没有重复,可以设")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_have_count(0)
    table = (await site.system.catalogs.current()).table(orders.id)
    assert [len(rule.fields) for rule in table.definition.unique] == [2]
    await page.goto(f"/t/{orders.id}")
    if phone:
        return
    await page.get_by_role("button", name="还原").click()
    await page.locator(".g-r", has_text="李雷").locator(".g-c", has_text="抖音").dblclick()
    await page.get_by_role("option", name="淘宝").locator("visible=true").click()
    why = page.locator(".g-why")
    await expect(why).to_contain_text("「平台 + 平台单号」合起来不能重复,「淘宝 + 1001」已有一条记录")
    await page.screenshot(path=shot("rules/refused-desktop"))
    async with page.context.expect_page() as opening:
        await why.get_by_role("link", name="看那条记录").click()
    other = await opening.value
    await expect(other.locator("hb-record")).to_contain_text("王芳")


async def table_menu(page: Page, action: str) -> None:
    await page.get_by_role("button", name="「主订单池」的菜单").click()
    await page.get_by_role("menuitem", name=action).click()


async def trash_last(site: Site, table: Table) -> None:
    answer = await read.page(site.system, await site.actor(), table.id, Query())
    change = Change(
        table=table.id, actor=await site.actor(), source=Source("api"), deletes=(answer.records[-1].id,)
    )
    await write.apply(site.system, change)


@pytest.mark.parametrize("phone", [False, True])
async def test_a_link_offers_only_what_fits(site: Site, orders: Table, phone: bool) -> None:
    claims = await make_table(
        site, "售后单", spec("编号"), spec("平台", "single_select", choices=["淘宝", "抖音"])
    )
    await fill(site, claims, {"编号": "S1", "平台": "抖音"}, {"编号": "S2"})
    page = await site.open(f"/t/{claims.id}", phone=phone)
    form = await add_field(page)
    await page.keyboard.type("哪一单")
    await choose_type(page, form, "关联")
    await choose(page, box(form, "关联到哪张表"), "主订单池")
    await form.get_by_text("只能选符合条件的记录").click()
    await form.get_by_role("button", name="加一条一致条件").click()
    await expect(box(form, "这条记录的字段")).to_contain_text("平台")
    await page.screenshot(path=shot(f"rules/limit-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await save(form)
    await expect(form).to_have_count(0)
    link = await until(lambda: field_of(site, claims, "哪一单"))
    if not phone:
        await expect(page.get_by_role("columnheader", name="哪一单")).to_be_visible()
    assert [(pair.op, pair.near) for pair in link.config.pairs] == [("eq", claims.field("平台").id)]
    dialog = page.get_by_role("dialog", name="选择「哪一单」")
    if phone:
        await page.get_by_text("S1").first.click()
        await page.locator("hb-record [data-field]", has_text="哪一单").locator(".rc-v, button").first.click()
    else:
        await page.locator(".g-r", has_text="S1").locator(".g-c").last.dblclick()
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await expect(dialog).to_contain_text("李雷")
    await page.screenshot(path=shot(f"rules/chooser-{'phone' if phone else 'desktop'}"))
    await dialog.get_by_role("button", name="关闭").click()
    if not phone:
        await page.locator(".g-r", has_text="S2").locator(".g-c").last.dblclick()
        await expect(dialog).to_contain_text("先填「平台」,才能选这里的记录")


async def test_a_default_and_a_rule_by_formula_are_set_while_the_field_is_made(
    site: Site, orders: Table
) -> None:
    page = await site.open(f"/t/{orders.id}")
    form = await add_field(page)
    await page.keyboard.type("备货号")
    await form.get_by_text("用公式校验").click()
    rule = form.locator(".fe-validation").get_by_role("textbox", name="公式")
    await expect(rule).to_have_value('{备货号}<>""')
    await rule.fill("LEN({备货号})>3")
    await expect(form.locator(".fe-validation .fx-verdict")).not_to_contain_text("没有")
    await form.get_by_label("名称").fill("备货编号")
    await expect(rule).to_have_value("LEN({备货编号})>3")
    await form.locator('[name="validation-message"]').fill("要四位以上")
    await form.get_by_role("button", name="用公式", exact=True).click()
    await expect(form.get_by_role("textbox", name="公式")).to_have_count(2)
    default = form.get_by_role("textbox", name="公式").last
    await default.fill('{平台}&"-"&{平台单号}')
    await expect(form.locator(".fe-validation .fx-out")).to_contain_text("结果是")
    await page.screenshot(path=shot("rules/default-desktop"))
    assert await axe(page) == []
    await save(form)
    await expect(form).to_have_count(0)
    made = await until(lambda: field_of(site, orders, "备货编号"))
    assert made.definition.validation.message == "要四位以上"
    await fill(site, orders, {"平台": "抖音", "平台单号": "77"})
    answer = await read.page(site.system, await site.actor(), orders.id, Query())
    assert answer.records[-1].fields[made.id] == "抖音-77"


async def test_addresses_are_grouped_by_city(site: Site) -> None:
    table = await make_table(site, "收货地址", spec("收货人"), spec("地址", "location"))
    places = [
        "浙江省杭州市西湖区文三路 1 号",
        "浙江省宁波市",
        "浙江省杭州市",
        "北京市朝阳区",
        "某某路 5 号",
        None,
    ]
    await fill(site, table, *({"收货人": f"客{n}", "地址": place} for n, place in enumerate(places)))
    page = await site.open(f"/t/{table.id}")
    await page.get_by_role("button", name="分组", exact=True).click()
    await (
        page.get_by_role("menuitemradio", name="地址:按市")
        .or_(page.get_by_role("menuitem", name="地址:按市"))
        .or_(page.get_by_role("menuitemcheckbox", name="地址:按市"))
        .click()
    )
    await expect(page.locator(".g-g", has_text="浙江省杭州市")).to_have_count(1)
    await expect(page.locator(".g-r", has_text="客3")).to_be_visible()
    await expect(page.locator(".g-r", has_text="客4")).to_be_visible()
    await expect(page.locator(".g-r", has_text="客5")).to_be_visible()
    await page.screenshot(path=shot("rules/places-desktop"))
