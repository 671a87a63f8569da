"""The dashboard page ``/d/{dashboard}`` and the dialog that makes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Response, Template

from builder import dashboards
from builder.wire import definition_json, field_json
from runtime.access import Operation, allowed, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import Table
from runtime.definitions.dashboards import DashboardDef
from runtime.errors import HuobiaoError
from ui.pages import shell
from ui.pages.context import Crumb
from ui.pages.forms import Problems


@dataclass(frozen=True, kw_only=True)
class DashboardPage:
    """What ``dashboards/dashboard.html`` shows before its island takes over; ``data`` is for the island:
    ``{dashboard, tables: [{id, name, icon, fields}], can_build}``.
    """

    name: str
    can_build: bool
    widgets: int
    data: dict[str, Any]


def _table(table: Table) -> dict[str, Any]:
    return {
        "id": table.id,
        "name": table.name,
        "icon": table.definition.icon or "table",
        "fields": [field_json(field) for field in table.fields],
    }


@get("/d/{dashboard:str}")
async def dashboard_page(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, dashboard: FromPath[str]
) -> Template:
    """A dashboard, live."""
    catalog = await system.catalogs.current()
    found = catalog.dashboard(dashboard)
    app = catalog.app(found.app_id)
    require(actor, Operation.LOOK, app.id)
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=found.id,
        crumbs=(Crumb(name=found.definition.name, icon="layout-dashboard"),),
    )
    can_build = allowed(actor, Operation.BUILD, app.id)
    page = DashboardPage(
        name=found.definition.name,
        can_build=can_build,
        widgets=len(found.definition.widgets),
        data={
            "dashboard": definition_json(found),
            "tables": [_table(table) for table in app.tables],
            "can_build": can_build,
            "app": app.id,
        },
    )
    return Template("dashboards/dashboard.html", context={"shell": frame, "page": page})


class NewDashboard(msgspec.Struct):
    """The form of the dialog."""

    name: str = ""


@get("/a/{app:str}/dashboards/new")
async def new_dashboard_dialog(system: TheSystem, actor: TheActor, app: FromPath[str]) -> Template:
    """The dialog that asks for a name."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    return _dialog(app, "", Problems(), 200)


@post("/a/{app:str}/dashboards/new")
async def create_dashboard_page(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    data: Annotated[NewDashboard, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Response[None]:
    """Make it and go there."""
    try:
        made = await dashboards.create(system, actor, app, DashboardDef(name=data.name))
    except HuobiaoError as error:
        sentences = {"name": (error.problems or [error.as_problem()])[0].message.text(translator)}
        return _dialog(app, data.name, Problems(sentences), 422)
    return Response(None, status_code=204, headers={"HX-Redirect": f"/d/{made.id}?edit=1"})


def _dialog(app: str, name: str, problems: Problems, status: int) -> Template:
    context = {"app": app, "name": name, "problems": problems}
    return Template("dashboards/new.html", context=context, status_code=status)


ROUTES = (dashboard_page, new_dashboard_dialog, create_dashboard_page)
