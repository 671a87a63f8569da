"""``/f/{secret}``: the page on which a form is filled in, by strangers where it is for anyone."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template

from runtime import fieldtypes
from runtime.access import Actor
from runtime.api.common import TheSystem, TheVisitor
from runtime.catalog import App, Field, Form
from runtime.fieldtypes import BadValue, Context
from runtime.forms import asked, links
from ui.http.authentication import PUBLIC

PREFILL = "prefill-"
_NOT_BY_ADDRESS = frozenset({"link", "member", "attachment"})


@get("/f/{secret:str}", opt={PUBLIC: True}, include_in_schema=False)
async def form_page(
    request: Request[Any, Any, Any], system: TheSystem, visitor: TheVisitor, secret: FromPath[str]
) -> Template:
    """The form; why it takes nothing, when it does not. ``?prefill-<field>=`` begins with values."""
    catalog = await system.catalogs.current()
    app, form, row = await links.find(system, catalog, secret)
    asked.require_may_fill(visitor, app, form)
    member = visitor if form.definition.audience == "members" else None
    why = await asked.closed(system.db, app, form, row, member.person if member else None)
    context: dict[str, Any] = {
        "name": form.definition.title or form.definition.name,
        "color": form.definition.color,
        "time_zone": app.definition.time_zone,
        "person": member.id if member else "",
    }
    if why is not None:
        words = asked.CLOSED_WORDS[why]
        return Template("forms/closed.html", context={**context, "words": words}, status_code=410)
    given = {name: value for name, value in request.query_params.items() if name.startswith(PREFILL)}
    data = fill_data(app, form, secret, given, member)
    return Template("forms/fill.html", context={**context, "data": data})


def fill_data(
    app: App, form: Form, secret: str, given: dict[str, str], member: Actor | None = None
) -> dict[str, Any]:
    """What the island is given (``ui/islands/forms/types.ts``, ``FormData``)."""
    definition = form.definition
    shown = [one for one in asked.questions(app, form) if not one.question.hidden]
    questions = [asked.question_json(app, one) for one in shown]
    for one, question in zip(shown, questions, strict=True):
        value = _prefilled(app, one.field, given)
        if value is not None:
            question["value"] = value
    return {
        "form": form.id,
        "secret": secret,
        "title": definition.title or definition.name,
        "description": definition.description,
        "color": definition.color,
        "submit": definition.submit,
        "after": definition.after,
        "thanks": definition.thanks,
        "again": definition.again and not definition.once,
        "redirect": definition.redirect if definition.after == "redirect" else "",
        "person": member.name if member else "",
        "questions": questions,
    }


def _prefilled(app: App, field: Field, given: dict[str, str]) -> Any:
    """The value that the address gives a field, by its name or id; None for none, or one that does not fit."""
    text = given.get(f"{PREFILL}{field.name}") or given.get(f"{PREFILL}{field.id}")
    if not text or field.type in _NOT_BY_ADDRESS:
        return None
    kind = fieldtypes.get(field.config)
    try:
        stored = kind.repair(field.config, text[:5000], Context(zone=app.zone))
    except BadValue:
        return None
    return None if stored is None else msgspec.to_builtins(kind.to_wire(field.config, stored))


ROUTES = (form_page,)
