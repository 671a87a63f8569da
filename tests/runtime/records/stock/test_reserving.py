"""Reserving by place, by order and by age; partial with back-orders; expiry; every split kept and given back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runtime.definitions.workbenches import LookupBindings, WorkbenchDef
from runtime.errors import InvalidInput, NotAllowed, NotFound
from runtime.records import history, read
from runtime.records import stock as stocks
from runtime.records.stock import reading
from runtime.records.stock.waiting import StockKeeper
from runtime.workbenches import lookup
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, VIEWER, World, sentences


async def _product(yard: Yard, code: str = "CS001") -> list[str]:
    return await yard.world.create(yard.products, {"编码": code})


async def test_places_are_taken_in_the_order_of_their_codes(world: World) -> None:
    yard = await Yard.make(world, pick="ordered", pick_by="库位", by_sku=True)
    product = await _product(yard)
    other = await _product(yard, "X")
    far = await yard.shelf(5, "A-10", 商品=product, 尺码="S")
    near = await yard.shelf(3, "A-2", 商品=product, 尺码="S")
    await yard.shelf(50, "A-1", 商品=product, 尺码="L")
    await yard.shelf(50, "A-1", 商品=other, 尺码="S")
    order = await yard.order(
        {"商品": product, "尺码": "S", "数量": 4}, {"商品": product, "尺码": "S", "数量": 2}
    )
    done = await yard.reserve(order)
    assert (done.outcome, done.lines) == ("reserved", 2)
    assert (await yard.balance(near), await yard.balance(far)) == ((3, 3), (5, 3))
    assert [line["状态"] for line in await yard.lines_of(order)] == ["已预占", "已预占"]
    # the ledger keeps the split, release and consume use it
    await yard.do(stocks.consume, order)
    assert (await yard.balance(near), await yard.balance(far)) == ((0, 0), (2, 0))
    assert [line["状态"] for line in await yard.lines_of(order)] == ["已出库", "已出库"]
    assert (await yard.reserve(order)).lines == 0, "what went out is not promised again"
    more = await yard.order({"商品": product, "尺码": "S", "数量": 3})
    short = await yard.reserve(more)
    assert short.reason is not None
    assert short.reason.text() == "「行」要 3 件,各个库位加起来还缺 1 件"
    assert await yard.differences() == []


async def test_the_oldest_goes_first_and_a_named_place_before_all(world: World) -> None:
    yard = await Yard.make(world, pick="fifo", pick_by="入库日期", by_sku=True)
    product = await _product(yard)
    new = await yard.shelf(5, "A-1", 商品=product, 尺码="M", 入库日期="2026-11-02")
    old = await yard.shelf(5, "A-2", 商品=product, 尺码="M", 入库日期="2026-10-01")
    undated = await yard.shelf(5, "A-0", 商品=product, 尺码="M")
    named = {"商品": product, "尺码": "M", "库存": new, "数量": 4}
    order = await yard.order({"商品": product, "尺码": "M", "数量": 7}, named)
    assert (await yard.reserve(order)).outcome == "reserved"
    assert [await yard.balance(one) for one in (old, new, undated)] == [(5, 5), (5, 5), (5, 1)]
    await yard.do(stocks.release, order)
    assert [await yard.balance(one) for one in (old, new, undated)] == [(5, 0)] * 3
    assert await yard.differences() == []


async def test_what_lacks_waits_and_is_filled_when_it_arrives_the_oldest_first(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(3)
    first = await yard.order({"库存": shelf, "数量": 5})
    second = await yard.order({"库存": shelf, "数量": 2})
    done = await yard.reserve(first)
    assert (done.outcome, done.waiting) == ("partial", 2)
    assert (await yard.reserve(second)).outcome == "partial"
    (line,) = await yard.lines_of(first)
    assert (line["状态"], line["缺货"]) == ("待补货", 2)
    assert sentences(await world.patch(line["id"], {"数量": 9}, yard.lines)) == [
        "这条明细已预占库存,先释放预占再改「数量」"
    ]
    (other,) = await yard.lines_of(second)
    assert sentences(await world.patch(other["id"], {"数量": 9}, yard.lines)) == [
        "这条明细在等补货,先释放预占再改「数量」"
    ]
    keeper = StockKeeper(world.system)
    assert await keeper.fill_arrivals() == 0, "nothing has arrived"
    await yard.change("receive", shelf, 3)
    assert await keeper.fill_arrivals() == 2
    (line,), (other,) = await yard.lines_of(first), await yard.lines_of(second)
    assert (line["状态"], line["缺货"]) == ("已预占", None)
    assert (other["状态"], other["缺货"]) == ("待补货", 1)
    assert await keeper.fill_arrivals() == 0
    assert await yard.balance(shelf) == (6, 6)
    # what is given back goes to who waits, and so does what is typed into the grid
    await yard.do(stocks.release, first)
    assert await keeper.fill_arrivals() == 1
    assert [line["状态"] for line in await yard.lines_of(second)] == ["已预占"]
    assert await yard.balance(shelf) == (6, 2)
    assert await yard.differences() == []


async def test_an_order_is_filled_by_hand_and_release_ends_the_waiting(world: World) -> None:
    yard = await Yard.make(world, partial=True, auto_fill=False)
    shelf = await yard.shelf(1)
    order = await yard.order({"库存": shelf, "数量": 4})
    await yard.reserve(order)
    await yard.change("count", shelf, 3)
    assert await StockKeeper(world.system).fill_arrivals() == 0, "only by hand"
    assert (await yard.do(stocks.fill, order)).outcome == "partial"
    await yard.do(stocks.consume, order)
    (line,) = await yard.lines_of(order)
    assert (line["状态"], line["缺货"]) == ("待补货", 1)
    await yard.change("receive", shelf, 5)
    assert (await yard.do(stocks.fill, order)).outcome == "filled"
    assert await yard.balance(shelf) == (5, 1)
    await yard.do(stocks.release, order)
    (line,) = await yard.lines_of(order)
    assert (line["状态"], line["缺货"]) == ("已出库", None)
    assert await yard.differences() == []


async def test_reservations_expire_once_however_many_look(world: World) -> None:
    yard = await Yard.make(world, expire_hours=2, expired=5)
    shelf = await yard.shelf(5)
    orders = [await yard.order({"库存": shelf, "数量": 2}) for _ in range(2)]
    begun = datetime.now(UTC)
    await yard.reserve(orders[0], now=begun)
    await yard.reserve(orders[1], now=begun + timedelta(hours=1))
    keepers = [StockKeeper(world.system) for _ in range(3)]
    assert await keepers[0].expire_due(begun + timedelta(hours=1.9)) == 0
    at = begun + timedelta(hours=2)
    done = await asyncio.gather(*(keeper.expire_due(at) for keeper in keepers))
    assert sum(done) == 1
    (line,), (other,) = await yard.lines_of(orders[0]), await yard.lines_of(orders[1])
    assert (line["状态"], other["状态"]) == ("已过期", "已预占")
    assert await yard.balance(shelf) == (5, 2)
    assert (await yard.kinds()).count("expire") == 1
    told = (await history.of_record(world.system, EDITOR, line["id"]))[0]
    assert told.reason == "预占超过时限,自动放回"
    assert (await yard.reserve(orders[0])).outcome == "reserved", "it may be reserved again"
    assert await yard.differences() == []


async def test_bad_lines_and_strangers_are_told_why(world: World) -> None:
    yard = await Yard.make(world)
    shelf = await yard.shelf(5)
    gone = await yard.shelf(5, "B-1")
    for line, words in (
        ({"库存": shelf, "数量": 0}, "有订单明细没有填数量"),
        ({"库存": shelf, "数量": -1}, "有订单明细没有填数量"),
        ({"库存": shelf}, "有订单明细没有填数量"),
        ({"数量": 1}, "有订单明细没有选库存"),
        ({"库存": shelf, "数量": 0.125}, "数量 0.125 的小数太多,「在库」只记 2 位小数"),
        ({"库存": shelf, "数量": 999999999999999}, "红-S A-1 要 999999999999999 件,只剩 5 件可用"),
        ({"库存": gone, "数量": 1}, "订单明细选的库存已被删除"),
    ):
        order = await yard.order(line)
        if line.get("库存") == gone:
            await world.change(yard.shelves, deletes=(gone,))
        done = await yard.reserve(order)
        assert done.outcome == "short"
        assert done.reason is not None
        assert done.reason.text() == words
    empty = await yard.order()
    assert (await yard.reserve(empty)).outcome == "short"
    with pytest.raises(InvalidInput, match="不属于「订单」"):
        await yard.reserve(shelf)
    with pytest.raises(NotAllowed):
        await yard.do(stocks.reserve, empty, actor=VIEWER)
    await world.change(yard.orders, deletes=(empty,))
    with pytest.raises(NotFound):
        await yard.reserve(empty)
    assert await yard.balance(shelf) == (5, 0)


async def test_a_deleted_line_leaves_no_trace_and_a_held_one_stays(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(1)
    order = await yard.order({"库存": shelf, "数量": 2})
    await yard.reserve(order)
    (line,) = await yard.lines_of(order)
    assert sentences(await world.change(yard.lines, deletes=(line["id"],))) == [
        "这条明细已预占库存,先释放预占再删除"
    ]
    assert sentences(await world.change(yard.orders, deletes=(order,))) == [
        "这条记录还占着库存,先释放预占再删除"
    ]
    await yard.do(stocks.release, order)
    assert not sentences(await world.change(yard.lines, deletes=(line["id"],)))
    assert await yard.balance(shelf) == (1, 0)
    assert await yard.differences() == []


async def test_who_holds_what_and_the_ledger_can_be_read(world: World) -> None:
    yard = await Yard.make(world, partial=True)
    shelf = await yard.shelf(3)
    order = await yard.order({"库存": shelf, "数量": 5})
    await yard.reserve(order)
    system, stock = world.system, yard.stock.id
    held, waits = await reading.holds(system, EDITOR, stock, order=order)
    assert (held.quantity, held.shelf.name if held.shelf else "", held.location) == (3, "红-S", "A-1")
    assert (waits.quantity, waits.shelf) == (2, None)
    reserved, opening = await reading.movements(system, EDITOR, stock, shelf=shelf)
    assert (reserved.kind, reserved.quantity, reserved.reserved_after) == ("reserve", 3, 3)
    assert reserved.order is not None
    assert (reserved.order.id, reserved.source, reserved.actor_name) == (order, "runTest", "编辑")
    assert (opening.kind, opening.on_hand_after, opening.order) == ("opening", 3, None)
    page = await reading.balances(system, EDITOR, stock, search="红")
    assert [(one.on_hand, one.reserved, one.available) for one in page.shelves] == [(3, 3, 0)]
    assert (page.total, page.on_hand, page.reserved, page.waiting) == (1, 3, 3, 1)
    (line,) = await yard.lines_of(order)
    for record, role in ((order, "order"), (line["id"], "line"), (shelf, "shelf")):
        (concern,) = await reading.of_record(system, EDITOR, record)
        assert (concern.role, len(concern.holds)) == (role, 1 if role == "shelf" else 2)


async def test_the_card_at_the_shelf_names_every_place_of_a_line(world: World) -> None:
    yard = await Yard.make(world, pick="ordered", pick_by="库位", by_sku=True)
    product = await _product(yard)
    for place in ("A-1", "A-2"):
        await yard.shelf(2, place, 商品=product, 尺码="S")
    order = await yard.order({"商品": product, "尺码": "S", "数量": 3}, {"数量": 1})
    number = yard.orders.field("单号").id
    bench = WorkbenchDef("查单", yard.orders.id, LookupBindings(number, number, stock=yard.stock.id), "check")
    made = await world.add("workbench", bench)
    workbench = (await world.catalog()).workbench(made)
    record = await read.get(world.system, EDITOR, order)
    before = (await lookup.card_of(world.system, EDITOR, workbench, record)).places
    assert [(one.title, one.location) for one in before] == [("行", ""), ("行", "")]
    (line,) = [line["id"] for line in await yard.lines_of(order) if line["数量"] == 1]
    await world.change(yard.lines, deletes=(line,))
    await yard.reserve(order)
    places = (await lookup.card_of(world.system, EDITOR, workbench, record)).places
    assert [(one.title, one.location, one.quantity, one.status) for one in places] == [
        ("红-S", "A-1", 2, "已预占"), ("红-S", "A-2", 1, "已预占"),
    ]  # fmt: skip
