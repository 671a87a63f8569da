"""Runs of automations over HTTP: lists, traces, what to do about a failed one, test runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator, moment, plain, problem_body
from runtime.automations import rehearsal, remedies, trace
from runtime.automations.notes import Failure, translated
from runtime.definitions.automations import AutomationDef
from runtime.i18n import Translator


class FailureBody(msgspec.Struct, frozen=True):
    """Why something failed: a code for programs, a sentence for people, and what was wrong with which field."""

    code: str
    message: str
    problems: tuple[ProblemBody, ...]


class RunBody(msgspec.Struct, frozen=True, kw_only=True):
    """A run. ``status``: held (paused), queued, running, waiting (``waits``: for retry, time, condition, run or answer;
    ``wake_at``: looked at again then), finished, failed, handled. ``version``: of the automation it goes by; ``parent``:
    the run that it was called by."""

    id: str
    automation: str | None
    automation_name: str
    status: str
    record: str | None
    record_name: str
    table: str | None
    table_name: str
    trigger: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    wake_at: str | None
    seconds: float | None
    steps: int
    failed_steps: int
    failure: FailureBody | None
    handled_by: str | None
    handled_at: str | None
    version: int | None
    waits: str | None
    parent: str | None


class RunsAnswer(msgspec.Struct, frozen=True):
    """A page of runs, newest first; ``failed`` is how many wait for a person (of the automation asked for)."""

    runs: tuple[RunBody, ...]
    next_cursor: str | None
    failed: int


class DeliveryBody(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a step. ``answer`` is what the receiver said; ``paused``: it waits for its connector to go on."""

    key: str
    status: str
    connector: str
    message: Any
    attempts: int
    next_attempt_at: str | None
    sent_at: str | None
    answer: Any
    failure: FailureBody | None
    paused: bool


class LoopBody(msgspec.Struct, frozen=True):
    """How far a loop is: its items, how many were begun, how many of their steps failed."""

    total: int
    begun: int
    failed: int


