"""The scheduler: relays events, sends again what was lost, keeps the house. Several may run; one of them works.

The leader is whoever holds an advisory lock. Two leaders for a moment do no harm: events are taken with SKIP LOCKED,
a run is unique per event, and a message sent twice is claimed once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog
from dramatiq.errors import BrokerConnectionError
from redis.exceptions import RedisError

from runtime.accounts.sessions import forget_expired
from runtime.automations import alerts, pauses, sweeper, timetable
from runtime.automations.locks import Locks
from runtime.automations.relay import Relayed, relay
from runtime.automations.retry import DATABASE_TROUBLE
from runtime.events.live import WAKE_RELAY
from runtime.records.stays import StayCounter
from runtime.records.stock import StockKeeper
from runtime.storage.indexes.keeper import IndexKeeper
from runtime.system import System
from runtime.worker.broker import JOBS, RUNS, WorkBroker

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
WINDOW = 120
"""How many runs may be on their way to workers: as few as keep them busy, so that who comes later need not wait long."""
BACKLOG_SECONDS = 0.02
FULL_SECONDS = 0.1
"""How soon to look again for runs that wait, and for room for them."""
GATHER_SECONDS = 0.02
MOST_GATHER_SECONDS = 0.08
"""Rounds begin at least this far apart for each event of the last one, up to the latter: a lone change is looked at at once,
of many at a time so many together that looking costs little of what they cost anyway."""
HAND_SECONDS = 0.1
"""How often at least runs are looked for that no event has just started, while there are events."""
LEAD_SECONDS = 0.2
"""How long the leader may take itself for one without asking; two of them for that long do no harm."""
SWEEP_SECONDS = 1.0
INDEX_SECONDS = 10.0
HOUSEKEEPING_SECONDS = 3600.0
_LOCKS = 7005  # advisory lock of the leader: (this number, hash of the name)
_QUEUES = ((RUNS, "run"), (JOBS, "job"))


Chore = Callable[[System], Awaitable[object]]


class Scheduler:
    """One scheduler process's work. ``chores``: what rooms above want done every hour as well."""

    def __init__(self, system: System, broker: WorkBroker, chores: Sequence[Chore] = ()) -> None:
        self.system, self.broker, self.chores = system, broker, chores
        self.locks = Locks(system.db, _LOCKS)
        self.leading = False
        self._swept_at = self._kept_house_at = self._looked_at = self._counted_at = -HOUSEKEEPING_SECONDS
        self.indexes = IndexKeeper(system.db, system.catalogs)
        self._keeping: asyncio.Task[None] | None = None
        self.stays = StayCounter(system)
        self._counting: asyncio.Task[None] | None = None
        self._room = WINDOW
        self._begun, self._events = -HOUSEKEEPING_SECONDS, 0
        self._led_at = self._handed_at = -HOUSEKEEPING_SECONDS
        self._left = False
        self.stocks = StockKeeper(system)
        self._stocking: asyncio.Task[None] | None = None
        self._timing: asyncio.Task[None] | None = None

    async def run(self, stopping: Callable[[], bool]) -> None:
        """Work, or wait to become the leader, until ``stopping()``."""
        try:
            async with self.system.live.wakeups(WAKE_RELAY) as nudges:
                while not stopping():
                    more = False
                    try:
                        sure = self.leading and time.monotonic() - self._led_at < LEAD_SECONDS
                        if sure or await self._lead():
                            more = await self.round()
                    except (*DATABASE_TROUBLE, RedisError, BrokerConnectionError) as error:
                        log.warning("scheduler interrupted", error=str(error))
                        await asyncio.sleep(POLL_SECONDS)
                    except Exception:  # one thing that cannot be done must not keep the others waiting
                        log.exception("scheduler interrupted")
                        await asyncio.sleep(POLL_SECONDS)
                    if not more:
                        await nudges.wait(HAND_SECONDS if self._left else POLL_SECONDS)
                        await self._gather()
        finally:
            for task in (self._keeping, self._counting, self._stocking, self._timing):
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])
            await self.locks.close()

    async def _gather(self) -> None:
        """Let more changes come together, if the last round has only just begun and found some."""
        apart = min(GATHER_SECONDS * self._events, MOST_GATHER_SECONDS)
        left = self._begun + apart - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)

    async def _lead(self) -> bool:
        self._led_at = time.monotonic()
        if self.leading:
            self.leading = await self.locks.still()
        if not self.leading:
            self.leading = await self.locks.acquire("leader")
            if self.leading:
                log.info("leading")
        return self.leading

    async def round(self) -> bool:
        """Relay a batch and do what else is due; whether there is more to relay at once."""
        now = self._begun = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            await self.sweep()
            if self._stocking is None or self._stocking.done():
                self._stocking = asyncio.create_task(self._keep_stocks())
            if self._timing is None or self._timing.done():
                self._timing = asyncio.create_task(self._look_at_the_clock())
        relayed = await relay(self.system, sent=self._room > 0)
        self._events = relayed.events
        backlog = await self._hand_out(relayed)
        if now - self._counted_at >= INDEX_SECONDS and (self._counting is None or self._counting.done()):
            self._counted_at = now
            self._counting = asyncio.create_task(self._count_stays())
        if now - self._looked_at >= INDEX_SECONDS and (self._keeping is None or self._keeping.done()):
            self._looked_at = now
            self._keeping = asyncio.create_task(self._keep_indexes())  # takes minutes on large tables
        if now - self._kept_house_at >= HOUSEKEEPING_SECONDS:
            self._kept_house_at = now
            await self.keep_house()
        if backlog:
            await asyncio.sleep(BACKLOG_SECONDS if self._room > 0 else FULL_SECONDS)
        return relayed.more or backlog

    async def _hand_out(self, relayed: Relayed) -> bool:
        """Send runs to the workers, no more than they are about to take; whether others have to wait for room.

        What is left waits in the database, where each app has its turn, and not behind another's in one queue.
        """
        sent = self._room > 0
        if sent:
            await self._send(RUNS, list(relayed.runs))
            self._room -= len(relayed.runs)
        if self._room < WINDOW // 2:
            self._room = WINDOW - await asyncio.to_thread(self.broker.on_the_way, RUNS)
        # whoever changed records rang; runs that were put into the queue otherwise may wait a moment longer
        self._left = sent and bool(relayed.events) and time.monotonic() - self._handed_at < HAND_SECONDS
        if self._left:
            return False
        self._handed_at = time.monotonic()
        ids = await sweeper.unsent(self.system.db, self._room)
        await self._send(RUNS, ids)
        self._room -= len(ids)
        return bool(ids) or self._room <= 0

    async def _keep_stocks(self) -> None:
        try:
            await self.stocks.keep()
        except DATABASE_TROUBLE as error:
            log.warning("stocks not looked after", error=str(error))
        except Exception:  # reservations that stay a little longer must not keep events waiting
            log.exception("stocks not looked after")

    async def _look_at_the_clock(self) -> None:
        try:
            await timetable.tick(self.system)
        except DATABASE_TROUBLE as error:
            log.warning("clock not looked at", error=str(error))
        except Exception:  # what cannot be planned must not keep events waiting
            log.exception("clock not looked at")

    async def _keep_indexes(self) -> None:
        try:
            await self.indexes.keep()
        except DATABASE_TROUBLE as error:
            log.warning("indexes not looked after", error=str(error))
        except Exception:  # indexes make things quicker; nothing else may suffer from them
            log.exception("indexes not looked after")

    async def _count_stays(self) -> None:
        try:
            await self.stays.keep()
        except DATABASE_TROUBLE as error:
            log.warning("states not counted", error=str(error))
        except Exception:  # it is read from the history as long as it is not counted
            log.exception("states not counted")

    async def sweep(self) -> None:
        """Send what waits for a message it has not got."""
        await pauses.let_go(self.system.db)
        for queue, table in _QUEUES:
            on_the_way = await asyncio.to_thread(self.broker.on_the_way, queue)
            await self._send(queue, await sweeper.due(self.system.db, table, on_the_way))  # type: ignore[arg-type]
            if queue == RUNS:
                self._room = WINDOW - on_the_way
        await alerts.tell_due(self.system)

    async def _send(self, queue: str, ids: list[str]) -> None:
        if ids:
            await asyncio.to_thread(self.broker.send, queue, ids)

    async def keep_house(self) -> None:
        """Make room for coming months, forget what has run out."""
        db = self.system.db
        await db.value("SELECT meta.make_history_partitions(3)")
        await db.execute("DELETE FROM meta.idempotency_key WHERE at < now() - interval '1 day'")
        await db.execute("DELETE FROM meta.delivery_attempt WHERE at < now() - interval '30 days'")
        with suppress(*DATABASE_TROUBLE):
            await forget_expired(self.system)
        for chore in self.chores:
            with suppress(*DATABASE_TROUBLE):
                await chore(self.system)
