"""HTTP connections that send the head of an answer together with its body.

uvicorn writes the head to the socket as soon as there is one. Each write is a system call, and it wakes whoever reads at the
other end for a head of which nothing can be made yet.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JoinedWrites:
    """A transport that keeps what is written until more is, or until the event loop's next turn; else as ``transport``."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._kept: bytes | None = None
        self._turn: asyncio.Handle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep ``data``, or send it with what is kept."""
        if self._kept is None:
            self._kept = data
            self._turn = self._loop.call_soon(self.flush)
            return
        kept, self._kept = self._kept, None
        if self._turn is not None:
            self._turn.cancel()
        self._transport.writelines((kept, data))

    def flush(self) -> None:
        """Send what is kept."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            self._transport.write(kept)

    def close(self) -> None:
        """Send what is kept, and close."""
        self.flush()
        self._transport.close()


class JoiningProtocol(HttpToolsProtocol):
    """uvicorn's, over :class:`JoinedWrites`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(JoinedWrites(transport))  # type: ignore[arg-type]
