"""A shop whose computed fields reach across three tables, and writers that change it at the same time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from runtime.catalog import Table, bump
from runtime.definitions.fields import (
    Choice,
    FieldConfig,
    FieldDef,
    Formula,
    Link,
    Lookup,
    Number,
    Rollup,
    SingleSelect,
    Text,
)
from runtime.definitions.queries import Condition
from runtime.settings import Settings
from runtime.system import System
from tests.support.world import World
from ui.bootstrap import build


@dataclass
class Shop:
    """Regions have customers, customers have orders, orders know their customer and another order."""

    world: World
    regions: Table
    customers: Table
    orders: Table

    @classmethod
    async def draw(cls, world: World) -> Shop:
        regions = await world.table("大区", {"名称": Text(), "系数": Number()})
        customers = await world.table(
            "客户", {"姓名": Text(), "折扣": Number(), "大区": Link(regions.id, many=False)}
        )
        orders = await world.table(
            "订单",
            {
                "单号": Text(),
                "金额": Number(),
                "渠道": SingleSelect((Choice(1, "淘宝"), Choice(2, "抖音"))),
                "客户": Link(customers.id, many=False),
            },
        )
        found = cls(world, regions, customers, orders)
        await found._again()
        own = await found.field(found.orders, "原单", Link(orders.id, many=False))
        back = cls._back(found.customers, found.orders)
        await found.field(found.customers, "单数", Rollup(back, "count"))
        await found.field(found.customers, "总额", Rollup(back, "sum", orders.field("金额").id))
        douyin = Condition(orders.field("渠道").id, "is", "抖音")
        await found.field(found.customers, "抖音额", Rollup(back, "sum", orders.field("金额").id, douyin))
        await found.field(found.customers, "均额", Formula("{总额}/{单数}", "number"))
        home = cls._back(found.regions, found.customers)
        await found.field(found.regions, "大区额", Rollup(home, "sum", found.customers.field("总额").id))
        await found.field(found.regions, "大区价", Formula("{大区额}*{系数}", "number"))
        who, area = orders.field("客户").id, customers.field("大区").id
        await found.field(found.customers, "大区名", Lookup(area, regions.field("名称").id))
        await found.field(found.orders, "客户名", Lookup(who, customers.field("姓名").id))
        await found.field(found.orders, "客户总额", Lookup(who, found.customers.field("总额").id))
        await found.field(found.orders, "所在大区", Lookup(who, found.customers.field("大区名").id))
        await found.field(found.orders, "标签", Formula("{所在大区}&{客户名}&{单号}", "text"))
        await found.field(found.orders, "原单标签", Lookup(own, found.orders.field("单号").id))
        return found

    @staticmethod
    def _back(table: Table, target: Table) -> str:
        return next(f.id for f in table.fields if isinstance(f.config, Link) and f.config.table == target.id)

    async def field(self, table: Table, name: str, config: FieldConfig) -> str:
        """One more field; formulas name others in braces."""
        async with self.world.system.db.transaction() as tx:
            await bump(tx)
            table = (await self.world.catalog()).table(table.id)
            names = {one.name: one.id for one in table.fields}
            found = await self.world._field(tx, table.number, FieldDef(name, config), names)
        await self._again()
        return found

    async def _again(self) -> None:
        catalog = await self.world.catalog()
        self.regions, self.customers, self.orders = (
            catalog.table(one.id) for one in (self.regions, self.customers, self.orders)
        )


@asynccontextmanager
async def processes(settings: Settings, count: int) -> AsyncIterator[list[System]]:
    """As many processes as wanted, as far as the database can tell: each has a pool and a catalog of its own."""
    systems = [build(msgspec.structs.replace(settings)) for _ in range(count)]
    try:
        for one in systems:
            await one.start()
        yield systems
    finally:
        for one in systems:
            await one.stop()
