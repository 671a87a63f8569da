"""What was deleted and can be brought back: records of a table, parts of an app, whole apps."""

from __future__ import annotations

from typing import Any, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App, Table
from runtime.i18n import N_
from runtime.records import trash as record_trash
from runtime.system import System
from ui.pages.context import Crumb
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

TheReader = NamedDependency[Reader]
Scope = Literal["records", "parts", "apps"]


def _page(shell: Any, scope: Scope, lead: str, **data: Any) -> Template:
    """``data`` is what ``<hb-trash>`` reads, beside ``scope``."""
    context = {"shell": shell, "lead": lead, "data": {"scope": scope, "days": record_trash.KEPT.days, **data}}
    return Template("trash/trash.html", context=context)


@get("/t/{table:str}/trash", include_in_schema=False)
async def records_trash_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader, table: FromPath[str]
) -> Template:
    """Deleted records of a table, for those who may bring them back."""
    catalog = await system.catalogs.current()
    found = catalog.table(table)
    app = catalog.app_of(found)
    require(actor, Operation.EDIT_RECORDS, app.id)
    crumbs = (
        Crumb(name=found.name, href=f"/t/{found.id}"),
        Crumb(name=reader.text(N_("回收站")), icon="trash-2"),
    )
    shell = await build_shell(system, actor, request, app=app, current=found.id, crumbs=crumbs)
    lead = reader.text(
        N_("「{table}」里删除的记录在这里留 {days} 天,到时自动清除"),
        table=found.name,
        days=record_trash.KEPT.days,
    )
    return _page(shell, "records", lead, table=found.id, removes=allowed(actor, Operation.BUILD, app.id))


@get("/a/{app:str}/trash", include_in_schema=False)
async def parts_trash_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader, app: FromPath[str]
) -> Template:
    """Deleted tables, fields, views, automations … of an app, and where its deleted records are."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, app)
    crumbs = (Crumb(name=reader.text(N_("回收站")), icon="trash-2"),)
    shell = await build_shell(system, actor, request, app=found, current=f"/a/{app}/trash", crumbs=crumbs)
    lead = reader.text(
        N_("这个应用里删除的数据表、字段、视图、自动化等在这里留 {days} 天,到时自动清除"),
        days=record_trash.KEPT.days,
    )
    tables = await _with_records(system, actor, found)
    return _page(shell, "parts", lead, app=app, removes=True, tables=tables)


async def _with_records(system: System, actor: Actor, app: App) -> list[dict[str, Any]]:
    """The tables that have deleted records, and how many."""

    async def count(table: Table) -> int:
        return (await record_trash.page(system, actor, table.id, limit=1)).total or 0

    counted = [(table, await count(table)) for table in app.tables]
    return [{"id": table.id, "name": table.name, "count": n} for table, n in counted if n]


@get("/trash", include_in_schema=False)
async def apps_trash_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader
) -> Template:
    """Deleted apps, for those who owned them."""
    crumbs = (Crumb(name=reader.text(N_("回收站")), icon="trash-2"),)
    shell = await build_shell(system, actor, request, crumbs=crumbs)
    lead = reader.text(
        N_("删除的应用连同里面的一切在这里留 {days} 天,到时自动清除"), days=record_trash.KEPT.days
    )
    return _page(shell, "apps", lead, removes=True)


ROUTES = (records_trash_page, parts_trash_page, apps_trash_page)
