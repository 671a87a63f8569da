"""Writers of CSV and XLSX that take one row at a time and keep none of them.

What they write, an import of this product reads back as the same values: see ``protect`` for CSV.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

import xlsxwriter

from runtime.records.exports.columns import ExportColumn, Value, Words, joined, plain_text, tidy
from runtime.records.imports.cells import CellError
from runtime.records.imports.csv_reader import GUARDED

SHEET_ROWS = 1_048_576
"""Rows of an XLSX sheet, header included; more go on in a next sheet."""

_CELL_CHARACTERS = 32_767
_EXACT_DIGITS = 15
_EXACT_INTEGER = 10**15
_MAX_EXPONENT = 300
_FIRST_DAY = date(1900, 3, 1)  # Excel's calendar has a wrong day before
_LONG_DIGITS = re.compile(r"0\d+|\d{12,}")
_SYMBOLS = {"CNY": "¥", "JPY": "¥", "USD": "$", "HKD": "HK$", "TWD": "NT$", "EUR": "€", "GBP": "£"}
_DANGEROUS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # the last four are full-width = + - @


class TableWriter(Protocol):
    """Takes rows in the order of its columns. Use ``with``, or call ``close`` at the end."""

    rows: int
    """How many rows were written, the header not counted."""

    def write(self, values: Sequence[Value]) -> None:
        """Write one row; missing values at its end are empty cells."""

    def close(self) -> None:
        """Finish the file. Without it the file is not complete."""


def open_writer(
    path: Path,
    columns: Sequence[ExportColumn],
    format: Literal["csv", "xlsx"],  # noqa: A002 - the word people use
    *,
    tz: tzinfo = UTC,
    title: str = "",
    words: Words | None = None,
) -> CsvWriter | XlsxWriter:
    """Make the writer for a file at ``path``. ``title`` names the sheet of an XLSX; times are written in zone ``tz``."""
    if format == "csv":
        return CsvWriter(path, columns, tz=tz, words=words)
    return XlsxWriter(path, columns, tz=tz, title=title)


class _Closing:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class CsvWriter(_Closing):
    """CSV in UTF-8 with CRLF line ends.

    ``bom``: begin with a byte-order mark, without which Excel takes the file for GBK. ``guard``: put a ``'`` before
    texts that a spreadsheet program would run as a formula. ``keep_digits``: put a tab after long numbers that are
    texts (order numbers), so that Excel does not cut them to 15 digits; an import takes it away again.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[ExportColumn],
        *,
        tz: tzinfo = UTC,
        bom: bool = True,
        guard: bool = True,
        keep_digits: bool = False,
        words: Words | None = None,
    ) -> None:
        self.rows = 0
        self._columns, self._tz, self._words = columns, tz, words or Words()
        self._guard, self._keep_digits = guard, keep_digits
        self._file = path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow([self._secure(tidy(column.name)) for column in columns])

    def write(self, values: Sequence[Value]) -> None:
        """See :class:`TableWriter`."""
        texts = []
        for index, column in enumerate(self._columns):
            value = values[index] if index < len(values) else None
            text = plain_text(value, column, self._tz, self._words)
            texts.append(self._secure(text) if isinstance(value, str | list | tuple) else text)
        self._csv.writerow(texts)
        self.rows += 1

    def close(self) -> None:
        """See :class:`TableWriter`."""
        self._file.close()

    def _secure(self, text: str) -> str:
        if self._keep_digits and _LONG_DIGITS.fullmatch(text):
            return text + "\t"
        return protect(text) if self._guard else text


def protect(text: str) -> str:
    """Put a ``'`` before a text that would be run as a formula, and before one that already looks protected.

    ``=1+1`` becomes ``'=1+1``, ``'123`` becomes ``''123``; ``csv_reader.clean`` takes exactly this ``'`` away.
    """
    if text.startswith(_DANGEROUS) or (len(text) > 1 and text[0] == "'" and text[1] in GUARDED):
        return "'" + text
    return text


