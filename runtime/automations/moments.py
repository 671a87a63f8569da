"""Reckoning with dates: a moment or a day, so many units later or earlier."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any

from runtime.definitions.values import ShiftUnit
from runtime.errors import InvalidInput
from runtime.fieldtypes import BadValue, Context
from runtime.fieldtypes.dates import loose_datetime
from runtime.i18n import N_

_EXACT = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAYS = {"day": 1, "week": 7}


def shifted(base: Any, amount: int, unit: ShiftUnit, context: Context) -> Any:
    """``base`` (a day, an aware moment, or text that reads as one) so many units later; None for an empty base.

    Minutes and hours are exact and make a moment of a day; days and longer go by the app's calendar: a month later than
    the 31st is the last day of a shorter month, and the time of day stays.

    Raises:
        InvalidInput: what it begins with is no date, or the result lies outside the calendar.
    """
    moment = as_moment(base, context)
    if moment is None:
        return None
    try:
        if unit in _EXACT:
            start = (
                moment
                if isinstance(moment, datetime)
                else datetime.combine(moment, datetime.min.time(), context.zone)
            )
            return start + _EXACT[unit] * amount
        if isinstance(moment, datetime):
            local = moment.astimezone(context.zone)
            return datetime.combine(_day_shifted(local.date(), amount, unit), local.time(), context.zone)
        return _day_shifted(moment, amount, unit)
    except (OverflowError, ValueError):
        raise InvalidInput(N_("算出来的日期超出了日历的范围"), code="bad_date") from None


def as_moment(base: Any, context: Context) -> date | datetime | None:
    """A plain value as a day or an aware moment; None where it is empty. Raises InvalidInput where it is no date."""
    if base is None or base == "":
        return None
    if isinstance(base, datetime):
        return base if base.tzinfo else base.replace(tzinfo=context.zone)
    if isinstance(base, date):
        return base
    try:
        moment = loose_datetime(str(base), context)
    except BadValue:
        raise InvalidInput(
            N_("「{value}」不是日期,不能加减时间"), code="bad_date", value=str(base)[:40]
        ) from None
    return moment if ":" in str(base) else moment.astimezone(context.zone).date()


def _day_shifted(day: date, amount: int, unit: ShiftUnit) -> date:
    if unit in _DAYS:
        return day + timedelta(days=_DAYS[unit] * amount)
    index = day.year * 12 + day.month - 1 + amount * (12 if unit == "year" else 1)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
