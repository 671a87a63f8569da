"""A short way to the handlers that programs call by the thousand: those that say ``opt={"shortcut": True}``.

Litestar makes some twenty objects for each request (guards that copy it, a group of dependencies, three rounds of
headers, a response that makes a response); for one record that is as much work as storing it. Here a request that is of the
usual kind (a bearer token, a JSON body that fits) goes to the very function of its handler, and
its answer straight back. Everything else (a browser's session, an ``Idempotency-Key``, a body that does not fit, a token
that is not valid) goes the long way as if it had never been looked at, so that every refusal is said in one place.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple, cast, get_type_hints

import brotli  # type: ignore[import-untyped]
import msgspec
from litestar import Litestar, Request, Response
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.serialization import default_serializer
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runtime import accounts
from ui.http import errors
from ui.http.authentication import Credential
from ui.reader import reader_of

OPT = "shortcut"
PACKED_FROM = 1000
"""Bytes from which an answer is packed for who understands that; smaller ones do not gain."""
BROTLI_QUALITY = 4
GZIP_LEVEL = 5
_MOST_BYTES = 1_000_000
_OUR_PARTS = {"system", "actor", "translator", "data", "field_keys"}
_LONG_WAY = frozenset({b"idempotency-key", b"cookie", b"transfer-encoding", b"expect"})
_HOST = re.compile(rb"[0-9A-Za-z.:\[\]_-]*")
_KEYS = {b"": "id", b"field_keys=id": "id", b"field_keys=name": "name"}

_encode = msgspec.json.Encoder(enc_hook=default_serializer).encode


class _Way(NamedTuple):
    """A handler's function, the address it is under, and what its body is."""

    call: Callable[..., Awaitable[Any]]
    template: str
    parameter: str
    decode: Callable[[bytes], Any]
    status: int
    names_fields: bool
    translates: bool


class _Asked(NamedTuple):
    """What the headers of a request say that is of the usual kind."""

    token: str
    accept_encoding: bytes
    accept_language: str


class Shortcut:
    """Stands before the routes of ``app``; what it does not take goes to ``behind``."""

    def __init__(self, app: Litestar, behind: ASGIApp) -> None:
        self.app = app
        self.behind = behind
        self._ways: dict[tuple[str, str, str], _Way] = {}
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                self._enrol(route)

    def _enrol(self, route: HTTPRoute) -> None:
        for handler in route.route_handlers:
            if not handler.opt.get(OPT):
                continue
            start, _, rest = route.path_format.partition("{")
            parameter, _, end = rest.partition("}")
            way = _way(handler, route.path_format, parameter)
            for method in handler.http_methods:
                self._ways[str(method), start, end] = way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it go the long way."""
        found = self._find(scope)
        asked = _asked(scope["headers"]) if found is not None else None
        if found is None or asked is None:
            await self.behind(scope, receive, send)
            return
        way, given = found
        messages, content = await _read(receive)
        again = _again(messages, receive)
        if content is None:
            await self.behind(scope, again, send)
            return
        try:
            parts = {way.parameter: given, "data": way.decode(content)}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            await self.behind(scope, again, send)
            return
        try:
            answer = await self._do(scope, way, asked, parts)
        except Exception as error:  # as the long way would: the one translator of refusals
            await self._refuse(scope, receive, send, error)
            return
        if answer is None:
            await self.behind(scope, again, send)
            return
        await send(answer[0])
        await send(answer[1])

    async def _do(
        self, scope: Any, way: _Way, asked: _Asked, parts: dict[str, Any]
    ) -> tuple[Message, Message] | None:
        """Let the handler's function answer; None, and nothing done, for a token that is not valid."""
        system = parts["system"] = self.app.state.system
        actor = parts["actor"] = await accounts.token_actor(system, asked.token)
        if actor is None:
            return None
        scope["state"]["identified"] = True
        scope["user"], scope["auth"] = actor, Credential("token", asked.token)
        scope["path_template"] = way.template
        if way.names_fields:
            parts["field_keys"] = _KEYS[scope["query_string"]]
        if way.translates:
            parts["translator"] = reader_of(scope, {}, asked.accept_language).translator
        return _answer(await way.call(**parts), way.status, asked.accept_encoding)

    def _find(self, scope: Scope) -> tuple[_Way, str] | None:
        """The way that a request's address names, and what is in the address."""
        if scope["type"] != ScopeType.HTTP or scope.get("root_path") or scope["query_string"] not in _KEYS:
            return None
        path, method = scope["path"], str(scope["method"])
        for (of, start, end), way in self._ways.items():
            if of == method and path.startswith(start) and path.endswith(end):
                given = path[len(start) : len(path) - len(end)]
                if given.isalnum() and given.isascii() and (way.names_fields or not scope["query_string"]):
                    return way, given
        return None

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        response = errors.answer(request, error).to_asgi_response(app=None, request=request)
        await response(scope, receive, send)


