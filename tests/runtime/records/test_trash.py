"""The trash of records: who sees it, what it says, removing for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runtime.access import Actor
from runtime.definitions.fields import Link, Text
from runtime.errors import InvalidInput, NotAllowed
from runtime.records import read, trash
from tests.support.world import EDITOR, World


def actor(world: World, role: str) -> Actor:
    return Actor(kind="person", id=f"usr{role}", name=role, roles={world.app_id: role})  # type: ignore[dict-item]


async def test_it_tells_name_moment_and_person_the_latest_first(world: World) -> None:
    table = await world.table("客户", {"姓名": Text()})
    ids = await world.create(table, *({"姓名": f"客户{n}"} for n in range(5)))
    for record in ids:
        await world.change(table, deletes=(record,))
    first = await trash.page(world.system, EDITOR, table.id, limit=2)
    assert [one.name for one in first.records] == ["客户4", "客户3"]
    assert first.total == 5
    assert {one.by for one in first.records} == {EDITOR.name}
    assert first.records[0].gone_at - first.records[0].deleted_at == timedelta(days=30)
    second = await trash.page(world.system, EDITOR, table.id, limit=2, cursor=first.next_cursor)
    third = await trash.page(world.system, EDITOR, table.id, limit=2, cursor=second.next_cursor)
    assert [one.id for page in (first, second, third) for one in page.records] == ids[::-1]
    assert (second.total, third.next_cursor) == (None, None)
    found = await trash.page(world.system, EDITOR, table.id, search="客户2")
    assert ([one.name for one in found.records], found.total) == (["客户2"], 1)
    with pytest.raises(InvalidInput):
        await trash.page(world.system, EDITOR, table.id, cursor="nonsense")


async def test_only_who_may_change_records_sees_it_and_only_builders_remove(world: World) -> None:
    table = await world.table("客户", {"姓名": Text()})
    with pytest.raises(NotAllowed):
        await trash.page(world.system, actor(world, "viewer"), table.id)
    with pytest.raises(NotAllowed):
        await trash.remove(world.system, actor(world, "editor"), table.id, None)


async def test_removing_leaves_live_records_and_takes_links_along(world: World) -> None:
    customers = await world.table("客户", {"姓名": Text()})
    orders = await world.table("订单", {"单号": Text(), "客户": Link(customers.id, many=False)})
    kept, gone, other = await world.create(customers, {"姓名": "甲"}, {"姓名": "乙"}, {"姓名": "丙"})
    (order,) = await world.create(orders, {"单号": "A1", "客户": gone})
    await world.change(customers, deletes=(gone, other))
    builder = actor(world, "builder")
    assert await trash.remove(world.system, builder, customers.id, [gone, kept, order]) == 1
    assert [one.name for one in (await trash.page(world.system, EDITOR, customers.id)).records] == ["丙"]
    outcome = await world.change(customers, restores=(gone,))
    assert outcome.results[0].problems, "it is gone"
    view = await read.get(world.system, EDITOR, order)
    assert view.fields[orders.field("客户").id] == []
    assert await trash.remove(world.system, builder, customers.id, None) == 1
    assert await world.system.db.value(f"SELECT count(*) FROM {customers.sql}") == 1


async def test_only_what_lay_there_long_enough_is_emptied(world: World) -> None:
    table = await world.table("客户", {"姓名": Text()})
    (record,) = await world.create(table, {"姓名": "甲"})
    await world.change(table, deletes=(record,))
    now = datetime.now(UTC)
    assert await trash.empty(world.system, now + timedelta(days=29)) == 0
    assert await trash.empty(world.system, now + timedelta(days=31)) == 1
