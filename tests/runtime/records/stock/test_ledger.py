"""What the database itself holds: a ledger that nobody rewrites, and balances that agree with it at every commit."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from runtime.errors import InvalidInput, NotAllowed, RecordsRejected, RuleBroken
from runtime.ids import parse_record_id
from runtime.records import stock as stocks
from runtime.records.change import Source
from runtime.records.stock import counting
from tests.runtime.records.stock.yard import Yard
from tests.support.world import EDITOR, VIEWER, World, sentences

BROKEN = asyncpg.IntegrityConstraintViolationError


@pytest.fixture
async def yard(world: World) -> Yard:
    return await Yard.make(world)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta.stock_movement SET quantity = 1",
        "DELETE FROM meta.stock_movement",
        "TRUNCATE meta.stock_movement",
        "UPDATE meta.stock_hold SET held = 9",
        "DELETE FROM meta.stock_hold",
    ],
)
async def test_the_ledger_and_what_follows_it_cannot_be_rewritten(yard: Yard, statement: str) -> None:
    shelf = await yard.shelf(5)
    await yard.reserve(await yard.order({"库存": shelf, "数量": 2}))
    with pytest.raises(BROKEN):
        await yard.world.system.db.execute(statement)


async def test_a_balance_that_the_ledger_does_not_say_cannot_be_committed(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    row, db = parse_record_id(shelf)[1], yard.world.system.db
    on_hand, reserved = yard.shelves.field("在库").column, yard.shelves.field("预占").column
    for statement in (
        f"UPDATE {yard.shelves.sql} SET {on_hand} = 7 WHERE id = $1",
        f"UPDATE {yard.shelves.sql} SET {reserved} = 1 WHERE id = $1",
        f"INSERT INTO {yard.shelves.sql} ({on_hand}) VALUES ($1 + 3)",
        "INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, actor_kind, actor_id)"
        f" VALUES ({yard.stock.number}, $1, 'receive', 1, 'system', 'x')",
    ):
        with pytest.raises(BROKEN):
            await db.execute(statement, row)
    bad = (
        "INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, actor_kind, actor_id, line_record)"
        f" VALUES ({yard.stock.number}, $1, $2, $3, 'system', 'x', 1)"
    )
    for kind, quantity in (("reserve", 6), ("reserve", -1), ("release", 1), ("adjust", -6), ("steal", 1)):
        with pytest.raises((asyncpg.CheckViolationError, BROKEN)):
            await db.execute(bad, row, kind, quantity)
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute(bad.replace("$3", "'NaN'"), row, "receive")
    assert await yard.balance(shelf) == (5, 0)
    assert await yard.differences() == []


async def test_hand_edits_imports_and_new_shelves_are_movements(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    await yard.world.patch(shelf, {"在库": 8}, yard.shelves)
    await yard.world.patch(shelf, {"在库": None}, yard.shelves)
    await yard.world.change(yard.shelves, deletes=(shelf,))
    await yard.world.change(yard.shelves, restores=(shelf,))
    assert await yard.kinds() == ["opening", "adjust", "adjust"]
    assert await yard.differences() == []


async def test_receive_adjust_and_count(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    assert await yard.change("receive", shelf, 4) == 4
    assert await yard.change("adjust", shelf, -2, reason="破损") == -2
    assert await yard.change("count", shelf, "6.50", expected=7) == -0.5
    assert await yard.change("count", shelf, 6.5) == 0
    assert await yard.kinds() == ["opening", "receive", "adjust", "count"]
    row = await yard.world.system.db.row("SELECT * FROM meta.stock_movement WHERE kind = 'adjust'")
    assert row is not None
    assert (row["reason"], row["actor_name"], row["on_hand_after"]) == ("破损", "编辑", 7)
    assert await yard.balance(shelf) == (6.5, 0)
    assert await yard.differences() == []


async def test_a_retry_with_the_same_key_changes_nothing(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    for _ in range(3):
        assert await yard.change("receive", shelf, 4, key="k1") == 4
    assert await yard.change("receive", shelf, 4, key="k2") == 4
    assert await yard.balance(shelf) == (13, 0)


async def test_what_cannot_be_is_refused_in_words_and_changes_nothing(yard: Yard) -> None:
    shelf, other = await yard.shelf(5), await yard.shelf(1, "B-2")
    await yard.reserve(await yard.order({"库存": shelf, "数量": 3}))
    system, stock = yard.world.system, yard.stock.id
    for kind, quantity, words in (
        ("receive", 0, "入库数量要大于 0"),
        ("receive", -1, "入库数量要大于 0"),
        ("receive", "NaN", "「NaN」不是数字"),
        ("receive", "Infinity", "「Infinity」不是数字"),
        ("receive", None, "要填数字"),
        ("receive", True, "要填数字"),
        ("receive", 10**15, "数字太大,整数部分最多 15 位"),
        ("receive", 0.001, "数量 0.001 的小数太多,「在库」只记 2 位小数"),
        ("adjust", 0, "调整数量不能是 0"),
        ("adjust", -3, "红-S A-1 会只剩 2 件,可是有 3 件已被预占,先释放一些预占"),
        ("count", -1, "盘点数量不能小于 0"),
        ("count", 2, "红-S A-1 会只剩 2 件,可是有 3 件已被预占,先释放一些预占"),
    ):
        items = [stocks.Item(other, 9), stocks.Item(shelf, quantity)]
        with pytest.raises(RecordsRejected) as raised:
            await stocks.change_on_hand(
                system,
                stock,
                kind,
                items,
                actor=EDITOR,
                source=Source("api"),
                reason="试",  # type: ignore[arg-type]
            )
        assert [(p.path, p.message.text()) for p in raised.value.problems] == [("items.1", words)]
    with pytest.raises(RecordsRejected, match="填得不对") as raised:
        await yard.change("count", shelf, 4, expected=9)
    assert raised.value.problems[0].message.text() == "红-S A-1 的在库数量在盘点时从 9 变成了 5,请重新清点"
    with pytest.raises(InvalidInput, match="原因"):
        await yard.change("adjust", shelf, 1, reason=" ")
    order = await yard.order()
    await yard.world.change(yard.shelves, deletes=(other,))
    for unknown in (order, other, "recNone"):
        with pytest.raises(RecordsRejected):
            await yard.change("receive", unknown, 1)
    with pytest.raises(NotAllowed):
        await stocks.change_on_hand(
            system, stock, "receive", [stocks.Item(shelf, 1)], actor=VIEWER, source=Source("api")
        )
    assert await yard.balance(shelf) == (5, 3)


async def test_what_nobody_owns_can_be_set_free(yard: Yard) -> None:
    """Reserved when the stock was set up: no line holds it."""
    system, shelf = yard.world.system, await yard.shelf(5)
    row = parse_record_id(shelf)[1]
    on_hand, reserved = yard.shelves.field("在库"), yard.shelves.field("预占")
    async with system.db.transaction() as tx:
        await tx.execute("SELECT meta.leave_stock($1)", yard.stock.number)
        await tx.execute(f"UPDATE {yard.shelves.sql} SET {reserved.column} = 2 WHERE id = $1", row)
        await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await tx.execute(
            "SELECT meta.follow_stock($1, $2, $3, $4)",
            yard.stock.number, yard.shelves.number, on_hand.number, reserved.number,
        )  # fmt: skip
    assert await yard.differences() == [
        "「红-S」预占 2,明细占着的加起来是 0;多出来的没有主人,可在库存页把它放回去"
    ]
    free = counting.clear_unowned
    assert await free(system, yard.stock.id, shelf, actor=EDITOR, source=Source("api")) == 2
    assert await free(system, yard.stock.id, shelf, actor=EDITOR, source=Source("api")) == 0
    assert await yard.balance(shelf) == (5, 0)
    assert await yard.differences() == []


async def test_the_audit_finds_what_a_hand_in_the_database_did(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    order = await yard.order({"库存": shelf, "数量": 3})
    await yard.reserve(order)
    (line,) = await yard.lines_of(order)
    status = yard.lines.field("状态").column
    async with yard.world.system.db.transaction() as tx:
        await tx.execute("SET session_replication_role = replica")
        await tx.execute(f"UPDATE {yard.shelves.sql} SET {yard.shelves.field('在库').column} = 9")
        await tx.execute("UPDATE meta.stock_hold SET held = 2")
        await tx.execute(f"UPDATE {yard.lines.sql} SET {status} = 1")
        await tx.execute("SET session_replication_role = origin")
    assert await yard.differences() == [
        "「红-S」在库 9、预占 3,流水加起来是 5、3",
        "明细「行」记着占了 2,流水加起来是 3",
        "「红-S」预占 3,明细占着的加起来是 2;多出来的没有主人,可在库存页把它放回去",
        "明细「行」的状态是「未预占」,实际占着 2 件",
    ]
    assert sentences(await yard.world.patch(line["id"], {"数量": 1}, yard.lines))


async def test_another_content_under_the_same_key_is_refused(yard: Yard) -> None:
    shelf, other = await yard.shelf(5), await yard.shelf(5, "B-2")
    assert await yard.change("receive", shelf, 4, key="k1") == 4
    assert await yard.change("receive", shelf, "4.0", key="k1") == 4, "the same, written in another way"
    for kind, at, quantity, reason in (
        ("receive", shelf, 5, "试"),
        ("adjust", shelf, 4, "试"),
        ("receive", other, 4, "试"),
        ("receive", shelf, 4, "别的原因"),
    ):
        with pytest.raises(RuleBroken, match="换一个 key") as raised:
            await yard.change(kind, at, quantity, key="k1", reason=reason)
        assert (raised.value.error_code, raised.value.field) == ("key_used", "key")
    with pytest.raises(RuleBroken, match="换一个 key"):  # one item more
        await stocks.change_on_hand(
            yard.world.system, yard.stock.id, "receive", [stocks.Item(shelf, 4), stocks.Item(other, 1)],
            actor=EDITOR, source=Source("api"), reason="试", key="k1",
        )  # fmt: skip
    assert await yard.balance(shelf) == (9, 0)
    assert await yard.balance(other) == (5, 0)


async def test_a_count_that_found_nothing_is_done_as_well(yard: Yard) -> None:
    """It left no movement; asked again after goods came in, it must not take them out again."""
    shelf = await yard.shelf(5)
    assert await yard.change("count", shelf, 5, key="k1") == 0
    await yard.change("receive", shelf, 3)
    assert await yard.change("count", shelf, 5, key="k1") == 0
    assert await yard.balance(shelf) == (8, 0)


async def test_what_was_refused_leaves_its_key_free(yard: Yard) -> None:
    shelf = await yard.shelf(5)
    with pytest.raises(RecordsRejected):
        await yard.change("adjust", shelf, -6, key="k1")
    assert await yard.change("adjust", shelf, -5, key="k1") == -5


async def test_the_same_key_at_the_same_moment_is_done_once(yard: Yard) -> None:
    shelf = await yard.shelf(0)
    done = await asyncio.gather(*(yard.change("receive", shelf, 4, key="k1") for _ in range(6)))
    assert done == [4] * 6
    assert await yard.balance(shelf) == (4, 0)
