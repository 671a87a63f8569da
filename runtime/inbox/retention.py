"""How long notices are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runtime.system import System

KEEP_READ = timedelta(days=30)
KEEP_UNREAD = timedelta(days=180)
MOST_PER_PERSON = 5000
"""More than this nobody reads; the oldest go first, so that an automation gone wild fills no disk."""


async def forget_old_notices(system: System, now: datetime | None = None) -> None:
    """Delete what was read 30 days ago, what nobody has read for 180, and what is too much for one person.

    The scheduler does this every hour. A notice's key goes with it.
    """
    now = now or datetime.now(UTC)
    await system.db.execute(
        "DELETE FROM meta.notice WHERE (read_at < $1 AND created_at < $1) OR created_at < $2",
        now - KEEP_READ,
        now - KEEP_UNREAD,
    )
    crowded = await system.db.fetch(
        "SELECT person_id FROM meta.notice GROUP BY person_id HAVING count(*) > $1", MOST_PER_PERSON
    )
    for row in crowded:
        await system.db.execute(
            "DELETE FROM meta.notice WHERE person_id = $1 AND id <="
            " (SELECT id FROM meta.notice WHERE person_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)",
            row["person_id"],
            MOST_PER_PERSON,
        )
