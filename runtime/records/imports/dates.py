"""Dates and times as people and programs write them.

The three orders of a date that is all numbers (``10/2/2017``, ``24-1-15``) cannot be told apart in one cell; see
:func:`decide_order`, which looks at a whole column.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from runtime.i18n import N_, Message
from runtime.records.imports.cells import Cell
from runtime.records.imports.unreadable import Unreadable

DateOrder: TypeAlias = Literal["ymd", "mdy", "dmy"]

ORDER_NAMES: dict[str, str] = {"ymd": N_("年/月/日"), "mdy": N_("月/日/年"), "dmy": N_("日/月/年")}

SERIAL_DAYS = range(10_000, 120_000)
"""Numbers taken for spreadsheet dates: 1927 to 2228. Smaller ones are years, counts or prices."""

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_NUMBERS = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{1,2})(?!\d)")
_NO_YEAR = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?(?!\s*[-/.\d])")
_COMPACT = re.compile(
    r"((?:19|20|21)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?:[ T]?([01]\d|2[0-4])([0-5]\d)([0-5]\d)?)?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_NAME = "(" + "|".join(_MONTHS) + r")[a-z]*\.?"
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+" + _MONTH_NAME + r"[\s,-]+(\d{4}|\d{2})(?!\d)", re.I
)
_MONTH_DAY = re.compile(_MONTH_NAME + r"\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.I)
_BESIDES = re.compile(  # weekdays, and the name of a zone after its offset
    r"(?<=\d) \([^)]*\)$|\(?(?:星期|周|礼拜)[一二三四五六日天]\)?|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]?",
    re.I,
)
_HALF_DAY = r"(上午|早上|凌晨|中午|下午|傍晚|晚上|[ap]\.?m\.?)"
_TIME = re.compile(
    r"[T,]?\s*"
    + _HALF_DAY
    + r"?\s*(\d{1,2})\s*(?:[:时点]\s*(\d{1,2})\s*(?:[:分]\s*(\d{1,2})(?:[.,](\d{1,9}))?\s*秒?)?\s*分?|[时点])"
    r"\s*" + _HALF_DAY + r"?\s*(Z|(?:UTC|GMT)?\s*[-+]\d{1,2}(?::?\d{2})?|UTC|GMT|CST)?",
    re.I,
)
_ZERO_DATE = re.compile(r"0000-00-00(?:[ T]00:00:00(?:\.0+)?)?|00/00/0000")
_NOON = 12


class Moment(msgspec.Struct, frozen=True):
    """What a cell says: a day, perhaps a time of day, perhaps a zone."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None


class OrderVerdict(msgspec.Struct, frozen=True):
    """How to read the all-number dates of a column. ``ambiguous``: nothing in the column tells it from another order."""

    order: DateOrder
    ambiguous: bool
    undecided_rows: int = 0


def read_moment(cell: Cell, order: DateOrder = "ymd", *, date_1904: bool = False) -> Moment:
    """Read a date with or without a time.

    Numbers are spreadsheet dates (days since 1899-12-30, or 1904-01-01), ``20260115``, or seconds or milliseconds
    since 1970. Raises :class:`Unreadable`; for ``0000-00-00`` and blanks too (callers handle blanks before).
    """
    match cell:
        case datetime():
            return Moment(cell.date(), cell.time(), cell.tzinfo)
        case date():
            return Moment(cell)
        case bool():
            raise Unreadable.of(N_("「{text}」不是日期"), cell)
        case int() | Decimal():
            return _from_number(Decimal(cell), date_1904, cell)
        case str():
            return _from_text(cell, order, date_1904)
        case _:
            raise Unreadable.of(N_("「{text}」不是日期"), cell)


def decide_order(cells: Iterable[Cell]) -> OrderVerdict | None:
    """Find the order of the all-number dates among ``cells``; nothing if there are none.

    The order in which most of them are possible dates wins. A tie is ambiguous and goes to the order with fewer
    different years, then to year first (``24-1-15``), then to month first (``10/2/2017``), as spreadsheets write them.
    """
    possible: Counter[DateOrder] = Counter()
    years: dict[DateOrder, set[str]] = {"ymd": set(), "mdy": set(), "dmy": set()}
    undecided = 0
    for cell in cells:
        match = _NUMBERS.match(_tidy(cell)) if isinstance(cell, str) else None
        if match is None:
            continue
        fits = [order for order in years if _fits(order, match)]
        undecided += len(fits) > 1
        possible.update(fits)
        for order in fits:
            years[order].add(match[1] if order == "ymd" else match[4])
    if not possible:
        return None
    best = max(possible.values())
    leaders = [order for order in years if possible[order] == best]
    order = min(leaders, key=lambda leader: len(years[leader]))
    return OrderVerdict(order, ambiguous=len(leaders) > 1, undecided_rows=undecided)


def looks_like_date(text: str) -> bool:
    """Whether ``text`` is written as a date with digits and signs (not a bare number)."""
    text = _tidy(text)
    return bool(
        _YEAR_FIRST.match(text) or _NUMBERS.match(text) or _DAY_MONTH.match(text) or _MONTH_DAY.match(text)
    )


