"""Pausing automations: one, an app's, or all of the installation. Nothing is lost meanwhile.

``pause``: nothing new begins; what a worker has begun goes on to its end or its next wait. ``drain``: what is queued is
still run. Either way the events of the time become runs that are ``held``, and begin when all that holds them is lifted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations.notes import dump, is_message, load_message
from runtime.catalog import Catalog
from runtime.errors import NotAllowed
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_, Message
from runtime.records.store import stamp
from runtime.storage.database import Database, Tx
from runtime.system import System

Scope = Literal["all", "app", "automation"]
Mode = Literal["pause", "drain"]

_HOLDS = (
    "(p.scope = 'all' OR (p.scope = 'app' AND p.number = r.app_id)"
    " OR (p.scope = 'automation' AND p.number = r.automation_id))"
)
UNPAUSED = f"NOT EXISTS (SELECT 1 FROM meta.automation_pause p WHERE p.mode = 'pause' AND {_HOLDS})"
"""SQL: run ``r`` may be handed out."""
_FREE = f"NOT EXISTS (SELECT 1 FROM meta.automation_pause p WHERE {_HOLDS})"
_LET_GO = f"UPDATE meta.run r SET status = 'queued', enqueued_at = NULL WHERE status = 'held' AND {_FREE}"


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A pause. ``by``: the name of who paused, empty when the engine did, for ``reason``. ``held``: runs that wait."""

    scope: Scope
    mode: Mode
    since: datetime
    by: str
    reason: Message | None
    held: int


async def pause(system: System, actor: Actor, scope: Scope, target: str | None, mode: Mode | None) -> None:
    """Pause, drain, or (``mode`` None) resume an automation or an app by id, or (``all``) the installation.

    Raises:
        NotFound, NotAllowed: no such automation or app; the actor may not build there, or does not own the installation.
    """
    catalog = await system.catalogs.current()
    number = _allowed(catalog, actor, scope, target)
    async with system.db.transaction() as tx:
        if mode is None:
            await tx.execute(
                "DELETE FROM meta.automation_pause WHERE scope = $1 AND number = $2", scope, number
            )
            await tx.execute(_LET_GO)
        else:
            await put(tx, scope, number, mode, stamp(actor))
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    for app in catalog.apps:
        for topic in (app.id, *(a.id for a in app.automations)):
            if scope == "all" or target in (app.id, topic):
                await system.live.publish(Notice(topic=topic, kind="run", by=actor.id))


async def let_go(db: Database) -> None:
    """Queue held runs that nothing holds: they were being stored, or another pause was being lifted, while theirs was."""
    await db.execute(_LET_GO)


def _allowed(catalog: Catalog, actor: Actor, scope: Scope, target: str | None) -> int:
    if scope == "all":
        if actor.everywhere != "owner":
            raise NotAllowed(N_("暂停整个系统的自动化要系统所有者来做"))
        return 0
    if scope == "app":
        app = catalog.app(target or "")
        require(actor, Operation.BUILD, app.id)
        return app.number
    automation = catalog.automation(target or "")
    require(actor, Operation.BUILD, automation.app_id)
    return automation.number


async def put(tx: Tx, scope: Scope, number: int, mode: Mode, by: str, reason: Message | None = None) -> None:
    """Store a pause, over an earlier one."""
    await tx.execute(
        "INSERT INTO meta.automation_pause (scope, number, mode, by, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (scope, number) DO UPDATE SET mode = excluded.mode, since = now(), by = excluded.by,"
        " reason = excluded.reason",
        scope,
        number,
        mode,
        by,
        dump(reason) if reason else None,
    )


async def of_app(db: Database, app: int, automations: Collection[int]) -> dict[tuple[Scope, int], Pause]:
    """The pauses that concern an app (by number): its own, those of its ``automations``, the installation's."""
    rows = await db.fetch(
        "SELECT p.*, (SELECT count(*) FROM meta.run r WHERE r.status = 'held' AND r.app_id = $1"
        "  AND (p.scope <> 'automation' OR r.automation_id = p.number)) AS held FROM meta.automation_pause p"
        " WHERE p.scope = 'all' OR (p.scope = 'app' AND p.number = $1)"
        " OR (p.scope = 'automation' AND p.number = ANY($2::integer[]))",
        app,
        list(automations),
    )
    return {
        (row["scope"], row["number"]): Pause(
            scope=row["scope"],
            mode=row["mode"],
            since=row["since"],
            by=row["by"].partition("|")[2],
            reason=_reason(row["reason"]),
            held=row["held"],
        )
        for row in rows
    }


def _reason(text: str | None) -> Message | None:
    raw: Any = msgspec.json.decode(text) if text else None
    return load_message(raw) if is_message(raw) else None
