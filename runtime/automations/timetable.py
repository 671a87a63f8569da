"""What starts by the clock: schedules, dates of records, records that are late, conditions that time makes true.

``meta.watch`` holds for each such automation what it waits for (``spec``), since when, and how far the clock was looked at.
A look takes the row, stores the runs that came due and moves it on, in one transaction; a run's key (automation and planned
moment, or record and moment) keeps it single whatever two schedulers, a crash or a clock set back do.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
import msgspec
import structlog

from runtime.automations import due, runs, schedules
from runtime.automations.notes import Failure, dump
from runtime.automations.retry import is_passing
from runtime.automations.runs import NewRun, Trigger
from runtime.catalog import App, Automation, Catalog, bump
from runtime.definitions.schedules import Missed
from runtime.definitions.triggers import DateReached, Scheduled, StateOverdue
from runtime.errors import HuobiaoError
from runtime.events.live import WAKE_RELAY
from runtime.records import conditions, happened
from runtime.records.watching import Waiting, watching
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=1)
"""A planned moment that is found later than that has been missed."""
TROUBLE_SECONDS = 60.0
_SCAN_SECONDS, _SCAN_SHARE = 10.0, 30
_LOOK_SECONDS, _LOOK_SHARE = 1.0, 20
_FURTHEST = timedelta(days=400)
_CHUNK = 1000


@dataclass(frozen=True, eq=False)
class Timed:
    """An enabled automation that looks at the clock; of another ``spec`` it begins anew."""

    app: App
    automation: Automation
    trigger: Scheduled | StateOverdue | DateReached
    spec: str


_TIMED: WeakKeyDictionary[Catalog, tuple[Timed, ...]] = WeakKeyDictionary()


def timed(catalog: Catalog) -> tuple[Timed, ...]:
    """The automations of a catalog that look at the clock."""
    found = _TIMED.get(catalog)
    if found is None:
        found = _TIMED[catalog] = tuple(
            Timed(app, one, one.definition.trigger, _spec(app, one.definition.trigger))
            for app in catalog.apps
            for one in app.automations
            if one.definition.enabled
            and isinstance(one.definition.trigger, Scheduled | StateOverdue | DateReached)
        )
    return found


def _spec(app: App, trigger: Scheduled | StateOverdue | DateReached) -> str:
    parts: list[Any] = [trigger.__struct_config__.tag, app.zone.key]
    if isinstance(trigger, Scheduled):
        parts += [msgspec.to_builtins(trigger.plan), trigger.zone]
    else:
        parts.append(msgspec.to_builtins(trigger))
        table = next((one for one in app.tables if one.id == trigger.table), None)
        field = table.by_id.get(trigger.field) if table is not None else None
        if field is not None and isinstance(trigger, StateOverdue):
            parts.append(sorted(due.limits_of(field, trigger).items()))
    return hashlib.blake2s(msgspec.json.encode(parts), digest_size=16).hexdigest()


async def tick(system: System, now: datetime | None = None) -> list[str]:
    """Do what is due at ``now``; returns ids of the runs it came to, which the scheduler hands out."""
    catalog, stored = await _seen_together(system)
    waiting = [one for ones in watching(catalog).waiting.values() for one in ones]
    by_clock = timed(catalog)
    now = now or datetime.now(UTC)
    rows = {row["automation_id"]: row for row in stored}
    wanted = {one.automation.number for one in by_clock} | {one.automation.number for one in waiting}
    if rows.keys() - wanted:
        await _forget(system, sorted(rows.keys() - wanted), catalog.version)
    found: list[str] = []
    for one in by_clock:
        row = rows.get(one.automation.number)
        if _at_rest(row, now):
            continue
        if row is None or row["spec"] != one.spec or (row["next_at"] is not None and row["next_at"] <= now):
            found += await _guarded(system, one.automation, now, partial(_look, system, one, now)) or []
    for condition in waiting:
        row = rows.get(condition.automation.number)
        if _at_rest(row, now):
            continue
        if row is None or row["spec"] != condition.spec:
            await _guarded(system, condition.automation, now, partial(_take_down, system, condition))
        elif condition.by_scan and (row["next_at"] is None or row["next_at"] <= now):
            await _guarded(system, condition.automation, now, partial(_scan, system, condition, now))
    return found


def _at_rest(row: Any, now: datetime) -> bool:
    """Whether the last look could not be done, and it is too early for another."""
    return (
        row is not None and row["error"] is not None and row["next_at"] is not None and row["next_at"] > now
    )


async def begin_anew(tx: Tx, automation: int) -> None:
    """Forget how far an automation (by number) had got: it has just been switched on."""
    await tx.execute("DELETE FROM meta.watch WHERE automation_id = $1", automation)


async def _seen_together(system: System) -> tuple[Catalog, Sequence[Any]]:
    """The catalog, and the rows as they are by it: none of an automation that was switched on since."""
    while True:
        catalog = await system.catalogs.current()
        rows = await system.db.fetch(
            "SELECT w.* FROM meta.catalog_state c LEFT JOIN meta.watch w ON true WHERE c.version = $1",
            catalog.version,
        )
        if rows:
            return catalog, [row for row in rows if row["automation_id"] is not None]


async def _forget(system: System, over: Sequence[int], version: int) -> None:
    """Automations that do not wait any more, by the catalog of ``version``, begin anew when they do again."""
    async with system.db.transaction() as tx:
        # held until the end: whoever switches one of them on meanwhile comes after this, or before and this is left out
        if await tx.value("SELECT version FROM meta.catalog_state FOR SHARE") != version:
            return
        await tx.execute("DELETE FROM meta.watch WHERE automation_id = ANY($1::integer[])", list(over))
        await tx.execute("DELETE FROM meta.meeting WHERE automation_id = ANY($1::integer[])", list(over))


async def _guarded(system: System, automation: Automation, now: datetime, work: Any) -> Any:
    """One that cannot be done says so in its row and must not keep the others waiting."""
    try:
        return await work()
    except Exception as error:
        if is_passing(error):
            raise
        if not isinstance(error, HuobiaoError | schedules.BadPlan):
            log.exception("not looked at", automation=automation.id)
        await system.db.execute(
            "INSERT INTO meta.watch (automation_id, spec, since, done_until, next_at, error)"
            " VALUES ($1, '', $2, $2, $3, $4::text::jsonb)"
            " ON CONFLICT (automation_id) DO UPDATE SET next_at = $3, error = $4::text::jsonb",
            automation.number,
            now,
            now + timedelta(seconds=TROUBLE_SECONDS),
            dump(Failure.of(error)),
        )
        return None


# ---- looking at the clock ----


async def _look(system: System, one: Timed, now: datetime) -> list[str]:
    async with system.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO meta.watch (automation_id, spec, since, done_until) VALUES ($1, '', $2, $2)"
            " ON CONFLICT DO NOTHING",
            one.automation.number,
            now,
        )
        row = await tx.row(
            "SELECT * FROM meta.watch WHERE automation_id = $1 FOR UPDATE", one.automation.number
        )
        assert row is not None  # noqa: S101 - inserted above
        if isinstance(one.trigger, Scheduled):
            new = await _scheduled(tx, one, one.trigger, row, now)
        else:
            new = await _of_records(system, tx, one, one.trigger, row, now)
        return await start(tx, new)


async def start(tx: Tx, new: Sequence[NewRun]) -> list[str]:
    """Store runs that no event starts; the scheduler hands them out. Returns the ids of those that were not there yet."""
    found: list[str] = []
    for begin in range(0, len(new), _CHUNK):
        found += await runs.insert(tx, list(new[begin : begin + _CHUNK]), sent=False)
    return found


async def _scheduled(tx: Tx, one: Timed, trigger: Scheduled, row: Any, now: datetime) -> list[NewRun]:
    zone = schedules.zone_of(trigger, one.app)
    if row["spec"] != one.spec:
        await _move(tx, one, now, schedules.next_after(trigger.plan, zone, now), anew=True)
        return []
    if row["next_at"] is None or row["next_at"] > now:  # another scheduler was here first
        return []
    first = max(row["next_at"], now - _FURTHEST)
    came = [first]
    for moment in schedules.moments(trigger.plan, zone, first):
        if moment > now:
            break
        came.append(moment)
    await _move(tx, one, now, schedules.next_after(trigger.plan, zone, now))
    return [
        NewRun(
            automation=one.automation,
            key=f"{one.automation.number}:at:{moment.strftime('%Y%m%dT%H%M%SZ')}",
            app=one.app.number,
            trigger=Trigger(
                action="schedule",
                output={
                    "planned_at": moment.isoformat().replace("+00:00", "Z"),
                    "planned_day": moment.astimezone(zone).date().isoformat(),
                },
            ),
        )
        for moment in made_up(came, trigger.missed, trigger.most, now)
    ]


def made_up(came: Sequence[datetime], missed: Missed, most: int, now: datetime) -> list[datetime]:
    """Of the moments that came, those that runs are started for."""
    fresh = [moment for moment in came if now - moment <= FRESH]
    late = [moment for moment in came if now - moment > FRESH]
    if missed == "all":
        return [*late[max(0, len(late) - most) :], *fresh]
    if missed == "once" and late and not fresh:
        return [late[-1]]
    return fresh


async def _of_records(
    system: System, tx: Tx, one: Timed, trigger: StateOverdue | DateReached, row: Any, now: datetime
) -> list[NewRun]:
    began = time.perf_counter()
    since, done_until = row["since"], row["done_until"]
    if row["spec"] != one.spec:
        # of other limits or conditions: what came due since it was switched on, and was not told, is told now
        # (as far back as runs are kept: it is by them that it is known what was told)
        kept = now - timedelta(days=system.settings.keep_runs_days)
        done_until = max(since, min(done_until, kept + due.LOOK_BACK))
    window = due.Window.of(since, done_until, now)
    catalog = await system.catalogs.current()
    table = catalog.table(trigger.table)
    new: list[NewRun] = []
    if window.after < now:
        if isinstance(trigger, StateOverdue):
            new = await due.overdue(tx, catalog, table, one.automation, trigger, window)
        else:
            new = await due.reached(tx, catalog, table, one.automation, trigger, window)
    pause = max(_LOOK_SECONDS, _LOOK_SHARE * (time.perf_counter() - began))
    await _move(tx, one, max(now, done_until), now + timedelta(seconds=pause))
    known = await tx.fetch(
        "SELECT event_key FROM meta.run WHERE event_key = ANY($1::text[])", [run.key for run in new]
    )
    there = {found["event_key"] for found in known}
    return [run for run in new if run.key not in there]


async def _move(
    tx: Tx, one: Timed, done_until: datetime, next_at: datetime | None, *, anew: bool = False
) -> None:
    await tx.execute(
        "UPDATE meta.watch SET spec = $2, done_until = $3, next_at = $4, error = NULL,"
        " since = CASE WHEN $5 THEN $3 ELSE since END WHERE automation_id = $1",
        one.automation.number,
        one.spec,
        done_until,
        next_at,
        anew,
    )


# ---- conditions ----


async def _take_down(system: System, waiting: Waiting) -> None:
    async with system.db.transaction() as tx:
        await bump(tx)  # waits for writers under way, and keeps others away for the moment it takes
        catalog = await system.catalogs.current()
        await take_down_again(tx, catalog, waiting.automation.number)


async def take_down_again(tx: Tx, catalog: Catalog, automation: int) -> None:
    """Note which records meet the condition of an automation that waits for it; writers are kept away by the caller."""
    for ones in watching(catalog).waiting.values():
        for waiting in ones:
            if waiting.automation.number != automation:
                continue
            known = await tx.value("SELECT spec FROM meta.watch WHERE automation_id = $1", automation)
            if known != waiting.spec:
                await conditions.take_down(tx, catalog, waiting)


async def keep_up(tx: Tx, catalog: Catalog) -> None:
    """Take conditions down again that a change of definitions in ``tx`` has made others, before any record changes; writers
    are kept away by the caller. One that no longer fits its table is left to :func:`tick`, which notes why."""
    ones = [one for found in watching(catalog).waiting.values() for one in found]
    if not ones:
        return
    known = {row["automation_id"]: row["spec"] for row in await tx.fetch("SELECT * FROM meta.watch")}
    for one in ones:
        if known.get(one.automation.number, one.spec) == one.spec:
            continue
        try:
            async with tx.savepoint():
                await conditions.take_down(tx, catalog, one)
        except (HuobiaoError, asyncpg.DataError) as error:
            log.warning("condition not taken down", automation=one.automation.id, error=str(error))


async def _scan(system: System, waiting: Waiting, now: datetime) -> None:
    async with system.db.transaction() as tx:
        row = await tx.row(
            "SELECT next_at, spec FROM meta.watch WHERE automation_id = $1 FOR UPDATE",
            waiting.automation.number,
        )
        if (
            row is None
            or row["spec"] != waiting.spec
            or (row["next_at"] is not None and row["next_at"] > now)
        ):
            return
        began = time.perf_counter()
        catalog = await system.catalogs.current()
        met = await conditions.scan(tx, catalog, waiting, now)
        if met:
            await happened.store_met(tx, catalog, waiting, met)
            tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
        pause = max(_SCAN_SECONDS, _SCAN_SHARE * (time.perf_counter() - began))
        await tx.execute(
            "UPDATE meta.watch SET done_until = $2, next_at = $3, error = NULL WHERE automation_id = $1",
            waiting.automation.number,
            now,
            now + timedelta(seconds=pause),
        )
