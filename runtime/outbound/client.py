"""The client for calls outside: guarded addresses, one total time, a bounded answer, errors in sentences.

No cookies, no environment proxies, no kept-alive connections: two calls share nothing, so one user's robot
learns nothing of another's, and a stale connection never makes the outcome of a call uncertain. Addresses are
never logged or put into messages beyond their host, because webhook addresses are secrets.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore
import httpx
import msgspec

from runtime.errors import InvalidInput, OutsideFailed
from runtime.i18n import N_
from runtime.outbound.addresses import (
    Policy,
    Resolver,
    allowed_endpoints,
    checked_addresses,
    parse_url,
    system_resolver,
)
from runtime.outbound.body import BodyTooLarge, Unreadable, read_body
from runtime.outbound.call import CONNECT_SHARE, Call, number
from runtime.outbound.transport import GuardedBackend

DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_MAX_RESPONSE_BYTES = 1_000_000
DEFAULT_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class OutboundResponse(msgspec.Struct, frozen=True):
    """An answer: status, headers, decoded body (cut at the limit when ``truncated``) and how long it took."""

    status: int
    headers: httpx.Headers
    body: bytes
    host: str
    elapsed_seconds: float
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """The body as text, to be shown or stored: what is not UTF-8 shows as replacement characters, NULs are left out."""
        return self.body.decode("utf-8", "replace").replace("\x00", "")

    def json(self) -> Any:
        """The body as JSON. Raises :class:`ValueError` when it is not."""
        return msgspec.json.decode(self.body)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The system's trusted certificates; reading them takes some hundredths of a second."""
    return httpx.create_ssl_context()


