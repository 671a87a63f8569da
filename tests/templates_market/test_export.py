"""Export then install is the same app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builder import automations, fields
from runtime.access import Actor
from runtime.definitions.automations import AutomationDef, Step, UpdateRecord
from runtime.definitions.triggers import FormSubmitted
from runtime.definitions.values import Assignment, Literal_
from runtime.ids import new_id
from runtime.system import System
from templates_market import exporter, installer, reader


async def _said(system: System, owner: Actor, app_id: str) -> dict[str, Any]:
    said = await exporter.export_app(system, owner, app_id)
    said.pop("slug")
    return said


async def test_an_exported_app_installs_as_the_same_app(system: System, owner: Actor, tmp_path: Path) -> None:
    first = await installer.install_app(system, owner, reader.find("order-pool"), with_records=False)
    said = await exporter.export_app(system, owner, first.app)
    exporter.write(said, tmp_path / "pool")
    template = reader.read(tmp_path / "pool")
    second = await installer.install_app(system, owner, template)
    assert await _said(system, owner, second.app) == await _said(system, owner, first.app)
    app = (await system.catalogs.current()).app(second.app)
    assert [f.name for f in app.tables[0].fields][:3] == ["订单ID", "订单状态", "渠道来源"]


async def test_nothing_secret_or_personal_leaves(system: System, owner: Actor, tmp_path: Path) -> None:
    done = await installer.install_app(system, owner, reader.find("order-pool"))
    path = exporter.write(await exporter.export_app(system, owner, done.app), tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "fld" not in text
    assert "1990000" not in text


async def test_forms_go_along_without_what_is_gone(system: System, owner: Actor, tmp_path: Path) -> None:
    done = await installer.install_app(system, owner, reader.find("order-pool"), with_records=False)
    app = (await system.catalogs.current()).app(done.app)
    table = next(table for table in app.tables if table.name == "异常登记")
    (form,) = app.forms
    named = {field.id: field.name for field in table.fields}
    assert [named[q.field] for q in form.definition.questions if q.where is not None] == [
        "缺少数量",
        "物流单号",
    ]
    trigger = FormSubmitted(form.id)
    tell = Step(new_id("stp"), UpdateRecord((Assignment(table.field("说明").id, Literal_("收到")),)))
    definition = AutomationDef(name="登记以后", trigger=trigger, steps=(tell,))
    await automations.create(system, owner, app.id, definition)
    await fields.delete(system, owner, table.field("物流单号").id, confirmed=True)
    exporter.write(await exporter.export_app(system, owner, done.app), tmp_path / "pool")
    second = await installer.install_app(system, owner, reader.read(tmp_path / "pool"))
    app = (await system.catalogs.current()).app(second.app)
    (copy,) = app.forms
    assert len(copy.definition.questions) == len(form.definition.questions) - 1
    started = [a.definition.trigger for a in app.automations if a.definition.name == "登记以后"]
    assert started == [FormSubmitted(copy.id, copy.definition.table)]
    secrets = await system.db.fetch("SELECT secret_hash FROM meta.form")
    assert len({row["secret_hash"] for row in secrets}) == 2
