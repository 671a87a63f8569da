"""What "continue only if", the arms of a branch and waiting steps ask: tests, single ones and groups of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.queries import Filter
from runtime.definitions.values import FormulaValue, Value


class RecordMeets(msgspec.Struct, frozen=True, tag="record_meets", tag_field="kind", omit_defaults=True):
    """The record (as it is now) meets ``where``, whose operands may be values."""

    where: Filter
    of: str = "trigger"


class OutcomeIs(msgspec.Struct, frozen=True, tag="outcome_is", tag_field="kind"):
    """The earlier step ``step`` ended with ``outcome`` (e.g. ``short`` for a reservation that could not be met)."""

    step: str
    outcome: str


CompareOp = Literal[
    "eq", "ne", "gt", "ge", "lt", "le", "contains", "not_contains", "is_empty", "is_not_empty"
]


class Compare(msgspec.Struct, frozen=True, tag="compare", tag_field="kind", omit_defaults=True):
    """``left`` compared with ``right``: as numbers, days or moments where both are, else as text.

    An empty side is neither greater nor less than anything, and equals only an empty one.
    """

    left: Value
    op: CompareOp = "eq"
    right: Value | None = None


class FormulaHolds(msgspec.Struct, frozen=True, tag="formula_holds", tag_field="kind"):
    """A formula gives yes; an error is a no."""

    formula: FormulaValue


class GroupOfTests(msgspec.Struct, frozen=True, tag="tests", tag_field="kind", omit_defaults=True):
    """All of ``items`` hold, or any of them, or none."""

    items: tuple[Test, ...] = ()
    match: Literal["all", "any", "none"] = "all"


Test = RecordMeets | OutcomeIs | Compare | FormulaHolds | GroupOfTests
