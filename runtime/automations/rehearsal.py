"""A test run: every step of an automation on a real record, in a transaction that is undone at its end.

Steps see what earlier steps did, as in a real run; nothing of it lasts. Messages are made but not queued.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import structlog

from runtime.access import Actor, Operation, require
from runtime.automations import lost, triggers
from runtime.automations.course import Course
from runtime.automations.engine import make_attempt
from runtime.automations.hook_content import pick
from runtime.automations.notes import Failure, dump
from runtime.automations.reach import read_snapshot
from runtime.automations.runs import Run, StepRow, StepStatus, Trigger
from runtime.automations.steps import Attempt, Done, kind_of
from runtime.catalog import App, Automation, Catalog, Field
from runtime.definitions.automations import AutomationDef, StateMoved, Step, trigger_table
from runtime.definitions.triggers import Webhook, trigger_where
from runtime.errors import HuobiaoError, InvalidInput, NotFound
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

LOCK_WAIT = "3s"
MAX_ITEMS = 5
"""As many items of a loop a test run goes through."""
_SKIPPED = {
    "wait": Message(N_("真实运行时会在「等一等」那里停下来等;试运行不等,直接往下走")),
    "run_automation": Message(N_("另一个自动化没有真的运行;要看它做什么,到它那里试运行")),
}


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a test run; ``milliseconds`` it took."""

    path: str
    step: str
    kind: str
    name: str
    status: StepStatus
    outcome: str | None
    input: Any
    output: Any
    failure: Failure | None
    milliseconds: float


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A test run. ``notes`` say where a real run would differ, e.g. that the record would not have set it off."""

    status: Literal["finished", "failed"]
    record: str
    record_name: str
    steps: tuple[Rehearsed, ...]
    notes: tuple[Message, ...]
    milliseconds: float


class _Undo(Exception):
    """Raised to undo everything."""


async def rehearse(
    system: System,
    actor: Actor,
    automation_id: str,
    record: str | None,
    definition: AutomationDef | None = None,
    given: dict[str, Any] | None = None,
) -> Rehearsal:
    """Try an automation (or a ``definition`` not saved yet) on a record; one that no record sets off, without.

    ``given``: values that come with the trigger (a webhook's, a schedule's), by the keys of its outputs; those of a
    webhook that are left out are taken from the sample that was caught, as a real call's would be.

    Raises:
        NotFound, NotAllowed: the automation or record is unknown, or the actor may not build in its app.
        InvalidInput: the record is not of the trigger's table.
    """
    catalog = await system.catalogs.current()
    automation = catalog.automation(automation_id)
    require(actor, Operation.BUILD, automation.app_id)
    app = catalog.app(automation.app_id)
    tried = definition or automation.definition
    if record is not None and catalog.table_by_number(parse_record_id(record)[0]).app_id != app.id:
        raise NotFound()
    name = await _name(system, catalog, actor, app, tried, record)
    notes = await _notes(system, catalog, tried, record) if record is not None else []
    if isinstance(tried.trigger, Webhook):
        body, caught = await _caught(system, automation)
        came = {value.key: pick(body, value) for value in tried.trigger.values}
        given = {"received_at": datetime.now(UTC).isoformat(), **came, **(given or {})}
        if not caught and tried.trigger.values:
            notes.append(Message(N_("还没有收到过样例,推送来的值都当作空的。先在触发里「等一个样例」再试")))
    started = time.perf_counter()
    stage: _Stage | None = None
    run = await _run(system, catalog, app, automation, tried, record, given or {})
    try:
        async with system.db.transaction() as tx:
            await tx.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            stage = _Stage(system, tx, catalog, app, run)
            await stage.walk(tried.steps)
            raise _Undo
    except _Undo:
        pass
    assert stage is not None  # noqa: S101 - only its end raises what is caught here
    failed = any(step.status == "failed" for step in stage.steps)
    return Rehearsal(
        status="failed" if failed and stage.stopped else "finished",
        record=record or "",
        record_name=name,
        steps=tuple(stage.steps),
        notes=tuple(notes) + tuple(n for i, n in enumerate(stage.notes) if n not in stage.notes[:i]),
        milliseconds=(time.perf_counter() - started) * 1000,
    )


async def _caught(system: System, automation: Automation) -> tuple[Any, bool]:
    """The content of the sample that was caught last, and whether there is one."""
    sample = await system.db.value("SELECT sample FROM meta.hook WHERE automation_id = $1", automation.number)
    return (msgspec.json.decode(sample).get("body"), True) if sample else (None, False)


class _Stage(Course):
    """Carries the steps out; what the engine does, without its rows, retries and lease. Loops go into their first items."""

    def __init__(self, system: System, tx: Tx, catalog: Catalog, app: App, run: Run) -> None:
        super().__init__()
        self.system, self.tx, self.catalog, self.app, self.run = system, tx, catalog, app, run
        self.steps: list[Rehearsed] = []
        self.notes: list[Message] = []
        self.stopped = False

    def stops(self, step: Step, row: StepRow) -> bool:
        """A step that failed ends it, as a real run would wait there for a person."""
        self.stopped = self.stopped or step.on_failure == "stop"
        return step.on_failure == "stop"

    async def before_item(self, path: str, number: int, count: int) -> bool:
        """Only the first ones: a test run holds locks, and is there to be read."""
        if number == MAX_ITEMS + 1:
            self.notes.append(
                Message(
                    N_("逐个处理有 {count} 个,试运行只走前 {limit} 个"), {"count": count, "limit": MAX_ITEMS}
                )
            )
        return number <= MAX_ITEMS

    async def after_item(self, path: str, number: int, count: int) -> None:
        """Nothing to keep."""

    async def step(self, step: Step, path: str) -> StepRow:
        """Try the step within the test run's transaction."""
        row = await self._try(self.tx, step, path)
        if row.status == "done" and row.output.get("skipped"):
            self.notes.append(_SKIPPED[kind_of(step.config).id])
        return row

    async def _try(self, tx: Tx, step: Step, path: str) -> StepRow:
        started = time.perf_counter()
        attempt: Attempt | None = None
        outcome, output, failure = None, None, None
        try:
            async with tx.savepoint():
                attempt = make_attempt(
                    self.system, tx, self.catalog, self.app, self.run, step, path, self.results, datetime.now(UTC),
                    rehearsal=True,
                )  # fmt: skip
                done = await kind_of(step.config).carry_out(attempt, step.config)
                outcome = done.outcome if isinstance(done, Done) else None
                output = msgspec.json.decode(dump(done.output))
        except Exception as error:
            if not isinstance(error, HuobiaoError):
                log.warning("rehearsed step failed", path=path, error=str(error))
            failure = await lost.explained(tx, Failure.of(error), step.config)
        kind = kind_of(step.config)
        self.steps.append(
            Rehearsed(
                path=path,
                step=step.id,
                kind=kind.id,
                name=step.name,
                status="failed" if failure else "done",
                outcome=outcome,
                input=msgspec.json.decode(dump(attempt.input)) if attempt else None,
                output=output,
                failure=failure,
                milliseconds=(time.perf_counter() - started) * 1000,
            )
        )
        return StepRow(
            path=path,
            step=step.id,
            status="failed" if failure else "done",
            outcome=outcome,
            attempts=1,
            output=output or {},
        )


