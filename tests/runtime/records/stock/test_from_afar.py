"""What lines hold is kept on every way there is to reach them: from the other side of their links, by deleting, restoring,
undoing and importing."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions.fields import Link
from runtime.errors import RecordsRejected
from runtime.records import history, write
from runtime.records import stock as stocks
from runtime.records.change import NewRecord, Patch, Source
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World, sentences

REFUSED = "「{field}」里有明细占着库存或在等补货,先释放预占再改"


def _back(yard: Yard, name: str) -> str:
    """The other side of a line's link field."""
    config = yard.lines.field(name).config
    assert isinstance(config, Link)
    assert config.inverse is not None
    return config.inverse


async def _yard(world: World, **options: Any) -> tuple[Yard, str, str]:
    """A yard whose SKU is product and size, the product, and a shelf of it with five."""
    yard = await Yard.make(world, pick="ordered", pick_by="库位", by_sku=True, **options)
    (product,) = await world.create(yard.products, {"编码": "P"})
    return yard, product, await yard.shelf(5, "A-1", 商品=[product], 尺码="S")


@pytest.mark.parametrize("name", ["订单", "库存", "商品"])
@pytest.mark.parametrize("waits", [False, True])
async def test_the_other_side_of_a_link_cannot_take_what_is_held(
    world: World, name: str, waits: bool
) -> None:
    yard, product, shelf = await _yard(world, partial=True)
    quantity = 9 if waits else 2
    order = await yard.order(
        {"库存": shelf, "商品": [product], "尺码": "S", "数量": quantity, "名称": "占着"},
        {"名称": "另一行", "商品": [product], "尺码": "S"},
    )
    other = await yard.order()
    if waits:  # nothing is held, all of it is waited for
        await yard.change("count", shelf, 0)
    await yard.reserve(await _without(yard, order))
    held, free = [line["id"] for line in await yard.lines_of(order)]
    field = _back(yard, name)
    table, record, elsewhere = {
        "订单": (yard.orders, order, other),
        "库存": (yard.shelves, shelf, await yard.shelf(1, "B-2")),
        "商品": (yard.products, product, (await world.create(yard.products, {"编码": "Q"}))[0]),
    }[name]
    words = [REFUSED.format(field=table.field(field).name)]
    mine = [held] if name == "库存" else [held, free]
    # taken away, moved in part, taken to another one by an edit or by a new record
    assert sentences(await world.patch(record, {field: []}, table)) == words
    assert sentences(await world.patch(record, {field: [free]}, table)) == words
    assert sentences(await world.patch(elsewhere, {field: [held]}, table)) == words
    assert sentences(await world.patch(elsewhere, {field: [held, free]}, table)) == words
    made = await world.change(table, creates=(NewRecord({field: [held]}),))
    assert sentences(made) == words
    # in a batch, the others are stored
    both = await world.change(table, updates=(Patch(record, {field: []}), Patch(elsewhere, {field: []})))
    assert [bool(result.problems) for result in both.results] == [True, False]
    # what holds nothing may come and go, as long as what holds stays
    assert not sentences(await world.patch(record, {field: mine}, table))
    if name != "库存":
        assert not sentences(await world.patch(record, {field: [held]}, table))
        assert not sentences(await world.patch(record, {field: [held, free]}, table))
    assert await yard.differences() == []
    await yard.do(stocks.release, order)
    assert not sentences(await world.patch(record, {field: []}, table))


async def _without(yard: Yard, order: str) -> str:
    """The order, its second line without a quantity once the first is reserved: it holds nothing."""
    _, free = await yard.lines_of(order)
    await yard.world.patch(free["id"], {"订单": []}, yard.lines)
    await yard.reserve(order)
    await yard.world.patch(free["id"], {"订单": [order]}, yard.lines)
    return order


async def test_deleting_and_restoring_either_end_of_what_is_held(world: World) -> None:
    yard, product, shelf = await _yard(world)
    order = await yard.order({"商品": [product], "尺码": "S", "数量": 2})
    await yard.reserve(order)
    (line,) = await yard.lines_of(order)
    for table, record in ((yard.orders, order), (yard.lines, line["id"]), (yard.shelves, shelf)):
        assert sentences(await world.change(table, deletes=(record,)))
    # the product is only a word for what it is: it goes, the reservation stays and can be given back
    assert not sentences(await world.change(yard.products, deletes=(product,)))
    assert await yard.balance(shelf) == (5, 2)
    await yard.do(stocks.release, order)
    for table, record in ((yard.lines, line["id"]), (yard.orders, order), (yard.shelves, shelf)):
        assert not sentences(await world.change(table, deletes=(record,)))
        assert not sentences(await world.change(table, restores=(record,)))
    assert not sentences(await world.change(yard.products, restores=(product,)))
    assert (await yard.reserve(order)).outcome == "reserved"
    assert await yard.differences() == []


async def test_undo_reaches_no_reservation(world: World) -> None:
    yard, product, shelf = await _yard(world)
    order = await yard.order()
    made = await world.change(
        yard.lines,
        creates=(NewRecord({"订单": order, "商品": [product], "尺码": "S", "数量": 1}),),
        source=Source("ui"),
    )
    (line,) = [result.id or "" for result in made.results]
    grown = await world.patch(line, {"数量": 2}, yard.lines, source=Source("ui"))
    await yard.reserve(order)
    for change in (grown.change_id, made.change_id):  # the quantity back to 1, the line away
        with pytest.raises(RecordsRejected) as refused:
            await write.undo(world.system, EDITOR, change)
        assert "先释放预占" in refused.value.problems[0].message.text()
    # nor can what the reservation itself wrote be taken back by hand
    (newest, *_) = await history.of_record(world.system, EDITOR, shelf)
    assert newest.channel == "stock"
    by_stock = await world.system.db.value(
        "SELECT change_id FROM meta.history WHERE channel = 'stock' AND table_id = $1 ORDER BY id DESC LIMIT 1",
        yard.shelves.number,
    )
    with pytest.raises(RecordsRejected) as refused:
        await write.undo(world.system, EDITOR, by_stock)
    assert [one.message.text() for one in refused.value.problems] == ["「预占」由库存预占维护,不能直接修改"]
    assert await yard.balance(shelf) == (5, 2)
    assert await yard.differences() == []


async def test_an_import_reaches_no_reservation(world: World) -> None:
    """As the import writes it: by names, over the channel of its own."""
    yard, product, shelf = await _yard(world)
    order = await yard.order({"商品": [product], "尺码": "S", "数量": 2})
    await yard.reserve(order)
    (line,) = await yard.lines_of(order)
    through = {"source": Source("import", "jobTest"), "typecast": True}
    words = sentences(await world.patch(line["id"], {"数量": "1"}, yard.lines, **through))
    assert words == ["这条明细已预占库存,先释放预占再改「数量」"]
    words = sentences(await world.patch(shelf, {"在库": "1"}, yard.shelves, **through))
    assert words == ["「在库」不能少于已预占的 2"]
    words = sentences(await world.patch(line["id"], {"状态": "未预占"}, yard.lines, **through))
    assert words == ["「状态」由库存预占维护,不能直接修改"]
    field = _back(yard, "订单")
    words = sentences(await world.patch(order, {field: ""}, yard.orders, **through))
    assert words == [REFUSED.format(field=yard.orders.field(field).name)]
    assert not sentences(await world.patch(shelf, {"在库": "9"}, yard.shelves, **through))
    assert (await yard.kinds())[-1] == "adjust"
    assert await yard.differences() == []
