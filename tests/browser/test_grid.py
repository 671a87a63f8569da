"""The grid as a person uses it: typing (also Chinese), refusals, the clipboard, undo, many rows, two people, no network."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from runtime.catalog import Table
from runtime.definitions.fields import (
    AutoNumber,
    Checkbox,
    Choice,
    Currency,
    Link,
    LongText,
    MultiSelect,
    Phone,
    SingleSelect,
    Text,
)
from runtime.definitions.queries import Query
from runtime.definitions.states import State, StateMachine, Transition
from runtime.records import read
from tests.browser.support import Site, axe, shot, until
from tests.support.world import EDITOR, named

STATES = tuple(
    Choice(number, name, color)
    for number, (name, color) in enumerate(
        [("待支付", "cyan"), ("已支付", "blue"), ("审核中", "amber"), ("已完成", "green")], 1
    )
)
MACHINE = StateMachine((1, 2), (Transition(1, 2), Transition(2, 3), Transition(3, 4)), (State(4, "done"),))
NUMBER, STATE, CUSTOMER, PHONE, DUE, TAGS, NOTE, INVOICED = range(8)


class Grid:
    """The grid of a page: cells by row and column, both from 0."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def cell(self, row: int, column: int) -> Locator:
        return self.page.locator(f"#g-{row}-{column}")

    async def type(self, row: int, column: int, text: str, then: str = "Enter") -> None:
        await self.cell(row, column).click()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press(then)

    async def active(self) -> tuple[int, int]:
        at: dict[str, int] = await self.page.evaluate("document.querySelector('hb-grid').selection.active")
        return at["row"], at["column"]


async def orders(site: Site, count: int) -> Table:
    """A table of ``count`` orders, newest state first in the list of choices."""
    customers = await site.world.table("客户", {"姓名": Text()})
    await site.world.create(customers, {"姓名": "周雨桐"}, {"姓名": "赵敏"})
    table = await site.world.table(
        "主订单池",
        {
            "订单 ID": AutoNumber(),
            "订单状态": SingleSelect(STATES, MACHINE),
            "客户": Link(table=customers.id, many=False),
            "客户手机号": Phone(),
            "应付金额": Currency(),
            "关键词": MultiSelect((Choice(1, "急单", "red"), Choice(2, "门卫", "teal"))),
            "备注": LongText(),
            "已开票": Checkbox(),
        },
    )
    for start in range(0, count, 1000):
        numbers = range(start, min(start + 1000, count))
        rows = [
            {"订单状态": "已支付", "客户手机号": f"138{number:08d}", "应付金额": number} for number in numbers
        ]
        await site.world.create(table, *rows)
    return table


async def dues(site: Site, table: Table) -> list[Any]:
    """The amounts as they are stored, in the order of the rows."""
    page = await read.page(site.system, EDITOR, table.id, Query())
    return [named(table, record.fields)["应付金额"] for record in page.records]


async def open_grid(site: Site, table: Table, person: Any = None, **options: Any) -> Grid:
    page = await site.open(f"/t/{table.id}", person, **options)
    await expect(page.locator("#g-0-1")).not_to_be_empty()
    return Grid(page)


async def test_typing_replaces_and_enter_goes_down(site: Site) -> None:
    table = await orders(site, 5)
    grid = await open_grid(site, table)
    await grid.type(1, DUE, "¥1,299.5")
    await expect(grid.cell(1, DUE)).to_have_text("1,299.50")
    assert await grid.active() == (2, DUE)
    await grid.page.keyboard.press("F2")
    await grid.page.keyboard.type("9")
    await grid.page.keyboard.press("Tab")
    await expect(grid.cell(2, DUE)).to_have_text("29.00")
    assert await grid.active() == (2, TAGS)

    async def stored() -> bool:
        return (await dues(site, table))[1:3] == [1299.5, 29]

    await until(stored)


async def test_chinese_is_typed_straight_into_a_cell(site: Site) -> None:
    grid = await open_grid(site, await orders(site, 3))
    await grid.cell(0, NOTE).click()
    input_method = await grid.page.context.new_cdp_session(grid.page)
    key = {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229}
    await input_method.send("Input.dispatchKeyEvent", key)
    composing = {"text": "qing", "selectionStart": 4, "selectionEnd": 4}
    await input_method.send("Input.imeSetComposition", composing)
    await input_method.send("Input.insertText", {"text": "请放门卫"})
    await grid.page.keyboard.press("Enter")
    await expect(grid.cell(0, NOTE)).to_have_text("请放门卫")


async def test_a_refused_value_stays_with_its_reason(site: Site) -> None:
    table = await orders(site, 3)
    grid = await open_grid(site, table)
    await grid.type(1, PHONE, "186001")
    await grid.cell(1, PHONE).click()
    reason = grid.page.locator(".g-why")
    await expect(reason).to_contain_text("11 位")
    await grid.page.screenshot(path=shot("grid/refused"))
    await expect(grid.cell(1, PHONE)).to_contain_text("186001")
    await reason.get_by_text("恢复原值").click()
    await expect(grid.cell(1, PHONE)).to_have_text("138 0000 0001")
    await expect(reason).to_be_hidden()


async def test_a_state_offers_only_its_moves(site: Site) -> None:
    grid = await open_grid(site, await orders(site, 3))
    await grid.cell(0, STATE).dblclick()
    options = grid.page.locator(".sel-list:popover-open [role=option]")
    await expect(options).to_have_text(["已支付", "审核中"])
    await grid.page.keyboard.press("ArrowDown")
    await grid.page.keyboard.press("Enter")
    await expect(grid.cell(0, STATE)).to_have_text("审核中")


