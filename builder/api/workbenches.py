"""``/apps/{app}/workbenches`` and ``/workbenches/{workbench}``: definitions."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import workbenches
from builder.api.shapes import DefinitionBody, Json, Order, taken
from builder.validation import Problems
from builder.wire import definition_json
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.workbenches.lookup import Card


class WorkbenchesAnswer(msgspec.Struct, frozen=True):
    """The workbenches of an app, in their order."""

    workbenches: tuple[Json, ...]


@get("/apps/{app:str}/workbenches")
async def list_workbenches(system: TheSystem, actor: TheActor, app: FromPath[str]) -> WorkbenchesAnswer:
    """The workbenches of an app."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    return WorkbenchesAnswer(tuple(definition_json(entry) for entry in found.workbenches))


@post("/apps/{app:str}/workbenches")
async def create_workbench(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: DefinitionBody
) -> Json:
    """Add a workbench; tables and fields by id or name."""
    definition = workbenches.read_definition(Problems(), data)
    return definition_json(await workbenches.create(system, actor, app, definition))


class PreviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A workbench that is still being set up: its table, part → field (or stock), further fields of the card."""

    table: str
    bindings: dict[str, str | None] = {}
    card: tuple[str, ...] = ()


class PreviewAnswer(msgspec.Struct, frozen=True):
    """The card it would show of a real record; null while the table is empty."""

    card: Card | None


@post("/workbenches/preview", status_code=HTTP_200_OK)
async def preview_workbench(system: TheSystem, actor: TheActor, data: JSONBody[PreviewBody]) -> PreviewAnswer:
    """See what a workbench will show before it is there."""
    return PreviewAnswer(await workbenches.preview(system, actor, data.table, data.bindings, data.card))


@get("/workbenches/{workbench:str}")
async def read_workbench(system: TheSystem, actor: TheActor, workbench: FromPath[str]) -> Json:
    """One workbench."""
    found = (await system.catalogs.current()).workbench(workbench)
    require(actor, Operation.LOOK, found.app_id)
    return definition_json(found)


@patch("/workbenches/{workbench:str}")
async def update_workbench(
    system: TheSystem, actor: TheActor, workbench: FromPath[str], data: DefinitionBody
) -> Json:
    """Change a workbench: the keys given, each as a whole. With ``version``, refused when it has moved on since."""
    changes, version = taken(data)
    return definition_json(await workbenches.update(system, actor, workbench, changes, version=version))


@delete("/workbenches/{workbench:str}")
async def delete_workbench(system: TheSystem, actor: TheActor, workbench: FromPath[str]) -> None:
    """Put a workbench into the trash."""
    await workbenches.delete(system, actor, workbench)


@post("/apps/{app:str}/workbenches/order", status_code=HTTP_204_NO_CONTENT)
async def order_workbenches(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[Order]
) -> None:
    """Put the workbenches of an app into this order."""
    await workbenches.reorder(system, actor, app, data.ids)


ROUTES = (
    list_workbenches,
    create_workbench,
    preview_workbench,
    read_workbench,
    update_workbench,
    delete_workbench,
    order_workbenches,
)
