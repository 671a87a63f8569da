"""Runs of one automation for one record go one after the other: an older one never has the last word."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.automations import runs
from runtime.automations.engine import execute
from runtime.definitions.automations import Arm, Branch, OutcomeIs, ReserveLines, Step, UpdateRecord
from tests.support.shop import Shop


async def _automation(shop: Shop) -> None:
    """Reserve; write down whether it was short or not."""
    told = {
        outcome: Step(f"stp_{outcome}", UpdateRecord(shop.sets(备注=outcome, 异常=outcome == "short")))
        for outcome in ("short", "reserved")
    }
    arms = tuple(Arm(outcome, (step,), OutcomeIs("stp1", outcome)) for outcome, step in told.items())
    await shop.automation(shop.checking_starts, ReserveLines(shop.stock.id), Branch(arms))


class _AfterOneStep:
    """A worker that is asked to stop as soon as the run's first step is stored."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked > 1


async def _short_and_then_enough(shop: Shop) -> tuple[str, str, str]:
    """An order whose first run has found too little, and whose second one will find enough: the order and both runs."""
    await _automation(shop)
    shelf = await shop.shelf(1)
    order = await shop.order((shelf, 2))
    await shop.move(order)
    (first,) = await shop.relayed()
    assert await execute(shop.world.system, first, "one", _AfterOneStep())
    assert (await shop.steps(first))["stp1"] == ("done", "short")
    assert (await shop.run(first))["status"] == "queued"
    await shop.world.patch(shelf, {"在库数量": 9}, shop.shelves)
    await shop.move(order, "已支付")
    await shop.move(order)
    (second,) = await shop.relayed()
    return order, first, second


async def test_an_older_short_never_lands_on_a_newer_reserved(shop: Shop) -> None:
    order, first, second = await _short_and_then_enough(shop)
    system = shop.world.system
    assert not await execute(system, second, "two"), "the older one is not over"
    row = await shop.run(second)
    assert (row["status"], row["waits"], row["started_at"]) == ("waiting", "turn", None)
    assert await execute(system, first, "one")
    assert (await shop.read(order))["备注"] == "short"
    row = await shop.run(second)
    assert (row["status"], row["waits"], row["enqueued_at"]) == ("queued", None, None), "it is called at once"
    assert await execute(system, second, "two")
    found = await shop.read(order)
    assert (found["备注"], found["异常"]) == ("reserved", False)


async def _set(shop: Shop, run: str, **columns: Any) -> None:
    parts = ", ".join(f"{name} = ${at}" for at, name in enumerate(columns, 2))
    await shop.world.system.db.execute(
        f"UPDATE meta.run SET {parts} WHERE public_id = $1", run, *columns.values()
    )


@pytest.mark.parametrize(
    ("status", "waits", "taken"),
    [
        ("queued", None, False),
        ("running", None, False),
        ("waiting", "retry", False),
        ("waiting", "turn", False),
        ("waiting", "time", True),
        ("waiting", "condition", True),
        ("waiting", "answer", True),
        ("waiting", "run", True),
        ("failed", None, True),
        ("finished", None, True),
        ("handled", None, True),
    ],
)
async def test_who_lets_others_pass(shop: Shop, status: str, waits: str | None, taken: bool) -> None:
    _, first, second = await _short_and_then_enough(shop)
    await _set(shop, first, status=status, waits=waits)
    assert await execute(shop.world.system, second, "two") is taken


async def test_other_records_and_other_automations_go_on(shop: Shop) -> None:
    await _automation(shop)
    await shop.automation(shop.checking_starts, ReserveLines(shop.stock.id), name="另一个")
    shelf = await shop.shelf(9)
    orders = [await shop.order((shelf, 1)) for _ in range(2)]
    for order in orders:
        await shop.move(order)
    ids = await shop.relayed()
    assert len(ids) == 4
    taken = [await runs.claim(shop.world.system.db, run, "one") for run in ids]
    assert all(taken)


async def test_a_newer_run_that_is_under_way_is_waited_for_by_an_older_one_tried_again(shop: Shop) -> None:
    _, first, second = await _short_and_then_enough(shop)
    system = shop.world.system
    await _set(shop, first, status="failed")
    assert await runs.claim(system.db, second, "two")
    await _set(shop, first, status="queued")
    assert not await execute(system, first, "one")
    await _set(shop, second, status="queued")
    await _set(shop, first, status="waiting", waits="turn")
    await system.db.execute("UPDATE meta.run SET wake_at = now() WHERE public_id = $1", first)
    assert await execute(system, first, "one"), "looked at again by the clock"
