"""What a cell of a file can hold, and the row that carries cells."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

import msgspec


class CellError(msgspec.Struct, frozen=True):
    """A spreadsheet error such as ``#DIV/0!``: the formula of the cell had no result."""

    code: str

    def __str__(self) -> str:
        return self.code


Cell: TypeAlias = str | int | Decimal | bool | datetime | date | time | timedelta | CellError | None
"""``None`` is an empty cell. Numbers are ``int`` or ``Decimal``, never ``float``. Times have no zone."""


class SourceRow(msgspec.Struct, frozen=True):
    """A row of data. ``number`` is the row's number as a spreadsheet program shows it, from 1, blank rows counted.

    ``cells`` has one entry per header of the sheet. ``extra`` holds filled cells that lie under no header (a line of
    text with more separators than the header has): nothing of a row is dropped silently.
    """

    number: int
    cells: tuple[Cell, ...]
    extra: tuple[Cell, ...] = ()


_EXACT_INTEGER = 10**15  # a spreadsheet keeps 15 significant digits; integers below are exact in a double


def number_cell(value: float) -> int | Decimal | CellError:
    """Return the number a spreadsheet shows for the double it stores: 15 significant digits, no binary artefacts.

    ``0.1+0.2`` is stored as 0.30000000000000004 and shown as 0.3.
    """
    if value.is_integer():
        return int(value) if abs(value) < _EXACT_INTEGER else int(Decimal(repr(value)))
    if not math.isfinite(value):
        return CellError("#NUM!")
    return Decimal(format(value, ".15g"))


def is_blank(cell: Cell) -> bool:
    """Whether the cell is empty or holds only white space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain_number(value: int | Decimal) -> str:
    """Write a number without exponent and without trailing zeros after the point."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"


def show(cell: Cell) -> str:
    """Write a cell as a person would read it; empty for an empty cell. Dates as ``2026-01-15 10:24:33``."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | Decimal():
            return plain_number(cell)
        case datetime():
            return cell.isoformat(" ", "auto" if cell.microsecond else "seconds")
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat("auto" if cell.microsecond else "seconds")
        case timedelta():
            return _show_duration(cell)
        case _:
            return str(cell)


def _show_duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{sign}{hour}:{minute:02}:{second:02}"
