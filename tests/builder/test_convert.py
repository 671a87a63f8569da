"""Another type for a field: what is foretold, what is stored, what undo brings back."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields, preview, trash, undo
from builder.wire import FieldPatch
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records.change import Patch
from tests.builder.conftest import Desk, spec

CASES: list[tuple[str, Any, list[Any], Any, list[Any]]] = [
    # before (type, options), values written, after, values read
    ("text→number", spec("x"), ["1", "¥1,299.50", "两件"], FieldPatch(type="number", options={"decimals": 2}), [1, 1299.5, None]),
    ("number→text", spec("x", "number", decimals=2), [1, 2.5], FieldPatch(type="text"), ["1", "2.5"]),
    ("percent→text→", spec("x", "percent"), [0.125], FieldPatch(type="text"), ["12.5%"]),
    ("number→currency", spec("x", "number", decimals=3), [1.005], FieldPatch(type="currency"), [1.01]),
    ("text→checkbox", spec("x"), ["是", "no", "也许"], FieldPatch(type="checkbox"), [True, False, False]),
    ("checkbox→text", spec("x", "checkbox"), [True, False], FieldPatch(type="text"), ["是", "否"]),
    ("checkbox→number", spec("x", "checkbox"), [True, False], FieldPatch(type="number"), [1, 0]),
    ("text→date", spec("x"), ["2026-1-5", "2026年1月6日 8:00", "明天"], FieldPatch(type="date"), ["2026-01-05", "2026-01-06", None]),
    ("date→datetime", spec("x", "date"), ["2026-01-05"], FieldPatch(type="datetime"), ["2026-01-04T16:00:00Z"]),
    ("datetime→date", spec("x", "datetime"), ["2026-01-05T01:00"], FieldPatch(type="date"), ["2026-01-05"]),
    ("datetime→text", spec("x", "datetime"), ["2026-01-05T01:00"], FieldPatch(type="text"), ["2026-01-05 01:00"]),
    ("text→phone", spec("x"), ["138 0571 6621", "12345"], FieldPatch(type="phone"), ["13805716621", None]),
    ("text→single", spec("x"), ["淘宝", "抖音", "淘宝"], FieldPatch(type="single_select"), ["淘宝", "抖音", "淘宝"]),
    ("text→multi", spec("x"), ["急单、要发票", "急单"], FieldPatch(type="multi_select"), [["急单", "要发票"], ["急单"]]),
    ("single→multi", spec("x", "single_select", choices=["甲", "乙"]), ["乙"], FieldPatch(type="multi_select"), [["乙"]]),
    (
        "multi→single",
        spec("x", "multi_select", choices=["甲", "乙"]),
        [["乙"], ["甲", "乙"]],
        FieldPatch(type="single_select"),
        ["乙", None],
    ),
    ("multi→text", spec("x", "multi_select", choices=["甲", "乙"]), [["甲", "乙"]], FieldPatch(type="text"), ["甲、乙"]),
    ("single→number", spec("x", "single_select", choices=["10", "二十"]), ["10", "二十"], FieldPatch(type="number"), [10, None]),
    ("text→long", spec("x"), ["a"], FieldPatch(type="long_text"), ["a"]),
    ("auto→text", spec("x", "auto_number"), [None], FieldPatch(type="text"), ["1"]),
    ("text→auto", spec("x"), ["旧"], FieldPatch(type="auto_number"), ["1"]),
    (
        "phone abroad",
        spec("x", "phone"),
        ["13805716621"],
        FieldPatch(options={"format": "international"}),
        ["+8613805716621"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "written", "patch", "after"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
async def test_values_are_read_again_as_the_new_type(
    desk: Desk, before: Any, written: list[Any], patch: FieldPatch, after: list[Any]
) -> None:
    """What preview foretells is what happens; undo gives every original back."""
    table = await desk.table("表", spec("名称"), before)
    values = [
        {"名称": str(n)} | ({"x": value} if value is not None else {}) for n, value in enumerate(written)
    ]
    await desk.write(table, *values)
    old = await desk.rows(table, "x")
    field = table.field("x")
    foretold = await preview.of_change(desk.system, desk.owner, field.id, patch)
    assert await desk.rows(table, "x") == old
    await fields.update(desk.system, desk.owner, field.id, patch)
    read = await desk.rows(table, "x")
    assert read == after
    lost = sum(1 for value in after if value is None) + (after == [True, False, False])
    assert foretold.unreadable == lost
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "x") == old
    assert (await desk.catalog()).field(field.id).definition == field.definition


async def test_the_preview_shows_examples_and_counts_only_live_records(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("数量"))
    written = [{"名称": f"r{n}", "数量": v} for n, v in enumerate(["12", "12", "十二", "3 件", None, "8"])]
    ids = await desk.write(table, *written)
    await desk.store(table, deletes=(ids[5],))
    impact = await preview.of_change(
        desk.system, desk.owner, table.field("数量").id, FieldPatch(type="number")
    )
    assert (impact.records, impact.unreadable) == (4, 2)
    shown = {(e.before, e.after) for e in impact.examples}
    assert shown == {("12", "12"), ("十二", None), ("3 件", None)}


async def test_a_select_gets_its_choices_from_the_values(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("渠道"))
    await desk.write(
        table, *({"名称": str(n), "渠道": v} for n, v in enumerate(["淘宝"] * 3 + ["抖音"] * 2 + ["微信"]))
    )
    impact = await preview.of_change(
        desk.system, desk.owner, table.field("渠道").id, FieldPatch(type="single_select")
    )
    assert [c.name for c in impact.config.choices] == ["淘宝", "抖音", "微信"]  # type: ignore[union-attr]
    assert len({c.color for c in impact.config.choices}) == 3  # type: ignore[union-attr]


async def test_undo_keeps_what_was_entered_in_the_meantime(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("数量"))
    first, second, third = await desk.write(
        table, {"名称": "a", "数量": "一箱"}, {"名称": "b", "数量": "2"}, {"名称": "c", "数量": "3"}
    )
    await desk.change(table.field("数量"), type="number")
    await desk.set(table, first, 数量=10)
    await desk.set(table, second, 数量=None)
    await desk.write(table, {"名称": "d", "数量": 4})
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "数量") == ["10", None, "3", "4"]
    assert third


async def test_the_originals_lie_in_the_trash_and_can_be_taken_out(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("数量"))
    await desk.write(table, {"名称": "a", "数量": "一箱"})
    await desk.change(table.field("数量"), type="number")
    (item,) = await trash.list_of(desk.system, desk.owner, desk.app_id)
    assert (item.name, item.type, item.converted) == ("数量", "text", True)
    await trash.restore(desk.system, desk.owner, item.id)
    assert await desk.rows(table, "数量", "数量 2") == [(None, "一箱")]


async def test_names_become_links_and_links_become_names(desk: Desk) -> None:
    customers = await desk.table("客户", spec("姓名"))
    (zhou, chen) = await desk.write(customers, {"姓名": "周雨桐"}, {"姓名": "陈嘉怡"})
    orders = await desk.table("订单", spec("单号"), spec("客户"))
    await desk.write(
        orders,
        {"单号": "1", "客户": "周雨桐"},
        {"单号": "2", "客户": "周雨桐、陈嘉怡"},
        {"单号": "3", "客户": "路人"},
    )
    field = orders.field("客户")
    impact = await preview.of_change(
        desk.system,
        desk.owner,
        field.id,
        FieldPatch(type="link", options={"table": customers.id, "many": False}),
    )
    assert (impact.records, impact.unreadable) == (3, 2)
    await desk.change(
        field, type="link", options={"table": customers.id, "two_way": True, "inverse_name": "订单"}
    )
    linked = [[item["id"] for item in row] for row in await desk.rows(orders, "客户")]
    assert linked == [[zhou], [zhou, chen], []]
    assert [len(row) for row in await desk.rows(customers, "订单")] == [2, 1]
    await desk.change((await desk.again(orders)).field("客户"), type="text")
    assert await desk.rows(orders, "客户") == ["周雨桐", "周雨桐、陈嘉怡", None]
    back = (await desk.again(customers)).field("订单")
    assert back.config.inverse is None  # type: ignore[union-attr]
    await undo.last(desk.system, desk.owner, desk.app_id)
    linked = [[item["id"] for item in row] for row in await desk.rows(orders, "客户")]
    assert linked == [[zhou], [zhou, chen], []]
    back = (await desk.again(customers)).field("订单")
    assert back.config.inverse == field.id  # type: ignore[union-attr]


async def test_a_formula_can_be_frozen_and_taken_back(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("数量", "number"), spec("双倍", "formula", source="{数量}*2")
    )
    (record,) = await desk.write(table, {"名称": "a", "数量": 3})
    await desk.change(table.field("双倍"), type="number")
    await desk.set(table, record, 数量=5)
    assert await desk.rows(table, "双倍") == [6]
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "双倍") == [10]


async def test_what_goes_by_the_clock_is_kept_as_it_is_shown(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("数量", "number"), spec("今年", "formula", source="YEAR(TODAY())+{数量}")
    )
    await desk.write(table, {"名称": "a", "数量": 0}, {"名称": "b", "数量": 1})
    shown = await desk.rows(table, "今年")
    field = table.field("今年")
    impact = await preview.of_change(desk.system, desk.owner, field.id, FieldPatch(type="text"))
    assert (impact.records, impact.unreadable) == (2, 0)
    await desk.change(field, type="text")
    assert await desk.rows(table, "今年") == [str(one) for one in shown]
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "今年") == shown


async def test_formulas_follow_the_new_type_of_what_they_read(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("数量"), spec("照抄", "formula", source="{数量}"))
    await desk.write(table, {"名称": "a", "数量": "3"})
    assert (await desk.again(table)).field("照抄").config.result == "text"  # type: ignore[union-attr]
    await desk.change(table.field("数量"), type="number")
    assert (await desk.again(table)).field("照抄").config.result == "number"  # type: ignore[union-attr]
    assert await desk.rows(table, "照抄") == [3]
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "照抄") == ["3"]


async def test_a_change_that_breaks_others_is_refused_whole(desk: Desk) -> None:
    lines = await desk.table("明细", spec("名称"), spec("数量", "number"))
    orders = await desk.table(
        "订单", spec("单号"), spec("明细", "link", table="明细"),
        spec("件数", "rollup", link="明细", fn="sum", field="数量"),
    )  # fmt: skip
    (line,) = await desk.write(lines, {"名称": "a", "数量": 2})
    await desk.write(orders, {"单号": "1", "明细": [line]})
    with pytest.raises(RuleBroken) as raised:
        await desk.change(lines.field("数量"), type="text")
    assert [p.message.text() for p in raised.value.problems] == ["字段「件数」(订单)"]
    assert await desk.rows(lines, "数量") == [2]
    assert await desk.rows(orders, "件数") == [2]


async def test_a_title_cannot_become_a_check_box(desk: Desk) -> None:
    table = await desk.table("表")
    with pytest.raises(RuleBroken, match="标题"):
        await desk.change(table.field("名称"), type="checkbox")


async def test_rules_that_the_new_type_cannot_have_fall_away(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("有货", required=True, default="是"))
    changed = await desk.change(table.field("有货"), type="checkbox")
    assert not changed.definition.required
    with pytest.raises(InvalidDefinition):
        await desk.change(changed, type="multi_select", unique=True)


async def test_ten_thousand_distinct_values_convert_in_one_pass(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("数量"))
    await desk.system.db.execute(
        f"INSERT INTO {table.sql} ({table.field('名称').column}, {table.field('数量').column})"
        " SELECT 'r' || n, n::text FROM generate_series(1, 10000) n"
    )
    await desk.change(table.field("数量"), type="number")
    column = table.field("数量").column
    assert await desk.system.db.value(f"SELECT sum({column}) FROM {table.sql}") == 50005000
    assert Patch


KINDS: list[tuple[str, dict[str, Any], Any]] = [
    ("text", {}, "青瓷"), ("long_text", {}, "急件\n要发票"), ("number", {"decimals": 2}, 1234.5), ("currency", {}, 99.9), ("percent", {}, 0.125),
    ("rating", {}, 3), ("progress", {}, 45), ("duration", {}, 5400), ("checkbox", {}, True), ("single_select", {"choices": ["淘宝", "抖音"]}, "抖音"),
    ("multi_select", {"choices": ["急单", "要发票"]}, ["急单", "要发票"]), ("cascade", {"tree": [{"name": "食品", "children": ["茶"]}]}, ["食品", "茶"]),
    ("date", {}, "2026-01-15"), ("datetime", {}, "2026-01-15T00:30:00Z"), ("phone", {}, "13800138000"), ("email", {}, "lin@example.com"),
    ("url", {}, "https://example.com/a"), ("barcode", {}, "QC-1"), ("json", {}, {"件": [1, "二"]}), ("member", {}, None), ("member", {"many": True}, None),
    ("location", {}, {"code": "330106", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号"}),
]  # fmt: skip


@pytest.mark.parametrize("target", ["text", "member"])
async def test_whatever_was_there_comes_back(desk: Desk, target: str) -> None:
    """Another type and back again: every kind of value is as it was, also that of people, and empty cells are empty."""
    table = await desk.table("表", spec("名称"))
    for place, (kind, options, _) in enumerate(KINDS):
        await desk.field(table, f"{kind} {place}", kind, **options)
    table = await desk.again(table)
    full = {field.id: KINDS[at][2] or desk.owner.id for at, field in enumerate(table.fields[1:])}
    await desk.write(table, full, {})
    names = [field.name for field in table.fields[1:]]
    before = await desk.rows(table, *names)
    assert None not in before[0]
    for field in table.fields[1:]:
        if field.type != target:
            await desk.change(field, type=target)
            await undo.last(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, *names) == before
