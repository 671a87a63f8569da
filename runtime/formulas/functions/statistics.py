"""Functions on the spread and order of several numbers; each value may be a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from runtime.formulas import moments_sql, numbers
from runtime.formulas.arithmetic import MULTIPLY
from runtime.formulas.coercions import WHOLE, coerce, convert, definite
from runtime.formulas.comparison import IS_PRESENT
from runtime.formulas.functions.aggregates import Item, as_numbers, exact_sum, found_numbers, list_numbers
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.number import SQRT
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    bounded,
    failing,
    first_error,
    sql,
)
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Literal, Term, apply
from runtime.formulas.types import (
    BOOLEAN,
    DIV0,
    INNER_SCALE,
    LIST,
    MAX_DIGITS,
    NA,
    NUM,
    NUMBER,
    SETTLED_SCALE,
    FormulaFailure,
)
from runtime.i18n import N_

_VALUES = Argument("数值", "number", Kind.ANY, repeats=True)
_SET = Argument("数值列表", "numbers", Kind.ANY)
_LISTED = N_("第一个参数是列表;几个数先用 LIST 放进一个列表。")
_LISTED_ENGLISH = "The first argument is a list; LIST puts several numbers into one."

# -- all numbers as one array -----------------------------------------------------------------------------------


def _all_sql(items: Sequence[Operand]) -> Sql:
    """All numbers among the values, settled, as ``numeric[]`` (never NULL)."""
    single = [item for item in items if item.type is not LIST]
    pieces: list[Sql] = []
    if single:
        places = ", ".join(f"{{{i}}}" for i in range(len(single)))
        pieces.append(sql(f"array_remove(ARRAY[{places}]::numeric[], NULL)", *single))
    pieces += [
        sql("COALESCE({0}, ARRAY[]::numeric[])", list_numbers(item)) for item in items if item.type is LIST
    ]
    joined = sql("(" + " || ".join(f"{{{i}}}" for i in range(len(pieces))) + ")", *pieces)
    return sql(
        f"ARRAY(SELECT round(u.n, {SETTLED_SCALE}) FROM unnest({{0}}) WITH ORDINALITY AS u(n, place) ORDER BY u.place)",
        joined,
    )


def _all(items: Sequence[Item]) -> list[Decimal]:
    """All numbers, those of lists behind the others."""
    lists = [item for item in items if isinstance(item, tuple)]
    singles = [item for item in items if not isinstance(item, tuple)]
    return [numbers.settle(number) for number in found_numbers([*singles, *lists])]


def _strict(operation: Operation) -> Callable[[Call], Term]:
    return lambda call: Apply(NUMBER, operation, as_numbers(call))


# -- middle and most frequent -----------------------------------------------------------------------------------


def _median(*items: Item) -> Decimal:
    found = sorted(_all(items))
    if not found:
        raise FormulaFailure(NUM)
    pair = numbers.EXACT.add(found[(len(found) - 1) // 2], found[len(found) // 2])
    return numbers.bounded(numbers.EXACT.multiply(pair, Decimal("0.5")))


def _median_sql(*items: Operand) -> Outcome:
    ordered = sql("ARRAY(SELECT n FROM unnest({0}) AS u(n) ORDER BY n)", _all_sql(items))
    count = sql("cardinality({0})", ordered)
    middle = sql("COALESCE((({0})[({1} + 1) / 2] + ({0})[{1} / 2 + 1]) * 0.5, 0)", ordered, count)
    result = bounded(middle, scale=SETTLED_SCALE + 1)
    return Outcome(result.value, first_error(failing(sql("({0} = 0)", count), NUM), result.error))


MEDIAN = Function(
    "MEDIAN", ("中位数",), Family.NUMBER, (_VALUES,),
    N_("排在正中间的数;个数是双数时取中间两个的平均。"), "The number in the middle; of an even count the mean of the two in the middle.",
    (Example("MEDIAN(1, 2, 3, 4, 5)", 3), Example("MEDIAN(1, 2, 3, 4, 5, 6)", 3.5)),
    build=_strict(Operation("median", _median, _median_sql)),
)  # fmt: skip


def _mode(*items: Item) -> Decimal:
    counts: dict[Decimal, int] = {}
    for number in _all(items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    if most < 2:
        raise FormulaFailure(NA)
    return next(number for number, count in counts.items() if count == most)


def _mode_sql(*items: Operand) -> Outcome:
    most = sql(
        "(SELECT u.n FROM unnest({0}) WITH ORDINALITY AS u(n, place) GROUP BY u.n HAVING count(*) > 1"
        " ORDER BY count(*) DESC, min(u.place) LIMIT 1)",
        _all_sql(items),
    )
    return Outcome(
        sql("COALESCE({0}, 0)", most), failing(sql("({0} IS NULL)", most), NA), scale=SETTLED_SCALE
    )


MODE = Function(
    "MODE", ("众数", "MODE.SNGL"), Family.NUMBER, (_VALUES,),
    N_("出现最多的数;没有重复的数是 #N/A。"), "The number that occurs most often; #N/A when none occurs twice.",
    (Example("MODE(5.6, 4, 4, 3, 2, 4)", 4), Example("MODE(1, 2)", {"error": "#N/A"})),
    build=_strict(Operation("mode", _mode, _mode_sql)),
)  # fmt: skip

# -- spread -----------------------------------------------------------------------------------------------------


def _variance(is_sample: bool) -> Operation:
    def evaluate(*items: Item) -> Decimal:
        found = _all(items)
        count = len(found)
        total = exact_sum(found)
        squares = exact_sum([numbers.EXACT.multiply(number, number) for number in found])
        spread = numbers.EXACT.subtract(
            numbers.EXACT.multiply(squares, Decimal(count)), numbers.EXACT.multiply(total, total)
        )
        return numbers.divide(spread, Decimal(count * (count - is_sample)))

    def compiled(*items: Operand) -> Outcome:
        all_ = _all_sql(items)
        count = sql("cardinality({0})::numeric", all_)
        spread = sql(
            "(SELECT COALESCE(count(u.n) * sum(u.n * u.n) - sum(u.n) * sum(u.n), 0) FROM unnest({0}) AS u(n))",
            all_,
        )
        divisor = sql(f"({{0}} * ({{0}} - {int(is_sample)}))", count)
        result = bounded(sql("COALESCE({0}, 0)", moments_sql.quotient(spread, divisor)), scale=INNER_SCALE)
        zero = failing(sql(f"({{0}} <= {int(is_sample)})", count), DIV0)
        return Outcome(result.value, first_error(zero, result.error))

    return Operation("variance_sample" if is_sample else "variance_all", evaluate, compiled)


_VARIANCE, _VARIANCE_ALL = _variance(True), _variance(False)


def _deviation(operation: Operation) -> Callable[[Call], Term]:
    assert SQRT.operation is not None  # noqa: S101 - it is declared with one
    root = SQRT.operation
    return lambda call: apply(NUMBER, root, Apply(NUMBER, operation, as_numbers(call)))


VAR = Function(
    "VAR", ("样本方差", "VAR.S"), Family.NUMBER, (_VALUES,),
    N_("样本方差;少于两个数是 #DIV/0!。"), "The variance of a sample; #DIV/0! for fewer than two numbers.",
    (Example("VAR(2, 4, 4, 6)", 2.666666666666667),), build=_strict(_VARIANCE),
)  # fmt: skip

VARP = Function(
    "VARP", ("总体方差", "VAR.P"), Family.NUMBER, (_VALUES,),
    N_("总体方差;没有数是 #DIV/0!。"), "The variance of all; #DIV/0! without a number.",
    (Example("VARP(2, 4, 4, 6)", 2),), build=_strict(_VARIANCE_ALL),
)  # fmt: skip

STDEV = Function(
    "STDEV", ("样本标准差", "STDEV.S"), Family.NUMBER, (_VALUES,),
    N_("样本标准差;少于两个数是 #DIV/0!。"), "The standard deviation of a sample; #DIV/0! for fewer than two numbers.",
    (Example("ROUND(STDEV(1345, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299), 5)", 27.46392),),
    build=_deviation(_VARIANCE),
)  # fmt: skip

STDEVP = Function(
    "STDEVP", ("总体标准差", "STDEV.P"), Family.NUMBER, (_VALUES,),
    N_("总体标准差;没有数是 #DIV/0!。"), "The standard deviation of all; #DIV/0! without a number.",
    (Example("ROUND(STDEVP(1345, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299), 5)", 26.05456),),
    build=_deviation(_VARIANCE_ALL),
)  # fmt: skip


def _sum_squares_sql(*items: Operand) -> Outcome:
    total = sql("COALESCE((SELECT sum(u.n * u.n) FROM unnest({0}) AS u(n)), 0)", _all_sql(items))
    return bounded(total, 2 * MAX_DIGITS + 3, 2 * SETTLED_SCALE)


def _sum_squares(*items: Item) -> Decimal:
    return numbers.bounded(exact_sum([numbers.EXACT.multiply(number, number) for number in _all(items)]))


SUMSQ = Function(
    "SUMSQ", ("平方和",), Family.NUMBER, (_VALUES,),
    N_("各个数的平方之和。"), "The sum of the squares.",
    (Example("SUMSQ(3, 4)", 25),), build=_strict(Operation("sumsq", _sum_squares, _sum_squares_sql)),
)  # fmt: skip

# -- order ------------------------------------------------------------------------------------------------------


def _nth(is_large: bool) -> Operation:
    def evaluate(items: Item, place: int) -> Decimal:
        found = sorted(_all([items]), reverse=is_large)
        if not 1 <= place <= len(found):
            raise FormulaFailure(NUM)
        return found[place - 1]

    def compiled(items: Operand, place: Operand) -> Outcome:
        order = "DESC" if is_large else "ASC"
        found = sql(
            f"(ARRAY(SELECT n FROM unnest({{0}}) AS u(n) ORDER BY n {order}))[{{1}}]",
            _all_sql([items]),
            place,
        )
        return Outcome(
            sql("COALESCE({0}, 0)", found), failing(sql("({0} IS NULL)", found), NUM), scale=SETTLED_SCALE
        )

    return Operation("large" if is_large else "small", evaluate, compiled)


def _set_of(term: Term) -> Term:
    term = definite(term)
    return coerce(term, LIST) if term.type is LIST else convert(term, NUMBER)


def _build_nth(operation: Operation) -> Callable[[Call], Term]:
    return lambda call: apply(
        NUMBER, operation, _set_of(call.arguments[0]), apply(NUMBER, WHOLE, coerce(call.arguments[1], NUMBER))
    )


_PLACE = Argument("第几个", "place", Kind.WHOLE)

LARGE = Function(
    "LARGE", ("第几大",), Family.NUMBER, (_SET, _PLACE),
    N_("列表里第几大的数;没有那么多个是 #NUM!。"), "The k-th greatest number of a list; #NUM! when there are not so many.",
    (Example("LARGE(LIST(3, 5, 3, 5, 4), 3)", 4), Example("LARGE(LIST(3, 5), 3)", {"error": "#NUM!"})),
    build=_build_nth(_nth(True)), differs=_LISTED, differs_english=_LISTED_ENGLISH,
)  # fmt: skip

SMALL = Function(
    "SMALL", ("第几小",), Family.NUMBER, (_SET, _PLACE),
    N_("列表里第几小的数;没有那么多个是 #NUM!。"), "The k-th least number of a list; #NUM! when there are not so many.",
    (Example("SMALL(LIST(3, 4, 5, 2, 3, 4, 6, 4, 7), 4)", 4),),
    build=_build_nth(_nth(False)), differs=_LISTED, differs_english=_LISTED_ENGLISH,
)  # fmt: skip


def _rank(number: Decimal, items: Item, ascending: bool) -> Decimal:
    found, wanted = _all([items]), numbers.settle(number)
    if wanted not in found:
        raise FormulaFailure(NA)
    return Decimal(1 + sum((other < wanted) if ascending else (other > wanted) for other in found))


def _rank_sql(number: Operand, items: Operand, ascending: Operand) -> Outcome:
    all_ = _all_sql([items])
    wanted = sql(f"round({{0}}, {SETTLED_SCALE})", number)
    ahead = sql(
        "(SELECT count(*) + 1 FROM unnest({0}) AS u(n) WHERE CASE WHEN {2} THEN u.n < {1} ELSE u.n > {1} END)::numeric",
        all_,
        wanted,
        ascending,
    )
    missing = failing(sql("(array_position({0}, {1}) IS NULL)", all_, wanted), NA)
    return Outcome(ahead, missing, digits=10, scale=0)


_RANK = Operation("rank", _rank, _rank_sql)

RANK = Function(
    "RANK", ("排名", "RANK.EQ"), Family.NUMBER,
    (Argument("数值", "number", Kind.NUMBER), _SET, Argument("从小到大", "ascending", Kind.BOOLEAN, default=False)),
    N_("一个数在列表里排第几,默认最大的排第一;列表里没有它是 #N/A。"),
    "The rank of a number in a list, the greatest first unless asked otherwise; #N/A when it is not there.",
    (Example("RANK(3.5, LIST(7, 3.5, 3.5, 1, 2))", 2), Example("RANK(3.5, LIST(7, 3.5, 3.5, 1, 2), TRUE)", 3),
     Example("RANK(9, LIST(1, 2))", {"error": "#N/A"})),
    build=lambda call: apply(
        NUMBER, _RANK, coerce(call.arguments[0], NUMBER), _set_of(call.arguments[1]),
        coerce(call.arguments[2] if len(call.arguments) > 2 else Literal(BOOLEAN, False), BOOLEAN),
    ),
)  # fmt: skip

# -- products and blanks ----------------------------------------------------------------------------------------

_ONE_FOR_BLANK = Operation(
    "one_for_blank",
    lambda value: Decimal(1) if value is None else value,
    lambda value: Outcome(sql("COALESCE({0}, 1)", value), digits=max(value.digits, 1), scale=value.scale),
)


def _build_product(call: Call) -> Term:
    factors: list[Term] = [
        apply(NUMBER, _ONE_FOR_BLANK, convert(definite(term), NUMBER)) for term in call.arguments
    ]
    while len(factors) > 1:  # in pairs, so that the tree stays flat
        pairs = [factors[i : i + 2] for i in range(0, len(factors), 2)]
        factors = [apply(NUMBER, MULTIPLY, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return factors[0]


PRODUCT = Function(
    "PRODUCT", ("乘积", "连乘"), Family.NUMBER, (_VALUES,),
    N_("把几个数乘起来;空白不计。"), "The product of several numbers; blanks do not count.",
    (Example("PRODUCT(5, 15, 30)", 2250), Example("PRODUCT({数量}, {单价})", 12.5, {"数量": None, "单价": 12.5})),
    build=_build_product,
    differs=N_("全是空白时是 1;列表不能连乘。"), differs_english="1 when all are blank; the items of a list are not multiplied.",
)  # fmt: skip


def _count_blank(*items: Any) -> Decimal:
    return Decimal(
        sum(
            item.count("") or not item if isinstance(item, tuple) else not IS_PRESENT.evaluate(item)
            for item in items
        )
    )


def _count_blank_sql(*items: Operand) -> Outcome:
    pieces = []
    for item in items:
        if item.type is LIST:
            empty = "(SELECT count(*) FROM unnest({0}) AS u(item) WHERE u.item = '')"
            pieces.append(sql(f"CASE WHEN COALESCE(cardinality({{0}}), 0) = 0 THEN 1 ELSE {empty} END", item))
        else:
            present = IS_PRESENT.sql(item)
            assert isinstance(present, Sql)  # noqa: S101
            pieces.append(sql("(NOT {0})::integer", present))
    total = sql("(" + " + ".join(f"{{{i}}}" for i in range(len(pieces))) + ")::numeric", *pieces)
    return Outcome(total, digits=10, scale=0)


COUNTBLANK = Function(
    "COUNTBLANK", ("空白个数",), Family.NUMBER, (Argument("内容", "value", Kind.ANY, repeats=True),),
    N_("有几个是空白;列表里的空项也算,空列表算一个。"), "How many values are blank; so count the empty items of a list, and an empty list once.",
    (Example('COUNTBLANK({备注}, "", 0)', 2, {"备注": None}),),
    NUMBER, Operation("countblank", _count_blank, _count_blank_sql),
)  # fmt: skip

FUNCTIONS = (MEDIAN, MODE, VAR, VARP, STDEV, STDEVP, SUMSQ, LARGE, SMALL, RANK, PRODUCT, COUNTBLANK)
