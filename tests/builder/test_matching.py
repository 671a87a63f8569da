"""Look-ups and roll-ups without a link, made through the builder: by name, checked, kept, and taken along."""

from __future__ import annotations

from typing import Any

import pytest

from builder import drafts, fields, trash
from builder.drafts import Draft
from builder.wire import FieldPatch
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.errors import HuobiaoError, InvalidDefinition, RuleBroken
from runtime.records import read
from tests.builder.conftest import Desk, spec

PHONE = {"field": "手机号", "near": "手机号"}


@pytest.fixture
async def shop(desk: Desk) -> tuple[Table, Table]:
    """Customers and orders."""
    customers = await desk.table("客户", spec("姓名"), spec("手机号", "phone"), spec("生日", "date"))
    orders = await desk.table(
        "订单",
        spec("单号"),
        spec("手机号", "phone"),
        spec("金额", "currency"),
        spec("下单时间", "datetime"),
        spec("地址"),
        spec("状态", "single_select", choices=["完成", "退货"]),
        spec("标签", "multi_select", choices=["急单"]),
    )
    await desk.write(
        customers, {"姓名": "甲", "手机号": "13800000001"}, {"姓名": "乙", "手机号": "13800000002"}
    )
    await desk.write(
        orders,
        {
            "单号": "1",
            "手机号": "13800000001",
            "金额": 10,
            "下单时间": "2026-01-01 10:00",
            "地址": "东路",
            "状态": "完成",
        },
        {
            "单号": "2",
            "手机号": "13800000001",
            "金额": 20,
            "下单时间": "2026-01-03 10:00",
            "地址": "西路",
            "状态": "退货",
        },
    )
    return customers, orders


def match(*more: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"table": "订单", "pairs": [PHONE, *more], **given}


def said(error: HuobiaoError) -> list[tuple[str | None, str]]:
    return [(problem.path, problem.code) for problem in error.problems]


