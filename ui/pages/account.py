"""``/settings``: one's own account, section by section; each section is a form that comes back by itself (htmx)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from runtime import accounts
from runtime.access import Actor
from runtime.api.common import TheActor, TheSystem
from runtime.errors import HuobiaoError
from runtime.i18n import N_
from runtime.system import System
from ui.http.authentication import session_token
from ui.http.edge import add_header
from ui.pages.context import Crumb
from ui.pages.context import Person as Face
from ui.pages.forms import Problems, device, done
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

TheReader = NamedDependency[Reader]


class ProfileForm(msgspec.Struct, frozen=True):
    """Name."""

    name: str = ""


class AppearanceForm(msgspec.Struct, frozen=True):
    """Language and theme."""

    language: str = "zh"
    theme: str = "system"


class PasswordForm(msgspec.Struct, frozen=True):
    """The password there is, and the one to be."""

    current: str = ""
    new: str = ""


class TokenForm(msgspec.Struct, frozen=True):
    """What a new token is for."""

    name: str = ""


Urlencoded = Body(media_type=RequestEncodingType.URL_ENCODED)


@get("/settings", include_in_schema=False)
async def settings_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader
) -> Template:
    """Name, language, theme, password, signed-in devices, API tokens; for the owner also everybody's accounts."""
    shell = await build_shell(system, actor, request, crumbs=(Crumb(name=reader.text(N_("账号设置"))),))
    context: dict[str, Any] = {"shell": shell, "owner": actor.everywhere == "owner"}
    context |= _profile(actor) | _appearance(actor) | _password()
    context |= await _sessions(system, actor, request) | await _tokens(system, actor)
    if actor.everywhere == "owner":
        context |= await _people(system, actor)
    return Template("accounts/settings.html", context=context)


