"""Triggers: what is wrong with one is told by place; what it uses is told before it is deleted, and flagged after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from builder import automations, fields, usage
from builder.validation import Problems
from runtime.automations.relay import relay
from runtime.catalog import Automation, Table
from runtime.errors import InvalidDefinition, RuleBroken
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def orders(desk: Desk) -> Table:
    return await desk.table(
        "订单", spec("单号"), spec("金额", "currency"), spec("异常", "checkbox"), spec("付款", "datetime"),
        spec("状态", "single_select", choices=["已支付", "审核中"]), spec("发货日", "date"),
    )  # fmt: skip


NOTE = {"kind": "update_record", "set": [{"field": "单号", "value": {"kind": "literal", "value": "x"}}]}
COND = {"kind": "condition", "field": "金额", "op": "gt", "value": 1}
STOP = {"kind": "stop", "reason": {"kind": "text", "parts": ["好"]}}


async def make(desk: Desk, trigger: Mapping[str, Any], step: Mapping[str, Any] = NOTE) -> Automation:
    body = {"name": "看着", "enabled": True, "trigger": trigger, "steps": [{"config": step}]}
    read = automations.read_definition(Problems(), body)
    return await automations.create(desk.system, desk.owner, desk.app_id, read)


def of(kind: str, **given: Any) -> dict[str, Any]:
    return {"kind": kind, "table": "订单", **given}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (of("record_updated", fields=["没有"]), "trigger.fields.0", "unknown_field"),
    (of("record_updated", fields=["金额", "异常"], targets=[True]), "trigger.targets", "one_field"),
    (of("record_updated", fields=["状态"], targets=["审核中"]), "trigger.targets", "use_states"),
    (of("conditions_met"), "trigger.where", "no_condition"),
    (of("state_entered", field="状态", states=[9]), "trigger.states.0", "unknown_choice"),
    (of("state_left", field="金额"), "trigger.field", "wrong_type"),
    (of("state_overdue", field="状态", seconds=3600), "trigger.field", "no_machine"),
    (of("date_reached", field="金额"), "trigger.field", "wrong_type"),
    (of("date_reached", field="发货日", amount=-1), "trigger.amount", "out_of_range"),
    (of("date_reached", field="发货日", at="25:00"), "trigger.at", "bad_time"),
    (of("manual", table="没有"), "trigger.table", "unknown_table"),
    ({"kind": "schedule", "plan": {"kind": "every", "amount": 0}}, "trigger.plan.amount", "out_of_range"),
    ({"kind": "schedule", "plan": {"kind": "daily", "times": []}}, "trigger.plan.times", "no_times"),
    ({"kind": "schedule", "plan": {"kind": "daily", "times": ["9"]}}, "trigger.plan.times.0", "bad_time"),
    ({"kind": "schedule", "plan": {"kind": "weekly", "days": [8], "times": ["09:00"]}}, "trigger.plan.days", "no_days"),
    ({"kind": "schedule", "plan": {"kind": "cron", "text": "60 * * * *"}}, "trigger.plan.text", "bad_cron"),
    ({"kind": "schedule", "plan": {"kind": "monthly", "days": [0], "times": ["09:00"]}}, "trigger.plan.days", "no_days"),
    ({"kind": "schedule", "plan": {"kind": "daily", "times": ["09:00"]}, "zone": "Mars/Base"}, "trigger.zone", "unknown_zone"),
    ({"kind": "webhook", "values": [{"key": "a b", "name": "甲", "path": ["x"]}]}, "trigger.values.0.key", "bad_key"),
    ({"kind": "webhook", "values": [{"key": "a", "name": "甲", "path": []}]}, "trigger.values.0.path", "no_path"),
    ({"kind": "webhook", "signature": {"header": "X Sig"}}, "trigger.signature.header", "bad_header"),
]  # fmt: skip


@pytest.mark.parametrize(("trigger", "path", "code"), WRONG, ids=[f"{t['kind']}-{c}" for t, _, c in WRONG])
async def test_what_is_wrong_is_told_by_place(
    desk: Desk, orders: Table, trigger: dict[str, Any], path: str, code: str
) -> None:
    step = NOTE if "table" in trigger else STOP
    with pytest.raises(InvalidDefinition) as refused:
        await make(desk, trigger, step)
    assert (path, code) in [(p.path, p.code) for p in refused.value.problems]


async def test_names_become_ids(desk: Desk, orders: Table) -> None:
    made = await make(desk, of("conditions_met", where=COND))
    trigger: Any = made.definition.trigger
    assert (trigger.table, trigger.where.field) == (orders.id, orders.field("金额").id)


async def test_a_deleted_record_cannot_be_changed(desk: Desk, orders: Table) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        await make(desk, of("record_deleted"))
    assert [(p.path, p.code) for p in refused.value.problems] == [("steps.0.config.of", "record_gone")]


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        (of("record_updated", fields=["金额"]), "金额"),
        (of("conditions_met", where=COND), "金额"),
        (of("date_reached", field="发货日"), "发货日"),
        (of("state_entered", field="状态", states=[1]), "状态"),
    ],
    ids=["updated", "met", "date", "state"],
)
async def test_what_a_trigger_uses_is_told_before_and_flagged_after(
    desk: Desk, orders: Table, trigger: dict[str, Any], field: str
) -> None:
    made = await make(desk, trigger)
    key = orders.field(field).id
    assert [use.id for use in await usage.where_used(desk.system, desk.owner, key)] == [made.id]
    with pytest.raises(RuleBroken):
        await fields.delete(desk.system, desk.owner, key)
    await fields.delete(desk.system, desk.owner, key, confirmed=True)
    catalog = await desk.catalog()
    stored = catalog.automation(made.id)
    assert not stored.definition.enabled
    found = await automations.problems_of(desk.system, catalog, stored)
    assert [p.path.split(".")[0] for p in found.found if p.path] == ["trigger"]


async def test_a_choice_that_a_trigger_waits_for_is_told(desk: Desk, orders: Table) -> None:
    made = await make(desk, of("state_left", field="状态", states=[2]))
    found = await usage.where_choice_used(desk.system, desk.owner, orders.field("状态").id, 2)
    assert [use.id for use in found.uses] == [made.id]


async def test_a_condition_is_taken_down_when_it_is_switched_on(desk: Desk, orders: Table) -> None:
    made = await make(desk, of("conditions_met", where=COND))
    system = desk.system
    assert await system.db.value("SELECT count(*) FROM meta.watch WHERE automation_id = $1", made.number) == 1
    off = await automations.update(system, desk.owner, made.id, {"enabled": False})
    on = await automations.update(system, desk.owner, off.id, {"enabled": True})
    assert on.definition.enabled
    assert await system.db.value("SELECT count(*) FROM meta.watch WHERE automation_id = $1", made.number) == 1


async def _met(desk: Desk) -> int:
    """How many runs the events so far have started; the clock is not looked at."""
    while (await relay(desk.system)).events:
        pass
    return int(await desk.system.db.value("SELECT count(*) FROM meta.run"))


async def test_no_edit_of_a_field_makes_a_condition_forget_who_meets_it(desk: Desk, orders: Table) -> None:
    """Not a name, not a format, not what it is computed of: the next record that begins to meet it starts a run."""
    double = await desk.field(orders, "双倍", "formula", source="{金额}*2")
    await desk.write(orders, {"单号": "早就符合", "金额": "5"})
    await make(desk, of("conditions_met", where={**COND, "field": "双倍", "value": 4}))
    amount = orders.field("金额")
    before = await desk.system.db.value("SELECT spec FROM meta.watch")
    await desk.change(amount, name="应付")
    await desk.change(amount, description="含运费")
    assert await desk.system.db.value("SELECT spec FROM meta.watch") == before
    (early,) = await desk.write(orders, {"单号": "一", "应付": "3"})
    assert await _met(desk) == 1
    await desk.change(double, options={"source": "{应付}*3"})
    assert await desk.system.db.value("SELECT spec FROM meta.watch") != before
    await desk.write(orders, {"单号": "二", "应付": "3"})
    assert await _met(desk) == 2
    await desk.set(orders, early, 应付="4")
    assert await _met(desk) == 2, "it met the condition already"
