"""People in cells and buttons that run automations: made by forms, used by keys, mouse and touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import tables
from builder.tables import TableSpec
from runtime import accounts
from runtime.accounts import Person
from runtime.catalog import Table
from tests.browser.support import Site, axe, shot
from tests.browser.test_field_types import (
    cell,
    change_field,
    choose_type,
    fill,
    new_field,
    open_table,
    spec,
    stored,
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
    await page.screenshot(path=shot("members/filter0"))
    await filter_.locator(".fb-value .sel-box").click()
    await expect(page.locator(".sel-list:popover-open .sel-i").first).to_contain_text("我")
    await page.screenshot(path=shot("members/filter"))
    await option(page, "谁在看就是谁").click()
    await expect(page.locator(".g-r")).to_have_count(1)
    await expect(cell(page, 0, 0)).to_have_text("补货")


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
    await option(page, "新建记录的人").click()
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
