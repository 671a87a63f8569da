"""Functions that take texts apart and put them together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from runtime.formulas import texts
from runtime.formulas.coercions import coerce
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, failing, first_error, limited, sql
from runtime.formulas.terms import Apply, Term, apply
from runtime.formulas.types import BOOLEAN, LIST, MAX_TEXT, NUMBER, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

_TEXT = Argument("文字", "text", Kind.TEXT)
_COUNT = Argument("字数", "count", Kind.WHOLE, default=1)


def refuse(is_wrong: bool) -> None:
    """``#VALUE!`` when ``is_wrong``."""
    if is_wrong:
        raise FormulaFailure(VALUE)


# -- joining ----------------------------------------------------------------------------------------------------


def _concat_sql(*parts: Operand) -> Outcome:
    return limited(sql("(" + " || ".join(f"{{{i}}}" for i in range(len(parts))) + ")", *parts))


_CONCAT = Operation("concat", lambda *parts: texts.limited("".join(parts)), _concat_sql)


def concatenate(parts: Sequence[Term]) -> Term:
    """``a & b & …``."""
    return apply(TEXT, _CONCAT, *(coerce(part, TEXT) for part in parts))


CONCAT = Function(
    "CONCAT", ("连接", "合并文字", "CONCATENATE"), Family.TEXT,
    (Argument("内容", "value", Kind.ANY, repeats=True),),
    N_("把几段内容连成一段文字,和 & 一样。"), "Joins values into one text, as & does.",
    (Example('CONCAT("SO-", 7)', "SO-7"), Example('"淘宝" & "-" & 12.50', "淘宝-12.5")),
    build=lambda call: concatenate(call.arguments),
)  # fmt: skip


def _join(delimiter: str, skip_empty: bool, *lists: tuple[str, ...]) -> str:
    return texts.limited(delimiter.join(item for items in lists for item in items if item or not skip_empty))


def _join_sql(delimiter: Operand, skip_empty: Operand, *lists: Operand) -> Outcome:
    items = sql("(" + " || ".join(f"{{{i}}}" for i in range(len(lists))) + ")", *lists)
    joined = sql(
        "COALESCE((SELECT string_agg(u.item, {0} ORDER BY u.place) FROM unnest({2}) WITH ORDINALITY AS u(item, place)"
        " WHERE u.item <> '' OR NOT {1}), '')",
        delimiter,
        skip_empty,
        items,
    )
    total = sql(
        "(SELECT COALESCE(sum(char_length(u.item)), 0) + cardinality({1}) * char_length({0}) FROM unnest({1}) AS u(item))",
        delimiter,
        items,
    )
    fits = sql(f"({{0}} <= {4 * MAX_TEXT})", total)
    result = limited(sql("CASE WHEN {1} THEN {0} ELSE '' END", joined, fits))
    return Outcome(result.value, first_error(failing(sql("(NOT {0})", fits), VALUE), result.error))


_AS_ITEMS = Operation(  # an empty text is an item too
    "as_items", lambda value: (value,), lambda value: Outcome(sql("ARRAY[{0}]", value))
)
JOIN = Operation("join", _join, _join_sql)


def _build_join(call: Call) -> Term:
    items = [
        coerce(term, LIST) if term.type is LIST else apply(LIST, _AS_ITEMS, coerce(term, TEXT))
        for term in call.arguments[2:]
    ]
    return Apply(TEXT, JOIN, (coerce(call.arguments[0], TEXT), coerce(call.arguments[1], BOOLEAN), *items))


TEXTJOIN = Function(
    "TEXTJOIN", ("文字合并", "分隔连接"), Family.TEXT,
    (
        Argument("分隔符", "delimiter", Kind.TEXT), Argument("跳过空白", "skip_empty", Kind.BOOLEAN),
        Argument("内容", "value", Kind.ANY, repeats=True),
    ),
    N_("用分隔符连接几段内容;列表逐项连接。"), "Joins values, and the items of lists, with a delimiter between them.",
    (Example('TEXTJOIN("-", TRUE, "A区", "", "03排")', "A区-03排"), Example('TEXTJOIN("/", FALSE, "a", "", "b")', "a//b")),
    build=_build_join,
)  # fmt: skip


def _repeat(value: str, count: int) -> str:
    refuse(count < 0 or len(value) * count > MAX_TEXT)
    return value * count


def _repeat_sql(value: Operand, count: Operand) -> Outcome:
    outside = sql(f"({{1}} < 0 OR char_length({{0}})::bigint * {{1}} > {MAX_TEXT})", value, count)
    return Outcome(
        sql("CASE WHEN NOT {2} AND {0} <> '' THEN repeat({0}, {1}) ELSE '' END", value, count, outside),
        failing(outside, VALUE),
    )


