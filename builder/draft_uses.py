"""What drafts of automations use: nothing of it runs, but whoever edits them wants to know before it is deleted."""

from __future__ import annotations

import msgspec

from builder.references import Use, mentions
from runtime.catalog import App
from runtime.definitions.automations import AutomationDef
from runtime.storage.database import Database, Tx


async def uses_in_drafts(db: Database | Tx, app: App, wanted: set[str]) -> list[Use]:
    """Every place in drafts of the app's automations that mentions one of ``wanted``, the automations themselves aside."""
    numbers = {one.number: one for one in app.automations if one.id not in wanted}
    rows = await db.fetch(
        "SELECT automation_id, body FROM meta.automation_draft WHERE automation_id = ANY($1::integer[])"
        " ORDER BY automation_id",
        sorted(numbers),
    )
    found = []
    for row in rows:
        automation = numbers[row["automation_id"]]
        draft = msgspec.json.decode(row["body"], type=AutomationDef)
        for path, target in mentions((draft.trigger, draft.steps)):
            if target in wanted:
                place = path.replace("0", "trigger", 1) if path.startswith("0") else f"steps{path[1:]}"
                name = automation.definition.name
                found.append(Use("automation", automation.id, name, place, target, draft=True))
    return found
