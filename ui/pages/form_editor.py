"""``/forms/{form}``: the editor of a form with its preview; the dialogs that make one and that pass its address on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Response, Template

from builder import forms
from builder.api.forms import form_body
from builder.wire import table_json
from runtime.access import Operation, allowed, require
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment
from runtime.catalog import App, Table
from runtime.definitions.forms import OPERATORS, FormDef
from runtime.errors import HuobiaoError
from runtime.forms import asked, links
from ui.pages import shell
from ui.pages.addresses import phone_address, qr_svg
from ui.pages.context import Crumb
from ui.pages.forms import Problems


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """What ``forms/editor.html`` shows before its island takes over; ``data`` is for the island (``EditorData``)."""

    name: str
    data: dict[str, Any]


@get("/forms/{form:str}", include_in_schema=False)
async def editor_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    form: FromPath[str],
) -> Template | Redirect:
    """The editor; who may not build comes to the form itself."""
    catalog = await system.catalogs.current()
    found = catalog.form(form)
    app = catalog.app(found.app_id)
    require(actor, Operation.LOOK, app.id)
    if not allowed(actor, Operation.BUILD, app.id):
        return Redirect(await links.path_for(system, actor, found.id), status_code=303)
    table = asked.table_of(app, found)
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=found.id,
        crumbs=(Crumb(name=found.definition.name, icon="clipboard-list"),),
    )
    link = await links.read(system, actor, found.id)
    address = phone_address(request, system.settings, link.path)
    page = FormPage(
        name=found.definition.name,
        data={
            "form": form_body(catalog, found, translator),
            "app": app.id,
            "table": table_json(actor, app, table, 0) if table else None,
            "askable": _askable(app, table),
            "operators": {kind: list(known) for kind, known in OPERATORS.items()},
            "automations": [
                {"id": one.id, "name": one.definition.name} for one in forms.waiting_for(app, found.id)
            ],
            "link": {
                "address": address.url,
                "here": address.reach == "here",
                "active": link.active,
                "submitted": link.submitted,
                "submitted_at": moment(link.submitted_at) if link.submitted_at else None,
            },
        },
    )
    return Template("forms/editor.html", context={"shell": frame, "page": page})


def _askable(app: App, table: Table | None) -> list[str]:
    """Ids of the fields that somebody can fill in; members' names only where members do."""
    widest = FormDef(name="", table="", audience="members")
    return [field.id for field in table.fields if not asked.cannot_ask(app, widest, field)] if table else []


@get("/forms/{form:str}/qr.svg", include_in_schema=False)
async def qr_code(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, form: FromPath[str]
) -> Response[bytes]:
    """The form's address as a QR code."""
    link = await links.read(system, actor, form)
    address = phone_address(request, system.settings, link.path)
    return Response(
        qr_svg(address.url), media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"}
    )


class NewForm(msgspec.Struct):
    """The form of the dialog."""

    name: str = ""
    table: str = ""
    audience: str = "link"


@get("/a/{app:str}/forms/new", include_in_schema=False)
async def new_form_dialog(system: TheSystem, actor: TheActor, app: FromPath[str]) -> Template:
    """The dialog that asks for a name, a table, and who is to fill it in."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    first = found.tables[0].id if found.tables else ""
    return _dialog(found, NewForm(table=first), Problems(), 200)


@post("/a/{app:str}/forms/new", include_in_schema=False)
async def create_form_page(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    data: Annotated[NewForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Response[None]:
    """Make it, with a question for every field that can be filled in, and go there."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.BUILD, found.id)
    audience = "members" if data.audience == "members" else "link"
    try:
        definition = FormDef(name=data.name, table=data.table, audience=audience)  # type: ignore[arg-type]
        made = await forms.create(system, actor, app, definition)
    except HuobiaoError as error:
        first = (error.problems or [error.as_problem()])[0]
        return _dialog(found, data, Problems({"name": first.message.text(translator)}), 422)
    return Response(None, status_code=204, headers={"HX-Redirect": f"/forms/{made.id}"})


def _dialog(app: App, form: NewForm, problems: Problems, status: int) -> Template:
    context = {
        "app": app.id,
        "form": form,
        "tables": tuple((table.id, table.name) for table in app.tables),
        "problems": problems,
    }
    return Template("forms/new.html", context=context, status_code=status)


ROUTES = (editor_page, qr_code, new_form_dialog, create_form_page)
