"""Views: what may stand in one, two people on one, copies, order."""

from __future__ import annotations

from typing import Any

import pytest

from builder import views
from builder.views import ViewPatch
from runtime.catalog import Table
from runtime.definitions.queries import Condition, ConditionalBucket, Group, GroupLevel, Query, Sort
from runtime.definitions.tables import Column, ViewDef
from runtime.errors import InvalidDefinition, NotFound, RuleBroken, VersionConflict
from runtime.records import read
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def orders(desk: Desk) -> Table:
    await desk.table("客户", spec("姓名"))
    return await desk.table(
        "订单", spec("单号"), spec("金额", "currency"), spec("下单", "datetime"), spec("赠品", "checkbox"),
        spec("渠道", "single_select", choices=["淘宝", "抖音"]), spec("标签", "multi_select", choices=["急"]),
        spec("客户", "link", table="客户"),
    )  # fmt: skip


def where(field: str, op: str, value: Any = None) -> Condition:
    return Condition(field, op, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"name": ""}, "name", "name_missing"),
        ({"name": "全部"}, "name", "name_taken"),
        ({"columns": (Column("没有"),)}, "columns.0.field", "unknown_field"),
        ({"columns": (Column("单号", width=5),)}, "columns.0.width", "out_of_range"),
        ({"where": where("没有", "is", 1)}, "where.field", "unknown_field"),
        ({"where": where("金额", "contains", "1")}, "where.op", "bad_operator"),
        ({"where": where("金额", "gt", "很多")}, "where.value", "bad_operand"),
        ({"where": where("渠道", "is", "微信")}, "where.value", "bad_operand"),
        ({"where": where("下单", "older_than", "一会儿")}, "where.value", "bad_operand"),
        ({"where": where("下单", "in_period", "someday")}, "where.value", "bad_operand"),
        ({"where": where("客户", "gt", 1)}, "where.op", "bad_operator"),
        ({"where": where("$id", "is", 1)}, "where", "bad_operator"),
        ({"where": where("$created_at", "contains", "x")}, "where.value", "bad_operator"),
        ({"where": Group("and", (where("单号", "is", "1"), where("金额", "between", [1])))}, "where.items.1.value", "bad_operand"),
        ({"where": Group("and", (Group("and", (Group("and", (Group("and", (Group("and", (where("单号", "is", "1"),)),)),)),)),))}, "where.items.0.items.0.items.0.items.0", "too_deep"),
        ({"where": Group("or", (where("单号", "is", "1"),) * 101)}, "where", "too_many_conditions"),
        ({"sorts": (Sort("标签"),)}, "sorts.0", "not_sortable"),
        ({"sorts": (Sort("单号"), Sort("单号"))}, "sorts", "sorted_twice"),
        ({"groups": (GroupLevel("金额", bucket="day"),)}, "groups.0.bucket", "bad_bucket"),
        ({"groups": (GroupLevel(),)}, "groups.0", "group_missing"),
        ({"groups": (GroupLevel("渠道"),) * 4}, "groups", "too_many_groups"),
        (
            {"groups": (GroupLevel(buckets=(ConditionalBucket("大单", where("金额", "gt", "x")),)),)},
            "groups.0.buckets.0.where.value",
            "bad_operand",
        ),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_told_by_place(
    desk: Desk, orders: Table, given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await views.create(desk.system, desk.owner, orders.id, ViewDef(**{"name": "视图", **given}))
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_fields_may_be_named_and_are_stored_by_id(desk: Desk, orders: Table) -> None:
    view = await views.create(
        desk.system, desk.owner, orders.id,
        ViewDef(
            "大单", columns=(Column("单号", width=160), Column("金额", hidden=True)),
            where=Group("and", (where("金额", "gt", 100), where("客户", "is_not_empty"), where("$created_at", "in_period", "today"))),
            sorts=(Sort("$created_at", descending=True), Sort("金额")),
            groups=(GroupLevel("下单", bucket="day"), GroupLevel(buckets=(ConditionalBucket("大", where("金额", "gt", 500)),))),
        ),
    )  # fmt: skip
    stored = view.definition
    assert [c.field for c in stored.columns] == [orders.field("单号").id, orders.field("金额").id]
    assert stored.where.items[0].field == orders.field("金额").id  # type: ignore[union-attr]
    assert stored.groups[1].buckets[0].where.field == orders.field("金额").id  # type: ignore[union-attr]


async def test_an_empty_group_of_conditions_is_none(desk: Desk, orders: Table) -> None:
    view = await views.create(
        desk.system, desk.owner, orders.id, ViewDef("空", where=Group("and", (Group(),)))
    )
    assert view.definition.where is None


async def test_the_second_of_two_people_is_told(desk: Desk, orders: Table) -> None:
    view = await views.create(desk.system, desk.owner, orders.id, ViewDef("一起"))
    await views.update(desk.system, desk.owner, view.id, ViewPatch(row_height="tall"), version=view.version)
    with pytest.raises(VersionConflict, match="刚被别人改过"):
        await views.update(
            desk.system, desk.owner, view.id, ViewPatch(row_height="short"), version=view.version
        )
    again = await views.update(desk.system, desk.owner, view.id, ViewPatch(name="一起看"))
    assert (again.definition.name, again.definition.row_height) == ("一起看", "tall")
    with pytest.raises(InvalidDefinition):
        await views.update(desk.system, desk.owner, view.id, ViewPatch(row_height="huge"))


async def test_copies_order_and_the_last_one(desk: Desk, orders: Table) -> None:
    first = orders.views[0]
    copy = await views.duplicate(desk.system, desk.owner, first.id)
    assert copy.definition.name == "全部 副本"
    await views.reorder(desk.system, desk.owner, orders.id, [copy.id])
    assert [v.id for v in (await desk.again(orders)).views] == [copy.id, first.id]
    with pytest.raises(NotFound):
        await views.reorder(desk.system, desk.owner, orders.id, [orders.id])
    await views.delete(desk.system, desk.owner, first.id)
    with pytest.raises(RuleBroken, match="至少要留一个视图"):
        await views.delete(desk.system, desk.owner, copy.id)


async def test_conditions_that_no_longer_fit_leave_the_view(desk: Desk, orders: Table) -> None:
    field = orders.field("渠道")
    given = ViewDef("淘宝", where=Group("and", (where("渠道", "is", "淘宝"), where("金额", "gt", 1))))
    view = await views.create(desk.system, desk.owner, orders.id, given)
    await desk.change(field, type="number")
    stored = (await desk.catalog()).view(view.id).definition.where
    assert stored == Group("and", (where(orders.field("金额").id, "gt", 1),))


async def test_a_view_may_go_on_asking_for_a_choice_that_left_the_list(desk: Desk, orders: Table) -> None:
    await desk.write(orders, {"单号": "1", "渠道": "抖音"}, {"单号": "2", "渠道": "淘宝"})
    view = await views.create(
        desk.system, desk.owner, orders.id, ViewDef("抖音", where=where("渠道", "is", "抖音"))
    )
    await desk.change(orders.field("渠道"), options={"choices": ["淘宝"]})
    stored = (await desk.catalog()).view(view.id).definition.where
    assert stored == where(orders.field("渠道").id, "is", "抖音")
    page = await read.page(desk.system, desk.owner, orders.id, Query(where=stored))
    assert len(page.records) == 1
