"""Whether a trigger is sound. A new kind: its check in :data:`CHECKS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from builder.queries import check_filter, find_field
from builder.validation import Problems
from runtime.catalog import App, Field, Table
from runtime.definitions import triggers as defs
from runtime.definitions.fields import SingleSelect
from runtime.i18n import N_

Checked = tuple[Any, Table | None]


def check_trigger(problems: Problems, app: App, trigger: defs.Trigger) -> tuple[defs.Trigger, Table | None]:
    """The trigger with its fields by id, and the table whose records set it off (None where none do)."""
    checked, table = CHECKS[type(trigger)](problems, app, trigger)
    return checked, table


def check_table(problems: Problems, app: App, trigger: Any) -> Checked:
    """What triggers over a table share: the table is there, and ``where`` fits it."""
    table = next((t for t in app.tables if trigger.table in (t.id, t.name)), None)
    if table is None:
        problems.at("table").add("unknown_table", N_("选一张数据表"))
        return trigger, None
    where = check_filter(problems.at("where"), table, trigger.where, viewed=False)
    return msgspec.structs.replace(trigger, table=table.id, where=where), table


def _check_updated(problems: Problems, app: App, trigger: defs.RecordUpdated) -> Checked:
    checked, table = check_table(problems, app, trigger)
    if table is None:
        return checked, None
    found = [find_field(problems.at("fields").at(i), table, key) for i, key in enumerate(trigger.fields)]
    fields = tuple(dict.fromkeys(f.id for f in found if f is not None))
    return msgspec.structs.replace(checked, fields=fields), table


def _check_moved(problems: Problems, app: App, trigger: defs.StateMoved) -> Checked:
    checked, table = check_table(problems, app, trigger)
    field = find_field(problems.at("field"), table, trigger.field) if table is not None else None
    if field is None:
        return checked, table
    _check_states(problems, field, trigger)
    return msgspec.structs.replace(checked, field=field.id), table


def _check_states(problems: Problems, field: Field, trigger: defs.StateMoved) -> None:
    if not isinstance(field.config, SingleSelect):
        problems.at("field").add("wrong_type", N_("「{name}」应是单选字段"), field=field, name=field.name)
        return
    for part in ("sources", "targets"):
        for index, number in enumerate(getattr(trigger, part)):
            if number not in field.choices_by_id:
                problems.at(part).at(index).add(
                    "unknown_choice", N_("「{name}」里没有这个选项"), field=field, name=field.name
                )


CHECKS: dict[type, Callable[[Problems, App, Any], Checked]] = {
    defs.RecordCreated: check_table,
    defs.ButtonPressed: check_table,
    defs.RecordUpdated: _check_updated,
    defs.StateMoved: _check_moved,
}
"""By kind of trigger: gives the checked trigger and its table, and adds what is wrong."""
