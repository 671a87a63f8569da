"""Values that steps put into fields and messages: chosen from pickers, never typed syntax."""

from __future__ import annotations

from typing import Any

import msgspec


class Literal_(msgspec.Struct, frozen=True, tag="literal", tag_field="kind"):  # noqa: N801
    """A fixed value in wire form."""

    value: Any = None


class FieldValue(msgspec.Struct, frozen=True, tag="field", tag_field="kind", omit_defaults=True):
    """A field of a record in reach: ``of`` is ``"trigger"`` or the id of a step that found or made a record.

    ``field`` may be ``$id``: the record itself, for a link to it or its name in a text.
    """

    field: str
    of: str = "trigger"


class StepOutput(msgspec.Struct, frozen=True, tag="output", tag_field="kind"):
    """A named output of an earlier step, e.g. the ``reason`` of a reservation that failed."""

    step: str
    key: str


class Now(msgspec.Struct, frozen=True, tag="now", tag_field="kind"):
    """The moment the step runs."""


class RecordUrl(msgspec.Struct, frozen=True, tag="record_url", tag_field="kind", omit_defaults=True):
    """The address of the record's page."""

    of: str = "trigger"


class TextValue(msgspec.Struct, frozen=True, tag="text", tag_field="kind"):
    """Text with values in it: strings and values in order."""

    parts: tuple[str | FieldValue | StepOutput | Now | RecordUrl, ...] = ()


Value = Literal_ | FieldValue | StepOutput | Now | RecordUrl | TextValue


class Assignment(msgspec.Struct, frozen=True):
    """Put ``value`` into ``field``."""

    field: str
    value: Value
