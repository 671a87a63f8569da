"""An order pool in small, drawn once per test: customers, shelves, orders, order lines."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from runtime.catalog import Stock, Table
from runtime.definitions.fields import (
    AutoNumber,
    Checkbox,
    Choice,
    Currency,
    DateTime,
    FieldDef,
    Link,
    LongText,
    MultiSelect,
    Number,
    Phone,
    Segment,
    SingleSelect,
    Text,
)
from runtime.definitions.states import ReleaseStock, SetField, StateMachine, Transition
from tests.support.shop import add_stock, line_fields
from tests.support.world import World

STATES = ("待支付", "已支付", "审核中", "已发货", "已完成", "已关闭", "售后中")
MOVES = ((1, 2), (1, 6), (2, 3), (2, 6), (3, 4), (3, 6), (3, 2), (4, 5), (4, 7), (5, 7), (7, 5), (7, 6))
MACHINE = StateMachine(initial=(1, 2), transitions=tuple(Transition(a, b) for a, b in MOVES))


@dataclass
class Pool:
    """The tables of the small order pool."""

    world: World
    customers: Table
    shelves: Table
    orders: Table
    lines: Table
    stock: Stock


@pytest.fixture
async def pool(world: World) -> Pool:
    customers = await world.table("客户档案", {"客户手机号": Phone(), "姓名": Text()})
    shelves = await world.table(
        "库存", {"库存编码": Text(), "库位编码": Text(), "在库数量": Number(), "预占数量": Number()}
    )
    orders = await world.table(
        "主订单池",
        {
            "订单ID": AutoNumber((Segment("text", "DD"), Segment("sequence", width=4))),
            "渠道来源": SingleSelect(
                tuple(Choice(i, n) for i, n in enumerate(("淘宝", "拼多多", "抖音"), 1))
            ),
            "客户手机号": FieldDef("", Phone(), required=True),
            "平台单号": FieldDef("", Text(), unique=True),
            "下单时间": DateTime(),
            "付款时间": DateTime(),
            "应付金额": Currency(),
            "含赠品": Checkbox(),
            "标签": MultiSelect((Choice(1, "急单"), Choice(2, "要发票"))),
            "备注": LongText(),
            "订单状态": SingleSelect(tuple(Choice(i, n) for i, n in enumerate(STATES, 1)), MACHINE),
            "关联客户档案": Link(customers.id, many=False),
        },
    )
    lines = await world.table("订单明细", line_fields(orders, shelves))
    stock_id = await add_stock(world, shelves, lines, name="库存", location="库位编码")
    state = orders.field("订单状态")
    moves = tuple(
        Transition(
            a,
            b,
            effects=(ReleaseStock(stock_id),) if b == 6
            else (SetField(orders.field("付款时间").id, "$now"),) if (a, b) == (1, 2)
            else (),
        )
        for a, b in MOVES
    )  # fmt: skip
    machine = StateMachine(initial=(1, 2), transitions=moves)
    config = msgspec.structs.replace(state.config, machine=machine)  # type: ignore[type-var]
    await world.replace(state.id, msgspec.structs.replace(state.definition, config=config))
    catalog = await world.catalog()
    return Pool(
        world,
        catalog.table(customers.id),
        catalog.table(shelves.id),
        catalog.table(orders.id),
        catalog.table(lines.id),
        catalog.stock(stock_id),
    )
