"""Functions that make whole numbers and multiples."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from runtime.formulas import moments_sql, numbers
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.functions.number import NUMBER_ARGUMENT, PLACES, ROUNDDOWN
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    SqlFunction,
    bounded,
    failing,
    first_error,
    settled,
    sql,
)
from runtime.formulas.types import DIV0, INNER_SCALE, NUM, NUMBER, SETTLED_SCALE, FormulaFailure
from runtime.i18n import N_

TRUNC = Function(
    "TRUNC", ("截断", "截尾取整"), Family.NUMBER, (NUMBER_ARGUMENT, PLACES),
    N_("去掉指定小数位数以后的部分,不舍入;不写位数就是取整数部分。"), "Cuts off the decimals beyond a number of places, all of them by default.",
    (Example("TRUNC(8.9)", 8), Example("TRUNC(-8.9)", -8), Example("TRUNC(3.14159, 2)", 3.14)),
    NUMBER, ROUNDDOWN.operation,
)  # fmt: skip

# -- even and odd -----------------------------------------------------------------------------------------------


def _away_from_zero(step: int, offset: int) -> Operation:
    """To the next ``step * k + offset`` that is farther from zero."""

    def evaluate(value: Decimal) -> Decimal:
        size = abs(numbers.settle(value))
        steps = numbers.EXACT.divide(numbers.EXACT.subtract(size, Decimal(offset)), Decimal(step))
        count = max(steps.to_integral_value(ROUND_CEILING, numbers.EXACT), numbers.ZERO)
        result = numbers.EXACT.add(numbers.EXACT.multiply(count, Decimal(step)), Decimal(offset))
        return numbers.bounded(numbers.EXACT.minus(result) if numbers.settle(value) < 0 else result)

    def compiled(value: Operand) -> Outcome:
        size = sql("abs({0})", settled(value))
        result = sql(f"(GREATEST(ceil(({{0}} - {offset}) * {1 / step}), 0) * {step} + {offset})", size)
        return bounded(sql("(CASE WHEN {1} < 0 THEN -{0} ELSE {0} END)", result, settled(value)), scale=0)

    return Operation(f"away_{step}_{offset}", evaluate, compiled)


EVEN = Function(
    "EVEN", ("向上取偶数",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("向远离零的方向取最近的偶数。"), "The next even number away from zero.",
    (Example("EVEN(1.5)", 2), Example("EVEN(3)", 4), Example("EVEN(-1)", -2)), NUMBER, _away_from_zero(2, 0),
)  # fmt: skip

ODD = Function(
    "ODD", ("向上取奇数",), Family.NUMBER, (NUMBER_ARGUMENT,),
    N_("向远离零的方向取最近的奇数。"), "The next odd number away from zero.",
    (Example("ODD(1.5)", 3), Example("ODD(-2)", -3), Example("ODD(0)", 1)), NUMBER, _away_from_zero(2, 1),
)  # fmt: skip

# -- multiples --------------------------------------------------------------------------------------------------


def _nearest(value: Decimal, step: Decimal) -> Decimal:
    value, step = numbers.settle(value), numbers.settle(step)
    if not value or not step:
        return numbers.ZERO
    if (value < 0) != (step < 0):
        raise FormulaFailure(NUM)
    times = numbers.settle(numbers.divide(value, step)).to_integral_value(ROUND_HALF_UP, numbers.EXACT)
    return numbers.multiply(times, step)


def _nearest_sql(value_: Operand, step_: Operand) -> Outcome:
    value, step = settled(value_), settled(step_)
    quotient = bounded(moments_sql.quotient(value, step), scale=INNER_SCALE)
    times = sql(f"round(round({{0}}, {SETTLED_SCALE}))", quotient.value)
    result = bounded(sql("CASE WHEN {0} = 0 OR {1} = 0 THEN 0 ELSE {2} * {1} END", value, step, times))
    fault = sql(
        f"CASE WHEN {{0}} = 0 OR {{1}} = 0 THEN NULL WHEN sign({{0}}) <> sign({{1}}) THEN '{NUM}' ELSE {{2}} END",
        value,
        step,
        first_error(quotient.error, result.error) or sql("NULL::text"),
    )
    return Outcome(result.value, fault)


_STEP = Argument("倍数", "step", Kind.NUMBER)

MROUND = Function(
    "MROUND", ("按倍数舍入",), Family.NUMBER, (NUMBER_ARGUMENT, _STEP),
    N_("四舍五入到倍数的整数倍;两个数正负不同是 #NUM!。"), "Rounds to the nearest multiple; #NUM! when the signs differ.",
    (Example("MROUND(10, 3)", 9), Example("MROUND(-10, -3)", -9), Example("MROUND(1.3, 0.2)", 1.4), Example("MROUND(5, -2)", {"error": "#NUM!"})),
    NUMBER, Operation("mround", _nearest, _nearest_sql),
)  # fmt: skip


def _quotient(value: Decimal, divisor: Decimal) -> Decimal:
    value, divisor = numbers.settle(value), numbers.settle(divisor)
    if not divisor:
        raise FormulaFailure(DIV0)
    return numbers.bounded(numbers.EXACT.divide_int(value, divisor))


def _quotient_sql(value_: Operand, divisor_: Operand) -> Outcome:
    value, divisor = settled(value_), settled(divisor_)
    result = bounded(sql("COALESCE(div({0}, NULLIF({1}, 0)), 0)", value, divisor), scale=0)
    return Outcome(result.value, first_error(failing(sql("({0} = 0)", divisor), DIV0), result.error), scale=0)


QUOTIENT = Function(
    "QUOTIENT", ("整除", "取商"), Family.NUMBER, (NUMBER_ARGUMENT, Argument("除数", "divisor", Kind.NUMBER)),
    N_("相除的整数部分。"), "The whole part of a division.",
    (Example("QUOTIENT(5, 2)", 2), Example("QUOTIENT(-10, 3)", -3), Example("QUOTIENT(1, 0)", {"error": "#DIV/0!"})),
    NUMBER, Operation("quotient", _quotient, _quotient_sql),
)  # fmt: skip

# -- divisors ---------------------------------------------------------------------------------------------------


def _whole_numbers(values: tuple[Decimal, ...]) -> list[int]:
    settled_ = [numbers.settle(value) for value in values]
    if any(value < 0 for value in settled_):
        raise FormulaFailure(NUM)
    return [int(value) for value in settled_]


def _folded_sql(function: str) -> SqlFunction:
    def compiled(*values: Operand) -> Outcome:
        settled_ = [settled(value) for value in values]
        result = sql("trunc(GREATEST({0}, 0))", settled_[0])
        for value in settled_[1:]:
            result = sql(f"{function}({{0}}, trunc(GREATEST({{1}}, 0)))", result, value)
        least = sql("LEAST(" + ", ".join(f"{{{i}}}" for i in range(len(values))) + ")", *settled_)
        outcome = bounded(result, scale=0)
        return Outcome(
            outcome.value, first_error(failing(sql("({0} < 0)", least), NUM), outcome.error), scale=0
        )

    return compiled


_NUMBERS = Argument("数值", "number", Kind.NUMBER, repeats=True)

GCD = Function(
    "GCD", ("最大公约数",), Family.NUMBER, (_NUMBERS,),
    N_("几个数的最大公约数,小数部分不计;负数是 #NUM!。"), "The greatest common divisor, decimals cut off; #NUM! for negative numbers.",
    (Example("GCD(24, 36)", 12), Example("GCD(5, 0)", 5)),
    NUMBER, Operation("gcd", lambda *values: Decimal(math.gcd(*_whole_numbers(values))), _folded_sql("gcd")),
)  # fmt: skip

LCM = Function(
    "LCM", ("最小公倍数",), Family.NUMBER, (_NUMBERS,),
    N_("几个数的最小公倍数,小数部分不计;负数是 #NUM!。"), "The least common multiple, decimals cut off; #NUM! for negative numbers.",
    (Example("LCM(24, 36)", 72), Example("LCM(5, 0)", 0)),
    NUMBER, Operation("lcm", lambda *values: numbers.bounded(Decimal(math.lcm(*_whole_numbers(values)))), _folded_sql("lcm")),
)  # fmt: skip

# -- counting arrangements --------------------------------------------------------------------------------------

_MOST_FACTORIAL = 40
_MOST_ITEMS = 1000


def _factorial(value: int) -> Decimal:
    if not 0 <= value <= _MOST_FACTORIAL:
        raise FormulaFailure(NUM)
    return numbers.bounded(Decimal(math.factorial(value)))


def _factorial_sql(value: Operand) -> Outcome:
    result = bounded(sql(f"factorial(LEAST(GREATEST({{0}}, 0), {_MOST_FACTORIAL}))", value), scale=0)
    outside = failing(sql(f"({{0}} < 0 OR {{0}} > {_MOST_FACTORIAL})", value), NUM)
    return Outcome(result.value, first_error(outside, result.error), scale=0)


FACT = Function(
    "FACT", ("阶乘",), Family.NUMBER, (Argument("数值", "number", Kind.WHOLE),),
    N_("阶乘,小数部分不计;负数和超过 34 的数是 #NUM!。"), "The factorial, decimals cut off; #NUM! for negative numbers and beyond 34.",
    (Example("FACT(5)", 120), Example("FACT(0)", 1), Example("FACT(-1)", {"error": "#NUM!"})),
    NUMBER, Operation("fact", _factorial, _factorial_sql),
)  # fmt: skip


def _chosen(count: int, chosen: int) -> tuple[int, int]:
    if not 0 <= chosen <= count <= _MOST_ITEMS:
        raise FormulaFailure(NUM)
    return count, chosen


def _arrangements_sql(is_ordered: bool) -> SqlFunction:
    def compiled(count: Operand, chosen: Operand) -> Outcome:
        fine = sql(f"({{1}} >= 0 AND {{1}} <= {{0}} AND {{0}} <= {_MOST_ITEMS})", count, chosen)
        below = "factorial({0} - {1})" if is_ordered else "factorial({1}) * factorial({0} - {1})"
        result = bounded(
            sql(f"CASE WHEN {{2}} THEN div(factorial({{0}}), {below}) ELSE 0 END", count, chosen, fine),
            600,
            0,
        )
        return Outcome(
            result.value, first_error(failing(sql("({0} IS NOT TRUE)", fine), NUM), result.error), scale=0
        )

    return compiled


_ITEMS = (Argument("总数", "count", Kind.WHOLE), Argument("取几个", "chosen", Kind.WHOLE))

COMBIN = Function(
    "COMBIN", ("组合数",), Family.NUMBER, _ITEMS,
    N_("从若干个里取几个的取法,不计顺序;总数最多 1000。"), "How many ways there are to choose some of so many, order aside; of at most 1,000.",
    (Example("COMBIN(8, 2)", 28), Example("COMBIN(2, 3)", {"error": "#NUM!"})),
    NUMBER, Operation("combin", lambda n, k: numbers.bounded(Decimal(math.comb(*_chosen(n, k)))), _arrangements_sql(False)),
)  # fmt: skip

PERMUT = Function(
    "PERMUT", ("排列数",), Family.NUMBER, _ITEMS,
    N_("从若干个里取几个的排法,计顺序;总数最多 1000。"), "How many ways there are to line up some of so many; of at most 1,000.",
    (Example("PERMUT(100, 3)", 970200), Example("PERMUT(3, 2)", 6)),
    NUMBER, Operation("permut", lambda n, k: numbers.bounded(Decimal(math.perm(*_chosen(n, k)))), _arrangements_sql(True)),
)  # fmt: skip

FUNCTIONS = (TRUNC, EVEN, ODD, MROUND, QUOTIENT, GCD, LCM, FACT, COMBIN, PERMUT)
