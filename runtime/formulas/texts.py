"""The texts of formulas: letters and their case, spaces, lengths; the same in both back ends on every server.

Case is changed letter by letter by one table (Latin, Greek, Cyrillic and full-width letters), so that the answer
depends neither on a server's locale nor on Python's Unicode tables. Order is by code point.
"""

from __future__ import annotations

import re
from typing import Final

from runtime.formulas.types import MAX_TEXT, VALUE, FormulaFailure

_BLOCKS: Final = ((0xC0, 0x17F), (0x386, 0x3CF), (0x400, 0x481), (0x48A, 0x52F), (0xFF21, 0xFF5A))


def _case_pairs() -> tuple[str, str]:
    upper, lower = [], []
    for first, last in _BLOCKS:
        for code in range(first, last + 1):
            char = chr(code)
            small = char.lower()
            if len(small) == 1 and small != char and small.upper() == char:
                upper.append(char)
                lower.append(small)
    return "".join(upper), "".join(lower)


UPPER_LETTERS, LOWER_LETTERS = _case_pairs()  # beyond A-Z and a-z, which both back ends change by themselves
ASCII_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ASCII_LOWER: Final = ASCII_UPPER.lower()
_TO_LOWER = str.maketrans(ASCII_UPPER + UPPER_LETTERS, ASCII_LOWER + LOWER_LETTERS)
_TO_UPPER = str.maketrans(ASCII_LOWER + LOWER_LETTERS, ASCII_UPPER + UPPER_LETTERS)
CASED: Final = frozenset(ASCII_UPPER + ASCII_LOWER + UPPER_LETTERS + LOWER_LETTERS)
EDGE_SPACES: Final = " \t\r\n\u00a0\u3000"
LIST_SEPARATOR: Final = "、"


def ranges_pattern(chars: str) -> str:
    """A bracket expression that matches exactly ``chars``, by ranges of code points."""
    codes = sorted(map(ord, chars))
    parts: list[str] = []
    start = previous = codes[0]
    for code in [*codes[1:], -1]:
        if code != previous + 1:
            parts.append(chr(start) if start == previous else f"{chr(start)}-{chr(previous)}")
            start = code
        previous = code
    return "[" + "".join(parts) + "]"


def lower(text: str) -> str:
    """Small letters."""
    return text.translate(_TO_LOWER)


def upper(text: str) -> str:
    """Capital letters."""
    return text.translate(_TO_UPPER)


def proper(text: str) -> str:
    """A capital at the start of each run of letters, the others small."""
    result = []
    after_letter = False
    for char in text:
        result.append(lower(char) if after_letter else upper(char))
        after_letter = char in CASED
    return "".join(result)


def trim(text: str) -> str:
    """Without spaces at the ends; runs of spaces inside become one."""
    return re.sub(" +", " ", text.strip(EDGE_SPACES))


def limited(text: str) -> str:
    """``text``, or ``#VALUE!`` when it is longer than a formula may produce."""
    if len(text) > MAX_TEXT:
        raise FormulaFailure(VALUE)
    return text


def substitute(text: str, old: str, new: str, nth: int | None) -> str:
    """Replace every ``old`` (case matters), or only the ``nth``; ``#VALUE!`` for an ``nth`` below 1."""
    if nth is not None and nth < 1:
        raise FormulaFailure(VALUE)
    if not old or old not in text:
        return limited(text)
    if nth is None:
        count = text.count(old)
        if len(text) + count * (len(new) - len(old)) > MAX_TEXT:
            raise FormulaFailure(VALUE)
        return text.replace(old, new)
    parts = text.split(old)
    if len(parts) <= nth:
        return limited(text)
    return limited(old.join(parts[:nth]) + new + old.join(parts[nth:]))
