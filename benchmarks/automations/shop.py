"""The order pool to be measured, its orders, and the webhook that hears of each reservation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from benchmarks.stage import Stage
from tests.standins.http import Request, Response, StandInServer
from tests.support.programs import Connection

ORDERS = int(os.environ.get("HUOBIAO_BENCH_ORDERS", "2000"))
"""Orders of the measurement of throughput; the others take fewer, in proportion."""
SHELVES = 200
_BATCH = 500


class Receiver:
    """A webhook; ``at``: when it first heard of each order (unix seconds), by public id."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.url = ""

    async def handle(self, request: Request) -> Response:
        """Take a message."""
        self.at.setdefault(msgspec.json.decode(request.body)["order"], request.at)
        return Response.of_json({})


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A webhook that listens."""
    found = Receiver()
    with StandInServer(found.handle) as server:
        found.url = f"{server.url}/orders"
        yield found


@dataclass
class Shop:
    """The tables by name, and how to bring orders into a state."""

    stage: Stage
    hook: Receiver
    tables: dict[str, str]
    shelves: list[str] = field(default_factory=list)
    _idle: list[Connection] = field(default_factory=list)
    _made: int = 0

    @classmethod
    async def make(cls, stage: Stage, hook: Receiver) -> Shop:
        """Install the template; the reservation that gets its stock tells the webhook."""
        body = {"app_name": "订单中枢", "with_records": False}
        app = (await stage.call("POST", "/api/v1/templates/order-pool/install", body))["app"]
        drawn = (await stage.call("GET", f"/api/v1/apps/{app}"))["tables"]
        shop = cls(stage, hook, {table["name"]: table["id"] for table in drawn})
        connector = {"kind": "http_webhook", "name": "仓库", "settings": {"url": hook.url}}
        warehouse = (await stage.call("POST", f"/api/v1/apps/{app}/connectors", connector))["id"]
        found = (await stage.call("GET", f"/api/v1/apps/{app}/automations"))["automations"]
        reserve = next(one for one in found if one["name"] == "审核与库存预占")
        itself = {"kind": "field", "field": "$id"}
        tell = {"kind": "http_post", "connector": warehouse, "body": {"order": itself}}
        reserve["steps"][1]["config"]["arms"][1]["steps"].append({"id": "stpTell", "config": tell})
        await stage.call("PATCH", f"/api/v1/automations/{reserve['id']}", {"steps": reserve["steps"]})
        alike = next(one for one in found if one["name"] == "疑似同一客户")  # all orders here have one phone
        await stage.call("PATCH", f"/api/v1/automations/{alike['id']}", {"enabled": False})
        shelves = [
            {"库存编码": f"SKU-{n}", "库位编码": f"A区-{n}架", "在库数量": 1_000_000} for n in range(SHELVES)
        ]
        shop.shelves = await shop._create("库存", shelves)
        return shop

    async def orders(self, count: int, state: str) -> list[str]:
        """New orders of one line each, in ``state``, at rest."""
        made: list[str] = []
        for start in range(0, count, _BATCH):
            numbers = range(self._made, self._made + min(_BATCH, count - start))
            self._made += len(numbers)
            orders = await self._create(
                "主订单池",
                [
                    {"订单状态": state, "平台单号": f"P{n}", "客户手机号": "19900000000", "实付金额": 99}
                    for n in numbers
                ],
            )
            await self._create(
                "订单明细",
                [
                    {"明细": "行", "订单": [order], "库存": [self.shelves[n % SHELVES]], "数量": 1}
                    for n, order in zip(numbers, orders, strict=True)
                ],
            )
            made += orders
        await self.rest()
        return made

    async def _create(self, table: str, records: list[dict[str, Any]]) -> list[str]:
        body = {"records": [{"fields": fields} for fields in records]}
        stored = await self.stage.call("POST", f"/api/v1/tables/{self.tables[table]}/records", body)
        return [record["id"] for record in stored["records"]]

    async def rest(self) -> None:
        """Wait until nothing is left to do."""
        while await self.stage.raw.fetchval(  # noqa: ASYNC110 - other processes work at it
            "SELECT EXISTS (SELECT 1 FROM meta.outbox)"
            " OR EXISTS (SELECT 1 FROM meta.run WHERE status IN ('queued', 'running', 'waiting'))"
            " OR EXISTS (SELECT 1 FROM meta.delivery WHERE status = 'waiting')"
        ):
            await asyncio.sleep(0.05)

    async def move(self, order: str, state: str) -> float:
        """Move one order through the API; when it was answered (unix seconds)."""
        body = {"records": [{"id": order, "fields": {"订单状态": state}}]}
        async with self._connection() as connection:
            path = f"/api/v1/tables/{self.tables['主订单池']}/records?field_keys=name"
            answer = await connection.ask("PATCH", path, body)
        assert answer.status == 200, answer
        return time.time()

    async def heard_of(self, orders: list[str], seconds: float = 300) -> None:
        """Wait until the webhook has heard of all of them."""
        gives_up = time.monotonic() + seconds
        while not all(order in self.hook.at for order in orders):
            assert time.monotonic() < gives_up, "messages are missing"
            await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        token = self.stage.http.headers["Authorization"].removeprefix("Bearer ")
        found = self._idle.pop() if self._idle else Connection(str(self.stage.http.base_url), token)
        try:
            yield found
        finally:
            self._idle.append(found)
