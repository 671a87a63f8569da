"""``+ - * / ^ %`` and the signs: on numbers, and ``+ -`` also on dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from runtime.formulas import moments, moments_sql, numbers
from runtime.formulas.coercions import coerce, convert
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    SqlFunction,
    bounded,
    first_error,
    settled,
    sql,
)
from runtime.formulas.terms import Literal, Term, apply
from runtime.formulas.types import DATE, DATETIME, DIV0, INNER_SCALE, NUM, NUMBER, TEXT


def _sum_sql(sign: str) -> SqlFunction:
    def compiled(left: Operand, right: Operand) -> Outcome:
        digits = max(left.digits, right.digits) + 1
        return bounded(sql(f"({{0}} {sign} {{1}})", left, right), digits, max(left.scale, right.scale))

    return compiled


def _product_sql(left: Operand, right: Operand) -> Outcome:
    return bounded(sql("({0} * {1})", left, right), left.digits + right.digits, left.scale + right.scale)


def _quotient_sql(left: Operand, right: Operand) -> Outcome:
    result = bounded(moments_sql.quotient(left, right), scale=INNER_SCALE)
    zero = sql(f"CASE WHEN {{0}} = 0 THEN '{DIV0}' END", right)
    return Outcome(result.value, first_error(zero, result.error))


def _power_sql(base_: Operand, exponent_: Operand) -> Outcome:
    base, exponent = settled(base_), settled(exponent_)
    estimate = sql("({1}::double precision * log(NULLIF(abs({0}), 0)::double precision))", base, exponent)
    fault = sql(
        f"CASE WHEN {{0}} = 0 THEN CASE WHEN {{1}} = 0 THEN '{NUM}' WHEN {{1}} < 0 THEN '{DIV0}' END"
        f" WHEN abs({{1}}) > {numbers.MAX_EXPONENT} OR ({{0}} < 0 AND {{1}} <> trunc({{1}}))"
        f" OR {{2}} > {numbers.POWER_ESTIMATE} THEN '{NUM}' END",
        base,
        exponent,
        estimate,
    )
    raw = sql(
        f"CASE WHEN {{3}} IS NOT NULL OR {{0}} = 0 OR {{2}} < -{numbers.POWER_ESTIMATE} THEN 0"
        " ELSE power(round({0}, 60), {1}) END",
        base,
        exponent,
        estimate,
        fault,
    )
    result = bounded(raw)
    return Outcome(result.value, first_error(fault, result.error))


def _negative_sql(value: Operand) -> Outcome:
    return Outcome(sql("(-{0})", value), digits=value.digits, scale=value.scale)


def _percent_sql(value: Operand) -> Outcome:
    return bounded(sql("({0} * 0.01)", value), value.digits, value.scale + 2)


ADD = Operation("add", numbers.add, _sum_sql("+"))
SUBTRACT = Operation("subtract", numbers.subtract, _sum_sql("-"))
MULTIPLY = Operation("multiply", numbers.multiply, _product_sql)
DIVIDE = Operation("divide", numbers.divide, _quotient_sql)
POWER = Operation("power", numbers.power, _power_sql)
NEGATE = Operation("negate", numbers.negate, _negative_sql)
PERCENT = Operation("percent", numbers.percent, _percent_sql)

_BINARY = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "^": POWER}


def _date_plus(day: date, days: Decimal) -> date:
    return moments.date_plus_days(day, numbers.whole(days, moments.MAX_SHIFT_DAYS))


DATE_PLUS_DAYS = Operation("date_plus_days", _date_plus, moments_sql.date_plus_days, blank_out=True)
MOMENT_PLUS_DAYS = Operation(
    "moment_plus_days", moments.moment_plus_days, moments_sql.moment_plus_days, blank_out=True
)
DAYS_BETWEEN = Operation(
    "days_between", moments.days_between,
    lambda later, earlier: Outcome(moments_sql.days_between(later, earlier), digits=7), blank_out=True,
)  # fmt: skip


def binary(operator: str, left: Term, right: Term) -> Term:
    """``left operator right`` for an arithmetic operator."""
    if operator == "-" and left.type.is_temporal and (right.type.is_temporal or right.type is TEXT):
        return apply(NUMBER, DAYS_BETWEEN, convert(left, DATETIME), convert(right, DATETIME))
    if operator == "-" and right.type.is_temporal and left.type is TEXT:
        return apply(NUMBER, DAYS_BETWEEN, convert(left, DATETIME), convert(right, DATETIME))
    if operator in "+-" and left.type.is_temporal and not right.type.is_temporal:
        return _shifted(left, right if operator == "+" else apply(NUMBER, NEGATE, coerce(right, NUMBER)))
    if operator == "+" and right.type.is_temporal and not left.type.is_temporal:
        return _shifted(right, left)
    return apply(NUMBER, _BINARY[operator], coerce(left, NUMBER), coerce(right, NUMBER))


def _shifted(day: Term, days: Term) -> Term:
    operation = DATE_PLUS_DAYS if day.type is DATE else MOMENT_PLUS_DAYS
    return apply(day.type, operation, day, coerce(days, NUMBER))


def unary(operator: str, operand: Term) -> Term:
    """A sign before or a percent sign behind."""
    if operator == "+":
        return operand
    number = coerce(operand, NUMBER)
    if isinstance(number, Literal) and isinstance(number.value, Decimal):
        return Literal(
            NUMBER, numbers.negate(number.value) if operator == "-" else numbers.percent(number.value)
        )
    return apply(NUMBER, NEGATE if operator == "-" else PERCENT, number)
