"""Functions that count working days and step through them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from runtime.formulas import moments, workweek
from runtime.formulas.coercions import WHOLE, coerce, convert, definite
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, first_error
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term, apply
from runtime.formulas.types import BLANK, DATE, LIST, NUMBER
from runtime.formulas.workweek import FIVE_DAYS, Week, parse_weekend
from runtime.i18n import N_

_START = Argument("开始日期", "start", Kind.DATE)
_END = Argument("结束日期", "end", Kind.DATE)
_DAYS = Argument("天数", "days", Kind.WHOLE)
_HOLIDAY = Argument("假日", "holiday", Kind.ANY, default=None, repeats=True)
_WEEKEND = Argument("周末", "weekend", Kind.CONSTANT, default="1", prepare=parse_weekend)
_DIFFERS = N_("假日可以一个个写,也可以是列表;空白日期的结果是空白。")
_DIFFERS_ENGLISH = "Holidays are given one by one or as a list; a blank date gives blank."
_WEEKENDS = N_("周末要直接写在公式里。假日可以一个个写,也可以是列表;空白日期的结果是空白。")
_WEEKENDS_ENGLISH = "The weekend is written in the formula. Holidays are given one by one or as a list; a blank date gives blank."

Holiday = date | tuple[str, ...] | None


def _days(zone: tzinfo, holidays: tuple[Holiday, ...]) -> list[date]:
    """All holidays; an item of a list that is no date is ``#VALUE!``."""
    found: list[date] = []
    for holiday in holidays:
        if isinstance(holiday, tuple):
            read = [moments.moment_from_text(item, zone) for item in holiday]
            found += [moment.date() for moment in read if moment is not None]
        elif holiday is not None:
            found.append(holiday)
    return found


def _count(zone: tzinfo, start: date | None, end: date | None, *rest: Any) -> Decimal | None:
    *holidays, week = rest
    free = _days(zone, tuple(holidays))
    if start is None or end is None:
        return None
    return Decimal(workweek.count(start, end, free, week))


def _count_sql(zone: Sql, start: Operand, end: Operand, *rest: Any) -> Outcome:
    *holidays, week = rest
    free, error = workweek.holidays_sql(zone, holidays) if holidays else (None, None)
    value = workweek.count_sql(start, end, free, week)
    return Outcome(value, error, nullable=start.nullable or end.nullable, digits=7, scale=0)


def _step(zone: tzinfo, start: date | None, days: int, *rest: Any) -> date | None:
    *holidays, week = rest
    free = _days(zone, tuple(holidays))
    return None if start is None else workweek.step(start, days, free, week)


def _step_sql(zone: Sql, start: Operand, days: Operand, *rest: Any) -> Outcome:
    *holidays, week = rest
    free, error = workweek.holidays_sql(zone, holidays) if holidays else (None, None)
    found = workweek.step_sql(start, days, free, week)
    return Outcome(found.value, first_error(error, found.error), nullable=True)


_COUNT = Operation("count_workdays", _count, _count_sql, needs_zone=True)
_STEP = Operation("step_workdays", _step, _step_sql, needs_zone=True)


def _holidays(terms: tuple[Term, ...]) -> list[Term]:
    return [
        coerce(term, LIST) if term.type is LIST else convert(term, DATE)
        for term in map(definite, (term for term in terms if term.type is not BLANK))
    ]


def _build_count(has_weekend: bool) -> Callable[[Call], Term]:
    def build(call: Call) -> Term:
        week, holidays = _week(call, has_weekend)
        dates = (convert(call.arguments[0], DATE), convert(call.arguments[1], DATE))
        return Apply(NUMBER, _COUNT, (*dates, *holidays), (week,))

    return build


def _build_step(has_weekend: bool) -> Callable[[Call], Term]:
    def build(call: Call) -> Term:
        week, holidays = _week(call, has_weekend)
        days = apply(NUMBER, WHOLE, coerce(call.arguments[1], NUMBER))
        return Apply(DATE, _STEP, (convert(call.arguments[0], DATE), days, *holidays), (week,))

    return build


