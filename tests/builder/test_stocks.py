"""Stock definitions: every part of the right kind, and a rule that the database itself holds."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from builder import fields, stocks, tables, trash
from builder.stocks import StockPatch
from runtime.catalog import Stock
from runtime.definitions.stock import SkuPart, StockDef
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records.change import Source
from runtime.records.stock import release, reserve
from tests.builder.conftest import Desk, spec

SOUND = {
    "name": "库存", "stock_table": "库存", "on_hand": "在库数量", "reserved": "预占数量", "location": "库位编码",
    "line_table": "订单明细", "line_order": "订单", "line_stock": "库存", "line_quantity": "数量",
    "line_status": "预占状态", "unreserved": 1, "reserved_choice": 2, "consumed": 3,
}  # fmt: skip


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    await desk.table("主订单池", spec("单号"))
    await desk.table(
        "库存",
        spec("编码"),
        spec("库位编码"),
        spec("在库数量", "number"),
        spec("预占数量", "number"),
        spec("单价", "currency"),
    )
    await desk.table(
        "订单明细", spec("名称"), spec("订单", "link", table="主订单池", many=False),
        spec("库存", "link", table="库存", many=False), spec("多个库存", "link", table="库存", inverse_name="又"),
        spec("数量", "number"), spec("预占状态", "single_select", choices=["未预占", "已预占", "已出库"]),
    )  # fmt: skip
    return desk


async def make(desk: Desk, **given: Any) -> Stock:
    return await stocks.create(desk.system, desk.owner, desk.app_id, StockDef(**{**SOUND, **given}))


async def table(desk: Desk, name: str) -> Any:
    return next(t for t in (await desk.app()).tables if t.name == name)


async def test_parts_may_be_named_and_are_stored_by_id(shop: Desk) -> None:
    stock = await make(shop)
    shelf = await table(shop, "库存")
    assert stock.definition.stock_table == shelf.id
    assert stock.definition.reserved == shelf.field("预占数量").id
    lines = await table(shop, "订单明细")
    await shop.write(lines, {"名称": "a", "数量": 1})
    assert await shop.rows(lines, "预占状态") == ["未预占"]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"stock_table": "没有"}, "stock_table", "unknown_table"),
        ({"on_hand": "单价"}, "on_hand", "wrong_type"),
        ({"reserved": "在库数量"}, "reserved", "same_field"),
        ({"reserved": "没有"}, "reserved", "unknown_field"),
        ({"location": "没有"}, "location", "unknown_field"),
        ({"line_order": "名称"}, "line_order", "wrong_type"),
        ({"line_stock": "多个库存"}, "line_stock", "wrong_type"),
        ({"line_stock": "订单"}, "line_stock", "wrong_table"),
        ({"line_quantity": "名称"}, "line_quantity", "wrong_type"),
        ({"line_status": "数量"}, "line_status", "wrong_type"),
        ({"consumed": 9}, "consumed", "unknown_choice"),
        ({"consumed": 2}, "reserved_choice", "same_choice"),
        ({"name": ""}, "name", "name_missing"),
    ],
)
async def test_a_part_of_the_wrong_kind_is_told_by_place(
    shop: Desk, given: Any, path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(shop, **given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_records_that_break_the_rule_already_are_named(shop: Desk) -> None:
    shelf = await table(shop, "库存")
    await shop.write(shelf, {"编码": "红-S", "在库数量": 1, "预占数量": 3}, {"编码": "红-M", "在库数量": 5})
    with pytest.raises(RuleBroken) as raised:
        await make(shop)
    assert raised.value.message.text() == "「库存」里有 1 条记录的预占数量小于 0 或超过在库数量,先改好它们"
    assert [p.message.text() for p in raised.value.problems] == ["「红-S」预占 3,在库 1"]
    assert not (await shop.app()).stocks


async def test_the_database_holds_the_rule_until_the_definition_is_deleted(shop: Desk) -> None:
    stock = await make(shop)
    shelf = await table(shop, "库存")
    await shop.write(shelf, {"编码": "红-S", "在库数量": 1})
    reserved = shelf.field("预占数量").column
    with pytest.raises(asyncpg.CheckViolationError):
        await shop.system.db.execute(f"UPDATE {shelf.sql} SET {reserved} = 2")
    await stocks.update(shop.system, shop.owner, stock.id, StockPatch(name="仓库"))
    with pytest.raises(asyncpg.CheckViolationError):
        await shop.system.db.execute(f"UPDATE {shelf.sql} SET {reserved} = -1")
    await stocks.delete(shop.system, shop.owner, stock.id)
    await shop.system.db.execute(f"UPDATE {shelf.sql} SET {reserved} = 2")
    with pytest.raises(RuleBroken, match="预占数量"):
        await trash.restore(shop.system, shop.owner, stock.id)
    await shop.system.db.execute(f"UPDATE {shelf.sql} SET {reserved} = 0")
    await trash.restore(shop.system, shop.owner, stock.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await shop.system.db.execute(f"UPDATE {shelf.sql} SET {reserved} = 2")


async def test_what_a_stock_stands_on_cannot_be_pulled_away(shop: Desk) -> None:
    await make(shop)
    shelf, lines = await table(shop, "库存"), await table(shop, "订单明细")
    for attempt in (
        fields.delete(shop.system, shop.owner, shelf.field("预占数量").id, confirmed=True),
        tables.delete(shop.system, shop.owner, lines.id, confirmed=True),
        shop.change(shelf.field("在库数量"), type="text"),
        shop.change(lines.field("预占状态"), options={"choices": ["未预占"]}),
    ):
        with pytest.raises(RuleBroken) as raised:
            await attempt
        assert [p.message.text() for p in raised.value.problems] == ["库存设置「库存」"]


async def test_a_stock_that_moves_reserve_by_cannot_be_deleted(shop: Desk) -> None:
    stock = await make(shop)
    orders = await table(shop, "主订单池")
    machine = {"initial": ["新"], "transitions": [{"source": "新", "target": "旧", "effects": [{"kind": "reserve_stock", "stock": stock.id}]}]}  # fmt: skip
    await shop.field(orders, "状态", "single_select", choices=["新", "旧"], machine=machine)
    with pytest.raises(RuleBroken, match="正被用着"):
        await stocks.delete(shop.system, shop.owner, stock.id)


async def test_only_the_table_of_the_orders_can_reserve(shop: Desk) -> None:
    stock = await make(shop)
    shelf = await table(shop, "库存")
    machine = {"initial": ["新"], "transitions": [{"source": "新", "target": "旧", "effects": [{"kind": "reserve_stock", "stock": stock.id}]}]}  # fmt: skip
    with pytest.raises(InvalidDefinition) as raised:
        await shop.field(shelf, "状态", "single_select", choices=["新", "旧"], machine=machine)
    assert raised.value.problems[0].code == "stock_of_other_table"


async def with_options(shop: Desk) -> Any:
    """A shop whose lines name a product; shelves have a date."""
    await shop.table("商品", spec("编码"))
    shelf, lines = await table(shop, "库存"), await table(shop, "订单明细")
    await shop.field(shelf, "商品", "link", table="商品", many=False, inverse_name="甲")
    await shop.field(shelf, "入库日期", "date")
    await shop.field(lines, "商品", "link", table="商品", many=False, inverse_name="乙")
    await shop.field(lines, "缺货", "number")
    return lines


async def test_the_options_are_checked_and_stored_by_id(shop: Desk) -> None:
    lines = await with_options(shop)
    stock = await make(
        shop, pick="fifo", sku=(SkuPart("商品", "商品"),), pick_by="入库日期", line_stock="",
        partial=True, line_open="缺货", expire_hours=24.0,
    )  # fmt: skip
    shelf, lines = await table(shop, "库存"), await table(shop, lines.name)
    d = stock.definition
    assert d.sku == (SkuPart(lines.field("商品").id, shelf.field("商品").id),)
    assert (d.pick_by, d.line_open) == (shelf.field("入库日期").id, lines.field("缺货").id)
    with pytest.raises(RuleBroken, match="缺货"):
        await fields.delete(shop.system, shop.owner, lines.field("缺货").id, confirmed=True)


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"pick": "ordered"}, "sku", "sku_missing"),
        ({"pick": "ordered", "sku": (SkuPart("商品", "商品"),)}, "pick_by", "order_missing"),
        ({"pick": "fifo", "sku": (SkuPart("商品", "商品"),), "pick_by": "编码"}, "pick_by", "wrong_type"),
        (
            {"pick": "ordered", "sku": (SkuPart("商品", "编码"),), "pick_by": "编码"},
            "sku.0",
            "not_comparable",
        ),
        (
            {"pick": "ordered", "sku": (SkuPart("没有", "编码"),), "pick_by": "编码"},
            "sku.0.line",
            "unknown_field",
        ),
        ({"line_stock": ""}, "line_stock", "no_field"),
        ({"line_stock": "没有"}, "line_stock", "unknown_field"),
        ({"partial": True}, "line_open", "open_missing"),
        ({"partial": True, "line_open": "数量"}, "line_open", "same_field"),
        ({"partial": True, "line_open": "名称"}, "line_open", "wrong_type"),
        ({"backordered": 9}, "backordered", "unknown_choice"),
        ({"expired": 1}, "reserved_choice", "same_choice"),
        ({"expire_hours": 0.0}, "expire_hours", "out_of_range"),
        ({"expire_hours": 1e9}, "expire_hours", "out_of_range"),
    ],
)
async def test_a_wrong_option_is_told_by_place(shop: Desk, given: Any, path: str, code: str) -> None:
    await with_options(shop)
    with pytest.raises(InvalidDefinition) as raised:
        await make(shop, **given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_the_mapping_stays_while_something_is_held(shop: Desk) -> None:
    await with_options(shop)
    stock = await make(shop)
    orders, shelf, lines = [await table(shop, name) for name in ("主订单池", "库存", "订单明细")]
    (order,) = await shop.write(orders, {"单号": "D1"})
    (place,) = await shop.write(shelf, {"编码": "红-S", "在库数量": 5})
    await shop.write(lines, {"名称": "a", "订单": [order], "库存": [place], "数量": 2})
    async with shop.system.db.transaction() as tx:
        await reserve(shop.system, tx, stock.id, order, actor=shop.owner, source=Source("api"))
    for patch in (
        StockPatch(line_quantity="缺货"),
        StockPatch(on_hand="单价"),
        StockPatch(reserved_choice=3, consumed=2),
    ):
        with pytest.raises((RuleBroken, InvalidDefinition)):
            await stocks.update(shop.system, shop.owner, stock.id, patch)
    await stocks.update(shop.system, shop.owner, stock.id, StockPatch(name="仓库", expire_hours=5.0))
    with pytest.raises(RuleBroken, match="还有 1 条明细占着库存"):
        await stocks.delete(shop.system, shop.owner, stock.id)
    async with shop.system.db.transaction() as tx:
        await release(shop.system, tx, stock.id, order, actor=shop.owner, source=Source("api"))
    await stocks.update(shop.system, shop.owner, stock.id, StockPatch(line_quantity="缺货"))
    await stocks.delete(shop.system, shop.owner, stock.id)
