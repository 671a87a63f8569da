"""Whether schedules and plans by a date are sound."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from builder.validation import Problems
from runtime import formulas
from runtime.automations import schedules
from runtime.automations.due import is_day
from runtime.catalog import Field
from runtime.definitions.fields import Formula, Lookup, Rollup
from runtime.definitions.queries import Condition, Filter
from runtime.definitions.schedules import Cron, Every, Monthly, NthWeekday, Plan, Weekly
from runtime.definitions.triggers import DateReached, Scheduled
from runtime.i18n import N_

MOST_TIMES = 24
MOST_MADE_UP = 1000
LONGEST = {"minute": 60 * 24 * 366, "hour": 24 * 366, "day": 3660, "week": 520}
_BY_CLOCK = frozenset({"older_than", "newer_than", "within_next", "in_period"})
_CRON_PARTS = {
    "minute": N_("分钟"),
    "hour": N_("小时"),
    "day-of-month": N_("日"),
    "month": N_("月"),
    "day-of-week": N_("星期"),
}


def check_schedule(problems: Problems, trigger: Scheduled) -> Scheduled:
    """ "By the calendar"."""
    try:
        zone = ZoneInfo(trigger.zone) if trigger.zone else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        problems.at("zone").add("unknown_zone", N_("没有「{zone}」这个时区"), zone=str(trigger.zone)[:60])
        zone = ZoneInfo("UTC")
    if not 1 <= trigger.most <= MOST_MADE_UP:
        problems.at("most").add(
            "out_of_range", N_("最多补几次应在 {low} 到 {high} 之间"), low=1, high=MOST_MADE_UP
        )
    here = problems.at("plan")
    if _check_parts(here, trigger.plan):
        _check_comes(here, trigger.plan, zone)
    return msgspec.structs.replace(trigger, zone=trigger.zone or None)


def _check_parts(problems: Problems, plan: Plan) -> bool:
    before = len(problems.found)
    if isinstance(plan, Every):
        most = 24 * 366 if plan.unit == "hour" else 60 * 24 * 366
        if not 1 <= plan.amount <= most:
            problems.at("amount").add("out_of_range", N_("间隔应在 {low} 到 {high} 之间"), low=1, high=most)
        return len(problems.found) == before
    if isinstance(plan, Cron):
        return True
    if not plan.times:
        problems.at("times").add("no_times", N_("加一个时间"))
    elif len(plan.times) > MOST_TIMES:
        problems.at("times").add("too_many_times", N_("一天最多 {limit} 个时间"), limit=MOST_TIMES)
    for index, text in enumerate(plan.times):
        check_time(problems.at("times").at(index), text)
    if isinstance(plan, Weekly) and (not plan.days or any(not 1 <= day <= 7 for day in plan.days)):
        problems.at("days").add("no_days", N_("选星期几"))
    if isinstance(plan, Monthly) and (
        not plan.days or any(not (1 <= day <= 31 or day == -1) for day in plan.days)
    ):
        problems.at("days").add("no_days", N_("选每月的哪一天"))
    if isinstance(plan, NthWeekday) and not (plan.nth in (1, 2, 3, 4, 5, -1) and 1 <= plan.weekday <= 7):
        problems.at("nth").add("no_days", N_("选第几个星期几"))
    return len(problems.found) == before


def _check_comes(problems: Problems, plan: Plan, zone: ZoneInfo) -> None:
    try:
        found = schedules.next_after(plan, zone, datetime.now(UTC))
    except schedules.BadPlan as error:
        part = str(error).removeprefix("Bad ").strip()
        if part in _CRON_PARTS:
            problems.at("text").add(
                "bad_cron", N_("cron 写法里「{part}」这一段看不懂"), part=N_(_CRON_PARTS[part])
            )
        else:
            problems.at("text").add(
                "bad_cron", N_("cron 写法是五段:分 时 日 月 星期,例如 0 9 * * 1-5(工作日 9:00)")
            )
        return
    if found is None:
        problems.add("never_comes", N_("这个计划以后一次也不会到,改一下日期"))


def check_time(problems: Problems, text: str) -> None:
    """A time of day, ``HH:MM``."""
    try:
        schedules.read_time(text)
    except schedules.BadPlan:
        problems.add("bad_time", N_("时间写成 09:00 这样"))


def check_date(problems: Problems, field: Field, trigger: DateReached) -> None:
    """ "Before or after a date"."""
    if is_day(field) is None:
        problems.at("field").add("wrong_type", N_("「{name}」应是日期字段"), field=field, name=field.name)
    elif field.computed and asks_the_clock(field):
        problems.at("field").add(
            "by_the_clock", N_("「{name}」随时间变,不能用来计划"), field=field, name=field.name
        )
    if not 0 <= trigger.amount <= LONGEST[trigger.unit]:
        problems.at("amount").add(
            "out_of_range", N_("提前或推后应在 {low} 到 {high} 之间"), low=0, high=LONGEST[trigger.unit]
        )
    if trigger.at:
        check_time(problems.at("at"), trigger.at)


def asks_the_clock(field: Field) -> bool:
    """Whether a computed field's own definition asks for the time."""
    config = field.config
    if isinstance(config, Formula):
        try:
            return formulas.uses_clock(formulas.parse(config.source))
        except formulas.FormulaRejected:
            return False
    return isinstance(config, Lookup | Rollup) and _compares_with_now(config.where)


def _compares_with_now(where: Filter | None) -> bool:
    if where is None:
        return False
    if isinstance(where, Condition):
        return where.op in _BY_CLOCK
    return any(_compares_with_now(item) for item in where.items)
