"""Automations that people start by hand: for records they have chosen, or for nothing in particular."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec
from piccolo.querystring import QueryString

from runtime.access import Actor, Operation, allowed, require
from runtime.automations import runs
from runtime.automations.notes import Failure, load_failure
from runtime.automations.runs import NewRun, Trigger
from runtime.catalog import App, Automation, Catalog, Table
from runtime.definitions.triggers import Manual
from runtime.errors import InvalidInput, NotFound, RuleBroken, TooMuch
from runtime.events.live import WAKE_RELAY
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.storage.database import Tx
from runtime.storage.query import Compiler
from runtime.system import System

MOST_RECORDS = 1000
_SHOWN_FAILURES = 20


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that were started together. ``passed_over``: records that do not meet the automation's condition, or are gone."""

    batch: str
    runs: int
    passed_over: int


class FailedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a batch that failed."""

    run: str
    record: str | None
    failure: Failure | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a batch is. ``open``: waiting or under way; ``failures``: the first ones."""

    total: int
    open: int
    finished: int
    failed: int
    failures: tuple[FailedRun, ...]


def may_start(actor: Actor, automation: Automation) -> bool:
    """Whether an actor may start an automation by hand: it is made for that, switched on, and open to them."""
    trigger = automation.definition.trigger
    return (
        isinstance(trigger, Manual)
        and automation.definition.enabled
        and allowed(actor, _operation(trigger), automation.app_id)
    )


def _operation(trigger: Manual) -> Operation:
    return Operation.BUILD if trigger.who == "builder" else Operation.EDIT_RECORDS


def startable(catalog: Catalog, actor: Actor, table: Table) -> list[Automation]:
    """The automations that an actor may start for records of a table."""
    return [
        one
        for one in catalog.app_of(table).automations
        if may_start(actor, one) and getattr(one.definition.trigger, "table", None) == table.id
    ]


async def start(system: System, actor: Actor, automation_id: str, records: Sequence[str] | None) -> Started:
    """Start an automation for each of ``records``, or, one that has no table, once.

    Raises:
        NotFound, NotAllowed: no such automation, or not for this actor.
        RuleBroken: it is switched off, or not started by hand.
        InvalidInput: records are missing, of another table, or not wanted; TooMuch: more than 1000.
    """
    await system.catalogs.current()
    async with system.db.transaction() as tx:
        catalog, _ = await system.catalogs.locked_for_changes(tx, 1)
        automation = catalog.automation(automation_id)
        require(actor, Operation.LOOK, automation.app_id)
        trigger = automation.definition.trigger
        if not isinstance(trigger, Manual):
            raise RuleBroken(N_("这个自动化不是手动运行的"), code="not_manual")
        require(actor, _operation(trigger), automation.app_id)
        if not automation.definition.enabled:
            raise RuleBroken(
                N_("自动化「{automation}」已停用,启用后才能运行"), code="automation_off",
                automation=automation.definition.name,
            )  # fmt: skip
        app = catalog.app(automation.app_id)
        batch = secrets.token_hex(10)
        if trigger.table is None:
            if records:
                raise InvalidInput(N_("这个自动化不针对记录,不用选记录"), code="no_records_wanted")
            new = [_run(app, automation, actor, batch, None, None)]
            asked = 1
        else:
            asked = len(set(records or ()))
            table = catalog.table(trigger.table)
            rows = await _rows(tx, catalog, actor, table, trigger, records or ())
            new = [_run(app, automation, actor, batch, table, row) for row in rows]
        await runs.insert(tx, new, sent=False)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    return Started(batch=batch, runs=len(new), passed_over=asked - len(new))


async def _rows(
    tx: Tx, catalog: Catalog, actor: Actor, table: Table, trigger: Manual, records: Sequence[str]
) -> list[int]:
    """The records that the actor sees and that meet the condition, in the order given."""
    if not records:
        raise InvalidInput(N_("先选记录"), code="no_records")
    if len(records) > MOST_RECORDS:
        raise TooMuch(N_("一次最多选 {max} 条记录,这次有 {count} 条"), max=MOST_RECORDS, count=len(records))
    wanted = []
    for public_id in records:
        number, row = parse_record_id(public_id)
        if number != table.number:
            raise InvalidInput(N_("选「{table}」里的记录"), code="wrong_table", table=table.name)
        wanted.append(row)
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone), actor)
    found = await tx.fetch(
        QueryString(
            "SELECT t.id FROM {} t WHERE t.id = ANY({}::bigint[]) AND {}",
            compiler.source,
            wanted,
            compiler.where(trigger.where),
        )
    )
    there = {row["id"] for row in found}
    return [row for row in dict.fromkeys(wanted) if row in there]


def _run(
    app: App, automation: Automation, actor: Actor, batch: str, table: Table | None, row: int | None
) -> NewRun:
    return NewRun(
        automation=automation,
        key=f"{automation.number}:hand:{batch}:{row or ''}",
        app=app.number,
        table=table.number if table is not None else None,
        record=row,
        trigger=Trigger(
            action="manual",
            channel="ui",
            source=batch,
            by=actor.name,
            actor=actor.id if actor.kind in ("person", "token") else "",
            output={"by": actor.name},
        ),
    )


async def progress(system: System, actor: Actor, automation_id: str, batch: str) -> Progress:
    """How far the runs are that were started together, for a day. Raises NotFound, NotAllowed."""
    automation = (await system.catalogs.current()).automation(automation_id)
    require(actor, Operation.LOOK, automation.app_id)
    rows = await system.db.fetch(
        "SELECT public_id, table_id, record_id, status, error FROM meta.run WHERE automation_id = $1"
        " AND created_at > now() - interval '1 day' AND trigger ->> 'source' = $2 AND trigger ->> 'action' = 'manual'"
        " ORDER BY id",
        automation.number,
        batch,
    )
    if not rows:
        raise NotFound()
    failed = [row for row in rows if row["status"] == "failed"]
    done = [row for row in rows if row["status"] in ("finished", "handled")]
    return Progress(
        total=len(rows),
        open=len(rows) - len(failed) - len(done),
        finished=len(done),
        failed=len(failed),
        failures=tuple(
            FailedRun(
                run=row["public_id"],
                record=record_id(row["table_id"], row["record_id"]) if row["record_id"] is not None else None,
                failure=load_failure(row["error"]),
            )
            for row in failed[:_SHOWN_FAILURES]
        ),
    )
