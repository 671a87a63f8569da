"""Each shipped template installs, and what it brings works."""

from __future__ import annotations

import pytest

from runtime.access import Actor
from runtime.definitions.queries import Condition
from runtime.records import read, write
from runtime.records.change import Change, Patch, Source
from runtime.system import System
from templates_market import installer, reader
from tests.support.world import sentences

ORDER_FIELDS = (
    "订单ID", "渠道来源", "平台单号", "统一内部ID", "客户手机号", "收货人", "收货地址", "下单时间", "付款时间", "应付金额",
    "实付金额", "订单状态", "含赠品", "快递单号", "备注", "异常", "异常原因", "关联客户档案", "订单明细",
)  # fmt: skip


async def test_the_order_pool_has_the_names_others_rely_on(system: System, owner: Actor) -> None:
    done = await installer.install_app(system, owner, reader.find("order-pool"))
    app = (await system.catalogs.current()).app(done.app)
    by_name = {table.name: table for table in app.tables}
    assert set(by_name) >= {"主订单池", "客户档案", "商品", "库存", "订单明细"}
    assert set(by_name["主订单池"].by_name) >= set(ORDER_FIELDS)
    assert [v.definition.name for v in by_name["主订单池"].views] == [
        "全部订单",
        "待审核",
        "超 24 小时",
        "异常",
    ]
    assert done.records > 0
    assert len(app.automations) == 3
    assert len(app.dashboards) == 1


async def test_sample_records_are_linked_and_computed(system: System, owner: Actor) -> None:
    done = await installer.install_app(system, owner, reader.find("order-pool"))
    app = (await system.catalogs.current()).app(done.app)
    tables = {table.name: table for table in app.tables}
    stock = tables["库存"]
    page = await read.matching(
        system, owner, stock.id, [Condition(stock.field("库存编码").id, "is", "CS001-红-L")]
    )
    shelf = page.records[0].fields
    assert shelf[stock.field("可用数量").id] == shelf[stock.field("在库数量").id]
    lines = tables["订单明细"]
    assert await read.count(system, owner, lines.id, Condition(lines.field("订单").id, "is_empty")) == 0
    customers = tables["客户档案"]
    assert (
        await read.count(system, owner, customers.id, Condition(customers.field("订单数").id, "gt", 0)) == 12
    )


@pytest.mark.parametrize("target", ["已发货", "待支付"])
async def test_only_the_missions_moves_are_allowed(system: System, owner: Actor, target: str) -> None:
    done = await installer.install_app(system, owner, reader.find("order-pool"))
    table = next(t for t in (await system.catalogs.current()).app(done.app).tables if t.name == "主订单池")
    page = await read.matching(
        system, owner, table.id, [Condition(table.field("订单状态").id, "is", "已支付")]
    )
    outcome = await write.apply(
        system,
        Change(
            table=table.id,
            actor=owner,
            source=Source("api"),
            updates=(Patch(page.records[0].id, {"订单状态": target}),),
        ),
    )
    assert sentences(outcome) == [f"不能从「已支付」改成「{target}」。从「已支付」可以去:审核中、已关闭"]


async def test_quick_lookup_binds_to_the_pool_by_itself(system: System, owner: Actor) -> None:
    pool = await installer.install_app(system, owner, reader.find("order-pool"))
    app = (await system.catalogs.current()).app(pool.app)
    orders = next(t for t in app.tables if t.name == "主订单池")
    done = await installer.install_workbench(system, owner, reader.find("order-lookup"), orders.id)
    catalog = await system.catalogs.current()
    bindings = catalog.workbench(done.workbench or "").definition.bindings
    names = {
        part: catalog.field(getattr(bindings, part)).name
        for part in ("number", "waybill", "phone", "remark", "status")
    }
    assert names == {
        "number": "订单ID", "waybill": "快递单号", "phone": "客户手机号", "remark": "备注", "status": "订单状态",
    }  # fmt: skip
    assert bindings.stock == app.stocks[0].id


async def test_installing_twice_makes_two_apps(system: System, owner: Actor) -> None:
    first = await installer.install_app(
        system, owner, reader.find("order-pool"), name="一店", with_records=False
    )
    second = await installer.install_app(
        system, owner, reader.find("order-pool"), name="二店", with_records=False
    )
    assert first.app != second.app
    assert [a.name for a in (await system.catalogs.current()).apps] == ["一店", "二店"]
