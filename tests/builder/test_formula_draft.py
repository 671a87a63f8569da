"""A formula while it is typed: marked where it is wrong, calculated on real records where it is right."""

from __future__ import annotations

import pytest

from builder import formula_draft
from builder.formula_draft import Draft
from runtime.catalog import Table
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def orders(desk: Desk) -> Table:
    table = await desk.table(
        "订单", spec("单号"), spec("实付", "currency"), spec("双倍", "formula", source="{实付}*2")
    )
    await desk.write(table, {"单号": "A1", "实付": 10}, {"单号": "A2"})
    return table


async def look(desk: Desk, table: Table, source: str, **given: str) -> Draft:
    return await formula_draft.look_at(desk.system, desk.owner, table.id, source, **given)  # type: ignore[arg-type]


async def test_a_sound_formula_shows_what_it_gives(desk: Desk, orders: Table) -> None:
    draft = await look(desk, orders, 'IF({实付}>5, "大", "小")')
    assert (draft.problem, draft.result, draft.uses_clock) == (None, "text", False)
    assert [(e.name, e.text, e.error) for e in draft.examples] == [("A2", "小", None), ("A1", "大", None)]
    draft = await look(desk, orders, "100/{实付}")
    assert [(e.name, e.text, e.error) for e in draft.examples] == [("A2", "", "#DIV/0!"), ("A1", "10", None)]


async def test_a_fault_is_marked_in_what_was_typed(desk: Desk, orders: Table) -> None:
    source = "{实付} + {没有}"
    draft = await look(desk, orders, source)
    assert draft.problem is not None
    assert draft.problem.code == "formula_field"
    assert source[draft.start : draft.end] == "{没有}"
    assert draft.examples == ()


async def test_the_field_itself_is_out_of_reach(desk: Desk, orders: Table) -> None:
    own = orders.field("双倍").id
    assert (await look(desk, orders, "{双倍}+1")).problem is None
    assert (await look(desk, orders, "{双倍}+1", own=own)).problem is not None


async def test_one_record_can_be_asked_for(desk: Desk, orders: Table) -> None:
    first, _ = await desk.write(orders, {"单号": "B1", "实付": 1}, {"单号": "B2", "实付": 2})
    draft = await look(desk, orders, "{实付}+1", record=first)
    assert [(e.record, e.text) for e in draft.examples] == [(first, "2")]


async def test_what_depends_on_the_clock_says_so(desk: Desk, orders: Table) -> None:
    assert (await look(desk, orders, "YEAR(TODAY())")).uses_clock


async def test_it_is_shown_on_records_where_it_gives_something(desk: Desk) -> None:
    remarks = await desk.table("客服单", spec("单号"), spec("备注", "long_text"))
    await desk.write(
        remarks,
        {"单号": "A1", "备注": "要发票"},
        {"单号": "A2"},
        {"单号": "A3"},
        {"单号": "A4"},
        {"单号": "A5"},
    )
    draft = await look(desk, remarks, 'KEYWORDS({备注}, "要发票:发票")')
    assert [(e.name, e.text) for e in draft.examples] == [("A1", "要发票"), ("A5", ""), ("A4", "")]
