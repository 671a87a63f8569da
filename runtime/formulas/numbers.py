"""The arithmetic of formulas: exact decimals under one rule that both back ends follow digit for digit.

Every step is exact, then rounded half away from zero to 30 decimals; a result of 10^40 or more is ``#NUM!``. What
people see or decide by (results, text, comparison, rounding functions) is *settled* first: rounded to 15 decimals.
So ``1/3*3 = 1`` is TRUE and ``0.1+0.2 = 0.3`` too.
"""

from __future__ import annotations

import math
import re
from decimal import (
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Final

from runtime.formulas.types import DIV0, INNER_SCALE, MAX_DIGITS, NUM, SETTLED_SCALE, VALUE, FormulaFailure

# Wide enough that sums, products and integer quotients of any two numbers in range are exact.
EXACT: Final = Context(
    prec=400,
    rounding=ROUND_HALF_UP,
    Emin=-999_999,
    Emax=999_999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
WIDE: Final = Context(
    prec=110, rounding=ROUND_HALF_UP, Emin=-999_999, Emax=999_999, traps=[InvalidOperation, Overflow]
)
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
LIMIT: Final = Decimal(10) ** MAX_DIGITS
_INNER_UNIT: Final = Decimal(1).scaleb(-INNER_SCALE)
_SETTLED_UNIT: Final = Decimal(1).scaleb(-SETTLED_SCALE)
_QUOTIENT_SCALE: Final = INNER_SCALE + 1
MAX_EXPONENT: Final = 1_000_000
# Beyond this estimate of log10|result| a power is certainly out of range, or certainly rounds to zero.
POWER_ESTIMATE: Final = 45


def bounded(value: Decimal) -> Decimal:
    """Round to the inner scale; raise ``#NUM!`` when out of range."""
    rounded = value.quantize(_INNER_UNIT, context=EXACT) if _scale(value) > INNER_SCALE else value
    if abs(rounded) >= LIMIT:
        raise FormulaFailure(NUM)
    return rounded if rounded else ZERO  # no negative zero


def settle(value: Decimal) -> Decimal:
    """Round half away from zero to the 15 decimals that people can see."""
    settled = value.quantize(_SETTLED_UNIT, context=EXACT) if _scale(value) > SETTLED_SCALE else value
    return settled if settled else ZERO


def canonical(value: Decimal) -> Decimal:
    """Settled, without trailing zeros and without an exponent: ``100``, ``0.5``."""
    settled = settle(value).normalize(EXACT)
    return settled.quantize(ONE, context=EXACT) if _exponent(settled) > 0 else settled


def number_text(value: Decimal) -> str:
    """The number as people write it: ``1299``, ``0.5``, ``-3.25``; never an exponent."""
    return format(canonical(value), "f")


def whole(value: Decimal, limit: int = 1_000_000_000) -> int:
    """The number without its decimals, toward zero, kept within ±``limit``."""
    return max(-limit, min(limit, int(settle(value).to_integral_value(ROUND_DOWN))))


def floor(value: Decimal) -> Decimal:
    """The largest whole number that is not above ``value``."""
    return value.to_integral_value(ROUND_FLOOR, context=EXACT)


def add(left: Decimal, right: Decimal) -> Decimal:
    """``left + right``."""
    return bounded(EXACT.add(left, right))


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """``left - right``."""
    return bounded(EXACT.subtract(left, right))


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """``left * right``."""
    return bounded(EXACT.multiply(left, right))


def divide(left: Decimal, right: Decimal) -> Decimal:
    """``left / right``, correctly rounded at the inner scale; ``#DIV/0!`` for zero."""
    if not right:
        raise FormulaFailure(DIV0)
    return bounded(
        EXACT.divide_int(left.scaleb(_QUOTIENT_SCALE, EXACT), right).scaleb(-_QUOTIENT_SCALE, EXACT)
    )


def negate(value: Decimal) -> Decimal:
    """``-value``."""
    return EXACT.minus(value) if value else ZERO


def percent(value: Decimal) -> Decimal:
    """``value`` hundredths."""
    return bounded(value.scaleb(-2, EXACT))


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """``base ^ exponent``.

    ``#NUM!`` for 0^0, a negative base with a fractional exponent, a result out of range, or an exponent beyond
    ±1,000,000; ``#DIV/0!`` for zero to a negative exponent.
    """
    base, exponent = settle(base), settle(exponent)
    if not base:
        if not exponent:
            raise FormulaFailure(NUM)
        if exponent < 0:
            raise FormulaFailure(DIV0)
        return ZERO
    if abs(exponent) > MAX_EXPONENT or (base < 0 and exponent != exponent.to_integral_value()):
        raise FormulaFailure(NUM)
    estimate = float(exponent) * math.log10(abs(base))
    if estimate > POWER_ESTIMATE:
        raise FormulaFailure(NUM)
    if estimate < -POWER_ESTIMATE:
        return ZERO
    return bounded(WIDE.power(base, exponent))


def square_root(value: Decimal) -> Decimal:
    """The square root; ``#NUM!`` of a negative number."""
    settled = settle(value)
    if settled < 0:
        raise FormulaFailure(NUM)
    return bounded(WIDE.sqrt(settled))


def modulo(number: Decimal, divisor: Decimal) -> Decimal:
    """The remainder with the sign of the divisor; ``#DIV/0!`` for a divisor of zero."""
    number, divisor = settle(number), settle(divisor)
    if not divisor:
        raise FormulaFailure(DIV0)
    rest = EXACT.remainder(number, divisor)
    if rest and (rest < 0) != (divisor < 0):
        rest = EXACT.add(rest, divisor)
    return rest if rest else ZERO


# One grammar for text that is a number, shared with the SQL back end (both regular expression dialects agree on it).
NUMBER_TEXT: Final = (
    r"^(?:[+-]?[$¥￥€£]?|[$¥￥€£][+-])"
    r"(?:(?:[0-9]{1,40}|[0-9]{1,3}(?:,[0-9]{3}){1,12})(?:\.[0-9]{0,40})?|\.[0-9]{1,40})"
    r"(?:[eE][+-]?[0-9]{1,2})?%?$"
)
NUMBER_SPACES: Final = " \t\r\n\u00a0\u3000"
NUMBER_WIDE: Final = "０１２３４５６７８９．，＋－％＄"
NUMBER_NARROW: Final = "0123456789.,+-%$"
NUMBER_NOISE: Final = ",$¥￥€£%+"
_NUMBER_TEXT = re.compile(NUMBER_TEXT.removesuffix("$") + r"\Z")
_WIDE = str.maketrans(NUMBER_WIDE, NUMBER_NARROW)
_NOISE = str.maketrans("", "", NUMBER_NOISE)


def number_from_text(text: str) -> Decimal | None:
    """Read "1299", "¥1,299.00", "12%", " -3.5 ", "1e3"; ``#VALUE!`` for what is not a number, None for blank."""
    tidy = text.translate(_WIDE).strip(NUMBER_SPACES)
    if not tidy:
        return None
    if not _NUMBER_TEXT.match(tidy):
        raise FormulaFailure(VALUE)
    value = Decimal(tidy.translate(_NOISE))
    return bounded(value.scaleb(-2, EXACT) if tidy.endswith("%") else value)


def _scale(value: Decimal) -> int:
    return -_exponent(value)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - NaN and infinities never enter
    return exponent
