"""What is wrong with the text of a formula, and where."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.errors import InvalidInput, Problem
from runtime.i18n import Message


class Span(msgspec.Struct, frozen=True):
    """A place in the source: ``start`` inclusive, ``end`` exclusive, both counted from 0 in characters."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The place from the start of this to the end of ``other``."""
        return Span(self.start, other.end)


class FormulaRejected(InvalidInput):
    """The source cannot be understood; ``start`` and ``end`` say which characters to mark.

    ``error_code`` is one of ``formula_syntax``, ``formula_name`` (no such function), ``formula_field`` (no such
    field), ``formula_arguments``, ``formula_type`` and ``formula_limit``. The message's parameter ``position`` counts
    from 1, for people.
    """

    code = "formula_syntax"

    def __init__(self, msgid: str, span: Span, *, code: str | None = None, **params: Any) -> None:
        params.setdefault("position", span.start + 1)
        super().__init__(msgid, code=code, **params)
        self.start = span.start
        self.end = span.end
        self.problems = [Problem(self.error_code, self.message, path=f"{span.start}:{span.end}")]


class BadConstant(Exception):
    """A constant of a formula (a format, a pattern, a unit) is not understood; ``message`` is for people.

    The checker turns it into a :class:`FormulaRejected` at the constant's place.
    """

    def __init__(self, msgid: str, **params: object) -> None:
        self.message = Message(msgid, params)
        super().__init__(self.message.text())
