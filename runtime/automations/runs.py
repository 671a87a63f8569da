"""Runs and their steps as rows: made by the relay, claimed and ended by the engine. The SQL of both lives here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from runtime.automations.notes import Failure, dump
from runtime.catalog import Automation
from runtime.definitions.automations import AutomationDef
from runtime.events.outbox import Event
from runtime.ids import new_id, record_id
from runtime.storage.database import Database, Tx
from runtime.storage.leases import LEASE_SECONDS

RunStatus = Literal["queued", "running", "waiting", "finished", "failed", "handled"]
"""``waiting``: a step is to be tried again at ``wake_at``. ``failed``: waits for a person. ``handled``: a person took care."""

StepStatus = Literal["running", "waiting", "done", "failed", "skipped"]

MAX_DEPTH = 10
"""How many automations may set off one another in a row."""
MAX_LOST = 5
"""How often a run may lose its worker before it counts as the cause."""


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """What started a run; values by field id, in the form of the history.

    ``by``: the name of who pressed the button; ``actor``: the public id of the person whose change it was. ``output``: named values
    that come with a trigger that is no change of a record (a webhook's, a schedule's).
    """

    history: int = 0
    action: str = ""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    channel: str = ""
    source: str | None = None
    by: str = ""
    actor: str = ""
    output: dict[str, Any] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the engine needs it. ``record`` is the public id of the record that set it off, None where none did."""

    number: int
    id: str
    app: int
    automation: int
    table: int | None
    record: str | None
    trigger: Trigger
    definition: AutomationDef
    depth: int
    lost: int


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run to be stored; one with a ``failure`` is over before it begins.

    ``key``: unique per automation and event, what keeps an event from starting the run twice. ``app``, ``table`` and
    ``record`` are numbers.
    """

    automation: Automation
    key: str
    app: int
    trigger: Trigger
    table: int | None = None
    record: int | None = None
    depth: int = 0
    failure: Failure | None = None

    @classmethod
    def of_event(cls, automation: Automation, event: Event, failure: Failure | None = None) -> NewRun:
        """The run that a change of a record starts."""
        return cls(
            automation=automation,
            key=f"{automation.number}:{event.history}",
            app=event.app,
            trigger=_trigger(event),
            table=event.table,
            record=event.record,
            depth=event.change.depth,
            failure=failure,
        )


async def insert(tx: Tx, new: Sequence[NewRun]) -> list[str]:
    """Store runs; those whose event started one already are passed over. Returns ids of those that are to be queued."""
    if not new:
        return []
    rows = await tx.fetch(
        "INSERT INTO meta.run (public_id, app_id, automation_id, table_id, record_id, event_key, trigger, definition,"
        " status, depth, error, enqueued_at, finished_at)"
        " SELECT i, a, u, t, r, k, g::jsonb, d::jsonb, CASE WHEN e IS NULL THEN 'queued' ELSE 'failed' END, p, e::jsonb,"
        " CASE WHEN e IS NULL THEN now() END, CASE WHEN e IS NOT NULL THEN now() END"
        " FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::bigint[], $6::text[], $7::text[],"
        " $8::text[], $9::integer[], $10::text[]) AS n(i, a, u, t, r, k, g, d, p, e)"
        " ON CONFLICT (event_key) DO NOTHING RETURNING public_id, status",
        [new_id("run") for _ in new],
        [n.app for n in new],
        [n.automation.number for n in new],
        [n.table for n in new],
        [n.record for n in new],
        [n.key for n in new],
        [dump(n.trigger) for n in new],
        [dump(n.automation.definition) for n in new],
        [n.depth for n in new],
        [dump(n.failure) if n.failure else None for n in new],
    )
    return [row["public_id"] for row in rows if row["status"] == "queued"]


def _trigger(event: Event) -> Trigger:
    change = event.change
    return Trigger(
        history=event.history,
        action=change.action,
        before=event.before,
        after=event.after,
        channel=change.channel,
        source=change.source,
        by=change.by,
        actor=change.actor,
    )


async def claim(db: Database, public_id: str, owner: str) -> Run | None:
    """Take a run over, if it waits for somebody; None when it does not (done, being worked on, not due yet)."""
    row = await db.row(
        "UPDATE meta.run SET status = 'running', lease_owner = $2, lease_until = now() + make_interval(secs => $3),"
        " started_at = coalesce(started_at, now()), wake_at = NULL,"
        " lost = lost + CASE WHEN status = 'running' THEN 1 ELSE 0 END"
        " WHERE public_id = $1 AND (status = 'queued' OR (status = 'waiting' AND wake_at <= now())"
        " OR (status = 'running' AND lease_until < now())) RETURNING *",
        public_id,
        owner,
        LEASE_SECONDS,
    )
    return None if row is None else decode(row)


def decode(row: Any) -> Run:
    """A row of ``meta.run``."""
    return Run(
        number=row["id"],
        id=row["public_id"],
        app=row["app_id"],
        automation=row["automation_id"],
        table=row["table_id"],
        record=record_id(row["table_id"], row["record_id"]) if row["record_id"] is not None else None,
        trigger=msgspec.json.decode(row["trigger"], type=Trigger),
        definition=msgspec.json.decode(row["definition"], type=AutomationDef),
        depth=row["depth"],
        lost=row["lost"],
    )


async def end(tx: Tx, number: int, status: RunStatus, failure: Failure | None = None) -> None:
    """End a run; its lease is given up."""
    await tx.execute(
        "UPDATE meta.run SET status = $2, error = $3, finished_at = now(), lease_owner = NULL, lease_until = NULL,"
        " wake_at = NULL WHERE id = $1",
        number,
        status,
        dump(failure) if failure else None,
    )


async def pause(tx: Tx, number: int, seconds: float) -> None:
    """Let a run rest before its next try."""
    await tx.execute(
        "UPDATE meta.run SET status = 'waiting', wake_at = now() + make_interval(secs => $2), lease_owner = NULL,"
        " lease_until = NULL WHERE id = $1",
        number,
        seconds,
    )


async def put_back(db: Database | Tx, number: int, owner: str) -> None:
    """Give a run back to the queue, as a worker does that is told to stop."""
    await db.execute(
        "UPDATE meta.run SET status = 'queued', enqueued_at = NULL, lease_owner = NULL, lease_until = NULL"
        " WHERE id = $1 AND lease_owner = $2 AND status = 'running'",
        number,
        owner,
    )


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a step that was begun."""

    path: str
    step: str
    status: StepStatus
    outcome: str | None
    attempts: int
    output: dict[str, Any]


