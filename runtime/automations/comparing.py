"""Two plain values compared: as numbers, days or moments where both are, else as text. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from runtime.automations.moments import as_moment
from runtime.definitions.step_tests import CompareOp
from runtime.errors import InvalidInput
from runtime.fieldtypes import Context
from runtime.formulas import FormulaError

_YES = {"是": True, "否": False, "true": True, "false": False, "yes": True, "no": False}


def compares(left: Any, op: CompareOp, right: Any, context: Context) -> bool:
    """Whether ``left op right``. An error of a formula compares as nothing does, and is not empty."""
    if isinstance(left, FormulaError) or isinstance(right, FormulaError):
        return op == "is_not_empty" and isinstance(left, FormulaError)
    left, right = _filled(left), _filled(right)
    if op in ("is_empty", "is_not_empty"):
        return (left is None) == (op == "is_empty")
    if op in ("contains", "not_contains"):
        return _contains(left, right) == (op == "contains")
    if left is None or right is None:
        return (left is right) if op == "eq" else (left is not right) if op == "ne" else False
    one, other = _alike(left, right, context)
    if op in ("eq", "ne"):
        return bool(one == other) == (op == "eq")
    try:
        return bool({"gt": one > other, "ge": one >= other, "lt": one < other, "le": one <= other}[op])
    except TypeError:
        return False


def _filled(value: Any) -> Any:
    return None if value is None or value in ("", (), []) else value


def _contains(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, tuple):
        wanted = right if isinstance(right, tuple) else (right,)
        return all(str(item) in left for item in wanted)
    return _text(right).casefold() in _text(left).casefold()


def _alike(left: Any, right: Any, context: Context) -> tuple[Any, Any]:
    """Both in the same terms."""
    if isinstance(left, bool) or isinstance(right, bool):
        return _yes(left), _yes(right)
    if isinstance(left, date) or isinstance(right, date):
        try:
            one, other = as_moment(left, context), as_moment(right, context)
        except InvalidInput:
            return _text(left), _text(right)
        if isinstance(one, datetime) and isinstance(other, datetime):
            return one, other
        return _day(one, context), _day(other, context)
    numbers = _number(left), _number(right)
    if None not in numbers:
        return numbers
    return _text(left), _text(right)


def _day(moment: date | datetime | None, context: Context) -> date | None:
    return moment.astimezone(context.zone).date() if isinstance(moment, datetime) else moment


def _yes(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    return _YES.get(_text(value).strip().casefold(), value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
