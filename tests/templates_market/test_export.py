"""Export then install is the same app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.access import Actor
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
