"""The way from scheduler to workers: dramatiq over Redis, carrying nothing but ids.

dramatiq's consumers look for messages at growing intervals. Here a bell rings instead: whoever enqueues publishes the
queue's name, workers listen, and a message is fetched at once. A bell not heard costs one idle interval.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import dramatiq
import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import MAINTENANCE_SCALE, RedisBroker
from dramatiq.middleware import Middleware
from redis import Redis
from redis.exceptions import RedisError

from runtime.events.live import PREFIX

log = structlog.get_logger(__name__)

NAMESPACE = f"{PREFIX}:work"
BELL = f"{PREFIX}:bell"
RUNS = "runs"
JOBS = "jobs"
QUEUES = (RUNS, JOBS)
EXECUTE_RUN = "execute_run"
RUN_JOB = "run_job"
_ACTORS = {RUNS: EXECUTE_RUN, JOBS: RUN_JOB}
# messages of a worker that died go back to the queue after this; its runs' leases run out at the same time
_HEARTBEAT_MS = 15_000
_IDLE_SECONDS = 1.0
_LISTEN_SECONDS = 0.5


class Bell:
    """Counts rings per queue; :meth:`wait` returns at the first one after those already heard."""

    def __init__(self) -> None:
        self._rings: dict[str, int] = {}
        self._rung = threading.Condition()
        self._silent = False

    def heard(self, queue: str) -> int:
        """How often it rang for ``queue`` so far."""
        return self._rings.get(queue, 0)

    def ring(self, queue: str) -> None:
        """Ring."""
        with self._rung:
            self._rings[queue] = self.heard(queue) + 1
            self._rung.notify_all()

    def wait(self, queue: str, heard: int, seconds: float) -> None:
        """Until it has rung more often than ``heard``, or ``seconds`` have passed."""
        with self._rung:
            self._rung.wait_for(lambda: self._silent or self.heard(queue) > heard, seconds)

    def silence(self) -> None:
        """Nobody need wait for it any more: the process ends."""
        with self._rung:
            self._silent = True
            self._rung.notify_all()


class _Listening(Consumer):
    """A consumer that sleeps until the bell rings, instead of at intervals, and asks Redis no more often than it has to."""

    def __init__(self, consumer: Any, queue: str, bell: Bell) -> None:
        self._consumer, self._queue, self._bell = consumer, queue, bell
        self._empty_at: int | None = None
        """How often the bell had rung when there was nothing left in Redis; None when there may be something."""
        self._full = False
        """Whether no more could be fetched before something was done."""

    def __next__(self) -> MessageProxy | None:
        consumer, heard = self._consumer, self._bell.heard(self._queue)
        if not consumer.message_cache and self._empty_at == heard:
            self._empty_at = None  # a bell that was not heard costs one idle interval
            self._bell.wait(self._queue, heard, _IDLE_SECONDS)
            return None
        fetches = not consumer.message_cache
        self._full = (
            self._full or fetches
        )  # from here on who is done rings: there is room then that is not counted now
        room = consumer.prefetch - consumer.outstanding_message_count
        message: MessageProxy | None = next(consumer)
        if fetches:
            self._full = room <= 0
            fetched = len(consumer.message_cache) + (message is not None)
            self._empty_at = heard if fetched < room else None
        if message is None and self._empty_at is None:
            self._bell.wait(self._queue, heard, _IDLE_SECONDS)
        return message

    def ack(self, message: MessageProxy) -> None:
        self._consumer.ack(message)
        if self._full:  # there is room to fetch again
            self._bell.ring(self._queue)

    def nack(self, message: MessageProxy) -> None:
        self._consumer.nack(message)
        self._bell.ring(self._queue)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._consumer.requeue(messages)

    def close(self) -> None:
        self._consumer.close()


class WorkBroker(RedisBroker):
    """dramatiq's Redis broker with a bell."""

    def __init__(self, redis_url: str, middleware: Sequence[Middleware] = ()) -> None:
        client = Redis.from_url(
            redis_url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=30
        )
        super().__init__(  # type: ignore[no-untyped-call]
            client=client,
            middleware=list(middleware),
            namespace=NAMESPACE,
            heartbeat_timeout=_HEARTBEAT_MS,
            maintenance_chance=MAINTENANCE_SCALE,  # cheap here, and what a dead worker held is found without delay
        )
        self.bell = Bell()
        for queue in QUEUES:
            self.declare_queue(queue)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """A consumer; its own pauses are cut to a millisecond, the bell makes them."""
        return _Listening(super().consume(queue_name, prefetch, timeout=1), queue_name, self.bell)

    def send(self, queue: str, ids: Iterable[str]) -> None:
        """Enqueue a message per id and ring. Raises ``RedisError`` or dramatiq's ``ConnectionError``."""
        sent = False
        for public_id in ids:
            self.enqueue(
                dramatiq.Message(
                    queue_name=queue, actor_name=_ACTORS[queue], args=(public_id,), kwargs={}, options={}
                )
            )
            sent = True
        if sent:
            self.client.publish(BELL, queue)

    def on_the_way(self, queue: str) -> int:
        """Messages of a queue that no worker is done with. Raises ``RedisError``."""
        return int(self.do_qsize(queue))


class BellListener(threading.Thread):
    """Rings the process's bell when somebody enqueues."""

    def __init__(self, broker: WorkBroker) -> None:
        super().__init__(name="bell", daemon=True)
        self._broker = broker
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.is_set():
            try:
                self._listen()
            except (RedisError, OSError) as error:
                log.warning("bell not heard", error=str(error))
                self._end.wait(1.0)

    def _listen(self) -> None:
        with self._broker.client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(BELL)
            for queue in QUEUES:  # rings missed while nobody listened
                self._broker.bell.ring(queue)
            while not self._end.is_set():
                message = pubsub.get_message(timeout=_LISTEN_SECONDS)
                if message is not None and message["type"] == "message":
                    self._broker.bell.ring(message["data"].decode())

    def stop(self) -> None:
        """End, and let nobody sleep until then. Its connection is closed when this returns."""
        self._end.set()
        self._broker.bell.silence()
        if self.is_alive():
            self.join(_LISTEN_SECONDS + 2)
