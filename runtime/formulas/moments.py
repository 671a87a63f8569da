"""The calendar of formulas: days and moments from year 1 to 9999, on the clock of the app's time zone.

A date-time inside a formula is naive: what the clock on the wall showed. It becomes a moment again only at the edge.
Serial numbers count days from 1899-12-30, as spreadsheets do from March 1900 on.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from runtime.formulas import numbers
from runtime.formulas.types import NUM, VALUE, FormulaFailure

SERIAL_EPOCH: Final = date(1899, 12, 30)
FIRST_DAY: Final = date(1, 1, 1)  # a Monday
LAST_DAY: Final = date.max
EARLIEST: Final = datetime(1, 1, 2)
LATEST: Final = datetime(9999, 12, 30, 23, 59, 59, 999999)
LAST_SERIAL: Final = (LAST_DAY - SERIAL_EPOCH).days
DAY_MICROS: Final = 86_400_000_000
MAX_SHIFT_DAYS: Final = 10_000_000  # farther than any valid day is from any other
MAX_SHIFT_MONTHS: Final = 1_000_000

Day = TypeVar("Day", date, datetime)

MOMENT_TEXT: Final = (
    r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[T ] ?([0-9]{1,2})[:：时]([0-9]{1,2})(?:[:：分]([0-9]{1,2})(?:\.([0-9]{1,9}))?)?[分秒]?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_MOMENT_TEXT = re.compile(MOMENT_TEXT.removesuffix("$") + r"\Z")


def moment_from_text(text: str, zone: tzinfo) -> datetime | None:
    """Read "2024-01-31", "2024/1/31 9:05", "2024年1月31日", ISO 8601; ``#VALUE!`` for anything else, None for blank."""
    tidy = text.strip(numbers.NUMBER_SPACES)
    if not tidy:
        return None
    found = _MOMENT_TEXT.match(tidy)
    if not found:
        raise FormulaFailure(VALUE)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        )
        return in_zone(moment - _offset(offset), UTC, zone) if offset else moment
    except (ValueError, OverflowError):
        raise FormulaFailure(VALUE) from None


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 15 or minutes > 59:
        raise FormulaFailure(VALUE)
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def in_zone(wall: datetime, source: tzinfo, target: tzinfo) -> datetime:
    """What the clock of ``target`` shows when that of ``source`` shows ``wall`` (both naive)."""
    return aware(wall, source).astimezone(target).replace(tzinfo=None, fold=0)


def aware(wall: datetime, zone: tzinfo) -> datetime:
    """The moment at which ``zone``'s clock shows ``wall``.

    Where the clock jumps, PostgreSQL's choice: an hour that comes twice is the second one, an hour that is skipped is
    read by the offset before the jump. Both have the smaller offset.
    """
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    return min(first, second, key=lambda moment: moment.utcoffset() or timedelta(0))


def wall_clock(moment: datetime, zone: tzinfo) -> datetime:
    """What ``zone``'s clock shows at an aware moment; held within EARLIEST and LATEST of UTC."""
    held = min(max(moment, EARLIEST.replace(tzinfo=UTC)), LATEST.replace(tzinfo=UTC))
    return held.astimezone(zone).replace(tzinfo=None, fold=0)


def moment_at(wall: datetime, zone: tzinfo) -> datetime:
    """:func:`aware`, in UTC; the wall clock is held within EARLIEST and LATEST."""
    return aware(min(max(wall, EARLIEST), LATEST), zone).astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """``2024-01-31 09:05:00``."""
    return f"{date_text(moment.date())} {moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def date_text(day: date) -> str:
    """``2024-01-31``."""
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


# -- serial numbers and shifts ----------------------------------------------------------------------------------


def serial_of_date(day: date) -> Decimal:
    """Days since 1899-12-30."""
    return Decimal((day - SERIAL_EPOCH).days)


def serial_of_moment(moment: datetime) -> Decimal:
    """Days since 1899-12-30, the time of day as the fraction."""
    return days_between(moment, datetime.combine(SERIAL_EPOCH, datetime.min.time()))


def moment_of_serial(serial: Decimal) -> datetime:
    """The inverse of :func:`serial_of_moment`, to the microsecond; ``#NUM!`` before the epoch or after year 9999."""
    return plus_micros(datetime.combine(SERIAL_EPOCH, datetime.min.time()), _micros(serial, floor=0))


