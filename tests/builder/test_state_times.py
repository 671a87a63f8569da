"""Times of a state machine as fields: shown, filtered, sorted, grouped, read by formulas and roll-ups, exported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from builder.configs import PRIMARY_TYPES
from runtime.catalog import Table
from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.errors import InvalidDefinition
from runtime.i18n import CHINESE
from runtime.records import read
from runtime.records.exports.table import write_table
from tests.builder.conftest import Desk, spec
from tests.builder.test_states import NAMES, machine

HOUR = 3600


@pytest.fixture
async def orders(desk: Desk) -> Table:
    """Three orders: two waiting for an hour and for three days, one paid two hours ago after ten minutes of waiting."""
    table = await desk.table(
        "订单", spec("单号"), spec("状态", "single_select", choices=NAMES, machine=machine(
            ("待支付", "已支付"), ("已支付", "审核中"), states=[{"choice": 1, "limit": 24 * HOUR}],
        )),
    )  # fmt: skip
    for name, shows in (
        ("进入", "entered_at"),
        ("已待", "time_in_state"),
        ("到期", "due_at"),
        ("超时", "late"),
    ):
        await desk.field(table, name, "state_time", field="状态", shows=shows)
    await desk.field(table, "等支付", "state_time", field="状态", shows="time_spent", state="待支付")
    first, second, third = await desk.write(table, {"单号": "1"}, {"单号": "2"}, {"单号": "3"})
    await desk.set(table, third, 状态="已支付")
    field = table.field("状态")
    for record, ago in ((1, HOUR), (2, 72 * HOUR), (3, 2 * HOUR)):
        await desk.system.db.execute(
            f"UPDATE {table.sql} SET {field.since_column} = now() - make_interval(secs => $2),"
            f" {field.spent_column} = NULL WHERE id = $1",
            record,
            ago,
        )
        await desk.system.db.execute(
            "UPDATE meta.history SET at = now() - make_interval(secs => $2 +"
            " CASE WHEN record_id = 3 AND action = 'create' THEN 600 ELSE 0 END) WHERE record_id = $1",
            record,
            ago,
        )
    assert first
    assert second
    return await desk.again(table)


async def found(desk: Desk, table: Table, **query: Any) -> list[str]:
    page = await read.page(desk.system, desk.owner, table.id, Query(**query))
    return [record.fields[table.field("单号").id] for record in page.records]


async def test_they_tell_since_when_how_long_until_when_and_whether_late(desk: Desk, orders: Table) -> None:
    rows = await desk.rows(orders, "已待", "超时", "等支付")
    waited = [round(row[0] / HOUR) for row in rows]
    assert waited == [1, 72, 2]
    assert [row[1] for row in rows] == [False, True, False]
    assert [round(row[2] / 60) for row in rows] == [60, 72 * 60, 10]
    moments = await desk.rows(orders, "进入", "到期")
    entered, due = (datetime.fromisoformat(text) for text in moments[1])
    assert (due - entered).total_seconds() == 24 * HOUR
    assert due < datetime.now(UTC)
    assert moments[2][1] is None


async def test_views_filter_sort_and_group_by_them(desk: Desk, orders: Table) -> None:
    late, waited, entered = (orders.field(name).id for name in ("超时", "已待", "进入"))
    assert await found(desk, orders, where=Condition(late, "is", True)) == ["2"]
    assert await found(desk, orders, where=Condition(waited, "gt", "90分")) == ["2", "3"]
    assert await found(desk, orders, sorts=(Sort(waited, True),)) == ["2", "3", "1"]
    assert await found(
        desk, orders, where=Condition(entered, "newer_than", {"amount": 1, "unit": "day"})
    ) == [
        "1",
        "3",
    ]
    groups = await read.aggregate(
        desk.system, desk.owner, orders.id,
        AggregateQuery(groups=(GroupLevel(late),), aggregates=(Aggregate("count"), Aggregate("max", waited))),
    )  # fmt: skip
    assert sorted((group.keys[0], group.values[0]) for group in groups) == [(False, 2), (True, 1)]


async def test_formulas_and_roll_ups_read_them(desk: Desk, orders: Table) -> None:
    await desk.field(orders, "催", "formula", source='IF(AND({超时},{已待}>3600*48),"催一下","")')
    assert await desk.rows(orders, "催") == [None, "催一下", None]
    shops = await desk.table("店", spec("名"))
    link = await desk.field(shops, "订单", "link", table=orders.id, many=True)
    await desk.field(
        shops,
        "超时几单",
        "rollup",
        link=link.id,
        fn="count",
        where={"kind": "condition", "field": "超时", "op": "is", "value": True},
    )
    await desk.field(shops, "最久", "rollup", link=link.id, fn="max", field="已待")
    page = await read.page(desk.system, desk.owner, orders.id, Query())
    await desk.write(shops, {"名": "一", "订单": [record.id for record in page.records]})
    ((late, longest),) = await desk.rows(shops, "超时几单", "最久")
    assert late == 1
    assert round(longest / HOUR) == 72


async def test_files_hold_them_as_what_they_are(desk: Desk, orders: Table, tmp_path: Path) -> None:
    path = tmp_path / "单.xlsx"
    await write_table(desk.system, desk.owner, orders.id, Query(), path, "xlsx", CHINESE)
    rows = list(load_workbook(path).worksheets[0].values)
    shown = dict(zip(rows[0], rows[2], strict=True))
    assert isinstance(shown["进入"], datetime)
    assert isinstance(shown["到期"], datetime)
    assert isinstance(shown["已待"], timedelta)
    assert round(shown["已待"].total_seconds() / HOUR) == 72
    assert rows[1][rows[0].index("超时")] != shown["超时"]


async def test_without_a_machine_they_are_empty_and_with_it_they_come_back(desk: Desk, orders: Table) -> None:
    field = await desk.change(orders.field("状态"), options={"machine": None})
    assert await desk.rows(orders, "已待", "超时") == [(None, None)] * 3
    await desk.change(field, options={"machine": machine(("待支付", "已支付"))})
    assert None not in await desk.rows(orders, "已待")


async def test_they_need_a_single_select_and_go_with_it(desk: Desk, orders: Table) -> None:
    for options, path in (
        ({"field": "单号"}, "options.field"),
        ({"field": "没有"}, "options.field"),
        ({"field": "状态", "shows": "time_spent", "state": "没有"}, "options.state"),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            await desk.field(orders, "坏", "state_time", **options)
        assert path in {problem.path for problem in refused.value.problems}
    assert "state_time" not in PRIMARY_TYPES
    other = await desk.change(orders.field("到期"), options={"shows": "late"})
    assert await desk.rows(orders, "到期") == [False, True, False]
    assert other.type == "state_time"
