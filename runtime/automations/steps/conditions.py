"""Asking a test: of the record as it is now, or of how an earlier step ended."""

from __future__ import annotations

from typing import Any

from runtime.automations import triggers
from runtime.automations.steps.base import Attempt
from runtime.catalog import Table
from runtime.definitions.automations import OutcomeIs, RecordMeets, Test
from runtime.definitions.queries import Condition, Filter
from runtime.errors import NotFound
from runtime.ids import parse_record_id


async def holds(attempt: Attempt, test: Test) -> bool:
    """Whether ``test`` holds; what was looked at is added to the attempt's input.

    A record that was deleted meets nothing. Raises InvalidInput or NotFound when the condition does not fit the table.
    """
    if isinstance(test, OutcomeIs):
        found = attempt.reach.outcome(test.step)
        attempt.input.setdefault("outcomes", []).append(
            {"step": test.step, "expected": test.outcome, "found": found}
        )
        return found == test.outcome
    return await _record_meets(attempt, test)


async def _record_meets(attempt: Attempt, test: RecordMeets) -> bool:
    number, row = parse_record_id(attempt.reach.record_id(test.of))
    table = attempt.catalog.table_by_number(number)
    found = await triggers.meeting(attempt.tx, attempt.catalog, table, [row], test.where)
    await _note(attempt, table, test)
    return row in found


async def _note(attempt: Attempt, table: Table, test: RecordMeets) -> None:
    try:
        record = await attempt.reach.record(test.of)
    except NotFound:
        attempt.input["deleted"] = True
        return
    attempt.input["record"] = {"id": record.id, "name": record.title}
    looked_at: list[dict[str, Any]] = attempt.input.setdefault("conditions", [])
    for condition in conditions_of(test.where):
        field = table.by_id.get(condition.field)
        looked_at.append(
            {
                "field": condition.field,
                "name": field.name if field else condition.field,
                "op": condition.op,
                "value": condition.value,
                "now": record.text(field) if field else None,
            }
        )


def conditions_of(where: Filter) -> list[Condition]:
    """Every condition of a filter, in order."""
    if isinstance(where, Condition):
        return [where]
    return [condition for item in where.items for condition in conditions_of(item)]
