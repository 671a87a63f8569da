"""Dashboards and workbenches: every widget and every binding over fields that can play the part."""

from __future__ import annotations

from typing import Any

import pytest

from builder import dashboards, fields, workbenches
from builder.validation import Problems
from runtime.catalog import Dashboard, Table, Workbench
from runtime.errors import InvalidDefinition, VersionConflict
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def orders(desk: Desk) -> Table:
    await desk.table("客户", spec("姓名"))
    return await desk.table(
        "订单", spec("单号"), spec("运单"), spec("金额", "currency"), spec("下单", "datetime"), spec("备注", "long_text"),
        spec("电话", "phone"), spec("状态", "single_select", choices=["已支付", "审核中"]),
        spec("客户", "link", table="客户", many=False), spec("其他客户", "link", table="客户", inverse_name="其他"),
    )  # fmt: skip


def board(*configs: dict[str, Any], **given: Any) -> dict[str, Any]:
    widgets = [{"title": f"组件 {n}", "config": {"table": "订单", **c}} for n, c in enumerate(configs)]
    return {"name": "看板", "widgets": widgets, **given}


async def make_board(desk: Desk, given: dict[str, Any]) -> Dashboard:
    read = dashboards.read_definition(Problems(), given)
    return await dashboards.create(desk.system, desk.owner, desk.app_id, read)


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        (board(name=""), "name", "name_missing"),
        (board({"kind": "number", "table": "没有"}), "widgets.0.config.table", "unknown_table"),
        (board({"kind": "pie"}), "widgets.0.config.kind", "unknown_choice"),
        (board({"kind": "number", "aggregate": {"fn": "sum"}}), "widgets.0.config.aggregate.field", "field_missing"),
        (
            board({"kind": "number", "aggregate": {"fn": "sum", "field": "单号"}}),
            "widgets.0.config.aggregate.fn",
            "bad_aggregate",
        ),
        (board({"kind": "donut", "field": "没有"}), "widgets.0.config.field", "unknown_field"),
        (board({"kind": "bar", "field": "状态", "split": "没有"}), "widgets.0.config.split", "unknown_field"),
        (board({"kind": "trend", "date_field": "单号"}), "widgets.0.config.date_field", "wrong_type"),
        (board({"kind": "trend", "date_field": "下单", "periods": 0}), "widgets.0.config.periods", "out_of_range"),
        (board({"kind": "trend", "date_field": "下单", "bucket": "weekday"}), "widgets.0.config.bucket", "bad_bucket"),
        (board({"kind": "list", "fields": []}), "widgets.0.config.fields", "no_fields"),
        (board({"kind": "list", "fields": ["单号", "没有"]}), "widgets.0.config.fields.1", "unknown_field"),
        (board({"kind": "list", "fields": ["单号"], "limit": 1000}), "widgets.0.config.limit", "out_of_range"),
        (
            board({"kind": "number", "where": {"kind": "condition", "field": "金额", "op": "is_any_of", "value": ["x"]}}),
            "widgets.0.config.where.value",
            "bad_operand",
        ),
        (
            {"name": "看板", "widgets": [{"title": "a", "config": {"kind": "number", "table": "订单"}, "place": {"x": 10, "w": 4}}]},
            "widgets.0.place",
            "bad_place",
        ),
    ],
)  # fmt: skip
async def test_a_widget_that_cannot_be_drawn_is_told_by_place(
    desk: Desk, orders: Table, given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make_board(desk, given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_a_dashboard_is_stored_by_ids_and_changed_as_a_whole(desk: Desk, orders: Table) -> None:
    made = await make_board(
        desk,
        board(
            {"kind": "donut", "field": "状态"},
            {
                "kind": "trend",
                "date_field": "下单",
                "split": "状态",
                "aggregate": {"fn": "sum", "field": "金额"},
            },
            {"kind": "list", "fields": ["单号", "电话"], "sorts": [{"field": "下单"}]},
        ),
    )
    config = made.definition.widgets[1].config
    assert config.split == orders.field("状态").id  # type: ignore[union-attr]
    assert len({widget.id for widget in made.definition.widgets}) == 3
    changed = await dashboards.update(desk.system, desk.owner, made.id, {"widgets": []}, version=made.version)
    assert changed.definition.widgets == ()
    with pytest.raises(VersionConflict):
        await dashboards.update(desk.system, desk.owner, made.id, {"name": "x"}, version=made.version)


async def test_lists_lose_the_column_and_other_widgets_go_with_their_field(desk: Desk, orders: Table) -> None:
    made = await make_board(
        desk,
        board(
            {"kind": "donut", "field": "状态"},
            {"kind": "list", "fields": ["单号", "状态"]},
            {"kind": "number"},
        ),
    )
    await fields.delete(desk.system, desk.owner, orders.field("状态").id, confirmed=True)
    widgets = (await desk.catalog()).dashboard(made.id).definition.widgets
    assert [w.title for w in widgets] == ["组件 1", "组件 2"]
    assert widgets[0].config.fields == (orders.field("单号").id,)  # type: ignore[union-attr]


def bench(**given: Any) -> dict[str, Any]:
    bindings = {"number": "单号", "waybill": "运单", **given.pop("bindings", {})}
    return {"name": "快查", "slug": "find", "table": "订单", "bindings": bindings, **given}


async def make_bench(desk: Desk, given: dict[str, Any]) -> Workbench:
    read = workbenches.read_definition(Problems(), given)
    return await workbenches.create(desk.system, desk.owner, desk.app_id, read)


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        (bench(name=" "), "name", "name_missing"),
        (bench(slug="Find Me"), "slug", "bad_slug"),
        (bench(slug="-a"), "slug", "bad_slug"),
        (bench(table="没有"), "table", "unknown_table"),
        (bench(kind="map"), "kind", "unknown_kind"),
        (bench(roles=["boss"]), "roles.0", "bad_role"),
        (bench(bindings={"waybill": "没有"}), "bindings.waybill", "unknown_field"),
        (bench(bindings={"waybill": "状态"}), "bindings.waybill", "wrong_type"),
        (bench(bindings={"status": "单号"}), "bindings.status", "wrong_type"),
        (bench(bindings={"customer": "其他客户"}), "bindings.customer", "wrong_type"),
        (bench(bindings={"stock": "没有"}), "bindings.stock", "unknown_stock"),
        (bench(search=["状态"]), "search.0", "wrong_type"),
        (bench(card=["没有"]), "card.0", "unknown_field"),
        (
            {"name": "快查", "slug": "find", "table": "订单", "bindings": {"number": "单号"}},
            "bindings.waybill",
            "missing",
        ),
    ],
)
async def test_a_binding_that_cannot_play_its_part_is_told_by_place(
    desk: Desk, orders: Table, given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make_bench(desk, given)
    assert (path, code) in [(p.path, p.code) for p in raised.value.problems]


async def test_an_address_belongs_to_one_workbench(desk: Desk, orders: Table) -> None:
    made = await make_bench(
        desk, bench(bindings={"customer": "客户", "status": "状态", "phone": "电话"}, card=["金额"])
    )
    assert made.definition.bindings.customer == orders.field("客户").id
    with pytest.raises(InvalidDefinition, match="find"):
        await make_bench(desk, bench(name="又一个"))
    assert workbenches.free_slug(await desk.catalog(), "find") == "find-2"
    await workbenches.update(desk.system, desk.owner, made.id, {"slug": "lookup", "scan": False})
    await make_bench(desk, bench(name="又一个"))


async def test_optional_parts_are_dropped_and_required_ones_take_the_workbench_along(
    desk: Desk, orders: Table
) -> None:
    made = await make_bench(desk, bench(bindings={"phone": "电话"}, card=["金额", "电话"], search=["电话"]))
    await fields.delete(desk.system, desk.owner, orders.field("电话").id, confirmed=True)
    stored = (await desk.catalog()).workbench(made.id).definition
    assert (stored.bindings.phone, stored.card, stored.search) == (None, (orders.field("金额").id,), ())
    await fields.delete(desk.system, desk.owner, orders.field("运单").id, confirmed=True)
    assert not (await desk.app()).workbenches
