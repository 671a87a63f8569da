"""Runs of automations: lists ``/a/{app}/runs`` and ``/automations/{automation}/runs``, the trace ``/runs/{run}``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from builder.wire import field_json
from runtime.access import Operation, allowed
from runtime.api.automation_care import statistics_body
from runtime.api.automations import run_answer, runs_answer
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.automations import statistics, trace
from runtime.catalog import App, Automation
from runtime.i18n import N_
from ui.http.language import provide_reader
from ui.pages import shell
from ui.pages.automations import kinds_data
from ui.pages.context import Crumb

STATUSES = ("failed", "finished", "waiting", "running", "queued", "held", "handled")


@dataclass(frozen=True, kw_only=True)
class RunsPage:
    """What ``automations/runs.html`` and ``run.html`` show before their island takes over; ``data`` is for the island."""

    title: str
    data: dict[str, Any]


async def _list(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: App,
    automation: Automation | None,
    status: str | None,
) -> Template:
    wanted = status if status in STATUSES else None
    page = await trace.runs_of(
        system, actor, app.id, automation=automation.id if automation else None, status=wanted
    )
    title = provide_reader(request).text(N_("运行记录"))
    crumbs = [Crumb(name=title, icon="history")]
    if automation is not None:
        crumbs.insert(0, Crumb(name=automation.definition.name, href=f"/automations/{automation.id}"))
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=automation.id if automation else f"/a/{app.id}/runs",
        crumbs=tuple(crumbs),
    )
    data = {
        "app": app.id,
        "automation": automation.id if automation else None,
        "automations": [{"id": one.id, "name": one.definition.name} for one in app.automations],
        "status": wanted,
        "page": msgspec.to_builtins(runs_answer(page, translator)),
        "can_edit": allowed(actor, Operation.EDIT_RECORDS, app.id),
        "statistics": (
            msgspec.to_builtins(statistics_body(await statistics.of_automation(system, actor, automation.id)))
            if automation is not None
            else None
        ),
    }
    return Template(
        "automations/runs.html", context={"shell": frame, "page": RunsPage(title=title, data=data)}
    )


@get("/a/{app:str}/runs")
async def app_runs_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    status: FromQuery[str | None] = None,
) -> Template:
    """All runs of an app; ``?status=failed`` those that wait for a person."""
    found = (await system.catalogs.current()).app(app)
    return await _list(request, system, actor, translator, found, None, status)


@get("/automations/{automation:str}/runs")
async def automation_runs_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    status: FromQuery[str | None] = None,
) -> Template:
    """The runs of an automation."""
    catalog = await system.catalogs.current()
    found = catalog.automation(automation)
    return await _list(request, system, actor, translator, catalog.app(found.app_id), found, status)


@get("/runs/{run:str}")
async def run_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    run: FromPath[str],
) -> Template:
    """What a run did, step by step."""
    catalog = await system.catalogs.current()
    found = await trace.run_trace(system, actor, run)
    app = catalog.app(found.app)
    title = provide_reader(request).text(N_("一次运行"))
    list_address = (
        f"/automations/{found.run.automation}/runs" if found.run.automation else f"/a/{app.id}/runs"
    )
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=found.run.automation or "",
        crumbs=(
            Crumb(name=found.run.automation_name, href=list_address),
            Crumb(name=found.run.record_name or title, icon="history"),
        ),
    )
    data = {
        "answer": msgspec.to_builtins(run_answer(found, translator)),
        "kinds": kinds_data(translator),
        "tables": [
            {"id": t.id, "name": t.name, "fields": [field_json(f) for f in t.fields]} for t in app.tables
        ],
        "can_edit": allowed(actor, Operation.EDIT_RECORDS, app.id),
        "list": list_address,
    }
    return Template(
        "automations/run.html", context={"shell": frame, "page": RunsPage(title=title, data=data)}
    )


ROUTES = (app_runs_page, automation_runs_page, run_page)
