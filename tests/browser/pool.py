"""A small order pool for browser tests: orders with a state machine, their customers and their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from builder import tables, views
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.catalog import Table
from runtime.definitions.queries import Sort
from runtime.definitions.tables import ViewDef
from tests.browser.support import Site

STATES = [
    {"name": "待支付", "color": "cyan"}, {"name": "已支付", "color": "blue"}, {"name": "审核中", "color": "amber"},
    {"name": "已发货", "color": "indigo"}, {"name": "已完成", "color": "green"}, {"name": "已关闭", "color": "grey"},
]  # fmt: skip
MACHINE = {
    "initial": ["待支付", "已支付"],
    "states": [{"choice": "已完成", "kind": "done"}, {"choice": "已关闭", "kind": "cancelled"}],
    "transitions": [
        {"source": "待支付", "target": "已支付", "label": "付款"},
        {"source": "已支付", "target": "审核中", "label": "审核"},
        {"source": "已支付", "target": "已关闭", "label": "关闭订单"},
        {
            "source": "审核中",
            "target": "已发货",
            "label": "标记已发货",
            "guard": {"kind": "condition", "field": "金额", "op": "gt", "value": 0},
            "refusal": "金额是 0 的订单不能发货",
        },
        {"source": "已发货", "target": "已完成", "label": "签收", "roles": ["owner"]},
    ],
}


@dataclass
class Pool:
    """The tables, and the ids of records by the name they were made with."""

    customers: Table
    orders: Table
    lines: Table
    records: dict[str, str]

    def field(self, name: str) -> str:
        """The id of a field of the orders."""
        return self.orders.field(name).id


def spec(name: str, kind: str, **options: Any) -> FieldSpec:
    """A field to be made."""
    return FieldSpec(name=name, type=kind, options=options)


async def make_pool(site: Site) -> Pool:
    """Three tables with a few records, made as a person would make them."""
    actor = await site.actor()
    app = site.world.app_id
    customers = await tables.create(
        site.system, actor, app,
        TableSpec(name="客户档案", icon="users", record_noun="客户", fields=(spec("姓名", "text"), spec("手机号", "phone"))),
    )  # fmt: skip
    orders = await tables.create(
        site.system, actor, app,
        TableSpec(
            name="主订单池", icon="inbox", record_noun="订单",
            fields=(
                spec("单号", "text"),
                spec("状态", "single_select", choices=STATES),
                spec("渠道", "single_select", choices=["淘宝", "拼多多", "抖音"]),
                spec("金额", "currency"),
                spec("手机号", "phone"),
                spec("下单时间", "datetime"),
                spec("备注", "long_text"),
                spec("异常", "checkbox"),
                spec("异常原因", "text"),
                spec("客户", "link", table=customers.id, many=False, two_way=True, inverse_name="订单"),
            ),
        ),
    )  # fmt: skip
    from builder import fields
    from builder.wire import FieldPatch

    await fields.update(site.system, actor, orders.field("状态").id, FieldPatch(options={"machine": MACHINE}))
    lines = await tables.create(
        site.system, actor, app,
        TableSpec(
            name="订单明细", icon="list", record_noun="明细",
            fields=(
                spec("商品", "text"),
                spec("数量", "number"),
                spec("小计", "currency"),
                spec("订单", "link", table=orders.id, many=False, two_way=True, inverse_name="订单明细"),
            ),
        ),
    )  # fmt: skip
    orders = (await site.system.catalogs.current()).table(orders.id)
    await views.update(
        site.system, actor, orders.views[0].id,
        views.ViewPatch(sorts=(Sort(orders.field("单号").id),)),
    )  # fmt: skip
    records = await _records(site, customers, orders, lines)
    catalog = await site.system.catalogs.current()
    return Pool(catalog.table(customers.id), catalog.table(orders.id), catalog.table(lines.id), records)


async def _records(site: Site, customers: Table, orders: Table, lines: Table) -> dict[str, str]:
    world, actor = site.world, await site.actor()
    zhou, li = await world.create(
        customers,
        {"姓名": "周雨桐", "手机号": "13805716621"},
        {"姓名": "李建国", "手机号": "18600129943"},
        actor=actor,
    )
    rows = [
        ("TB-0001", "已支付", "淘宝", 438, zhou),
        ("TB-0002", "已支付", "拼多多", 0, li),
        ("TB-0003", "待支付", "抖音", 267, zhou),
        ("TB-0004", "已支付", "淘宝", 899, zhou),
        ("TB-0005", "已支付", "抖音", 1064, li),
    ]
    made = await world.create(
        orders,
        *(
            {"单号": n, "状态": s, "渠道": c, "金额": a, "客户": [p], "手机号": "13805716621", "下单时间": "2026-01-15T08:26:00+08:00"}
            for n, s, c, a, p in rows
        ),
        actor=actor,
    )  # fmt: skip
    ids = dict(zip([row[0] for row in rows], made, strict=True))
    await world.create(
        lines,
        {"商品": "棉麻衬衫 红-S", "数量": 2, "小计": 438, "订单": [ids["TB-0001"]]},
        {"商品": "亚麻阔腿裤", "数量": 1, "小计": 89, "订单": [ids["TB-0001"]]},
        actor=actor,
    )
    return ids | {"周雨桐": zhou, "李建国": li}


async def many_orders(site: Site, pool: Pool, count: int) -> None:
    """More orders, so that the grid has to scroll."""
    actor = await site.actor()
    rows = [
        {"单号": f"XX-{n:05}", "渠道": ("淘宝", "拼多多", "抖音")[n % 3], "金额": n % 700}
        for n in range(count)
    ]
    for start in range(0, count, 500):
        await site.world.create(pool.orders, *rows[start : start + 500], actor=actor)


def default_view(table: Table) -> ViewDef:
    """The definition of a table's first view."""
    return table.views[0].definition
