"""The Python back end: the typed tree as a Python ``ast`` that simpleeval evaluates. Its answer is the meaning.

Only six kinds of node are let through, names and functions are closed lists of ours, and no attribute, subscript,
comprehension or string formatting exists. Numbers are ``Decimal``, so nothing leaves exact arithmetic.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from simpleeval import SimpleEval

from runtime.formulas import moments, numbers
from runtime.formulas.checker import CheckedFormula
from runtime.formulas.operations import Operation
from runtime.formulas.terms import (
    Apply,
    Branches,
    Clock,
    Field,
    IfError,
    IsError,
    Junction,
    Let,
    Literal,
    Local,
    Raise,
    Term,
)
from runtime.formulas.types import (
    DATE,
    NUM,
    RECORD_PARTS,
    FormulaError,
    FormulaFailure,
    Value,
    ValueType,
)

DEFAULT_ZONE: Final = ZoneInfo("Asia/Shanghai")
_ZONE: Final = "zone"
_TODAY: Final = "today"
_NOW: Final = "now"


def evaluate(
    checked: CheckedFormula,
    values: Mapping[str, Any],
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> Value | FormulaError:
    """The value of a formula for one record.

    ``values`` are by field id (and by the keys of ``RECORD_PARTS`` for what the formula asks of the record itself); what
    is missing is blank; a :class:`FormulaError` among them is that field's error. A naive ``datetime`` among them is the
    wall clock of ``zone`` (China's without one). ``now`` is an aware moment. A date-time result is aware, in UTC; blank is None, and so is an
    empty text.
    """
    zone = zone or DEFAULT_ZONE
    program = program_of(checked)
    moment = (now or datetime.now(zone)).astimezone(zone).replace(tzinfo=None, fold=0)
    names: dict[str, Any] = {_ZONE: zone, _NOW: moment, _TODAY: moment.date()}
    for id_ in checked.fields:
        names["field " + id_] = _field_value(values.get(id_), checked.infos[id_].type, zone)
    for id_ in checked.record_parts:
        names["field " + id_] = _field_value(values.get(id_), RECORD_PARTS[id_], zone)
    try:
        result = _Evaluator(names).run(program)
    except FormulaFailure as failure:
        return failure.error
    return _finished(result, zone)


def _finished(result: Any, zone: tzinfo) -> Value:
    if isinstance(result, Decimal):
        return numbers.canonical(result)
    if isinstance(result, datetime):
        return moments.moment_at(result, zone)
    if result in ("", ()):
        return None
    return result  # type: ignore[no-any-return]


def _field_value(value: Any, type_: ValueType, zone: tzinfo) -> Value | FormulaError:
    """A field's value, or its error: raised only where the formula uses it."""
    if isinstance(value, FormulaError):
        return value
    try:
        return plain_value(value, type_, zone)
    except FormulaFailure as failure:
        return failure.error


def plain_value(value: Any, type_: ValueType, zone: tzinfo) -> Value:
    """A stored value as formulas see it. Raises :class:`FormulaFailure` for a number out of range."""
    if value is None or value in ("", [], ()):
        return None
    match type_:
        case ValueType.NUMBER:
            exact = (
                value
                if isinstance(value, Decimal)
                else Decimal(repr(value) if isinstance(value, float) else value)
            )
            if not exact.is_finite():
                raise FormulaFailure(NUM)
            return numbers.bounded(exact)
        case ValueType.BOOLEAN:
            return bool(value)
        case ValueType.LIST:
            return tuple(str(item) for item in value)
        case ValueType.DATE:
            return value.date() if isinstance(value, datetime) else value
        case ValueType.DATETIME:
            if isinstance(value, datetime):
                return moments.wall_clock(value, zone) if value.tzinfo else value
            return datetime(value.year, value.month, value.day)
        case _:
            return str(value)


# -- the program ------------------------------------------------------------------------------------------------


class Program:
    """A formula as a Python expression, with the functions it calls."""

    def __init__(self, term: Term) -> None:
        self.functions: dict[str, Callable[..., Any]] = {}
        self.node = self._node(term)

    def _node(self, term: Term) -> ast.expr:
        match term:
            case Literal(value=value):
                return _constant(value)
            case Field(id=id_):
                return _name("field " + id_)
            case Local(name=name):
                return _name(name)
            case Clock(type=type_):
                return _name(_TODAY if type_ is DATE else _NOW)
            case Raise(code=code):
                return self._call("RAISE", _constant(code))
            case Apply(operation=operation, arguments=arguments, settings=settings):
                nodes = [self._node(argument) for argument in arguments]
                self.functions[operation.key] = _strict(operation, len(nodes))
                zone = [_name(_ZONE)] if operation.needs_zone else []
                return self._call(operation.key, *zone, *nodes, *map(_constant, settings))
            case Branches(cases=cases, otherwise=otherwise):
                pairs = [node for case in cases for node in (self._node(case[0]), self._node(case[1]))]
                return self._call("CHOOSE", *pairs, self._node(otherwise))
            case Junction(items=items, is_any=is_any):
                nodes = [self._node(item) for item in items]
                return (
                    ast.BoolOp(op=ast.Or() if is_any else ast.And(), values=nodes)
                    if len(nodes) > 1
                    else nodes[0]
                )
            case Let(name=name, value=value, body=body):
                return self._call("LET", _constant(name), self._node(value), self._node(body))
            case IfError(name=name, body=body, then=then, fallback=fallback, codes=codes):
                parts = (self._node(body), self._node(then), self._node(fallback))
                return self._call("RESCUE", _constant(name), _constant(codes), *parts)
            case IsError(body=body, codes=codes):
                return self._call("ISERROR", self._node(body), _constant(codes))
        raise AssertionError(term)

    def _call(self, name: str, *arguments: ast.expr) -> ast.expr:
        return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


def program_of(checked: CheckedFormula) -> Program:
    """The program of a formula, built once."""
    program = checked.program
    if not isinstance(program, Program):
        program = checked.program = Program(checked.term)
    return program


def _constant(value: Any) -> ast.expr:
    return ast.Constant(value=value)


def _name(id_: str) -> ast.expr:
    return ast.Name(id=id_, ctx=ast.Load())


def _strict(operation: Operation, count: int) -> Callable[..., Any]:
    """The operation's function; blank as soon as one of its ``count`` arguments is, where it says so."""
    function = operation.evaluate
    if not operation.blank_out:
        return function
    first = 1 if operation.needs_zone else 0

    def blank_out(*arguments: Any) -> Any:
        if any(argument is None for argument in arguments[first : first + count]):
            return None
        return function(*arguments)

    return blank_out


class _Evaluator(SimpleEval):  # type: ignore[misc]
    """simpleeval with nothing in it but what formulas need; what decides gets its arguments uncomputed."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(operators={}, functions={}, names=names)
        self.nodes = {
            ast.Constant: lambda node: node.value,
            ast.Name: self._named,
            ast.BoolOp: self._eval_boolop,
            ast.Call: self._eval_call,
        }
        self._lazy: dict[str, Callable[[list[ast.expr]], Any]] = {
            "CHOOSE": self._choose,
            "LET": self._let,
            "RESCUE": self._rescue,
            "ISERROR": self._is_error,
            "RAISE": self._raise,
        }

    def run(self, program: Program) -> Any:
        """Evaluate. Raises :class:`FormulaFailure`."""
        self.functions = program.functions
        return self._eval(program.node)

    def _named(self, node: ast.Name) -> Any:
        value = self._eval_name(node)
        if isinstance(value, FormulaError):
            raise FormulaFailure(value.code)
        return value

    def _eval_call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)  # noqa: S101 - Program makes no other
        lazy = self._lazy.get(node.func.id)
        return lazy(node.args) if lazy else super()._eval_call(node)

    def _choose(self, nodes: list[ast.expr]) -> Any:
        for condition, value in zip(nodes[:-1:2], nodes[1::2], strict=False):
            if self._eval(condition):
                return self._eval(value)
        return self._eval(nodes[-1])

    def _let(self, nodes: list[ast.expr]) -> Any:
        name, value, body = nodes
        self.names[self._eval(name)] = self._eval(value)
        return self._eval(body)

    def _rescue(self, nodes: list[ast.expr]) -> Any:
        name, codes, body, then, fallback = nodes
        try:
            value = self._eval(body)
        except FormulaFailure as failure:
            caught = self._eval(codes)
            if caught is not None and failure.error.code not in caught:
                raise
            return self._eval(fallback)
        self.names[self._eval(name)] = value
        return self._eval(then)

    def _is_error(self, nodes: list[ast.expr]) -> bool:
        try:
            self._eval(nodes[0])
        except FormulaFailure as failure:
            codes = self._eval(nodes[1])
            return codes is None or failure.error.code in codes
        return False

    def _raise(self, nodes: list[ast.expr]) -> Any:
        raise FormulaFailure(self._eval(nodes[0]))
