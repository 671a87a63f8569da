"""A file of tables, opened: sheets with a header, and their rows.

Formats differ in how rows are got; a :class:`SheetSource` hides that. Everything else (which row is the header, what
the columns are called, merged cells, rows shorter or longer than the header) is done here, once, for all formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Protocol

import msgspec

from runtime.errors import HuobiaoError
from runtime.i18n import N_, Message
from runtime.records.imports import headers, merged, refusals
from runtime.records.imports.cells import Cell, SourceRow, is_blank
from runtime.records.imports.sniff import Format

SAMPLE_ROWS = 500


class Facts(msgspec.Struct, frozen=True):
    """What a source knows of its sheet before the rows are read.

    ``rows``: an estimate of the number of filled rows, header included. ``number_formats``: the spreadsheet format
    (``0.00%``) that most numbers of a source column carry.
    """

    rows: int
    ranges: tuple[merged.Range, ...] = ()
    notices: tuple[Message, ...] = ()
    number_formats: Mapping[int, str] = {}


class SheetSource(Protocol):
    """One sheet in one format."""

    name: str
    hidden: bool

    def facts(self) -> Facts:
        """Inspect the sheet. Raises ``InvalidInput`` or ``TooMuch`` when it cannot be read."""

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield number (from 1) and cells of each row, from the top; blank rows may be yielded or left out."""

    def late_notices(self) -> list[Message]:
        """What could only be noticed while reading rows."""


class Sheet:
    """A table in a file. Cheap to make; the file is read when a property or the rows are asked for.

    Each property and ``rows`` raises ``InvalidInput``/``TooMuch`` if the sheet cannot be read (``check`` tells at once).
    """

    def __init__(self, source: SheetSource, *, header_row: int | None = None, guess: bool = True) -> None:
        self._source = source
        self._chosen_header = header_row
        self._guess = guess
        self._overflowing: set[int] = set()  # rows met so far that have cells under no header

    @property
    def name(self) -> str:
        """The sheet's name; for text files the file's name without extension."""
        return self._source.name

    @property
    def hidden(self) -> bool:
        """Whether the sheet is hidden in its workbook."""
        return self._source.hidden

    @cached_property
    def header_row(self) -> int | None:
        """The number of the row that holds the column names, as a spreadsheet shows it; none if data begins at once."""
        if not self._guess:
            return self._chosen_header
        guessed = headers.guess_header(self._top)
        if guessed is None or not self._facts.ranges:
            return guessed
        return headers.lower_storey(guessed, self._facts.ranges, dict(self._top), dict(self._top_filled))

    def with_header(self, row: int | None) -> Sheet:
        """Return the same sheet with another header row (``None``: the sheet has no header row)."""
        return Sheet(self._source, header_row=row, guess=False)

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """Names of the columns: trimmed, unique, an empty one called 列 3."""
        return headers.name_columns(self._header_cells, self.columns, self._above)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """For each header, which column of the file it is (from 0: column A).

        A column without a name counts if something stands in it; right of the last name, only if most rows have it
        (otherwise these are rows with a separator too many, or notes beside the table).
        """
        named = {index for index, cell in enumerate(self._header_cells) if not is_blank(cell)}
        data = [cells for number, cells in self._top_filled if number > (self.header_row or 0)]
        filled = Counter(index for cells in data for index, cell in enumerate(cells) if cell is not None)
        last_named = max(named, default=len(filled))
        used = named | {index for index, n in filled.items() if index < last_named or n * 2 > len(data)}
        if len(used) > refusals.MAX_COLUMNS:
            raise refusals.too_many_columns(self.name, len(used))
        return tuple(sorted(used))

    @property
    def number_formats(self) -> tuple[str | None, ...]:
        """For each header, the spreadsheet's number format of the column, where the format of the file has such."""
        return tuple(self._facts.number_formats.get(column) for column in self.columns)

    @property
    def row_estimate(self) -> int:
        """About how many data rows there are."""
        return max(self._facts.rows - self._rows_above_data, 0)

    @property
    def notices(self) -> list[Message]:
        """What the person should know about how this sheet is read; may grow while rows are read."""
        found = [*self._facts.notices, *self._source.late_notices()]
        if self._facts.ranges:
            found.append(Message(N_("{n} 处合并单元格已按左上角的值填满"), {"n": len(self._facts.ranges)}))
        if self.header_row is None:
            found.append(Message(N_("第一行看起来就是数据,没有表头,列名先用「列 1」「列 2」代替")))
        elif self.header_row > 1 and self._rows_above_data > 1:
            found.append(
                Message(
                    N_("表头在第 {row} 行,上面的 {n} 行没有读取"),
                    {"row": self.header_row, "n": self._rows_above_data - 1},
                )
            )
        if self._overflowing:
            found.append(_about_overflow(sorted(self._overflowing)))
        if self.header_row is not None and self.row_estimate == 0:
            found.append(Message(N_("只有表头,没有数据")))
        return found

    def check(self) -> None:
        """Read enough of the sheet to know that it can be read; raise what is wrong with it."""
        if not self._top:
            raise refusals.sheet_empty(self.name)
        known = set(self.columns)
        for number, cells in self._top_filled:
            if number > (self.header_row or 0) and any(
                cell is not None and index not in known for index, cell in enumerate(cells)
            ):
                self._overflowing.add(number)

    def rows(self, start: int = 0) -> Iterator[SourceRow]:
        """Yield the data rows from the ``start``-th on (from 0); blank rows are left out and not counted."""
        self.check()
        columns, header_row = self.columns, self.header_row or 0
        known = set(columns)
        contiguous = columns == tuple(range(len(columns)))
        width = len(columns)
        data = (row for row in self._filled_rows() if row[0] > header_row and _filled(row[1]))
        for number, cells in islice(data, start, None):
            if contiguous and len(cells) == width:
                yield SourceRow(number, tuple(cells))
                continue
            length = len(cells)
            picked = tuple(cells[column] if column < length else None for column in columns)
            extra = tuple(cell for index, cell in enumerate(cells) if cell is not None and index not in known)
            if extra:
                self._overflowing.add(number)
            yield SourceRow(number, picked, extra)

    def sample(self, limit: int = SAMPLE_ROWS) -> list[SourceRow]:
        """The first ``limit`` data rows."""
        return list(islice(self.rows(), limit))

    def top(self, limit: int = 20) -> list[SourceRow]:
        """The first ``limit`` rows as they stand in the file, header and titles included: for choosing the header."""
        self.check()
        return [SourceRow(number, tuple(cells)) for number, cells in self._top_filled[:limit]]

    @cached_property
    def _facts(self) -> Facts:
        return self._source.facts()

    @cached_property
    def _top(self) -> list[tuple[int, list[Cell]]]:
        """The first filled rows as they are in the file."""
        _ = self._facts  # its refusals come first
        filled = (row for row in self._source.rows() if _filled(row[1]))
        return list(islice(filled, headers.LOOK_AHEAD + SAMPLE_ROWS))

    @cached_property
    def _top_filled(self) -> list[tuple[int, list[Cell]]]:
        """The same rows with merged cells filled."""
        copies = [(number, list(cells)) for number, cells in self._top]
        return list(merged.fill(copies, self._facts.ranges))

    def _filled_rows(self) -> Iterator[tuple[int, list[Cell]]]:
        rows = self._source.rows()
        return merged.fill(rows, self._facts.ranges) if self._facts.ranges else rows

    @cached_property
    def _header_cells(self) -> list[Cell]:
        return next((cells for number, cells in self._top_filled if number == self.header_row), [])

    @cached_property
    def _above(self) -> dict[int, Cell]:
        """The filled row right above the header: group titles, if there are such."""
        above = [cells for number, cells in self._top_filled if number < (self.header_row or 0)]
        return dict(enumerate(above[-1])) if above else {}

    @cached_property
    def _rows_above_data(self) -> int:
        return sum(number <= (self.header_row or 0) for number, _ in self._top)


