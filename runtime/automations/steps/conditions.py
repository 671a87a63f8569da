"""Asking a test: of a record as it is now, of how an earlier step ended, of values, of a formula, of several tests."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.automations import triggers
from runtime.automations.comparing import compares
from runtime.automations.operands import resolve_filter
from runtime.automations.steps.base import Attempt, Outcomes
from runtime.catalog import Table
from runtime.definitions.queries import Condition, Filter, Group
from runtime.definitions.step_tests import Compare, FormulaHolds, GroupOfTests, OutcomeIs, RecordMeets, Test
from runtime.errors import NotFound
from runtime.ids import parse_record_id


async def holds(attempt: Attempt, test: Test) -> bool:
    """Whether ``test`` holds; what was looked at is added to the attempt's input.

    A record that was deleted meets nothing. Raises InvalidInput or NotFound when a condition does not fit its table.
    """
    if isinstance(test, GroupOfTests):
        return await _group(attempt, test)
    if isinstance(test, OutcomeIs):
        return _ended(test, attempt.reach.outcome, attempt.input)
    if isinstance(test, Compare):
        return await _compare(attempt, test)
    if isinstance(test, FormulaHolds):
        answer = await attempt.values.formula(test.formula)
        attempt.input.setdefault("formulas", []).append(attempt.values.said(answer))
        return answer is True
    return await _record_meets(attempt, test)


def foregone(test: Test | None, outcome: Outcomes, said: dict[str, Any]) -> bool | None:
    """Whether ``test`` holds, where that follows from how earlier steps ended (none always holds); else None."""
    if test is None:
        return True
    return _ended(test, outcome, said) if isinstance(test, OutcomeIs) else None


def _ended(test: OutcomeIs, outcome: Outcomes, said: dict[str, Any]) -> bool:
    found = outcome(test.step)
    said.setdefault("outcomes", []).append({"step": test.step, "expected": test.outcome, "found": found})
    return found == test.outcome


async def _group(attempt: Attempt, test: GroupOfTests) -> bool:
    """As far as it has to be asked: a later test may need a record that is only there when an earlier one holds."""
    for item in test.items:
        found = await holds(attempt, item)
        if test.match == "all" and not found:
            return False
        if test.match != "all" and found:
            return test.match == "any"
    return test.match != "any"


async def _compare(attempt: Attempt, test: Compare) -> bool:
    left = await attempt.values.plain(test.left)
    right = None if test.right is None else await attempt.values.plain(test.right)
    answer = compares(left, test.op, right, attempt.context)
    said = attempt.values.said
    attempt.input.setdefault("comparisons", []).append(
        {"left": said(left), "op": test.op, "right": said(right), "holds": answer}
    )
    return answer


async def _record_meets(attempt: Attempt, test: RecordMeets) -> bool:
    number, row = parse_record_id(attempt.reach.record_id(test.of))
    table = attempt.catalog.table_by_number(number)
    where = await resolve_filter(attempt.values, table, test.where)
    found = await triggers.meeting(attempt.tx, attempt.catalog, table, [row], where)
    await _note(attempt, table, msgspec.structs.replace(test, where=where or Group()))
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
