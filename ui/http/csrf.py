"""Requests that change something must come from our own pages.

A browser sends its cookies with forms of other sites too, so a cookie alone proves nothing. Our pages carry a token made
from the session (or, before signing in, from a random cookie of its own: double submit), and send it back in the header
``X-CSRF-Token`` or the form field ``_csrf``. Programs with a bearer token send no cookies and need none.

The token in a page is masked with fresh random bytes each time, so that compressed pages do not leak it (BREACH).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from contextvars import ContextVar
from typing import Any

from litestar.connection import Request
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler
from markupsafe import Markup

from runtime.errors import NotAllowed
from runtime.i18n import N_
from ui.http.authentication import (
    SAFE_METHODS,
    Connection,
    credential_of,
    require_sign_in,
    session_token,
    system_of,
)
from ui.http.edge import add_header

COOKIE = "hb_csrf"
HEADER = "x-csrf-token"
FIELD = "_csrf"
EXEMPT = "exclude_from_csrf"
_BYTES = 32

# macros that a template imports do not see its context, so forms find their request here
_answering: ContextVar[Connection | None] = ContextVar("huobiao_answering", default=None)


def answering(connection: Connection) -> None:
    """Declare that this task answers ``connection``, for :func:`token_of_page`."""
    _answering.set(connection)


def token_of_page() -> str:
    """``csrf_token()`` of templates: a token for the page being rendered; "" outside of a request."""
    connection = _answering.get()
    return csrf_token(connection) if connection is not None else ""


def field_of_page() -> Markup:
    """``csrf_field()`` of templates: the hidden field that every form of ours carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_of_page())


def csrf_token(connection: Connection) -> str:
    """A token for a page that answers ``connection``; gives a stranger's browser the cookie it is made from."""
    secret = session_token(connection) or connection.cookies.get(COOKIE)
    if not secret:
        secret = connection.scope["state"].get(COOKIE)
    if not secret:
        secret = secrets.token_urlsafe(_BYTES)
        connection.scope["state"][COOKIE] = secret
        cookie = Cookie(
            key=COOKIE,
            value=secret,
            path="/",
            httponly=True,
            samesite="lax",
            secure=system_of(connection).settings.secure_cookies,
        )
        add_header(connection.scope, "set-cookie", cookie.to_header(header=""))
    mask = secrets.token_bytes(_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, _digest(secret))).decode()


def fits(token: str, secret: str) -> bool:
    """Whether ``token`` was made from ``secret``."""
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError:
        return False
    if len(raw) != 2 * _BYTES:
        return False
    return hmac.compare_digest(_xor(raw[:_BYTES], raw[_BYTES:]), _digest(secret))


async def protect(connection: Connection, handler: BaseRouteHandler) -> None:
    """The one guard of the application: refuse strangers, then changes that another site's page may have sent.

    One, because Litestar copies the request and the handler for each guard of each request.
    """
    await require_sign_in(connection, handler)
    await check_csrf(connection, handler)


async def check_csrf(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of the application, after the one that signs in: refuse changes that another site's page may have sent.

    Raises:
        NotAllowed: with code ``csrf``.
    """
    answering(connection)
    if connection.scope.get("method") in SAFE_METHODS or handler.opt.get(EXEMPT):
        return
    credential = credential_of(connection)
    if credential is not None and credential.kind == "token":
        return
    secret = session_token(connection) or connection.cookies.get(COOKIE)
    if secret:
        token = connection.headers.get(HEADER) or await _form_field(connection)
        if token and fits(token, secret):
            return
    raise NotAllowed(N_("页面打开太久,已经过期。刷新一下再试,填好的内容先复制出来"), code="csrf")


async def _form_field(connection: Connection) -> str:
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"} or not isinstance(
        connection, Request
    ):
        return ""
    form: Any = await connection.form()  # kept by the request: the handler reads the same
    value = form.get(FIELD, "")
    return value if isinstance(value, str) else ""


def _digest(secret: str) -> bytes:
    return hashlib.sha256(b"huobiao csrf " + secret.encode()).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
