"""Tables: made with their fields in one go, deleted with what hangs on them, restored in one piece."""

from __future__ import annotations

import pytest

from builder import automations, dashboards, tables, trash, views, workbenches
from builder.tables import TablePatch
from runtime.definitions.automations import AutomationDef, RecordCreated, Step, UpdateRecord
from runtime.definitions.dashboards import DashboardDef, NumberWidget, Widget
from runtime.definitions.tables import Column, ViewDef
from runtime.definitions.values import Assignment, Literal_
from runtime.definitions.workbenches import LookupBindings, WorkbenchDef
from runtime.errors import InvalidDefinition, NotFound, RuleBroken
from tests.builder.conftest import Desk, spec


async def test_a_bare_table_has_a_name_field_and_a_view_of_everything(desk: Desk) -> None:
    table = await desk.table("客户")
    assert [(f.name, f.type) for f in table.fields] == [("名称", "text")]
    assert [view.definition.name for view in table.views] == ["全部"]
    assert table.primary is not None
    assert table.primary.name == "名称"


async def test_fields_may_name_those_before_them(desk: Desk) -> None:
    customers = await desk.table("客户档案", spec("姓名"), spec("等级"))
    orders = await desk.table(
        "主订单池",
        spec("订单ID", "auto_number"),
        spec("关联客户档案", "link", table="客户档案", many=False, inverse_name="订单"),
        spec("客户等级", "lookup", link="关联客户档案", field="等级"),
        spec("实付金额", "currency"),
        spec("九折", "formula", source="{实付金额}*0.9"),
    )
    lookup, formula = orders.field("客户等级"), orders.field("九折")
    assert lookup.config.link == orders.field("关联客户档案").id  # type: ignore[union-attr]
    assert formula.config.source == f"{{{orders.field('实付金额').id}}}*0.9"  # type: ignore[union-attr]
    assert formula.config.result == "number"  # type: ignore[union-attr]
    back = (await desk.again(customers)).field("订单")
    assert back.config.table == orders.id  # type: ignore[union-attr]


async def test_all_problems_of_a_table_come_with_their_place(desk: Desk) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await desk.table("订单", spec("名称"), spec("名称"), spec("a" * 81))
    assert [(p.path, p.code) for p in raised.value.problems] == [
        ("fields.1.name", "name_taken"),
        ("fields.2.name", "name_too_long"),
    ]
    with pytest.raises(InvalidDefinition) as raised:
        await desk.table("订单", spec("名称"), spec("数量", "number", decimals=11))
    assert [p.path for p in raised.value.problems] == ["fields.1.options.decimals"]
    assert not (await desk.app()).tables


async def test_two_tables_cannot_share_a_name(desk: Desk) -> None:
    await desk.table("Orders")
    with pytest.raises(InvalidDefinition, match="orders"):
        await desk.table("orders")


async def test_the_primary_field_stays_when_fields_are_reordered(desk: Desk) -> None:
    from builder import fields

    table = await desk.table("客户", spec("姓名"), spec("电话", "phone"))
    await fields.reorder(desk.system, desk.owner, table.id, [table.field("电话").id])
    table = await desk.again(table)
    assert [f.name for f in table.fields] == ["电话", "姓名"]
    assert table.primary is not None
    assert table.primary.name == "姓名"
    table = await tables.update(desk.system, desk.owner, table.id, TablePatch(primary="电话", name="顾客"))
    assert table.primary is not None
    assert (table.name, table.primary.name) == ("顾客", "电话")


