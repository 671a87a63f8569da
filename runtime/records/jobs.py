"""Long pieces of work with progress: rows of ``meta.job``, carried out by the worker.

A job is ``draft`` (being prepared by a person), ``queued``, ``running``, ``done``, ``cancelled`` or ``failed``. Progress is
told on the live channel under the job's own id; the row is the truth.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec

from runtime.access import Actor
from runtime.errors import NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_, Message
from runtime.ids import new_id
from runtime.storage.database import Tx
from runtime.system import System

Status = Literal["draft", "queued", "running", "done", "cancelled", "failed"]
OPEN = ("draft", "queued", "running")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. ``total`` is None while unknown; ``config`` belongs to its kind."""

    id: str
    number: int
    kind: str
    app: int | None
    table: int | None
    person: int
    status: Status
    total: int | None
    done: int
    created: int
    failed: int
    config: dict[str, Any]
    message: Message | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def _job(row: Any) -> Job:
    return Job(
        id=row["public_id"],
        number=row["id"],
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
        message=msgspec.json.decode(row["message"], type=Message) if row["message"] else None,
        cancel_requested=row["cancel_requested"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


async def create(
    system: System,
    actor: Actor,
    kind: str,
    config: dict[str, Any],
    *,
    app: int | None = None,
    table: int | None = None,
) -> Job:
    """A new draft."""
    row = await system.db.row(
        "INSERT INTO meta.job (public_id, kind, app_id, table_id, person_id, status, config)"
        " VALUES ($1, $2, $3, $4, $5, 'draft', $6::jsonb) RETURNING *",
        new_id("job"),
        kind,
        app,
        table,
        actor.person or 0,
        msgspec.json.encode(config).decode(),
    )
    return _job(row)


async def get(system: System, public_id: str) -> Job:
    """A job by id. Raises NotFound."""
    row = await system.db.row("SELECT * FROM meta.job WHERE public_id = $1", public_id)
    if row is None:
        raise NotFound()
    return _job(row)


async def mine(system: System, actor: Actor, public_id: str) -> Job:
    """A job that belongs to the actor. Raises NotFound for anybody else's."""
    job = await get(system, public_id)
    if job.person != actor.person and actor.everywhere != "owner":
        raise NotFound()
    return job


async def enqueue(
    system: System, tx: Tx, job: Job, config: dict[str, Any], *, table: int | None, total: int | None
) -> Job:
    """Hand a draft to the worker. Raises RuleBroken when it was handed over before."""
    row = await tx.row(
        "UPDATE meta.job SET status = 'queued', config = $2::jsonb, table_id = $3, total = $4"
        " WHERE id = $1 AND status = 'draft' RETURNING *",
        job.number,
        msgspec.json.encode(config).decode(),
        table,
        total,
    )
    if row is None:
        raise RuleBroken(N_("这项任务已经开始了"), code="job_started")
    tx.after_commit.append(partial(system.live.wake, WAKE_RELAY))
    tx.after_commit.append(partial(system.live.publish, Notice(topic=job.id, kind="job")))
    return _job(row)


async def advance(
    system: System, tx: Tx, job: Job, *, done: int, created: int, failed: int, total: int
) -> bool:
    """Add to a running job's counts, in the transaction of the work itself. Returns whether cancelling was asked for."""
    cancel = await tx.value(
        "UPDATE meta.job SET done = done + $2, created = created + $3, failed = failed + $4,"
        " total = greatest($5, done + $2) WHERE id = $1 RETURNING cancel_requested",
        job.number,
        done,
        created,
        failed,
        total,
    )
    tx.after_commit.append(partial(system.live.publish, Notice(topic=job.id, kind="job")))
    return bool(cancel)


async def finish(system: System, job: Job, status: Status, message: Message | None = None) -> None:
    """Say how a job ended."""
    await system.db.execute(
        "UPDATE meta.job SET status = $2, message = $3::jsonb, finished_at = now(), lease_owner = NULL,"
        " lease_until = NULL, total = CASE WHEN $2 = 'done' THEN done ELSE total END WHERE id = $1",
        job.number,
        status,
        msgspec.json.encode(message).decode() if message else None,
    )
    await system.live.publish(Notice(topic=job.id, kind="job"))


async def cancel(system: System, job: Job) -> None:
    """Ask a job to stop; what is stored by then stays and is counted."""
    await system.db.execute(
        "UPDATE meta.job SET cancel_requested = true,"
        " status = CASE WHEN status IN ('draft', 'queued') THEN 'cancelled' ELSE status END,"
        " finished_at = CASE WHEN status IN ('draft', 'queued') THEN now() ELSE finished_at END"
        " WHERE id = $1 AND status IN ('draft', 'queued', 'running')",
        job.number,
    )
    await system.live.publish(Notice(topic=job.id, kind="job"))
