"""Connections for the HTTP library on the event loop's own transports: cheaper than the library's general ones,
as each call makes a new one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

_MOST_UNREAD = 256 * 1024
"""Bytes that are kept for whoever reads; the peer waits meanwhile."""


class LoopBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to addresses in numbers."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> LoopStream:
        """Connect. Raises ConnectError, ConnectTimeout."""
        local = (local_address, 0) if local_address is not None else None
        with _raising(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                _, wire = await asyncio.get_running_loop().create_connection(
                    _Wire, host, port, local_addr=local
                )
        for option in socket_options or ():
            wire.transport.get_extra_info("socket").setsockopt(*option)
        return LoopStream(wire)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> LoopStream:
        """Never."""
        raise httpcore.UnsupportedProtocol("unix sockets are not outside")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class LoopStream(httpcore.AsyncNetworkStream):
    """A connection, read by one caller at a time and written by one."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
    ) -> bytes:
        """What has come, at least one byte; nothing at the end. Raises ReadError, ReadTimeout."""
        wire = self._wire
        if not wire.unread and not wire.ended:
            with _raising(httpcore.ReadError, httpcore.ReadTimeout):
                async with asyncio.timeout(timeout):
                    await wire.changed()
        if not wire.unread and wire.lost is not None:
            raise httpcore.ReadError(str(wire.lost)) from wire.lost
        return wire.take(max_bytes)

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
    ) -> None:
        """Send. Raises WriteError, WriteTimeout."""
        wire = self._wire
        if not buffer:
            return
        if wire.lost is not None or wire.transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from wire.lost
        wire.transport.write(buffer)
        if wire.blocked:
            with _raising(httpcore.WriteError, httpcore.WriteTimeout):
                async with asyncio.timeout(timeout):
                    while wire.blocked and not wire.gone:
                        await wire.changed()
            if wire.gone:
                raise httpcore.WriteError("the connection is closed") from wire.lost

    async def aclose(self) -> None:
        """Close, without waiting for the peer."""
        transport = self._wire.transport
        if transport.get_extra_info("ssl_object") is not None:
            transport.abort()  # the call is over: nobody waits for the peer to say goodbye
        else:
            transport.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
    ) -> LoopStream:
        """Speak TLS from here on. Raises ConnectError (with what was wrong as its cause), ConnectTimeout."""
        wire = self._wire
        try:
            with _raising(httpcore.ConnectError, httpcore.ConnectTimeout):
                async with asyncio.timeout(timeout):
                    transport = await asyncio.get_running_loop().start_tls(
                        wire.transport, wire, ssl_context, server_hostname=server_hostname
                    )
        except BaseException:
            wire.transport.abort()
            raise
        if transport is None:
            raise httpcore.ConnectError("the connection was closed during the handshake")
        wire.transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        """What the library asks of a connection."""
        names = {"client_addr": "sockname", "server_addr": "peername"}
        if info == "is_readable":
            return bool(self._wire.unread) or self._wire.ended
        return self._wire.transport.get_extra_info(names.get(info, info))


class _Wire(asyncio.Protocol):
    """What has come over a connection and was not read yet, and whether more can be written."""

    def __init__(self) -> None:
        self.unread = bytearray()
        self.ended = self.gone = self.blocked = False
        self.lost: Exception | None = None
        self._resting = False
        self._waiting: asyncio.Future[None] | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if len(self.unread) > _MOST_UNREAD and not self._resting:
            self._resting = True
            self.transport.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        self.ended = True
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = self.gone = True
        self.lost = exc
        self._tell()

    def pause_writing(self) -> None:
        self.blocked = True

    def resume_writing(self) -> None:
        self.blocked = False
        self._tell()

    def take(self, most: int) -> bytes:
        """The first bytes of what is unread."""
        found = bytes(self.unread[:most])
        del self.unread[:most]
        if self._resting and len(self.unread) <= _MOST_UNREAD:
            self._resting = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
        return found

    async def changed(self) -> None:
        """Until something comes, ends, or can be written again."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _tell(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


@contextmanager
def _raising(error: type[Exception], timeout: type[Exception]) -> Iterator[None]:
    """The library's errors for those of the loop."""
    try:
        yield
    except TimeoutError as late:
        raise timeout(str(late)) from late
    except (OSError, ssl.SSLError) as wrong:
        raise error(str(wrong)) from wrong
