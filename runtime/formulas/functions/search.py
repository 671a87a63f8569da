"""Functions that look for one text in another."""

from __future__ import annotations

from decimal import Decimal

from runtime.formulas import texts
from runtime.formulas.coercions import WHOLE, coerce
from runtime.formulas.comparison import folded
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.text import refuse
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    failing,
    first_error,
    limited,
    over,
    sql,
    text,
    variable,
)
from runtime.formulas.regex import Pattern, matcher, parse_wildcards
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Literal, Term, apply
from runtime.formulas.types import (
    BOOLEAN,
    LIST,
    MAX_REGEX_TEXT,
    MAX_TEXT,
    NUMBER,
    TEXT,
    VALUE,
    FormulaFailure,
)
from runtime.i18n import N_

_SOUGHT = Argument("要找的文字", "sought", Kind.TEXT)
_WITHIN = Argument("在哪里找", "within", Kind.TEXT)
_START = Argument("起始位置", "start", Kind.WHOLE, default=1)


def _find(sought: str, within: str, start: int) -> Decimal:
    refuse(start < 1 or start > len(within) + 1)
    found = within.find(sought, start - 1)
    refuse(found < 0)
    return Decimal(found + 1)


def _position(sought: Sql, within: Sql, start: Operand) -> Outcome:
    place = sql("strpos(substr({1}, GREATEST({2}, 1)), {0})", sought, within, start)
    missing = sql("({1} < 1 OR {1} > char_length({0}) + 1 OR {2} = 0)", within, start, place)
    return Outcome(sql("({0} + {1} - 1)::numeric", start, place), failing(missing, VALUE), digits=10, scale=0)


def _in_small_letters(sought: str, within: str, start: int) -> Decimal:
    return _find(texts.lower(sought), texts.lower(within), start)


_FIND = Operation("find", _find, lambda sought, within, start: _position(sought.value, within.value, start))
_SEARCH = Operation(
    "search",
    _in_small_letters,
    lambda sought, within, start: _position(folded(sought), folded(within), start),
)


def _search_pattern(within: str, start: int, pattern: Pattern) -> Decimal:
    refuse(start < 1 or start > len(within) + 1 or len(within) > MAX_REGEX_TEXT)
    found = matcher(pattern).search(texts.lower(within)[start - 1 :])
    if found is None:
        raise FormulaFailure(VALUE)
    return Decimal(start + found.start)


def _search_pattern_sql(within: Operand, start: Operand, pattern: Pattern) -> Outcome:
    rest = sql("substr({0}, GREATEST({1}, 1))", folded(within), start)
    place = sql(
        f"CASE WHEN char_length({{0}}) <= {MAX_REGEX_TEXT} THEN regexp_instr({{0}}, {{1}}) ELSE 0 END",
        rest,
        text(pattern.sql),
    )
    missing = sql(
        f"({{1}} < 1 OR {{1}} > char_length({{0}}) + 1 OR char_length({{0}}) > {MAX_REGEX_TEXT} OR {{2}} = 0)",
        within.value,
        start,
        place,
    )
    return Outcome(sql("({0} + {1} - 1)::numeric", start, place), failing(missing, VALUE), digits=10, scale=0)


_SEARCH_PATTERN = Operation("search_pattern", _search_pattern, _search_pattern_sql)


def _build_search(call: Call) -> Term:
    """Wildcards count where the text to find is written in the formula; a computed one is taken as it is."""
    sought = coerce(call.arguments[0], TEXT)
    within = coerce(call.arguments[1], TEXT)
    position = coerce(call.arguments[2], NUMBER) if len(call.arguments) > 2 else Literal(NUMBER, Decimal(1))
    start = apply(NUMBER, WHOLE, position)
    if (
        isinstance(sought, Literal)
        and isinstance(sought.value, str)
        and any(c in sought.value for c in "?*~")
    ):
        pattern = call.constant(0, lambda source: parse_wildcards(texts.lower(source)))
        return Apply(NUMBER, _SEARCH_PATTERN, (within, start), (pattern,))
    return apply(NUMBER, _SEARCH, sought, within, start)


FIND = Function(
    "FIND", ("查找",), Family.TEXT, (_SOUGHT, _WITHIN, _START),
    N_("一段文字在另一段里第一次出现在第几个字;区分大小写。找不到是 #VALUE!。"),
    "The position of one text in another, case included; #VALUE! when it is not there.",
    (Example('FIND("区", "A区-03排")', 2), Example('FIND("c", "ABC")', {"error": "#VALUE!"})),
    NUMBER, _FIND,
)  # fmt: skip

SEARCH = Function(
    "SEARCH", ("搜索",), Family.TEXT, (_SOUGHT, _WITHIN, _START),
    N_("和 FIND 一样,但不分大小写,并认得通配符 ? 和 *。"),
    "As FIND, but ignores case and understands the wildcards ? and *.",
    (Example('SEARCH("c", "ABC")', 3), Example('SEARCH("0?排", "A区-03排")', 4)),
    build=_build_search,
    differs=N_("通配符只在要找的文字直接写在公式里时有效。"),
    differs_english="Wildcards only count where the text to find is written in the formula.",
)  # fmt: skip

# -- contains ---------------------------------------------------------------------------------------------------


