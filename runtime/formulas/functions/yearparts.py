"""Functions that measure between dates in days and years, by the conventions of accounting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from runtime.formulas import moments, moments_sql, numbers
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, failing, sql
from runtime.formulas.sqltree import Sql
from runtime.formulas.types import INNER_SCALE, NUM, NUMBER, FormulaFailure
from runtime.i18n import N_

_START = Argument("开始日期", "start", Kind.DATE)
_END = Argument("结束日期", "end", Kind.DATE)
_BLANK = N_("空白日期的结果是空白。")
_BLANK_ENGLISH = "A blank date gives blank."

DAYS = Function(
    "DAYS", ("相差天数",), Family.DATE, (_END, _START),
    N_("从开始日期到结束日期有几天;结束在前面。"), "Days from a start to an end; the end comes first.",
    (Example('DAYS("2021-03-15", "2021-02-01")', 42), Example('DAYS("2026-01-01", "2026-01-15")', -14)),
    NUMBER,
    Operation("days", lambda end, start: Decimal((end - start).days),
              lambda end, start: Outcome(sql("({0} - {1})::numeric", end, start), digits=7, scale=0), blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip


def _days_of_360(start: date, end: date, is_european: bool, has_february: bool) -> int:
    """Days between two dates of years of twelve months of 30 days."""
    first, last = start.day, end.day
    if is_european:
        first, last = min(first, 30), min(last, 30)
    else:
        is_end = start.month == 2 and moments.month_days(start.year, 2) == first
        if has_february and is_end and end.month == 2 and moments.month_days(end.year, 2) == last:
            last = 30
        first = 30 if is_end else min(first, 30)
        last = 30 if last == 31 and first == 30 else last
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def _days_of_360_sql(start: Sql | Operand, end: Sql | Operand, is_european: Sql, has_february: bool) -> Sql:
    is_end = "(extract(month FROM {%d}) = 2 AND extract(month FROM ({%d} + 1)) = 3)"
    first_end, last_end = sql(is_end.replace("%d", "0"), start), sql(is_end.replace("%d", "0"), end)
    first_day, last_day = (sql("extract(day FROM {0})::integer", day) for day in (start, end))
    first = sql(
        "(CASE WHEN NOT {1} AND {2} THEN 30 ELSE LEAST({0}, 30) END)", first_day, is_european, first_end
    )
    last = sql("(CASE WHEN {1} THEN 30 ELSE {0} END)", last_day, sql("({0} AND {1})", first_end, last_end))
    american = sql(
        "(CASE WHEN {0} = 31 AND {1} = 30 THEN 30 ELSE {0} END)", last if has_february else last_day, first
    )
    last = sql("(CASE WHEN {2} THEN LEAST({0}, 30) ELSE {1} END)", last_day, american, is_european)
    return sql(
        "((extract(year FROM {1}) - extract(year FROM {0}))::integer * 360"
        " + (extract(month FROM {1}) - extract(month FROM {0}))::integer * 30 + {3} - {2})",
        start,
        end,
        first,
        last,
    )


DAYS360 = Function(
    "DAYS360", ("按360天的天数",), Family.DATE, (_START, _END, Argument("欧洲算法", "european", Kind.BOOLEAN, default=False)),
    N_("按每月 30 天、每年 360 天算的天数。"), "Days between two dates in years of twelve months of 30 days.",
    (Example('DAYS360("2011-01-30", "2011-02-01")', 1), Example('DAYS360("2011-01-01", "2011-12-31")', 360), Example('DAYS360("2011-01-01", "2011-02-01")', 30)),
    NUMBER,
    Operation("days360", lambda start, end, european: Decimal(_days_of_360(start, end, european, False)),
              lambda start, end, european: Outcome(
                  sql("{0}::numeric", _days_of_360_sql(start, end, european.value, False)), digits=7, scale=0), blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip


def _year_fraction(start: date, end: date, basis: int) -> Decimal:
    if not 0 <= basis <= 4:
        raise FormulaFailure(NUM)
    first, last = min(start, end), max(start, end)
    if basis in (0, 4):
        return numbers.divide(Decimal(_days_of_360(first, last, basis == 4, True)), Decimal(360))
    days = Decimal((last - first).days)
    if basis > 1:
        return numbers.divide(days, Decimal(360 if basis == 2 else 365))
    years = last.year - first.year + 1
    if _within_a_year(first, last):
        return numbers.divide(days, Decimal(366 if _has_leap_day(first, last) else 365))
    length = (last.replace(month=12, day=31) - first.replace(month=1, day=1)).days + 1
    return numbers.divide(numbers.EXACT.multiply(days, Decimal(years)), Decimal(length))


def _within_a_year(first: date, last: date) -> bool:
    if first.year == last.year:
        return True
    return last.year == first.year + 1 and (last.month, last.day) <= (first.month, first.day)


def _has_leap_day(first: date, last: date) -> bool:
    """Whether a year's fraction counts 366 days: the year is a leap year, or 29 February lies between the dates."""
    if first.year == last.year:
        return moments.month_days(first.year, 2) == 29
    if moments.month_days(first.year, 2) == 29 and (first.month, first.day) <= (2, 29):
        return True
    return moments.month_days(last.year, 2) == 29 and (last.month, last.day) >= (2, 29)


