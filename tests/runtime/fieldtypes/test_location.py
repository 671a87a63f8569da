"""Addresses taken apart, kept whole, asked for by region."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder import fields, preview
from builder.wire import FieldPatch
from runtime import fieldtypes
from runtime.definitions.fields import Location
from runtime.definitions.queries import Condition, Query
from runtime.errors import InvalidInput
from runtime.fieldtypes import BadValue, Context, divisions
from runtime.records import read
from tests.builder.conftest import Desk, desk, spec  # noqa: F401 - the fixture

HERE, CONFIG = Context(), Location()
KIND = fieldtypes.get(CONFIG)


@pytest.mark.parametrize(
    ("typed", "code", "detail", "text"),
    [
        ("浙江省杭州市西湖区文三路 1 号", "330106", "文三路 1 号", "浙江省杭州市西湖区文三路 1 号"),
        ("浙江 杭州 西湖区 文三路1号", "330106", "文三路1号", "浙江省杭州市西湖区文三路1号"),
        ("浙江杭州余杭 仓前街道", "330110", "仓前街道", "浙江省杭州市余杭区仓前街道"),
        ("杭州市滨江区长河路", "330108", "长河路", "浙江省杭州市滨江区长河路"),
        ("北京市朝阳区望京街 9 号", "110105", "望京街 9 号", "北京市朝阳区望京街 9 号"),
        ("北京市北京市海淀区", "110108", "", "北京市海淀区"),
        ("北京路 12 号", "", "北京路 12 号", "北京路 12 号"),
        ("广东省-东莞市-虎门镇-某村", "441912", "某村", "广东省东莞市虎门镇某村"),
        ("湖北省仙桃市沔街大道", "429004", "沔街大道", "湖北省仙桃市沔街大道"),
        ("新疆乌鲁木齐市天山区", "650102", "", "新疆维吾尔自治区乌鲁木齐市天山区"),
        ("天津市河北区", "120105", "", "天津市河北区"),
        ("吉林省吉林市昌邑区", "220202", "", "吉林省吉林市昌邑区"),
        ("浙江省", "330000", "", "浙江省"),
        ("1600 Amphitheatre Parkway", "", "1600 Amphitheatre Parkway", "1600 Amphitheatre Parkway"),
    ],
)
def test_a_text_is_taken_apart(typed: str, code: str, detail: str, text: str) -> None:
    stored = KIND.repair(CONFIG, typed, HERE)
    wire = KIND.to_wire(CONFIG, stored)
    assert (wire["code"], wire["detail"]) == (code, detail)
    assert KIND.to_text(CONFIG, stored, HERE) == text
    assert KIND.parse(CONFIG, wire, HERE) == stored


def test_objects_are_read_by_code_or_by_names() -> None:
    by_code = KIND.parse(CONFIG, {"code": "330106", "detail": "文三路"}, HERE)
    assert (
        KIND.parse(
            CONFIG, {"province": "浙江", "city": "杭州市", "district": "西湖区", "detail": "文三路"}, HERE
        )
        == by_code
    )
    for bad in (
        {"code": "999999"},
        {"province": "蓬莱省"},
        {"street": "x"},
        ["浙江省"],
        {"detail": 3},
        {"detail": "长" * 501},
    ):
        with pytest.raises(BadValue):
            KIND.parse(CONFIG, bad, HERE)


@given(st.text(max_size=80))
def test_nothing_typed_is_lost_or_refused(typed: str) -> None:
    stored = KIND.repair(CONFIG, typed, HERE)
    if stored is not None:
        assert KIND.parse(CONFIG, KIND.to_wire(CONFIG, stored), HERE) == stored


def test_every_division_is_found_by_its_own_names() -> None:
    for code, division in divisions.by_code().items():
        if division.name in divisions.UNSPOKEN:
            continue
        found, rest = divisions.find(" ".join(n for n in division.path if n not in divisions.UNSPOKEN))
        assert rest == ""
        assert found is not None
        assert found.code == code or found.path[-1] == division.path[-1]


async def test_records_are_found_sorted_and_converted_by_region(desk: Desk) -> None:  # noqa: F811
    table = await desk.table(
        "收货", spec("名称"), spec("地址", "location"), spec("长度", "formula", source="LEN({地址})")
    )
    await desk.write(
        table,
        {"名称": "甲", "地址": "浙江省杭州市西湖区文三路 1 号"},
        {"名称": "乙", "地址": "浙江省宁波市鄞州区"},
        {"名称": "丙", "地址": "北京市朝阳区望京街"},
        {"名称": "丁"},
    )

    async def found(op: str, value: Any = None) -> list[Any]:
        where = Condition(table.field("地址").id, op, value)
        page = await read.page(desk.system, desk.owner, table.id, Query(where=where, limit=10))
        return [record.fields[table.field("名称").id] for record in page.records]

    assert await found("within", "浙江") == ["甲", "乙"]
    assert await found("within", "浙江省杭州市") == ["甲"]
    assert await found("within", {"code": "110000"}) == ["丙"]
    assert await found("not_within", "浙江省") == ["丙", "丁"]
    assert await found("contains", "杭州市西湖") == ["甲"]
    assert await found("is", {"code": "110105", "detail": "望京街"}) == ["丙"]
    assert await found("is_empty") == ["丁"]
    with pytest.raises(InvalidInput):
        await found("within", "蓬莱")
    assert await desk.rows(table, "长度") == [16, 9, 9, 0]
    patch = FieldPatch(type="text")
    impact = await preview.of_change(desk.system, desk.owner, table.field("地址").id, patch)
    assert (impact.records, impact.unreadable) == (3, 0)
    await fields.update(desk.system, desk.owner, table.field("地址").id, patch)
    await fields.update(desk.system, desk.owner, table.field("地址").id, FieldPatch(type="location"))
    assert [a and a["code"] for a in await desk.rows(table, "地址")] == ["330106", "330212", "110105", None]
