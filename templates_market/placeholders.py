"""Connectors a template asks for: made without their secrets, to be completed in the app's settings."""

from __future__ import annotations

from runtime.catalog import App
from runtime.ids import new_id
from runtime.system import System

INCOMPLETE = "incomplete"


async def connector(system: System, app: App, *, kind: str, name: str) -> str:
    """A connector of ``kind`` that still lacks its address; returns its public id."""
    public_id = new_id("con")
    async with system.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO meta.connector (public_id, app_id, kind, name, config, secrets, status)"
            " VALUES ($1, $2, $3, $4, '{}'::jsonb, $5, $6)",
            public_id,
            app.number,
            kind,
            name,
            system.box.encrypt("{}"),
            INCOMPLETE,
        )
    return public_id
