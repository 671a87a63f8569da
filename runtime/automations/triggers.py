"""Which events an automation waits for. Pure; its ``where`` is asked of the database by :func:`meeting`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Table
from runtime.definitions.queries import Filter
from runtime.definitions.triggers import (
    OF_CHANGES,
    ButtonPressed,
    ConditionsMet,
    FormSubmitted,
    RecordCreated,
    RecordDeleted,
    RecordRestored,
    RecordUpdated,
    StateEntered,
    StateLeft,
    StateMoved,
    Trigger,
    trigger_where,
)
from runtime.events.outbox import Event
from runtime.fieldtypes import BadValue, Context
from runtime.storage.database import Database, Tx
from runtime.storage.query import Compiler

_ACTIONS: dict[type, str] = {
    ButtonPressed: "press",
    RecordCreated: "create",
    RecordDeleted: "delete",
    RecordRestored: "restore",
}


def of_changes(trigger: Trigger) -> bool:
    """Whether it waits for what happens to records; others look at the clock, or are started."""
    return isinstance(trigger, OF_CHANGES)


def asked_later(trigger: Trigger) -> Filter | None:
    """The condition that is asked of the record when its event is looked at; one that it began to meet was asked at once."""
    return None if isinstance(trigger, ConditionsMet) else trigger_where(trigger)


def matches(trigger: Trigger, event: Event, table: Table | None = None) -> bool:
    """Whether ``event``, on the trigger's ``table``, is of the kind it waits for (``where`` not looked at)."""
    change = event.change
    if isinstance(trigger, ConditionsMet) or change.met:
        return isinstance(trigger, ConditionsMet) and change.met
    if isinstance(trigger, FormSubmitted):
        return change.action == "create" and change.channel == "form" and change.source == trigger.form
    action = _ACTIONS.get(type(trigger))
    if action is not None:
        return change.action == action
    if isinstance(trigger, StateEntered) and change.action in ("create", "update"):
        return _in(trigger.states, event.after.get(trigger.field)) and trigger.field in event.after
    if change.action != "update":
        return False
    if isinstance(trigger, RecordUpdated):
        return _updated(trigger, event, table)
    if isinstance(trigger, StateLeft):
        return trigger.field in event.after and _in(trigger.states, event.before.get(trigger.field))
    return isinstance(trigger, StateMoved) and _moved(trigger, event)


def _in(states: tuple[int, ...], state: Any) -> bool:
    return state is not None and (not states or state in states)


def _updated(trigger: RecordUpdated, event: Event, table: Table | None) -> bool:
    if not trigger.fields:
        return not event.change.indirect or bool(event.change.links)
    changed = [key for key in trigger.fields if key in event.after]
    if len(trigger.fields) > 1 or not changed:
        return bool(changed)
    (key,) = changed
    return _among(trigger.sources, event.before.get(key), key, table) and _among(
        trigger.targets, event.after[key], key, table
    )


def _among(wanted: tuple[Any, ...], value: Any, key: str, table: Table | None) -> bool:
    """Whether a value (in the form of the history) is one of ``wanted`` (wire values; any, when empty)."""
    if not wanted:
        return True
    return any(_history_form(one, key, table) == value for one in wanted)


def _history_form(value: Any, key: str, table: Table | None) -> Any:
    field = table.by_id.get(key) if table is not None else None
    if field is None or value is None:
        return value
    kind = fieldtypes.get(field.config)
    try:
        stored = kind.parse(field.config, value, Context())
    except BadValue:
        return value
    return None if stored is None else kind.to_history(field.config, stored)


def _moved(trigger: StateMoved, event: Event) -> bool:
    if trigger.field not in event.after:
        return False
    source, target = event.before.get(trigger.field), event.after[trigger.field]
    return (
        target is not None
        and (not trigger.sources or source in trigger.sources)
        and (not trigger.targets or target in trigger.targets)
    )


async def meeting(
    db: Database | Tx,
    catalog: Catalog,
    table: Table,
    rows: Iterable[int],
    where: Filter | None,
    *,
    trashed: bool = False,
) -> set[int]:
    """Those of ``rows`` that are records still there (``trashed``: or in the trash) and meet ``where``, as they are now.

    Raises:
        InvalidInput, NotFound: ``where`` does not fit the table (any more).
    """
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone))
    found = await db.fetch(
        QueryString(
            "SELECT t.id FROM {} t WHERE t.id = ANY({}::bigint[]) AND {}",
            compiler.source,
            sorted(set(rows)),
            compiler.where(where, with_trash=trashed),
        )
    )
    return {row["id"] for row in found}
