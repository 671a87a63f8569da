"""What the steps that write records share: the values to set, and the way through the write path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from runtime import fieldtypes
from runtime.automations.steps.base import Attempt
from runtime.automations.steps.combining import combined
from runtime.catalog import Field, Table
from runtime.definitions.values import Assignment
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import BadValue
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links, write
from runtime.records.change import Change, NewRecord, Patch, Result

CHUNK = 1000
SHOWN = 20
"""Records whose changes are told one by one in a step's output."""


def target_of(table: Table, assignment: Assignment) -> Field:
    """The field that is set. Raises NotFound when it was deleted since."""
    field = table.by_id.get(assignment.field)
    if field is None:
        raise NotFound(
            N_("步骤要写的字段已从「{table}」删除,打开这个自动化改一下"),
            code="unknown_field",
            table=table.name,
        )
    return field


async def assigned(attempt: Attempt, table: Table, assignments: Sequence[Assignment]) -> dict[str, Any]:
    """The fields to set, by id, in wire form. Raises NotFound for a field that was deleted since."""
    fields: dict[str, Any] = {}
    for assignment in assignments:
        field = target_of(table, assignment)
        fields[field.id] = (
            None if assignment.how == "clear" else await attempt.values.wire(assignment.value, field)
        )
    return fields


async def patches(
    attempt: Attempt, table: Table, assignments: Sequence[Assignment], ids: Sequence[str]
) -> list[Patch]:
    """What each of the records gets. Those that something is added to or taken from are locked first."""
    given = await assigned(attempt, table, assignments)
    attempt.input["set"] = given
    mixed = [(target_of(table, one), one) for one in assignments if one.how in ("add", "remove")]
    if not mixed:
        return [Patch(one, given) for one in ids]
    readable = {field: _read(attempt, field, given[field.id]) for field, _ in mixed}
    rows = [parse_record_id(one)[1] for one in ids]
    now = await _stored(attempt, table, [field for field, _ in mixed], rows)
    return [
        Patch(
            record_id(table.number, row),
            given
            | {
                field.id: combined(field, one.how, now[row].get(field.id), readable[field], attempt.context)
                for field, one in mixed
            },
        )
        for row in rows
        if row in now
    ]


def _read(attempt: Attempt, field: Field, wire: Any) -> Any:
    """A wire value as it would be stored; of a link the ids."""
    if field.type == "link":
        return [one["id"] if isinstance(one, dict) else one for one in links.raw(wire)]
    try:
        return fieldtypes.get(field.config).repair(field.config, wire, attempt.context)
    except BadValue as bad:
        raise InvalidInput(
            bad.message.msgid, code=bad.code, field=field.id, field_name=field.name, **bad.message.params
        ) from bad


async def _stored(
    attempt: Attempt, table: Table, fields: Sequence[Field], rows: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """What these fields of the records hold; the rows stay locked, in the order in which every writer locks them."""
    columns = [field for field in fields if field.stored]
    names = "".join(f", {field.column}" for field in columns)
    found = await attempt.tx.fetch(
        f"SELECT id{names} FROM {table.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL"
        " ORDER BY id FOR UPDATE",
        list(rows),
    )
    now = {row["id"]: {field.id: row[field.column] for field in columns} for row in found}
    for field in fields:
        if field.type != "link":
            continue
        number = attempt.table(field.config.table).number  # type: ignore[union-attr]
        pairs = await links.pairs(attempt.tx, field, now)
        for row in now:
            now[row][field.id] = [record_id(number, far) for far in pairs.get(row, ())]
    return now


async def store(
    attempt: Attempt, table: Table, *, creates: tuple[NewRecord, ...] = (), updates: tuple[Patch, ...] = ()
) -> Result:
    """Write one record through the write path. Raises RecordsRejected with its problems."""
    results = await store_many(attempt, table, creates=creates, updates=updates)
    return results[0]


async def hold(attempts: Sequence[Attempt], records: Sequence[str]) -> None:
    """Lock records that several runs are about, in one order, and read them, by one statement where they are of one table."""
    tables: dict[int, list[int]] = defaultdict(list)
    for one in records:
        number, row = parse_record_id(one)
        tables[number].append(row)
    first = attempts[0]
    for number in sorted(tables):
        await first.tx.lock_rows(first.catalog.table_by_number(number).sql, tables[number])


def stand_alone(table: Table, updates: Sequence[Patch]) -> bool:
    """Whether each of these is about a record of ``table`` of its own and sets nothing but its fields: they may be stored as one."""
    states = {name for field in table.fields if field.machine is not None for name in (field.id, field.name)}
    return (
        len({one.id for one in updates}) == len(updates)
        and all(parse_record_id(one.id)[0] == table.number for one in updates)
        and not any(name in states for one in updates for name in one.fields)
    )


async def store_each(attempts: Sequence[Attempt], table: Table, updates: Sequence[Patch]) -> list[Result]:
    """Write one record for each of several runs, all or none of them, each as a change of its own (:func:`stand_alone`)."""
    changes = [
        Change(
            table=table.id,
            actor=attempt.actor,
            source=attempt.source,
            updates=(update,),
            atomic=True,
            typecast=True,
        )
        for attempt, update in zip(attempts, updates, strict=True)
    ]
    outcomes = await write.apply_all_in(attempts[0].system, attempts[0].tx, changes)
    return [outcome.results[0] for outcome in outcomes]


async def store_many(
    attempt: Attempt,
    table: Table,
    *,
    creates: Sequence[NewRecord] = (),
    updates: Sequence[Patch] = (),
    deletes: Sequence[str] = (),
    atomic: bool = True,
) -> list[Result]:
    """Write many records as one change of the history; ``atomic``: all or none.

    In the order of their numbers, as every writer locks them. Raises RecordsRejected where ``atomic`` and one is refused.
    """
    results: list[Result] = []
    change_id: int | None = None
    for some in _chunks(creates, updates, deletes):
        change = Change(
            table=table.id,
            actor=attempt.actor,
            source=attempt.source,
            creates=some[0],
            updates=some[1],
            deletes=some[2],
            atomic=atomic,
            typecast=True,
            change_id=change_id,
        )
        outcome = await write.apply_in(attempt.system, attempt.tx, change)
        change_id = change_id or outcome.change_id or None
        results += outcome.results
    return results


def _chunks(
    creates: Sequence[NewRecord], updates: Sequence[Patch], deletes: Sequence[str]
) -> Iterable[tuple[tuple[NewRecord, ...], tuple[Patch, ...], tuple[str, ...]]]:
    for start in range(0, len(creates), CHUNK):
        yield tuple(creates[start : start + CHUNK]), (), ()
    ordered = sorted(updates, key=lambda one: parse_record_id(one.id))
    for start in range(0, len(ordered), CHUNK):
        yield (), tuple(ordered[start : start + CHUNK]), ()
    gone = sorted(deletes, key=parse_record_id)
    for start in range(0, len(gone), CHUNK):
        yield (), (), tuple(gone[start : start + CHUNK])
