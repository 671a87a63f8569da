"""Back-orders: those of a trashed order keep their place, one that cannot be filled keeps nobody waiting."""

from __future__ import annotations

from datetime import UTC, datetime

from runtime.access import SYSTEM
from runtime.ids import parse_record_id
from runtime.records import history, trash
from runtime.records import stock as stocks
from runtime.records.change import Source
from runtime.records.stock.waiting import StockKeeper, fill_waiting
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World, sentences


async def test_an_order_in_the_trash_gets_nothing_and_keeps_its_place(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(0)
    first, second = [await yard.order({"库存": shelf, "数量": 2}) for _ in range(2)]
    await yard.reserve(first)
    await yard.reserve(second)
    (line,) = await yard.lines_of(first)
    assert not sentences(await world.change(yard.orders, deletes=(first,)))
    keeper = StockKeeper(world.system)
    await keeper.fill_everything()
    assert await yard.differences() == [], "the queue and the line still say the same"
    assert sentences(await world.patch(line["id"], {"数量": 9}, yard.lines)) == [
        "这条明细在等补货,它的订单在回收站里:先恢复订单并释放预占,再改「数量」"
    ]
    assert sentences(await world.change(yard.lines, deletes=(line["id"],))) == [
        "这条明细在等补货,它的订单在回收站里:先恢复订单并释放预占,再删除"
    ]
    await yard.change("receive", shelf, 1)
    assert await keeper.fill_arrivals() == 1
    assert [row["缺货"] for row in await yard.lines_of(second)] == [1], "the one that is there gets it"
    # back again, it is the first in the queue
    assert not sentences(await world.change(yard.orders, restores=(first,)))
    await yard.change("receive", shelf, 2)
    assert await keeper.fill_arrivals() == 1
    assert [(row["状态"], row["缺货"]) for row in await yard.lines_of(first)] == [("已预占", None)]
    assert [row["缺货"] for row in await yard.lines_of(second)] == [1]
    assert await yard.differences() == []


async def test_what_an_order_waited_for_ends_when_it_is_removed_for_good(world: World) -> None:
    yard = await Yard.make(world, partial=True, auto_fill=False)
    shelf = await yard.shelf(0)
    order, other = [await yard.order({"库存": shelf, "数量": 2}) for _ in range(2)]
    await yard.reserve(order)
    await yard.reserve(other)
    (line,) = await yard.lines_of(order)
    await world.change(yard.orders, deletes=(order,))
    await trash.purge(world.system, datetime.now(UTC))
    assert any("彻底删除" in one for one in await yard.differences())
    await StockKeeper(world.system).fill_everything()
    assert await world.system.db.value("SELECT count(*) FROM meta.stock_backorder") == 1
    (told, *_) = await history.of_record(world.system, EDITOR, line["id"])
    assert told.reason == "订单已彻底删除,不再等补货"
    assert [(row["状态"], row["缺货"]) for row in await yard.lines_of(other)] == [("待补货", 2)]
    assert not sentences(await world.change(yard.lines, deletes=(line["id"],))), "nothing keeps it any more"
    assert await yard.differences() == []


async def test_one_that_cannot_be_filled_keeps_nobody_waiting(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(0)
    orders = [await yard.order({"库存": shelf, "数量": 1}) for _ in range(3)]
    for order in orders:
        await yard.reserve(order)
    # the database itself refuses what the first of them would get
    (line,) = await yard.lines_of(orders[0])
    status = yard.lines.field("状态").column
    await world.system.db.execute(
        f"ALTER TABLE {yard.lines.sql} ADD CONSTRAINT refused CHECK"
        f" (id <> {parse_record_id(line['id'])[1]} OR {status} <> 2)"
    )
    await yard.change("receive", shelf, 3)
    assert await StockKeeper(world.system).fill_arrivals() == 2
    states = [(await yard.lines_of(order))[0]["状态"] for order in orders]
    assert states == ["待补货", "已预占", "已预占"]
    assert await yard.balance(shelf) == (3, 2)
    # and it is tried again once whatever it was is mended
    await world.system.db.execute(f"ALTER TABLE {yard.lines.sql} DROP CONSTRAINT refused")
    assert await fill_waiting(world.system, yard.stock, None, SYSTEM, Source("system")) == 1
    assert await yard.balance(shelf) == (3, 3)
    assert await yard.differences() == []


async def test_release_before_the_trash_leaves_no_place_in_the_queue(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(0)
    order = await yard.order({"库存": shelf, "数量": 1})
    await yard.reserve(order)
    await yard.do(stocks.release, order)
    await world.change(yard.orders, deletes=(order,))
    await world.change(yard.orders, restores=(order,))
    await yard.change("receive", shelf, 1)
    assert await StockKeeper(world.system).fill_arrivals() == 0
    assert await yard.balance(shelf) == (1, 0)
