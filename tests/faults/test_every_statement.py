"""Exactly once, whichever statement is the last: relay, worker and sender die, or lose the database, at each in turn."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import msgspec
import pytest

from runtime.automations import together
from runtime.automations.deliveries import Deliveries
from runtime.automations.engine import execute
from runtime.automations.retry import DATABASE_TROUBLE
from runtime.definitions.automations import CreateRecord, HttpPost, ReserveLines, UpdateRecord
from runtime.definitions.values import Assignment, TextValue
from runtime.settings import Settings
from tests.faults.mortal import Death, Fate, Killed, make_mortal
from tests.standins.http import Request, Response, StandInServer
from tests.support.shop import Shop
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(300)]

PIECES = 1000


class Receiver:
    """A webhook that notes the keys of what it gets."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()

    async def handle(self, request: Request) -> Response:
        self.keys[request.headers["idempotency-key"]] += 1
        return Response.of_json({})


@pytest.fixture
def webhook() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    with StandInServer(receiver.handle) as server:
        yield receiver, f"{server.url}/hook"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, allow_private_outbound=True)


class Case:
    """A shop in which one order after another is checked, each under another fate."""

    def __init__(self, shop: Shop, fate: Fate, shelf: str, receiver: Receiver) -> None:
        self.shop, self.fate, self.shelf, self.receiver = shop, fate, shelf, receiver
        self.orders = self.interruptions = 0

    @classmethod
    async def make(cls, world: World, receiver: Receiver, url: str) -> Case:
        shop = await Shop.make(world)
        shelf = await shop.shelf(PIECES)
        connector = await shop.connector("http_webhook", "ERP", url=url)
        name = shop.lines.field("名称").id
        await shop.automation(
            shop.checking_starts,
            ReserveLines(shop.stock.id),
            CreateRecord(shop.lines.id, (Assignment(name, TextValue(("赠品 ", shop.value("订单号")))),)),
            UpdateRecord(shop.sets(备注=TextValue(("处理了 ", shop.value("订单号"))))),
            HttpPost(connector, {"单号": shop.value("订单号")}),
        )
        fate = Fate()
        await make_mortal(world.system.db, fate)
        return cls(shop, fate, shelf, receiver)

    async def strike(self, death: Death, number: int) -> str:
        """Bring an order through while fate strikes at statement ``number``; the statement, "" when there were fewer."""
        self.orders += 1
        name = f"N{self.orders:04}"
        order = await self.shop.order((self.shelf, 1), 订单号=name)
        await self.shop.move(order)
        with self.fate.armed(death, number):
            await self._until_struck(self._relay)
            await self._until_struck(self._execute)
            await self._until_struck(self._deliver)
        self.interruptions += bool(self.fate.struck)
        await self._come_back()
        await self._check(f"{death} at {number}: {self.fate.struck}")
        return self.fate.struck

    async def _until_struck(self, part: Callable[[], Awaitable[object]]) -> None:
        if self.fate.dead:
            return
        with suppress(Killed, *DATABASE_TROUBLE):
            await part()

    async def _relay(self) -> None:
        await self.shop.relayed()

    async def _execute(self) -> None:
        """One run after the other."""
        waiting = "SELECT public_id FROM meta.run WHERE status = 'queued'"
        for row in await self.shop.world.system.db.fetch(waiting):
            await self.shop.execute([row["public_id"]])

    async def _deliver(self) -> None:
        deliveries = Deliveries(self.shop.world.system)
        try:
            for task in await deliveries.look():
                await task
        finally:
            await deliveries.locks.close()

    async def _come_back(self) -> None:
        """What time and the sweeper would do: leases run out, rests end, somebody takes everything up again."""
        db = self.shop.world.system.db
        for _ in range(10):
            await db.execute(
                "UPDATE meta.run SET lease_until = now() - interval '1 second' WHERE status = 'running'"
            )
            await db.execute("UPDATE meta.run SET wake_at = now() WHERE status = 'waiting'")
            await db.execute("UPDATE meta.delivery SET next_attempt_at = now() WHERE status = 'waiting'")
            await db.execute("UPDATE meta.delivery_attempt SET pause_until = NULL")
            await self.shop.relayed()
            open_runs = "SELECT public_id FROM meta.run WHERE status IN ('queued', 'running', 'waiting')"
            for row in await db.fetch(open_runs):
                await self.shop.execute([row["public_id"]])
            await self._deliver()
            if not await db.value(f"SELECT count(*) FROM ({open_runs}) r") and not await db.value(
                "SELECT count(*) FROM meta.delivery WHERE status = 'waiting'"
            ):
                return
        raise AssertionError(await db.fetch("SELECT status, error FROM meta.run WHERE status <> 'finished'"))

    async def _check(self, fate: str) -> None:
        """Every effect of every order so far has happened once."""
        db, shop = self.shop.world.system.db, self.shop
        name = shop.lines.field("名称").column
        counted = {
            "runs": "SELECT count(*) FROM meta.run",
            "runs finished": "SELECT count(*) FROM meta.run WHERE status = 'finished'",
            "quarters of a run done": "SELECT count(*) / 4.0 FROM meta.run_step WHERE status = 'done'",
            "movements": "SELECT count(*) FROM meta.stock_movement WHERE kind = 'reserve'",
            "presents": f"SELECT count(*) FROM {shop.lines.sql} WHERE {name} LIKE '赠品%'",
            "orders given one": f"SELECT count(DISTINCT {name}) FROM {shop.lines.sql} WHERE {name} LIKE '赠品%'",
            "remarks": f"SELECT count(*) FROM meta.history WHERE channel = 'automation' AND action = 'update'"
            f" AND table_id = {shop.orders.number}",
            "messages": "SELECT count(*) FROM meta.delivery WHERE status = 'sent'",
        }
        found = {what: await db.value(sql) for what, sql in counted.items()}
        found["reserved"] = (await shop.read(self.shelf))["预占数量"]
        found["keys"] = len(self.receiver.keys)
        assert found == dict.fromkeys(found, self.orders), (fate, found)
        assert self.receiver.keys.total() - self.orders <= self.interruptions, "sent twice without a reason"