def _section(
    name: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Template:
    return Template(
        f"accounts/settings/{name}.html",
        context=dict(context),
        status_code=status,
        headers=dict(headers or {}),
    )


def _profile(actor: Actor, problems: Problems | None = None) -> dict[str, Any]:
    return {"profile": {"name": actor.name, "email": actor.email, "problems": problems or Problems()}}


@post("/settings/profile", include_in_schema=False, status_code=200)
async def save_profile(
    system: TheSystem, actor: TheActor, reader: TheReader, data: Annotated[ProfileForm, Urlencoded]
) -> Template:
    """Change the name."""
    entered = msgspec.structs.replace(actor, name=data.name)
    try:
        await accounts.set_name(system, actor, data.name)
    except HuobiaoError as error:
        context = _profile(entered, Problems.of(error, reader.translator, ("name",)))
        return _section("profile", context, status=422)
    return _section("profile", _profile(entered), headers=done(reader.text(N_("已保存"))))


def _appearance(actor: Actor) -> dict[str, Any]:
    return {"appearance": {"language": actor.language, "theme": actor.theme}}


@post("/settings/appearance", include_in_schema=False, status_code=200)
async def save_appearance(
    request: PageRequest, system: TheSystem, actor: TheActor, data: Annotated[AppearanceForm, Urlencoded]
) -> Template:
    """Change language and theme, here and wherever one signs in; the page is shown anew."""
    await accounts.set_appearance(system, actor, language=data.language, theme=data.theme)
    _remember(request, system, "hb_language", data.language)
    _remember(request, system, "hb_theme", data.theme if data.theme != "system" else "")
    changed = msgspec.structs.replace(actor, language=data.language, theme=data.theme)
    return _section("appearance", _appearance(changed), headers={"HX-Refresh": "true"})


def _remember(request: PageRequest, system: System, name: str, value: str) -> None:
    cookie = Cookie(
        key=name,
        value=value,
        path="/",
        samesite="lax",
        secure=system.settings.secure_cookies,
        max_age=31_536_000 if value else 0,
    )
    add_header(request.scope, "set-cookie", cookie.to_header(header=""))


def _password(problems: Problems | None = None) -> dict[str, Any]:
    return {"password": {"problems": problems or Problems()}}


@post("/settings/password", include_in_schema=False, status_code=200)
async def save_password(
    request: PageRequest,
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    data: Annotated[PasswordForm, Urlencoded],
) -> Template:
    """Change the password; every other device is signed out."""
    try:
        await accounts.change_password(
            system, actor, current=data.current, new=data.new, keep_session=session_token(request)
        )
    except HuobiaoError as error:
        context = _password(Problems.of(error, reader.translator, ("current", "new")))
        return _section("password", context, status=422)
    message = reader.text(N_("密码已改,其他设备都要重新登录"))
    trigger = {**done(message), "HX-Trigger-After-Settle": "hb:sessions"}
    return _section("password", _password(), headers=trigger)


async def _sessions(system: System, actor: Actor, request: PageRequest) -> dict[str, Any]:
    found = await accounts.sessions(system, actor, session_token(request))
    return {
        "sessions": [
            {
                "number": s.number,
                "device": " · ".join(part for part in device(s.user_agent) if part),
                "phone": any(mark in s.user_agent for mark in ("Mobile", "iPhone", "Android")),
                "last_seen_at": s.last_seen_at,
                "current": s.current,
            }
            for s in found
        ]
    }


@get("/settings/sessions", include_in_schema=False)
async def sessions_section(request: PageRequest, system: TheSystem, actor: TheActor) -> Template:
    """The signed-in devices, as they are now."""
    return _section("sessions", await _sessions(system, actor, request))


@post("/settings/sessions/{number:int}/end", include_in_schema=False, status_code=200)
async def end_one_session(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader, number: FromPath[int]
) -> Template:
    """Sign one device out."""
    await accounts.sign_out_session(system, actor, number)
    return _section(
        "sessions", await _sessions(system, actor, request), headers=done(reader.text(N_("已退出")))
    )


@post("/settings/sessions/end", include_in_schema=False, status_code=200)
async def end_other_sessions(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader
) -> Template:
    """Sign all other devices out."""
    count = await accounts.sign_out_everywhere(system, actor, keep=session_token(request))
    message = reader.text(N_("已退出 {count} 台其他设备"), count=count)
    return _section("sessions", await _sessions(system, actor, request), headers=done(message))


async def _tokens(
    system: System, actor: Actor, *, fresh: str = "", problems: Problems | None = None
) -> dict[str, Any]:
    listed = await accounts.tokens(system, actor)
    return {"tokens": {"listed": listed, "fresh": fresh, "problems": problems or Problems()}}


@post("/settings/tokens", include_in_schema=False, status_code=200)
async def make_token(
    system: TheSystem, actor: TheActor, reader: TheReader, data: Annotated[TokenForm, Urlencoded]
) -> Template:
    """Make an API token and show it, this once."""
    try:
        token, _ = await accounts.create_token(system, actor, name=data.name)
    except HuobiaoError as error:
        problems = Problems.of(error, reader.translator, ("name",))
        return _section("tokens", await _tokens(system, actor, problems=problems), status=422)
    return _section("tokens", await _tokens(system, actor, fresh=token))


@post("/settings/tokens/{token:str}/revoke", include_in_schema=False, status_code=200)
async def revoke_token(
    system: TheSystem, actor: TheActor, reader: TheReader, token: FromPath[str]
) -> Template:
    """Make a token invalid."""
    await accounts.revoke_token(system, actor, token)
    return _section("tokens", await _tokens(system, actor), headers=done(reader.text(N_("令牌已作废"))))


async def _people(system: System, actor: Actor, *, reset: str = "", password: str = "") -> dict[str, Any]:
    people = await accounts.people(system, actor)
    return {
        "reset": {"name": next((p.name for p in people if p.id == reset), ""), "password": password},
        "people": [
            {
                "face": Face(id=p.id, name=p.name, email=p.email),
                "is_owner": p.is_owner,
                "active": p.active,
                "me": p.id == actor.id,
                "created_at": p.created_at,
            }
            for p in people
        ],
    }


@post("/settings/people/{person:str}/{switch:str}", include_in_schema=False, status_code=200)
async def switch_person(
    system: TheSystem, actor: TheActor, reader: TheReader, person: FromPath[str], switch: FromPath[str]
) -> Template:
    """Switch somebody's account off or on; for the owner of the installation."""
    await accounts.set_active(system, actor, person, switch == "on")
    message = reader.text(N_("账号已启用") if switch == "on" else N_("账号已停用,已从所有设备退出"))
    return _section("people", await _people(system, actor), headers=done(message))


@post("/settings/people/{person:str}/password", include_in_schema=False, status_code=200)
async def reset_password(system: TheSystem, actor: TheActor, person: FromPath[str]) -> Template:
    """Give somebody a new password, shown this once to be handed over; for the owner of the installation."""
    password = await accounts.reset_password(system, actor, person)
    return _section("people", await _people(system, actor, reset=person, password=password))


ROUTES = (
    settings_page,
    save_profile,
    save_appearance,
    save_password,
    sessions_section,
    end_one_session,
    end_other_sessions,
    make_token,
    revoke_token,
    switch_person,
    reset_password,
)
