"""The two background processes: ``huobiao worker`` carries out runs and jobs and refreshes computed values that writers
left to it, ``huobiao scheduler`` hands runs and jobs out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import dramatiq
import structlog
import uvloop
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import AsyncIO, Middleware, MiddlewareError
from dramatiq.worker import Worker

from runtime.automations.deliveries import Deliveries
from runtime.automations.engine import execute
from runtime.records.refresh import Refresher
from runtime.services.memory import settle_down
from runtime.system import System
from runtime.worker.broker import EXECUTE_RUN, JOBS, RUN_JOB, RUNS, BellListener, WorkBroker
from runtime.worker.jobs import AT_ONCE, JobKinds, run_job
from runtime.worker.kinds import KINDS
from runtime.worker.scheduler import Chore, Scheduler

log = structlog.get_logger(__name__)

GRACE_SECONDS = 2.5
"""How long what is under way may go on after a signal to stop; then it is cut off and handed back."""

_HAND_BACK_SECONDS = 1.0
"""How long handing back may take."""
_THREADS_END_SECONDS = GRACE_SECONDS + _HAND_BACK_SECONDS + 0.5
"""How long dramatiq's threads are waited for; what they wait for is over by then."""
_THREAD_POLL_MS = 200
_SAY_AGAIN_SECONDS = 0.3


def _quick_loops() -> None:
    """Event loops of this process are uvloop's, as those of the web are: half of the work is talking to the database."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def run_worker(system: System, kinds: JobKinds = KINDS) -> None:
    """Work until SIGTERM or SIGINT. ``system`` is not started yet; ``kinds`` are the jobs this installation knows."""
    settle_down()
    _quick_loops()
    with _signals() as stopping:
        WorkerProcess(system, kinds, stopping).run()


def run_scheduler(system: System, chores: Sequence[Chore] = ()) -> None:
    """Hand out work until SIGTERM or SIGINT. ``system`` is not started yet; ``chores``: see :class:`Scheduler`."""
    settle_down()
    _quick_loops()
    with _signals() as stopping:
        asyncio.run(_schedule(system, stopping, chores))


async def _schedule(system: System, stopping: threading.Event, chores: Sequence[Chore]) -> None:
    broker = WorkBroker(system.settings.redis_url or "")
    await system.start()
    try:
        await Scheduler(system, broker, chores).run(stopping.is_set)
    finally:
        await system.stop()
        broker.client.close()


class WorkerProcess:
    """One worker: dramatiq's threads take messages, one event loop does all the work.

    Jobs do not hold a thread while they run, so that runs always find one free.

    Stopping takes less than five seconds. At the signal runs end their step and go back to the queue, jobs go back,
    and messages under way are sent to their end; what is not done after :data:`GRACE_SECONDS` is cut off, which rolls
    its transaction back, and goes back too. Only then do threads, loop and connections end, in this order.
    """

    def __init__(self, system: System, kinds: JobKinds, stopping: threading.Event) -> None:
        self.system, self.kinds, self.stopping = system, kinds, stopping
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._runs: set[asyncio.Task[bool]] = set()
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._sending: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Start everything, wait for the signal, let what is under way end."""
        broker = WorkBroker(self.system.settings.redis_url or "", [AsyncIO(), _Parts(self)])
        dramatiq.actor(actor_name=EXECUTE_RUN, queue_name=RUNS, broker=broker)(self.execute_run)
        dramatiq.actor(actor_name=RUN_JOB, queue_name=JOBS, broker=broker)(self.start_job)
        threads = self.system.settings.worker_threads
        worker = Worker(broker, worker_threads=threads, worker_timeout=_THREAD_POLL_MS)
        bell = BellListener(broker)
        try:
            worker.start()
            bell.start()
            log.info("worker ready", threads=threads)
            self.stopping.wait()
        finally:
            self.stopping.set()
            self._begin_to_end()
            bell.stop()
            worker.stop(timeout=int(_THREADS_END_SECONDS * 1000))
            log.info("worker stopped")

    def _begin_to_end(self) -> None:
        """Have the loop end what is under way while dramatiq's threads, which wait for it, are being stopped."""
        thread = get_event_loop_thread()
        if thread is not None and thread.loop.is_running():
            asyncio.run_coroutine_threadsafe(self.wind_up(), thread.loop)

    async def start(self) -> None:
        """Connect and begin to send; on the worker's event loop, like everything below."""
        await self.system.start()
        self._sending = asyncio.create_task(Deliveries(self.system).run(self.stopping.is_set))
        refresher = Refresher(self.system, self.name)
        self._refreshing = asyncio.create_task(refresher.run(self.stopping.is_set))

    async def wind_up(self) -> None:
        """Give the jobs back, let runs end their step and messages be sent; cut off what takes too long."""
        for task in self._jobs.values():
            task.cancel()
        under_way = self._under_way()
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=GRACE_SECONDS)
        if late:
            log.info("handing back what was under way", count=len(late))
            await _cut_off(late)

    def _under_way(self) -> set[asyncio.Task[Any]]:
        loops = {task for task in (self._sending, self._refreshing) if task is not None}
        return {*self._runs, *self._jobs.values(), *loops}

    async def stop(self) -> None:
        """End whatever is left on the loop, disconnect. No thread waits for the loop any more."""
        await _cut_off(asyncio.all_tasks() - {asyncio.current_task()})
        try:
            await asyncio.wait_for(self.system.stop(), _HAND_BACK_SECONDS)
        except TimeoutError:
            log.warning("connections not closed in time")
        await asyncio.get_running_loop().shutdown_asyncgens()

    async def execute_run(self, public_id: str) -> None:
        """The actor of runs. What goes wrong here leaves the run to the sweeper, when its lease has run out."""
        task = asyncio.create_task(execute(self.system, public_id, self.name, self.stopping.is_set))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def start_job(self, public_id: str) -> None:
        """The actor of jobs: only starts the job. Until there is room it stays queued, for any worker to take."""
        if public_id not in self._jobs and not self.stopping.is_set():
            task = asyncio.create_task(self._job(public_id))
            self._jobs[public_id] = task
            task.add_done_callback(lambda done: self._job_ended(public_id, done))

    async def _job(self, public_id: str) -> None:
        async with self._room:
            await run_job(self.system, self.kinds, public_id, self.name, self.stopping.is_set)

    def _job_ended(self, public_id: str, task: asyncio.Task[None]) -> None:
        self._jobs.pop(public_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("job interrupted", job=public_id, exc_info=task.exception())


async def _cut_off(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel and wait. A cancellation that a library swallows is said again."""
    left = {task for task in tasks if not task.done()}
    ends = time.monotonic() + _HAND_BACK_SECONDS
    while left and time.monotonic() < ends:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=_SAY_AGAIN_SECONDS)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("ended with an error while stopping", error=repr(error))
    if left:
        log.warning("not ended in time", tasks=[repr(task.get_coro()) for task in left])


class _Parts(Middleware):
    """Starts and stops the process's parts on the event loop, at the right moments of dramatiq's worker."""

    def __init__(self, process: WorkerProcess) -> None:
        self._process = process

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        try:
            _on_loop(self._process.start())
        except Exception as error:
            raise _CannotStart(str(error)) from error

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        _on_loop(self._process.stop())
        broker.client.close()


class _CannotStart(MiddlewareError):
    """The database cannot be reached, or the like."""


def _on_loop(coroutine: Coroutine[Any, Any, None]) -> None:
    thread = get_event_loop_thread()
    assert thread is not None  # noqa: S101 - the AsyncIO middleware runs around this one
    thread.run_coroutine(coroutine)


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
