"""What set a run off, in a few words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from runtime.catalog import Field, Table
from runtime.definitions import triggers as defs
from runtime.definitions.automations import AutomationDef
from runtime.i18n import N_, Message


def occasion(definition: AutomationDef, table: Table | None, trigger: Any, zone: ZoneInfo) -> Message:
    """``trigger`` is the stored JSON of :class:`runtime.automations.runs.Trigger`."""
    wanted = definition.trigger
    if trigger["action"] == "manual":
        return Message(N_("{who} 手动运行"), {"who": trigger.get("by", "")})
    if isinstance(wanted, defs.RecordUpdated):
        fields = [table.by_id[key].name for key in trigger["after"] if table and key in table.by_id]
        return Message(N_("修改了{fields}"), {"fields": fields})
    if isinstance(wanted, defs.ButtonPressed):
        pressed = [str(label) for label in trigger["after"].values()]
        return Message(N_("{who} 按了「{button}」"), {"who": trigger.get("by", ""), "button": pressed})
    if isinstance(wanted, defs.FormSubmitted):
        who = trigger.get("by", "")
        return Message(N_("{who} 提交了表单"), {"who": who}) if who else Message(N_("有人提交了表单"))
    if isinstance(wanted, defs.StateMoved):
        field = table.by_id.get(wanted.field) if table else None
        return Message(
            N_("从「{source}」到「{target}」"),
            {
                "source": _choice(field, trigger["before"].get(wanted.field)),
                "target": _choice(field, trigger["after"].get(wanted.field)),
            },
        )
    if isinstance(wanted, defs.StateEntered | defs.StateLeft | defs.StateOverdue):
        return _state(wanted, table, trigger)
    if isinstance(wanted, defs.Scheduled):
        return Message(N_("按计划:{at}"), {"at": _moment(trigger, "planned_at", zone)})
    if isinstance(wanted, defs.DateReached):
        field = table.by_id.get(wanted.field) if table else None
        return Message(
            N_("「{field}」的时间到了:{at}"),
            {"field": field.name if field else "?", "at": _moment(trigger, "due_at", zone)},
        )
    return Message(_PLAIN.get(type(wanted), N_("新建了记录")))


_PLAIN: dict[type, str] = {
    defs.RecordCreated: N_("新建了记录"),
    defs.RecordDeleted: N_("删除了记录"),
    defs.RecordRestored: N_("恢复了记录"),
    defs.ConditionsMet: N_("开始符合条件"),
    defs.Webhook: N_("收到推送"),
    defs.Manual: N_("手动运行"),
}


def _state(
    wanted: defs.StateEntered | defs.StateLeft | defs.StateOverdue, table: Table | None, trigger: Any
) -> Message:
    field = table.by_id.get(wanted.field) if table else None
    if isinstance(wanted, defs.StateLeft):
        return Message(
            N_("离开了「{state}」"), {"state": _choice(field, trigger["before"].get(wanted.field))}
        )
    state = _choice(field, trigger["after"].get(wanted.field))
    if isinstance(wanted, defs.StateOverdue):
        return Message(N_("在「{state}」停留太久"), {"state": state})
    return Message(N_("进入了「{state}」"), {"state": state})


def _choice(field: Field | None, number: int | None) -> str:
    found = field.choices_by_id.get(number) if field is not None and number is not None else None
    return found.name if found else "—"


def _moment(trigger: Any, key: str, zone: ZoneInfo) -> str:
    try:
        return f"{datetime.fromisoformat(trigger['output'][key]).astimezone(zone):%Y-%m-%d %H:%M}"
    except (KeyError, ValueError):
        return "—"
