"""Make a record."""

from __future__ import annotations

from runtime.automations.reach import read_snapshot
from runtime.automations.steps.base import Attempt, Done, StepKind
from runtime.automations.steps.update_record import changes
from runtime.automations.steps.writing import assigned, store
from runtime.definitions.record_steps import CreateRecord
from runtime.i18n import N_
from runtime.records.change import NewRecord


class CreateRecordStep(StepKind):
    """In any table of the app; later steps use it by this step's id."""

    id = "create_record"
    name = N_("新建记录")
    description = N_("在任意一张数据表里新建一条,后面的步骤可以接着用它")
    icon = "file-plus-2"
    makes_record = True

    async def carry_out(self, attempt: Attempt, config: CreateRecord) -> Done:
        table = attempt.table(config.table)
        attempt.input["table"] = {"id": table.id, "name": table.name}
        fields = await assigned(attempt, table, config.set)
        attempt.input["set"] = fields
        result = await store(attempt, table, creates=(NewRecord(fields),))
        assert result.id is not None  # noqa: S101 - an atomic change either stores it or raises
        made = await read_snapshot(attempt.system, attempt.catalog, attempt.actor, result.id)
        return Done(
            output={
                "record": made.id,
                "name": made.title,
                "table": table.id,
                "changes": changes(None, made, fields),
            }
        )
