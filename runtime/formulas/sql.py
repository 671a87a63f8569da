"""The SQL back end: the typed tree as a value expression and an error expression.

The value expression never raises, so a formula never stops a write; where the error expression is not NULL the value
is NULL. What may run over many records is all here: no function has to exist in the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import msgspec
from piccolo.querystring import QueryString

from runtime.formulas import sqltree
from runtime.formulas.checker import CheckedFormula
from runtime.formulas.moments_sql import EARLIEST, FIRST, LAST, LATEST, clamped
from runtime.formulas.operations import (
    SQL_TYPES,
    Operand,
    Outcome,
    first_error,
    parameter,
    sql,
    text,
    tidy_number,
)
from runtime.formulas.sqltree import Foreign, Sql
from runtime.formulas.terms import (
    Apply,
    Branches,
    Clock,
    Field,
    IfError,
    IsError,
    Junction,
    Let,
    Literal,
    Local,
    Raise,
    Term,
)
from runtime.formulas.types import BOOLEAN, DATE, DATETIME, NUMBER, TEXT, ErrorCode, ValueType

Column = Callable[[str], str | QueryString]


class SqlExpression(msgspec.Struct, frozen=True, eq=False):
    """A compiled formula.

    ``value`` is NULL for blank and for an error; ``error`` is the error's code or NULL. ``can_fail`` is False when
    ``error`` is always NULL. ``both`` is ``(SELECT value, error)`` with the common parts computed once, for
    ``UPDATE … SET (a, b) = …`` or a lateral join. ``type`` is the formula's type; its SQL type is ``sql_type``.
    """

    type: ValueType
    value: QueryString
    error: QueryString
    both: QueryString
    can_fail: bool

    @property
    def sql_type(self) -> str:
        """The PostgreSQL type of ``value``: a date-time is a moment again."""
        return "timestamptz" if self.type is DATETIME else SQL_TYPES[self.type]


def compile_sql(
    checked: CheckedFormula,
    column: Column,
    *,
    errors: Callable[[str], str | QueryString | None] | None = None,
    zone: str = "Asia/Shanghai",
    now: datetime | None = None,
) -> SqlExpression:
    """Compile a checked formula.

    ``column`` gives, for a field's id or a key of ``RECORD_PARTS``, the SQL of its value: a template string (braces
    doubled, no values) or a QueryString. Its SQL type must be that of the field's type (text, numeric, boolean, date, timestamptz, text[]).
    ``errors`` gives, for a field that may itself hold an error, the SQL of its code (NULL: none), or None: an error in
    a field is an error of what uses it. ``zone`` is the app's time zone; ``now`` fixes the clock, otherwise it is PostgreSQL's ``now()``.
    """
    compiler = _Compiler(column, errors or (lambda _: None), zone, now)
    result = compiler.compile(checked.term)
    value, error = _finished(result, compiler.zone)
    if error is not None:
        value = sql("CASE WHEN {1} IS NULL THEN {0} END", value, error)
    fault = error or sql("NULL::text")
    return SqlExpression(
        checked.type,
        sqltree.expression(value),
        sqltree.expression(fault),
        sqltree.selection([value, fault]),
        error is not None,
    )


def _finished(result: Operand, zone: Sql) -> tuple[Sql, Sql | None]:
    """The value as it is stored: numbers settled, empty text as NULL, date-times as moments."""
    if result.type is NUMBER:
        return tidy_number(result), result.error
    if result.type is DATETIME:
        return sql("({0} AT TIME ZONE {1})", clamped(result.value, EARLIEST, LATEST), zone), result.error
    if result.type is TEXT:
        return sql("NULLIF({0}, '')", result), result.error
    return result.value, result.error


class _Compiler:
    def __init__(
        self,
        column: Column,
        errors: Callable[[str], str | QueryString | None],
        zone: str,
        now: datetime | None,
    ) -> None:
        self._column = column
        self._errors = errors
        self.zone = text(zone)
        moment = sql("now()") if now is None else parameter(now, "timestamptz")
        self._now = sql("({0} AT TIME ZONE {1})", moment, self.zone)
        self._fields: dict[str, Operand] = {}
        self._locals: dict[str, Operand] = {}

    def compile(self, term: Term) -> Operand:
        match term:
            case Literal():
                return _literal(term)
            case Field():
                return self._field(term)
            case Local(name=name):
                return self._locals[name]
            case Clock(type=type_):
                value = sql("{0}::date", self._now) if type_ is DATE else self._now
                return Operand(type_, value, nullable=False)
            case Raise(type=type_, code=code):
                return Operand(type_, sql(f"NULL::{SQL_TYPES.get(type_, 'text')}"), text(code))
            case Apply():
                return self._apply(term)
            case Branches():
                return self._branches(term)
            case Junction():
                return self._junction(term)
            case Let(name=name, value=value, body=body):
                named = self.compile(value)
                self._locals[name] = named
                result = self.compile(body)
                return msgspec.structs.replace(result, error=first_error(named.error, result.error))
            case IfError():
                return self._if_error(term)
            case IsError(body=body, codes=codes):
                error = self.compile(body).error
                return Operand(
                    BOOLEAN, sql("FALSE") if error is None else _is_error(error, codes), nullable=False
                )
        raise AssertionError(term)

    def _field(self, term: Field) -> Operand:
        known = self._fields.get(term.id)
        if known is None:
            value: Sql = Foreign(self._column(term.id))
            if term.type is DATE:  # drivers store Python's first and last day as infinities
                value = clamped(value, FIRST, LAST)
            elif term.type is DATETIME:
                held = clamped(value, f"({EARLIEST} AT TIME ZONE 'UTC')", f"({LATEST} AT TIME ZONE 'UTC')")
                value = sql("({0} AT TIME ZONE {1})", held, self.zone)
            elif term.type is TEXT:
                value = sql('({0} COLLATE "C")', value)
            error = self._errors(term.id)
            known = Operand(
                term.type, value, Foreign(error) if error else None, digits=term.digits, scale=term.scale
            )
            self._fields[term.id] = known
        return known

    def _apply(self, term: Apply) -> Operand:
        operation = term.operation
        operands = [self.compile(argument) for argument in term.arguments]
        leading = (self.zone,) if operation.needs_zone else ()
        found = operation.sql(*leading, *operands, *term.settings)
        outcome = found if isinstance(found, Outcome) else Outcome(found)
        value, error, nullable = outcome.value, outcome.error, outcome.nullable
        blanks = [operand for operand in operands if operand.nullable] if operation.blank_out else []
        if blanks:
            present = sql(" AND ".join(f"{{{i}}} IS NOT NULL" for i in range(len(blanks))), *blanks)
            value = sql("CASE WHEN {1} THEN {0} END", value, present)
            error = sql("CASE WHEN {1} THEN {0} END", error, present) if error is not None else None
            nullable = True
        return Operand(
            term.type,
            value,
            first_error(*(operand.error for operand in operands), error),
            nullable,
            outcome.digits,
            outcome.scale,
        )

    def _branches(self, term: Branches) -> Operand:
        conditions = [self.compile(condition) for condition, _ in term.cases]
        results = [self.compile(result) for _, result in term.cases]
        otherwise = self.compile(term.otherwise)
        value = _case([(c.value, r.value) for c, r in zip(conditions, results, strict=True)], otherwise.value)
        everything = [*results, otherwise]
        error = None
        if any(operand.error is not None for operand in (*conditions, *everything)):
            steps: list[tuple[Sql, Sql]] = []
            for condition, result in zip(conditions, results, strict=True):
                if condition.error is not None:
                    steps.append((sql("({0} IS NOT NULL)", condition.error), condition.error))
                steps.append((condition.value, result.error or sql("NULL::text")))
            error = _case(steps, otherwise.error or sql("NULL::text"))
        return Operand(
            term.type,
            value,
            error,
            any(operand.nullable for operand in everything),
            max(operand.digits for operand in everything),
            max(operand.scale for operand in everything),
        )

    def _junction(self, term: Junction) -> Operand:
        items = [self.compile(item) for item in term.items]
        word = " OR " if term.is_any else " AND "
        value = sql("(" + word.join(f"{{{i}}}" for i in range(len(items))) + ")", *items)
        error = None
        if any(item.error is not None for item in items):
            steps: list[tuple[Sql, Sql]] = []
            for item in items:
                if item.error is not None:
                    steps.append((sql("({0} IS NOT NULL)", item.error), item.error))
                decided = item.value if term.is_any else sql("(NOT {0})", item)
                steps.append((decided, sql("NULL::text")))
            error = _case(steps, sql("NULL::text"))
        return Operand(BOOLEAN, value, error, nullable=False)

    def _if_error(self, term: IfError) -> Operand:
        body = self.compile(term.body)
        self._locals[term.name] = msgspec.structs.replace(body, error=None)
        then = self.compile(term.then)
        if body.error is None:
            return then
        fallback = self.compile(term.fallback)
        is_fine = sql("({0} IS NULL)", body.error)
        value = sql("CASE WHEN {0} THEN {1} ELSE {2} END", is_fine, then, fallback)
        error = None
        if then.error is not None or fallback.error is not None or term.codes is not None:
            nothing = sql("NULL::text")
            steps = [(is_fine, then.error or nothing)]
            if term.codes is not None:
                steps.append((sql("(NOT {0})", _is_error(body.error, term.codes)), body.error))
            error = _case(steps, fallback.error or nothing)
        return Operand(
            term.type,
            value,
            error,
            then.nullable or fallback.nullable,
            max(then.digits, fallback.digits),
            max(then.scale, fallback.scale),
        )


def _is_error(error: Sql, codes: frozenset[ErrorCode] | None) -> Sql:
    """Whether an error expression holds one of ``codes`` (None: any)."""
    if codes is None:
        return sql("({0} IS NOT NULL)", error)
    listed = ", ".join(f"'{code}'" for code in sorted(codes))
    return sql(f"COALESCE({{0}} IN ({listed}), FALSE)", error)


def _literal(term: Literal) -> Operand:
    value = term.value
    type_ = SQL_TYPES[term.type]
    if value is None:
        return Operand(term.type, sql(f"NULL::{type_}"), digits=0, scale=0)
    if isinstance(value, bool):
        return Operand(term.type, sql("TRUE" if value else "FALSE"), nullable=False)
    digits, scale = 0, 0
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        scale = max(0, -exponent) if isinstance(exponent, int) else 0
        digits = max(0, value.adjusted() + 1) if value else 1
    sent = list(value) if isinstance(value, tuple) else value
    return Operand(term.type, parameter(sent, type_), nullable=False, digits=digits, scale=scale)


def _case(steps: list[tuple[Sql, Sql]], otherwise: Sql) -> Sql:
    arguments: list[Sql] = []
    arms = []
    for condition, result in steps:
        arms.append(f"WHEN {{{len(arguments)}}} THEN {{{len(arguments) + 1}}}")
        arguments += [condition, result]
    return sql(f"CASE {' '.join(arms)} ELSE {{{len(arguments)}}} END", *arguments, otherwise)
