"""The format codes of TEXT: ``yyyy年m月d日``, ``hh:mm``, ``[h]:mm`` here, those of numbers in ``number_formats``.

A format is read once, when the formula is checked; what it says is then applied by Python here and by SQL in
``functions.formatting``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from runtime.formulas import numbers
from runtime.formulas.number_formats import NumberFormat, parse_number_format
from runtime.formulas.problems import BadConstant
from runtime.formulas.types import VALUE, FormulaFailure
from runtime.i18n import N_

MAX_FORMAT = 200
MAX_DECIMALS = 15


class MomentFormat(msgspec.Struct, frozen=True):
    """Pieces of a date and time: format codes, or literal text as ``"text…``."""

    pieces: tuple[str, ...]


class ElapsedFormat(msgspec.Struct, frozen=True):
    """A duration in days written in hours, minutes, seconds; the first of ``pieces`` in brackets counts on."""

    pieces: tuple[str, ...]


Format = NumberFormat | MomentFormat | ElapsedFormat
LITERAL: Final = '"'

_CODES = re.compile(
    r"\[(?P<elapsed>h{1,2}|m{1,2}|s{1,2})\]|(?P<colour>\[[^\]]*\])|(?P<half>AM/PM|A/P|上午/下午)"
    r"|(?P<code>y+|m+|d+|h+|s+|a{3,4})|(?P<fraction>\.0{1,3})|(?P<char>.)",
    re.IGNORECASE | re.DOTALL,
)


def parse_format(source: str) -> Format:
    """Read a format code. Raises :class:`BadConstant`."""
    if len(source) > MAX_FORMAT:
        raise BadConstant(N_("格式代码太长了,最多 {limit} 个字符"), limit=MAX_FORMAT)
    source = re.sub("G/通用格式|常规", "General", source)
    bare = re.sub(r'"[^"]*"|[\\!].|\[(?!h|m|s)[^\]]*\]', "", source, flags=re.IGNORECASE)
    if re.search(r"[ymdhs]|a{3}|上午/下午", bare, re.IGNORECASE) and not re.search(
        "general", bare, re.IGNORECASE
    ):
        return _moment_format(source)
    return parse_number_format(_sections(source))


def _sections(source: str) -> list[str]:
    """Split at semicolons outside quotes."""
    parts, current, index = [], "", 0
    while index < len(source):
        char = source[index]
        if char == '"':
            end = source.find('"', index + 1)
            end = len(source) - 1 if end < 0 else end
            current += source[index : end + 1]
            index = end + 1
            continue
        if char in "\\!":
            current += source[index : index + 2]
            index += 2
            continue
        if char == ";":
            parts.append(current)
            current = ""
        else:
            current += char
        index += 1
    return [*parts, current]


# -- dates and times --------------------------------------------------------------------------------------------


def _moment_format(source: str) -> Format:
    pieces: list[str] = []
    elapsed = False
    index = 0
    while index < len(source):
        char = source[index]
        if char in '"\\!':
            literal, index = _quoted(source, index)
            pieces.append(LITERAL + literal)
            continue
        if char == ";":
            break
        found = _CODES.match(source, index)
        assert found is not None  # noqa: S101 - the last alternative takes any character
        index = found.end()
        if found["elapsed"]:
            elapsed = True
            pieces.append(f"[{found['elapsed'].lower()}]")
        elif found["half"]:
            pieces.append("上午/下午" if found["half"] == "上午/下午" else found["half"].upper())
        elif found["code"]:
            pieces.append(_code(found["code"].lower()))
        elif found["fraction"] and any(p.strip("[]") in ("s", "ss") for p in pieces[-1:]):
            pieces.append(found["fraction"])
        elif not found["colour"]:
            pieces.append(LITERAL + found.group())
    marked = _mark_minutes(pieces)
    if not elapsed:
        return MomentFormat(tuple(marked))
    allowed = {"h", "hh", "n", "nn", "s", "ss"}
    if any(p[0] not in '["' and p not in allowed for p in marked) or sum(p[0] == "[" for p in marked) > 1:
        raise BadConstant(N_("时长格式只能用 [h] 小时、m 分、s 秒,例如 [h]:mm:ss"))
    return ElapsedFormat(tuple(marked))


