"""``/tables/{table}/views`` and ``/views/{view}``."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from builder import views
from builder.api.shapes import Json, Order
from builder.views import ViewPatch
from builder.wire import view_json
from runtime.api.common import TheActor, TheSystem
from runtime.definitions.tables import ViewDef


@post("/tables/{table:str}/views")
async def create_view(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[ViewDef]
) -> Json:
    """Add a view: ``{id, version, name, type, columns, where, sorts, groups, row_height}``."""
    return view_json(await views.create(system, actor, table, data))


@patch("/views/{view:str}")
async def update_view(
    system: TheSystem,
    actor: TheActor,
    view: FromPath[str],
    data: JSONBody[ViewPatch],
    version: Annotated[
        int | None, QueryParameter(description="Refuse if the view has moved on since")
    ] = None,
) -> Json:
    """Change a view."""
    return view_json(await views.update(system, actor, view, data, version=version))


@post("/views/{view:str}/duplicate")
async def duplicate_view(system: TheSystem, actor: TheActor, view: FromPath[str]) -> Json:
    """A copy of a view under a free name."""
    return view_json(await views.duplicate(system, actor, view))


@delete("/views/{view:str}")
async def delete_view(system: TheSystem, actor: TheActor, view: FromPath[str]) -> None:
    """Put a view into the trash; the last one stays."""
    await views.delete(system, actor, view)


@post("/tables/{table:str}/views/order", status_code=HTTP_204_NO_CONTENT)
async def order_views(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[Order]
) -> None:
    """Put the views of a table into this order."""
    await views.reorder(system, actor, table, data.ids)


ROUTES = (create_view, update_view, duplicate_view, delete_view, order_views)
