"""``/apps/{app}/forms`` and ``/forms/{form}``: definitions and the address that is passed on."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import forms
from builder.api.shapes import DefinitionBody, Json, Order, problem_bodies, taken
from builder.validation import Problems
from builder.wire import definition_json
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator, plain
from runtime.catalog import Catalog, Form
from runtime.forms import links
from runtime.i18n import Translator
from runtime.system import System


class FormsAnswer(msgspec.Struct, frozen=True):
    """The forms of an app, in their order."""

    forms: tuple[Json, ...]


class LinkBody(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a form: whole, whether it works, and how often something came in by it."""

    address: str
    active: bool
    made_at: datetime
    submitted: int
    submitted_at: datetime | None


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the address works."""

    active: bool


def form_body(catalog: Catalog, form: Form, translator: Translator) -> Json:
    """A form with what is wrong with it today: ``problems``, and ``missing``, its questions whose fields are gone."""
    problems, missing = forms.faults(catalog, form)
    found = [plain(one) for one in problem_bodies(problems, translator)]
    return definition_json(form) | {"problems": found, "missing": missing}


def _link(system: System, found: links.ShareLink) -> LinkBody:
    return LinkBody(
        address=f"{system.settings.base_url}{found.path}",
        active=found.active,
        made_at=found.made_at,
        submitted=found.submitted,
        submitted_at=found.submitted_at,
    )


@get("/apps/{app:str}/forms")
async def list_forms(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str]
) -> FormsAnswer:
    """The forms of an app."""
    catalog = await system.catalogs.current()
    found = catalog.app(app)
    require(actor, Operation.LOOK, app)
    return FormsAnswer(tuple(form_body(catalog, form, translator) for form in found.forms))


@post("/apps/{app:str}/forms")
async def create_form(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str], data: DefinitionBody
) -> Json:
    """Add a form; table and fields by id or name. Without ``questions`` it asks all that can be filled in."""
    made = await forms.create(system, actor, app, forms.read_definition(Problems(), data))
    return form_body(await system.catalogs.current(), made, translator)


@get("/forms/{form:str}")
async def read_form(
    system: TheSystem, actor: TheActor, translator: TheTranslator, form: FromPath[str]
) -> Json:
    """One form, with what is wrong with it."""
    catalog = await system.catalogs.current()
    found = catalog.form(form)
    require(actor, Operation.LOOK, found.app_id)
    return form_body(catalog, found, translator)


@patch("/forms/{form:str}")
async def update_form(
    system: TheSystem, actor: TheActor, translator: TheTranslator, form: FromPath[str], data: DefinitionBody
) -> Json:
    """Change a form: the keys given, each as a whole. With ``version``, refused when it has moved on since."""
    changes, version = taken(data)
    changes = {key: value for key, value in changes.items() if key not in ("problems", "missing")}
    changed = await forms.update(system, actor, form, changes, version=version)
    return form_body(await system.catalogs.current(), changed, translator)


@delete("/forms/{form:str}")
async def delete_form(system: TheSystem, actor: TheActor, form: FromPath[str]) -> None:
    """Put a form into the trash."""
    await forms.delete(system, actor, form)


@post("/forms/{form:str}/duplicate")
async def duplicate_form(
    system: TheSystem, actor: TheActor, translator: TheTranslator, form: FromPath[str]
) -> Json:
    """Make a copy that is not open yet, with an address of its own."""
    made = await forms.duplicate(system, actor, form)
    return form_body(await system.catalogs.current(), made, translator)


@post("/apps/{app:str}/forms/order", status_code=HTTP_204_NO_CONTENT)
async def order_forms(system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[Order]) -> None:
    """Put the forms of an app into this order."""
    await forms.reorder(system, actor, app, data.ids)


@get("/forms/{form:str}/link")
async def read_link(system: TheSystem, actor: TheActor, form: FromPath[str]) -> LinkBody:
    """The address at which the form is filled in. For those who may change records."""
    return _link(system, await links.read(system, actor, form))


@post("/forms/{form:str}/link", status_code=HTTP_200_OK, opt={"idempotent": "secret"})
async def renew_link(system: TheSystem, actor: TheActor, form: FromPath[str]) -> LinkBody:
    """Give the form another address; the old one stops working at once."""
    return _link(system, await links.renew(system, actor, form))


@put("/forms/{form:str}/link")
async def switch_link(
    system: TheSystem, actor: TheActor, form: FromPath[str], data: JSONBody[Switch]
) -> LinkBody:
    """Let the address work, or not."""
    return _link(system, await links.switch(system, actor, form, data.active))


ROUTES = (
    list_forms,
    create_form,
    read_form,
    update_form,
    delete_form,
    duplicate_form,
    order_forms,
    read_link,
    renew_link,
    switch_link,
)
