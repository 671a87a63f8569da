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
