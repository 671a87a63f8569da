"""The process that holds an opened workbook; run as a script, it must import nothing of this package.

The workbook library is native code that reads a whole sheet into memory, and a damaged or malicious file can make it
abort the process (two cells far apart are enough). So it runs in a process of its own, with a memory limit: its death
is an error message instead of the end of the worker.

Started with the workbook's path and the memory limit in bytes. Requests are lines of JSON on standard input; each is
answered by one frame on standard output: 4 bytes of length, then a pickled pair ``("ok", answer)`` or
``("error", name of the exception)``.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import python_calamine

CPU_SECONDS = 600
"""What reading one workbook may cost before it is taken for endless; a million rows take about 20."""


class Holder:
    """The opened workbook and the streams of rows being read from it."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:  # as an object, so that the name does not decide the format
            self.workbook = python_calamine.load_workbook(file)
        self.sheet: tuple[int, Any] | None = None
        self.streams: dict[int, Iterator[list[Any]]] = {}

    def sheets(self) -> list[tuple[str, bool, bool]]:
        """Name, whether visible, whether a worksheet (not a chart or macro sheet)."""
        return [
            (
                meta.name,
                meta.visible == python_calamine.SheetVisibleEnum.Visible,
                meta.typ == python_calamine.SheetTypeEnum.WorkSheet,
            )
            for meta in self.workbook.sheets_metadata
        ]

    def load(self, index: int) -> Any:
        """Return the sheet at ``index``; only one is kept in memory."""
        if self.sheet is None or self.sheet[0] != index:
            self.sheet = None
            self.sheet = (index, self.workbook.get_sheet_by_index(index))
        return self.sheet[1]

    def describe(self, index: int) -> dict[str, Any]:
        """Size and merged ranges (rows and columns from 0) of the sheet at ``index``."""
        sheet = self.load(index)
        start, end = sheet.start, sheet.end
        return {"start": start, "end": end, "merged": sheet.merged_cell_ranges or []}

    def begin(self, index: int, stream: int) -> None:
        """Open a stream of the rows of the sheet at ``index``."""
        self.streams[stream] = iter(self.load(index).iter_rows())

    def more(self, stream: int, count: int) -> list[list[Any]]:
        """The next rows of a stream; fewer than ``count`` (or none) at its end."""
        return list(islice(self.streams[stream], count))

    def end(self, stream: int) -> None:
        """Forget a stream."""
        self.streams.pop(stream, None)


def limit_memory(size: int) -> None:
    """Let allocations beyond ``size`` bytes fail, and end the process if it never ends; where the system can do that."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in (
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(what, (most, most))


def main() -> None:
    """Serve requests until standard input closes."""
    out = sys.stdout.buffer
    limit_memory(int(sys.argv[2]))
    holder: Holder | None = None
    for line in sys.stdin.buffer:
        try:
            if holder is None:
                holder = Holder(sys.argv[1])
            request = json.loads(line)
            answer = ("ok", getattr(holder, request.pop("do"))(**request))
        except BaseException as error:
            answer = ("error", type(error).__name__)
        frame = pickle.dumps(answer, protocol=5)
        out.write(len(frame).to_bytes(4, "big") + frame)
        out.flush()


if __name__ == "__main__":
    main()
