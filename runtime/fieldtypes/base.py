"""What every field type can do.

Three forms of a value: *wire* (JSON, what the API and forms speak), *stored* (what asyncpg gives and takes) and *text*
(what a person reads). ``parse`` is strict, as a form is; ``repair`` is lenient, as an import or a paste is. Both raise
:class:`BadValue` with a sentence. The law: ``parse(to_wire(v)) == v``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import msgspec
from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.i18n import N_, Message

FormulaType = Literal["text", "number", "boolean", "date", "datetime", "list"]


class BadValue(Exception):
    """A value does not fit its field; ``message`` says why and what would."""

    def __init__(self, msgid: str, *, code: str = "bad_value", **params: Any) -> None:
        self.message = Message(msgid, params)
        self.code = code
        super().__init__(self.message.text())


class Context(msgspec.Struct, frozen=True):
    """Where values are read: the app's time ``zone``, the moment ``now``, and the number of the person who asks (``me``)."""

    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    now: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))
    me: int | None = None


ConditionMaker = Callable[[Any, str, Any, Context], QueryString]

EMPTY_OPERATORS = ("is_empty", "is_not_empty")


class FieldType:
    """Base of all field types. ``config`` is always the type's own configuration Struct."""

    name: ClassVar[str]
    label: ClassVar[str]
    """What the type is called (msgid)."""
    icon: ClassVar[str] = "type"
    description: ClassVar[str] = ""
    """One line on what it is for (msgid)."""
    operators: ClassVar[tuple[str, ...]] = ()
    aggregates: ClassVar[tuple[str, ...]] = ("count", "count_filled", "count_empty", "count_unique")
    readonly: ClassVar[bool] = False
    searchable: ClassVar[bool] = False
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = True

    def sql_type(self, config: Any) -> str | None:
        """The PostgreSQL type of the column; None where the field has no column of its own."""
        raise NotImplementedError

    def parse(self, config: Any, value: Any, context: Context) -> Any:
        """Wire → stored, strictly; None (and an empty text) is an empty cell. Raises BadValue."""
        raise NotImplementedError

    def repair(self, config: Any, value: Any, context: Context) -> Any:
        """Anything a spreadsheet may hold → stored, leniently. Raises BadValue."""
        return self.parse(config, value, context)

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        """``parse`` (``lenient``: ``repair``) of many values, none of them None, in less time than one by one.

        None where a value is refused or not of the usual kind: they have to be read one by one then.
        """
        return None

    def admit(self, config: Any, stored: Any, before: Any) -> None:
        """Refuse what may stay in a cell but not be chosen anew (``before``: what the cell holds). Raises BadValue."""

    def to_wire(self, config: Any, stored: Any) -> Any:
        """Stored → wire."""
        return stored

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any] | None:
        """``to_wire`` of one field, for many values: what it needs is found out once. None: stored values are wire values.

        ``encoded``: msgspec makes JSON of the answer, and may be left what it writes just as its wire value: moments, dates.
        """
        if type(self).to_wire is FieldType.to_wire:
            return None
        return partial(self.to_wire, config)

    def wire_all(self, config: Any, stored: Sequence[Any]) -> Sequence[Any]:
        """``to_wire`` of many values, as :meth:`wires` ``encoded`` makes them."""
        wire = self.wires(config, encoded=True)
        return stored if wire is None else list(map(wire, stored))

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        """The SQL of the JSON (a text) that msgspec makes of ``to_wire``; NULL for an empty cell. None: Python has to.

        ``column`` is a trusted identifier, and may be named several times.
        """
        if type(self).to_wire is FieldType.to_wire and self.sql_type(config) == "text":
            return QueryString(f"to_json({column})::text")
        return None

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        """Stored → what a person reads; empty text for an empty cell."""
        return "" if stored is None else str(self.to_wire(config, stored))

    def to_history(self, config: Any, stored: Any) -> Any:
        """Stored → JSON kept in the history; ``from_history`` is its inverse."""
        return self.to_wire(config, stored)

    def from_history(self, config: Any, value: Any) -> Any:
        """JSON of the history → stored."""
        return None if value is None else self.parse(config, value, Context())

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        """The SQL of ``column op value``; ``column`` is a trusted identifier. Raises InvalidInput."""
        if op == "is_empty":
            return QueryString(f"{column} IS NULL")
        if op == "is_not_empty":
            return QueryString(f"{column} IS NOT NULL")
        raise self.unknown_operator(op)

    def needle(self, config: Any, text: str) -> str:
        """The form in which ``text`` stands in the column of a searchable type, where somebody looks for it."""
        return text

    def order(self, config: Any, column: str) -> str:
        """The SQL expression records are sorted by."""
        return column

    def formula_type(self, config: Any) -> FormulaType | None:
        """The type a formula sees; None where formulas cannot use the field."""
        return "text"

    def formula_sql(self, config: Any, column: str) -> str:
        """The SQL expression that gives formulas this field's value."""
        return column

    def formula_value(self, config: Any, stored: Any) -> Any:
        """Stored → the value a formula sees in Python."""
        return stored

    def operand(self, config: Any, value: Any, context: Context) -> Any:
        """A condition's operand as a stored value. Raises InvalidInput when it does not fit."""
        try:
            return self.parse(config, value, context)
        except BadValue as bad:
            raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad

    def operands(self, config: Any, value: Any, context: Context) -> list[Any]:
        """A list operand as stored values."""
        items = value if isinstance(value, list | tuple) else [value]
        return [self.operand(config, item, context) for item in items]

    def unknown_operator(self, op: str) -> InvalidInput:
        """The error for an operator that the type does not know."""
        return InvalidInput(
            N_("「{type}」字段不能用「{op}」做条件"), code="bad_operator", type=Message(self.label), op=op
        )


def text_of(value: Any) -> str:
    """A lenient text: numbers without a trailing ``.0``, booleans in words, the rest by ``str``."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "is": "=", "is_not": "<>"}


def compare(column: str, op: str, value: Any) -> QueryString:
    """``column`` compared with one value; an empty cell differs from every value."""
    if op in ("ne", "is_not"):
        return QueryString(f"({column} IS DISTINCT FROM {{}})", value)
    return QueryString(f"{column} {COMPARISONS[op]} {{}}", value)


def like_pattern(value: str) -> str:
    """``value`` with LIKE's special characters escaped."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