class StepBody(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run. ``status``: not_reached, running, waiting, done, failed, skipped."""

    path: str
    step: str
    kind: str
    name: str
    status: str
    outcome: str | None
    attempts: int
    input: Any
    output: Any
    failure: FailureBody | None
    started_at: str | None
    finished_at: str | None
    deliveries: tuple[DeliveryBody, ...]
    loop: LoopBody | None = None


class ChangedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A record the run changed; ``entry`` is the number in its history."""

    id: str
    name: str
    table: str
    table_name: str
    action: str
    entry: int


class RunAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a run; ``definition`` is the automation as it was carried out."""

    run: RunBody
    app: str
    steps: tuple[StepBody, ...]
    changed: tuple[ChangedBody, ...]
    definition: Any


class TestOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to try: a record of the trigger's table (none where no record sets it off, then what comes with the trigger in
    ``given``); a ``definition`` that is not saved yet, or the stored one."""

    record: str | None = None
    definition: AutomationDef | None = None
    given: dict[str, Any] = {}


class RehearsedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a test run."""

    path: str
    step: str
    kind: str
    name: str
    status: str
    outcome: str | None
    input: Any
    output: Any
    failure: FailureBody | None
    milliseconds: float


class RehearsalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A test run; nothing of it was stored or sent. ``notes`` say where a real run would differ."""

    status: str
    record: str
    record_name: str
    steps: tuple[RehearsedBody, ...]
    notes: tuple[str, ...]
    milliseconds: float


class RetriedAnswer(msgspec.Struct, frozen=True):
    """How many runs are tried again."""

    retried: int


def failure_body(failure: Failure | None, translator: Translator) -> FailureBody | None:
    """A failure in the caller's language."""
    if failure is None:
        return None
    problems = tuple(problem_body(problem, translator) for problem in failure.problems)
    return FailureBody(failure.code, failure.message.text(translator), problems)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def run_body(run: trace.RunSummary, translator: Translator) -> RunBody:
    """A run in the caller's language."""
    return RunBody(
        id=run.id,
        automation=run.automation,
        automation_name=run.automation_name,
        status=run.status,
        record=run.record,
        record_name=run.record_name,
        table=run.table,
        table_name=run.table_name,
        trigger=run.trigger.text(translator),
        created_at=moment(run.created_at),
        started_at=_moment(run.started_at),
        finished_at=_moment(run.finished_at),
        wake_at=_moment(run.wake_at),
        seconds=run.seconds,
        steps=run.steps,
        failed_steps=run.failed_steps,
        failure=failure_body(run.failure, translator),
        handled_by=run.handled_by,
        handled_at=_moment(run.handled_at),
        version=run.version,
        waits=run.waits,
        parent=run.parent,
    )


def runs_answer(page: trace.RunPage, translator: Translator) -> RunsAnswer:
    """A page of runs in the caller's language."""
    return RunsAnswer(tuple(run_body(run, translator) for run in page.runs), page.next_cursor, page.failed)


def _delivery(found: trace.DeliveryTrace, translator: Translator) -> DeliveryBody:
    return DeliveryBody(
        key=found.key,
        status=found.status,
        connector=found.connector,
        message=found.message,
        attempts=found.attempts,
        next_attempt_at=_moment(found.next_attempt_at),
        sent_at=_moment(found.sent_at),
        answer=found.answer,
        failure=failure_body(found.failure, translator),
        paused=found.paused,
    )


def step_body(found: trace.StepTrace, translator: Translator) -> StepBody:
    return StepBody(
        path=found.path,
        step=found.step,
        kind=found.kind,
        name=found.name,
        status=found.status,
        outcome=found.outcome,
        attempts=found.attempts,
        input=translated(found.input, translator),
        output=translated(found.output, translator),
        failure=failure_body(found.failure, translator),
        started_at=_moment(found.started_at),
        finished_at=_moment(found.finished_at),
        deliveries=tuple(_delivery(delivery, translator) for delivery in found.deliveries),
        loop=LoopBody(found.loop.total, found.loop.begun, found.loop.failed) if found.loop else None,
    )


def run_answer(found: trace.RunTrace, translator: Translator) -> RunAnswer:
    """A trace in the caller's language."""
    return RunAnswer(
        run=run_body(found.run, translator),
        app=found.app,
        steps=tuple(step_body(step, translator) for step in found.steps),
        changed=tuple(ChangedBody(**msgspec.structs.asdict(record)) for record in found.changed),
        definition=plain(found.definition),
    )


def rehearsal_answer(found: rehearsal.Rehearsal, translator: Translator) -> RehearsalAnswer:
    """A test run in the caller's language."""
    return RehearsalAnswer(
        status=found.status,
        record=found.record,
        record_name=found.record_name,
        steps=tuple(
            RehearsedBody(
                path=step.path,
                step=step.step,
                kind=step.kind,
                name=step.name,
                status=step.status,
                outcome=step.outcome,
                input=translated(step.input, translator),
                output=translated(step.output, translator),
                failure=failure_body(step.failure, translator),
                milliseconds=round(step.milliseconds, 1),
            )
            for step in found.steps
        ),
        notes=tuple(note.text(translator) for note in found.notes),
        milliseconds=round(found.milliseconds, 1),
    )


@get("/apps/{app:str}/runs")
async def list_runs(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    automation: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> RunsAnswer:
    """The runs of an app, newest first. ``status=failed`` is the list of those that wait for a person."""
    page = await trace.runs_of(
        system, actor, app, automation=automation, status=status, cursor=cursor, limit=limit
    )
    return runs_answer(page, translator)


@get("/automations/{automation:str}/runs")
async def list_automation_runs(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    status: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> RunsAnswer:
    """The runs of an automation, newest first."""
    found = (await system.catalogs.current()).automation(automation)
    page = await trace.runs_of(
        system, actor, found.app_id, automation=found.id, status=status, cursor=cursor, limit=limit
    )
    return runs_answer(page, translator)


@get("/records/{record:str}/runs")
async def list_record_runs(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    record: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 20,
) -> RunsAnswer:
    """The runs that a record set off, newest first."""
    page = await trace.runs_of_record(system, actor, record, cursor=cursor, limit=limit)
    return runs_answer(page, translator)


@get("/runs/{run:str}")
async def read_run(
    system: TheSystem, actor: TheActor, translator: TheTranslator, run: FromPath[str]
) -> RunAnswer:
    """A run: each step with what went in and came out, messages with their answers, records it changed."""
    return run_answer(await trace.run_trace(system, actor, run), translator)


@post("/runs/{run:str}/retry", status_code=HTTP_204_NO_CONTENT)
async def retry_run(
    system: TheSystem, actor: TheActor, run: FromPath[str], newest: FromQuery[bool] = False
) -> None:
    """Try a failed run again from its failed step on, by the version it began with, or with ``newest=true`` by the one
    that is published now; wake a waiting one."""
    await remedies.retry(system, actor, run, newest=newest)


@post("/runs/{run:str}/skip", status_code=HTTP_204_NO_CONTENT)
async def skip_step(system: TheSystem, actor: TheActor, run: FromPath[str]) -> None:
    """Pass over the failed step and go on behind it."""
    await remedies.skip(system, actor, run)


@post("/runs/{run:str}/handled", status_code=HTTP_204_NO_CONTENT)
async def mark_run_handled(system: TheSystem, actor: TheActor, run: FromPath[str]) -> None:
    """Note that somebody has taken care of a failed run."""
    await remedies.mark_handled(system, actor, run)


@post("/automations/{automation:str}/retry", status_code=HTTP_200_OK)
async def retry_failed_runs(
    system: TheSystem, actor: TheActor, automation: FromPath[str], newest: FromQuery[bool] = False
) -> RetriedAnswer:
    """Try all failed runs of an automation again, at most 1000."""
    return RetriedAnswer(await remedies.retry_all(system, actor, automation, newest=newest))


@post("/automations/{automation:str}/test", status_code=HTTP_200_OK)
async def test_automation(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    data: JSONBody[TestOrder],
) -> RehearsalAnswer:
    """Carry an automation out on a record without lasting effects: nothing is stored, nothing is sent."""
    found = await rehearsal.rehearse(system, actor, automation, data.record, data.definition, data.given)
    return rehearsal_answer(found, translator)


ROUTES = (
    list_runs,
    list_automation_runs,
    list_record_runs,
    read_run,
    retry_run,
    skip_step,
    mark_run_handled,
    retry_failed_runs,
    test_automation,
)
