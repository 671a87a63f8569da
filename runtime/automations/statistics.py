"""How often automations ran, how often they failed and how long they took, by day.

Days that are over are worked out once and kept, also when their runs are forgotten; today is counted as it is asked for.
A day is one of the app's time zone. Times are from the event to the end of the run, waits left in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from runtime.access import Actor, Operation, require
from runtime.catalog import App
from runtime.storage.database import Database
from runtime.system import System

DAYS = 30
_ENDED = "('finished', 'failed', 'handled')"


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day's runs: how many began, how many of them failed; seconds that half and 95 % of the ended ones took at most."""

    day: date
    runs: int
    failed: int
    p50: float | None
    p95: float | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """An automation's last :data:`DAYS` days, oldest first, days without runs left out; and when it last ran."""

    days: tuple[Day, ...]
    last_run: datetime | None

    @property
    def runs(self) -> int:
        """Runs of all days."""
        return sum(day.runs for day in self.days)

    @property
    def failed(self) -> int:
        """Failed runs of all days."""
        return sum(day.failed for day in self.days)


async def of_automation(system: System, actor: Actor, automation_id: str) -> Statistics:
    """Raises NotFound, NotAllowed."""
    catalog = await system.catalogs.current()
    automation = catalog.automation(automation_id)
    require(actor, Operation.LOOK, automation.app_id)
    found = await _of(system.db, catalog.app(automation.app_id), [automation.number])
    return found[automation.number]


async def of_app(system: System, actor: Actor, app_id: str) -> dict[str, Statistics]:
    """By automation. Raises NotFound, NotAllowed."""
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.LOOK, app.id)
    found = await _of(system.db, app, [a.number for a in app.automations])
    return {a.id: found[a.number] for a in app.automations}


async def _of(
    db: Database, app: App, numbers: list[int], now: datetime | None = None
) -> Mapping[int, Statistics]:
    today = (now or datetime.now(UTC)).astimezone(app.zone).date()
    first = today - timedelta(days=DAYS - 1)
    rows = await db.fetch(
        "SELECT * FROM meta.automation_day WHERE automation_id = ANY($1::integer[]) AND day >= $2 ORDER BY day",
        numbers,
        first,
    )
    kept: dict[int, dict[date, Day]] = {number: {} for number in numbers}
    for row in rows:
        kept[row["automation_id"]][row["day"]] = _day(row)
    counted_to = await db.value("SELECT max(day) FROM meta.automation_day")
    since = max(first, counted_to + timedelta(days=1)) if counted_to else first
    for automation, day in await _count(db, app, numbers, min(since, today), today):
        kept[automation].setdefault(day.day, day)
    last = await db.fetch(
        "SELECT a AS automation_id, (SELECT r.created_at FROM meta.run r WHERE r.automation_id = a ORDER BY r.id DESC LIMIT 1)"
        " AS at FROM unnest($1::integer[]) AS u(a)",
        numbers,
    )
    ran = {row["automation_id"]: row["at"] for row in last}
    return {
        number: Statistics(
            days=tuple(sorted(kept[number].values(), key=lambda day: day.day)), last_run=ran.get(number)
        )
        for number in numbers
    }


def _day(row: Mapping[str, object]) -> Day:
    return msgspec.convert({key: row[key] for key in ("day", "runs", "failed", "p50", "p95")}, Day)


async def _count(
    db: Database, app: App, numbers: list[int], first: date, last: date
) -> list[tuple[int, Day]]:
    """The runs that began from the day ``first`` to the day ``last``."""
    took = "extract(epoch FROM finished_at - created_at)"
    rows = await db.fetch(
        "SELECT automation_id, (created_at AT TIME ZONE $2)::date AS day, count(*)::integer AS runs,"
        " (count(*) FILTER (WHERE status IN ('failed', 'handled')))::integer AS failed,"
        f" percentile_cont(0.5) WITHIN GROUP (ORDER BY {took}) FILTER (WHERE status IN {_ENDED}) AS p50,"
        f" percentile_cont(0.95) WITHIN GROUP (ORDER BY {took}) FILTER (WHERE status IN {_ENDED}) AS p95"
        " FROM meta.run WHERE automation_id = ANY($1::integer[]) AND created_at >= $3 AND created_at < $4"
        " GROUP BY automation_id, day",
        numbers,
        app.zone.key,
        datetime.combine(first, time(), app.zone),
        datetime.combine(last + timedelta(days=1), time(), app.zone),
    )
    return [(row["automation_id"], _day(row)) for row in rows]


async def keep_days(system: System, now: datetime | None = None) -> int:
    """Keep the days that are over and not kept yet; returns how many rows. The scheduler does this every hour."""
    catalog = await system.catalogs.current()
    kept = 0
    for app in catalog.apps:
        numbers = [automation.number for automation in app.automations]
        if not numbers:
            continue
        over = (now or datetime.now(UTC)).astimezone(app.zone).date() - timedelta(days=1)
        latest = await system.db.value(
            "SELECT max(day) FROM meta.automation_day WHERE automation_id = ANY($1::integer[])", numbers
        )
        # yesterday's are counted again once: a run may have ended since
        first = max(latest, over - timedelta(days=DAYS)) if latest else over - timedelta(days=DAYS)
        for automation, day in await _count(system.db, app, numbers, first, over):
            await system.db.execute(
                "INSERT INTO meta.automation_day (automation_id, day, runs, failed, p50, p95)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (automation_id, day) DO UPDATE SET"
                " runs = greatest(meta.automation_day.runs, excluded.runs), failed = excluded.failed,"
                " p50 = excluded.p50, p95 = excluded.p95",
                automation,
                day.day,
                day.runs,
                day.failed,
                day.p50,
                day.p95,
            )
            kept += 1
    await system.db.execute(
        "DELETE FROM meta.automation_day WHERE day < $1", date.today() - timedelta(days=400)
    )
    return kept
