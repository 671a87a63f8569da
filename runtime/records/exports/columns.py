"""The columns of a written file, and how a value of a column is written as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from runtime.fieldtypes.duration import written
from runtime.records.imports.cells import CellError, plain_number

ColumnKind: TypeAlias = Literal[
    "text", "long_text", "number", "currency", "percent", "checkbox", "date", "datetime", "duration"
]
"""How a column is formatted; every other field type is written as text."""

Value: TypeAlias = object
"""``str``, ``int``, ``Decimal``, ``bool``, ``date``, ``datetime``, ``time``, ``timedelta``, ``CellError``, a sequence
of ``str``, or ``None`` for an empty cell. Anything else is written as its ``str``."""

OPTION_SEPARATOR = ","
"""Between the options of a multi-select; an import splits at it."""

_SURROGATES = re.compile("[\ud800-\udfff]")


class ExportColumn(msgspec.Struct, frozen=True):
    """A column: its header, and the format of its numbers and dates.

    ``decimals``: places shown (all are written). ``currency``: ISO 4217. ``seconds``: whether times show seconds.
    ``width`` in characters of a spreadsheet; nothing chooses one by header and kind.
    """

    name: str
    kind: ColumnKind = "text"
    decimals: int = 0
    currency: str = "CNY"
    thousands: bool = False
    seconds: bool = True
    width: float | None = None


class Words(msgspec.Struct, frozen=True):
    """The words that a text file needs, in the language of its reader."""

    yes: str = "是"
    no: str = "否"


def plain_text(value: Value, column: ExportColumn, tz: tzinfo, words: Words) -> str:
    """Write ``value`` so that a person reads it and an import gets the same value back.

    Moments are written in zone ``tz``: ``2026-01-15 10:24:33``; shares as ``12.5%``; several options joined by commas.
    """
    match value:
        case None:
            return ""
        case bool():
            return words.yes if value else words.no
        case int() | Decimal():
            if column.kind == "percent":
                return plain_number(Decimal(value) * 100) + "%"
            return plain_number(value)
        case timedelta():
            return written(round(value.total_seconds()), "h:mm:ss")
        case datetime():
            local = value.astimezone(tz) if value.tzinfo is not None else value
            return local.replace(tzinfo=None).isoformat(" ", "auto" if local.microsecond else "seconds")
        case date() | time():
            return value.isoformat()
        case str():
            return tidy(value)
        case CellError():
            return value.code
        case list() | tuple():
            return joined(value)
        case _:
            return tidy(str(value))


def joined(values: Sequence[object]) -> str:
    """Several options in one cell."""
    return tidy(OPTION_SEPARATOR.join(map(str, values)))


def tidy(text: str) -> str:
    """Replace half characters (lone surrogates), which no file format can hold."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
