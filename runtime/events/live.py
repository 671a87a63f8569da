"""The live channel: small notices after commit, for open browsers. Losing one loses nothing; the history has it all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime.events.pubsub import LiveBackend, connect

log = structlog.get_logger(__name__)

PREFIX = "huobiao"
_TRY_AGAIN_SECONDS = 0.5
_LAST_WORDS_SECONDS = 2.0
_GATHER_SECONDS = 0.01
"""How long what comes behind something that was just sent is let come together: the first notice leaves at once."""
WAKE_RELAY = f"{PREFIX}:wake:relay"
WAKE_DELIVERY = f"{PREFIX}:wake:delivery"
WAKE_REFRESH = f"{PREFIX}:wake:refresh"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """``id``: the history row it stems from (0 for others). ``records``/``fields``: public ids; empty means many.

    ``refresh``: computed ``fields`` of many records are about to be computed again, or have been.

    ``notice``: a person (the topic) was told something, or has read it.

    ``reload``: so much may have changed, or been missed, that everything shown of the topic is to be asked for again.

    Values do not travel here, so that nobody is told what they may not read: browsers ask for what they show.
    """

    topic: str
    kind: Literal[
        "create",
        "update",
        "delete",
        "computed",
        "refresh",
        "schema",
        "job",
        "run",
        "reload",
        "presence",
        "notice",
    ]
    id: int = 0
    records: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    by: str = ""


class Live:
    """Publishes notices; ``backend`` is what the web process subscribes through (Litestar channels)."""

    def __init__(self, redis_url: str) -> None:
        self.redis: Redis = connect(redis_url)
        self.backend = LiveBackend(redis_url, PREFIX)
        self._waiting: list[tuple[str, bytes, str]] = []  # name in Redis, payload, topic ("" for a nudge)
        self._sending: asyncio.Task[None] | None = None
        self._unheard: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Send what waits and close the connections."""
        if self._sending is not None:
            await asyncio.wait([self._sending], timeout=_LAST_WORDS_SECONDS)
            self._sending.cancel()
        if self._telling is not None:
            self._telling.cancel()
        await self.redis.aclose()
        await self.backend.on_shutdown()

    async def publish(self, notice: Notice) -> None:
        """Tell whoever looks at ``notice.topic`` (a table's, job's or run's public id), in a moment.

        What waits is sent in one go behind the caller's back: nobody who saves a record waits for Redis, and losing it
        raises nothing here. Once it is back, a ``reload`` stands for all that was not heard.
        """
        if self._unheard:
            self._unheard.add(notice.topic)
        else:
            self._send(self.backend.name_of(notice.topic), msgspec.json.encode(notice), notice.topic)

    def _send(self, name: str, payload: bytes, topic: str) -> None:
        self._waiting.append((name, payload, topic))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self.backend.send(list(dict.fromkeys((name, payload) for name, payload, _ in batch)))
            except (RedisError, OSError) as error:
                log.warning("live notices lost", count=len(batch), error=str(error))
                if topics := {topic for _, _, topic in batch if topic}:
                    self._unheard |= topics
                    self._telling = asyncio.create_task(self._tell_later())
            await asyncio.sleep(_GATHER_SECONDS)

    @property
    def away(self) -> bool:
        """Whether Redis was away lately and pages have not been told yet."""
        return bool(self._unheard)

    async def _tell_later(self) -> None:
        while self._unheard:
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
            with contextlib.suppress(RedisError, OSError):
                for topic in tuple(self._unheard):
                    await self.backend.publish(msgspec.json.encode(Notice(topic, "reload")), [topic])
                    self._unheard.discard(topic)

    async def wake(self, channel: str) -> None:
        """Nudge a process that otherwise polls (relay, delivery); losing the nudge costs only its poll interval."""
        if not self._unheard:
            self._send(channel, b"1", "")

    @asynccontextmanager
    async def wakeups(self, *channels: str) -> AsyncIterator[_Wakeups]:
        """Listen to nudges: ``async with live.wakeups(WAKE_RELAY) as w: await w.wait(timeout)``."""
        pubsub = self.redis.pubsub()
        try:
            yield _Wakeups(pubsub, channels)
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]


class _Wakeups:
    def __init__(self, pubsub: object, channels: tuple[str, ...]) -> None:
        self._pubsub = pubsub
        self._channels = channels
        self._subscribed = False

    async def wait(self, timeout_seconds: float) -> None:
        """Return at the next nudge or after the timeout; a lost Redis turns it into a plain wait."""
        try:
            if not self._subscribed:
                await self._pubsub.subscribe(*self._channels)  # type: ignore[attr-defined]
                self._subscribed = True
            message = await self._pubsub.get_message(  # type: ignore[attr-defined]
                ignore_subscribe_messages=True, timeout=timeout_seconds
            )
            while message is not None:  # several nudges are one
                message = await self._pubsub.get_message(  # type: ignore[attr-defined]
                    ignore_subscribe_messages=True, timeout=0
                )
        except (RedisError, OSError):
            self._subscribed = False
            await asyncio.sleep(timeout_seconds)
