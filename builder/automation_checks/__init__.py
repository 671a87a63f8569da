"""Whether an automation is sound: every problem at once, each by its path (``steps.2.config.set.0.value``)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from builder.automation_checks.choices import check_choices
from builder.automation_checks.formulas import trigger_types
from builder.automation_checks.reach import Reach
from builder.automation_checks.steps import check_steps, count_steps
from builder.automation_checks.triggers import check_trigger
from builder.validation import Problems, check_description, check_name
from runtime.catalog import App
from runtime.definitions.automations import AutomationDef, trigger_table
from runtime.definitions.triggers import RecordDeleted, trigger_outputs
from runtime.i18n import N_
from runtime.storage.database import Database

MAX_STEPS = 100


async def connector_kinds(db: Database, app_number: int) -> dict[str, str]:
    """``{public id: kind}`` of the app's connectors."""
    rows = await db.fetch(
        "SELECT public_id, kind FROM meta.connector WHERE app_id = $1 AND deleted_at IS NULL", app_number
    )
    return {row["public_id"]: row["kind"] for row in rows}


def check_automation(
    problems: Problems,
    app: App,
    definition: AutomationDef,
    connectors: Mapping[str, str],
    *,
    own: str | None = None,
) -> AutomationDef:
    """The automation as it will be stored: tables and fields by id, steps with ids."""
    taken = [a.definition.name for a in app.automations if a.id != own]
    trigger, table = check_trigger(problems.at("trigger"), app, definition.trigger)
    reach = Reach(app, table, connectors, trigger_outputs(trigger))
    reach.output_types = trigger_types(trigger)
    if trigger_table(trigger) is not None:
        reach.records["trigger"] = table  # a table that is gone is one problem, not one per use
    if isinstance(trigger, RecordDeleted):
        reach.gone = frozenset({"trigger"})
    count = count_steps(definition.steps)
    if count > MAX_STEPS:
        problems.at("steps").add(
            "too_many_steps", N_("步骤最多 {limit} 个,现在有 {count} 个"), limit=MAX_STEPS, count=count
        )
        return definition
    if definition.enabled and not count:
        problems.at("steps").add("no_steps", N_("还没有步骤,先加一个再启用"))
    checked = msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name, taken=taken),
        description=check_description(problems.at("description"), definition.description),
        trigger=trigger,
        steps=check_steps(problems.at("steps"), definition.steps, reach, 1),
    )
    check_choices(problems, app, checked)
    return checked


__all__ = ["check_automation", "connector_kinds"]
