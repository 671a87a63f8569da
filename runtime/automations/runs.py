"""Runs and their steps as rows: made by the relay, claimed and ended by the engine. The SQL of both lives here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal

import msgspec

from runtime.automations import turns
from runtime.automations.notes import Failure, dump
from runtime.catalog import Automation, lock_and_draw, took_lock
from runtime.definitions.automations import AutomationDef
from runtime.events.outbox import Event
from runtime.ids import new_id, record_id
from runtime.storage.database import Database, Tx
from runtime.storage.leases import LEASE_SECONDS

RunStatus = Literal["held", "queued", "running", "waiting", "finished", "failed", "handled"]
"""``held``: its automation is paused, it begins afterwards. ``waiting``: until ``wake_at``, for what ``waits`` says.
``failed``: waits for a person. ``handled``: a person took care."""
Waits = Literal["retry", "time", "condition", "run", "answer", "turn"]
"""What a waiting run waits for; ``turn``: that an earlier run for the same record is over (:mod:`turns`)."""

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
    """A run as the engine needs it. ``record`` is the public id of the record that set it off, None where none did.

    ``fresh``: nobody has begun it before. ``definitions``: the version of all definitions when it was claimed.
    """

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
    fresh: bool = False
    definitions: int = 0


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run to be stored; one with a ``failure`` is over before it begins.

    ``key``: unique per automation and event, what keeps an event from starting the run twice. ``app``, ``table`` and
    ``record`` are numbers. ``parent``: the run that waits for this one.
    """

    automation: Automation
    key: str
    app: int
    trigger: Trigger
    table: int | None = None
    record: int | None = None
    depth: int = 0
    failure: Failure | None = None
    parent: int | None = None

    @classmethod
    def of_event(cls, automation: Automation, event: Event, failure: Failure | None = None) -> NewRun:
        """The run that a change of a record starts."""
        return cls(
            automation=automation,
            key=f"{automation.number}:{event.key}",
            app=event.app,
            trigger=_trigger(event),
            table=event.table,
            record=event.record,
            depth=event.change.depth,
            failure=failure,
        )


_TYPES = [
    "text",
    "integer",
    "integer",
    "integer",
    "bigint",
    "text",
    "text",
    "text",
    "integer",
    "text",
    "bigint",
    "integer",
]
_COLUMNS = "n(i, a, u, t, r, k, g, d, p, e, q, w)"


def _inserting(source: str, sent: int = len(_TYPES) + 1) -> str:
    """``source``: where the runs' columns come from; ``sent``: the parameter that says whether they are being sent."""
    return (
        "INSERT INTO meta.run (public_id, app_id, automation_id, table_id, record_id, event_key, trigger, definition,"
        " status, depth, error, enqueued_at, finished_at, parent_id, version)"
        " SELECT i, a, u, t, r, k, g::jsonb, d::jsonb,"
        " CASE WHEN e IS NOT NULL THEN 'failed' WHEN h THEN 'held' ELSE 'queued' END, p, e::jsonb,"
        f" CASE WHEN e IS NULL AND NOT h AND ${sent} THEN now() END, CASE WHEN e IS NOT NULL THEN now() END, q,"
        " (SELECT max(v.number) FROM meta.automation_version v WHERE v.automation_id = u AND v.definition_version <= w)"
        f" FROM {source} AS {_COLUMNS},"
        " LATERAL (SELECT EXISTS (SELECT 1 FROM meta.automation_pause s WHERE s.scope = 'all'"
        " OR (s.scope = 'app' AND s.number = a) OR (s.scope = 'automation' AND s.number = u)) AS h) x"
        " ON CONFLICT (event_key) DO NOTHING RETURNING public_id, status, automation_id"
    )


_INSERT = _inserting(f"unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(_TYPES, 1))})")
_FEW = 8


@cache
def _insert_few(count: int) -> str:
    """The same for a few runs: one text for each number of them, which is not planned anew each time."""
    width = len(_TYPES)
    rows = (
        ", ".join(f"${row * width + n + 1}::{kind}" for n, kind in enumerate(_TYPES)) for row in range(count)
    )
    source = f"(VALUES {', '.join(f'({row})' for row in rows)})"
    return _inserting(source, count * width + 1)


