"""The pattern language: parsing, limits, and the form PostgreSQL gets."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from runtime.formulas.problems import BadConstant
from runtime.i18n import N_

MAX_PATTERN = 500
MAX_STATES = 500  # of the automaton, repetitions written out
MAX_REPEAT = 255  # PostgreSQL's own limit
MAX_GROUPS = 9

Range = tuple[int, int]


class BadPattern(BadConstant):
    """The pattern is not of the dialect."""


class Chars(msgspec.Struct, frozen=True):
    """One character out of ``ranges`` (or, ``negated``, out of all others)."""

    ranges: tuple[Range, ...]
    negated: bool = False


class Anchor(msgspec.Struct, frozen=True):
    """The start (``^``) or end (``$``) of the text."""

    start: bool


class Sequence(msgspec.Struct, frozen=True):
    """One after the other; empty matches the empty text."""

    items: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True):
    """Any of the branches."""

    branches: tuple[Node, ...]


class Repeat(msgspec.Struct, frozen=True):
    """``body`` at least ``minimum`` times, at most ``maximum`` (None: any number)."""

    body: Node
    minimum: int
    maximum: int | None


Node = Chars | Anchor | Sequence | Choice | Repeat


class Part(msgspec.Struct, frozen=True):
    """A stretch of the pattern's outermost sequence: a group to take out, or what stands between groups."""

    body: Node
    is_group: bool


class Pattern(msgspec.Struct, frozen=True):
    """A checked pattern.

    ``parts`` are its outermost pieces; ``sql`` its form for PostgreSQL; ``groups`` how many pieces are groups;
    ``can_be_empty`` whether it matches the empty text.
    """

    parts: tuple[Part, ...]
    sql: str
    groups: int
    can_be_empty: bool


_DIGIT: tuple[Range, ...] = ((48, 57),)
_WORD: tuple[Range, ...] = ((48, 57), (65, 90), (95, 95), (97, 122), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))
_SPACE: tuple[Range, ...] = ((9, 13), (32, 32), (0xA0, 0xA0), (0x3000, 0x3000))
_CLASSES = {
    "d": Chars(_DIGIT), "D": Chars(_DIGIT, negated=True),
    "w": Chars(_WORD), "W": Chars(_WORD, negated=True),
    "s": Chars(_SPACE), "S": Chars(_SPACE, negated=True),
}  # fmt: skip
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_ANY_BUT_NEWLINE = Chars(((10, 10),), negated=True)
_ANY = Chars(((1, 0x10FFFF),))


def parse_pattern(source: str) -> Pattern:
    """Parse and check a pattern. Raises :class:`BadPattern`."""
    if len(source) > MAX_PATTERN:
        raise BadPattern(N_("正则表达式太长了,最多 {limit} 个字符"), limit=MAX_PATTERN)
    if not source:
        raise BadPattern(N_("正则表达式不能是空的"))
    return _pattern(_Parser(source).parse())


def parse_wildcards(source: str, *, is_whole: bool = False) -> Pattern:
    """A spreadsheet's wildcards: ``?`` one character, ``*`` any number, ``~`` before one that is meant literally.

    ``is_whole``: the pattern describes the whole text, not a part of it.
    """
    if len(source) > MAX_PATTERN:
        raise BadPattern(N_("要找的文字太长了,最多 {limit} 个字符"), limit=MAX_PATTERN)
    items: list[Node] = []
    index = 0
    while index < len(source):
        char = source[index]
        if char == "~" and source[index + 1 : index + 2] in ("?", "*", "~"):
            index += 1
            items.append(_literal(source[index]))
        elif char == "?":
            items.append(_ANY)
        elif char == "*":
            items.append(Repeat(_ANY, 0, None))
        else:
            items.append(_literal(char))
        index += 1
    if is_whole:
        items = [Anchor(True), *items, Anchor(False)]
    return _pattern((Part(Sequence(tuple(items)), False),))