async def test_a_check_box_cannot_name_records(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"), spec("含赠品", "checkbox"))
    with pytest.raises(InvalidDefinition, match="标题"):
        await tables.update(desk.system, desk.owner, table.id, TablePatch(primary="含赠品"))


async def test_tables_are_put_in_order(desk: Desk) -> None:
    first, second = await desk.table("一"), await desk.table("二")
    await tables.reorder(desk.system, desk.owner, desk.app_id, [second.id, first.id])
    assert [t.name for t in (await desk.app()).tables] == ["二", "一"]
    with pytest.raises(NotFound):
        await tables.reorder(desk.system, desk.owner, desk.app_id, ["tblNobodyNobody"])


async def test_deleting_a_table_takes_along_what_cannot_be_without_it_and_all_comes_back(desk: Desk) -> None:
    customers = await desk.table("客户档案", spec("姓名"), spec("电话", "phone"))
    orders = await desk.table(
        "主订单池",
        spec("单号"),
        spec("客户", "link", table="客户档案", many=False),
        spec("客户姓名", "lookup", link="客户", field="姓名"),
        spec("称呼", "formula", source='{客户姓名} & "您好"'),
    )
    (zhou,) = await desk.write(customers, {"姓名": "周雨桐"})
    await desk.write(orders, {"单号": "A1", "客户": [zhou]})
    column = Column(orders.field("客户姓名").id, width=120)
    view = await views.create(desk.system, desk.owner, orders.id, ViewDef("看客户", columns=(column,)))
    board = await dashboards.create(
        desk.system, desk.owner, desk.app_id,
        DashboardDef("看板", (Widget("widA", "客户数", NumberWidget(customers.id)), Widget("widB", "单数", NumberWidget(orders.id)))),
    )  # fmt: skip
    greet = await automations.create(
        desk.system, desk.owner, desk.app_id,
        AutomationDef(
            "新客户",
            RecordCreated(customers.id),
            (Step("stpOne", UpdateRecord((Assignment(customers.field("姓名").id, Literal_("新")),))),),
            enabled=True,
        ),
    )  # fmt: skip
    bench = await workbenches.create(
        desk.system, desk.owner, desk.app_id,
        WorkbenchDef("查客户", customers.id, LookupBindings(customers.field("姓名").id, customers.field("电话").id), "find"),
    )  # fmt: skip

    found = await tables.deletion_impact(desk.system, desk.owner, customers.id)
    assert found.records == 1
    assert {use.name for use in found.together} == {"客户", "客户姓名", "称呼", "新客户", "查客户"}
    assert {use.name for use in found.trimmed} == {"看客户", "看板"}
    with pytest.raises(RuleBroken) as raised:
        await tables.delete(desk.system, desk.owner, customers.id)
    assert raised.value.error_code == "confirmation_needed"

    await tables.delete(desk.system, desk.owner, customers.id, confirmed=True)
    catalog = await desk.catalog()
    assert [f.name for f in catalog.table(orders.id).fields] == ["单号"]
    assert catalog.view(view.id).definition.columns == ()
    assert [w.title for w in catalog.dashboard(board.id).definition.widgets] == ["单数"]
    for gone in (greet.id, bench.id):
        with pytest.raises(NotFound):
            catalog.automation(gone) if gone.startswith("aut") else catalog.workbench(gone)
    await desk.write(orders, {"单号": "A2"})

    await trash.restore(desk.system, desk.owner, customers.id)
    catalog = await desk.catalog()
    assert await desk.rows(orders, "单号", "客户姓名", "称呼") == [
        ("A1", "周雨桐", "周雨桐您好"),
        ("A2", None, "您好"),
    ]
    assert catalog.view(view.id).definition.columns == (column,)
    assert len(catalog.dashboard(board.id).definition.widgets) == 2
    assert catalog.automation(greet.id).definition.enabled
    assert catalog.workbench(bench.id).definition.slug == "find"


async def test_a_table_in_use_by_a_trashed_one_can_still_be_purged(desk: Desk) -> None:
    from datetime import UTC, datetime, timedelta

    customers = await desk.table("客户档案", spec("姓名"))
    orders = await desk.table("主订单池", spec("单号"), spec("客户", "link", table="客户档案"))
    await tables.delete(desk.system, desk.owner, customers.id, confirmed=True)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert await trash.purge(desk.system, datetime.now(UTC) - timedelta(days=30)) == 0
    assert await trash.purge(desk.system, soon) > 0
    assert await desk.system.db.value("SELECT to_regclass($1::text)", customers.sql) is None
    await desk.write(orders, {"单号": "A1"})
    assert await trash.list_of(desk.system, desk.owner, desk.app_id) == []
