"""How long runs are kept: what has ended long ago is forgotten, what waits for a person never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runtime.system import System

_BATCH = 1000


async def forget_old_runs(system: System, now: datetime | None = None) -> int:
    """Delete finished and handled runs that ended more than ``HUOBIAO_KEEP_RUNS_DAYS`` days ago; returns how many.

    Their steps go with them, and so do the messages that belong to them. Failed runs stay until somebody has handled
    them. What the runs did to records stays in the records' history. The scheduler does this every hour.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=system.settings.keep_runs_days)
    gone = 0
    while True:
        async with system.db.transaction() as tx:
            rows = await tx.fetch(
                "DELETE FROM meta.run WHERE id = ANY(ARRAY(SELECT r.id FROM meta.run r"
                " WHERE r.status IN ('finished', 'handled') AND coalesce(r.handled_at, r.finished_at) < $1"
                " AND NOT EXISTS (SELECT 1 FROM meta.delivery d WHERE d.run_id = r.id AND d.status = 'waiting')"
                " ORDER BY r.id LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id",
                before,
                _BATCH,
            )
            await tx.execute(
                "DELETE FROM meta.delivery WHERE run_id = ANY($1::bigint[])", [row["id"] for row in rows]
            )
        gone += len(rows)
        if len(rows) < _BATCH:
            return gone