def is_zero_date(text: str) -> bool:
    """Whether ``text`` is a database's way to write no date (``0000-00-00``)."""
    return bool(_ZERO_DATE.fullmatch(text.strip()))


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    return text if text.isdigit() else " ".join(_BESIDES.sub(" ", text).split())


def _fits(order: DateOrder, match: re.Match[str]) -> bool:
    """Whether the three numbers are a possible date in this order; a year has two or four digits."""
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if order == "ymd":
        return len(match[1]) == 2 and len(match[4]) < 3 and 1 <= second <= 12 and 1 <= third <= 31
    month, day = (first, second) if order == "mdy" else (second, first)
    return len(match[4]) != 1 and 1 <= month <= 12 and 1 <= day <= 31


def _from_number(number: Decimal, date_1904: bool, cell: Cell) -> Moment:
    whole = int(number)
    digits = str(whole)
    if number == whole and (match := _COMPACT.fullmatch(digits)):
        return _compact(match, cell)
    if whole in SERIAL_DAYS:
        start = datetime(1904, 1, 1) if date_1904 else datetime(1899, 12, 30)
        moment = start + timedelta(seconds=round(number * 86_400))
        return Moment(moment.date(), moment.time() if number != whole else None)
    if len(digits) in (10, 13) and digits[0] == "1":
        seconds = float(number) if len(digits) == 10 else float(number) / 1000
        moment = datetime.fromtimestamp(seconds, UTC)
        return Moment(moment.date(), moment.time(), UTC)
    raise Unreadable.of(N_("「{text}」不是日期"), cell)


def _from_text(cell: str, order: DateOrder, date_1904: bool) -> Moment:
    text = _tidy(cell.strip().removeprefix("'"))
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return _from_number(Decimal(text), date_1904, cell)
    if match := _COMPACT.fullmatch(text):
        return _compact(match, cell)
    day, rest = _day(text, order, cell)
    if not rest:
        return Moment(day)
    match = _TIME.fullmatch(rest)
    if match is None:
        raise Unreadable.of(N_("「{text}」里的时间看不懂"), cell)
    clock, next_day = _clock(match, cell)
    return Moment(day + timedelta(days=next_day), clock, _zone(match[7]))


def _day(text: str, order: DateOrder, cell: str) -> tuple[date, str]:
    """Return the day that ``text`` begins with, and the rest."""
    if match := _YEAR_FIRST.match(text):
        parts = int(match[1]), int(match[2]), int(match[3])
    elif match := _NUMBERS.match(text):
        parts = _ordered(match, order, cell)
    elif match := _DAY_MONTH.match(text):
        parts = _year(match[3]), _month(match[2]), int(match[1])
    elif match := _MONTH_DAY.match(text):
        parts = _year(match[3]), _month(match[1]), int(match[2])
    elif _NO_YEAR.match(text):
        raise Unreadable.of(N_("「{text}」没有年份"), cell)
    else:
        raise Unreadable.of(N_("「{text}」不是日期"), cell)
    try:
        return date(*parts), text[match.end() :].strip()
    except ValueError:
        raise Unreadable.of(N_("没有「{text}」这一天"), cell) from None


def _ordered(match: re.Match[str], order: DateOrder, cell: str) -> tuple[int, int, int]:
    first, second, third = int(match[1]), int(match[3]), match[4]
    if len(third) == 4 and order == "ymd":
        order = "mdy"
    if not _fits(order, match):
        raise Unreadable.of(N_("按「{order}」读,「{text}」不是日期"), cell, order=Message(ORDER_NAMES[order]))
    if order == "ymd":
        return _year(match[1]), second, int(third)
    return (_year(third), first, second) if order == "mdy" else (_year(third), second, first)


def _compact(match: re.Match[str], cell: Cell) -> Moment:
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Unreadable.of(N_("没有「{text}」这一天"), cell) from None
    if match[4] is None:
        return Moment(day)
    if match[4] == "24":
        return Moment(day + timedelta(days=1), time())
    return Moment(day, time(int(match[4]), int(match[5]), int(match[6] or 0)))


def _clock(match: re.Match[str], cell: str) -> tuple[time, bool]:
    """Return the time of day, and whether it is 24:00, the start of the next day."""
    hour, minute, second = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    half = (match[1] or match[6] or "").lower().replace(".", "")
    if (
        half in ("下午", "傍晚", "晚上", "pm", "中午")
        and hour < _NOON
        and not (half == "中午" and hour >= 10)
    ):
        hour += _NOON
    elif half in ("上午", "凌晨", "am") and hour == _NOON:
        hour = 0
    if (hour, minute, second) == (24, 0, 0):
        return time(), True
    try:
        return time(hour, minute, second, int((match[5] or "0")[:6].ljust(6, "0"))), False
    except ValueError:
        raise Unreadable.of(N_("「{text}」里的时间看不懂"), cell) from None


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    name = text.upper().replace("UTC", "").replace("GMT", "").strip()
    if name == "CST":  # China standard time in the logs this product meets, never Chicago
        return timezone(timedelta(hours=8))
    if name in ("", "Z"):
        return UTC
    sign = -1 if name[0] == "-" else 1
    digits = name[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
