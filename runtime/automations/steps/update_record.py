"""Set fields of a record."""

from __future__ import annotations

from typing import Any

from runtime.automations.reach import Snapshot
from runtime.automations.steps.base import Attempt, Done, StepKind
from runtime.automations.steps.writing import assigned, store
from runtime.definitions.automations import UpdateRecord
from runtime.i18n import N_
from runtime.records.change import Patch


class UpdateRecordStep(StepKind):
    """The trigger's record, or one that an earlier step made."""

    id = "update_record"
    name = N_("更新记录")
    description = N_("给触发的记录,或前面步骤新建的记录填字段")
    icon = "pencil-line"

    async def carry_out(self, attempt: Attempt, config: UpdateRecord) -> Done:
        before = await attempt.reach.record(config.of)
        attempt.input["record"] = {"id": before.id, "name": before.title}
        fields = await assigned(attempt, before.table, config.set)
        attempt.input["set"] = fields
        await store(attempt, before.table, updates=(Patch(before.id, fields),))
        attempt.reach.forget(config.of)
        after = await attempt.reach.record(config.of)
        return Done(output={"record": before.id, "changes": changes(before, after, fields)})


def changes(before: Snapshot | None, after: Snapshot, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """What became of the fields, as text: ``{field, name, before, after}``."""
    return [
        {
            "field": key,
            "name": after.table.field(key).name,
            "before": before.text(after.table.field(key)) if before else "",
            "after": after.text(after.table.field(key)),
        }
        for key in fields
    ]
