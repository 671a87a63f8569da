"""Set fields of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.automations.reach import Snapshot
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.targets import is_single, targets
from runtime.automations.steps.writing import hold, patches, stand_alone, store, store_each, store_many
from runtime.definitions.record_steps import UpdateRecord
from runtime.i18n import N_
from runtime.records.change import Patch, Result


class UpdateRecordStep(StepKind):
    """The trigger's record, one that an earlier step made or found, all that it found, or those a link points at."""

    id = "update_record"
    name = N_("更新记录")
    description = N_("给触发的记录、前面步骤找到或新建的记录填字段")
    icon = "pencil-line"
    outputs = (Named("count", N_("更新的记录数"), "number"),)

    together = True

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

    async def carry_out_all(self, attempts: Sequence[Attempt], config: UpdateRecord) -> list[Done]:
        if not is_single(config) or len(attempts) == 1:
            return await super().carry_out_all(attempts, config)
        await hold(attempts, [attempt.reach.record_id(config.of) for attempt in attempts])
        begun = [await self._begin(attempt, config) for attempt in attempts]
        table = begun[0][0].table
        if not stand_alone(table, [update for _, update in begun]):
            stored = [
                await store(attempt, before.table, updates=(update,))
                for attempt, (before, update) in zip(attempts, begun, strict=True)
            ]
        else:
            stored = await store_each(attempts, table, [update for _, update in begun])
            await hold(attempts, [before.id for before, _ in begun])
        return [
            await self._told(attempt, before, update, result)
            for attempt, (before, update), result in zip(attempts, begun, stored, strict=True)
        ]

    async def _one(self, attempt: Attempt, config: UpdateRecord) -> Done:
        before, update = await self._begin(attempt, config)
        result = await store(attempt, before.table, updates=(update,))
        return await self._told(attempt, before, update, result)

    async def _begin(self, attempt: Attempt, config: UpdateRecord) -> tuple[Snapshot, Patch]:
        """The record as it is, and what it is to get."""
        before = await attempt.reach.part(config.of, [one.field for one in config.set])
        attempt.input["record"] = {"id": before.id, "name": before.title}
        (update,) = await patches(attempt, before.table, config.set, [before.id])
        return before, update

    async def _told(self, attempt: Attempt, before: Snapshot, update: Patch, result: Result) -> Done:
        same = not result.changed and all(
            before.wire(before.table.field(key)) == value for key, value in update.fields.items()
        )
        after = before if same else await attempt.reach.part_of(before.id, update.fields)
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
