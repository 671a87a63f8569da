"""Jobs: long pieces of work with progress that a person can watch and cancel (imports, exports, installations).

Whoever wants one stores it with :func:`submit`; a worker claims it, runs the function registered for its kind and
keeps the lease. A job whose worker dies is started again, so its function must be able to go on where it was: it reads
``job.done`` and commits its progress together with its effects (:meth:`Running.progress_in`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec
import structlog

from runtime.access import Actor
from runtime.automations.notes import Failure, dump
from runtime.errors import HuobiaoError
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import Message
from runtime.ids import new_id
from runtime.storage.database import Tx
from runtime.storage.leases import LEASE_SECONDS, Lease, LeaseLost, new_owner
from runtime.system import System

log = structlog.get_logger(__name__)

JobStatus = Literal["queued", "running", "finished", "failed", "cancelled"]
AT_ONCE = 2
"""How many jobs a worker process runs at the same time."""
MAX_LOST = 3
_TELL_SECONDS = 0.3


class Cancelled(Exception):
    """The person who watches the job has cancelled it; what was committed stays."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as stored. ``config`` is what its kind needs; ``message`` is how it ended, or where it stands."""

    number: int
    id: str
    kind: str
    app: int | None
    table: int | None
    person: int
    status: JobStatus
    total: int | None
    done: int
    created: int
    failed: int
    config: Any
    cancel_requested: bool
    lost: int = 0


class Running:
    """A job being run: progress, cancellation, and the fence for its transactions."""

    def __init__(self, system: System, job: Job, lease: Lease) -> None:
        self.system, self.job, self.lease = system, job, lease
        self._told_at = 0.0

    async def progress_in(
        self,
        tx: Tx,
        *,
        done: int,
        total: int | None = None,
        created: int | None = None,
        failed: int | None = None,
    ) -> None:
        """Store progress in the transaction of the work it counts. None leaves a figure as it is.

        Raises:
            LeaseLost: another worker has the job; the transaction must not commit.
            Cancelled: the job is to stop; the transaction must not commit.
        """
        await self.lease.confirm(tx)
        row = await tx.row(
            "UPDATE meta.job SET done = $2, total = coalesce($3, total), created = coalesce($4, created),"
            " failed = coalesce($5, failed) WHERE id = $1 RETURNING cancel_requested",
            self.job.number,
            done,
            total,
            created,
            failed,
        )
        if row is None or row["cancel_requested"]:
            raise Cancelled
        tx.after_commit.append(self.tell)

    async def progress(self, **figures: Any) -> None:
        """The same in a transaction of its own."""
        async with self.system.db.transaction() as tx:
            await self.progress_in(tx, **figures)

    async def tell(self, *, at_once: bool = False) -> None:
        """Let whoever watches ask for the figures again, a few times a second at most."""
        now = asyncio.get_running_loop().time()
        if at_once or now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            await self.system.live.publish(Notice(topic=self.job.id, kind="job"))


JobFunction = Callable[[System, Running], Awaitable[Message | None]]
"""Does the job; returns the sentence it ends with. Raises HuobiaoError when it cannot, Cancelled when told to stop."""

JobKinds = Mapping[str, JobFunction]


async def submit(
    system: System,
    actor: Actor,
    kind: str,
    config: Any,
    *,
    app: int | None = None,
    table: int | None = None,
    total: int | None = None,
) -> str:
    """Store a job and have it started; returns its public id. ``config`` must be plain JSON values or Structs."""
    public_id = new_id("job")
    async with system.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO meta.job (public_id, kind, app_id, table_id, person_id, status, total, config)"
            " VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)",
            public_id,
            kind,
            app,
            table,
            actor.person or 0,
            total,
            dump(config),
        )
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    return public_id


async def run_job(
    system: System,
    kinds: JobKinds,
    public_id: str,
    process: str = "",
    stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Run a job to its end; False when it was not there to be taken."""
    owner = new_owner(process)
    row = await system.db.row(
        "UPDATE meta.job SET status = 'running', lease_owner = $2, lease_until = now() + make_interval(secs => $3),"
        " started_at = coalesce(started_at, now()), lost = lost + CASE WHEN status = 'running' THEN 1 ELSE 0 END"
        " WHERE public_id = $1 AND (status = 'queued' OR (status = 'running' AND lease_until < now())) RETURNING *",
        public_id,
        owner,
        LEASE_SECONDS,
    )
    if row is None:
        return False
    job = decode(row)
    running = Running(system, job, Lease(system.db, "job", job.number, owner))
    try:
        async with running.lease.renewed():
            status, message = await _outcome(kinds, running)
            await _end(running, status, message)
    except LeaseLost:
        log.info("job is in other hands", job=job.id)
    except asyncio.CancelledError:
        if stopping():  # it goes on with the next worker
            await system.db.execute(
                "UPDATE meta.job SET status = 'queued', enqueued_at = NULL, lease_owner = NULL, lease_until = NULL"
                " WHERE id = $1 AND lease_owner = $2",
                job.number,
                owner,
            )
        raise
    await running.tell(at_once=True)
    return True


async def _outcome(kinds: JobKinds, running: Running) -> tuple[JobStatus, Message | None]:
    job = running.job
    if job.cancel_requested:
        return "cancelled", None
    if job.lost >= MAX_LOST:
        return "failed", Failure.of(RuntimeError("worker lost")).message
    try:
        return "finished", await kinds[job.kind](running.system, running)
    except Cancelled:
        return "cancelled", None
    except HuobiaoError as error:
        return "failed", error.message
    except LeaseLost:
        raise
    except Exception as error:
        log.exception("job failed", job=job.id, kind=job.kind)
        return "failed", Failure.of(error).message


async def _end(running: Running, status: JobStatus, message: Message | None) -> None:
    async with running.system.db.transaction() as tx:
        await running.lease.confirm(tx)
        await tx.execute(
            "UPDATE meta.job SET status = $2, message = coalesce($3, message), finished_at = now(), lease_owner = NULL,"
            " lease_until = NULL WHERE id = $1",
            running.job.number,
            status,
            dump(message) if message else None,
        )


async def cancel(system: System, public_id: str) -> bool:
    """Ask a job to stop; False when it is over. One that has not begun is over at once."""
    found = await system.db.value(
        "UPDATE meta.job SET cancel_requested = true,"
        " status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,"
        " finished_at = CASE WHEN status = 'queued' THEN now() END"
        " WHERE public_id = $1 AND status IN ('queued', 'running') RETURNING true",
        public_id,
    )
    if found:
        await system.live.publish(Notice(topic=public_id, kind="job"))
    return bool(found)


def decode(row: Any) -> Job:
    """A row of ``meta.job``."""
    return Job(
        number=row["id"],
        id=row["public_id"],
        kind=row["kind"],
        app=row["app_id"],
        table=row["table_id"],
        person=row["person_id"],
        status=row["status"],
        total=row["total"],
        done=row["done"],
        created=row["created"],
        failed=row["failed"],
        config=msgspec.json.decode(row["config"]),
        cancel_requested=row["cancel_requested"],
        lost=row["lost"],
    )
