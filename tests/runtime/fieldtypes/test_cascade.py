"""Cascading selects: trees read and kept, values by path, conditions on whole branches, conversions."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields, preview
from builder.wire import FieldPatch, field_json
from runtime.catalog import Table
from runtime.definitions.queries import Condition, Query, Sort
from runtime.errors import InvalidDefinition, InvalidInput
from runtime.records import read
from runtime.records.change import NewRecord
from tests.builder.conftest import Desk, desk, spec  # noqa: F401 - the fixture

TREE = [
    {"name": "服装", "children": [{"name": "上衣", "children": ["衬衫", "T恤"]}, "裤装"]},
    {"name": "食品", "children": ["茶", "酒"]},
]


@pytest.fixture
async def table(desk: Desk) -> Table:  # noqa: F811
    made = await desk.table("商品", spec("名称"), spec("类目", "cascade", tree=TREE))
    await desk.write(
        made,
        {"名称": "甲", "类目": ["服装", "上衣", "衬衫"]},
        {"名称": "乙", "类目": "食品/茶"},
        {"名称": "丙", "类目": "裤装"},
        {"名称": "丁"},
    )
    return made


async def problems(desk: Desk, table: Table, value: Any) -> list[str]:  # noqa: F811
    outcome = await desk.store(table, creates=(NewRecord({"类目": value}),))
    return [p.message.text() for r in outcome.results for p in r.problems]


async def test_values_are_paths(desk: Desk, table: Table) -> None:  # noqa: F811
    assert await desk.rows(table, "类目") == [
        ["服装", "上衣", "衬衫"],
        ["食品", "茶"],
        ["服装", "裤装"],
        None,
    ]
    assert await problems(desk, table, ["服装", "上衣"]) == ["「服装 / 上衣」下面还有,要选到最后一级"]
    assert await problems(desk, table, "食品 / 咖啡") == ["没有选项「食品 / 咖啡」"]
    assert await problems(desk, table, {"a": 1}) == ["没有选项「{'a': 1}」"]
    await desk.change(table.field("类目"), options={"any_level": True})
    assert await problems(desk, table, ["服装", "上衣"]) == []


async def test_conditions_ask_for_branches_and_the_tree_sorts(desk: Desk, table: Table) -> None:  # noqa: F811
    kind, name = table.field("类目").id, table.field("名称").id

    async def found(op: str, value: Any = None, *, down: bool = False) -> list[Any]:
        query = Query(where=Condition(kind, op, value), sorts=(Sort(kind, down),), limit=10)
        page = await read.page(desk.system, desk.owner, table.id, query)
        return [record.fields[name] for record in page.records]

    assert await found("within", "服装") == ["甲", "丙"]
    assert await found("within", ["服装", "食品"], down=True) == ["乙", "丙", "甲"]
    assert await found("not_within", ["#1"]) == ["乙", "丁"]
    assert await found("is", ["食品", "茶"]) == ["乙"]
    assert await found("is_empty") == ["丁"]
    with pytest.raises(InvalidInput):
        await found("within", "家电")


async def test_renaming_moves_nothing_and_what_is_dropped_is_archived(desk: Desk, table: Table) -> None:  # noqa: F811
    field = table.field("类目")
    tree = field_json(field, table)["options"]["tree"]
    numbers = {node["name"]: node["id"] for node in tree}
    changed = [
        {"id": numbers["服装"], "name": "服饰", "children": [{"id": numbers["上衣"], "name": "上衣", "children": [{"id": numbers["衬衫"], "name": "衬衣"}]}]},
        {"id": numbers["食品"], "name": "食品", "children": [{"id": numbers["茶"], "name": "茶叶"}]},
    ]  # fmt: skip
    impact = await preview.of_change(desk.system, desk.owner, field.id, FieldPatch(options={"tree": changed}))
    assert [note.text() for note in impact.notes] == ["1 条记录用着「裤装」,会留着它,但不能再选"]
    await desk.change(field, options={"tree": changed})
    assert (await desk.rows(table, "类目"))[:3] == [
        ["服饰", "上衣", "衬衣"],
        ["食品", "茶叶"],
        ["服饰", "裤装"],
    ]
    assert await problems(desk, table, ["服饰", "裤装"]) == ["选项「服饰 / 裤装」已经去掉了"]


async def test_it_converts_to_text_and_back_into_a_tree(desk: Desk, table: Table) -> None:  # noqa: F811
    field = table.field("类目")
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(type="text"))
    assert await desk.rows(table, "类目") == ["服装 / 上衣 / 衬衫", "食品 / 茶", "服装 / 裤装", None]
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(type="cascade"))
    assert await desk.rows(table, "类目") == [
        ["服装", "上衣", "衬衫"],
        ["食品", "茶"],
        ["服装", "裤装"],
        None,
    ]


@pytest.mark.parametrize(
    ("tree", "path", "code"),
    [
        ("服装", "options.tree", "bad_shape"),
        ([{"title": "x"}], "options.tree.0", "bad_shape"),
        (["甲", "甲"], "options.tree.1.name", "name_taken"),
        (["a/b"], "options.tree.0.name", "bad_name"),
        ([str(n) for n in range(2001)], "options.tree", "too_many_choices"),
    ],
)
async def test_bad_trees_are_refused_at_their_place(desk: Desk, tree: Any, path: str, code: str) -> None:  # noqa: F811
    with pytest.raises(InvalidDefinition) as refused:
        await desk.table("坏", spec("名称"), spec("类", "cascade", tree=tree))
    assert (path, code) in [
        (p.path.removeprefix("fields.1.") if p.path else "", p.code) for p in refused.value.problems
    ]