def _year_fraction_sql(start: Operand, end: Operand, basis: Operand) -> Outcome:
    first, last = sql("LEAST({0}, {1})", start, end), sql("GREATEST({0}, {1})", start, end)
    years = [sql("extract(year FROM {0})::integer", day) for day in (first, last)]
    places = [
        sql("(extract(month FROM {0}) * 100 + extract(day FROM {0}))::integer", day) for day in (first, last)
    ]
    is_leap = [sql("({0} % 4 = 0 AND ({0} % 100 <> 0 OR {0} % 400 = 0))", year) for year in years]
    within = sql("({0} = {1} OR ({1} = {0} + 1 AND {3} <= {2}))", *years, *places)
    leap_day = sql(
        "CASE WHEN {0} = {1} THEN {4} ELSE ({4} AND {2} <= 229) OR ({5} AND {3} >= 229) END",
        *years,
        *places,
        *is_leap,
    )
    whole_years = sql(
        "(date_trunc('year', {1}::timestamp)::date + CASE WHEN {2} THEN 366 ELSE 365 END"
        " - date_trunc('year', {0}::timestamp)::date)",
        first,
        last,
        is_leap[1],
    )
    days = sql("({1} - {0})", first, last)
    of_360 = _days_of_360_sql(first, last, sql("({0} = 4)", basis), True)
    above = sql(
        "(CASE WHEN {0} IN (0, 4) THEN {1} WHEN {0} > 1 OR {3} THEN {2} ELSE {2}::bigint * ({5} - {4} + 1) END)::numeric",
        basis,
        of_360,
        days,
        within,
        *years,
    )
    below = sql(
        "(CASE WHEN {0} IN (0, 2, 4) THEN 360 WHEN {0} = 3 THEN 365 WHEN {1} THEN CASE WHEN {2} THEN 366 ELSE 365 END"
        " ELSE {3} END)::numeric",
        basis,
        within,
        leap_day,
        whole_years,
    )
    wrong = failing(sql("({0} < 0 OR {0} > 4)", basis), NUM)
    return Outcome(moments_sql.quotient(above, below), wrong, digits=5, scale=INNER_SCALE)


YEARFRAC = Function(
    "YEARFRAC", ("年数", "占一年的比例"), Family.DATE,
    (_START, _END, Argument("算法", "basis", Kind.WHOLE, default=0)),
    N_("两个日期之间有几年,带小数。算法:0 每月 30 天(美国,默认),1 实际天数,2 实际天数/360,3 实际天数/365,4 每月 30 天(欧洲)。"),
    "Years between two dates, with fraction. Basis: 0 months of 30 days (US, the default), 1 actual days, 2 actual/360, "
    "3 actual/365, 4 months of 30 days (European).",
    (
        Example('ROUND(YEARFRAC("2012-01-01", "2012-07-30"), 8)', 0.58055556), Example('ROUND(YEARFRAC("2012-01-01", "2012-07-30", 1), 8)', 0.57650273),
        Example('ROUND(YEARFRAC("2012-01-01", "2012-07-30", 3), 8)', 0.57808219),
    ),
    NUMBER, Operation("yearfrac", _year_fraction, _year_fraction_sql, blank_out=True), differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

FUNCTIONS = (DAYS, DAYS360, YEARFRAC)
