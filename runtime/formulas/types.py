"""Values of formulas: their types, the errors that are values, and the limits every formula obeys.

A value in Python is a ``Decimal``, ``str``, ``bool``, ``date``, naive ``datetime`` (wall clock of the app's time
zone), ``tuple[str, ...]`` or ``None`` for blank; in SQL it is ``numeric``, ``text``, ``boolean``, ``date``,
``timestamp``, ``text[]`` or ``NULL``. There is one empty: the empty text, the empty list and blank are the same.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

import msgspec

Scalar = Decimal | str | bool | date | datetime
Value = Scalar | tuple[str, ...] | None


class ValueType(StrEnum):
    """The static type of an expression; each becomes one SQL type."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"
    BLANK = "blank"
    MIXED = "mixed"  # branches of different types, as in IFERROR({a}/{b}, "无"); a stored formula makes text of it

    @property
    def is_temporal(self) -> bool:
        """Whether this is a date or a date-time."""
        return self in (ValueType.DATE, ValueType.DATETIME)


NUMBER, TEXT, BOOLEAN = ValueType.NUMBER, ValueType.TEXT, ValueType.BOOLEAN
DATE, DATETIME, LIST = ValueType.DATE, ValueType.DATETIME, ValueType.LIST
BLANK, MIXED = ValueType.BLANK, ValueType.MIXED

ErrorCode = Literal["#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"]
DIV0: Final = "#DIV/0!"
VALUE: Final = "#VALUE!"
REF: Final = "#REF!"
NAME: Final = "#NAME?"
NUM: Final = "#NUM!"
NA: Final = "#N/A"


class FormulaError(msgspec.Struct, frozen=True):
    """The value of a formula that has no answer, as a spreadsheet shows it. It is returned, never raised."""

    code: ErrorCode

    def __str__(self) -> str:
        return self.code


class FormulaFailure(Exception):
    """Carries a :class:`FormulaError` up to the nearest IFERROR, ISERROR or the end. Never leaves this package."""

    def __init__(self, code: ErrorCode) -> None:
        self.error = FormulaError(code)
        super().__init__(code)


# Numbers: exact decimals. Every step keeps INNER_SCALE decimals; what people can see is settled at SETTLED_SCALE.
INNER_SCALE: Final = 30
SETTLED_SCALE: Final = 15
MAX_DIGITS: Final = 40  # |number| < 10^40, else #NUM!


class FieldInfo(msgspec.Struct, frozen=True):
    """What a formula must know of a field it reads.

    ``type`` is the type of its value in formulas: selects and members are text, several of them a list, a check box is
    a boolean. ``digits`` and ``scale`` promise, for numbers, at most so many digits before and after the decimal point
    (results of formulas keep to the defaults); the narrower the promise, the fewer overflow checks the SQL carries.
    """

    name: str
    type: ValueType
    digits: int = MAX_DIGITS
    scale: int = SETTLED_SCALE

    def __post_init__(self) -> None:
        """Take the type's name for the type."""
        msgspec.structs.force_setattr(self, "type", ValueType(self.type))


# What a formula may ask of the record itself, by the id under which it is asked for (no field's id begins with "$").
RECORD_PARTS: Final = {
    "$record_id": ValueType.TEXT,
    "$created_time": ValueType.DATETIME,
    "$created_by": ValueType.TEXT,
}

# The text a formula may produce, and the text a regular expression may be asked to read.
MAX_TEXT: Final = 100_000
MAX_ITEMS: Final = 10_000  # of a list that a formula makes; together its items are no longer than MAX_TEXT
MAX_REGEX_TEXT: Final = 20_000

# The formula itself.
MAX_SOURCE: Final = 10_000
MAX_DEPTH: Final = 60
MAX_ARGUMENTS: Final = 255
