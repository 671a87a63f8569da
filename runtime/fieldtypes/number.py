"""Numbers, money and percentages: exact decimals throughout, never floats in storage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, compare
from runtime.i18n import N_

NUMBER_OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "between", *EMPTY_OPERATORS)
NUMBER_AGGREGATES = ("count", "count_filled", "count_empty", "count_unique", "sum", "avg", "min", "max")

# Whole part of at most 15 digits: what a spreadsheet keeps exactly, and far from numeric's own limit.
_LIMIT_DIGITS = 15
LIMIT = Decimal(10) ** _LIMIT_DIGITS

# at most so many units of the last place, fifteen digits, are a float of their own
_EXACT = 10**15
_JSON_NUMBERS = frozenset({int, float})
# smaller than this and with four decimal places at most: a JSON number says it exactly
_PLAIN = Decimal(10) ** 11

_CURRENCY = re.compile(r"^(CNY|RMB|USD|US\$|¥|￥|\$|€|£)|(元|圆|块)$", re.IGNORECASE)


def exact(value: Any) -> Decimal:
    """A finite Decimal of a JSON number or its text. Raises BadValue."""
    if isinstance(value, bool):
        raise BadValue(N_("要填数字"))
    if isinstance(value, int | Decimal):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, str):
        typed = unicodedata.normalize("NFKC", value).strip().replace(",", "")
        try:
            number = Decimal(typed)
        except InvalidOperation:
            raise BadValue(N_("「{value}」不是数字"), value=str(value)[:40]) from None
    else:
        raise BadValue(N_("要填数字"))
    if not number.is_finite():
        raise BadValue(N_("「{value}」不是数字"), value=str(value)[:40])
    if (
        number and number.adjusted() >= _LIMIT_DIGITS
    ):  # compared by digits: a huge exponent overflows otherwise
        raise BadValue(N_("数字太大,整数部分最多 15 位"))
    return number


def loose(value: Any) -> Decimal:
    """A Decimal of what a spreadsheet holds: "¥1,299.00", "(5.00)", "12 元", "8.5%". Raises BadValue."""
    if not isinstance(value, str):
        return exact(value)
    typed = unicodedata.normalize("NFKC", value).strip()
    negative = False
    if typed.startswith("(") and typed.endswith(")"):
        negative, typed = True, typed[1:-1].strip()
    if typed.startswith(("-", "+")):
        negative, typed = negative ^ (typed[0] == "-"), typed[1:].strip()
    typed = _CURRENCY.sub("", typed).strip()
    typed = _CURRENCY.sub("", typed).strip().replace(" ", "")
    if typed.startswith("-"):
        negative, typed = not negative, typed[1:]
    percent = typed.endswith("%")
    typed = typed.removesuffix("%")
    if not re.fullmatch(r"\d[\d,]*(\.\d*)?(e[+-]?\d{1,3})?|\.\d+", typed, re.IGNORECASE):
        raise BadValue(N_("「{value}」不是数字"), value=value[:40])
    number = exact(typed)
    number = number / 100 if percent else number
    return -number if negative else number


@cache
def _place(decimals: int) -> Decimal:
    """One unit of the last of so many decimal places."""
    return Decimal(1).scaleb(-decimals)


@lru_cache(maxsize=8192)
def wire_number(stored: Decimal | None) -> int | float | str | None:
    """A JSON number that says exactly the same, or the text where no JSON number a browser reads can."""
    if stored is None:
        return None
    whole = int(stored)
    if whole == stored:
        return whole if abs(whole) < 2**53 else str(whole)
    approximate = float(stored)
    return approximate if Decimal(repr(approximate)) == stored else format(stored, "f")


def _short(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _in_units(values: Sequence[int | float], places: int) -> list[Decimal] | None:
    """Numbers of at most so many decimal places, exactly; None where there are others among them."""
    unit = 10**places
    try:
        units = [round(one * unit) for one in values]
    except (ValueError, OverflowError):  # no number, or without end
        return None
    # fifteen digits stand for one float alone: what is that float again has been read exactly
    if max(units) >= _EXACT or min(units) <= -_EXACT or [one / unit for one in units] != list(values):
        return None
    return [Decimal(one).scaleb(-places) for one in units]


# wire_number in SQL. First what most are: fifteen digits at most, which a JSON number says exactly
_WIRE_SQL = (
    "CASE WHEN scale($) <= 4 AND abs($) < 1e11 THEN trim_scale($)::text"
    " WHEN $ = trunc($) THEN CASE WHEN abs($) < 9007199254740992 THEN trunc($)::text ELSE '\"' || trunc($) || '\"' END"
    " WHEN abs($) > 1e17 OR scale(trim_scale($)) > 300 THEN '\"' || $ || '\"'"
    " WHEN $::float8::text::numeric = $ THEN trim_scale($)::text ELSE '\"' || $ || '\"' END"
)


class NumberType(FieldType):
    """A decimal number with a fixed number of places."""

    name = "number"
    label = N_("数字")
    icon = "hash"
    description = N_("数量、次数等,可定小数位和单位")
    operators = NUMBER_OPERATORS
    aggregates = NUMBER_AGGREGATES

    def sql_type(self, config: Any) -> str:
        return "numeric"

    def parse(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self.rounded(config, exact(value))

    def repair(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self.rounded(config, loose(value))

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        kinds = set(map(type, values))
        if not self._usual() or not (kinds <= _JSON_NUMBERS or kinds == {Decimal}):
            return None
        places = self.places(config)
        numbers = None if kinds == {Decimal} else _in_units(values, places)
        if numbers is None:
            numbers = [Decimal(repr(one)) if type(one) is float else Decimal(one) for one in values]
            if not all(map(Decimal.is_finite, numbers)) or max(map(abs, numbers)) >= LIMIT:
                return None
            numbers = [one.quantize(_place(places), ROUND_HALF_UP) for one in numbers]
        try:  # the bounds
            for end in (min(numbers), max(numbers)):
                self.rounded(config, end)
        except BadValue:
            return None
        return numbers

    @classmethod
    def _usual(cls) -> bool:
        """Whether JSON numbers are read as by the base: only rounded, and held to the bounds."""
        return (
            cls.parse in (NumberType.parse, PercentType.parse)
            and cls.repair is NumberType.repair
            and cls.rounded in (NumberType.rounded, PercentType.rounded)
        )

    def places(self, config: Any) -> int:
        """How many decimal places are stored."""
        return int(config.decimals)

    def rounded(self, config: Any, number: Decimal) -> Decimal:
        """``number`` at the field's places, halves away from zero as in a spreadsheet, within its bounds."""
        number = number.quantize(_place(self.places(config)), rounding=ROUND_HALF_UP)
        minimum, maximum = getattr(config, "minimum", None), getattr(config, "maximum", None)
        if minimum is not None and number < Decimal(str(minimum)):
            raise BadValue(N_("不能小于 {limit}"), limit=wire_number(Decimal(str(minimum))))
        if maximum is not None and number > Decimal(str(maximum)):
            raise BadValue(N_("不能大于 {limit}"), limit=wire_number(Decimal(str(maximum))))
        return number

    def to_wire(self, config: Any, stored: Any) -> Any:
        return wire_number(stored)

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any]:
        return wire_number

    def wire_all(self, config: Any, stored: Sequence[Any]) -> Sequence[Any]:
        if type(self).to_wire is not NumberType.to_wire:
            return super().wire_all(config, stored)
        filled = [one for one in stored if one is not None]
        few = filled and max(map(abs, filled)) < _PLAIN
        if not few or [one.quantize(_place(4), ROUND_HALF_UP) for one in filled] != filled:
            return list(map(wire_number, stored))
        if len(filled) < len(stored):
            return [None if one is None else _short(float(one)) for one in stored]
        return [int(one) if one.is_integer() else one for one in map(float, stored)]

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        return QueryString(_WIRE_SQL.replace("$", column))

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        text = f"{stored:,.{config.decimals}f}" if config.thousands else f"{stored:.{config.decimals}f}"
        return f"{text} {config.unit}" if config.unit else text

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        return number_condition(column, op, value) or super().condition(config, column, op, value, context)

    def formula_type(self, config: Any) -> Any:
        return "number"


