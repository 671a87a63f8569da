"""From a change to its effects: triggers, steps, outcomes, messages."""

from __future__ import annotations

import msgspec
import pytest

from runtime.automations.engine import execute
from runtime.definitions.automations import (
    Arm,
    Branch,
    CreateRecord,
    OnlyIf,
    RecordCreated,
    RecordMeets,
    RecordUpdated,
    Step,
    UpdateRecord,
)
from runtime.definitions.queries import Condition
from runtime.definitions.values import Assignment, FieldValue, TextValue
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop


async def test_an_order_is_reserved_when_it_is_moved_to_checking(shop: Shop, robot: str) -> None:
    await shop.reservation_automation(robot)
    shelf = await shop.shelf(10)
    order = await shop.order((shelf, 3), (shelf, 1))
    await shop.move(order)
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await shop.steps(run) == {"stp1": ("done", "reserved"), "stp2": ("done", "none")}
    assert (await shop.read(shelf))["预占数量"] == 4
    assert not (await shop.read(order))["异常"]


async def test_a_short_order_is_marked_and_the_group_alerted(
    shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    await shop.reservation_automation(robot)
    order = await shop.order((await shop.shelf(2), 3), 订单号="DY-0633")
    await shop.move(order)
    (run,) = await shop.settle()
    assert await shop.steps(run) == {
        "stp1": ("done", "short"),
        "stp2": ("done", "arm0"),
        "stp2/arm0/stp3": ("done", None),
        "stp2/arm0/stp4": ("done", None),
    }
    fields = await shop.read(order)
    assert (fields["异常"], fields["异常原因"]) == (True, "红-S A区-03排-02架 要 3 件,只剩 2 件可用")
    await shop.deliver()
    (message,) = wecom.wait_for(1)
    assert message.content == (
        "【缺货】订单 DY-0633:红-S A区-03排-02架 要 3 件,只剩 2 件可用\n"
        f"https://huobiao.example/t/{shop.orders.id}?record={order}"
    )
    assert message.users == ["aqiang"]


async def test_an_order_that_moved_on_is_not_reserved(shop: Shop, robot: str) -> None:
    await shop.reservation_automation(robot)
    shelf = await shop.shelf(10)
    order = await shop.order((shelf, 3))
    await shop.move(order)
    await shop.move(order, "已关闭")
    (run,) = await shop.settle()
    assert (await shop.steps(run))["stp1"] == ("done", "moved_on")
    assert not (await shop.read(shelf))["预占数量"]


async def test_a_run_is_carried_out_once(shop: Shop, robot: str) -> None:
    await shop.reservation_automation(robot)
    order = await shop.order()
    await shop.move(order)
    (run,) = await shop.relayed()
    assert await execute(shop.world.system, run)
    assert not await execute(shop.world.system, run), "a second message does nothing"
    assert await shop.relayed() == [], "the outbox is empty"


async def test_each_kind_of_trigger_starts_on_what_it_says(shop: Shop) -> None:
    note = UpdateRecord(shop.sets(备注="见过"))
    paid = Condition(shop.orders.field("实付金额").id, "gt", 100)
    created = await shop.automation(RecordCreated(shop.orders.id, paid), note)
    updated = await shop.automation(
        RecordUpdated(shop.orders.id, (shop.orders.field("实付金额").id,), paid), note
    )
    moved = await shop.automation(shop.checking_starts, note)
    off = await shop.automation(RecordCreated(shop.orders.id), note, enabled=False)

    async def started() -> set[str]:
        rows = [await shop.run(run) for run in await shop.relayed()]
        names = {a.number: a.id for a in (await shop.world.app()).automations}
        return {names[row["automation_id"]] for row in rows}

    cheap, dear = await shop.order(实付金额=5), await shop.order(实付金额=500)
    assert await started() == {created}
    await shop.world.patch(cheap, {"备注": "急"}, shop.orders)
    assert await started() == set(), "another field"
    await shop.world.patch(cheap, {"实付金额": 50}, shop.orders)
    assert await started() == set(), "does not meet the condition"
    await shop.world.patch(dear, {"实付金额": 600}, shop.orders)
    assert await started() == {updated}
    await shop.move(dear)
    assert await started() == {moved}
    await shop.move(dear, "已关闭")
    assert await started() == set(), "another state"
    await shop.world.change(shop.orders, deletes=(cheap,))
    assert await started() == set()
    assert off not in {created, updated, moved}


async def test_every_record_of_a_batch_starts_its_run(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="收到")))
    orders = await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(250)))
    assert len(await shop.settle()) == 250
    notes = {(await shop.read(order))["备注"] for order in orders[::50]}
    assert notes == {"收到"}


