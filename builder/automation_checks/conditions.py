"""Whether the test of a step or of an arm is sound, and conditions whose operands may be values."""

from __future__ import annotations

from typing import Any

import msgspec

from builder.automation_checks.formulas import check_formula
from builder.automation_checks.reach import Reach, reached
from builder.automation_checks.values import check_any, check_fit
from builder.queries import MAX_CONDITIONS, check_filter, find_field
from builder.validation import Problems
from runtime import fieldtypes
from runtime.automations.operands import holds_value
from runtime.automations.steps import kind_of
from runtime.catalog import Field, Table
from runtime.definitions import automations as defs
from runtime.definitions.queries import SYSTEM_FIELDS, Condition, Filter, Group
from runtime.definitions.step_tests import Compare, FormulaHolds, GroupOfTests, Test
from runtime.definitions.values import FieldValue, FoundRecords, Literal_, as_operand, operand_value
from runtime.i18n import N_

MAX_DEPTH = 4
MAX_TESTS = 50
_NO_VALUES = frozenset({"is_empty", "is_not_empty", "older_than", "newer_than", "within_next", "in_period"})


def check_test(problems: Problems, test: Test, reach: Reach, depth: int = 1) -> Test:
    """The test as it will be stored: fields by id."""
    if isinstance(test, defs.RecordMeets):
        table = reached(problems.at("of"), test.of, reach)
        if table is None:
            return test
        where = check_where(problems.at("where"), table, test.where, reach)
        if where is None:
            problems.at("where").add("no_condition", N_("加一个条件"))
            return test
        return msgspec.structs.replace(test, where=where)
    if isinstance(test, GroupOfTests):
        return _check_group(problems, test, reach, depth)
    if isinstance(test, Compare):
        return _check_compare(problems, test, reach)
    if isinstance(test, FormulaHolds):
        return FormulaHolds(check_formula(problems.at("formula"), test.formula, reach, check_any))
    step = reach.steps.get(test.step)
    if step is None:
        problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
    elif test.outcome not in {o.key for o in kind_of(step.config).outcomes}:
        problems.at("outcome").add(
            "unknown_outcome", N_("那个步骤没有「{outcome}」这种结果"), outcome=test.outcome[:40]
        )
    return test


def _check_group(problems: Problems, test: GroupOfTests, reach: Reach, depth: int) -> GroupOfTests:
    if not test.items:
        problems.at("items").add("no_condition", N_("加一个条件"))
    if depth > MAX_DEPTH:
        problems.add("too_deep", N_("条件组最多套 {limit} 层"), limit=MAX_DEPTH)
        return test
    if len(test.items) > MAX_TESTS:
        problems.at("items").add(
            "too_many_conditions",
            N_("条件最多 {limit} 个,现在有 {count} 个"),
            limit=MAX_TESTS,
            count=len(test.items),
        )
        return test
    items = tuple(
        check_test(problems.at("items").at(index), item, reach, depth + 1)
        for index, item in enumerate(test.items)
    )
    return GroupOfTests(items, test.match)


def _check_compare(problems: Problems, test: Compare, reach: Reach) -> Compare:
    if isinstance(test.left, Literal_):
        problems.at("left").add("no_value", N_("选要比较的值"))
    left = check_any(problems.at("left"), test.left, reach)
    if test.op in ("is_empty", "is_not_empty"):
        return Compare(left, test.op)
    right = None if test.right is None else check_any(problems.at("right"), test.right, reach)
    if right is None or (isinstance(right, Literal_) and right.value in (None, "", [])):
        problems.at("right").add("no_value", N_("填和它比较的值"))
    return Compare(left, test.op, right)


def check_where(
    problems: Problems, table: Table, where: Filter | None, reach: Reach, depth: int = 1
) -> Filter | None:
    """A filter over ``table`` whose operands may be values; None for an empty one."""
    if where is None or _count(where) == 0:
        return None
    if not _any_value(where):
        return check_filter(problems, table, where, viewed=False)
    if isinstance(where, Condition):
        return _check_condition(problems, table, where, reach)
    if depth > MAX_DEPTH:
        problems.add("too_deep", N_("条件组最多套 {limit} 层"), limit=MAX_DEPTH)
        return where
    if _count(where) > MAX_CONDITIONS:
        problems.add(
            "too_many_conditions",
            N_("条件最多 {limit} 个,现在有 {count} 个"),
            limit=MAX_CONDITIONS,
            count=_count(where),
        )
        return where
    items = [
        check_where(problems.at("items").at(index), table, item, reach, depth + 1)
        for index, item in enumerate(where.items)
    ]
    return Group(where.conjunction, tuple(item for item in items if item is not None))


def _count(where: Filter) -> int:
    return 1 if isinstance(where, Condition) else sum(_count(item) for item in where.items)


def _any_value(where: Filter) -> bool:
    if isinstance(where, Condition):
        return holds_value(where.value)
    return any(_any_value(item) for item in where.items)


def _check_condition(problems: Problems, table: Table, condition: Condition, reach: Reach) -> Condition:
    field: Field | None = None
    if condition.field not in SYSTEM_FIELDS:
        field = find_field(problems.at("field"), table, condition.field)
        if field is None:
            return condition
        condition = msgspec.structs.replace(condition, field=field.id)
        kind = fieldtypes.get(field.config)
        if condition.op not in kind.operators:
            problems.at("op").add_error(kind.unknown_operator(condition.op))
    if condition.op in _NO_VALUES:
        problems.at("op").add("no_value_here", N_("这种比较只能填固定的值"))
        return condition
    return msgspec.structs.replace(
        condition, value=_check_operand(problems.at("value"), condition.value, field, reach)
    )


def _check_operand(problems: Problems, operand: Any, field: Field | None, reach: Reach) -> Any:
    if isinstance(operand, list | tuple):
        return [_check_operand(problems.at(index), item, field, reach) for index, item in enumerate(operand)]
    try:
        value = operand_value(operand)
    except msgspec.ValidationError:
        problems.add("bad_operand", N_("这个值不完整,重新选一下"))
        return operand
    if value is None:
        return operand
    checked = check_any(problems, value, reach)
    if field is not None and field.type == "link" and isinstance(checked, FieldValue):
        check_fit(problems, checked, field, reach)
    elif isinstance(checked, FoundRecords) and (field is None or field.type != "link"):
        problems.add("wrong_type", N_("一组记录只能和关联字段比较"))
    return as_operand(checked)
