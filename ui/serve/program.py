"""One supervised child process: how it is started, whether it answers, and when it is started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from runtime.errors import HuobiaoError
from runtime.services import EmbeddedPostgres, EmbeddedRedis
from runtime.services import postgres as postgres_service
from runtime.services import redis as redis_service
from runtime.services.process import ProcessId, spawn

log = structlog.get_logger(__name__)

# whoever ends later than this after a start could do its work: it is started again at once, however often it is killed
_SETTLED_SECONDS = 5.0
_FIRST_DELAY_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 30.0


class Program:
    """A child process that should always run.

    ``launch`` starts it and returns at once; ``ready`` tells whether it does its work. Whoever ends by
    itself is started again: at once the first time, then after a delay that doubles with every end (up to
    30 s), until it has run for 5 s without ending.
    """

    def __init__(
        self,
        name: str,
        launch: Callable[[], subprocess.Popen[bytes]],
        *,
        ready: Callable[[], bool] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout_seconds: float = 10.0,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.identity: ProcessId | None = None
        self.stop_signal = stop_signal
        self.stop_timeout_seconds = stop_timeout_seconds
        self._launch = launch
        self._ready = ready
        self._ends_in_a_row = 0
        self._started_at = 0.0
        self._start_again_at = 0.0

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Whether the process runs and answers (or just runs, for one that nobody talks to)."""
        return self.running and (self._ready is None or self._ready())

    def start(self) -> None:
        """Start the process. Raises what starting it raises."""
        self.process = self._launch()
        self._started_at = time.monotonic()
        self.identity = ProcessId.of(self.process.pid)

    def tend(self, *, may_start: bool = True) -> bool:
        """Notice an end, start again when it is time and allowed; returns whether anything changed."""
        if self.running:
            if self._ends_in_a_row and time.monotonic() - self._started_at > _SETTLED_SECONDS:
                self._ends_in_a_row = 0
            return False
        ended = self.process is not None
        if self.process is not None:
            self._note_end(self.process.returncode)
        if not may_start or time.monotonic() < self._start_again_at:
            return ended
        self.restarts += 1
        try:
            self.start()
        except (HuobiaoError, OSError) as error:
            self._plan_next_start()
            log.warning("cannot start", program=self.name, restarts=self.restarts, reason=str(error))
            return ended
        log.warning("started again", program=self.name, restarts=self.restarts)
        return True

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.running and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def kill(self) -> None:
        """Send the impolite one, and wait for the end."""
        if self.process is not None:
            if self.process.poll() is None:
                log.warning("did not stop in time, killed", program=self.name)
                self.process.kill()
            self.process.wait()

    def _note_end(self, code: int) -> None:
        self.process = None
        self.identity = None
        delay = self._plan_next_start()
        log.warning("ended by itself", program=self.name, code=code, starting_again_in_seconds=delay)

    def _plan_next_start(self) -> float:
        """Zero the first time, then 0.25, 0.5, 1 … 30 seconds."""
        ends = self._ends_in_a_row
        self._ends_in_a_row += 1
        delay = (
            0.0 if ends == 0 else min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * float(2 ** (ends - 1)))
        )
        self._start_again_at = time.monotonic() + delay
        return delay


def postgres_program(server: EmbeddedPostgres) -> Program:
    """The embedded PostgreSQL as a program."""
    return Program(
        "postgres",
        server.launch,
        ready=server.ready,
        stop_signal=postgres_service.STOP_SIGNAL,
        stop_timeout_seconds=postgres_service.STOP_TIMEOUT_SECONDS,
    )


def redis_program(server: EmbeddedRedis) -> Program:
    """The embedded Redis as a program."""
    return Program(
        "redis",
        server.launch,
        ready=server.ready,
        stop_signal=redis_service.STOP_SIGNAL,
        stop_timeout_seconds=redis_service.STOP_TIMEOUT_SECONDS,
    )


def command_program(
    name: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    pass_fds: Sequence[int] = (),
    ready: Callable[[], bool] | None = None,
) -> Program:
    """A command of ours (``huobiao worker`` …) as a program; it writes where we write."""
    command = [sys.executable, "-m", "ui.cli", *arguments]
    return Program(name, lambda: spawn(command, env=environ, pass_fds=pass_fds), ready=ready)
