"""``/apps``: the apps of the caller and what is in them."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import apps
from builder.api.shapes import Order
from builder.apps import AppImpact, AppPatch
from runtime.access import Actor, Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App
from runtime.definitions.tables import AppDef
from runtime.records.sizes import sizes
from runtime.system import System


class NewApp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app to be made. ``color``: one of the twelve; ``time_zone``: an IANA name."""

    name: str
    icon: str = "workflow"
    color: str = "teal"
    description: str = ""
    time_zone: str = "Asia/Shanghai"


class Part(msgspec.Struct, frozen=True):
    """A table, dashboard, automation, workbench, form or stock definition in the list of an app."""

    id: str
    name: str
    icon: str


class TablePart(Part, frozen=True):
    """A table in the list of an app; ``estimate``: about how many records it holds."""

    estimate: int = 0


class AutomationPart(Part, frozen=True):
    """An automation in the list of an app."""

    enabled: bool = False


class WorkbenchPart(Part, frozen=True):
    """A workbench in the list of an app; ``slug`` is its address under ``/w/``."""

    slug: str = ""


class AppBody(msgspec.Struct, frozen=True, kw_only=True):
    """An app with what is in it, each list in its order. ``role``: the caller's."""

    id: str
    version: int
    name: str
    icon: str
    color: str
    description: str
    time_zone: str
    template: str | None
    role: str | None
    tables: tuple[TablePart, ...]
    dashboards: tuple[Part, ...]
    automations: tuple[AutomationPart, ...]
    workbenches: tuple[WorkbenchPart, ...]
    forms: tuple[Part, ...]
    stocks: tuple[Part, ...]


class AppsAnswer(msgspec.Struct, frozen=True):
    """The apps the caller is a member of."""

    apps: tuple[AppBody, ...]


async def app_body(system: System, actor: Actor, app: App) -> AppBody:
    """An app as the API answers it."""
    known = await sizes(system.db, app.tables)
    return AppBody(
        id=app.id,
        version=app.version,
        name=app.name,
        icon=app.definition.icon,
        color=app.definition.color,
        description=app.definition.description,
        time_zone=app.definition.time_zone,
        template=app.definition.template,
        role=actor.role_in(app.id),
        tables=tuple(TablePart(t.id, t.name, t.definition.icon, known.get(t.id, 0)) for t in app.tables),
        dashboards=tuple(Part(d.id, d.definition.name, "layout-dashboard") for d in app.dashboards),
        automations=tuple(
            AutomationPart(a.id, a.definition.name, "zap", a.definition.enabled) for a in app.automations
        ),
        workbenches=tuple(
            WorkbenchPart(w.id, w.definition.name, "scan-line", w.definition.slug) for w in app.workbenches
        ),
        forms=tuple(Part(f.id, f.definition.name, "clipboard-list") for f in app.forms),
        stocks=tuple(Part(s.id, s.definition.name, "package-check") for s in app.stocks),
    )


@get("/apps")
async def list_apps(system: TheSystem, actor: TheActor) -> AppsAnswer:
    """The apps the caller is a member of."""
    catalog = await system.catalogs.current()
    mine = [app for app in catalog.apps if actor.role_in(app.id) is not None]
    return AppsAnswer(tuple([await app_body(system, actor, app) for app in mine]))


@post("/apps")
async def create_app(system: TheSystem, actor: TheActor, data: JSONBody[NewApp]) -> AppBody:
    """Make an app; the caller becomes its owner."""
    definition = AppDef(data.name, data.icon, data.color, data.description, data.time_zone)
    app = await apps.create(system, actor, definition)
    return await app_body(system, apps.owner_of(actor, app), app)


@get("/apps/{app:str}")
async def read_app(system: TheSystem, actor: TheActor, app: FromPath[str]) -> AppBody:
    """One app with what is in it."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    return await app_body(system, actor, found)


@patch("/apps/{app:str}")
async def update_app(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[AppPatch]
) -> AppBody:
    """Change name, looks or time zone."""
    return await app_body(system, actor, await apps.update(system, actor, app, data))


@get("/apps/{app:str}/deletion")
async def app_deletion(system: TheSystem, actor: TheActor, app: FromPath[str]) -> AppImpact:
    """What deleting the app would put into the trash."""
    return await apps.impact(system, actor, app)


@delete("/apps/{app:str}")
async def delete_app(system: TheSystem, actor: TheActor, app: FromPath[str]) -> None:
    """Put the app into the trash. Owners only."""
    await apps.delete(system, actor, app)


@post("/apps/{app:str}/restore", status_code=HTTP_200_OK)
async def restore_app(system: TheSystem, actor: TheActor, app: FromPath[str]) -> AppBody:
    """Take the app out of the trash. Owners only."""
    return await app_body(system, actor, await apps.restore(system, actor, app))


@post("/apps/order", status_code=HTTP_204_NO_CONTENT)
async def order_apps(system: TheSystem, actor: TheActor, data: JSONBody[Order]) -> None:
    """Put the apps into this order, for everybody. The installation's owner only."""
    await apps.reorder(system, actor, data.ids)


ROUTES = (list_apps, create_app, read_app, update_app, app_deletion, delete_app, restore_app, order_apps)
