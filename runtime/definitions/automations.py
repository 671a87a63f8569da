"""Automations: a trigger, conditions, and steps that run in order."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.queries import Filter
from runtime.definitions.values import Assignment, TextValue, Value


class RecordCreated(msgspec.Struct, frozen=True, tag="record_created", tag_field="kind", omit_defaults=True):
    """A record of ``table`` appears that meets ``where``."""

    table: str
    where: Filter | None = None


class RecordUpdated(msgspec.Struct, frozen=True, tag="record_updated", tag_field="kind", omit_defaults=True):
    """One of ``fields`` (any, when empty) of a record of ``table`` changes, and the record then meets ``where``."""

    table: str
    fields: tuple[str, ...] = ()
    where: Filter | None = None


class StateMoved(msgspec.Struct, frozen=True, tag="state_moved", tag_field="kind", omit_defaults=True):
    """The single select ``field`` moves from one of ``sources`` (any, when empty) to one of ``targets`` (choice numbers)."""

    table: str
    field: str
    sources: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    where: Filter | None = None


class ButtonPressed(msgspec.Struct, frozen=True, tag="button", tag_field="kind", omit_defaults=True):
    """Somebody presses a button field of ``table`` that names this automation, on a record that meets ``where``."""

    table: str
    where: Filter | None = None


Trigger = RecordCreated | RecordUpdated | StateMoved | ButtonPressed


class RecordMeets(msgspec.Struct, frozen=True, tag="record_meets", tag_field="kind", omit_defaults=True):
    """The record (as it is now) meets ``where``."""

    where: Filter
    of: str = "trigger"


class OutcomeIs(msgspec.Struct, frozen=True, tag="outcome_is", tag_field="kind"):
    """The earlier step ``step`` ended with ``outcome`` (e.g. ``short`` for a reservation that could not be met)."""

    step: str
    outcome: str


Test = RecordMeets | OutcomeIs


class OnlyIf(msgspec.Struct, frozen=True, tag="only_if", tag_field="kind"):
    """Go on only when ``test`` holds; otherwise the run ends, finished."""

    test: Test


class Arm(msgspec.Struct, frozen=True):
    """One way of a branch: its steps run when ``test`` holds (an arm without a test always does)."""

    name: str
    steps: tuple[Step, ...]
    test: Test | None = None


class Branch(msgspec.Struct, frozen=True, tag="branch", tag_field="kind"):
    """The first arm whose test holds is taken."""

    arms: tuple[Arm, ...]


class ReserveLines(msgspec.Struct, frozen=True, tag="reserve_stock", tag_field="kind"):
    """Reserve stock for every line of the trigger record, all or none. Outcomes: ``reserved``, ``short``, ``moved_on``.

    Outputs: ``reason`` (which line lacks what), ``lines`` (number of lines).
    """

    stock: str


class ReleaseLines(msgspec.Struct, frozen=True, tag="release_stock", tag_field="kind"):
    """Give back what the trigger record's lines have reserved. Outcome ``released``."""

    stock: str


class UpdateRecord(msgspec.Struct, frozen=True, tag="update_record", tag_field="kind", omit_defaults=True):
    """Set fields of the trigger record or of the one an earlier step made."""

    set: tuple[Assignment, ...]
    of: str = "trigger"


class CreateRecord(msgspec.Struct, frozen=True, tag="create_record", tag_field="kind", omit_defaults=True):
    """Create a record in ``table``; later steps can use it by this step's id."""

    table: str
    set: tuple[Assignment, ...] = ()


class SendWecom(msgspec.Struct, frozen=True, tag="send_wecom", tag_field="kind", omit_defaults=True):
    """Send ``text`` through the WeCom robot ``connector``; ``mention`` are WeCom user ids or mobile numbers, or ``@all``."""

    connector: str
    text: TextValue
    mention: tuple[str, ...] = ()
    markdown: bool = False


class HttpPost(msgspec.Struct, frozen=True, tag="http_post", tag_field="kind", omit_defaults=True):
    """POST a JSON object of named values to the ``http_webhook`` connector."""

    connector: str
    body: dict[str, Value] = {}


StepConfig = (
    OnlyIf | Branch | ReserveLines | ReleaseLines | UpdateRecord | CreateRecord | SendWecom | HttpPost
)


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step; ``id`` (``stp…``) is what later steps and run records refer to.

    ``attempts``: how often it is tried in all before it waits for a person. ``on_failure``: whether the run stops
    (default) or goes on without it.
    """

    id: str
    config: StepConfig
    name: str = ""
    attempts: int = 5
    on_failure: Literal["stop", "continue"] = "stop"


class AutomationDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """An automation; only an enabled one starts runs."""

    name: str
    trigger: Trigger
    steps: tuple[Step, ...] = ()
    enabled: bool = False
    description: str = ""
