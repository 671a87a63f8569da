"""Pages made into JSON by PostgreSQL say what Python would have said, of every kind of value, order and place."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.api.records import Names
from runtime.catalog import Table
from runtime.definitions.fields import (
    Choice,
    CreatedBy,
    CreatedTime,
    DateTime,
    Link,
    Number,
    SingleSelect,
    Text,
)
from runtime.definitions.queries import Condition, Query, Sort
from runtime.records import read
from runtime.records.ready import ready_page
from tests.builder.conftest import Desk, desk  # noqa: F401 - the fixture
from tests.runtime.fieldtypes.test_all_kinds import table  # noqa: F401 - the fixture
from tests.support.world import EDITOR, VIEWER, World


async def _same(world: Any, table: Table, query: Query, actor: Any = EDITOR) -> list[Any]:  # noqa: F811
    """Both ways of reading a page, which must not differ; what they say of its records."""
    page = await read.page(world.system, actor, table.id, query, encoded=True)
    ready = await ready_page(world.system, actor, table.id, query)
    wanted = msgspec.json.decode(msgspec.json.encode([Names(None, "id").record(one) for one in page.records]))
    assert msgspec.json.decode(ready.records) == wanted
    assert [ready.next_cursor, ready.exact, ready.at] == [page.next_cursor, page.exact, page.at]
    assert isinstance(wanted, list)
    return wanted


async def test_every_kind_of_field(desk: Desk, table: Table) -> None:  # noqa: F811
    records = await _same(desk, table, Query(), desk.owner)
    assert len(records) == 2
    assert set(records[0]["fields"]) == {field.id for field in table.fields}
    some = (table.field("名称").id, table.field("关联").id, table.field("number").id)
    assert set((await _same(desk, table, Query(fields=some), desk.owner))[0]["fields"]) == set(some)
    (one,) = await _same(desk, table, Query(fields=(table.field("关联").id,), limit=1), desk.owner)
    assert [link["name"] for link in one["fields"][table.field("关联").id]] == ["林晓"]


AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1e20"), max_value=Decimal("1e20")
)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.tuples(st.none() | AMOUNTS, st.none() | MOMENTS, st.none() | WORDS), min_size=1, max_size=8
    )
)
async def test_any_number_moment_and_text(world: World, values: list[tuple[Any, Any, Any]]) -> None:
    """What is stored is read the same, however it came there."""
    made = await world.table("值", {"名": Text(), "数": Number(), "刻": DateTime()})
    columns = ", ".join(made.field(name).column for name in ("数", "刻", "名"))
    for amount, moment, word in values:
        await world.system.db.execute(
            f"INSERT INTO {made.sql} ({columns}, created_by) VALUES ($1, $2, $3, 'x')", amount, moment, word
        )
    assert len(await _same(world, made, Query())) == len(values)


@pytest.mark.parametrize("seed", range(3))
async def test_links_in_every_order_and_on_every_page(world: World, seed: int) -> None:
    """Names with line breaks, colons and quotes; empty links; removed customers; from any place on."""
    dice = random.Random(seed)
    customers = await world.table("客户", {"名": Text()})
    names = ["林:晓", '引"号', "两\n行", "反\\斜", "", "表\t格", "🙂"]
    people = await world.create(customers, *({"名": name} for name in names))
    orders = await world.table(
        "订单",
        {
            "单号": Text(),
            "金额": Number(),
            "状态": SingleSelect((Choice(1, "待"), Choice(2, "完"))),
            "客户": Link(customers.id, many=False),
            "帮手": Link(customers.id, many=True),
            "建于": CreatedTime(),
            "建者": CreatedBy(),
        },
    )
    await world.create(
        orders,
        *(
            {
                "单号": f"{n:02d}",
                "金额": dice.choice([None, 1, 2.5]),
                "状态": dice.choice([None, "待", "完"]),
                "客户": [dice.choice(people)] if dice.random() < 0.7 else [],
                "帮手": dice.sample(people, dice.randint(0, 3)),
            }
            for n in range(45)
        ),
    )
    await world.change(customers, deletes=(people[2],))
    field = {one.name: one.id for one in orders.fields}
    for sorts in (
        (),
        (Sort(field["金额"], True),),
        (Sort(field["状态"]), Sort(field["单号"], True)),
        (Sort("$id", True),),
        (Sort("$created_at", True),),
    ):
        cursor, seen = None, 0
        while True:
            query = Query(sorts=sorts, limit=7, cursor=cursor)
            seen += len(await _same(world, orders, query))
            cursor = (await read.page(world.system, EDITOR, orders.id, query)).next_cursor
            if cursor is None:
                break
        assert seen == 45
        assert await _same(world, orders, Query(sorts=sorts, limit=5, at=31))
    where = Condition(field["客户"], "is_not_empty")
    found = await _same(world, orders, Query(where=where, search="0", sorts=(Sort(field["金额"]),)), VIEWER)
    shown = [link["name"] for one in found for link in one["fields"][field["客户"]]]
    assert shown
    assert "两\n行" not in shown, "who is in the trash is not shown"
    assert await _same(world, orders, Query(where=Condition(field["单号"], "is", "无"))) == []