async def _name(
    system: System, catalog: Catalog, actor: Actor, app: App, tried: AutomationDef, record: str | None
) -> str:
    """What the record is called. Raises when it is not one that could set the automation off."""
    wanted = trigger_table(tried.trigger)
    table = next((t for t in app.tables if t.id == wanted), None)
    if wanted is not None and table is None:
        raise NotFound(N_("触发条件里的数据表已被删除"), code="unknown_table")
    if table is None:
        return ""
    if record is None or parse_record_id(record)[0] != table.number:
        raise InvalidInput(N_("试运行要选「{table}」里的一条记录"), code="wrong_table", table=table.name)
    return (await read_snapshot(system, catalog, actor, record)).title


async def _run(
    system: System,
    catalog: Catalog,
    app: App,
    automation: Automation,
    definition: AutomationDef,
    record: str | None,
    given: dict[str, Any],
) -> Run:
    """A run as the relay would make it; a state trigger is taken to have moved the record to where it is."""
    number, row = parse_record_id(record) if record is not None else (None, None)
    after: dict[str, Any] = {}
    trigger = definition.trigger
    if isinstance(trigger, StateMoved) and number is not None and row is not None:
        state = await _state(system, catalog.field(trigger.field), catalog, number, row)
        after = {trigger.field: state} if state is not None else {}
    return Run(
        number=0,
        id="run" + "0" * 14,
        app=app.number,
        automation=automation.number,
        table=number,
        record=record if number is not None else None,
        trigger=Trigger(history=0, action="update", after=after, output=given),
        definition=definition,
        depth=0,
        lost=0,
    )


async def _notes(system: System, catalog: Catalog, definition: AutomationDef, record: str) -> list[Message]:
    trigger = definition.trigger
    number, row = parse_record_id(record)
    table = catalog.table_by_number(number)
    notes = []
    if isinstance(trigger, StateMoved) and trigger.targets:
        field = catalog.field(trigger.field)
        state = await _state(system, field, catalog, number, row)
        if state not in trigger.targets:
            notes.append(_where_it_stands(field, trigger, state))
    where = trigger_where(trigger)
    if where is not None and row not in await triggers.meeting(system.db, catalog, table, [row], where):
        notes.append(Message(N_("这条记录不满足触发条件,真实运行时不会由它触发")))
    return notes


def _where_it_stands(field: Field, trigger: StateMoved, state: int | None) -> Message:
    """Why a record that has not made the trigger's move would not start a real run now."""
    named = field.choices_by_id
    here = named[state].name if state in named else ""
    targets = [named[target].name for target in trigger.targets if target in named]
    if state in trigger.sources and len(targets) == 1:
        words = N_("这条记录现在是「{state}」,流转到「{target}」时才会触发;这里当作已经流转,走一遍给你看")
        return Message(words, {"state": here, "target": targets[0]})
    return Message(
        N_("这条记录现在是「{state}」,不是触发条件里的状态,真实运行时不会由它触发"), {"state": here}
    )


async def _state(system: System, field: Field, catalog: Catalog, table: int, row: int) -> int | None:
    found = await system.db.value(
        f"SELECT {field.column} FROM {catalog.table_by_number(table).sql} WHERE id = $1", row
    )
    return None if found is None else int(found)
