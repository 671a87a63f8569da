"""Merging records: what the one that stays holds, who points where, one undo for all, and what forbids it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.access import Actor
from runtime.catalog import Table, bump
from runtime.definitions.fields import Checkbox, Choice, FieldDef, Link, MultiSelect, Number, Phone, Text
from runtime.errors import HuobiaoError, InvalidInput, NotAllowed, NotFound, RecordsRejected, TooMuch
from runtime.records import comparing, history, merged, merging, read, trash, write
from runtime.records.change import Source
from runtime.records.stock import reserving
from tests.runtime.records.conftest import Pool
from tests.support.world import EDITOR, VIEWER, World, named


async def fields_of(world: World, table: Table, record: str) -> dict[str, Any]:
    """A record's values by field name; links as ids."""
    found = named(table, (await read.get(world.system, EDITOR, record)).fields)
    return {
        name: [one["id"] for one in value] if table.field(name).type == "link" and value else value
        for name, value in found.items()
    }


async def everything(world: World) -> dict[str, Any]:
    """Every table's live records and trash, and every stored pair of links."""
    catalog = await world.catalog()
    found: dict[str, Any] = {}
    for table in catalog.app(world.app_id).tables:
        columns = ", ".join(
            ["id", "deleted_at IS NULL AS live", *(f.column for f in table.fields if f.stored)]
        )
        rows = await world.system.db.fetch(f"SELECT {columns} FROM {table.sql} ORDER BY id")
        found[table.id] = [tuple(row.values()) for row in rows]
        for field in table.fields:
            if isinstance(field.config, Link):
                pairs = await world.system.db.fetch(
                    f"SELECT {field.link_near} AS near, {field.link_far} AS far FROM {field.link_sql} ORDER BY 1, 2"
                )
                found[field.id] = [tuple(row.values()) for row in pairs]
    return found


async def merge(pool: Pool, into: str, *others: str, choose: Mapping[str, str] | None = None) -> int:
    outcome = await merging.merge(pool.world.system, EDITOR, pool.orders.id, into, others, choose)
    return outcome.change_id


def order(number: str, **fields: Any) -> dict[str, Any]:
    return {"平台单号": number, "客户手机号": "13805716621", **fields}


async def test_it_keeps_its_own_fills_what_is_empty_and_puts_together_what_can_be_many(pool: Pool) -> None:
    world = pool.world
    kept, second, third = await world.create(
        pool.orders,
        order("TB1", 渠道来源="淘宝", 标签=["急单"]),
        order("PDD1", 渠道来源="拼多多", 备注="放门卫", 标签=["要发票", "急单"]),
        order("DY1", 备注="别按铃", 应付金额=12.5, 含赠品=True),
    )
    change = await merge(pool, kept, second, third, choose={"含赠品": third})
    found = await fields_of(world, pool.orders, kept)
    assert (found["平台单号"], found["渠道来源"], found["备注"], found["应付金额"]) == (
        "TB1",
        "淘宝",
        "放门卫",
        12.5,
    )
    assert (found["标签"], found["含赠品"], found["订单状态"]) == (["急单", "要发票"], True, "待支付")
    assert {one.id for one in (await trash.page(world.system, EDITOR, pool.orders.id)).records} == {
        second,
        third,
    }

    await write.undo(world.system, EDITOR, change)
    found = await fields_of(world, pool.orders, kept)
    assert (found["备注"], found["应付金额"], found["标签"], found["含赠品"]) == (None, None, ["急单"], False)
    assert (await fields_of(world, pool.orders, third))["备注"] == "别按铃"


