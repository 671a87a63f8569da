"""Addresses grouped by province, city or district: in views, in widgets, and the records of each group."""

from __future__ import annotations

import pytest

from builder import dashboards, views
from builder.views import ViewPatch
from runtime.catalog import Table
from runtime.dashboards.data import of_widget
from runtime.definitions.dashboards import BarWidget, DashboardDef, DonutWidget, Widget
from runtime.definitions.queries import AggregateQuery, Condition, GroupLevel, Query
from runtime.errors import HuobiaoError, InvalidDefinition
from runtime.ids import new_id
from runtime.records import read
from tests.builder.conftest import Desk, spec

PLACES = [
    "浙江省杭州市西湖区文三路 1 号",
    "浙江省宁波市",
    "浙江省杭州市",
    "北京市朝阳区",
    "浙江省",
    "某某路 5 号",
    None,
]


async def customers(desk: Desk) -> Table:
    table = await desk.table("客户", spec("姓名"), spec("地址", "location"))
    await desk.write(table, *({"姓名": str(n), "地址": place} for n, place in enumerate(PLACES)))
    return table


async def grouped(desk: Desk, table: Table, level: str | None) -> dict[str, tuple[str | None, int]]:
    key = table.field("地址").id
    query = AggregateQuery(groups=(GroupLevel(key, level),))  # type: ignore[arg-type]
    rows = await read.aggregate(desk.system, desk.owner, table.id, query)
    return {row.labels[0]: (row.keys[0], row.values[0]) for row in rows}


async def test_addresses_are_counted_by_level(desk: Desk) -> None:
    table = await customers(desk)
    provinces = {"浙江省": ("330000", 4), "北京市": ("110000", 1), "": (None, 2)}
    assert await grouped(desk, table, "province") == provinces == await grouped(desk, table, None)
    cities = await grouped(desk, table, "city")
    assert cities["浙江省杭州市"] == ("330100", 2)
    assert cities["浙江省宁波市"] == ("330200", 1)
    assert cities["北京市"][1] == 1
    assert cities[""] == (None, 3)
    districts = await grouped(desk, table, "district")
    assert districts["浙江省杭州市西湖区"] == ("330106", 1)
    assert districts["北京市朝阳区"] == ("110105", 1)
    with pytest.raises(HuobiaoError):
        await grouped(desk, table, "month")


async def test_the_records_of_a_group_are_those_that_were_counted(desk: Desk) -> None:
    table = await customers(desk)
    key = table.field("地址").id
    groups = await grouped(desk, table, "city")
    codes = [code for code, _ in groups.values() if code is not None]

    async def names(op: str, value: object) -> int:
        query = Query(where=Condition(key, op, value))  # type: ignore[arg-type]
        return len((await read.page(desk.system, desk.owner, table.id, query)).records)

    for code, count in groups.values():
        assert await (names("within", code) if code else names("not_within", codes)) == count


async def test_views_and_widgets_keep_the_level(desk: Desk) -> None:
    table = await customers(desk)
    key, name = table.field("地址").id, table.field("姓名").id
    (view,) = table.views
    patch = ViewPatch(groups=(GroupLevel(key, "city"),))
    changed = await views.update(desk.system, desk.owner, view.id, patch)
    assert changed.definition.groups[0].bucket == "city"
    wrong = ViewPatch(groups=(GroupLevel(name, "city"),))
    with pytest.raises(InvalidDefinition):
        await views.update(desk.system, desk.owner, view.id, wrong)
    widgets = (
        Widget(new_id("wid"), "各市", DonutWidget(table=table.id, field=key, bucket="city")),
        Widget(new_id("wid"), "各省", BarWidget(table=table.id, field=key)),
    )
    board = await dashboards.create(desk.system, desk.owner, desk.app_id, DashboardDef("分布", widgets))
    donut, bars = [await of_widget(desk.system, desk.owner, one) for one in board.definition.widgets]
    assert {(one.label, one.value) for one in donut.slices} >= {("浙江省杭州市", 2), ("浙江省宁波市", 1)}  # type: ignore[union-attr]
    assert set(bars.labels) == {"浙江省", "北京市", ""}  # type: ignore[union-attr]
