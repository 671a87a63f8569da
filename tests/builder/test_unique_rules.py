"""Combinations of fields that may not repeat: said before they are made, kept on every way in, never lost silently."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builder import fields, preview, tables, trash, undo, uniques
from builder.removal import sentences
from builder.tables import TablePatch
from builder.wire import FieldPatch
from runtime.catalog import Table
from runtime.definitions.tables import UniqueRule
from runtime.errors import Duplicate, HuobiaoError, InvalidDefinition, RuleBroken
from runtime.records import write
from runtime.records.change import Change, NewRecord, Patch
from tests.builder.conftest import API, Desk, spec

RULE = (UniqueRule(("平台", "单号")),)


async def orders(desk: Desk, *more: Any, **given: Any) -> Table:
    platform = spec("平台", "single_select", choices=["淘宝", "抖音"])
    return await desk.table("订单", spec("名称"), platform, spec("单号"), *more, **given)


async def rule(desk: Desk, table: Table, *rules: tuple[str, ...]) -> Table:
    wanted = tuple(UniqueRule(one) for one in rules)
    return await tables.update(desk.system, desk.owner, table.id, TablePatch(unique=wanted))


def said(outcome: Any) -> list[str]:
    return [problem.message.text() for result in outcome.results for problem in result.problems]


async def test_a_combination_is_refused_with_the_record_that_has_it(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    (first, _) = await desk.write(table, {"平台": "淘宝", "单号": "1"}, {"平台": "抖音", "单号": "1"})
    again = NewRecord({"平台": "淘宝", "单号": "1"})
    words = f"「平台 + 单号」合起来不能重复,「淘宝 + 1」已有一条记录({first})"
    assert said(await desk.store(table, creates=(again,))) == [words]
    assert said(await desk.store(table, creates=(again,), typecast=True)) == [words]
    twice = NewRecord({"平台": "淘宝", "单号": "2"})
    outcome = await desk.store(table, creates=(twice, twice))
    assert said(outcome) == ["「平台 + 单号」合起来不能重复,这次保存里有两条都是「淘宝 + 2」"]
    assert await desk.rows(table, "单号") == ["1", "1", "2"]


async def test_empty_cells_are_in_nobodys_way_and_changes_are_looked_at(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    empty = [{"平台": "淘宝"}, {"平台": "淘宝"}, {"单号": "1"}, {"单号": "1"}, {}, {}]
    records = await desk.write(table, *empty)
    assert said(await desk.set(table, records[0], 单号="1")) == []
    assert len(said(await desk.set(table, records[2], 平台="淘宝"))) == 1
    assert said(await desk.set(table, records[0], 名称="别的字段不触发")) == []
    moved = (Patch(records[0], {"单号": "2"}), Patch(records[2], {"平台": "淘宝"}))
    assert said(await desk.store(table, updates=moved)) == []


async def test_the_trash_frees_and_gives_back_only_what_is_free(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    (first,) = await desk.write(table, {"平台": "淘宝", "单号": "1"})
    await desk.store(table, deletes=(first,))
    (second,) = await desk.write(table, {"平台": "淘宝", "单号": "1"})
    refused = await desk.store(table, restores=(first,))
    assert said(refused) == [f"「平台 + 单号」合起来不能重复,「淘宝 + 1」已有一条记录({second})"]
    await desk.store(table, deletes=(second,))
    assert said(await desk.store(table, restores=(first,))) == []


async def test_two_writers_at_once_are_told_apart_by_the_index(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    change = Change(
        table=table.id, actor=desk.owner, source=API, atomic=True,
        creates=(NewRecord({"平台": "淘宝", "单号": "1"}),),
    )  # fmt: skip
    results = await asyncio.gather(
        *(write.apply(desk.system, change) for _ in range(8)), return_exceptions=True
    )
    refused = [r for r in results if isinstance(r, HuobiaoError)]
    assert len(refused) == 7
    assert all("平台 + 单号" in r.message.text() or "平台 + 单号" in said_of(r) for r in refused)
    assert await desk.rows(table, "单号") == ["1"]


def said_of(error: HuobiaoError) -> str:
    return " ".join(problem.message.text() for problem in error.problems)


async def test_what_stands_against_a_rule_is_said_with_a_way_to_it(desk: Desk) -> None:
    table = await orders(desk)
    await desk.write(table, *({"平台": "淘宝", "单号": "1"} for _ in range(3)), {"平台": "抖音", "单号": "1"})
    found = await uniques.standing_against(desk.system, desk.owner, table.id, ["平台", "单号"])
    assert (found.groups, found.records, [(e.text, e.count) for e in found.examples]) == (
        1, 3, [("淘宝 + 1", 3)],
    )  # fmt: skip
    with pytest.raises(Duplicate) as refused:
        await rule(desk, table, ("平台", "单号"))
    assert [p.message.text() for p in refused.value.problems] == ["「淘宝 + 1」有 3 条"]
    assert (await desk.again(table)).definition.unique == ()


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((("平台",),), "bad_rule"),
        ((("平台", "平台"),), "bad_rule"),
        ((("平台", "没有"),), "unknown_field"),
        ((("平台", "备注"),), "wrong_type"),
        ((("平台", "单号"), ("单号", "平台")), "twice"),
    ],
)
async def test_bad_rules_are_refused(desk: Desk, rules: tuple[tuple[str, ...], ...], code: str) -> None:
    table = await orders(desk, spec("备注", "long_text"))
    with pytest.raises(InvalidDefinition) as refused:
        await rule(desk, table, *rules)
    assert [problem.code for problem in refused.value.problems] == [code]


async def test_several_rules_come_and_go_and_are_undone(desk: Desk) -> None:
    table = await orders(desk, spec("日期", "date"))
    table = await rule(desk, table, ("平台", "单号"), ("单号", "日期"))
    row = {"平台": "淘宝", "单号": "1", "日期": "2026-01-01"}
    await desk.write(table, row)
    assert len(said(await desk.store(table, creates=(NewRecord({**row, "平台": "抖音"}),)))) == 1
    table = await rule(desk, table, ("平台", "单号"))
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert len((await desk.again(table)).definition.unique) == 2
    assert len(said(await desk.store(table, creates=(NewRecord({**row, "平台": "抖音"}),)))) == 1
    table = await rule(desk, table)
    await desk.write(table, row, row)


async def test_a_field_that_goes_takes_its_rule_along_and_brings_it_back(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    number = table.field("单号")
    impact = await fields.deletion_impact(desk.system, desk.owner, number.id)
    assert [m.text() for m in sentences(impact)] == ["「订单」的不重复规则 会去掉用到它的部分"]
    with pytest.raises(RuleBroken):
        await fields.delete(desk.system, desk.owner, number.id)
    await fields.delete(desk.system, desk.owner, number.id, confirmed=True)
    assert (await desk.again(table)).definition.unique == ()
    await trash.restore(desk.system, desk.owner, number.id)
    assert len((await desk.again(table)).definition.unique) == 1
    row = {"平台": "淘宝", "单号": "1"}
    assert len(said(await desk.store(table, creates=(NewRecord(row), NewRecord(row))))) == 1


async def test_a_new_type_keeps_the_rule_or_is_refused(desk: Desk) -> None:
    table = await orders(desk, unique=RULE)
    await desk.write(table, {"平台": "淘宝", "单号": "1"}, {"平台": "淘宝", "单号": "01"})
    number = table.field("单号")
    notes = (await preview.of_change(desk.system, desk.owner, number.id, FieldPatch(type="number"))).notes
    assert "改了类型以后有重复就不能保存" in notes[-1].text()
    with pytest.raises(Duplicate):
        await desk.change(number, type="number")
    with pytest.raises(RuleBroken):
        await desk.change(number, type="long_text")
    await desk.change(table.field("平台"), type="text")
    row = {"平台": "淘宝", "单号": "1"}
    assert len(said(await desk.store(table, creates=(NewRecord(row),)))) == 1
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert len(said(await desk.store(table, creates=(NewRecord(row),)))) == 1
