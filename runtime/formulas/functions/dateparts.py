"""Functions on times of day, quarters and periods, and the clocks of other systems."""

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
    TIME, TIMEVALUE, DATETIMEVALUE, ISOWEEKNUM, QUARTER, STARTOF, ENDOF, ISSAME, UNIXTIME, FROMUNIXTIME,
)  # fmt: skip
