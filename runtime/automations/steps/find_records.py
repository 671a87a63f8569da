"""Find records."""

from __future__ import annotations

from piccolo.querystring import QueryString

from runtime.automations.operands import resolve_filter
from runtime.automations.reach import TRIGGER
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.conditions import conditions_of
from runtime.catalog import Table
from runtime.definitions.queries import Condition, Filter, Group
from runtime.definitions.record_steps import MOST_RECORDS, FindRecords
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.storage.query import Compiler, order_by


class FindRecordsStep(StepKind):
    """The first one is reached by this step's id; a loop or a step over "all of them" takes the list."""

    id = "find_records"
    name = N_("查找记录")
    description = N_("按条件找一张表里的记录,后面的步骤可以用找到的第一条、全部或条数")
    icon = "search"
    outcomes = (Named("found", N_("找到了")), Named("none", N_("一条也没有")))
    outputs = (Named("count", N_("找到的条数"), "number"),)

    async def carry_out(self, attempt: Attempt, config: FindRecords) -> Done:
        table = attempt.table(config.table)
        where = await asked(attempt, table, config.where, others=config.others)
        compiler = Compiler(attempt.catalog, table, attempt.context)
        limit = max(1, min(config.limit, MOST_RECORDS))
        rows = await attempt.tx.fetch(
            QueryString(
                f"SELECT t.id FROM {{}} t WHERE {{}} ORDER BY {order_by(compiler.keys(config.sorts))} LIMIT {limit}",
                compiler.source,
                compiler.where(where),
            )
        )
        ids = [record_id(table.number, row["id"]) for row in rows]
        output = {"count": len(ids), "records": ids, "table": table.id}
        if ids:
            output["record"] = ids[0]
        return Done("found" if ids else "none", output)


async def asked(attempt: Attempt, table: Table, where: Filter | None, *, others: bool) -> Filter | None:
    """The complete condition over ``table``, with plain operands; what is looked for is noted as the step's input."""
    attempt.input["table"] = {"id": table.id, "name": table.name}
    found = await resolve_filter(attempt.values, table, where)
    if found is not None:
        attempt.input["conditions"] = [
            {
                "field": one.field,
                "name": table.by_id[one.field].name if one.field in table.by_id else one.field,
                "op": one.op,
                "value": one.value,
            }
            for one in conditions_of(found)
        ]
    own = attempt.run.record
    if others and own is not None and parse_record_id(own)[0] == table.number:
        itself = Condition("$id", "is_not", attempt.reach.record_id(TRIGGER))
        return Group("and", (itself,) if found is None else (found, itself))
    return found