def _micros(days: Decimal, floor: int = -MAX_SHIFT_DAYS) -> int:
    if not floor <= days <= MAX_SHIFT_DAYS:
        raise FormulaFailure(NUM)
    return int((numbers.EXACT.multiply(days, Decimal(DAY_MICROS))).to_integral_value(ROUND_HALF_UP))


def micros_between(later: datetime, earlier: datetime) -> int:
    """Microseconds from ``earlier`` to ``later``."""
    return (later - earlier) // timedelta(microseconds=1)


def days_between(later: datetime, earlier: datetime) -> Decimal:
    """Days from ``earlier`` to ``later``, with fraction."""
    return numbers.divide(Decimal(micros_between(later, earlier)), Decimal(DAY_MICROS))


def plus_micros(moment: datetime, micros: int) -> datetime:
    """``moment`` shifted; ``#NUM!`` outside the calendar."""
    try:
        return moment + timedelta(days=micros // DAY_MICROS, microseconds=micros % DAY_MICROS)
    except OverflowError:
        raise FormulaFailure(NUM) from None


def moment_plus_days(moment: datetime, days: Decimal) -> datetime:
    """``moment`` shifted by days, fractions counted to the microsecond."""
    return plus_micros(moment, _micros(days))


def date_plus_days(day: date, days: int) -> date:
    """``day`` shifted by whole days; ``#NUM!`` outside the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise FormulaFailure(NUM) from None


def plus_months(day: Day, months: int) -> Day:
    """``day`` shifted by whole months, held at the month's last day; ``#NUM!`` outside the calendar."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise FormulaFailure(NUM)
    return day.replace(year=year, month=month + 1, day=min(day.day, month_days(year, month + 1)))


def month_days(year: int, month: int) -> int:
    """How many days the month has."""
    return calendar.monthrange(year, month)[1]


def month_end(day: date, months: int) -> date:
    """The last day of the month that is ``months`` after that of ``day``."""
    shifted = plus_months(day, months)
    return shifted.replace(day=month_days(shifted.year, shifted.month))


def day_of(year: int, month: int, day: int) -> date:
    """The day, months and days counted on beyond their ends (month 13 is next January); years below 1900 are 1900 + n.

    ``#NUM!`` for a negative year or a result outside the calendar.
    """
    if year < 0:
        raise FormulaFailure(NUM)
    index = (year + 1900 if year < 1900 else year) * 12 + month - 1
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise FormulaFailure(NUM)
    return date_plus_days(date(year, month + 1, 1), day - 1)


# -- differences ------------------------------------------------------------------------------------------------


def full_months(start: date, end: date) -> int:
    """Complete months from ``start`` to ``end`` (``start <= end``)."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def date_difference(start: date, end: date, unit: str) -> Decimal:
    """DATEDIF: ``y m d`` complete years, months, days; ``md ym yd`` the rest. ``#NUM!`` when ``start`` is later."""
    if start > end:
        raise FormulaFailure(NUM)
    months = full_months(start, end)
    match unit:
        case "y":
            return Decimal(months // 12)
        case "m":
            return Decimal(months)
        case "d":
            return Decimal((end - start).days)
        case "ym":
            return Decimal(months % 12)
        case "yd":
            return Decimal((end - plus_months(start, months // 12 * 12)).days)
        case _:  # md
            return Decimal((end - plus_months(start, months)).days)


# First day of the week (ISO: Monday 1 … Sunday 7) by Excel's type numbers.
WEEK_STARTS: Final = {1: 7, 2: 1, 11: 1, 12: 2, 13: 3, 14: 4, 15: 5, 16: 6, 17: 7}


def weekday(day: date, kind: int) -> Decimal:
    """The day's number in its week; ``#NUM!`` for an unknown type."""
    if kind == 3:
        return Decimal(day.isoweekday() - 1)
    if kind not in WEEK_STARTS:
        raise FormulaFailure(NUM)
    return Decimal((day.isoweekday() - WEEK_STARTS[kind]) % 7 + 1)


def week_number(day: date, kind: int) -> Decimal:
    """The week's number in its year: week 1 holds 1 January, or (type 21) is ISO 8601's."""
    if kind == 21:
        return Decimal(day.isocalendar().week)
    if kind not in WEEK_STARTS:
        raise FormulaFailure(NUM)
    january = day.replace(month=1, day=1)
    lead = (january.isoweekday() - WEEK_STARTS[kind]) % 7
    return Decimal(((day - january).days + lead) // 7 + 1)
