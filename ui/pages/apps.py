"""``/a/{app}``: into an app, and the dialog that makes one."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from builder import apps
from runtime.access import Operation, allowed, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.definitions.fields import COLORS
from runtime.definitions.tables import AppDef
from runtime.errors import HuobiaoError
from runtime.i18n import Translator
from ui.pages import shell
from ui.pages.forms import Problems, form_page
from ui.render import PageRequest

APP_ICONS = (
    "workflow", "inbox", "shopping-cart", "package", "warehouse", "truck", "store", "shirt", "users", "headphones", "receipt-text",
    "wallet", "chart-column", "clipboard-list", "calendar-days", "briefcase", "factory", "book-open", "leaf", "rocket",
)  # fmt: skip
FIELDS = ("name", "icon", "color")


class NewApp(msgspec.Struct):
    """What the dialog asks for."""

    name: str = ""
    icon: str = "workflow"
    color: str = "teal"


@get("/a/{app:str}", include_in_schema=False)
async def app_page(
    request: PageRequest,
    system: TheSystem,
    actor: TheActor,
    app: FromPath[str],
    begin: FromQuery[Literal["", "table"]] = "",
) -> Redirect | Template:
    """Into the app: its first table or dashboard, or an invitation while it has nothing (``begin``: taken up at once)."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, found.id)
    if found.tables:
        return Redirect(f"/t/{found.tables[0].id}")
    if found.dashboards:
        return Redirect(f"/d/{found.dashboards[0].id}")
    frame = await shell.build(system, actor, request, app=found)
    builds = allowed(actor, Operation.BUILD, found.id)
    context = {"shell": frame, "app": found, "can_build": builds, "begins": builds and begin == "table"}
    return Template("apps/empty.html", context=context)


@get("/apps/new", include_in_schema=False)
async def new_app_dialog() -> Template:
    """The dialog "新建应用"."""
    return _dialog(NewApp())


@post("/apps/new", include_in_schema=False, status_code=200)
async def create_app(
    request: PageRequest, system: TheSystem, actor: TheActor, translator: TheTranslator
) -> Response[Any] | Template:
    """Make the app and go there; a refusal comes back into the dialog."""
    sent = await request.form()
    form = NewApp(**{key: str(sent.get(key, "")) for key in FIELDS})
    try:
        made = await apps.create(system, actor, AppDef(name=form.name, icon=form.icon, color=form.color))
    except HuobiaoError as error:
        return _dialog(form, _problems(error, translator), status=422)
    return Response("", headers={"HX-Redirect": f"/a/{made.id}"})


def _problems(error: HuobiaoError, translator: Translator) -> Problems:
    """Problems of a definition beside its inputs: they say where by their path."""
    found = error.problems or [error.as_problem()]
    places = [(problem.field or problem.path or "", problem.message.text(translator)) for problem in found]
    return Problems(
        {place if place in FIELDS else "general": sentence for place, sentence in reversed(places)}
    )


def _dialog(form: NewApp, problems: Problems | None = None, status: int = 200) -> Template:
    return form_page(
        "apps/new.html",
        status=status,
        form=form,
        problems=problems or Problems(),
        icons=APP_ICONS,
        colors=COLORS,
    )


ROUTES = (app_page, new_app_dialog, create_app)
