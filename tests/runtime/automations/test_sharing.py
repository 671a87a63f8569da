"""Runs that share a transaction: each has its own effects, and what goes wrong with one concerns no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from runtime.automations import runs, together
from runtime.automations.engine import app_by_number, execute, make_attempt
from runtime.automations.steps import Attempt
from runtime.automations.together import Member
from runtime.catalog import Catalog, bump
from runtime.definitions.automations import (
    Arm,
    Branch,
    OutcomeIs,
    RecordCreated,
    RecordUpdated,
    ReserveLines,
    Step,
    UpdateRecord,
)
from runtime.definitions.fields import FieldDef, Rollup
from runtime.definitions.queries import Condition
from runtime.definitions.record_steps import CreateRecord
from runtime.definitions.values import Assignment, Literal_
from runtime.storage.database import Tx
from tests.support.shop import Shop


async def _checking(shop: Shop) -> None:
    """Reserve, and note on the order how that went."""
    told = tuple(
        Arm(
            outcome,
            (Step(f"stp_{outcome}", UpdateRecord(shop.sets(备注=outcome))),),
            OutcomeIs("stp1", outcome),
        )
        for outcome in ("reserved", "short")
    )
    await shop.automation(
        shop.checking_starts, ReserveLines(shop.stock.id), Branch(told), UpdateRecord(shop.sets(次数=1))
    )


async def _orders(shop: Shop, *lines: tuple[str, float]) -> tuple[list[str], list[str]]:
    """Orders of a line each that have just come to be checked, and their runs."""
    orders = [await shop.order(line) for line in lines]
    for order in orders:
        await shop.move(order)
    return orders, await shop.relayed()


async def _at_once(shop: Shop, ids: Sequence[str]) -> None:
    assert all(await asyncio.gather(*(execute(shop.world.system, run, "one") for run in ids)))


async def _transactions(shop: Shop, ids: Sequence[str]) -> int:
    """How many transactions have written the steps of these runs."""
    found = await shop.world.system.db.value(
        "SELECT count(DISTINCT s.xmin::text) FROM meta.run_step s JOIN meta.run r ON r.id = s.run_id"
        " WHERE r.public_id = ANY($1::text[])",
        list(ids),
    )
    return int(found)


async def _ended(shop: Shop, ids: Sequence[str]) -> list[str]:
    return [(await shop.run(run))["status"] for run in ids]


async def test_each_has_its_own_effects(shop: Shop) -> None:
    await _checking(shop)
    shelf, other = await shop.shelf(9), await shop.shelf(9, "B区")
    orders, ids = await _orders(shop, (shelf, 1), (other, 2), (shelf, 3))
    await _at_once(shop, ids)
    assert await _transactions(shop, ids) == 1
    assert await _ended(shop, ids) == ["finished"] * 3
    db = shop.world.system.db
    for order, run in zip(orders, ids, strict=True):
        assert await shop.steps(run) == {
            "stp1": ("done", "reserved"),
            "stp2": ("done", "arm0"),
            "stp2/arm0/stp_reserved": ("done", None),
            "stp3": ("done", None),
        }
        row = await shop.run(run)
        assert (await shop.read(order))["备注"] == "reserved"
        by_run = await db.fetch(
            "SELECT table_id, channel, count(*) AS times, count(DISTINCT change_id) AS changes FROM meta.history"
            " WHERE source = $1 GROUP BY 1, 2",
            run,
        )
        assert {(one["table_id"], one["channel"]): (one["times"], one["changes"]) for one in by_run} == {
            (shop.shelves.number, "stock"): (1, 1),
            (shop.lines.number, "stock"): (1, 1),
            (shop.orders.number, "automation"): (2, 2),
        }
        moved = await db.fetch(
            "SELECT order_record, quantity FROM meta.stock_movement WHERE source = $1", run
        )
        assert [one["order_record"] for one in moved] == [row["record_id"]]
    assert ((await shop.read(shelf))["预占数量"], (await shop.read(other))["预占数量"]) == (4, 2)


async def test_the_last_piece_goes_to_one_of_them(shop: Shop) -> None:
    await _checking(shop)
    shelf = await shop.shelf(3)
    orders, ids = await _orders(shop, (shelf, 2), (shelf, 2), (shelf, 1))
    await _at_once(shop, ids)
    assert await _transactions(shop, ids) == 1
    assert [(await shop.read(order))["备注"] for order in orders] == ["reserved", "short", "reserved"]
    assert [(await shop.read(order))["次数"] for order in orders] == [1, 1, 1], "the arms meet again"
    assert (await shop.read(shelf))["预占数量"] == 3


async def test_one_that_left_its_state_reserves_nothing(shop: Shop) -> None:
    await _checking(shop)
    shelf = await shop.shelf(9)
    orders, ids = await _orders(shop, (shelf, 1), (shelf, 1))
    await shop.move(orders[0], "已支付")
    await _at_once(shop, ids)
    assert await _transactions(shop, ids) == 1
    assert [(await shop.steps(run))["stp1"][1] for run in ids] == ["moved_on", "reserved"]
    assert (await shop.read(shelf))["预占数量"] == 1


async def test_one_that_fails_leaves_the_others_alone(shop: Shop) -> None:
    await _checking(shop)
    shelf = await shop.shelf(9)
    orders, ids = await _orders(shop, (shelf, 1), (shelf, 1), (shelf, 1))
    await shop.world.change(shop.orders, deletes=(orders[1],))
    await _at_once(shop, ids)
    assert await _ended(shop, ids) == ["finished", "failed", "finished"]
    assert (await shop.read(shelf))["预占数量"] == 2
    attempts = await shop.world.system.db.fetch("SELECT attempts FROM meta.run_step")
    assert {row["attempts"] for row in attempts} == {1}, "what was undone was no try"


async def test_one_whose_record_somebody_holds_keeps_nobody_waiting(shop: Shop) -> None:
    await _checking(shop)
    shelf, other, third = await shop.shelf(9), await shop.shelf(9, "B区"), await shop.shelf(9, "C区")
    orders, ids = await _orders(shop, (shelf, 1), (other, 1), (third, 1))
    row = (await shop.run(ids[1]))["record_id"]
    async with shop.world.system.db.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute(f"SELECT 1 FROM {shop.orders.sql} WHERE id = $1 FOR UPDATE", row)
        held = asyncio.create_task(_at_once(shop, ids))
        while sorted(await _ended(shop, ids)) != ["finished", "finished", "running"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert (await shop.run(ids[1]))["status"] == "running"
    await held
    assert [(await shop.read(order))["备注"] for order in orders] == ["reserved"] * 3


async def test_one_that_is_no_longer_the_workers_is_left_out(shop: Shop) -> None:
    await _checking(shop)
    shelf = await shop.shelf(9)
    orders, ids = await _orders(shop, (shelf, 1), (shelf, 1), (shelf, 1))
    system = shop.world.system
    taken = await runs.claim_many(system.db, [(run, f"owner of {run}") for run in ids])
    # somebody ends one, and another worker has taken over another, before the first worker begins
    await system.db.execute("UPDATE meta.run SET status = 'handled' WHERE public_id = $1", ids[0])
    await system.db.execute("UPDATE meta.run SET lease_owner = 'other' WHERE public_id = $1", ids[1])

    def attempt(tx: Tx, catalog: Catalog, member: Member, step: Step, path: str, now: datetime) -> Attempt:
        app = app_by_number(catalog, member.run.app)
        return make_attempt(system, tx, catalog, app, member.run, step, path, member.results, now)

    ended = await asyncio.gather(
        *(
            together.go(system, run, f"owner of {run.id}", attempt, lambda: False)
            for run in taken
            if run is not None
        )
    )
    assert ended == ["lost", "lost", "finished"]
    assert [(await shop.read(order))["备注"] for order in orders] == [None, None, "reserved"]
    assert (await shop.read(shelf))["预占数量"] == 1


async def test_automations_with_other_steps_go_alone(shop: Shop) -> None:
    name = shop.lines.field("名称").id
    await shop.automation(
        RecordCreated(shop.orders.id), CreateRecord(shop.lines.id, (Assignment(name, Literal_("赠品")),))
    )
    for _ in range(3):
        await shop.order()
    ids = await shop.relayed()
    await _at_once(shop, ids)
    assert await _transactions(shop, ids) == 3
    assert await _ended(shop, ids) == ["finished"] * 3


async def test_workers_side_by_side_share_the_work(shop: Shop) -> None:
    await _checking(shop)
    shelves = [await shop.shelf(5, f"{n}区") for n in range(2)]
    orders, ids = await _orders(shop, *((shelves[n % 2], 1) for n in range(12)))
    system = shop.world.system
    taken = await asyncio.gather(
        *(execute(system, run, f"worker {n}") for n in range(2) for run in ids[:: 1 - 2 * n])
    )
    assert sum(taken) == len(ids)
    said = sorted([(await shop.read(order))["备注"] for order in orders])
    assert said == ["reserved"] * 10 + ["short"] * 2
    assert [(await shop.read(shelf))["预占数量"] for shelf in shelves] == [5, 5]


async def test_what_follows_from_one_of_them_is_told_as_its_own(shop: Shop) -> None:
    """An automation hears of a computed value that a run has changed: by which run must be known, so they go alone."""
    world = shop.world
    back = next(f for f in shop.orders.fields if f.type == "link")
    reserved = Rollup(back.id, "count", None, Condition(shop.lines.field("预占状态").id, "is", "已预占"))
    async with world.system.db.transaction() as tx:
        await bump(tx)
        held = await world._field(tx, shop.orders.number, FieldDef("占到几行", reserved), {})
    shop.orders = (await world.catalog()).table(shop.orders.id)
    await _checking(shop)
    await shop.automation(RecordUpdated(shop.orders.id, (held,)), UpdateRecord(shop.sets(异常原因="占到了")))
    shelf, other = await shop.shelf(9), await shop.shelf(9, "B区")
    orders, ids = await _orders(shop, (shelf, 1), (other, 1), (shelf, 1))
    await _at_once(shop, ids)
    assert await _ended(shop, ids) == ["finished"] * 3
    followers = await shop.relayed()
    told = {}
    for run in followers:
        row = await shop.run(run)
        trigger = msgspec.json.decode(row["trigger"])
        told[row["record_id"]] = (trigger["source"], row["depth"])
    assert told == {(await shop.run(run))["record_id"]: (run, 1) for run in ids}
    await _at_once(shop, followers)
    assert await _transactions(shop, followers) == 1
    assert [(await shop.read(order))["异常原因"] for order in orders] == ["占到了"] * 3
