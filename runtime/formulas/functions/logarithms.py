"""Exponentials and logarithms, to the inner scale."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from runtime.formulas import numbers
from runtime.formulas.arithmetic import DIVIDE
from runtime.formulas.coercions import coerce
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.number import NUMBER_ARGUMENT
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    bounded,
    failing,
    first_error,
    settled,
    sql,
)
from runtime.formulas.terms import Term, apply, number
from runtime.formulas.types import NUM, NUMBER, FormulaFailure
from runtime.i18n import N_

PI: Final = Decimal("3.141592653589793238462643383280")
# e to the power of what is beyond these is certainly out of range, or certainly rounds to zero.
_MOST, _LEAST = 93, -93


def _exponential(value: Decimal) -> Decimal:
    exponent = numbers.settle(value)
    if exponent > _MOST:
        raise FormulaFailure(NUM)
    return numbers.ZERO if exponent < _LEAST else numbers.bounded(numbers.WIDE.exp(exponent))


def _exponential_sql(value: Operand) -> Outcome:
    exponent = settled(value)
    result = bounded(
        sql(
            f"CASE WHEN {{0}} < {_LEAST} THEN 0 ELSE exp(round(LEAST(GREATEST({{0}}, {_LEAST}), {_MOST}), 60)) END",
            exponent,
        )
    )
    return Outcome(result.value, first_error(failing(sql(f"({{0}} > {_MOST})", exponent), NUM), result.error))


def _logarithm(value: Decimal) -> Decimal:
    settled_ = numbers.settle(value)
    if settled_ <= 0:
        raise FormulaFailure(NUM)
    return numbers.bounded(numbers.WIDE.ln(settled_))


def _logarithm_sql(value_: Operand) -> Outcome:
    value = settled(value_)
    result = bounded(sql("ln(round(CASE WHEN {0} > 0 THEN {0} ELSE 1 END, 60))", value), 3)
    return Outcome(result.value, failing(sql("(({0} > 0) IS NOT TRUE)", value), NUM), digits=3)


_EXP = Operation("exp", _exponential, _exponential_sql)
_LN = Operation("ln", _logarithm, _logarithm_sql)


def _to_base(value: Term, base: Term) -> Term:
    return apply(NUMBER, DIVIDE, apply(NUMBER, _LN, value), apply(NUMBER, _LN, base))


def _build_log(call: Call) -> Term:
    base = coerce(call.arguments[1], NUMBER) if len(call.arguments) > 1 else number(10)
    return _to_base(coerce(call.arguments[0], NUMBER), base)


EXP = Function(
    "EXP", ("指数", "自然指数"), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("e 的若干次方。"), "e raised to a power.",
    (Example("EXP(1)", 2.718281828459045), Example("EXP(2)", 7.389056098930650), Example("EXP(100)", {"error": "#NUM!"})),
    NUMBER, _EXP,
)  # fmt: skip

LN = Function(
    "LN", ("自然对数",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("自然对数;零和负数是 #NUM!。"), "The natural logarithm; #NUM! of zero and negative numbers.",
    (Example("ROUND(LN(86), 7)", 4.4543473), Example("LN(0)", {"error": "#NUM!"})),
    NUMBER, _LN,
)  # fmt: skip

LOG = Function(
    "LOG", ("对数",), Family.NUMBER, (NUMBER_ARGUMENT, Argument("底数", "base", Kind.NUMBER, default=10)),
    N_("以某个数为底的对数,不写底数就是 10。"), "The logarithm to a base, 10 when it is left out.",
    (Example("LOG(10)", 1), Example("LOG(8, 2)", 3), Example("ROUND(LOG(86, 2.7182818), 7)", 4.4543473)),
    build=_build_log,
)  # fmt: skip

LOG10 = Function(
    "LOG10", ("常用对数",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("以 10 为底的对数。"), "The logarithm to base 10.",
    (Example("LOG10(100000)", 5), Example("LOG10(86)", 1.934498451243568)),
    build=lambda call: _to_base(coerce(call.arguments[0], NUMBER), number(10)),
)  # fmt: skip

PI_FUNCTION = Function(
    "PI", ("圆周率",), Family.NUMBER, (),
    N_("圆周率。"), "The ratio of a circle's circumference to its diameter.",
    (Example("ROUND(PI(), 4)", 3.1416), Example("PI()", 3.141592653589793)),
    build=lambda call: number(PI),
)  # fmt: skip

FUNCTIONS = (EXP, LN, LOG, LOG10, PI_FUNCTION)