async def test_everything_may_be_named(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    await desk.field(customers, "单数", "rollup", match=match())
    await desk.field(
        customers,
        "退货额",
        "rollup",
        fn="sum",
        field="金额",
        match=match(),
        where={"kind": "condition", "field": "状态", "op": "is", "value": "退货"},
    )
    address = await desk.field(
        customers, "近址", "lookup", field="地址", match=match(), take="last", sorts=[{"field": "下单时间"}]
    )
    assert address.config.match.table == orders.id
    assert address.config.sorts[0].field == orders.field("下单时间").id
    assert await desk.rows(customers, "单数", "退货额", "近址") == [(2, 20, "西路"), (0, 0, None)]


async def test_functions_give_the_type_of_what_they_take(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, _ = shop
    last = await desk.field(customers, "最近下单", "rollup", fn="max", field="下单时间", match=match())
    state = await desk.field(
        customers, "最近状态", "rollup", fn="last", field="状态", match=match(), sorts=[{"field": "下单时间"}]
    )
    listed = await desk.field(customers, "金额们", "rollup", fn="list", field="金额", match=match())
    share = await desk.field(customers, "填址", "rollup", fn="share_filled", field="地址", match=match())
    assert [f.config.result for f in (last, state, listed, share)] == ["datetime", "text", "text", "number"]
    assert (await desk.rows(customers, "最近下单", "最近状态", "金额们", "填址"))[0] == (
        "2026-01-03T02:00:00Z", "退货", "10.00、20.00", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"table": "没有", "pairs": [PHONE]}, "options.match.table", "unknown_table"),
        ({"table": "订单", "pairs": []}, "options.match.pairs", "nothing_equal"),
        ({"table": "订单", "pairs": [{"field": "手机号", "near": "手机号", "op": "ne"}]}, "options.match.pairs", "nothing_equal"),
        (match({"field": "", "near": "姓名"}), "options.match.pairs.1.field", "field_missing"),
        (match({"field": "没有", "near": "姓名"}), "options.match.pairs.1.field", "unknown_field"),
        (match({"field": "金额", "near": "姓名"}), "options.match.pairs.1.near", "not_comparable"),
        (match({"field": "标签", "near": "姓名"}), "options.match.pairs.1.field", "not_for_match"),
        (match({"field": "地址", "near": "姓名", "op": "lt"}), "options.match.pairs.1.op", "no_order"),
        (match(windows=[{"field": "地址"}]), "options.match.windows.0.field", "not_a_date"),
        (match(windows=[{"field": "下单时间", "amount": 0}]), "options.match.windows.0.amount", "out_of_range"),
        (match(windows=[{"field": "下单时间", "near": "生日", "unit": "hour"}]), "options.match.windows.0.unit", "no_hours"),
    ],
)  # fmt: skip
async def test_what_cannot_match_is_refused_where_it_stands(
    desk: Desk, shop: tuple[Table, Table], given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        await desk.field(shop[0], "单数", "rollup", match=given)
    assert said(refused.value) == [(path, code)]


async def test_a_field_that_is_matched_by_is_not_turned_into_what_matches_nothing(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    customers, orders = shop
    await desk.field(customers, "单数", "rollup", match=match())
    with pytest.raises(RuleBroken) as refused:
        await desk.change(orders.field("手机号"), type="number")
    assert refused.value.error_code == "breaks_uses"
    assert "单数" in refused.value.problems[0].message.text()
    await desk.change(orders.field("手机号"), type="text")
    await desk.write(orders, {"单号": "3", "手机号": "13800000002"})
    assert await desk.rows(customers, "单数") == [2, 1]


async def test_what_a_far_field_becomes_the_value_becomes(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    field = await desk.field(
        customers, "最近金额", "rollup", fn="last", field="金额", match=match(), sorts=[{"field": "下单时间"}]
    )
    assert field.config.result == "number"
    await desk.change(orders.field("金额"), type="text")
    assert (await desk.catalog()).field(field.id).config.result == "text"
    assert await desk.rows(customers, "最近金额") == ["20.00", None]


async def test_it_goes_into_the_trash_with_what_it_matches_by_and_comes_back(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    customers, orders = shop
    counted = await desk.field(customers, "单数", "rollup", match=match())
    impact = await fields.deletion_impact(desk.system, desk.owner, orders.field("手机号").id)
    assert [use.name for use in impact.together] == ["单数"]
    impact = await fields.deletion_impact(desk.system, desk.owner, customers.field("手机号").id)
    assert [use.name for use in impact.together] == ["单数"]
    await fields.delete(desk.system, desk.owner, orders.field("手机号").id, confirmed=True)
    assert counted.id not in (await desk.again(customers)).by_id
    await desk.write(orders, {"单号": "9"})
    await trash.restore(desk.system, desk.owner, orders.field("手机号").id)
    assert await desk.rows(customers, "单数") == [2, 0]


async def test_its_indexes_are_there_at_once(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    window = {"field": "下单时间", "near": "生日", "amount": 90}
    await desk.field(customers, "单数", "rollup", match=match(windows=[window]))
    rows = await desk.system.db.fetch(
        "SELECT i.table_id, i.columns FROM meta.table_index i JOIN pg_index x"
        " ON x.indexrelid = to_regclass('data.x' || i.id) WHERE i.state = 'ready' AND x.indisvalid ORDER BY 1"
    )
    assert [(row["table_id"], row["columns"][:2]) for row in rows] == [
        (customers.number, [customers.field("手机号").column, customers.field("生日").column]),
        (orders.number, [orders.field("手机号").column, orders.field("下单时间").column]),
    ]


async def look(desk: Desk, table: Table, type_: str, **options: Any) -> Draft:
    return await drafts.look_at(desk.system, desk.owner, table.id, type_, options)


async def test_a_draft_shows_what_it_would_be_worth(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, _ = shop
    draft = await look(desk, customers, "rollup", fn="sum", field="金额", match=match())
    assert [(e.name, e.text) for e in draft.examples] == [("甲", "30"), ("乙", "0")], (
        "what is worth something first"
    )
    assert (draft.result, draft.uses_clock) == ("number", False)
    draft = await look(desk, customers, "rollup", match=match(windows=[{"field": "下单时间"}]))
    assert draft.uses_clock
    draft = await look(desk, customers, "lookup", field="", match=match())
    assert [(p.path, p.code) for p in draft.problems] == [("options.field", "unknown_field")]


async def test_a_circle_is_refused_with_its_path(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    counted = await desk.field(customers, "单数", "rollup", match=match())
    back = {"table": "客户", "pairs": [PHONE]}
    await desk.field(orders, "客户单数", "rollup", fn="sum", field="单数", match=back)
    with pytest.raises(InvalidDefinition) as refused:
        await desk.change(counted, options={"fn": "sum", "field": "客户单数", "match": match()})
    assert refused.value.error_code == "cycle"
    assert "单数 → 客户单数 → 单数" in refused.value.message.text()


async def test_a_link_and_a_match_exclude_each_other(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    link = await desk.field(customers, "订单", "link", table="订单")
    field = await desk.field(customers, "单数", "rollup", link=link.id)
    field = await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"match": match()}))
    assert (field.config.link, field.config.match is None) == (None, False)
    assert await desk.rows(customers, "单数") == [2, 0]
    field = await fields.update(
        desk.system, desk.owner, field.id, FieldPatch(options={"match": None, "link": link.id})
    )
    assert await desk.rows(customers, "单数") == [0, 0]


async def test_look_ups_through_a_link_take_conditions_and_an_order_too(
    desk: Desk, shop: tuple[Table, Table]
) -> None:
    customers, _ = shop
    await desk.field(customers, "订单", "link", table="订单")
    orders = (await desk.catalog()).table(shop[1].id)
    ids = [record.id for record in (await read.page(desk.system, desk.owner, orders.id, Query())).records]
    first = (await read.page(desk.system, desk.owner, customers.id, Query())).records[0].id
    await desk.set(customers, first, 订单=ids)
    newest = [{"field": "下单时间", "descending": True}]
    done = {"kind": "condition", "field": "状态", "op": "is", "value": "完成"}
    await desk.field(customers, "从新到旧", "lookup", link="订单", field="地址", sorts=newest)
    await desk.field(customers, "最新", "lookup", link="订单", field="地址", sorts=newest, take="first")
    await desk.field(customers, "完成的", "lookup", link="订单", field="地址", where=done)
    await desk.field(customers, "一个", "lookup", link="订单", field="地址", limit=1)
    await desk.field(customers, "最后金额", "rollup", link="订单", fn="last", field="金额")
    assert (await desk.rows(customers, "从新到旧", "最新", "完成的", "一个", "最后金额"))[0] == (
        "西路、东路", "西路", "东路", "东路", 20,
    )  # fmt: skip
    await desk.set(orders, ids[0], 状态="退货", 下单时间="2026-02-01 10:00")
    assert (await desk.rows(customers, "从新到旧", "最新", "完成的"))[0] == ("东路、西路", "东路", None)


async def test_a_field_of_another_type_has_its_index_again(desk: Desk, shop: tuple[Table, Table]) -> None:
    customers, orders = shop
    await desk.field(customers, "单数", "rollup", match=match())
    column = orders.field("手机号").column
    await desk.change(orders.field("手机号"), type="text")
    plan = await desk.system.db.fetch(
        "SELECT pg_get_indexdef(x.indexrelid) AS said FROM pg_index x WHERE x.indrelid = $1::text::regclass",
        orders.sql,
    )
    assert [row["said"] for row in plan if f"hash ({column})" in row["said"]], plan
    assert await desk.rows(customers, "单数") == [2, 0]
