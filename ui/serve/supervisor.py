"""The supervisor: starts programs in order, watches them, stops them in the opposite order.

It is one loop in one thread (the kernel ties a child's life to the thread that started it), woken by signals:
SIGCHLD when a child ends, SIGINT/SIGTERM/SIGHUP to stop; a second one of these kills at once.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import structlog

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from ui.serve.program import Program

log = structlog.get_logger(__name__)

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS = 0.25
_READY_TICK_SECONDS = 0.02
_READY_TIMEOUT_SECONDS = 120.0
# while starting: this many ends of one program mean that it cannot run here
_HOPELESS_RESTARTS = 3


class Stopped(Exception):
    """Somebody asked us to stop."""


class Supervisor:
    """Runs groups of programs; a later group is started when the one before is ready.

    ``on_change`` is called whenever a child was started or ended.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.groups: list[list[Program]] = []
        self.on_change = on_change
        self.asked_to_stop = 0
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    @property
    def programs(self) -> list[Program]:
        """All programs, in the order of their start."""
        return [program for group in self.groups for program in group]

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Let signals wake this supervisor for the time of the block."""

        def note(signum: int, _frame: FrameType | None) -> None:
            if signum in STOPPING:
                self.asked_to_stop += 1

        before = {signum: signal.signal(signum, note) for signum in (*STOPPING, signal.SIGCHLD)}
        wakeup_before = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for signum, handler in before.items():
                signal.signal(signum, handler)
            os.close(self._wake_read)
            os.close(self._wake_write)

    def start_group(self, programs: Sequence[Program], also_ready: Callable[[], bool] = lambda: True) -> None:
        """Start ``programs`` and return when each is ready and ``also_ready()`` holds.

        Raises :class:`Stopped` when asked to stop meanwhile, :class:`ServiceUnavailable` when one of them
        ends again and again or is not ready in time.
        """
        self.groups.append(list(programs))
        for program in programs:
            program.start()
        self.on_change()
        deadline = time.monotonic() + _READY_TIMEOUT_SECONDS
        while not (all(program.ready() for program in programs) and also_ready()):
            self.tick(_READY_TICK_SECONDS)
            for program in programs:
                if program.restarts >= _HOPELESS_RESTARTS:
                    raise ServiceUnavailable(N_("{program} 启动不了,原因见上面的日志"), program=program.name)
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    N_("等了 {seconds} 秒还没有启动好,原因见上面的日志"), seconds=int(_READY_TIMEOUT_SECONDS)
                )

    def add(self, programs: Sequence[Program]) -> None:
        """Start more programs of the group started last, and do not wait for them."""
        self.groups[-1].extend(programs)
        for program in programs:
            program.start()
        self.on_change()

    def watch(self) -> None:
        """Keep everything running; returns when asked to stop."""
        try:
            while True:
                self.tick(_TICK_SECONDS)
        except Stopped:
            return

    def tick(self, seconds: float) -> None:
        """Wait up to ``seconds`` for a signal, then tend every program; raise :class:`Stopped` when asked to.

        Who ended is started again only while the groups before its own are ready.
        """
        self._sleep(seconds)
        if self.asked_to_stop:
            raise Stopped
        changed, grounded = False, True
        for group in self.groups:
            for program in group:
                changed = program.tend(may_start=grounded) or changed
            grounded = grounded and all(program.ready() for program in group)
        if changed:
            self.on_change()

    def stop(self) -> None:
        """Stop every program, the last started group first; returns when no child is left."""
        for group in reversed(self.groups):
            for program in group:
                program.ask_to_stop()
            deadline = time.monotonic() + max((program.stop_timeout_seconds for program in group), default=0)
            while any(program.running for program in group) and time.monotonic() < deadline:
                if self.asked_to_stop > 1:
                    break
                self._sleep(_READY_TICK_SECONDS)
            for program in group:
                program.kill()
        self.groups.clear()

    def _sleep(self, seconds: float) -> None:
        woken, _, _ = select.select([self._wake_read], [], [], seconds)
        if woken:
            os.read(self._wake_read, 4096)
