"""Automations: storing, changing, ordering them.

An automation may be stored with problems only while it is switched off; switching it on needs a sound one
(:mod:`builder.automation_checks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from builder.automation_checks import check_automation, connector_kinds
from builder.deleted_names import name_deleted
from builder.edit import Edit, editing
from builder.validation import Problems
from builder.versions import check_version
from builder.wire import decode
from runtime.access import Actor
from runtime.automations import timetable
from runtime.catalog import App, Automation, Catalog
from runtime.definitions.automations import AutomationDef
from runtime.ids import new_id
from runtime.system import System


async def create(system: System, actor: Actor, app_id: str, definition: AutomationDef) -> Automation:
    """Add an automation to an app."""
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        definition = await _accept(system, app, definition, None)
        stored = await edit.create("automation", definition, app=app.number)
        edit.tell(app_id)
        return await begun(edit, stored.id)


async def _accept(system: System, app: App, definition: AutomationDef, own: str | None) -> AutomationDef:
    """The checked definition. What is wrong with a switched-off one is left for later, unless it is its name."""
    problems = Problems()
    checked = check_automation(
        problems, app, definition, await connector_kinds(system.db, app.number), own=own
    )
    if not definition.enabled:
        problems.found[:] = [
            p for p in problems.found if (p.path or "").split(".")[0] in ("name", "description")
        ]
    await name_deleted(system.db, problems)
    problems.raise_any()
    return checked


async def problems_of(system: System, catalog: Catalog, automation: Automation) -> Problems:
    """What stands against switching the automation on; empty when nothing does."""
    app = catalog.app(automation.app_id)
    problems = Problems()
    definition = msgspec.structs.replace(automation.definition, enabled=True)
    check_automation(
        problems, app, definition, await connector_kinds(system.db, app.number), own=automation.id
    )
    await name_deleted(system.db, problems)
    return problems


async def update(
    system: System,
    actor: Actor,
    automation_id: str,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Automation:
    """Change an automation; ``changes`` are the keys of its JSON that change, each as a whole."""
    async with editing(system, actor, automation_id) as edit:
        automation = edit.catalog.automation(automation_id)
        check_version(automation, version)
        problems = Problems()
        body = {**msgspec.to_builtins(automation.definition), **changes}
        definition = read_definition(problems, body)
        app = edit.catalog.app(automation.app_id)
        definition = await _accept(system, app, definition, automation_id)
        await edit.change(await edit.live(automation_id, "automation"), definition)
        edit.tell(app.id, *_buttons_of(app, automation_id))
        return await begun(edit, automation_id, automation)


async def begun(edit: Edit, automation_id: str, before: Automation | None = None) -> Automation:
    """The automation as stored. One that was switched on begins to look at the clock from now; one that waits for a
    condition knows from here on which records meet it."""
    catalog = await edit.refresh()
    automation = catalog.automation(automation_id)
    if automation.definition.enabled and before is not None and not before.definition.enabled:
        await timetable.begin_anew(edit.tx, automation.number)
    await timetable.take_down_again(edit.tx, catalog, automation.number)
    return automation


async def delete(system: System, actor: Actor, automation_id: str) -> None:
    """Put an automation into the trash. Runs under way end as they began."""
    async with editing(system, actor, automation_id) as edit:
        automation = edit.catalog.automation(automation_id)
        await edit.trash(await edit.live(automation_id, "automation"))
        app = edit.catalog.app(automation.app_id)
        edit.tell(automation.app_id, *_buttons_of(app, automation_id))


def _buttons_of(app: App, automation_id: str) -> list[str]:
    """Tables whose buttons run the automation: open ones are to show whether they still can."""
    return [
        table.id
        for table in app.tables
        if any(getattr(field.config, "automation", None) == automation_id for field in table.fields)
    ]


async def reorder(system: System, actor: Actor, app_id: str, ids: list[str]) -> None:
    """Put the automations of an app into this order; those not named follow."""
    async with editing(system, actor, app_id) as edit:
        await edit.reorder("automation", ids, [a.id for a in edit.catalog.app(app_id).automations])
        edit.tell(app_id)


def read_definition(problems: Problems, value: Mapping[str, Any]) -> AutomationDef:
    """An automation from JSON; steps may come without ids. Raises InvalidDefinition."""
    definition = decode(problems, with_step_ids(value), AutomationDef)
    problems.raise_any()
    return cast(AutomationDef, definition)


def with_step_ids(value: Any) -> Any:
    """JSON with an id for every step that has none."""
    if isinstance(value, Mapping):
        answer = {key: with_step_ids(item) for key, item in value.items()}
        if isinstance(value.get("config"), Mapping) and not value.get("id"):
            answer["id"] = new_id("stp")
        return answer
    if isinstance(value, list | tuple):
        return [with_step_ids(item) for item in value]
    return value
