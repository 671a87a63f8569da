"""Customers and orders for tests of triggers: a link, a roll-up over it, formulas; and what their changes start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from runtime.automations import timetable
from runtime.automations.relay import relay
from runtime.catalog import Table, bump
from runtime.definitions.automations import AutomationDef, Step, Trigger
from runtime.definitions.fields import (
    Checkbox,
    Choice,
    Date,
    DateTime,
    FieldDef,
    Formula,
    Link,
    Number,
    Rollup,
    SingleSelect,
    Text,
)
from runtime.definitions.states import State, StateMachine, Transition
from tests.support.world import World

STATES = ("待支付", "已支付", "审核中", "已发货")
DAY = 86_400


@dataclass
class Watched:
    """The tables and the runs so far."""

    world: World
    customers: Table
    orders: Table

    @classmethod
    async def make(cls, world: World) -> Watched:
        customers = await world.table("客户", {"姓名": Text(), "电话": Text()})
        choices = tuple(Choice(number, name) for number, name in enumerate(STATES, 1))
        machine = StateMachine(
            (1, 2),
            tuple(Transition(a, b) for a, b in ((1, 2), (2, 3), (3, 4), (3, 2))),
            (State(3, "waiting", limit=DAY),),
        )
        orders = await world.table(
            "订单",
            {
                "订单号": Text(),
                "客户": Link(customers.id, many=False),
                "金额": Number(),
                "状态": SingleSelect(choices, machine),
                "急单": Checkbox(),
                "下单时间": DateTime(),
                "预计发货日": Date(),
                "含税": Formula("{金额}*1.13", result="number"),
            },
        )
        catalog = await world.catalog()
        inverse = next(f for f in catalog.table(customers.id).fields if f.type == "link")
        async with world.system.db.transaction() as tx:
            await bump(tx)
            number = await tx.value("SELECT id FROM meta.definition WHERE public_id = $1", customers.id)
            total = Rollup(inverse.id, "sum", orders.field("金额").id)
            await world._field(tx, number, FieldDef("总额", total), {})
        catalog = await world.catalog()
        return cls(world, catalog.table(customers.id), catalog.table(orders.id))

    def field(self, name: str) -> str:
        """The id of a field of either table by name."""
        for table in (self.orders, self.customers):
            for one in table.fields:
                if one.name == name:
                    return one.id
        raise KeyError(name)

    async def on(self, trigger: Trigger, *steps: Any, name: str = "看着") -> str:
        """An enabled automation; its clock is looked at once, as a scheduler would."""
        listed = tuple(Step(f"stp{n}", config) for n, config in enumerate(steps, 1))
        return await self.world.add("automation", AutomationDef(name, trigger, listed, True))

    async def begun(self, now: datetime | None = None) -> None:
        """Let the scheduler see the automations for the first time."""
        await timetable.tick(self.world.system, now)

    async def relayed(self) -> list[dict[str, Any]]:
        """Relay everything; what each run since the last call was started by, oldest first."""
        while (await relay(self.world.system)).events:
            pass
        return await self.new_runs()

    async def new_runs(self) -> list[dict[str, Any]]:
        """Runs since the last call."""
        rows = await self.world.system.db.fetch(
            "UPDATE meta.run SET status = 'finished', finished_at = now() WHERE status <> 'finished'"
            " RETURNING id, record_id, trigger, event_key, error, depth"
        )
        return [
            {**msgspec.json.decode(row["trigger"]), "record": row["record_id"], "key": row["event_key"],
             "depth": row["depth"], "error": row["error"]}
            for row in sorted(rows, key=lambda row: int(row["id"]))
        ]  # fmt: skip


__all__ = ["DAY", "STATES", "Watched"]