async def steps(db: Database | Tx, number: int) -> dict[str, StepRow]:
    """The begun steps of a run by path."""
    rows = await db.fetch(
        "SELECT path, step_id, status, outcome, attempts, output FROM meta.run_step WHERE run_id = $1", number
    )
    return {
        row["path"]: StepRow(
            path=row["path"],
            step=row["step_id"],
            status=row["status"],
            outcome=row["outcome"],
            attempts=row["attempts"],
            output=msgspec.json.decode(row["output"]) if row["output"] else {},
        )
        for row in rows
    }


class StepNote(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written down of a try at a step."""

    path: str
    step: str
    position: int
    status: StepStatus
    attempts: int
    started_at: datetime
    outcome: str | None = None
    input: Any = None
    output: Any = None
    failure: Failure | None = None

    def as_row(self) -> StepRow:
        """The row as reading it again would give it."""
        return StepRow(
            path=self.path,
            step=self.step,
            status=self.status,
            outcome=self.outcome,
            attempts=self.attempts,
            output=msgspec.json.decode(dump(self.output)) if self.output else {},
        )


async def note_step(tx: Tx, number: int, note: StepNote) -> None:
    """Write a step's row, over an earlier try's."""
    await tx.execute(
        "INSERT INTO meta.run_step (run_id, path, step_id, position, status, outcome, attempts, input, output, error,"
        " started_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())"
        " ON CONFLICT (run_id, path) DO UPDATE SET status = excluded.status, outcome = excluded.outcome,"
        " attempts = excluded.attempts, input = excluded.input, output = excluded.output, error = excluded.error,"
        " started_at = coalesce(meta.run_step.started_at, excluded.started_at), finished_at = excluded.finished_at",
        number,
        note.path,
        note.step,
        note.position,
        note.status,
        note.outcome,
        note.attempts,
        None if note.input is None else dump(note.input),
        None if note.output is None else dump(note.output),
        dump(note.failure) if note.failure else None,
        note.started_at,
    )


async def chain(db: Database | Tx, source: str | None, limit: int = MAX_DEPTH + 2) -> list[str]:
    """Names of the automations that set off one another, the first one first; ``source`` is the last one's run."""
    names: list[str] = []
    while source is not None and source.startswith("run") and len(names) < limit:
        row = await db.row(
            "SELECT definition ->> 'name' AS name, trigger ->> 'source' AS source FROM meta.run WHERE public_id = $1",
            source,
        )
        if row is None:
            break
        names.append(row["name"])
        source = row["source"]
    return names[::-1]