def _contains(within: str, *sought: str) -> bool:
    small = texts.lower(within)
    return any(part != "" and texts.lower(part) in small for part in sought)


def _contains_sql(within: Operand, *sought: Operand) -> Outcome:
    small = folded(within)
    tests = [sql("({1} <> '' AND strpos({0}, {1}) > 0)", small, folded(part)) for part in sought]
    return Outcome(sql("(" + " OR ".join(f"{{{i}}}" for i in range(len(tests))) + ")", *tests))


def _has(items: tuple[str, ...], *sought: str) -> bool:
    small = {texts.lower(item) for item in items}
    return any(part != "" and texts.lower(part) in small for part in sought)


def _has_sql(items: Operand, *sought: Operand) -> Outcome:
    tests = [
        over(
            "u",
            "({1} <> '' AND EXISTS (SELECT FROM unnest({0}) AS u(item) WHERE {2} = {1}))",
            items,
            folded(part),
            folded(variable("u", "item")),
        )
        for part in sought
    ]
    return Outcome(sql("(" + " OR ".join(f"{{{i}}}" for i in range(len(tests))) + ")", *tests))


_CONTAINS = Operation("contains", _contains, _contains_sql)
_HAS = Operation("has", _has, _has_sql)


def _build_contains(call: Call) -> Term:
    within = call.arguments[0]
    sought = [coerce(term, TEXT) for term in call.arguments[1:]]
    if within.type is LIST:
        return apply(BOOLEAN, _HAS, coerce(within, LIST), *sought)
    return apply(BOOLEAN, _CONTAINS, coerce(within, TEXT), *sought)


CONTAINS = Function(
    "CONTAINS", ("包含", "CONTAIN", "CONTAINTEXT"), Family.TEXT,
    (Argument("在哪里找", "within", Kind.ANY), Argument("要找的内容", "sought", Kind.TEXT, repeats=True)),
    N_("文字里有没有要找的内容(给几个时,有一个就算);不分大小写。对列表,是有没有这一项。"),
    "Whether a text contains another (any of several), ignoring case; whether a list has such an item.",
    (Example('CONTAINS("客户很急,尽快发", "急")', True), Example('CONTAINS("要开票", "发票", "开票")', True)),
    build=_build_contains,
)  # fmt: skip

# -- substitute -------------------------------------------------------------------------------------------------


def _substitute_sql(value: Operand, old: Operand, new: Operand) -> Outcome:
    without = sql("replace({0}, {1}, '')", value, old)
    length = sql(
        "(char_length({0})::bigint + COALESCE((char_length({0}) - char_length({1})) / NULLIF(char_length({2}), 0), 0)::bigint"
        " * (char_length({3}) - char_length({2})))",
        value,
        without,
        old,
        new,
    )
    fits = sql(f"({{0}} <= {MAX_TEXT})", length)
    return Outcome(
        sql("CASE WHEN {3} THEN replace({0}, {1}, {2}) ELSE '' END", value, old, new, fits),
        failing(sql("(NOT {0})", fits), VALUE),
    )


def _substitute_one_sql(value: Operand, old: Operand, new: Operand, nth: Operand) -> Outcome:
    parts = sql("string_to_array({0}, {1})", value, old)
    replaced = sql(
        "(array_to_string(({0})[1:{3}], {1}) || {2} || array_to_string(({0})[{3} + 1:], {1}))",
        parts,
        old,
        new,
        sql("GREATEST({0}, 1)", nth),
    )
    result = limited(
        sql(
            "CASE WHEN {1} = '' OR COALESCE(cardinality({4}), 0) <= {2} THEN {0} ELSE {3} END",
            value,
            old,
            nth,
            replaced,
            parts,
        )
    )
    return Outcome(result.value, first_error(failing(sql("({0} < 1)", nth), VALUE), result.error))


_SUBSTITUTE = Operation(
    "substitute", lambda value, old, new: texts.substitute(value, old, new, None), _substitute_sql
)
_SUBSTITUTE_ONE = Operation("substitute_one", texts.substitute, _substitute_one_sql)


def _build_substitute(call: Call) -> Term:
    strings = [coerce(term, TEXT) for term in call.arguments[:3]]
    if len(call.arguments) < 4:
        return apply(TEXT, _SUBSTITUTE, *strings)
    return apply(TEXT, _SUBSTITUTE_ONE, *strings, apply(NUMBER, WHOLE, coerce(call.arguments[3], NUMBER)))


SUBSTITUTE = Function(
    "SUBSTITUTE", ("替换",), Family.TEXT,
    (
        Argument("文字", "text", Kind.TEXT), Argument("旧文字", "old", Kind.TEXT), Argument("新文字", "new", Kind.TEXT),
        Argument("第几处", "which", Kind.WHOLE, default=None),
    ),
    N_("把文字里的旧文字全部换成新文字,或只换第几处。"), "Replaces a text by another everywhere, or only its n-th occurrence.",
    (Example('SUBSTITUTE("2026-01-15", "-", "/")', "2026/01/15"), Example('SUBSTITUTE("a-b-c", "-", "", 2)', "a-bc")),
    build=_build_substitute,
)  # fmt: skip

FUNCTIONS = (FIND, SEARCH, CONTAINS, SUBSTITUTE)
