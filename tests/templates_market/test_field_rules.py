"""Rules of fields survive a template: mapped numbers, combinations that may not repeat, limited links."""

from __future__ import annotations

from pathlib import Path

from builder import apps, fields, tables
from builder.tables import TableSpec
from builder.wire import FieldSpec
from runtime.access import Actor
from runtime.definitions.tables import AppDef, UniqueRule
from runtime.system import System
from templates_market import exporter, installer, reader


async def test_rules_of_fields_are_installed_as_they_were(
    system: System, owner: Actor, tmp_path: Path
) -> None:
    app = await apps.create(system, owner, AppDef("规则"))
    segments = [
        {"kind": "field", "field": "平台", "cases": [{"value": "抖音", "text": "DY"}], "separate": True},
        {"kind": "sequence"},
    ]
    specs = (
        FieldSpec(name="名称"),
        FieldSpec(name="平台", type="single_select", options={"choices": ["淘宝", "抖音"]}),
        FieldSpec(name="单号"),
        FieldSpec(name="编号", type="auto_number", options={"segments": segments}),
    )
    rule = UniqueRule(("平台", "单号"))
    table = await tables.create(system, owner, app.id, TableSpec(name="订单", fields=specs, unique=(rule,)))
    limit = {
        "where": {"kind": "condition", "field": "单号", "op": "is_not_empty"},
        "pairs": [{"field": "平台", "near": "平台"}],
    }
    options = {"table": table.id, "two_way": False, **limit}
    await fields.create(system, owner, table.id, FieldSpec(name="原单", type="link", options=options))
    said = await exporter.export_app(system, owner, app.id)
    exporter.write(said, tmp_path / "rules")
    done = await installer.install_app(system, owner, reader.read(tmp_path / "rules"))
    again = await exporter.export_app(system, owner, done.app)
    assert {k: v for k, v in again.items() if k != "slug"} == {k: v for k, v in said.items() if k != "slug"}
    (made,) = (await system.catalogs.current()).app(done.app).tables
    number, link = made.field("编号").config, made.field("原单").config
    assert number.segments[0].field == made.field("平台").id  # type: ignore[union-attr]
    assert [case.value for case in number.segments[0].cases] == [2]  # type: ignore[union-attr]
    assert [rule.fields for rule in made.definition.unique] == [
        (made.field("平台").id, made.field("单号").id)
    ]
    assert [pair.near for pair in link.pairs] == [made.field("平台").id]  # type: ignore[union-attr]
