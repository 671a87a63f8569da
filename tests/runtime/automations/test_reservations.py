"""A hundred orders for sixty pieces, through the whole engine at once: sixty get theirs, forty are told why."""

from __future__ import annotations

import asyncio

from runtime.automations.engine import execute
from runtime.definitions.automations import Arm, Branch, OutcomeIs, ReserveLines, Step, UpdateRecord
from runtime.definitions.values import StepOutput
from runtime.records.change import Patch
from tests.support.shop import Shop

ORDERS, PIECES, AT_ONCE = 100, 60, 8


async def test_nothing_is_oversold_and_everybody_is_told(shop: Shop) -> None:
    short = UpdateRecord(shop.sets(异常=True, 异常原因=StepOutput("stp1", "reason")))
    await shop.automation(
        shop.checking_starts,
        ReserveLines(shop.stock.id),
        Branch((Arm("有缺货", (Step("stp3", short),), OutcomeIs("stp1", "short")),)),
    )
    shelf = await shop.shelf(PIECES)
    orders = [await shop.order((shelf, 1), 订单号=f"N{n}") for n in range(ORDERS)]
    updates = tuple(Patch(order, {"订单状态": "审核中"}) for order in orders)
    assert (await shop.world.change(shop.orders, updates=updates)).stored == ORDERS
    turns = asyncio.Semaphore(AT_ONCE)

    async def run(public_id: str) -> None:
        async with turns:
            assert await execute(shop.world.system, public_id, "test")

    runs = await shop.relayed()
    await asyncio.gather(*(run(public_id) for public_id in runs))
    outcomes = [(await shop.steps(public_id))["stp1"] for public_id in runs]
    assert outcomes.count(("done", "reserved")) == PIECES
    assert outcomes.count(("done", "short")) == ORDERS - PIECES
    read = [await shop.read(order) for order in orders]
    reasons = [fields["异常原因"] for fields in read if fields["异常"]]
    assert reasons == ["红-S A区-03排-02架 要 1 件,只剩 0 件可用"] * (ORDERS - PIECES)
    fields = await shop.read(shelf)
    assert (fields["在库数量"], fields["预占数量"]) == (PIECES, PIECES)
    db = shop.world.system.db
    moved = await db.row(
        "SELECT count(*) AS n, sum(quantity) AS pieces, count(DISTINCT order_record) AS orders"
        " FROM meta.stock_movement WHERE kind = 'reserve'"
    )
    assert (moved["n"], moved["pieces"], moved["orders"]) == (PIECES, PIECES, PIECES)
    balances = await db.fetch(
        "SELECT reserved_after FROM meta.stock_movement WHERE kind = 'reserve' ORDER BY id"
    )
    assert [int(row["reserved_after"]) for row in balances] == list(range(1, PIECES + 1))