def _way(handler: HTTPRouteHandler, template: str, parameter: str) -> _Way:
    """How to call ``handler`` without Litestar. Raises ValueError where it asks for more than is had here."""
    hints = get_type_hints(handler.fn)
    hints.pop("return", None)
    if "data" not in hints or not hints.keys() <= {*_OUR_PARTS, parameter} or template.count("{") != 1:
        raise ValueError(f"no shortcut to {handler}: {sorted(hints)}")
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(hints["data"], strict=False)
    return _Way(
        handler.fn,
        template,
        parameter,
        decoder.decode,
        handler.status_code,
        "field_keys" in hints,
        "translator" in hints,
    )


def _asked(headers: Iterable[tuple[bytes, bytes]]) -> _Asked | None:
    """What the headers say; None for a request that is not of the usual kind."""
    token, kind, encoding, language = "", b"", b"", ""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, shown = value.decode("latin-1").partition(" ")
            if token or scheme.lower() != "bearer":
                return None
            token = shown.strip()
        elif name == b"content-type":
            kind = value
        elif name == b"accept-encoding":
            encoding = value
        elif name == b"accept-language":
            language = value.decode("latin-1")
        elif name in _LONG_WAY or (name == b"host" and _HOST.fullmatch(value) is None):
            return None
    if not token or kind.partition(b";")[0].strip() != b"application/json":
        return None
    return _Asked(token, encoding, language)


async def _read(receive: Receive) -> tuple[list[Any], bytes | None]:
    """The messages that a body came in, and the body; None where it is too large, or breaks off."""
    messages: list[Any] = []
    size = 0
    while size <= _MOST_BYTES:
        message = cast(Any, await receive())
        messages.append(message)
        if message["type"] != "http.request":
            return messages, None
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return messages, b"".join(one.get("body", b"") for one in messages)
    return messages, None


def _again(messages: list[Any], receive: Receive) -> Receive:
    """``receive`` with the messages that have been taken from it."""
    waiting = messages[::-1]

    async def replay() -> Any:
        return waiting.pop() if waiting else await receive()

    return cast(Receive, replay)


def _answer(result: Any, status: int, accepted: bytes) -> tuple[Message, Message]:
    """The two messages of an answer: head and body."""
    kind = b"application/json"
    extra: list[tuple[bytes, bytes]] = []
    if isinstance(result, Response):
        status = result.status_code or status
        kind = str(result.media_type).encode() if result.media_type else kind
        extra = [(name.lower().encode(), str(value).encode()) for name, value in result.headers.items()]
        result = result.content
    body = _encode(result)
    headers = [(b"content-type", kind), *extra]
    if accepted and len(body) >= PACKED_FROM:
        body = _packed(body, accepted, headers)
    headers.append((b"content-length", str(len(body)).encode()))
    return (
        cast(Message, {"type": "http.response.start", "status": status, "headers": headers}),
        cast(Message, {"type": "http.response.body", "body": body, "more_body": False}),
    )


def _packed(body: bytes, accepted: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    if b"br" in accepted:
        body, how = brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY), b"br"
    elif b"gzip" in accepted:
        body, how = gzip.compress(body, GZIP_LEVEL), b"gzip"
    else:
        return body
    headers += [(b"content-encoding", how), (b"vary", b"Accept-Encoding")]
    return body
