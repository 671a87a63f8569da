"""Functions that shift dates and measure between them."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from runtime.formulas import moments, moments_sql, numbers
from runtime.formulas.coercions import WHOLE, coerce, convert
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, failing, settled, sql
from runtime.formulas.problems import BadConstant
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term, apply
from runtime.formulas.types import DATE, DATETIME, NUM, NUMBER, FormulaFailure
from runtime.i18n import N_

_DATE = Argument("日期", "date", Kind.DATE)
_BLANK = N_("空白日期的结果是空白。")
_BLANK_ENGLISH = "A blank date gives blank."

# -- units ------------------------------------------------------------------------------------------------------

_UNITS: Final = {
    "second": ("s", "sec", "seconds", "秒"),
    "minute": ("min", "minutes", "分", "分钟"),
    "hour": ("h", "hours", "时", "小时"),
    "day": ("d", "days", "天", "日"),
    "week": ("w", "weeks", "周", "星期"),
    "month": ("m", "months", "月", "个月"),
    "quarter": ("q", "quarters", "季", "季度"),
    "year": ("y", "years", "年"),
}
_MICROS: Final = {"second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000}
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def parse_unit(source: str) -> str:
    """``"day"``, ``"天"``, ``"d"`` … as one name. Raises :class:`BadConstant`."""
    word = source.strip().lower()
    for unit, words in _UNITS.items():
        if word == unit or word in words:
            return unit
    raise BadConstant(
        N_("单位「{unit}」不认识,可以用 年、季、月、周、天、时、分、秒(year … second)"), unit=source[:20]
    )


def _parse_difference_unit(source: str) -> str:
    unit = {"年": "y", "月": "m", "天": "d", "日": "d"}.get(source.strip(), source.strip().lower())
    if unit not in ("y", "m", "d", "ym", "yd", "md"):
        raise BadConstant(N_('DATEDIF 的单位是 "Y"、"M"、"D"、"YM"、"YD" 或 "MD"'))
    return unit


# -- shifting ---------------------------------------------------------------------------------------------------


def _plus_time(moment: datetime, amount: Decimal, unit: str) -> datetime:
    micros = numbers.EXACT.multiply(numbers.settle(amount), Decimal(_MICROS[unit])).to_integral_value(
        ROUND_HALF_UP
    )
    if abs(micros) > moments.MAX_SHIFT_DAYS * moments.DAY_MICROS:
        raise FormulaFailure(NUM)
    return moments.plus_micros(moment, int(micros))


def _plus_time_sql(moment: Operand, amount: Operand, unit: str) -> Outcome:
    micros = sql(f"round({{0}} * {_MICROS[unit]})", settled(amount))
    limit = moments.MAX_SHIFT_DAYS * moments.DAY_MICROS
    return moments_sql.plus_micros(moment, sql(f"LEAST(GREATEST({{0}}, -{limit}), {limit})", micros))


def _plus_days(day: Any, amount: int, unit: str) -> Any:
    if isinstance(day, datetime):
        return moments.moment_plus_days(day, Decimal(amount * _DAYS[unit]))
    return moments.date_plus_days(day, amount * _DAYS[unit])


def _plus_days_sql(day: Operand, amount: Operand, unit: str) -> Outcome:
    days = _times(amount, _DAYS[unit], moments.MAX_SHIFT_DAYS)
    if day.type is DATETIME:
        return moments_sql.plus_micros(day, sql(f"({{0}}::numeric * {moments.DAY_MICROS})", days))
    return moments_sql.day_at(sql("({0} + {1})", moments_sql.ordinal(day), days))


def _times(count: Operand, factor: int, limit: int) -> Sql:
    """An integer operand times ``factor``; held where every result is outside the calendar anyway."""
    return sql(f"(LEAST(GREATEST({{0}}, -{limit}), {limit}) * {factor})", count)


def _plus_months(day: Any, amount: int, unit: str) -> Any:
    return moments.plus_months(day, amount * _MONTHS[unit])


def _plus_months_sql(day: Operand, amount: Operand, unit: str) -> Outcome:
    months = _times(amount, _MONTHS[unit], moments.MAX_SHIFT_MONTHS)
    return moments_sql.plus_months(day.value, months, "timestamp" if day.type is DATETIME else "date")


_PLUS_TIME = Operation("plus_time", _plus_time, _plus_time_sql, blank_out=True)
_PLUS_DAYS = Operation("plus_days", _plus_days, _plus_days_sql, blank_out=True)
_PLUS_MONTHS = Operation("plus_months", _plus_months, _plus_months_sql, blank_out=True)


def _build_date_add(call: Call) -> Term:
    day = call.arguments[0] if call.arguments[0].type.is_temporal else convert(call.arguments[0], DATETIME)
    amount = coerce(call.arguments[1], NUMBER)
    unit = call.constant(2, parse_unit)
    if unit in _MICROS:
        return Apply(DATETIME, _PLUS_TIME, (convert(day, DATETIME), amount), (unit,))
    return Apply(
        day.type, _PLUS_DAYS if unit in _DAYS else _PLUS_MONTHS, (day, apply(NUMBER, WHOLE, amount)), (unit,)
    )


DATEADD = Function(
    "DATEADD", ("日期加", "日期推移"), Family.DATE,
    (_DATE, Argument("数量", "amount", Kind.NUMBER), Argument("单位", "unit", Kind.CONSTANT, prepare=parse_unit)),
    N_("日期往后(负数往前)推若干个单位:年、季、月、周、天、时、分、秒。"),
    "Shifts a date by years, quarters, months, weeks, days, hours, minutes or seconds.",
    (
        Example('DATEADD(DATE(2026,1,31), 1, "月")', "2026-02-28"),
        Example('DATEADD("2026-01-15 18:00", 36, "hour")', "2026-01-17T06:00:00"),
    ),
    build=_build_date_add,
)  # fmt: skip

EDATE = Function(
    "EDATE", ("月份推移",), Family.DATE,
    (_DATE, Argument("月数", "months", Kind.WHOLE)),
    N_("若干个月之后(负数之前)的同一天;没有那一天就是月末。"),
    "The same day some months later or earlier, or the last day of that month.",
    (Example("EDATE(DATE(2026,1,31), 1)", "2026-02-28"), Example('EDATE("2026-01-15", -2)', "2025-11-15")),
    DATE,
    Operation("edate", moments.plus_months,
              lambda day, months: moments_sql.plus_months(day.value, _times(months, 1, moments.MAX_SHIFT_MONTHS), "date"),
              blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip


def _month_end_sql(day: Operand, months: Operand) -> Outcome:
    start = sql("date_trunc('month', {0}::timestamp)::date", day)
    shifted = moments_sql.plus_months(start, _times(months, 1, moments.MAX_SHIFT_MONTHS), "date")
    return Outcome(sql("({0} + interval '1 month' - interval '1 day')::date", shifted.value), shifted.error)


EOMONTH = Function(
    "EOMONTH", ("月末",), Family.DATE,
    (_DATE, Argument("月数", "months", Kind.WHOLE, default=0)),
    N_("若干个月之后(0 是本月)的最后一天。"), "The last day of the month some months later (0: this month).",
    (Example('EOMONTH("2026-01-15", 0)', "2026-01-31"), Example("EOMONTH(DATE(2024,1,15), 1)", "2024-02-29")),
    DATE, Operation("eomonth", moments.month_end, _month_end_sql, blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

# -- measuring --------------------------------------------------------------------------------------------------


def _full_months_sql(start: Sql, end: Sql) -> Sql:
    return sql(
        "((extract(year FROM {1}) - extract(year FROM {0}))::integer * 12"
        " + (extract(month FROM {1}) - extract(month FROM {0}))::integer"
        " - (extract(day FROM {1}) < extract(day FROM {0}))::integer)",
        start,
        end,
    )


def _difference_sql(start: Operand, end: Operand, unit: str) -> Outcome:
    later = sql("({0} > {1})", start, end)
    first = sql("LEAST({0}, {1})", start, end)
    months = _full_months_sql(first, end.value)
    match unit:
        case "y":
            value = sql("({0} / 12)", months)
        case "m":
            value = months
        case "d":
            value = sql("({1} - {0})", first, end)
        case "ym":
            value = sql("({0} % 12)", months)
        case _:
            passed = sql("({0} / 12 * 12)", months) if unit == "yd" else months
            value = sql("({1} - ({0} + make_interval(months => {2}))::date)", first, end, passed)
    return Outcome(sql("({0})::numeric", value), failing(later, NUM), digits=7, scale=0)


DATEDIF = Function(
    "DATEDIF", ("日期间隔",), Family.DATE,
    (
        Argument("开始日期", "start", Kind.DATE), Argument("结束日期", "end", Kind.DATE),
        Argument("单位", "unit", Kind.CONSTANT, default="D", prepare=_parse_difference_unit),
    ),
    N_("两个日期之间的整年数 Y、整月数 M、天数 D;不计年的月数 YM,不计年的天数 YD,不计月的天数 MD。开始晚于结束是 #NUM!。"),
    "Complete years (Y), months (M) or days (D) between two dates; YM, YD, MD the rest of months or days. #NUM! when "
    "the start is later.",
    (
        Example('DATEDIF("2001-06-01", "2002-08-15", "D")', 440), Example('DATEDIF("2001-06-01", "2002-08-15", "YD")', 75),
        Example('DATEDIF("2024-01-31", "2026-01-15", "Y")', 1),
        Example('DATEDIF("2026-02-01", "2026-01-01", "D")', {"error": "#NUM!"}),
    ),
    NUMBER, Operation("datedif", moments.date_difference, _difference_sql, blank_out=True),
    differs=N_("MD 和 YD 从不为负;空白日期的结果是空白。"), differs_english="MD and YD are never negative; a blank date gives blank.",
)  # fmt: skip


def _span(later: datetime, earlier: datetime, unit: str) -> Decimal:
    if unit in _MONTHS:
        first, last, sign = (
            (earlier.date(), later.date(), 1) if earlier <= later else (later.date(), earlier.date(), -1)
        )
        return Decimal(sign * (moments.full_months(first, last) // _MONTHS[unit]))
    micros = Decimal(moments.micros_between(later, earlier))
    size = _MICROS.get(unit) or _DAYS[unit] * moments.DAY_MICROS
    return numbers.EXACT.divide_int(micros, Decimal(size)) + 0


def _span_sql(later: Operand, earlier: Operand, unit: str) -> Outcome:
    if unit in _MONTHS:
        first = sql("LEAST({0}, {1})::date", later, earlier)
        last = sql("GREATEST({0}, {1})::date", later, earlier)
        value = sql(
            f"((CASE WHEN {{0}} < {{1}} THEN -1 ELSE 1 END) * ({{2}} / {_MONTHS[unit]}))::numeric",
            later,
            earlier,
            _full_months_sql(first, last),
        )
    else:
        size = _MICROS.get(unit) or _DAYS[unit] * moments.DAY_MICROS
        value = sql(f"div({{0}}, {size})", moments_sql.micros_between(later, earlier))
    return Outcome(value, digits=13, scale=0)


DATETIME_DIFF = Function(
    "DATETIME_DIFF", ("时间差", "日期差"), Family.DATE,
    (
        Argument("结束", "later", Kind.DATETIME), Argument("开始", "earlier", Kind.DATETIME),
        Argument("单位", "unit", Kind.CONSTANT, default="day", prepare=parse_unit),
    ),
    N_("从开始到结束有几个完整的单位(不写是天);结束早于开始是负数。"),
    "Complete units (days when left out) from the second to the first moment; negative when turned round.",
    (
        Example('DATETIME_DIFF("2026-01-15 18:00", "2026-01-15 09:30", "小时")', 8),
        Example('DATETIME_DIFF("2026-01-01", "2026-01-15", "天")', -14),
    ),
    NUMBER, Operation("datetime_diff", _span, _span_sql, blank_out=True),
)  # fmt: skip


def _hours(start: datetime, end: datetime) -> Decimal:
    return numbers.divide(Decimal(moments.micros_between(end, start)), Decimal(_MICROS["hour"]))


def _hours_sql(start: Operand, end: Operand) -> Outcome:
    hours = moments_sql.quotient(moments_sql.micros_between(end, start), sql(f"{_MICROS['hour']}::numeric"))
    return Outcome(hours, digits=9)


HOURS_BETWEEN = Function(
    "HOURS_BETWEEN", ("相差小时", "小时差"), Family.DATE,
    (Argument("开始", "start", Kind.DATETIME), Argument("结束", "end", Kind.DATETIME)),
    N_("从开始到结束相差多少小时,带小数。"), "Hours from one moment to another, with fraction.",
    (Example('HOURS_BETWEEN("2026-01-15 09:30", "2026-01-15 18:00")', 8.5),),
    NUMBER, Operation("hours_between", _hours, _hours_sql, blank_out=True),
)  # fmt: skip


FUNCTIONS = (DATEADD, EDATE, EOMONTH, DATEDIF, DATETIME_DIFF, HOURS_BETWEEN)
