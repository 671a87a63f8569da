"""Finding the one record whose fields hold given values, so that of any number of runs at once one creates it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.automations.steps.base import Attempt
from runtime.automations.steps.writing import target_of
from runtime.catalog import Field, Table
from runtime.definitions.queries import Condition, Group
from runtime.definitions.values import Assignment
from runtime.errors import Duplicate, InvalidInput, RecordsRejected
from runtime.fieldtypes import BadValue
from runtime.i18n import N_
from runtime.ids import record_id
from runtime.records import links
from runtime.records.limits import operator_of
from runtime.storage.query import Compiler

MATCHABLE = frozenset(
    {
        "text",
        "email",
        "url",
        "phone",
        "barcode",
        "number",
        "currency",
        "percent",
        "rating",
        "progress",
        "duration",
        "date",
        "single_select",
        "cascade",
        "member",
        "link",
    }
)
"""Types of fields that records can be matched by."""
_TRIES = 3


@dataclass(frozen=True)
class Wanted:
    """What a record has to hold: wire values by field id."""

    table: Table
    values: dict[str, Any]

    @property
    def complete(self) -> bool:
        """Whether there is something to match by in every field."""
        return bool(self.values) and all(value not in (None, "", []) for value in self.values.values())


async def wanted(attempt: Attempt, table: Table, match: Sequence[Assignment]) -> Wanted:
    """The values to match by, in the form in which the fields hold them.

    Raises:
        InvalidInput: a value cannot stand in its field (an impossible phone number).
        NotFound: a field was deleted.
    """
    values: dict[str, Any] = {}
    for assignment in match:
        field = target_of(table, assignment)
        values[field.id] = _settled(attempt, field, await attempt.values.wire(assignment.value, field))
    attempt.input["match"] = [
        {"field": key, "name": table.field(key).name, "value": value} for key, value in values.items()
    ]
    return Wanted(table, values)


def _settled(attempt: Attempt, field: Field, wire: Any) -> Any:
    if field.type == "link":
        return [one["id"] if isinstance(one, dict) else one for one in links.raw(wire)]
    kind = fieldtypes.get(field.config)
    try:
        return kind.to_wire(field.config, kind.repair(field.config, wire, attempt.context))
    except BadValue as bad:
        raise InvalidInput(
            bad.message.msgid, code=bad.code, field=field.id, field_name=field.name, **bad.message.params
        ) from bad


async def find(attempt: Attempt, looked_for: Wanted) -> str | None:
    """The oldest record that holds the values; None where none does. How many do is noted as the step's input."""
    table = looked_for.table
    compiler = Compiler(attempt.catalog, table, attempt.context)
    where = Group(
        "and", tuple(_condition(table.field(key), value) for key, value in looked_for.values.items())
    )
    rows = await attempt.tx.fetch(
        QueryString(
            "SELECT t.id FROM {} t WHERE {} ORDER BY t.id LIMIT 100", compiler.source, compiler.where(where)
        )
    )
    attempt.input["matched"] = len(rows)
    return record_id(table.number, rows[0]["id"]) if rows else None


def _condition(field: Field, value: Any) -> Condition:
    operator: Any = operator_of(field, "eq")
    if operator is None:
        raise InvalidInput(
            N_("不能按「{field}」查找,换一个字段"), code="bad_match", field=field.id, field_name=field.name
        )
    return Condition(field.id, operator, value)


async def keep_apart(attempt: Attempt, looked_for: Wanted) -> None:
    """Wait for whoever is finding or creating a record of the same values; held until the step is stored."""
    text = repr((looked_for.table.number, sorted(looked_for.values.items())))
    key = int.from_bytes(hashlib.blake2s(text.encode(), digest_size=8).digest(), "big", signed=True)
    await attempt.tx.execute("SELECT pg_advisory_xact_lock($1)", key)


async def find_or_make(
    attempt: Attempt, looked_for: Wanted, make: Callable[[], Awaitable[str]]
) -> tuple[str, bool]:
    """The record that holds the values, and whether ``make`` has just made it.

    Runs keep apart by a lock; somebody who writes otherwise at the same moment is told by a unique rule, if there is
    one: then theirs is taken.
    """
    await keep_apart(attempt, looked_for)
    for number in range(_TRIES):
        found = await find(attempt, looked_for)
        if found is not None:
            return found, False
        try:
            async with attempt.tx.savepoint():
                return await make(), True
        except (Duplicate, RecordsRejected) as error:
            if number == _TRIES - 1 or not _is_duplicate(error):
                raise
    raise AssertionError("unreachable")


def _is_duplicate(error: Duplicate | RecordsRejected) -> bool:
    return isinstance(error, Duplicate) or any(one.code == "duplicate" for one in error.problems)
