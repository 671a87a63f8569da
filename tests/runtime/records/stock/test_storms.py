"""Many writers on the same shelves: no deadlock, nothing oversold, the ledger adds up; random scripts never break it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.errors import HuobiaoError, NotFound
from runtime.records import stock as stocks
from runtime.records import trash, write
from runtime.records.change import Change, NewRecord, Patch, Source
from runtime.records.stock.waiting import StockKeeper
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World

WRITERS, SKUS = 50, 10
LONGER = int(os.environ.get("HUOBIAO_TEST_STORM") or 1)
"""So many times more scripts than usual."""


async def _deadlocks(world: World) -> int:
    await world.system.db.execute("SELECT pg_stat_force_next_flush()")
    return int(
        await world.system.db.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    )


@pytest.mark.parametrize("by_sku", [False, True])
@pytest.mark.parametrize("seed", range(7, 7 + LONGER))
async def test_fifty_writers_on_ten_skus_neither_deadlock_nor_oversell(
    world: World, by_sku: bool, seed: int
) -> None:
    options: dict[str, Any] = {"pick": "ordered", "pick_by": "库位", "by_sku": True} if by_sku else {}
    if seed % 2 == 0:
        options["partial"] = True
    yard, draw = await Yard.make(world, **options), random.Random(seed)
    keeper = StockKeeper(world.system)
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
        if outcome != "short" and number % 3 == 0:
            await yard.do(stocks.consume, order)
        elif outcome != "short" and number % 3 == 1:
            await yard.do(stocks.release, order)
        await yard.change("receive", shelves[number % SKUS], 1)
        with contextlib.suppress(HuobiaoError):  # what is promised cannot be taken away
            await yard.change("adjust", shelves[number * 3 % SKUS], -1)
        with contextlib.suppress(HuobiaoError):
            await yard.change("count", shelves[number * 7 % SKUS], draw.randint(10, 30))
        if number % 10 == 0:
            await keeper.fill_arrivals()
        return str(outcome)

    outcomes = await asyncio.gather(*(writer(number, order) for number, order in enumerate(orders)))
    assert set(outcomes) <= {"reserved", "partial" if "partial" in options else "short"}
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
        self.lines: list[str] = []
        """Lines that were put into the trash."""
        self.changes: list[int] = []
        """What hands did, to be taken back."""
        self.product = ""
        self.now = datetime.now(UTC)

    async def begin(self) -> None:
        (product,) = await self.yard.world.create(self.yard.products, {"编码": "P"})
        self.product = product
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
        """As a person, or as an import does it: by names, over the channel of its own."""
        how: dict[str, Any] = {"source": Source("ui")}
        if self.draw.random() < 0.3:
            how = {"source": Source("import", "jobTest"), "typecast": True}
        change = Change(table=table.id, actor=EDITOR, **how, **parts)
        outcome = await write.apply(self.yard.world.system, change)
        if outcome.change_id:
            self.changes.append(outcome.change_id)

    async def undo(self) -> None:
        if self.changes:
            change = self.changes.pop(self.draw.randrange(len(self.changes)))
            await write.undo(self.yard.world.system, EDITOR, change)

    def some_line(self) -> dict[str, Any]:
        line = {"商品": [self.product], "尺码": "S", "数量": self.draw.randint(1, 5)}
        if self.draw.random() < 0.5:
            line["库存"] = [self.draw.choice(self.shelves)]
        return line

    async def new_line(self, order: str) -> None:
        await self.hand(
            self.yard.lines, creates=(NewRecord({"名称": "行", "订单": [order], **self.some_line()}),)
        )

    async def edit_line(self, order: str) -> None:
        lines = await self.yard.lines_of(order)
        if lines:
            line = self.draw.choice(lines)["id"]
            fields = self.draw.choice(
                [
                    {"数量": self.draw.choice([0, 1, 2, 7, None])},
                    {"订单": [self.draw.choice(self.orders)]},
                    {"订单": []},
                    {"库存": []},
                    {"商品": []},
                    self.some_line(),
                ]
            )
            await self.hand(self.yard.lines, updates=(Patch(line, fields),))

    async def delete_line(self, order: str) -> None:
        lines = await self.yard.lines_of(order)
        if lines:
            line = self.draw.choice(lines)["id"]
            self.lines.append(line)
            await self.hand(self.yard.lines, deletes=(line,))

    async def restore_line(self) -> None:
        if self.lines:
            await self.hand(self.yard.lines, restores=(self.draw.choice(self.lines),))

    async def from_afar(self, order: str, shelf: str) -> None:
        """Lines given and taken from the other side of their links."""
        lines = [line["id"] for line in await self.yard.lines_of(order)]
        kept = self.draw.sample(lines, self.draw.randint(0, len(lines)))
        other = self.draw.choice(self.orders)
        yard = self.yard
        table, record, name = self.draw.choice(
            [
                (yard.orders, order, "订单"),
                (yard.orders, other, "订单"),
                (yard.shelves, shelf, "库存"),
                (yard.products, self.product, "商品"),
            ]
        )
        field = yard.lines.field(name).config.inverse  # type: ignore[union-attr]
        await self.hand(table, updates=(Patch(record, {field: kept}),))

    async def keyed(self, shelf: str, some: int) -> None:
        """Sent twice, as after a lost answer."""
        key = f"key-{self.draw.randrange(10**9)}"
        for _ in range(2):
            await self.yard.change("receive", shelf, some, key=key)

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
            (2, lambda: self.new_line(order)),
            (3, lambda: self.from_afar(order, shelf)),
            (2, self.undo),
            (2, lambda: self.keyed(shelf, some)),
            (1, self.restore_line),
            (1, self.keeper.fill_everything),
            (1, self.purge),
            (1, lambda: self.hand(yard.shelves, updates=(Patch(shelf, {"尺码": draw.choice("SM")}),))),
            (1, lambda: self.hand(yard.shelves, deletes=(shelf,))),
            (1, lambda: self.hand(yard.shelves, restores=(shelf,))),
            (1, lambda: self.hand(yard.orders, deletes=(order,))),
            (1, lambda: self.hand(yard.orders, restores=(order,))),
        ]
        weights = [weight for weight, _ in acts]
        return draw.choices([act for _, act in acts], weights)[0]

    async def purge(self) -> None:
        """Some of what lies in the trash of orders is removed for good."""
        if self.draw.random() < 0.3:
            await trash.purge(self.yard.world.system, datetime.now(UTC))

    async def settled(self) -> list[str]:
        """What does not add up, once what was removed for good is let go of."""
        await self.keeper.fill_everything()
        return await self.yard.differences()

    async def one(self) -> None:
        act = self.act()
        with contextlib.suppress(HuobiaoError):
            await act()


@pytest.mark.parametrize("seed", range(4 * LONGER))
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
        assert await script.settled() == []
    # nothing is left hanging: whatever still holds can be given back
    held = "SELECT count(*) FROM meta.stock_hold WHERE held > 0"
    for order in script.orders:
        with contextlib.suppress(NotFound):
            await yard.do(stocks.release, order)
    assert await world.system.db.value(held) == 0
    assert await script.settled() == []
