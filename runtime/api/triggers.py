"""What triggers need beside their definition: addresses of webhooks, starting by hand, the next moments of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED

from runtime.access import Operation, require
from runtime.api.automations import FailureBody, failure_body
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment
from runtime.automations import hooks, manual, schedules
from runtime.definitions.schedules import Plan
from runtime.definitions.triggers import Scheduled
from runtime.errors import InvalidInput
from runtime.i18n import N_


class HookBody(msgspec.Struct, frozen=True, kw_only=True):
    """An automation's address. ``exists`` false: none was made yet. ``sample``: ``{headers, body}`` of the latest call while
    one was waited for; ``refusal``: the code of the last refusal."""

    exists: bool
    hint: str = ""
    made_at: str | None = None
    signed: bool = False
    waiting_until: str | None = None
    sample: Any = None
    sample_at: str | None = None
    taken: int = 0
    taken_at: str | None = None
    repeated: int = 0
    refused: int = 0
    refused_at: str | None = None
    refusal: str | None = None


class AddressBody(msgspec.Struct, frozen=True):
    """The whole secret address; it is shown this once."""

    address: str


class SigningOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret that calls are signed with; without one, the product makes one."""

    secret: str | None = None


class SigningBody(msgspec.Struct, frozen=True):
    """The signing secret; it is shown this once."""

    secret: str


class ListenOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a sample is to be waited for."""

    waiting: bool


class StartOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The records to start for, at most 1000; none for an automation that has no table."""

    records: tuple[str, ...] = ()


class StartedBody(msgspec.Struct, frozen=True):
    """Runs started together; ``passed_over``: records that do not meet the condition."""

    batch: str
    runs: int
    passed_over: int


class FailedRunBody(msgspec.Struct, frozen=True):
    """A run of a batch that failed."""

    run: str
    record: str | None
    failure: FailureBody | None


class ProgressBody(msgspec.Struct, frozen=True):
    """How far runs are that were started together; ``open``: waiting or under way."""

    total: int
    open: int
    finished: int
    failed: int
    failures: tuple[FailedRunBody, ...]


class StartableBody(msgspec.Struct, frozen=True):
    """An automation that may be started by hand."""

    id: str
    name: str
    description: str


class StartablesAnswer(msgspec.Struct, frozen=True):
    """Those of a table."""

    automations: tuple[StartableBody, ...]


class PlanOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan to be looked at, in a time ``zone`` (the app's when left out)."""

    plan: Plan
    zone: str | None = None


class MomentsAnswer(msgspec.Struct, frozen=True):
    """The next moments, with the zone they are meant in."""

    moments: tuple[str, ...]
    zone: str


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def _hook(found: hooks.Hook | None) -> HookBody:
    if found is None:
        return HookBody(exists=False)
    return HookBody(
        exists=True,
        hint=found.hint,
        made_at=moment(found.made_at),
        signed=found.signed,
        waiting_until=_moment(found.waiting_until),
        sample=found.sample,
        sample_at=_moment(found.sample_at),
        taken=found.taken,
        taken_at=_moment(found.taken_at),
        repeated=found.repeated,
        refused=found.refused,
        refused_at=_moment(found.refused_at),
        refusal=found.refusal,
    )


@get("/automations/{automation:str}/hook")
async def read_hook(system: TheSystem, actor: TheActor, automation: FromPath[str]) -> HookBody:
    """The address of an automation's webhook (not the secret itself), what has come in, and the sample."""
    return _hook(await hooks.read(system, actor, automation))


@post("/automations/{automation:str}/hook", status_code=HTTP_201_CREATED, opt={"idempotent": "secret"})
async def make_hook(system: TheSystem, actor: TheActor, automation: FromPath[str]) -> AddressBody:
    """Make an address, or another one: the one before stops working at once."""
    return AddressBody(await hooks.make(system, actor, automation))


@post("/automations/{automation:str}/hook/signing", status_code=HTTP_200_OK, opt={"idempotent": "secret"})
async def sign_hook(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[SigningOrder]
) -> SigningBody:
    """Set the secret that calls are signed with."""
    return SigningBody(await hooks.sign_with(system, actor, automation, data.secret))


@post("/automations/{automation:str}/hook/listen", status_code=HTTP_200_OK)
async def listen_to_hook(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[ListenOrder]
) -> HookBody:
    """Wait for a sample for 15 minutes, or stop waiting."""
    return _hook(await hooks.listen(system, actor, automation, data.waiting))


@get("/tables/{table:str}/startable")
async def list_startable(system: TheSystem, actor: TheActor, table: FromPath[str]) -> StartablesAnswer:
    """The automations that the caller may start by hand for records of the table."""
    catalog = await system.catalogs.current()
    found = catalog.table(table)
    require(actor, Operation.LOOK, found.app_id)
    return StartablesAnswer(
        tuple(
            StartableBody(one.id, one.definition.name, one.definition.description)
            for one in manual.startable(catalog, actor, found)
        )
    )


@post("/automations/{automation:str}/start", status_code=HTTP_202_ACCEPTED)
async def start_automation(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[StartOrder]
) -> StartedBody:
    """Start an automation by hand: a run for each record."""
    done = await manual.start(system, actor, automation, data.records)
    return StartedBody(done.batch, done.runs, done.passed_over)


@get("/automations/{automation:str}/batches/{batch:str}")
async def read_batch(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    batch: FromPath[str],
) -> ProgressBody:
    """How far the runs of a batch are."""
    found = await manual.progress(system, actor, automation, batch)
    return ProgressBody(
        found.total,
        found.open,
        found.finished,
        found.failed,
        tuple(
            FailedRunBody(one.run, one.record, failure_body(one.failure, translator))
            for one in found.failures
        ),
    )


@post("/apps/{app:str}/schedule", status_code=HTTP_200_OK, opt={"idempotent": "reading"})
async def preview_schedule(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[PlanOrder]
) -> MomentsAnswer:
    """The next five moments of a plan."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    try:
        zone = schedules.zone_of(Scheduled(data.plan, data.zone), found)
        moments = schedules.upcoming(data.plan, zone, datetime.now(UTC), 5)
    except (schedules.BadPlan, OverflowError) as error:
        raise InvalidInput(N_("这个计划看不懂,检查一下"), code="bad_plan") from error
    return MomentsAnswer(tuple(moment(one) for one in moments), zone.key)


ROUTES = (
    read_hook,
    make_hook,
    sign_hook,
    listen_to_hook,
    list_startable,
    start_automation,
    read_batch,
    preview_schedule,
)
