"""Look-ups and roll-ups without a link, and formulas over links, survive a template, in whatever order they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builder import apps, fields, tables
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.access import Actor
from runtime.definitions.tables import AppDef
from runtime.system import System
from templates_market import exporter, installer, reader


async def test_matches_are_installed_as_they_were(system: System, owner: Actor, tmp_path: Path) -> None:
    app = await apps.create(system, owner, AppDef("汇总"))
    texts = (
        FieldSpec(name="名称"),
        FieldSpec(name="手机号", type="phone"),
        FieldSpec(name="日期", type="date"),
    )
    customers = await tables.create(system, owner, app.id, TableSpec(name="客户", fields=texts))
    orders = await tables.create(system, owner, app.id, TableSpec(name="订单", fields=texts))

    async def add(home: str, name: str, kind: str, **options: Any) -> None:
        await fields.create(system, owner, home, FieldSpec(name=name, type=kind, options=options))

    pair = {"field": "手机号", "near": "手机号"}
    window = {"field": "日期", "near": "日期", "amount": 3, "unit": "month", "direction": "around"}
    await add(orders.id, "同号", "rollup", match={"table": "订单", "pairs": [pair], "others": True})
    await add(orders.id, "客户", "link", table="客户", many=False, two_way=True, inverse_name="单子")
    # in the first table, of a field that the second one computes
    await add(
        customers.id, "同号之和", "rollup", fn="sum", field="同号",
        match={"table": "订单", "pairs": [pair], "windows": [window]},
    )  # fmt: skip
    await add(customers.id, "关联之和", "formula", source="SUM({单子.同号})")
    await add(
        customers.id, "最近", "lookup", field="名称", take="last", sorts=[{"field": "日期"}],
        match={"table": "订单", "pairs": [pair]},
    )  # fmt: skip
    said = await exporter.export_app(system, owner, app.id)
    exporter.write(said, tmp_path / "matches")
    done = await installer.install_app(system, owner, reader.read(tmp_path / "matches"))
    again = await exporter.export_app(system, owner, done.app)
    assert {k: v for k, v in again.items() if k != "slug"} == {k: v for k, v in said.items() if k != "slug"}
    first, second = (await system.catalogs.current()).app(done.app).tables
    match = first.field("同号之和").config.match  # type: ignore[union-attr]
    assert (match.table, match.pairs[0].field) == (second.id, second.field("手机号").id)
    assert (
        first.field("关联之和").config.source
        == f"SUM({{{first.field('单子').id}.{second.field('同号').id}}})"
    )  # type: ignore[union-attr]
