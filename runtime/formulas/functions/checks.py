"""Functions that ask what kind of value something is, choose by a number, and deal with missing results."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from runtime.formulas import numbers
from runtime.formulas.coercions import coerce, convert, definite, filled
from runtime.formulas.comparison import NUMBERS, is_present
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.logic import unified
from runtime.formulas.operations import Operand, Operation, Outcome, parameter, settled, sql, whole
from runtime.formulas.terms import (
    Apply,
    Branches,
    IfError,
    IsError,
    Let,
    Local,
    Raise,
    Term,
    apply,
    boolean,
    number,
)
from runtime.formulas.types import (
    BLANK,
    BOOLEAN,
    DATE,
    DATETIME,
    LIST,
    MIXED,
    NA,
    NUMBER,
    TEXT,
    ErrorCode,
    ValueType,
)
from runtime.formulas.types import VALUE as NO_VALUE
from runtime.i18n import N_

_VALUE = Argument("值", "value", Kind.ANY)
_NUMBER = Argument("数值", "number", Kind.NUMBER)
_MISSING: frozenset[ErrorCode] = frozenset((NA,))
_OTHERS: frozenset[ErrorCode] = frozenset(("#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!"))

# -- errors -----------------------------------------------------------------------------------------------------


def _build_if_na(call: Call) -> Term:
    body, name = call.arguments[0], call.fresh()
    if body.type is MIXED:  # one name cannot stand for several types
        body = definite(body)
    type_, (then, fallback) = unified([Local(body.type, name), call.arguments[1]])
    return IfError(type_, name, body, then, fallback, _MISSING)


IFNA = Function(
    "IFNA", ("如果没有结果", "若无结果"), Family.LOGIC,
    (_VALUE, Argument("没有结果时", "fallback", Kind.ANY)),
    N_("值是 #N/A(没有结果)时改用另一个值;其他错误照样是错误。"),
    "Another value in the place of #N/A (nothing found); other errors stay errors.",
    (Example('IFNA(REGEXEXTRACT("无", "\\d+"), "没写")', "没写"), Example('IFNA(1/0, "没写")', {"error": "#DIV/0!"})),
    build=_build_if_na,
)  # fmt: skip

ISNA = Function(
    "ISNA", ("是没有结果",), Family.LOGIC, (_VALUE,),
    N_("值是不是 #N/A(没有结果)。"), "Whether a value is #N/A (nothing found).",
    (Example('ISNA(SWITCH(3, 1, "一"))', True), Example("ISNA(1/0)", False)),
    build=lambda call: IsError(BOOLEAN, definite(call.arguments[0]), _MISSING),
)  # fmt: skip

ISERR = Function(
    "ISERR", ("是其他错误",), Family.LOGIC, (_VALUE,),
    N_("值是不是 #N/A 以外的错误。"), "Whether a value is an error other than #N/A.",
    (Example("ISERR(1/0)", True), Example("ISERR(NA())", False)),
    build=lambda call: IsError(BOOLEAN, definite(call.arguments[0]), _OTHERS),
)  # fmt: skip

NA_FUNCTION = Function(
    "NA", ("没有结果",), Family.LOGIC, (),
    N_("给出错误 #N/A,表示没有结果。"), "The error #N/A: nothing found.",
    (Example("NA()", {"error": "#N/A"}), Example('IFNA(NA(), "无")', "无")),
    build=lambda call: Raise(BLANK, NA),
)  # fmt: skip

# -- kinds of value ---------------------------------------------------------------------------------------------


def _each(term: Term, type_: ValueType, change: Callable[[Term], Term]) -> Term:
    """``change`` applied to every value ``term`` may have, each with a type of its own."""
    match term:
        case Branches(cases=cases, otherwise=otherwise):
            changed = tuple((condition, _each(value, type_, change)) for condition, value in cases)
            return Branches(type_, changed, _each(otherwise, type_, change))
        case Let(name=name, value=value, body=body):
            return Let(type_, name, value, _each(body, type_, change))
        case IfError(name=name, body=body, then=then, fallback=fallback, codes=codes):
            changed_then, changed_fallback = (_each(one, type_, change) for one in (then, fallback))
            return IfError(type_, name, body, changed_then, changed_fallback, codes)
        case Raise(code=code):
            return Raise(type_, code)
    return change(definite(term))


def _kind_test(*kinds: ValueType) -> Callable[[Call], Term]:
    """Whether the value is there and of one of ``kinds``; an error is of none."""

    def tested(term: Term) -> Term:
        return is_present(term) if term.type in kinds else boolean(False)

    return lambda call: _unless_error(call, _each(call.arguments[0], BOOLEAN, tested))


def _unless_error(call: Call, answer: Term) -> Term:
    name = call.fresh()
    return IfError(BOOLEAN, name, answer, Local(BOOLEAN, name), boolean(False))


def _is_day(term: Term) -> Term:
    if term.type in (DATE, DATETIME, TEXT):
        return is_present(convert(term, DATETIME))
    return boolean(False)


ISNUMBER = Function(
    "ISNUMBER", ("是数字",), Family.LOGIC, (_VALUE,),
    N_("值是不是数字或日期;错误、文字和空白都不是。"), "Whether a value is a number or a date; errors, text and blank are not.",
    (Example('ISNUMBER(SEARCH("急", "很急"))', True), Example('ISNUMBER(SEARCH("急", "不忙"))', False), Example('ISNUMBER("12")', False)),
    build=_kind_test(NUMBER, DATE, DATETIME),
)  # fmt: skip

ISTEXT = Function(
    "ISTEXT", ("是文字",), Family.LOGIC, (_VALUE,),
    N_("值是不是文字;列表算文字。"), "Whether a value is text; a list counts as text.",
    (Example('ISTEXT("12")', True), Example("ISTEXT(12)", False)),
    build=_kind_test(TEXT, LIST),
    differs=N_("空文字是空白,不算文字。"), differs_english="An empty text is blank and does not count.",
)  # fmt: skip

ISLOGICAL = Function(
    "ISLOGICAL", ("是真假",), Family.LOGIC, (_VALUE,),
    N_("值是不是真假(TRUE 或 FALSE)。"), "Whether a value is TRUE or FALSE.",
    (Example("ISLOGICAL(1>2)", True), Example("ISLOGICAL(1)", False)),
    build=_kind_test(BOOLEAN),
)  # fmt: skip

ISDATE = Function(
    "ISDATE", ("是日期",), Family.LOGIC, (_VALUE,),
    N_("值是不是日期,或能读成日期的文字。"), "Whether a value is a date, or text that reads as one.",
    (Example('ISDATE("2026年1月15日")', True), Example('ISDATE("2026-02-30")', False)),
    build=lambda call: _unless_error(call, _each(call.arguments[0], BOOLEAN, _is_day)),
)  # fmt: skip


def _parity(rest: int) -> Operation:
    def evaluate(value: Decimal) -> bool:
        return abs(numbers.EXACT.remainder(numbers.floor(abs(numbers.settle(value))), Decimal(2))) == rest

    def compiled(value: Operand) -> Outcome:
        return Outcome(sql(f"(mod(trunc(abs({{0}})), 2) = {rest})", settled(value)))

    return Operation("is_odd" if rest else "is_even", evaluate, compiled)


ISEVEN = Function(
    "ISEVEN", ("是偶数",), Family.LOGIC, (_NUMBER,),
    N_("是不是偶数,小数部分不计。"), "Whether a number is even, its decimals cut off.",
    (Example("ISEVEN(2.5)", True), Example("ISEVEN(-1)", False)), BOOLEAN, _parity(0),
)  # fmt: skip

ISODD = Function(
    "ISODD", ("是奇数",), Family.LOGIC, (_NUMBER,),
    N_("是不是奇数,小数部分不计。"), "Whether a number is odd, its decimals cut off.",
    (Example("ISODD(-1)", True), Example("ISODD(2.5)", False)), BOOLEAN, _parity(1),
)  # fmt: skip

# -- as a number, as a text -------------------------------------------------------------------------------------

_ZERO_OF = Operation(
    "zero_of",
    lambda _: numbers.ZERO,
    lambda _: Outcome(parameter(numbers.ZERO, "numeric"), digits=1, scale=0),
)
_NOTHING_OF = Operation("nothing_of", lambda _: "", lambda _: Outcome(parameter("", "text")))


def _as_number(term: Term) -> Term:
    return apply(NUMBER, _ZERO_OF, term) if term.type in (TEXT, LIST) else coerce(term, NUMBER)


def _as_text(term: Term) -> Term:
    return filled(convert(term, TEXT)) if term.type in (TEXT, LIST) else apply(TEXT, _NOTHING_OF, term)


N_FUNCTION = Function(
    "N", ("只取数字",), Family.LOGIC, (_VALUE,),
    N_("数字照旧,TRUE 是 1,日期是序列号,文字是 0。"), "A number as it is, TRUE as 1, a date as its serial number, text as 0.",
    (Example("N(7)", 7), Example('N("七")', 0), Example("N(TRUE)", 1)),
    build=lambda call: _each(call.arguments[0], NUMBER, _as_number),
)  # fmt: skip

T_FUNCTION = Function(
    "T", ("只取文字",), Family.LOGIC, (_VALUE,),
    N_("文字照旧,其他的值是空文字。"), "Text as it is, nothing for any other value.",
    (Example('T("七")', "七"), Example("T(7)", "")),
    build=lambda call: _each(call.arguments[0], TEXT, _as_text),
)  # fmt: skip

# -- choosing by a number ---------------------------------------------------------------------------------------

_POSITION = Operation(
    "position",
    lambda value: Decimal(numbers.whole(value)),
    lambda value: Outcome(sql("{0}::numeric", whole(value)), digits=10, scale=0),
)


def _build_choose(call: Call) -> Term:
    index, *values = call.arguments
    name = call.fresh()
    local = Local(NUMBER, name)
    type_, results = unified([*values, Raise(BLANK, NO_VALUE)])
    cases = tuple(
        (apply(BOOLEAN, NUMBERS["="], local, number(place)), value)
        for place, value in enumerate(results[:-1], start=1)
    )
    body = Branches(type_, cases, results[-1])
    return Let(type_, name, Apply(NUMBER, _POSITION, (coerce(index, NUMBER),)), body)


CHOOSE = Function(
    "CHOOSE", ("选择", "按序号选"), Family.LOGIC,
    (Argument("序号", "index", Kind.NUMBER), Argument("值", "value", Kind.ANY, repeats=True)),
    N_("按序号取后面的第几个值;序号不在范围里是 #VALUE!。没被选中的不计算。"),
    "The value at a position; #VALUE! outside the range. What is not chosen is not computed.",
    (Example('CHOOSE(2, "低", "中", "高")', "中"), Example('CHOOSE(3, "是", "否")', {"error": "#VALUE!"})),
    build=_build_choose,
    differs=N_("各个结果类型不同时,存下来的是文字。"), differs_english="When the results differ in type, text is stored.",
)  # fmt: skip

FUNCTIONS = (
    IFNA, ISNA, ISERR, NA_FUNCTION, ISNUMBER, ISTEXT, ISLOGICAL, ISDATE, ISEVEN, ISODD, N_FUNCTION, T_FUNCTION, CHOOSE,
)  # fmt: skip
