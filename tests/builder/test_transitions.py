"""Transitions: who may, formulas as conditions, and what a move does besides moving; enforced whatever writes."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields, states
from runtime.access import Actor
from runtime.catalog import Table
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records import history, panel, write
from runtime.records.change import Change, NewRecord, Outcome, Patch, Source
from tests.builder.conftest import API, Desk, spec
from tests.builder.test_states import NAMES, machine


async def person(desk: Desk, name: str, role: str = "editor") -> Actor:
    public_id = f"usr{name.encode().hex():0<14}"[:17]
    number = await desk.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $2, $3, '-') RETURNING id",
        public_id,
        f"{public_id}@example.com",
        name,
    )
    app = await desk.app()
    await desk.system.db.execute(
        "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, $3)", app.number, number, role
    )
    await desk.system.db.execute("UPDATE meta.catalog_state SET version = version + 1")
    return Actor(kind="person", id=public_id, name=name, person=number, roles={desk.app_id: role})  # type: ignore[dict-item]


ROBOT = Actor(kind="automation", id="autRobotRobotRob", name="机器人", everywhere="editor")


@pytest.fixture
async def orders(desk: Desk) -> Table:
    return await desk.table(
        "订单", spec("单号"), spec("数量", "number"), spec("单价", "number"), spec("金额", "formula", source="{数量}*{单价}"),
        spec("经手人", "member"), spec("备注"), spec("审核时间", "datetime"), spec("状态", "single_select", choices=NAMES),
    )  # fmt: skip


async def draw(desk: Desk, table: Table, *moves: Any, **given: Any) -> Table:
    await desk.change(table.field("状态"), options={"machine": machine(*moves, **given)})
    return await desk.again(table)


def pay(**given: Any) -> dict[str, Any]:
    return {"source": "待支付", "target": "已支付", **given}


async def move(desk: Desk, table: Table, record: str, actor: Actor, to: str = "已支付", **more: Any) -> str:
    """Move a record; what was refused, in words ("" when it moved)."""
    change = Change(table=table.id, actor=actor, source=API, updates=(Patch(record, {"状态": to, **more}),))
    return said(await write.apply(desk.system, change))


def said(outcome: Outcome) -> str:
    return ";".join(p.message.text() for result in outcome.results for p in result.problems)


async def test_only_named_members_may_and_the_others_read_whom_to_ask(desk: Desk, orders: Table) -> None:
    boss, clerk = await person(desk, "王姐"), await person(desk, "小李")
    orders = await draw(desk, orders, pay(members=[boss.id], roles=["owner"]))
    first, second, third = await desk.write(orders, {"单号": "1"}, {"单号": "2"}, {"单号": "3"})
    refused = await move(desk, orders, first, clerk)
    assert "王姐" in refused
    assert "所有者" in refused
    (shown,) = (await panel.of_record(desk.system, clerk, first)).moves
    assert shown.locked is not None
    assert shown.locked.text() == refused
    assert await move(desk, orders, first, boss) == ""
    assert await move(desk, orders, second, desk.owner) == ""
    assert await move(desk, orders, third, ROBOT) == ""


async def test_some_moves_only_automations_make(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(automations_only=True))
    (order,) = await desk.write(orders, {"单号": "1"})
    assert await move(desk, orders, order, desk.owner) == "「待支付」到「已支付」这一步只由自动化来做"
    assert await move(desk, orders, order, ROBOT) == ""


async def test_who_is_gone_is_told_before_saving(desk: Desk, orders: Table) -> None:
    boss = await person(desk, "王姐")
    await desk.system.db.execute("DELETE FROM meta.membership")
    await desk.system.db.execute("UPDATE meta.catalog_state SET version = version + 1")
    given = machine(pay(members=[boss.id]))
    found = await states.examine(desk.system, desk.owner, orders.field("状态").id, given)
    assert {"member_gone", "nobody_may"} <= {warning.code for warning in found.warnings}
    with pytest.raises(InvalidDefinition):
        await draw(desk, orders, pay(members=["usrNobodyNobodyNo"]))


async def test_a_formula_decides_on_the_record_as_it_will_be(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(formula="{金额}<100", refusal="金额太大,先让主管看"))
    stored = orders.field("状态").machine
    assert stored is not None
    assert stored.transitions[0].formula == f"{{{orders.field('金额').id}}}<100"
    (order,) = await desk.write(orders, {"单号": "1", "数量": 50, "单价": 3})
    assert await move(desk, orders, order, desk.owner) == "金额太大,先让主管看"
    assert await move(desk, orders, order, desk.owner, 数量=2) == ""
    assert await desk.rows(orders, "状态", "金额") == [("已支付", 6)]


async def test_formulas_of_moves_are_checked_where_they_are_written(desk: Desk, orders: Table) -> None:
    for formula, code in (("{金额}+1", "not_yes_or_no"), ("{没有}>1", "formula_field"), ("{金额}>", None)):
        found = await states.examine(
            desk.system, desk.owner, orders.field("状态").id, machine(pay(formula=formula))
        )
        (problem,) = found.problems
        assert problem.path == "transitions.0.formula"
        assert code in (None, problem.code)


async def test_a_field_that_a_guard_reads_stays(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(formula="{金额}<100"))
    with pytest.raises(RuleBroken) as refused:
        await fields.delete(desk.system, desk.owner, orders.field("金额").id, confirmed=True)
    assert refused.value.error_code == "in_use"


async def test_a_guard_that_broke_says_so_to_whoever_moves(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(formula="{金额}<100"))
    (order,) = await desk.write(orders, {"单号": "1", "数量": 1, "单价": 1})
    await desk.system.db.execute(
        "UPDATE meta.definition SET deleted_at = now() WHERE public_id = $1", orders.field("金额").id
    )
    await desk.system.db.execute("UPDATE meta.catalog_state SET version = version + 1")
    assert "条件公式算不出来(#REF!)" in await move(desk, orders, order, desk.owner)


async def test_moves_fill_fields_by_formula_moment_and_person(desk: Desk, orders: Table) -> None:
    clerk = await person(desk, "小李")
    effects = [
        {"kind": "set_field", "field": "备注", "formula": '{单号}&"×"&{数量}'},
        {"kind": "set_field", "field": "经手人", "value": "$me"},
        {"kind": "set_field", "field": "审核时间", "value": "$now"},
    ]
    orders = await draw(desk, orders, pay(effects=effects))
    (order,) = await desk.write(orders, {"单号": "A", "数量": 1})
    assert await move(desk, orders, order, clerk, 数量=7) == ""
    ((note, who, at),) = await desk.rows(orders, "备注", "经手人", "审核时间")
    assert note == "A×7"
    assert who["name"] == "小李"
    assert at is not None


async def test_a_move_creates_a_linked_record_or_is_refused(desk: Desk, orders: Table) -> None:
    tasks = await desk.table(
        "任务", spec("标题", required=True), spec("金额", "number", maximum=500), spec("来自")
    )
    link = await desk.field(tasks, "订单", "link", table=orders.id, many=False, two_way=True)
    effect = {
        "kind": "create_record", "table": tasks.id, "link": link.id,
        "fields": [
            {"field": "标题", "formula": '"审核 "&{单号}'},
            {"field": "金额", "source": "金额"},
            {"field": "来自", "value": "状态流转"},
        ],
    }  # fmt: skip
    orders = await draw(desk, orders, pay(effects=[effect]))
    good, bad = await desk.write(
        orders, {"单号": "1", "数量": 2, "单价": 3}, {"单号": "2", "数量": 200, "单价": 3}
    )
    assert await move(desk, orders, good, desk.owner) == ""
    assert await desk.rows(tasks, "标题", "金额", "来自") == [("审核 1", 6, "状态流转")]
    ((linked,),) = [await desk.rows(tasks, "订单")]
    assert [one["id"] for one in linked] == [good]
    assert "「任务」记录没有建成" in await move(desk, orders, bad, desk.owner)
    assert len(await desk.rows(tasks, "标题")) == 1
    assert (await desk.rows(orders, "状态"))[1] == "待支付"


async def test_a_created_record_must_be_given_what_it_requires(desk: Desk, orders: Table) -> None:
    tasks = await desk.table("任务", spec("标题", required=True))
    effect = {"kind": "create_record", "table": tasks.id, "fields": []}
    found = await states.examine(
        desk.system, desk.owner, orders.field("状态").id, machine(pay(effects=[effect]))
    )
    assert [(p.path, p.code) for p in found.problems] == [("transitions.0.effects.0.fields", "required")]


async def test_history_from_elsewhere_is_taken_as_it_is_and_marked(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(automations_only=True))
    done = await write.apply(
        desk.system,
        Change(
            table=orders.id,
            actor=desk.owner,
            source=Source("import"),
            creates=(NewRecord({"单号": "1", "状态": "已关闭"}), NewRecord({"单号": "2"})),
            states_as_is=True,
        ),
    )
    order = done.results[0].id or ""
    again = Change(
        table=orders.id,
        actor=desk.owner,
        source=Source("import"),
        updates=(Patch(order, {"状态": "审核中"}),),
        states_as_is=True,
    )
    assert said(await write.apply(desk.system, again)) == ""
    await desk.set(orders, order, 备注="看过")
    entries = await history.of_record(desk.system, desk.owner, order)
    assert [entry.as_is for entry in entries] == [False, True, True]
    assert "没有出路" in await move(desk, orders, order, desk.owner)
    (standing,) = (await panel.of_record(desk.system, desk.owner, order)).standing
    assert standing.note is not None
    assert "没有出路" in standing.note.text()


async def test_what_is_missing_is_named_with_the_move(desk: Desk, orders: Table) -> None:
    orders = await draw(
        desk, orders, pay(required=["备注", "数量"]), states=[{"choice": "待支付", "limit": 3600}]
    )
    (order,) = await desk.write(orders, {"单号": "1", "数量": 1})
    shown = await panel.of_record(desk.system, desk.owner, order)
    assert [move.missing for move in shown.moves] == [(orders.field("备注").id,)]
    assert shown.moves[0].locked is None
    (standing,) = shown.standing
    assert standing.since is not None
    assert standing.due is not None
    assert (standing.due - standing.since).total_seconds() == 3600
    assert await move(desk, orders, order, desk.owner) == "改成「已支付」之前要先填「备注」"
    assert await move(desk, orders, order, desk.owner, 备注="好") == ""
