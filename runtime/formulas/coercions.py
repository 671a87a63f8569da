"""Conversions between the types of values, and what stands in for blank.

Blank is 0 in arithmetic, FALSE in a condition and nothing in text, as in a spreadsheet; a blank date stays blank.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from runtime.formulas import moments, moments_sql, numbers, texts
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    bounded,
    failing,
    settled,
    sql,
    text,
    tidy_number,
    whole,
)
from runtime.formulas.terms import Apply, Branches, IfError, Let, Literal, Raise, Term
from runtime.formulas.types import (
    BLANK,
    BOOLEAN,
    DATE,
    DATETIME,
    LIST,
    MIXED,
    NUMBER,
    TEXT,
    VALUE,
    FormulaFailure,
    Value,
    ValueType,
)

# -- to numbers -------------------------------------------------------------------------------------------------


def _number_text_sql(source: Operand) -> Outcome:
    tidy = sql(
        "btrim(translate({0}, {1}, {2}), {3})",
        source,
        text(numbers.NUMBER_WIDE),
        text(numbers.NUMBER_NARROW),
        text(numbers.NUMBER_SPACES),
    )
    is_number = sql("({0} ~ {1})", tidy, text(numbers.NUMBER_TEXT))
    value = sql(
        "CASE WHEN {1} THEN translate({0}, {2}, '')::numeric * CASE WHEN right({0}, 1) = '%' THEN 0.01 ELSE 1 END END",
        tidy,
        is_number,
        text(numbers.NUMBER_NOISE),
    )
    result = bounded(value)
    error = (
        sql(
            "CASE WHEN {0} = '' THEN NULL WHEN NOT {1} THEN {2} ELSE {3} END",
            tidy,
            is_number,
            text(VALUE),
            result.error,
        )
        if result.error
        else None
    )
    return Outcome(sql("CASE WHEN {1} THEN {0} END", result.value, is_number), error, nullable=True)


NUMBER_FROM_TEXT = Operation("number_from_text", numbers.number_from_text, _number_text_sql, blank_out=True)
NUMBER_FROM_BOOLEAN = Operation(
    "number_from_boolean",
    lambda value: Decimal(value),
    lambda value: Outcome(sql("{0}::integer::numeric", value), nullable=value.nullable, digits=1, scale=0),
    blank_out=True,
)
NUMBER_FROM_DATE = Operation(
    "serial_of_date", moments.serial_of_date, moments_sql.serial_of_date, blank_out=True
)
NUMBER_FROM_MOMENT = Operation(
    "serial_of_moment", moments.serial_of_moment, moments_sql.serial_of_moment, blank_out=True
)

# -- to text ----------------------------------------------------------------------------------------------------


TEXT_FROM_NUMBER = Operation(
    "text_from_number",
    numbers.number_text,
    lambda value: Outcome(sql("{0}::text", tidy_number(value)), nullable=value.nullable),
    blank_out=True,
)
TEXT_FROM_BOOLEAN = Operation(
    "text_from_boolean",
    lambda value: "TRUE" if value else "FALSE",
    lambda value: Outcome(
        sql("CASE {0} WHEN TRUE THEN 'TRUE' WHEN FALSE THEN 'FALSE' END", value), nullable=value.nullable
    ),
    blank_out=True,
)
TEXT_FROM_DATE = Operation(
    "text_from_date",
    moments.date_text,
    lambda value: Outcome(sql("to_char({0}, 'YYYY-MM-DD')", value), nullable=value.nullable),
    blank_out=True,
)
TEXT_FROM_MOMENT = Operation(
    "text_from_moment",
    moments.moment_text,
    lambda value: Outcome(sql("to_char({0}, 'YYYY-MM-DD HH24:MI:SS')", value), nullable=value.nullable),
    blank_out=True,
)
TEXT_FROM_LIST = Operation(
    "text_from_list",
    texts.LIST_SEPARATOR.join,
    lambda value: Outcome(
        sql("array_to_string({0}, {1})", value, text(texts.LIST_SEPARATOR)), nullable=value.nullable
    ),
    blank_out=True,
)

# -- to truth ---------------------------------------------------------------------------------------------------


def _boolean_from_text(source: str) -> bool | None:
    word = texts.upper(source.strip(texts.EDGE_SPACES))
    if word in ("TRUE", "真"):
        return True
    if word in ("FALSE", "假"):
        return False
    if not word:
        return None
    raise FormulaFailure(VALUE)


def _boolean_text_sql(source: Operand) -> Outcome:
    word = sql('upper(btrim({0}, {1}) COLLATE "C")', source, text(texts.EDGE_SPACES))
    value = sql("CASE WHEN {0} IN ('TRUE', '真') THEN TRUE WHEN {0} IN ('FALSE', '假') THEN FALSE END", word)
    return Outcome(value, failing(sql("({0} <> '' AND {1} IS NULL)", word, value), VALUE), nullable=True)


BOOLEAN_FROM_TEXT = Operation("boolean_from_text", _boolean_from_text, _boolean_text_sql, blank_out=True)
BOOLEAN_FROM_NUMBER = Operation(
    "boolean_from_number",
    lambda value: bool(numbers.settle(value)),
    lambda value: Outcome(sql("({0} <> 0)", settled(value)), nullable=value.nullable),
    blank_out=True,
)
BOOLEAN_FROM_DATE = Operation(  # a date that is there counts as true
    "boolean_from_date",
    lambda _: True,
    lambda value: Outcome(sql("({0} IS NOT NULL)", value)),
    blank_out=True,
)

# -- to dates ---------------------------------------------------------------------------------------------------


def _moment_from_text(zone: object, source: str) -> datetime | None:
    return moments.moment_from_text(source, zone)  # type: ignore[arg-type]


def _date(value: datetime) -> date:
    return value.date()


MOMENT_FROM_TEXT = Operation(
    "moment_from_text", _moment_from_text, moments_sql.moment_from_text, blank_out=True, needs_zone=True
)
MOMENT_FROM_DATE = Operation(
    "moment_from_date",
    lambda value: datetime(value.year, value.month, value.day),
    lambda value: Outcome(sql("{0}::timestamp", value), nullable=value.nullable),
    blank_out=True,
)
MOMENT_FROM_NUMBER = Operation(
    "moment_of_serial", moments.moment_of_serial, moments_sql.moment_of_serial, blank_out=True
)
DATE_FROM_MOMENT = Operation(
    "date_of_moment",
    _date,
    lambda value: Outcome(sql("{0}::date", value), nullable=value.nullable),
    blank_out=True,
)

# -- to lists ---------------------------------------------------------------------------------------------------

LIST_FROM_TEXT = Operation(
    "list_from_text",
    lambda value: (value,) if value else (),
    lambda value: Outcome(sql("CASE WHEN {0} <> '' THEN ARRAY[{0}] ELSE ARRAY[]::text[] END", value)),
    blank_out=True,
)

# -- blanks -----------------------------------------------------------------------------------------------------


def _filled(blank: str) -> Callable[[Operand], Outcome]:
    def compiled(value: Operand) -> Outcome:
        filled = sql(f"COALESCE({{0}}, {blank})", value) if value.nullable else value.value
        return Outcome(filled, digits=value.digits, scale=value.scale)

    return compiled


FILLS: dict[ValueType, Operation] = {
    NUMBER: Operation("fill_number", lambda value: numbers.ZERO if value is None else value, _filled("0")),
    TEXT: Operation("fill_text", lambda value: value or "", _filled("''")),
    BOOLEAN: Operation("fill_boolean", lambda value: bool(value), _filled("FALSE")),
    LIST: Operation("fill_list", lambda value: value or (), _filled("ARRAY[]::text[]")),
}

WHOLE = Operation("whole", numbers.whole, lambda value: Outcome(whole(value)))

_STEPS: dict[tuple[ValueType, ValueType], tuple[Operation, ...]] = {
    (TEXT, NUMBER): (NUMBER_FROM_TEXT,),
    (BOOLEAN, NUMBER): (NUMBER_FROM_BOOLEAN,),
    (DATE, NUMBER): (NUMBER_FROM_DATE,),
    (DATETIME, NUMBER): (NUMBER_FROM_MOMENT,),
    (NUMBER, TEXT): (TEXT_FROM_NUMBER,),
    (BOOLEAN, TEXT): (TEXT_FROM_BOOLEAN,),
    (DATE, TEXT): (TEXT_FROM_DATE,),
    (DATETIME, TEXT): (TEXT_FROM_MOMENT,),
    (LIST, TEXT): (TEXT_FROM_LIST,),
    (TEXT, BOOLEAN): (BOOLEAN_FROM_TEXT,),
    (NUMBER, BOOLEAN): (BOOLEAN_FROM_NUMBER,),
    (DATE, BOOLEAN): (BOOLEAN_FROM_DATE,),
    (DATETIME, BOOLEAN): (BOOLEAN_FROM_DATE,),
    (TEXT, DATETIME): (MOMENT_FROM_TEXT,),
    (DATE, DATETIME): (MOMENT_FROM_DATE,),
    (NUMBER, DATETIME): (MOMENT_FROM_NUMBER,),
    (DATETIME, DATE): (DATE_FROM_MOMENT,),
    (TEXT, LIST): (LIST_FROM_TEXT,),
}
_VIA: dict[tuple[ValueType, ValueType], ValueType] = {
    (LIST, NUMBER): TEXT, (LIST, BOOLEAN): TEXT, (LIST, DATE): TEXT, (LIST, DATETIME): TEXT,
    (NUMBER, LIST): TEXT, (BOOLEAN, LIST): TEXT, (DATE, LIST): TEXT, (DATETIME, LIST): TEXT,
    (TEXT, DATE): DATETIME, (NUMBER, DATE): DATETIME,
    (BOOLEAN, DATE): NUMBER, (BOOLEAN, DATETIME): NUMBER,
}  # fmt: skip


def convert(term: Term, target: ValueType) -> Term:
    """``term`` as ``target``; blank stays blank. Branches are converted one by one."""
    if term.type is target:
        return term
    match term:
        case Raise(code=code):
            return Raise(target, code)
        case Branches(cases=cases, otherwise=otherwise):
            converted = tuple((condition, convert(value, target)) for condition, value in cases)
            return Branches(target, converted, convert(otherwise, target))
        case Let(name=name, value=value, body=body):
            return Let(target, name, value, convert(body, target))
        case IfError(name=name, body=body, then=then, fallback=fallback, codes=codes):
            return IfError(target, name, body, convert(then, target), convert(fallback, target), codes)
    if term.type is BLANK:
        return Literal(target, None)
    via = _VIA.get((term.type, target))
    if via is not None:
        return convert(convert(term, via), target)
    for operation in _STEPS[term.type, target]:
        term = _converted(term, operation, target)
    return term


def filled(term: Term) -> Term:
    """``term`` with blank replaced: 0, FALSE, nothing. Dates stay blank."""
    fill = FILLS.get(term.type)
    if fill is None:
        return term
    if isinstance(term, Literal):
        return Literal(term.type, fill.evaluate(term.value))
    return Apply(term.type, fill, (term,))


def definite(term: Term) -> Term:
    """``term`` with one type: what is mixed becomes text."""
    if term.type is MIXED or term.type is BLANK:
        return convert(term, TEXT)
    return term


def coerce(term: Term, target: ValueType) -> Term:
    """Converted and filled."""
    return filled(convert(term, target))


def _converted(term: Term, operation: Operation, target: ValueType) -> Term:
    if not isinstance(term, Literal) or (operation.needs_zone and _has_offset(term.value)):
        return Apply(target, operation, (term,))
    if term.value is None:
        return Literal(target, None)
    try:
        value = (
            operation.evaluate(UTC, term.value) if operation.needs_zone else operation.evaluate(term.value)
        )
    except FormulaFailure as failure:
        return Raise(target, failure.error.code)
    return Literal(target, value)


def _has_offset(value: Value) -> bool:
    return isinstance(value, str) and (value.rstrip().endswith("Z") or "+" in value or value.count("-") > 2)
