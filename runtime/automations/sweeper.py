"""The sweeper: finds runs and jobs whose message was lost, whose worker died, or whose time has come. In the scheduler."""

from __future__ import annotations

from typing import Literal

from runtime.storage.database import Database

LIMIT = 500
_LOST_AFTER_SECONDS = 2.0
_ASK_AGAIN_SECONDS = 10.0


async def due(db: Database, table: Literal["run", "job"], on_the_way: int) -> list[str]:
    """Public ids that have to be sent to the workers (again), noted as sent now.

    - never sent: made by the web process, put back by a worker or a person;
    - sent, but fewer messages are ``on_the_way`` than rows wait for one: a Redis that was lost or emptied;
    - resting, and the rest is over;
    - running, and the lease has run out: the worker is gone.

    A row that is sent twice does no harm: it can be claimed once only.
    """
    resting = "OR (status = 'waiting' AND wake_at <= now())" if table == "run" else ""
    rows = await db.fetch(
        f"UPDATE meta.{table} SET enqueued_at = now() WHERE id = ANY(ARRAY("
        f"SELECT id FROM meta.{table} WHERE (status = 'queued' AND (enqueued_at IS NULL"
        "   OR (enqueued_at < now() - make_interval(secs => $1)"
        f"      AND $2 < (SELECT count(*) FROM meta.{table} WHERE status = 'queued'))))"
        f" OR ((false {resting} OR (status = 'running' AND lease_until < now()))"
        "   AND (enqueued_at IS NULL OR enqueued_at < now() - make_interval(secs => $3)"
        f"     {'OR enqueued_at < wake_at' if table == 'run' else ''}))"
        " ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)) RETURNING id, public_id",
        _LOST_AFTER_SECONDS,
        on_the_way,
        _ASK_AGAIN_SECONDS,
        LIMIT,
    )
    return [row["public_id"] for row in sorted(rows, key=lambda row: int(row["id"]))]
