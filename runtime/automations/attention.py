"""Runs that failed and nobody has looked after yet."""

from __future__ import annotations

from runtime.catalog import App
from runtime.storage.database import Database

DELETED = ""
"""What stands for all deleted automations, whose runs still wait for somebody."""


async def waiting_for_people(db: Database, app: App) -> dict[str, int]:
    """Number of such runs by automation id, those of deleted automations under :data:`DELETED`; what has none is left out.

    Together they are the runs that the app's list shows as failed.
    """
    names = {automation.number: automation.id for automation in app.automations}
    rows = await db.fetch(
        "SELECT automation_id, count(*) AS n FROM meta.run"
        " WHERE app_id = $1 AND status = 'failed' GROUP BY automation_id",
        app.number,
    )
    found: dict[str, int] = {}
    for row in rows:
        key = names.get(row["automation_id"], DELETED)
        found[key] = found.get(key, 0) + int(row["n"])
    return found


async def run_counts(db: Database, automation: int, limit: int = 1000) -> tuple[int, int]:
    """How many runs an automation (by number) has had, counted up to ``limit``, and how many wait for people."""
    row = await db.row(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM meta.run WHERE automation_id = $1 LIMIT $2) r) AS runs,"
        " (SELECT count(*) FROM meta.run WHERE automation_id = $1 AND status = 'failed') AS failed",
        automation,
        limit,
    )
    return (0, 0) if row is None else (int(row["runs"]), int(row["failed"]))
