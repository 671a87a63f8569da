"""What a person can do about a run that has failed: try again, pass over the step, or say it is taken care of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations import runs
from runtime.automations.course import paths
from runtime.automations.engine import announce
from runtime.automations.notes import dump
from runtime.catalog import Catalog
from runtime.definitions.automations import AutomationDef, Branch
from runtime.errors import NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.i18n import N_, Message
from runtime.records.store import stamp
from runtime.storage.database import Row, Tx
from runtime.system import System

AT_ONCE = 1000


async def retry(system: System, actor: Actor, public_id: str, *, newest: bool = False) -> None:
    """Try again from the failed step on; what is done stays done.

    By the version it began with, or (``newest``) by the automation as it is now. A resting run is woken. Raises NotFound,
    NotAllowed, and RuleBroken when the run has not failed.
    """
    async with system.db.transaction() as tx:
        catalog, row = await _open(system, tx, actor, public_id)
        if row["status"] == "waiting":
            await runs.wake(tx, row["id"])
        else:
            _require_failed(row)
            await runs.try_again(tx, row["id"], *(await _newest(tx, catalog, row) if newest else ()))
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    await announce(system, catalog, runs.decode(row))


Remedy = Literal["retry", "retry_newest", "skip", "handled"]


class Remedied(msgspec.Struct, frozen=True):
    """What became of several runs: how many were changed, and how many somebody else had seen to already."""

    done: int
    passed: int


async def many(
    system: System,
    actor: Actor,
    app_id: str,
    remedy: Remedy,
    *,
    chosen: Sequence[str] | None = None,
    automation: str | None = None,
) -> Remedied:
    """One remedy for several failed runs of an app: those ``chosen``, or all (of an automation), at most :data:`AT_ONCE`.

    Raises NotFound, NotAllowed. Runs that are not failed any more, or have no failed step to skip, are passed over.
    """
    catalog = await system.catalogs.current()
    app = catalog.app(app_id)
    require(actor, Operation.EDIT_RECORDS, app.id)
    number = catalog.automation(automation).number if automation is not None else None
    rows = await system.db.fetch(
        "SELECT public_id FROM meta.run WHERE app_id = $1 AND status = 'failed'"
        " AND ($2::integer IS NULL OR automation_id = $2) AND ($3::text[] IS NULL OR public_id = ANY($3))"
        " ORDER BY id LIMIT $4",
        app.number,
        number,
        list(chosen) if chosen is not None else None,
        AT_ONCE,
    )
    done = 0
    for row in rows:
        try:
            await _remedy(system, actor, row["public_id"], remedy)
        except RuleBroken:  # somebody was quicker
            continue
        done += 1
    return Remedied(done, (len(chosen) if chosen is not None else len(rows)) - done)


async def _remedy(system: System, actor: Actor, run: str, remedy: Remedy) -> None:
    if remedy == "skip":
        await skip(system, actor, run)
    elif remedy == "handled":
        await mark_handled(system, actor, run)
    else:
        await retry(system, actor, run, newest=remedy == "retry_newest")


async def retry_all(system: System, actor: Actor, automation_id: str, *, newest: bool = False) -> int:
    """:func:`retry` for every failed run of an automation, at most :data:`AT_ONCE`; returns how many."""
    app = (await system.catalogs.current()).automation(automation_id).app_id
    remedy: Remedy = "retry_newest" if newest else "retry"
    return (await many(system, actor, app, remedy, automation=automation_id)).done


async def skip(system: System, actor: Actor, public_id: str) -> None:
    """Pass over the failed step and go on behind it. Raises like :func:`retry`, and RuleBroken when no step failed."""
    async with system.db.transaction() as tx:
        catalog, row = await _open(system, tx, actor, public_id)
        _require_failed(row)
        skipped = await tx.fetch(
            "UPDATE meta.run_step SET status = 'skipped', error = NULL WHERE run_id = $1 AND status = 'failed'"
            " RETURNING path",
            row["id"],
        )
        if not skipped:
            raise RuleBroken(N_("这次运行没有失败的步骤可以跳过"), code="nothing_to_skip")
        await tx.execute("DELETE FROM meta.delivery WHERE run_id = $1 AND status = 'failed'", row["id"])
        await runs.queue_again(tx, row["id"])
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
        if row["parent_id"] is not None:
            await runs.wake(tx, row["parent_id"], "run")
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


async def _newest(tx: Tx, catalog: Catalog, row: Row) -> tuple[str, int | None] | tuple[()]:
    """The automation as it is now, and its version; nothing when it was deleted."""
    automation = next(
        (a for app in catalog.apps for a in app.automations if a.number == row["automation_id"]), None
    )
    if automation is None:
        return ()
    if not automation.definition.enabled:  # one that is switched off may be anything
        raise RuleBroken(N_("这个自动化已停用,先启用再用新版本重试"), code="automation_off")
    await _way_is_there(tx, row, automation.definition)
    version = await tx.value(
        "SELECT max(number) FROM meta.automation_version WHERE automation_id = $1 AND definition_version <= $2",
        automation.number,
        automation.version,
    )
    return dump(automation.definition), version


async def _way_is_there(tx: Tx, row: Row, definition: AutomationDef) -> None:
    """A run that has stopped in an arm of a branch can only go on in that arm.

    Raises RuleBroken when the branch is still there but the arm is gone: what was to follow would be left out in silence.
    """
    branches = {step.id: step.config for _, step in paths(definition) if isinstance(step.config, Branch)}
    stopped = await tx.fetch(
        "SELECT path FROM meta.run_step WHERE run_id = $1 AND status IN ('failed', 'waiting') ORDER BY id",
        row["id"],
    )
    old = msgspec.json.decode(row["definition"], type=AutomationDef)
    names = {
        (step.id, arm.id): (step.name, arm.name)
        for _, step in paths(old)
        if isinstance(step.config, Branch)
        for arm in step.config.arms
    }
    for found in stopped:
        parts = found["path"].split("/")
        for step, part in pairwise(parts):
            branch = branches.get(step)
            if branch is None or any(arm.id == part for arm in branch.arms):
                continue
            named = names.get((step, part), ("", ""))
            raise RuleBroken(
                N_(
                    "这次运行停在分支「{branch}」的「{arm}」这一路里,新版里已经没有这一路了。"
                    "按开始时的版本重试,或手工办好以后标为已处理"
                ),
                code="arm_gone",
                branch=named[0] or Message(N_("按条件分支")),
                arm=named[1] or Message(N_("没有名称")),
            )
