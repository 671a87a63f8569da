"""KEYWORDS: tags drawn out of a remark."""

from __future__ import annotations

import re

import msgspec

from runtime.formulas import texts
from runtime.formulas.coercions import coerce
from runtime.formulas.comparison import lower_sql
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, sql, text
from runtime.formulas.problems import BadConstant
from runtime.formulas.terms import Apply, Term
from runtime.formulas.types import TEXT
from runtime.i18n import N_


class Tag(msgspec.Struct, frozen=True):
    """A tag: given when one of ``words`` is in the text after ``not_words`` have been taken out of it."""

    name: str
    words: tuple[str, ...]
    not_words: tuple[str, ...]


def parse_tag(source: str) -> Tag:
    """``急单``, or ``急单:急|加急|-不急``. Raises :class:`BadConstant`."""
    name, colon, rest = re.sub("：", ":", source).partition(":")
    parts = [part.strip() for part in re.split(r"[|｜]", rest if colon else name)]
    words = tuple(texts.lower(part) for part in parts if part and part[0] not in "-!")
    not_words = tuple(
        texts.lower(part[1:].strip()) for part in parts if part[:1] in ("-", "!") and part[1:].strip()
    )
    if not name.strip() or not words:
        raise BadConstant(
            N_("标签要写成“急单”或“急单:急|加急|-不急”:冒号后面是关键词,减号开头的是要排除的说法")
        )
    return Tag(name.strip(), words, not_words)


def _keywords(value: str, *tags: Tag) -> str:
    small = texts.lower(value)
    found: list[str] = []
    for tag in tags:
        rest = small
        for word in tag.not_words:
            rest = rest.replace(word, "\n")
        if any(word in rest for word in tag.words):
            found.append(tag.name)
    return texts.LIST_SEPARATOR.join(found)


def _keywords_sql(value: Operand, *tags: Tag) -> Outcome:
    small = lower_sql(value.value)
    found = []
    for tag in tags:
        rest = small
        for word in tag.not_words:
            rest = sql("replace({0}, {1}, {2})", rest, text(word), text("\n"))
        tests = " OR ".join(f"strpos({{0}}, {{{index + 1}}}) > 0" for index in range(len(tag.words)))
        condition = sql(tests, rest, *(text(word) for word in tag.words))
        found.append(sql("CASE WHEN {0} THEN {1} END", condition, text(tag.name)))
    places = ", ".join(f"{{{index + 1}}}" for index in range(len(found)))
    return Outcome(sql(f"concat_ws({{0}}, {places})", text(texts.LIST_SEPARATOR), *found))


_KEYWORDS = Operation("keywords", _keywords, _keywords_sql)


def _build(call: Call) -> Term:
    tags = tuple(call.constant(index, parse_tag) for index in range(1, len(call.arguments)))
    return Apply(TEXT, _KEYWORDS, (coerce(call.arguments[0], TEXT),), tags)


KEYWORDS = Function(
    "KEYWORDS", ("关键词", "关键词标签"), Family.TEXT,
    (Argument("文字", "text", Kind.TEXT), Argument("标签", "tag", Kind.CONSTANT, repeats=True, prepare=parse_tag)),
    N_(
        "从备注里挑出标签,用顿号连接。标签可以带关键词:“急单:急|加急”;减号开头的说法先被排除:“要发票:发票|开票|-不要发票”。"
    ),
    "Draws tags out of a remark. A tag may list its keywords after a colon (\"urgent:asap|hurry\"); phrases after a minus "
    "sign are ruled out first (\"invoice:invoice|-no invoice\").",
    (
        Example('KEYWORDS("客户说很急,要发票", "急单:急|加急", "要发票:发票|开票|-不要发票")', "急单、要发票"),
        Example('KEYWORDS("不要发票", "要发票:发票|开票|-不要发票")', ""),
        Example('KEYWORDS("急单,下午发", "急单", "发票")', "急单"),
    ),
    build=_build,
)  # fmt: skip

FUNCTIONS = (KEYWORDS,)
