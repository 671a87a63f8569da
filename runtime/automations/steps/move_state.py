"""Move records along their state machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.targets import is_single, targets
from runtime.automations.steps.update_record import changes
from runtime.automations.steps.writing import store_many
from runtime.catalog import Field, Table
from runtime.definitions.fields import SingleSelect
from runtime.definitions.record_steps import MoveState
from runtime.errors import NotFound
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records.change import Patch


class MoveStateStep(StepKind):
    """By a transition of the machine, with its guards and effects; what is refused is an outcome, not a failure."""

    id = "move_state"
    name = N_("流转状态")
    description = N_("把记录流转到一个状态;规则不允许时,后面的步骤能用到原因")
    icon = "workflow"
    outcomes = (
        Named("moved", N_("已流转")),
        Named("refused", N_("规则不允许")),
        Named("already", N_("本来就在这个状态")),
    )
    outputs = (
        Named("reason", N_("不允许的原因")),
        Named("count", N_("流转的记录数"), "number"),
        Named("refused_count", N_("不允许的记录数"), "number"),
    )

    async def carry_out(self, attempt: Attempt, config: MoveState) -> Done:
        table, ids = await targets(attempt, config)
        field = state_field(table, config.field)
        choice = field.choices_by_id.get(config.to)
        if choice is None:
            raise NotFound(
                N_("「{field}」里已经没有要流转到的状态,打开这个自动化改一下"),
                code="unknown_choice",
                field=field.id,
                field_name=field.name,
            )
        attempt.input["state"] = choice.name
        elsewhere = await self._elsewhere(attempt, table, field, config.to, ids)
        if not elsewhere:
            return Done("already", {"count": 0, "refused_count": 0, "reason": ""})
        before = await attempt.reach.record(config.of) if is_single(config) else None
        results = await store_many(
            attempt, table, updates=[Patch(one, {field.id: choice.name}) for one in elsewhere], atomic=False
        )
        refused = [one for one in results if one.problems]
        output: dict[str, Any] = {
            "count": len(results) - len(refused),
            "refused_count": len(refused),
            "reason": refused[0].problems[0].message if refused else "",
        }
        if before is not None:
            output["record"] = before.id
            output["changes"] = changes(before, await attempt.reach.record(config.of), {field.id: None})
        return Done("refused" if refused else "moved", output)

    @staticmethod
    async def _elsewhere(
        attempt: Attempt, table: Table, field: Field, choice: int, ids: Sequence[str]
    ) -> list[str]:
        """Those of the records that are not in the state yet; the rows stay locked."""
        rows = await attempt.tx.fetch(
            f"SELECT id FROM {table.sql} WHERE id = ANY($1::bigint[]) AND {field.column} IS DISTINCT FROM $2"
            " ORDER BY id FOR UPDATE",
            [parse_record_id(one)[1] for one in ids],
            choice,
        )
        return [record_id(table.number, row["id"]) for row in rows]


def state_field(table: Table, key: str) -> Field:
    """The select whose state is moved. Raises NotFound when it is gone, or is none (any more)."""
    field = table.by_id.get(key)
    if field is None or not isinstance(field.config, SingleSelect):
        raise NotFound(
            N_("步骤要流转的状态字段已从「{table}」删除,打开这个自动化改一下"),
            code="unknown_field",
            table=table.name,
        )
    return field
