"""The typed tree: what a formula means once names, types and implicit conversions are settled.

Both back ends compile exactly this. Conversions between types and the filling of blanks are operations in the tree, so
neither back end decides anything about types.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from runtime.formulas.operations import Operation
from runtime.formulas.types import BOOLEAN, NUMBER, ErrorCode, Value, ValueType


class Term(msgspec.Struct, frozen=True, eq=False):
    """Any typed expression."""

    type: ValueType


class Literal(Term, frozen=True, eq=False):
    """A constant; None is blank."""

    value: Value


class Field(Term, frozen=True, eq=False):
    """The value of a field of this record."""

    id: str
    digits: int
    scale: int


class Clock(Term, frozen=True, eq=False):
    """TODAY() or NOW(), by ``type``."""


class Local(Term, frozen=True, eq=False):
    """What an enclosing :class:`Let` computed."""

    name: str


class Apply(Term, frozen=True, eq=False):
    """A strict operation; ``settings`` are constants of the formula handed to it after the arguments."""

    operation: Operation
    arguments: tuple[Term, ...]
    settings: tuple[Any, ...] = ()


class Branches(Term, frozen=True, eq=False):
    """The value beside the first condition that holds, else ``otherwise``; the rest is not computed."""

    cases: tuple[tuple[Term, Term], ...]
    otherwise: Term


class Junction(Term, frozen=True, eq=False):
    """All (or, with ``is_any``, any) of ``items``, from left to right, stopping where the answer is known."""

    items: tuple[Term, ...]
    is_any: bool


class Let(Term, frozen=True, eq=False):
    """Computes ``value`` once and calls it ``name`` inside ``body``."""

    name: str
    value: Term
    body: Term


class IfError(Term, frozen=True, eq=False):
    """Computes ``body``; where that is an error the value is ``fallback``, else ``then``, which calls it ``name``.

    Errors of ``then`` are not caught: converting a value that is no error may well fail. ``codes``: only these errors
    are caught (None: all).
    """

    name: str
    body: Term
    then: Term
    fallback: Term
    codes: frozenset[ErrorCode] | None = None


class IsError(Term, frozen=True, eq=False):
    """Whether ``body`` is an error, one of ``codes`` if those are given."""

    body: Term
    codes: frozenset[ErrorCode] | None = None


class Raise(Term, frozen=True, eq=False):
    """An error."""

    code: ErrorCode


def number(value: int | Decimal) -> Literal:
    """A number constant."""
    return Literal(NUMBER, Decimal(value))


def boolean(value: bool) -> Literal:
    """A truth constant."""
    return Literal(BOOLEAN, value)


def apply(type_: ValueType, operation: Operation, *arguments: Term) -> Apply:
    """An operation on arguments that have its types already."""
    return Apply(type_, operation, arguments)


def walk(term: Term) -> Iterator[Term]:
    """Every term of the typed tree, ``term`` first."""
    waiting = [term]
    while waiting:
        current = waiting.pop()
        yield current
        match current:
            case Apply(arguments=arguments):
                waiting.extend(arguments)
            case Branches(cases=cases, otherwise=otherwise):
                waiting.extend(item for case in cases for item in case)
                waiting.append(otherwise)
            case Junction(items=items):
                waiting.extend(items)
            case Let(value=value, body=body):
                waiting += [value, body]
            case IfError(body=body, then=then, fallback=fallback):
                waiting += [body, then, fallback]
            case IsError(body=body):
                waiting.append(body)
            case _:
                pass
