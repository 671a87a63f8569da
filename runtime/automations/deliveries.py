"""Messages on their way out: what is due is sent, one sender at a time per receiver, until it is taken or given up.

Receivers that share a limit (one robot under two connectors) are one *lane*. A lane is worked by whoever holds its
advisory lock, on a connection of its own, so that the database lets go of it when the worker dies. Within a lane the
oldest due message goes first; what would exceed the limit (the robot's own, or one that a person set) waits, and what
has waited is merged where the kind of message allows it. What a paused connector has to send waits until it goes on.
Nothing is dropped. After a failure that can pass the message waits for its next try, and the whole lane for a few seconds.

A message may arrive twice when the receiver took it but its answer was lost, or came too late for a worker that had
to stop; never twice otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog

from runtime.automations import settlement
from runtime.automations.connections import Connection, connection
from runtime.automations.locks import Held, Locks
from runtime.automations.retry import DATABASE_TROUBLE, is_passing
from runtime.connectors import ConnectorKind, Connectors, OutgoingMessage, Receipt, from_row
from runtime.connectors.base import PacingRule
from runtime.connectors.pacing import Batch, SendNow, Waiting, WaitUntil, plan
from runtime.errors import HuobiaoError, OutsideFailed
from runtime.events.live import WAKE_DELIVERY
from runtime.storage.database import Row
from runtime.system import System

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
GATHER_SECONDS = 0.005
"""How long messages are let come together before they are looked for."""
MAX_LANES = 8
_AT_ONCE = 500
_PAUSES_FOUND_WITHIN = timedelta(hours=2)  # no receiver is listened to that asks for more than an hour
# a connector that was deleted while it was paused holds nothing back: its messages are given up
_DUE = (
    "meta.delivery d LEFT JOIN meta.connector c ON c.id = d.connector_id WHERE d.status = 'waiting'"
    " AND d.next_attempt_at <= now() AND (c.paused_at IS NULL OR c.deleted_at IS NOT NULL)"
)
_LOOK = (
    f"SELECT d.connector_id, NULL::float8 AS seconds FROM {_DUE} GROUP BY d.connector_id UNION ALL"
    " SELECT NULL, extract(epoch FROM min(next_attempt_at) - now())::float8 FROM meta.delivery"
    " WHERE status = 'waiting' AND next_attempt_at > now()"
)
"""The connectors that have something due; and in a row without one, how soon something more is."""
_LOCKS = 7004  # advisory locks of lanes: (this number, hash of the lane's name)


class Lane(msgspec.Struct, frozen=True):
    """Connectors that are sent to together: ``name`` is the pacing key, or the connector itself where none counts."""

    name: str
    kind: ConnectorKind
    connections: tuple[Connection, ...]

    @property
    def rule(self) -> PacingRule | None:
        """The limit of the lane: the strictest of its connectors'."""
        rules = [rule for one in self.connections if (rule := self.kind.rule(one.per_minute)) is not None]
        return min(rules, key=lambda rule: rule.limit / rule.window_seconds, default=None)


