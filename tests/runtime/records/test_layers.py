"""Computed fields that follow from each other on one record are worked out by one statement."""

from __future__ import annotations

from runtime.catalog import Table, bump
from runtime.definitions.fields import FieldDef, Formula, Link, Number, Rollup, Text
from runtime.records import read
from runtime.records.layers import along_with
from tests.support.world import EDITOR, World, named


async def _shop(world: World) -> tuple[Table, Table]:
    """Shops with a rate; orders with a fee from it, what is left of the price, and what the order before left."""
    shops = await world.table("店铺", {"店名": Text(), "费率": Number(decimals=2)})
    orders = await world.table(
        "订单", {"单号": Text(), "金额": Number(decimals=2), "店铺": Link(shops.id, many=False)}
    )
    await _add(world, orders, "前一单", Link(orders.id, many=False))
    orders = (await world.catalog()).table(orders.id)
    await _add(world, orders, "店铺费率", Rollup(orders.field("店铺").id, "max", shops.field("费率").id))
    for name, source in (
        ("服务费", "{金额}*{店铺费率}"),
        ("净额", "{金额}-{服务费}"),
        ("备注", '"净"&{净额}'),
    ):
        await _add(world, orders, name, Formula(source, "text" if name == "备注" else "number"))
    orders = (await world.catalog()).table(orders.id)
    before = Rollup(orders.field("前一单").id, "sum", orders.field("净额").id)
    await _add(world, orders, "前一单净额", before)
    return shops, (await world.catalog()).table(orders.id)


async def _add(world: World, table: Table, name: str, config: object) -> None:
    fields = (await world.catalog()).table(table.id).fields
    async with world.system.db.transaction() as tx:
        await bump(tx)
        await world._field(tx, table.number, FieldDef(name, config), {f.name: f.id for f in fields})  # type: ignore[arg-type]


async def test_what_follows_on_the_same_record_goes_together(world: World) -> None:
    _, orders = await _shop(world)
    fields = {f.name: f for f in orders.fields}
    catalog = await world.catalog()
    rows = {1, 2}
    dirty = {f.id: set(rows) for f in orders.fields if f.computed}
    first = fields["店铺费率"]
    names = [f.name for f in along_with(catalog, first, rows, dirty)]
    assert names == ["店铺费率", "服务费", "净额", "备注"], "what reads other orders has to wait for these"
    only = {first.id: set(rows)}
    assert [f.name for f in along_with(catalog, first, rows, only)] == names, "they become stale by the first"
    wider = {**dirty, fields["服务费"].id: {1, 2, 3}}
    assert [f.name for f in along_with(catalog, first, rows, wider)] == ["店铺费率"], (
        "the fee of 3 is stale too"
    )
    assert [f.name for f in along_with(catalog, first, rows, dirty, {fields["净额"].id})] == [
        "店铺费率",
        "服务费",
    ]


async def test_a_chain_computed_together_is_right_here_and_through_links(world: World) -> None:
    shops, orders = await _shop(world)
    (shop,) = await world.create(shops, {"店名": "一号店", "费率": 0.1})
    (first,) = await world.create(orders, {"单号": "1", "金额": 100, "店铺": shop})
    (second,) = await world.create(orders, {"单号": "2", "金额": 50, "店铺": shop, "前一单": first})

    async def of(record: str) -> list[object]:
        fields = named(orders, (await read.get(world.system, EDITOR, record)).fields)
        return [fields[name] for name in ("服务费", "净额", "备注", "前一单净额")]

    assert await of(first) == [10, 90, "净90", 0]
    assert await of(second) == [5, 45, "净45", 90]
    await world.patch(shop, {"费率": 0.2}, shops)
    assert await of(first) == [20, 80, "净80", 0]
    assert await of(second) == [10, 40, "净40", 80], "through the chain of the other order"