def _pattern(parts: tuple[Part, ...]) -> Pattern:
    groups = sum(part.is_group for part in parts)
    if groups > MAX_GROUPS:
        raise BadPattern(N_("正则表达式里最多 {limit} 个括号分组,不用取出的部分写成 (?:…)"), limit=MAX_GROUPS)
    if sum(_size(part.body) for part in parts) > MAX_STATES:
        raise BadPattern(N_("正则表达式太复杂了,减少重复次数(花括号里的数)再试"))
    return Pattern(
        parts,
        "".join(f"({_sql(p.body)})" if p.is_group else _sql(p.body) for p in parts),
        groups,
        all(_nullable(part.body) for part in parts),
    )


def _literal(char: str) -> Chars:
    return Chars(((ord(char), ord(char)),))


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def parse(self) -> tuple[Part, ...]:
        parts = self._outermost()
        if self._at == len(self._source):
            return parts
        if self._peek() == ")":
            raise BadPattern(N_("正则表达式第 {position} 个字符:多了一个右括号"), position=self._at + 1)
        # an alternation outermost: its groups only hold together, nothing is taken out of them
        self._at = 0
        return (Part(self._choice(0), False),)

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise BadPattern(N_("正则表达式没有写完"))
        self._at += 1
        return char

    def _outermost(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        between: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            is_group = self._peek() == "(" and self._source[self._at + 1 : self._at + 2] != "?"
            atom = self._atom(0)
            quantified = self._quantified(atom)
            if is_group and quantified is atom:
                if between:
                    parts.append(Part(Sequence(tuple(between)), False))
                    between = []
                parts.append(Part(atom, True))
            else:
                between.append(quantified)
        if between:
            parts.append(Part(Sequence(tuple(between)), False))
        return tuple(parts)

    def _choice(self, depth: int) -> Node:
        branches = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._quantified(self._atom(depth)))
        return Sequence(tuple(items))

    def _atom(self, depth: int) -> Node:
        char = self._take()
        match char:
            case "(":
                return self._group(depth + 1)
            case "[":
                return self._bracket()
            case ".":
                return _ANY_BUT_NEWLINE
            case "^" | "$":
                return Anchor(char == "^")
            case "\\":
                return self._escape()
            case "*" | "+" | "?" | "{":
                raise BadPattern(
                    N_("正则表达式第 {position} 个字符:“{char}”前面没有要重复的内容"),
                    position=self._at,
                    char=char,
                )
            case _:
                return _literal(char)

    def _group(self, depth: int) -> Node:
        opened = self._at
        if depth > 20:
            raise BadPattern(N_("正则表达式的括号嵌套太深了"))
        if self._peek() == "?":
            if self._source[self._at : self._at + 2] != "?:":
                raise BadPattern(
                    N_("正则表达式第 {position} 个字符:不支持 (?…) 写法,只支持 (?:…)"), position=self._at
                )
            self._at += 2
        inner = self._choice(depth)
        if self._peek() != ")":
            raise BadPattern(N_("正则表达式第 {position} 个字符处的左括号没有配对"), position=opened)
        self._at += 1
        return inner

    def _quantified(self, atom: Node) -> Node:
        minimum, maximum = 0, None
        match self._peek():
            case "*":
                pass
            case "+":
                minimum = 1
            case "?":
                maximum = 1
            case "{":
                end = self._source.find("}", self._at)
                minimum, maximum = self._counts(self._source[self._at + 1 : end] if end >= 0 else "")
                self._at = end
            case _:
                return atom
        if isinstance(atom, Anchor):
            raise BadPattern(N_("正则表达式里 ^ 和 $ 不能重复"))
        self._at += 1
        if self._peek() == "?":
            raise BadPattern(
                N_("不支持“尽量少”的重复(如 .*?),改成排除后面那个字的写法,例如用 [^,]* 取逗号之前的内容")
            )
        if self._peek() in ("*", "+", "{"):
            raise BadPattern(N_("正则表达式第 {position} 个字符:重复符号连在一起了"), position=self._at + 1)
        return Repeat(atom, minimum, maximum)

    def _counts(self, text: str) -> tuple[int, int | None]:
        low, comma, high = text.partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            raise BadPattern(
                N_("重复次数要写成 {{3}}、{{2,}} 或 {{2,5}};要找花括号本身,在它前面加反斜杠"),
                position=self._at + 1,
            )
        minimum = int(low[:4])
        maximum = (int(high[:4]) if high else None) if comma else minimum
        if max(minimum, maximum or 0) > MAX_REPEAT or (maximum is not None and maximum < minimum):
            raise BadPattern(N_("重复次数要从小到大,最多 {limit} 次"), limit=MAX_REPEAT)
        return minimum, maximum

    def _escape(self) -> Chars:
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS:
            return _literal(_CONTROLS[char])
        if char.isascii() and char.isalnum():
            if char.isdigit():
                raise BadPattern(N_("不支持反向引用(\\{char})"), char=char)
            raise BadPattern(N_("不支持 \\{char},可以用 \\d 数字、\\w 字母数字和汉字、\\s 空白"), char=char)
        return _literal(char)

    def _bracket(self) -> Chars:
        opened = self._at
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[Range] = []
        while True:
            if not self._peek():
                raise BadPattern(N_("正则表达式第 {position} 个字符处的方括号没有配对"), position=opened)
            char = self._take()
            if char == "]" and ranges:
                return Chars(tuple(ranges), negated)
            if char == "[" and self._peek() in (":", ".", "="):
                raise BadPattern(N_("不支持 [:…:] 写法,直接列出字符,例如 [a-z0-9]"))
            first = self._escape() if char == "\\" else _literal(char)
            if first.negated:
                raise BadPattern(N_("方括号里不能用 \\D、\\W、\\S"))
            is_single = len(first.ranges) == 1 and first.ranges[0][0] == first.ranges[0][1]
            if (
                is_single
                and self._peek() == "-"
                and self._source[self._at + 1 : self._at + 2] not in ("", "]")
            ):
                ranges.append((first.ranges[0][0], self._range_end(first.ranges[0][0])))
            else:
                ranges.extend(first.ranges)

    def _range_end(self, low: int) -> int:
        self._at += 1
        char = self._take()
        last = self._escape() if char == "\\" else _literal(char)
        if (
            last.negated
            or len(last.ranges) != 1
            or last.ranges[0][0] != last.ranges[0][1]
            or last.ranges[0][0] < low
        ):
            raise BadPattern(
                N_("正则表达式第 {position} 个字符:方括号里的范围要从小到大,例如 [a-z]"), position=self._at
            )
        return last.ranges[0][0]


