"""Whether a change is of the kind that an automation's trigger waits for. Pure: its ``where`` is asked of the database later.

The write path asks before it leaves an event, so that nobody looks at what no automation can want; the relay asks again, of the
automations as they are by then.
"""

from __future__ import annotations

from typing import Any

from runtime import fieldtypes
from runtime.catalog import Table
from runtime.definitions.triggers import (
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
)
from runtime.events.outbox import Event
from runtime.fieldtypes import BadValue, Context

_ACTIONS: dict[type, str] = {
    ButtonPressed: "press",
    RecordCreated: "create",
    RecordDeleted: "delete",
    RecordRestored: "restore",
}


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
