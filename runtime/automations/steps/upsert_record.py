"""Update the record that matches, or create it."""

from __future__ import annotations

from typing import Any

from runtime.automations.reach import read_snapshot
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.matching import find_or_make, wanted
from runtime.automations.steps.update_record import changes
from runtime.automations.steps.writing import assigned, patches, store
from runtime.definitions.record_steps import UpsertRecord
from runtime.i18n import N_
from runtime.records.change import NewRecord


class UpsertRecordStep(StepKind):
    """One find, one write; two runs at once never make two."""

    id = "upsert_record"
    name = N_("更新或新建记录")
    description = N_("按几个字段找一条记录:有就更新,没有就新建,同时来两次也只有一条")
    icon = "file-pen-line"
    makes_record = True
    outcomes = (
        Named("updated", N_("已有,更新了")),
        Named("created", N_("没有,新建了")),
        Named("empty", N_("用来查找的值是空的")),
    )

    async def carry_out(self, attempt: Attempt, config: UpsertRecord) -> Done:
        table = attempt.table(config.table)
        attempt.input["table"] = {"id": table.id, "name": table.name}
        looked_for = await wanted(attempt, table, config.match)
        if not looked_for.complete:
            return Done("empty")

        async def make() -> str:
            fields = looked_for.values | await assigned(attempt, table, (*config.set, *config.create))
            attempt.input["set"] = fields
            result = await store(attempt, table, creates=(NewRecord(fields),))
            assert result.id is not None  # noqa: S101 - an atomic change either stores it or raises
            return result.id

        record, created = await find_or_make(attempt, looked_for, make)
        told: dict[str, Any] = {}
        if created:
            told = attempt.input["set"]
            before = None
        else:
            before = await read_snapshot(attempt.system, attempt.catalog, attempt.actor, record)
            for update in await patches(attempt, table, config.set, [record]):
                told = dict(update.fields)
                await store(attempt, table, updates=(update,))
        after = await read_snapshot(attempt.system, attempt.catalog, attempt.actor, record)
        return Done(
            "created" if created else "updated",
            {
                "record": record,
                "name": after.title,
                "table": table.id,
                "changes": changes(before, after, told),
            },
        )
