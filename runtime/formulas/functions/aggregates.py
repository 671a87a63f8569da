"""Functions over several values at once; each value may be a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.formulas import moments_sql, numbers
from runtime.formulas.coercions import NUMBER_FROM_TEXT, convert, definite
from runtime.formulas.comparison import IS_PRESENT
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import (
    Operand,
    Operation,
    Outcome,
    SqlFunction,
    bounded,
    failing,
    over,
    sql,
    variable,
)
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term
from runtime.formulas.types import (
    BLANK,
    BOOLEAN,
    DATE,
    DATETIME,
    DIV0,
    INNER_SCALE,
    LIST,
    MAX_DIGITS,
    NUMBER,
    TEXT,
    FormulaFailure,
    ValueType,
)
from runtime.i18n import N_

_VALUES = Argument("数值", "number", Kind.ANY, repeats=True)

Item = Decimal | tuple[str, ...] | bool | None

# -- what is counted in -----------------------------------------------------------------------------------------


def found_numbers(items: Sequence[Item]) -> list[Decimal]:
    """All numbers among the values; of a list, the items that read as numbers."""
    found: list[Decimal] = []
    for item in items:
        if isinstance(item, tuple):
            for text in item:
                try:
                    number = numbers.number_from_text(text)
                except FormulaFailure:
                    continue
                if number is not None:
                    found.append(number)
        elif isinstance(item, Decimal):
            found.append(item)
    return found


def list_numbers(items: Operand) -> Sql:
    """The numbers of a list as ``numeric[]``; NULL when there is none."""
    outcome = NUMBER_FROM_TEXT.sql(Operand(TEXT, variable("u", "item")))
    assert isinstance(outcome, Outcome)  # noqa: S101
    assert outcome.error is not None  # noqa: S101
    return over(
        "u",
        "(SELECT array_agg(v.number) FROM (SELECT {1} AS number, {2} AS error FROM unnest({0}) AS u(item)) v"
        " WHERE v.error IS NULL AND v.number IS NOT NULL)",
        items,
        outcome.value,
        outcome.error,
    )


def _of_list(fn: str, items: Operand) -> Sql:
    return sql(f"(SELECT {fn}(n.number) FROM unnest({{0}}) AS n(number))", list_numbers(items))


def _joined(pieces: Sequence[Sql], operator: str) -> Sql:
    return sql("(" + f" {operator} ".join(f"{{{i}}}" for i in range(len(pieces))) + ")", *pieces)


def as_numbers(call: Call) -> tuple[Term, ...]:
    """The arguments as numbers (blank stays blank) or lists."""
    return tuple(
        term if term.type is LIST else convert(term, NUMBER) for term in map(definite, call.arguments)
    )


# -- sum and average --------------------------------------------------------------------------------------------


def _total_sql(items: Sequence[Operand]) -> Sql:
    return _joined(
        [
            sql("COALESCE({0}, 0)", _of_list("sum", item) if item.type is LIST else item.value)
            for item in items
        ],
        "+",
    )


def _sum_sql(*items: Operand) -> Outcome:
    digits = max(2 * MAX_DIGITS if item.type is LIST else item.digits for item in items)
    return bounded(_total_sql(items), digits + len(str(len(items))), max(item.scale for item in items))


def _count_sql(*items: Operand) -> Sql:
    pieces = []
    for item in items:
        match item.type:
            case ValueType.LIST:
                pieces.append(sql("COALESCE(cardinality({0}), 0)", list_numbers(item)))
            case ValueType.NUMBER:
                pieces.append(sql("({0} IS NOT NULL)::integer", item))
            case _:
                pieces.append(sql("0"))
    return sql("{0}::numeric", _joined(pieces, "+"))


def _sum(*items: Item) -> Decimal:
    return numbers.bounded(exact_sum(found_numbers(items)))


def exact_sum(found: Sequence[Decimal]) -> Decimal:
    """The sum, not rounded."""
    total = numbers.ZERO
    for number in found:
        total = numbers.EXACT.add(total, number)
    return total


def _average(*items: Item) -> Decimal:
    found = found_numbers(items)
    return numbers.divide(exact_sum(found), Decimal(len(found)))


def _average_sql(*items: Operand) -> Outcome:
    count = _count_sql(*items)
    quotient = bounded(moments_sql.quotient(_total_sql(items), count), MAX_DIGITS, INNER_SCALE)
    return Outcome(quotient.value, failing(sql("({0} = 0)", count), DIV0))


def _strict(returns: ValueType, operation: Operation) -> Callable[[Call], Term]:
    return lambda call: Apply(returns, operation, as_numbers(call))


SUM = Function(
    "SUM", ("求和", "合计"), Family.NUMBER, (_VALUES,),
    N_("把数值加起来;列表里能读成数字的项都算。"), "Adds numbers; of a list, every item that reads as a number.",
    (Example("SUM(1, 2.5, 3)", 6.5), Example("SUM({应付}, {运费})", 129, {"应付": 129, "运费": None})),
    build=_strict(NUMBER, Operation("sum", _sum, _sum_sql)),
)  # fmt: skip

AVERAGE = Function(
    "AVERAGE", ("平均值", "平均", "AVG"), Family.NUMBER, (_VALUES,),
    N_("平均值;空白不计。全是空白是 #DIV/0!。"), "The mean; blanks do not count. #DIV/0! when all are blank.",
    (Example("AVERAGE(1, 2, 6)", 3), Example("AVERAGE({a}, 4)", 4, {"a": None})),
    build=_strict(NUMBER, Operation("average", _average, _average_sql)),
)  # fmt: skip

# -- least and greatest -----------------------------------------------------------------------------------------


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[..., Decimal]:
    def evaluate(*items: Item) -> Decimal:
        found = found_numbers(items)
        return choose(found) if found else numbers.ZERO

    return evaluate


def _extreme_sql(outer: str, inner: str) -> SqlFunction:
    def compiled(*items: Operand) -> Outcome:
        pieces = [_of_list(inner, item) if item.type is LIST else item.value for item in items]
        places = ", ".join(f"{{{i}}}" for i in range(len(pieces)))
        digits = max(MAX_DIGITS if item.type is LIST else item.digits for item in items)
        return Outcome(
            sql(f"COALESCE({outer}({places}), 0)", *pieces),
            digits=digits,
            scale=max(item.scale for item in items),
        )

    return compiled


def _extreme_moment(choose: Callable[[list[Any]], Any]) -> Callable[..., date | None]:
    def evaluate(*items: date | None) -> date | None:
        found = [item for item in items if item is not None]
        return choose(found) if found else None

    return evaluate


def _extreme_moment_sql(outer: str) -> SqlFunction:
    return lambda *items: Outcome(
        sql(f"{outer}({', '.join(f'{{{i}}}' for i in range(len(items)))})", *items), nullable=True
    )


def _extreme_function(of_numbers: Operation, of_moments: Operation) -> Callable[[Call], Term]:
    def build(call: Call) -> Term:
        kinds = {term.type for term in call.arguments}
        if kinds & {DATE, DATETIME} and kinds <= {DATE, DATETIME, BLANK}:
            target = DATETIME if DATETIME in kinds else DATE
            return Apply(target, of_moments, tuple(convert(term, target) for term in call.arguments))
        return Apply(NUMBER, of_numbers, as_numbers(call))

    return build


MIN = Function(
    "MIN", ("最小值", "最小"), Family.NUMBER, (_VALUES,),
    N_("最小的数值,或最早的日期;空白不计。"), "The least number or the earliest date; blanks do not count.",
    (Example("MIN(3, 1, 2)", 1), Example("MIN(DATE(2026,3,1), DATE(2026,1,15))", "2026-01-15")),
    build=_extreme_function(
        Operation("min", _extreme(min), _extreme_sql("LEAST", "min")),
        Operation("min_moment", _extreme_moment(min), _extreme_moment_sql("LEAST")),
    ),
)  # fmt: skip

MAX = Function(
    "MAX", ("最大值", "最大"), Family.NUMBER, (_VALUES,),
    N_("最大的数值,或最晚的日期;空白不计。"), "The greatest number or the latest date; blanks do not count.",
    (Example("MAX(3, 1, 2)", 3), Example("MAX(0, 100 - 130)", 0)),
    build=_extreme_function(
        Operation("max", _extreme(max), _extreme_sql("GREATEST", "max")),
        Operation("max_moment", _extreme_moment(max), _extreme_moment_sql("GREATEST")),
    ),
)  # fmt: skip

# -- counting ---------------------------------------------------------------------------------------------------


def _countable(term: Term) -> Term:
    """As a number, a list (a text is a list of one), or a truth value (which does not count)."""
    if term.type in (LIST, BOOLEAN):
        return term
    return convert(term, LIST if term.type is TEXT else NUMBER)


_COUNT = Operation(
    "count",
    lambda *items: Decimal(len(found_numbers(items))),
    lambda *items: Outcome(_count_sql(*items), digits=10, scale=0),
)

COUNT = Function(
    "COUNT", ("计数", "数字个数"), Family.NUMBER, (_VALUES,),
    N_("有几个是数字或日期;能读成数字的文字也算。"), "How many values are numbers or dates; text that reads as a number counts.",
    (Example('COUNT(1, "abc", "2.5", {x})', 2, {"x": None}),),
    build=lambda call: Apply(
        NUMBER,
        _COUNT,
        tuple(_countable(definite(term)) for term in call.arguments),
    ),
)  # fmt: skip


def _count_filled(*items: Any) -> Decimal:
    return Decimal(sum(len(item) if isinstance(item, tuple) else IS_PRESENT.evaluate(item) for item in items))


def _count_filled_sql(*items: Operand) -> Outcome:
    pieces = []
    for item in items:
        if item.type is LIST:
            pieces.append(sql("COALESCE(cardinality({0}), 0)", item))
        else:
            present = IS_PRESENT.sql(item)
            assert isinstance(present, Sql)  # noqa: S101
            pieces.append(sql("{0}::integer", present))
    return Outcome(sql("{0}::numeric", _joined(pieces, "+")), digits=10, scale=0)


COUNTA = Function(
    "COUNTA", ("非空个数", "计数非空"), Family.NUMBER,
    (Argument("内容", "value", Kind.ANY, repeats=True),),
    N_("有几个不是空白;列表按项数计。"), "How many values are not blank; a list counts its items.",
    (Example('COUNTA(1, "abc", {x})', 2, {"x": None}),),
    NUMBER, Operation("counta", _count_filled, _count_filled_sql),
    differs=N_("空文字也算空白。"), differs_english="An empty text is blank too.",
)  # fmt: skip

FUNCTIONS = (SUM, AVERAGE, MIN, MAX, COUNT, COUNTA)
