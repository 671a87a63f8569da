"""Reservations: all lines or none, never oversold, adding up to the ledger."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from runtime.records import read, stock
from runtime.records.change import Source
from tests.runtime.records.conftest import Pool
from tests.support.world import EDITOR, named, sentences

PHONE = {"客户手机号": "13805716621"}
THROUGH = Source("automation", "runTest")


async def _order(pool: Pool, *lines: tuple[str, int]) -> str:
    (order,) = await pool.world.create(pool.orders, {**PHONE, "订单状态": "已支付"})
    for shelf, quantity in lines:
        await pool.world.create(pool.lines, {"名称": "行", "订单": order, "库存": shelf, "数量": quantity})
    return order


async def _shelf(pool: Pool, on_hand: int, place: str = "A区-03排-02架") -> str:
    (shelf,) = await pool.world.create(
        pool.shelves, {"库存编码": "红-S", "库位编码": place, "在库数量": on_hand}
    )
    return shelf


async def _reserve(pool: Pool, order: str) -> stock.Reservation:
    async with pool.world.system.db.transaction() as tx:
        return await stock.reserve(
            pool.world.system, tx, pool.stock.id, order, actor=EDITOR, source=THROUGH,
            still=(pool.orders.field("订单状态").id, (2, 3)),
        )  # fmt: skip


async def _balance(pool: Pool, shelf: str) -> tuple[int, int]:
    fields = named(pool.shelves, (await read.get(pool.world.system, EDITOR, shelf)).fields)
    return fields["在库数量"], fields["预占数量"] or 0


async def test_all_lines_are_reserved_or_none(pool: Pool) -> None:
    plenty, scarce = await _shelf(pool, 10), await _shelf(pool, 1, "B区-01排-04架")
    order = await _order(pool, (plenty, 2), (scarce, 3))
    short = await _reserve(pool, order)
    assert short.outcome == "short"
    assert short.reason is not None
    assert short.reason.text() == "红-S B区-01排-04架 要 3 件,只剩 1 件可用"
    assert await _balance(pool, plenty) == (10, 0)
    enough = await _order(pool, (plenty, 2), (scarce, 1))
    assert (await _reserve(pool, enough)).outcome == "reserved"
    assert (await _balance(pool, plenty), await _balance(pool, scarce)) == ((10, 2), (1, 1))
    assert (await _reserve(pool, enough)).lines == 0, "a second time does nothing"
    assert await _balance(pool, plenty) == (10, 2)


async def test_closing_an_order_gives_back_what_it_held(pool: Pool) -> None:
    shelf = await _shelf(pool, 5)
    order = await _order(pool, (shelf, 4))
    await _reserve(pool, order)
    assert not sentences(await pool.world.patch(order, {"订单状态": "已关闭"}, pool.orders))
    assert await _balance(pool, shelf) == (5, 0)
    assert (await _reserve(pool, order)).outcome == "moved_on"


async def test_hands_cannot_break_a_reservation(pool: Pool) -> None:
    shelf = await _shelf(pool, 5)
    order = await _order(pool, (shelf, 4))
    await _reserve(pool, order)
    line = (await read.linked(pool.world.system, EDITOR, order, next(
        f.id for f in pool.orders.fields if f.name.startswith("← 订单")))).records[0].id  # fmt: skip
    assert sentences(await pool.world.patch(line, {"数量": 1}, pool.lines)) == [
        "这条明细已预占库存,先释放预占再改「数量」"
    ]
    assert sentences(await pool.world.change(pool.lines, deletes=(line,))) == [
        "这条明细已预占库存,先释放预占再删除"
    ]
    assert sentences(await pool.world.patch(shelf, {"在库数量": 3}, pool.shelves)) == [
        "「在库数量」不能少于已预占的 4"
    ]
    assert sentences(await pool.world.patch(shelf, {"预占数量": 0}, pool.shelves)) == [
        "「预占数量」由库存预占维护,不能直接修改"
    ]
    assert sentences(await pool.world.change(pool.orders, deletes=(order,))) == [
        "这条记录还占着库存,先释放预占再删除"
    ]


async def test_one_hundred_at_once_never_oversell(pool: Pool) -> None:
    """100 concurrent reservations of one item each against 60: exactly 60 succeed, 40 are told why."""
    shelf = await _shelf(pool, 60)
    orders = [await _order(pool, (shelf, 1)) for _ in range(100)]
    done = await asyncio.gather(*(_reserve(pool, order) for order in orders))
    assert sorted(r.outcome for r in done) == ["reserved"] * 60 + ["short"] * 40
    assert {r.reason.text() for r in done if r.reason} == {"红-S A区-03排-02架 要 1 件,只剩 0 件可用"}
    assert await _balance(pool, shelf) == (60, 60)
    ledger = await pool.world.system.db.value(
        "SELECT sum(quantity) FROM meta.stock_movement WHERE kind = 'reserve' AND stock_id = $1",
        pool.stock.number,
    )
    assert ledger == Decimal(60)
    entries = await pool.world.system.db.value(
        "SELECT count(*) FROM meta.history WHERE table_id = $1 AND channel = 'stock'", pool.shelves.number
    )
    assert entries == 60
