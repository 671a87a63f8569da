"""Rows that a transaction has locked are read once, until it changes something in their table."""

from __future__ import annotations

from contextlib import suppress

import pytest

from runtime.ids import parse_record_id
from runtime.records import write
from runtime.records.change import Change, Patch
from runtime.storage.database import Tx
from tests.support.shop import Shop
from tests.support.world import API, EDITOR, World


@pytest.fixture
async def shop(world: World) -> Shop:
    """Orders to be locked."""
    return await Shop.make(world)


def _change(shop: Shop, order: str, text: str) -> Change:
    updates = (Patch(order, {"备注": text}),)
    return Change(table=shop.orders.id, actor=EDITOR, source=API, updates=updates)


async def _note(shop: Shop, tx: Tx, order: str) -> str | None:
    (row,) = await tx.lock_rows(shop.orders.sql, [parse_record_id(order)[1]])
    found: str | None = row[shop.orders.field("备注").column]
    return found


async def _reads(shop: Shop) -> int:
    """How often the table was looked into by this connection's transaction so far."""
    return int(
        await shop.world.system.db.value(
            "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables"
            " WHERE schemaname || '.' || relname = $1",
            shop.orders.sql,
        )
    )


async def test_what_was_locked_is_read_once(shop: Shop) -> None:
    order = await shop.order(备注="一")
    async with shop.world.system.db.transaction() as tx:
        assert await _note(shop, tx, order) == "一"
        reads = await _reads(shop)
        assert await _note(shop, tx, order) == "一"
        assert await _reads(shop) == reads


async def test_what_the_transaction_changes_is_read_again(shop: Shop) -> None:
    order, other = await shop.order(备注="一"), await shop.order(备注="一")
    async with shop.world.system.db.transaction() as tx:
        assert await _note(shop, tx, order) == "一"
        await write.apply_in(shop.world.system, tx, _change(shop, order, "二"))
        assert await _note(shop, tx, order) == "二"
        both = (*_change(shop, order, "三").updates, *_change(shop, other, "三").updates)
        change = Change(table=shop.orders.id, actor=EDITOR, source=API, updates=both)
        await write.apply_in(shop.world.system, tx, change)
        assert [await _note(shop, tx, one) for one in (order, other)] == ["三", "三"]
        await tx.execute(f"UPDATE {shop.orders.sql} SET {shop.orders.field('备注').column} = '四'")
        assert await _note(shop, tx, order) == "四"


async def test_what_is_undone_is_read_again(shop: Shop) -> None:
    order = await shop.order(备注="一")
    async with shop.world.system.db.transaction() as tx:
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await write.apply_in(shop.world.system, tx, _change(shop, order, "二"))
                assert await _note(shop, tx, order) == "二"
                raise ZeroDivisionError
        assert await _note(shop, tx, order) == "一"


@pytest.mark.parametrize("count", [1, 3])
async def test_rows_come_in_the_order_of_their_numbers(shop: Shop, count: int) -> None:
    orders = [parse_record_id(await shop.order())[1] for _ in range(count)]
    async with shop.world.system.db.transaction() as tx:
        for _ in range(2):
            rows = await tx.lock_rows(shop.orders.sql, [*orders[::-1], 999_999])
            assert [row["id"] for row in rows] == sorted(orders)
