"""Starting child processes that never outlive their parent, and asking whether a recorded process still
lives.

On Linux the kernel itself signals the child when its parent dies (``PR_SET_PDEATHSIG``), so that even
``kill -9`` of the supervisor leaves nothing behind. Elsewhere our own Python children watch their parent
(:func:`exit_with_parent`), and servers left over are stopped by the next start.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import psutil

_PR_SET_PDEATHSIG = 1
_LAST_WORDS_SECONDS = 15  # between SIGTERM and the end, once the parent is gone
_LARGE_LOG_BYTES = 20 * 1024 * 1024
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ProcessId(msgspec.Struct, frozen=True):
    """A process that can be recognised later: its pid and start time (seconds since 1970), since pids are
    reused.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """The identity of a running process. Raises :class:`psutil.NoSuchProcess` when there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """Whether this very process (not another with the same pid) runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < 2 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
    output: IO[bytes] | int | None = None,
    errors: IO[bytes] | int | None = None,
    parent_death_signal: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own (a Ctrl-C in the terminal reaches only us), bound to our
    life.

    Call it from the main thread: the kernel counts the death of the *thread* that started a child.
    ``user`` and ``group`` are the numeric ids to run as (needs root). ``errors`` go with ``output`` unless given.
    """
    parent = os.getpid()

    def bind() -> None:  # runs in the child, after the change of user, which would clear the setting
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(parent_death_signal), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    options: dict[str, Any] = {}
    if user is not None:
        options = {"user": user, "group": group, "extra_groups": []}
    return subprocess.Popen(  # noqa: S603 - commands are ours, no shell
        list(command),
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors if errors is not None or output is None else subprocess.STDOUT,
        preexec_fn=bind,  # it makes only async-signal-safe calls
        start_new_session=True,
        pass_fds=tuple(pass_fds),
        **options,
    )


def stop(
    process: subprocess.Popen[bytes], sig: signal.Signals = signal.SIGTERM, timeout_seconds: float = 10
) -> int:
    """Ask ``process`` to end, kill it when it does not within ``timeout_seconds``; returns its exit code."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            return process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def stop_pid(pid: int, sig: signal.Signals, timeout_seconds: float = 10) -> None:
    """End a process that is not our child (left over from an earlier start); no error when it is already
    gone.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.send_signal(sig)
        try:
            process.wait(timeout_seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)


def open_log(path: Path) -> IO[bytes]:
    """A log file to append to; one that has grown large is first put aside as ``NAME.log.1``."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LARGE_LOG_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def wait_until(ready: Callable[[], bool], timeout_seconds: float, interval_seconds: float = 0.01) -> bool:
    """Poll ``ready`` until it is true; ``False`` when it did not become so in time."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval_seconds)
    return True


def exit_with_parent(parent_pid: int, interval_seconds: float = 1.0) -> None:
    """Watch, from a daemon thread, that ``parent_pid`` is still our parent; else end this process like
    SIGTERM does.
    """

    def watch() -> None:
        while os.getppid() == parent_pid:
            time.sleep(interval_seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_LAST_WORDS_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
