"""``= <> < <= > >=``.

Numbers compare settled, text without regard to case and by code point, dates on one clock. Between types the order is
a spreadsheet's: number, then text, then truth value; they are never equal. Two friendlier rules: a date compared with
text reads the text as a date, and ``= ""`` asks whether anything is empty. A blank number is 0, a blank text is "", and
a blank date is equal to blank only and neither before nor after any date.
"""

from __future__ import annotations

from typing import Any

from runtime.formulas import numbers, texts
from runtime.formulas.coercions import coerce, convert, definite
from runtime.formulas.operations import Operand, Operation, Outcome, SqlFunction, settled, sql, text
from runtime.formulas.sqltree import Parameter, Sql
from runtime.formulas.terms import Literal, Term, apply
from runtime.formulas.types import BLANK, BOOLEAN, DATE, DATETIME, LIST, NUMBER, TEXT, ValueType

OPERATORS = ("=", "<>", "<", "<=", ">", ">=")
_NAMES = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _holds(operator: str, left: Any, right: Any) -> bool:
    return bool(
        (left == right and operator in ("=", "<=", ">="))
        or (left < right and operator in ("<", "<=", "<>"))
        or (left > right and operator in (">", ">=", "<>"))
    )


# -- case and presence ------------------------------------------------------------------------------------------


def folded(value: Operand | Sql) -> Sql:
    """Small letters, for comparison; free where a constant has none to change."""
    source = value.value if isinstance(value, Operand) else value
    if isinstance(source, Parameter) and isinstance(source.value, str):
        return text(texts.lower(source.value))
    return lower_sql(source)


def lower_sql(source: Sql) -> Sql:
    """``texts.lower``."""
    return _case_sql("lower", source, texts.UPPER_LETTERS, texts.LOWER_LETTERS)


def upper_sql(source: Sql) -> Sql:
    """``texts.upper``."""
    return _case_sql("upper", source, texts.LOWER_LETTERS, texts.UPPER_LETTERS)


def _case_sql(name: str, source: Sql, letters: str, others: str) -> Sql:
    return sql(
        f'CASE WHEN {{0}} ~ {{1}} THEN translate({name}({{0}} COLLATE "C"), {{2}}, {{3}})'
        f' ELSE {name}({{0}} COLLATE "C") END',
        source,
        text(texts.ranges_pattern(letters)),
        text(letters),
        text(others),
    )


def has_case(value: Operand) -> bool:
    """Whether letters of two cases can occur in it, as far as is known."""
    source = value.value
    return not (
        isinstance(source, Parameter)
        and isinstance(source.value, str)
        and texts.CASED.isdisjoint(source.value)
    )


def _is_present(value: Any) -> bool:
    return value is not None and value != "" and value != ()


def _present_sql(value: Operand) -> Sql:
    match value.type:
        case ValueType.TEXT:
            return sql("(COALESCE({0}, '') <> '')" if value.nullable else "({0} <> '')", value)
        case ValueType.LIST:
            return sql("(COALESCE(cardinality({0}), 0) > 0)", value)
        case _:
            return sql("({0} IS NOT NULL)", value)


IS_PRESENT = Operation("is_present", _is_present, _present_sql)
IS_BLANK = Operation(
    "is_blank", lambda value: not _is_present(value), lambda value: sql("(NOT {0})", _present_sql(value))
)


def is_blank(term: Term) -> Term:
    """Whether ``term`` is blank."""
    return apply(BOOLEAN, IS_BLANK, definite(term))


def is_present(term: Term) -> Term:
    """Whether ``term`` is not blank."""
    return apply(BOOLEAN, IS_PRESENT, definite(term))


# -- within a type ----------------------------------------------------------------------------------------------


def _number_sql(operator: str) -> SqlFunction:
    return lambda left, right: Outcome(sql(f"({{0}} {operator} {{1}})", settled(left), settled(right)))


def _text_sql(operator: str) -> SqlFunction:
    def compiled(left: Operand, right: Operand) -> Outcome:
        if operator in ("=", "<>") and not (has_case(left) and has_case(right)):
            return Outcome(sql(f"({{0}} {operator} {{1}})", left, right))
        return Outcome(sql(f'({{0}} COLLATE "C" {operator} {{1}} COLLATE "C")', folded(left), folded(right)))

    return compiled


