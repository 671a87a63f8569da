"""Computed fields: stored, and right after every kind of change."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from runtime.catalog import bump
from runtime.definitions.fields import (
    Choice,
    Currency,
    Date,
    DateTime,
    FieldDef,
    Formula,
    Link,
    Lookup,
    Number,
    Rollup,
    SingleSelect,
    Text,
)
from runtime.definitions.queries import AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.records import computed, read
from runtime.system import System
from tests.support.world import EDITOR, World, named


async def _value(system: System, table: object, record: str, field: str) -> object:
    return named(table, (await read.get(system, EDITOR, record)).fields)[field]  # type: ignore[arg-type]


async def test_a_formula_follows_its_fields_and_errors_are_values(world: World) -> None:
    table = await world.table(
        "库存", {"名称": Text(), "在库": Number(), "预占": Number(), "可用": Formula("{在库}-{预占}", "number"),
                "比例": Formula("{预占}/{在库}", "number")},
    )  # fmt: skip
    (record,) = await world.create(table, {"名称": "红-S", "在库": 10, "预占": 3})
    assert await _value(world.system, table, record, "可用") == 7
    await world.patch(record, {"在库": 0}, table)
    assert await _value(world.system, table, record, "可用") == -3
    assert await _value(world.system, table, record, "比例") == {"error": "#DIV/0!"}


async def test_roll_ups_and_look_ups_follow_values_links_trash_and_chains(world: World) -> None:
    """Through a formula on top of a roll-up, on new links, edits, moved links, trash and restore."""
    customers = await world.table("客户", {"姓名": Text()})
    orders = await world.table(
        "订单",
        {
            "单号": Text(),
            "金额": Currency(),
            "渠道": SingleSelect((Choice(1, "淘宝"), Choice(2, "抖音"))),
            "客户": Link(customers.id, many=False),
        },
    )
    customers = (await world.catalog()).table(customers.id)
    back = next(f for f in customers.fields if f.type == "link")
    async with world.system.db.transaction() as tx:
        await bump(tx)
        number = customers.number
        for name, config in (
            ("总额", Rollup(back.id, "sum", orders.field("金额").id)),
            ("抖音单数", Rollup(back.id, "count", None, Condition(orders.field("渠道").id, "is", "抖音"))),
            ("单号们", Lookup(back.id, orders.field("单号").id)),
        ):
            await world._field(tx, number, FieldDef(name, config), {})
    customers = (await world.catalog()).table(customers.id)
    async with world.system.db.transaction() as tx:
        await bump(tx)
        names = {f.name: f.id for f in customers.fields}
        await world._field(tx, number, FieldDef("双倍", Formula("{总额}*2", "number")), names)
    customers = (await world.catalog()).table(customers.id)
    a, b = await world.create(customers, {"姓名": "甲"}, {"姓名": "乙"})
    one, two = await world.create(
        orders,
        {"单号": "1", "金额": 10, "渠道": "抖音", "客户": a},
        {"单号": "2", "金额": 5.5, "渠道": "淘宝", "客户": a},
    )

    async def state(customer: str) -> tuple[object, ...]:
        fields = named(customers, (await read.get(world.system, EDITOR, customer)).fields)
        return fields["总额"], fields["抖音单数"], fields["单号们"], fields["双倍"]

    assert await state(a) == (15.5, 1, "1、2", 31)
    assert await state(b) == (0, 0, None, 0)
    await world.patch(two, {"渠道": "抖音", "金额": 6}, orders)
    assert await state(a) == (16, 2, "1、2", 32)
    await world.patch(one, {"客户": b}, orders)
    assert (await state(a), await state(b)) == ((6, 1, "2", 12), (10, 1, "1", 20))
    await world.change(orders, deletes=(one,))
    assert await state(b) == (0, 0, None, 0)
    await world.change(orders, restores=(one,))
    assert await state(b) == (10, 1, "1", 20)
    async with world.system.db.transaction() as tx:
        for field in customers.fields:
            if field.computed:
                catalog = await world.catalog()
                context = computed.Context()
                assert await computed.recompute(tx, catalog, context, field, None) == set(), field.name


async def test_what_the_clock_changes_is_right_whenever_it_is_read(world: World) -> None:
    """Time passes without a write: here the dates are moved behind the product's back instead."""
    customers = await world.table("客户", {"姓名": Text()})
    orders = await world.table(
        "订单",
        {
            "单号": Text(),
            "下单": DateTime(),
            "发货期限": Date(),
            "客户": Link(customers.id, many=False),
            "逾期": Formula('IF({发货期限}<TODAY(),"逾期","")', "text"),
            "标签": Formula("{单号}&{逾期}", "text"),
        },
    )
    customers = (await world.catalog()).table(customers.id)
    back = next(f for f in customers.fields if f.type == "link")
    when = orders.field("下单").id
    async with world.system.db.transaction() as tx:
        await bump(tx)
        for name, config in (
            ("近90天", Rollup(back.id, "count", None, Condition(when, "newer_than", {"amount": 90, "unit": "day"}))),
            ("逾期单", Rollup(back.id, "count_filled", orders.field("逾期").id)),
        ):  # fmt: skip
            await world._field(tx, customers.number, FieldDef(name, config), {})
        counted = (await world.catalog()).table(customers.id).field("近90天")
        regular = Formula(f"{{{counted.id}}}>=2", "boolean")
        await world._field(tx, customers.number, FieldDef("常客", regular), {})
    customers = (await world.catalog()).table(customers.id)
    (who,) = await world.create(customers, {"姓名": "甲"})
    await world.create(
        orders,
        {"单号": "A", "下单": datetime.now(UTC).isoformat(), "发货期限": "2999-01-01", "客户": [who]},
        {"单号": "B", "下单": "2020-01-01 10:00", "发货期限": "2999-01-01", "客户": [who]},
    )
    seen = named(customers, (await read.get(world.system, EDITOR, who)).fields)
    assert (seen["近90天"], seen["逾期单"], seen["常客"]) == (1, 0, False)

    moment, limit = orders.field("下单").column, orders.field("发货期限").column
    await world.system.db.execute(f"UPDATE {orders.sql} SET {moment} = now(), {limit} = '2020-01-01'")

    seen = named(customers, (await read.get(world.system, EDITOR, who)).fields)
    assert (seen["近90天"], seen["逾期单"], seen["常客"]) == (2, 2, True)
    # it filters, sorts, groups and counts like any other field
    late = Condition(orders.field("标签").id, "ends_with", "逾期")
    query = Query(where=late, sorts=(Sort(orders.field("标签").id, True),), limit=1)
    page = await read.page(world.system, EDITOR, orders.id, query)
    assert named(orders, page.records[0].fields)["标签"] == "B逾期"
    rest = await read.page(
        world.system, EDITOR, orders.id, msgspec.structs.replace(query, cursor=page.next_cursor)
    )
    assert [named(orders, r.fields)["标签"] for r in rest.records] == ["A逾期"]
    groups = await read.aggregate(
        world.system, EDITOR, orders.id, AggregateQuery(groups=(GroupLevel(orders.field("逾期").id),))
    )
    assert [(g.keys, g.values) for g in groups] == [(("逾期",), (2,))]
    linked = await read.linked(world.system, EDITOR, who, back.id)
    assert {named(orders, r.fields)["逾期"] for r in linked.records} == {"逾期"}
