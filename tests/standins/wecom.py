"""A stand-in for WeCom's group robot webhook: checks requests as the real one does, and records the messages.

In tests::

    with WecomStandIn() as wecom:
        wecom.webhook_url                       # what a person would paste
        wecom.fail(errcode=45009, times=2)      # the next two requests get this answer
        wecom.wait_for(3)                       # blocks until three messages are there, and returns them

As a process of its own, for browser tests and benchmarks: ``python -m tests.standins.wecom [--port N] [--key K]…``
prints its address on one line. Then ``GET /_messages`` lists what arrived (``?at_least=N&timeout=S`` waits for it)
and ``POST /_control`` changes its behaviour (see :meth:`WecomStandIn.control`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from tests.standins.http import HangUp, Request, Response, Silence, StandInServer

SEND_PATH = "/cgi-bin/webhook/send"
DEFAULT_KEY = "693a91f6-7c1e-4bc4-97a0-0ec2a1fa5aaa"
CONTENT_LIMITS = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
OTHER_TYPES = frozenset({"image", "news", "file", "voice", "template_card"})


@dataclass(frozen=True)
class Received:
    """A message the robot took. ``at`` is unix seconds; ``content`` is empty for kinds without any."""

    at: float
    key: str
    msgtype: str
    content: str
    users: list[str]
    mobiles: list[str]
    payload: dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """A request that was not taken, and the errcode it got (or the HTTP status, or 0 for no answer)."""

    at: float
    key: str
    errcode: int
    errmsg: str


class Refusal(Exception):
    """An errcode to answer with."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


