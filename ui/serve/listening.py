"""The socket of the web processes: bound once by the supervisor, so that it survives their restarts.

One web process listens on it. Several have a socket each on the same address (``SO_REUSEPORT``), among which Linux divides
what comes in; of one socket for all of them, whoever happens to be awake takes every connection of a burst.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import sys

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
_ANSWER_TIMEOUT_SECONDS = 2.0


# elsewhere the option is there but divides nothing
_DIVIDES = sys.platform == "linux"


def bind(settings: Settings) -> socket.socket:
    """A TCP socket on the chosen host and port (0: any free one), bound but not listening yet; see :func:`own`.

    Raises :class:`ServiceUnavailable` when the address is taken, not ours, or not allowed.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = _bound(family, kind, protocol, address)
        if settings.workers > 1 and _DIVIDES:  # it was free, or that would have been refused
            address = found.getsockname()
            found.close()
            found = _bound(family, kind, protocol, address, shared=True)
    except OSError as error:
        raise ServiceUnavailable(_why_not(error), host=host, port=port, reason=error.strerror) from error
    found.set_inheritable(True)
    return found


def own(bound: socket.socket) -> socket.socket:
    """What a web process is to listen on: ``bound`` itself, or a socket of its own beside those of the others."""
    if not _DIVIDES or not bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT):
        return bound
    return _bound(bound.family, bound.type, bound.proto, bound.getsockname(), shared=True)


def _bound(family: int, kind: int, protocol: int, address: object, *, shared: bool = False) -> socket.socket:
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind(address)  # type: ignore[arg-type]
    except OSError:
        found.close()
        raise
    return found


def _why_not(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return N_("端口 {port} 已被别的程序占用,请停掉它,或用 --port 换一个")
    if error.errno == errno.EACCES:
        return N_("没有权限使用端口 {port},请用 --port 换一个大于 1023 的")
    return N_("不能监听 {host}:{port}:{reason}")


def answers(listening: socket.socket, path: str = "/ready") -> bool:
    """Whether the web process behind the socket answers ``path`` with 200."""
    host, port = listening.getsockname()[:2]
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=_ANSWER_TIMEOUT_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