def _week(call: Call, has_weekend: bool) -> tuple[Week, list[Term]]:
    rest = call.arguments[2:]
    if not has_weekend:
        return FIVE_DAYS, _holidays(rest)
    is_given = bool(rest) and rest[0].type is not BLANK
    return call.constant(2, parse_weekend) if is_given else FIVE_DAYS, _holidays(rest[1:])


NETWORKDAYS = Function(
    "NETWORKDAYS", ("工作日数", "工作日"), Family.DATE, (_START, _END, _HOLIDAY),
    N_("两个日期之间(含两头)有几个星期一到星期五,假日不算。"),
    "Mondays to Fridays between two dates, both counted, without holidays.",
    (
        Example('NETWORKDAYS("2012-10-01", "2013-03-01")', 110),
        Example('NETWORKDAYS("2012-10-01", "2013-03-01", "2012-11-22", "2012-12-04", "2013-01-21")', 107),
        Example('NETWORKDAYS("2026-02-14", "2026-02-28", SPLIT("2026-02-16,2026-02-17,2026-02-18", ","))', 7),
    ),
    build=_build_count(False), differs=_DIFFERS, differs_english=_DIFFERS_ENGLISH,
)  # fmt: skip

NETWORKDAYS_INTL = Function(
    "NETWORKDAYS.INTL", ("自定义工作日数",), Family.DATE, (_START, _END, _WEEKEND, _HOLIDAY),
    N_(
        "两个日期之间(含两头)有几个工作日,周末自己定:1 休六日(默认),2 休日一……7 休五六;11 只休星期日,12 只休星期一……17 只休星期六;"
        "或从星期一写起的七位数字,1 是休息。"
    ),
    "Working days between two dates with a weekend of one's own: 1 Saturday and Sunday (the default), 2 Sunday and Monday … "
    "7 Friday and Saturday; 11 only Sunday, 12 only Monday … 17 only Saturday; or seven digits from Monday on, 1 is free.",
    (
        Example('NETWORKDAYS.INTL("2006-01-01", "2006-01-31")', 22), Example('NETWORKDAYS.INTL("2006-02-28", "2006-01-31")', -21),
        Example('NETWORKDAYS.INTL("2006-01-01", "2006-02-01", 7, "2006-01-02", "2006-01-16")', 22),
        Example('NETWORKDAYS.INTL("2006-01-01", "2006-02-01", "0010001", "2006-01-02", "2006-01-16")', 20),
    ),
    build=_build_count(True), differs=_WEEKENDS, differs_english=_WEEKENDS_ENGLISH,
)  # fmt: skip

WORKDAY = Function(
    "WORKDAY", ("工作日推移", "工作日之后"), Family.DATE, (_START, _DAYS, _HOLIDAY),
    N_("若干个工作日之后(负数之前)是哪天,跳过六日和假日。"),
    "The date some working days later, or earlier when negative, passing over weekends and holidays.",
    (
        Example('WORKDAY("2008-10-01", 151)', "2009-04-30"),
        Example('WORKDAY("2008-10-01", 151, "2008-11-26", "2008-12-04", "2009-01-21")', "2009-05-05"),
        Example('WORKDAY("2026-01-16", 1)', "2026-01-19"),
    ),
    build=_build_step(False), differs=_DIFFERS, differs_english=_DIFFERS_ENGLISH,
)  # fmt: skip

WORKDAY_INTL = Function(
    "WORKDAY.INTL", ("自定义工作日推移",), Family.DATE, (_START, _DAYS, _WEEKEND, _HOLIDAY),
    N_("若干个工作日之后(负数之前)是哪天,周末自己定,写法和 NETWORKDAYS.INTL 一样。"),
    "The date some working days later, with a weekend of one's own, written as for NETWORKDAYS.INTL.",
    (Example('WORKDAY.INTL("2012-01-01", 90, 11)', "2012-04-14"), Example('WORKDAY.INTL("2012-01-01", 30, 17)', "2012-02-05")),
    build=_build_step(True), differs=_WEEKENDS, differs_english=_WEEKENDS_ENGLISH,
)  # fmt: skip

FUNCTIONS = (NETWORKDAYS, NETWORKDAYS_INTL, WORKDAY, WORKDAY_INTL)
