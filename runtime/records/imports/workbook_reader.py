"""Workbooks: XLSX, XLSM, XLS, XLSB and ODS, through python-calamine in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from runtime.i18n import N_, Message
from runtime.records.imports import package_xml, refusals
from runtime.records.imports.cells import Cell, CellError, number_cell
from runtime.records.imports.findings import Findings
from runtime.records.imports.inspect_others import XlsbPackage, count_ods_errors
from runtime.records.imports.inspect_xls import read_workbook_stream
from runtime.records.imports.inspect_xlsx import WorkbookXml
from runtime.records.imports.merged import Range
from runtime.records.imports.sniff import Format
from runtime.records.imports.tabular import Facts, TabularFile
from runtime.records.imports.workbook_process import MEMORY_BYTES, WorkbookProcess

_ZERO_PADDED = re.compile(r'"?0{2,}"?(?:;.*)?')


class Inspector(Protocol):
    """Tells of a workbook what the library does not."""

    date_1904: bool

    def inspect(self, index: int, sheet: str) -> Findings:
        """Inspect the sheet at ``index``, called ``sheet``; raises ``TooMuch`` or ``InvalidInput``."""


def open_workbook(path: Path, filename: str, kind: Format, memory_bytes: int = MEMORY_BYTES) -> TabularFile:
    """Open a workbook. Raises ``InvalidInput`` (``file_damaged``, ``file_encrypted``, ``file_not_table``) or ``TooMuch``."""
    inspector = _inspector(path, kind)
    process = WorkbookProcess(path, memory_bytes)
    try:
        sources = [
            WorkbookSheet(process, index, name, inspector, hidden=not visible)
            for index, (name, visible, is_worksheet) in enumerate(process.ask("sheets"))
            if is_worksheet
        ]
        if not sources:
            raise refusals.damaged()
        notices = []
        date_1904 = inspector is not None and inspector.date_1904
        if date_1904:
            notices.append(Message(N_("这个工作簿用 1904 日期系统(旧版 Mac Excel),日期已按它换算")))
        if kind == "ods" and (errors := count_ods_errors(path)):
            notices.append(Message(N_("{n} 个单元格是公式错误,读作空白"), {"n": errors}))
    except BaseException:
        process.close()
        raise
    return TabularFile(
        path, filename, kind, list(sources), notices=notices, date_1904=date_1904, on_close=process.close
    )


def _inspector(path: Path, kind: Format) -> Inspector | None:
    if kind == "xls":
        stream = read_workbook_stream(path)
        if stream.encrypted:
            raise refusals.encrypted()
        return stream
    package_xml.guard(path)
    if kind == "ods" and package_xml.ods_encrypted(path):
        raise refusals.encrypted()
    return WorkbookXml(path) if kind == "xlsx" else XlsbPackage(path) if kind == "xlsb" else None


class WorkbookSheet:
    """A worksheet of an opened workbook."""

    def __init__(
        self,
        process: WorkbookProcess,
        index: int,
        name: str,
        inspector: Inspector | None,
        *,
        hidden: bool,
    ) -> None:
        self.name, self.hidden = name, hidden
        self._process, self._index = process, index
        self._inspector = inspector

    def facts(self) -> Facts:
        """See :class:`SheetSource`. Raises ``TooMuch`` for too many columns or cells, ``InvalidInput`` if damaged."""
        inspected = self._inspected
        start, end = self._extent
        if end is None or start is None:
            return Facts(0)
        if end[1] - start[1] + 1 > refusals.MAX_COLUMNS:
            raise refusals.too_many_columns(self.name, end[1] - start[1] + 1)
        rows = end[0] - start[0] + 1
        if inspected.filled_rows:
            rows = min(rows, inspected.filled_rows)
        notices = inspected.notices()
        if self._padded:
            notices.append(
                Message(
                    N_("{n} 列数字在表格里用格式补了前导 0,已按看到的样子读成文本"), {"n": len(self._padded)}
                )
            )
        return Facts(rows, self._merged, tuple(notices), inspected.number_formats)

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """See :class:`SheetSource`; blank rows are yielded too."""
        start, _ = self._extent
        if start is None:
            return
        offset: list[Cell] = [None] * start[1]
        corrections = self._corrections()
        padded = self._padded
        for number, values in enumerate(self._process.rows(self._index), 1):
            cells = offset + [_cell(value) for value in values]
            if padded:
                _pad(cells, padded)
            if number in corrections:
                for column, cell in corrections[number]:
                    if column < len(cells):
                        cells[column] = cell
            yield number, cells

    def late_notices(self) -> list[Message]:
        """Nothing is noticed only while reading."""
        return []

    @cached_property
    def _inspected(self) -> Findings:
        return self._inspector.inspect(self._index, self.name) if self._inspector is not None else Findings()

    @cached_property
    def _described(self) -> dict[str, Any]:
        _ = self._inspected  # may refuse; the library would read the sheet at any cost
        answer: dict[str, Any] = self._process.ask("describe", index=self._index)
        return answer

    @property
    def _extent(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        return self._described["start"], self._described["end"]

    @cached_property
    def _merged(self) -> tuple[Range, ...]:
        _, end = self._extent
        return tuple(
            Range(first[0] + 1, first[1], last[0] + 1, last[1])
            for first, last in self._described["merged"]
            if end is not None and first[0] <= end[0] and first[1] <= end[1] and first != last
        )

    @cached_property
    def _padded(self) -> dict[int, int]:
        """Columns whose numbers are shown with leading zeros, and to how many digits."""
        return {
            column: code.split(";")[0].count("0")
            for column, code in self._inspected.number_formats.items()
            if _ZERO_PADDED.fullmatch(code)
        }

    def _corrections(self) -> dict[int, list[tuple[int, Cell]]]:
        corrections: dict[int, list[tuple[int, Cell]]] = {}
        for (row, column), code in self._inspected.errors.items():
            corrections.setdefault(row, []).append((column, CellError(code)))
        for (row, column), value in self._inspected.exact_integers.items():
            corrections.setdefault(row, []).append((column, value))
        return corrections


def _cell(value: Any) -> Cell:
    if type(value) is str:
        return None if not value or value.isspace() else value
    if type(value) is float:
        return number_cell(value)
    if type(value) is datetime:
        return _to_second(value)
    if isinstance(value, bool | int | date | time | timedelta):
        return value
    return None if value is None else str(value)


def _to_second(value: datetime) -> datetime:
    """Take back the rounding of a time stored as a fraction of a day, which is off by a few milliseconds at most."""
    off = value.microsecond
    if off and (off < 2_000 or off > 998_000):
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    return value


def _pad(cells: list[Cell], padded: dict[int, int]) -> None:
    for column, digits in padded.items():
        value = cells[column] if column < len(cells) else None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            cells[column] = str(value).zfill(digits)