async def insert(tx: Tx, new: Sequence[NewRun], *, sent: bool = True) -> list[str]:
    """Store runs; those whose event started one already are passed over. Returns ids of those that are to be queued.

    ``sent``: the caller sends them to the workers; else the scheduler does, in its turn.
    """
    if not new:
        return []
    columns: list[list[Any]] = [
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
        [n.parent for n in new],
        [n.automation.version for n in new],
    ]
    if len(new) <= _FEW:
        values = [value for run in zip(*columns, strict=True) for value in run]
        rows = await tx.fetch(_insert_few(len(new)), *values, sent)
    else:
        rows = await tx.fetch(_INSERT, *columns, sent)
    for row in rows:
        if row["status"] == "failed":
            await note_failure(tx, row["automation_id"], row["public_id"])
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
        output={"submitter": change.by, "submitted_at": change.at} if change.at else {},
    )


async def claim(db: Database, public_id: str, owner: str) -> Run | None:
    """Take a run over, if it waits for somebody; None when it does not (done, being worked on, not due yet, not its turn)."""
    (run,) = await claim_many(db, [(public_id, owner)])
    return run


async def claim_many(db: Database, wanted: Sequence[tuple[str, str]]) -> list[Run | None]:
    """The same for runs and their new owners, in one statement."""
    found: dict[str, Run] = {}  # by owner: the same run may be wanted twice
    for _ in range(2):
        left = [pair for pair in wanted if pair[1] not in found]
        rows = await db.fetch(_CLAIM, [run for run, _ in left], [owner for _, owner in left], LEASE_SECONDS)
        for row in rows:
            found[row["lease_owner"]] = msgspec.structs.replace(
                decode(row), fresh=row["fresh"], definitions=row["definitions"]
            )
        late = [run for run, owner in left if owner not in found]
        if not late or all([await turns.wait(db, run) for run in late]):
            break  # else it may have become the turn of one meanwhile
    return [found.get(owner) for _, owner in wanted]


# rows are locked in one order, whoever claims which of them together
_CLAIM = (
    "UPDATE meta.run r SET status = 'running', lease_owner = n.owner, lease_until = now() + make_interval(secs => $3),"
    " started_at = coalesce(started_at, now()), wake_at = NULL, waits = NULL, waits_table = NULL,"
    " waits_record = NULL, lost = lost + CASE WHEN status = 'running' THEN 1 ELSE 0 END"
    " FROM (SELECT r.id, u.owner FROM unnest($1::text[], $2::text[]) AS u(public_id, owner)"
    "  JOIN meta.run r ON r.public_id = u.public_id"
    "  WHERE (r.status = 'queued' OR (r.status = 'waiting' AND r.wake_at <= now())"
    f"  OR (r.status = 'running' AND r.lease_until < now())) AND {turns.ITS_TURN} ORDER BY r.id FOR UPDATE OF r) AS n"
    " WHERE r.id = n.id RETURNING r.*, r.started_at = now() AS fresh,"
    " (SELECT version FROM meta.catalog_state) AS definitions"
)


async def hold(tx: Tx, number: int, owner: str) -> bool:
    """Lock a run that ``owner`` has the lease of until ``tx`` ends, and hold all definitions still, as steps that write want;
    False when the lease is lost."""
    row = await tx.row(_HOLD, number, owner)
    if row is not None:
        took_lock(tx, row)
    return row is not None


_AHEAD = 4
"""Numbers of changes that are drawn with the lock, as steps will want some."""
_HOLD = (
    f"SELECT {lock_and_draw(_AHEAD)} FROM meta.run"
    " WHERE id = $1 AND lease_owner = $2 AND status = 'running' FOR UPDATE"
)


