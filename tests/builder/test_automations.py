"""Automations: every problem at once and by place; switched off, one may wait for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from builder import automations, connectors, fields
from builder.validation import Problems
from runtime.catalog import Automation, Table
from runtime.errors import InvalidDefinition, VersionConflict
from tests.builder.conftest import Desk, spec

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
async def orders(desk: Desk) -> Table:
    await desk.table("客户", spec("姓名", required=True), spec("电话", "phone"))
    return await desk.table(
        "订单", spec("单号"), spec("金额", "currency"), spec("异常", "checkbox"), spec("付款", "datetime"),
        spec("状态", "single_select", choices=["已支付", "审核中"]), spec("客户", "link", table="客户", many=False),
        spec("编号", "auto_number"),
    )  # fmt: skip


def definition(*steps: Any, trigger: Mapping[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """An automation in JSON whose steps are their configurations, or complete steps."""
    return {
        "name": "审核",
        "enabled": True,
        "trigger": trigger or {"kind": "record_created", "table": "订单"},
        "steps": [s if "config" in s else {"config": s} for s in steps],
        **given,
    }


async def make(desk: Desk, given: Mapping[str, Any]) -> Automation:
    read = automations.read_definition(Problems(), given)
    return await automations.create(desk.system, desk.owner, desk.app_id, read)


def literal(value: Any) -> dict[str, Any]:
    return {"kind": "literal", "value": value}


def update(field: str, value: Any, **given: Any) -> dict[str, Any]:
    return {"kind": "update_record", "set": [{"field": field, "value": value}], **given}


MARK = update("异常", literal(True))
COND = {"kind": "condition", "field": "金额", "op": "gt", "value": 1}
MEETS = {"kind": "record_meets", "where": COND}


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        (definition(MARK, name=""), "name", "name_missing"),
        (definition(), "steps", "no_steps"),
        (definition(MARK, trigger={"kind": "record_created", "table": "没有"}), "trigger.table", "unknown_table"),
        (
            definition(MARK, trigger={"kind": "record_updated", "table": "订单", "fields": ["没有"]}),
            "trigger.fields.0",
            "unknown_field",
        ),
        (
            definition(MARK, trigger={"kind": "state_moved", "table": "订单", "field": "单号"}),
            "trigger.field",
            "wrong_type",
        ),
        (
            definition(MARK, trigger={"kind": "state_moved", "table": "订单", "field": "状态", "targets": [9]}),
            "trigger.targets.0",
            "unknown_choice",
        ),
        (
            definition(MARK, trigger={"kind": "record_created", "table": "订单", "where": {**COND, "op": "contains"}}),
            "trigger.where.op",
            "bad_operator",
        ),
        (definition(update("编号", literal("1"))), "steps.0.config.set.0.field", "not_writable"),
        (definition(update("没有", literal("1"))), "steps.0.config.set.0.field", "unknown_field"),
        (definition(update("金额", literal("许多"))), "steps.0.config.set.0.value.value", "bad_value"),
        (definition(update("状态", literal("没有"))), "steps.0.config.set.0.value.value", "unknown_choice"),
        (definition(update("金额", {"kind": "now"})), "steps.0.config.set.0.value", "wrong_type"),
        (definition(update("客户", {"kind": "field", "field": "单号"})), "steps.0.config.set.0.value", "wrong_type"),
        (
            definition(update("单号", {"kind": "field", "field": "没有"})),
            "steps.0.config.set.0.value.field",
            "unknown_field",
        ),
        (definition({"kind": "update_record", "set": []}), "steps.0.config.set", "nothing_to_set"),
        (definition(update("单号", literal("1"), of="stpLater")), "steps.0.config.of", "unknown_record"),
        (
            definition({"kind": "create_record", "table": "客户", "set": []}),
            "steps.0.config.set",
            "required_missing",
        ),
        (definition({"kind": "create_record", "table": "没有"}), "steps.0.config.table", "unknown_table"),
        (definition({"kind": "reserve_stock", "stock": "没有"}), "steps.0.config.stock", "unknown_stock"),
        (definition({"kind": "only_if", "test": {**MEETS, "where": {"kind": "group"}}}), "steps.0.config.test.where", "no_condition"),
        (
            definition({"kind": "only_if", "test": {"kind": "outcome_is", "step": "stpX", "outcome": "short"}}),
            "steps.0.config.test.step",
            "unknown_step",
        ),
        (definition({"kind": "branch", "arms": []}), "steps.0.config.arms", "no_arms"),
        (
            definition({"kind": "branch", "arms": [{"name": "a", "steps": []}, {"name": "b", "steps": [], "test": MEETS}]}),
            "steps.0.config.arms.0.test",
            "never_reached",
        ),
        (
            definition({"kind": "send_wecom", "connector": "conNone", "text": {"kind": "text", "parts": ["a"]}}),
            "steps.0.config.connector",
            "unknown_connector",
        ),
        (
            definition({"kind": "send_wecom", "connector": "conNone", "text": {"kind": "text", "parts": [" "]}}),
            "steps.0.config.text",
            "empty_text",
        ),
        (
            definition(
                {"kind": "send_wecom", "connector": "c", "text": {"kind": "text", "parts": [{"kind": "output", "step": "stpX", "key": "a"}]}}
            ),
            "steps.0.config.text.parts.0.step",
            "unknown_step",
        ),
        (definition({"id": "stpA", "config": MARK}, {"id": "stpA", "config": MARK}), "steps.1.id", "step_twice"),
        (definition({"id": "x", "config": MARK}), "steps.0.id", "bad_step_id"),
        (definition({"config": MARK, "attempts": 0}), "steps.0.attempts", "out_of_range"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_by_place(
    desk: Desk, orders: Table, given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]
    assert not (await desk.app()).automations


async def test_an_unknown_kind_of_step_is_told_by_place(desk: Desk, orders: Table) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, definition({"kind": "launch"}))
    assert raised.value.problems[0].path == "steps.0.config.kind"


async def test_all_problems_come_at_once(desk: Desk, orders: Table) -> None:
    given = definition(update("没有", literal(1)), {"kind": "reserve_stock", "stock": "x"}, name="")
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, given)
    assert [p.path for p in raised.value.problems] == [
        "name",
        "steps.0.config.set.0.field",
        "steps.1.config.stock",
    ]


async def test_names_become_ids_and_steps_get_theirs(desk: Desk, orders: Table) -> None:
    robot = await connectors.create(
        desk.system, desk.owner, desk.app_id, kind="wecom_robot", name="群", settings={"webhook_url": KEY}
    )
    given = definition(
        {"kind": "create_record", "table": "客户", "set": [{"field": "姓名", "value": {"kind": "field", "field": "单号"}}]},
        {"kind": "branch", "arms": [{"name": "大单", "test": MEETS, "steps": [{"config": MARK}]}, {"name": "", "steps": []}]},
        {"kind": "send_wecom", "connector": robot.id, "text": {"kind": "text", "parts": ["单号 ", {"kind": "field", "field": "单号"}, {"kind": "now"}]}},
    )  # fmt: skip
    stored = (await make(desk, given)).definition
    assert stored.trigger.table == orders.id
    ids = [step.id for step in stored.steps]
    assert len(set(ids)) == 3
    assert all(i.startswith("stp") for i in ids)
    assert stored.steps[0].config.set[0].value.field == orders.field("单号").id  # type: ignore[union-attr]
    assert stored.steps[1].config.arms[0].test.where.field == orders.field("金额").id  # type: ignore[union-attr]


async def test_what_a_step_made_is_in_reach_of_later_steps_only(desk: Desk, orders: Table) -> None:
    made = {
        "id": "stpMade",
        "config": {
            "kind": "create_record",
            "table": "客户",
            "set": [{"field": "姓名", "value": literal("新")}],
        },
    }
    phone = update("电话", literal("13805716621"), of="stpMade")
    await make(desk, definition(made, phone))
    with pytest.raises(InvalidDefinition):
        await make(desk, definition(phone, made, name="倒着"))
    inner = {"kind": "branch", "arms": [{"name": "", "steps": [made]}]}
    with pytest.raises(InvalidDefinition):
        await make(desk, definition(inner, phone, name="里面"))


async def test_switched_off_it_may_be_unfinished_and_says_what_is_missing(desk: Desk, orders: Table) -> None:
    draft = await make(desk, definition({"kind": "reserve_stock", "stock": ""}, enabled=False))
    found = await automations.problems_of(desk.system, await desk.catalog(), draft)
    assert [p.path for p in found.found] == ["steps.0.config.stock"]
    with pytest.raises(InvalidDefinition):
        await automations.update(desk.system, desk.owner, draft.id, {"enabled": True})
    steps = [{"config": MARK}]
    changed = await automations.update(
        desk.system, desk.owner, draft.id, {"enabled": True, "steps": steps}, version=draft.version
    )
    assert changed.definition.enabled
    with pytest.raises(VersionConflict):
        await automations.update(desk.system, desk.owner, draft.id, {"name": "x"}, version=draft.version)


async def test_deleting_a_field_switches_off_what_mentions_it(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    stored = (await desk.catalog()).automation(made.id).definition
    assert not stored.enabled
    found = await automations.problems_of(
        desk.system, await desk.catalog(), (await desk.catalog()).automation(made.id)
    )
    assert [(p.path, p.code) for p in found.found] == [("steps.0.config.set.0.field", "unknown_field")]


async def test_order_and_trash(desk: Desk, orders: Table) -> None:
    first, second = await make(desk, definition(MARK)), await make(desk, definition(MARK, name="二"))
    await automations.reorder(desk.system, desk.owner, desk.app_id, [second.id])
    assert [a.id for a in (await desk.app()).automations] == [second.id, first.id]
    await automations.delete(desk.system, desk.owner, first.id)
    assert [a.id for a in (await desk.app()).automations] == [second.id]
    assert msgspec.to_builtins(second.definition)["steps"]
