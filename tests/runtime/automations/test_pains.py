"""What other products' users complain about (events that come twice, once for many, or never), tried on every write path.

``tests/ui/test_every_write_path.py`` has the page, paste, API, import, undo and links; here is what else writes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import msgspec
import pytest

from runtime.automations import effects, remedies, timetable
from runtime.automations.engine import execute
from runtime.automations.rehearsal import rehearse
from runtime.automations.relay import relay
from runtime.catalog import bump
from runtime.definitions.automations import (
    CreateRecord,
    StepConfig,
    Trigger,
    UpdateRecord,
)
from runtime.definitions.fields import Choice, FieldDef, Link, Number, SingleSelect, Text
from runtime.definitions.flow import Stop
from runtime.definitions.queries import Condition
from runtime.definitions.record_steps import DeleteRecord, FindRecords, MoveState, UpsertRecord
from runtime.definitions.states import CreateRecord as MoveCreates
from runtime.definitions.states import Fill, SetField, StateMachine, Transition
from runtime.definitions.triggers import (
    ConditionsMet,
    RecordCreated,
    RecordDeleted,
    RecordRestored,
    RecordUpdated,
    StateEntered,
    StateLeft,
    StateMoved,
)
from runtime.definitions.values import Assignment, Literal_, TextValue
from runtime.ids import parse_record_id, record_id
from runtime.records import stock, write
from runtime.records.change import Patch, Source
from tests.support.shop import Shop
from tests.support.world import EDITOR, SYSTEM


@dataclass
class Ears:
    """Automations that do nothing but be started, and how often each was, by record."""

    shop: Shop

    async def on(self, **triggers: Trigger) -> None:
        for name, trigger in triggers.items():
            await self.shop.automation(trigger, name=name)

    async def heard(self) -> Counter[tuple[str, int]]:
        """What was heard since the last call: ``{(automation's name, record): times}``; nothing is carried out."""
        while (await relay(self.shop.world.system)).events:
            pass
        rows = await self.shop.world.system.db.fetch(
            "UPDATE meta.run SET status = 'finished', finished_at = now() WHERE status <> 'finished'"
            " RETURNING definition ->> 'name' AS name, record_id, table_id"
        )
        return Counter((row["name"], row["record_id"]) for row in rows)


def row(record: str) -> int:
    return parse_record_id(record)[1]


@pytest.fixture
async def ears(shop: Shop) -> Ears:
    """On every trigger of the orders there is."""
    found, orders = Ears(shop), shop.orders.id
    state = shop.orders.field("订单状态").id
    await found.on(
        created=RecordCreated(orders),
        updated=RecordUpdated(orders),
        remark=RecordUpdated(orders, (shop.orders.field("备注").id,)),
        deleted=RecordDeleted(orders),
        restored=RecordRestored(orders),
        met=ConditionsMet(orders, Condition(shop.orders.field("次数").id, "gt", 5)),
        moved=StateMoved(orders, state, (2,), (3,)),
        entered=StateEntered(orders, state, (3,)),
        left=StateLeft(orders, state, (2,)),
    )
    await timetable.tick(shop.world.system)
    return found


def all_of(names: str, *records: str) -> Counter[tuple[str, int]]:
    return Counter((name, row(record)) for name in names.split() for record in records)


async def test_batches(shop: Shop, ears: Ears) -> None:
    """15: each record of a batch, once; not the first alone, not twice."""
    world, orders = shop.world, shop.orders
    many = await world.create(orders, *({"订单号": str(n), "订单状态": "已支付"} for n in range(300)))
    assert await ears.heard() == all_of("created", *many)
    await world.change(orders, updates=tuple(Patch(one, {"备注": "批量"}) for one in many))
    assert await ears.heard() == all_of("updated remark", *many)
    await world.change(orders, updates=tuple(Patch(one, {"备注": "批量"}) for one in many))
    assert await ears.heard() == {}, "what stays as it was is no change"
    await world.change(orders, updates=(Patch(many[0], {"备注": "一"}), Patch(many[0], {"次数": 9})))
    assert await ears.heard() == all_of("updated remark", many[0]), (
        "named twice: the second is refused in words"
    )


async def test_what_goes_into_the_trash_and_comes_back(shop: Shop, ears: Ears) -> None:
    world, orders = shop.world, shop.orders
    three = await world.create(
        orders, *({"订单号": str(n), "次数": 9, "订单状态": "已支付"} for n in range(3))
    )
    assert await ears.heard() == all_of("created met", *three)
    await world.change(orders, deletes=tuple(three))
    assert await ears.heard() == all_of("deleted", *three)
    await world.change(orders, deletes=tuple(three))
    assert await ears.heard() == {}, "what is in the trash is not deleted again"
    await world.change(orders, restores=tuple(three))
    assert await ears.heard() == all_of("restored", *three), "and meets what it met before"
    gone = await world.change(orders, deletes=tuple(three), source=Source("ui"))
    await ears.heard()
    await write.undo(world.system, EDITOR, gone.change_id)
    assert await ears.heard() == all_of("restored", *three)


async def test_moves(shop: Shop, ears: Ears) -> None:
    order = await shop.order(订单号="1")
    await ears.heard()
    await shop.world.patch(order, {"订单状态": "审核中", "备注": "一起"}, shop.orders)
    assert await ears.heard() == all_of("updated remark moved entered left", order)
    await shop.world.patch(order, {"次数": 9}, shop.orders)
    assert await ears.heard() == all_of("updated met", order)


async def test_what_a_stock_writes(shop: Shop, ears: Ears) -> None:
    """15: lines and shelves that a reservation, a release, a shipment change; by hand and by a step."""
    shelf = await shop.shelf(10)
    order = await shop.order((shelf, 2), (shelf, 3))
    lines = [
        r["id"] for r in await shop.world.system.db.fetch(f"SELECT id FROM {shop.lines.sql} ORDER BY id")
    ]
    await ears.on(
        line=RecordUpdated(shop.lines.id, (shop.lines.field("预占状态").id,)),
        shelf=RecordUpdated(shop.shelves.id, (shop.shelves.field("预占数量").id,)),
        stock=RecordUpdated(shop.shelves.id, (shop.shelves.field("在库数量").id,)),
    )
    await ears.heard()
    of_lines = Counter({("line", line): 1 for line in lines})
    reserved = Counter({("shelf", row(shelf)): 1})
    db = shop.world.system.db
    for work, expected in (
        (stock.reserve, of_lines + reserved),
        (stock.release, of_lines + reserved),
        (stock.reserve, of_lines + reserved),
        (stock.consume, of_lines + reserved + Counter({("stock", row(shelf)): 1})),
    ):
        async with db.transaction() as tx:
            await work(shop.world.system, tx, shop.stock.id, order, actor=EDITOR, source=Source("ui"))
        assert await ears.heard() == expected, work
    for kind in ("receive", "adjust", "count"):
        items = (stock.Item(shelf, 4),)
        await stock.change_on_hand(
            shop.world.system, shop.stock.id, kind, items, actor=EDITOR, source=Source("ui"), reason="盘点"
        )
        assert await ears.heard() == Counter({("stock", row(shelf)): 1}), kind


async def test_what_a_move_does_besides(shop: Shop) -> None:
    """15: a move that sets fields and creates a linked record is one event of each record."""
    world = shop.world
    notes = await world.table("记事", {"标题": Text(), "次数": Number()})
    choices = (Choice(1, "新"), Choice(2, "办"))
    cases = await world.table("单", {"单号": Text(), "备注": Text(), "记事": Link(notes.id, many=True)})
    inverse = next(f for f in (await world.catalog()).table(notes.id).fields if f.type == "link")
    effects_ = (
        SetField(cases.field("备注").id, "办了"),
        MoveCreates(notes.id, inverse.id, (Fill(notes.field("标题").id, "记一笔"),)),
    )
    machine = StateMachine((1,), (Transition(1, 2, effects=effects_),))
    async with world.system.db.transaction() as tx:
        await bump(tx)
        definition = FieldDef("状态", SingleSelect(choices, machine))
        await world._field(tx, cases.number, definition, {})
    cases = (await world.catalog()).table(cases.id)
    found = Ears(shop)
    await found.on(
        case=RecordUpdated(cases.id),
        link=RecordUpdated(cases.id, (cases.field("记事").id,)),
        note=RecordCreated(notes.id),
        noted=RecordUpdated(notes.id),
    )
    (case,) = await world.create(cases, {"单号": "1", "状态": "新"})
    assert await found.heard() == {}
    await world.patch(case, {"状态": "办"}, cases)
    assert await found.heard() == Counter({("case", row(case)): 1, ("link", row(case)): 1, ("note", 1): 1})
    told = await world.system.db.value("SELECT trigger FROM meta.run WHERE definition ->> 'name' = 'link'")
    after = msgspec.json.decode(told)["after"]
    assert after[cases.field("记事").id] == [record_id(notes.number, 1)]
    assert after[cases.field("状态").id] == 2
    (other,) = await world.create(cases, {"单号": "2", "状态": "新"})
    await world.patch(other, {"状态": "办"}, cases, quiet=True)
    assert await found.heard() == {}, "of what nobody is to hear of, its effects are not heard either"


NESTED: dict[str, tuple[str, str]] = {
    "update": ("updated remark", "trigger"),
    "create": ("created", "new"),
    "upsert new": ("created", "new"),
    "upsert known": ("updated remark", "known"),
    "delete": ("deleted", "known"),
    "move": ("updated moved entered left", "known"),
}


@pytest.mark.parametrize("kind", NESTED)
async def test_what_a_step_writes_sets_off_others(shop: Shop, kind: str) -> None:
    """19: a step's write is a change like any other, for every kind of step; once, also when its run is carried out again."""
    world, orders = shop.world, shop.orders
    customers = await world.table("客户", {"姓名": Text()})
    known = await shop.order(订单号="已有")
    number = orders.field("订单号").id
    same = (Assignment(number, Literal_("已有" if "known" in kind else "新的")),)
    remark = shop.sets(备注="由步骤写")
    steps: dict[str, tuple[StepConfig, ...]] = {
        "update": (FindRecords(orders.id, Condition(number, "is", "已有")), UpdateRecord(remark, "stp1")),
        "create": (CreateRecord(orders.id, shop.sets(订单号="新的", 订单状态="已支付")),),
        "upsert new": (UpsertRecord(orders.id, same, remark, shop.sets(订单状态="已支付")),),
        "upsert known": (UpsertRecord(orders.id, same, remark),),
        "delete": (FindRecords(orders.id, Condition(number, "is", "已有")), DeleteRecord("stp1")),
        "move": (
            FindRecords(orders.id, Condition(number, "is", "已有")),
            MoveState(orders.field("订单状态").id, 3, "stp1"),
        ),
    }
    await shop.automation(RecordCreated(customers.id), *steps[kind], name="父")
    found = Ears(shop)
    state = orders.field("订单状态").id
    await found.on(
        created=RecordCreated(orders.id),
        updated=RecordUpdated(orders.id),
        remark=RecordUpdated(orders.id, (orders.field("备注").id,)),
        deleted=RecordDeleted(orders.id),
        moved=StateMoved(orders.id, state, (2,), (3,)),
        entered=StateEntered(orders.id, state, (3,)),
        left=StateLeft(orders.id, state, (2,)),
    )
    await found.heard()
    await world.create(customers, {"姓名": "林"})
    (run,) = (await relay(world.system)).runs
    outcomes = await asyncio.gather(*(execute(world.system, run, f"worker{n}") for n in range(4)))
    assert outcomes.count(True) == 1, "17: one worker has it, whoever else is handed it too"
    names, which = NESTED[kind]
    heard = await found.heard()
    expected = row(known) if which in ("known", "trigger") else row(known) + 1
    assert heard == Counter({(name, expected): 1 for name in names.split()})
    assert not await execute(world.system, run, "late"), "17: what is over is not carried out again"
    assert await found.heard() == {}


async def test_an_effect_happens_once_though_its_run_is_tried_again(shop: Shop) -> None:
    """16: a retry goes on behind what was done."""
    broken = UpdateRecord(shop.sets(订单状态="已完成"))
    counted = UpdateRecord((Assignment(shop.orders.field("次数").id, Literal_(1), "add"),))
    await shop.automation(RecordCreated(shop.orders.id), counted, broken)
    order = await shop.order(订单号="1")
    (run,) = await shop.settle()
    for _ in range(3):
        assert (await shop.run(run))["status"] == "failed"
        await remedies.retry(shop.world.system, SYSTEM, run)
        await shop.execute([run])
    assert (await shop.read(order))["次数"] == 1


async def test_test_runs_leave_an_automation_as_it_is(shop: Shop, ears: Ears) -> None:
    """18: trying it out, however often it fails, switches nothing off, counts nowhere and is heard by nobody."""
    failing = Stop(True, TextValue(("不行",)))
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="试")), failing, name="要试的"
    )
    order = await shop.order(订单号="1")
    await ears.heard()
    for _ in range(8):
        tried = await rehearse(shop.world.system, SYSTEM, automation, order)
        assert tried.status == "failed"
    assert await ears.heard() == {}
    catalog = await shop.world.catalog()
    assert catalog.automation(automation).definition.enabled
    db = shop.world.system.db
    assert await db.value("SELECT count(*) FROM meta.automation_pulse WHERE untold > 0") == 0
    assert (await shop.read(order))["备注"] in (None, "")


async def test_what_is_taken_back_of_a_run_starts_nothing(shop: Shop, ears: Ears) -> None:
    """15: putting back what a run did is no new work."""
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="改过")))
    await shop.order(订单号="1")
    runs = (await relay(shop.world.system)).runs
    for run in runs:
        await execute(shop.world.system, run, "test")
    await ears.heard()
    done = 0
    for run in runs:
        done += (await effects.revert(shop.world.system, EDITOR, run)).done
    assert done == 1
    assert await ears.heard() == {}
