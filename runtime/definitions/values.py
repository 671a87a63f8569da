"""Values that steps put into fields, conditions and messages: chosen from pickers, never typed syntax."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

VALUE = "$value"
"""As the only key of a condition's operand: the operand is a value (:func:`operand_value`)."""

ShiftUnit = Literal["minute", "hour", "day", "week", "month", "year"]


class Literal_(msgspec.Struct, frozen=True, tag="literal", tag_field="kind"):  # noqa: N801
    """A fixed value in wire form."""

    value: Any = None


class FieldValue(msgspec.Struct, frozen=True, tag="field", tag_field="kind", omit_defaults=True):
    """A field of a record in reach: ``of`` is ``"trigger"`` or the id of a step that found or made a record.

    ``field`` may be ``$id``: the record itself, for a link to it or its name in a text. ``via``: link fields that are
    followed first, one after another; the field is then one of the record they lead to (of the first, where they lead
    to several).
    """

    field: str
    of: str = "trigger"
    via: tuple[str, ...] = ()


class StepOutput(msgspec.Struct, frozen=True, tag="output", tag_field="kind"):
    """A named output of an earlier step, e.g. the ``reason`` of a reservation that failed."""

    step: str
    key: str


class Now(msgspec.Struct, frozen=True, tag="now", tag_field="kind"):
    """The moment the step runs."""


class RecordUrl(msgspec.Struct, frozen=True, tag="record_url", tag_field="kind", omit_defaults=True):
    """The address of the record's page."""

    of: str = "trigger"


class Before(msgspec.Struct, frozen=True, tag="before", tag_field="kind"):
    """What a field of the trigger's record held before the change that set the automation off."""

    field: str


class PersonValue(msgspec.Struct, frozen=True, tag="person", tag_field="kind", omit_defaults=True):
    """``actor``: whose change (or press) set the automation off; ``creator``/``updater`` of the record ``of``."""

    who: Literal["actor", "creator", "updater"] = "actor"
    of: str = "trigger"


class Shifted(msgspec.Struct, frozen=True, tag="shifted", tag_field="kind"):
    """The date or moment ``base`` and ``amount`` ``unit`` later (earlier, where it is negative).

    Minutes and hours are exact; days and longer go by the calendar and the clock of the app's time zone.
    """

    base: FieldValue | StepOutput | Now | Before
    amount: int
    unit: ShiftUnit = "day"


class FoundRecords(msgspec.Struct, frozen=True, tag="records", tag_field="kind"):
    """Every record of the list that ``step`` found, for a link to all of them."""

    step: str


class FormulaValue(msgspec.Struct, frozen=True, tag="formula", tag_field="kind", omit_defaults=True):
    """What a formula gives over the fields of the record ``of`` and over ``names``: other values by the name they have in it.

    ``source`` names fields by id, as formulas of fields do. ``types``: what kind of value each name is (worked out when
    the automation is stored).
    """

    source: str
    of: str = "trigger"
    names: dict[str, Inner] = {}
    types: dict[str, Literal["text", "number", "boolean", "date", "datetime", "list"]] = {}


Inner = (
    FieldValue | StepOutput | Now | RecordUrl | Before | PersonValue | Shifted | FoundRecords | FormulaValue
)


class TextValue(msgspec.Struct, frozen=True, tag="text", tag_field="kind"):
    """Text with values in it: strings and values in order."""

    parts: tuple[str | Inner, ...] = ()


Value = Literal_ | TextValue | Inner

How = Literal["set", "add", "remove", "clear"]


class Assignment(msgspec.Struct, frozen=True, omit_defaults=True):
    """Put ``value`` into ``field``.

    ``how``: ``add`` adds a number, appends to a text, or puts items (options, people, links, files) to those that are
    there; ``remove`` subtracts, or takes items out; ``clear`` empties the field, whatever the value.
    """

    field: str
    value: Value = Literal_()
    how: How = "set"


def operand_value(operand: Any) -> Value | None:
    """The value that an operand of a condition stands for; None for a plain operand.

    Raises:
        msgspec.ValidationError: it says it is a value, and is none.
    """
    if not isinstance(operand, dict) or set(operand) != {VALUE}:
        return None
    value: Value = msgspec.convert(operand[VALUE], Value)
    return value


def as_operand(value: Value) -> dict[str, Any]:
    """The operand that stands for a value."""
    return {VALUE: msgspec.to_builtins(value)}
