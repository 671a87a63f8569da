"""Pages by cursor: whatever the order, turning pages shows every record once and in its place."""

from __future__ import annotations

import random

import pytest

from runtime.definitions.fields import Choice, Date, Number, SingleSelect, Text
from runtime.definitions.queries import Condition, Query, Sort
from runtime.records import read
from runtime.storage.query import Compiler
from tests.support.world import EDITOR, World

ROWS = 60


@pytest.mark.parametrize("seed", range(6))
async def test_turning_pages_gives_the_whole_order(world: World, seed: int) -> None:
    dice = random.Random(seed)
    table = await world.table(
        "订单",
        {
            "单号": Text(),
            "金额": Number(),
            "日期": Date(),
            "渠道": SingleSelect((Choice(1, "淘宝"), Choice(2, "抖音"), Choice(3, "拼多多"))),
        },
    )
    await world.create(
        table,
        *(
            {
                "单号": dice.choice(["", "A", "B", None]),
                "金额": dice.choice([None, 1, 2, 3]),
                "日期": dice.choice([None, "2026-01-01", "2026-02-01"]),
                "渠道": dice.choice([None, "淘宝", "抖音", "拼多多"]),
            }
            for _ in range(ROWS)
        ),
    )
    for _ in range(8):
        names = dice.sample(["单号", "金额", "日期", "渠道", "$created_at", "$id"], k=dice.randint(0, 3))
        sorts = tuple(Sort(n if n.startswith("$") else table.field(n).id, dice.random() < 0.5) for n in names)
        where = Condition(table.field("金额").id, "is_not_empty") if dice.random() < 0.3 else None
        whole = await read.page(world.system, EDITOR, table.id, Query(where=where, sorts=sorts, limit=1000))
        turned, cursor = [], None
        while True:
            page = await read.page(
                world.system, EDITOR, table.id, Query(where=where, sorts=sorts, limit=7, cursor=cursor)
            )
            turned += [record.id for record in page.records]
            assert (page.next_cursor is None) == (len(turned) == len(whole.records))
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        assert turned == [record.id for record in whole.records], (names, sorts)


async def test_a_later_page_is_found_by_the_index_and_not_by_reading_what_is_before_it(world: World) -> None:
    """A cursor far down names its place so that an index of the order can jump there."""
    table = await world.table("订单", {"单号": Text(), "金额": Number()})
    column = table.field("金额").column
    db = world.system.db
    await db.execute(f"INSERT INTO {table.sql} ({column}) SELECT n FROM generate_series(1, 20000) n")
    await db.execute(
        f"CREATE INDEX ON {table.sql} ({column} DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL"
    )
    await db.execute(f"ANALYZE {table.sql}")
    catalog = await world.catalog()
    compiler = Compiler(
        catalog, catalog.table(table.id), read.Reader(world.system, catalog, table, EDITOR).context
    )
    query = Query(sorts=(Sort(table.field("金额").id, True), Sort("$id", True)), limit=50)
    values = ["500", "500"] if len(compiler.keys(query.sorts)) == 2 else ["500", "500", "500"]
    cursor = compiler.cursor(query, {f"k{i}": value for i, value in enumerate(values)})
    statement = compiler.page(Query(sorts=query.sorts, limit=50, cursor=cursor), table.fields)
    text, args = statement.compile_string(engine_type="postgres")
    async with db.transaction() as tx:
        plan = "\n".join(
            row[0] for row in await tx.fetch("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + text, *args)
        )
    assert "Seq Scan" not in plan, plan
    assert "Rows Removed by Filter: 1" in plan or "Rows Removed by Filter" not in plan, plan
