"""What starts when records change: once per change and record, whatever wrote it, through computed fields and links too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from runtime.automations import timetable
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.definitions.automations import CreateRecord
from runtime.definitions.queries import Condition, Group
from runtime.definitions.triggers import (
    ConditionsMet,
    RecordCreated,
    RecordDeleted,
    RecordRestored,
    RecordUpdated,
    StateEntered,
    StateLeft,
)
from runtime.definitions.values import Assignment, FieldValue
from runtime.ids import parse_record_id
from runtime.records import write
from runtime.records.change import Source
from runtime.records.refresh import Refresher
from tests.runtime.automations.watched import Watched
from tests.support.world import EDITOR, World


@pytest.fixture
async def watched(world: World) -> Watched:
    return await Watched.make(world)


def row(record: str) -> int:
    return parse_record_id(record)[1]


async def test_a_roll_up_that_is_waited_for_starts_once_per_record(watched: Watched) -> None:
    world = watched.world
    await watched.on(RecordUpdated(watched.customers.id, (watched.field("总额"),)))
    (li, wang) = await world.create(watched.customers, {"姓名": "李"}, {"姓名": "王"})
    orders = await world.create(
        watched.orders,
        {"订单号": "1", "客户": [li], "金额": 10},
        {"订单号": "2", "客户": [li], "金额": 5},
        {"订单号": "3", "客户": [wang], "金额": 7},
    )
    found = await watched.relayed()
    assert [run["record"] for run in found] == [row(li), row(wang)], "one each, though two orders came"
    assert found[0]["after"] == {watched.field("总额"): 15}
    assert found[0]["before"] in ({watched.field("总额"): 0}, {watched.field("总额"): None})
    await world.patch(orders[0], {"订单号": "1b"}, watched.orders)
    assert await watched.relayed() == [], "nothing of theirs changed"
    await world.patch(orders[0], {"客户": [wang]}, watched.orders)
    assert {run["record"] for run in await watched.relayed()} == {row(li), row(wang)}


async def test_a_formula_belongs_to_the_event_of_its_record(watched: Watched) -> None:
    world = watched.world
    await watched.on(RecordUpdated(watched.orders.id, (watched.field("含税"), watched.field("金额"))))
    (order,) = await world.create(watched.orders, {"订单号": "1", "金额": 100})
    assert await watched.relayed() == []
    await world.patch(order, {"金额": 200}, watched.orders)
    (run,) = await watched.relayed()
    assert run["after"] == {watched.field("金额"): 200, watched.field("含税"): 226}
    assert run["before"][watched.field("含税")] == 113


async def test_links_made_on_the_other_side_are_changes_of_both(watched: Watched) -> None:
    world = watched.world
    inverse = next(f for f in watched.customers.fields if f.type == "link")
    await watched.on(RecordUpdated(watched.customers.id), name="任意字段")
    await watched.on(RecordUpdated(watched.orders.id, (watched.field("客户"),)), name="订单的客户")
    (li, wang) = await world.create(watched.customers, {"姓名": "李"}, {"姓名": "王"})
    (order,) = await world.create(watched.orders, {"订单号": "1", "客户": [li]})
    (run,) = await watched.relayed()
    assert (run["record"], run["after"], run["before"]) == (row(li), {inverse.id: [order]}, {inverse.id: []})
    await world.patch(order, {"客户": [wang]}, watched.orders)
    found = await watched.relayed()
    assert sorted(run["record"] for run in found) == sorted([row(order), row(li), row(wang)])
    # the other way round: the customer is written, the order hears of it
    await world.patch(li, {inverse.name: [order]}, watched.customers)
    found = await watched.relayed()
    assert sorted(run["key"].split(":")[0] for run in found), found
    assert sorted(run["record"] for run in found) == sorted([row(li), row(order), row(wang)])


async def test_values_from_and_to(watched: Watched) -> None:
    world = watched.world
    await watched.on(RecordUpdated(watched.orders.id, (watched.field("急单"),), None, (False,), (True,)))
    (order,) = await world.create(watched.orders, {"订单号": "1"})
    for value in (True, False, True):
        await world.patch(order, {"急单": value}, watched.orders)
    assert len(await watched.relayed()) == 2


async def test_states_entered_and_left(watched: Watched) -> None:
    world = watched.world
    state = watched.field("状态")
    await watched.on(StateEntered(watched.orders.id, state, (2,)), name="进入")
    await watched.on(StateLeft(watched.orders.id, state, (2,)), name="离开")
    paid, waiting = await world.create(
        watched.orders, {"订单号": "1", "状态": "已支付"}, {"订单号": "2", "状态": "待支付"}
    )
    (run,) = await watched.relayed()
    assert run["record"] == row(paid), "a new record that begins there has entered it"
    await world.patch(waiting, {"状态": "已支付"}, watched.orders)
    assert [r["record"] for r in await watched.relayed()] == [row(waiting)]
    await world.patch(paid, {"状态": "审核中"}, watched.orders)
    (run,) = await watched.relayed()
    assert run["before"] == {state: 2}


async def test_a_deleted_record_is_read_as_it_was(watched: Watched) -> None:
    world = watched.world
    name = watched.customers.field("姓名").id
    trigger = RecordDeleted(watched.orders.id, Condition(watched.field("金额"), "gt", 5))
    await watched.on(
        trigger, CreateRecord(watched.customers.id, (Assignment(name, FieldValue(watched.field("订单号"))),))
    )
    await watched.on(RecordRestored(watched.orders.id), name="恢复")
    small, large = await world.create(
        watched.orders, {"订单号": "小", "金额": 1}, {"订单号": "大", "金额": 10}
    )
    await world.change(watched.orders, deletes=(small, large))
    relayed = await relay(world.system)
    assert len(relayed.runs) == 1
    await execute(world.system, relayed.runs[0], "test")
    run = await world.system.db.row("SELECT status, error FROM meta.run")
    assert run is not None
    assert run["status"] == "finished", run["error"]
    names = await world.system.db.fetch(
        f"SELECT {watched.customers.field('姓名').column} AS n FROM {watched.customers.sql}"
    )
    assert [r["n"] for r in names] == ["大"]
    await watched.new_runs()
    await world.change(watched.orders, restores=(large,))
    assert [r["action"] for r in await watched.relayed()] == ["restore"]


@pytest.mark.parametrize("kind", ["own", "computed", "far"])
async def test_it_starts_when_conditions_begin_to_be_met(watched: Watched, kind: str) -> None:
    world = watched.world
    table, where = {
        "own": (watched.orders, Condition(watched.field("金额"), "gt", 100)),
        "computed": (watched.orders, Condition(watched.field("含税"), "gt", 113)),
        "far": (watched.customers, Condition(watched.field("总额"), "gt", 100)),
    }[kind]
    (li,) = await world.create(watched.customers, {"姓名": "李"})
    (order,) = await world.create(watched.orders, {"订单号": "1", "客户": [li], "金额": 150})
    await watched.on(ConditionsMet(table.id, where))
    await watched.begun()
    about = row(li if kind == "far" else order)
    for amount, starts in ((160, 0), (50, 0), (101, 1), (102, 0), (100, 0), (101, 1)):
        await world.patch(order, {"金额": amount}, watched.orders)
        found = await watched.relayed()
        assert [run["record"] for run in found] == [about] * starts, (amount, found)


async def test_a_short_while_of_meeting_is_not_overlooked(watched: Watched) -> None:
    world = watched.world
    await watched.on(ConditionsMet(watched.orders.id, Condition(watched.field("金额"), "gt", 100)))
    await watched.begun()
    (order,) = await world.create(watched.orders, {"订单号": "1", "金额": 1})
    for amount in (200, 2, 300, 3):
        await world.patch(order, {"金额": amount}, watched.orders)
    assert len(await watched.relayed()) == 2, "both times, though it is over before anybody looks"


async def test_quiet_changes_are_taken_down_and_start_nothing(watched: Watched) -> None:
    world = watched.world
    await watched.on(ConditionsMet(watched.orders.id, Condition(watched.field("金额"), "gt", 100)))
    await watched.begun()
    (order,) = await world.create(watched.orders, {"订单号": "1", "金额": 200}, quiet=True)
    await world.patch(order, {"金额": 300}, watched.orders)
    assert await watched.relayed() == []


async def test_time_makes_conditions_true(watched: Watched) -> None:
    world = watched.world
    since = datetime.now(UTC)
    where = Group(
        "and",
        (
            Condition(watched.field("下单时间"), "older_than", {"amount": 1, "unit": "hour"}),
            Condition(watched.field("急单"), "is", True),
        ),
    )
    await watched.on(ConditionsMet(watched.orders.id, where))
    await watched.begun()
    fresh, old = await world.create(
        watched.orders,
        {"订单号": "新", "急单": True, "下单时间": since.isoformat()},
        {"订单号": "旧", "急单": False, "下单时间": (since - timedelta(hours=2)).isoformat()},
    )
    await watched.begun(since + timedelta(minutes=5))
    assert await watched.relayed() == []
    await world.patch(old, {"急单": True}, watched.orders)
    assert [r["record"] for r in await watched.relayed()] == [row(old)], "at once, by its own change"
    for minutes in (59, 61, 62, 63):
        await watched.begun(since + timedelta(minutes=minutes))
    assert [r["record"] for r in await watched.relayed()] == [row(fresh)]


async def test_what_the_worker_computes_is_told_too(watched: Watched) -> None:
    world = watched.world
    await watched.on(RecordUpdated(watched.customers.id, (watched.field("总额"),)))
    await watched.on(
        ConditionsMet(watched.customers.id, Condition(watched.field("总额"), "gt", 5)), name="够多"
    )
    await watched.begun()
    world.system.settings = msgspec.structs.replace(world.system.settings, refresh_at_once=1)
    people = await world.create(watched.customers, *({"姓名": str(n)} for n in range(4)))
    await world.create(
        watched.orders, *({"订单号": str(n), "客户": [p], "金额": 9} for n, p in enumerate(people))
    )
    assert await watched.relayed() == []
    await Refresher(world.system).drain()
    found = await watched.relayed()
    assert sorted(run["record"] for run in found) == sorted([row(p) for p in people] * 2)


async def test_loops_through_computed_fields_end(watched: Watched) -> None:
    """A run's change tells how deep it is also where the record that hears of it was not written."""
    world = watched.world
    await watched.on(RecordUpdated(watched.customers.id, (watched.field("总额"),)))
    (li,) = await world.create(watched.customers, {"姓名": "李"})
    await world.create(
        watched.orders, {"订单号": "1", "客户": [li], "金额": 9}, source=Source("automation", "runX", 4)
    )
    (run,) = await watched.relayed()
    assert run["depth"] == 4


async def test_undo_is_a_change_like_others(watched: Watched) -> None:
    world = watched.world
    await watched.on(RecordUpdated(watched.orders.id, (watched.field("金额"),)))
    (order,) = await world.create(watched.orders, {"订单号": "1", "金额": 1})
    done = await world.patch(order, {"金额": 2}, watched.orders)
    await write.undo(world.system, EDITOR, done.change_id)
    assert [run["channel"] for run in await watched.relayed()] == ["api", "undo"]


async def test_a_broken_condition_stops_no_writer(watched: Watched) -> None:
    world = watched.world
    await watched.on(ConditionsMet(watched.orders.id, Condition("fldGone", "gt", 5)))
    await watched.on(RecordCreated(watched.orders.id), name="新建")
    await timetable.tick(world.system)
    await world.create(watched.orders, {"订单号": "1"})
    assert len(await watched.relayed()) == 1
    error = await world.system.db.value("SELECT error FROM meta.watch WHERE error IS NOT NULL")
    assert error
