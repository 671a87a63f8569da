"""Rows as the text that COPY reads: made column by column, in less time than a driver needs for one value after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

Texts = Sequence[str | None]

_EMPTY = "\\N"
_SPECIAL = re.compile(r"[\\\n\r\t]")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def texts(kind: str, column: Sequence[Any]) -> Texts | None:
    """The values of a column of that PostgreSQL type as it writes them itself; None where the type is not known here."""
    write = _WRITERS.get(kind)
    if write is None:
        return None
    if type(None) not in set(map(type, column)):
        return write(column)
    filled = iter(write([value for value in column if value is not None]))
    return [None if value is None else next(filled) for value in column]


def lines(columns: Sequence[Texts]) -> bytes:
    """The lines of rows given by columns (at least one)."""
    return ("\n".join(map("\t".join, zip(*map(_escaped, columns), strict=True))) + "\n").encode()


def _escaped(column: Texts) -> Sequence[str]:
    gaps = None in column
    whole = "".join(text for text in column if text is not None) if gaps else "".join(column)  # type: ignore[arg-type]
    if any(mark in whole for mark in _ESCAPES):
        column = [
            None if text is None else _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) for text in column
        ]
    return [_EMPTY if text is None else text for text in column] if gaps else column  # type: ignore[return-value]


def _as_it_is(column: Sequence[Any]) -> Texts:
    return column


def _plain(column: Sequence[Any]) -> Texts:
    return list(map(str, column))


def _bool(column: Sequence[Any]) -> Texts:
    return ["t" if value else "f" for value in column]


def _moments(column: Sequence[Any]) -> Texts:
    return msgspec.to_builtins(column)  # type: ignore[no-any-return]


def _numbers(column: Sequence[Any]) -> Texts:
    return ["{" + ",".join(map(str, numbers)) + "}" for numbers in column]


_WRITERS: dict[str, Callable[[Sequence[Any]], Texts]] = {
    "text": _as_it_is,
    "numeric": _plain,
    "integer": _plain,
    "bigint": _plain,
    "boolean": _bool,
    "date": _moments,
    "timestamptz": _moments,
    "integer[]": _numbers,
}
