"""The outermost layer: gives each request a number, adds security headers, logs and measures it."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runtime import metrics

log = structlog.get_logger("access")
_root = logging.getLogger()  # whose level is the one of all logs

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
API_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Of answers that are no pages: what the others say is only heard of documents."""
STRICT_TRANSPORT = "max-age=31536000"
_SECRET = ("/hooks/", "/f/", "/api/v1/f/")
_QUIET = ("/static/", "/i18n/", "/health", "/ready", "/metrics")


def add_header(scope: Any, name: str, value: str) -> None:
    """Add a header to the answer of this request, whoever makes it; for cookies, several with one name are kept."""
    scope["state"].setdefault("extra_headers", []).append((name.encode("latin-1"), value.encode("latin-1")))


def named_path(path: str) -> str:
    """A path as the log may hold it: the address of a hook, or of a form, is its secret."""
    return next((f"{start}…" for start in _SECRET if path.startswith(start)), path)


def request_id(scope: Any) -> str:
    """The request's number: in the answer's ``X-Request-Id``, in each of its log lines, and on error pages."""
    return str(scope["state"].get("request_id", "-"))


class Edge:
    """Wraps the whole application, also its 404s. ``secure``: browsers are to use https only."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.fixed = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        self.bare = [(name.encode(), value.encode()) for name, value in API_HEADERS.items()]
        self.strict = (b"strict-transport-security", STRICT_TRANSPORT.encode())
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        number = f"{random.getrandbits(48):012x}"
        scope.setdefault("state", {})["request_id"] = number
        status = 500
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(scope, number, list(message.get("headers", ())))
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request=number)
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self._account(scope, status, time.perf_counter() - started)
            structlog.contextvars.reset_contextvars(**bound)

    def _headers(
        self, scope: Scope, number: str, headers: list[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        fixed = self.bare if scope["path"].startswith("/api/") else self.fixed
        headers += [pair for pair in fixed if pair[0] not in present]
        headers += scope["state"].get("extra_headers", [])
        headers.append((b"x-request-id", number.encode()))
        if self.secure or scope.get("scheme") == "https":
            headers.append(self.strict)
        if b"cache-control" not in present:
            headers.append((b"cache-control", b"private, no-cache"))
        return headers

    @staticmethod
    def _account(scope: Any, status: int, seconds: float) -> None:
        path = scope["path"]
        route = scope.get("path_template") or ("/static" if path.startswith("/static/") else "(none)")
        metrics.observe_request(scope["method"], route, status, seconds)
        level = logging.DEBUG if path.startswith(_QUIET) else logging.INFO
        if not _root.isEnabledFor(level):
            return
        actor = scope.get("user")
        log.log(
            level,
            "request",
            method=scope["method"],
            path=named_path(path),
            status=status,
            ms=round(seconds * 1000, 1),
            client=(scope.get("client") or ("-",))[0],
            by=getattr(actor, "id", "-"),
        )