async def hold_all(tx: Tx, leases: Sequence[tuple[int, str]]) -> set[int]:
    """:func:`hold` for several runs and the owners of their leases, locked in the order of their numbers; those whose lease is
    not lost. Whatever ``tx`` has to wait for from here on it waits for a moment only."""
    row = await tx.row(
        f"SELECT {lock_and_draw('$3')}, set_config('lock_timeout', '{_LOCK_TIMEOUT_MS}', true), ARRAY(SELECT h.id FROM"
        " (SELECT r.id FROM meta.run r JOIN unnest($1::bigint[], $2::text[]) AS u(id, owner)"
        " ON r.id = u.id AND r.lease_owner = u.owner WHERE r.status = 'running' ORDER BY r.id FOR UPDATE OF r) h) AS held",
        [number for number, _ in leases],
        [owner for _, owner in leases],
        _AHEAD * len(leases),
    )
    assert row is not None  # noqa: S101 - a SELECT without FROM has a row
    took_lock(tx, row)
    return set(row["held"])


_LOCK_TIMEOUT_MS = 500
"""How long runs that share a transaction wait for a lock: shorter than PostgreSQL takes to see that two wait for each other."""


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
        definition=_definition(row["definition"]),
        depth=row["depth"],
        lost=row["lost"],
    )


@lru_cache(maxsize=256)
def _definition(text: str) -> AutomationDef:
    """What a run carries out; the same object for runs that carry out the same."""
    return msgspec.json.decode(text, type=AutomationDef)


async def end(tx: Tx, number: int, status: RunStatus, failure: Failure | None = None) -> None:
    """End a run; its lease is given up, a run that waits for it goes on, of a failure its owner will be told."""
    row = await tx.row(
        "UPDATE meta.run r SET status = $2, error = $3, finished_at = now(), lease_owner = NULL, lease_until = NULL,"
        " wake_at = NULL, waits = NULL, waits_table = NULL, waits_record = NULL WHERE id = $1"
        f" RETURNING automation_id, public_id, parent_id, {turns.NEXT} AS next",
        number,
        status,
        dump(failure) if failure else None,
    )
    if row is not None and status == "failed":
        await note_failure(tx, row["automation_id"], row["public_id"])
    if row is not None:
        await _go_on(tx, row)


async def _go_on(tx: Tx, ended: Any) -> None:
    """Whoever waited for a run goes on."""
    if ended["parent_id"] is not None:
        await wake(tx, ended["parent_id"], "run")
    if ended["next"] is not None:
        await turns.call(tx, ended["next"])


async def finish(tx: Tx, number: int, notes: Sequence[StepNote]) -> bool:
    """Write down the last steps and end the run as finished, in one statement; False when a step of it has failed: then the steps
    are written down, and the run is not ended."""
    row = await tx.row(_FINISH, *_columns(number, notes))
    if row is None:
        return False
    await _go_on(tx, row)
    return True


async def finish_all(tx: Tx, ended: Sequence[tuple[int, Sequence[StepNote]]]) -> None:
    """:func:`finish` for several runs, none of which was begun before: all that they did is in these steps, and none failed."""
    notes = [note for _, some in ended for note in some]
    whose = [number for number, some in ended for _ in some]
    rows = await tx.fetch(_FINISH_ALL, whose, *_columns(0, notes)[1:], [number for number, _ in ended])
    for row in rows:
        await _go_on(tx, row)


async def note_failure(tx: Tx, automation: int, public_id: str) -> None:
    """Count a failure that the automation's owner has not been told of yet (``alerts`` does that)."""
    await tx.execute(
        "INSERT INTO meta.automation_pulse AS p (automation_id, untold, last_run) VALUES ($1, 1, $2)"
        " ON CONFLICT (automation_id) DO UPDATE SET untold = p.untold + 1, last_run = excluded.last_run",
        automation,
        public_id,
    )


async def pause(tx: Tx, number: int, seconds: float) -> None:
    """Let a run rest before its next try."""
    await tx.execute(
        "UPDATE meta.run SET status = 'waiting', wake_at = now() + make_interval(secs => $2), waits = 'retry',"
        " lease_owner = NULL, lease_until = NULL WHERE id = $1",
        number,
        seconds,
    )


async def rest(
    tx: Tx, number: int, why: Waits, until: datetime | None, watch: tuple[int, int] | None = None
) -> None:
    """Let a run wait until ``until`` (None: until :func:`wake`), or until the record ``watch`` (numbers) changes."""
    table, row = watch if watch is not None else (None, None)
    await tx.execute(
        "UPDATE meta.run SET status = 'waiting', wake_at = $3, waits = $2, waits_table = $4, waits_record = $5,"
        " lease_owner = NULL, lease_until = NULL WHERE id = $1",
        number,
        why,
        until,
        table,
        row,
    )


