"""Rows as the text that COPY reads: made column by column, in less time than a driver needs for one value after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

_EMPTY = "\\N"
_SPECIAL = re.compile(r"[\\\n\r\t]")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def lines(kinds: Sequence[str], columns: Sequence[Sequence[Any]]) -> bytes | None:
    """The lines of rows given by columns (at least one), of these PostgreSQL types; None where a type is not known here."""
    written = [_WRITERS.get(kind) for kind in kinds]
    texts: list[Sequence[str]] = []
    for write, column in zip(written, columns, strict=True):
        if write is None:
            return None
        if type(None) in set(map(type, column)):
            filled = iter(write([value for value in column if value is not None]))
            texts.append([_EMPTY if value is None else next(filled) for value in column])
        else:
            texts.append(write(column))
    return ("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n").encode()


def _plain(column: Sequence[Any]) -> Sequence[str]:
    return list(map(str, column))


def _text(column: Sequence[Any]) -> Sequence[str]:
    if not _SPECIAL.search("".join(column)):
        return column
    return [_SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) for text in column]


def _bool(column: Sequence[Any]) -> Sequence[str]:
    return ["t" if value else "f" for value in column]


def _moments(column: Sequence[Any]) -> Sequence[str]:
    return msgspec.to_builtins(column)  # type: ignore[no-any-return]


def _numbers(column: Sequence[Any]) -> Sequence[str]:
    return ["{" + ",".join(map(str, numbers)) + "}" for numbers in column]


_WRITERS: dict[str, Callable[[Sequence[Any]], Sequence[str]]] = {
    "text": _text,
    "numeric": _plain,
    "integer": _plain,
    "bigint": _plain,
    "boolean": _bool,
    "date": _moments,
    "timestamptz": _moments,
    "integer[]": _numbers,
}
