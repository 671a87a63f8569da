"""Buttons: a press starts the automation once, says why it cannot, and leaves a trace."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from builder import automations, fields
from builder.validation import Problems
from builder.wire import FieldPatch, table_json
from runtime import accounts
from runtime.access import Actor
from runtime.automations import trace
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import Table
from runtime.definitions.queries import Condition, Query, Sort
from runtime.errors import (
    HuobiaoError,
    InvalidDefinition,
    InvalidInput,
    NotAllowed,
    NotFound,
    RuleBroken,
)
from runtime.records import buttons, history, read
from tests.builder.conftest import Desk, desk, spec  # noqa: F401 - the fixture
from tests.runtime.fieldtypes.test_member import join

ME = {"kind": "condition", "op": "is", "value": "待发"}


@dataclass
class Depot:
    """Parcels with a button 发货 that sets 状态 to 已发, shown while it is 待发."""

    desk: Desk
    table: Table
    automation: str

    async def press(self, record: str, actor: Actor | None = None) -> buttons.Pressed:
        return await buttons.press(self.desk.system, actor or self.desk.owner, record, "发货")

    async def state(self, record: str, pressed: buttons.Pressed) -> buttons.Pressed:
        return await buttons.state_of(self.desk.system, self.desk.owner, record, "发货", pressed.press)

    async def settle(self) -> list[str]:
        """Let the relay and a worker do what they would."""
        runs = list((await relay(self.desk.system)).runs)
        for run in runs:
            await execute(self.desk.system, run)
        return runs

    async def switch(self, **changes: Any) -> None:
        await automations.update(self.desk.system, self.desk.owner, self.automation, changes)


@pytest.fixture
async def depot(desk: Desk) -> Depot:  # noqa: F811
    choices = [{"name": "待发"}, {"name": "已发"}]
    table = await desk.table(
        "包裹", spec("单号"), spec("状态", "single_select", choices=choices), spec("备注")
    )
    state = table.field("状态").id
    made = await automations.create(
        desk.system,
        desk.owner,
        desk.app_id,
        automations.read_definition(
            Problems(),
            {
                "name": "发出去",
                "enabled": True,
                "trigger": {"kind": "button", "table": table.id},
                "steps": [
                    {
                        "config": {
                            "kind": "update_record",
                            "set": [{"field": state, "value": {"kind": "literal", "value": "已发"}}],
                        }
                    }
                ],
            },
        ),
    )
    await desk.field(
        table,
        "发货",
        "button",
        automation=made.id,
        label="发出",
        confirm="真的发吗",
        where=ME | {"field": state},
    )
    return Depot(desk, await desk.again(table), made.id)


async def test_a_press_runs_the_automation_once_and_is_told(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    (record,) = await desk.write(depot.table, {"单号": "P1", "状态": "待发"})
    assert await desk.rows(depot.table, "发货") == [record]
    pressed = await depot.press(record)
    assert pressed.state == "waiting"
    assert (await depot.state(record, pressed)).state == "waiting"
    with pytest.raises(RuleBroken, match="正在为这条记录运行"):
        await depot.press(record)
    (run,) = await depot.settle()
    assert await depot.state(record, pressed) == buttons.Pressed(
        press=pressed.press, state="finished", run=run
    )
    assert await desk.rows(depot.table, "状态", "发货") == [("已发", None)]
    with pytest.raises(RuleBroken, match="不符合它的条件"):
        await depot.press(record)
    told = await trace.run_trace(desk.system, desk.owner, run)
    assert told.run.trigger.text() == "所有者 按了「发出」"
    entries = await history.of_record(desk.system, desk.owner, record)
    assert [(e.action, e.actor_name) for e in entries][1:] == [("press", "所有者"), ("create", "所有者")]
    assert entries[1].changes[0].name == "发货"


async def test_two_presses_at_once_start_one_run(depot: Depot) -> None:
    (record, other) = await depot.desk.write(
        depot.table, {"单号": "P1", "状态": "待发"}, {"单号": "P2", "状态": "待发"}
    )
    done = await asyncio.gather(
        *(depot.press(record) for _ in range(6)), depot.press(other), return_exceptions=True
    )
    refused = [one for one in done if isinstance(one, BaseException)]
    assert len(refused) == 5
    assert all(isinstance(one, RuleBroken) and one.error_code == "still_running" for one in refused)
    assert len(await depot.settle()) == 2


async def test_who_may_only_look_cannot_press(depot: Depot) -> None:
    (record,) = await depot.desk.write(depot.table, {"单号": "P1", "状态": "待发"})
    viewer = await join(depot.desk, "viewer@example.com", "看客", "viewer")
    with pytest.raises(NotAllowed):
        await depot.press(record, viewer)
    stranger = await accounts.create_user(
        depot.desk.system, email="eve@example.com", password="correct-horse-battery", name="外人"
    )
    with pytest.raises(NotFound):
        await depot.press(record, await accounts.person_actor(depot.desk.system, stranger.id))
    with pytest.raises(InvalidInput, match="不是按钮"):
        await buttons.press(depot.desk.system, depot.desk.owner, record, "备注")
    await depot.desk.store(depot.table, deletes=(record,))
    with pytest.raises(NotFound):
        await depot.press(record)


async def test_a_button_says_why_its_automation_cannot_run(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    (record,) = await desk.write(depot.table, {"单号": "P1", "状态": "待发"})

    async def blocked() -> Any:
        catalog = await desk.catalog()
        table = catalog.table(depot.table.id)
        shown = table_json(desk.owner, catalog.app_of(table), table, 0)["fields"]
        return next(field["blocked"] for field in shown if field["name"] == "发货")

    assert await blocked() is None
    await depot.switch(enabled=False)
    assert await blocked() == "automation"
    with pytest.raises(RuleBroken, match="「发出去」已停用"):
        await depot.press(record)
    trigger = {"kind": "button", "table": depot.table.id}
    nobody = {"kind": "condition", "field": depot.table.field("单号").id, "op": "is", "value": "别的"}
    await depot.switch(enabled=True, trigger=trigger | {"where": nobody})
    with pytest.raises(RuleBroken, match="触发条件"):
        await depot.press(record)
    await automations.delete(desk.system, desk.owner, depot.automation)
    assert await blocked() == "automation"
    with pytest.raises(RuleBroken, match="已被删除"):
        await depot.press(record)


async def test_a_press_whose_automation_is_switched_off_meanwhile_comes_to_nothing(depot: Depot) -> None:
    (record,) = await depot.desk.write(depot.table, {"单号": "P1", "状态": "待发"})
    pressed = await depot.press(record)
    await depot.switch(enabled=False)
    assert await depot.settle() == []
    assert (await depot.state(record, pressed)).state == "nothing"


async def test_a_failed_run_is_told_and_can_be_pressed_again(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    (record,) = await desk.write(depot.table, {"单号": "P1", "状态": "待发"})
    await desk.change(depot.table.field("备注"), required=True)
    await desk.field(depot.table, "必填", required=True)
    step = {
        "config": {
            "kind": "update_record",
            "set": [{"field": depot.table.field("备注").id, "value": {"kind": "literal", "value": ""}}],
        }
    }
    await depot.switch(steps=[step])
    pressed = await depot.press(record)
    await depot.settle()
    state = await depot.state(record, pressed)
    assert (state.state, state.run is None) == ("failed", False)
    assert "必须填写" in (state.error or "")
    assert (await depot.press(record)).state == "waiting"


async def test_only_its_own_automation_hears_of_a_press_and_nothing_is_undone(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    for trigger in ({"kind": "button"}, {"kind": "record_updated"}, {"kind": "record_created"}):
        await automations.create(
            desk.system,
            desk.owner,
            desk.app_id,
            automations.read_definition(
                Problems(),
                {
                    "name": f"别的 {trigger['kind']}",
                    "trigger": trigger | {"table": depot.table.id},
                    "enabled": True,
                    "steps": [{"config": {"kind": "update_record", "set": [
                        {"field": depot.table.field("备注").id, "value": {"kind": "literal", "value": "乱"}}]}}],
                },
            ),
        )  # fmt: skip
    (record,) = await desk.write(depot.table, {"单号": "P1", "状态": "待发"})
    while await depot.settle():  # what the new record sets off
        pass
    await depot.press(record)
    assert len(await depot.settle()) == 1
    assert await history.last_change_of(desk.system, desk.owner) is None
    entries = await history.of_record(desk.system, desk.owner, record)
    press = next(entry for entry in entries if entry.action == "press")
    with pytest.raises(NotFound):
        await history.undo_changes(desk.system, desk.owner, press.change)


async def test_buttons_are_neither_filtered_nor_sorted_nor_written(depot: Depot) -> None:
    desk, table = depot.desk, depot.table  # noqa: F811
    key = table.field("发货").id
    for query in (Query(where=Condition(key, "is", "x")), Query(sorts=(Sort(key),))):
        with pytest.raises(HuobiaoError):
            await read.page(desk.system, desk.owner, table.id, query)
    (record,) = await desk.write(table, {"单号": "P1"})
    outcome = await desk.set(table, record, 发货="按")
    assert "不能修改" in outcome.results[0].problems[0].message.text()
    with pytest.raises(InvalidDefinition):
        await desk.field(table, "算", "formula", source="{发货}")
    with pytest.raises(InvalidDefinition, match="按钮不存内容"):
        await desk.change(table.field("发货"), type="text")
    with pytest.raises(InvalidDefinition, match="按钮不存内容"):
        await desk.change(table.field("备注"), type="button", options={})
    for change in ({"automation": "autAAAAAAAAAAAAAA"}, {"color": "mauve"}, {"label": "长" * 41}):
        with pytest.raises(InvalidDefinition):
            await desk.change(table.field("发货"), options=change)


async def test_deleting_a_field_of_its_condition_trims_it(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    (record,) = await desk.write(depot.table, {"单号": "P1"})
    assert await desk.rows(depot.table, "发货") == [None]
    await automations.delete(desk.system, desk.owner, depot.automation)
    told = await fields.deletion_impact(desk.system, desk.owner, depot.table.field("状态").id)
    assert any(use.name == "发货" for use in told.trimmed)
    await fields.delete(desk.system, desk.owner, depot.table.field("状态").id, confirmed=True)
    assert (await desk.again(depot.table)).field("发货").config.where is None  # type: ignore[union-attr]
    assert await desk.rows(depot.table, "发货") == [record]
    await fields.delete(desk.system, desk.owner, depot.table.field("发货").id, confirmed=True)


async def test_where_uses_the_viewer(depot: Depot) -> None:
    desk = depot.desk  # noqa: F811
    ann = await join(desk, "ann@example.com", "安宁")
    await desk.field(depot.table, "负责人", "member")
    table = await desk.again(depot.table)
    where = {"kind": "condition", "field": table.field("负责人").id, "op": "is", "value": "$me"}
    await fields.update(desk.system, desk.owner, table.field("发货").id, FieldPatch(options={"where": where}))
    (record,) = await desk.write(table, {"单号": "P1", "状态": "待发", "负责人": ann.id})
    assert await desk.rows(table, "发货") == [None]
    with pytest.raises(RuleBroken, match="不符合它的条件"):
        await depot.press(record)
    assert (await depot.press(record, ann)).state == "waiting"
