"""Links: two ends, one or many, taken apart and put together again."""

from __future__ import annotations

import pytest

from builder import fields, trash
from runtime.catalog import Table
from runtime.errors import InvalidDefinition, RuleBroken
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def pair(desk: Desk) -> tuple[Table, Table]:
    customers = await desk.table("客户", spec("姓名"))
    orders = await desk.table("订单", spec("单号"), spec("客户", "link", table="客户", many=False))
    return await desk.again(customers), orders


async def test_the_other_end_is_named_after_this_table(desk: Desk, pair: tuple[Table, Table]) -> None:
    customers, orders = pair
    assert customers.field("订单").config.many  # type: ignore[union-attr]
    again = await desk.field(orders, "介绍人", "link", table="客户", many=False)
    inverse = (await desk.catalog()).field(again.config.inverse)  # type: ignore[union-attr]
    assert inverse.name == "订单 2"


async def test_a_taken_name_for_the_other_end_is_refused(desk: Desk, pair: tuple[Table, Table]) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await desk.field(pair[1], "推荐", "link", table="客户", inverse_name="姓名")
    assert raised.value.problems[0].path == "options.inverse_name"


async def test_a_link_may_stay_one_way_and_become_two_way_later(
    desk: Desk, pair: tuple[Table, Table]
) -> None:
    customers, orders = pair
    (zhou,) = await desk.write(customers, {"姓名": "周雨桐"})
    field = await desk.field(orders, "推荐", "link", table="客户", two_way=False)
    await desk.write(orders, {"单号": "1", "推荐": [zhou]})
    assert len((await desk.again(customers)).fields) == 2
    await desk.change(field, options={"two_way": True, "inverse_name": "推荐来的"})
    (row,) = await desk.rows(customers, "推荐来的")
    assert [item["name"] for item in row] == ["1"]


async def test_one_is_only_possible_where_nobody_has_several(desk: Desk, pair: tuple[Table, Table]) -> None:
    customers, orders = pair
    zhou, chen = await desk.write(customers, {"姓名": "周雨桐"}, {"姓名": "陈嘉怡"})
    field = await desk.field(orders, "收件", "link", table="客户")
    (order,) = await desk.write(orders, {"单号": "1", "收件": [zhou, chen]})
    with pytest.raises(RuleBroken, match="有 1 条记录关联了不止一条"):
        await desk.change(field, options={"many": False})
    await desk.set(orders, order, 收件=[zhou])
    changed = await desk.change(field, options={"many": False})
    assert not changed.config.many  # type: ignore[union-attr]


async def test_deleting_one_end_leaves_the_other_and_restoring_pairs_them_again(
    desk: Desk, pair: tuple[Table, Table]
) -> None:
    customers, orders = pair
    (zhou,) = await desk.write(customers, {"姓名": "周雨桐"})
    (order,) = await desk.write(orders, {"单号": "1", "客户": [zhou]})
    ours, theirs = orders.field("客户"), customers.field("订单")
    found = await fields.deletion_impact(desk.system, desk.owner, ours.id)
    assert found.filled == 1
    assert [use.name for use in found.one_way] == ["订单"]
    assert found.harmless
    await fields.delete(desk.system, desk.owner, ours.id)
    assert (await desk.catalog()).field(theirs.id).config.inverse is None  # type: ignore[union-attr]
    (row,) = await desk.rows(customers, "订单")
    assert [item["id"] for item in row] == [order]
    await trash.restore(desk.system, desk.owner, ours.id)
    assert (await desk.catalog()).field(theirs.id).config.inverse == ours.id  # type: ignore[union-attr]
    (row,) = await desk.rows(orders, "客户")
    assert [item["id"] for item in row] == [zhou]


async def test_both_ends_can_go_together(desk: Desk, pair: tuple[Table, Table]) -> None:
    customers, orders = pair
    await fields.delete(desk.system, desk.owner, orders.field("客户").id, with_inverse=True)
    assert [f.name for f in (await desk.again(customers)).fields] == ["姓名"]
    await trash.restore(desk.system, desk.owner, customers.field("订单").id)
    restored = (await desk.again(orders)).field("客户")
    assert restored.config.inverse == customers.field("订单").id  # type: ignore[union-attr]


async def test_a_link_to_another_table_is_another_link(desk: Desk, pair: tuple[Table, Table]) -> None:
    customers, orders = pair
    partners = await desk.table("伙伴", spec("名称"))
    (zhou,) = await desk.write(customers, {"姓名": "周雨桐"})
    (same,) = await desk.write(partners, {"名称": "周雨桐"})
    await desk.write(orders, {"单号": "1", "客户": [zhou]})
    await desk.change(orders.field("客户"), options={"table": partners.id})
    (row,) = await desk.rows(orders, "客户")
    assert [item["id"] for item in row] == [same]
