"""A program that uses the HTTP API over one connection, and asks again until it knows what became of its request.

Plain asyncio and not httpx, which takes longer for a request than the server does: on two cores hundreds of orders a
second would measure the client.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

TIMEOUT_SECONDS = 15.0
PATIENCE_SECONDS = 120.0
_LONGEST_WAIT_SECONDS = 1.0
_TROUBLE = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass(frozen=True)
class Answer:
    """An answer; ``replayed``: it is the answer of an earlier request with the same key. ``tries``: requests made."""

    status: int
    body: Any
    replayed: bool = False
    tries: int = 1

    @property
    def code(self) -> str:
        """The code of a refusal, or of its first problem."""
        problems = self.body.get("problems") or ()
        return str(problems[0]["code"] if problems else self.body.get("code", ""))


class Connection:
    """One keep-alive connection, opened anew when it breaks."""

    def __init__(self, base_url: str, token: str) -> None:
        place = urlsplit(base_url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._head = (
            f"Host: {place.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Accept-Language: zh\r\nContent-Type: application/json\r\n"
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        """One request, one answer. Raises OSError, TimeoutError or IncompleteReadError when none came."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n"
        if key is not None:
            head += f"Idempotency-Key: {key}\r\n"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self._host, self._port)
                reader, writer = self._streams
                writer.write(head.encode() + b"\r\n" + content)
                return await self._read(reader)
        except BaseException:
            self.close()
            raise

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        length = 0
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        content = await reader.readexactly(length)
        if b"\r\nconnection: close" in head:
            self.close()
        try:
            body = msgspec.json.decode(content) if content else {}
        except msgspec.DecodeError:
            assert status >= 500, (status, content[:200])
            body = {"code": content[:60].decode(errors="replace")}  # of a server that could not even say why
        return Answer(status, body, b"\r\nidempotency-replayed: true" in head)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Program:
    """Asks as a well-made program does: with a key, and again with the same key until the answer is known.

    ``met`` counts what came instead of an answer, over all requests: names of errors, and statuses.
    """

    def __init__(self, base_url: str, token: str, rng: random.Random, met: Counter[str]) -> None:
        self._connection = Connection(base_url, token)
        self._rng, self._met = rng, met

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        """The answer: stored (2xx) or refused (4xx). Fails when there is none within :data:`PATIENCE_SECONDS`."""
        loop = asyncio.get_running_loop()
        gives_up, wait, tries = loop.time() + PATIENCE_SECONDS, 0.05, 0
        while True:
            tries += 1
            try:
                answer = await self._connection.ask(method, path, body, key)
            except _TROUBLE as error:
                self._met[type(error).__name__] += 1
            else:
                if answer.status < 500 and answer.body.get("code") != "idempotency_busy":
                    return Answer(answer.status, answer.body, answer.replayed, tries)
                self._met[f"{answer.status} {answer.body.get('code', '')}"] += 1
            assert loop.time() < gives_up, f"no answer to {method} {path} {body} ({key}): {dict(self._met)}"
            await asyncio.sleep(wait * self._rng.uniform(0.5, 1.5))
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
