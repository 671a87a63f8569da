"""The relay: turns events into runs. Runs in the scheduler.

Per batch, one transaction takes events out of the outbox and stores the runs they start. What matches is decided on the
record as it is at that moment. Whoever crashes in between leaves the events where they were.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec
import structlog

from runtime.automations import alerts, guards, lost, pauses, runs, triggers
from runtime.automations.notes import Failure
from runtime.automations.retry import is_passing
from runtime.automations.runs import NewRun
from runtime.catalog import Automation, Catalog, Table
from runtime.definitions.triggers import RecordDeleted, trigger_table
from runtime.errors import HuobiaoError, NotFound
from runtime.events import outbox
from runtime.events.outbox import Event
from runtime.i18n import N_, Message
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

BATCH = 200


class Relayed(msgspec.Struct, frozen=True):
    """What a batch came to: events taken, ids of runs that wait for a worker, whether there are probably ``more`` events."""

    events: int
    runs: tuple[str, ...]
    more: bool = False


async def relay(system: System, limit: int = BATCH, *, sent: bool = True) -> Relayed:
    """Take one batch of events and store their runs. The caller sends the ids on; losing them loses nothing.

    ``sent`` false: there are more runs on the way than workers can take; the caller sends these later, app by app.
    """
    await system.catalogs.current()  # read outside a transaction, where it is kept
    async with system.db.transaction() as tx:
        events = await outbox.take(tx, limit)
        if not events:
            return Relayed(0, ())
        catalog = await system.catalogs.current()
        if any(app.waits_for_records for app in catalog.apps):
            await runs.wake_watching(tx, sorted({(event.table, event.record) for event in events}))
        new = await _new_runs(tx, catalog, events)
        stored = await runs.insert(tx, new, sent=sent)
        await _keep_to_budget(system, tx, new)
        return Relayed(len(events), tuple(stored), _cut(events, limit))


def _cut(events: Sequence[Event], limit: int) -> bool:
    """Whether an app has had its whole share of a batch, so that it may have more: with several apps that is less than
    the batch."""
    of_apps = Counter(event.app for event in events)
    return max(of_apps.values()) >= max(1, limit // len(of_apps))


async def _keep_to_budget(system: System, tx: Tx, new: Sequence[NewRun]) -> None:
    """Pause automations that other automations set off too often."""
    started = Counter(one.automation.number for one in new if one.depth and not one.failure)
    budget = system.settings.automation_runs_per_minute
    for number in await guards.over_budget(tx, started, budget):
        automation = next(one.automation for one in new if one.automation.number == number)
        reason = Message(
            N_(
                "一分钟里由自动化引起的运行超过 {limit} 次,已先暂停。看一下是不是互相触发;恢复以后接着跑,一次不丢"
            ),
            {"limit": budget},
        )
        log.warning("automation over its budget", automation=automation.id, budget=budget)
        await pauses.put(tx, "automation", number, "pause", "", reason)
        await alerts.tell_paused(system, tx, automation, reason)


async def _new_runs(tx: Tx, catalog: Catalog, events: Sequence[Event]) -> list[NewRun]:
    """The runs that ``events`` start, in the order of the events."""
    by_table: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_table[event.table].append(event)
    found: list[tuple[Event, NewRun]] = []
    for number, group in by_table.items():
        try:
            table = catalog.table_by_number(number)
        except NotFound:  # deleted since
            continue
        for automation in catalog.app_of(table).automations:
            definition = automation.definition
            if (
                definition.enabled
                and triggers.of_changes(definition.trigger)
                and trigger_table(definition.trigger) == table.id
            ):
                found += await _started(tx, catalog, automation, table, group)
    order = {event.id: place for place, event in enumerate(events)}
    return [new for _, new in sorted(found, key=lambda pair: order[pair[0].id])]


async def _started(
    tx: Tx, catalog: Catalog, automation: Automation, table: Table, events: Sequence[Event]
) -> list[tuple[Event, NewRun]]:
    trigger = automation.definition.trigger
    candidates = [
        event
        for event in events
        if event.change.automation in (None, automation.id) and triggers.matches(trigger, event, table)
    ]
    if not candidates:
        return []
    try:
        async with tx.savepoint():
            there = await triggers.meeting(
                tx,
                catalog,
                table,
                (e.record for e in candidates),
                triggers.asked_later(trigger),
                trashed=isinstance(trigger, RecordDeleted),
            )
    except Exception as error:
        if is_passing(error):
            raise
        if not isinstance(error, HuobiaoError):
            log.exception("condition of a trigger failed", automation=automation.id)
        # the condition no longer fits the table: the run says so, instead of nothing happening
        failure = await lost.explained(tx, Failure.of(error), trigger)
        return [(event, NewRun.of_event(automation, event, failure)) for event in candidates]
    return [
        (event, NewRun.of_event(automation, event, await _too_deep(tx, automation, event)))
        for event in candidates
        if event.record in there
    ]


async def _too_deep(tx: Tx, automation: Automation, event: Event) -> Failure | None:
    return await guards.too_deep(tx, automation, event.change.depth, event.change.source)
