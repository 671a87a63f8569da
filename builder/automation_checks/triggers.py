"""Whether a trigger is sound. A new kind: its check in :data:`CHECKS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from builder.automation_checks import clocks, hooks
from builder.queries import check_filter, find_field
from builder.states import check_value as check_literal
from builder.validation import Problems
from runtime.catalog import App, Field, Table
from runtime.definitions import triggers as defs
from runtime.definitions.fields import SingleSelect
from runtime.i18n import N_

Checked = tuple[Any, Table | None]

LONGEST_SECONDS = 10 * 366 * 86_400


def check_trigger(problems: Problems, app: App, trigger: defs.Trigger) -> tuple[defs.Trigger, Table | None]:
    """The trigger with its fields by id, and the table whose records set it off (None where none do)."""
    checked, table = CHECKS[type(trigger)](problems, app, trigger)
    return checked, table


def check_table(problems: Problems, app: App, trigger: Any) -> Checked:
    """What triggers over a table share: the table is there, and ``where`` fits it."""
    table = next((t for t in app.tables if trigger.table in (t.id, t.name)), None)
    if table is None:
        problems.at("table").add("unknown_table", N_("选一张数据表"), name=trigger.table[:80])
        return trigger, None
    where = check_filter(problems.at("where"), table, trigger.where, viewed=False)
    return msgspec.structs.replace(trigger, table=table.id, where=where), table


def _check_submitted(problems: Problems, app: App, trigger: defs.FormSubmitted) -> Checked:
    form = next((one for one in app.forms if trigger.form in (one.id, one.definition.name)), None)
    if form is None:
        problems.at("form").add("unknown_form", N_("选一个表单"), name=trigger.form[:80])
        return trigger, None
    given = msgspec.structs.replace(trigger, form=form.id, table=form.definition.table)
    return check_table(problems, app, given)


def _check_updated(problems: Problems, app: App, trigger: defs.RecordUpdated) -> Checked:
    checked, table = check_table(problems, app, trigger)
    if table is None:
        return checked, None
    found = [find_field(problems.at("fields").at(i), table, key) for i, key in enumerate(trigger.fields)]
    chosen = list({one.id: one for one in found if one is not None}.values())
    for index, field in enumerate(chosen):
        if field.type in ("button", "created_time", "created_by"):
            problems.at("fields").at(index).add(
                "never_changes", N_("「{name}」不会被修改,选别的字段"), field=field, name=field.name
            )
        elif field.computed and clocks.asks_the_clock(field):
            problems.at("fields").at(index).add(
                "by_the_clock",
                N_("「{name}」随时间变,没有一次次的修改;改用「开始符合条件时」"),
                field=field,
                name=field.name,
            )
    if (trigger.sources or trigger.targets) and len(chosen) == 1:
        _check_values(problems, app, chosen[0], trigger)
    elif trigger.sources or trigger.targets:
        problems.at("targets").add("one_field", N_("只看一个字段时,才能限定从什么值变成什么值"))
    fields = tuple(one.id for one in chosen)
    return msgspec.structs.replace(checked, fields=fields), table


def _check_values(problems: Problems, app: App, field: Field, trigger: defs.RecordUpdated) -> None:
    if field.type == "single_select":
        problems.at("targets").add(
            "use_states",
            N_("「{name}」是选项,用「状态流转时」限定从哪个到哪个"),
            field=field,
            name=field.name,
        )
        return
    for part in ("sources", "targets"):
        for index, value in enumerate(getattr(trigger, part)):
            if value is not None and not field.computed:
                check_literal(problems.at(part).at(index), app, field, value)


def _check_met(problems: Problems, app: App, trigger: defs.ConditionsMet) -> Checked:
    checked, table = check_table(problems, app, trigger)
    if table is not None and checked.where is None:
        problems.at("where").add("no_condition", N_("加一个条件"))
    return checked, table


def _check_moved(problems: Problems, app: App, trigger: defs.StateMoved) -> Checked:
    checked, table = check_table(problems, app, trigger)
    field = find_field(problems.at("field"), table, trigger.field) if table is not None else None
    if field is None:
        return checked, table
    _check_states(problems, field, sources=trigger.sources, targets=trigger.targets)
    return msgspec.structs.replace(checked, field=field.id), table


def _check_in_state(problems: Problems, app: App, trigger: Any) -> Checked:
    checked, table = check_table(problems, app, trigger)
    field = find_field(problems.at("field"), table, trigger.field) if table is not None else None
    if field is None:
        return checked, table
    _check_states(problems, field, states=trigger.states)
    return msgspec.structs.replace(checked, field=field.id), table


def _check_overdue(problems: Problems, app: App, trigger: defs.StateOverdue) -> Checked:
    checked, table = _check_in_state(problems, app, trigger)
    field = table.by_id.get(checked.field) if table is not None else None
    if field is None or not isinstance(field.config, SingleSelect):
        return checked, table
    machine = field.config.machine
    if machine is None:
        problems.at("field").add(
            "no_machine",
            N_("「{name}」没有状态流转,不知道记录从什么时候起在这个状态;先给它设置状态流转"),
            field=field,
            name=field.name,
        )
    elif trigger.seconds is not None:
        if not 60 <= trigger.seconds <= LONGEST_SECONDS:
            problems.at("seconds").add("out_of_range", N_("时限最短 1 分钟,最长 10 年"))
        elif not trigger.states:
            problems.at("states").add("no_states", N_("选哪些状态超过这么久"))
    else:
        _check_limits(problems, field, trigger, machine.limits)
    return checked, table


def _check_limits(
    problems: Problems, field: Field, trigger: defs.StateOverdue, limits: dict[int, int]
) -> None:
    if not trigger.states and not limits:
        problems.at("states").add(
            "no_limits",
            N_("「{name}」的状态都没有时限;在状态流转里设,或在这里填一个"),
            field=field,
            name=field.name,
        )
    for index, number in enumerate(trigger.states):
        if number in field.choices_by_id and number not in limits:
            problems.at("states").at(index).add(
                "no_limit",
                N_("「{state}」没有时限;在状态流转里设,或在这里填一个"),
                state=field.choices_by_id[number].name,
            )


def _check_states(problems: Problems, field: Field, **parts: tuple[int, ...]) -> None:
    if not isinstance(field.config, SingleSelect):
        problems.at("field").add("wrong_type", N_("「{name}」应是单选字段"), field=field, name=field.name)
        return
    for part, numbers in parts.items():
        for index, number in enumerate(numbers):
            if number not in field.choices_by_id:
                problems.at(part).at(index).add(
                    "unknown_choice", N_("「{name}」里没有这个选项"), field=field, name=field.name
                )


def _check_date(problems: Problems, app: App, trigger: defs.DateReached) -> Checked:
    checked, table = check_table(problems, app, trigger)
    field = find_field(problems.at("field"), table, trigger.field) if table is not None else None
    if field is None:
        return checked, table
    clocks.check_date(problems, field, trigger)
    return msgspec.structs.replace(checked, field=field.id), table


def _check_manual(problems: Problems, app: App, trigger: defs.Manual) -> Checked:
    if trigger.table is None:
        return msgspec.structs.replace(trigger, where=None), None
    return check_table(problems, app, trigger)


def _alone(check: Callable[[Problems, Any], Any]) -> Callable[[Problems, App, Any], Checked]:
    return lambda problems, _app, trigger: (check(problems, trigger), None)


CHECKS: dict[type, Callable[[Problems, App, Any], Checked]] = {
    defs.RecordCreated: check_table,
    defs.RecordDeleted: check_table,
    defs.RecordRestored: check_table,
    defs.ButtonPressed: check_table,
    defs.FormSubmitted: _check_submitted,
    defs.RecordUpdated: _check_updated,
    defs.ConditionsMet: _check_met,
    defs.StateMoved: _check_moved,
    defs.StateEntered: _check_in_state,
    defs.StateLeft: _check_in_state,
    defs.StateOverdue: _check_overdue,
    defs.DateReached: _check_date,
    defs.Manual: _check_manual,
    defs.Scheduled: _alone(clocks.check_schedule),
    defs.Webhook: _alone(hooks.check_webhook),
}
"""By kind of trigger: gives the checked trigger and its table, and adds what is wrong."""
