"""Functions that decide. What is not needed for the answer is not computed, so its errors do not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runtime.formulas import comparison
from runtime.formulas.coercions import coerce, convert, definite
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.operations import Operand, Operation, Outcome, sql
from runtime.formulas.terms import Branches, IfError, IsError, Junction, Let, Literal, Local, Raise, Term
from runtime.formulas.types import BLANK, BOOLEAN, DATE, DATETIME, LIST, MIXED, NA, TEXT, ValueType
from runtime.i18n import N_

_CONDITION = Argument("条件", "condition", Kind.BOOLEAN)
_LAZY = N_("从左到右计算,答案一定下来就不再算后面的;后面的错误不影响结果。")
_LAZY_ENGLISH = "Computed from left to right until the answer is certain; errors behind that do not matter."
_TYPES = N_("各个结果类型不同时,存下来的是文字。")
_TYPES_ENGLISH = "When the results differ in type, text is stored."

# -- one type for several branches ------------------------------------------------------------------------------


def unified(terms: Sequence[Term]) -> tuple[ValueType, list[Term]]:
    """The type that several branches share (MIXED when there is none) and the branches as that type.

    An empty text beside branches of another type is blank: ``IF({a}>0, {a}, "")`` is a number.
    """
    empty = [isinstance(term, Literal) and term.value in (None, "") for term in terms]
    kinds = {term.type for term, is_empty in zip(terms, empty, strict=True) if not is_empty} - {BLANK}
    if not kinds:
        kinds = {term.type for term in terms}
    target = _common(kinds)
    if target is MIXED:
        return MIXED, list(terms)
    blank = Literal(target, None)
    return target, [
        blank if is_empty and target is not TEXT else convert(term, target)
        for term, is_empty in zip(terms, empty, strict=True)
    ]


def _common(kinds: set[ValueType]) -> ValueType:
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {DATE, DATETIME}:
        return DATETIME
    if kinds == {TEXT, LIST}:
        return TEXT
    return MIXED if kinds - {BLANK} else BLANK


def _branches(conditions: Sequence[Term], values: Sequence[Term], otherwise: Term) -> Term:
    type_, results = unified([*values, otherwise])
    last = results[-1]
    cases: list[tuple[Term, Term]] = []
    for condition, value in zip(conditions, results, strict=False):
        decided = coerce(condition, BOOLEAN)
        if isinstance(decided, Literal):  # as in IFS(…, TRUE, …)
            if decided.value:
                last = value
                break
            continue
        cases.append((decided, value))
    return Branches(type_, tuple(cases), last) if cases else last


# -- choosing ---------------------------------------------------------------------------------------------------


def _build_if(call: Call) -> Term:
    condition, then, *rest = call.arguments
    return _branches([condition], [then], rest[0] if rest else Literal(BLANK, None))


IF = Function(
    "IF", ("如果", "若"), Family.LOGIC,
    (
        _CONDITION, Argument("成立时", "then", Kind.ANY),
        Argument("不成立时", "otherwise", Kind.ANY, default=None),
    ),
    N_("条件成立时取一个值,不成立时取另一个。"), "One value when a condition holds, another when it does not.",
    (
        Example('IF({x}>1, "a", "b")', "a", {"x": 2}),
        Example('IF({订单状态}="已支付", {实付金额}*0.9, 0)', 90, {"订单状态": "已支付", "实付金额": 100}),
    ),
    build=_build_if,
    differs=N_("不写第三个参数时,不成立的结果是空白(Excel 是 FALSE)。各个结果类型不同时,存下来的是文字。"),
    differs_english="Without a third argument the result is blank (FALSE in Excel). When the results differ in type, text "
    "is stored.",
)  # fmt: skip


def _build_ifs(call: Call) -> Term:
    if len(call.arguments) % 2:
        raise call.reject(
            N_("IFS 的参数要成对:条件,值,条件,值……现在有 {count} 个"), count=len(call.arguments)
        )
    return _branches(call.arguments[::2], call.arguments[1::2], Raise(BLANK, NA))


IFS = Function(
    "IFS", ("多条件", "条件组"), Family.LOGIC,
    (_CONDITION, Argument("成立时", "then", Kind.ANY, repeats=True)),
    N_("依次看几个条件,取第一个成立的条件后面的值;都不成立是 #N/A。"),
    "The value behind the first of several conditions that holds; #N/A when none does.",
    (
        Example('IFS({x}>=90, "高", {x}>=60, "中", TRUE, "低")', "中", {"x": 75}),
        Example('IFS(FALSE, 1)', {"error": "#N/A"}),
    ),
    build=_build_ifs, pairs=True, differs=_TYPES, differs_english=_TYPES_ENGLISH,
)  # fmt: skip


def _build_switch(call: Call) -> Term:
    subject, *rest = call.arguments
    otherwise: Term = rest.pop() if len(rest) % 2 else Raise(BLANK, NA)
    if not rest:
        raise call.reject(N_("SWITCH 至少要有一对:要比较的值和对应的结果"))
    subject = definite(subject)
    name = call.fresh()
    local = Local(subject.type, name)
    conditions = [comparison.compare("=", local, value) for value in rest[::2]]
    body = _branches(conditions, rest[1::2], otherwise)
    return Let(body.type, name, subject, body)


SWITCH = Function(
    "SWITCH", ("匹配", "切换"), Family.LOGIC,
    (Argument("值", "value", Kind.ANY), Argument("等于", "case", Kind.ANY), Argument("结果", "result", Kind.ANY, repeats=True)),
    N_("把一个值和几个值逐一比较,取相等那个的结果;最后多写一个是都不相等时的结果,不写是 #N/A。"),
    "Compares a value with several and gives the result of the first that is equal; a last odd argument is the default, "
    "without it #N/A.",
    (
        Example('SWITCH({渠道}, "淘宝", "TB", "拼多多", "PDD", "其他")', "PDD", {"渠道": "拼多多"}),
        Example('SWITCH(3, 1, "一", 2, "二")', {"error": "#N/A"}),
    ),
    build=_build_switch, pairs=True, differs=_TYPES, differs_english=_TYPES_ENGLISH,
)  # fmt: skip

# -- truth ------------------------------------------------------------------------------------------------------


def _junction(is_any: bool) -> Callable[[Call], Term]:
    return lambda call: Junction(BOOLEAN, tuple(coerce(term, BOOLEAN) for term in call.arguments), is_any)


_CONDITIONS = Argument("条件", "condition", Kind.BOOLEAN, repeats=True)

AND = Function(
    "AND", ("且", "并且", "与"), Family.LOGIC, (_CONDITIONS,),
    N_("所有条件都成立才是 TRUE。"), "TRUE when all conditions hold.",
    (Example("AND(1<2, 2<3)", True), Example("AND(FALSE, 1/0)", False)),
    build=_junction(False), differs=_LAZY, differs_english=_LAZY_ENGLISH,
)  # fmt: skip

OR = Function(
    "OR", ("或", "或者"), Family.LOGIC, (_CONDITIONS,),
    N_("有一个条件成立就是 TRUE。"), "TRUE when any condition holds.",
    (Example("OR(1>2, 2<3)", True), Example("OR(TRUE, 1/0)", True)),
    build=_junction(True), differs=_LAZY, differs_english=_LAZY_ENGLISH,
)  # fmt: skip

NOT = Function(
    "NOT", ("非", "不是"), Family.LOGIC, (_CONDITION,),
    N_("条件不成立是 TRUE。"), "TRUE when the condition does not hold.",
    (Example("NOT(1>2)", True),),
    BOOLEAN, Operation("not", lambda value: not value, lambda value: Outcome(sql("(NOT {0})", value))),
)  # fmt: skip


def _xor_sql(*items: Operand) -> Outcome:
    total = " + ".join(f"{{{i}}}::integer" for i in range(len(items)))
    return Outcome(sql(f"(({total}) % 2 = 1)", *items))


XOR = Function(
    "XOR", ("异或",), Family.LOGIC, (_CONDITIONS,),
    N_("成立的条件是奇数个时是 TRUE。"), "TRUE when an odd number of conditions hold.",
    (Example("XOR(TRUE, FALSE)", True), Example("XOR(TRUE, TRUE)", False)),
    BOOLEAN, Operation("xor", lambda *items: sum(items) % 2 == 1, _xor_sql),
)  # fmt: skip

# -- blanks and errors ------------------------------------------------------------------------------------------


def _build_if_error(call: Call) -> Term:
    body = call.arguments[0]
    name = call.fresh()
    if body.type is MIXED:  # one name cannot stand for several types
        body = definite(body)
    type_, (then, fallback) = unified([Local(body.type, name), call.arguments[1]])
    return IfError(type_, name, body, then, fallback)


IFERROR = Function(
    "IFERROR", ("如果错误", "若错误"), Family.LOGIC,
    (Argument("值", "value", Kind.ANY), Argument("出错时", "fallback", Kind.ANY)),
    N_("值出错时改用另一个值。"), "Another value in the place of an error.",
    (
        Example('IFERROR({已付}/{应付}, 0)', 0, {"已付": 5, "应付": 0}),
        Example('IFERROR(10/4, "无")', 2.5),
    ),
    build=_build_if_error, differs=_TYPES, differs_english=_TYPES_ENGLISH,
)  # fmt: skip


def _build_if_blank(call: Call) -> Term:
    value = definite(call.arguments[0])
    name = call.fresh()
    local = Local(value.type, name)
    body = _branches([comparison.is_present(local)], [local], call.arguments[1])
    return Let(body.type, name, value, body)


IFBLANK = Function(
    "IFBLANK", ("如果空白", "若空"), Family.LOGIC,
    (Argument("值", "value", Kind.ANY), Argument("空白时", "fallback", Kind.ANY)),
    N_("值是空白时改用另一个值。"), "Another value in the place of a blank.",
    (Example('IFBLANK({备注}, "无")', "无", {"备注": None}), Example("IFBLANK(0, 5)", 0)),
    build=_build_if_blank, differs=_TYPES, differs_english=_TYPES_ENGLISH,
)  # fmt: skip

ISBLANK = Function(
    "ISBLANK", ("是空白", "为空"), Family.LOGIC,
    (Argument("值", "value", Kind.ANY),),
    N_("值是不是空白。"), "Whether a value is blank.",
    (Example("ISBLANK({备注})", True, {"备注": None}), Example('ISBLANK("")', True), Example("ISBLANK(0)", False)),
    build=lambda call: comparison.is_blank(call.arguments[0]),
    differs=N_("空文字和空列表也算空白。"), differs_english="An empty text and an empty list are blank too.",
)  # fmt: skip

ISERROR = Function(
    "ISERROR", ("是错误", "出错"), Family.LOGIC,
    (Argument("值", "value", Kind.ANY),),
    N_("值是不是错误。"), "Whether a value is an error.",
    (Example("ISERROR(1/0)", True), Example("ISERROR(1/2)", False)),
    build=lambda call: IsError(BOOLEAN, definite(call.arguments[0])),
)  # fmt: skip

FUNCTIONS = (IF, IFS, SWITCH, AND, OR, NOT, XOR, IFERROR, IFBLANK, ISBLANK, ISERROR)