class WecomStandIn:
    """The robot's server. ``clock`` gives unix seconds and can be replaced to test windows without waiting."""

    def __init__(
        self,
        keys: Iterable[str] = (DEFAULT_KEY,),
        *,
        limit: int = 20,
        window_seconds: float = 60.0,
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = set(keys)
        self.limit = limit
        self.window_seconds = window_seconds
        self.clock = clock
        self.messages: list[Received] = []
        self.refusals: list[Refused] = []
        self._faults: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._server = StandInServer(self._answer, port=port)

    # -- as a server --------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """What ``HUOBIAO_WECOM_BASE_URL`` should be."""
        return self._server.url

    @property
    def webhook_url(self) -> str:
        """The address of the first key's robot."""
        return f"{self.base_url}{SEND_PATH}?key={min(self.keys)}"

    @property
    def connections(self) -> int:
        """How many connections were opened so far."""
        return self._server.connections

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what it is told to do ----------------------------------------------------------------------------------

    def fail(self, errcode: int, errmsg: str = "told to fail", times: int = 1) -> None:
        """Answer the next ``times`` requests with this errcode; they are not taken."""
        self._add_fault({"kind": "errcode", "errcode": errcode, "errmsg": errmsg}, times)

    def answer_http(self, status: int, body: str = "<html>Bad Gateway</html>", times: int = 1) -> None:
        """Answer with this status and a page instead of JSON; the message is not taken."""
        self._add_fault({"kind": "http", "status": status, "body": body}, times)

    def delay(self, seconds: float, times: int = 1) -> None:
        """Take so long before judging the request as usual."""
        self._add_fault({"kind": "delay", "seconds": seconds}, times)

    def hang(self, *, accept: bool = False, times: int = 1) -> None:
        """Never answer; ``accept``: though the message was taken."""
        self._add_fault({"kind": "hang", "accept": accept}, times)

    def drop(self, *, accept: bool = True, times: int = 1) -> None:
        """Take the message (unless not ``accept``) and close the connection without an answer."""
        self._add_fault({"kind": "drop", "accept": accept}, times)

    def clear(self) -> None:
        """Forget messages, refusals and faults to come."""
        with self._changed:
            self.messages.clear()
            self.refusals.clear()
            self._faults.clear()

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """The messages, as soon as there are ``count``. Raises :class:`TimeoutError` with what there is."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(
                    f"{len(self.messages)} of {count} messages: {self.messages} {self.refusals}"
                )
            return list(self.messages)

    def control(self, order: dict[str, Any]) -> dict[str, Any]:
        """Change the behaviour and return the state; the body of ``POST /_control``.

        ``{"clear": true, "keys": [K…], "add_key": K, "remove_key": K, "limit": 20, "window_seconds": 60,
        "faults": [{"kind": "errcode", "errcode": -1, "errmsg": "", "times": 2}, {"kind": "http", "status": 502,
        "body": ""}, {"kind": "delay", "seconds": 1}, {"kind": "hang", "accept": false},
        {"kind": "drop", "accept": true}]}``, each part optional.
        """
        if order.get("clear"):
            self.clear()
        if "keys" in order:
            self.keys = set(order["keys"])
        if "add_key" in order:
            self.keys.add(order["add_key"])
        if "remove_key" in order:
            self.keys.discard(order["remove_key"])
        self.limit = order.get("limit", self.limit)
        self.window_seconds = order.get("window_seconds", self.window_seconds)
        for fault in order.get("faults", []):
            self._add_fault({k: v for k, v in fault.items() if k != "times"}, fault.get("times", 1))
        return {
            "keys": sorted(self.keys),
            "limit": self.limit,
            "window_seconds": self.window_seconds,
            "faults": list(self._faults),
            "messages": len(self.messages),
            "refusals": len(self.refusals),
        }

    def _add_fault(self, fault: dict[str, Any], times: int) -> None:
        if fault.get("kind") not in {"errcode", "http", "delay", "hang", "drop"}:
            raise ValueError(f"no such fault: {fault}")
        with self._changed:
            self._faults.extend(dict(fault) for _ in range(times))

    # -- answering ----------------------------------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        if request.path == "/_messages":
            return await self._list_messages(request)
        if request.path == "/_control":
            try:
                return Response.of_json(self.control(json.loads(request.body or b"{}")))
            except (ValueError, TypeError, AttributeError) as error:
                return Response.of_json({"error": str(error)}, 400)
        if request.path != SEND_PATH:
            return Response(404, b"Not Found", {"Content-Type": "text/plain"})
        with self._changed:
            fault = self._faults.popleft() if self._faults else {"kind": "none"}
        return await self._with_fault(fault, request)

    async def _with_fault(self, fault: dict[str, Any], request: Request) -> Response:
        key = request.query("key")
        if fault["kind"] == "delay":
            await asyncio.sleep(fault["seconds"])
        if fault["kind"] == "errcode":
            return self._refuse(key, fault["errcode"], fault.get("errmsg", ""))
        if fault["kind"] == "http":
            self._note(Refused(self.clock(), key, fault["status"], "http"))
            return Response(fault["status"], fault.get("body", "").encode(), {"Content-Type": "text/html"})
        if fault["kind"] in {"hang", "drop"}:
            if fault.get("accept"):
                self._take(request)
            else:
                self._note(Refused(self.clock(), key, 0, fault["kind"]))
            raise Silence if fault["kind"] == "hang" else HangUp
        try:
            self._take(request)
        except Refusal as refusal:
            return self._refuse(key, refusal.errcode, refusal.errmsg)
        return Response.of_json({"errcode": 0, "errmsg": "ok"})

    def _take(self, request: Request) -> None:
        """Record the message, or raise :class:`Refusal`."""
        key = request.query("key")
        if request.method != "POST":
            raise Refusal(43002, "require POST method")
        if key not in self.keys:
            raise Refusal(93000, "invalid webhook url, hint: [0], from ip: 127.0.0.1")
        message = judge(key, request, self.clock())
        with self._changed:
            recent = [m for m in self.messages if m.key == key and m.at > message.at - self.window_seconds]
            if len(recent) >= self.limit:
                raise Refusal(45009, "api freq out of limit")
            self.messages.append(message)
            self._changed.notify_all()

    def _refuse(self, key: str, errcode: int, errmsg: str) -> Response:
        self._note(Refused(self.clock(), key, errcode, errmsg))
        return Response.of_json({"errcode": errcode, "errmsg": errmsg})

    def _note(self, refused: Refused) -> None:
        with self._changed:
            self.refusals.append(refused)
            self._changed.notify_all()

    async def _list_messages(self, request: Request) -> Response:
        at_least = int(request.query("at_least", "0"))
        timeout = float(request.query("timeout", "10"))
        if at_least:
            try:
                await asyncio.to_thread(self.wait_for, at_least, timeout)
            except TimeoutError as error:
                return Response.of_json({"error": str(error)}, 408)
        with self._changed:
            return Response.of_json(
                {
                    "messages": [asdict(m) for m in self.messages],
                    "refusals": [asdict(r) for r in self.refusals],
                }
            )


def judge(key: str, request: Request, at: float) -> Received:
    """The message in a request to an existing robot. Raises :class:`Refusal` with the code the real one gives.

    Content and mentions of the text kinds are checked in full; of the other kinds only that they have an object.
    """
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refusal(40058, "content-type must be application/json")
    try:
        payload = json.loads(request.body.decode("utf-8"))
    except ValueError:
        raise Refusal(47001, "data format error") from None
    if not isinstance(payload, dict):
        raise Refusal(47001, "data format error")
    msgtype = payload.get("msgtype")
    if msgtype not in CONTENT_LIMITS and msgtype not in OTHER_TYPES:
        raise Refusal(40008, "invalid message type")
    body = payload.get(msgtype)
    if not isinstance(body, dict):
        raise Refusal(40058, f"missing {msgtype}")
    if msgtype in OTHER_TYPES:
        return Received(at, key, msgtype, "", [], [], payload)
    content = body.get("content")
    if not isinstance(content, str):
        raise Refusal(40058, f"{msgtype}.content must be a string")
    if not content.strip():
        raise Refusal(44004, "empty content")
    if len(content.encode("utf-8")) > CONTENT_LIMITS[msgtype]:
        raise Refusal(40058, f"{msgtype}.content exceeds {CONTENT_LIMITS[msgtype]} bytes")
    users, mobiles = _mentions(body, "mentioned_list"), _mentions(body, "mentioned_mobile_list")
    if msgtype != "text":
        users, mobiles = [], []  # the real one knows these lists in text messages only, and passes over them
    return Received(at, key, msgtype, content, users, mobiles, payload)


def _mentions(body: dict[str, Any], name: str) -> list[str]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise Refusal(40058, f"{name} must be a list of strings")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the stand-in until it is interrupted or terminated."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.standins.wecom", description="WeCom robot stand-in"
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--key", action="append", help="a robot key that exists; repeatable")
    parser.add_argument("--limit", type=int, default=20, help="messages per window and key")
    parser.add_argument("--window", type=float, default=60.0, help="the window in seconds")
    options = parser.parse_args(arguments)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    keys = options.key or [DEFAULT_KEY]
    with WecomStandIn(keys, limit=options.limit, window_seconds=options.window, port=options.port) as wecom:
        sys.stdout.write(wecom.base_url + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
