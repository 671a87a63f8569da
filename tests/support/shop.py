"""A small shop for tests of automations: shelves, orders with a state machine, order lines, a robot, a drain for effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from runtime.automations.connections import seal
from runtime.automations.deliveries import Deliveries
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import Stock, Table
from runtime.connectors import Connectors
from runtime.definitions.automations import (
    Arm,
    AutomationDef,
    Branch,
    OutcomeIs,
    ReserveLines,
    SendWecom,
    StateMoved,
    Step,
    StepConfig,
    Trigger,
    UpdateRecord,
)
from runtime.definitions.fields import (
    Checkbox,
    Choice,
    Currency,
    FieldConfig,
    FieldDef,
    Link,
    LongText,
    Number,
    SingleSelect,
    Text,
)
from runtime.definitions.states import StateMachine, Transition
from runtime.definitions.stock import StockDef
from runtime.definitions.values import (
    Assignment,
    FieldValue,
    Literal_,
    RecordUrl,
    StepOutput,
    TextValue,
    Value,
)
from runtime.ids import new_id
from runtime.records import read
from runtime.storage import schema
from tests.support.world import EDITOR, World, named

STATES = ("待支付", "已支付", "审核中", "已发货", "已完成", "已关闭")
MOVES = ((1, 2), (1, 6), (2, 3), (2, 6), (3, 2), (3, 4), (3, 6), (4, 5))
PAID, CHECKING = 2, 3


async def hold_by_database(world: World, stock_id: str) -> None:
    """What the builder does when a stock is set up: the database holds its rules from now on."""
    catalog = await world.catalog()
    stock = catalog.stock(stock_id)
    shelves = catalog.table(stock.definition.stock_table)
    on_hand, reserved = (shelves.field(key) for key in (stock.definition.on_hand, stock.definition.reserved))
    async with world.system.db.transaction() as tx:
        await schema.add_stock_rule(tx, shelves.number, on_hand.number, reserved.number, stock.number)


def states() -> tuple[Choice, ...]:
    """The states of an order."""
    return tuple(Choice(number, name) for number, name in enumerate(STATES, 1))


def line_fields(orders: Table, shelves: Table) -> dict[str, FieldDef | FieldConfig]:
    """The fields of an order's lines, each of which takes from a shelf."""
    return {
        "名称": Text(),
        "订单": Link(orders.id, many=False),
        "库存": Link(shelves.id, many=False),
        "数量": Number(),
        "预占状态": SingleSelect((Choice(1, "未预占"), Choice(2, "已预占"), Choice(3, "已出库"))),
    }


async def add_stock(world: World, shelves: Table, lines: Table, *, name: str, location: str) -> str:
    """Let lines reserve from shelves, held by the database; ``location``: the shelves' field of the place. Gives its id."""
    stock = await world.add(
        "stock",
        StockDef(
            name=name,
            stock_table=shelves.id,
            on_hand=shelves.field("在库数量").id,
            reserved=shelves.field("预占数量").id,
            location=shelves.field(location).id,
            line_table=lines.id,
            line_order=lines.field("订单").id,
            line_stock=lines.field("库存").id,
            line_quantity=lines.field("数量").id,
            line_status=lines.field("预占状态").id,
            unreserved=1,
            reserved_choice=2,
            consumed=3,
        ),
    )
    await hold_by_database(world, stock)
    return stock


