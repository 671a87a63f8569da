"""Links that may point at some records only: in the chooser, on the way in from both ends, and while they are edited."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields
from builder.wire import FieldPatch
from runtime.catalog import Table
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records import limits
from runtime.records.change import NewRecord, Patch
from tests.builder.conftest import Desk, spec

PAID = {"kind": "condition", "field": "状态", "op": "is", "value": "已付"}


def said(outcome: Any) -> list[str]:
    return [problem.message.text() for result in outcome.results for problem in result.problems]


async def shop(desk: Desk, **limit: Any) -> tuple[Table, Table, dict[str, str]]:
    """Customers, orders of theirs, and claims that may be about some orders only."""
    customers = await desk.table("客户", spec("姓名"))
    orders = await desk.table("订单", spec("单号"), spec("状态", "single_select", choices=["已付", "未付"]))
    await desk.field(orders, "客户", "link", table=customers.id, many=False, two_way=False)
    claims = await desk.table("售后", spec("编号"), spec("状态", "single_select", choices=["已付", "未付"]))
    await desk.field(claims, "客户", "link", table=customers.id, many=False, two_way=False)
    await desk.field(
        claims, "订单", "link", table=orders.id, many=True, two_way=True, inverse_name="售后", **limit
    )
    wang, li = await desk.write(customers, {"姓名": "王芳"}, {"姓名": "李雷"})
    o1, o2, o3 = await desk.write(
        orders,
        {"单号": "A1", "状态": "已付", "客户": [wang]},
        {"单号": "A2", "状态": "未付", "客户": [wang]},
        {"单号": "B1", "状态": "已付", "客户": [li]},
    )
    ids = {"王芳": wang, "李雷": li, "A1": o1, "A2": o2, "B1": o3}
    return await desk.again(orders), await desk.again(claims), ids


async def names(desk: Desk, claims: Table, **given: Any) -> list[str]:
    found = await limits.choices(desk.system, desk.owner, claims.field("订单").id, **given)
    return sorted(one["name"] for one in found.records) or [f"needs {n}" for n in found.needs]


async def test_only_records_that_meet_the_condition_can_be_chosen(desk: Desk) -> None:
    _, claims, ids = await shop(desk, where=PAID)
    assert await names(desk, claims) == ["A1", "B1"]
    assert await names(desk, claims, text="B") == ["B1"]
    creates = (NewRecord({"订单": [ids["A1"], ids["A2"]]}), NewRecord({"订单": [ids["B1"]]}))
    outcome = await desk.store(claims, creates=creates)
    assert said(outcome) == ["「订单」只能选符合条件的记录,「A2」不符合"]
    assert [bool(r.id) for r in outcome.results] == [False, True]
    by_name = await desk.store(claims, creates=(NewRecord({"订单": "A2"}),), typecast=True)
    assert len(said(by_name)) == 1


async def test_records_of_the_same_customer_only(desk: Desk) -> None:
    _, claims, ids = await shop(desk, pairs=[{"field": "客户", "near": "客户"}])
    assert await names(desk, claims) == ["needs 客户"]
    customer = claims.field("客户").id
    assert await names(desk, claims, values={customer: [ids["王芳"]]}) == ["A1", "A2"]
    (claim,) = await desk.write(claims, {"客户": [ids["王芳"]], "订单": [ids["A1"]]})
    assert await names(desk, claims, record=claim) == ["A1", "A2"]
    assert await names(desk, claims, record=claim, values={customer: [ids["李雷"]]}) == ["B1"]
    assert said(await desk.set(claims, claim, 订单=[ids["A1"], ids["B1"]])) == [
        "「订单」只能选符合条件的记录,「B1」不符合"
    ]
    assert said(await desk.set(claims, claim, 客户=[ids["李雷"]], 订单=[ids["B1"]])) == []
    lost = await desk.store(claims, creates=(NewRecord({"订单": [ids["A1"]]}),))
    assert said(lost) == ["先填「客户」,才能选「订单」"]


async def test_links_that_are_there_stay(desk: Desk) -> None:
    orders, claims, ids = await shop(desk)
    (claim,) = await desk.write(claims, {"订单": [ids["A2"]]})
    where = {**PAID, "field": orders.field("状态").id}
    await desk.change(claims.field("订单"), options={"where": where})
    assert said(await desk.set(claims, claim, 订单=[ids["A2"], ids["A1"]])) == []
    assert said(await desk.set(claims, claim, 订单=[])) == []
    assert len(said(await desk.set(claims, claim, 订单=[ids["A2"]]))) == 1


async def test_the_other_end_is_held_to_it_as_well(desk: Desk) -> None:
    orders, claims, ids = await shop(desk, where=PAID, pairs=[{"field": "客户", "near": "客户"}])
    (claim,) = await desk.write(claims, {"客户": [ids["王芳"]]})
    for record, good in (("A1", True), ("A2", False), ("B1", False)):
        outcome = await desk.store(orders, updates=(Patch(ids[record], {"售后": [claim]}),))
        assert (said(outcome) == []) is good
    made = await desk.store(
        orders,
        creates=(
            NewRecord({"状态": "已付", "客户": [ids["王芳"]], "售后": [claim]}),
            NewRecord({"状态": "未付", "客户": [ids["王芳"]], "售后": [claim]}),
        ),
    )
    assert len(said(made)) == 1


async def test_texts_and_choices_of_both_sides_are_compared(desk: Desk) -> None:
    _, claims, ids = await shop(desk, pairs=[{"field": "状态", "near": "状态"}])
    assert await names(desk, claims, values={claims.field("状态").id: "未付"}) == ["A2"]
    assert said(await desk.store(claims, creates=(NewRecord({"状态": "未付", "订单": [ids["A2"]]}),))) == []


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ({"where": {**PAID, "field": "没有"}}, "options.where.field"),
        ({"pairs": [{"field": "状态", "near": "没有"}]}, "options.pairs.0.near"),
        ({"pairs": [{"field": "客户", "near": "编号"}]}, "options.pairs.0.near"),
        ({"pairs": [{"field": "状态", "near": "状态", "op": "lt"}]}, "options.pairs.0.op"),
        ({"pairs": [{"field": "", "near": "状态"}]}, "options.pairs.0.field"),
    ],
)
async def test_bad_limits_are_refused_at_their_place(desk: Desk, limit: dict[str, Any], path: str) -> None:
    _, claims, _ = await shop(desk)
    with pytest.raises(InvalidDefinition) as refused:
        await desk.change(claims.field("订单"), options=limit)
    assert [problem.path for problem in refused.value.problems] == [path]


async def test_fields_of_a_limit_are_held(desk: Desk) -> None:
    orders, claims, _ = await shop(desk, where=PAID, pairs=[{"field": "客户", "near": "客户"}])
    for field in (orders.field("状态"), orders.field("客户"), claims.field("客户")):
        with pytest.raises(RuleBroken):
            await fields.delete(desk.system, desk.owner, field.id, confirmed=True)
    with pytest.raises(RuleBroken):
        await fields.update(desk.system, desk.owner, orders.field("客户").id, FieldPatch(type="text"))
    choices = [{"id": 1, "name": "付了"}, {"id": 2, "name": "未付"}]
    await fields.update(
        desk.system, desk.owner, orders.field("状态").id, FieldPatch(options={"choices": choices})
    )
    customer = claims.field("客户").id
    link = (await desk.catalog()).field(claims.field("订单").id)
    assert link.config.where.value == "付了"  # type: ignore[union-attr]
    assert customer in {pair.near for pair in link.config.pairs}  # type: ignore[union-attr]