async def test_what_points_at_the_others_points_at_the_one_that_stays(pool: Pool) -> None:
    world = pool.world
    one, other = await world.create(pool.customers, {"姓名": "林"}, {"客户手机号": "13805716621"})
    mine, theirs, trashed = await world.create(
        pool.orders,
        order("1", 关联客户档案=one),
        order("2", 关联客户档案=other),
        order("3", 关联客户档案=other),
    )
    await world.change(pool.orders, deletes=(trashed,))
    before = await everything(world)
    sides = (await comparing.compare(world.system, EDITOR, pool.customers.id, (one, other))).records
    assert [(side.name, side.linked) for side in sides] == [(one, 1), ("13805716621", 1)]

    outcome = await merging.merge(world.system, EDITOR, pool.customers.id, one, (other,))
    for record in (mine, theirs):
        assert (await fields_of(world, pool.orders, record))["关联客户档案"] == [one]
    await world.change(pool.orders, restores=(trashed,))
    assert (await fields_of(world, pool.orders, trashed))["关联客户档案"] == [one], (
        "no matter what lay in the trash"
    )
    await world.change(pool.orders, deletes=(trashed,))

    undone = await write.undo(world.system, EDITOR, outcome.change_id)
    assert await everything(world) == before
    await write.undo(world.system, EDITOR, undone.change_id)  # done again
    assert (await fields_of(world, pool.orders, theirs))["关联客户档案"] == [one]


async def one_way(pool: Pool) -> Table:
    """Complaints point at orders; orders know nothing of them."""
    table = await pool.world.table(
        "投诉", {"内容": Text(), "订单": Link(pool.orders.id), "旧单": Link(pool.orders.id)}
    )
    for name in ("订单", "旧单"):
        field = table.field(name)
        assert isinstance(field.config, Link)
        config = msgspec.structs.replace(field.config, inverse=None, many=name == "订单")
        await pool.world.replace(field.id, msgspec.structs.replace(field.definition, config=config))
        async with pool.world.system.db.transaction() as tx:
            await bump(tx)
            await tx.execute("DELETE FROM meta.definition WHERE public_id = $1", field.config.inverse)
    return (await pool.world.catalog()).table(table.id)


async def test_one_way_links_of_other_tables_turn_to_it_and_back(pool: Pool) -> None:
    world, complaints = pool.world, await one_way(pool)
    kept, other, third = await world.create(pool.orders, order("1"), order("2"), order("3"))
    (record,) = await world.create(complaints, {"内容": "慢", "订单": [third, other, kept], "旧单": [other]})
    before = await everything(world)
    sides = (await comparing.compare(world.system, EDITOR, pool.orders.id, (kept, other))).records
    assert [side.linked for side in sides] == [1, 1]
    change = await merge(pool, kept, other)
    found = await fields_of(world, complaints, record)
    assert (found["订单"], found["旧单"]) == ([third, kept], [kept])
    undone = await write.undo(world.system, EDITOR, change)
    assert await everything(world) == before
    assert {result.id for result in undone.results} == {other, record}


async def test_a_unique_value_of_one_that_goes_can_be_taken_over_and_given_back(pool: Pool) -> None:
    world = pool.world
    kept, other = await world.create(pool.orders, order("TB1"), order("PDD1"))
    change = await merge(pool, kept, other, choose={"平台单号": other})
    assert (await fields_of(world, pool.orders, kept))["平台单号"] == "PDD1"
    undone = await write.undo(world.system, EDITOR, change)
    assert (await fields_of(world, pool.orders, kept))["平台单号"] == "TB1"
    assert (await fields_of(world, pool.orders, other))["平台单号"] == "PDD1"
    await write.undo(world.system, EDITOR, undone.change_id)
    assert (await fields_of(world, pool.orders, kept))["平台单号"] == "PDD1", "done again"


async def test_states_are_not_mixed_but_a_legal_move_may_be_asked_for(pool: Pool) -> None:
    world = pool.world
    kept, other, done = await world.create(
        pool.orders, order("1"), order("2", 订单状态="已支付"), order("3"), states_as_is=True
    )
    for state in ("已支付", "审核中", "已发货"):
        await world.patch(done, {"订单状态": state}, pool.orders)
    with pytest.raises(RecordsRejected) as refused:
        await merge(pool, kept, done, choose={"订单状态": done})
    assert "不能从「待支付」改成「已发货」" in refused.value.message.text()
    assert refused.value.problems[0].message.text().startswith("「DD0001」:")
    assert (await fields_of(world, pool.orders, done))["平台单号"] == "3", "nothing was stored"
    await merge(pool, kept, done)
    assert (await fields_of(world, pool.orders, kept))["订单状态"] == "待支付"
    await merge(pool, kept, other, choose={"订单状态": other})
    assert (await fields_of(world, pool.orders, kept))["订单状态"] == "已支付"


