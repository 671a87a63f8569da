"""Formulas that read fields of linked records: a list through a link to several, one value through a link to one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builder import fields, formula_draft
from builder.wire import field_json
from runtime import formulas
from runtime.catalog import Table
from runtime.errors import InvalidDefinition
from runtime.fieldtypes import Context
from runtime.records import computed
from runtime.records.change import Patch
from runtime.records.dependents import graph
from runtime.storage.computed import far_fields
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def shop(desk: Desk) -> tuple[Table, Table]:
    """Customers, and orders that point at one of them."""
    customers = await desk.table(
        "客户", spec("姓名"), spec("等级", "single_select", choices=["普通", "忠诚"]), spec("折扣", "percent")
    )
    orders = await desk.table("订单", spec("单号"), spec("金额", "currency"), spec("日期", "date"))
    await desk.field(
        orders, "客户", "link", table="客户", many=False, two_way=True, inverse_name="订单", inverse_many=True
    )
    return await desk.again(customers), await desk.again(orders)


async def test_they_follow_values_links_trash_and_chains(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    a, b = await desk.write(
        customers, {"姓名": "甲", "等级": "忠诚", "折扣": 0.1}, {"姓名": "乙", "等级": "普通"}
    )
    total = await desk.field(customers, "总额", "formula", source="SUM({订单.金额})")
    assert total.config.result == "number"
    await desk.field(customers, "单号们", "formula", source='ARRAYJOIN({订单.单号},"/")')
    paid = await desk.field(
        orders, "实付", "formula", source='IF({客户.等级}="忠诚",{金额}*(1-{客户.折扣}),{金额})'
    )
    await desk.field(customers, "实付额", "formula", source="SUM({订单.实付})")
    one, two = await desk.write(
        orders, {"单号": "1", "金额": 100, "客户": a}, {"单号": "2", "金额": 50.5, "客户": a}
    )
    assert await desk.rows(customers, "总额", "单号们", "实付额") == [(150.5, "1/2", 135.45), (0, None, 0)]
    assert await desk.rows(orders, "实付") == [90, 45.45]
    await desk.set(customers, a, 折扣=0.5)
    assert await desk.rows(customers, "实付额") == [75.25, 0]
    await desk.set(orders, two, 客户=b)
    assert await desk.rows(customers, "总额", "单号们", "实付额") == [(100, "1", 50), (50.5, "2", 50.5)]
    await desk.store(orders, deletes=(one,))
    assert await desk.rows(customers, "总额", "实付额") == [(0, 0), (50.5, 50.5)]
    await desk.store(orders, restores=(one,))
    assert await desk.rows(customers, "总额", "实付额") == [(100, 50), (50.5, 50.5)]
    assert paid.config.source.count("fld") == 6
    await _nothing_is_stale(desk)


async def _nothing_is_stale(desk: Desk) -> None:
    catalog = await desk.catalog()
    context = Context(zone=(await desk.app()).zone)
    async with desk.system.db.transaction() as tx:
        for one in graph(catalog).order:
            assert await computed.recompute(tx, catalog, context, one, None) == set(), one.name


async def test_errors_come_through_a_link_to_one(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    (a,) = await desk.write(customers, {"姓名": "甲"})
    await desk.field(customers, "坏", "formula", source="1/0")
    await desk.field(orders, "好", "formula", source='IFERROR({客户.坏},"没法算")')
    await desk.field(orders, "还坏", "formula", source="{客户.坏}+1")
    await desk.write(orders, {"单号": "1", "客户": a}, {"单号": "2"})
    assert await desk.rows(orders, "好", "还坏") == [("没法算", {"error": "#DIV/0!"}), (None, 1)]


async def test_they_are_stored_by_id_shown_by_name_and_taken_along(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    customers, orders = shop
    total = await desk.field(customers, "总额", "formula", source="SUM({订单.金额})")
    await desk.change(orders.field("金额"), name="应付")
    await desk.change(customers.field("订单"), name="他的订单")
    customers = await desk.again(customers)
    shown = field_json(customers.field("总额"), customers, tables=(await desk.app()).tables)
    assert shown["options"]["source"] == "SUM({他的订单.应付})"
    impact = await fields.deletion_impact(desk.system, desk.owner, orders.field("金额").id)
    assert [use.id for use in impact.together] == [total.id]
    impact = await fields.deletion_impact(desk.system, desk.owner, customers.field("他的订单").id)
    assert total.id in [use.id for use in impact.together]


async def test_a_fault_names_what_is_near_and_a_circle_is_refused(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    customers, orders = shop
    draft = await formula_draft.look_at(desk.system, desk.owner, customers.id, "SUM({订单.金客})")
    assert draft.problem is not None
    assert "订单.金额" in draft.problem.message.text()
    total = await desk.field(customers, "总额", "formula", source="SUM({订单.金额})")
    await desk.field(orders, "客户总额", "formula", source="{客户.总额}")
    with pytest.raises(InvalidDefinition) as refused:
        await desk.change(total, options={"source": "SUM({订单.客户总额})"})
    assert refused.value.error_code == "cycle"
    assert "总额 → 客户总额 → 总额" in refused.value.message.text()


SOURCES = (
    "SUM({订单.金额})",
    "AVERAGE({订单.金额})",
    "MAX({订单.金额})-MIN({订单.金额})",
    "COUNT({订单.金额})",
    "COUNTA({订单.单号})",
    'ARRAYJOIN(SORT({订单.金额}),";")',
    'COUNTIF({订单.金额},">10")',
    "LAST({订单.日期})",
    'IF(CONTAINS({订单.单号},"a"),FIRST({订单.金额})*2,"无")',
    "{订单.金额}&\"\"",
    "COUNTA(UNIQUE({订单.单号}))/COUNT({订单.金额})",
)  # fmt: skip
AMOUNTS = st.sampled_from([None, 0, 1, 10, 10.5, 99.99, -3])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "单号": st.sampled_from([None, "a", "A", "b、c"]),
            "金额": AMOUNTS,
            "日期": st.sampled_from([None, "2026-01-31", "2024-02-29"]),
        }
    ),
    max_size=4,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(rows=ROWS)
async def test_both_back_ends_agree(
    desk: Desk, shop: tuple[Table, Table], rows: list[dict[str, Any]]
) -> None:
    customers, orders = shop
    if "公式0" not in (await desk.again(customers)).by_name:
        for index, source in enumerate(SOURCES):
            await desk.field(customers, f"公式{index}", "formula", source=source)
    await desk.system.db.execute(f"DELETE FROM {customers.sql}")
    (who,) = await desk.write(customers, {"姓名": "甲"})
    if rows:
        await desk.write(orders, *({**row, "客户": who} for row in rows))
    catalog, customers = await desk.catalog(), await desk.again(customers)
    paths = far_fields(catalog, customers)
    values: dict[str, Any] = {}
    for key, path in paths.items():
        items = [_text(row.get(path.far.name)) for row in rows if row.get(path.far.name) is not None]
        values[key] = tuple(items) or None
    infos = {key: path.info for key, path in paths.items()}
    zone = (await desk.app()).zone
    (stored,) = await desk.rows(customers, "姓名", *(f"公式{n}" for n in range(len(SOURCES))))
    for source, got in zip(SOURCES, stored[1:], strict=True):
        expected = formulas.evaluate(formulas.check(source, infos), values, zone=zone)
        assert _same(got, expected), (source, got, expected, rows)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else f"{Decimal(str(value)).normalize():f}"


def _same(got: Any, expected: Any) -> bool:
    if isinstance(expected, formulas.FormulaError):
        return bool(got == {"error": expected.code})
    if isinstance(expected, Decimal):
        return Decimal(str(got)) == expected or abs(Decimal(str(got)) - expected) < Decimal("1e-12")
    return (got or None) == (expected or None)


async def test_a_look_up_is_read_record_by_record(desk: Desk, shop: tuple[Table, Table]) -> None:
    """A value that holds the mark between values is one item, and a change that leaves the joined text alone is seen."""
    customers, orders = shop
    (a,) = await desk.write(customers, {"姓名": "甲"})
    back = customers.field("订单").id
    await desk.field(customers, "单号们", "lookup", link=back, field="单号")
    await desk.field(customers, "几个", "formula", source="COUNTA({单号们})")
    pair = {"field": "日期", "near": "日子"}
    await desk.field(customers, "日子", "date")
    match = {"table": "订单", "pairs": [pair]}
    await desk.field(customers, "当天单号", "lookup", field="单号", match=match, limit=5)
    await desk.field(customers, "当天第一", "formula", source="FIRST({当天单号})&COUNTA({当天单号})")
    await desk.set(customers, a, 日子="2026-01-01")
    one, two = await desk.write(
        orders, {"单号": "x、y", "客户": a, "日期": "2026-01-01"}, {"客户": a, "日期": "2026-01-01"}
    )
    assert await desk.rows(customers, "单号们", "几个", "当天第一") == [("x、y", 1, "x、y1")]
    await desk.store(orders, updates=(Patch(one, {"单号": "x"}), Patch(two, {"单号": "y"})))
    assert await desk.rows(customers, "单号们", "几个", "当天第一") == [("x、y", 2, "x2")]
    await _nothing_is_stale(desk)


async def test_a_link_without_a_field_behind_it_is_said_to_be_one(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        await desk.field(shop[1], "谁", "formula", source='"给"&{客户}')
    (problem,) = refused.value.problems
    assert problem.message.text() == "「客户」是关联字段,后面加点号和那边的字段,例如 {客户.姓名}"
