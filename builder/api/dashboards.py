"""``/apps/{app}/dashboards`` and ``/dashboards/{dashboard}``: definitions."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from builder import dashboards
from builder.api.shapes import DefinitionBody, Json, Order, taken
from builder.validation import Problems
from builder.wire import definition_json
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem


class DashboardsAnswer(msgspec.Struct, frozen=True):
    """The dashboards of an app, in their order."""

    dashboards: tuple[Json, ...]


@get("/apps/{app:str}/dashboards")
async def list_dashboards(system: TheSystem, actor: TheActor, app: FromPath[str]) -> DashboardsAnswer:
    """The dashboards of an app."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    return DashboardsAnswer(tuple(definition_json(entry) for entry in found.dashboards))


@post("/apps/{app:str}/dashboards")
async def create_dashboard(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: DefinitionBody
) -> Json:
    """Add a dashboard; tables and fields by id or name."""
    definition = dashboards.read_definition(Problems(), data)
    return definition_json(await dashboards.create(system, actor, app, definition))


@get("/dashboards/{dashboard:str}")
async def read_dashboard(system: TheSystem, actor: TheActor, dashboard: FromPath[str]) -> Json:
    """One dashboard."""
    found = (await system.catalogs.current()).dashboard(dashboard)
    require(actor, Operation.LOOK, found.app_id)
    return definition_json(found)


@patch("/dashboards/{dashboard:str}")
async def update_dashboard(
    system: TheSystem, actor: TheActor, dashboard: FromPath[str], data: DefinitionBody
) -> Json:
    """Change a dashboard: the keys given, each as a whole. With ``version``, refused when it has moved on since."""
    changes, version = taken(data)
    return definition_json(await dashboards.update(system, actor, dashboard, changes, version=version))


@delete("/dashboards/{dashboard:str}")
async def delete_dashboard(system: TheSystem, actor: TheActor, dashboard: FromPath[str]) -> None:
    """Put a dashboard into the trash."""
    await dashboards.delete(system, actor, dashboard)


@post("/apps/{app:str}/dashboards/order", status_code=HTTP_204_NO_CONTENT)
async def order_dashboards(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[Order]
) -> None:
    """Put the dashboards of an app into this order."""
    await dashboards.reorder(system, actor, app, data.ids)


ROUTES = (
    list_dashboards,
    create_dashboard,
    read_dashboard,
    update_dashboard,
    delete_dashboard,
    order_dashboards,
)
