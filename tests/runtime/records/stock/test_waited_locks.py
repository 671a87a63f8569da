"""Who had to wait for a lock works with what stands there afterwards, not with what was read before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from runtime.catalog import Table
from runtime.records import stock as stocks
from runtime.records import write
from runtime.records.change import Change, Patch, Source
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World, sentences


async def _meanwhile(
    yard: Yard, table: Table, patch: Patch, work: Callable[[], Coroutine[Any, Any, Any]]
) -> Any:
    """``work()``, begun while another writer has stored ``patch``, who commits once ``work`` waits for him."""
    system, stored, go = yard.world.system, asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with system.db.transaction() as tx:
            change = Change(table=table.id, actor=EDITOR, source=Source("ui"), updates=(patch,), atomic=True)
            await write.apply_in(system, tx, change)
            stored.set()
            await go.wait()

    writing = asyncio.create_task(writer())
    await asyncio.wait([writing, asyncio.create_task(stored.wait())], return_when=asyncio.FIRST_COMPLETED)
    task = asyncio.create_task(work())
    try:
        async with asyncio.timeout(30):
            while not await system.db.value(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                assert not task.done(), "it did not have to wait"
                await asyncio.sleep(0.01)
    finally:
        go.set()
        await writing
    return await task


async def test_a_line_is_served_from_the_shelf_it_names_now(world: World) -> None:
    yard = await Yard.make(world)
    old, new = await yard.shelf(5), await yard.shelf(5, "B-2")
    order = await yard.order({"库存": old, "数量": 2})
    (line,) = await yard.lines_of(order)
    patch = Patch(line["id"], {"库存": [new], "数量": 3})
    done = await _meanwhile(yard, yard.lines, patch, lambda: yard.reserve(order))
    assert done.outcome == "reserved"
    assert [await yard.balance(one) for one in (old, new)] == [(5, 0), (5, 3)]
    assert await yard.differences() == []


async def test_a_line_that_has_gone_to_another_order_holds_nothing_for_the_old_one(world: World) -> None:
    yard = await Yard.make(world)
    shelf = await yard.shelf(5)
    order, other = await yard.order({"库存": shelf, "数量": 2}), await yard.order()
    (line,) = await yard.lines_of(order)
    patch = Patch(line["id"], {"订单": [other]})
    done = await _meanwhile(yard, yard.lines, patch, lambda: yard.reserve(order))
    assert (done.outcome, done.lines) == ("short", 0)
    assert await yard.balance(shelf) == (5, 0)
    assert (await yard.do(stocks.reserve, other)).lines == 1


async def test_a_shelf_given_to_another_product_serves_nobody_of_the_old_one(world: World) -> None:
    yard = await Yard.make(world, pick="ordered", pick_by="库位", by_sku=True)
    (product,), (other,) = [await world.create(yard.products, {"编码": name}) for name in ("P", "Q")]
    first = await yard.shelf(5, "A-1", 商品=[product], 尺码="S")
    second = await yard.shelf(5, "A-2", 商品=[product], 尺码="S")
    order = await yard.order({"商品": [product], "尺码": "S", "数量": 2})
    patch = Patch(first, {"商品": [other]})
    done = await _meanwhile(yard, yard.shelves, patch, lambda: yard.reserve(order))
    assert done.outcome == "reserved"
    assert [await yard.balance(one) for one in (first, second)] == [(5, 0), (5, 2)]


async def test_a_hand_that_waited_for_a_reservation_is_refused(world: World) -> None:
    """The other way round: the reservation is first, and the edit sees what it holds."""
    yard = await Yard.make(world)
    shelf = await yard.shelf(5)
    order, other = await yard.order({"库存": shelf, "数量": 2}), await yard.order()
    (line,) = await yard.lines_of(order)
    lines_of_order = yard.orders.field("← 订单").id
    system = world.system
    for table, patch, words in (
        (yard.lines, Patch(line["id"], {"数量": 9}), "这条明细已预占库存,先释放预占再改「数量」"),
        (yard.orders, Patch(order, {lines_of_order: []}), "「← 订单」里有明细占着库存或在等补货,先释放预占再改"),
        (yard.orders, Patch(other, {lines_of_order: [line["id"]]}), "「← 订单」里有明细占着库存或在等补货,先释放预占再改"),
    ):  # fmt: skip
        go, held = asyncio.Event(), asyncio.Event()

        async def reserving(go: asyncio.Event = go, held: asyncio.Event = held) -> None:
            async with system.db.transaction() as tx:
                await stocks.reserve(system, tx, yard.stock.id, order, actor=EDITOR, source=Source("api"))
                held.set()
                await go.wait()

        reservation = asyncio.create_task(reserving())
        await held.wait()
        edit = asyncio.create_task(world.change(table, updates=(patch,)))
        async with asyncio.timeout(30):
            while not await system.db.value(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                assert not edit.done()
                await asyncio.sleep(0.01)
        go.set()
        await reservation
        assert sentences(await edit) == [words]
        await yard.do(stocks.release, order)
    assert await yard.differences() == []