class TabularFile:
    """An opened file. Close it (or use ``with``): a workbook is held by a process of its own.

    ``encoding`` and ``delimiter`` of text files; ``date_1904``: numbers that are dates count from 1904-01-01.
    """

    def __init__(
        self,
        path: Path,
        filename: str,
        kind: Format,
        sources: list[SheetSource],
        *,
        notices: list[Message] | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        date_1904: bool = False,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.path, self.filename, self.kind = path, filename, kind
        self.encoding, self.delimiter = encoding, delimiter
        self.date_1904 = date_1904
        self.sheets = tuple(Sheet(source) for source in sources)
        self.notices = [*(notices or []), *_about_hidden(self.sheets)]
        self._on_close = on_close

    @cached_property
    def default_sheet(self) -> Sheet:
        """The first visible sheet that can be read and holds something, else the first such hidden one.

        Raises the first sheet's fault if there is none.
        """
        first_fault: HuobiaoError | None = None
        for sheet in sorted(self.sheets, key=lambda sheet: sheet.hidden):
            try:
                sheet.check()
            except HuobiaoError as fault:
                if first_fault is None or first_fault.error_code == "sheet_empty":
                    first_fault = fault
            else:
                return sheet
        if first_fault is not None and (first_fault.error_code != "sheet_empty" or len(self.sheets) == 1):
            raise first_fault
        raise refusals.all_sheets_empty()

    def sheet(self, name: str) -> Sheet:
        """Return the sheet called ``name``; raises ``InvalidInput`` if there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise refusals.unknown_sheet(name)

    def close(self) -> None:
        """Release what the file holds; may be called twice."""
        if self._on_close is not None:
            self._on_close()
            self._on_close = None

    def __enter__(self) -> TabularFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _filled(cells: list[Cell]) -> bool:
    return any(cell is not None for cell in cells)


def _about_overflow(rows: list[int]) -> Message:
    some = "、".join(map(str, rows[:5])) + (" …" if len(rows) > 5 else "")
    return Message(
        N_("第 {rows} 行比表头多出几格,后面的内容可能错了列(多半是内容里有没加引号的分隔符),请核对"),
        {"rows": some},
    )


def _about_hidden(sheets: tuple[Sheet, ...]) -> list[Message]:
    hidden = [sheet.name for sheet in sheets if sheet.hidden]
    if not hidden or len(hidden) == len(sheets):
        return []
    return [Message(N_("有 {n} 个隐藏的工作表:{names}"), {"n": len(hidden), "names": "、".join(hidden)})]
