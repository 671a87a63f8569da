"""One call outside on its way: its hops, and what its failures mean in sentences for people."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from runtime.errors import HuobiaoError, InvalidInput, NotAllowed, OutsideFailed
from runtime.i18n import N_
from runtime.outbound.addresses import parse_url

# Of the time for a call, for the TCP connection and again for TLS: what is left is for the answer.
CONNECT_SHARE = 0.4
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What may follow to another origin; the rest (authorization, keys, signatures) was meant for the first one.
_PORTABLE_HEADERS = frozenset({"accept", "accept-encoding", "content-type", "user-agent", "connection"})


class Call:
    """One call as it goes from hop to hop; knows whether the current request has begun to leave."""

    def __init__(self, request: httpx.Request) -> None:
        self.request = request
        self.sent = False

    @property
    def host(self) -> str:
        return self.request.url.host

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Told by the library of each stage; once the request begins to leave, the outcome is uncertain."""
        if event.startswith(("http11.send_request_headers", "http11.send_request_body")):
            self.sent = True

    def redirect(self, status: int, location: str) -> None:
        """Turn to ``location``. Refuses what would lose the content or send it in the clear."""
        old = self.request
        try:
            target = parse_url(str(old.url.join(location)))
        except httpx.InvalidURL:
            raise OutsideFailed(
                N_("{host} 转到了一个读不懂的网址"), code="redirect_invalid", retryable=False, host=self.host
            ) from None
        if old.url.scheme == "https" and target.scheme == "http":
            raise NotAllowed(
                N_("{host} 要转到不加密的网址,已停止"), code="address_not_allowed", host=self.host
            )
        keeps = status in {307, 308} or old.method in _SAFE_METHODS
        if not keeps and status != 303:
            # Clients by habit turn such a POST into an empty GET, and the message is lost without a word.
            raise OutsideFailed(
                N_("{host} 说网址已经换了,请改成新的网址再试"), code="moved", retryable=False, host=self.host
            )
        same = (old.url.scheme, old.url.host, old.url.port) == (target.scheme, target.host, target.port)
        headers = {
            name: value
            for name, value in old.headers.items()
            if (same or name in _PORTABLE_HEADERS) and name not in {"host", "content-length"}
        }
        if keeps:
            self.request = httpx.Request(old.method, target, headers=headers, content=old.read() or None)
        else:
            headers.pop("content-type", None)
            self.request = httpx.Request("GET", target, headers=headers)
        self.sent = False

    @property
    def _outcome_unknown(self) -> bool:
        return self.sent and self.request.method not in _SAFE_METHODS

    def failure_of_time(self, seconds: float) -> OutsideFailed:
        """The error for a call whose time ran out."""
        if not self.sent:
            msgid = N_("连不上 {host}:{seconds} 秒没有接通,稍后再试")
        elif self._outcome_unknown:
            msgid = N_("对方服务器 {host} {seconds} 秒没有回应,可能收到了,也可能没有")
        else:
            msgid = N_("对方服务器 {host} {seconds} 秒没有回应,稍后再试")
        return OutsideFailed(
            msgid,
            code="timed_out",
            outcome_unknown=self._outcome_unknown,
            host=self.host,
            seconds=number(seconds),
        )

    def failure(self, error: Exception, seconds: float) -> HuobiaoError:
        """The error for what the library reports."""
        if isinstance(error, httpcore.LocalProtocolError):
            return InvalidInput(N_("请求头里只能用英文字母、数字和常用符号"), code="header_invalid")
        if isinstance(error, httpcore.ConnectTimeout):
            return self.failure_of_time(seconds * CONNECT_SHARE)
        if isinstance(error, httpcore.TimeoutException):
            return self.failure_of_time(seconds)
        if self.sent:
            return OutsideFailed(
                N_("{host} 没有答完就断开了连接,可能收到了,也可能没有")
                if self._outcome_unknown
                else N_("{host} 没有答完就断开了连接,稍后再试"),
                code="connection_lost",
                outcome_unknown=self._outcome_unknown,
                host=self.host,
            )
        return self._connect_failure(error)

    def _connect_failure(self, error: BaseException) -> OutsideFailed:
        causes = list(_causes(error))
        if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
            return OutsideFailed(
                N_("{host} 的安全证书不可信(过期、自签或域名不符),请联系对方处理"),
                code="certificate_invalid",
                retryable=False,
                host=self.host,
            )
        if any(isinstance(c, ssl.SSLError) for c in causes):
            return OutsideFailed(
                N_("和 {host} 建立加密连接失败,检查网址开头是 http 还是 https"),
                code="tls_failed",
                retryable=False,
                host=self.host,
            )
        if any(isinstance(c, OSError) and c.errno == errno.ECONNREFUSED for c in causes):
            return OutsideFailed(
                N_("{host} 拒绝连接,检查网址和端口,或等对方服务器恢复后再试"), code="refused", host=self.host
            )
        return OutsideFailed(N_("连不上 {host},检查网络和网址后再试"), code="unreachable", host=self.host)


def _causes(error: BaseException) -> Iterable[BaseException]:
    """``error`` and what led to it, through causes, contexts and groups."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions


def number(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 1)
