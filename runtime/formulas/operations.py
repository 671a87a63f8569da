"""Operations: the primitives both back ends compile to, each with its two meanings side by side.

An :class:`Operation` is strict: all its arguments are computed first, an error among them is the answer (the leftmost
one). Its Python function takes plain values and returns a value or raises :class:`FormulaFailure`. Its SQL function
takes :class:`Operand`\\ s and returns an :class:`Outcome`: an expression for the value that never raises, and one for
the error (NULL: none). Where there is an error, the value may be anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from runtime.formulas.sqltree import Parameter, Sql
from runtime.formulas.types import (
    INNER_SCALE,
    MAX_DIGITS,
    MAX_TEXT,
    NUM,
    SETTLED_SCALE,
    VALUE,
    ErrorCode,
    ValueType,
)

SQL_TYPES = {
    ValueType.NUMBER: "numeric",
    ValueType.TEXT: "text",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
    ValueType.DATETIME: "timestamp",
    ValueType.LIST: "text[]",
    ValueType.BLANK: "text",
}


class Operand(msgspec.Struct, frozen=True, eq=False):
    """A compiled expression: value, error (None: it cannot fail), and what is known of it.

    ``nullable``: the value may be NULL, that is blank. For numbers, ``digits`` bounds the digits before the point and
    ``scale`` those after it.
    """

    type: ValueType
    value: Sql
    error: Sql | None = None
    nullable: bool = True
    digits: int = MAX_DIGITS
    scale: int = INNER_SCALE


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """What an operation's SQL function answers; the errors of its arguments are added by the compiler."""

    value: Sql
    error: Sql | None = None
    nullable: bool = False
    digits: int = MAX_DIGITS
    scale: int = INNER_SCALE


SqlFunction = Callable[..., "Outcome | Sql"]


class Operation(msgspec.Struct, frozen=True, eq=False):
    """A strict primitive. ``key`` names it in the Python back end.

    ``blank_out``: the answer is blank as soon as one argument is. ``needs_zone``: both functions get the time zone as
    their first argument (Python: ``tzinfo``, SQL: its name as :class:`Sql`).
    """

    key: str
    evaluate: Callable[..., Any]
    sql: SqlFunction
    blank_out: bool = False
    needs_zone: bool = False


def sql(template: str, *arguments: Sql | Operand) -> Sql:
    """A piece of SQL; ``{0}`` … stand for the arguments."""
    return Sql(template, [a.value if isinstance(a, Operand) else a for a in arguments])


def variable(name: str, column: str) -> Sql:
    """``name.column`` of a range variable inside a sub-select; :func:`over` closes it."""
    return Sql(f"{name}.{column}", (), free=frozenset((name,)))


def over(name: str, template: str, *arguments: Sql | Operand) -> Sql:
    """A sub-select in which the range variable ``name`` stands."""
    return Sql(template, [a.value if isinstance(a, Operand) else a for a in arguments], binds=name)


def parameter(value: object, type_: str) -> Sql:
    """A value of the formula as SQL of the given type."""
    return Parameter(value, type_, is_opaque=True)


def text(value: str) -> Sql:
    """A text constant of an operation: never the only argument of something that can raise."""
    return Parameter(value, "text")


def failing(condition: Sql, code: ErrorCode) -> Sql:
    """The error ``code`` where ``condition`` holds."""
    return sql(f"CASE WHEN {{0}} THEN '{code}' END", condition)


def first_error(*errors: Sql | None) -> Sql | None:
    """The first of several errors."""
    present = [error for error in errors if error is not None]
    if len(present) <= 1:
        return present[0] if present else None
    places = ", ".join(f"{{{index}}}" for index in range(len(present)))
    return sql(f"COALESCE({places})", *present)


# -- numbers ----------------------------------------------------------------------------------------------------

_LIMIT = f"1e{MAX_DIGITS}"


def bounded(raw: Sql, digits: int = 2 * MAX_DIGITS, scale: int = 2 * INNER_SCALE) -> Outcome:
    """A step of arithmetic: rounded at the inner scale; ``#NUM!`` (and held at the limit) when out of range."""
    value = raw if scale <= INNER_SCALE else sql(f"round({{0}}, {INNER_SCALE})", raw)
    scale = min(scale, INNER_SCALE)
    if digits <= MAX_DIGITS:
        return Outcome(value, digits=digits, scale=scale)
    held = sql(f"LEAST(GREATEST({{0}}, -{_LIMIT}), {_LIMIT})", value)
    return Outcome(held, failing(sql(f"abs({{0}}) >= {_LIMIT}", held), NUM), digits=MAX_DIGITS, scale=scale)


def settled(number: Operand) -> Sql:
    """The number at the decimals people can see."""
    return number.value if number.scale <= SETTLED_SCALE else sql(f"round({{0}}, {SETTLED_SCALE})", number)


def whole(number: Operand, limit: int = 1_000_000_000) -> Sql:
    """The number as an integer, toward zero, kept within ±``limit``."""
    return sql(f"LEAST(GREATEST(trunc({{0}}), -{limit}), {limit})::integer", settled(number))


def tidy_number(number: Operand) -> Sql:
    """Settled and without trailing zeros."""
    return sql("trim_scale({0})", settled(number))


# -- text -------------------------------------------------------------------------------------------------------


def limited(value: Sql) -> Outcome:
    """A text that may have become too long: cut where nobody sees it, and ``#VALUE!``."""
    cut = sql(f"left({{0}}, {MAX_TEXT + 1})", value)
    return Outcome(cut, failing(sql(f"char_length({{0}}) > {MAX_TEXT}", cut), VALUE))
