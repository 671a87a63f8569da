"""The checks of steps about the course of a run: loops, waits, other automations, stops."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from builder.automation_checks.reach import Reach, reached
from builder.automation_checks.values import check_any, check_text
from builder.queries import check_filter, find_field
from builder.validation import Problems
from runtime.catalog import Table
from runtime.definitions.automations import trigger_table
from runtime.definitions.fields import Link
from runtime.definitions.flow import (
    FoundRecords,
    LinkedRecords,
    ListItems,
    Over,
    RunAutomation,
    Span,
    Stop,
    Until,
    UntilField,
    UntilMeets,
    UntilTime,
    Wait,
)
from runtime.i18n import N_

MAX_WAIT_DAYS = 366
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOMENTS = {"date", "datetime", "created_time", "updated_time"}


def check_over(problems: Problems, over: Over, reach: Reach) -> tuple[Over, Table | None]:
    """What a loop goes over, and the table of its records (None: it goes over values, or is not sound)."""
    if isinstance(over, ListItems):
        return ListItems(check_any(problems.at("value"), over.value, reach)), None
    if isinstance(over, FoundRecords):
        step = reach.steps.get(over.step)
        if step is None or step.config.__struct_config__.tag != "find_records":
            problems.at("step").add("unknown_step", N_("选前面的一个「查找记录」步骤"))
            return over, None
        return over, reach.records.get(over.step)
    table = reached(problems.at("of"), over.of, reach)
    field = find_field(problems.at("field"), table, over.field) if table is not None else None
    if field is None:
        return over, None
    if not isinstance(field.config, Link):
        problems.at("field").add("wrong_type", N_("「{name}」应是关联字段"), field=field, name=field.name)
        return over, None
    return LinkedRecords(field.id, over.of), reach.table(field.config.table)


def check_wait(problems: Problems, config: Wait, reach: Reach) -> Any:
    """ "Wait"."""
    return Wait(_check_until(problems.at("until"), config.until, reach))


def _check_until(problems: Problems, until: Until, reach: Reach) -> Until:
    if isinstance(until, UntilTime):
        if not _CLOCK.fullmatch(until.at):
            problems.at("at").add("bad_time", N_("时刻写成 09:30 这样,从 00:00 到 23:59"))
        return until
    if isinstance(until, UntilField):
        table = reached(problems.at("of"), until.of, reach)
        field = find_field(problems.at("field"), table, until.field) if table is not None else None
        if until.shift is not None:
            _check_span(problems.at("shift"), until.shift, negative=True)
        if field is None:
            return until
        if (field.type if field.type != "formula" else getattr(field.config, "result", "")) not in _MOMENTS:
            problems.at("field").add("wrong_type", N_("「{name}」应是日期字段"), field=field, name=field.name)
        return msgspec.structs.replace(until, field=field.id)
    if isinstance(until, UntilMeets):
        _check_span(problems.at("limit"), until.limit)
        table = reached(problems.at("of"), until.of, reach)
        if table is None:
            return until
        where = check_filter(problems.at("where"), table, until.where, viewed=False)
        if where is None:
            problems.at("where").add("no_condition", N_("加一个条件"))
            return until
        return msgspec.structs.replace(until, where=where)
    _check_span(problems.at("span"), until.span)
    return until


def _check_span(problems: Problems, span: Span, *, negative: bool = False) -> None:
    most = MAX_WAIT_DAYS * 86400
    low = -most if negative else 1
    if not low <= span.seconds <= most:
        problems.at("amount").add("out_of_range", N_("时间要在 1 秒到 {days} 天之间"), days=MAX_WAIT_DAYS)


def check_run(problems: Problems, config: RunAutomation, reach: Reach) -> Any:
    """ "Run another automation"."""
    found = next((a for a in reach.app.automations if config.automation in (a.id, a.definition.name)), None)
    if found is None:
        problems.at("automation").add(
            "unknown_automation", N_("选要运行的自动化"), name=config.automation[:80]
        )
        return config
    wanted = trigger_table(found.definition.trigger)
    if wanted is not None and config.of is None:
        problems.at("of").add("no_record", N_("选交给它哪条记录"))
    elif wanted is not None and config.of is not None:
        table = reached(problems.at("of"), config.of, reach)
        if table is not None and table.id != wanted:
            other = reach.table(wanted)
            problems.at("of").add(
                "wrong_table",
                N_("自动化「{name}」要「{table}」里的记录"),
                name=found.definition.name,
                table=other.name if other else "",
            )
    of = config.of if wanted is not None else None
    return msgspec.structs.replace(config, automation=found.id, of=of)


def check_stop(problems: Problems, config: Stop, reach: Reach) -> Any:
    """ "Stop here"."""
    text = check_text(problems.at("text"), config.text, reach)
    if config.failed and not any(not isinstance(part, str) or part.strip() for part in text.parts):
        problems.at("text").add("empty_text", N_("写一句原因,处理的人会看到"))
    return msgspec.structs.replace(config, text=text)
