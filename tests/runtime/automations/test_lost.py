"""A run over something that was deleted stops where people see it, and says what it was called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder import fields, tables
from runtime.access import Actor
from runtime.automations import remedies
from runtime.automations.engine import execute
from runtime.automations.notes import load_failure
from runtime.definitions.automations import (
    CreateRecord,
    OnlyIf,
    RecordCreated,
    RecordMeets,
    StepConfig,
    UpdateRecord,
)
from runtime.definitions.queries import Condition
from runtime.definitions.record_steps import AggregateRecords, FindRecords, UpsertRecord
from runtime.definitions.step_tests import Compare
from runtime.definitions.values import (
    Assignment,
    Before,
    FieldValue,
    FormulaValue,
    Literal_,
    TextValue,
    Value,
)
from tests.support.shop import Shop
from tests.support.world import EDITOR

OWNER = Actor(kind="person", id="usrOwnerOwnerOwn", name="所有者", person=None, everywhere="owner")

STEPS: dict[str, Callable[[str, str, str], StepConfig]] = {
    "update": lambda _t, _f, gone: UpdateRecord((Assignment(gone, Literal_("好")),)),
    "create": lambda t, _f, gone: CreateRecord(t, (Assignment(gone, Literal_("好")),)),
    "upsert": lambda t, _f, gone: UpsertRecord(t, (Assignment(gone, Literal_("好")),), ()),
    "only_if": lambda _t, _f, gone: OnlyIf(RecordMeets(Condition(gone, "is", "好"))),
    "compare": lambda _t, _f, gone: OnlyIf(Compare(FieldValue(gone), "is_empty")),
    "find": lambda t, _f, gone: FindRecords(t, Condition(gone, "is", "好")),
    "aggregate": lambda t, _f, gone: AggregateRecords(t, fn="max", field=gone),
    "value": lambda _t, f, gone: _sets(f, FieldValue(gone)),
    "before": lambda _t, f, gone: _sets(f, Before(gone)),
    "text": lambda _t, f, gone: _sets(f, TextValue(("备注:", FieldValue(gone)))),
    "formula": lambda _t, f, gone: _sets(f, FormulaValue(f'{{{gone}}}&"。"')),
}


def _sets(field: str, value: Value) -> UpdateRecord:
    return UpdateRecord((Assignment(field, value),))


async def _said(shop: Shop, run: str) -> list[str]:
    """Why a run failed, as people read it."""
    await execute(shop.world.system, run)
    row = await shop.run(run)
    assert row["status"] == "failed"
    failure = load_failure(row["error"])
    assert failure is not None
    return [sentence.text() for sentence in failure.sentences]


async def test_a_run_names_the_deleted_field(shop: Shop) -> None:
    gone = shop.orders.field("备注")
    for step in STEPS.values():
        config = step(shop.orders.id, shop.orders.field("订单号").id, gone.id)
        await shop.automation(RecordCreated(shop.orders.id), config)
    await shop.order()
    begun = await shop.relayed()
    assert len(begun) == len(STEPS)
    await fields.delete(shop.world.system, OWNER, gone.id, confirmed=True)
    said = {tuple(await _said(shop, run)) for run in begun}
    assert said == {("「备注」已被删除:换一个字段,或从回收站恢复它",)}
    # gone for good: the name is lost, and no id stands in its place
    await shop.world.system.db.execute("DELETE FROM meta.definition WHERE public_id = $1", gone.id)
    for run in begun:
        await remedies.retry(shop.world.system, EDITOR, run)
    assert {tuple(await _said(shop, run)) for run in begun} == {("这里用的字段已被删除:换一个",)}


async def test_a_run_names_the_deleted_table(shop: Shop) -> None:
    lines = shop.lines
    other = await shop.world.table("杂项", {"名称": lines.field("名称").definition})
    config = CreateRecord(other.id, (Assignment(other.field("名称").id, Literal_("一")),))
    await shop.automation(RecordCreated(shop.orders.id), config)
    await shop.order()
    (run,) = await shop.relayed()
    await tables.delete(shop.world.system, OWNER, other.id, confirmed=True)
    assert await _said(shop, run) == ["数据表「杂项」已被删除:换一张,或从回收站恢复它"]


@pytest.mark.parametrize("taken", ["记录", "步骤"])
async def test_other_failures_say_what_they_said(shop: Shop, taken: str) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    order = await shop.order()
    (run,) = await shop.relayed()
    if taken == "记录":
        await shop.world.change(shop.orders, deletes=(order,))
        assert "已被删除:换一" not in (await _said(shop, run))[0]
    else:
        await execute(shop.world.system, run)
        assert (await shop.run(run))["status"] == "finished"
