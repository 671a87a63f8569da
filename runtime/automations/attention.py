"""Runs that failed and nobody has looked after yet."""

from __future__ import annotations

from runtime.catalog import App
from runtime.storage.database import Database


async def waiting_for_people(db: Database, app: App) -> dict[str, int]:
    """Number of such runs by automation id; automations without any are left out."""
    names = {automation.number: automation.id for automation in app.automations}
    if not names:
        return {}
    rows = await db.fetch(
        "SELECT automation_id, count(*) AS n FROM meta.run"
        " WHERE app_id = $1 AND status = 'failed' AND handled_at IS NULL GROUP BY automation_id",
        app.number,
    )
    return {names[row["automation_id"]]: row["n"] for row in rows if row["automation_id"] in names}


async def run_counts(db: Database, automation: int, limit: int = 1000) -> tuple[int, int]:
    """How many runs an automation (by number) has had, counted up to ``limit``, and how many wait for people."""
    row = await db.row(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM meta.run WHERE automation_id = $1 LIMIT $2) r) AS runs,"
        " (SELECT count(*) FROM meta.run WHERE automation_id = $1 AND status = 'failed' AND handled_at IS NULL) AS failed",
        automation,
        limit,
    )
    return (0, 0) if row is None else (int(row["runs"]), int(row["failed"]))
