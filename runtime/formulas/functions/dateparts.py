"""Functions on times of day, quarters and periods, parts of years, and the clocks of other systems."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from runtime.formulas import comparison, moments, moments_sql, numbers
from runtime.formulas.coercions import convert, definite
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.datemath import parse_unit
from runtime.formulas.operations import Operand, Operation, Outcome, failing, first_error, settled, sql, text
from runtime.formulas.problems import BadConstant
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term, apply
from runtime.formulas.types import DATE, DATETIME, INNER_SCALE, NUM, NUMBER, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

_DATE = Argument("日期", "date", Kind.DATE)
_START = Argument("开始日期", "start", Kind.DATE)
_END = Argument("结束日期", "end", Kind.DATE)
_BLANK = N_("空白日期的结果是空白。")
_BLANK_ENGLISH = "A blank date gives blank."
_DAY_SECONDS: Final = 86_400

# -- times of day -----------------------------------------------------------------------------------------------

_MOST_TIME: Final = 32_767


def _time(hour: int, minute: int, second: int) -> Decimal:
    total = hour * 3600 + minute * 60 + second
    if max(hour, minute, second) > _MOST_TIME or total < 0:
        raise FormulaFailure(NUM)
    return numbers.divide(Decimal(total % _DAY_SECONDS), Decimal(_DAY_SECONDS))


def _time_sql(hour: Operand, minute: Operand, second: Operand) -> Outcome:
    total = sql("({0}::bigint * 3600 + {1}::bigint * 60 + {2})", hour, minute, second)
    wrong = sql(f"(GREATEST({{0}}, {{1}}, {{2}}) > {_MOST_TIME} OR {{3}} < 0)", hour, minute, second, total)
    share = moments_sql.quotient(
        sql(f"({{0}} % {_DAY_SECONDS})::numeric", total), sql(f"{_DAY_SECONDS}::numeric")
    )
    return Outcome(share, failing(wrong, NUM), digits=1, scale=INNER_SCALE)


TIME = Function(
    "TIME", ("时间",), Family.DATE,
    (Argument("时", "hour", Kind.WHOLE), Argument("分", "minute", Kind.WHOLE), Argument("秒", "second", Kind.WHOLE)),
    N_("由时、分、秒组成一天里的时间,是一天的几分之几,可以加到日期时间上。"),
    "A time of day of hour, minute and second, as a fraction of a day.",
    (Example("TIME(12, 0, 0)", 0.5), Example('TEXT(TIME(16, 48, 10), "h:mm:ss")', "16:48:10"), Example("TIME(-1, 0, 0)", {"error": "#NUM!"})),
    NUMBER, Operation("time_of", _time, _time_sql),
)  # fmt: skip

_TIME_TEXT: Final = (
    r"^(?:[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?[T ] ?)?(上午|下午|[AaPp][Mm])? ?"
    r"([0-9]{1,2})[:：时]([0-9]{1,2})(?:[:：分]([0-9]{1,2}))?[分秒]? ?([AaPp][Mm])?$"
)
_TIME = re.compile(_TIME_TEXT.removesuffix("$") + r"\Z")
_AFTERNOON: Final = ("下午", "PM", "pm", "Pm", "pM")


def _time_from_text(source: str) -> Decimal | None:
    tidy = source.strip(numbers.NUMBER_SPACES)
    if not tidy:
        return None
    found = _TIME.match(tidy)
    if found is None:
        raise FormulaFailure(VALUE)
    half = found[1] or found[5]
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    if (found[1] and found[5]) or minute > 59 or second > 59 or not (1 <= hour <= 12 if half else hour < 24):
        raise FormulaFailure(VALUE)
    hour = hour % 12 + (12 if half in _AFTERNOON else 0) if half else hour
    return numbers.divide(Decimal(hour * 3600 + minute * 60 + second), Decimal(_DAY_SECONDS))


def _time_from_text_sql(source: Operand) -> Outcome:
    tidy = sql("btrim({0}, {1})", source, text(numbers.NUMBER_SPACES))
    found = sql("regexp_match({0}, {1})", tidy, text(_TIME_TEXT))
    half = sql("COALESCE(({0})[1], ({0})[5])", found)
    hour = sql("({0})[2]::integer", found)
    fine = sql(
        "({0} IS NOT NULL AND (({0})[1] IS NULL OR ({0})[5] IS NULL) AND ({0})[3]::integer < 60"
        " AND COALESCE(({0})[4]::integer, 0) < 60"
        " AND CASE WHEN {1} IS NULL THEN {2} < 24 ELSE {2} BETWEEN 1 AND 12 END)",
        found,
        half,
        hour,
    )
    listed = ", ".join(f"'{word}'" for word in _AFTERNOON)
    clock = sql(
        f"(CASE WHEN {{0}} IS NULL THEN {{1}} ELSE {{1}} % 12 + CASE WHEN {{0}} IN ({listed}) THEN 12 ELSE 0 END END)",
        half,
        hour,
    )
    seconds = sql(
        "({1} * 3600 + ({0})[3]::integer * 60 + COALESCE(({0})[4]::integer, 0))::numeric", found, clock
    )
    share = moments_sql.quotient(seconds, sql(f"{_DAY_SECONDS}::numeric"))
    value = sql("CASE WHEN {1} THEN {0} END", share, fine)
    return Outcome(value, failing(sql("({0} <> '' AND NOT {1})", tidy, fine), VALUE), nullable=True, digits=1)


def _time_of_moment(moment: datetime) -> Decimal:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moments.days_between(moment, midnight)


_TIME_FROM_TEXT = Operation("time_from_text", _time_from_text, _time_from_text_sql, blank_out=True)
_TIME_OF_MOMENT = Operation(
    "time_of_moment",
    _time_of_moment,
    lambda moment: Outcome(moments_sql.days_between(moment, sql("date_trunc('day', {0})", moment)), digits=1),
    blank_out=True,
)


def _build_time_value(call: Call) -> Term:
    value = definite(call.arguments[0])
    if value.type.is_temporal:
        return apply(NUMBER, _TIME_OF_MOMENT, convert(value, DATETIME))
    return apply(NUMBER, _TIME_FROM_TEXT, convert(value, TEXT))


TIMEVALUE = Function(
    "TIMEVALUE", ("时间值", "转时间"), Family.DATE, (Argument("文字或日期时间", "value", Kind.ANY),),
    N_("把文字读成一天里的时间,或取日期时间里的时间,是一天的几分之几。"), "The time of day in a text or a date-time, as a fraction of a day.",
    (Example('TIMEVALUE("2:24 AM")', 0.1), Example('TIMEVALUE("下午6:00")', 0.75), Example('TIMEVALUE("2026-01-15 18:30")', 0.770833333333333)),
    build=_build_time_value,
    differs=N_("不认英文月份名。"), differs_english="English names of months are not read.",
)  # fmt: skip

DATETIMEVALUE = Function(
    "DATETIMEVALUE", ("日期时间值", "转日期时间", "DATETIME_PARSE"), Family.DATE, (Argument("文字", "text", Kind.ANY),),
    N_("把文字读成日期时间,如 2026-01-15 18:30、2026年1月15日 18:30、带时区的 ISO 8601。"),
    "Reads a text as a date and time, also ISO 8601 with a time zone.",
    (Example('DATETIMEVALUE("2026/1/15 18:30")', "2026-01-15T18:30:00"), Example('DATETIMEVALUE("2026-01-15T10:30:00Z")', "2026-01-15T18:30:00")),
    build=lambda call: convert(call.arguments[0], DATETIME),
)  # fmt: skip

# -- weeks, quarters, periods -----------------------------------------------------------------------------------

ISOWEEKNUM = Function(
    "ISOWEEKNUM", ("ISO周数",), Family.DATE, (_DATE,),
    N_("一年里的第几周,按 ISO 8601:每周从星期一开始,第一周有一年的第一个星期四。"),
    "The week of the year by ISO 8601: weeks begin on Monday, week 1 has the first Thursday.",
    (Example('ISOWEEKNUM("2012-03-09")', 10), Example('ISOWEEKNUM("2027-01-01")', 53)),
    NUMBER,
    Operation("isoweek", lambda day: Decimal(day.isocalendar().week),
              lambda day: Outcome(sql("extract(week FROM {0})", day), digits=2, scale=0), blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

QUARTER = Function(
    "QUARTER", ("季度", "第几季度"), Family.DATE, (_DATE,),
    N_("第几季度,1 到 4。"), "The quarter of the year, 1 to 4.",
    (Example('QUARTER("2026-05-01")', 2),),
    NUMBER,
    Operation("quarter", lambda day: Decimal((day.month + 2) // 3),
              lambda day: Outcome(sql("extract(quarter FROM {0})", day), digits=1, scale=0), blank_out=True),
)  # fmt: skip

_PERIODS: Final = ("year", "quarter", "month", "week", "day")


def parse_period(source: str) -> str:
    """A unit of a day or longer. Raises :class:`BadConstant`."""
    unit = parse_unit(source)
    if unit not in _PERIODS:
        raise BadConstant(N_("这里的单位可以用 年、季、月、周、天(year … day)"))
    return unit


def _start_of(day: date, unit: str) -> date:
    match unit:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            return day


def _start_of_sql(day: Operand | Sql, unit: str) -> Sql:
    return sql(f"date_trunc('{unit}', {{0}}::timestamp)::date", day)


_LENGTHS: Final = {"year": 12, "quarter": 3, "month": 1}


def _end_of(day: date, unit: str) -> date:
    if unit in _LENGTHS:
        return moments.month_end(_start_of(day, unit), _LENGTHS[unit] - 1)
    return moments.date_plus_days(_start_of(day, unit), 6) if unit == "week" else day


def _end_of_sql(day: Operand, unit: str) -> Outcome:
    start = _start_of_sql(day, unit)
    if unit in _LENGTHS:
        return Outcome(
            sql(f"({{0}}::timestamp + interval '{_LENGTHS[unit]} month' - interval '1 day')::date", start)
        )
    return moments_sql.day_at(sql(f"({{0}} + {6 if unit == 'week' else 0})", moments_sql.ordinal(start)))


_START_OF = Operation(
    "start_of", _start_of, lambda day, unit: Outcome(_start_of_sql(day, unit)), blank_out=True
)
_END_OF = Operation("end_of", _end_of, _end_of_sql, blank_out=True)
_PERIOD = Argument("单位", "unit", Kind.CONSTANT, prepare=parse_period)

STARTOF = Function(
    "STARTOF", ("周期开始", "期初"), Family.DATE, (_DATE, _PERIOD),
    N_("日期所在的年、季、月、周的第一天;一周从星期一开始。"), "The first day of the year, quarter, month or week (from Monday) of a date.",
    (Example('STARTOF("2026-05-20", "季")', "2026-04-01"), Example('STARTOF("2026-01-15", "week")', "2026-01-12")),
    DATE, _START_OF, differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

ENDOF = Function(
    "ENDOF", ("周期结束", "期末"), Family.DATE, (_DATE, _PERIOD),
    N_("日期所在的年、季、月、周的最后一天;一周到星期日结束。"), "The last day of the year, quarter, month or week (to Sunday) of a date.",
    (Example('ENDOF("2026-05-20", "季")', "2026-06-30"), Example('ENDOF("2026-01-15", "week")', "2026-01-18")),
    DATE, _END_OF, differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip


def _build_same(call: Call) -> Term:
    unit = call.constant(2, parse_period) if len(call.arguments) > 2 else "day"
    starts = [Apply(DATE, _START_OF, (convert(term, DATE),), (unit,)) for term in call.arguments[:2]]
    return comparison.compare("=", *starts)


ISSAME = Function(
    "IS_SAME", ("同一周期", "ISSAME"), Family.DATE,
    (_DATE, Argument("另一个日期", "other", Kind.DATE), Argument("单位", "unit", Kind.CONSTANT, default="day", prepare=parse_period)),
    N_("两个日期是不是在同一年、季、月、周或同一天(不写单位)。"), "Whether two dates are in the same year, quarter, month, week or on the same day (the default).",
    (Example('IS_SAME("2026-01-01", "2026-01-31", "月")', True), Example('IS_SAME("2026-01-15 09:00", "2026-01-15 18:00")', True)),
    build=_build_same,
)  # fmt: skip

# -- differences ------------------------------------------------------------------------------------------------

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

# -- seconds since 1970 -----------------------------------------------------------------------------------------

_UNIX: Final = datetime(1970, 1, 1)
_MICROS: Final = 1_000_000


def _to_unix(zone: tzinfo, moment: datetime) -> Decimal:
    micros = moments.micros_between(moments.moment_at(moment, zone).replace(tzinfo=None), _UNIX)
    return numbers.EXACT.scaleb(Decimal(micros), -6)


def _to_unix_sql(zone: Sql, moment: Operand) -> Outcome:
    held = moments_sql.clamped(moment.value, moments_sql.EARLIEST, moments_sql.LATEST)
    seconds = sql("extract(epoch FROM {0} AT TIME ZONE {1})", held, zone)
    return Outcome(seconds, nullable=moment.nullable, digits=12, scale=6)


def _from_unix(zone: tzinfo, seconds: Decimal) -> datetime:
    micros = numbers.EXACT.multiply(numbers.settle(seconds), Decimal(_MICROS)).to_integral_value(
        ROUND_HALF_UP
    )
    low, high = (moments.micros_between(edge, _UNIX) for edge in (moments.EARLIEST, moments.LATEST))
    if not low <= micros <= high:
        raise FormulaFailure(NUM)
    return moments.in_zone(moments.plus_micros(_UNIX, int(micros)), UTC, zone)


def _from_unix_sql(zone: Sql, seconds: Operand) -> Outcome:
    low, high = (moments.micros_between(edge, _UNIX) for edge in (moments.EARLIEST, moments.LATEST))
    micros = sql(f"round({{0}} * {_MICROS})", settled(seconds))
    fine = sql(f"({{0}} BETWEEN {low} AND {high})", micros)
    moment = moments_sql.plus_micros(
        sql("timestamp '1970-01-01'"), sql("CASE WHEN {1} THEN {0} ELSE 0 END", micros, fine)
    )
    wall = sql("({0} AT TIME ZONE 'UTC' AT TIME ZONE {1})", moment.value, zone)
    return Outcome(wall, first_error(failing(sql("(NOT {0})", fine), NUM), moment.error))


UNIXTIME = Function(
    "UNIXTIME", ("时间戳", "TIMESTAMP"), Family.DATE, (Argument("日期时间", "datetime", Kind.DATETIME),),
    N_("日期时间对应的 Unix 时间戳(1970 年起的秒数),按应用的时区。"), "The Unix time of a date-time: seconds since 1970.",
    (Example('UNIXTIME("2026-01-15 08:00")', 1768435200),),
    NUMBER, Operation("to_unix", _to_unix, _to_unix_sql, blank_out=True, needs_zone=True),
)  # fmt: skip

FROMUNIXTIME = Function(
    "FROMUNIXTIME", ("时间戳转日期",), Family.DATE, (Argument("秒数", "seconds", Kind.NUMBER),),
    N_("Unix 时间戳(秒)对应的日期时间,按应用的时区;毫秒先除以 1000。"), "The date-time of a Unix time in seconds; divide milliseconds by 1000 first.",
    (Example("FROMUNIXTIME(1768435200)", "2026-01-15T08:00:00"),),
    DATETIME, Operation("from_unix", _from_unix, _from_unix_sql, needs_zone=True),
)  # fmt: skip

FUNCTIONS = (
    TIME, TIMEVALUE, DATETIMEVALUE, ISOWEEKNUM, QUARTER, STARTOF, ENDOF, ISSAME, DAYS, DAYS360, YEARFRAC, UNIXTIME, FROMUNIXTIME,
)  # fmt: skip
