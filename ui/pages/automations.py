"""The editor of an automation ``/automations/{automation}``, and the dialog that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Response, Template

from builder import automation_versions, automations, connectors
from builder.api.automation_versions import draft_body, draft_seen
from builder.automation_health import Ailing, ailing
from builder.wire import definition_json, field_json
from runtime.access import Operation, allowed, require
from runtime.api.automation_care import pause_body, statistics_body
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.automations import connections, pauses, statistics
from runtime.automations.attention import run_counts, waiting_for_people
from runtime.automations.steps import KINDS
from runtime.catalog import App, Automation, Table
from runtime.connectors import connector_kinds
from runtime.definitions import triggers as defs
from runtime.definitions.automations import AutomationDef, Trigger, trigger_table
from runtime.definitions.schedules import Daily
from runtime.errors import HuobiaoError
from runtime.i18n import N_, Translator
from runtime.system import System
from ui.pages import shell
from ui.pages.context import Crumb
from ui.pages.forms import Problems

_ICONS = {kind.id: kind.icon for kind in connector_kinds()}


@dataclass(frozen=True, kw_only=True)
class AutomationPage:
    """What ``automations/automation.html`` shows before its island takes over; ``data`` is for the island (see
    ``ui/islands/automation/types.ts``, ``PageData``).
    """

    name: str
    steps: int
    data: dict[str, Any]


def table_data(table: Table) -> dict[str, Any]:
    """A table as the islands of automations need it."""
    return {
        "id": table.id,
        "name": table.name,
        "icon": table.definition.icon or "table",
        "primary": table.primary.id if table.primary else None,
        "fields": [field_json(field) for field in table.fields],
    }


def kinds_data(translator: Translator) -> list[dict[str, Any]]:
    """The kinds of steps in the reader's language."""
    text = translator.gettext
    return [
        {
            "id": kind.id,
            "name": text(kind.name),
            "description": text(kind.description),
            "icon": kind.icon,
            "outcomes": [{"key": one.key, "label": text(one.label)} for one in kind.outcomes],
            "outputs": [{"key": one.key, "label": text(one.label), "type": one.type} for one in kind.outputs],
        }
        for kind in KINDS
    ]


async def _connectors(
    system: System, actor: TheActor, app: App, translator: Translator
) -> list[dict[str, Any]]:
    """The app's connectors; where messages go only for those who may build."""
    if not allowed(actor, Operation.BUILD, app.id):
        return [
            {**msgspec.structs.asdict(one), "icon": _ICONS.get(one.kind, "plug")}
            for one in await connections.names(system.db, app.number)
        ]
    return [
        {
            "id": info.id,
            "kind": info.kind,
            "name": info.name,
            "icon": info.icon,
            "status": info.status,
            "message": info.message.text(translator) if info.message else None,
            "shown": info.shown,
            "settings": info.settings,
            "filled": list(info.filled),
        }
        for info in await connectors.list_of(system, actor, app.id)
    ]


async def _care(
    system: System, actor: TheActor, app: App, found: Automation, translator: Translator
) -> dict[str, Any]:
    """The draft, how many versions there are, what else can be run, and whether something is paused."""
    draft = await draft_seen(system, actor, found)
    known = await automation_versions.versions_of(system, actor, found.id, limit=1)
    paused = await pauses.of_app(system.db, app.number, [found.number])
    ids = {found.number: found.id, app.number: app.id}
    shown = [pause_body(one, ids.get(number), translator) for (_, number), one in paused.items()]
    return {
        "draft": msgspec.to_builtins(await draft_body(system, found.id, draft, translator)),
        "published": known[0].number if known else 0,
        "automations": [
            {"id": one.id, "name": one.definition.name, "table": trigger_table(one.definition.trigger)}
            for one in app.automations
            if one.id != found.id
        ],
        "pause": msgspec.to_builtins(shown[0]) if shown else None,
    }


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """What ``automations/overview.html`` shows before its island takes over; ``data`` is for the island."""

    count: int
    data: dict[str, Any]


