"""Whether what a step puts into fields, texts and conditions is sound."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from builder.automation_checks.formulas import check_formula
from builder.automation_checks.reach import Reach, reached
from builder.queries import find_field
from builder.states import check_value as check_literal
from builder.validation import Problems
from runtime import fieldtypes
from runtime.automations.steps import kind_of
from runtime.automations.steps.combining import ways
from runtime.automations.values import CREATED, ITSELF
from runtime.catalog import Field, Table
from runtime.definitions.fields import READONLY_TYPES, Link
from runtime.definitions.values import (
    Assignment,
    Before,
    FieldValue,
    FormulaValue,
    FoundRecords,
    Literal_,
    Now,
    PersonValue,
    RecordUrl,
    Shifted,
    StepOutput,
    TextValue,
    Value,
)
from runtime.fieldtypes import BadValue, Context
from runtime.i18n import N_

MAX_ASSIGNMENTS = 200
MAX_TEXT = 4000
MAX_VIA = 3
MAX_SHIFT = 100_000
_MOMENTS = frozenset({"date", "datetime", "text", "long_text"})


def check_set(
    problems: Problems, assignments: tuple[Assignment, ...], table: Table | None, reach: Reach
) -> tuple[Assignment, ...]:
    if table is None:
        return assignments
    if len(assignments) > MAX_ASSIGNMENTS:
        problems.add("too_many_values", N_("一步最多填 {limit} 个字段"), limit=MAX_ASSIGNMENTS)
        return assignments
    checked: dict[str, Assignment] = {}
    managed = {key for stock in reach.app.stocks for key in stock.definition.managed}
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
        elif assignment.how not in ways(field):
            here.at("how").add("bad_way", N_("「{name}」不能这样填"), field=field, name=field.name)
        if assignment.how == "clear":
            checked[field.id] = Assignment(field.id, Literal_(None), "clear")
            continue
        value = check_value(here.at("value"), assignment.value, field, reach)
        checked[field.id] = Assignment(field.id, value, assignment.how)
    return tuple(checked.values())


def check_required(problems: Problems, assignments: tuple[Assignment, ...], table: Table) -> None:
    given = {assignment.field for assignment in assignments}
    for field in table.fields:
        d = field.definition
        if d.required and d.default is None and not d.default_formula and field.id not in given:
            problems.add("required_missing", N_("「{name}」必填,要给它一个值"), field=field, name=field.name)


def check_value(problems: Problems, value: Value, field: Field, reach: Reach) -> Value:
    """A value that goes into ``field``; fields by id."""
    if isinstance(value, Literal_):
        if field.type not in READONLY_TYPES:
            check_literal(problems.at("value"), reach.app, field, value.value)
            _check_admitted(problems.at("value"), field, value.value, reach)
        return value
    if isinstance(value, Now | Shifted) and field.type not in _MOMENTS:
        problems.add("wrong_type", N_("「{name}」不是日期,不能填时间"), field=field, name=field.name)
    if isinstance(value, PersonValue) and field.type not in ("member", "text", "long_text"):
        problems.add("wrong_type", N_("「{name}」不是成员,不能填一个人"), field=field, name=field.name)
    value = check_any(problems, value, reach)
    if isinstance(value, FieldValue):
        check_fit(problems, value, field, reach)
    elif isinstance(value, FoundRecords):
        _check_list_fit(problems, value, field, reach)
    elif field.type == "link" and not isinstance(value, Before | StepOutput | TextValue | FormulaValue):
        problems.add("wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name)
    return value


def _check_admitted(problems: Problems, field: Field, value: Any, reach: Reach) -> None:
    """A person who has left since: the write path would refuse them."""
    if field.type != "member":
        return
    kind = fieldtypes.get(field.config)
    try:
        stored = kind.parse(field.config, value, Context(zone=reach.app.zone))
    except BadValue:
        return  # said already
    try:
        kind.admit(field.config, stored, None)
    except BadValue as bad:
        problems.add(bad.code, bad.message.msgid, field=field, **bad.message.params)


def check_fit(problems: Problems, value: FieldValue, field: Field, reach: Reach) -> None:
    """Links take links to the same table; other fields take anything that is not a link but by its text."""
    table = followed(Problems(), value, reach)
    if table is None or value.field == CREATED:
        return
    if value.field == ITSELF:
        if field.type == "link" and getattr(field.config, "table", None) != table.id:
            problems.add(
                "wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name
            )
        return
    source = table.by_id.get(value.field)
    if source is None:
        return
    if field.type == "link" and not (
        source.type == "link"
        and getattr(source.config, "table", None) == getattr(field.config, "table", None)
    ):
        problems.add("wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name)


def _check_list_fit(problems: Problems, value: FoundRecords, field: Field, reach: Reach) -> None:
    table = reach.records.get(value.step)
    if field.type != "link":
        problems.add("wrong_type", N_("「{name}」不是关联,不能填一组记录"), field=field, name=field.name)
    elif table is not None and getattr(field.config, "table", None) != table.id:
        problems.add("wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name)


def followed(problems: Problems, value: FieldValue, reach: Reach) -> Table | None:
    """The table whose field the value is: of the record it names, or of the one that its links lead to."""
    table = reached(problems.at("of"), value.of, reach)
    if len(value.via) > MAX_VIA:
        problems.at("via").add("too_deep", N_("最多沿着关联走 {limit} 层"), limit=MAX_VIA)
        return None
    for index, key in enumerate(value.via):
        link = None if table is None else find_field(problems.at("via").at(index), table, key)
        if link is None:
            return None
        if not isinstance(link.config, Link):
            problems.at("via").at(index).add(
                "not_a_link", N_("「{name}」不是关联字段"), field=link, name=link.name
            )
            return None
        table = reach.table(link.config.table)
    return table


def check_any(problems: Problems, value: Value, reach: Reach) -> Value:
    """A value that may stand anywhere; fields by id."""
    if isinstance(value, FieldValue):
        return _check_field(problems, value, reach)
    if isinstance(value, StepOutput):
        _check_output(problems, value, reach)
    elif isinstance(value, RecordUrl):
        reached(problems.at("of"), value.of, reach)
    elif isinstance(value, PersonValue):
        if value.who != "actor":
            reached(problems.at("of"), value.of, reach)
    elif isinstance(value, Before):
        return _check_before(problems, value, reach)
    elif isinstance(value, Shifted):
        if not -MAX_SHIFT <= value.amount <= MAX_SHIFT:
            problems.at("amount").add(
                "out_of_range", N_("加减的时间应在 {low} 到 {high} 之间"), low=-MAX_SHIFT, high=MAX_SHIFT
            )
        base = check_any(problems.at("base"), value.base, reach)
        return msgspec.structs.replace(value, base=base)
    elif isinstance(value, FoundRecords):
        if value.step not in reach.lists:
            problems.at("step").add("unknown_list", N_("选前面一个「查找记录」步骤"))
    elif isinstance(value, FormulaValue):
        return check_formula(problems, value, reach, check_any)
    elif isinstance(value, TextValue):
        return check_text(problems, value, reach)
    return value


def _check_field(problems: Problems, value: FieldValue, reach: Reach) -> FieldValue:
    table = followed(problems, value, reach)
    if table is None:
        return value
    if value.via:
        start = reach.records[value.of]
        value = msgspec.structs.replace(value, via=_by_id(start, value.via, reach))
    if value.field in (ITSELF, CREATED):
        return value
    field = find_field(problems.at("field"), table, value.field)
    return value if field is None else msgspec.structs.replace(value, field=field.id)


def _by_id(table: Table | None, via: tuple[str, ...], reach: Reach) -> tuple[str, ...]:
    ids = []
    for key in via:
        assert table is not None  # noqa: S101 - it has been followed before
        link = table.field(key)
        ids.append(link.id)
        table = reach.table(link.config.table)  # type: ignore[union-attr]
    return tuple(ids)


def _check_before(problems: Problems, value: Before, reach: Reach) -> Before:
    table = reach.records.get("trigger")
    if table is None:
        problems.add("no_trigger_record", N_("这个触发条件没有触发的记录,没有改动前的值"))
        return value
    field = find_field(problems.at("field"), table, value.field)
    return value if field is None else Before(field.id)


def _check_output(problems: Problems, value: StepOutput, reach: Reach) -> None:
    step = reach.steps.get(value.step)
    if value.step == "trigger":
        if value.key not in reach.outputs:
            problems.at("key").add("unknown_output", N_("触发条件没有「{key}」这个值"), key=value.key[:40])
    elif step is None:
        problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
    elif value.key not in {o.key for o in kind_of(step.config).outputs_of(step.config)}:
        problems.at("key").add("unknown_output", N_("那个步骤没有「{key}」这个结果"), key=value.key[:40])


def check_text(problems: Problems, text: TextValue, reach: Reach) -> TextValue:
    length = sum(len(part) for part in text.parts if isinstance(part, str))
    if length > MAX_TEXT:
        problems.add("text_too_long", N_("最多 {limit} 个字"), limit=MAX_TEXT)
    parts = [
        part if isinstance(part, str) else check_any(problems.at("parts").at(index), part, reach)
        for index, part in enumerate(text.parts)
    ]
    return TextValue(cast(Any, tuple(parts)))
