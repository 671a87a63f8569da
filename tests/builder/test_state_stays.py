"""How long records were in their states is kept by every write, counted from the history where it is not, and checked."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import msgspec

from builder import fields, trash
from runtime.catalog import Field, Table
from runtime.definitions.queries import Condition, Query, Sort
from runtime.records import merging, read, write
from runtime.records.change import Change, Patch, Source
from runtime.records.checking import check
from runtime.records.stays import StayCounter
from tests.builder.conftest import Desk, spec
from tests.builder.test_states import NAMES, machine

MOVES = (("待支付", "已支付"), ("已支付", "待支付"))
HOUR = 3600


async def orders(desk: Desk, *, machine_too: bool = True) -> Table:
    drawn: dict[str, Any] = {"machine": machine(*MOVES)} if machine_too else {}
    return await desk.table("订单", spec("单号"), spec("状态", "single_select", choices=NAMES, **drawn))


async def state(desk: Desk, table: Table) -> Field:
    return (await desk.again(table)).field("状态")


async def kept(desk: Desk, table: Table) -> list[dict[str, Decimal] | None]:
    column = (await state(desk, table)).spent_column
    rows = await desk.system.db.fetch(f"SELECT {column}::text AS spent FROM {table.sql} ORDER BY id")
    return [
        None
        if row["spent"] is None
        else msgspec.json.decode(row["spent"], type=dict[str, Decimal], strict=False)
        for row in rows
    ]


async def told(desk: Desk, table: Table, row: int) -> dict[str, Decimal]:
    """The stays of a record that are over, worked out here from what its history says."""
    field = (await state(desk, table)).id
    entries = await desk.system.db.fetch(
        "SELECT at, after -> $2::text AS state FROM meta.history WHERE table_id = $1 AND record_id = $3"
        " AND action IN ('create', 'update') AND after ? $2 ORDER BY id",
        table.number,
        field,
        row,
    )
    found: dict[str, Decimal] = {}
    for one, following in itertools.pairwise(entries):
        if one["state"] != "null":
            span = following["at"] - one["at"]
            seconds = Decimal(span.days * 86400 + span.seconds) + Decimal(span.microseconds) / 1_000_000
            found[one["state"]] = found.get(one["state"], Decimal(0)) + seconds
    return found


async def forget(desk: Desk, table: Table) -> None:
    """As it was before it was kept: a table whose records nobody has counted."""
    field = await state(desk, table)
    await desk.system.db.execute(f"UPDATE {table.sql} SET {field.spent_column} = NULL")
    await desk.system.db.execute(
        "INSERT INTO meta.state_count (field_id) VALUES ($1) ON CONFLICT (field_id) DO UPDATE SET cursor = 0",
        field.number,
    )


async def test_every_way_of_writing_keeps_what_the_history_says(desk: Desk) -> None:
    table = await orders(desk)
    one, two, three = await desk.write(table, {"单号": "1"}, {"单号": "2"}, {"单号": "3"})
    assert await kept(desk, table) == [{}, {}, {}]
    moved = await desk.set(table, one, 状态="已支付")
    await write.undo(desk.system, desk.owner, moved.change_id)
    await desk.set(table, one, 单号="11")
    await desk.set(table, two, 状态="已支付")
    change = {"table": table.id, "actor": desk.owner, "source": Source("import"), "states_as_is": True}
    await write.apply(desk.system, Change(updates=(Patch(two, {"状态": None}),), **change))
    await write.apply(desk.system, Change(updates=(Patch(two, {"状态": "审核中"}),), **change))
    await write.apply(desk.system, Change(deletes=(three,), **change))
    await write.apply(desk.system, Change(restores=(three,), **change))
    both = (Patch(one, {"状态": "已支付"}), Patch(three, {"状态": "已支付"}))
    await write.apply(desk.system, Change(updates=both, **change))
    found = await kept(desk, table)
    assert found == [await told(desk, table, row) for row in (1, 2, 3)]
    assert [set(spent or ()) for spent in found] == [{"1", "2"}, {"1", "2"}, {"1"}]
    merged = await merging.merge(desk.system, desk.owner, table.id, three, [two])
    await write.undo(desk.system, desk.owner, merged.change_id)
    assert await kept(desk, table) == [await told(desk, table, row) for row in (1, 2, 3)]
    assert not (await check(desk.system)).differences


async def test_what_was_not_kept_is_read_from_the_history_until_it_is_counted(desk: Desk) -> None:
    table = await orders(desk)
    await desk.field(table, "等支付", "state_time", field="状态", shows="time_spent", state="待支付")
    ids = await desk.write(table, *({"单号": str(n)} for n in range(7)))
    for record in ids[:5]:
        await desk.set(table, record, 状态="已支付")
    await desk.system.db.execute(
        "UPDATE meta.history SET at = at - make_interval(secs => record_id * 3600)"
        " WHERE action = 'create' AND record_id <= 5"
    )
    await forget(desk, table)
    waited = (await desk.again(table)).field("等支付").id
    name = table.field("单号").id

    async def seen() -> tuple[list[int], list[str]]:
        rows = [round(seconds / HOUR) for seconds in await desk.rows(table, "等支付")]
        page = await read.page(
            desk.system,
            desk.owner,
            table.id,
            Query(where=Condition(waited, "gt", "90分"), sorts=(Sort(waited, True),)),
        )
        return rows, [record.fields[name] for record in page.records]

    expected = ([1, 2, 3, 4, 5, 0, 0], ["4", "3", "2", "1"])
    assert await seen() == expected
    assert await kept(desk, table) == [None] * 7
    await desk.set(table, ids[0], 状态="待支付")  # moves of what is not counted leave it so
    assert (await kept(desk, table))[0] is None
    counter = StayCounter(desk.system, batch=3)
    assert await counter._batch() == 3
    assert [spent is None for spent in await kept(desk, table)] == [False] * 3 + [True] * 4
    assert await seen() == expected
    await desk.set(table, ids[0], 状态="已支付")  # the one that is counted goes on, the others wait
    await desk.set(table, ids[6], 状态="已支付")
    assert await StayCounter(desk.system, batch=3).keep() == 4, "another process goes on behind the third"
    assert await seen() == expected
    assert await kept(desk, table) == [await told(desk, table, row) for row in range(1, 8)]
    assert await desk.system.db.value("SELECT count(*) FROM meta.state_count") == 0
    assert await counter.keep() == 0


async def test_writers_at_the_same_moment_lose_nothing(desk: Desk) -> None:
    table = await orders(desk)
    ids = await desk.write(table, *({"单号": str(n)} for n in range(40)))
    await forget(desk, table)

    async def move(record: str) -> None:
        for name in ("已支付", "待支付", "已支付"):
            await desk.set(table, record, 状态=name)

    await asyncio.gather(StayCounter(desk.system, batch=3).keep(), *(move(record) for record in ids))
    assert await kept(desk, table) == [await told(desk, table, row) for row in range(1, 41)]


async def test_the_column_comes_and_goes_with_the_machine(desk: Desk) -> None:
    table = await orders(desk, machine_too=False)
    (one, _) = await desk.write(table, {"单号": "1", "状态": "待支付"}, {"单号": "2"})
    await desk.set(table, one, 状态="已支付")
    await desk.change(table.field("状态"), options={"machine": machine(*MOVES)})
    assert await kept(desk, table) == [None, None]
    await desk.write(table, {"单号": "3"})
    assert (await kept(desk, table))[2] == {}
    assert await StayCounter(desk.system).keep() == 2
    assert await kept(desk, table) == [await told(desk, table, row) for row in (1, 2, 3)]
    await fields.delete(desk.system, desk.owner, table.field("状态").id, confirmed=True)
    await desk.write(table, {"单号": "4"})
    await trash.restore(desk.system, desk.owner, table.field("状态").id)
    assert await StayCounter(desk.system).keep() == 0
    assert (await kept(desk, table))[3] == {}
    await desk.change(await state(desk, table), options={"machine": None})
    columns = await desk.system.db.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname LIKE '%spent'"
        " AND NOT attisdropped",
        table.sql,
    )
    assert not columns


async def test_a_type_changed_and_taken_back_counts_anew(desk: Desk) -> None:
    table = await orders(desk)
    (one,) = await desk.write(table, {"单号": "1"})
    await desk.set(table, one, 状态="已支付")
    before = await told(desk, table, 1)
    await desk.change(table.field("状态"), type="text")
    back = {"choices": NAMES, "machine": machine(*MOVES)}
    await desk.change(await state(desk, table), type="single_select", options=back)
    await StayCounter(desk.system).keep()
    assert (await kept(desk, table))[0] == await told(desk, table, 1)
    assert before.keys() <= {"1"}


async def test_doctor_finds_what_the_history_does_not_say_and_mends_it(desk: Desk) -> None:
    table = await orders(desk)
    (one, _) = await desk.write(table, {"单号": "1"}, {"单号": "2"})
    await desk.set(table, one, 状态="已支付")
    field = await state(desk, table)
    await desk.system.db.execute(
        f"UPDATE {table.sql} SET {field.spent_column} = '{{\"1\": 86400}}' WHERE id = 1"
    )
    (wrong,) = (await check(desk.system)).differences
    assert (wrong.field, wrong.count, wrong.examples) == ("状态", 1, [one])
    assert (await check(desk.system, repair=True)).repaired == 1
    assert not (await check(desk.system)).differences
    assert await kept(desk, table) == [await told(desk, table, 1), {}]
