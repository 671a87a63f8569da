"""A batch looked at by columns stores, remembers and answers what the same records do that are stored one by one."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.catalog import Table, bump
from runtime.definitions.automations import AutomationDef, RecordCreated, Step, UpdateRecord
from runtime.definitions.fields import (
    AutoNumber,
    Checkbox,
    Choice,
    CreatedBy,
    Currency,
    Date,
    DateTime,
    FieldDef,
    Formula,
    Link,
    LongText,
    Lookup,
    MultiSelect,
    Number,
    Phone,
    Rollup,
    Segment,
    SingleSelect,
    Text,
)
from runtime.definitions.states import StateMachine, Transition
from runtime.errors import Duplicate
from runtime.fieldtypes import Context
from runtime.records import computed, history, known, read, write
from runtime.records.change import Change, NewRecord, Outcome, Patch
from runtime.records.columns import MANY
from tests.support.world import API, EDITOR, World

CHOICES = tuple(Choice(n, name) for n, name in enumerate(("淘宝", "拼多多", "抖音"), 1))
MACHINE = StateMachine(initial=(1, 2), transitions=(Transition(1, 2), Transition(2, 3)))
FIELDS: dict[str, Any] = {
    "名称": FieldDef("名称", Text(max_length=20), required=True),
    "渠道": SingleSelect(CHOICES),
    "状态": SingleSelect(CHOICES, machine=MACHINE),
    "标签": MultiSelect(CHOICES),
    "手机": Phone(),
    "下单": DateTime(),
    "日期": Date(),
    "金额": FieldDef("金额", Currency(), default=9.5),
    "件数": Number(minimum=0, maximum=50),
    "勾": Checkbox(),
    "只读": FieldDef("只读", Text(), read_only=True),
    "备注": LongText(),
    "序号": AutoNumber((Segment("text", "DD"), Segment("sequence", width=4))),
    "创建人": CreatedBy(),
}
COMPUTED: tuple[tuple[str, Formula | Lookup | Rollup], ...] = (
    ("小计", Formula("ROUND({金额}*{件数},1)", "number")),
    ("单价", Formula("{小计}/{件数}", "number")),
    ("急", Formula('IF(CONTAINS({备注},"急"),"急单\\t",{备注})')),
    ("次日", Formula('DATEADD({下单},1,"day")', "datetime")),
    ("大单", Formula("{小计}>100", "boolean")),
    ("称", Formula('{序号}&" "&{渠道}&IF({勾},"✓","")')),
    ("条数", Rollup("另", "count")),
    ("共", Formula("{条数}+{小计}", "number")),
)
"""What is known of a new record before it is stored, where it points at nothing."""
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "名称": st.sampled_from(("青瓷", " 茶 ", "壶\n", "\\N", "", None, "长" * 30)),
    "渠道": st.sampled_from(("淘宝", "抖音", "", None, "京东", 2)),
    "状态": st.sampled_from(("淘宝", "拼多多", None, "抖音")),
    "标签": st.sampled_from((["淘宝", "抖音"], [], None)),
    "手机": st.sampled_from(("13800138000", "138 0013 8001", None, "1380013")),
    "下单": st.sampled_from(("2026-01-15T10:24:00+08:00", "2026-01-15 10:24", "2026-01-15T02:24:00.125Z", None, "昨天")),
    "日期": st.sampled_from(("2026-01-15", "2026年2月3日", None)),
    "金额": st.sampled_from((438.5, 12, 0.125, "1,299.00", None)),
    "件数": st.sampled_from((1, 7, 51, None)),
    "勾": st.sampled_from((True, False, None)),
    "只读": st.sampled_from((None, "", "x")),
    "备注": st.sampled_from(("急单\n要发票", "请放门卫", "a\tb\\\r\n\\.\nc", "\\", "", None)),
    "无此": st.just(1),
}  # fmt: skip
# most batches are what a program sends: of the same fields, and good
GOOD = {
    "名称": "青瓷",
    "渠道": "淘宝",
    "手机": "13800138000",
    "下单": "2026-01-15T10:24:00Z",
    "金额": 1.5,
    "勾": True,
}
ROWS = st.one_of(
    st.just(GOOD),
    st.fixed_dictionaries(
        {"名称": st.just("茶"), "备注": CELLS["备注"], "日期": CELLS["日期"], "标签": CELLS["标签"]}
    ),
    st.fixed_dictionaries({"名称": CELLS["名称"]}, optional=dict(list(CELLS.items())[1:])),
)
BATCHES = st.one_of(
    st.lists(ROWS, min_size=MANY, max_size=MANY + 6),
    st.lists(
        st.fixed_dictionaries({key: CELLS[key] for key in ("名称", "金额", "件数", "勾", "备注")}),
        min_size=MANY, max_size=MANY + 3,
    ),
    st.lists(ROWS, min_size=5, max_size=7).map(lambda rows: rows * 15),
)  # fmt: skip


async def _told(world: World, table: Table, outcome: Outcome) -> list[Any]:
    """Of each record: its problems, or its row, its history and its answer; without what differs by the moment."""
    told: list[Any] = []
    for result in outcome.results:
        if result.problems:
            told.append([(p.code, p.message.text(), p.field) for p in result.problems])
            continue
        assert result.id is not None
        (view,) = await read.get_many(world.system, EDITOR, [result.id], encoded=True)
        (entry,) = await history.of_record(world.system, EDITOR, result.id)
        changes = sorted(
            (c.name, msgspec.json.encode(c.after), c.before, c.after_text) for c in entry.changes
        )
        answer = known.views(world.system, EDITOR, outcome.known, [result.id]).get(result.id)
        if answer is not None:
            assert msgspec.json.decode(msgspec.json.encode(answer)) == msgspec.json.decode(
                msgspec.json.encode(view)
            )
        fields = msgspec.json.decode(msgspec.json.encode(view.fields))
        told.append((view.version, fields, entry.action, changes, entry.as_is, answer is not None))
    return told


async def _raw(world: World, table: Table) -> list[Any]:
    """What the history holds, as it is, each value as the text of its JSON."""
    rows = await world.system.db.fetch(
        "SELECT version, action, before, actor_id, channel,"
        " ARRAY(SELECT key FROM jsonb_each(after)) AS keys, ARRAY(SELECT value::text FROM jsonb_each(after)) AS texts"
        " FROM meta.history WHERE table_id = $1 ORDER BY id",
        table.number,
    )
    names = {one.id: one.name for one in table.fields}
    return [
        (
            *list(row.values())[:5],
            sorted((names.get(k, k), text) for k, text in zip(row["keys"], row["texts"], strict=True)),
        )
        for row in rows
    ]


async def _events(world: World, table: Table) -> list[Any]:
    """What automations are told, each event naming its own record and its entry of the history."""
    rows = await world.system.db.fetch(
        "SELECT o.app_id, o.payload, h.record_id = o.record_id AND"
        " h.after IS NOT DISTINCT FROM nullif(o.payload -> 'after', '{}') AS own"
        " FROM meta.outbox o LEFT JOIN meta.history h ON h.id = o.history_id WHERE o.table_id = $1 ORDER BY o.id",
        table.number,
    )
    assert all(row["own"] for row in rows)
    return [(row["app_id"], msgspec.json.decode(row["payload"])) for row in rows]


def _without(table: Table, told: list[Any]) -> list[Any]:
    """The same with fields by name, for another table of the same fields."""
    text = msgspec.json.encode(told).decode()
    for one in table.fields:
        text = text.replace(one.id, one.name)
    return msgspec.json.decode(text)  # type: ignore[no-any-return]


@settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip
@given(
    rows=BATCHES,
    as_is=st.booleans(),
    lenient=st.booleans(),
    more=st.sampled_from(("", "known", "looked up")),
    watched=st.booleans(),
)
async def test_a_batch_is_what_its_records_are_alone(
    world: World, rows: list[dict[str, Any]], as_is: bool, lenient: bool, more: str, watched: bool
) -> None:
    both = []
    for batches in ([rows], [[row] for row in rows]):
        table = await _orders(world, more)
        if watched:
            steps = (Step("stp1", UpdateRecord(())),)
            await world.add("automation", AutomationDef("看着", RecordCreated(table.id), steps, True))
        told: list[Any] = []
        for batch in batches:
            change = Change(
                table=table.id,
                actor=EDITOR,
                source=API,
                creates=tuple(NewRecord(row) for row in batch),
                states_as_is=as_is,
                typecast=lenient,
            )
            found = await _told(world, table, await write.apply(world.system, change))
            # who computes before storing knows what to answer, of one record that is not done
            told += [one[:-1] if more and isinstance(one, tuple) else one for one in found]
        kept = (told, await _raw(world, table), await _events(world, table))
        both.append(tuple(_without(table, one) for one in kept))
    for together, alone in zip(*both, strict=True):
        assert len(together) == len(alone)
        for one, other in zip(together, alone, strict=True):
            assert one == other


async def _orders(world: World, which: str) -> Table:
    """The table of :data:`FIELDS`; with computed ones, and with a look-up, which Python makes an answer of."""
    if not which:
        return await world.table("订单", FIELDS)
    others = await world.table("别的", {"名称": Text()})
    table = await world.table("订单", FIELDS | {"另": Link(table=others.id, many=True)})
    more: list[tuple[str, Formula | Lookup | Rollup]] = []
    if which == "looked up":
        more = [("另的", Lookup(table.field("另").id, others.field("名称").id))]
    for name, config in (*COMPUTED, *more):
        ids = {one.name: one.id for one in (await world.catalog()).table(table.id).fields}
        if isinstance(config, Rollup):
            config = Rollup(ids["另"], config.fn)
        async with world.system.db.transaction() as tx:
            await bump(tx)
            await world._field(tx, table.number, FieldDef(name, config), ids)
    return (await world.catalog()).table(table.id)


async def test_links_and_computed_values_of_a_batch(world: World) -> None:
    """Links stand in the history of a batch as in that of one record, computed values follow."""
    customers = await world.table("客户", {"姓名": Text()})
    ids = await world.create(customers, {"姓名": "林晓"}, {"姓名": "王"})
    both = []
    for size in (MANY, 1):
        orders = await world.table(
            f"订单{size}", {"名称": Text(), "数": Number(decimals=2), "倍": Formula("{数}*2"), "客户": Link(table=customers.id, many=True)}
        )  # fmt: skip
        rows = [
            {"名称": f"单 {n}", "数": n / 4, "客户": ids[: n % 3]} if n % 5 else {"名称": "无"}
            for n in range(MANY)
        ]
        told: list[Any] = []
        for start in range(0, MANY, size):
            outcome = await world.change(
                orders, creates=tuple(NewRecord(row) for row in rows[start : start + size])
            )
            told += await _told(world, orders, outcome)
        both.append((_without(orders, told), _without(orders, await _raw(world, orders))))
    assert both[0] == both[1]
    assert Decimal(str(both[0][0][7][1]["倍"])) == Decimal("3.5")


async def test_a_batch_of_changes(world: World) -> None:
    """Cells of existing records are read by columns as well; a version that has passed refuses its record alone."""
    table = await world.table("订单", FIELDS)
    ids = await world.create(table, *({"名称": f"单 {n}"} for n in range(MANY)))
    fields = {"金额": 2.5, "备注": "急单", "勾": True, "手机": "13800138000"}
    updates = [Patch(one, fields, version=1) for one in ids[:-2]]
    updates += [Patch(ids[-2], fields, version=7), Patch(ids[-1], {**fields, "手机": "1"}, version=1)]
    outcome = await world.change(table, updates=tuple(updates))
    assert [[p.code for p in result.problems] for result in outcome.results[-3:]] == [
        [],
        ["version_conflict"],
        ["bad_phone"],
    ]
    views = await read.get_many(world.system, EDITOR, ids)
    amounts = [view.fields[table.field("金额").id] for view in views]
    assert amounts == [2.5] * (MANY - 2) + [9.5] * 2
    entry = (await history.of_record(world.system, EDITOR, ids[0]))[0]
    assert {change.name: (change.before, change.after) for change in entry.changes} == {
        "金额": (9.5, 2.5),
        "备注": (None, "急单"),
        "勾": (False, True),
        "手机": (None, "13800138000"),
    }


async def test_records_with_nothing_in_common_are_read_one_by_one(world: World) -> None:
    """A thousand different names of fields do not make a thousand columns; each record hears of its own."""
    table = await world.table("订单", FIELDS)
    outcome = await world.change(
        table, creates=tuple(NewRecord({"名称": "x", f"没有 {n}": 1}) for n in range(200))
    )
    assert [result.problems[0].message.text() for result in outcome.results] == [
        f"没有字段「没有 {n}」" for n in range(200)
    ]


async def test_what_a_new_record_is_given_is_computed_before_it_is_stored(world: World) -> None:
    """Each row is written once, and its answer is known; values that hang on links of the batch come after storing."""
    table = await _orders(world, "known")
    customers = (await world.catalog()).table(_link_of(table).table)
    customer, *_ = await world.create(customers, {"名称": "林晓"})
    rows = [
        {"名称": f"单 {n}", "金额": n / 4, "件数": n % 3, "备注": "急\t\\" if n % 2 else None}
        for n in range(70)
    ]
    outcome = await world.change(table, creates=tuple(NewRecord(row) for row in rows))
    ids = [str(result.id) for result in outcome.results]
    views = known.views(world.system, EDITOR, outcome.known, ids)
    assert list(views) == ids
    first = await world.system.db.value(f"SELECT min(ctid)::text FROM {table.sql}")
    assert first == "(0,1)"  # where a row would no more be if it had been written again
    assert msgspec.json.decode(msgspec.json.encode(views[ids[5]].fields[table.field("急").id])) == "急单\\t"
    assert await _wrong(world, table) == {}
    linked = [{**row, "另": [customer]} if n == 3 else row for n, row in enumerate(rows)]
    outcome = await world.change(table, creates=tuple(NewRecord(row) for row in linked))
    (view,) = await read.get_many(world.system, EDITOR, [str(outcome.results[3].id)])
    assert view.fields[table.field("条数").id] == 1
    assert await _wrong(world, table) == {}


def _link_of(table: Table) -> Link:
    config = table.field("另").config
    assert isinstance(config, Link)
    return config


async def _wrong(world: World, table: Table) -> dict[str, set[int]]:
    """The rows by field that hold something else than what is computed of them now."""
    found: dict[str, set[int]] = {}
    for field in table.fields:
        if field.computed:
            async with world.system.db.transaction() as tx:
                rows = await computed.recompute(tx, await world.catalog(), Context(), field, None)
            found |= {field.name: rows} if rows else {}
    return found


async def test_a_batch_that_the_index_refuses_stores_nothing(world: World) -> None:
    """Another writer's row appears while the batch is on its way: the whole batch is told, and goes through without it."""
    table = await world.table("订单", {"号": FieldDef("号", Text(), unique=True), "倍": Formula('{号}&"号"')})
    rows = tuple(NewRecord({"号": str(n)}) for n in range(70))
    column = table.field("号").column

    async def store() -> Outcome:
        return await write.apply(world.system, Change(table=table.id, actor=EDITOR, source=API, creates=rows))

    async with world.system.db.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(f"INSERT INTO {table.sql} ({column}) VALUES ('69')")
        waiting = asyncio.create_task(store())
        while not await other.fetchval(  # noqa: ASYNC110 - the database waits
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"
        ):
            await asyncio.sleep(0.01)
        await transaction.commit()
        with pytest.raises(Duplicate):
            await waiting
        assert await other.fetchval(f"SELECT count(*) FROM {table.sql}") == 1
        assert not await other.fetchval("SELECT count(*) FROM meta.history WHERE table_id = $1", table.number)
        await other.execute(f"DELETE FROM {table.sql}")
    assert not any(result.problems for result in (await store()).results)
    assert await _wrong(world, table) == {}