def number_condition(column: str, op: str, value: Any) -> QueryString | None:
    """Comparisons of a numeric column; None for an operator it does not know. Raises InvalidInput for a bad operand."""
    try:
        if op in ("eq", "ne", "gt", "ge", "lt", "le", "is", "is_not"):
            return compare(column, op, None if value is None else loose(value))
        if op == "between":
            if not isinstance(value, list | tuple) or len(value) != 2:
                raise InvalidInput(N_("「介于」要填两个值"), code="bad_operand")
            return QueryString(f"{column} BETWEEN {{}} AND {{}}", loose(value[0]), loose(value[1]))
        if op in ("is_any_of", "is_none_of"):
            items = [loose(item) for item in (value if isinstance(value, list | tuple) else [value])]
            found = f"{column} = ANY({{}}::numeric[])"
            return QueryString(f"(({found}) IS NOT TRUE)" if op == "is_none_of" else found, items)
    except BadValue as bad:
        raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
    return None


SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"}


class CurrencyType(NumberType):
    """Money, exact to its places."""

    name = "currency"
    label = N_("金额")
    icon = "banknote"
    description = N_("应付、实付等金额,精确到分")

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        sign, symbol = "-" if stored < 0 else "", SYMBOLS.get(config.currency, config.currency + " ")
        return f"{sign}{symbol}{abs(stored):,.{config.decimals}f}"


class PercentType(NumberType):
    """A share; 0.125 is shown as 12.5 %. Text with a % sign is read as percent."""

    name = "percent"
    label = N_("百分比")
    icon = "percent"
    description = N_("比率,如退货率 8.5%")

    def places(self, config: Any) -> int:
        return int(config.decimals) + 2

    def rounded(self, config: Any, number: Decimal) -> Decimal:
        return number.quantize(_place(self.places(config)), rounding=ROUND_HALF_UP)

    def parse(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if isinstance(value, str) and value.strip().endswith("%"):
            return self.repair(config, value, context)
        return super().parse(config, value, context)

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "" if stored is None else f"{stored * 100:.{config.decimals}f}%"
