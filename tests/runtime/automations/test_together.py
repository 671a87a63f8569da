"""Runs that are taken over by one statement, and events that nobody waits for."""

from __future__ import annotations

import asyncio

from runtime.automations import runs
from runtime.automations.engine import execute
from runtime.definitions.automations import RecordCreated, ReserveLines, StateMoved, UpdateRecord
from tests.support.shop import Shop


async def _three(shop: Shop) -> list[str]:
    """Three runs that wait for a worker, of three orders."""
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    for _ in range(3):
        await shop.order()
    return await shop.relayed()


async def _outbox(shop: Shop) -> int:
    return int(await shop.world.system.db.value("SELECT count(*) FROM meta.outbox"))


async def test_runs_are_taken_over_by_one_statement(shop: Shop) -> None:
    ids = await _three(shop)
    found = await runs.claim_many(shop.world.system.db, [(run, f"owner of {run}") for run in ids])
    assert [run.id if run else None for run in found] == ids
    for run in ids:
        row = await shop.run(run)
        assert (row["status"], row["lease_owner"]) == ("running", f"owner of {run}")


async def test_of_two_who_want_a_run_at_once_one_gets_it(shop: Shop) -> None:
    first, second, _ = await _three(shop)
    wanted = [(first, "one"), (second, "one as well"), (first, "two")]
    found = await runs.claim_many(shop.world.system.db, wanted)
    row = await shop.run(first)
    assert row["lost"] == 0
    assert [run is not None for run in found] == [
        row["lease_owner"] == "one",
        True,
        row["lease_owner"] == "two",
    ]


async def test_workers_who_take_the_same_runs_in_other_orders_share_them(shop: Shop) -> None:
    ids = await _three(shop)
    taken = await asyncio.gather(
        *(execute(shop.world.system, run, f"worker {n}") for n in range(3) for run in (ids, ids[::-1])[n % 2])
    )
    assert sum(taken) == 3
    for run in ids:
        assert (await shop.run(run))["status"] == "finished"
    told = await shop.world.system.db.value("SELECT count(*) FROM meta.history WHERE channel = 'automation'")
    assert told == 3, "each order was noted once"


async def test_what_a_killed_worker_had_taken_over_comes_back(shop: Shop) -> None:
    ids = await _three(shop)
    db = shop.world.system.db
    assert all(await runs.claim_many(db, [(run, f"dead {run}") for run in ids]))
    assert not await execute(shop.world.system, ids[0], "early"), "their leases have not run out"
    await db.execute("UPDATE meta.run SET lease_until = now() - interval '1 second'")
    assert all(await asyncio.gather(*(execute(shop.world.system, run, "next") for run in ids)))
    for run in ids:
        row = await shop.run(run)
        assert (row["status"], row["lost"]) == ("finished", 1)


async def test_runs_of_one_record_are_not_taken_over_together(shop: Shop) -> None:
    await shop.automation(
        StateMoved(shop.orders.id, shop.orders.field("订单状态").id), UpdateRecord(shop.sets(备注="好"))
    )
    order = await shop.order()
    await shop.move(order)
    await shop.move(order, "已支付")
    older, newer = await shop.relayed()
    db = shop.world.system.db
    found = await runs.claim_many(db, [(newer, "a"), (older, "b")])
    assert [run is not None for run in found] == [False, True]
    assert (await shop.run(newer))["waits"] == "turn"


async def test_a_failing_run_does_not_hurt_those_taken_over_with_it(shop: Shop) -> None:
    await shop.automation(
        shop.checking_starts, ReserveLines(shop.stock.id), UpdateRecord(shop.sets(备注="好"))
    )
    shelf = await shop.shelf(9)
    orders = [await shop.order((shelf, 1)) for _ in range(4)]
    for order in orders:
        await shop.move(order)
    ids = await shop.relayed()
    await shop.world.change(shop.orders, deletes=(orders[1],))
    await asyncio.gather(*(execute(shop.world.system, run, "one") for run in ids))
    ended = [(await shop.run(run))["status"] for run in ids]
    assert ended == ["finished", "failed", "finished", "finished"]
    assert (await shop.read(shelf))["预占数量"] == 3


async def test_nobody_looks_at_what_no_automation_can_want(shop: Shop) -> None:
    await shop.automation(shop.checking_starts, UpdateRecord(shop.sets(备注="好")))
    order = await shop.order()
    await shop.world.patch(order, {"备注": "另外的"}, shop.orders)
    assert await _outbox(shop) == 0
    await shop.move(order)
    assert await _outbox(shop) == 1
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await _outbox(shop) == 0, "nor at what the run itself did"