async def wake(tx: Tx, number: int, why: Waits | None = None) -> bool:
    """Let a run go on that waits (for ``why``, if given) with its resting step; False when it does not.

    The caller has locked nothing of it; ``live.wake(WAKE_RELAY)`` after the commit makes it prompt.
    """
    found = await tx.value(
        "UPDATE meta.run SET status = 'queued', enqueued_at = NULL, wake_at = NULL, waits = NULL, waits_table = NULL,"
        " waits_record = NULL WHERE id = $1 AND status = 'waiting' AND ($2::text IS NULL OR waits = $2) RETURNING 1",
        number,
        why,
    )
    return found is not None


async def call_back(tx: Tx, number: int) -> None:
    """Let a run go on from what ``tx`` has stored of the step that it waits at, though a worker may have just taken it up
    to look at that step: the worker loses it, and the next one sees what is stored. The caller has locked the run."""
    if await wake(tx, number):
        return
    await tx.execute(
        "UPDATE meta.run SET status = 'queued', enqueued_at = NULL, lease_owner = NULL, lease_until = NULL"
        " WHERE id = $1 AND status = 'running'",
        number,
    )


async def wake_watching(tx: Tx, records: Sequence[tuple[int, int]]) -> None:
    """Let runs look again that wait for one of these records (numbers of table and row) to meet a condition."""
    await tx.execute(
        "UPDATE meta.run r SET status = 'queued', enqueued_at = NULL, wake_at = NULL, waits = NULL, waits_table = NULL,"
        " waits_record = NULL FROM unnest($1::integer[], $2::bigint[]) AS u(t, n)"
        " WHERE r.waits_table = u.t AND r.waits_record = u.n AND r.status = 'waiting'",
        [table for table, _ in records],
        [row for _, row in records],
    )


async def try_again(tx: Tx, number: int, definition: str | None = None, version: int | None = None) -> None:
    """Queue a failed run again from its failed steps on; by another ``definition`` (JSON) if given."""
    # a loop goes over its items again where a step of one has failed: what is done of them is known by its rows
    await tx.execute(
        "UPDATE meta.run_step l SET passed = NULL WHERE run_id = $1 AND passed IS NOT NULL AND EXISTS (SELECT 1 FROM"
        " meta.run_step f WHERE f.run_id = $1 AND f.status = 'failed' AND starts_with(f.path, l.path || '/'))",
        number,
    )
    await tx.execute(
        "UPDATE meta.run_step SET status = 'waiting', attempts = 0, error = NULL WHERE run_id = $1 AND status = 'failed'",
        number,
    )
    await tx.execute("DELETE FROM meta.delivery WHERE run_id = $1 AND status = 'failed'", number)
    await queue_again(tx, number, definition, version)


