"""Buttons survive a template with their automations; people, whom nobody elsewhere knows, stay behind."""

from __future__ import annotations

from pathlib import Path

from builder import apps, automations, fields, tables, views
from builder.tables import TableSpec
from builder.validation import Problems
from builder.wire import FieldSpec
from runtime import accounts
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.definitions.queries import Condition, Group
from runtime.definitions.tables import AppDef, ViewDef
from runtime.system import System
from templates_market import exporter, installer, reader


async def test_buttons_are_installed_and_people_are_not(system: System, owner: Actor, tmp_path: Path) -> None:
    app = await apps.create(system, owner, AppDef("发货"))
    ann = await accounts.create_user(
        system, email="ann@example.com", password="correct-horse-battery", name="安宁"
    )
    async with system.db.transaction() as tx:
        await put_member(tx, app.number, ann.number, "editor")
    specs = (
        FieldSpec(name="单号"),
        FieldSpec(name="负责人", type="member", default=["$me", ann.id], options={"many": True}),
    )
    table = await tables.create(system, owner, app.id, TableSpec(name="包裹", fields=specs))
    person = table.field("负责人").id
    trigger = {"kind": "button", "table": table.id}
    definition = automations.read_definition(Problems(), {"name": "发出", "trigger": trigger, "steps": []})
    run = await automations.create(system, owner, app.id, definition)
    where = {"kind": "condition", "field": person, "op": "is", "value": "$me"}
    options = {"automation": run.id, "confirm": "发吗", "icon": "truck", "where": where}
    await fields.create(system, owner, table.id, FieldSpec(name="发", type="button", options=options))
    asked = Group("and", (Condition(person, "is", ann.id), Condition(person, "is_any_of", ["$me"])))
    await views.create(system, owner, table.id, ViewDef(name="我的", where=asked))

    exporter.write(await exporter.export_app(system, owner, app.id), tmp_path / "parcels")
    done = await installer.install_app(system, owner, reader.read(tmp_path / "parcels"))
    new = (await system.catalogs.current()).app(done.app)
    (made,) = new.tables
    button = made.field("发").config
    assert button.automation == new.automations[0].id  # type: ignore[union-attr]
    assert (button.confirm, button.icon) == ("发吗", "truck")  # type: ignore[union-attr]
    assert button.where.field == made.field("负责人").id  # type: ignore[union-attr]
    assert made.field("负责人").definition.default == "$me"
    view = next(view for view in made.views if view.definition.name == "我的")
    assert view.definition.where == Group("and", (Condition(made.field("负责人").id, "is_any_of", ["$me"]),))
