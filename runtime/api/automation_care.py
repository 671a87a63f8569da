"""Looking after automations over HTTP: pauses, several failed runs at once, statistics, loops, what runs did to records."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from runtime.access import Operation, require
from runtime.api.automations import FailureBody, RunBody, StepBody, failure_body, run_body, step_body
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment
from runtime.automations import effects, pauses, remedies, statistics, timeline, trace_items
from runtime.i18n import Translator


class PauseOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``pause``: nothing new begins. ``drain``: what is queued is still run. null: go on; what was held begins."""

    mode: Literal["pause", "drain"] | None


class PauseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A pause: of everything, the app, or an automation (``id``). ``by``: empty when the engine did, for ``reason``.
    ``held``: runs that wait for its end."""

    scope: str
    id: str | None
    mode: str
    since: str
    by: str
    reason: str
    held: int


class PausesAnswer(msgspec.Struct, frozen=True):
    """The pauses that concern an app."""

    pauses: tuple[PauseBody, ...]


class RemedyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to do about failed runs: those named, or all of an automation, or all of the app; at most 1000 at once."""

    remedy: Literal["retry", "retry_newest", "skip", "handled"]
    runs: list[str] | None = None
    automation: str | None = None


class RemedyAnswer(msgspec.Struct, frozen=True):
    """How many were changed, and how many were not failed any more or had nothing to skip."""

    done: int
    passed: int


class DayBody(msgspec.Struct, frozen=True, kw_only=True):
    """A day's runs; seconds that half and 95 % of the ended ones took at most."""

    day: str
    runs: int
    failed: int
    p50: float | None
    p95: float | None


class StatisticsBody(msgspec.Struct, frozen=True, kw_only=True):
    """The last 30 days of an automation, days without runs left out."""

    days: tuple[DayBody, ...]
    runs: int
    failed: int
    last_run: str | None


class AppStatistics(msgspec.Struct, frozen=True):
    """By automation."""

    automations: dict[str, StatisticsBody]


class ItemBody(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a loop, with its steps."""

    number: int
    record: str | None
    name: str
    status: str
    steps: tuple[StepBody, ...]


class ItemsAnswer(msgspec.Struct, frozen=True):
    """Items of a loop that were begun; ``next_after`` continues, null at the end."""

    items: tuple[ItemBody, ...]
    next_after: int | None


class FieldEffectBody(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a run changed, as text; ``later``: changed again since."""

    field: str
    name: str
    before: str
    after: str
    later: bool


class EffectBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did to a record: created, deleted, restored, changed, stock. ``why_not``: why it cannot be taken back."""

    id: str
    name: str
    table: str
    table_name: str
    kind: str
    fields: tuple[FieldEffectBody, ...]
    why_not: str | None


class EffectsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did. ``messages``: that have left for good; ``more``: there is more than is listed; ``reverted``: it was
    taken back before."""

    records: tuple[EffectBody, ...]
    messages: int
    more: bool
    reverted: bool


class LeftBody(msgspec.Struct, frozen=True):
    """A record that was left as it is, and why."""

    id: str
    name: str
    why: str


class RevertedAnswer(msgspec.Struct, frozen=True):
    """How many records are as they were before the run, and what was left."""

    done: int
    left: tuple[LeftBody, ...]


class MessageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a run; ``at``: when it left, or was queued."""

    run: str
    connector: str
    status: str
    at: str
    message: Any
    answer: Any
    failure: FailureBody | None


class ActivityAnswer(msgspec.Struct, frozen=True):
    """The newest runs that a record set off, and their messages with the receivers' answers."""

    runs: tuple[RunBody, ...]
    messages: tuple[MessageBody, ...]


@get("/records/{record:str}/activity")
async def record_activity(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    record: FromPath[str],
    limit: FromQuery[int] = 50,
) -> ActivityAnswer:
    """What automations did for a record, beside its history."""
    found = await timeline.of_record(system, actor, record, limit=limit)
    return ActivityAnswer(
        tuple(run_body(run, translator) for run in found.runs),
        tuple(
            MessageBody(
                run=one.run,
                connector=one.connector,
                status=one.status,
                at=moment(one.at),
                message=one.message,
                answer=one.answer,
                failure=failure_body(one.failure, translator),
            )
            for one in found.messages
        ),
    )


@put("/automations/{automation:str}/pause", status_code=HTTP_204_NO_CONTENT)
async def pause_automation(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[PauseOrder]
) -> None:
    """Pause or drain an automation, or let it go on. Nothing is lost: its runs are held and begin afterwards."""
    await pauses.pause(system, actor, "automation", automation, data.mode)


@put("/apps/{app:str}/automations/pause", status_code=HTTP_204_NO_CONTENT)
async def pause_app(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[PauseOrder]
) -> None:
    """The same for all automations of an app."""
    await pauses.pause(system, actor, "app", app, data.mode)


@put("/automations/pause", status_code=HTTP_204_NO_CONTENT)
async def pause_all(system: TheSystem, actor: TheActor, data: JSONBody[PauseOrder]) -> None:
    """The same for the whole installation; for its owner."""
    await pauses.pause(system, actor, "all", None, data.mode)


@get("/apps/{app:str}/automations/pauses")
async def list_pauses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str]
) -> PausesAnswer:
    """What is paused in an app: automations, all of it, or the whole installation."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, found.id)
    ids = {a.number: a.id for a in found.automations}
    known = await pauses.of_app(system.db, found.number, list(ids))
    return PausesAnswer(
        tuple(
            pause_body(one, found.id if scope == "app" else ids.get(number), translator)
            for (scope, number), one in known.items()
        )
    )


def pause_body(one: pauses.Pause, public_id: str | None, translator: Translator) -> PauseBody:
    """A pause in the caller's language."""
    return PauseBody(
        scope=one.scope,
        id=public_id,
        mode=one.mode,
        since=moment(one.since),
        by=one.by,
        reason=one.reason.text(translator) if one.reason else "",
        held=one.held,
    )


