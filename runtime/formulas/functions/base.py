"""How a function of the formula language is declared."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from runtime.formulas.operations import Operation
from runtime.formulas.problems import Span
from runtime.formulas.terms import Term
from runtime.formulas.types import BOOLEAN, DATE, DATETIME, LIST, NUMBER, TEXT, ValueType
from runtime.i18n import N_


class Family(StrEnum):
    """The shelf a function stands on in the reference and in the editor."""

    LOGIC = "logic"
    TEXT = "text"
    REGEX = "regex"
    NUMBER = "number"
    DATE = "date"
    LIST = "list"
    RECORD = "record"


FAMILY_TITLES: Final = {
    Family.LOGIC: (N_("逻辑函数"), "Logic functions"),
    Family.TEXT: (N_("文字函数"), "Text functions"),
    Family.REGEX: (N_("正则表达式函数"), "Regular expression functions"),
    Family.NUMBER: (N_("数字函数"), "Number functions"),
    Family.DATE: (N_("日期和时间函数"), "Date and time functions"),
    Family.LIST: (N_("列表函数"), "List functions"),
    Family.RECORD: (N_("记录函数"), "Record functions"),
}


class Kind(StrEnum):
    """What an argument takes: a type of value, a whole number, anything, or a text written in the formula itself."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"
    WHOLE = "whole"
    ANY = "any"
    CONSTANT = "constant"


KIND_TYPES: Final = {
    Kind.NUMBER: NUMBER,
    Kind.WHOLE: NUMBER,
    Kind.TEXT: TEXT,
    Kind.BOOLEAN: BOOLEAN,
    Kind.DATE: DATE,
    Kind.DATETIME: DATETIME,
    Kind.LIST: LIST,
}
REQUIRED: Final = object()


class Argument(msgspec.Struct, frozen=True):
    """One argument: its name in Chinese and English, what it takes, and what stands in for it when it is left out.

    ``blank``: blank is handed on as None instead of 0, FALSE or nothing. ``repeats``: it may be given several times
    (the last argument only). ``prepare`` turns a CONSTANT's text into what the function works with, or raises
    :class:`~runtime.formulas.problems.BadConstant`.
    """

    name: str
    english: str
    kind: Kind
    default: Any = REQUIRED
    blank: bool = False
    repeats: bool = False
    prepare: Callable[[str], Any] | None = None

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


class Example(msgspec.Struct, frozen=True):
    """An expression and its result, both tested. ``result`` is as ``batch.evaluate_json`` gives it."""

    expression: str
    result: Any
    values: dict[str, Any] = {}


class Call(Protocol):
    """A call being checked, for functions that build their own term."""

    span: Span
    arguments: tuple[Term, ...]
    spans: tuple[Span, ...]

    def constant(self, index: int, prepare: Callable[[str], Any]) -> Any:
        """The prepared constant at ``index``. Raises FormulaRejected where it is not written as one or not understood."""

    def reject(self, msgid: str, index: int | None = None, **params: Any) -> Exception:
        """The error to raise about the call or its argument ``index``."""

    def fresh(self) -> str:
        """A name for a :class:`~runtime.formulas.terms.Let`."""


class Function(msgspec.Struct, frozen=True, eq=False):
    """A function: its names, its arguments, its help, and either a strict ``operation`` or ``build``, which makes a term.

    ``help`` is a msgid, ``english`` its English. ``differs`` says where it deliberately differs from Excel's.
    """

    name: str
    aliases: tuple[str, ...]
    family: Family
    arguments: tuple[Argument, ...]
    help: str
    english: str
    examples: tuple[Example, ...]
    returns: ValueType | None = None
    operation: Operation | None = None
    build: Callable[[Call], Term] | None = None
    differs: str = ""
    differs_english: str = ""
    pairs: bool = False  # the repeating arguments come in pairs (IFS, SWITCH)

    @property
    def minimum(self) -> int:
        """The least number of arguments."""
        return sum(argument.is_required for argument in self.arguments)

    @property
    def maximum(self) -> int | None:
        """The greatest number of arguments; None where the last repeats."""
        return None if self.arguments and self.arguments[-1].repeats else len(self.arguments)

    def signature(self) -> str:
        """``LEFT(文字, [字数])``; a msgid."""
        return self._signature([argument.name for argument in self.arguments])

    def english_signature(self) -> str:
        """``LEFT(text, [count])``, the English of :meth:`signature`."""
        return self._signature([argument.english for argument in self.arguments])

    def _signature(self, names: list[str]) -> str:
        shown = [
            name if a.is_required else f"[{name}]" for a, name in zip(self.arguments, names, strict=True)
        ]
        if self.maximum is None:
            shown.append("…")
        return f"{self.name}({', '.join(shown)})"
