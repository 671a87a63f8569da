"""The relay: turns events into runs. Runs in the scheduler.

Per batch, one transaction takes events out of the outbox and stores the runs they start. What matches is decided on the
record as it is at that moment. Whoever crashes in between leaves the events where they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import structlog

from runtime.automations import runs, triggers
from runtime.automations.notes import Failure
from runtime.automations.retry import is_passing
from runtime.automations.runs import NewRun
from runtime.catalog import Automation, Catalog, Table
from runtime.definitions.triggers import trigger_table
from runtime.errors import HuobiaoError, NotFound
from runtime.events import outbox
from runtime.events.outbox import Event
from runtime.i18n import N_, Message
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

BATCH = 200


class Relayed(msgspec.Struct, frozen=True):
    """What a batch came to: events taken, ids of runs that wait for a worker."""

    events: int
    runs: tuple[str, ...]


async def relay(system: System, limit: int = BATCH) -> Relayed:
    """Take one batch of events and store their runs. The caller sends the ids on; losing them loses nothing."""
    await system.catalogs.current()  # read outside a transaction, where it is kept
    async with system.db.transaction() as tx:
        events = await outbox.take(tx, limit)
        if not events:
            return Relayed(0, ())
        catalog = await system.catalogs.current()
        new = await _new_runs(tx, catalog, events)
        return Relayed(len(events), tuple(await runs.insert(tx, new)))


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
            if definition.enabled and trigger_table(definition.trigger) == table.id:
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
        if event.change.automation in (None, automation.id) and triggers.matches(trigger, event)
    ]
    if not candidates:
        return []
    try:
        async with tx.savepoint():
            there = await triggers.meeting(tx, catalog, table, (e.record for e in candidates), trigger.where)
    except Exception as error:
        if is_passing(error):
            raise
        if not isinstance(error, HuobiaoError):
            log.exception("condition of a trigger failed", automation=automation.id)
        # the condition no longer fits the table: the run says so, instead of nothing happening
        failure = Failure.of(error)
        return [(event, NewRun.of_event(automation, event, failure)) for event in candidates]
    return [
        (event, NewRun.of_event(automation, event, await _too_deep(tx, automation, event)))
        for event in candidates
        if event.record in there
    ]


async def _too_deep(tx: Tx, automation: Automation, event: Event) -> Failure | None:
    """The refusal of an event that automations have been passing around for too long."""
    if event.change.depth <= runs.MAX_DEPTH:
        return None
    names = [*await runs.chain(tx, event.change.source), automation.definition.name]
    log.warning("automations set off one another", automation=automation.id, chain=names)
    return Failure(
        code="loop",
        message=Message(
            N_("自动化互相触发超过 {max} 层,已停在这里:{chain}。检查它们的触发条件,让这条链断开"),
            {"max": runs.MAX_DEPTH, "chain": " → ".join(names)},
        ),
    )
