"""Fields: adding them with all their rules, changing rules over the records there are, deleting and restoring."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builder import fields, preview, trash, usage, views
from builder.wire import FieldPatch, field_json
from runtime.definitions.queries import Condition, Sort
from runtime.definitions.tables import ViewDef
from runtime.errors import Duplicate, InvalidDefinition, NotFound, RuleBroken, VersionConflict
from tests.builder.conftest import Desk, spec

ALL = (
    spec("文本"), spec("多行", "long_text"), spec("邮箱", "email"), spec("网址", "url"), spec("手机", "phone"),
    spec("数字", "number", decimals=2), spec("金额", "currency"), spec("比率", "percent"), spec("复选", "checkbox"),
    spec("日期", "date"), spec("时间", "datetime"), spec("单选", "single_select", choices=["甲", "乙"]),
    spec("多选", "multi_select", choices=["红", "绿"]), spec("编号", "auto_number"), spec("建于", "created_time"),
    spec("改于", "updated_time"), spec("建者", "created_by"), spec("改者", "updated_by"),
)  # fmt: skip


async def test_every_type_can_be_made_and_read(desk: Desk) -> None:
    table = await desk.table("全部类型", *ALL)
    table = await desk.again(table)
    await desk.field(table, "自己", "link", table=table.id)
    await desk.field(table, "几条", "rollup", link="自己", fn="count")
    await desk.field(table, "引用", "lookup", link="自己", field="文本")
    await desk.field(table, "公式", "formula", source="{数字}*2")
    await desk.write(table, {"文本": "a", "数字": 2, "单选": "乙", "多选": ["红"]})
    assert await desk.rows(table, "数字", "公式", "编号", "几条") == [(2, 4, "1", 0)]
    for field in (await desk.again(table)).fields:
        answer = field_json(field, await desk.again(table))
        assert set(answer) >= {
            "id",
            "name",
            "type",
            "options",
            "required",
            "unique",
            "default",
            "description",
            "readonly",
        }
        assert answer["operators"]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        (spec("a", "rocket"), "type", "unknown_field_type"),
        (spec("a", "text", colour="red"), "options.colour", "unknown_option"),
        (spec("a", "text", max_length="many"), "options.max_length", "bad_shape"),
        (spec("a", "text", max_length=0), "options.max_length", "out_of_range"),
        (spec("a", "number", minimum=3, maximum=2), "options.minimum", "minimum_above_maximum"),
        (spec("a", "number", unit="很" * 21), "options.unit", "unit_too_long"),
        (spec("a", "currency", currency="¥"), "options.currency", "bad_currency"),
        (spec("a", "percent", decimals=-1), "options.decimals", "out_of_range"),
        (spec("a", "phone", format="martian"), "options.format", "unknown_choice"),
        (spec("a", "single_select", choices=["甲", "甲 "]), "options.choices.1.name", "name_taken"),
        (
            spec("a", "single_select", choices=[{"name": "甲", "color": "beige"}]),
            "options.choices.0.color",
            "bad_color",
        ),
        (spec("a", "multi_select", choices=[{"color": "red"}]), "options.choices.0", "bad_shape"),
        (spec("a", "auto_number", segments=[]), "options.segments", "bad_segments"),
        (spec("a", "auto_number", restart="day"), "options.restart", "repeats"),
        (
            spec("a", "auto_number", segments=[{"kind": "date", "text": "%Q"}, {"kind": "sequence"}]),
            "options.segments.0.text",
            "bad_date_pattern",
        ),
        (spec("a", "link", table="没有这张"), "options.table", "unknown_table"),
        (spec("a", "lookup", link="名称", field="名称"), "options.link", "not_a_link"),
        (spec("a", "rollup", link="名称"), "options.link", "not_a_link"),
        (spec("a", "formula", source="{没有}+1"), "options.source", "formula_field"),
        (spec("a", "formula", source="1+"), "options.source", "formula_syntax"),
        (spec("a", "checkbox", required=True), "required", "not_for_type"),
        (spec("a", "long_text", unique=True), "unique", "not_for_type"),
        (spec("a", "number", default="许多"), "default", "bad_value"),
        (spec("a", "auto_number", default="1"), "default", "not_for_type"),
        (spec("a", "text", unique=True, default="x"), "default", "default_of_unique"),
        (spec("名称"), "name", "name_taken"),
        (spec("a\x07b"), "name", "name_not_printable"),
        (spec("a", description="x" * 2001), "description", "description_too_long"),
    ],
)
async def test_what_is_wrong_with_a_field_is_told_by_place(
    desk: Desk, given: Any, path: str, code: str
) -> None:
    table = await desk.table("表")
    with pytest.raises(InvalidDefinition) as raised:
        await fields.create(desk.system, desk.owner, table.id, given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]
    assert raised.value.message.text()
    assert len((await desk.again(table)).fields) == 1


async def test_a_change_shows_at_once_and_a_late_version_is_refused(desk: Desk) -> None:
    table = await desk.table("表")
    field = table.field("名称")
    changed = await desk.change(field, name="姓名", description="全名")
    assert (changed.name, changed.definition.description) == ("姓名", "全名")
    with pytest.raises(VersionConflict):
        await fields.update(desk.system, desk.owner, field.id, FieldPatch(name="名字"), version=field.version)


async def test_unique_over_values_that_collide_says_which(desk: Desk) -> None:
    table = await desk.table("表")
    await desk.write(
        table, {"名称": "a"}, {"名称": "a"}, {"名称": "a"}, {"名称": "b"}, {"名称": "b"}, {"名称": "c"}
    )
    patch = FieldPatch(unique=True)
    notes = (await preview.of_change(desk.system, desk.owner, table.field("名称").id, patch)).notes
    assert [note.text() for note in notes] == [
        "「a」有 3 条,要先改成各不相同",
        "「b」有 2 条,要先改成各不相同",
    ]
    with pytest.raises(Duplicate) as raised:
        await desk.change(table.field("名称"), unique=True)
    assert [p.message.text() for p in raised.value.problems] == ["「a」有 3 条", "「b」有 2 条"]
    assert not (await desk.again(table)).field("名称").definition.unique


async def test_unique_is_held_from_then_on_and_can_be_lifted(desk: Desk) -> None:
    table = await desk.table("表", spec("名称", unique=True))
    await desk.write(table, {"名称": "a"})
    refused = await desk.store(table, creates=(_record(名称="a"),))
    assert refused.results[0].problems[0].code == "duplicate"
    await desk.change(table.field("名称"), unique=False)
    await desk.write(table, {"名称": "a"})


def _record(**values: Any) -> Any:
    from runtime.records.change import NewRecord

    return NewRecord(values)


async def test_required_tells_how_many_cells_are_empty(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("电话", "phone"))
    await desk.write(table, {"名称": "a"}, {"名称": "b", "电话": "13805716621"}, {"名称": "c"})
    impact = await preview.of_change(
        desk.system, desk.owner, table.field("电话").id, FieldPatch(required=True)
    )
    assert [n.text() for n in impact.notes] == ["2 条记录这里是空的,保留不动,下次修改这一格时必须填"]
    await desk.change(table.field("电话"), required=True)
    refused = await desk.store(table, creates=(_record(名称="d"),))
    assert refused.results[0].problems[0].code == "required"


async def test_an_auto_number_counts_the_records_that_are_there(desk: Desk) -> None:
    table = await desk.table("表")
    await desk.write(table, *({"名称": str(n)} for n in range(30)))
    segments = [{"kind": "text", "text": "DD"}, {"kind": "sequence", "width": 3}]
    await desk.field(table, "编号", "auto_number", segments=segments)
    await desk.write(table, {"名称": "新"})
    numbers = await desk.rows(table, "编号")
    assert numbers == [f"DD{n:03}" for n in range(1, 32)]


async def test_an_auto_number_that_restarts_goes_on_where_the_day_stands(desk: Desk) -> None:
    table = await desk.table("表")
    await desk.write(table, {"名称": "a"}, {"名称": "b"})
    segments = [
        {"kind": "date", "text": "%Y%m%d"},
        {"kind": "text", "text": "-"},
        {"kind": "sequence", "width": 2},
    ]
    await desk.field(table, "编号", "auto_number", segments=segments, restart="day")
    await desk.write(table, {"名称": "c"})
    numbers = await desk.rows(table, "编号")
    assert [n[-3:] for n in numbers] == ["-01", "-02", "-03"]


async def test_choices_keep_their_numbers(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("渠道", "single_select", choices=["淘宝", "抖音", "线下"])
    )
    await desk.write(table, {"名称": "a", "渠道": "抖音"}, {"名称": "b", "渠道": "线下"})
    field = table.field("渠道")
    patch = FieldPatch(
        options={"choices": [{"id": 2, "name": "抖音小店"}, {"name": "淘宝"}, {"name": "微信"}]}
    )
    impact = await preview.of_change(desk.system, desk.owner, field.id, patch)
    assert [n.text() for n in impact.notes] == ["1 条记录用着「线下」,会留着它,但不能再选"]
    changed = await fields.update(desk.system, desk.owner, field.id, patch)
    choices = changed.config.choices  # type: ignore[union-attr]
    assert [(c.id, c.name, c.archived) for c in choices] == [
        (2, "抖音小店", False), (1, "淘宝", False), (4, "微信", False), (3, "线下", True),
    ]  # fmt: skip
    assert await desk.rows(table, "渠道") == ["抖音小店", "线下"]
    refused = await desk.store(table, creates=(_record(名称="c", 渠道="线下"),))
    assert refused.results[0].problems[0].code == "unknown_choice"
    back = await desk.change(field, options={"choices": ["线下"]})
    assert [(c.id, c.archived) for c in back.config.choices if c.name == "线下"] == [(3, False)]  # type: ignore[union-attr]


async def test_renaming_a_choice_follows_through_filters_and_defaults(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("渠道", "single_select", choices=["淘宝", "抖音"], default="抖音")
    )
    field = table.field("渠道")
    where = Condition(field.id, "is_any_of", ["抖音", "淘宝"])
    view = await views.create(desk.system, desk.owner, table.id, ViewDef("渠道", where=where))
    found = await usage.where_choice_used(desk.system, desk.owner, field.id, 2)
    assert [use.name for use in found.uses] == ["渠道"]
    changed = await desk.change(
        field, options={"choices": [{"id": 1, "name": "淘宝"}, {"id": 2, "name": "抖音小店"}]}
    )
    assert changed.definition.default == "抖音小店"
    stored = (await desk.catalog()).view(view.id).definition.where
    assert stored == Condition(field.id, "is_any_of", ["抖音小店", "淘宝"])


async def test_a_deleted_field_comes_back_with_its_values_rules_and_places(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("单号", unique=True))
    field = table.field("单号")
    await desk.write(table, {"名称": "a", "单号": "X1"})
    view = await views.create(desk.system, desk.owner, table.id, ViewDef("按单号", sorts=(Sort(field.id),)))
    await fields.delete(desk.system, desk.owner, field.id)
    assert (await desk.catalog()).view(view.id).definition.sorts == ()
    await desk.write(table, {"名称": "b"})
    assert [item.name for item in await trash.list_of(desk.system, desk.owner, desk.app_id)] == ["单号"]
    await desk.field(table, "单号")
    await trash.restore(desk.system, desk.owner, field.id)
    assert (await desk.catalog()).view(view.id).definition.sorts == (Sort(field.id),)
    restored = (await desk.catalog()).field(field.id)
    assert restored.name == "单号 2"
    assert await desk.rows(table, "单号 2") == ["X1", None]
    refused = await desk.store(table, creates=(_record(名称="c", **{"单号 2": "X1"}),))
    assert refused.results[0].problems[0].code == "duplicate"


async def test_what_lies_in_the_trash_numbers_later_records_when_it_returns(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("编号", "auto_number"))
    await desk.write(table, {"名称": "a"})
    field = table.field("编号")
    await fields.delete(desk.system, desk.owner, field.id)
    await desk.write(table, {"名称": "b"})
    await trash.restore(desk.system, desk.owner, field.id)
    await desk.write(table, {"名称": "c"})
    assert await desk.rows(table, "编号") == ["1", "2", "3"]


async def test_the_primary_field_cannot_be_deleted(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("电话"))
    with pytest.raises(RuleBroken, match="标题字段"):
        await fields.delete(desk.system, desk.owner, table.field("名称").id)


async def test_deleting_takes_formulas_along_and_brings_them_back(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("数量", "number"), spec("单价", "currency"),
        spec("小计", "formula", source="{数量}*{单价}"), spec("含税", "formula", source="{小计}*1.13"),
    )  # fmt: skip
    await desk.write(table, {"名称": "a", "数量": 2, "单价": 5})
    field = table.field("数量")
    found = await fields.deletion_impact(desk.system, desk.owner, field.id)
    assert (found.records, found.filled, [u.name for u in found.together]) == (1, 1, ["小计", "含税"])
    with pytest.raises(RuleBroken) as raised:
        await fields.delete(desk.system, desk.owner, field.id)
    assert [p.message.text() for p in raised.value.problems] == ["字段「小计」(表)", "字段「含税」(表)"]
    await fields.delete(desk.system, desk.owner, field.id, confirmed=True)
    assert [f.name for f in (await desk.again(table)).fields] == ["名称", "单价"]
    (record,) = [r.id for r in (await _page(desk, table)).records]
    await desk.set(table, record, 单价=7)
    await trash.restore(desk.system, desk.owner, field.id)
    rows = await desk.rows(table, "数量", "小计", "含税")
    assert [(float(a), float(b), round(float(c), 2)) for a, b, c in rows] == [(2.0, 14.0, 15.82)]


async def _page(desk: Desk, table: Any) -> Any:
    from runtime.definitions.queries import Query
    from runtime.records import read

    return await read.page(desk.system, desk.owner, table.id, Query())


async def test_a_circle_of_computed_fields_is_refused(desk: Desk) -> None:
    table = await desk.table(
        "表",
        spec("名称"),
        spec("a", "number"),
        spec("x", "formula", source="{a}+1"),
        spec("y", "formula", source="{x}+1"),
    )
    with pytest.raises(InvalidDefinition) as raised:
        await desk.change(table.field("x"), options={"source": "{y}+1"})
    assert raised.value.error_code == "cycle"
    with pytest.raises(InvalidDefinition):
        await desk.change(table.field("x"), options={"source": "{x}+1"})
    await desk.write(table, {"名称": "r", "a": 1})
    assert await desk.rows(table, "y") == [3]


async def test_fields_of_others_are_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await fields.update(desk.system, desk.owner, "fldNobodyNobody00", FieldPatch(name="x"))


async def test_a_choice_is_added_while_a_cell_is_filled(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("渠道", "single_select", choices=["淘宝", "抖音", "线下"])
    )
    field = table.field("渠道")
    await desk.change(field, options={"choices": ["淘宝", "抖音"]})

    async def add(name: str) -> tuple[int, str]:
        made = await fields.add_choice(desk.system, desk.owner, field.id, name)
        return made.id, made.name

    assert await asyncio.gather(add("微信 "), add("小红书"), add("微信")) in (
        [(4, "微信"), (5, "小红书"), (4, "微信")], [(5, "微信"), (4, "小红书"), (5, "微信")],
    )  # fmt: skip
    assert await add("线下") == (3, "线下")
    assert await add("淘宝") == (1, "淘宝")
    await desk.write(table, {"名称": "a", "渠道": "微信"})
    choices = (await desk.again(table)).field("渠道").config.choices  # type: ignore[union-attr]
    assert not any(choice.archived for choice in choices)
    with pytest.raises(InvalidDefinition):
        await add(" ")
    with pytest.raises(RuleBroken, match="不是选项字段"):
        await fields.add_choice(desk.system, desk.owner, table.field("名称").id, "甲")
