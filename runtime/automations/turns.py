"""Runs of one automation for one record go one after the other, in the order of what set them off.

Else an older run could write down what it found out after a newer one has written what is true now: "short" over
"reserved". Who rests on purpose (until a time, a condition, an answer, another run) lets the others pass meanwhile; who
waits to try a failed step again does not.
"""

from __future__ import annotations

from runtime.storage.database import Database, Tx

LOOK_AGAIN_SECONDS = 1.0
"""How long a run waits at most after the one before it has come to rest; the end of that one calls it at once."""

ITS_TURN = (
    "NOT EXISTS (SELECT 1 FROM meta.run o WHERE o.automation_id = r.automation_id AND o.record_id = r.record_id"
    " AND o.table_id = r.table_id AND o.id <> r.id AND o.status IN ('queued', 'running', 'waiting')"
    " AND (o.status = 'running' OR (o.id < r.id AND (o.status = 'queued' OR o.waits IN ('retry', 'turn')))))"
)
"""SQL: no other run is in the way of run ``r``."""

NEXT = (
    "(SELECT min(n.id) FROM meta.run n WHERE n.waits = 'turn' AND n.automation_id = r.automation_id"
    " AND n.record_id = r.record_id AND n.table_id = r.table_id)"
)
"""SQL: the run that waits for run ``r`` to be over, if there is one."""


async def wait(db: Database, public_id: str) -> bool:
    """Let a run that could not be taken wait for its turn; False when it is not that which is in its way."""
    found = await db.value(
        "UPDATE meta.run r SET status = 'waiting', waits = 'turn', wake_at = now() + make_interval(secs => $2)"
        " WHERE public_id = $1 AND (status = 'queued' OR (status = 'waiting' AND waits = 'turn' AND wake_at <= now()))"
        f" AND NOT {ITS_TURN} RETURNING 1",
        public_id,
        LOOK_AGAIN_SECONDS,
    )
    return found is not None


async def call(tx: Tx, number: int) -> None:
    """It is the turn of a run that waited for it; the scheduler hands it out."""
    await tx.execute(
        "UPDATE meta.run SET status = 'queued', waits = NULL, wake_at = NULL, enqueued_at = NULL"
        " WHERE id = $1 AND status = 'waiting' AND waits = 'turn'",
        number,
    )
