"""Whether a formula in a step is sound, and what it reads: fields of a record in reach, and other values by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from builder.automation_checks.reach import Reach, reached
from builder.validation import Problems
from runtime import fieldtypes, formulas
from runtime.automations.steps import kind_of
from runtime.automations.values import CREATED, ITSELF, formula_infos
from runtime.catalog import Table
from runtime.definitions.fields import Link
from runtime.definitions.triggers import Trigger, Webhook
from runtime.definitions.values import (
    Before,
    FieldValue,
    FormulaValue,
    FoundRecords,
    Now,
    Shifted,
    StepOutput,
    Value,
)
from runtime.i18n import N_

MAX_NAMES = 50

Check = Callable[[Problems, Any, Reach], Value]


def check_formula(problems: Problems, value: FormulaValue, reach: Reach, check: Check) -> FormulaValue:
    """The formula with fields by id; what is wrong with it tells the characters ``start`` to ``end``."""
    names = _names(problems.at("names"), value, reach, check)
    table = reach.records.get(value.of)
    infos = formula_infos(table)
    ids = {info.name: key for key, info in infos.items()}
    types: dict[str, Any] = {}
    for name, inner in names.items():
        if name in ids or name in infos:
            problems.at("names").at(name).add(
                "name_taken", N_("「{name}」和字段同名,换一个叫法"), name=name[:40]
            )
        types[name] = type_of(inner, reach)
        infos[name] = formulas.FieldInfo(name=name, type=formulas.ValueType(types[name]))
        ids[name] = name
    value = msgspec.structs.replace(value, names=names, types=types)
    here = problems.at("source")
    if not value.source.strip():
        here.add("formula_empty", N_("写一个公式"))
        return value
    try:
        checked = formulas.check(value.source, infos)
        source = formulas.bind(value.source, ids)
    except formulas.FormulaRejected as rejected:
        said = {key: given for key, given in rejected.message.params.items() if key != "field"}
        params = {**said, "start": rejected.start, "end": rejected.end}
        here.add(rejected.error_code, rejected.message.msgid, **params)
        return value
    if checked.fields - set(names) and table is None:
        reached(problems.at("of"), value.of, reach)
    return msgspec.structs.replace(value, source=source)


def _names(problems: Problems, value: FormulaValue, reach: Reach, check: Check) -> dict[str, Any]:
    if len(value.names) > MAX_NAMES:
        problems.add("too_many_values", N_("一个公式最多用 {limit} 个别处的值"), limit=MAX_NAMES)
        return value.names
    checked: dict[str, Any] = {}
    for name, inner in value.names.items():
        here = problems.at(name)
        if not name.strip() or len(name) > 80 or "{" in name or "}" in name:
            here.add("bad_name", N_("公式里的叫法不能为空,也不能有花括号"))
        if isinstance(inner, FormulaValue):
            here.add("formula_in_formula", N_("公式里不能再套公式,直接写在一起"))
            continue
        checked[name] = check(here, inner, reach)
    return checked


def type_of(value: Value, reach: Reach) -> str:
    """The type that a formula sees of a value."""
    if isinstance(value, Now):
        return "datetime"
    if isinstance(value, Shifted):
        exact = value.unit in ("minute", "hour")
        return "datetime" if exact else type_of(value.base, reach)
    if isinstance(value, FoundRecords):
        return "number"
    if isinstance(value, StepOutput) and value.step == "trigger":
        return reach.output_types.get(value.key, "text")
    if isinstance(value, StepOutput):
        step = reach.steps.get(value.step)
        outputs = kind_of(step.config).outputs_of(step.config) if step is not None else ()
        return next((one.type for one in outputs if one.key == value.key), "text")
    table = _table_of(value, reach)
    key = value.field if isinstance(value, FieldValue | Before) else ITSELF
    if key == CREATED:
        return "datetime"
    field = table.by_id.get(key) if table is not None else None
    if field is None:
        return "text"
    if isinstance(field.config, Link):
        return "list"
    info = formula_infos(table).get(field.id)
    return (
        info.type.value
        if info is not None
        else fieldtypes.get(field.config).formula_type(field.config) or "text"
    )


def trigger_types(trigger: Trigger) -> dict[str, str]:
    """What formulas take the values for that come with a trigger; text, where nothing is said."""
    if isinstance(trigger, Webhook):
        kinds = {"number": "number", "boolean": "boolean", "list": "list"}
        return {value.key: kinds.get(value.type, "text") for value in trigger.values} | {
            "received_at": "datetime"
        }
    return {
        "planned_at": "datetime",
        "planned_day": "date",
        "due_at": "datetime",
        "since": "datetime",
        "submitted_at": "datetime",
    }


def _table_of(value: Value, reach: Reach) -> Table | None:
    if isinstance(value, Before):
        return reach.records.get("trigger")
    if not isinstance(value, FieldValue):
        return None
    table = reach.records.get(value.of)
    for key in value.via:
        link = table.by_id.get(key) if table is not None else None
        table = reach.table(link.config.table) if link is not None and isinstance(link.config, Link) else None
    return table
