"""Waiting: for a time, until a moment, until a record meets a condition."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from runtime.automations import triggers
from runtime.automations.steps.base import Attempt, Done, Named, Rest, StepKind
from runtime.definitions.flow import ForSpan, UntilField, UntilMeets, UntilTime, Wait
from runtime.errors import InvalidInput
from runtime.i18n import N_
from runtime.ids import parse_record_id

REACHED, TIMED_OUT = "reached", "timed_out"
LOOK_FIRST_SECONDS = 60.0
LOOK_MOST_SECONDS = 900.0
"""How often a condition is looked at beside when its record changes: what depends on the clock changes nothing else."""


class WaitStep(StepKind):
    """The moment is fixed when the step begins, so that a run taken up again waits no longer than it should."""

    id = "wait"
    name = N_("等一等")
    description = N_("等一段时间、等到某个时刻,或等到记录符合条件")
    icon = "hourglass"
    looks_anew = True
    outcomes = (Named(REACHED, N_("等到了")), Named(TIMED_OUT, N_("超时没等到")))

    async def carry_out(self, attempt: Attempt, config: Wait) -> Done | Rest:
        until = config.until
        now = attempt.context.now
        if isinstance(until, UntilMeets):
            return await _until_meets(attempt, until)
        kept = (attempt.kept or {}).get("until")
        moment = datetime.fromisoformat(kept) if kept else await _moment(attempt, until)
        if moment is not None:
            attempt.input["until"] = moment.isoformat()
        if moment is None or moment <= now or attempt.rehearsal:
            return Done(REACHED, _skipped(attempt))
        return Rest(why="time", until=moment, output={"until": moment.isoformat()})


def _skipped(attempt: Attempt) -> dict[str, bool]:
    return {"skipped": True} if attempt.rehearsal else {}


async def _moment(attempt: Attempt, until: ForSpan | UntilField | UntilTime) -> datetime | None:
    """When waiting is over; None when there is nothing to wait for."""
    now, zone = attempt.context.now, ZoneInfo(str(attempt.context.zone))
    if isinstance(until, ForSpan):
        return now + timedelta(seconds=until.span.seconds)
    if isinstance(until, UntilTime):
        return next_time(now, until.at, zone)
    record = await attempt.reach.record(until.of)
    wire = record.wire(record.table.field(until.field))
    attempt.input["record"] = {"id": record.id, "name": record.title}
    if not isinstance(wire, str):
        return None
    try:
        moment = datetime.fromisoformat(wire)
    except ValueError as error:
        raise InvalidInput(N_("要等到的字段里不是日期"), code="wrong_type") from error
    if len(wire) == len("2026-01-01"):
        moment = datetime.combine(date.fromisoformat(wire), time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment + timedelta(seconds=until.shift.seconds if until.shift else 0)


def next_time(now: datetime, at: str, zone: ZoneInfo) -> datetime:
    """The next moment after ``now`` at which clocks of ``zone`` show ``at`` (``HH:MM``)."""
    clock = time.fromisoformat(at)
    day = now.astimezone(zone).date()
    for ahead in range(3):
        moment = datetime.combine(day + timedelta(days=ahead), clock, zone).astimezone(UTC)
        if moment > now:
            return moment
    raise AssertionError("a day has passed without its clock times")  # pragma: no cover


async def _until_meets(attempt: Attempt, until: UntilMeets) -> Done | Rest:
    now = attempt.context.now
    public_id = attempt.reach.record_id(until.of)
    number, row = parse_record_id(public_id)
    table = attempt.catalog.table_by_number(number)
    began = datetime.fromisoformat((attempt.kept or {}).get("began") or now.isoformat())
    ends = began + timedelta(seconds=until.limit.seconds)
    attempt.input["ends"] = ends.isoformat()
    if not attempt.rehearsal:
        # whoever is changing the record is waited for; whoever changes it later finds the run waiting, and wakes it
        await attempt.tx.execute(f"SELECT 1 FROM {table.sql} WHERE id = $1 FOR SHARE", row)
    if row in await triggers.meeting(attempt.tx, attempt.catalog, table, [row], until.where):
        return Done(REACHED, {})
    if now >= ends or attempt.rehearsal:
        return Done(TIMED_OUT, _skipped(attempt))
    waited = (now - began).total_seconds()
    look = timedelta(seconds=min(LOOK_MOST_SECONDS, max(LOOK_FIRST_SECONDS, waited / 4)))
    return Rest(
        why="condition",
        until=min(ends, now + look),
        output={"began": began.isoformat(), "until": ends.isoformat()},
        watch=public_id,
    )
