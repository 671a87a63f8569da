"""The number part of TEXT's format codes: ``#,##0.00``, ``0%``, ``0.00E+00``, ``# ?/?``, ``000-0000``, ``[<100]0;#``.

A code is read once, when the formula is checked; ``functions.number_formats_sql`` writes what is meant in SQL.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

import msgspec

from runtime.formulas import numbers, texts
from runtime.formulas.problems import BadConstant
from runtime.i18n import N_

MAX_DECIMALS: Final = 15
MAX_WHOLE: Final = 40


class Fraction(msgspec.Struct, frozen=True):
    """``# ?/?``: ``widths`` of numerator and denominator, a ``fixed`` denominator or 0; ``whole``: written apart."""

    whole: bool
    least: int
    widths: tuple[int, int]
    fixed: int


class NumberSection(msgspec.Struct, frozen=True):
    """How one kind of number is written.

    ``shift`` moves the decimal point (2 for percent, -3 for each trailing comma). ``whole`` digits are the least
    before the point, ``least`` and ``most`` the decimals. ``inserts`` stand between whole digits, by how many are to
    their right. ``exponent``: least digits of a scientific exponent, 0 for none; ``plus``: also ``+`` before it.
    ``plain`` is "General"; without digits only ``prefix`` shows.
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
    inserts: tuple[tuple[int, str], ...] = ()
    exponent: int = 0
    plus: bool = False
    fraction: Fraction | None = None


Sign = Literal["<", "<=", ">", ">=", "=", "<>"]


class Condition(msgspec.Struct, frozen=True):
    """``[<=9999999]`` before a section."""

    sign: Sign
    limit: Decimal


class TextSection(msgspec.Struct, frozen=True):
    """How text is written: ``pieces`` of literal text, None where the text itself stands."""

    pieces: tuple[str | None, ...]


class NumberFormat(msgspec.Struct, frozen=True):
    """Sections for positive, negative and zero; one section serves all, with a minus sign before negatives.

    With ``conditions`` (one or None for each section) the first section whose condition holds is taken, else the first
    without one, else the number is written plainly. ``text`` is what a text that is no number is written as, None for
    as it is.
    """

    sections: tuple[NumberSection, ...]
    conditions: tuple[Condition | None, ...] = ()
    text: TextSection | None = None


# -- reading ----------------------------------------------------------------------------------------------------

_DIGITS = re.compile(r"^(?P<whole>[#0,]*)(?P<point>\.(?P<decimals>0*#*))?(?P<scale>,*)$")
_EXPONENT = re.compile(r"[eE]([+-])(0+)")
_FRACTION = re.compile(r"(?P<whole>[#0]+)?(?P<space> ?)(?P<above>\?+)/(?P<below>\?+|[1-9][0-9]{0,2})")
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9]{1,30}(?:\.[0-9]{1,15})?)\]")


def parse_number_format(parts: list[str]) -> NumberFormat:
    """Read the sections of a number format. Raises :class:`BadConstant`."""
    if len(parts) > 4:
        raise BadConstant(N_("格式代码里最多用分号隔开四段:正数;负数;零;文字"))
    text = _text_section(parts[-1]) if len(parts) == 4 or _holds_text(parts[-1]) else None
    if len(parts) > 1 and text is not None:
        parts = parts[:-1]
    sections, conditions = [], []
    for part in parts:
        found = _CONDITION.match(part.lstrip())
        conditions.append(Condition(found[1], Decimal(found[2])) if found else None)  # type: ignore[arg-type]
        sections.append(_section(part.lstrip()[found.end() :] if found else part))
    return NumberFormat(tuple(sections), tuple(conditions) if any(conditions) else (), text)


def _holds_text(part: str) -> bool:
    """Whether a section is for text: it has an ``@`` outside quotes."""
    return None in _text_section(part).pieces


def _text_section(source: str) -> TextSection:
    pieces: list[str | None] = []
    index = 0
    while index < len(source):
        literal, length = _literal(source, index)
        if literal is not None:
            pieces.append(literal)
        elif source[index] == "*":  # fills the cell with what follows; there is no cell here
            length = 2
        else:
            pieces.append(None if source[index] == "@" else source[index])
            length = 1
        index += length
    return TextSection(tuple(pieces))


class _Reading:
    """What has been read of a section: literals before, between and after the digits."""

    def __init__(self) -> None:
        self.prefix = ""
        self.suffix = ""
        self.digits = ""
        self.inserts: list[tuple[int, str]] = []  # by how many characters of ``digits`` are before
        self.percent = 0
        self.exponent = 0
        self.plus = False
        self.fraction: Fraction | None = None

    def literal(self, text: str) -> None:
        if self.digits or self.fraction:
            self.suffix += text
        else:
            self.prefix += text

    def digit(self, char: str) -> None:
        if self.digits == "general" or self.exponent or self.fraction:
            raise BadConstant(N_("格式代码里的数字占位(0 和 #)要连在一起"))
        if self.suffix:
            if char not in "#0" or "." in self.digits:
                raise BadConstant(N_("格式代码里的数字占位(0 和 #)要连在一起"))
            self.inserts.append((len(self.digits), self.suffix))
            self.suffix = ""
        self.digits += char


def _section(source: str) -> NumberSection:
    read = _Reading()
    index = 0
    while index < len(source):
        literal, length = _literal(source, index)
        if literal is not None:
            read.literal(literal)
            index += length
            continue
        fraction = None if read.digits else _FRACTION.match(source, index)
        exponent = _EXPONENT.match(source, index) if read.digits and not read.suffix else None
        if source[index : index + 7].lower() == "general":
            read.digits, length = "general", 7
        elif fraction and not read.fraction:
            read.fraction, length = _fraction(fraction), len(fraction.group())
        elif exponent:
            read.exponent, read.plus, length = len(exponent[2]), exponent[1] == "+", len(exponent.group())
        else:
            length = 1
            _character(read, source[index])
        index += length
    return _finished(read)


def _character(read: _Reading, char: str) -> None:
    if char in "#0.,":
        read.digit(char)
    elif char == "@":
        read.digits = "general"
    elif char in "?/eE*":
        raise BadConstant(N_("格式代码不支持“{char}”,要显示它本身就放在双引号里"), char=char)
    else:
        read.percent += char == "%"
        read.literal(char)


def _literal(source: str, index: int) -> tuple[str | None, int]:
    """A quoted, escaped or bracketed piece at ``index`` and its length; None where there is none."""
    char = source[index]
    if char == '"':
        end = source.find('"', index + 1)
        end = len(source) if end < 0 else end
        return source[index + 1 : end], end + 1 - index
    if char in "\\!":
        return source[index + 1 : index + 2], 2
    if char == "_":  # as wide as the character behind it
        return " ", 2
    if char == "[":
        end = source.find("]", index)
        inner = source[index + 1 : end]
        if end < 0 or inner[:1] in ("<", ">", "="):
            raise BadConstant(N_("格式代码里的条件要写在一段的开头,例如 [<=100]0;0.0"))
        if inner[:5].lower() == "dbnum":
            raise BadConstant(N_("格式代码不支持 [DBNum],金额大写用 RMBUPPER 函数"))
        return (inner[1:].split("-")[0] if inner.startswith("$") else ""), end + 1 - index
    return None, 0


def _fraction(found: re.Match[str]) -> Fraction:
    below = found["below"]
    fixed = int(below) if below[0] != "?" else 0
    width = len(below)
    if width > 3 or len(found["above"]) > 3:
        raise BadConstant(N_("分数格式的分母最多三位,例如 # ?/?、# ??/??、# ?/8"))
    whole = found["whole"] or ""
    return Fraction(bool(whole), whole.count("0"), (len(found["above"]), width), fixed)


def _finished(read: _Reading) -> NumberSection:
    if read.fraction:
        return NumberSection(
            read.prefix, read.suffix, has_digits=True, shift=2 * read.percent, fraction=read.fraction
        )
    if not read.digits or read.digits == "general":
        return NumberSection(read.prefix, read.suffix, plain=bool(read.digits))
    found = _DIGITS.match(read.digits)
    if not found:
        raise BadConstant(N_("看不懂格式代码“{format}”,数字格式如 0.00、#,##0.00"), format=read.digits)
    whole, trailing = found["whole"], len(found["scale"])
    if not found["point"]:
        stripped = whole.rstrip(",")
        trailing += len(whole) - len(stripped)
        whole = stripped
    decimals = found["decimals"] or ""
    shift = 2 * read.percent - 3 * trailing
    if len(decimals) > MAX_DECIMALS or len(whole) > MAX_WHOLE or abs(shift) > 30 or read.exponent > 5:
        raise BadConstant(N_("格式代码里的数字占位太多了,小数最多 {limit} 位"), limit=MAX_DECIMALS)
    if (read.inserts and "," in whole) or (read.exponent and (len(whole) != 1 or shift or read.inserts)):
        raise BadConstant(N_("看不懂格式代码“{format}”,数字格式如 0.00、#,##0.00"), format=read.digits)
    return NumberSection(
        read.prefix,
        read.suffix,
        has_digits=True,
        grouped="," in whole,
        whole=len(whole.replace(",", "").lstrip("#")),
        point=bool(found["point"]),
        least=decimals.count("0"),
        most=len(decimals),
        shift=shift,
        inserts=tuple((len(whole) - before, literal) for before, literal in read.inserts),
        exponent=read.exponent,
        plus=read.plus,
    )


# -- writing ----------------------------------------------------------------------------------------------------


def format_number(value: Decimal, format_: NumberFormat) -> str:
    """Write a number."""
    value = numbers.settle(value)
    sections = format_.sections
    if format_.conditions:
        return ("-" if value < 0 else "") + _write(abs(value), _chosen(value, format_))
    if value < 0 and len(sections) > 1:
        return _write(-value, sections[1])
    if not value and len(sections) > 2:
        return _write(value, sections[2])
    return ("-" if value < 0 else "") + _write(abs(value), sections[0])


PLAIN: Final = NumberSection(plain=True)


def _chosen(value: Decimal, format_: NumberFormat) -> NumberSection:
    for section, condition in zip(format_.sections, format_.conditions, strict=True):
        if condition is not None and _holds(value, condition):
            return section
    return fallback_section(format_)


def fallback_section(format_: NumberFormat) -> NumberSection:
    """The section for what meets no condition."""
    pairs = zip(format_.sections, format_.conditions, strict=True)
    return next((section for section, condition in pairs if condition is None), PLAIN)


def _holds(value: Decimal, condition: Condition) -> bool:
    limit = condition.limit
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit,
        ">=": value >= limit, "=": value == limit, "<>": value != limit,
    }[condition.sign]  # fmt: skip


def _write(value: Decimal, section: NumberSection) -> str:
    shifted = value.scaleb(section.shift, numbers.EXACT)
    if section.plain:
        return section.prefix + numbers.number_text(shifted) + section.suffix
    if not section.has_digits:
        return section.prefix + section.suffix
    if section.fraction:
        body = _as_fraction(shifted, section.fraction)
    elif section.exponent:
        body = _scientific(shifted, section)
    else:
        body = _decimal(shifted, section)
    return section.prefix + body + section.suffix


def _decimal(value: Decimal, section: NumberSection) -> str:
    text = format(value.quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP, numbers.EXACT), "f")
    whole, _, decimals = text.partition(".")
    whole = ("" if whole == "0" else whole).rjust(section.whole, "0")
    if section.grouped:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    written, start = "", 0
    for right, literal in section.inserts:
        end = max(len(whole) - right, 0)
        written, start = written + whole[start:end] + literal, end
    whole = written + whole[start:]
    decimals = decimals[: section.least] + decimals[section.least :].rstrip("0")
    return whole + ("." if section.point else "") + decimals


def format_text(value: str, section: TextSection) -> str:
    """Write a text that is no number."""
    return texts.limited("".join(value if piece is None else piece for piece in section.pieces))


def _scientific(value: Decimal, section: NumberSection) -> str:
    power = value.adjusted() if value else 0
    digits = value.scaleb(-power, numbers.EXACT).quantize(
        Decimal(1).scaleb(-section.most), ROUND_HALF_UP, numbers.EXACT
    )
    if digits >= 10:
        power += 1
        digits = (digits / 10).quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP, numbers.EXACT)
    sign = "-" if power < 0 else "+" if section.plus else ""
    return f"{_decimal(digits, section)}E{sign}{abs(power):0{section.exponent}}"


def _as_fraction(value: Decimal, fraction: Fraction) -> str:
    whole = int(value)
    above, below = nearest_fraction(numbers.settle(numbers.EXACT.subtract(value, Decimal(whole))), fraction)
    if above == below:
        whole, above = whole + 1, 0
    width_above, width_below = fraction.widths
    if not fraction.whole:
        above += whole * below
        return str(above).rjust(width_above) + "/" + str(below).ljust(width_below)
    written = ("" if not whole else str(whole)).rjust(fraction.least, "0")
    if not above:
        return (written or "0") + " " * (width_above + width_below + 2)
    return f"{written} {str(above).rjust(width_above)}/{str(below).ljust(width_below)}"


def nearest_fraction(value: Decimal, fraction: Fraction) -> tuple[int, int]:
    """Numerator and denominator of the nearest fraction; of several equally near ones the simplest."""
    best: tuple[Decimal, int, int] | None = None
    denominators = [fraction.fixed] if fraction.fixed else range(1, 10 ** fraction.widths[1])
    for below in denominators:
        product = numbers.EXACT.multiply(value, Decimal(below))
        above = int(product.to_integral_value(ROUND_HALF_UP, numbers.EXACT))
        error = numbers.divide(abs(numbers.EXACT.subtract(product, Decimal(above))), Decimal(below))
        if best is None or error < best[0]:
            best = (error, above, below)
    assert best is not None  # noqa: S101 - there is always a denominator
    return best[1], best[2]
