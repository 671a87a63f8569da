"""The programs of the storm: ten channels that bring orders, customers who cancel, a warehouse that ships.

Each writes down what it was told; :mod:`verdict` compares that with what the database holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.storm.market import CHANNELS, CHECKING, CLOSED, PAID, SHIPPED, STATES, Market
from tests.support.programs import Answer, Program

Fate = Literal["keep", "ship", "cancel", "send_back"]
FATES: tuple[tuple[Fate, int], ...] = (("keep", 45), ("ship", 25), ("cancel", 20), ("send_back", 10))
AT_ONCE_PER_CHANNEL = 2
_NAMES = {number: name for name, number in STATES.items()}


@dataclass
class Told:
    """A move somebody asked for and the final answer: the record's version after it, or the code of the refusal."""

    target: int
    status: int
    version: int | None
    refusal: str
    tries: int

    @property
    def done(self) -> bool:
        """Whether the answer was that it is stored."""
        return self.status < 300


@dataclass
class Order:
    """An order as its makers know it. ``lines``: ``(shelf, quantity)``; ``record`` once it is stored."""

    number: int
    fate: Fate
    lines: tuple[tuple[int, int], ...]
    patience: float
    record: str = ""
    told: list[Told] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its number at the channel, unique."""
        return f"P{self.number:05d}"


def script(count: int, rng: random.Random, shelves: int) -> list[Order]:
    """The orders of a storm."""
    fates, weights = zip(*FATES, strict=True)
    return [
        Order(
            number,
            rng.choices(fates, weights)[0],
            tuple(
                (shelf, rng.randint(1, 2)) for shelf in sorted(rng.sample(range(shelves), rng.randint(1, 3)))
            ),
            rng.uniform(0, 3),
        )
        for number in range(count)
    ]


class Gate:
    """Lets orders through as the storm goes on, so that whatever is killed is killed at work."""

    def __init__(self) -> None:
        self._allowed = 0
        self._moved = asyncio.Condition()

    async def open_to(self, number: int) -> None:
        """Orders below ``number`` may begin."""
        async with self._moved:
            self._allowed = number
            self._moved.notify_all()

    async def wait(self, number: int) -> None:
        """Until order ``number`` may begin."""
        async with self._moved:
            await self._moved.wait_for(lambda: number < self._allowed)


class Clients:
    """All programs of a storm. ``met``: what they met instead of answers."""

    def __init__(
        self,
        base_url: str,
        token: str,
        market: Market,
        orders: list[Order],
        rng: random.Random,
        to_ship: asyncio.Queue[str | None],
    ) -> None:
        """``to_ship``: public ids of orders the warehouse is told of; it works until :meth:`close_warehouse`."""
        self.market, self.orders = market, orders
        self.gate = Gate()
        self.met: Counter[str] = Counter()
        self.replayed = 0
        self._make: Callable[[], Program] = lambda: Program(
            base_url, token, random.Random(rng.random()), self.met
        )
        self._idle: list[Program] = []
        self._by_record: dict[str, Order] = {}
        self._to_ship = to_ship
        self._warehouse_open = asyncio.create_task(self._warehouse())

    async def run(self) -> None:
        """Bring all orders through."""
        async with asyncio.TaskGroup() as channels:
            for channel in range(len(CHANNELS)):
                mine = iter([o for o in self.orders if o.number % len(CHANNELS) == channel])
                for _ in range(AT_ONCE_PER_CHANNEL):
                    channels.create_task(self._channel(channel, mine))

    async def close_warehouse(self) -> None:
        """Ship what it has been told of so far, and no more."""
        self._to_ship.put_nowait(None)
        await self._warehouse_open

    async def _channel(self, channel: int, orders: Any) -> None:
        for order in orders:
            await self.gate.wait(order.number)
            await self._live(CHANNELS[channel], order)

    async def _live(self, channel: str, order: Order) -> None:
        """Bring an order, pay it, hand it to the check; meanwhile its customer may cancel it."""
        await self._create(channel, order)
        async with asyncio.TaskGroup() as tasks:
            if order.fate == "cancel":
                tasks.create_task(self._cancel(order))
            await self._move(order, PAID)
            await self._move(order, CHECKING)
            if order.fate == "send_back":
                await asyncio.sleep(order.patience / 3)
                await self._move(order, PAID)
                await self._move(order, CHECKING)

    async def _create(self, channel: str, order: Order) -> None:
        fields = {
            "订单状态": "待支付",
            "渠道来源": channel,
            "平台单号": order.name,
            "客户手机号": f"1990000{order.number % 500:04d}",
            "实付金额": 10 + order.number % 90,
        }
        stored = await self._store("POST", "主订单池", [{"fields": fields}], f"{order.name}-create")
        order.record = stored.body["records"][0]["id"]
        self._by_record[order.record] = order
        lines = [
            {
                "fields": {
                    "明细": f"{order.name}-{place}",
                    "订单": [order.record],
                    "库存": [self.market.shelves[shelf]],
                    "数量": quantity,
                }
            }
            for place, (shelf, quantity) in enumerate(order.lines)
        ]
        await self._store("POST", "订单明细", lines, f"{order.name}-lines")

    async def _store(self, method: str, table: str, records: list[Any], key: str) -> Answer:
        answer = await self._ask(method, table, records, key)
        assert answer.status == 200, (key, answer)
        return answer

    async def _ask(self, method: str, table: str, records: list[Any], key: str) -> Answer:
        async with self._program() as program:
            answer = await program.ask(method, self.market.records(table), {"records": records}, key)
        self.replayed += answer.replayed
        return answer

    @contextlib.asynccontextmanager
    async def _program(self) -> AsyncIterator[Program]:
        program = self._idle.pop() if self._idle else self._make()
        try:
            yield program
        finally:
            self._idle.append(program)

    async def _move(self, order: Order, target: int, **fields: Any) -> None:
        """Ask for a move and write down what the answer was."""
        patch = {"id": order.record, "fields": {"订单状态": _NAMES[target], **fields}}
        key = f"{order.name}-move-{len(order.told)}-{target}"
        answer = await self._ask("PATCH", "主订单池", [patch], key)
        version = answer.body["records"][0].get("version") if answer.status < 300 else None
        order.told.append(Told(target, answer.status, version, answer.code, answer.tries))

    async def _cancel(self, order: Order) -> None:
        await asyncio.sleep(order.patience)
        await self._move(order, CLOSED)

    async def _warehouse(self) -> None:
        """Ship orders that the product told us have their stock, each once, though we may be told twice."""
        known: set[str] = set()
        while (record := await self._to_ship.get()) is not None:
            order = self._by_record[record]
            if order.fate == "ship" and record not in known:
                known.add(record)
                await self._move(order, SHIPPED, 快递单号=f"SF{order.number:08d}")

    def close(self) -> None:
        """Hang up."""
        for program in self._idle:
            program.close()
