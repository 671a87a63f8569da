"""Many writers on the same shelves: no deadlock, nothing oversold, the ledger adds up; random scripts never break it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.errors import HuobiaoError
from runtime.records import stock as stocks
from runtime.records import write
from runtime.records.change import Change, Patch, Source
from runtime.records.stock.waiting import StockKeeper
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World

WRITERS, SKUS = 50, 10


async def _deadlocks(world: World) -> int:
    await world.system.db.execute("SELECT pg_stat_force_next_flush()")
    return int(
        await world.system.db.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    )


@pytest.mark.parametrize("by_sku", [False, True])
async def test_fifty_writers_on_ten_skus_neither_deadlock_nor_oversell(world: World, by_sku: bool) -> None:
    options = {"pick": "ordered", "pick_by": "库位", "by_sku": True} if by_sku else {}
    yard, draw = await Yard.make(world, **options), random.Random(7)
    products = [(await world.create(yard.products, {"编码": f"P{n}"}))[0] for n in range(SKUS)]
    shelves = [await yard.shelf(20, f"A-{n}", 商品=[products[n]], 尺码="S") for n in range(SKUS)]
    orders = []
    for _ in range(WRITERS):
        wanted = draw.sample(range(SKUS), 4)  # in any order
        lines = (
            {"商品": [products[n]], "尺码": "S", "数量": draw.randint(1, 4)}
            if by_sku
            else {"库存": shelves[n], "数量": draw.randint(1, 4)}
            for n in wanted
        )
        orders.append(await yard.order(*lines))
    before = await _deadlocks(world)

    async def writer(number: int, order: str) -> str:
        # lines that point at the same order and shelves come in meanwhile
        line = {"名称": "行", "订单": orders[number - 1], "库存": shelves[number % SKUS], "数量": 1}
        await world.create(yard.lines, line)
        outcome = (await yard.reserve(order)).outcome
        if outcome == "reserved" and number % 3 == 0:
            await yard.do(stocks.consume, order)
        elif outcome == "reserved" and number % 3 == 1:
            await yard.do(stocks.release, order)
        await yard.change("receive", shelves[number % SKUS], 1)
        return str(outcome)

    outcomes = await asyncio.gather(*(writer(number, order) for number, order in enumerate(orders)))
    assert set(outcomes) <= {"reserved", "short"}
    assert await _deadlocks(world) == before
    assert await yard.differences() == []
    for shelf in shelves:
        on_hand, reserved = await yard.balance(shelf)
        assert 0 <= reserved <= on_hand


Act = Callable[[], Awaitable[Any]]


class Script:
    """A random script over one yard; what is refused is refused in words, whatever else is a failure."""

    def __init__(self, yard: Yard, seed: int) -> None:
        self.yard, self.draw = yard, random.Random(seed)
        self.keeper = StockKeeper(yard.world.system)
        self.shelves: list[str] = []
        self.orders: list[str] = []
        self.now = datetime.now(UTC)

    async def begin(self) -> None:
        (product,) = await self.yard.world.create(self.yard.products, {"编码": "P"})
        for number in range(5):
            self.shelves.append(
                await self.yard.shelf(self.draw.randint(0, 8), f"A-{number}", 商品=[product], 尺码="S")
            )
        for _ in range(8):
            lines = []
            for _ in range(self.draw.randint(1, 3)):
                line: dict[str, Any] = {"商品": [product], "尺码": "S", "数量": self.draw.randint(1, 5)}
                if self.draw.random() < 0.5:
                    line["库存"] = self.draw.choice(self.shelves)
                lines.append(line)
            self.orders.append(await self.yard.order(*lines))

    async def hand(self, table: Any, **parts: Any) -> None:
        change = Change(table=table.id, actor=EDITOR, source=Source("ui"), **parts)
        await write.apply(self.yard.world.system, change)

    async def edit_line(self, order: str) -> None:
        lines = await self.yard.lines_of(order)
        if lines:
            line, quantity = self.draw.choice(lines)["id"], self.draw.choice([0, 1, 2, 7, None])
            await self.hand(self.yard.lines, updates=(Patch(line, {"数量": quantity}),))

    async def delete_line(self, order: str) -> None:
        lines = await self.yard.lines_of(order)
        if lines:
            await self.hand(self.yard.lines, deletes=(self.draw.choice(lines)["id"],))

    def act(self) -> Act:
        yard, draw = self.yard, self.draw
        order, shelf, some = draw.choice(self.orders), draw.choice(self.shelves), draw.randint(-4, 6)
        self.now += timedelta(minutes=draw.randint(0, 40))
        now = self.now
        acts: list[tuple[int, Act]] = [
            (8, lambda: yard.reserve(order, now=now)),
            (3, lambda: yard.do(stocks.release, order)),
            (3, lambda: yard.do(stocks.consume, order)),
            (2, lambda: yard.do(stocks.fill, order, now=now)),
            (3, lambda: yard.change("receive", shelf, some)),
            (3, lambda: yard.change("adjust", shelf, some)),
            (3, lambda: yard.change("count", shelf, some + 4)),
            (2, lambda: self.keeper.expire_due(now)),
            (2, self.keeper.fill_arrivals),
            (2, lambda: self.hand(yard.shelves, updates=(Patch(shelf, {"在库": some + 4}),))),
            (2, lambda: self.edit_line(order)),
            (1, lambda: self.delete_line(order)),
            (1, lambda: self.hand(yard.shelves, deletes=(shelf,))),
            (1, lambda: self.hand(yard.shelves, restores=(shelf,))),
            (1, lambda: self.hand(yard.orders, deletes=(order,))),
            (1, lambda: self.hand(yard.orders, restores=(order,))),
        ]
        weights = [weight for weight, _ in acts]
        return draw.choices([act for _, act in acts], weights)[0]

    async def one(self) -> None:
        act = self.act()
        with contextlib.suppress(HuobiaoError):
            await act()


@pytest.mark.parametrize("seed", range(4))
async def test_random_scripts_never_break_the_invariants(world: World, seed: int) -> None:
    options: dict[str, Any] = {
        "pick": "ordered",
        "pick_by": "库位",
        "by_sku": True,
        "expire_hours": 1,
        "expired": 5,
    }
    if seed % 2:
        options["partial"] = True
    yard = await Yard.make(world, **options)
    script = Script(yard, seed)
    await script.begin()
    for _ in range(12):
        await asyncio.gather(*(script.one() for _ in range(script.draw.choice([1, 4, 8]))))
        assert await yard.differences() == []
