"""Bringing files in: the wizard ``/a/{app}/import``, and the page of one import, ``/imports/{job}``."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from builder import import_list, imports
from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import App
from runtime.i18n import N_, Translator
from runtime.system import System
from ui.pages.context import Crumb, Shell
from ui.pages.shell import build as build_shell
from ui.pages.tables import field_kinds

# a column becomes a field of one of these; links need a table to point at and are filled where they exist already
_NOT_FROM_FILES = frozenset({"link"})


@get("/imports/new", include_in_schema=False)
async def new_import_page(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, translator: TheTranslator
) -> Template | Redirect:
    """The wizard before an app is chosen; where there is only one, it is that one."""
    catalog = await system.catalogs.current()
    apps = [app for app in catalog.apps if allowed(actor, Operation.EDIT_RECORDS, app.id)]
    if len(apps) == 1:
        return Redirect(f"/a/{apps[0].id}/import", status_code=303)
    frame = await build_shell(system, actor, request, crumbs=(_crumb(translator),))
    data = _data(system, translator, None) | {
        "apps": [{"id": app.id, "name": app.name, "icon": app.definition.icon} for app in apps],
        "can_build": True,
    }
    return _page(frame, data)


@get("/a/{app:str}/import", include_in_schema=False)
async def import_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    table: FromQuery[str] = "",
) -> Template:
    """The wizard from its first step; ``?table=`` names the table the file is meant for."""
    catalog = await system.catalogs.current()
    found = catalog.app(app)
    require(actor, Operation.EDIT_RECORDS, found.id)
    target = next((t for t in found.tables if t.id == table), None)
    frame = await build_shell(
        system, actor, request, app=found, current=target.id if target else "", crumbs=(_crumb(translator),)
    )
    data = _data(system, translator, found) | await _of_app(system, actor, found)
    return _page(frame, data | {"table": target.id if target else None})


@get("/t/{table:str}/import", include_in_schema=False)
async def table_import_page(system: TheSystem, table: FromPath[str]) -> Redirect:
    """A table's own way into the wizard."""
    found = (await system.catalogs.current()).table(table)
    return Redirect(f"/a/{found.app_id}/import?table={found.id}", status_code=303)


@get("/imports/{job:str}", include_in_schema=False)
async def job_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    job: FromPath[str],
) -> Template:
    """An import that was begun: the mapping while it is a draft, else how far it is and what was left out."""
    draft = await imports.draft(system, actor, job)
    app = (await system.catalogs.current()).app(draft.app)
    crumbs = (
        Crumb(name=translator.gettext(N_("导入")), href=f"/a/{app.id}/import"),
        Crumb(name=draft.filename),
    )
    frame = await build_shell(system, actor, request, app=app, current=draft.table or "", crumbs=crumbs)
    data = _data(system, translator, app) | await _of_app(system, actor, app)
    return _page(frame, data | {"job": draft.id, "table": draft.table})


def _crumb(translator: Translator) -> Crumb:
    return Crumb(name=translator.gettext(N_("导入")), icon="upload")


def _page(frame: Shell, data: dict[str, Any]) -> Template:
    return Template("imports/import.html", context={"shell": frame, "data": data, "job": data["job"] or ""})


def _data(system: System, translator: Translator, app: App | None) -> dict[str, Any]:
    """What the island knows at first. ``types``: the kinds a new field can have; ``max_mb``: the largest file."""
    return {
        "job": None,
        "app": {"id": app.id, "name": app.name} if app else None,
        "apps": [],
        "table": None,
        "tables": [],
        "recent": [],
        "can_build": False,
        "types": [kind for kind in field_kinds(translator) if kind["name"] not in _NOT_FROM_FILES],
        "max_mb": system.settings.max_upload_mb,
    }


async def _of_app(system: System, actor: Actor, app: App) -> dict[str, Any]:
    """What depends on the app: its tables, what this person may make, their latest imports."""
    return {
        "tables": [{"id": t.id, "name": t.name, "icon": t.definition.icon or "table"} for t in app.tables],
        "can_build": allowed(actor, Operation.BUILD, app.id),
        "recent": [
            {
                "id": one.id,
                "filename": one.filename,
                "status": one.status,
                "created": one.created,
                "failed": one.failed,
                "done": one.done,
                "total": one.total,
                "at": one.at,
                "table_name": one.table_name,
            }
            for one in await import_list.recent(system, actor, app.id)
        ],
    }


ROUTES = (new_import_page, import_page, table_import_page, job_page)
