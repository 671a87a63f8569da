"""From the surface tree to the typed tree: names, numbers of arguments, types."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from runtime.formulas import arithmetic, comparison
from runtime.formulas.coercions import WHOLE, coerce, convert, definite, filled
from runtime.formulas.functions import find, names
from runtime.formulas.functions.base import KIND_TYPES, Argument, Function, Kind
from runtime.formulas.functions.text import concatenate
from runtime.formulas.parser import parse
from runtime.formulas.problems import BadConstant, FormulaRejected, Span
from runtime.formulas.syntax import (
    BinaryNode,
    BooleanNode,
    CallNode,
    FieldNode,
    JoinNode,
    Node,
    NumberNode,
    TextNode,
    UnaryNode,
)
from runtime.formulas.terms import Apply, Clock, Field, Literal, Raise, Term, boolean, number, walk
from runtime.formulas.types import (
    BLANK,
    LIST,
    MIXED,
    NAME,
    NUMBER,
    RECORD_PARTS,
    REF,
    TEXT,
    FieldInfo,
    ValueType,
)
from runtime.i18n import N_, Message

FIELD_ID = re.compile(r"^fld[0-9A-Za-z]{14}(?:\.fld[0-9A-Za-z]{14})?\Z")


class CheckedFormula:
    """A formula that is understood.

    ``type`` is the type of its value (never list or mixed: those are made text), ``fields`` the ids of the fields it
    reads, ``uses_clock`` whether it asks for today or now, ``tree`` its surface syntax, ``term`` its meaning, ``infos``
    the fields it was checked against.
    """

    def __init__(self, source: str, tree: Node, term: Term, infos: Mapping[str, FieldInfo]) -> None:
        self.source = source
        self.tree = tree
        self.term = term
        self.infos = infos
        self.program: object = None  # the Python back end keeps its program here

    @property
    def type(self) -> ValueType:
        """The type of the value."""
        return self.term.type

    @cached_property
    def fields(self) -> frozenset[str]:
        """The ids of the fields it reads; deleted ones are not among them."""
        return frozenset(id_ for id_ in self._read if id_ not in RECORD_PARTS)

    @cached_property
    def record_parts(self) -> frozenset[str]:
        """What it asks of the record itself: keys of ``RECORD_PARTS``."""
        return frozenset(id_ for id_ in self._read if id_ in RECORD_PARTS)

    @cached_property
    def _read(self) -> frozenset[str]:
        return frozenset(term.id for term in walk(self.term) if isinstance(term, Field))

    @cached_property
    def uses_clock(self) -> bool:
        """Whether its value changes with time alone."""
        return any(isinstance(term, Clock) for term in walk(self.term))


def check(
    source: str, fields: Mapping[str, FieldInfo], *, allow_missing: bool = False, keep_mixed: bool = False
) -> CheckedFormula:
    """Understand ``source`` over ``fields`` (by id; their names work too).

    Raises :class:`FormulaRejected`. With ``allow_missing`` a field or function that does not exist is the value
    ``#REF!`` or ``#NAME?``: stored formulas must go on after a field was deleted. With ``keep_mixed`` branches of
    different types keep them, which only the Python back end can do.
    """
    tree = parse(source)
    term = _Checker(fields, allow_missing).term(tree)
    if not (keep_mixed and term.type is MIXED):
        term = convert(term, TEXT) if term.type in (MIXED, BLANK, LIST) else term
    return CheckedFormula(source, tree, term, fields)


class _Checker:
    def __init__(self, fields: Mapping[str, FieldInfo], allow_missing: bool) -> None:
        self._fields = fields
        self._by_name = {info.name: id_ for id_, info in fields.items()}
        self._allow_missing = allow_missing
        self._locals = itertools.count(1)

    def fresh(self) -> str:
        return f"local{next(self._locals)}"

    def term(self, node: Node) -> Term:
        match node:
            case NumberNode(value=value):
                return number(value)
            case TextNode(value=value):
                return Literal(TEXT, value)
            case BooleanNode(value=value):
                return boolean(value)
            case FieldNode():
                return self._field(node)
            case UnaryNode(operator=operator, operand=operand):
                return arithmetic.unary(operator, self.term(operand))
            case BinaryNode(operator=operator, left=left, right=right):
                build = comparison.compare if operator in comparison.OPERATORS else arithmetic.binary
                return build(operator, self.term(left), self.term(right))
            case JoinNode(parts=parts):
                return concatenate([self.term(part) for part in parts])
            case CallNode():
                return self._call(node)
        raise AssertionError(node)

    def _field(self, node: FieldNode) -> Term:
        id_ = node.key if node.key in self._fields else self._by_name.get(node.key)
        if id_ is not None:
            info = self._fields[id_]
            return Field(info.type, id_, info.digits, info.scale)
        if self._allow_missing:
            return Raise(BLANK, REF)
        raise missing_field(node, [info.name for info in self._fields.values()])

    def _call(self, node: CallNode) -> Term:
        function = find(node.name)
        if function is None:
            if self._allow_missing:
                return Raise(BLANK, NAME)
            raise _missing_function(node)
        _check_count(function, node)
        arguments = tuple(Literal(BLANK, None) if a is None else self.term(a) for a in node.arguments)
        spans = tuple(node.name_span if a is None else a.span for a in node.arguments)
        call = _Call(self, function, node.span, arguments, spans)
        if function.build is not None:
            return function.build(call)
        return call.plain()


class _Call:
    """See :class:`runtime.formulas.functions.base.Call`."""

    def __init__(
        self,
        checker: _Checker,
        function: Function,
        span: Span,
        arguments: tuple[Term, ...],
        spans: tuple[Span, ...],
    ) -> None:
        self._function = function
        self.fresh = checker.fresh
        self.span = span
        self.arguments = arguments
        self.spans = spans

    def plain(self) -> Term:
        """The strict operation on its converted arguments."""
        function = self._function
        assert function.operation is not None  # noqa: S101 - the registry's test holds this
        assert function.returns is not None  # noqa: S101
        terms: list[Term] = []
        settings: list[Any] = []
        for index, argument in enumerate(self._given()):
            if argument.kind is Kind.CONSTANT:
                settings.append(self._setting(argument, index))
            else:
                terms.append(self._argument(argument, index))
        return Apply(function.returns, function.operation, tuple(terms), tuple(settings))

    def _given(self) -> list[Argument]:
        declared = list(self._function.arguments)
        if declared and declared[-1].repeats:
            declared += [declared[-1]] * (len(self.arguments) - len(declared))
            if not declared[-1].is_required and len(self.arguments) < len(self._function.arguments):
                declared.pop()
        return declared

    def _is_left_out(self, index: int) -> bool:
        if index >= len(self.arguments):
            return True
        term = self.arguments[index]
        return isinstance(term, Literal) and term.type is BLANK

    def _argument(self, argument: Argument, index: int) -> Term:
        if argument.kind is Kind.ANY:
            return definite(self.arguments[index])
        type_ = KIND_TYPES[argument.kind]
        if self._is_left_out(index) and not argument.is_required:
            term: Term = Literal(type_, Decimal(argument.default) if type_ is NUMBER else argument.default)
        else:
            term = convert(self.arguments[index], type_)
        if not argument.blank:
            term = filled(term)
        return Apply(NUMBER, WHOLE, (term,)) if argument.kind is Kind.WHOLE else term

    def _setting(self, argument: Argument, index: int) -> Any:
        assert argument.prepare is not None  # noqa: S101 - the registry's test holds this
        if self._is_left_out(index) and not argument.is_required:
            return argument.prepare(argument.default)
        return self.constant(index, argument.prepare)

    def constant(self, index: int, prepare: Callable[[str], Any]) -> Any:
        term = self.arguments[index]
        if not isinstance(term, Literal) or term.value is None:
            raise self.reject(
                N_(
                    "{function} 的第 {number} 个参数要直接写在公式里,用双引号括起来,不能用字段或算式。写法:{signature}"
                ),
                index,
                number=index + 1,
                signature=Message(self._function.signature()),
            )
        text = coerce(term, TEXT)
        assert isinstance(text, Literal)  # noqa: S101 - a constant converts to a constant
        assert isinstance(text.value, str)  # noqa: S101
        try:
            return prepare(text.value)
        except BadConstant as bad:
            span, message = self.spans[index], bad.message
            raise FormulaRejected(message.msgid, span, code="formula_arguments", **message.params) from bad

    def reject(self, msgid: str, index: int | None = None, **params: Any) -> FormulaRejected:
        span = self.span if index is None else self.spans[index]
        return FormulaRejected(msgid, span, code="formula_arguments", function=self._function.name, **params)


def missing_field(node: FieldNode, known: list[str]) -> FormulaRejected:
    """No field of this name: says so, with the nearest name there is."""
    if FIELD_ID.match(node.key):
        return FormulaRejected(
            N_("公式里用到的一个字段已经删除,改用别的字段"),
            node.span,
            code="formula_field",
            field_name=node.key,
        )
    beyond = next((name for name in known if name.startswith(f"{node.key}.")), None)
    if beyond is not None:
        return FormulaRejected(
            N_("「{name}」是关联字段,后面加点号和那边的字段,例如 {{{example}}}"),
            node.span,
            code="formula_field",
            name=node.key,
            example=beyond,
        )
    near = difflib.get_close_matches(node.key, known, 1, 0.5)
    if near:
        return FormulaRejected(
            N_("没有名为「{name}」的字段,是不是「{near}」"),
            node.span,
            code="formula_field",
            name=node.key,
            near=near[0],
        )
    return FormulaRejected(N_("没有名为「{name}」的字段"), node.span, code="formula_field", name=node.key)


_LOOK_UP = N_("{name} 在这里是一种字段:加一个“查找引用”字段,从关联的或条件匹配的记录里取值")
_ROLL_UP = N_("{name} 在这里是一种字段:加一个“汇总”字段,选“按条件匹配”,不用关联也能统计")
_RANDOM = N_("没有 {name}:公式的结果要固定,随机数每次都不同")
_ELSEWHERE = {
    **dict.fromkeys(("VLOOKUP", "HLOOKUP", "XLOOKUP", "LOOKUP", "FILTER", "INDIRECT", "OFFSET"), _LOOK_UP),
    **dict.fromkeys(
        (
            "SUMIFS",
            "COUNTIFS",
            "AVERAGEIF",
            "AVERAGEIFS",
            "MAXIFS",
            "MINIFS",
            "SUMPRODUCT",
            "SUBTOTAL",
            "ROLLUP",
        ),
        _ROLL_UP,
    ),
    **dict.fromkeys(("RAND", "RANDBETWEEN", "RANDARRAY"), _RANDOM),
}
"""Functions that spreadsheets have and that are something else here."""


def _missing_function(node: CallNode) -> FormulaRejected:
    elsewhere = _ELSEWHERE.get(node.name.upper())
    if elsewhere is not None:
        return FormulaRejected(elsewhere, node.name_span, code="formula_name", name=node.name)
    likeness = 0.6 if node.name.isascii() else 0.5
    near = difflib.get_close_matches(node.name.upper(), names(), 1, likeness)
    if near:
        return FormulaRejected(
            N_("没有名为 {name} 的函数,是不是 {near}"),
            node.name_span,
            code="formula_name",
            name=node.name,
            near=near[0],
        )
    return FormulaRejected(N_("没有名为 {name} 的函数"), node.name_span, code="formula_name", name=node.name)


def _check_count(function: Function, node: CallNode) -> None:
    count = len(node.arguments)
    params = {"function": function.name, "signature": Message(function.signature()), "count": count}
    if count < function.minimum:
        raise FormulaRejected(
            N_("{function} 至少要 {minimum} 个参数,现在有 {count} 个。写法:{signature}"),
            node.span,
            code="formula_arguments",
            minimum=function.minimum,
            **params,
        )
    if function.maximum is not None and count > function.maximum:
        raise FormulaRejected(
            N_("{function} 最多 {maximum} 个参数,现在有 {count} 个。写法:{signature}"),
            node.span,
            code="formula_arguments",
            maximum=function.maximum,
            **params,
        )
    for index, (argument, given) in enumerate(zip(function.arguments, node.arguments, strict=False)):
        if given is None and argument.is_required and argument.kind is not Kind.ANY:
            raise FormulaRejected(
                N_("{function} 缺少第 {number} 个参数。写法:{signature}"),
                node.span,
                code="formula_arguments",
                number=index + 1,
                **params,
            )