class Deliveries:
    """Sends what is due. One per worker process."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.connectors = Connectors.of(system.outbound, system.settings)
        self.locks = Locks(system.db, _LOCKS)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping: Callable[[], bool] = lambda: False
        self._seconds = POLL_SECONDS
        """Until the next message is due that was not due yet at the last look, at most that."""

    async def run(self, stopping: Callable[[], bool]) -> None:
        """Send until ``stopping()``; then let the message under way on each lane end, and leave the rest."""
        self._stopping = stopping
        listener = asyncio.create_task(self._listen())
        try:
            while not stopping():
                self._wake.clear()
                try:
                    await self.look()
                    seconds = self._seconds
                except DATABASE_TROUBLE as error:
                    log.warning("deliveries not looked at", error=str(error))
                    seconds = POLL_SECONDS
                except Exception:  # sending must go on, whatever is wrong with one receiver
                    log.exception("deliveries not looked at")
                    seconds = POLL_SECONDS
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), seconds)
                    await asyncio.sleep(GATHER_SECONDS)
        finally:
            listener.cancel()
            try:
                await asyncio.gather(listener, *self._busy.values(), return_exceptions=True)
            finally:
                await self.locks.close()

    async def _listen(self) -> None:
        """Look again whenever a message was queued, and every :data:`POLL_SECONDS` in any case."""
        async with self.system.live.wakeups(WAKE_DELIVERY) as nudges:
            while not self._stopping():
                await nudges.wait(POLL_SECONDS)
                self._wake.set()

    async def look(self) -> list[asyncio.Task[None]]:
        """Start sending on every lane that has something due and is not being worked; returns what was started."""
        started = []
        for lane in await self._due_lanes():
            if lane.name in self._busy or len(self._busy) >= MAX_LANES:
                continue
            task = asyncio.create_task(self._work(lane))
            self._busy[lane.name] = task
            task.add_done_callback(partial(self._done, lane.name))
            started.append(task)
        return started

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        self._busy.pop(name, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("lane failed", lane=name, exc_info=task.exception())
        self._wake.set()

    async def _due_lanes(self) -> list[Lane]:
        rows = await self.system.db.fetch(_LOOK)
        lanes: dict[str, Lane] = {}
        self._seconds = POLL_SECONDS
        for row in rows:
            number = row["connector_id"]
            if number is None:
                self._seconds = min(max(row["seconds"] or POLL_SECONDS, 0.0), POLL_SECONDS)
                continue
            try:
                found = await connection(self.system, self.system.db, number)
                kind = self.connectors.kind(found.kind)
                name = kind.pacing_key(found.settings) or f"connector:{number}"
            except HuobiaoError as error:  # deleted, or its secrets cannot be read
                await settlement.give_up_all(self.system, number, error)
                continue
            others = lanes[name].connections if name in lanes else ()
            lanes[name] = Lane(name, kind, (*others, found))
        return list(lanes.values())

    async def _work(self, lane: Lane) -> None:
        """Send what is due on a lane, unless another worker does."""
        async with self.locks.held(lane.name) as held:
            while self._may(held) and await self._round(lane, held):
                pass

    def _may(self, held: Held) -> bool:
        """Whether the lane is this worker's: where the database was restarted, another one has taken it by now."""
        return held.mine and not self._stopping()

    async def _round(self, lane: Lane, held: Held) -> bool:
        """Send once around; False when nothing (more) can leave now."""
        rows = await self.system.db.fetch(
            "SELECT d.*, (SELECT r.public_id FROM meta.run r WHERE r.id = d.run_id) AS run"
            f" FROM {_DUE} AND d.connector_id = ANY($1::integer[]) ORDER BY d.id LIMIT $2",
            [c.number for c in lane.connections],
            _AT_ONCE,
        )
        if not rows:
            return False
        decision = await self._plan(lane, rows)
        if isinstance(decision, WaitUntil):
            await settlement.put_off(self.system.db, [row["id"] for row in rows], decision.at)
            return False
        by_id = {row["id"]: row for row in rows}
        for batch in decision.batches:
            if not self._may(held):
                return False
            if not await self._send(lane, held, batch, [by_id.pop(number) for number in batch.ids]):
                return False
        if by_id and decision.look_again_at is not None:
            await settlement.put_off(self.system.db, list(by_id), decision.look_again_at)
            return False
        return True

    async def _plan(self, lane: Lane, rows: Sequence[Row]) -> SendNow[int] | WaitUntil:
        waiting = [Waiting(row["id"], _message(row)) for row in rows]
        now = datetime.now(UTC)
        rule = lane.rule
        recent = await self.system.db.fetch(
            "SELECT at, pause_until FROM meta.delivery_attempt WHERE pacing_key = $1 AND at > $2"
            " AND (at > $3 OR pause_until > $4)",
            lane.name,
            now - _PAUSES_FOUND_WITHIN,
            now - (rule.span if rule else timedelta()),
            now,
        )
        pause = max((row["pause_until"] for row in recent if row["pause_until"]), default=None)
        if rule is not None:
            return plan(
                now,
                [row["at"] for row in recent],
                waiting,
                rule=rule,
                not_before=pause,
                merges=lane.kind.merges,
            )
        if pause is not None and pause > now:
            return WaitUntil(pause)
        return SendNow(tuple(Batch((w.id,), w.message) for w in waiting))

    async def _send(self, lane: Lane, held: Held, batch: Batch[int], rows: Sequence[Row]) -> bool:
        """Send one message and store what became of its rows; False when the lane has to rest."""
        connection = next(c for c in lane.connections if c.number == rows[0]["connector_id"])
        try:
            receipt = await self._call(connection, batch.message, rows[0]["key"])
        except (
            asyncio.CancelledError
        ):  # the worker has to stop; the receiver may have counted it all the same
            await settlement.note_attempt(self.system.db, lane.name, rows)
            raise
        except Exception as error:
            return await self._refused(lane, held, rows, error)
        await settlement.sent(self.system, lane.name, connection, rows, receipt)
        return True

    async def _call(self, connection: Connection, message: OutgoingMessage, key: str) -> Receipt:
        return await self.connectors.send(connection.kind, connection.settings, message, idempotency_key=key)

    async def _refused(self, lane: Lane, held: Held, rows: Sequence[Row], error: Exception) -> bool:
        if not isinstance(error, HuobiaoError):
            log.exception("sending failed", lane=lane.name)
            error = OutsideFailed(retryable=True, code="unexpected")
        if is_passing(error):
            await settlement.try_again(self.system, lane.name, rows, error)
            return False
        if len(rows) > 1 and error.error_code != "wecom_robot_gone":
            # one of the merged messages may be at fault: let each speak for itself
            await settlement.note_attempt(self.system.db, lane.name, rows, error=error)
            for row in rows:
                alone = Batch((row["id"],), _message(row))
                if not self._may(held) or not await self._send(lane, held, alone, [row]):
                    return False
            return True
        await settlement.give_up(self.system, lane.name, rows, error)
        return True


def _message(row: Row) -> Any:
    """The message of a row. Of a paced lane it is one for robots, as merging needs; ``Any`` spares saying so twice."""
    return from_row(msgspec.json.decode(row["payload"]))