@dataclass
class Shop:
    """The tables, and what makes automations run inside the test's own process."""

    world: World
    shelves: Table
    orders: Table
    lines: Table
    stock: Stock
    _deliveries: Deliveries | None = field(default=None)

    @classmethod
    async def make(cls, world: World) -> Shop:
        """A shop whose orders have a state machine."""
        machine = StateMachine((1, 2), tuple(Transition(a, b) for a, b in MOVES))
        orders: dict[str, FieldDef | FieldConfig] = {
            "订单号": Text(),
            "订单状态": SingleSelect(states(), machine),
            "实付金额": Currency(),
            "异常": Checkbox(),
            "异常原因": Text(),
            "备注": LongText(),
            "次数": Number(),
        }
        return await cls.draw(world, orders)

    @classmethod
    async def draw(cls, world: World, orders_fields: Mapping[str, FieldDef | FieldConfig]) -> Shop:
        """The tables with these fields of an order, and the stock that its lines are taken from."""
        shelves = await world.table(
            "库存", {"库存编码": Text(), "库位": Text(), "在库数量": Number(), "预占数量": Number()}
        )
        orders = await world.table("主订单池", orders_fields)
        lines = await world.table("订单明细", line_fields(orders, shelves))
        stock = await add_stock(world, shelves, lines, name="现货", location="库位")
        catalog = await world.catalog()
        return cls(world, *(catalog.table(t.id) for t in (shelves, orders, lines)), catalog.stock(stock))

    # ---- definitions ----

    @property
    def checking_starts(self) -> StateMoved:
        """The trigger 已支付 → 审核中."""
        return StateMoved(self.orders.id, self.orders.field("订单状态").id, (PAID,), (CHECKING,))

    def sets(self, **values: Value | str | bool | float) -> tuple[Assignment, ...]:
        """Assignments to fields of an order by name; plain values are literals."""
        return tuple(
            Assignment(
                self.orders.field(name).id, value if isinstance(value, msgspec.Struct) else Literal_(value)
            )
            for name, value in values.items()
        )

    def value(self, name: str, of: str = "trigger") -> FieldValue:
        """The value of an order's field."""
        return FieldValue(self.orders.field(name).id, of)

    async def automation(
        self, trigger: Trigger, *configs: StepConfig | Step, name: str = "自动化", enabled: bool = True
    ) -> str:
        """An automation of these steps; ids are ``stp1`` … in order."""
        steps = tuple(
            config if isinstance(config, Step) else Step(f"stp{number}", config)
            for number, config in enumerate(configs, 1)
        )
        return await self.world.add("automation", AutomationDef(name, trigger, steps, enabled))

    async def reservation_automation(self, robot: str) -> str:
        """The one of the article: reserve every line, or mark the order and alert the group."""
        alert = TextValue(
            ("【缺货】订单 ", self.value("订单号"), ":", StepOutput("stp1", "reason"), "\n", RecordUrl())
        )
        return await self.automation(
            self.checking_starts,
            ReserveLines(self.stock.id),
            Branch(
                (
                    Arm(
                        "有缺货",
                        (
                            Step(
                                "stp3",
                                UpdateRecord(self.sets(异常=True, 异常原因=StepOutput("stp1", "reason"))),
                            ),
                            Step("stp4", SendWecom(robot, alert, ("aqiang",)), "企业微信告警"),
                        ),
                        OutcomeIs("stp1", "short"),
                    ),
                )
            ),
            name="审核与库存预占",
        )

    async def connector(self, kind: str, name: str = "仓库群机器人", **settings: str) -> str:
        """A stored connector."""
        system = self.world.system
        described = Connectors.of(system.outbound, system.settings).kind(kind)
        plain, secret = described.split(described.check(settings))
        public_id = new_id("con")
        await system.db.execute(
            "INSERT INTO meta.connector (public_id, app_id, kind, name, config, secrets) VALUES ($1, $2, $3, $4, $5, $6)",
            public_id,
            self.world.app_number,
            kind,
            name,
            msgspec.json.encode(plain).decode(),
            seal(system.box, secret),
        )
        return public_id

    # ---- records ----

    async def order(self, *lines: tuple[str, float], **fields: Any) -> str:
        """A paid order with lines of (shelf, quantity)."""
        given = {"订单状态": "已支付", **fields}
        (order,) = await self.world.create(self.orders, given)
        for shelf, quantity in lines:
            await self.world.create(
                self.lines, {"名称": "行", "订单": order, "库存": shelf, "数量": quantity}
            )
        return order

    async def shelf(self, on_hand: float, place: str = "A区-03排-02架") -> str:
        """Stock on a shelf."""
        (shelf,) = await self.world.create(
            self.shelves, {"库存编码": "红-S", "库位": place, "在库数量": on_hand}
        )
        return shelf

    async def move(self, order: str, state: str = "审核中") -> None:
        """Move an order by hand; any problem fails the test."""
        outcome = await self.world.patch(order, {"订单状态": state}, self.orders)
        assert not outcome.results[0].problems, [p.message.text() for p in outcome.results[0].problems]

    async def read(self, record: str) -> dict[str, Any]:
        """An order's or shelf's fields by name."""
        view = await read.get(self.world.system, EDITOR, record)
        table = next(t for t in (self.orders, self.shelves, self.lines) if set(view.fields) <= set(t.by_id))
        return named(table, view.fields)

    # ---- what scheduler and worker do, one step at a time ----

    async def relayed(self) -> list[str]:
        """Relay everything; ids of the runs that wait for a worker."""
        ids: list[str] = []
        while (done := await relay(self.world.system)).events:
            ids += done.runs
        return ids

    async def execute(self, ids: Sequence[str]) -> None:
        """Carry out runs, one after another."""
        for public_id in ids:
            assert await execute(self.world.system, public_id, "test")

    async def settle(self) -> list[str]:
        """Relay and carry out until nothing is left; every run there was."""
        everything: list[str] = []
        while ids := await self.relayed():
            everything += ids
            await self.execute(ids)
        return everything

    @property
    def deliveries(self) -> Deliveries:
        """The sender of this test."""
        if self._deliveries is None:
            self._deliveries = Deliveries(self.world.system)
        return self._deliveries

    async def deliver(self) -> None:
        """Send what is due now."""
        for task in await self.deliveries.look():
            await task

    async def run(self, public_id: str) -> Any:
        """A run's row."""
        return await self.world.system.db.row("SELECT * FROM meta.run WHERE public_id = $1", public_id)

    async def steps(self, public_id: str) -> dict[str, tuple[str, str | None]]:
        """``{path: (status, outcome)}`` of a run."""
        rows = await self.world.system.db.fetch(
            "SELECT s.* FROM meta.run_step s JOIN meta.run r ON r.id = s.run_id WHERE r.public_id = $1 ORDER BY position",
            public_id,
        )
        return {row["path"]: (row["status"], row["outcome"]) for row in rows}


__all__ = ["Shop"]
