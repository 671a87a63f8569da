"""Plans made moments: when a schedule is due, exactly, in its time zone. Pure.

A time that the clock jumps over in spring (02:30) comes as late as the jump is long (03:30); one that comes twice in autumn
counts the first time. Cron texts are read by cronsim, which does as Debian's cron does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from runtime.catalog import App
from runtime.definitions.schedules import Cron, Daily, Every, Monthly, NthWeekday, Plan, Weekly
from runtime.definitions.triggers import Scheduled

_EPOCH = date(2024, 1, 1)
_YEARS = 30
"""How far a plan is looked into: one that never comes (30 February) ends."""
_SECONDS = {"minute": 60, "hour": 3600}


class BadPlan(ValueError):
    """A plan that cannot be read."""


def moments(plan: Plan, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments of a plan behind ``after``, in UTC, in order. Ends where none follows. Raises :class:`BadPlan`."""
    if isinstance(plan, Every):
        yield from _every(plan, zone, after)
    elif isinstance(plan, Cron):
        yield from _cron(plan, zone, after)
    else:
        yield from _by_days(plan, zone, after)


def upcoming(plan: Plan, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next ``count`` moments, fewer where there are no more. Raises :class:`BadPlan`."""
    return list(islice(moments(plan, zone, after), count))


def next_after(plan: Plan, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The next moment; None where there is none any more. Raises :class:`BadPlan`."""
    return next(moments(plan, zone, after), None)


def read_time(text: str) -> time:
    """``HH:MM`` as a time. Raises :class:`BadPlan`."""
    try:
        hour, minute = text.split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise BadPlan(text) from None


def local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment of a day and a time in a zone, in UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _every(plan: Every, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    step = plan.amount * _SECONDS[plan.unit]
    if step <= 0:
        raise BadPlan(str(plan.amount))
    start = local(_EPOCH, time(), zone)
    number = int((after - start).total_seconds() // step) + 1
    while True:
        yield start + timedelta(seconds=number * step)
        number += 1


def _cron(plan: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    if len(plan.text.split()) != 5:
        raise BadPlan(plan.text)
    try:
        found = CronSim(plan.text, after.astimezone(zone))
    except CronSimError as error:
        raise BadPlan(str(error)) from None
    for moment in found:
        there = moment.astimezone(UTC)
        if there > after:
            yield there


def _by_days(
    plan: Daily | Weekly | Monthly | NthWeekday, zone: ZoneInfo, after: datetime
) -> Iterator[datetime]:
    times = sorted({read_time(text) for text in plan.times})
    first = after.astimezone(zone).date() - timedelta(
        days=1
    )  # a time that was jumped over may come a day later
    last = None
    for number in range(_YEARS * 366):
        day = first + timedelta(days=number)
        if not _falls_on(plan, day):
            continue
        for moment in sorted(local(day, at, zone) for at in times):
            if moment > after and moment != last:
                last = moment
                yield moment


def _falls_on(plan: Daily | Weekly | Monthly | NthWeekday, day: date) -> bool:
    if isinstance(plan, Weekly):
        return day.isoweekday() in plan.days
    if isinstance(plan, Monthly):
        return day.day in plan.days or (-1 in plan.days and (day + timedelta(days=1)).day == 1)
    if isinstance(plan, NthWeekday):
        if day.isoweekday() != plan.weekday:
            return False
        if plan.nth == -1:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 + 1 == plan.nth
    return True


def zone_of(trigger: Scheduled, app: App) -> ZoneInfo:
    """The time zone of a schedule: its own, or the app's. Raises :class:`BadPlan` where there is no such zone."""
    if not trigger.zone:
        return app.zone
    try:
        return ZoneInfo(trigger.zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadPlan(trigger.zone) from error
