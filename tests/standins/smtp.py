"""A stand-in for a mail server: speaks SMTP with STARTTLS and AUTH, keeps what it takes, and misbehaves as told.

In tests::

    with SmtpStandIn(users={"orders@example.com": "s3cret"}) as server:
        server.host, server.port
        server.answer("RCPT", "550 no such user")     # the next RCPT gets this answer
        server.answer("DATA", None)                   # the connection is closed instead of an answer
        server.mails                                  # what was taken
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self, cast


@dataclass(frozen=True)
class Received:
    """A mail the server took: envelope, what it says, whether the line was encrypted, and who was signed in."""

    sender: str
    to: list[str]
    mail: EmailMessage
    encrypted: bool
    user: str
    at: float = field(default_factory=time.time)

    @property
    def text(self) -> str:
        return str(self.mail.get_content()).replace("\r\n", "\n").strip()


class SmtpStandIn:
    """Serves on 127.0.0.1 while it is entered. ``tls``: with ``implicit`` from the first byte, else by STARTTLS."""

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.host, self.port = host, 0
        self.users = dict(users or {})
        self.mails: list[Received] = []
        self.connections = 0
        self._tls, self._implicit = tls, implicit
        self._answers: dict[str, deque[str | None]] = defaultdict(deque)
        self._ready = threading.Event()
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def answer(self, command: str, answer: str | None, times: int = 1) -> None:
        """What the next ``times`` of a command get: a line, or (None) a closed connection. ``CONNECT``: instead of 220."""
        self._answers[command].extend([answer] * times)

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """The mails, once there are ``count``."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, seconds), len(self.mails)
            return list(self.mails)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tls = self._tls if self._implicit else None
        server = await asyncio.start_server(self._talk, self.host, self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await _Conversation(self, reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, _Closed):
            pass
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    def told(self, command: str) -> tuple[bool, str | None]:
        """Whether this command is to be answered specially, and how."""
        waiting = self._answers[command]
        return (True, waiting.popleft()) if waiting else (False, None)

    def keep(self, mail: Received) -> None:
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()

    @property
    def offers_tls(self) -> bool:
        return self._tls is not None and not self._implicit

    @property
    def context(self) -> ssl.SSLContext:
        assert self._tls is not None
        return self._tls


class _Closed(Exception):
    """The conversation is over."""


class _Conversation:
    def __init__(
        self, server: SmtpStandIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.encrypted = writer.get_extra_info("ssl_object") is not None
        self.user = self.sender = ""
        self.to: list[str] = []

    async def say(self, *lines: str) -> None:
        code = lines[0][:3]
        out = [f"{code}-{line}" for line in lines[1:-1]]
        if len(lines) == 1:
            out = [lines[0]]
        else:
            out.append(f"{code} {lines[-1]}")
        self.writer.write("".join(f"{line}\r\n" for line in out).encode())
        await self.writer.drain()

    async def special(self, command: str) -> bool:
        special, answer = self.server.told(command)
        if special and answer is None:
            raise _Closed
        if special and answer is not None:
            await self.say(answer)
        return special

    async def line(self) -> str:
        raw = await self.reader.readline()
        if not raw:
            raise _Closed
        return raw.decode().rstrip("\r\n")

    async def hold(self) -> None:
        if await self.special("CONNECT"):
            raise _Closed
        await self.say("220 stand-in ready")
        while True:
            line = await self.line()
            command = line.split(" ", 1)[0].upper()
            if await self.special(command):
                continue
            handler = getattr(self, f"on_{command.lower()}", None)
            if handler is None:
                await self.say("502 what?")
            else:
                await handler(line[len(command) :].strip())

    async def on_ehlo(self, _: str) -> None:
        offers = ["STARTTLS"] if self.server.offers_tls and not self.encrypted else []
        offers += ["AUTH PLAIN LOGIN"] if self.server.users else []
        await self.say("250", "stand-in", *offers, "8BITMIME")

    async def on_starttls(self, _: str) -> None:
        await self.say("220 go on")
        await self.writer.start_tls(self.server.context)
        self.encrypted = True

    async def on_auth(self, rest: str) -> None:
        way, _, given = rest.partition(" ")
        if way.upper() == "PLAIN":
            if not given:
                await self.say("334 ")
                given = await self.line()
            _, user, password = base64.b64decode(given).decode().split("\x00")
        else:
            if not given:
                await self.say("334 VXNlcm5hbWU6")
                given = await self.line()
            user = base64.b64decode(given).decode()
            await self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.line()).decode()
        if self.server.users.get(user) == password:
            self.user = user
            await self.say("235 welcome")
        else:
            await self.say("535 authentication failed")

    async def on_mail(self, rest: str) -> None:
        if self.server.users and not self.user:
            await self.say("530 sign in first")
            return
        self.sender, self.to = rest.partition(":")[2].split(" ")[0].strip("<>"), []
        await self.say("250 ok")

    async def on_rcpt(self, rest: str) -> None:
        self.to.append(rest.partition(":")[2].split(" ")[0].strip("<>"))
        await self.say("250 ok")

    async def on_data(self, _: str) -> None:
        await self.say("354 go on")
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise _Closed
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = cast(EmailMessage, message_from_bytes(b"".join(lines), policy=default))
        special, answer = self.server.told("END")
        if special and answer is not None:
            await self.say(answer)
            return
        self.server.keep(Received(self.sender, list(self.to), mail, self.encrypted, self.user))
        if special:
            raise _Closed
        await self.say("250 2.0.0 queued as 4711")

    async def on_quit(self, _: str) -> None:
        await self.say("221 bye")
        raise _Closed

    async def on_rset(self, _: str) -> None:
        await self.say("250 ok")

    async def on_noop(self, _: str) -> None:
        await self.say("250 ok")
