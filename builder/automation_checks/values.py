"""Whether what a step puts into fields and texts is sound."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from builder.automation_checks.reach import Reach, reached
from builder.queries import find_field
from builder.states import check_value as check_literal
from builder.validation import Problems
from runtime.automations.steps import kind_of
from runtime.automations.values import ITSELF
from runtime.catalog import Field, Table
from runtime.definitions.fields import READONLY_TYPES
from runtime.definitions.values import (
    Assignment,
    FieldValue,
    Literal_,
    Now,
    RecordUrl,
    StepOutput,
    TextValue,
    Value,
)
from runtime.i18n import N_

MAX_ASSIGNMENTS = 200
MAX_TEXT = 4000


def check_set(
    problems: Problems, assignments: tuple[Assignment, ...], table: Table | None, reach: Reach
) -> tuple[Assignment, ...]:
    if table is None:
        return assignments
    if len(assignments) > MAX_ASSIGNMENTS:
        problems.add("too_many_values", N_("一步最多填 {limit} 个字段"), limit=MAX_ASSIGNMENTS)
        return assignments
    checked: dict[str, Assignment] = {}
    managed = {
        key for stock in reach.app.stocks for key in stock.definition.managed
    }
    for index, assignment in enumerate(assignments):
        here = problems.at(index)
        field = find_field(here.at("field"), table, assignment.field)
        if field is None:
            continue
        if field.type in READONLY_TYPES or field.id in managed:
            here.at("field").add(
                "not_writable", N_("「{name}」由系统填写,不能修改"), field=field, name=field.name
            )
        elif field.id in checked:
            here.at("field").add("set_twice", N_("「{name}」填了两次"), field=field, name=field.name)
        value = check_value(here.at("value"), assignment.value, field, reach)
        checked[field.id] = Assignment(field.id, value)
    return tuple(checked.values())


def check_required(problems: Problems, assignments: tuple[Assignment, ...], table: Table) -> None:
    given = {assignment.field for assignment in assignments}
    for field in table.fields:
        if field.definition.required and field.definition.default is None and field.id not in given:
            problems.add("required_missing", N_("「{name}」必填,要给它一个值"), field=field, name=field.name)


def check_value(problems: Problems, value: Value, field: Field, reach: Reach) -> Value:
    if isinstance(value, Literal_):
        if field.type not in READONLY_TYPES:
            check_literal(problems.at("value"), reach.app, field, value.value)
        return value
    if isinstance(value, Now) and field.type not in {"date", "datetime", "text", "long_text"}:
        problems.add("wrong_type", N_("「{name}」不是日期,不能填当时的时间"), field=field, name=field.name)
    value = check_any(problems, value, reach)
    if isinstance(value, FieldValue):
        check_fit(problems, value, field, reach)
    return value


def check_fit(problems: Problems, value: FieldValue, field: Field, reach: Reach) -> None:
    """Links take links to the same table; other fields take anything that is not a link but by its text."""
    table = reach.records.get(value.of)
    if value.field == ITSELF:
        if field.type == "link" and table is not None and getattr(field.config, "table", None) != table.id:
            problems.add(
                "wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name
            )
        return
    source = table.by_id.get(value.field) if table is not None else None
    if source is None:
        return
    if field.type == "link" and not (
        source.type == "link"
        and getattr(source.config, "table", None) == getattr(field.config, "table", None)
    ):
        problems.add("wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name)


def check_any(problems: Problems, value: Value, reach: Reach) -> Value:
    """A value that may stand anywhere; fields by id."""
    if isinstance(value, FieldValue):
        table = reached(problems.at("of"), value.of, reach)
        if table is None or value.field == ITSELF:
            return value
        field = find_field(problems.at("field"), table, value.field)
        return value if field is None else msgspec.structs.replace(value, field=field.id)
    if isinstance(value, StepOutput):
        step = reach.steps.get(value.step)
        if value.step == "trigger":
            if value.key not in reach.outputs:
                problems.at("key").add(
                    "unknown_output", N_("触发条件没有「{key}」这个值"), key=value.key[:40]
                )
        elif step is None:
            problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
        elif value.key not in {o.key for o in kind_of(step.config).outputs}:
            problems.at("key").add("unknown_output", N_("那个步骤没有「{key}」这个结果"), key=value.key[:40])
    elif isinstance(value, RecordUrl):
        reached(problems.at("of"), value.of, reach)
    elif isinstance(value, TextValue):
        return check_text(problems, value, reach)
    return value


def check_text(problems: Problems, text: TextValue, reach: Reach) -> TextValue:
    length = sum(len(part) for part in text.parts if isinstance(part, str))
    if length > MAX_TEXT:
        problems.add("text_too_long", N_("最多 {limit} 个字"), limit=MAX_TEXT)
    parts = [
        part if isinstance(part, str) else check_any(problems.at("parts").at(index), part, reach)
        for index, part in enumerate(text.parts)
    ]
    return TextValue(cast(Any, tuple(parts)))
