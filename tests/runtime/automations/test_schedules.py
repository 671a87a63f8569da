"""Schedules under a controlled clock: month ends, clocks that change, downtime, a clock set back, two schedulers at once."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.automations import schedules, timetable
from runtime.definitions.queries import Condition
from runtime.definitions.schedules import Cron, Daily, Every, Monthly, NthWeekday, Plan, Weekly
from runtime.definitions.triggers import ConditionsMet, DateReached, Scheduled, StateOverdue
from runtime.ids import parse_record_id
from tests.runtime.automations.watched import DAY, Watched
from tests.support.world import World

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def told(plan: Plan, zone: ZoneInfo, after: str, count: int) -> list[str]:
    """The next moments as clocks in the zone show them."""
    start = datetime.fromisoformat(after).replace(tzinfo=zone).astimezone(UTC)
    found = schedules.upcoming(plan, zone, start, count)
    return [moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %z") for moment in found]


def test_month_ends() -> None:
    assert told(Monthly((31,), ("09:00",)), BERLIN, "2026-01-15", 3) == [
        "2026-01-31 09:00 +0100", "2026-03-31 09:00 +0200", "2026-05-31 09:00 +0200",
    ]  # fmt: skip
    assert told(Monthly((-1,), ("23:59",)), NEW_YORK, "2028-01-31 23:59", 2) == [
        "2028-02-29 23:59 -0500", "2028-03-31 23:59 -0400",
    ]  # fmt: skip
    assert told(NthWeekday(-1, 5, ("18:00",)), BERLIN, "2026-01-31", 2) == [
        "2026-02-27 18:00 +0100", "2026-03-27 18:00 +0100",
    ]  # fmt: skip
    assert told(NthWeekday(5, 1, ("08:00",)), NEW_YORK, "2026-02-01", 2) == [
        "2026-03-30 08:00 -0400", "2026-06-29 08:00 -0400",
    ]  # fmt: skip
    assert told(Weekly((1, 7), ("10:00", "09:00")), BERLIN, "2026-11-22 09:30", 3) == [
        "2026-11-22 10:00 +0100", "2026-11-23 09:00 +0100", "2026-11-23 10:00 +0100",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "night", "shifted"),
    [(BERLIN, "2026-03-29", "03:30 +0200"), (NEW_YORK, "2026-03-08", "03:30 -0400")],
)
def test_a_time_that_the_clock_jumps_over_comes_as_late_as_the_jump(
    zone: ZoneInfo, night: str, shifted: str
) -> None:
    first, second = told(Daily(("02:30",)), zone, f"{night} 00:00", 2)
    assert first == f"{night} {shifted}"
    assert second.endswith(f"02:30 {shifted[-5:]}")


@pytest.mark.parametrize(("zone", "night"), [(BERLIN, "2026-10-25"), (NEW_YORK, "2026-11-01")])
def test_a_time_that_comes_twice_counts_once(zone: ZoneInfo, night: str) -> None:
    at = "02:30" if zone is BERLIN else "01:30"
    found = told(Daily((at,)), zone, f"{night} 00:00", 2)
    assert found[0].startswith(f"{night} {at}")
    assert not found[1].startswith(night)
    hour = at.split(":")[0]
    by_cron = told(Cron(f"30 {int(hour)} * * *"), zone, f"{night} 00:00", 2)
    assert [one[:10] for one in by_cron] == [one[:10] for one in found]


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
def test_intervals_do_not_care_for_clocks(zone: ZoneInfo) -> None:
    start = datetime(2026, 10, 24, 20, tzinfo=UTC)
    found = schedules.upcoming(Every(45, "minute"), zone, start, 200)
    assert {b - a for a, b in itertools.pairwise(found)} == {timedelta(minutes=45)}


@given(
    plan=st.one_of(
        st.builds(Every, st.integers(1, 5000), st.sampled_from(["minute", "hour"])),
        st.builds(Daily, st.just(("02:30", "01:30", "23:59"))),
        st.builds(Monthly, st.tuples(st.sampled_from([1, 28, 29, 30, 31, -1])), st.just(("02:15",))),
        st.builds(NthWeekday, st.sampled_from([1, 4, 5, -1]), st.integers(1, 7), st.just(("00:00",))),
        st.just(Cron("*/20 1-3 * * *")),
    ),
    zone=st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Asia/Shanghai"), ZoneInfo("Australia/Lord_Howe")]),
    after=st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(lambda m: m.replace(tzinfo=UTC)),
)
def test_moments_go_on_from_each_other(plan: Plan, zone: ZoneInfo, after: datetime) -> None:
    """In order, behind what was asked for, and the same whether they are asked for at once or one by one."""
    found = schedules.upcoming(plan, zone, after, 6)
    assert all(a < b for a, b in zip([after, *found], found, strict=False))
    one_by_one, at = [], after
    for _ in found:
        at = schedules.next_after(plan, zone, at) or at
        one_by_one.append(at)
    assert one_by_one == found


@pytest.mark.parametrize("text", ["", "* * * *", "61 * * * *", "0 9 30 2 *", "a b c d e", "* * * * * *"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(schedules.BadPlan):
        schedules.next_after(Cron(text), BERLIN, datetime.now(UTC))


# ---- with the database ----


@pytest.fixture
async def watched(world: World) -> Watched:
    return await Watched.make(world)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


async def planned(watched: Watched) -> list[str]:
    return [run["output"]["planned_at"] for run in await watched.new_runs()]


async def test_a_schedule_runs_exactly_when_it_is_due(watched: Watched) -> None:
    await watched.on(Scheduled(Daily(("09:00",)), zone="Europe/Berlin"))
    await watched.begun(at("2026-11-23 08:00"))
    for moment in ("08:59", "09:00", "09:00", "09:01", "12:00"):
        await watched.begun(at(f"2026-11-23 {moment}"))
    (run,) = await watched.new_runs()
    assert run["output"] == {"planned_at": "2026-11-23T08:00:00Z", "planned_day": "2026-11-23"}
    assert run["record"] is None
    assert run["action"] == "schedule"


@pytest.mark.parametrize(
    ("missed", "expected"),
    [("once", ["12:00"]), ("skip", []), ("all", ["09:00", "10:00", "11:00", "12:00"])],
)
async def test_what_was_missed_is_made_up_for_as_it_says(
    watched: Watched, missed: str, expected: list[str]
) -> None:
    await watched.on(Scheduled(Every(1, "hour"), zone="Europe/Berlin", missed=missed, most=4))  # type: ignore[arg-type]
    await watched.begun(at("2026-11-23 03:30"))
    await watched.begun(at("2026-11-23 12:30"))
    found = [moment[11:16] for moment in await planned(watched)]
    assert found == [at(f"2026-11-23 {one}").strftime("%H:%M") for one in expected]
    await watched.begun(at("2026-11-23 13:00"))
    assert len(await planned(watched)) == 1, "and then it goes on as planned"


async def test_a_clock_set_back_starts_nothing_twice(watched: Watched) -> None:
    await watched.on(Scheduled(Every(10, "minute")))
    for moment in ("08:00", "08:10", "08:20", "07:55", "08:10", "08:20", "08:30"):
        await watched.begun(at(f"2026-11-23 {moment}"))
    found = await planned(watched)
    assert found == sorted(set(found))
    assert len(found) == 3


async def test_two_schedulers_at_once_start_it_once(watched: Watched) -> None:
    await watched.on(Scheduled(Every(1, "minute"), missed="all", most=1000))
    await watched.begun(at("2026-11-23 08:00"))
    for minute in range(1, 6):
        now = at(f"2026-11-23 08:0{minute}")
        await asyncio.gather(*(timetable.tick(watched.world.system, now) for _ in range(4)))
    assert len(await planned(watched)) == 5


async def test_another_plan_begins_anew(watched: Watched) -> None:
    from runtime.definitions.automations import AutomationDef

    public_id = await watched.on(Scheduled(Every(1, "hour")))
    await watched.begun(at("2026-11-23 08:30"))
    await watched.world.replace(public_id, AutomationDef("看着", Scheduled(Daily(("07:00",))), (), True))
    await watched.begun(at("2026-11-23 20:30"))
    assert await planned(watched) == [], (
        "nothing of the old plan, and nothing of the new one from before it was made"
    )


# ---- by a date of records ----


def row(record: str) -> int:
    return parse_record_id(record)[1]


async def test_days_before_a_date(watched: Watched) -> None:
    world, table = watched.world, watched.orders
    zone = (await world.app()).zone
    await watched.on(DateReached(table.id, watched.field("预计发货日"), 3, "day", at="09:00"))
    await watched.begun(at("2026-11-20 08:00", zone))
    early, due, _none = await world.create(
        table,
        {"订单号": "过去", "预计发货日": "2026-11-21"},
        {"订单号": "到期", "预计发货日": "2026-11-26"},
        {"订单号": "空"},
    )
    for moment in ("2026-11-22 09:00", "2026-11-23 08:59"):
        await watched.begun(at(moment, zone))
    assert await watched.new_runs() == [], "what is past when it is looked at first is left alone"
    for moment in ("2026-11-23 09:00", "2026-11-23 09:00", "2026-11-23 09:05"):
        await watched.begun(at(moment, zone))
    (run,) = await watched.new_runs()
    assert run["record"] == row(due)
    await world.patch(due, {"预计发货日": "2026-11-28"}, table)
    await world.patch(early, {"预计发货日": "2026-11-28"}, table)
    await watched.begun(at("2026-11-25 09:00", zone))
    assert {r["record"] for r in await watched.new_runs()} == {row(due), row(early)}, (
        "another date is planned anew"
    )
    await world.patch(due, {"预计发货日": "2026-11-26"}, table)
    await world.patch(due, {"预计发货日": "2026-11-28"}, table)
    await watched.begun(at("2026-11-25 09:02", zone))
    assert await watched.new_runs() == [], "the same date is told once"


async def test_hours_after_a_moment(watched: Watched) -> None:
    world, table = watched.world, watched.orders
    await watched.on(DateReached(table.id, watched.field("下单时间"), 2, "hour", after=True))
    start = at("2026-11-23 08:00")
    await watched.begun(start)
    (order,) = await world.create(
        table, {"订单号": "1", "下单时间": (start + timedelta(minutes=1)).isoformat()}
    )
    await watched.begun(start + timedelta(minutes=120))
    assert await watched.new_runs() == []
    await asyncio.gather(*(timetable.tick(world.system, start + timedelta(minutes=121)) for _ in range(3)))
    (run,) = await watched.new_runs()
    assert run["record"] == row(order)


async def test_downtime_loses_no_date(watched: Watched) -> None:
    world, table = watched.world, watched.orders
    zone = (await world.app()).zone
    await watched.on(DateReached(table.id, watched.field("预计发货日")))
    await watched.begun(at("2026-11-20 08:00", zone))
    await world.create(table, *({"订单号": str(day), "预计发货日": f"2026-11-{day}"} for day in (21, 22, 23)))
    await watched.begun(at("2026-11-22 12:00", zone))
    assert len(await watched.new_runs()) == 2


# ---- too long in a state ----


async def test_late_records_are_told_once_per_stay(watched: Watched) -> None:
    world, table = watched.world, watched.orders
    await watched.on(StateOverdue(table.id, watched.field("状态")))
    (order,) = await world.create(table, {"订单号": "1", "状态": "已支付"})
    await watched.begun(datetime.now(UTC) - timedelta(minutes=5))
    await world.patch(order, {"状态": "审核中"}, table)
    now = datetime.now(UTC)
    await watched.begun(now + timedelta(seconds=DAY - 60))
    assert await watched.new_runs() == []
    for seconds in (DAY + 1, DAY + 5, DAY + 3600):
        await watched.begun(now + timedelta(seconds=seconds))
    (run,) = await watched.new_runs()
    assert (run["record"], run["action"], run["after"]) == (row(order), "overdue", {watched.field("状态"): 3})
    await world.patch(order, {"订单号": "1b"}, table)
    await watched.begun(now + timedelta(seconds=DAY + 7200))
    assert await watched.new_runs() == []


async def test_who_leaves_in_time_is_not_late(watched: Watched) -> None:
    world, table = watched.world, watched.orders
    await watched.on(StateOverdue(table.id, watched.field("状态"), (2,), 3600))
    await watched.begun(datetime.now(UTC) - timedelta(minutes=5))
    gone, late = await world.create(
        table, {"订单号": "1", "状态": "已支付"}, {"订单号": "2", "状态": "已支付"}
    )
    await world.patch(gone, {"状态": "审核中"}, table)
    await watched.begun(datetime.now(UTC) + timedelta(seconds=3700))
    assert [run["record"] for run in await watched.new_runs()] == [row(late)]


async def test_another_limit_tells_what_was_not_told_as_far_back_as_that_is_known(watched: Watched) -> None:
    """Who was told of is known by runs; of what is older than they are kept nobody hears again."""
    world, table = watched.world, watched.orders
    begun = datetime.now(UTC)
    overdue = StateOverdue(table.id, watched.field("状态"), (2,), 365 * DAY)
    automation = await watched.on(overdue)
    await watched.begun(begun - timedelta(minutes=5))
    (order,) = await world.create(table, {"订单号": "1", "状态": "已支付"})
    await watched.begun(begun + timedelta(hours=3))
    assert await watched.new_runs() == []

    async def limited(seconds: int) -> None:
        definition = (await world.catalog()).automation(automation).definition
        trigger = msgspec.structs.replace(overdue, seconds=seconds)
        await world.replace(automation, msgspec.structs.replace(definition, trigger=trigger))

    await limited(3600)
    await watched.begun(begun + timedelta(hours=3, minutes=1))
    assert [run["record"] for run in await watched.new_runs()] == [row(order)]
    much_later = begun + timedelta(days=200)
    await watched.begun(much_later)
    await world.system.db.execute("DELETE FROM meta.run")
    await limited(7200)
    await watched.begun(much_later + timedelta(minutes=1))
    assert await watched.new_runs() == []


# ---- definitions that change while the clock is looked at ----


async def test_a_look_by_older_definitions_forgets_nothing_of_newer_ones(watched: Watched) -> None:
    """An automation that was switched on since keeps what is known of it."""
    system = watched.world.system
    older = (await watched.world.catalog()).version
    where = Condition(watched.field("金额"), "gt", 100)
    automation = await watched.on(ConditionsMet(watched.orders.id, where))
    await watched.begun()
    number = (await watched.world.catalog()).automation(automation).number
    await timetable._forget(system, [number], older)
    assert await system.db.value("SELECT count(*) FROM meta.watch") == 1
    catalog, rows = await timetable._seen_together(system)
    assert [one["automation_id"] for one in rows] == [number]
    await timetable._forget(system, [number], catalog.version)
    assert await timetable._seen_together(system) == (catalog, [])
