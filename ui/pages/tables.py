"""The table page ``/t/{table}``, short addresses of records ``/r/{record}``, and the dialog that makes a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from builder.wire import table_json, view_json
from runtime import fieldtypes
from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import App, Table, View
from runtime.definitions.fields import COMPUTED_TYPES, SYSTEM_TYPES
from runtime.definitions.tables import ViewDef
from runtime.i18n import Translator
from runtime.ids import parse_record_id
from runtime.records import read
from runtime.records.imports.vocabulary import KIND_WORDS
from runtime.records.sizes import sizes
from ui.pages import shell
from ui.pages.context import Crumb

SKELETON_ROWS = 12


@dataclass(frozen=True, kw_only=True)
class TablePage:
    """What ``tables/table.html`` shows before its island takes over.

    ``table``: as the API describes it. ``view``: id of the view that is open. ``estimate``: about how many records.
    ``siblings``: the app's tables ``{id, name, icon}``, for links and their panels. ``can_edit``, ``can_build``: what this
    person may do. ``data``: all of it for the island.
    """

    table: Table
    views: tuple[View, ...]
    view: View
    estimate: int
    can_edit: bool
    can_build: bool
    data: dict[str, Any]
    skeleton: range = range(SKELETON_ROWS)


@get("/t/{table:str}")
async def table_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    view: FromQuery[str | None] = None,
) -> Template:
    """A table through one of its views (``?view=``), maybe with a record open beside it (``?record=``)."""
    catalog = await system.catalogs.current()
    found = catalog.table(table)
    app = catalog.app_of(found)
    require(actor, Operation.LOOK, app.id)
    estimate = (await sizes(system.db, [found])).get(found.id, 0)
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=found.id,
        crumbs=(Crumb(name=found.name, icon=found.definition.icon or "table", menu="table-menu"),),
    )
    page = _page(actor, app, found, view, estimate)
    return Template("tables/table.html", context={"shell": frame, "page": page})


def _page(actor: Actor, app: App, table: Table, view_id: str | None, estimate: int) -> TablePage:
    views = table.views or (_everything(table),)
    view = next((v for v in views if v.id == view_id), views[0])
    can_edit = allowed(actor, Operation.EDIT_RECORDS, app.id)
    can_build = allowed(actor, Operation.BUILD, app.id)
    data = {
        "table": table_json(actor, app, table, estimate) | {"views": [view_json(view) for view in views]},
        "siblings": [{"id": t.id, "name": t.name, "icon": t.definition.icon or "table"} for t in app.tables],
        "view": view.id,
        "person": {"id": actor.id, "name": actor.name},
        "can_edit": can_edit,
        "can_build": can_build,
    }
    return TablePage(
        table=table,
        views=views,
        view=view,
        estimate=estimate,
        can_edit=can_edit,
        can_build=can_build,
        data=data,
    )


def _everything(table: Table) -> View:
    """What is shown of a table that has lost its last view."""
    return View(
        id="", number=0, version=0, position=0.0, table_id=table.id, definition=ViewDef(name=table.name)
    )


@get("/r/{record:str}")
async def record_page(system: TheSystem, actor: TheActor, record: FromPath[str]) -> Redirect:
    """The address of a record alone: its table, with the record open."""
    table = (await system.catalogs.current()).table_by_number(parse_record_id(record)[0])
    require(actor, Operation.LOOK, table.app_id)
    await read.get(system, actor, record)
    return Redirect(f"/t/{table.id}?{urlencode({'record': record})}")


@get("/a/{app:str}/tables/new")
async def new_table_dialog(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str]
) -> Template:
    """The dialog in which a table is made with its fields."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    data = {
        "app": found.id,
        "tables": [{"id": t.id, "name": t.name, "icon": t.definition.icon or "table"} for t in found.tables],
        "types": field_kinds(translator),
        "words": KIND_WORDS,
    }
    return Template("tables/new.html", context={"data": msgspec.json.encode(data).decode()})


def field_kinds(translator: Translator) -> list[dict[str, str]]:
    """The kinds of field that a new table can begin with; computed ones need other fields first."""
    return [
        {
            "name": kind.name,
            "label": translator.gettext(kind.label),
            "icon": kind.icon,
            "description": translator.gettext(kind.description),
        }
        for kind in fieldtypes.TYPES
        if kind.name not in COMPUTED_TYPES | SYSTEM_TYPES | {"button"}
    ]


ROUTES = (table_page, record_page, new_table_dialog)
