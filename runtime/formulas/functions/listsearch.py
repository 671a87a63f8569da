"""Functions that look into lists: what several have in common, where an item stands, how many fit a criterion."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from runtime.formulas import numbers, texts
from runtime.formulas.coercions import coerce
from runtime.formulas.comparison import folded
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.lists import LISTED, UNIQUE_ITEMS
from runtime.formulas.items import Items, as_list, as_one_list, item_number, item_number_sql, small_items
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    bounded,
    failing,
    over,
    parameter,
    sql,
    text,
    variable,
)
from runtime.formulas.problems import BadConstant
from runtime.formulas.regex import Pattern, matcher, parse_wildcards
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term, apply
from runtime.formulas.types import (
    BOOLEAN,
    LIST,
    MAX_DIGITS,
    MAX_REGEX_TEXT,
    NA,
    NUMBER,
    SETTLED_SCALE,
    TEXT,
    FormulaFailure,
)
from runtime.i18n import N_

_OTHER = Argument("另一个列表", "other", Kind.ANY)

# -- sets -------------------------------------------------------------------------------------------------------


def _common(is_in: bool) -> Operation:
    def evaluate(items: Items, others: Items) -> Items:
        small = {texts.lower(item) for item in others}
        return tuple(item for item in items if (texts.lower(item) in small) == is_in)

    def compiled(items: Operand, others: Operand) -> Outcome:
        found = over(
            "u",
            "ARRAY(SELECT a.item FROM (SELECT u.item, u.place, {2} AS small FROM unnest({0}) WITH ORDINALITY AS u(item, place)) a"
            f" WHERE {'' if is_in else 'NOT '}EXISTS (SELECT FROM unnest({{1}}) AS b(small) WHERE b.small = a.small)"
            " ORDER BY a.place)",
            items,
            small_items(others),
            folded(variable("u", "item")),
        )
        return Outcome(found)

    return Operation("items_in" if is_in else "items_not_in", evaluate, compiled)


_IN, _NOT_IN = _common(True), _common(False)


def _build_common(operation: Operation, call: Call) -> Term:
    kept = apply(LIST, operation, as_list(call.arguments[0]), as_list(call.arguments[1]))
    return apply(LIST, UNIQUE_ITEMS, kept)


INTERSECT = Function(
    "INTERSECT", ("交集", "ARRAYINTERSECT"), Family.LIST, (LISTED, _OTHER),
    N_("两个列表里都有的项,每项一次。"), "The items that two lists have in common, each once.",
    (Example('ARRAYJOIN(INTERSECT(LIST("急单", "要发票"), LIST("要发票", "补发")))', "要发票"),),
    build=lambda call: _build_common(_IN, call),
)  # fmt: skip

EXCEPT = Function(
    "EXCEPT", ("差集", "ARRAYEXCEPT"), Family.LIST, (LISTED, _OTHER),
    N_("第一个列表里有、第二个列表里没有的项,每项一次。"), "The items of the first list that the second has not, each once.",
    (Example('ARRAYJOIN(EXCEPT(LIST("急单", "要发票"), LIST("要发票", "补发")))', "急单"),),
    build=lambda call: _build_common(_NOT_IN, call),
)  # fmt: skip


def _has_all(items: Items, sought: Items) -> bool:
    small = {texts.lower(item) for item in items}
    return bool(sought) and all(texts.lower(item) in small for item in sought)


def _text_has_all(value: str, sought: Items) -> bool:
    small = texts.lower(value)
    return bool(sought) and all(texts.lower(item) in small for item in sought)


_HAS_ALL = Operation(
    "has_all_items", _has_all,
    lambda items, sought: Outcome(sql(
        "(cardinality({1}) > 0 AND NOT EXISTS (SELECT FROM unnest({1}) AS a(small)"
        " WHERE NOT EXISTS (SELECT FROM unnest({0}) AS b(small) WHERE b.small = a.small)))",
        small_items(items), small_items(sought),
    )),
)  # fmt: skip
_TEXT_HAS_ALL = Operation(
    "has_all_texts", _text_has_all,
    lambda value, sought: Outcome(sql(
        "(cardinality({1}) > 0 AND NOT EXISTS (SELECT FROM unnest({1}) AS a(small) WHERE strpos({0}, a.small) = 0))",
        folded(value), small_items(sought),
    )),
)  # fmt: skip


def _build_has_all(call: Call) -> Term:
    within, *sought = call.arguments
    wanted = as_one_list(sought)
    if within.type is LIST:
        return apply(BOOLEAN, _HAS_ALL, coerce(within, LIST), wanted)
    return apply(BOOLEAN, _TEXT_HAS_ALL, coerce(within, TEXT), wanted)


HASALL = Function(
    "CONTAINSALL", ("全部包含", "HASALL"), Family.LIST,
    (Argument("在哪里找", "within", Kind.ANY), Argument("要找的内容", "sought", Kind.ANY, repeats=True)),
    N_("列表里是不是每一项都有,或文字里是不是每一段都有;不分大小写。"),
    "Whether a list has all the items, or a text all the parts; ignores case.",
    (Example('CONTAINSALL({标签}, "急单", "要发票")', True, {"标签": ["要发票", "急单"]}), Example('CONTAINSALL("很急,要发票", "急", "补发")', False)),
    build=_build_has_all,
)  # fmt: skip

# -- places -----------------------------------------------------------------------------------------------------


def _match(sought: str, items: Items) -> Decimal:
    small = texts.lower(sought)
    for place, item in enumerate(items, start=1):
        if texts.lower(item) == small:
            return Decimal(place)
    raise FormulaFailure(NA)


def _match_sql(sought: Operand, items: Operand) -> Outcome:
    place = sql("array_position({1}, {0})", folded(sought), small_items(items))
    return Outcome(
        sql("COALESCE({0}, 0)::numeric", place),
        failing(sql("({0} IS NULL)", place), NA),
        digits=10,
        scale=0,
    )


_MATCH = Operation("match_item", _match, _match_sql)

MATCH = Function(
    "MATCH", ("列表位置", "XMATCH"), Family.LIST,
    (Argument("要找的内容", "sought", Kind.TEXT), LISTED),
    N_("一个值是列表的第几项;没有是 #N/A。"), "The position of a value in a list; #N/A when it is not there.",
    (Example('MATCH("杭州", SPLIT("上海,杭州", ","))', 2), Example('MATCH("宁波", SPLIT("上海,杭州", ","))', {"error": "#N/A"})),
    build=lambda call: apply(NUMBER, _MATCH, coerce(call.arguments[0], TEXT), as_list(call.arguments[1])),
    differs=N_("只找完全相同的(不分大小写)。"), differs_english="Only exact matches (ignoring case).",
)  # fmt: skip

# -- criteria ---------------------------------------------------------------------------------------------------

_SIGNS: Final = (">=", "<=", "<>", ">", "<", "=")


class Criterion(msgspec.Struct, frozen=True):
    """``>5``, ``急*``, ``<>补发``: a comparison with a number, or with a pattern for the whole text."""

    sign: str
    number: Decimal | None
    pattern: Pattern | None


def parse_criterion(source: str) -> Criterion:
    """Read a criterion of COUNTIF. Raises :class:`BadConstant`."""
    sign = next((sign for sign in _SIGNS if source.startswith(sign)), "")
    rest = source[len(sign) :]
    sign = sign or "="
    number = item_number(rest)
    if number is not None:
        return Criterion(sign, numbers.settle(number), None)
    if sign not in ("=", "<>"):
        raise BadConstant(N_('比大小的条件要写数字,例如 ">5"、"<=0.5"'))
    return Criterion(sign, None, parse_wildcards(texts.lower(rest), is_whole=True))


def _fits(item: str, criterion: Criterion) -> bool:
    if criterion.pattern is not None:
        found = (
            len(item) <= MAX_REGEX_TEXT and matcher(criterion.pattern).search(texts.lower(item)) is not None
        )
        return found == (criterion.sign == "=")
    number = item_number(item)
    assert criterion.number is not None  # noqa: S101 - a criterion has one of the two
    if number is None:
        return criterion.sign == "<>"
    value, wanted = numbers.settle(number), criterion.number
    return {
        "=": value == wanted, "<>": value != wanted, "<": value < wanted,
        "<=": value <= wanted, ">": value > wanted, ">=": value >= wanted,
    }[criterion.sign]  # fmt: skip


def _fits_sql(criterion: Criterion) -> Sql:
    """Whether ``u.item`` fits."""
    if criterion.pattern is not None:
        small = folded(variable("u", "item"))
        found = sql(
            f"(CASE WHEN char_length({{0}}) <= {MAX_REGEX_TEXT} THEN {{0}} ~ {{1}} ELSE FALSE END)",
            small,
            text(criterion.pattern.sql),
        )
        return found if criterion.sign == "=" else sql("(NOT {0})", found)
    settled = sql(f"round({{0}}, {SETTLED_SCALE})", item_number_sql())
    missing = "TRUE" if criterion.sign == "<>" else "FALSE"
    return sql(
        f"COALESCE({{0}} {criterion.sign} {{1}}, {missing})", settled, parameter(criterion.number, "numeric")
    )


def _count_if(items: Items, criterion: Criterion) -> Decimal:
    return Decimal(sum(_fits(item, criterion) for item in items))


def _count_if_sql(items: Operand, criterion: Criterion) -> Outcome:
    count = over(
        "u",
        "(SELECT count(*) FROM unnest({0}) AS u(item) WHERE {1})::numeric",
        items,
        _fits_sql(criterion),
    )
    return Outcome(count, digits=10, scale=0)


def _sum_if(items: Items, criterion: Criterion) -> Decimal:
    total = numbers.ZERO
    for item in items:
        number = item_number(item)
        if number is not None and _fits(item, criterion):
            total = numbers.EXACT.add(total, number)
    return numbers.bounded(total)


def _sum_if_sql(items: Operand, criterion: Criterion) -> Outcome:
    total = over(
        "u",
        "COALESCE((SELECT sum({1}) FROM unnest({0}) AS u(item) WHERE {2}), 0)",
        items,
        item_number_sql(),
        _fits_sql(criterion),
    )
    return bounded(total, 2 * MAX_DIGITS)


def _build_criterion(operation: Operation, call: Call) -> Term:
    criterion = call.constant(1, parse_criterion)
    return Apply(NUMBER, operation, (as_list(call.arguments[0]),), (criterion,))


_COUNT_IF = Operation("count_if", _count_if, _count_if_sql)
_SUM_IF = Operation("sum_if", _sum_if, _sum_if_sql)
_CRITERION = Argument("条件", "criterion", Kind.CONSTANT, prepare=parse_criterion)
_CRITERIA = N_("条件要直接写在公式里;只数这条记录里的列表,数别的表要用汇总字段。")
_CRITERIA_ENGLISH = (
    "The criterion is written in the formula; only lists of this record count, other tables need a roll-up."
)

COUNTIF = Function(
    "COUNTIF", ("条件计数",), Family.LIST, (LISTED, _CRITERION),
    N_("列表里有几项符合条件,如 \">5\"、\"急*\"、\"<>补发\"。"), "How many items of a list fit a criterion such as \">5\", \"a*\" or \"<>x\".",
    (Example('COUNTIF(SPLIT("3,8,12", ","), ">5")', 2), Example('COUNTIF({标签}, "急*")', 1, {"标签": ["急单", "要发票"]})),
    build=lambda call: _build_criterion(_COUNT_IF, call), differs=_CRITERIA, differs_english=_CRITERIA_ENGLISH,
)  # fmt: skip

SUMIF = Function(
    "SUMIF", ("条件求和",), Family.LIST, (LISTED, _CRITERION),
    N_("列表里符合条件的数字之和。"), "The sum of the numbers of a list that fit a criterion.",
    (Example('SUMIF(SPLIT("3,8,12", ","), ">5")', 20),),
    build=lambda call: _build_criterion(_SUM_IF, call), differs=_CRITERIA, differs_english=_CRITERIA_ENGLISH,
)  # fmt: skip

FUNCTIONS = (INTERSECT, EXCEPT, HASALL, MATCH, COUNTIF, SUMIF)
