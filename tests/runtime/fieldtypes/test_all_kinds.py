"""All kinds of fields, none left out: asked by every operator they offer, sorted, grouped, written to files and read back."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import openpyxl
import pytest

from builder import automations
from builder.validation import Problems
from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.errors import HuobiaoError, InvalidInput
from runtime.fieldtypes.registry import TYPES
from runtime.i18n import Translator
from runtime.records import read
from runtime.records.change import NewRecord
from runtime.records.exports.table import write_table
from runtime.records.imports.cast import ColumnPlan, caster
from tests.builder.conftest import Desk, desk, spec  # noqa: F401 - the fixture
from tests.builder.test_states import machine

CHOICES = {"choices": ["淘宝", "抖音"]}
OPTIONS: dict[str, dict[str, Any]] = {
    "number": {"decimals": 2}, "single_select": CHOICES, "multi_select": CHOICES,
    "cascade": {"tree": [{"name": "食品", "children": ["茶"]}]}, "link": {"table": "客户", "two_way": False},
    "lookup": {"link": "关联", "field": "姓名"}, "rollup": {"link": "关联"}, "formula": {"source": "LEN({名称})"},
    "state_time": {"field": "状态", "shows": "time_in_state"},
}  # fmt: skip
FULL: dict[str, Any] = {
    "text": "青瓷", "long_text": "急件\n要发票", "number": 1234.5, "currency": 99.9, "percent": 0.125, "rating": 3, "progress": 45,
    "duration": 5400, "single_select": "抖音", "multi_select": ["淘宝", "抖音"], "cascade": ["食品", "茶"], "checkbox": True,
    "date": "2026-01-15", "datetime": "2026-01-15T00:30:00Z", "phone": "13800138000", "email": "lin@example.com",
    "url": "https://example.com/a", "barcode": "QC-1", "json": {"件": [1, "二"]},
    "location": {"code": "330106", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号"},
}  # fmt: skip
NUMBER = {"eq": 5, "ne": 5, "gt": 5, "ge": 5, "lt": 5, "le": 5, "between": [1, 5]}
DAY = {
    "on": "2026-01-15", "before": "2026-01-15", "after": "2026-01-15", "between": ["2026-01-01", "2026-01-31"], "in_period": "this_month",
    "older_than": {"amount": 3, "unit": "day"}, "newer_than": {"amount": 3, "unit": "day"}, "within_next": {"amount": 3, "unit": "day"},
}  # fmt: skip


@pytest.fixture
async def table(desk: Desk) -> Table:  # noqa: F811
    """A field of each kind, called by its type (the link 关联); one record that is full and one that is not."""
    customers = await desk.table("客户", spec("姓名"))
    (customer,) = await desk.write(customers, {"姓名": "林晓"})
    made = await desk.table(
        "全部", spec("名称"), spec("状态", "single_select", choices=["待支付", "已支付"], machine=machine(("待支付", "已支付")))
    )  # fmt: skip
    definition = {
        "name": "发出去", "enabled": True, "trigger": {"kind": "button", "table": made.id}, "steps": [{"config": {"kind": "update_record", "set": [{"field": made.field("名称").id, "value": {"kind": "literal", "value": "丙"}}]}}],
    }  # fmt: skip
    found = automations.read_definition(Problems(), definition)
    button = await automations.create(desk.system, desk.owner, desk.app_id, found)
    for kind in TYPES:
        options = {"automation": button.id} if kind.name == "button" else OPTIONS.get(kind.name, {})
        await desk.field(made, _name(kind.name), kind.name, **options)
    made = await desk.again(made)
    person = {"member": desk.owner.id}
    await desk.write(made, {"名称": "甲", "关联": customer, **FULL, **person}, {"名称": "乙"})
    return made


def _name(type_: str) -> str:
    return "关联" if type_ == "link" else type_


def _kinds(table: Table) -> list[Field]:
    fields = [table.field(_name(kind.name)) for kind in TYPES]
    assert len({field.type for field in fields}) == len(TYPES)
    return fields


async def _found(desk: Desk, table: Table, field: Field, op: str, value: Any) -> set[str]:  # noqa: F811
    where = msgspec.convert({"kind": "condition", "field": field.id, "op": op, "value": value}, Condition)
    page = await read.page(desk.system, desk.owner, table.id, Query(where=where))
    return {str(record.fields[table.field("名称").id]) for record in page.records}


async def test_each_answers_every_operator_it_offers(desk: Desk, table: Table) -> None:  # noqa: F811
    linked = [one["id"] for one in (await desk.rows(table, "关联"))[0]]
    for field in _kinds(table):
        kind = fieldtypes.get(field.config)
        for op in kind.operators:
            if op in ("is_empty", "is_not_empty"):
                continue
            value: Any = (
                NUMBER.get(op, DAY.get(op)) if _is_amount(field) else DAY.get(op, FULL.get(field.type, "x"))
            )
            if field.type == "link" and op != "contains":
                value = linked
            if op in ("is_any_of", "is_none_of", "has_all_of") and not isinstance(value, list):
                value = [value]
            try:
                assert await _found(desk, table, field, op, value) <= {"甲", "乙"}
            except InvalidInput:  # an operator of the family that does not fit this one's result
                if not field.computed and field.type not in _OTHER_OPERANDS:
                    raise
        if "is_empty" in kind.operators and field.type in FULL:
            assert await _found(desk, table, field, "is_empty", None) == {"乙"}, field.type
            assert await _found(desk, table, field, "is_not_empty", None) == {"甲"}, field.type


_ODD: tuple[Any, ...] = (
    None, "\0", -1, 10**30, [], [None], {}, {"amount": 10**12, "unit": "day"}, "2024-01-01T00:00:00+99:99", ["0000-01-01", "9999-12-31"],
)  # fmt: skip


async def test_each_refuses_what_no_operator_can_be_asked_with(desk: Desk, table: Table) -> None:  # noqa: F811
    """Whatever is asked, and whatever is written, the answer is records or a refusal in words."""
    for field in _kinds(table):
        for op in fieldtypes.get(field.config).operators:
            for value in _ODD:
                with suppress(HuobiaoError):
                    await _found(desk, table, field, op, value)
        for value in _ODD:
            await desk.store(table, creates=(NewRecord({field.id: value}),))


_OTHER_OPERANDS = frozenset(
    {"link", "member", "created_by", "updated_by", "location", "cascade", "attachment"}
)


def _is_amount(field: Field) -> bool:
    return fieldtypes.get(field.config).formula_type(field.config) == "number"


async def test_each_is_sorted_and_grouped_or_says_why_not(desk: Desk, table: Table) -> None:  # noqa: F811
    for field in _kinds(table):
        kind = fieldtypes.get(field.config)
        for descending in (False, True):
            query = Query(sorts=(Sort(field.id, descending),))
            if not kind.sortable:
                with pytest.raises(InvalidInput, match="排序"):
                    await read.page(desk.system, desk.owner, table.id, query)
                continue
            first, second = (await read.page(desk.system, desk.owner, table.id, query)).records
            if field.type in FULL and FULL[field.type] is not True:
                assert first.fields[field.id] == FULL[field.type], (
                    f"{field.type}: empty cells stand at the end"
                )
            assert {first.id, second.id} == {record.id for record in (first, second)}
        asked = AggregateQuery(groups=(GroupLevel(field.id),), aggregates=(Aggregate("count"),))
        if not kind.groupable:
            with pytest.raises(InvalidInput, match="分组"):
                await read.aggregate(desk.system, desk.owner, table.id, asked)
            continue
        groups = await read.aggregate(desk.system, desk.owner, table.id, asked)
        assert sum(group.values[0] for group in groups) == 2, field.type


async def test_each_goes_into_a_file_and_comes_back(desk: Desk, table: Table, tmp_path: Path) -> None:  # noqa: F811
    async def write(kind: Any) -> Path:
        path = tmp_path / f"out.{kind}"
        await write_table(desk.system, desk.owner, table.id, Query(), path, kind, Translator("zh"))
        return path

    rows = list(csv.reader((await write("csv")).read_text("utf-8-sig").splitlines(keepends=True)))
    assert set(rows[0]) == {field.name for field in table.fields if field.type != "button"}
    book = openpyxl.load_workbook(await write("xlsx"))
    cells = [cell.value for cell in next(book.active.iter_rows(min_row=2))]  # type: ignore[union-attr]
    for given in (rows[1], cells):
        fields: dict[str, Any] = {}
        for index, (name, cell) in enumerate(zip(rows[0], given, strict=True)):
            field = table.field(name)
            if field.readonly or field.type == "attachment" or cell in (None, ""):
                continue
            read_cell: Any = caster(
                field, ColumnPlan(column=index, field=field.id), ZoneInfo("Asia/Shanghai")
            )
            fields[name] = read_cell(cell)
        assert FULL.keys() <= fields.keys()
        outcome = await desk.store(table, creates=(NewRecord(fields),), typecast=True)
        assert not [p.message.text() for r in outcome.results for p in r.problems]
        names = (*FULL, "member", "关联")
        everything = await desk.rows(table, *names)
        assert dict(zip(names, everything[-1], strict=True)) == dict(zip(names, everything[0], strict=True))
