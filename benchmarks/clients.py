"""A cheap HTTP client for measuring: keep-alive connections that send ready-made requests.

httpx takes longer for a request than the server does, and on two cores it would measure itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec


@dataclass(frozen=True)
class Load:
    """What a hammering gave: requests a second, and the time of each request in seconds."""

    per_second: float
    seconds: list[float]


def request(base_url: str, token: str, method: str, path: str, body: object = None) -> bytes:
    """The bytes of a request."""
    content = b"" if body is None else msgspec.json.encode(body)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(base_url).netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return status, await reader.readexactly(int(line[15:]))
    raise RuntimeError(f"an answer without a length: {head!r}")


async def asking(base_url: str, sent: bytes) -> Callable[[], Awaitable[None]]:
    """A call that sends the same request over one connection and takes its answer, which must be a success."""
    place = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)

    async def ask() -> None:
        writer.write(sent)
        status, body = await _answer(reader)
        assert status < 300, (status, body[:500])

    return ask


async def hammer(base_url: str, make: Callable[[int], bytes], *, clients: int, times: int) -> Load:
    """Send ``times`` requests, ``make(n)`` being the n-th, from ``clients`` connections at once. All must succeed."""
    place = urlsplit(base_url)
    numbers = iter(range(times))
    seconds: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for number in numbers:
            sent = make(number)
            begun = time.perf_counter()
            writer.write(sent)
            status, body = await _answer(reader)
            seconds.append(time.perf_counter() - begun)
            assert status < 300, (status, body[:500])
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(clients)))
    return Load(times / (time.perf_counter() - begun), seconds)
