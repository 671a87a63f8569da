"""Large tables: computed fields are made and changed while people go on working."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from builder import apps, fields, undo
from builder.apps import AppPatch
from builder.wire import FieldPatch
from runtime.records.checking import check
from runtime.records.pending import pending, refreshing
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from tests.builder.conftest import Desk, spec


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More than twenty records are many here."""
    return msgspec.structs.replace(settings, refresh_at_once=5, large_table_rows=20)


async def _settle(desk: Desk) -> None:
    await Refresher(desk.system).drain()
    report = await check(desk.system)
    assert [(d.field, d.count) for d in report.differences] == []
    assert await desk.system.db.value("SELECT count(*) FROM meta.refresh") == 0


async def test_a_formula_is_added_and_changed_in_the_background(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额", "number"))
    records = await desk.write(table, *({"单号": str(n), "金额": n} for n in range(30)))
    field = await desk.field(table, "双倍", "formula", source="{金额}*2")
    table = await desk.again(table)
    assert [one.field for one in await pending(desk.system, table)] == [field.id]
    assert set(await desk.rows(table, "双倍")) == {None}
    # new and edited records are right at once
    await desk.write(table, {"单号": "新", "金额": 50})
    await desk.set(table, records[3], 金额=7)
    assert (await desk.rows(table, "双倍"))[3] == 14
    assert (await desk.rows(table, "双倍"))[-1] == 100
    await _settle(desk)
    assert (await desk.rows(table, "双倍"))[:3] == [0, 2, 4]
    assert await refreshing(desk.system, table) == ()

    await desk.change(field, options={"source": "{金额}*3"})
    assert (await desk.rows(table, "双倍"))[2] == 4
    assert await refreshing(desk.system, table) == (field.id,)
    await _settle(desk)
    assert (await desk.rows(table, "双倍"))[2] == 6
    await undo.last(desk.system, desk.owner, desk.app_id)
    await _settle(desk)
    assert (await desk.rows(table, "双倍"))[2] == 4


async def test_fields_on_fields_come_in_order_and_are_computed_once(desk: Desk) -> None:
    customers = await desk.table("客户", spec("姓名"))
    orders = await desk.table("订单", spec("单号"), spec("金额", "number"))
    await desk.field(orders, "客户", "link", table="客户", many=False, two_way=True, inverse_name="订单")
    made = await desk.write(customers, *({"姓名": str(n)} for n in range(25)))
    await desk.write(orders, *({"单号": str(n), "金额": n, "客户": [made[n % 25]]} for n in range(50)))
    await desk.field(orders, "加价", "formula", source="{金额}+1")
    await desk.field(customers, "总额", "rollup", link="订单", fn="sum", field="加价")
    await desk.field(orders, "客户总额", "lookup", link="客户", field="总额")
    assert len(await desk.system.db.fetch("SELECT 1 FROM meta.refresh")) == 3
    await _settle(desk)
    assert (await desk.rows(customers, "总额"))[0] == 27
    source = (await desk.again(orders)).field("加价")
    await desk.change(source, options={"source": "{金额}+2"})
    await _settle(desk)
    assert (await desk.rows(orders, "客户总额"))[0] == "29"


async def test_a_field_is_deleted_and_comes_back_while_it_is_computed(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额", "number"))
    await desk.write(table, *({"单号": str(n), "金额": n} for n in range(30)))
    field = await desk.field(table, "双倍", "formula", source="{金额}*2")
    await fields.delete(desk.system, desk.owner, field.id)
    await _settle(desk)
    await undo.last(desk.system, desk.owner, desk.app_id)
    await _settle(desk)
    assert (await desk.rows(table, "双倍"))[4] == 8
    await desk.field(table, "三倍", "formula", source="{金额}*3")
    await undo.last(desk.system, desk.owner, desk.app_id)
    await _settle(desk)


async def test_people_write_while_a_field_is_added(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额", "number"))
    records = await desk.write(table, *({"单号": str(n), "金额": n} for n in range(40)))
    done = asyncio.Event()
    worker = asyncio.create_task(Refresher(desk.system).run(done.is_set))
    for n in range(6):
        field = await desk.field(table, f"算{n}", "formula", source=f"{{金额}}+{n}")
        await desk.set(table, records[n], 金额=n * 9)
        await fields.update(
            desk.system, desk.owner, field.id, FieldPatch(options={"source": f"{{金额}}*{n}"})
        )
        await desk.write(table, {"单号": f"新{n}", "金额": 3})
    done.set()
    await worker
    await _settle(desk)


async def test_another_time_zone_computes_what_reads_the_clock_on_the_wall(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("下单", "datetime"))
    await desk.field(table, "钟点", "formula", source='TEXT({下单},"hh:mm")')
    await desk.write(table, *({"单号": str(n), "下单": "2026-03-01T12:00:00+08:00"} for n in range(3)))
    assert (await desk.rows(table, "钟点"))[0] == "12:00"
    await apps.update(desk.system, desk.owner, desk.app_id, AppPatch(time_zone="Asia/Tokyo"))
    await _settle(desk)
    assert (await desk.rows(table, "钟点"))[0] == "13:00"
    await undo.last(desk.system, desk.owner, desk.app_id)
    await _settle(desk)
    assert (await desk.rows(table, "钟点"))[0] == "12:00"
