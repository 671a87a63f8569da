"""The sweeper: finds runs and jobs whose message was lost, whose worker died, or whose time has come. In the scheduler."""

from __future__ import annotations

from typing import Literal

from runtime.automations.pauses import UNPAUSED
from runtime.storage.database import Database

LIMIT = 500
_LOST_AFTER_SECONDS = 2.0
_ASK_AGAIN_SECONDS = 10.0


async def unsent(db: Database, limit: int) -> list[str]:
    """Public ids of at most ``limit`` runs that no message was sent for yet, noted as sent now; none of paused automations.

    Every app that has some gets the same share, its oldest first, so that one app's flood leaves room for the others.
    """
    if limit <= 0:
        return []
    waiting = "r.status = 'queued' AND r.enqueued_at IS NULL"
    rows = await db.fetch(
        "WITH RECURSIVE apps AS ("
        f"(SELECT r.app_id FROM meta.run r WHERE {waiting} ORDER BY r.app_id LIMIT 1) UNION ALL"
        f" SELECT (SELECT r.app_id FROM meta.run r WHERE {waiting} AND r.app_id > a.app_id ORDER BY r.app_id LIMIT 1)"
        " FROM apps a WHERE a.app_id IS NOT NULL)"
        " UPDATE meta.run SET enqueued_at = now() WHERE id = ANY(ARRAY("
        f"SELECT x.id FROM apps, LATERAL (SELECT r.id FROM meta.run r WHERE {waiting} AND r.app_id = apps.app_id"
        f" AND {UNPAUSED} ORDER BY r.id"
        " LIMIT (SELECT greatest(1, $1 / greatest(1, count(app_id)::integer)) FROM apps) FOR UPDATE OF r SKIP LOCKED) x"
        ")) RETURNING id, public_id",
        limit,
    )
    return [row["public_id"] for row in sorted(rows, key=lambda row: int(row["id"]))]


async def due(db: Database, table: Literal["run", "job"], on_the_way: int) -> list[str]:
    """Public ids that have to be sent to the workers (again), noted as sent now.

    - jobs never sent: made by the web process, put back by a worker or a person (runs: :func:`unsent`);
    - sent, but fewer messages are ``on_the_way`` than rows wait for one or are being worked at: a Redis that was lost or
      emptied, or lost one. As many are sent as there are messages missing, those first that have waited longest;
    - resting, and the rest is over;
    - running, and the lease has run out: the worker is gone.

    A row that is sent twice does no harm: it can be claimed once only.
    """
    run = table == "run"
    resting = f"OR (status = 'waiting' AND wake_at <= now() AND {UNPAUSED})" if run else ""
    never = "" if run else "OR (status = 'queued' AND enqueued_at IS NULL)"
    rows = await db.fetch(
        "WITH sent AS (SELECT"
        f" (SELECT count(*) FROM meta.{table} WHERE status = 'queued' AND enqueued_at IS NOT NULL)"
        f" + (SELECT count(*) FROM meta.{table} WHERE status = 'running' AND lease_until >= now()) AS n),"
        f" lost AS (SELECT id FROM meta.{table} WHERE status = 'queued' AND enqueued_at < now() - make_interval(secs => $1)"
        "   ORDER BY enqueued_at, id LIMIT (SELECT greatest(0, n - $2) FROM sent))"
        f" UPDATE meta.{table} SET enqueued_at = now() WHERE id = ANY(ARRAY("
        f"SELECT id FROM meta.{table} r WHERE id IN (SELECT id FROM lost) {never}"
        f" OR ((false {resting} OR (status = 'running' AND lease_until < now()))"
        "   AND (enqueued_at IS NULL OR enqueued_at < now() - make_interval(secs => $3)"
        f"     {'OR enqueued_at < wake_at' if run else ''}))"
        " ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)) RETURNING id, public_id",
        _LOST_AFTER_SECONDS,
        on_the_way,
        _ASK_AGAIN_SECONDS,
        LIMIT,
    )
    return [row["public_id"] for row in sorted(rows, key=lambda row: int(row["id"]))]
