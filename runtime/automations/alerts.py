"""Telling an automation's owner what went wrong: whoever published it last, else the owners of its app."""

from __future__ import annotations

from runtime.automations.notes import load_failure
from runtime.catalog import App, Automation
from runtime.i18n import N_, Message
from runtime.inbox import post
from runtime.storage.database import Tx
from runtime.system import System

EVERY_SECONDS = 300.0
"""An owner hears at most this often of one automation's failures; what comes in between is counted."""


async def tell_due(system: System) -> int:
    """Post the notices that are due; returns how many automations they were about. The scheduler does this every second."""
    due = await system.db.fetch(
        "SELECT automation_id FROM meta.automation_pulse WHERE untold > 0"
        " AND (told_at IS NULL OR told_at < now() - make_interval(secs => $1)) ORDER BY automation_id LIMIT 100",
        EVERY_SECONDS,
    )
    if not due:
        return 0
    catalog = await system.catalogs.current()
    known = {a.number: (app, a) for app in catalog.apps for a in app.automations}
    for row in due:
        async with system.db.transaction() as tx:
            pulse = await tx.row(
                "SELECT untold, last_run FROM meta.automation_pulse WHERE automation_id = $1 AND untold > 0 FOR UPDATE",
                row["automation_id"],
            )
            if pulse is None:
                continue
            await tx.execute(
                "UPDATE meta.automation_pulse SET untold = 0, told_at = now() WHERE automation_id = $1",
                row["automation_id"],
            )
            if row["automation_id"] in known:
                await _tell_failed(
                    system, tx, *known[row["automation_id"]], pulse["untold"], pulse["last_run"]
                )
    return len(due)


async def _tell_failed(
    system: System, tx: Tx, app: App, automation: Automation, count: int, run: str
) -> None:
    row = await tx.row("SELECT error, finished_at FROM meta.run WHERE public_id = $1", run)
    failure = load_failure(row["error"]) if row is not None else None
    name = automation.definition.name
    many = count > 1
    # a run that a person has tried again may fail once more, which is another failure
    ended = row["finished_at"] if row is not None else None
    at = f"{ended.timestamp():.6f}" if ended is not None else ""
    await post(
        system,
        tx,
        app=app.number,
        people=await owners(tx, app, automation),
        title=Message(N_("自动化「{name}」有 {count} 次运行失败了"), {"name": name, "count": count})
        if many
        else Message(N_("自动化「{name}」有一次运行失败了"), {"name": name}),
        text=failure.sentences[0] if failure else "",
        url=f"/automations/{automation.id}/runs?status=failed" if many else f"/runs/{run}",
        key=f"failed:{run}:{count}:{at}",
    )


async def tell_paused(system: System, tx: Tx, automation: Automation, reason: Message) -> None:
    """The engine has paused an automation."""
    catalog = await system.catalogs.current()
    app = catalog.app(automation.app_id)
    at = await tx.value("SELECT extract(epoch FROM date_trunc('minute', now()))::bigint")
    await post(
        system,
        tx,
        app=app.number,
        people=await owners(tx, app, automation),
        title=Message(N_("自动化「{name}」已暂停"), {"name": automation.definition.name}),
        text=reason,
        url=f"/automations/{automation.id}",
        key=f"paused:{automation.id}:{at}",
    )


async def owners(tx: Tx, app: App, automation: Automation) -> list[int]:
    """Numbers of the people to be told."""
    person = await tx.value(
        "SELECT p.id FROM meta.automation_version v JOIN meta.person p ON p.id = v.person_id AND p.active"
        " WHERE v.automation_id = $1 AND (p.is_owner OR EXISTS"
        " (SELECT 1 FROM meta.membership m WHERE m.person_id = p.id AND m.app_id = $2)) ORDER BY v.number DESC LIMIT 1",
        automation.number,
        app.number,
    )
    if person is not None:
        return [int(person)]
    rows = await tx.fetch(
        "SELECT m.person_id FROM meta.membership m JOIN meta.person p ON p.id = m.person_id AND p.active"
        " WHERE m.app_id = $1 AND m.role = 'owner' ORDER BY m.person_id",
        app.number,
    )
    if not rows:
        rows = await tx.fetch(
            "SELECT id AS person_id FROM meta.person WHERE active AND is_owner ORDER BY id LIMIT 5"
        )
    return [int(row["person_id"]) for row in rows]
