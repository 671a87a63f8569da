"""State machines: what makes one unsound, what is only odd, what it means for the records there are."""

from __future__ import annotations

from typing import Any

import pytest

from builder import states
from runtime.catalog import Table
from runtime.errors import InvalidDefinition, InvalidInput
from tests.builder.conftest import Desk, spec

NAMES = ["待支付", "已支付", "审核中", "已关闭"]


@pytest.fixture
async def orders(desk: Desk) -> Table:
    return await desk.table(
        "订单", spec("单号"), spec("风险", "number"), spec("付款时间", "datetime"), spec("编号", "auto_number"),
        spec("状态", "single_select", choices=NAMES),
    )  # fmt: skip


def machine(*moves: Any, initial: Any = ("待支付",), **given: Any) -> dict[str, Any]:
    """A machine in JSON: moves are ``(source, target)`` or complete transitions."""
    transitions = [m if isinstance(m, dict) else {"source": m[0], "target": m[1]} for m in moves]
    return {"initial": list(initial), "transitions": transitions, **given}


MOVES = (("待支付", "已支付"), ("已支付", "审核中"), ("审核中", "已关闭"))


async def test_choices_may_be_named_and_are_stored_by_number(desk: Desk, orders: Table) -> None:
    risk = orders.field("风险").id
    guarded = {
        "source": "已支付", "target": "审核中", "label": " 审核 ",
        "guard": {"kind": "condition", "field": "风险", "op": "lt", "value": 80}, "refusal": "风险分太高",
        "effects": [{"kind": "set_field", "field": "付款时间", "value": "$now"}],
    }  # fmt: skip
    changed = await desk.change(orders.field("状态"), options={"machine": machine(MOVES[0], guarded)})
    stored = changed.machine
    assert stored is not None
    assert stored.initial == (1,)
    move = stored.find(2, 3)
    assert move is not None
    assert (move.label, move.guard.field) == ("审核", risk)  # type: ignore[union-attr]
    (order,) = await desk.write(orders, {"单号": "1", "风险": 90})
    assert await desk.rows(orders, "状态") == ["待支付"]
    await desk.set(orders, order, 状态="已支付")
    refused = await desk.set(orders, order, 状态="审核中")
    assert refused.results[0].problems[0].message.text() == "风险分太高"


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        (machine(*MOVES, initial=()), "initial", "no_initial_state"),
        (machine(*MOVES, initial=(9,)), "initial.0", "unknown_choice"),
        (machine(*MOVES, initial=(1, 1)), "initial", "initial_twice"),
        (machine(("待支付", 9)), "transitions.0.target", "unknown_choice"),
        (machine(("待支付", "待支付")), "transitions.0.target", "same_state"),
        (machine(MOVES[0], MOVES[0]), "transitions.1", "transition_twice"),
        (machine({"source": 1, "target": 2, "roles": ["viewer"]}), "transitions.0.roles.0", "bad_role"),
        (machine({"source": 1, "target": 2, "refusal": "长" * 201}), "transitions.0.refusal", "text_too_long"),
        (machine({"source": 1, "target": 2, "required": ["没有"]}), "transitions.0.required.0", "unknown_field"),
        (machine({"source": 1, "target": 2, "required": ["状态"]}), "transitions.0.required.0", "own_field"),
        (
            machine({"source": 1, "target": 2, "guard": {"kind": "condition", "field": "风险", "op": "contains", "value": "x"}}),
            "transitions.0.guard.op",
            "bad_operator",
        ),
        (
            machine({"source": 1, "target": 2, "guard": {"kind": "condition", "field": "风险", "op": "lt", "value": "x"}}),
            "transitions.0.guard.value",
            "bad_operand",
        ),
        (
            machine({"source": 1, "target": 2, "effects": [{"kind": "set_field", "field": "编号", "value": "1"}]}),
            "transitions.0.effects.0.field",
            "not_writable",
        ),
        (
            machine({"source": 1, "target": 2, "effects": [{"kind": "set_field", "field": "状态", "value": "已关闭"}]}),
            "transitions.0.effects.0.field",
            "own_field",
        ),
        (
            machine({"source": 1, "target": 2, "effects": [{"kind": "set_field", "field": "风险", "value": "高"}]}),
            "transitions.0.effects.0.value",
            "bad_value",
        ),
        (
            machine({"source": 1, "target": 2, "effects": [{"kind": "set_field", "field": "单号", "value": "$now"}]}),
            "transitions.0.effects.0.value",
            "bad_value",
        ),
        (
            machine({"source": 1, "target": 2, "effects": [{"kind": "reserve_stock", "stock": "stkNothing"}]}),
            "transitions.0.effects.0.stock",
            "unknown_stock",
        ),
        (machine(*MOVES, states=[{"choice": 1}, {"choice": 1}]), "states.1.choice", "state_twice"),
        (machine(*MOVES, states=[{"choice": 1, "kind": "odd"}]), "states.0.kind", "unknown_choice"),
        ({"transitions": []}, "initial", "missing"),
    ],
)  # fmt: skip
async def test_what_is_unsound_is_told_by_place(
    desk: Desk, orders: Table, given: dict[str, Any], path: str, code: str
) -> None:
    found = await states.examine(desk.system, desk.owner, orders.field("状态").id, given)
    assert (path, code) in [(p.path, p.code) for p in found.problems]
    with pytest.raises(InvalidDefinition) as raised:
        await desk.change(orders.field("状态"), options={"machine": given})
    assert (f"options.machine.{path}", code) in [(p.path, p.code) for p in raised.value.problems]