async def test_links_are_chosen_in_a_dialog_and_ticks_by_a_click(site: Site) -> None:
    grid = await open_grid(site, await orders(site, 3))
    await grid.cell(0, CUSTOMER).dblclick()
    dialog = grid.page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("赵")
    await dialog.get_by_role("option", name="赵敏").click()
    await expect(grid.cell(0, CUSTOMER)).to_have_text("赵敏")
    # and one goes on typing where one likes
    await grid.type(0, DUE, "66")
    await expect(grid.cell(0, DUE)).to_have_text("66.00")
    await grid.cell(0, INVOICED).locator(".ck").click()
    await expect(grid.cell(0, INVOICED).locator(".ck")).to_have_class("ck on")


async def test_cells_come_from_excel_and_bad_ones_do_not_sink_the_rest(site: Site) -> None:
    table = await orders(site, 4)
    grid = await open_grid(site, table)
    await grid.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sheet = "13900001111\t¥1,299.00\t急单\r\n12\t88\t门卫\r\n"
    await grid.page.evaluate("text => navigator.clipboard.writeText(text)", sheet)
    await grid.cell(1, PHONE).click()
    await grid.page.keyboard.press("Control+v")
    await expect(grid.cell(1, TAGS)).to_have_text("急单")
    await expect(grid.cell(2, DUE)).to_have_text("88.00")
    await expect(grid.cell(2, PHONE)).to_have_class(r"g-c bad in in-b in-l")
    await expect(grid.page.locator(".toast")).to_contain_text("已粘贴 5 格")
    await grid.page.locator(".toast .u").click()
    await expect(grid.cell(1, PHONE)).to_have_text("138 0000 0001")
    await grid.cell(0, PHONE).click()
    await grid.page.keyboard.press("Shift+ArrowRight")
    await grid.page.keyboard.press("Control+c")
    assert await grid.page.evaluate("navigator.clipboard.readText()") == "13800000000\t0"


async def test_undo_and_redo_by_key(site: Site) -> None:
    grid = await open_grid(site, await orders(site, 3))
    await grid.type(0, DUE, "77")
    # at once: what is undone is this, although it may still be on its way
    await grid.page.keyboard.press("Control+z")
    await expect(grid.cell(0, DUE)).to_have_text("0.00")
    await grid.page.keyboard.press("Control+y")
    await expect(grid.cell(0, DUE)).to_have_text("77.00")


@pytest.mark.slow
async def test_every_row_can_be_reached(site: Site) -> None:
    grid = await open_grid(site, await orders(site, 3000))
    await expect(grid.page.locator(".g-foot")).to_contain_text("3,000 条")
    await grid.cell(0, DUE).click()
    await grid.page.keyboard.press("Control+ArrowDown")
    await expect(grid.cell(2999, DUE)).to_have_text("2,999.00")
    await grid.page.evaluate("document.querySelector('.g-scroll').scrollTop = 32 * 1500")
    await expect(grid.cell(1510, DUE)).to_have_text("1,510.00")
    held = await grid.page.locator(".g-r").count()
    assert held < 80, "only what is in sight has elements"


async def test_two_people_see_each_others_edits(site: Site) -> None:
    table = await orders(site, 3)
    one, other = await open_grid(site, table), await open_grid(site, table, await site.person("王强"))
    await expect(one.page.locator(".live")).to_have_text("实时")
    # a flash is over when the row is drawn again, so it is watched from before
    await other.page.evaluate(
        """() => new MutationObserver(() => { window.flashed ??= document.querySelector('.g-c.flash')?.id; })
            .observe(document.querySelector('hb-grid'), { subtree: true, attributeFilter: ['class'] })"""
    )
    await one.type(2, DUE, "42")
    await expect(other.cell(2, DUE)).to_have_text("42.00")
    await other.page.wait_for_function(f"window.flashed === 'g-2-{DUE}'")


async def test_without_network_nothing_typed_is_lost(site: Site) -> None:
    site.tolerate("ERR_INTERNET_DISCONNECTED")
    table = await orders(site, 3)
    grid = await open_grid(site, table)
    await grid.page.context.set_offline(True)
    await grid.type(0, DUE, "66")
    banner = grid.page.locator(".offline")
    await expect(banner).to_contain_text("1 处修改")
    await expect(grid.cell(0, DUE)).to_have_text("66")
    await grid.page.screenshot(path=shot("grid/offline"))
    await grid.page.context.set_offline(False)
    await expect(grid.cell(0, DUE)).to_have_text("66.00")
    await expect(banner).to_be_hidden()
    assert (await dues(site, table))[0] == 66


async def test_a_viewer_changes_nothing_and_is_told_why(site: Site) -> None:
    table = await orders(site, 3)
    grid = await open_grid(site, table, await site.person("小雨", "viewer"))
    await grid.type(0, DUE, "5")
    await expect(grid.page.locator(".toast")).to_contain_text("没有修改权限")
    await grid.page.keyboard.press("Delete")
    await expect(grid.cell(0, DUE)).to_have_text("0.00")
    await expect(grid.page.locator(".g-addrow")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
async def test_axe_finds_nothing_serious(site: Site, dark: bool) -> None:
    grid = await open_grid(site, await orders(site, 20), dark=dark)
    await grid.cell(0, DUE).click()
    await grid.page.screenshot(path=shot(f"grid/{'dark' if dark else 'light'}"))
    assert await axe(grid.page) == []


async def test_fields_are_named_as_people_named_them(site: Site) -> None:
    table = await orders(site, 1)
    grid = await open_grid(site, table)
    heads = grid.page.locator(".g-hc[data-field]")
    assert await heads.all_inner_texts() == [field.name for field in table.fields]
