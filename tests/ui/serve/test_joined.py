"""The head of an answer reaches a client together with its body; what is streamed is not kept back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import uvicorn

from ui.serve.joined import JoinedWrites, JoiningProtocol


class Recorded(asyncio.Transport):
    """A transport that notes what it is given to send at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.sent.append(data)

    def writelines(self, list_of_data: tuple[bytes, ...]) -> None:  # type: ignore[override]
        self.sent.append(b"".join(list_of_data))

    def close(self) -> None:
        self.closed = True


async def test_two_writes_are_sent_at_once() -> None:
    wire = Recorded()
    writes = JoinedWrites(wire)
    writes.write(b"head ")
    writes.write(b"body")
    assert wire.sent == [b"head body"]
    await asyncio.sleep(0)
    assert wire.sent == [b"head body"], "nothing is sent twice"


async def test_one_write_goes_at_the_next_turn() -> None:
    wire = Recorded()
    writes = JoinedWrites(wire)
    writes.write(b"head")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"head"]


async def test_what_is_kept_is_sent_before_closing() -> None:
    wire = Recorded()
    writes = JoinedWrites(wire)
    writes.write(b"last")
    writes.close()
    assert (wire.sent, wire.closed) == ([b"last"], True)


@pytest.fixture
async def served() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A server that streams two parts, the second when told to."""
    go_on = asyncio.Event()

    async def app(scope: dict[str, str], receive: Callable[[], object], send: Callable[..., object]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]
        if scope["path"] == "/stream":
            await go_on.wait()
        for part in (b"one", b"two"):
            await send({"type": "http.response.body", "body": part, "more_body": True})  # type: ignore[misc]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[misc]

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", http=JoiningProtocol)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()[1], go_on
    server.should_exit = True
    await serving


async def test_a_stream_begins_before_its_first_part(served: tuple[int, asyncio.Event]) -> None:
    port, go_on = served
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: here\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    go_on.set()
    assert await reader.readuntil(b"0\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    whole = await reader.read()
    assert whole.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    writer.close()
