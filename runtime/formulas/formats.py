"""The format codes of TEXT: ``#,##0.00``, ``0%``, ``¥0.00;-¥0.00``, ``yyyy年m月d日``, ``hh:mm``, ``[h]:mm``.

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
from runtime.formulas.problems import BadConstant
from runtime.formulas.types import VALUE, FormulaFailure
from runtime.i18n import N_

MAX_FORMAT = 200
MAX_DECIMALS = 15


class NumberSection(msgspec.Struct, frozen=True):
    """How one kind of number is written.

    ``shift`` moves the decimal point (2 for percent, -3 for each trailing comma). ``whole`` digits are the least
    before the point, ``least`` and ``most`` the decimals. ``plain`` is "General"; without digits only ``prefix`` shows.
    """

    prefix: str = ""
    suffix: str = ""
    has_digits: bool = False
    plain: bool = False
    grouped: bool = False
    whole: int = 0
    point: bool = False
    least: int = 0
    most: int = 0
    shift: int = 0


class NumberFormat(msgspec.Struct, frozen=True):
    """Sections for positive, negative and zero; one section serves all, with a minus sign before negatives."""

    sections: tuple[NumberSection, ...]


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
_DIGITS = re.compile(r"^(?P<whole>[#0,]*)(?P<point>\.(?P<decimals>0*#*))?(?P<scale>,*)$")


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
    sections = tuple(_number_section(part) for part in _sections(source))
    if len(sections) > 4:
        raise BadConstant(N_("格式代码里最多用分号隔开四段:正数;负数;零;文字"))
    return NumberFormat(sections[:3])


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


# -- numbers ----------------------------------------------------------------------------------------------------


def _number_section(source: str) -> NumberSection:
    prefix, digits, suffix, percent = "", "", "", 0
    index = 0
    while index < len(source):
        char = source[index]
        literal, length = _literal(source, index)
        if literal is not None:
            prefix, suffix = (prefix, suffix + literal) if digits else (prefix + literal, suffix)
            index += length
            continue
        if source[index : index + 7].lower() == "general":
            digits, index = "general", index + 7
            continue
        if char in "#0.,":
            if suffix or digits == "general":
                raise BadConstant(N_("格式代码里的数字占位(0 和 #)要连在一起"))
            digits += char
        elif char == "@":
            digits = "general"
        elif char in "?/eE*_":
            raise BadConstant(N_("格式代码不支持“{char}”,要显示它本身就放在双引号里"), char=char)
        else:
            percent += char == "%"
            prefix, suffix = (prefix, suffix + char) if digits else (prefix + char, suffix)
        index += 1
    if not digits or digits == "general":
        return NumberSection(prefix, suffix, plain=bool(digits))
    return _digits(prefix, digits, suffix, percent)


def _literal(source: str, index: int) -> tuple[str | None, int]:
    """A quoted, escaped or bracketed piece at ``index`` and its length; None where there is none."""
    char = source[index]
    if char == '"':
        end = source.find('"', index + 1)
        end = len(source) if end < 0 else end
        return source[index + 1 : end], end + 1 - index
    if char in "\\!":
        return source[index + 1 : index + 2], 2
    if char == "[":
        end = source.find("]", index)
        inner = source[index + 1 : end]
        if end < 0 or inner[:1] in ("<", ">", "="):
            raise BadConstant(N_("格式代码不支持方括号里的条件,用 IF 或 IFS 写条件"))
        return (inner[1:].split("-")[0] if inner.startswith("$") else ""), end + 1 - index
    return None, 0


def _digits(prefix: str, digits: str, suffix: str, percent: int) -> NumberSection:
    found = _DIGITS.match(digits)
    if not found:
        raise BadConstant(N_("看不懂格式代码“{code}”,数字格式如 0.00、#,##0.00"), code=digits)
    whole, trailing = found["whole"], len(found["scale"])
    if not found["point"]:
        stripped = whole.rstrip(",")
        trailing += len(whole) - len(stripped)
        whole = stripped
    decimals = found["decimals"] or ""
    shift = 2 * percent - 3 * trailing
    if len(decimals) > MAX_DECIMALS or len(whole) > 40 or abs(shift) > 30:
        raise BadConstant(N_("格式代码里的数字占位太多了,小数最多 {limit} 位"), limit=MAX_DECIMALS)
    return NumberSection(
        prefix,
        suffix,
        has_digits=True,
        grouped="," in whole,
        whole=whole.count("0"),
        point=bool(found["point"]),
        least=decimals.count("0"),
        most=len(decimals),
        shift=shift,
    )


def format_number(value: Decimal, format_: NumberFormat) -> str:
    """Write a number."""
    value = numbers.settle(value)
    sections = format_.sections
    if value < 0 and len(sections) > 1:
        return _write(-value, sections[1])
    if not value and len(sections) > 2:
        return _write(value, sections[2])
    return ("-" if value < 0 else "") + _write(abs(value), sections[0])


def _write(value: Decimal, section: NumberSection) -> str:
    shifted = value.scaleb(section.shift, numbers.EXACT)
    if section.plain:
        return section.prefix + numbers.number_text(shifted) + section.suffix
    if not section.has_digits:
        return section.prefix + section.suffix
    text = format(shifted.quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP, numbers.EXACT), "f")
    whole, _, decimals = text.partition(".")
    whole = ("" if whole == "0" else whole).rjust(section.whole, "0")
    if section.grouped:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    decimals = decimals[: section.least] + decimals[section.least :].rstrip("0")
    return section.prefix + whole + ("." if section.point else "") + decimals + section.suffix


# -- dates and times --------------------------------------------------------------------------------------------


def _moment_format(source: str) -> Format:
    pieces: list[str] = []
    elapsed = False
    index = 0
    while index < len(source):
        char = source[index]
        if char in '"\\!':
            literal, length = _literal(source, index)
            pieces.append(LITERAL + (literal or ""))
            index += length
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


def _code(code: str) -> str:
    if code[0] == "y":
        return "yyyy" if len(code) > 2 else "yy"
    if code[0] in "hs":
        return code[:2]
    return code[:4]


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