@post("/apps/{app:str}/runs/remedy", status_code=HTTP_200_OK)
async def remedy_runs(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[RemedyOrder]
) -> RemedyAnswer:
    """Retry, skip the failed step of, or mark as handled several failed runs."""
    done = await remedies.many(system, actor, app, data.remedy, chosen=data.runs, automation=data.automation)
    return RemedyAnswer(done.done, done.passed)


@get("/automations/{automation:str}/statistics")
async def automation_statistics(
    system: TheSystem, actor: TheActor, automation: FromPath[str]
) -> StatisticsBody:
    """How often it ran, failed, and how long it took, by day."""
    return statistics_body(await statistics.of_automation(system, actor, automation))


@get("/apps/{app:str}/automations/statistics")
async def app_statistics(system: TheSystem, actor: TheActor, app: FromPath[str]) -> AppStatistics:
    """The same of all automations of an app."""
    found = await statistics.of_app(system, actor, app)
    return AppStatistics({key: statistics_body(one) for key, one in found.items()})


def statistics_body(found: statistics.Statistics) -> StatisticsBody:
    """Statistics on the wire."""
    return StatisticsBody(
        days=tuple(
            DayBody(day=d.day.isoformat(), runs=d.runs, failed=d.failed, p50=d.p50, p95=d.p95)
            for d in found.days
        ),
        runs=found.runs,
        failed=found.failed,
        last_run=moment(found.last_run) if found.last_run else None,
    )


@get("/runs/{run:str}/items")
async def loop_items(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    run: FromPath[str],
    path: FromQuery[str],
    after: FromQuery[int] = 0,
    failed: FromQuery[bool] = False,
    limit: FromQuery[int] = 20,
) -> ItemsAnswer:
    """What the loop at ``path`` did for each item; ``failed=true``: only items with a failed step."""
    found = await trace_items.items_of_loop(system, actor, run, path, after=after, failed=failed, limit=limit)
    return ItemsAnswer(
        tuple(
            ItemBody(
                number=one.number,
                record=one.record,
                name=one.name,
                status=one.status,
                steps=tuple(step_body(step, translator) for step in one.steps),
            )
            for one in found
        ),
        found[-1].number if len(found) >= limit else None,
    )


@get("/runs/{run:str}/effects")
async def run_effects(
    system: TheSystem, actor: TheActor, translator: TheTranslator, run: FromPath[str]
) -> EffectsAnswer:
    """What a run did to records, and what of it could be taken back."""
    found = await effects.effects_of(system, actor, run)
    return EffectsAnswer(
        records=tuple(_effect(one, translator) for one in found.records),
        messages=found.messages,
        more=found.more,
        reverted=found.reverted,
    )


def _effect(one: effects.Effect, translator: Translator) -> EffectBody:
    body: dict[str, Any] = msgspec.structs.asdict(one)
    body["fields"] = tuple(FieldEffectBody(**msgspec.structs.asdict(part)) for part in one.fields)
    body["why_not"] = one.why_not.text(translator) if one.why_not else None
    return EffectBody(**body)


@post("/runs/{run:str}/revert", status_code=HTTP_200_OK)
async def revert_run(
    system: TheSystem, actor: TheActor, translator: TheTranslator, run: FromPath[str]
) -> RevertedAnswer:
    """Take back what a run did to records. What somebody has changed since is left; messages have left."""
    done = await effects.revert(system, actor, run)
    return RevertedAnswer(
        done.done, tuple(LeftBody(key, name, why.text(translator)) for key, name, why in done.left)
    )


ROUTES = (
    record_activity,
    pause_automation,
    pause_app,
    pause_all,
    list_pauses,
    remedy_runs,
    automation_statistics,
    app_statistics,
    loop_items,
    run_effects,
    revert_run,
)