# -- properties of a tree ---------------------------------------------------------------------------------------


def _fold(node: Node, leaf: Callable[[Node], int]) -> int:
    match node:
        case Sequence(items=items):
            return 1 + sum(_fold(item, leaf) for item in items)
        case Choice(branches=branches):
            return 1 + sum(1 + _fold(branch, leaf) for branch in branches)
        case Repeat(body=body, minimum=minimum, maximum=maximum):
            return min(10**9, (_fold(body, leaf) + 1) * max(minimum + 1, maximum or 0, 1))
        case _:
            return leaf(node)


def _size(node: Node) -> int:
    return _fold(node, lambda _: 1)


def _nullable(node: Node) -> bool:
    match node:
        case Chars():
            return False
        case Anchor():
            return True
        case Sequence(items=items):
            return all(_nullable(item) for item in items)
        case Choice(branches=branches):
            return any(_nullable(branch) for branch in branches)
        case Repeat(body=body, minimum=minimum):
            return minimum == 0 or _nullable(body)


def _sql(node: Node) -> str:
    match node:
        case Chars(ranges=ranges, negated=negated):
            if not negated and len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
                return _sql_char(ranges[0][0])
            inner = "".join(
                _sql_char(low) if low == high else f"{_sql_char(low)}-{_sql_char(high)}"
                for low, high in ranges
            )
            return f"[{'^' if negated else ''}{inner}]"
        case Anchor(start=start):
            return "^" if start else "$"
        case Sequence(items=items):
            return "(?:" + "".join(map(_sql, items)) + ")"
        case Choice(branches=branches):
            return "(?:" + "|".join(map(_sql, branches)) + ")"
        case Repeat(body=body, minimum=minimum, maximum=maximum):
            return f"(?:{_sql(body)}){_sql_counts(minimum, maximum)}"


def _sql_counts(minimum: int, maximum: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((minimum, maximum))
    if short:
        return short
    return f"{{{minimum},{'' if maximum is None else maximum}}}"


def _sql_char(code: int) -> str:
    char = chr(code)
    return char if char.isalnum() or code > 127 or code < 32 or char == " " else "\\" + char
