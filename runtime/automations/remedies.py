"""What a person can do about a run that has failed: try again, pass over the step, or say it is taken care of."""

from __future__ import annotations

from runtime.access import Actor, Operation, require
from runtime.automations import runs
from runtime.automations.engine import announce
from runtime.automations.notes import dump
from runtime.catalog import Catalog
from runtime.errors import NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.i18n import N_
from runtime.records.store import stamp
from runtime.storage.database import Row, Tx
from runtime.system import System

AT_ONCE = 1000


async def retry(system: System, actor: Actor, public_id: str) -> None:
    """Try again from the failed step on, by the automation as it is now; what is done stays done.

    A resting run is woken. Raises NotFound, NotAllowed, and RuleBroken when the run has not failed.
    """
    async with system.db.transaction() as tx:
        catalog, row = await _open(system, tx, actor, public_id)
        if row["status"] == "waiting":
            await tx.execute("UPDATE meta.run SET wake_at = now() WHERE id = $1", row["id"])
        else:
            _require_failed(row)
            await _forget_failures(tx, row["id"], "waiting")
            await _queue_again(tx, catalog, row)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    await announce(system, catalog, runs.decode(row))


async def retry_all(system: System, actor: Actor, automation_id: str) -> int:
    """:func:`retry` for every failed run of an automation, at most :data:`AT_ONCE`; returns how many."""
    catalog = await system.catalogs.current()
    automation = catalog.automation(automation_id)
    require(actor, Operation.EDIT_RECORDS, automation.app_id)
    rows = await system.db.fetch(
        "SELECT public_id FROM meta.run WHERE automation_id = $1 AND status = 'failed' ORDER BY id LIMIT $2",
        automation.number,
        AT_ONCE,
    )
    done = 0
    for row in rows:
        try:
            await retry(system, actor, row["public_id"])
        except RuleBroken:  # somebody was quicker
            continue
        done += 1
    return done


async def skip(system: System, actor: Actor, public_id: str) -> None:
    """Pass over the failed step and go on behind it. Raises like :func:`retry`, and RuleBroken when no step failed."""
    async with system.db.transaction() as tx:
        catalog, row = await _open(system, tx, actor, public_id)
        _require_failed(row)
        if not await _forget_failures(tx, row["id"], "skipped"):
            raise RuleBroken(N_("这次运行没有失败的步骤可以跳过"), code="nothing_to_skip")
        await _queue_again(tx, catalog, row)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    await announce(system, catalog, runs.decode(row))


async def mark_handled(system: System, actor: Actor, public_id: str) -> None:
    """Note that a person has taken care of it; it no longer waits for anybody. Raises like :func:`retry`."""
    async with system.db.transaction() as tx:
        catalog, row = await _open(system, tx, actor, public_id)
        _require_failed(row)
        await tx.execute(
            "UPDATE meta.run SET status = 'handled', handled_at = now(), handled_by = $2 WHERE id = $1",
            row["id"],
            stamp(actor),
        )
    await announce(system, catalog, runs.decode(row))


async def _open(system: System, tx: Tx, actor: Actor, public_id: str) -> tuple[Catalog, Row]:
    """The locked run, for an actor who may edit records of its app."""
    catalog = await system.catalogs.current()
    row = await tx.row("SELECT * FROM meta.run WHERE public_id = $1 FOR UPDATE", public_id)
    app = next((app for app in catalog.apps if row is not None and app.number == row["app_id"]), None)
    if row is None or app is None:
        raise NotFound()
    require(actor, Operation.EDIT_RECORDS, app.id)
    return catalog, row


def _require_failed(row: Row) -> None:
    if row["status"] != "failed":
        raise RuleBroken(N_("这次运行现在不是失败状态,可能已有人处理,刷新看看"), code="run_not_failed")


async def _forget_failures(tx: Tx, number: int, status: str) -> list[str]:
    """Give failed steps ``status`` and drop the messages they gave up; paths of the steps."""
    rows = await tx.fetch(
        "UPDATE meta.run_step SET status = $2, attempts = 0, error = NULL WHERE run_id = $1 AND status = 'failed'"
        " RETURNING path",
        number,
        status,
    )
    await tx.execute("DELETE FROM meta.delivery WHERE run_id = $1 AND status = 'failed'", number)
    return [row["path"] for row in rows]


async def _queue_again(tx: Tx, catalog: Catalog, row: Row) -> None:
    automation = next(
        (a for app in catalog.apps for a in app.automations if a.number == row["automation_id"]), None
    )
    await tx.execute(
        "UPDATE meta.run SET status = 'queued', enqueued_at = NULL, error = NULL, finished_at = NULL, lost = 0,"
        " definition = coalesce($2::jsonb, definition) WHERE id = $1",
        row["id"],
        dump(automation.definition) if automation else None,
    )
