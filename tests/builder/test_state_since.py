"""Since when a record is in its state: the column comes with the machine, goes with it, and is filled from the history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from builder import fields, trash, undo
from migrations.versions import huobiao_0007_states, huobiao_0022_time_spent
from runtime.catalog import Table
from runtime.records import history, write
from runtime.storage import schema
from tests.builder.conftest import Desk, spec
from tests.builder.test_states import NAMES, machine

MOVES = (("待支付", "已支付"), ("已支付", "待支付"))


async def make(desk: Desk, **options: Any) -> Table:
    return await desk.table("订单", spec("单号"), spec("状态", "single_select", choices=NAMES, **options))


async def since(desk: Desk, table: Table) -> list[datetime | None]:
    field = (await desk.system.catalogs.current()).table(table.id).field("状态")
    rows = await desk.system.db.fetch(f"SELECT {field.since_column} AS at FROM {table.sql} ORDER BY id")
    return [row["at"] for row in rows]


async def moments(desk: Desk, record: str) -> list[datetime]:
    return [entry.at for entry in await history.of_record(desk.system, desk.owner, record)]


async def test_every_write_that_moves_sets_it_and_others_leave_it(desk: Desk) -> None:
    table = await make(desk, machine=machine(*MOVES))
    (order,) = await desk.write(table, {"单号": "1"})
    assert await since(desk, table) == await moments(desk, order)
    await desk.set(table, order, 单号="2")
    (_, created) = await moments(desk, order)
    assert await since(desk, table) == [created]
    done = await desk.set(table, order, 状态="已支付")
    (moved, *_) = await moments(desk, order)
    assert await since(desk, table) == [moved]
    await write.undo(desk.system, desk.owner, done.change_id)
    (undone, *_) = await moments(desk, order)
    assert undone > moved
    assert await since(desk, table) == [undone]
    await desk.write(table, *({"单号": str(n)} for n in range(5)))  # many at once go another way
    assert None not in await since(desk, table)


async def test_a_machine_drawn_later_knows_it_from_the_history(desk: Desk) -> None:
    table = await make(desk)
    first, second, _ = await desk.write(table, {"单号": "1", "状态": "待支付"}, {"单号": "2"}, {"单号": "3"})
    await desk.set(table, first, 状态="已支付")
    await desk.set(table, first, 单号="11")
    await desk.system.db.execute(f"UPDATE {table.sql} SET f{table.field('状态').number} = 1 WHERE id = 2")
    field = await desk.change(table.field("状态"), options={"machine": machine(*MOVES)})
    (_, moved, _), (created,) = await moments(desk, first), await moments(desk, second)
    assert await since(desk, table) == [moved, created, None]
    await desk.change(field, options={"machine": None})
    columns = await desk.system.db.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname LIKE '%since'"
        " AND NOT attisdropped",
        table.sql,
    )
    assert not columns


async def test_a_select_that_changes_its_type_and_comes_back_has_it_again(desk: Desk) -> None:
    table = await make(desk, machine=machine(*MOVES))
    await desk.write(table, {"单号": "1"})
    before = await since(desk, table)
    await desk.change(table.field("状态"), type="text")
    await desk.write(table, {"单号": "2", "状态": "待支付"})
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert (await since(desk, table))[0] == before[0]


async def test_records_made_while_the_field_lay_in_the_trash(desk: Desk) -> None:
    table = await make(desk, machine=machine(*MOVES))
    await desk.write(table, {"单号": "1"})
    before = await since(desk, table)
    await fields.delete(desk.system, desk.owner, table.field("状态").id, confirmed=True)
    await desk.write(table, {"单号": "2"})
    await trash.restore(desk.system, desk.owner, table.field("状态").id)
    assert await since(desk, table) == [*before, None]


async def test_machines_from_before_the_column_get_it_with_the_migration(desk: Desk) -> None:
    table = await make(desk, machine=machine(*MOVES))
    (order,) = await desk.write(table, {"单号": "1"})
    await desk.set(table, order, 状态="已支付")
    known = await since(desk, table)
    async with desk.system.db.transaction() as tx:
        await schema.drop_state_columns(tx, table.number, table.field("状态").number)
        await tx.execute("DROP TABLE meta.state_count")
        for statement in (*huobiao_0007_states.STATEMENTS, *huobiao_0022_time_spent.STATEMENTS):
            await tx.execute(statement)
    assert await since(desk, table) == known