REPT = Function(
    "REPT", ("重复",), Family.TEXT,
    (_TEXT, Argument("次数", "times", Kind.WHOLE)),
    N_("把文字重复若干次。结果最长 10 万字。"), "Repeats a text; the result has at most 100,000 characters.",
    (Example('REPT("★", 3)', "★★★"), Example('REPT("a", 1000000000)', {"error": "#VALUE!"})),
    TEXT, Operation("rept", _repeat, _repeat_sql),
)  # fmt: skip

# -- parts ------------------------------------------------------------------------------------------------------


def _left(value: str, count: int) -> str:
    refuse(count < 0)
    return value[:count]


def _right(value: str, count: int) -> str:
    refuse(count < 0)
    return value[len(value) - count :] if count < len(value) else value


def _mid(value: str, start: int, count: int) -> str:
    refuse(start < 1 or count < 0)
    return value[start - 1 : start - 1 + count]


def _mid_sql(value: Operand, start: Operand, count: Operand) -> Outcome:
    return Outcome(
        sql("substr({0}, GREATEST({1}, 1), GREATEST({2}, 0))", value, start, count),
        failing(sql("({0} < 1 OR {1} < 0)", start, count), VALUE),
    )


LEFT = Function(
    "LEFT", ("左侧", "取左"), Family.TEXT, (_TEXT, _COUNT),
    N_("取开头的若干个字。"), "The first characters of a text.",
    (Example('LEFT("主订单池", 2)', "主订"), Example('LEFT("A区-03排")', "A")),
    TEXT,
    Operation("left", _left, lambda value, count: Outcome(
        sql("left({0}, GREATEST({1}, 0))", value, count), failing(sql("({0} < 0)", count), VALUE))),
)  # fmt: skip

RIGHT = Function(
    "RIGHT", ("右侧", "取右"), Family.TEXT, (_TEXT, _COUNT),
    N_("取末尾的若干个字。"), "The last characters of a text.",
    (Example('RIGHT("13800138000", 4)', "8000"),),
    TEXT,
    Operation("right", _right, lambda value, count: Outcome(
        sql("right({0}, GREATEST({1}, 0))", value, count), failing(sql("({0} < 0)", count), VALUE))),
)  # fmt: skip

MID = Function(
    "MID", ("中间", "截取"), Family.TEXT,
    (_TEXT, Argument("起始位置", "start", Kind.WHOLE), Argument("字数", "count", Kind.WHOLE)),
    N_("从第几个字起取若干个字。"), "Characters of a text from a position on.",
    (Example('MID("TB20260115001", 3, 8)', "20260115"), Example('MID("abc", 0, 1)', {"error": "#VALUE!"})),
    TEXT, Operation("mid", _mid, _mid_sql),
)  # fmt: skip


def _replace(value: str, start: int, count: int, new: str) -> str:
    refuse(start < 1 or count < 0)
    return texts.limited(value[: start - 1] + new + value[start - 1 + count :])


def _replace_sql(value: Operand, start: Operand, count: Operand, new: Operand) -> Outcome:
    begin = sql("LEAST(GREATEST({1}, 1), char_length({0}) + 1)", value, start)
    result = limited(
        sql("(left({0}, {1} - 1) || {2} || substr({0}, {1} + GREATEST({3}, 0)))", value, begin, new, count)
    )
    return Outcome(
        result.value, first_error(failing(sql("({0} < 1 OR {1} < 0)", start, count), VALUE), result.error)
    )


REPLACE = Function(
    "REPLACE", ("替换位置",), Family.TEXT,
    (
        _TEXT, Argument("起始位置", "start", Kind.WHOLE), Argument("字数", "count", Kind.WHOLE),
        Argument("新文字", "new", Kind.TEXT),
    ),
    N_("把指定位置的若干个字换成新文字。"), "Puts a new text in the place of some characters.",
    (Example('REPLACE("13800138000", 4, 4, "****")', "138****8000"),),
    TEXT, Operation("replace", _replace, _replace_sql),
)  # fmt: skip

LEN = Function(
    "LEN", ("字数", "长度"), Family.TEXT, (_TEXT,),
    N_("文字有几个字。"), "How many characters a text has.",
    (Example('LEN("主订单池")', 4), Example('LEN("")', 0)),
    NUMBER,
    Operation("len", lambda value: Decimal(len(value)),
              lambda value: Outcome(sql("char_length({0})::numeric", value), digits=10, scale=0)),
    differs=N_("表情符号按一个字计,Excel 按两个。"),
    differs_english="An emoji counts as one character; Excel counts two.",
)  # fmt: skip


FUNCTIONS = (CONCAT, TEXTJOIN, LEFT, RIGHT, MID, LEN, REPLACE, REPT)
