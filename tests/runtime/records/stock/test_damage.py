"""A damaged database: each damage is named in words with what to do, and doing that mends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from runtime.ids import parse_record_id, record_id
from runtime.records import stock as stocks
from runtime.records.change import Source
from runtime.records.stock import audit, counting
from runtime.storage import schema
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, World


class _Damaged:
    """A yard with one order that holds 3 of 5 and waits for 4 more of another shelf; whatever it is done to."""

    def __init__(self, yard: Yard, shelf: str, empty: str, order: str, lines: list[int]) -> None:
        self.yard, self.shelf, self.empty, self.order, self.lines = yard, shelf, empty, order, lines

    @classmethod
    async def make(cls, world: World) -> _Damaged:
        yard = await Yard.make(world, partial=True, auto_fill=False)
        shelf, empty = await yard.shelf(5), await yard.shelf(0, "B-2", 编码="蓝-S")
        order = await yard.order({"库存": shelf, "数量": 3}, {"库存": empty, "数量": 4})
        await yard.reserve(order)
        return cls(
            yard, shelf, empty, order, [parse_record_id(r["id"])[1] for r in await yard.lines_of(order)]
        )

    async def by_hand(self, *statements: str) -> None:
        """As a superuser who switches every rule off."""
        row = parse_record_id(self.shelf)[1]
        names = {
            "shelves": self.yard.shelves.sql, "lines": self.yard.lines.sql, "orders": self.yard.orders.sql, "shelf": row,
            "on_hand": self.yard.shelves.field("在库").column, "reserved": self.yard.shelves.field("预占").column,
            "status": self.yard.lines.field("状态").column, "open": self.yard.lines.field("缺货").column,
            "line": self.lines[0], "waiting": self.lines[1], "order": parse_record_id(self.order)[1],
        }  # fmt: skip
        async with self.yard.world.system.db.transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await tx.execute(statement.format(**names))

    async def found(self) -> list[audit.Difference]:
        catalog = await self.yard.world.catalog()
        return list(await audit.check(self.yard.world.system.db, catalog, catalog.stock(self.yard.stock.id)))

    # ---- what the advice says ----

    async def save_the_settings(self) -> None:
        yard = self.yard
        on_hand, reserved = yard.shelves.field("在库").number, yard.shelves.field("预占").number
        async with yard.world.system.db.transaction() as tx:  # as the builder does
            await schema.drop_stock_rule(tx, yard.shelves.number, yard.stock.number)
            await schema.add_stock_rule(tx, yard.shelves.number, on_hand, reserved, yard.stock.number)

    async def count(self) -> None:
        await self.save_the_settings()
        await self.yard.change("count", self.shelf, 8)
        assert (await self.yard.balance(self.shelf))[0] == 8

    async def reserve_again(self) -> None:
        await self.yard.do(stocks.release, self.order)
        await self.yard.reserve(self.order)

    async def restore(self) -> None:
        for table in (self.yard.lines, self.yard.orders, self.yard.shelves):
            trashed = await self.yard.world.system.db.fetch(
                f"SELECT id FROM {table.sql} WHERE deleted_at IS NOT NULL"
            )
            for row in trashed:
                await self.yard.world.change(table, restores=(record_id(table.number, row["id"]),))

    async def set_free(self) -> None:
        await counting.clear_unowned(
            self.yard.world.system, self.yard.stock.id, self.shelf, actor=EDITOR, source=Source("api")
        )

    async def nothing(self) -> None:
        await stocks.StockKeeper(self.yard.world.system).fill_everything()


Mend = Callable[[_Damaged], Awaitable[Any]]


@pytest.mark.parametrize(
    ("statement", "codes", "words", "mend"),
    [
        ("UPDATE {shelves} SET {on_hand} = 9 WHERE id = {shelf}", {"balance"}, "在库 9、预占 3,流水加起来是 5、3", _Damaged.count),
        ("UPDATE {shelves} SET {reserved} = 4 WHERE id = {shelf}", {"balance", "unowned"}, "在库 5、预占 4,流水加起来是 5、3", None),
        ("DELETE FROM meta.stock_rule", {"no_rule"}, "数据库没有在核对「库存」", _Damaged.save_the_settings),
        ("UPDATE meta.stock_movement SET on_hand_after = 6 WHERE number = 1 AND stock_record = {shelf}", {"chain"}, "流水中间断开了", None),
        ("DELETE FROM meta.stock_movement WHERE number = 1 AND stock_record = {shelf}", {"chain", "balance"}, "流水中间断开了", None),
        ("UPDATE meta.stock_hold SET held = 2 WHERE line_record = {line}", {"hold", "unowned"}, "记着占了 2,流水加起来是 3", None),
        ("UPDATE {lines} SET {status} = 1 WHERE id = {line}", {"state"}, "状态是「未预占」,实际占着 3 件", _Damaged.reserve_again),
        ("UPDATE {lines} SET {open} = 1 WHERE id = {waiting}", {"waiting"}, "写着还缺 1,等补货的队列里是 4", _Damaged.reserve_again),
        ("DELETE FROM meta.stock_backorder", {"waiting"}, "写着还缺 4,等补货的队列里是 0", _Damaged.reserve_again),
        ("UPDATE {lines} SET deleted_at = now() WHERE id = {line}", {"orphan"}, "已删除,却还占着 3 件", _Damaged.restore),
        ("UPDATE {orders} SET deleted_at = now() WHERE id = {order}", {"orphan"}, "订单已删除,却还占着 3 件", _Damaged.restore),
        ("UPDATE {shelves} SET deleted_at = now() WHERE id = {shelf}", {"orphan"}, "可是库位已删除", _Damaged.restore),
        ("UPDATE meta.stock_backorder SET order_record = 999999", {"queue"}, "订单已彻底删除,却还在等补货", _Damaged.nothing),
        ("UPDATE {lines} SET deleted_at = now() WHERE id = {waiting}", {"queue"}, "已删除,却还在等补货", _Damaged.restore),
    ],
)  # fmt: skip
async def test_every_damage_is_named_and_mended(
    world: World, statement: str, codes: set[str], words: str, mend: Mend | None
) -> None:
    damaged = await _Damaged.make(world)
    assert await damaged.found() == []
    await damaged.by_hand(statement)
    found = await damaged.found()
    assert {one.code for one in found} == codes
    assert any(words in one.message.text() for one in found), [one.message.text() for one in found]
    assert all(one.advice.text() for one in found)
    if mend is not None:
        await mend(damaged)
        assert [one.message.text() for one in await damaged.found()] == []


async def test_what_nobody_owns_is_set_free_after_the_settings_were_saved(world: World) -> None:
    damaged = await _Damaged.make(world)
    await damaged.by_hand("UPDATE {shelves} SET {reserved} = 4 WHERE id = {shelf}")
    await damaged.save_the_settings()
    assert [one.code for one in await damaged.found()] == ["unowned"]
    await damaged.set_free()
    assert await damaged.found() == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO meta.stock_hold (stock_id, line_record, stock_record, held, since) VALUES ({stock}, 77, {shelf}, 1, now())",
        "UPDATE meta.stock_hold SET consumed = 1",
        "UPDATE meta.stock_hold SET line_record = line_record + 100",
        "UPDATE meta.stock_movement SET actor_name = 'x'",
        "UPDATE meta.stock_movement SET at = now()",
        "DELETE FROM {shelves} WHERE id = {shelf}",
        "UPDATE {shelves} SET {reserved} = NULL WHERE id = {shelf}",
        "UPDATE {shelves} SET {on_hand} = 2, {reserved} = 2 WHERE id = {shelf}",
        "UPDATE {shelves} SET id = 9999 WHERE id = {shelf}",
        "TRUNCATE {shelves} CASCADE",
        "TRUNCATE meta.stock_hold",
        "INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, actor_kind, actor_id, line_record, order_record)"
        " VALUES ({stock}, {shelf}, 'consume', 4, 'system', 'x', {line}, 1)",
        "INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, actor_kind, actor_id)"
        " VALUES ({stock}, {shelf}, 'receive', 'Infinity', 'system', 'x')",
        "INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, actor_kind, actor_id, number, on_hand_after)"
        " VALUES ({stock}, {shelf}, 'receive', 1, 'system', 'x', 99, 99)",
    ],
)
async def test_the_role_of_the_app_cannot_damage_it_in_one_statement(world: World, statement: str) -> None:
    damaged = await _Damaged.make(world)
    yard = damaged.yard
    text = statement.format(
        stock=yard.stock.number, shelf=parse_record_id(damaged.shelf)[1], line=damaged.lines[0],
        shelves=yard.shelves.sql, on_hand=yard.shelves.field("在库").column, reserved=yard.shelves.field("预占").column,
    )  # fmt: skip
    with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.CheckViolationError)):
        await world.system.db.execute(text)
    assert await damaged.found() == []
