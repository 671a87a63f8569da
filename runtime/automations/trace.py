"""Runs as a person reads them: what set them off, each step with what went in and came out, messages and answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations import course
from runtime.automations.course import paths
from runtime.automations.engine import app_by_number
from runtime.automations.notes import Failure, load_failure
from runtime.automations.occasions import occasion
from runtime.automations.runs import RunStatus
from runtime.automations.steps import kind_of
from runtime.catalog import App, Catalog
from runtime.definitions.automations import ITEM, AutomationDef, Loop
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import links
from runtime.storage.database import Row
from runtime.system import System

MAX_RUNS = 200
_STEPS = (
    "(SELECT q.public_id FROM meta.run q WHERE q.id = r.parent_id) AS parent,"
    " (SELECT count(*) FROM meta.run_step s WHERE s.run_id = r.id) AS steps,"
    " (SELECT count(*) FROM meta.run_step s WHERE s.run_id = r.id AND s.status = 'failed') AS failed_steps"
)


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list. ``seconds``: how long it took so far; ``steps``: how many were carried out, ``failed_steps``:
    how many of them failed (a run can finish all the same, when their failures do not matter). ``version``: of the
    automation it goes by; ``waits``: for what; ``parent``: the run that this one was called by.
    """

    id: str
    automation: str | None
    automation_name: str
    status: RunStatus
    record: str | None
    record_name: str
    table: str | None
    table_name: str
    trigger: Message
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    wake_at: datetime | None
    seconds: float | None
    steps: int
    failed_steps: int
    failure: Failure | None
    handled_by: str | None
    handled_at: datetime | None
    version: int | None
    waits: str | None
    parent: str | None


class RunPage(msgspec.Struct, frozen=True):
    """Newest first; ``next_cursor`` continues behind the last one. ``failed``: how many wait for a person in all."""

    runs: tuple[RunSummary, ...]
    next_cursor: str | None
    failed: int