class XlsxWriter(_Closing):
    """XLSX with real numbers, dates and texts, a frozen header with filters, and columns of a readable width.

    Texts are never formulas. Numbers of more than 15 digits and dates before 1900-03-01, which Excel cannot hold, are
    written as text. ``shortened`` counts texts cut to the 32,767 characters of a cell.
    """

    def __init__(
        self, path: Path, columns: Sequence[ExportColumn], *, tz: tzinfo = UTC, title: str = ""
    ) -> None:
        self.rows = self.shortened = 0
        self._columns, self._tz, self._title = columns, tz, title
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format(
            {"bold": True, "bg_color": "#F2F3F5", "bottom": 1, "bottom_color": "#D0D3D9"}
        )
        self._wrap = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._formats = [self._format(column) for column in columns]
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._clock = self._book.add_format({"num_format": "hh:mm:ss"})
        self._duration = self._book.add_format({"num_format": "[h]:mm:ss"})
        self._sheets = 0
        self._begin_sheet()

    def write(self, values: Sequence[Value]) -> None:
        """See :class:`TableWriter`."""
        if self._row >= SHEET_ROWS:
            self._end_sheet()
            self._begin_sheet()
        for index in range(min(len(values), len(self._columns))):
            if values[index] is not None:
                self._cell(index, values[index])
        self._row += 1
        self.rows += 1

    def close(self) -> None:
        """See :class:`TableWriter`."""
        self._end_sheet()
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(sheet_name(self._title, self._sheets))
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._columns):
            self._sheet.set_column(index, index, column.width or _width(column))
        for index, column in enumerate(self._columns):
            self._sheet.write_string(0, index, self._fitting(column.name), self._bold)
        self._row = 1

    def _end_sheet(self) -> None:
        if self._columns:
            self._sheet.autofilter(0, 0, max(self._row - 1, 0), len(self._columns) - 1)

    def _cell(self, index: int, value: Value) -> None:
        row, sheet, own = self._row, self._sheet, self._formats[index]
        match value:
            case str():
                sheet.write_string(row, index, self._fitting(value), own)
            case bool():
                sheet.write_boolean(row, index, value)
            case int() | Decimal() if _is_exact(value):
                sheet.write_number(row, index, float(value), own)
            case datetime():
                local = value.astimezone(self._tz).replace(tzinfo=None) if value.tzinfo is not None else value
                self._moment_cell(index, local, local.date(), self._moment)
            case date():
                self._moment_cell(index, value, value, self._day)
            case time():
                sheet.write_datetime(row, index, value.replace(tzinfo=None), self._clock)
            case timedelta() if value >= timedelta():
                sheet.write_datetime(row, index, value, self._duration)
            case CellError():
                sheet.write_string(row, index, value.code)
            case list() | tuple():
                sheet.write_string(row, index, self._fitting(joined(value)))
            case _:
                text = plain_text(value, ExportColumn(""), self._tz, Words())
                sheet.write_string(row, index, self._fitting(text), own)

    def _moment_cell(self, index: int, value: date, day: date, usual: Any) -> None:
        if day < _FIRST_DAY:
            self._sheet.write_string(self._row, index, str(value))
        else:
            has_own = self._columns[index].kind in ("date", "datetime")
            self._sheet.write_datetime(self._row, index, value, self._formats[index] if has_own else usual)

    def _fitting(self, text: str) -> str:
        text = tidy(text)
        if len(text) <= _CELL_CHARACTERS // 2:
            return text
        if len(text) + sum(ord(character) > 0xFFFF for character in text) <= _CELL_CHARACTERS:
            return text
        self.shortened += 1
        return (
            text[: _CELL_CHARACTERS // 2 - 1] + "…"
            if not text.isascii()
            else text[: _CELL_CHARACTERS - 1] + "…"
        )

    def _format(self, column: ExportColumn) -> Any:
        places = "." + "0" * column.decimals if column.decimals else ""
        match column.kind:
            case "number":
                return self._book.add_format({"num_format": ("#,##0" if column.thousands else "0") + places})
            case "currency":
                symbol = _SYMBOLS.get(column.currency, column.currency + " ")
                return self._book.add_format({"num_format": f'"{symbol}"#,##0{places}'})
            case "percent":
                return self._book.add_format({"num_format": f"0{places}%"})
            case "date":
                return self._book.add_format({"num_format": "yyyy-mm-dd"})
            case "datetime":
                return self._book.add_format(
                    {"num_format": "yyyy-mm-dd hh:mm:ss" if column.seconds else "yyyy-mm-dd hh:mm"}
                )
            case "long_text":
                return self._wrap
            case _:
                return None


def sheet_name(title: str, number: int = 1) -> str:
    """A title as Excel accepts it for a sheet: at most 31 characters, none of ``[]:*?/\\``; later sheets numbered."""
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", tidy(title)).strip(" '") or "Sheet"
    if clean.lower() == "history":
        clean = "History_"
    tail = f" ({number})" if number > 1 else ""
    while len(clean.encode("utf-16-le")) // 2 > 31 - len(tail):
        clean = clean[:-1]
    return clean.rstrip(" '") + tail


def _is_exact(value: int | Decimal) -> bool:
    """Whether a double holds the number as it is: at most 15 significant digits, of a size Excel knows."""
    if isinstance(value, int):
        return abs(value) < _EXACT_INTEGER
    if not value.is_finite():
        return False
    digits = len(value.normalize().as_tuple().digits)
    return digits <= _EXACT_DIGITS and (value.is_zero() or abs(value.adjusted()) < _MAX_EXPONENT)


def _width(column: ExportColumn) -> float:
    usual = {
        "date": 12,
        "datetime": 20,
        "number": 12,
        "currency": 14,
        "percent": 10,
        "checkbox": 8,
        "long_text": 44,
    }
    name = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in column.name)
    return min(max(usual.get(column.kind, 18), name + 4), 60)
