"""Set fields of records."""

from __future__ import annotations

from typing import Any

from runtime.automations.reach import Snapshot
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.targets import is_single, targets
from runtime.automations.steps.writing import patches, store, store_many
from runtime.definitions.record_steps import UpdateRecord
from runtime.i18n import N_


class UpdateRecordStep(StepKind):
    """The trigger's record, one that an earlier step made or found, all that it found, or those a link points at."""

    id = "update_record"
    name = N_("更新记录")
    description = N_("给触发的记录、前面步骤找到或新建的记录填字段")
    icon = "pencil-line"
    outputs = (Named("count", N_("更新的记录数"), "number"),)

    async def carry_out(self, attempt: Attempt, config: UpdateRecord) -> Done:
        if is_single(config):
            return await self._one(attempt, config)
        table, ids = await targets(attempt, config)
        updates = await patches(attempt, table, config.set, ids)
        results = await store_many(attempt, table, updates=updates)
        return Done(
            output={
                "count": len(results),
                "changed": sum(1 for one in results if one.changed),
                "table": table.id,
            }
        )

    async def _one(self, attempt: Attempt, config: UpdateRecord) -> Done:
        before = await attempt.reach.part(config.of, [one.field for one in config.set])
        attempt.input["record"] = {"id": before.id, "name": before.title}
        (update,) = await patches(attempt, before.table, config.set, [before.id])
        result = await store(attempt, before.table, updates=(update,))
        same = not result.changed and all(
            before.wire(before.table.field(key)) == value for key, value in update.fields.items()
        )
        after = before if same else await attempt.reach.part(config.of, update.fields)
        return Done(
            output={
                "record": before.id,
                "count": 1,
                "changed": int(result.changed),
                "changes": changes(before, after, dict(update.fields)),
            }
        )


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