@get("/a/{app:str}/automations")
async def automations_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
) -> Template:
    """All automations of an app: how often they ran and failed, how long they took, what is paused."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, found.id)
    title = translator.gettext(N_("自动化概况"))
    frame = await shell.build(
        system,
        actor,
        request,
        app=found,
        current=f"/a/{found.id}/automations",
        crumbs=(Crumb(name=title, icon="activity"),),
    )
    counted = await statistics.of_app(system, actor, found.id)
    failed = await waiting_for_people(system.db, found)
    ill = {one.automation.id: one for one in await ailing(system, await system.catalogs.current(), found)}
    ids = {a.number: a.id for a in found.automations}
    paused = await pauses.of_app(system.db, found.number, list(ids))
    data = {
        "app": found.id,
        "name": found.name,
        "automations": [
            {
                "id": one.id,
                "name": one.definition.name,
                "enabled": one.definition.enabled,
                "failed": failed.get(one.id, 0),
                "trouble": _trouble(ill[one.id], translator) if one.id in ill else None,
                "statistics": msgspec.to_builtins(statistics_body(counted[one.id])),
            }
            for one in found.automations
        ],
        "pauses": [
            msgspec.to_builtins(pause_body(one, found.id if scope == "app" else ids.get(number), translator))
            for (scope, number), one in paused.items()
        ],
        "can_build": allowed(actor, Operation.BUILD, found.id),
        "can_pause_all": actor.everywhere == "owner",
    }
    page = OverviewPage(count=len(found.automations), data=data)
    return Template("automations/overview.html", context={"shell": frame, "page": page})


def _trouble(one: Ailing, translator: Translator) -> dict[str, Any]:
    """What is wrong with an automation that cannot do its work, and where it is mended."""
    return {
        "stopped": one.stopped,
        "href": one.address,
        "problems": [problem.message.text(translator) for problem in one.problems],
    }


@get("/automations/{automation:str}")
async def automation_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
) -> Template:
    """An automation: its flow, and the form of the step named in ``?step=``."""
    catalog = await system.catalogs.current()
    found = catalog.automation(automation)
    app = catalog.app(found.app_id)
    require(actor, Operation.LOOK, app.id)
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=found.id,
        crumbs=(Crumb(name=found.definition.name, icon="zap"),),
    )
    runs, failed = await run_counts(system.db, found.number)
    care = await _care(system, actor, app, found, translator)
    definition = definition_json(found)
    ill = [one for one in await ailing(system, catalog, app) if one.automation.id == found.id]
    named = msgspec.json.encode([definition, care]).decode()
    page = AutomationPage(
        name=found.definition.name,
        steps=len(found.definition.steps),
        data={
            "automation": definition,
            "app": app.id,
            "people": [
                {"id": one.id, "name": one.name, "gone": one.gone}
                for one in app.people.people
                if not one.gone or one.id in named
            ],
            "tables": [table_data(table) for table in app.tables],
            "forms": [
                {"id": one.id, "name": one.definition.name, "table": one.definition.table}
                for one in app.forms
            ],
            "stocks": [{"id": stock.id, "name": stock.definition.name} for stock in app.stocks],
            "connectors": await _connectors(system, actor, app, translator),
            "kinds": kinds_data(translator),
            "can_build": allowed(actor, Operation.BUILD, app.id),
            "runs": runs,
            "failed": failed,
            "trouble": _trouble(ill[0], translator) if ill else None,
            **care,
        },
    )
    return Template("automations/automation.html", context={"shell": frame, "page": page})


class NewAutomation(msgspec.Struct):
    """The form of the dialog: ``kind`` of trigger and ``table``."""

    name: str = ""
    kind: str = ""
    table: str = ""


@dataclass(frozen=True, kw_only=True)
class NewAutomationDialog:
    """What ``automations/new.html`` shows. ``tables`` and ``kinds`` are (value, label) pairs."""

    app: str
    form: NewAutomation
    tables: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    problems: Problems


KIND_NAMES = {
    "record_created": N_("新建记录时"),
    "record_updated": N_("修改记录时"),
    "conditions_met": N_("开始符合条件时"),
    "record_deleted": N_("删除记录时"),
    "record_restored": N_("恢复记录时"),
    "state_moved": N_("状态流转时"),
    "state_entered": N_("进入状态时"),
    "state_left": N_("离开状态时"),
    "state_overdue": N_("停留太久时"),
    "schedule": N_("按计划"),
    "date_reached": N_("日期字段到时间"),
    "button": N_("按按钮时"),
    "manual": N_("手动运行"),
    "form_submitted": N_("提交表单时"),
    "webhook": N_("收到推送时"),
}
_OF_STATES: dict[str, Callable[[str, str], Trigger]] = {
    "state_moved": defs.StateMoved,
    "state_entered": defs.StateEntered,
    "state_left": defs.StateLeft,
    "state_overdue": defs.StateOverdue,
}
_OF_TABLES: dict[str, Callable[[str], Trigger]] = {
    "record_updated": defs.RecordUpdated,
    "conditions_met": defs.ConditionsMet,
    "record_deleted": defs.RecordDeleted,
    "record_restored": defs.RecordRestored,
    "button": defs.ButtonPressed,
    "manual": defs.Manual,
}


def _guess(app: App) -> NewAutomation:
    """A state machine of the app if it has one, else its first table."""
    for table in app.tables:
        if any(field.machine for field in table.fields):
            return NewAutomation(kind="state_moved", table=table.id)
    return NewAutomation(kind="record_created", table=app.tables[0].id if app.tables else "")


def _trigger(app: App, form: NewAutomation) -> Trigger:
    """A trigger of the kind that was chosen; what it asks for beyond is guessed, and filled in on the page."""
    table = next((table for table in app.tables if table.id == form.table), None)
    fields = table.fields if table else ()
    if form.kind == "schedule":
        return defs.Scheduled(Daily(("09:00",)))
    if form.kind == "webhook":
        return defs.Webhook()
    if form.kind == "form_submitted":
        first = next((one for one in app.forms if one.definition.table == form.table), None)
        return defs.FormSubmitted(first.id if first else "", form.table)
    if form.kind == "date_reached":
        dates = [field for field in fields if field.type in ("date", "datetime")]
        return defs.DateReached(form.table, dates[0].id if dates else "", at="09:00")
    if form.kind in _OF_STATES:
        selects = [field for field in fields if field.type == "single_select"]
        field = next((f for f in selects if f.machine), selects[0] if selects else None)
        return _OF_STATES[form.kind](form.table, field.id if field else "")
    return _OF_TABLES.get(form.kind, defs.RecordCreated)(form.table)


@get("/a/{app:str}/automations/new")
async def new_automation_dialog(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str]
) -> Template:
    """The dialog that asks for a name, a table, and what sets it off."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    return _dialog(found, _guess(found), Problems(), translator, 200)


@post("/a/{app:str}/automations/new")
async def create_automation_page(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    data: Annotated[NewAutomation, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Response[None]:
    """Make it, switched off, and go there."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    try:
        made = await automations.create(
            system, actor, app, AutomationDef(name=data.name, trigger=_trigger(found, data))
        )
    except HuobiaoError as error:
        first = (error.problems or [error.as_problem()])[0]
        return _dialog(found, data, Problems({"name": first.message.text(translator)}), translator, 422)
    return Response(None, status_code=204, headers={"HX-Redirect": f"/automations/{made.id}?step=trigger"})


def _dialog(
    app: App, form: NewAutomation, problems: Problems, translator: Translator, status: int
) -> Template:
    dialog = NewAutomationDialog(
        app=app.id,
        form=form,
        tables=tuple((table.id, table.name) for table in app.tables),
        kinds=tuple((kind, translator.gettext(name)) for kind, name in KIND_NAMES.items()),
        problems=problems,
    )
    return Template("automations/new.html", context={"dialog_data": dialog}, status_code=status)


ROUTES = (automation_page, automations_page, new_automation_dialog, create_automation_page)
