"""Large fan-out: the writer answers at once, the worker follows, and nothing is ever left wrong."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from runtime.records import read
from runtime.records.checking import check
from runtime.records.pending import pending, refreshing
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.system import System
from tests.runtime.records.hammering import Shop, processes
from tests.support.world import EDITOR, World, named


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A writer computes three other records at most."""
    return msgspec.structs.replace(settings, refresh_at_once=3)


async def _seen(shop: Shop, record: str, table: object) -> dict[str, object]:
    return named(table, (await read.get(shop.world.system, EDITOR, record)).fields)  # type: ignore[arg-type]


async def _right(system: System) -> None:
    await Refresher(system).drain()
    report = await check(system)
    assert [(d.field, d.count) for d in report.differences] == []
    assert await system.db.value("SELECT count(*) FROM meta.refresh") == 0


async def _stocked(world: World, orders: int = 30) -> tuple[Shop, str, list[str]]:
    shop = await Shop.draw(world)
    (region,) = await world.create(shop.regions, {"名称": "华东", "系数": 2})
    (customer,) = await world.create(shop.customers, {"姓名": "甲", "大区": [region]})
    made = await world.create(
        shop.orders, *({"单号": str(n), "金额": n, "客户": [customer]} for n in range(orders))
    )
    await _right(world.system)
    return shop, customer, made


async def test_the_writer_leaves_many_dependents_to_the_worker(world: World) -> None:
    shop, customer, orders = await _stocked(world)
    await world.patch(customer, {"姓名": "乙"}, shop.customers)
    assert (await _seen(shop, orders[0], shop.orders))["客户名"] == "甲"  # not yet, and it says so
    (waiting,) = await pending(world.system, shop.orders)
    assert waiting.field == shop.orders.field("客户名").id
    assert await refreshing(world.system, shop.orders) == (waiting.field,)
    # a record that is written meanwhile is right at once, and one of the record's own values always is
    (fresh,) = await world.create(shop.orders, {"单号": "新", "金额": 1, "客户": [customer]})
    assert (await _seen(shop, fresh, shop.orders))["客户名"] == "乙"
    await _right(world.system)
    seen = await _seen(shop, orders[0], shop.orders)
    assert (seen["客户名"], seen["标签"]) == ("乙", "华东乙0")
    assert await pending(world.system, shop.orders) == []


async def test_several_changes_of_one_far_record_are_one_task(world: World) -> None:
    shop, customer, orders = await _stocked(world)
    for name in ("乙", "丙", "丁"):
        await world.patch(customer, {"姓名": name}, shop.customers)
    assert await world.system.db.value("SELECT count(*) FROM meta.refresh") == 3
    refresher = Refresher(world.system)
    task = await refresher._claim()
    assert task is not None
    assert await world.system.db.value("SELECT count(*) FROM meta.refresh") == 1
    # whoever took it dies: nobody else has it until the lease runs out
    assert await refresher._claim() is None
    await world.system.db.execute("UPDATE meta.refresh SET lease_until = now() - interval '1 second'")
    await _right(world.system)
    assert (await _seen(shop, orders[9], shop.orders))["客户名"] == "丁"


async def test_a_chain_across_tables_follows_in_order(world: World) -> None:
    shop, customer, orders = await _stocked(world)
    region = (await _seen(shop, customer, shop.customers))["大区"][0]["id"]  # type: ignore[index]
    await world.patch(region, {"名称": "华北", "系数": 3}, shop.regions)
    await world.change(shop.orders, deletes=tuple(orders[:5]))
    await _right(world.system)
    seen = await _seen(shop, orders[9], shop.orders)
    assert (seen["所在大区"], seen["标签"]) == ("华北", "华北甲9")
    assert (await _seen(shop, region, shop.regions))["大区价"] == 3 * sum(range(5, 30))


async def test_writers_go_on_while_the_worker_refreshes(world: World, settings: Settings) -> None:
    shop, customer, orders = await _stocked(world, 60)
    (other,) = await world.create(shop.customers, {"姓名": "另"})
    async with processes(settings, 2) as systems:
        done = asyncio.Event()
        workers = [asyncio.create_task(Refresher(one).run(done.is_set)) for one in systems]
        for n in range(12):
            await world.patch(customer, {"姓名": f"甲{n}"}, shop.customers)
            await world.patch(orders[n], {"金额": n * 7, "客户": [other if n % 2 else customer]}, shop.orders)
            await world.change(shop.orders, deletes=(orders[30 + n],))
        done.set()
        await asyncio.gather(*workers)
    await _right(world.system)
    assert (await _seen(shop, orders[10], shop.orders))["标签"] == "华东甲1110"


async def test_a_task_of_a_field_that_is_gone_is_dropped(world: World) -> None:
    shop, customer, _ = await _stocked(world)
    await world.patch(customer, {"姓名": "乙"}, shop.customers)
    async with world.system.db.transaction() as tx:
        await tx.execute("UPDATE meta.catalog_state SET version = version + 1")
        await tx.execute(
            "UPDATE meta.definition SET deleted_at = now() WHERE public_id = ANY($1)",
            [shop.orders.field(name).id for name in ("客户名", "标签")],
        )
    await _right(world.system)
