"""The socket that the web processes share: bound once by the supervisor, so that it survives their
restarts.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
_ANSWER_TIMEOUT_SECONDS = 2.0


def bind(settings: Settings) -> socket.socket:
    """A TCP socket on the chosen host and port (0: any free one), bound but not listening yet.

    Raises :class:`ServiceUnavailable` when the address is taken, not ours, or not allowed.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        raise ServiceUnavailable(_why_not(error), host=host, port=port, reason=error.strerror) from error
    found.set_inheritable(True)
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