async def test_what_holds_stock_is_released_first(pool: Pool) -> None:
    world = pool.world
    (shelf,) = await world.create(pool.shelves, {"库存编码": "红", "在库数量": 10})
    kept, other = await world.create(pool.orders, order("1"), order("2"))
    await world.create(pool.lines, {"订单": kept, "库存": shelf, "数量": 1})
    (line,) = await world.create(pool.lines, {"订单": other, "库存": shelf, "数量": 2})
    async with world.system.db.transaction() as tx:
        await reserving.reserve(
            world.system, tx, pool.stock.id, other, actor=EDITOR, source=Source("automation", "run1")
        )
    before = await everything(world)
    with pytest.raises(RecordsRejected) as refused:
        await merge(pool, kept, other)
    assert "先释放预占" in refused.value.message.text()
    assert "「DD0002」" in refused.value.message.text()
    assert await everything(world) == before
    # the other way round: what the one that stays holds stays
    change = await merge(pool, other, kept)
    assert set((await fields_of(world, pool.orders, other))["← 订单"]) >= {line}
    assert len((await fields_of(world, pool.orders, other))["← 订单"]) == 2
    await write.undo(world.system, EDITOR, change)
    assert await everything(world) == before

    (full,) = await world.create(pool.shelves, {"库存编码": "蓝", "在库数量": 5})
    with pytest.raises(InvalidInput, match="还有 5 件在库"):
        await merging.merge(world.system, EDITOR, pool.shelves.id, shelf, (full,))


async def test_both_histories_tell_of_it(pool: Pool) -> None:
    world = pool.world
    kept, other = await world.create(pool.orders, order("1"), order("2"))
    change = await merge(pool, kept, other)
    told = {}
    for record in (kept, other):
        entries = await history.of_record(world.system, EDITOR, record)
        assert entries[0].change == change
        told[record] = (await merged.of_entries(world.system, EDITOR, record, entries))[entries[0].id]
    assert told[kept] == told[other]
    assert (told[kept].into.name, [one.name for one in told[kept].others]) == ("DD0001", ["DD0002"])
    assert told[kept].others[0].id == other
    await write.undo(world.system, EDITOR)  # by hand, without naming it


async def test_who_may_and_what_is_refused(pool: Pool) -> None:
    world = pool.world
    kept, other, gone = await world.create(pool.orders, order("1"), order("2"), order("3"))
    (customer,) = await world.create(pool.customers, {"姓名": "林"})
    await world.change(pool.orders, deletes=(gone,))

    async def refused(
        kind: type[HuobiaoError], into: str, *others: str, actor: Actor = EDITOR, **choose: str
    ) -> str:
        with pytest.raises(kind) as error:
            await merging.merge(world.system, actor, pool.orders.id, into, others, choose)
        return error.value.message.text()

    await refused(NotAllowed, kept, other, actor=VIEWER)
    assert "至少要两条" in await refused(InvalidInput, kept)
    assert "出现了两次" in await refused(InvalidInput, kept, kept)
    assert "不是「主订单池」里的记录" in await refused(InvalidInput, kept, customer)
    assert "不在了" in await refused(InvalidInput, kept, gone)
    assert "一次最多合并 21 条" in await refused(TooMuch, kept, *(f"rec{n}" for n in range(21)))
    assert "不能挑选" in await refused(InvalidInput, kept, other, 订单ID=other)
    assert "没有字段" in await refused(InvalidInput, kept, other, 没有=other)
    assert "不在这次合并里" in await refused(InvalidInput, kept, other, 备注=customer)
    with pytest.raises(NotFound):
        await merging.merge(world.system, EDITOR, "tblNothing", kept, (other,))


async def test_a_comparison_tells_what_differs_and_what_can_be_chosen(pool: Pool) -> None:
    world = pool.world
    kept, other = await world.create(
        pool.orders, order("1", 备注="a", 标签=["急单"]), order("2", 备注="a", 渠道来源="淘宝")
    )
    found = await comparing.compare(world.system, EDITOR, pool.orders.id, (kept, other))
    by_name = {one.name: one for one in found.fields}
    assert "订单ID" not in by_name
    assert (by_name["备注"].same, by_name["渠道来源"].same) == (True, False)
    assert (by_name["渠道来源"].texts, by_name["渠道来源"].values) == (("", "淘宝"), (None, "淘宝"))
    hows = {name: by_name[name].how for name in ("备注", "标签", "订单状态", "← 订单", "关联客户档案")}
    assert hows == {
        "备注": "choose",
        "标签": "unite",
        "订单状态": "kept",
        "← 订单": "all",
        "关联客户档案": "choose",
    }
    with pytest.raises(NotAllowed):
        await comparing.compare(world.system, VIEWER, pool.orders.id, (kept, other))


