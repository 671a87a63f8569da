"""``Idempotency-Key`` on requests to the API that change something; the rules are in :mod:`runtime.api.idempotency`."""

from __future__ import annotations

import gzip
from typing import Any, cast

import brotli  # type: ignore[import-untyped]
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runtime.api import idempotency
from runtime.api.idempotency import Stored
from runtime.errors import TooMuch
from runtime.i18n import N_
from runtime.system import System
from ui.http.authentication import identify, system_of

HEADER = "idempotency-key"
REPLAYED = b"idempotency-replayed"
_METHODS = frozenset({"POST", "PATCH", "DELETE"})
_MAX_BODY_BYTES = 10_000_000


class IdempotencyMiddleware:
    """Replays the answer of an earlier request with the same key, caller and address.

    A handler that only reads although it is asked by POST says ``opt={"idempotent": "reading"}`` and is left alone; so
    is one whose answer holds a ``"secret"`` that is kept nowhere in the clear, and uploads of files, which are not to be
    held in memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] not in _METHODS:
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        given = request.headers.get(HEADER)
        kind = scope["route_handler"].opt.get("idempotent") if "route_handler" in scope else None
        upload = request.headers.get("content-type", "").startswith("multipart/")
        if given is None or upload or not scope["path"].startswith("/api/") or kind in ("reading", "secret"):
            await self.app(scope, receive, send)
            return
        actor = await identify(request)
        if actor is None:  # will be refused anyway
            await self.app(scope, receive, send)
            return
        place = scope["path"] if scope["method"] == "POST" else f"{scope['method']} {scope['path']}"
        key = idempotency.storage_key(actor.id, place, given)
        body = await _read(receive)
        work = _Work(self.app, scope, body, idempotency.digest(body), key, system_of(request))
        if kind == "atomic":
            await work.atomically(send)
        else:
            await work.noting(send)


class _Work:
    """One request under a key."""

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, digest: str, key: str, system: System
    ) -> None:
        self.app = app
        self.scope = scope
        self.body = body
        self.digest = digest
        self.key = key
        self.system = system
        self.messages: list[Message] = []

    async def atomically(self, send: Send) -> None:
        earlier = None
        await self.system.catalogs.current()  # read outside a transaction, where it is kept
        try:
            async with self.system.db.transaction() as tx:
                await idempotency.hold(tx, self.key)
                earlier = await idempotency.recall(tx, self.key, self.digest)
                if earlier is None:
                    answer = await self._run()
                    if answer is None:
                        raise _Refused
                    await idempotency.remember(tx, self.key, answer)
        except _Refused:
            pass
        await self._send(send, earlier)

    async def noting(self, send: Send) -> None:
        db = self.system.db
        earlier = await idempotency.reserve(db, self.key, self.digest)
        if earlier is None:
            try:
                answer = await self._run()
            except BaseException:
                await idempotency.release(db, self.key)
                raise
            if answer is None:
                await idempotency.release(db, self.key)
            else:
                await idempotency.settle(db, self.key, answer)
        await self._send(send, earlier)

    async def _run(self) -> Stored | None:
        """Let the handler answer into ``messages``; the answer to keep, or None when it refused."""
        body, self.body = self.body, b""
        delivered = False

        async def receive() -> Any:
            nonlocal delivered
            if delivered:
                return {"type": "http.disconnect"}
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def collect(message: Message) -> None:
            self.messages.append(message)

        await self.app(self.scope, receive, collect)
        start = cast(Any, self.messages[0])
        if not 200 <= start["status"] < 300:
            return None
        content = b"".join(cast(Any, m).get("body", b"") for m in self.messages[1:])
        headers = {name.lower(): value for name, value in start["headers"]}
        return Stored(
            request=self.digest,
            status=start["status"],
            content_type=headers.get(b"content-type", b"application/json").decode(),
            body=_unpacked(content, headers.get(b"content-encoding", b"")).decode(),
        )

    async def _send(self, send: Send, earlier: Stored | None) -> None:
        if earlier is None:
            for message in self.messages:
                await send(message)
            return
        body = earlier.body.encode()
        headers = [
            (b"content-type", earlier.content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (REPLAYED, b"true"),
        ]
        await send(
            cast(Message, {"type": "http.response.start", "status": earlier.status, "headers": headers})
        )
        await send(cast(Message, {"type": "http.response.body", "body": body, "more_body": False}))


def _unpacked(content: bytes, encoding: bytes) -> bytes:
    """An answer as it was before compression: who asks again may not want it packed."""
    if encoding == b"br":
        unpacked: bytes = brotli.decompress(content)
        return unpacked
    return gzip.decompress(content) if encoding == b"gzip" else content


class _Refused(Exception):
    """The handler refused: undo the transaction it ran in."""


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = cast(Any, await receive())
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _MAX_BODY_BYTES:
            raise TooMuch(N_("发来的内容太大了"), code="request_too_large")
        if not message.get("more_body"):
            return b"".join(parts)