async def test_conditions_stop_a_run_and_branches_take_the_first_arm_that_holds(shop: Shop) -> None:
    def dearer(amount: int) -> RecordMeets:
        return RecordMeets(Condition(shop.orders.field("实付金额").id, "gt", amount))

    def mark(number: int, text: str) -> tuple[Step, ...]:
        return (Step(f"stp{number}", UpdateRecord(shop.sets(备注=text))),)

    await shop.automation(
        RecordCreated(shop.orders.id),
        OnlyIf(dearer(10)),
        Branch((Arm("大单", mark(11, "大单"), dearer(100)), Arm("其他", mark(12, "普通")))),
        UpdateRecord(shop.sets(次数=1)),
    )
    small, middle, large = [await shop.order(实付金额=amount) for amount in (5, 50, 500)]
    runs = await shop.settle()
    assert [await shop.steps(run) for run in runs] == [
        {"stp1": ("done", "no")},
        {
            "stp1": ("done", "yes"),
            "stp2": ("done", "arm1"),
            "stp2/arm1/stp12": ("done", None),
            "stp3": ("done", None),
        },
        {
            "stp1": ("done", "yes"),
            "stp2": ("done", "arm0"),
            "stp2/arm0/stp11": ("done", None),
            "stp3": ("done", None),
        },
    ]
    read = [await shop.read(order) for order in (small, middle, large)]
    assert [(r["备注"], r["次数"]) for r in read] == [(None, None), ("普通", 1), ("大单", 1)]


async def test_a_record_that_a_step_made_can_be_used_by_the_next(shop: Shop) -> None:
    line = shop.lines
    await shop.automation(
        RecordCreated(shop.orders.id),
        CreateRecord(
            line.id,
            (
                Assignment(line.field("名称").id, TextValue(("赠品 · ", shop.value("订单号")))),
                Assignment(line.field("订单").id, FieldValue("$id")),
            ),
        ),
        UpdateRecord((Assignment(line.field("数量").id, shop.value("实付金额")),), of="stp1"),
        UpdateRecord(shop.sets(备注=FieldValue("$id", "stp1"))),
    )
    order = await shop.order(订单号="A1", 实付金额=12)
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    rows = await shop.world.system.db.fetch(f"SELECT * FROM {line.sql}")
    assert [(row[line.field("名称").column], row[line.field("数量").column]) for row in rows] == [
        ("赠品 · A1", 12)
    ]
    assert (await shop.read(order))["备注"] == "赠品 · A1"
    actor = await shop.world.system.db.row("SELECT * FROM meta.history WHERE source = $1 LIMIT 1", run)
    assert (actor["actor_kind"], actor["actor_name"], actor["channel"]) == (
        "automation",
        "自动化",
        "automation",
    )


@pytest.mark.parametrize("missing", ["field", "stock"])
async def test_what_a_step_needs_and_is_gone_is_said(shop: Shop, robot: str, missing: str) -> None:
    automation = await shop.reservation_automation(robot)
    definition = (await shop.world.catalog()).automation(automation).definition
    gone = shop.stock.id if missing == "stock" else shop.orders.field("异常原因").id
    await shop.world.system.db.execute(
        "UPDATE meta.definition SET deleted_at = now() WHERE public_id = $1", gone
    )
    await shop.world.replace(automation, msgspec.structs.replace(definition, description="."))
    await shop.move(await shop.order((await shop.shelf(1), 3)))
    (run,) = await shop.settle()
    row = await shop.run(run)
    assert row["status"] == "failed"
    assert msgspec.json.decode(row["error"])["code"] == (
        "not_found" if missing == "stock" else "unknown_field"
    )