class OutboundClient:
    """Calls servers outside on behalf of users. Holds settings only, no connections: one serves all loops.

    ``allow_private``: the administrator lets users reach this machine and the internal network. ``allowed``:
    endpoints (``host:port`` or an address) that are let through in any case, such as the configured WeCom
    server. ``timeout_seconds`` bounds a whole call, redirects included. ``resolve`` and ``ssl_context``
    replace the system's name service and trusted certificates.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        allowed: Iterable[str] = (),
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        user_agent: str = "Huobiao",
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self.policy = Policy(allow_private=allow_private, allowed=allowed_endpoints(allowed))
        self.timeout_seconds = timeout_seconds
        self.max_response_bytes = max_response_bytes
        self.max_redirects = max_redirects
        self.user_agent = user_agent
        self._ssl_context = ssl_context or _trusted()
        self._resolve = resolve
        self._network = GuardedBackend(self.policy, resolve)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        timeout_seconds: float | None = None,
        follow_redirects: bool = True,
        truncate: bool = False,
    ) -> OutboundResponse:
        """Make one call and read its whole answer; any HTTP status is an answer, not an error.

        ``json`` is encoded as UTF-8 JSON; give it or ``content``. ``truncate`` cuts an answer that is too
        long instead of failing, for callers that only want its beginning.

        Raises:
            InvalidInput: the address or a header cannot be used as it is written.
            NotAllowed: the address, or one it redirects to, may not be called.
            OutsideFailed: no usable answer. ``retryable`` and ``outcome_unknown`` are set.
        """
        seconds = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        call = Call(self._build(method, url, headers, content, json))
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(call, started, follow_redirects, truncate, seconds)
        except TimeoutError:
            raise call.failure_of_time(seconds) from None
        except _LIBRARY_ERRORS as error:
            raise call.failure(error, seconds) from error

    async def get(self, url: str, **options: Any) -> OutboundResponse:
        """:meth:`request` with GET."""
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> OutboundResponse:
        """:meth:`request` with POST."""
        return await self.request("POST", url, **options)

    async def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connected socket to ``host:port``, for protocols other than HTTP. The same addresses may be reached.

        Raises:
            NotAllowed: the address may not be called.
            OutsideFailed: nobody answers there (in ``seconds``).
        """
        try:
            async with asyncio.timeout(seconds):
                addresses = await checked_addresses(host, port, self.policy, self._resolve)
                return await _first_that_answers(host, port, [str(address) for address in addresses])
        except TimeoutError:
            raise OutsideFailed(
                N_("{host} 在 {seconds} 秒内没有接通,稍后再试"),
                code="connect_timeout",
                host=host,
                seconds=number(seconds),
            ) from None

    def _build(
        self, method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None, json: Any
    ) -> httpx.Request:
        target = parse_url(url)
        # "identity" asks for no compression; an answer compressed all the same is unpacked within the limit.
        merged = httpx.Headers(
            {"User-Agent": self.user_agent, "Accept-Encoding": "identity", "Connection": "close"}
        )
        if json is not None:
            content = msgspec.json.encode(json)
            merged["Content-Type"] = "application/json"
        try:
            merged.update(headers)
            return httpx.Request(method.upper(), target, headers=merged, content=content)
        except (UnicodeEncodeError, TypeError):
            raise InvalidInput(N_("请求头里只能用英文字母、数字和常用符号"), code="header_invalid") from None

    async def _follow(
        self, call: Call, started: float, follow_redirects: bool, truncate: bool, seconds: float
    ) -> OutboundResponse:
        for _ in range(self.max_redirects + 1):
            async with self._connection(call.request) as connection:
                response = await self._send(connection, call, seconds)
                location = response.headers.get("location") if response.status_code in _REDIRECTS else None
                if not (follow_redirects and location):
                    return await self._answer(call, response, started, truncate)
            call.redirect(response.status_code, location)
        raise OutsideFailed(
            N_("{host} 转来转去超过 {count} 次,请填最终的网址"),
            code="too_many_redirects",
            retryable=False,
            host=call.host,
            count=self.max_redirects,
        )

    def _connection(self, request: httpx.Request) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            _core_url(request.url).origin, ssl_context=self._ssl_context, network_backend=self._network
        )

    async def _send(
        self, connection: httpcore.AsyncHTTPConnection, call: Call, seconds: float
    ) -> httpx.Response:
        request = httpcore.Request(
            method=call.request.method,
            url=_core_url(call.request.url),
            headers=call.request.headers.raw,
            content=call.request.read(),
            extensions={"timeout": {"connect": seconds * CONNECT_SHARE}, "trace": call.trace},
        )
        response = await connection.handle_async_request(request)
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))

    async def _answer(
        self, call: Call, response: httpx.Response, started: float, truncate: bool
    ) -> OutboundResponse:
        try:
            body, truncated = await read_body(response, self.max_response_bytes, truncate=truncate)
        except BodyTooLarge:
            raise OutsideFailed(
                N_("{host} 返回的内容超过 {limit},没有读完"),
                code="response_too_large",
                retryable=False,
                host=call.host,
                limit=_size(self.max_response_bytes),
            ) from None
        except Unreadable:
            raise OutsideFailed(
                N_("{host} 返回的内容无法解压"), code="response_unreadable", retryable=False, host=call.host
            ) from None
        elapsed = time.monotonic() - started
        return OutboundResponse(response.status_code, response.headers, body, call.host, elapsed, truncated)


_LIBRARY_ERRORS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


async def _first_that_answers(host: str, port: int, addresses: Sequence[str]) -> socket.socket:
    """A socket to the first of ``addresses`` that takes a connection. Raises :class:`OutsideFailed`."""
    loop = asyncio.get_running_loop()
    refused = False
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setblocking(False)
        try:
            await loop.sock_connect(found, (address, port))
        except ConnectionRefusedError:
            found.close()
            refused = True
        except OSError:
            found.close()
        except BaseException:
            found.close()
            raise
        else:
            return found
    if refused:
        raise OutsideFailed(
            N_("{host} 拒绝连接,检查地址和端口,或等对方服务器恢复后再试"), code="refused", host=host
        )
    raise OutsideFailed(N_("连不上 {host},检查网络和地址后再试"), code="unreachable", host=host)


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class _Stream(httpx.AsyncByteStream):
    """The library's body stream, in the shape that :class:`httpx.Response` closes."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> Any:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


def _size(count: int) -> str:
    return f"{number(count / 1_000_000)} MB" if count >= 1_000_000 else f"{number(count / 1000)} KB"
