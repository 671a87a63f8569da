"""The first visit: making the account that owns the installation."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template

from runtime import accounts
from runtime.api.common import TheSystem
from runtime.errors import HuobiaoError, RuleBroken
from ui.http.authentication import PUBLIC, start_session
from ui.pages.forms import Problems, form_page
from ui.reader import Reader
from ui.render import PageRequest

FIELDS = ("name", "email", "password", "language")


class FirstAccount(msgspec.Struct, frozen=True):
    """What the form asks for."""

    name: str = ""
    email: str = ""
    password: str = ""
    language: str = "zh"


@get("/welcome", opt={PUBLIC: True}, include_in_schema=False)
async def welcome_page(system: TheSystem, reader: NamedDependency[Reader]) -> Template | Redirect:
    """The form for the first account; whoever comes later is sent on."""
    if await accounts.has_people(system):
        return Redirect("/", status_code=303)
    return form_page("accounts/welcome.html", form=FirstAccount(language=reader.language))


@post("/welcome", opt={PUBLIC: True}, include_in_schema=False)
async def make_first_account(
    request: PageRequest,
    system: TheSystem,
    reader: NamedDependency[Reader],
    data: Annotated[FirstAccount, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Redirect:
    """Make the account, sign it in, and go on to the first choices."""
    try:
        person = await accounts.create_first_owner(
            system, email=data.email, name=data.name, password=data.password, language=data.language
        )
    except RuleBroken:
        return Redirect("/login", status_code=303)
    except HuobiaoError as error:
        problems = Problems.of(error, reader.translator, FIELDS)
        return form_page("accounts/welcome.html", status=error.status, form=data, problems=problems)
    token = await accounts.open_session(system, person, user_agent=request.headers.get("user-agent", ""))
    start_session(request, system, token)
    return Redirect("/", status_code=303)


ROUTES = (welcome_page, make_first_account)
