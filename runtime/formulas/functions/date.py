"""Functions that make dates and take them apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from runtime.formulas import moments, moments_sql
from runtime.formulas.coercions import convert
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, failing, sql
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Clock
from runtime.formulas.types import DATE, DATETIME, NUM, NUMBER
from runtime.i18n import N_

_DATE = Argument("日期", "date", Kind.DATE)
_MOMENT = Argument("日期时间", "datetime", Kind.DATETIME)
_BLANK = N_("空白日期的结果是空白。")
_BLANK_ENGLISH = "A blank date gives blank."


TODAY = Function(
    "TODAY", ("今天", "今日"), Family.DATE, (),
    N_("今天的日期,按应用的时区。"), "Today's date in the app's time zone.",
    (Example("TODAY() - TODAY()", 0),),
    build=lambda call: Clock(DATE),
)  # fmt: skip

NOW = Function(
    "NOW", ("现在", "此刻"), Family.DATE, (),
    N_("现在的日期和时间,按应用的时区。"), "The date and time now, in the app's time zone.",
    (Example("NOW() < NOW() + 1", True),),
    build=lambda call: Clock(DATETIME),
)  # fmt: skip

DATE_FUNCTION = Function(
    "DATE", ("日期",), Family.DATE,
    (Argument("年", "year", Kind.WHOLE), Argument("月", "month", Kind.WHOLE), Argument("日", "day", Kind.WHOLE)),
    N_("由年、月、日组成日期;月和日可以超出范围,会往前后推算。"),
    "A date of year, month and day; months and days beyond their range are counted on.",
    (Example("DATE(2026, 1, 15)", "2026-01-15"), Example("DATE(2026, 14, 0)", "2027-01-31")),
    DATE,
    Operation("day_of", moments.day_of, lambda y, m, d: moments_sql.day_of(_held(y), _held(m), _held(d))),
    differs=N_("结果是日期,不是序列号。"), differs_english="The result is a date, not a serial number.",
)  # fmt: skip


def _held(count: Operand) -> Sql:
    """Within what integers can add up to; anything farther is outside the calendar anyway."""
    return sql("LEAST(GREATEST({0}, -100000000), 100000000)", count)


DATEVALUE = Function(
    "DATEVALUE", ("日期值", "转日期"), Family.DATE,
    (Argument("文字", "text", Kind.ANY),),
    N_("把文字读成日期,如 2026-01-15、2026/1/15、2026年1月15日。"), "Reads a text as a date.",
    (Example('DATEVALUE("2026年1月5日")', "2026-01-05"), Example('DATEVALUE("2026-02-30")', {"error": "#VALUE!"})),
    build=lambda call: convert(call.arguments[0], DATE),
    differs=N_("结果是日期,不是序列号。"), differs_english="The result is a date, not a serial number.",
)  # fmt: skip

# -- parts ------------------------------------------------------------------------------------------------------


def _part(
    name: str, aliases: tuple[str, ...], part: Callable[[datetime], int], field: str, help_: str, english: str,
    example: Example,
) -> Function:  # fmt: skip
    return Function(
        name, aliases, Family.DATE, (_MOMENT,), help_, english, (example,), NUMBER,
        Operation(
            name.lower(), lambda moment: Decimal(part(moment)),
            lambda moment: Outcome(sql(f"trunc(extract({field} FROM {{0}}))", moment), digits=4, scale=0), blank_out=True,
        ),
        differs=_BLANK, differs_english=_BLANK_ENGLISH,
    )  # fmt: skip


YEAR = _part("YEAR", ("年", "年份"), lambda t: t.year, "year", N_("年份。"), "The year.",
             Example("YEAR(DATE(2026,1,15))", 2026))  # fmt: skip
MONTH = _part("MONTH", ("月", "月份"), lambda t: t.month, "month", N_("月份,1 到 12。"), "The month, 1 to 12.",
              Example('MONTH("2026-01-15")', 1))  # fmt: skip
DAY = _part("DAY", ("日",), lambda t: t.day, "day", N_("一个月里的第几天。"), "The day of the month.",
            Example('DAY("2026-01-15")', 15))  # fmt: skip
HOUR = _part("HOUR", ("时", "小时"), lambda t: t.hour, "hour", N_("小时,0 到 23。"), "The hour, 0 to 23.",
             Example('HOUR("2026-01-15 18:30")', 18))  # fmt: skip
MINUTE = _part("MINUTE", ("分", "分钟"), lambda t: t.minute, "minute", N_("分钟,0 到 59。"), "The minute, 0 to 59.",
               Example('MINUTE("2026-01-15 18:30")', 30))  # fmt: skip
SECOND = _part("SECOND", ("秒",), lambda t: t.second, "second", N_("秒,0 到 59。"), "The second, 0 to 59.",
               Example('SECOND("2026-01-15 18:30:05")', 5))  # fmt: skip

# -- weeks ------------------------------------------------------------------------------------------------------

_STARTS = (
    "CASE {0} "
    + " ".join(f"WHEN {kind} THEN {start}" for kind, start in moments.WEEK_STARTS.items())
    + " END"
)


def _weekday_sql(day: Operand, kind: Operand) -> Outcome:
    start = sql(_STARTS, kind)
    weekday = sql("extract(isodow FROM {0})::integer", day)
    value = sql(
        "CASE WHEN {1} = 3 THEN {0} - 1 ELSE ({0} - {2} + 7) % 7 + 1 END::numeric", weekday, kind, start
    )
    return Outcome(value, failing(sql("({0} <> 3 AND {1} IS NULL)", kind, start), NUM), digits=1, scale=0)


def _week_number_sql(day: Operand, kind: Operand) -> Outcome:
    start = sql(_STARTS, kind)
    january = sql("date_trunc('year', {0}::timestamp)::date", day)
    lead = sql("((extract(isodow FROM {0})::integer - {1} + 7) % 7)", january, start)
    value = sql(
        "CASE WHEN {1} = 21 THEN extract(week FROM {0})::integer ELSE ({0} - {2} + {3}) / 7 + 1 END::numeric",
        day,
        kind,
        january,
        lead,
    )
    return Outcome(value, failing(sql("({0} <> 21 AND {1} IS NULL)", kind, start), NUM), digits=2, scale=0)


WEEKDAY = Function(
    "WEEKDAY", ("星期", "星期几"), Family.DATE,
    (_DATE, Argument("类型", "type", Kind.WHOLE, default=1)),
    N_("星期几:类型 1(不写就是它)星期日是 1;类型 2 星期一是 1;类型 3 星期一是 0。"),
    "The day of the week: type 1 (the default) Sunday is 1; type 2 Monday is 1; type 3 Monday is 0.",
    (Example('WEEKDAY("2026-01-15", 2)', 4), Example('WEEKDAY("2026-01-18")', 1)),
    NUMBER, Operation("weekday", moments.weekday, _weekday_sql, blank_out=True), differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

WEEKNUM = Function(
    "WEEKNUM", ("周数", "第几周"), Family.DATE,
    (_DATE, Argument("类型", "type", Kind.WHOLE, default=1)),
    N_("一年里的第几周:类型 1 每周从星期日开始,2 从星期一开始,21 是 ISO 周。"),
    "The week of the year: type 1 weeks begin on Sunday, 2 on Monday, 21 is ISO 8601's.",
    (Example('WEEKNUM("2012-03-09")', 10), Example('WEEKNUM("2012-03-09", 2)', 11), Example('WEEKNUM("2027-01-01", 21)', 53)),
    NUMBER, Operation("weeknum", moments.week_number, _week_number_sql, blank_out=True),
    differs=_BLANK, differs_english=_BLANK_ENGLISH,
)  # fmt: skip

FUNCTIONS = (TODAY, NOW, DATE_FUNCTION, DATEVALUE, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, WEEKDAY, WEEKNUM)