def _moment(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return (left is right) == (operator in ("=", "<=", ">=")) and operator not in ("<", ">")
    return _holds(operator, left, right)


def _moment_sql(operator: str) -> SqlFunction:
    def compiled(left: Operand, right: Operand) -> Outcome:
        if operator == "=":
            return Outcome(sql("({0} IS NOT DISTINCT FROM {1})", left, right))
        if operator == "<>":
            return Outcome(sql("({0} IS DISTINCT FROM {1})", left, right))
        if not (left.nullable or right.nullable):
            return Outcome(sql(f"({{0}} {operator} {{1}})", left, right))
        both = " OR ({0} IS NULL AND {1} IS NULL)" if "=" in operator else ""
        return Outcome(sql(f"(COALESCE({{0}} {operator} {{1}}, FALSE){both})", left, right))

    return compiled


def _family(name: str, evaluate: Any, compiled: Any) -> dict[str, Operation]:
    def of(operator: str) -> Operation:
        return Operation(
            f"{name}_{_NAMES[operator]}", lambda a, b: evaluate(operator, a, b), compiled(operator)
        )

    return {operator: of(operator) for operator in OPERATORS}


NUMBERS = _family(
    "number", lambda operator, a, b: _holds(operator, numbers.settle(a), numbers.settle(b)), _number_sql
)
TEXTS = _family("text", lambda operator, a, b: _holds(operator, texts.lower(a), texts.lower(b)), _text_sql)
BOOLEANS = _family("boolean", _holds, lambda op: lambda a, b: Outcome(sql(f"({{0}} {op} {{1}})", a, b)))
MOMENTS = _family("moment", _moment, _moment_sql)
# For a date against a number: serial numbers, blank as for dates.
SERIALS = _family(
    "serial",
    lambda operator, a, b: _moment(
        operator, None if a is None else numbers.settle(a), None if b is None else numbers.settle(b)
    ),
    lambda operator: lambda a, b: _moment_sql(operator)(_settled_operand(a), _settled_operand(b)),
)


def _settled_operand(value: Operand) -> Operand:
    return Operand(value.type, settled(value), nullable=value.nullable)


# -- between types ----------------------------------------------------------------------------------------------

BOTH_BLANK = Operation(
    "both_blank", lambda a, b: not _is_present(a) and not _is_present(b),
    lambda a, b: sql("(NOT ({0} OR {1}))", _present_sql(a), _present_sql(b)),
)  # fmt: skip
NOT_BOTH_BLANK = Operation(
    "not_both_blank", lambda a, b: _is_present(a) or _is_present(b),
    lambda a, b: sql("({0} OR {1})", _present_sql(a), _present_sql(b)),
)  # fmt: skip
_ALWAYS = {
    False: Operation("never", lambda a, b: False, lambda a, b: sql("FALSE")),
    True: Operation("always", lambda a, b: True, lambda a, b: sql("TRUE")),
}
_RANKS = {NUMBER: 0, DATE: 0, DATETIME: 0, TEXT: 1, LIST: 1, BOOLEAN: 2}


def compare(operator: str, left: Term, right: Term) -> Term:
    """``left operator right`` as a truth value."""
    if operator in ("=", "<>"):
        for asked, other in ((left, right), (right, left)):
            if _is_empty(asked) and other.type is not TEXT:
                return is_blank(other) if operator == "=" else is_present(other)
    left, right = _of_other_type(left, right), _of_other_type(right, left)
    kinds = {left.type, right.type}
    if kinds == {NUMBER}:
        return apply(BOOLEAN, NUMBERS[operator], coerce(left, NUMBER), coerce(right, NUMBER))
    if kinds <= {TEXT, LIST}:
        return apply(BOOLEAN, TEXTS[operator], coerce(left, TEXT), coerce(right, TEXT))
    if kinds == {BOOLEAN}:
        return apply(BOOLEAN, BOOLEANS[operator], coerce(left, BOOLEAN), coerce(right, BOOLEAN))
    if kinds <= {DATE, DATETIME, TEXT, LIST} and kinds & {DATE, DATETIME}:
        target = DATE if kinds == {DATE} else DATETIME
        return apply(BOOLEAN, MOMENTS[operator], convert(left, target), convert(right, target))
    if kinds <= {DATE, DATETIME, NUMBER}:
        return apply(BOOLEAN, SERIALS[operator], convert(left, NUMBER), convert(right, NUMBER))
    return _between(operator, left, right)


def _is_empty(term: Term) -> bool:
    return isinstance(term, Literal) and not _is_present(term.value)


def _of_other_type(term: Term, other: Term) -> Term:
    """A blank constant takes the type of what it is compared with; what is mixed is compared as text."""
    if term.type is BLANK:
        return convert(term, definite(other).type)
    return definite(term)


def _between(operator: str, left: Term, right: Term) -> Term:
    """Values of types that are never equal, unless both are blank."""
    if operator == "=":
        return apply(BOOLEAN, BOTH_BLANK, left, right)
    if operator == "<>":
        return apply(BOOLEAN, NOT_BOTH_BLANK, left, right)
    holds = (_RANKS[left.type] < _RANKS[right.type]) == (operator in ("<", "<="))
    if holds:
        return apply(BOOLEAN, NOT_BOTH_BLANK if len(operator) == 1 else _ALWAYS[True], left, right)
    return apply(BOOLEAN, _ALWAYS[False] if len(operator) == 1 else BOTH_BLANK, left, right)