class DeliveryTrace(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a step: its state, and what the receiver answered. ``paused``: it waits for its connector to go on."""

    key: str
    status: Literal["waiting", "sent", "failed"]
    connector: str
    message: Any
    attempts: int
    next_attempt_at: datetime | None
    sent_at: datetime | None
    answer: Any
    failure: Failure | None
    paused: bool = False


class LoopTrace(msgspec.Struct, frozen=True):
    """How far a loop is: how many items it has, how many were begun, how many of their steps failed."""

    total: int
    begun: int
    failed: int


class StepTrace(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run; ``status`` ``not_reached`` for one that was not (or not yet) carried out."""

    path: str
    step: str
    kind: str
    name: str
    status: str
    outcome: str | None
    attempts: int
    input: Any
    output: Any
    failure: Failure | None
    started_at: datetime | None
    finished_at: datetime | None
    deliveries: tuple[DeliveryTrace, ...]
    loop: LoopTrace | None = None


class ChangedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record the run changed, by the history."""

    id: str
    name: str
    table: str
    table_name: str
    action: str
    entry: int


class RunTrace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a run."""

    run: RunSummary
    app: str
    steps: tuple[StepTrace, ...]
    changed: tuple[ChangedRecord, ...]
    definition: AutomationDef


async def runs_of(
    system: System,
    actor: Actor,
    app_id: str,
    *,
    automation: str | None = None,
    record: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> RunPage:
    """Runs of an app, narrowed to an automation, a record or a status. Raises NotFound, NotAllowed, InvalidInput."""
    catalog = await system.catalogs.current()
    app = catalog.app(app_id)
    require(actor, Operation.LOOK, app.id)
    limit = max(1, min(limit, MAX_RUNS))
    number, table, row = None, None, None
    if automation is not None:
        number = catalog.automation(automation).number
    if record is not None:
        table, row = parse_record_id(record)
    rows = await system.db.fetch(
        f"SELECT r.*, {_STEPS} FROM meta.run r"
        " WHERE r.app_id = $1 AND ($2::integer IS NULL OR r.automation_id = $2)"
        " AND ($3::integer IS NULL OR (r.table_id = $3 AND r.record_id = $4)) AND ($5::text IS NULL OR r.status = $5)"
        " AND ($6::bigint IS NULL OR r.id < $6) ORDER BY r.id DESC LIMIT $7",
        app.number,
        number,
        table,
        row,
        status,
        _cursor(cursor),
        limit + 1,
    )
    failed = await system.db.value(
        "SELECT count(*) FROM (SELECT 1 FROM meta.run WHERE app_id = $1 AND status = 'failed'"
        " AND ($2::integer IS NULL OR automation_id = $2) LIMIT 1000) f",
        app.number,
        number,
    )
    page = rows[:limit]
    names = await record_names(system, catalog, [(r["table_id"], r["record_id"]) for r in page])
    return RunPage(
        tuple(_summary(catalog, app, row, names) for row in page),
        str(page[-1]["id"]) if len(rows) > limit else None,
        int(failed),
    )


async def runs_of_record(
    system: System, actor: Actor, public_id: str, *, cursor: str | None = None, limit: int = 20
) -> RunPage:
    """Runs that a record set off. Raises NotFound, NotAllowed."""
    table = (await system.catalogs.current()).table_by_number(parse_record_id(public_id)[0])
    return await runs_of(system, actor, table.app_id, record=public_id, cursor=cursor, limit=limit)


def _cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise InvalidInput(N_("翻页位置已失效,请从头查看"), code="bad_cursor")
    return int(text)


async def run_trace(system: System, actor: Actor, public_id: str) -> RunTrace:
    """One run with its steps. Raises NotFound, NotAllowed."""
    catalog = await system.catalogs.current()
    row = await system.db.row(
        f"SELECT r.*, {_STEPS} FROM meta.run r WHERE r.public_id = $1",
        public_id,
    )
    if row is None:
        raise NotFound()
    app = app_by_number(catalog, row["app_id"])
    require(actor, Operation.LOOK, app.id)
    names = await record_names(system, catalog, [(row["table_id"], row["record_id"])])
    definition = msgspec.json.decode(row["definition"], type=AutomationDef)
    return RunTrace(
        run=_summary(catalog, app, row, names),
        app=app.id,
        steps=await _steps(system, row["id"], definition),
        changed=await _changed(system, catalog, public_id, row["created_at"]),
        definition=definition,
    )


async def _steps(system: System, number: int, definition: AutomationDef) -> tuple[StepTrace, ...]:
    """The steps outside loops, and of each loop how far it is; :func:`items_of_loop` has what is in it."""
    rows = await system.db.fetch(
        "SELECT * FROM meta.run_step WHERE run_id = $1 AND path !~ '/[0-9]+/' ORDER BY position, id", number
    )
    found = {row["path"]: row for row in rows}
    deliveries = await deliveries_of(system, number)
    traces = []
    for path, step in paths(definition):
        if f"/{ITEM}/" in path:
            continue
        row = found.pop(path, None)
        one = step_trace(row, path, step.id, kind_of(step.config).id, step.name, deliveries.get(path, ()))
        if isinstance(step.config, Loop):
            one = await with_loop(system, number, one)
        traces.append(one)
    # steps that were carried out and have been taken out of the automation since
    traces += [
        step_trace(row, path, row["step_id"], "removed", "", deliveries.get(path, ()))
        for path, row in found.items()
    ]
    return tuple(traces)


async def with_loop(system: System, run: int, step: StepTrace) -> StepTrace:
    """The trace of a loop with how far it is, instead of the list of what it goes over."""
    row = await system.db.row(
        "SELECT coalesce(max(split_part(substr(path, $3), '/', 1)::integer), 0) AS begun,"
        " count(*) FILTER (WHERE status = 'failed') AS failed"
        " FROM meta.run_step WHERE run_id = $1 AND starts_with(path, $2)",
        run,
        f"{step.path}/",
        len(step.path) + 2,
    )
    output = step.output or {}
    # a loop over found records keeps their number alone: the list is with the step that found them
    total = int(output.get("count") or len(course.items_of(output)))
    loop = LoopTrace(total, row["begun"] if row else 0, row["failed"] if row else 0)
    return msgspec.structs.replace(step, output={"count": output.get("count", total)}, loop=loop)


def step_trace(
    row: Row | None, path: str, step: str, kind: str, name: str, deliveries: tuple[DeliveryTrace, ...]
) -> StepTrace:
    """A step's row as a person reads it; without a row it was not reached."""
    return StepTrace(
        path=path,
        step=step,
        kind=kind,
        name=name,
        status=row["status"] if row else "not_reached",
        outcome=row["outcome"] if row else None,
        attempts=row["attempts"] if row else 0,
        input=decoded(row["input"]) if row else None,
        output=_shortened(decoded(row["output"])) if row else None,
        failure=load_failure(row["error"]) if row else None,
        started_at=row["started_at"] if row else None,
        finished_at=row["finished_at"] if row else None,
        deliveries=deliveries,
    )


def _shortened(output: Any) -> Any:
    """An output without the list of what a step found, which may be ten thousand long; how many there were stays."""
    if isinstance(output, dict) and isinstance(output.get("records"), list):
        return {key: value for key, value in output.items() if key != "records"}
    return output


def decoded(text: str | None) -> Any:
    """The value of a JSON column; None for none."""
    return msgspec.json.decode(text) if text is not None else None


async def deliveries_of(system: System, run: int, prefix: str = "") -> dict[str, tuple[DeliveryTrace, ...]]:
    """A run's messages by the path of their step, of the steps whose path begins with ``prefix``."""
    rows = await system.db.fetch(
        "SELECT d.*, c.name AS connector, c.paused_at IS NOT NULL AND c.deleted_at IS NULL AS paused FROM meta.delivery d LEFT JOIN meta.connector c ON c.id = d.connector_id"
        " WHERE d.run_id = $1 AND starts_with(d.path, $2) ORDER BY d.id LIMIT 1000",
        run,
        prefix,
    )
    found: dict[str, tuple[DeliveryTrace, ...]] = {}
    for row in rows:
        found[row["path"]] = (
            *found.get(row["path"], ()),
            DeliveryTrace(
                key=row["key"],
                status=row["status"],
                connector=row["connector"] or "",
                message=decoded(row["payload"]),
                attempts=row["attempts"],
                next_attempt_at=row["next_attempt_at"] if row["status"] == "waiting" else None,
                sent_at=row["sent_at"],
                answer=decoded(row["response"]),
                failure=load_failure(row["error"]),
                paused=row["status"] == "waiting" and row["paused"],
            ),
        )
    return found


async def _changed(
    system: System, catalog: Catalog, public_id: str, since: datetime
) -> tuple[ChangedRecord, ...]:
    """The records the run changed, oldest change first, at most a hundred."""
    rows = await system.db.fetch(
        "SELECT id, table_id, record_id, action FROM meta.history WHERE source = $1 AND at >= $2"
        " AND channel IN ('automation', 'stock') ORDER BY id LIMIT 100",
        public_id,
        since,
    )
    names = await record_names(system, catalog, [(row["table_id"], row["record_id"]) for row in rows])
    found = []
    for row in rows:
        try:
            table = catalog.table_by_number(row["table_id"])
        except NotFound:
            continue
        public = record_id(table.number, row["record_id"])
        found.append(
            ChangedRecord(
                id=public,
                name=names.get(public, ""),
                table=table.id,
                table_name=table.name,
                action=row["action"],
                entry=row["id"],
            )
        )
    return tuple(found)


async def record_names(
    system: System, catalog: Catalog, keys: Sequence[tuple[int | None, int | None]]
) -> dict[str, str]:
    """What records are called, by public id; those of deleted tables are left out."""
    by_table: dict[int, set[int]] = {}
    for number, row in keys:
        if number is not None and row is not None:
            by_table.setdefault(number, set()).add(row)
    names: dict[str, str] = {}
    for number, rows in by_table.items():
        try:
            table = catalog.table_by_number(number)
        except NotFound:
            continue
        primary = table.primary
        if primary is None or primary.type == "link":
            continue
        found = await system.db.fetch(
            f"SELECT id, {primary.column} AS name FROM {table.sql} WHERE id = ANY($1::bigint[])", sorted(rows)
        )
        context = Context(zone=catalog.app_of(table).zone)
        names |= {record_id(number, r["id"]): links.title(primary, r["name"], context) for r in found}
    return names


def _summary(catalog: Catalog, app: App, row: Row, names: dict[str, str]) -> RunSummary:
    automation = next((a for a in app.automations if a.number == row["automation_id"]), None)
    definition = msgspec.json.decode(row["definition"], type=AutomationDef)
    table = next((t for t in app.tables if t.number == row["table_id"]), None)
    record = record_id(row["table_id"], row["record_id"]) if row["table_id"] and row["record_id"] else None
    seconds = None
    if row["started_at"] is not None:
        seconds = (
            (row["finished_at"] or datetime.now(row["started_at"].tzinfo)) - row["started_at"]
        ).total_seconds()
    return RunSummary(
        id=row["public_id"],
        automation=automation.id if automation else None,
        automation_name=automation.definition.name if automation else definition.name,
        status=row["status"],
        record=record,
        record_name=names.get(record or "", ""),
        table=table.id if table else None,
        table_name=table.name if table else "",
        trigger=occasion(definition, table, msgspec.json.decode(row["trigger"]), app.zone),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        wake_at=row["wake_at"],
        seconds=seconds,
        steps=row["steps"],
        failed_steps=row["failed_steps"],
        failure=load_failure(row["error"]),
        handled_by=(row["handled_by"] or "").partition("|")[2] or None,
        handled_at=row["handled_at"],
        version=row["version"],
        waits=row["waits"],
        parent=row["parent"],
    )
