"""Web pages that are named ``.xls``: many back offices export a table of HTML and leave the rest to Excel."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from runtime.i18n import N_, Message
from runtime.records.imports import encoding, refusals
from runtime.records.imports.cells import Cell
from runtime.records.imports.csv_reader import clean
from runtime.records.imports.memory_sheet import MemorySheet
from runtime.records.imports.merged import Range
from runtime.records.imports.tabular import TabularFile

_CHUNK = 1 << 18
_MAX_ROWSPAN = 65_536
_BREAKING = {"br", "p", "div", "li"}
_MIN_CELLS = 2


def open_html(path: Path, filename: str, stem: str, wanted_encoding: str | None = None) -> TabularFile:
    """Read every table of the page as a sheet.

    Raises ``InvalidInput`` with code ``file_not_table`` if there is none, ``TooMuch`` for more than 500 columns.
    """
    text = encoding.detect(path, wanted_encoding)
    parser = _Tables()
    with path.open(encoding=text.encoding, errors=text.errors) as file:
        while chunk := file.read(_CHUNK):
            parser.feed(chunk)
    parser.close()
    tables = [table for table in parser.tables if table.filled >= _MIN_CELLS]
    if not tables:
        raise refusals.page_without_table()
    sheets: list[MemorySheet] = []
    for position, table in enumerate(tables, 1):
        name = table.caption or (stem if len(tables) == 1 else Message(N_("表 {n}"), {"n": position}).text())
        if table.width > refusals.MAX_COLUMNS:
            raise refusals.too_many_columns(name, table.width)
        sheets.append(
            MemorySheet(_unused(name, [sheet.name for sheet in sheets]), table.rows, ranges=table.ranges)
        )
    notices = [Message(N_("这个文件其实是网页,已按网页里的表格读取"))]
    return TabularFile(path, filename, "html", list(sheets), notices=notices, encoding=text.encoding)


def _unused(name: str, taken: list[str]) -> str:
    candidate, repeat = name, 1
    while candidate in taken:
        repeat += 1
        candidate = f"{name} ({repeat})"
    return candidate


class _Table:
    """One table being read. Spans become ranges; the cells they cover stay empty here."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, list[Cell]]] = []
        self.ranges: list[Range] = []
        self.caption = ""
        self.filled = 0
        self.width = 0
        self._covered_until: dict[int, int] = {}  # column -> last row that a cell from above covers
        self._row: list[Cell] | None = None

    def start_row(self) -> None:
        self.end_row()
        self._row = []

    def end_row(self) -> None:
        if self._row is not None:
            self.rows.append((len(self.rows) + 1, self._row))
            self.width = max(self.width, len(self._row))
        self._row = None

    def add(self, cell: Cell, columns: int, rows: int) -> None:
        if self._row is None:
            self._row = []
        number = len(self.rows) + 1
        while self._covered_until.get(len(self._row), 0) >= number:
            self._row.append(None)
        at = len(self._row)
        columns = min(columns, refusals.MAX_COLUMNS + 1)
        self._row.extend([cell, *[None] * (columns - 1)])
        self.filled += cell is not None
        if rows > 1 or columns > 1:
            last_row = number + min(rows, _MAX_ROWSPAN) - 1
            self.ranges.append(Range(number, at, last_row, at + columns - 1))
            self._covered_until.update(dict.fromkeys(range(at, at + columns), last_row))


class _Tables(HTMLParser):
    """Collects the tables of a page, inner ones apart from outer ones. Missing end tags are supplied."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._cells: list[tuple[list[str], int, int] | None] = []  # the open cell of each open table
        self._caption: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            table = _Table()
            self.tables.append(table)
            self._open.append(table)
            self._cells.append(None)
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].start_row()
        elif tag in ("td", "th"):
            self._end_cell()
            spans = dict(attrs)
            self._cells[-1] = ([], _span(spans.get("colspan")), _span(spans.get("rowspan")))
        elif tag == "caption":
            self._caption = []
        elif tag in _BREAKING and (cell := self._cells[-1]) and (tag == "br" or cell[0]):
            cell[0].append("\n")

    def handle_endtag(self, tag: str) -> None:
        if not self._open:
            return
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_cell()
            self._open[-1].end_row()
        elif tag == "caption" and self._caption is not None:
            self._open[-1].caption = " ".join("".join(self._caption).split())[:100]
            self._caption = None
        elif tag == "table":
            self._end_cell()
            self._open.pop().end_row()
            self._cells.pop()

    def handle_data(self, data: str) -> None:
        if self._caption is not None:
            self._caption.append(data)
        elif self._open and (cell := self._cells[-1]):
            cell[0].append(data)

    def close(self) -> None:
        super().close()
        while self._open:
            self.handle_endtag("table")

    def _end_cell(self) -> None:
        cell = self._cells[-1]
        if cell is not None:
            texts, columns, rows = cell
            self._open[-1].add(clean("\n".join(_lines("".join(texts)))), columns, rows)
            self._cells[-1] = None


def _lines(text: str) -> Iterator[str]:
    for line in text.strip().split("\n"):
        yield " ".join(line.split())


def _span(value: str | None) -> int:
    return max(int(value), 1) if value is not None and value.strip().isdecimal() else 1
