"""Indexes made by the product: for what is defined, for what is done, and gone when nobody needs them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from runtime.catalog import Table, bump
from runtime.definitions.automations import AutomationDef
from runtime.definitions.fields import (
    AutoNumber,
    Choice,
    Currency,
    DateTime,
    FieldDef,
    Formula,
    LongText,
    SingleSelect,
    Text,
)
from runtime.definitions.queries import Condition, Group, Query, Sort
from runtime.definitions.states import State, StateMachine, Transition
from runtime.definitions.tables import ViewDef
from runtime.definitions.triggers import StateOverdue
from runtime.records import read
from runtime.storage.database import Database
from runtime.storage.indexes.keeper import IndexKeeper
from runtime.storage.indexes.shapes import Index, Shape, index_for, shapes_of, without_covered
from runtime.storage.indexes.use import notebook
from tests.support.world import EDITOR, World

ROWS = 20_000


@pytest.fixture
async def orders(world: World) -> Table:
    """20,000 orders."""
    table = await world.table(
        "主订单池",
        {
            "单号": AutoNumber(),
            "快递单号": Text(),
            "备注": LongText(),
            "渠道": SingleSelect((Choice(1, "淘宝"), Choice(2, "抖音"))),
            "下单时间": DateTime(),
            "实付": Currency(),
        },
    )
    c = {name: table.field(name).column for name in ("快递单号", "渠道", "下单时间", "实付")}
    await world.system.db.execute(
        f"INSERT INTO {table.sql} ({', '.join(c.values())}) SELECT 'SF' || n, 1 + n % 2,"
        " timestamptz '2026-01-01' + n * interval '1 minute', n % 977 FROM generate_series(1, $1) n",
        ROWS,
    )
    return table


def keeper(world: World) -> IndexKeeper:
    return IndexKeeper(world.system.db, world.system.catalogs)


async def made(world: World) -> list[tuple[str, ...]]:
    """The columns of the indexes that are ready."""
    rows = await world.system.db.fetch(
        "SELECT columns FROM meta.table_index WHERE state = 'ready' ORDER BY id"
    )
    return [tuple(row["columns"]) for row in rows]


async def until(db: Database, question: str) -> None:
    """Wait for the database to answer with something true."""
    while not await db.value(question):  # noqa: ASYNC110 - the event happens in another process
        await asyncio.sleep(0.02)


async def test_a_view_of_a_large_table_gets_the_index_of_its_filter_and_order(
    world: World, orders: Table
) -> None:
    channel, when = orders.field("渠道"), orders.field("下单时间")
    where = Condition(channel.id, "is", "抖音")
    view = ViewDef("抖音", where=where, sorts=(Sort(when.id, True),))
    async with world.system.db.transaction() as tx:
        await bump(tx)
        await world._define(tx, "view", "viw00000000000001", view, orders.number)
    assert await keeper(world).keep() == 1
    assert await made(world) == [(channel.column, f"{when.column} DESC NULLS LAST", "id DESC")]
    assert await keeper(world).keep() == 0, "it is there"
    plan = await world.system.db.fetch(
        f"EXPLAIN SELECT * FROM {orders.sql} t WHERE deleted_at IS NULL AND t.{channel.column} = 2"
        f" ORDER BY t.{when.column} DESC NULLS LAST, t.id DESC LIMIT 100"
    )
    assert "Index Scan" in "".join(row[0] for row in plan)
    assert "Sort" not in "".join(row[0] for row in plan)


async def test_what_people_wait_for_gets_an_index(
    world: World, orders: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waybill looked for again and again, by nobody's definition."""
    monkeypatch.setattr("runtime.storage.indexes.use.SLOW_SECONDS", 0.0)
    monkeypatch.setattr("runtime.storage.indexes.keeper._WORTH_SECONDS", 0.0)
    waybill = orders.field("快递单号")
    for n in (5, 6, 7):
        page = await read.page(
            world.system, EDITOR, orders.id, Query(where=Condition(waybill.id, "is", f"SF{n}"))
        )
        assert len(page.records) == 1
    await notebook(world.system.db).write()
    assert await keeper(world).keep() == 1
    assert await made(world) == [(waybill.column,)]
    kind = await world.system.db.value(
        "SELECT m.amname FROM pg_class c JOIN pg_am m ON m.oid = c.relam WHERE c.relname LIKE 'x%' AND c.relkind = 'i'"
        " AND c.relnamespace = 'data'::regnamespace"
    )
    assert kind == "hash", "a text of any length can be found by its hash"


async def test_an_index_nobody_wants_any_more_is_dropped_unless_pinned(world: World, orders: Table) -> None:
    db = world.system.db
    for column, pinned in (("id", False), ("version", True)):
        await db.execute(
            "INSERT INTO meta.table_index (table_id, columns, pinned, wanted_at)"
            " VALUES ($1, ARRAY[$2], $3, now() - interval '10 minutes')",
            orders.number, column, pinned,
        )  # fmt: skip
    assert await keeper(world).keep() == 2
    await db.execute("UPDATE meta.table_index SET wanted_at = now() - interval '15 days'")
    await keeper(world).keep()
    assert await made(world) == [("version",)]
    assert await db.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'x%' AND relkind = 'i'"
                          " AND relnamespace = 'data'::regnamespace") == 1  # fmt: skip


