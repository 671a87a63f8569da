"""Our end of :mod:`workbook_child`: start it, ask it, notice its death."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from runtime.records.imports import refusals

MEMORY_BYTES = 3 << 30
"""What a workbook may take to read; a million rows of 20 columns fit."""

_BATCH = 2000
_CHILD = Path(__file__).with_name("workbook_child.py")
_log = structlog.get_logger(__name__)


class WorkbookProcess:
    """A workbook opened in a process of its own. Not for use by several threads at once."""

    def __init__(self, path: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        environment = {**os.environ, "RUST_BACKTRACE": "0"}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", str(_CHILD), str(path), str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._streams = count()
        self._finalizer = weakref.finalize(self, _end, self._process)

    def ask(self, do: str, **arguments: int) -> Any:
        """Send a request of :class:`workbook_child.Holder` and return its answer.

        Raises ``InvalidInput`` with code ``file_encrypted`` or ``file_damaged``, or ``TooMuch`` if memory was not enough.
        """
        frame = self._exchange(json.dumps({"do": do, **arguments}).encode() + b"\n")
        outcome, answer = pickle.loads(frame)  # noqa: S301 - written by our own child
        if outcome == "ok":
            return answer
        _log.info("workbook_unreadable", request=do, error=answer)
        if answer == "PasswordError":
            raise refusals.encrypted()
        if answer == "MemoryError":
            raise refusals.workbook_too_large()
        raise refusals.damaged()

    def rows(self, sheet: int) -> Iterator[list[Any]]:
        """Yield all rows of the sheet at index ``sheet`` from row 1, starting at its first used column."""
        stream = next(self._streams)
        self.ask("begin", index=sheet, stream=stream)
        try:
            while batch := self.ask("more", stream=stream, count=_BATCH):
                yield from batch
        finally:
            if self._process.poll() is None:
                self.ask("end", stream=stream)

    def close(self) -> None:
        """End the process; may be called twice."""
        self._finalizer()

    def _exchange(self, request: bytes) -> bytes:
        source, target = self._process.stdout, self._process.stdin
        if source is None or target is None:  # both were asked for as pipes
            raise refusals.unreadable_workbook()
        try:
            target.write(request)
            target.flush()
            size = int.from_bytes(_exactly(source, 4), "big")
            return _exactly(source, size)
        except (EOFError, BrokenPipeError, ValueError) as error:
            status = self._process.wait()
            _log.warning("workbook_process_died", status=status)
            raise refusals.unreadable_workbook() from error


def _exactly(source: Any, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return bytes(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # the other end is gone
                pipe.close()
    process.wait()
