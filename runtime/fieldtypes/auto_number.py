"""Auto numbers: drawn when a record is created, never typed. The drawing itself is ``runtime.records.numbering``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from runtime.definitions.fields import AutoNumber, Segment
from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.fieldtypes.text import TEXT_OPERATORS, text_condition
from runtime.i18n import N_

_MOST_DIGITS = 18
MOST_TEXT = 40
"""How much of a value that has no case goes into a number."""


class AutoNumberType(FieldType):
    """A text made of fixed pieces, the date and a sequence."""

    name = "auto_number"
    label = N_("自动编号")
    icon = "list-ordered"
    description = N_("新建时自动生成,如 DD20260115-0001")
    operators = TEXT_OPERATORS
    readonly = True
    searchable = True

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise BadValue(N_("自动编号由系统生成,不能填写"))

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        return text_condition(column, op, value) or super().condition(config, column, op, value, context)

    def order(self, config: Any, column: str) -> str:
        """Shorter numbers first, so that 9 comes before 10 whatever the width."""
        return f"(lpad(length({column})::text, 3, '0') || {column})"


class Drawing(msgspec.Struct, frozen=True):
    """What the number of one record is made of. ``scope``: the sequence it counts in; ``""`` the only one there is."""

    scope: str
    before: str
    after: str
    width: int

    def text(self, number: int) -> str:
        """The auto number for sequence value ``number``; a value longer than the width is written in full."""
        return f"{self.before}{str(number).zfill(self.width)}{self.after}"

    def number_in(self, text: str) -> int:
        """The sequence value that ``text`` would have been made with by this rule; 0 where it was not."""
        middle = text[len(self.before) : len(text) - len(self.after)]
        fits = text.startswith(self.before) and text.endswith(self.after) and self.text(0) != ""
        if not (fits and middle.isascii() and middle.isdigit()) or len(middle) > _MOST_DIGITS:
            return 0
        return int(middle)


Valued = tuple[int | str, str] | None
"""A value that a segment may map: what a case names it by (the number of a choice, else the text) and its text."""


def drawing(config: AutoNumber, moment: datetime, value_of: Callable[[str], Valued]) -> Drawing:
    """The rule applied to a record created at local time ``moment``; ``value_of`` knows its values by field id."""
    before: list[str] = []
    after: list[str] = []
    pieces, width = before, 1
    scope = [period_of(config, moment)]
    for segment in config.segments:
        if segment.kind == "sequence":
            pieces, width = after, segment.width
            continue
        text = _piece(segment, moment, value_of)
        pieces.append(text)
        if segment.kind == "field" and segment.separate:
            scope.append(text)
    return Drawing("\x1f".join(scope), "".join(before), "".join(after), width)


def _piece(segment: Segment, moment: datetime, value_of: Callable[[str], Valued]) -> str:
    if segment.kind == "text":
        return segment.text
    if segment.kind == "date":
        return moment.strftime(segment.text or "%Y%m%d")
    value = value_of(segment.field)
    if value is None:
        return segment.empty
    for case in segment.cases:
        if case.value in value:
            return case.text
    return value[1][:MOST_TEXT] if segment.other is None else segment.other


def period_of(config: AutoNumber, moment: datetime) -> str:
    """The period a sequence belongs to: ``""`` for one that never restarts, else the day, month or year."""
    pattern = {"never": "", "day": "%Y%m%d", "month": "%Y%m", "year": "%Y"}[config.restart]
    return moment.strftime(pattern) if pattern else ""


def in_periods(config: AutoNumber) -> bool:
    """Whether there is more than one sequence: they are then counted one by one, without gaps."""
    return config.restart != "never" or any(s.kind == "field" and s.separate for s in config.segments)
