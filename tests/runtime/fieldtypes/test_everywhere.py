"""Every type with a look of its own, through the doors that all types share: queries, groups, files, templates."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import openpyxl
import pytest

from runtime.catalog import Table
from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.i18n import Translator
from runtime.records import history, read
from runtime.records.change import NewRecord
from runtime.records.exports.table import write_table
from runtime.records.imports.cast import ColumnPlan, caster
from tests.builder.conftest import Desk, desk, spec  # noqa: F401 - the fixture

FIELDS = (
    spec("名称"), spec("评分", "rating"), spec("进度", "progress"), spec("时长", "duration"), spec("码", "barcode"),
    spec("数据", "json"), spec("地址", "location"), spec("类目", "cascade", tree=[{"name": "食品", "children": ["茶"]}]),
    spec("说明", "long_text", markdown=True), spec("电话", "phone", format="international"),
)  # fmt: skip
FULL = {
    "名称": "甲", "评分": 4, "进度": 35, "时长": 5400, "码": "QC-1", "数据": {"a": [1, "二"]},
    "地址": {"code": "330106", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号"},
    "类目": ["食品", "茶"], "说明": "**急**\n- 一", "电话": "+8613800138000",
}  # fmt: skip


@pytest.fixture
async def table(desk: Desk) -> Table:  # noqa: F811
    made = await desk.table("全部", *FIELDS)
    await desk.write(made, FULL, {"名称": "乙", "评分": 5, "进度": "70%", "时长": "2:00"}, {"名称": "丙"})
    return made


async def found(desk: Desk, table: Table, field: str, op: str, value: Any) -> list[Any]:  # noqa: F811
    given = {"kind": "condition", "field": table.field(field).id, "op": op, "value": value}
    where = msgspec.convert(given, Condition)
    page = await read.page(desk.system, desk.owner, table.id, Query(where=where, limit=10))
    return [record.fields[table.field("名称").id] for record in page.records]


@pytest.mark.parametrize(
    ("field", "op", "value", "names"),
    [
        ("评分", "ge", 5, ["乙"]),
        ("评分", "between", ["4", "5"], ["甲", "乙"]),
        ("进度", "lt", "50%", ["甲"]),
        ("进度", "between", ["30%", 70], ["甲", "乙"]),
        ("时长", "gt", "1:30", ["乙"]),
        ("时长", "between", ["60m", 7200], ["甲", "乙"]),
        ("时长", "is_empty", None, ["丙"]),
        ("码", "starts_with", "QC", ["甲"]),
        ("数据", "contains", "二", ["甲"]),
        ("数据", "not_contains", "二", ["乙", "丙"]),
        ("地址", "within", "浙江", ["甲"]),
        ("类目", "within", ["#1"], ["甲"]),
        ("说明", "contains", "急", ["甲"]),
        ("电话", "is", "+8613800138000", ["甲"]),
    ],
)
async def test_operators(desk: Desk, table: Table, field: str, op: str, value: Any, names: list[str]) -> None:  # noqa: F811
    assert await found(desk, table, field, op, value) == names


async def test_wire_values_sorts_groups_and_sums(desk: Desk, table: Table) -> None:  # noqa: F811
    assert list((await desk.rows(table, *FULL))[0]) == list(FULL.values())
    for name in ("评分", "进度", "时长", "码", "地址", "类目"):
        key = table.field(name).id
        page = await read.page(desk.system, desk.owner, table.id, Query(sorts=(Sort(key, True),), limit=1))
        more = Query(sorts=(Sort(key, True),), limit=5, cursor=page.next_cursor)
        rest = await read.page(desk.system, desk.owner, table.id, more)
        assert len(page.records) + len(rest.records) == 3
        groups = await read.aggregate(
            desk.system,
            desk.owner,
            table.id,
            AggregateQuery(groups=(GroupLevel(key),), aggregates=(Aggregate("count"),)),
        )
        for group in groups:
            if group.keys[0] is not None:
                # addresses are grouped by province unless another level is chosen
                op = {"评分": "eq", "进度": "eq", "时长": "eq", "地址": "within"}.get(name, "is")
                assert await found(desk, table, name, op, group.keys[0])
    sums = await read.aggregate(
        desk.system,
        desk.owner,
        table.id,
        AggregateQuery(
            aggregates=(
                Aggregate("avg", table.field("评分").id),
                Aggregate("max", table.field("进度").id),
                Aggregate("sum", table.field("时长").id),
            )
        ),
    )
    assert sums[0].values == (4.5, 70, 12600)


async def test_files_give_back_what_they_were_given(desk: Desk, table: Table, tmp_path: Path) -> None:  # noqa: F811
    async def write(kind: Any) -> Path:
        path = tmp_path / f"out.{kind}"
        await write_table(desk.system, desk.owner, table.id, Query(), path, kind, Translator("zh"))
        return path

    rows = list(csv.reader((await write("csv")).read_text("utf-8-sig").splitlines(keepends=True)))
    book = openpyxl.load_workbook(await write("xlsx"))
    cells = [cell.value for cell in next(book.active.iter_rows(min_row=2))]  # type: ignore[union-attr]
    assert rows[1][:5] == ["甲", "4", "35", "1:30:00", "QC-1"]
    assert rows[1][6:8] == ["浙江省杭州市西湖区文三路 1 号", "食品 / 茶"]
    assert cells[1:4] == [4, 35, timedelta(seconds=5400)]
    for given in (rows[1], cells):
        fields: dict[str, Any] = {}
        for index, (name, cell) in enumerate(zip(rows[0], given, strict=True)):
            field = table.field(name)
            read_cell = caster(field, ColumnPlan(column=index, field=field.id), ZoneInfo("Asia/Shanghai"))
            fields[name] = read_cell(cell)
        outcome = await desk.store(table, creates=(NewRecord(fields),), typecast=True)
        assert not [p.message.text() for r in outcome.results for p in r.problems]
        assert list((await desk.rows(table, *FULL))[-1]) == list(FULL.values())


async def test_the_history_tells_them_in_words_also_after_the_type_has_changed(desk: Desk) -> None:  # noqa: F811
    table = await desk.table(
        "旧", spec("名称"), *(spec(name, type_) for name, type_ in (("一", "text"), ("二", "multi_select")))
    )
    options = {"choices": [{"name": "甲"}, {"name": "乙"}]}
    await desk.change(table.field("二"), options=options)
    (record,) = await desk.write(table, {"名称": "x", "一": "浙江省杭州市", "二": ["甲", "乙"]})
    await desk.set(table, record, 一="北京市", 二=["甲"])
    await desk.change(table.field("一"), type="location")
    await desk.change(table.field("二"), type="cascade")
    await desk.set(table, record, 一="上海市浦东新区", 二="甲")
    entries = await history.of_record(desk.system, desk.owner, record, limit=10)
    told = [(c.name, c.after_text) for entry in entries for c in entry.changes]
    assert ("一", "上海市浦东新区") in told
    assert ("一", "北京市") in told