def _quoted(source: str, index: int) -> tuple[str, int]:
    """A quoted or escaped piece at ``index``, and where the next begins."""
    if source[index] != '"':
        return source[index + 1 : index + 2], index + 2
    end = source.find('"', index + 1)
    end = len(source) if end < 0 else end
    return source[index + 1 : end], end + 1


def _code(code: str) -> str:
    if code[0] == "y":
        return "yyyy" if len(code) > 2 else "yy"
    if code[0] in "hs":
        return code[:2]
    return code if code == "mmmmm" else code[:4]


def _mark_minutes(pieces: list[str]) -> list[str]:
    """``m`` is minutes (written ``n`` from here on) right after hours or right before seconds."""
    codes = [(i, p) for i, p in enumerate(pieces) if p[0] != LITERAL]
    result = list(pieces)
    for at, (index, piece) in enumerate(codes):
        before = codes[at - 1][1].strip("[]") if at else ""
        after = codes[at + 1][1].strip("[]") if at + 1 < len(codes) else ""
        if piece in ("m", "mm") and (before[:1] == "h" or after[:1] == "s"):
            result[index] = "n" * len(piece)
    return result


MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
DAYS_ZH: Final = "日一二三四五六"


def _hour(moment: datetime, is_half: bool) -> int:
    return (moment.hour + 11) % 12 + 1 if is_half else moment.hour


_MOMENT_PIECES: dict[str, Callable[[datetime, bool], str]] = {
    "yyyy": lambda t, _: f"{t.year:04}",
    "yy": lambda t, _: f"{t.year % 100:02}",
    "m": lambda t, _: str(t.month),
    "mm": lambda t, _: f"{t.month:02}",
    "mmm": lambda t, _: MONTHS[t.month - 1][:3],
    "mmmm": lambda t, _: MONTHS[t.month - 1],
    "mmmmm": lambda t, _: MONTHS[t.month - 1][:1],
    "d": lambda t, _: str(t.day),
    "dd": lambda t, _: f"{t.day:02}",
    "ddd": lambda t, _: DAYS[t.isoweekday() % 7][:3],
    "dddd": lambda t, _: DAYS[t.isoweekday() % 7],
    "aaa": lambda t, _: DAYS_ZH[t.isoweekday() % 7],
    "aaaa": lambda t, _: "星期" + DAYS_ZH[t.isoweekday() % 7],
    "h": lambda t, half: str(_hour(t, half)),
    "hh": lambda t, half: f"{_hour(t, half):02}",
    "n": lambda t, _: str(t.minute),
    "nn": lambda t, _: f"{t.minute:02}",
    "s": lambda t, _: str(t.second),
    "ss": lambda t, _: f"{t.second:02}",
    "AM/PM": lambda t, _: "AM" if t.hour < 12 else "PM",
    "A/P": lambda t, _: "A" if t.hour < 12 else "P",
    "上午/下午": lambda t, _: "上午" if t.hour < 12 else "下午",
}
HALF_DAYS: Final = ("AM/PM", "A/P", "上午/下午")


def format_moment(moment: datetime, format_: MomentFormat) -> str:
    """Write a date and time."""
    is_half = any(piece in HALF_DAYS for piece in format_.pieces)
    written = []
    for piece in format_.pieces:
        if piece[0] == LITERAL:
            written.append(piece[1:])
        elif piece[0] == ".":
            written.append("." + f"{moment.microsecond:06}"[: len(piece) - 1])
        else:
            written.append(_MOMENT_PIECES[piece](moment, is_half))
    return "".join(written)


def format_elapsed(days: Decimal, format_: ElapsedFormat) -> str:
    """Write a duration given in days; ``#VALUE!`` when it is negative."""
    if numbers.settle(days) < 0:
        raise FormulaFailure(VALUE)
    seconds = int(
        numbers.EXACT.multiply(numbers.settle(days), Decimal(86400)).to_integral_value(ROUND_HALF_UP)
    )
    written = []
    for piece in format_.pieces:
        if piece[0] == LITERAL:
            written.append(piece[1:])
            continue
        code = piece.strip("[]")
        unit, base = ELAPSED_UNITS[code[0].replace("m", "n")]
        amount = seconds // unit if piece[0] == "[" else seconds // unit % base
        written.append(str(amount).rjust(len(code), "0"))
    return "".join(written)


ELAPSED_UNITS: Final = {"h": (3600, 24), "n": (60, 60), "s": (1, 60)}
