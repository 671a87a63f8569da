"""People in cells and buttons that run automations: made by forms, used by keys, mouse and touch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import automations, fields, tables, views, workbenches
from builder.tables import TableSpec
from builder.validation import Problems
from builder.wire import FieldPatch, FieldSpec
from runtime import accounts
from runtime.accounts import Person
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import Table
from runtime.definitions.queries import GroupLevel
from runtime.records import write
from runtime.records.change import Change, Patch, Source
from tests.browser.bench import bench_of
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_field_types import (
    cell,
    change_field,
    choose_type,
    fill,
    new_field,
    open_table,
    spec,
    stored,
    values,
)


@dataclass
class Tasks:
    """A table of tasks and two people who do them."""

    table: Table
    ann: Person
    bob: Person


@pytest.fixture
async def tasks(site: Site) -> Tasks:
    ann, bob = await site.person("安宁"), await site.person("鲍勃")
    made = await tables.create(
        site.system,
        await site.actor(),
        site.world.app_id,
        TableSpec(
            name="任务",
            fields=(
                spec("事项"), spec("负责人", "member"), spec("参与人", "member", many=True), spec("建的人", "created_by"),
            ),
        ),
    )  # fmt: skip
    await fill(
        site, made,
        {"事项": "盘点", "负责人": ann.id, "参与人": [ann.id, bob.id]},
        {"事项": "补货", "负责人": bob.id},
        {"事项": "对账"},
    )  # fmt: skip
    return Tasks(made, ann, bob)


def wire(*people: Person) -> list[dict[str, Any]]:
    return [{"id": person.id, "name": person.name} for person in people]


def option(page: Page, name: str) -> Locator:
    return page.locator(".sel-list:popover-open .sel-i").filter(has_text=name)


async def test_people_are_chosen_in_the_grid_by_keys_and_by_mouse(site: Site, tasks: Tasks) -> None:
    page = await open_table(site, tasks.table, person=tasks.ann)
    await expect(cell(page, 0, 1)).to_contain_text("安宁")
    await expect(cell(page, 0, 2).locator(".person")).to_have_count(2)
    await expect(cell(page, 0, 3).locator(".person")).to_have_count(1)
    await page.screenshot(path=shot("members/grid"))

    # by keys: the chooser opens over the cell, oneself first; a search finds by address too
    await cell(page, 2, 1).click()
    await page.keyboard.press("F2")
    await expect(page.locator(".sel-list:popover-open input")).to_be_focused()
    await expect(page.locator(".sel-list:popover-open .sel-i").first).to_contain_text("安宁")
    await page.screenshot(path=shot("members/chooser"))
    await page.keyboard.type("鲍")
    await page.keyboard.press("Enter")
    await stored(site, tasks.table, 2, ("负责人",), wire(tasks.bob))

    # several by mouse; leaving the list stores them
    await cell(page, 2, 2).dblclick()
    await option(page, "鲍勃").click()
    await option(page, "安宁").click()
    await page.screenshot(path=shot("members/several"))
    await page.keyboard.press("Escape")
    await stored(site, tasks.table, 2, ("参与人",), [wire(tasks.bob, tasks.ann)])

    # a name that is typed by paste is read by the server; Delete empties the cell
    await cell(page, 2, 1).click()
    await page.keyboard.press("Delete")
    await stored(site, tasks.table, 2, ("负责人",), [None])


async def test_is_me_is_whoever_looks(site: Site, tasks: Tasks) -> None:
    page = await open_table(site, tasks.table, person=tasks.bob)
    await page.get_by_role("button", name="筛选").click()
    filter_ = page.locator("hb-filter")
    await filter_.locator(".fb-field").first.click()
    await option(page, "负责人").click()
    await filter_.locator(".fb-value .sel-box").click()
    await expect(page.locator(".sel-list:popover-open .sel-i").first).to_contain_text("我")
    await page.screenshot(path=shot("members/filter"))
    await option(page, "谁在看就是谁").click()
    await expect(page.locator(".g-r")).to_have_count(1)
    await expect(cell(page, 0, 0)).to_have_text("补货")


async def test_groups_by_people_open_to_their_records(site: Site, tasks: Tasks) -> None:
    view = (await site.system.catalogs.current()).table(tasks.table.id).views[0]
    level = GroupLevel(tasks.table.field("参与人").id)
    await views.update(site.system, await site.actor(), view.id, views.ViewPatch(groups=(level,)))
    page = await site.open(f"/t/{tasks.table.id}")
    heads = page.locator(".g-gt")
    await expect(heads).to_have_count(3)
    await expect(heads.locator(".person")).to_have_text([re.compile("安宁"), re.compile("鲍勃")])
    await expect(page.locator(".g-id", has_text="盘点")).to_have_count(2)  # under each of its people
    await page.screenshot(path=shot("members/groups"))


async def test_a_new_name_and_a_leaving_show_in_open_tables(site: Site, tasks: Tasks) -> None:
    page = await open_table(site, tasks.table)
    await accounts.set_name(site.system, await site.actor(tasks.ann), "安然")
    await expect(cell(page, 0, 1)).to_contain_text("安然")
    await accounts.remove_member(site.system, await site.actor(), site.world.app_id, tasks.ann.id)
    await expect(cell(page, 0, 1).locator(".person.gone")).to_contain_text("安然")
    await cell(page, 1, 1).dblclick()
    await expect(option(page, "鲍勃")).to_have_count(1)
    await expect(option(page, "安然")).to_have_count(0)


async def test_a_member_field_is_made_by_the_form_with_me_as_default(site: Site, tasks: Tasks) -> None:
    page = await open_table(site, tasks.table)
    panel = await new_field(page)
    await panel.get_by_label("名称", exact=True).fill("复核人")
    await choose_type(page, panel, "成员")
    await panel.get_by_role("switch", name="可以选多个人").check()
    await panel.locator(".ft-people .sel-box").click()
    await option(page, "新建这条的人").click()
    await option(page, "鲍勃").click()
    await page.keyboard.press("Escape")
    await page.screenshot(path=shot("members/form"))
    await panel.get_by_role("button", name="新建", exact=True).click()
    await expect(page.get_by_text("已新建字段「复核人」")).to_be_visible()
    made = (await site.system.catalogs.current()).table(tasks.table.id).field("复核人")
    assert made.config.many  # type: ignore[union-attr]
    panel = await change_field(page, tasks.table, "负责人")
    await panel.get_by_role("switch", name="可以选多个人").check()
    await panel.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存字段「负责人」")).to_be_visible()
    await stored(site, tasks.table, 0, ("负责人",), [wire(tasks.ann)])


@pytest.mark.parametrize("dark", [False, True])
async def test_the_panel_and_the_phone(site: Site, tasks: Tasks, dark: bool) -> None:
    look = "dark-en" if dark else "light-zh"
    words: dict[str, Any] = {"dark": dark, "language": "en" if dark else "zh"}
    page = await open_table(site, tasks.table, person=tasks.ann, **words)
    await cell(page, 0, 0).click()
    await page.keyboard.press("Space")
    record = page.locator("hb-record")
    await expect(record.locator(".person").first).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot(f"members/panel-{look}"))
    row = record.locator(f'[data-field="{tasks.table.field("负责人").id}"]')
    await row.get_by_role("button").first.click()
    await option(page, "鲍勃").click()
    await stored(site, tasks.table, 0, ("负责人",), wire(tasks.bob))

    phone = await site.open(f"/t/{tasks.table.id}", tasks.ann, phone=True, **words)
    card = phone.locator(".tc").first
    await expect(card.locator(".person").first).to_be_visible()
    await phone.screenshot(path=shot(f"members/cards-{look}"))
    await card.tap()
    record = phone.locator("hb-record")
    row = record.locator(f'[data-field="{tasks.table.field("参与人").id}"]')
    await row.get_by_role("button").first.tap()
    await option(phone, "安宁").tap()
    await phone.screenshot(path=shot(f"members/phone-{look}"))
    await phone.keyboard.press("Escape")
    await stored(site, tasks.table, 0, ("参与人",), [wire(tasks.bob)])
    assert await axe(phone) == []


@dataclass
class Parcels:
    """Parcels with a button 发货 that sets 状态 to 已发 and is shown while it is 待发."""

    table: Table
    automation: str
    records: list[str]


async def automation(site: Site, table: Table, **changes: Any) -> str:
    definition = {
        "name": "发出去",
        "enabled": True,
        "trigger": {"kind": "button", "table": table.id},
        "steps": [
            {
                "config": {
                    "kind": "update_record",
                    "set": [{"field": table.field("状态").id, "value": {"kind": "literal", "value": "已发"}}],
                }
            }
        ],
    }
    read = automations.read_definition(Problems(), definition | changes)
    made = await automations.create(site.system, await site.actor(), site.world.app_id, read)
    return made.id


@pytest.fixture
async def parcels(site: Site) -> Parcels:
    choices = [{"name": "待发", "color": "amber"}, {"name": "已发", "color": "green"}]
    made = await tables.create(
        site.system,
        await site.actor(),
        site.world.app_id,
        TableSpec(name="包裹", fields=(spec("单号"), spec("状态", "single_select", choices=choices))),
    )
    run = await automation(site, made)
    where = {"kind": "condition", "field": made.field("状态").id, "op": "is", "value": "待发"}
    button = spec("发货", "button", automation=run, label="发出", icon="truck", color="green", where=where)
    await fields.create(site.system, await site.actor(), made.id, button)
    made = (await site.system.catalogs.current()).table(made.id)
    records = await fill(site, made, *({"单号": f"P{n}", "状态": "待发"} for n in (1, 2, 3)))
    return Parcels(made, run, records)


async def sent(site: Site, table: Table, row: int) -> None:
    """Do what relay and worker do until the button of a row has done its work."""

    async def one() -> bool:
        for run in (await relay(site.system)).runs:
            await execute(site.system, run)
        return (await values(site, table, "状态"))[row] == "已发"

    await until(one)


async def test_a_button_is_pressed_by_mouse_and_by_keys(site: Site, parcels: Parcels) -> None:
    page = await open_table(site, parcels.table)
    button = cell(page, 0, 2).get_by_role("button", name="发出")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    await page.screenshot(path=shot("buttons/running"))
    await button.click()
    await expect(page.locator(".toast").last).to_contain_text("还在运行")
    await sent(site, parcels.table, 0)
    await expect(cell(page, 0, 1)).to_contain_text("已发")
    await expect(cell(page, 0, 2).get_by_role("button")).to_have_count(0)  # no longer shown

    await cell(page, 1, 2).click(position={"x": 4, "y": 4})
    await page.keyboard.press("Enter")
    await expect(cell(page, 1, 2).locator("[aria-busy=true]")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    await expect(cell(page, 2, 2).locator("[aria-busy=true]")).to_be_visible()
    await sent(site, parcels.table, 1)
    await sent(site, parcels.table, 2)
    await expect(cell(page, 2, 1)).to_contain_text("已发")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast").last).to_contain_text("现在不能按")


async def test_a_failure_is_told_with_the_way_to_its_run(site: Site, parcels: Parcels) -> None:
    owner = await site.actor()
    await fields.create(site.system, owner, parcels.table.id, FieldSpec(name="验收", required=True))
    table = (await site.system.catalogs.current()).table(parcels.table.id)
    empty = {"field": table.field("验收").id, "value": {"kind": "literal", "value": ""}}
    await fields.update(
        site.system, owner, table.field("发货").id, FieldPatch(options={"where": None, "confirm": "真的发吗"})
    )
    await fill(site, table, {"单号": "P4", "状态": "待发", "验收": "好"})
    steps = [{"config": {"kind": "update_record", "set": [empty]}}]
    await automations.update(site.system, owner, parcels.automation, {"steps": steps})
    page = await open_table(site, table)
    await cell(page, 3, 2).get_by_role("button", name="发出").click()
    await expect(page.get_by_role("dialog").get_by_text("真的发吗")).to_be_visible()
    await page.screenshot(path=shot("buttons/question"))
    await page.get_by_role("dialog").get_by_role("button", name="发出").click()

    async def failed() -> bool:
        for run in (await relay(site.system)).runs:
            await execute(site.system, run)
        return await cell(page, 3, 2).locator("a.press-s.bad").is_visible()

    await until(failed)
    await expect(page.locator(".toast.bad")).to_contain_text("必须填写")
    await page.screenshot(path=shot("buttons/failed"))
    await page.locator(".toast.bad").get_by_text("看步骤").click()
    await expect(page).to_have_url(re.compile("/runs/run"))


async def test_a_button_that_cannot_be_pressed_says_why(site: Site, parcels: Parcels) -> None:
    await automations.update(site.system, await site.actor(), parcels.automation, {"enabled": False})
    page = await open_table(site, parcels.table)
    button = cell(page, 0, 2).get_by_role("button", name="发出")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await button.click(force=True)
    await expect(page.locator(".toast").last).to_contain_text("「发出去」已停用")
    await page.screenshot(path=shot("buttons/blocked"))
    viewer = await site.open(f"/t/{parcels.table.id}", await site.person("看客", "viewer"))
    await expect(cell(viewer, 0, 2).locator(".press-b.off")).to_have_attribute(
        "data-tip", re.compile("只能查看")
    )


async def test_a_button_is_made_by_the_form_with_its_automation(site: Site, parcels: Parcels) -> None:
    page = await open_table(site, parcels.table)
    panel = await new_field(page)
    await panel.get_by_label("名称", exact=True).fill("退回")
    await choose_type(page, panel, "按钮")
    await panel.get_by_role("textbox", name="按之前问一句").fill("真的退回吗")
    async with page.context.expect_page() as opened:
        await panel.get_by_role("button", name="新建自动化").click()
    editor = await opened.value
    await expect(editor.get_by_text("按按钮时").first).to_be_visible()
    await editor.screenshot(path=shot("buttons/automation"))
    await expect(panel.get_by_text("还停用着")).to_be_visible()
    await page.screenshot(path=shot("buttons/form"), full_page=True)
    await panel.get_by_role("button", name="新建", exact=True).click()
    await expect(page.get_by_text("已新建字段「退回」")).to_be_visible()
    made = (await site.system.catalogs.current()).table(parcels.table.id).field("退回")
    made_for = (await site.system.catalogs.current()).automation(made.config.automation)  # type: ignore[union-attr]
    assert (made_for.definition.name, made_for.definition.enabled) == ("退回", False)

    # deleting the automation says which buttons it leaves without
    await editor.goto(f"/automations/{parcels.automation}")
    await editor.get_by_role("button", name="更多").click()
    await editor.get_by_role("menuitem", name="删除").click()
    await expect(editor.get_by_text("字段「发货」(包裹) 会按不了")).to_be_visible()
    await editor.screenshot(path=shot("buttons/deletion"))
    await editor.get_by_role("dialog").get_by_role("button", name="删除").click()
    await expect(cell(page, 0, 2).locator(".press-b.off")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
async def test_buttons_in_the_panel_and_on_the_phone(site: Site, parcels: Parcels, dark: bool) -> None:
    look = "dark-en" if dark else "light-zh"
    words: dict[str, Any] = {"dark": dark, "language": "en" if dark else "zh"}
    page = await open_table(site, parcels.table, **words)
    await page.screenshot(path=shot(f"buttons/grid-{look}"))
    await cell(page, 0, 0).click()
    await page.keyboard.press("Space")
    record = page.locator("hb-record")
    await record.get_by_role("button", name="发出").click()
    await expect(record.locator("[aria-busy=true]")).to_be_visible()
    await sent(site, parcels.table, 0)
    await expect(record.get_by_text("pressed “发出”" if dark else "按了「发出」")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot(f"buttons/panel-{look}"))

    phone = await site.open(f"/t/{parcels.table.id}", phone=True, **words)
    button = phone.locator("li", has_text="P2").get_by_role("button", name="发出")
    await expect(button).to_be_visible()
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await phone.screenshot(path=shot(f"buttons/cards-{look}"))
    assert await axe(phone) == []
    await button.tap()
    await expect(phone.locator("li", has_text="P2").locator("[aria-busy=true]")).to_be_visible()
    await sent(site, parcels.table, 1)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_workbench_shows_people_and_presses_buttons(site: Site, language: str) -> None:
    bench = await bench_of(site)
    owner = await site.actor()
    ann = await site.person("安宁", app=bench.app.id)
    person = await fields.create(
        site.system, owner, bench.orders.id, FieldSpec(name="跟单", type="member", options={"many": True})
    )
    remark = {
        "field": bench.orders.field("备注").id,
        "value": {"kind": "literal", "value": "已催过一次"},
    }
    definition = {
        "name": "催单",
        "enabled": True,
        "trigger": {"kind": "button", "table": bench.orders.id},
        "steps": [{"config": {"kind": "update_record", "set": [remark]}}],
    }
    made = await automations.create(
        site.system, owner, bench.app.id, automations.read_definition(Problems(), definition)
    )
    options = {"automation": made.id, "icon": "bell", "color": "violet"}
    press = await fields.create(
        site.system, owner, bench.orders.id, FieldSpec(name="催一下", type="button", options=options)
    )
    order = await bench.order()
    patch = Patch(order.id, {person.id: [ann.id]})
    await write.apply(
        site.system, Change(table=bench.orders.id, actor=owner, source=Source("api"), updates=(patch,))
    )
    (workbench,) = (await site.system.catalogs.current()).app(bench.app.id).workbenches
    card = (person.id, press.id, *workbench.definition.card)
    await workbenches.update(site.system, owner, workbench.id, {"card": list(card)})

    page = await bench.open(f"?r={order.id}", language=language)
    await expect(page.locator(".wb-card .person")).to_have_text(re.compile("安宁"))
    button = page.locator(".wb-press").get_by_role("button", name="催一下")
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert await axe(page) == []
    await page.screenshot(path=shot(f"buttons/workbench-{language}"))
    await button.tap()
    await expect(page.locator(".wb-press [aria-busy=true]")).to_be_visible()

    async def done() -> bool:
        for run in (await relay(site.system)).runs:
            await execute(site.system, run)
        return await page.locator(".wb-press a.press-s.ok").is_visible()

    await until(done)
    await expect(page.locator(".wb-remark p")).to_have_text("已催过一次")
    await page.screenshot(path=shot(f"buttons/workbench-done-{language}"))
