"""A yard of shelves for tests of stock: products, shelves by product and place, orders, lines; any way of reserving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from runtime.access import Actor
from runtime.catalog import Stock, Table
from runtime.definitions.fields import Choice, Date, Link, Number, SingleSelect, Text
from runtime.definitions.stock import SkuPart, StockDef
from runtime.records import read
from runtime.records import stock as stocks
from runtime.records.again import again, keep_out
from runtime.records.change import Source
from runtime.records.stock import audit
from tests.support.shop import hold_by_database
from tests.support.world import EDITOR, World, named

STATES = ("未预占", "已预占", "已出库", "待补货", "已过期")
THROUGH = Source("automation", "runTest")


@dataclass
class Yard:
    """The tables of the small yard."""

    world: World
    products: Table
    shelves: Table
    orders: Table
    lines: Table
    stock: Stock

    @classmethod
    async def make(cls, world: World, **options: Any) -> Yard:
        """``options`` are those of the stock definition."""
        products = await world.table("商品", {"编码": Text()})
        sizes = tuple(Choice(number, name) for number, name in enumerate("SML", 1))
        shelves = await world.table(
            "库存",
            {
                "编码": Text(),
                "库位": Text(),
                "入库日期": Date(),
                "商品": Link(products.id, many=False),
                "尺码": SingleSelect(sizes),
                "在库": Number(decimals=2),
                "预占": Number(decimals=2),
            },
        )
        orders = await world.table("订单", {"单号": Text()})
        other_sizes = tuple(Choice(number, name) for number, name in enumerate("LMS", 1))
        lines = await world.table(
            "明细",
            {
                "名称": Text(),
                "订单": Link(orders.id, many=False),
                "库存": Link(shelves.id, many=False),
                "商品": Link(products.id, many=False),
                "尺码": SingleSelect(other_sizes),
                "数量": Number(decimals=4),
                "状态": SingleSelect(tuple(Choice(number, name) for number, name in enumerate(STATES, 1))),
                "缺货": Number(decimals=2),
            },
        )
        definition = StockDef(
            name="现货",
            stock_table=shelves.id,
            on_hand=shelves.field("在库").id,
            reserved=shelves.field("预占").id,
            location=shelves.field("库位").id,
            line_table=lines.id,
            line_order=lines.field("订单").id,
            line_stock=lines.field("库存").id,
            line_quantity=lines.field("数量").id,
            line_status=lines.field("状态").id,
            unreserved=1,
            reserved_choice=2,
            consumed=3,
        )
        if options.pop("by_sku", False):
            options["sku"] = (
                SkuPart(lines.field("商品").id, shelves.field("商品").id),
                SkuPart(lines.field("尺码").id, shelves.field("尺码").id),
            )
        if options.get("partial"):
            options |= {"line_open": lines.field("缺货").id, "backordered": 4}
        if "pick_by" in options:
            options["pick_by"] = shelves.field(options["pick_by"]).id
        stock = await world.add("stock", msgspec.structs.replace(definition, **options))
        await hold_by_database(world, stock)
        catalog = await world.catalog()
        return cls(
            world, *(catalog.table(t.id) for t in (products, shelves, orders, lines)), catalog.stock(stock)
        )

    # ---- records ----

    async def shelf(self, on_hand: float | None, place: str = "A-1", **fields: Any) -> str:
        given = {"编码": "红-S", "库位": place, **fields}
        if on_hand is not None:
            given["在库"] = on_hand
        return (await self.world.create(self.shelves, given))[0]

    async def order(self, *lines: dict[str, Any]) -> str:
        (order,) = await self.world.create(self.orders, {"单号": "D1"})
        for line in lines:
            await self.world.create(self.lines, {"名称": "行", "订单": order, **line})
        return order

    async def lines_of(self, order: str) -> list[dict[str, Any]]:
        """The order's lines by field name, with ``id``."""
        back = next(f.id for f in self.orders.fields if f.name == "← 订单")
        page = await read.linked(self.world.system, EDITOR, order, back)
        found = sorted(page.records, key=lambda record: (record.created_at, record.id))
        return [{"id": record.id, **named(self.lines, record.fields)} for record in found]

    async def balance(self, shelf: str) -> tuple[Any, Any]:
        fields = named(self.shelves, (await read.get(self.world.system, EDITOR, shelf)).fields)
        return fields["在库"] or 0, fields["预占"] or 0

    # ---- work ----

    async def do(
        self, work: Callable[..., Awaitable[Any]], *args: Any, actor: Actor = EDITOR, **more: Any
    ) -> Any:
        """``work(system, tx, stock, …)`` in a transaction of its own, as the engine and the API do it."""
        system = self.world.system

        async def attempt(alone: bool) -> Any:
            async with system.db.transaction() as tx:
                if alone:
                    await keep_out(tx)
                return await work(system, tx, self.stock.id, *args, actor=actor, source=THROUGH, **more)

        return await again(attempt)

    async def reserve(self, order: str, now: datetime | None = None) -> stocks.Reservation:
        found: stocks.Reservation = await self.do(stocks.reserve, order, now=now)
        return found

    async def change(self, kind: Any, shelf: str, quantity: Any, **more: Any) -> Decimal:
        """Receive, adjust or count one shelf; what it changed."""
        item = stocks.Item(shelf, quantity, more.pop("expected", None))
        more.setdefault("reason", "试")
        done = await stocks.change_on_hand(
            self.world.system, self.stock.id, kind, [item], actor=EDITOR, source=Source("api"), **more
        )
        return done[0].change

    async def differences(self) -> list[str]:
        """What the audit says."""
        catalog = await self.world.catalog()
        found = await audit.check(self.world.system.db, catalog, catalog.stock(self.stock.id))
        return [one.message.text() for one in found]

    async def kinds(self) -> list[str]:
        """Kinds of all movements in order."""
        rows = await self.world.system.db.fetch("SELECT kind FROM meta.stock_movement ORDER BY id")
        return [row["kind"] for row in rows]
