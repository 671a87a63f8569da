"""A whole installation in its own processes, as ``huobiao serve`` starts it, on a free port."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil

from runtime.services import RunningServices
from runtime.services.process import spawn
from tests.support.command import environ

START_TIMEOUT_SECONDS = 60


class Serving:
    """A running ``serve``: its address, its process, and what it has written down."""

    def __init__(self, process: subprocess.Popen[bytes], data: Path, url: str, first_line: str) -> None:
        self.process = process
        self.data = data
        self.url = url
        self.first_line = first_line

    def services(self) -> RunningServices:
        """``services.json`` as it is now."""
        return msgspec.json.decode((self.data / "run" / "services.json").read_bytes(), type=RunningServices)

    def children(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.process.wait(30)


@contextlib.contextmanager
def serve(data: Path, *options: str, **variables: str) -> Iterator[Serving]:
    """Start ``huobiao serve --port 0`` on ``data``, wait for its address, stop it afterwards."""
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0", "--data", str(data), *options]
    log = data.parent / f"{data.name}.serve.log"
    with log.open("ab") as errors:
        process = spawn(command, output=subprocess.PIPE, errors=errors, env=environ(**variables))
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        found = re.search(r"http://\S+", line)
        assert found, f"serve did not start: {line!r}\n{log.read_text()[-4000:]}"
        yield Serving(process, data, found.group(), line)
    finally:
        family = [process.pid, *(child.pid for child in _below(process.pid))]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def until(true: Callable[[], bool], timeout_seconds: float = 30) -> float:
    """Wait until ``true()``; returns the seconds it took, fails when it takes too long."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < timeout_seconds, "waited in vain"
        time.sleep(0.01)
    return time.monotonic() - started