async def test_a_change_of_definitions_ends_a_build_instead_of_waiting_for_it(
    world: World, orders: Table
) -> None:
    db = world.system.db
    await db.execute(
        "INSERT INTO meta.table_index (table_id, columns) VALUES ($1, ARRAY['version'])", orders.number
    )
    reader = await asyncpg.connect(db.url)
    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await reader.fetchval("SELECT count(*) FROM meta.person")  # an open snapshot holds the build up
    building = asyncio.create_task(keeper(world).keep())
    try:
        async with asyncio.timeout(20):
            await until(db, "SELECT count(*) FROM pg_locks WHERE locktype = 'virtualxid' AND NOT granted")
            async with db.transaction() as tx:
                await bump(tx)
                await tx.execute(f"ALTER TABLE {orders.sql} ADD COLUMN extra integer")
            assert await building == 0
    finally:
        await reader.close()
    assert await db.value("SELECT state FROM meta.table_index") == "waiting"
    await db.execute("UPDATE meta.table_index SET tried_at = NULL")
    assert await keeper(world).keep() == 1, "what was left of the first build is cleared away"


async def test_a_field_that_changes_by_the_clock_gets_none(world: World, orders: Table) -> None:
    """Its column is not kept, it is computed when it is read."""
    async with world.system.db.transaction() as tx:
        await bump(tx)
        today = FieldDef("今天", Formula("TODAY()", "date"))
        field = await world._field(tx, orders.number, today, {})
    async with world.system.db.transaction() as tx:
        await bump(tx)
        view = ViewDef("按今天", sorts=(Sort(field, True),))
        await world._define(tx, "view", "viw00000000000002", view, orders.number)
    assert await keeper(world).keep() == 0
    assert await world.system.db.value("SELECT count(*) FROM meta.table_index") == 0


async def test_small_tables_need_none(world: World) -> None:
    table = await world.table("小表", {"名称": Text()})
    await world.create(table, {"名称": "甲"})
    assert await keeper(world).keep() == 0
    assert await world.system.db.value("SELECT count(*) FROM meta.table_index") == 0


async def test_which_index_serves_which_query(world: World) -> None:
    table = await world.table(
        "订单", {"单号": Text(max_length=100), "长": Text(), "渠道": SingleSelect((Choice(1, "淘宝"),)), "日": DateTime()}
    )  # fmt: skip
    short, long, channel, day = (table.field(n) for n in ("单号", "长", "渠道", "日"))

    def served(where: Condition | Group | None = None, *sorts: Sort) -> list[Index]:
        found = [index_for(table, shape) for shape in shapes_of(Query(where=where, sorts=sorts))]
        return without_covered([index for index in found if index])

    assert served(None, Sort(short.id)) == [Index((short.column, "id"))]
    assert served(None, Sort(long.id)) == [], "an entry could be too long for a btree"
    assert served(Condition(long.id, "is", "x")) == [Index((long.column,), hashed=True)]
    assert served(Condition(day.id, "on", "2026-01-01"), Sort(short.id)) == [Index((day.column,))]
    both = Group("and", (Condition(channel.id, "is", "淘宝"), Condition(day.id, "newer_than", {})))
    assert served(both, Sort(day.id, True)) == [
        Index((channel.column, f"{day.column} DESC NULLS LAST", "id DESC")),
        Index((day.column, "id")),
    ]
    either = Group("or", (Condition(short.id, "is", "1"), Condition(channel.id, "is", "淘宝")))
    assert served(either) == [Index((short.column, "id")), Index((channel.column, "id"))]
    assert served(None, Sort(channel.id))[0].columns[0].startswith("(array_position(")
    assert index_for(table, Shape(("fldGone0000000000",))) is None


async def test_limits_of_states_that_an_automation_watches_are_found_by_index(world: World) -> None:
    machine = StateMachine((1,), (Transition(1, 2),), (State(1, limit=3600),))
    table = await world.table(
        "订单", {"单号": Text(), "状态": SingleSelect((Choice(1, "待支付"), Choice(2, "已支付")), machine)}
    )
    state = table.field("状态")
    await world.system.db.execute(
        f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS {state.since_column} timestamptz"
    )
    await world.system.db.execute(
        f"INSERT INTO {table.sql} ({state.column}, {state.since_column})"
        " SELECT 1 + n % 2, now() - n * interval '1 minute' FROM generate_series(1, $1) n",
        3 * ROWS,
    )
    assert await keeper(world).keep() == 0, "nobody watches"
    await world.add("automation", AutomationDef("催付", StateOverdue(table.id, state.id), (), enabled=True))
    assert await keeper(world).keep() == 1
    assert await made(world) == [(state.column, state.since_column, "id")]
    plan = await world.system.db.fetch(
        f"EXPLAIN SELECT id FROM {table.sql} t WHERE t.deleted_at IS NULL AND (t.{state.column} = 1"
        f" AND t.{state.since_column} > now() - interval '75 minutes'"
        f" AND t.{state.since_column} <= now() - interval '60 minutes')"
    )
    assert "Index" in "".join(row[0] for row in plan)
