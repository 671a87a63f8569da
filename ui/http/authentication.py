"""Who asks: a browser by its session cookie, a program by ``Authorization: Bearer``.

Everything needs a signed-in person unless its handler says ``opt={"exclude_from_auth": True}``; the guard of the whole
application sees to that, so that a forgotten declaration closes a door instead of opening one.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler

from runtime import accounts
from runtime.access import Actor
from runtime.errors import NotSignedIn
from runtime.i18n import N_, Translator
from runtime.system import System
from ui.http.edge import add_header

SESSION_COOKIE = "hb_session"
PUBLIC = "exclude_from_auth"
NOBODY = "asked_by_nobody"
"""A public handler that programs of others call: whatever they show is not for us."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
Connection = ASGIConnection[Any, Any, Any, Any]


class Credential(msgspec.Struct, frozen=True):
    """What the caller showed: a session's or an API token."""

    kind: Literal["session", "token"]
    token: str


def credential_of(connection: Connection) -> Credential | None:
    """What the caller shows; a bearer token goes before a cookie."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Credential("token", token.strip())
    session = connection.cookies.get(SESSION_COOKIE)
    return Credential("session", session) if session else None


async def identify(connection: Connection) -> Actor | None:
    """Who asks, looked up once per request (then ``scope["user"]``); None for a stranger or an expired session.

    Raises:
        NotSignedIn: a bearer token that is not, or no longer, valid.
    """
    scope = connection.scope
    if "identified" in scope["state"]:
        return scope["user"]  # type: ignore[no-any-return]
    scope["state"]["identified"] = True
    scope["user"] = scope["auth"] = None
    credential = credential_of(connection)
    if credential is None:
        return None
    system = system_of(connection)
    if credential.kind == "token":
        actor = await accounts.token_actor(system, credential.token)
        if actor is None:
            raise NotSignedIn(N_("API 令牌无效,可能已经作废"), code="bad_token")
    else:
        signed_in = await accounts.session_actor(system, credential.token)
        if signed_in is None:
            return None
        actor = signed_in.actor
        if signed_in.slid:
            add_header(scope, "set-cookie", session_cookie(system, credential.token))
    scope["user"], scope["auth"] = actor, credential
    return actor


async def require_sign_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of the application: refuse strangers, except where a handler is public.

    Who looks at something public (a style sheet, the sign-in page) is asked for only by handlers that want to know.
    """
    if handler.opt.get(PUBLIC):
        if connection.scope.get("method") not in SAFE_METHODS and not handler.opt.get(NOBODY):
            await identify(connection)
    elif await identify(connection) is None:
        raise NotSignedIn()


async def provide_actor(request: Request[Any, Any, Any], translator: NamedDependency[Translator]) -> Actor:
    """``actor: Actor`` of handlers. Raises :class:`NotSignedIn`.

    Asks for the dependency before it in the chain ``system`` → ``translator`` → ``actor`` although it does not need it:
    Litestar makes a task group with a task each for what may be provided side by side, which takes longer than all three.
    """
    actor = await identify(request)
    if actor is None:
        raise NotSignedIn()
    return actor


async def provide_visitor(request: Request[Any, Any, Any]) -> Actor | None:
    """``visitor: Actor | None`` of public handlers."""
    return await identify(request)


def system_of(connection: Connection) -> System:
    """The running system."""
    return connection.app.state.system  # type: ignore[no-any-return]


def session_token(connection: Connection) -> str | None:
    """The session's token, if that is how the caller proved themselves."""
    credential = connection.scope.get("auth")
    return credential.token if isinstance(credential, Credential) and credential.kind == "session" else None


def session_cookie(system: System, token: str) -> str:
    """The ``Set-Cookie`` value that keeps a browser signed in."""
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        path="/",
        httponly=True,
        samesite="lax",
        secure=system.settings.secure_cookies,
        max_age=system.settings.session_days * 86_400,
    ).to_header(header="")


def start_session(connection: Connection, system: System, token: str) -> None:
    """Let the browser hold the session ``token`` from this answer on."""
    add_header(connection.scope, "set-cookie", session_cookie(system, token))


def end_session(connection: Connection, system: System) -> None:
    """Let the browser forget its session."""
    cookie = Cookie(
        key=SESSION_COOKIE,
        value="",
        path="/",
        httponly=True,
        samesite="lax",
        secure=system.settings.secure_cookies,
        max_age=0,
    )
    add_header(connection.scope, "set-cookie", cookie.to_header(header=""))
