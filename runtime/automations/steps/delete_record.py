"""Put records into the trash."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.targets import targets
from runtime.automations.steps.writing import store_many
from runtime.definitions.record_steps import DeleteRecord
from runtime.errors import NotFound
from runtime.i18n import N_


class DeleteRecordStep(StepKind):
    """They can be restored from the trash as any other."""

    id = "delete_record"
    name = N_("删除记录")
    description = N_("把触发的记录、找到的记录移进回收站,可以恢复")
    icon = "trash-2"
    outcomes = (Named("deleted", N_("已移进回收站")), Named("gone", N_("没有可删的记录")))
    outputs = (Named("count", N_("删除的记录数"), "number"),)

    async def carry_out(self, attempt: Attempt, config: DeleteRecord) -> Done:
        try:
            table, ids = await targets(attempt, config)
        except NotFound as error:
            if error.error_code == "unknown_field":
                raise
            return Done("gone", {"count": 0})  # somebody was faster
        results = await store_many(attempt, table, deletes=ids)
        return Done("deleted" if results else "gone", {"count": len(results), "table": table.id})
