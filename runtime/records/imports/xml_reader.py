"""XML Spreadsheet 2003: the XML that Excel has read since 2003, which back offices write as ``.xls``."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from xml.parsers import expat

from runtime.i18n import N_, Message
from runtime.records.imports import refusals
from runtime.records.imports.cells import Cell, CellError, number_cell
from runtime.records.imports.memory_sheet import MemorySheet
from runtime.records.imports.merged import Range
from runtime.records.imports.tabular import TabularFile

_TIME_ONLY_YEAR = 1899


def open_xml(path: Path, filename: str) -> TabularFile:
    """Read every worksheet. Raises ``InvalidInput`` (``file_damaged``) for broken XML, ``TooMuch`` for too many columns."""
    reader = _Reader()
    try:
        with path.open("rb") as file:
            reader.parser.ParseFile(file)
    except expat.ExpatError as error:
        raise refusals.damaged() from error
    if not reader.sheets:
        raise refusals.all_sheets_empty()
    notices = [Message(N_("这个文件其实是 XML 表格(Excel 2003),已按它读取"))]
    return TabularFile(path, filename, "xml", list(reader.sheets), notices=notices)


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[MemorySheet] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._text: list[str] | None = None
        self._new_sheet("")

    def _new_sheet(self, name: str) -> None:
        self._name, self._hidden = name, False
        self._rows: list[tuple[int, list[Cell]]] = []
        self._ranges: list[Range] = []
        self._number = 0
        self._cells: list[Cell] = []
        self._at: int | None = None  # the open cell

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        match tag.rpartition(":")[2]:
            case "Worksheet":
                self._new_sheet(local.get("Name", ""))
            case "Row":
                self._number = max(_integer(local.get("Index")) or 0, self._number + 1)
                self._cells, self._at = [], None
            case "Cell":
                self._start_cell(local)
            case "Data":
                self._type, self._text = local.get("Type", "String"), []
            case "Visible":
                self._text = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        index = _integer(attributes.get("Index"))
        across, down = (
            _integer(attributes.get("MergeAcross")) or 0,
            _integer(attributes.get("MergeDown")) or 0,
        )
        at = index - 1 if index and index > len(self._cells) else len(self._cells)
        if at + across >= refusals.MAX_COLUMNS:
            raise refusals.too_many_columns(self._name, at + across + 1)
        self._cells += [None] * (at + 1 + across - len(self._cells))
        self._at = at
        if across or down:
            self._ranges.append(Range(self._number, at, self._number + down, at + across))

    def _end(self, tag: str) -> None:
        text = "".join(self._text or [])
        match tag.rpartition(":")[2]:
            case "Data":
                if self._at is not None:
                    self._cells[self._at] = _value(self._type, text)
                self._text = None
            case "Visible":
                self._hidden = text.strip() in ("SheetHidden", "SheetVeryHidden")
                self._text = None
            case "Row":
                self._rows.append((self._number, self._cells))
            case "Worksheet":
                sheet = MemorySheet(self._name, self._rows, ranges=self._ranges, hidden=self._hidden)
                self.sheets.append(sheet)

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    @staticmethod
    def _doctype(*_: object) -> None:
        raise refusals.damaged()


def _value(kind: str, text: str) -> Cell:
    if not text.strip():
        return None
    try:
        match kind:
            case "Number":
                return number_cell(float(text))
            case "Boolean":
                return text.strip() in ("1", "true", "True")
            case "Error":
                return CellError(text.strip())
            case "DateTime":
                moment = datetime.fromisoformat(text.strip().removesuffix("Z"))
                return (
                    time(moment.hour, moment.minute, moment.second)
                    if moment.year == _TIME_ONLY_YEAR
                    else moment
                )
            case _:
                return text
    except ValueError:
        return text


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
