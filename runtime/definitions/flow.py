"""Steps about the course of a run itself: waiting, running another automation, stopping; and what a loop goes over."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.queries import Filter
from runtime.definitions.values import TextValue, Value

Unit = Literal["seconds", "minutes", "hours", "days"]

UNIT_SECONDS: dict[Unit, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class Span(msgspec.Struct, frozen=True):
    """A length of time; a day is 24 hours."""

    amount: int
    unit: Unit = "minutes"

    @property
    def seconds(self) -> int:
        """Its length in seconds."""
        return self.amount * UNIT_SECONDS[self.unit]


class ForSpan(msgspec.Struct, frozen=True, tag="span", tag_field="kind"):
    """So long."""

    span: Span


class UntilField(msgspec.Struct, frozen=True, tag="field", tag_field="kind", omit_defaults=True):
    """Until the moment in the date field ``field`` of the record ``of``, ``shift`` later (earlier, when negative).

    A date is the beginning of that day in the app's zone. An empty field does not wait.
    """

    field: str
    of: str = "trigger"
    shift: Span | None = None


class UntilTime(msgspec.Struct, frozen=True, tag="time", tag_field="kind"):
    """Until the clock of the app's zone next shows ``at`` (``HH:MM``)."""

    at: str


class UntilMeets(msgspec.Struct, frozen=True, tag="meets", tag_field="kind", omit_defaults=True):
    """Until the record ``of`` meets ``where``, at most for ``limit``."""

    where: Filter
    limit: Span
    of: str = "trigger"


Until = ForSpan | UntilField | UntilTime | UntilMeets


class Wait(msgspec.Struct, frozen=True, tag="wait", tag_field="kind"):
    """Go on later. Outcomes ``reached`` and, of :class:`UntilMeets`, ``timed_out``."""

    until: Until


class RunAutomation(msgspec.Struct, frozen=True, tag="run_automation", tag_field="kind", omit_defaults=True):
    """Run ``automation`` for the record ``of`` (None: without a record). ``wait``: go on when it has ended.

    Outcomes ``finished`` and ``started``. Waited for, its failure is the step's.
    """

    automation: str
    of: str | None = "trigger"
    wait: bool = True


class Stop(msgspec.Struct, frozen=True, tag="stop", tag_field="kind", omit_defaults=True):
    """End the run here: failed with the words of ``text``, or (``failed`` false) quietly."""

    failed: bool = True
    text: TextValue = TextValue(())


class FoundRecords(msgspec.Struct, frozen=True, tag="found", tag_field="kind"):
    """What the earlier step ``step`` has found: its output ``records``, a list of record ids."""

    step: str


class LinkedRecords(msgspec.Struct, frozen=True, tag="linked", tag_field="kind", omit_defaults=True):
    """The records in the link ``field`` of the record ``of``, as they are when the loop begins."""

    field: str
    of: str = "trigger"


class ListItems(msgspec.Struct, frozen=True, tag="list", tag_field="kind"):
    """The items of a value: of a list one by one, of a text by line (or by 、 and commas in a single line)."""

    value: Value


Over = FoundRecords | LinkedRecords | ListItems
