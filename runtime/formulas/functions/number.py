"""Functions on single numbers: rounding, remainders, powers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal

from runtime.formulas import numbers
from runtime.formulas.arithmetic import POWER as POWER_OPERATION
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
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
from runtime.formulas.sqltree import Sql
from runtime.formulas.types import DIV0, INNER_SCALE, MAX_DIGITS, NUM, NUMBER, SETTLED_SCALE, FormulaFailure
from runtime.i18n import N_

NUMBER_ARGUMENT = Argument("数值", "number", Kind.NUMBER)
PLACES = Argument("小数位数", "decimals", Kind.WHOLE, default=0)
_MOST_PLACES = 40

# -- to decimal places ------------------------------------------------------------------------------------------


def _places(count: int) -> int:
    return max(-_MOST_PLACES, min(_MOST_PLACES, count))


def _rounded(mode: str) -> Callable[[Decimal, int], Decimal]:
    def evaluate(value: Decimal, count: int) -> Decimal:
        places = _places(count)
        value = numbers.settle(value)
        if places >= SETTLED_SCALE:
            return value
        return numbers.bounded(value.quantize(Decimal(1).scaleb(-places), mode, numbers.EXACT))

    return evaluate


def _places_sql(count: Operand) -> Sql:
    return sql(f"LEAST(GREATEST({{0}}, -{_MOST_PLACES}), {_MOST_PLACES})", count)


def _round_sql(fn: str, growth: int) -> Callable[[Operand, Operand], Outcome]:
    def compiled(value: Operand, count: Operand) -> Outcome:
        rounded = sql(f"{fn}({{0}}, {{1}})", settled(value), _places_sql(count))
        # rounding up reaches at most 10^40 at -40 places, or one digit more
        return bounded(rounded, MAX_DIGITS + 1 if growth else value.digits, SETTLED_SCALE)

    return compiled


def _round_up_sql(value: Operand, count: Operand) -> Outcome:
    places = _places_sql(count)
    cut = sql("trunc({0}, {1})", settled(value), places)
    step = sql("power(10::numeric, -{0})", places)
    return bounded(
        sql("({1} + CASE WHEN {0} <> {1} THEN sign({0}) * {2} ELSE 0 END)", settled(value), cut, step),
        MAX_DIGITS + 1,
        SETTLED_SCALE,
    )


ROUND = Function(
    "ROUND", ("四舍五入", "舍入"), Family.NUMBER, (NUMBER_ARGUMENT, PLACES),
    N_("四舍五入到指定的小数位数;负数位数到十位、百位。"), "Rounds half away from zero to a number of decimals.",
    (Example("ROUND(2.5, 0)", 3), Example("ROUND(-2.5, 0)", -3), Example("ROUND(1234.567, -2)", 1200),
     Example("ROUND(1.005, 2)", 1.01)),
    NUMBER, Operation("round", _rounded(ROUND_HALF_UP), _round_sql("round", 1)),
)  # fmt: skip

ROUNDUP = Function(
    "ROUNDUP", ("向上舍入",), Family.NUMBER, (NUMBER_ARGUMENT, PLACES),
    N_("向远离零的方向舍入到指定的小数位数。"), "Rounds away from zero to a number of decimals.",
    (Example("ROUNDUP(3.2, 0)", 4), Example("ROUNDUP(-3.14159, 1)", -3.2), Example("ROUNDUP(31415.92654, -2)", 31500)),
    NUMBER, Operation("roundup", _rounded(ROUND_UP), _round_up_sql),
)  # fmt: skip

ROUNDDOWN = Function(
    "ROUNDDOWN", ("向下舍入",), Family.NUMBER, (NUMBER_ARGUMENT, PLACES),
    N_("向零的方向舍入到指定的小数位数。"), "Rounds toward zero to a number of decimals.",
    (Example("ROUNDDOWN(3.9, 0)", 3), Example("ROUNDDOWN(-3.14159, 3)", -3.141)),
    NUMBER, Operation("rounddown", _rounded(ROUND_DOWN), _round_sql("trunc", 0)),
)  # fmt: skip

INT = Function(
    "INT", ("取整",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("不大于它的最大整数。"), "The largest whole number that is not above it.",
    (Example("INT(8.9)", 8), Example("INT(-8.9)", -9)),
    NUMBER,
    Operation("int", lambda value: numbers.bounded(numbers.floor(numbers.settle(value))),
              lambda value: bounded(sql("floor({0})", settled(value)), value.digits + 1, 0)),
)  # fmt: skip

# -- to multiples -----------------------------------------------------------------------------------------------


def _ceiling(value: Decimal, step: Decimal) -> Decimal:
    value, step = numbers.settle(value), numbers.settle(step)
    if not value or not step:
        return numbers.ZERO
    return _multiple(value, step, ROUND_CEILING)


def _floor(value: Decimal, step: Decimal) -> Decimal:
    value, step = numbers.settle(value), numbers.settle(step)
    if not value:
        return numbers.ZERO
    if not step:
        raise FormulaFailure(DIV0)
    return _multiple(value, step, ROUND_FLOOR)


def _multiple(value: Decimal, step: Decimal, mode: str) -> Decimal:
    """Between signs: a positive number has no multiple of a negative step (``#NUM!``)."""
    if value > 0 > step:
        raise FormulaFailure(NUM)
    return numbers.multiply(
        numbers.settle(numbers.divide(value, step)).to_integral_value(mode, numbers.EXACT), step
    )


def _multiple_sql(fn: str) -> Callable[[Operand, Operand], Outcome]:
    def compiled(value_: Operand, step_: Operand) -> Outcome:
        value, step = settled(value_), settled(step_)
        quotient = bounded(
            sql("round(div({0} * 1e31, NULLIF({1}, 0)) * 1e-31, 30)", value, step), scale=INNER_SCALE
        )
        times = sql(f"{fn}(round({{0}}, {SETTLED_SCALE}))", quotient.value)
        result = bounded(sql("CASE WHEN {0} = 0 OR {1} = 0 THEN 0 ELSE {2} * {1} END", value, step, times))
        by_zero = f"WHEN {{1}} = 0 THEN '{DIV0}'" if fn == "floor" else "WHEN {1} = 0 THEN NULL"
        fault = sql(
            f"CASE WHEN {{0}} = 0 THEN NULL {by_zero} WHEN {{0}} > 0 AND {{1}} < 0 THEN '{NUM}' ELSE {{2}} END",
            value,
            step,
            first_error(quotient.error, result.error) or sql("NULL::text"),
        )
        return Outcome(result.value, fault)

    return compiled


_STEP = Argument("倍数", "step", Kind.NUMBER, default=1)

CEILING = Function(
    "CEILING", ("向上取整",), Family.NUMBER, (NUMBER_ARGUMENT, _STEP),
    N_("向上取到倍数的整数倍;不写倍数就是整数。"), "Rounds up to a multiple (of 1 when it is left out).",
    (Example("CEILING(2.1)", 3), Example("CEILING(-2.5, -2)", -4), Example("CEILING(1.5, 0.1)", 1.5),
     Example("CEILING(2.5, -2)", {"error": "#NUM!"})),
    NUMBER, Operation("ceiling", _ceiling, _multiple_sql("ceil")),
    differs=N_("倍数可以不写。"), differs_english="The multiple may be left out.",
)  # fmt: skip

FLOOR = Function(
    "FLOOR", ("向下取整",), Family.NUMBER, (NUMBER_ARGUMENT, _STEP),
    N_("向下取到倍数的整数倍;不写倍数就是整数。"), "Rounds down to a multiple (of 1 when it is left out).",
    (Example("FLOOR(3.7, 2)", 2), Example("FLOOR(-2.5, -2)", -2), Example("FLOOR(0.234, 0.01)", 0.23)),
    NUMBER, Operation("floor", _floor, _multiple_sql("floor")),
    differs=N_("倍数可以不写。"), differs_english="The multiple may be left out.",
)  # fmt: skip

# -- the rest ---------------------------------------------------------------------------------------------------


def _modulo_sql(number_: Operand, divisor_: Operand) -> Outcome:
    number, divisor = settled(number_), settled(divisor_)
    rest = sql("mod({0}, NULLIF({1}, 0))", number, divisor)
    value = sql("({0} + CASE WHEN sign({0}) * sign({1}) < 0 THEN {1} ELSE 0 END)", rest, divisor)
    return Outcome(
        value, failing(sql("({0} = 0)", divisor), DIV0), digits=divisor_.digits, scale=SETTLED_SCALE
    )


MOD = Function(
    "MOD", ("取余", "余数"), Family.NUMBER,
    (NUMBER_ARGUMENT, Argument("除数", "divisor", Kind.NUMBER)),
    N_("相除的余数,正负号和除数一样。"), "The remainder of a division, with the sign of the divisor.",
    (Example("MOD(-3, 2)", 1), Example("MOD(3, -2)", -1), Example("MOD(5, 0)", {"error": "#DIV/0!"})),
    NUMBER, Operation("mod", numbers.modulo, _modulo_sql),
)  # fmt: skip

ABS = Function(
    "ABS", ("绝对值",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("绝对值。"), "The number without its sign.",
    (Example("ABS(-12.5)", 12.5),),
    NUMBER,
    Operation("abs", lambda value: numbers.EXACT.abs(value),
              lambda value: Outcome(sql("abs({0})", value), digits=value.digits, scale=value.scale)),
)  # fmt: skip

SIGN = Function(
    "SIGN", ("正负号",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("正数是 1,零是 0,负数是 -1。"), "1 for a positive number, 0 for zero, -1 for a negative one.",
    (Example("SIGN(-5)", -1), Example("SIGN(0)", 0)),
    NUMBER,
    Operation("sign", lambda value: Decimal((numbers.settle(value) > 0) - (numbers.settle(value) < 0)),
              lambda value: Outcome(sql("sign({0})", settled(value)), digits=1, scale=0)),
)  # fmt: skip

POWER = Function(
    "POWER", ("乘方", "幂"), Family.NUMBER,
    (NUMBER_ARGUMENT, Argument("指数", "exponent", Kind.NUMBER)),
    N_("乘方,和 ^ 一样。"), "A number raised to a power, as ^ does.",
    (Example("POWER(2, 10)", 1024), Example("2^0.5", 1.414213562373095), Example("9^9^9", {"error": "#NUM!"}),
     Example("-2^2", 4)),
    NUMBER, POWER_OPERATION,
    differs=N_("指数最大一百万;结果要小于 10^40。"), differs_english="Exponents up to a million; results below 10^40.",
)  # fmt: skip


def _square_root_sql(value_: Operand) -> Outcome:
    value = settled(value_)
    root = bounded(sql("sqrt(round(GREATEST({0}, 0), 60))", value), 21)
    return Outcome(root.value, failing(sql("({0} < 0)", value), NUM), digits=21)


SQRT = Function(
    "SQRT", ("平方根",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("平方根;负数是 #NUM!。"), "The square root; #NUM! of a negative number.",
    (Example("SQRT(16)", 4), Example("SQRT(-1)", {"error": "#NUM!"})),
    NUMBER, Operation("sqrt", numbers.square_root, _square_root_sql),
)  # fmt: skip

FUNCTIONS = (ROUND, ROUNDUP, ROUNDDOWN, INT, CEILING, FLOOR, MOD, ABS, SIGN, POWER, SQRT)
