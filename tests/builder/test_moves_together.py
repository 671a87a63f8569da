"""Moves of state machines that arrive at one moment share a transaction, and nobody can tell."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from runtime.access import Actor
from runtime.catalog import Table
from runtime.records import history, write
from runtime.records.change import Change, Outcome, Patch, Source
from tests.builder.conftest import API, Desk, spec
from tests.builder.test_states import NAMES
from tests.builder.test_transitions import ROBOT, draw, move, pay, person, said

CHECK = {"source": "已支付", "target": "审核中"}


@pytest.fixture
async def orders(desk: Desk) -> Table:
    return await desk.table(
        "订单", spec("单号"), spec("数量", "number"), spec("双倍", "formula", source="{数量}*2"), spec("备注"),
        spec("付款时间", "datetime"), spec("状态", "single_select", choices=NAMES),
    )  # fmt: skip


async def many(desk: Desk, table: Table, count: int, **values: Any) -> list[str]:
    return await desk.write(table, *({"单号": str(n), "数量": 1, **values} for n in range(count)))


async def at_once(desk: Desk, table: Table, actor: Actor, *asked: tuple[str, dict[str, Any]]) -> list[str]:
    """Each of these patches by itself, all at one moment: what was refused, in words."""
    changes = [
        Change(table=table.id, actor=actor, source=API, updates=(Patch(one, values),))
        for one, values in asked
    ]
    outcomes = await asyncio.gather(*(write.apply(desk.system, change) for change in changes))
    return [said(outcome) for outcome in outcomes]


async def transactions(desk: Desk, records: list[str], table: Table) -> list[str]:
    """The transactions that wrote the last entry of each record."""
    numbers = [(await history.of_record(desk.system, desk.owner, one, limit=1))[0].id for one in records]
    rows = await desk.system.db.fetch(
        "SELECT xmin::text AS tx FROM meta.history WHERE id = ANY($1::bigint[]) AND table_id = $2 ORDER BY id",
        numbers,
        table.number,
    )
    return [row["tx"] for row in rows]


async def test_moves_that_only_set_fields_share_a_transaction(desk: Desk, orders: Table) -> None:
    orders = await draw(
        desk,
        orders,
        pay(effects=[{"kind": "set_field", "field": "付款时间", "value": "$now"}]),
        {"source": "已支付", "target": "待支付"},
    )
    records = await many(desk, orders, 20)
    assert set(await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in records))) == {""}
    assert set(await desk.rows(orders, "状态")) == {"已支付"}
    assert None not in await desk.rows(orders, "付款时间")
    assert len(set(await transactions(desk, records, orders))) < len(records) / 2
    entries = [(await history.of_record(desk.system, desk.owner, one))[0] for one in records]
    assert len({entry.change for entry in entries}) == len(records), "each has a number of its own"
    await write.undo(desk.system, desk.owner, entries[3].change)
    assert (await desk.rows(orders, "状态")).count("待支付") == 1, "and is taken back alone"


async def test_a_condition_holds_back_its_own_record_alone(desk: Desk, orders: Table) -> None:
    orders = await draw(
        desk, orders, pay(formula="{数量}>0", refusal="数量要大于零"), {**CHECK, "required": ["备注"]}
    )
    records = await many(desk, orders, 8)
    await desk.set(orders, records[2], 数量=0)
    told = await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in records))
    assert [n for n, words in enumerate(told) if words] == [2]
    assert told[2] == "数量要大于零"
    assert len(set(await transactions(desk, records[:2] + records[3:], orders))) < 4
    told = await at_once(
        desk,
        orders,
        desk.owner,
        *(
            (r, {"状态": "审核中"} if n % 2 else {"状态": "审核中", "备注": "好"})
            for n, r in enumerate(records)
        ),
    )
    assert ["要先填「备注」" in words for words in told] == [False, True, False, True] + [False, True] * 2
    assert await desk.rows(orders, "状态") == [
        "审核中", "已支付", "待支付", "已支付", "审核中", "已支付", "审核中", "已支付",
    ]  # fmt: skip


async def test_two_moves_of_one_record_come_one_after_the_other(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(), CHECK, {"source": "待支付", "target": "已关闭"})
    records = await many(desk, orders, 6)
    asked = [(r, {"状态": state}) for r in records for state in ("已支付", "已关闭")]
    told = await at_once(desk, orders, desk.owner, *asked)
    reached = await desk.rows(orders, "状态")
    for number, state in enumerate(reached):
        paid, closed = told[2 * number : 2 * number + 2]
        assert (paid, closed)[state == "已关闭"] == "", "who came first moves"
        refused = (closed, paid)[state == "已关闭"]
        assert f"不能从「{state}」改成" in refused, "who came second is judged by where the record is by then"
    records = [one for one, state in zip(records, reached, strict=True) if state == "已支付"]
    assert records, "most come in the order in which they were sent"
    asked = [(r, {"状态": "审核中"}) for r in records for _ in range(2)]
    assert set(await at_once(desk, orders, desk.owner, *asked)) == {""}, "the second has nothing left to do"
    for record in records:  # newest first
        entries = await history.of_record(desk.system, desk.owner, record)
        states = [c.after for e in entries for c in e.changes if c.name == "状态"]
        assert states == ["审核中", "已支付", "待支付"]


async def test_who_may_is_asked_of_each(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(roles=["builder"]), CHECK)
    boss = await person(desk, "王姐", "builder")
    clerk = msgspec.structs.replace(
        boss, roles={desk.app_id: "editor"}
    )  # their role was taken away meanwhile
    records = await many(desk, orders, 6)
    changes = [
        Change(table=orders.id, actor=actor, source=API, updates=(Patch(one, {"状态": "已支付"}),))
        for one, actor in zip(records, (boss, clerk) * 3, strict=True)
    ]
    told = [said(o) for o in await asyncio.gather(*(write.apply(desk.system, c) for c in changes))]
    assert [bool(words) for words in told] == [False, True] * 3
    assert await desk.rows(orders, "状态") == ["已支付", "待支付"] * 3


async def test_moves_of_automations_are_refused_to_each_person(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(automations_only=True), CHECK)
    records = await many(desk, orders, 4)
    told = await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in records))
    assert set(told) == {"「待支付」到「已支付」这一步只由自动化来做"}
    assert set(await desk.rows(orders, "状态")) == {"待支付"}
    assert await move(desk, orders, records[0], ROBOT) == ""


async def test_what_a_move_creates_is_created_once(desk: Desk, orders: Table) -> None:
    """One way into the state creates a record and goes alone, the other shares: both come at one moment."""
    notes = await desk.table("记事", spec("标题"))
    makes = {"kind": "create_record", "table": notes.id, "fields": [{"field": "标题", "source": "单号"}]}
    orders = await draw(
        desk, orders, pay(), {"source": "待支付", "target": "审核中", "effects": [makes]}, CHECK
    )
    records = await many(desk, orders, 8)
    half = records[::2]
    assert set(await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in half))) == {""}
    told = await at_once(desk, orders, desk.owner, *((r, {"状态": "审核中"}) for r in records))
    assert set(told) == {""}
    assert set(await desk.rows(orders, "状态")) == {"审核中"}
    assert sorted(await desk.rows(notes, "标题")) == ["1", "3", "5", "7"]
    assert len(set(await transactions(desk, records[1::2], orders))) == len(half), "each with what it creates"


async def test_conditions_over_neighbours_hold_one_after_the_other(desk: Desk, orders: Table) -> None:
    """Of two records, each may only move while the other has not: together both would be judged too early or too late."""
    orders = await draw(desk, orders, pay(), CHECK)
    link = await desk.field(orders, "同伴", "link", table=orders.id, many=False)
    await desk.field(orders, "同伴状态", "lookup", link=link.id, field="状态")
    orders = await desk.again(orders)
    for formula, moved in (('{同伴状态}="待支付"', 1), ('{同伴状态}="已支付"', 0)):
        orders = await draw(desk, orders, pay(formula=formula), CHECK)
        left, right = await many(desk, orders, 2)
        await desk.set(orders, left, 同伴=[right])
        await desk.set(orders, right, 同伴=[left])
        told = await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in (left, right)))
        assert told.count("") == moved, formula


async def test_events_and_reasons_are_each_ones_own(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(), CHECK)
    records = await many(desk, orders, 6)
    changes = [
        Change(
            table=orders.id,
            actor=desk.owner,
            source=Source("api"),
            reason=f"因为{n % 2}",
            updates=(Patch(one, {"状态": "已支付", "备注": str(n)}, 1),),
        )
        for n, one in enumerate(records)
    ]
    outcomes: list[Outcome] = await asyncio.gather(*(write.apply(desk.system, c) for c in changes))
    assert [o.results[0].version for o in outcomes] == [2] * 6
    for number, (one, outcome) in enumerate(zip(records, outcomes, strict=True)):
        entry = (await history.of_record(desk.system, desk.owner, one))[0]
        assert (entry.change, entry.reason) == (outcome.change_id, f"因为{number % 2}")
        assert {c.name: c.after_text for c in entry.changes} == {"状态": "已支付", "备注": str(number)}


async def test_states_as_they_are_are_no_moves_beside_moves(desk: Desk, orders: Table) -> None:
    orders = await draw(desk, orders, pay(), CHECK)
    records = await many(desk, orders, 6)
    changes = [
        Change(
            table=orders.id,
            actor=desk.owner,
            source=Source("import"),
            states_as_is=bool(n % 2),
            updates=(Patch(one, {"状态": "审核中"}),),
        )
        for n, one in enumerate(records)
    ]
    told = [said(o) for o in await asyncio.gather(*(write.apply(desk.system, c) for c in changes))]
    assert [bool(words) for words in told] == [True, False] * 3
    assert await desk.rows(orders, "状态") == ["待支付", "审核中"] * 3
    for number, one in enumerate(records):
        entry = (await history.of_record(desk.system, desk.owner, one))[0]
        assert entry.as_is == bool(number % 2)


async def test_a_link_that_has_to_be_there_is_seen_where_it_is(desk: Desk, orders: Table) -> None:
    customers = await desk.table("客户", spec("姓名"))
    await desk.field(orders, "客户", "link", table=customers.id, many=False)
    orders = await draw(desk, await desk.again(orders), pay(required=["客户"]), CHECK)
    (customer,) = await desk.write(customers, {"姓名": "甲"})
    records = await many(desk, orders, 4)
    for one in records[:2]:
        await desk.set(orders, one, 客户=[customer])
    told = await at_once(desk, orders, desk.owner, *((r, {"状态": "已支付"}) for r in records))
    assert [bool(words) for words in told] == [False, False, True, True]
    assert await move(desk, orders, records[2], desk.owner, 客户=[customer]) == ""
    assert "客户" in await move(desk, orders, records[3], desk.owner, 客户=[])
    assert "客户" in await move(desk, orders, records[3], desk.owner)
