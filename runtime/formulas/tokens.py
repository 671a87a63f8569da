"""From characters to tokens.

Tolerates what a Chinese keyboard produces: full-width brackets, commas, quotes and operators mean the same as their
half-width forms.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

import msgspec

from runtime.formulas.problems import FormulaRejected, Span
from runtime.formulas.types import INNER_SCALE, MAX_DIGITS, MAX_SOURCE
from runtime.i18n import N_


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    TEXT = "text"
    FIELD = "field"
    NAME = "name"
    OPERATOR = "operator"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    END = "end"


class Token(msgspec.Struct, frozen=True):
    """One token; ``text`` is its meaning (quotes removed, full-width forms made half-width)."""

    kind: Kind
    text: str
    span: Span
    number: Decimal | None = None


_HALF = str.maketrans(
    "（），；＋－＊×／÷＾＆＝＜＞％≤≥≠０１２３４５６７８９", "(),,+-**//^&=<>%≤≥≠0123456789"
)
_TWO = {"<>": "<>", "<=": "<=", ">=": ">=", "!=": "<>", "==": "=", "=<": "<=", "=>": ">="}
_ONE = {"≤": "<=", "≥": ">=", "≠": "<>"} | {c: c for c in "^*/+-&=<>%"}
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))?", re.ASCII)
_NAME = re.compile(r"[^\W\d][\w.]*")
_QUOTES = {'"': '"', "“": "”“", "”": "”“", "＂": "＂"}


def tokenize(source: str) -> list[Token]:
    """Split ``source`` into tokens, the last of kind END.

    Raises :class:`FormulaRejected` at the first character that starts nothing, an unclosed quote or brace, or a
    source that is too long.
    """
    if len(source) > MAX_SOURCE:
        raise FormulaRejected(
            N_("公式太长了,最多 {limit} 个字符,现在有 {length} 个"),
            Span(MAX_SOURCE, len(source)),
            code="formula_limit",
            limit=MAX_SOURCE,
            length=len(source),
        )
    _refuse_unstorable(source)
    tokens: list[Token] = []
    position = _skip_space(source, 0)
    if source[position : position + 1] in ("=", "＝"):  # the leading = of a spreadsheet
        position += 1
    while (position := _skip_space(source, position)) < len(source):
        token = _next_token(source, position)
        tokens.append(token)
        position = token.span.end
    tokens.append(Token(Kind.END, "", Span(len(source), len(source))))
    return tokens


def _refuse_unstorable(source: str) -> None:
    for index, char in enumerate(source):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise FormulaRejected(N_("第 {position} 个字符不能用在公式里,把它删掉"), Span(index, index + 1))


def _skip_space(source: str, position: int) -> int:
    while position < len(source) and (source[position].isspace() or source[position] in "\u200b\ufeff"):
        position += 1
    return position


def _next_token(source: str, position: int) -> Token:
    char = source[position]
    half = char.translate(_HALF)
    if char in _QUOTES:
        return _text(source, position)
    if char in "{｛":
        return _field(source, position)
    if (half.isdigit() and half.isascii()) or (char == "." and source[position + 1 : position + 2].isdigit()):
        return _number(source, position)
    if half in "()":
        return Token(Kind.OPEN if half == "(" else Kind.CLOSE, half, Span(position, position + 1))
    if half in ",、;":
        return Token(Kind.COMMA, ",", Span(position, position + 1))
    pair = source[position : position + 2].translate(_HALF)
    if pair in _TWO:
        return Token(Kind.OPERATOR, _TWO[pair], Span(position, position + 2))
    if half in _ONE:
        return Token(Kind.OPERATOR, _ONE[half], Span(position, position + 1))
    if name := _NAME.match(source, position):
        return Token(Kind.NAME, name.group(), Span(position, name.end()))
    raise FormulaRejected(_strange_character(char), Span(position, position + 1), char=char)


def _strange_character(char: str) -> str:
    if char in "'‘’":
        return N_("第 {position} 个字符:文字要用双引号括起来,不是单引号")
    if char in "}｝":
        return N_("第 {position} 个字符:多了一个右花括号")
    if char in "[]【】":
        return N_("第 {position} 个字符:字段名要放在花括号里,例如 {{订单状态}}")
    return N_("第 {position} 个字符“{char}”不能用在公式里")


def _text(source: str, position: int) -> Token:
    closing = _QUOTES[source[position]]
    parts: list[str] = []
    index = position + 1
    while index < len(source):
        char = source[index]
        if char in closing:
            if source[index : index + 2] == '""':
                parts.append('"')
                index += 2
                continue
            return Token(Kind.TEXT, "".join(parts), Span(position, index + 1))
        parts.append(char)
        index += 1
    raise FormulaRejected(
        N_("第 {position} 个字符处的引号没有配对,在文字末尾补一个双引号"),
        Span(position, len(source)),
    )


def _field(source: str, position: int) -> Token:
    parts: list[str] = []
    index = position + 1
    while index < len(source):
        char = source[index]
        if char in "}｝":
            if source[index : index + 2] == "}}":  # a brace inside a field's name
                parts.append("}")
                index += 2
                continue
            key = "".join(parts).strip()
            if not key:
                raise FormulaRejected(
                    N_("第 {position} 个字符:花括号里要写字段名"), Span(position, index + 1)
                )
            return Token(Kind.FIELD, key, Span(position, index + 1))
        parts.append(char)
        index += 1
    raise FormulaRejected(
        N_("第 {position} 个字符处的花括号没有配对,在字段名后面补一个右花括号"),
        Span(position, len(source)),
    )


def _number(source: str, position: int) -> Token:
    found = _NUMBER.match(
        source.translate(_HALF) if source[position] in "０１２３４５６７８９" else source, position
    )
    assert found is not None  # noqa: S101 - the caller saw a digit
    span = Span(position, found.end())
    value = Decimal(found.group())
    if value and value.adjusted() >= MAX_DIGITS:
        raise FormulaRejected(
            N_("第 {position} 个字符处的数字太大,整数部分最多 {digits} 位"),
            span,
            code="formula_limit",
            digits=MAX_DIGITS,
        )
    if value.adjusted() < -INNER_SCALE:
        value = Decimal(0)
    return Token(Kind.NUMBER, found.group(), span, number=value)