@pytest.mark.parametrize("death", ["killed", "unheard"])
async def test_exactly_once_whatever_statement_is_the_last(
    world: World, webhook: tuple[Receiver, str], death: Death
) -> None:
    case = await Case.make(world, *webhook)
    struck = []
    for number in itertools.count(1):
        if not (statement := await case.strike(death, number)):
            break
        struck.append(statement)
    assert sum("COMMIT" in sql for sql in struck) >= 3, (
        "relay, the steps with the end of their run, the delivery"
    )


TOGETHER = 3


class Batch(Case):
    """Several orders at once, two of them for the same shelf: their runs share a transaction."""

    @classmethod
    async def make(cls, world: World, receiver: Receiver, url: str) -> Batch:
        shop = await Shop.make(world)
        shelf, other = await shop.shelf(PIECES), await shop.shelf(PIECES, "B区-01排-01架")
        connector = await shop.connector("http_webhook", "ERP", url=url)
        await shop.automation(
            shop.checking_starts,
            ReserveLines(shop.stock.id),
            UpdateRecord(shop.sets(备注=TextValue(("处理了 ", shop.value("订单号"))))),
            HttpPost(connector, {"单号": shop.value("订单号")}),
        )
        fate = Fate()
        await make_mortal(world.system.db, fate)
        batch = cls(shop, fate, shelf, receiver)
        batch.other = other
        return batch

    other = ""

    async def strike(self, death: Death, number: int) -> str:
        """The same for all orders of a batch, from the moment their runs are there."""
        shop = self.shop
        for place in range(TOGETHER):
            self.orders += 1
            shelf = self.other if place == 1 else self.shelf
            await shop.move(await shop.order((shelf, 1), 订单号=f"N{self.orders:04}"))
        ids = await shop.relayed()
        assert len(ids) == TOGETHER
        with self.fate.armed(death, number):
            await self._until_struck(lambda: self._all(ids))
        self.interruptions += bool(self.fate.struck)
        await self._come_back()
        await self._check(f"{death} at {number}: {self.fate.struck}")
        return self.fate.struck

    async def _all(self, ids: list[str]) -> None:
        ended = await asyncio.gather(
            *(execute(self.shop.world.system, run, "one") for run in ids), return_exceptions=True
        )
        for one in ended:
            if isinstance(one, BaseException):
                raise one

    async def _check(self, fate: str) -> None:
        db, shop = self.shop.world.system.db, self.shop
        remark = shop.orders.field("备注").column
        counted = {
            "runs": "SELECT count(*) FROM meta.run WHERE status = 'finished'",
            "thirds of a run done": "SELECT count(*) / 3.0 FROM meta.run_step WHERE status = 'done'",
            "movements": "SELECT count(*) FROM meta.stock_movement WHERE kind = 'reserve'",
            "movements by their runs": "SELECT count(DISTINCT m.source) FROM meta.stock_movement m JOIN meta.run r"
            " ON r.public_id = m.source AND r.record_id = m.order_record WHERE m.kind = 'reserve'",
            "remarks": f"SELECT count(*) FROM {shop.orders.sql} WHERE {remark} LIKE '处理了 N%'",
            "remarks by their runs": "SELECT count(DISTINCT r.id) FROM meta.history h JOIN meta.run r ON"
            " r.public_id = h.source AND r.record_id = h.record_id AND r.table_id = h.table_id"
            " WHERE h.channel = 'automation'",
            "changes of shelves": "SELECT count(DISTINCT h.source) FROM meta.history h WHERE h.channel = 'stock'"
            f" AND h.table_id = {shop.shelves.number}",
            "messages": "SELECT count(*) FROM meta.delivery d JOIN meta.run r ON r.id = d.run_id AND"
            " r.record_id = d.record_id WHERE d.status = 'sent'",
        }
        found = {what: await db.value(sql) for what, sql in counted.items()}
        held = [(await shop.read(one))["预占数量"] for one in (self.shelf, self.other)]
        found["reserved"], found["keys"] = sum(held), len(self.receiver.keys)
        assert held[1] * TOGETHER == self.orders
        assert found == dict.fromkeys(found, self.orders), (fate, found)
        assert self.receiver.keys.total() == self.orders, "nobody died while sending"


@pytest.mark.parametrize("death", ["killed", "unheard"])
async def test_runs_that_share_a_transaction_are_each_carried_out_once(
    world: World, webhook: tuple[Receiver, str], death: Death, monkeypatch: pytest.MonkeyPatch
) -> None:
    # each batch is to be shared, also right after the one that was struck
    monkeypatch.setattr(together, "APART_SECONDS", 0.0)
    batch = await Batch.make(world, *webhook)
    struck = []
    for number in itertools.count(1):
        if not (statement := await batch.strike(death, number)):
            break
        struck.append(statement)
    assert sum("COMMIT" in sql for sql in struck) == 1, struck
    queued = sum("INSERT INTO meta.delivery" in sql for sql in struck)
    assert 1 <= queued < TOGETHER, "one statement for all of them"