async def queue_again(tx: Tx, number: int, definition: str | None = None, version: int | None = None) -> None:
    """Queue an ended run again."""
    await tx.execute(
        "UPDATE meta.run SET status = 'queued', enqueued_at = NULL, error = NULL, finished_at = NULL, lost = 0,"
        " definition = coalesce($2::jsonb, definition), version = coalesce($3, version) WHERE id = $1",
        number,
        definition,
        version,
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
    """What is known of a step that was begun. ``passed``: how many items a loop is certainly done with."""

    path: str
    step: str
    status: StepStatus
    outcome: str | None
    attempts: int
    output: dict[str, Any]
    passed: int = 0


async def steps(db: Database | Tx, number: int) -> dict[str, StepRow]:
    """The begun steps of a run by path, without those in loops."""
    rows = await db.fetch(
        "SELECT * FROM meta.run_step WHERE run_id = $1 AND path !~ '/[0-9]+/' ORDER BY id", number
    )
    return {row["path"]: _step_row(row) for row in rows}


async def done_step(tx: Tx, number: int, path: str) -> StepRow | None:
    """The step at ``path``, if it is done."""
    row = await tx.row(
        "SELECT * FROM meta.run_step WHERE run_id = $1 AND path = $2 AND status = 'done'", number, path
    )
    return None if row is None else _step_row(row)


async def steps_of_items(
    db: Database | Tx, number: int, path: str, first: int, last: int
) -> dict[str, StepRow]:
    """The begun steps of the loop at ``path``, of its items ``first`` to ``last``, without those in loops of its own."""
    rows = await db.fetch(
        "SELECT * FROM meta.run_step WHERE run_id = $1 AND starts_with(path, $2)"
        " AND split_part(substr(path, $3), '/', 1)::integer BETWEEN $4 AND $5"
        " AND substr(path, $3) !~ '/[0-9]+/' ORDER BY id",
        number,
        f"{path}/",
        len(path) + 2,
        first,
        last,
    )
    return {row["path"]: _step_row(row) for row in rows}


def _step_row(row: Any) -> StepRow:
    return StepRow(
        path=row["path"],
        step=row["step_id"],
        status=row["status"],
        outcome=row["outcome"],
        attempts=row["attempts"],
        output=msgspec.json.decode(row["output"]) if row["output"] else {},
        passed=row["passed"] or 0,
    )


async def note_passed(tx: Tx, number: int, path: str, passed: int) -> None:
    """Note that the loop at ``path`` is done with its first ``passed`` items."""
    await tx.execute(
        "UPDATE meta.run_step SET passed = $3 WHERE run_id = $1 AND path = $2", number, path, passed
    )


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


async def note_steps(tx: Tx, number: int, notes: Sequence[StepNote]) -> None:
    """Write steps' rows, over earlier tries'."""
    await tx.execute(_NOTE, *_columns(number, notes))


_NOTE = (
    "INSERT INTO meta.run_step (run_id, path, step_id, position, status, outcome, attempts, input, output, error,"
    " started_at, finished_at) SELECT $1, p, s, n, t, o, a, i::jsonb, u::jsonb, e::jsonb, b, clock_timestamp()"
    " FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::text[],"
    " $9::text[], $10::text[], $11::timestamptz[]) AS v(p, s, n, t, o, a, i, u, e, b)"
    " ON CONFLICT (run_id, path) DO UPDATE SET status = excluded.status, outcome = excluded.outcome,"
    " attempts = excluded.attempts, input = excluded.input, output = excluded.output, error = excluded.error,"
    " started_at = coalesce(meta.run_step.started_at, excluded.started_at), finished_at = excluded.finished_at"
)
_NOTE_ALL = (
    _NOTE.replace("SELECT $1, p,", "SELECT r, p,")
    .replace("unnest($2::text[],", "unnest($1::bigint[], $2::text[],")
    .replace("v(p, s,", "v(r, p, s,")
)
_FINISH_ALL = (
    f"WITH noted AS ({_NOTE_ALL}) UPDATE meta.run r SET status = 'finished', error = NULL, finished_at = now(),"
    " lease_owner = NULL, lease_until = NULL, wake_at = NULL, waits = NULL, waits_table = NULL, waits_record = NULL"
    f" WHERE id = ANY($12::bigint[]) RETURNING parent_id, {turns.NEXT} AS next"
)
_FINISH = (
    f"WITH noted AS ({_NOTE}) UPDATE meta.run r SET status = 'finished', error = NULL, finished_at = now(),"
    " lease_owner = NULL, lease_until = NULL, wake_at = NULL, waits = NULL, waits_table = NULL, waits_record = NULL"
    " WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM meta.run_step s WHERE s.run_id = $1 AND s.status = 'failed')"
    f" RETURNING parent_id, {turns.NEXT} AS next"
)


def _columns(number: int, notes: Sequence[StepNote]) -> tuple[Any, ...]:
    """The parameters of ``_NOTE``."""
    return (
        number,
        [note.path for note in notes],
        [note.step for note in notes],
        [note.position for note in notes],
        [note.status for note in notes],
        [note.outcome for note in notes],
        [note.attempts for note in notes],
        [None if note.input is None else dump(note.input) for note in notes],
        [None if note.output is None else dump(note.output) for note in notes],
        [dump(note.failure) if note.failure else None for note in notes],
        [note.started_at for note in notes],
    )
