"""Signing in and out, and accepting invitations."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from runtime import access, accounts
from runtime.access import Actor
from runtime.api.common import TheSystem, TheVisitor
from runtime.errors import HuobiaoError, NotSignedIn, TooMuch
from runtime.i18n import Translator
from runtime.system import System
from ui.http.authentication import PUBLIC, end_session, session_token, start_session
from ui.http.edge import add_header
from ui.pages.forms import Problems, form_page, safe_path
from ui.reader import Reader
from ui.render import PageRequest


class SignIn(msgspec.Struct, frozen=True):
    """The sign-in form. ``next``: where the person wanted to go."""

    email: str = ""
    password: str = ""
    next: str = ""


class Newcomer(msgspec.Struct, frozen=True):
    """The form of an invitation, for somebody without an account."""

    name: str = ""
    password: str = ""
    language: str = "zh"


@get("/login", opt={PUBLIC: True}, include_in_schema=False)
async def sign_in_page(
    system: TheSystem,
    visitor: TheVisitor,
    next: FromQuery[str] = "",  # noqa: A002 - the name of the parameter in the address
    email: FromQuery[str] = "",
) -> Template | Redirect:
    """The sign-in form; who is signed in goes on, and on a new installation the first account comes first."""
    if visitor is not None:
        return Redirect(safe_path(next), status_code=303)
    if not await accounts.has_people(system):
        return Redirect("/welcome", status_code=303)
    return form_page("accounts/login.html", form=SignIn(email=email, next=safe_path(next, "")))


@post("/login", opt={PUBLIC: True}, include_in_schema=False)
async def sign_in(
    request: PageRequest,
    system: TheSystem,
    reader: NamedDependency[Reader],
    data: Annotated[SignIn, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Redirect:
    """Check the password and open a session."""
    address = request.client.host if request.client else ""
    agent = request.headers.get("user-agent", "")
    try:
        token, actor = await accounts.sign_in(
            system, email=data.email, password=data.password, address=address, user_agent=agent
        )
    except (NotSignedIn, TooMuch) as error:
        problems = Problems.of(error, reader.translator, ("email",))
        page = form_page("accounts/login.html", status=error.status, form=data, problems=problems)
        wait = getattr(error, "retry_after_seconds", None)
        if wait:
            page.headers["Retry-After"] = str(round(wait))
        return page
    earlier = session_token(request)
    if earlier:
        await accounts.sign_out(system, earlier)
    start_session(request, system, token)
    remember_theme(request, system, actor)
    return Redirect(safe_path(data.next), status_code=303)


def remember_theme(request: PageRequest, system: System, actor: Actor) -> None:
    """Show this device in the person's theme; later changes on the device win."""
    theme = actor.theme if actor.theme in ("light", "dark") else ""
    if theme:
        cookie = Cookie(
            key="hb_theme", value=theme, path="/", samesite="lax", secure=system.settings.secure_cookies,
            max_age=31_536_000,
        )  # fmt: skip
        add_header(request.scope, "set-cookie", cookie.to_header(header=""))


@post("/logout", opt={PUBLIC: True}, include_in_schema=False)
async def sign_out(request: PageRequest, system: TheSystem) -> Redirect:
    """End this browser's session."""
    token = session_token(request)
    if token:
        await accounts.sign_out(system, token)
    end_session(request, system)
    return Redirect("/login", status_code=303)


@get("/invite/{token:str}", opt={PUBLIC: True}, include_in_schema=False)
async def invitation_page(
    system: TheSystem, visitor: TheVisitor, reader: NamedDependency[Reader], token: FromPath[str]
) -> Template:
    """What one is invited to, and the way in: an account to make, to sign in with, or just a button."""
    found = await accounts.find_invitation(system, token)
    return _invitation(found, visitor, reader.translator, token, form=Newcomer(language=reader.language))


def _invitation(
    found: accounts.Invitation,
    visitor: Actor | None,
    translator: Translator,
    token: str,
    *,
    form: Newcomer,
    problems: Problems | None = None,
    status: int = 200,
) -> Template:
    return form_page(
        "accounts/invite.html",
        status=status,
        form=form,
        problems=problems or Problems(),
        invitation=found,
        role_name=access.role_name(found.role).text(translator),
        visitor=visitor,
        mine=visitor is not None and visitor.email == found.email,
        path=f"/invite/{token}",
    )


@post("/invite/{token:str}", opt={PUBLIC: True}, include_in_schema=False)
async def accept_invitation(
    request: PageRequest,
    system: TheSystem,
    visitor: TheVisitor,
    reader: NamedDependency[Reader],
    token: FromPath[str],
    data: Annotated[Newcomer, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Redirect:
    """Join the app."""
    found = await accounts.find_invitation(system, token)
    try:
        found, person = await accounts.accept_invitation(
            system, token, actor=visitor, name=data.name, password=data.password, language=data.language
        )
    except NotSignedIn:
        return Redirect(f"/login?next=/invite/{token}", status_code=303)
    except HuobiaoError as error:
        problems = Problems.of(error, reader.translator, ("name", "password"))
        return _invitation(
            found, visitor, reader.translator, token, form=data, problems=problems, status=error.status
        )
    if visitor is None:
        session = await accounts.open_session(
            system, person, user_agent=request.headers.get("user-agent", "")
        )
        start_session(request, system, session)
    return Redirect(f"/a/{found.app_id}", status_code=303)


ROUTES = (sign_in_page, sign_in, sign_out, invitation_page, accept_invitation)