async def test_lonely_states_and_dead_ends_are_only_warned_of(desk: Desk, orders: Table) -> None:
    given = machine(("待支付", "已支付"), states=[{"choice": "已支付", "kind": "done"}])
    found = await states.examine(desk.system, desk.owner, orders.field("状态").id, given)
    assert not found.problems
    assert [p.message.text() for p in found.warnings] == [
        "没有流转能到「审核中」,只有导入时才会出现",
        "没有流转能到「已关闭」,只有导入时才会出现",
    ]
    found = await states.examine(
        desk.system, desk.owner, orders.field("状态").id, machine(("待支付", "已支付"))
    )
    assert "「已支付」没有出路,进去的记录就停在那里" in [p.message.text() for p in found.warnings]


async def test_the_impact_counts_records_and_those_held_back(desk: Desk, orders: Table) -> None:
    await desk.write(
        orders, {"单号": "1", "状态": "已支付", "风险": 90}, {"单号": "2", "状态": "已支付", "风险": 10},
        {"单号": "3", "状态": "已支付"}, {"单号": "4", "状态": "已关闭"}, {"单号": "5"},
    )  # fmt: skip
    guard = {"kind": "condition", "field": orders.field("风险").id, "op": "lt", "value": 80}
    given = machine(MOVES[0], {"source": 2, "target": 3, "guard": guard}, MOVES[2])
    found = await states.examine(desk.system, desk.owner, orders.field("状态").id, given)
    assert found.impact is not None
    assert [(s.choice, s.records, s.stuck) for s in found.impact.states] == [
        (2, 3, False),
        (4, 1, True),
        (None, 1, True),
    ]
    assert [(t.source, t.target, t.records, t.held_back) for t in found.impact.transitions] == [
        (1, 2, 0, 0), (2, 3, 3, 2), (3, 4, 0, 0),
    ]  # fmt: skip


async def test_only_a_single_select_can_be_a_state_machine(desk: Desk, orders: Table) -> None:
    with pytest.raises(InvalidInput, match="单选"):
        await states.examine(desk.system, desk.owner, orders.field("单号").id, machine(*MOVES))


async def test_a_field_in_a_condition_of_a_move_cannot_be_deleted(desk: Desk, orders: Table) -> None:
    from builder import fields
    from runtime.errors import RuleBroken

    guard = {"kind": "condition", "field": "风险", "op": "lt", "value": 80}
    await desk.change(
        orders.field("状态"),
        options={"machine": machine(*MOVES[:1], {"source": 2, "target": 3, "guard": guard})},
    )
    with pytest.raises(RuleBroken) as raised:
        await fields.delete(desk.system, desk.owner, orders.field("风险").id, confirmed=True)
    assert raised.value.error_code == "in_use"
    assert [p.message.text() for p in raised.value.problems] == ["「状态」的状态流转(订单)"]


async def test_a_choice_that_is_a_state_cannot_leave_the_list(desk: Desk, orders: Table) -> None:
    field = await desk.change(orders.field("状态"), options={"machine": machine(*MOVES)})
    with pytest.raises(InvalidDefinition) as raised:
        await desk.change(field, options={"choices": NAMES[:3]})
    assert raised.value.problems[0].path == "options.machine.transitions.2.target"


async def test_a_default_has_to_be_where_records_start(desk: Desk, orders: Table) -> None:
    field = await desk.change(orders.field("状态"), options={"machine": machine(*MOVES)})
    with pytest.raises(InvalidDefinition, match="起始状态"):
        await desk.change(field, default="已关闭")


async def test_a_machine_is_tried_out_on_a_record_before_it_is_published(desk: Desk, orders: Table) -> None:
    risky, sound = await desk.write(
        orders,
        {"单号": "1", "状态": "已支付", "风险": 90},
        {"单号": "2", "状态": "已支付", "风险": 1, "付款时间": "2026-01-05"},
    )
    guard = {"kind": "condition", "field": orders.field("风险").id, "op": "lt", "value": 80}
    given = machine(
        MOVES[0],
        {"source": 2, "target": 3, "guard": guard, "refusal": "风险分太高", "required": ["付款时间"]},
        {"source": 2, "target": 4, "roles": ["owner"]},
    )
    field = orders.field("状态").id
    found = (await states.examine(desk.system, desk.owner, field, given, record=risky)).trial
    assert found is not None
    assert (found.name, found.choice) == ("1", 2)
    assert [(m.target, [r.text() for r in m.reasons], [str(getattr(w, "msgid", w)) for w in m.who]) for m in found.moves] == [
        (3, ["先填「付款时间」", "风险分太高"], []), (4, [], ["所有者"]),
    ]  # fmt: skip
    found = (await states.examine(desk.system, desk.owner, field, given, record=sound)).trial
    assert found is not None
    assert all(not move.reasons for move in found.moves)
