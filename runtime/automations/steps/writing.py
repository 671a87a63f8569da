"""What the steps that write records share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.automations.steps.base import Attempt
from runtime.catalog import Table
from runtime.definitions.values import Assignment
from runtime.errors import NotFound
from runtime.i18n import N_
from runtime.records import write
from runtime.records.change import Change, NewRecord, Patch, Result


async def assigned(attempt: Attempt, table: Table, assignments: Sequence[Assignment]) -> dict[str, Any]:
    """The fields to set, by id, in wire form. Raises NotFound for a field that was deleted since."""
    fields: dict[str, Any] = {}
    for assignment in assignments:
        field = table.by_id.get(assignment.field)
        if field is None:
            raise NotFound(
                N_("步骤要写的字段已从「{table}」删除,打开这个自动化改一下"),
                code="unknown_field",
                table=table.name,
            )
        fields[field.id] = await attempt.values.wire(assignment.value, field)
    return fields


async def store(
    attempt: Attempt, table: Table, *, creates: tuple[NewRecord, ...] = (), updates: tuple[Patch, ...] = ()
) -> Result:
    """Write one record through the write path. Raises RecordsRejected with its problems."""
    change = Change(
        table=table.id,
        actor=attempt.actor,
        source=attempt.source,
        creates=creates,
        updates=updates,
        atomic=True,
        typecast=True,
    )
    outcome = await write.apply_in(attempt.system, attempt.tx, change)
    return outcome.results[0]
