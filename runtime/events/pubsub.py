"""Listening to Redis for as long as a web process lives: a backend of Litestar's channels that outlasts its server.

All reading and (un)subscribing happens in one task, the one that runs :meth:`LiveBackend.stream_events`; others ask it by
a message on a control channel. When the connection is lost it is made again, everything subscribed anew, and each channel
gets :data:`GAP` once: notices may be missing, look into the history.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from litestar.channels.backends.base import ChannelsBackend
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

GAP = b""
"""The payload that says: notices of this channel may have been missed."""

_POLL_SECONDS = 5.0
_SUBSCRIBE_TIMEOUT_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 5.0


def connect(redis_url: str, *, retries: int = 1) -> Redis:
    """A client that tells soon when the server is away, since a person waits; one retry outlasts its restart."""
    return Redis.from_url(
        redis_url,
        socket_timeout=3,
        socket_connect_timeout=2,
        health_check_interval=10,
        retry=Retry(NoBackoff(), retries),
    )


# a pipeline of two commands takes the client twice as long as one command
_PUBLISH_ALL = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"


class LiveBackend(ChannelsBackend):
    """Redis publish/subscribe. Publishing raises what Redis raises; subscribing never does."""

    def __init__(self, redis_url: str, prefix: str) -> None:
        # without retries: a connection made again behind our back would hide that notices were missed
        self._redis = connect(redis_url, retries=0)
        self._publisher = connect(redis_url)
        self._prefix = prefix + ":live:"
        self._control = f"{prefix}:control:{secrets.token_hex(8)}"
        self._wanted: set[str] = set()
        self._heard: set[str] = set()  # confirmed by the server
        self._confirmed = asyncio.Event()
        self._lost = False

    async def on_startup(self) -> None:
        """Nothing: the connection is made by the first look for events."""

    async def on_shutdown(self) -> None:
        """Disconnect."""
        await self._redis.aclose()
        await self._publisher.aclose()

    async def publish(self, data: bytes, channels: Iterable[str]) -> None:
        """Send ``data`` to everybody who listens to one of ``channels``."""
        await self.send([(self.name_of(channel), data) for channel in channels])

    def name_of(self, channel: str) -> str:
        """What ``channel`` is called in Redis."""
        return self._prefix + channel

    async def send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish ``(name in Redis, payload)`` pairs in one round trip."""
        if len(messages) == 1:
            await self._publisher.publish(*messages[0])
            return
        answer: Any = self._publisher.eval(
            _PUBLISH_ALL, 0, *(part for message in messages for part in message)
        )
        await answer

    async def subscribe(self, channels: Iterable[str]) -> None:
        """Listen to ``channels``; returns once the server confirmed, or after two seconds without it."""
        wanted = set(channels)
        self._wanted |= wanted
        with suppress(RedisError, OSError, TimeoutError):
            await self._publisher.publish(self._control, b"")
            async with asyncio.timeout(_SUBSCRIBE_TIMEOUT_SECONDS):
                while not wanted <= self._heard | (wanted - self._wanted):
                    self._confirmed.clear()
                    await self._confirmed.wait()

    async def unsubscribe(self, channels: Iterable[str]) -> None:
        """Stop listening to ``channels``."""
        self._wanted -= set(channels)
        with suppress(RedisError, OSError):
            await self._publisher.publish(self._control, b"")

    async def get_history(self, channel: str, limit: int | None = None) -> list[bytes]:
        """None is kept here."""
        return []

    async def stream_events(self) -> AsyncGenerator[tuple[str, Any], None]:
        """Channel and payload of each message, for ever."""
        pause = 0.0
        while True:
            try:
                async for event in self._connected():
                    pause = 0.0
                    yield event
            except (RedisError, OSError) as error:
                self._lost = True
                self._heard.clear()
                _end_if_cancelled()
                log.warning("live channel lost, connecting again", error=str(error), pause_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2 or 0.1)

    async def _connected(self) -> AsyncGenerator[tuple[str, Any], None]:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(self._control)
            while True:
                _end_if_cancelled()
                await self._reconcile(pubsub)
                message = await pubsub.get_message(timeout=_POLL_SECONDS)
                if message is None or message["channel"] is None:
                    continue
                name = message["channel"].decode().removeprefix(self._prefix)
                if message["type"] == "message" and name in self._wanted:
                    yield name, message["data"]
                elif message["type"] == "subscribe":
                    self._heard.add(name)
                    self._confirmed.set()
                    if self._lost and self._wanted <= self._heard:
                        self._lost = False
                        log.info("live channel connected again")
                        for channel in tuple(self._wanted):
                            yield channel, GAP

    async def _reconcile(self, pubsub: Any) -> None:
        """Subscribe to what is wanted and not yet asked for, drop what is no longer wanted."""
        asked = {
            name.decode().removeprefix(self._prefix)
            for name in pubsub.channels
            if name not in pubsub.pending_unsubscribe_channels
        } - {self._control}
        if missing := self._wanted - asked:
            await pubsub.subscribe(*(self._prefix + name for name in missing))
        if extra := asked - self._wanted:
            self._heard -= extra
            await pubsub.unsubscribe(*(self._prefix + name for name in extra))


def _end_if_cancelled() -> None:
    """Raise the cancellation that redis-py swallows when it comes while a connection is being made."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
