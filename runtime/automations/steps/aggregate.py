"""One number over many records."""

from __future__ import annotations

from typing import Any

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.find_records import asked
from runtime.definitions.queries import Aggregate, AggregateQuery, GroupLevel
from runtime.definitions.record_steps import AggregateRecords
from runtime.i18n import N_
from runtime.records import read


class AggregateStep(StepKind):
    """Counted or added up in the database; no record is read one by one."""

    id = "aggregate"
    name = N_("统计记录")
    description = N_("数一数、加起来、求平均、最大、最小,后面的步骤可以用这个数")
    icon = "sigma"
    outputs = (
        Named("value", N_("统计结果"), "number"),
        Named("count", N_("记录数"), "number"),
        Named("top", N_("最大一组的名称")),
        Named("top_value", N_("最大一组的结果"), "number"),
    )

    async def carry_out(self, attempt: Attempt, config: AggregateRecords) -> Done:
        table = attempt.table(config.table)
        where = await asked(attempt, table, config.where, others=config.others)
        numbers = (Aggregate(config.fn, config.field), Aggregate())
        (total,) = await self._rows(attempt, table.id, AggregateQuery(where=where, aggregates=numbers))
        output: dict[str, Any] = {"value": total.values[0], "count": total.values[1], "table": table.id}
        if config.group is not None:
            query = AggregateQuery(
                where=where, groups=(GroupLevel(config.group),), aggregates=numbers, limit=10_000
            )
            rows = [row for row in await self._rows(attempt, table.id, query) if row.values[0] is not None]
            top = max(rows, key=lambda row: row.values[0], default=None)
            output |= {"top": top.labels[0] if top else "", "top_value": top.values[0] if top else None}
        return Done(output=output)

    @staticmethod
    async def _rows(attempt: Attempt, table: str, query: AggregateQuery) -> list[read.GroupRow]:
        return await read.aggregate(attempt.system, attempt.actor, table, query)
