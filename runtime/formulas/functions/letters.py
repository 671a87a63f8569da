"""Functions on the letters and spaces of texts, and the reading of numbers."""

from __future__ import annotations

from runtime.formulas import texts
from runtime.formulas.coercions import coerce
from runtime.formulas.comparison import lower_sql, upper_sql
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, sql, text
from runtime.formulas.types import BOOLEAN, NUMBER, TEXT
from runtime.i18n import N_

_TEXT = Argument("文字", "text", Kind.TEXT)

UPPER = Function(
    "UPPER", ("大写",), Family.TEXT, (_TEXT,),
    N_("字母变成大写。"), "Capital letters.",
    (Example('UPPER("sf1023cn")', "SF1023CN"),),
    TEXT, Operation("upper", texts.upper, lambda value: Outcome(upper_sql(value.value))),
)  # fmt: skip

LOWER = Function(
    "LOWER", ("小写",), Family.TEXT, (_TEXT,),
    N_("字母变成小写。"), "Small letters.",
    (Example('LOWER("Order@Example.COM")', "order@example.com"),),
    TEXT, Operation("lower", texts.lower, lambda value: Outcome(lower_sql(value.value))),
)  # fmt: skip


def _proper_sql(value: Operand) -> Outcome:
    letters = text(texts.ranges_pattern("".join(sorted(texts.CASED))))
    return Outcome(
        sql(
            "COALESCE((SELECT string_agg(CASE WHEN c.after_letter THEN c.small ELSE c.capital END, '' ORDER BY c.place) FROM"
            " (SELECT u.place, u.small, u.capital,"
            " COALESCE(lag(u.letter) OVER (ORDER BY u.place) ~ {3}, FALSE) AS after_letter"
            " FROM ROWS FROM (string_to_table({0}, NULL), string_to_table({1}, NULL), string_to_table({2}, NULL))"
            " WITH ORDINALITY AS u(letter, small, capital, place)) c), '')",
            value.value,
            lower_sql(value.value),
            upper_sql(value.value),
            letters,
        )
    )


PROPER = Function(
    "PROPER", ("首字母大写",), Family.TEXT, (_TEXT,),
    N_("每个单词的首字母大写,其余小写。"), "A capital at the start of each word, the rest small.",
    (Example('PROPER("red SILK 76budget")', "Red Silk 76Budget"),),
    TEXT, Operation("proper", texts.proper, _proper_sql),
)  # fmt: skip

TRIM = Function(
    "TRIM", ("去空格", "清除空格"), Family.TEXT, (_TEXT,),
    N_("去掉首尾的空白,中间连续的空格合成一个。"), "Without spaces at the ends; runs of spaces inside become one.",
    (Example('TRIM("  加急   发货 ")', "加急 发货"),),
    TEXT,
    Operation("trim", texts.trim, lambda value: Outcome(
        sql("regexp_replace(btrim({0}, {1}), ' +', ' ', 'g')", value, text(texts.EDGE_SPACES)))),
    differs=N_("首尾的全角空格、制表符和换行也去掉。"),
    differs_english="Full-width spaces, tabs and line breaks at the ends go too.",
)  # fmt: skip

EXACT = Function(
    "EXACT", ("完全相同",), Family.TEXT,
    (_TEXT, Argument("另一段文字", "other", Kind.TEXT)),
    N_("两段文字是否一模一样,区分大小写(= 不区分)。"), "Whether two texts are the same, case included (= ignores it).",
    (Example('EXACT("SF1", "sf1")', False), Example('"SF1" = "sf1"', True)),
    BOOLEAN,
    Operation("exact", lambda left, right: left == right, lambda left, right: Outcome(sql("({0} = {1})", left, right))),
)  # fmt: skip

VALUE = Function(
    "VALUE", ("数值", "转数字"), Family.TEXT,
    (Argument("文字", "text", Kind.ANY),),
    N_("把文字读成数字;认得千分位、百分号和货币符号。"),
    "Reads a text as a number; understands thousands separators, percent and currency signs.",
    (Example('VALUE("¥1,299.00")', 1299), Example('VALUE("12.5%")', 0.125), Example('VALUE("十二")', {"error": "#VALUE!"})),
    build=lambda call: coerce(call.arguments[0], NUMBER),
)  # fmt: skip

FUNCTIONS = (UPPER, LOWER, PROPER, TRIM, EXACT, VALUE)