async def test_what_is_read_only_or_required_at_the_other_end_stands_in_nobodys_way(world: World) -> None:
    customers = await world.table("客户", {"姓名": Text(), "等级": FieldDef("", Number(), read_only=True)})
    orders = await world.table("订单", {"单号": Text(), "客户": Link(customers.id, many=False)})
    customers = (await world.catalog()).table(customers.id)
    back = customers.field("← 客户")
    kept, other = await world.create(customers, {"姓名": "甲"}, {"姓名": "乙"})
    (record,) = await world.create(orders, {"单号": "1", "客户": other})
    await world.replace(back.id, msgspec.structs.replace(back.definition, read_only=True, required=True))
    before = await everything(world)
    outcome = await merging.merge(world.system, EDITOR, customers.id, kept, (other,))
    assert (await fields_of(world, orders, record))["客户"] == [kept]
    await write.undo(world.system, EDITOR, outcome.change_id)
    assert await everything(world) == before


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(seed=st.integers(0, 10**6))
async def test_undoing_a_merge_leaves_every_table_as_it_was(world: World, seed: int) -> None:
    people, things = await _drawn(world)
    dice = random.Random(seed)

    def some(of: list[str], most: int) -> list[str]:
        return dice.sample(of, dice.randint(0, min(most, len(of))))

    records = await world.create(
        people,
        *(
            {
                "姓名": dice.choice([None, "甲", "乙"]),
                "数": dice.choice([None, 1, 2]),
                "勾": dice.random() < 0.5,
                "标签": some(["急", "票"], 2),
            }
            for _ in range(dice.randint(2, 5))
        ),
    )
    for record in records:
        await world.patch(record, {"上级": some(records, 1), "朋友": some(records, 3)}, people)
    made = await world.create(
        things,
        *({"名": "x", "主人": some(records, 1), "用户": some(records, 3)} for _ in range(dice.randint(1, 4))),
    )
    dropped = some(made, 1)
    if dropped:
        await world.change(things, deletes=tuple(dropped))
    into, *others = dice.sample(records, dice.randint(2, len(records)))
    choose = {name: dice.choice([into, *others]) for name in some(["姓名", "数", "勾", "标签", "上级"], 5)}
    before = await everything(world)
    outcome = await merging.merge(world.system, EDITOR, people.id, into, others, choose)
    for record in set(made) - set(dropped):
        found = await fields_of(world, things, record)
        assert not set(others) & {*(found["主人"] or ()), *(found["用户"] or ())}
    await write.undo(world.system, EDITOR, outcome.change_id)
    assert await everything(world) == before
    await world.change(people, deletes=tuple(records))


async def _drawn(world: World) -> tuple[Table, Table]:
    """The tables of the property, drawn once per database."""
    catalog = await world.catalog()
    tables = {table.name: table for table in catalog.app(world.app_id).tables}
    if "人" not in tables:
        people = await world.table(
            "人",
            {
                "姓名": Text(),
                "数": Number(),
                "勾": Checkbox(),
                "标签": MultiSelect((Choice(1, "急"), Choice(2, "票"))),
                "电话": Phone(),
            },
        )
        await world.table(
            "物", {"名": Text(), "主人": Link(people.id, many=False), "用户": Link(people.id, many=True)}
        )
        await _self_links(world, people)
        catalog = await world.catalog()
        tables = {table.name: table for table in catalog.app(world.app_id).tables}
    return tables["人"], tables["物"]


async def _self_links(world: World, people: Table) -> None:
    async with world.system.db.transaction() as tx:
        await bump(tx)
        for name, many in (("上级", False), ("朋友", True)):
            await world._field(tx, people.number, FieldDef(name, Link(people.id, many=many)), {})
