"""Automations: every problem at once and by place; switched off, one may wait for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from builder import automations, connectors, fields, usage
from builder.references import automations_naming
from builder.validation import Problems
from builder.wire import FieldPatch
from runtime import accounts
from runtime.accounts.members import put_member
from runtime.catalog import Automation, Table
from runtime.errors import InvalidDefinition, RuleBroken, VersionConflict
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
            definition({"kind": "branch", "arms": [{"name": "a", "id": "arm/1", "steps": []}]}),
            "steps.0.config.arms.0.id",
            "bad_arm_id",
        ),
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


FIND = {"kind": "find_records", "table": "客户", "where": {"kind": "condition", "field": "姓名", "op": "is"}}


def value(**given: Any) -> dict[str, Any]:
    return {"$value": given}


def found(operand: Any, field: str = "姓名", op: str = "is") -> dict[str, Any]:
    return {**FIND, "id": "", "where": {"kind": "condition", "field": field, "op": op, "value": operand}}


def formula(source: str, **given: Any) -> dict[str, Any]:
    return {"kind": "formula", "source": source, **given}


NUMBER = {"kind": "field", "field": "单号"}


@pytest.mark.parametrize(
    ("steps", "path", "code"),
    [
        ((found(value(kind="field", field="没有")),), "steps.0.config.where.value.field", "unknown_field"),
        ((found(value(kind="output", step="stpX", key="a")),), "steps.0.config.where.value.step", "unknown_step"),
        ((found(value(kind="nonsense")),), "steps.0.config.where.value", "bad_operand"),
        ((found(value(**NUMBER), op="in_period"),), "steps.0.config.where.op", "bad_operator"),
        (({**FIND, "table": "没有"},), "steps.0.config.table", "unknown_table"),
        (({**FIND, "where": None, "limit": 10_001},), "steps.0.config.limit", "out_of_range"),
        (({**FIND, "where": None, "sorts": [{"field": "没有"}]},), "steps.0.config.sorts.0", "unknown_field"),
        (({"kind": "upsert_record", "table": "客户"},), "steps.0.config.match", "no_match"),
        (
            ({"kind": "upsert_record", "table": "订单", "match": [{"field": "付款", "value": {"kind": "now"}}]},),
            "steps.0.config.match.0.field",
            "bad_match",
        ),
        (
            ({"kind": "upsert_record", "table": "客户", "match": [{"field": "姓名", "value": {"kind": "literal", "value": ""}}]},),
            "steps.0.config.match.0.value",
            "no_value",
        ),
        (
            ({"kind": "upsert_record", "table": "客户", "match": [{"field": "电话", "value": NUMBER}]},),
            "steps.0.config.create",
            "required_missing",
        ),
        (
            (
                {
                    "kind": "upsert_record",
                    "table": "客户",
                    "match": [{"field": "姓名", "value": NUMBER}],
                    "set": [{"field": "姓名", "value": NUMBER}],
                },
            ),
            "steps.0.config.set.0.field",
            "set_twice",
        ),
        (({"kind": "link_record", "link": "金额", "match": []},), "steps.0.config.link", "not_a_link"),
        (
            ({"kind": "link_record", "link": "客户", "match": [{"field": "没有", "value": NUMBER}]},),
            "steps.0.config.match.0.field",
            "unknown_field",
        ),
        (({"kind": "delete_record", "of": "stpX", "every": True},), "steps.0.config.of", "unknown_list"),
        (({"kind": "delete_record", "via": "金额"},), "steps.0.config.via", "not_a_link"),
        (({"kind": "move_state", "field": "状态", "to": 1},), "steps.0.config.field", "no_machine"),
        (({"kind": "aggregate", "table": "订单", "fn": "sum"},), "steps.0.config.field", "field_missing"),
        (
            ({"kind": "aggregate", "table": "订单", "fn": "sum", "field": "单号"},),
            "steps.0.config.fn",
            "bad_aggregate",
        ),
        ((update("金额", formula("{没有}+1")),), "steps.0.config.set.0.value.source", "formula_field"),
        ((update("金额", formula("1+")),), "steps.0.config.set.0.value.source", "formula_syntax"),
        ((update("金额", formula("")),), "steps.0.config.set.0.value.source", "formula_empty"),
        (
            (update("金额", formula("{金额}", names={"金额": {"kind": "now"}})),),
            "steps.0.config.set.0.value.names.金额",
            "name_taken",
        ),
        ((update("单号", literal("x"), set=[{"field": "单号", "how": "remove"}]),), "steps.0.config.set.0.how", "bad_way"),
        (
            (update("单号", {"kind": "field", "field": "姓名", "via": ["金额"]}),),
            "steps.0.config.set.0.value.via.0",
            "not_a_link",
        ),
        ((update("客户", {"kind": "person"}),), "steps.0.config.set.0.value", "wrong_type"),
        (
            ({"kind": "only_if", "test": {"kind": "compare", "left": NUMBER, "op": "gt"}},),
            "steps.0.config.test.right",
            "no_value",
        ),
        (
            ({"kind": "only_if", "test": {"kind": "tests", "items": []}},),
            "steps.0.config.test.items",
            "no_condition",
        ),
        (
            ({"kind": "only_if", "test": {"kind": "formula_holds", "formula": formula("{金额}>")}},),
            "steps.0.config.test.formula.source",
            "formula_syntax",
        ),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_steps_over_records_is_told_by_place(
    desk: Desk, orders: Table, steps: tuple[Any, ...], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, definition(*({k: v for k, v in s.items() if k != "id"} for s in steps)))
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_a_broken_formula_tells_the_characters(desk: Desk, orders: Table) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, definition(update("金额", formula("{金额} + {没有}"))))
    (problem,) = raised.value.problems
    assert (problem.message.params["start"], problem.message.params["end"]) == (7, 11)


async def test_names_in_steps_over_records_become_ids(desk: Desk, orders: Table) -> None:
    customers = (await desk.catalog()).table(orders.field("客户").config.table)  # type: ignore[union-attr]
    steps = (
        {"id": "stpF", "config": found(value(**NUMBER))},
        {"config": {"kind": "update_record", "of": "stpF", "every": True, "set": [{"field": "姓名", "value": formula("{单号}&{数}", names={"数": {"kind": "output", "step": "stpF", "key": "count"}})}]}},
        {"config": {"kind": "link_record", "link": "客户", "match": [{"field": "电话", "value": NUMBER}], "set": [{"field": "姓名", "value": NUMBER}]}},
        {"config": {"kind": "only_if", "test": {"kind": "tests", "match": "none", "items": [{"kind": "compare", "left": {"kind": "field", "field": "姓名", "via": ["客户"]}, "op": "is_empty"}]}}},
    )  # fmt: skip
    steps[0]["config"].pop("id")  # type: ignore[union-attr,attr-defined]
    stored: Any = (await make(desk, definition(*steps))).definition.steps
    where = stored[0].config.where
    assert (where.field, where.value["$value"]["field"]) == (
        customers.field("姓名").id,
        orders.field("单号").id,
    )
    written = stored[1].config.set[0].value
    assert written.source == f"{{{orders.field('单号').id}}}&{{数}}"
    assert written.types == {"数": "number"}
    assert stored[2].config.link == orders.field("客户").id
    left = stored[3].config.test.items[0].left
    assert (left.field, left.via) == (customers.field("姓名").id, (orders.field("客户").id,))


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (found(value(kind="field", field="金额")), "steps.0.config.where.value.$value.field"),
        (found(value(kind="formula", source="{金额}+1")), "steps.0.config.where.value.$value.source"),
        (update("单号", formula("{金额}")), "steps.0.config.set.0.value.source"),
        ({"kind": "aggregate", "table": "订单", "fn": "sum", "field": "金额"}, "steps.0.config.field"),
        (
            {"kind": "only_if", "test": {"kind": "compare", "left": {"kind": "field", "field": "金额"}, "op": "is_empty"}},
            "steps.0.config.test.left.field",
        ),
    ],
)  # fmt: skip
async def test_wherever_a_field_is_used_its_deletion_says_so(
    desk: Desk, orders: Table, step: dict[str, Any], path: str
) -> None:
    made = await make(desk, definition({k: v for k, v in step.items() if k != "id"}))
    uses = await usage.where_used(desk.system, desk.owner, orders.field("金额").id)
    assert [(use.id, use.path) for use in uses] == [(made.id, path)]
    with pytest.raises(RuleBroken):
        await fields.delete(desk.system, desk.owner, orders.field("金额").id)
    await fields.delete(desk.system, desk.owner, orders.field("金额").id, confirmed=True)
    broken = await automations.problems_of(
        desk.system, await desk.catalog(), (await desk.catalog()).automation(made.id)
    )
    assert broken.found


async def test_a_renamed_choice_is_followed_in_comparisons(desk: Desk, orders: Table) -> None:
    test = {"kind": "compare", "left": {"kind": "field", "field": "状态"}, "right": literal("已支付")}
    made = await make(desk, definition({"kind": "only_if", "test": test}, MARK))
    field = orders.field("状态")
    used = await usage.where_choice_used(desk.system, desk.owner, field.id, 1)
    assert [use.id for use in used.uses] == [made.id]
    choices = [{"id": 1, "name": "已付款"}, {"id": 2, "name": "审核中"}]
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"choices": choices}))
    stored: Any = (await desk.catalog()).automation(made.id).definition
    assert stored.steps[0].config.test.right.value == "已付款"


async def test_a_member_who_left_is_told_before_and_flagged_after(desk: Desk) -> None:
    number = await desk.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash)"
        " VALUES ('usrLeavesLeaves00', 'leaves@example.com', '离开的人', '-') RETURNING id"
    )
    app = await desk.app()
    async with desk.system.db.transaction() as tx:
        await put_member(tx, app.number, number, "editor")
    await desk.table("任务", spec("标题"), spec("负责人", "member"))
    set_ = [{"field": "负责人", "value": literal({"id": "usrLeavesLeaves00"})}]
    trigger = {"kind": "record_created", "table": "任务"}
    made = await make(desk, definition({"kind": "update_record", "set": set_}, trigger=trigger))
    notify = {
        "kind": "notify",
        "title": {"kind": "text", "parts": ["新任务"]},
        "people": ["usrLeavesLeaves00"],
    }
    telling = await make(desk, definition(notify, trigger=trigger, name="通知"))
    assert automations_naming(await desk.app(), "usrLeavesLeaves00") == ["审核", "通知"]
    assert automations_naming(await desk.app(), "usrSomebodyElse00") == []
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, "usrLeavesLeaves00")
    catalog = await desk.catalog()
    (problem,) = (await automations.problems_of(desk.system, catalog, catalog.automation(made.id))).found
    assert (problem.path, problem.code) == ("steps.0.config.set.0.value.value", "person_gone")
    (problem,) = (await automations.problems_of(desk.system, catalog, catalog.automation(telling.id))).found
    assert (problem.path, problem.code) == ("steps.0.config.people.0", "unknown_person")
    assert "「离开的人」" in problem.message.text(), "people are called by their names"


async def test_a_deleted_field_is_called_by_its_name_and_an_empty_choice_is_no_deleted_one(
    desk: Desk, orders: Table
) -> None:
    made = await make(
        desk, definition({"kind": "update_record", "set": [{"field": "金额", "value": literal(5)}]})
    )
    unchosen = await make(
        desk, definition({"kind": "link_record", "link": "", "match": []}, name="没选", enabled=False)
    )
    await fields.delete(desk.system, desk.owner, orders.field("金额").id, confirmed=True)
    catalog = await desk.system.catalogs.current()
    found = await automations.problems_of(desk.system, catalog, catalog.automation(made.id))
    assert [str(problem.message.text()) for problem in found.found] == [
        "「金额」已被删除:换一个字段,或从回收站恢复它"
    ]
    found = await automations.problems_of(desk.system, catalog, catalog.automation(unchosen.id))
    assert "选一个字段" in [problem.message.text() for problem in found.found]
