"""What sets an automation off: one Struct per kind of trigger."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from runtime.definitions.queries import Filter
from runtime.definitions.schedules import Missed, Plan


class RecordCreated(msgspec.Struct, frozen=True, tag="record_created", tag_field="kind", omit_defaults=True):
    """A record of ``table`` appears that meets ``where``."""

    table: str
    where: Filter | None = None


class RecordUpdated(msgspec.Struct, frozen=True, tag="record_updated", tag_field="kind", omit_defaults=True):
    """One of ``fields`` (any, when empty) of a record of ``table`` changes, and the record then meets ``where``.

    Computed fields count when they are among ``fields``; links count also when they were made on the other side. With one
    field, ``sources`` and ``targets`` are values (in wire form; None: empty) it has to change from and to.
    """

    table: str
    fields: tuple[str, ...] = ()
    where: Filter | None = None
    sources: tuple[Any, ...] = ()
    targets: tuple[Any, ...] = ()


class RecordDeleted(msgspec.Struct, frozen=True, tag="record_deleted", tag_field="kind", omit_defaults=True):
    """A record of ``table`` that met ``where`` goes into the trash. Steps read it as it was."""

    table: str
    where: Filter | None = None


class RecordRestored(
    msgspec.Struct, frozen=True, tag="record_restored", tag_field="kind", omit_defaults=True
):
    """A record of ``table`` is taken out of the trash, and meets ``where``."""

    table: str
    where: Filter | None = None


class ConditionsMet(msgspec.Struct, frozen=True, tag="conditions_met", tag_field="kind", omit_defaults=True):
    """A record of ``table`` did not meet ``where`` and does now, whatever made the difference: also a computed field, or time."""

    table: str
    where: Filter | None = None


class StateMoved(msgspec.Struct, frozen=True, tag="state_moved", tag_field="kind", omit_defaults=True):
    """The single select ``field`` moves from one of ``sources`` (any, when empty) to one of ``targets`` (choice numbers)."""

    table: str
    field: str
    sources: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    where: Filter | None = None


class StateEntered(msgspec.Struct, frozen=True, tag="state_entered", tag_field="kind", omit_defaults=True):
    """A record comes into one of ``states`` (any, when empty) of the single select ``field``; also a new one that begins there."""

    table: str
    field: str
    states: tuple[int, ...] = ()
    where: Filter | None = None


class StateLeft(msgspec.Struct, frozen=True, tag="state_left", tag_field="kind", omit_defaults=True):
    """A record leaves one of ``states`` (any, when empty) of the single select ``field``."""

    table: str
    field: str
    states: tuple[int, ...] = ()
    where: Filter | None = None


class StateOverdue(msgspec.Struct, frozen=True, tag="state_overdue", tag_field="kind", omit_defaults=True):
    """A record has been in one of ``states`` for too long: longer than ``seconds``, or than the state allows; once per stay.

    ``states`` empty: every state that has a limit of its own.
    """

    table: str
    field: str
    states: tuple[int, ...] = ()
    seconds: int | None = None
    where: Filter | None = None


class DateReached(msgspec.Struct, frozen=True, tag="date_reached", tag_field="kind", omit_defaults=True):
    """The moment ``amount`` ``unit`` before (or ``after``) the date in ``field`` of a record comes; once per record and date.

    ``at`` (``HH:MM``, for days and weeks): the time of that day. Without it, a day begins at midnight and a moment keeps its
    own time.
    """

    table: str
    field: str
    amount: int = 0
    unit: Literal["minute", "hour", "day", "week"] = "day"
    after: bool = False
    at: str = ""
    where: Filter | None = None


class ButtonPressed(msgspec.Struct, frozen=True, tag="button", tag_field="kind", omit_defaults=True):
    """Somebody presses a button field of ``table`` that names this automation, on a record that meets ``where``."""

    table: str
    where: Filter | None = None


class FormSubmitted(msgspec.Struct, frozen=True, tag="form_submitted", tag_field="kind", omit_defaults=True):
    """Somebody submits ``form``, and the record that this makes in its ``table`` meets ``where``; once per submission.

    Outputs: ``submitter`` (a member's name; empty of strangers), ``submitted_at``. That the record is new is told as well.
    """

    form: str
    table: str = ""
    where: Filter | None = None


class Manual(msgspec.Struct, frozen=True, tag="manual", tag_field="kind", omit_defaults=True):
    """Somebody starts it by hand for chosen records of ``table`` that meet ``where``; with no table, for nothing in particular.

    ``who``: editors (everybody who may change records), or builders only.
    """

    table: str | None = None
    where: Filter | None = None
    who: Literal["editor", "builder"] = "editor"


class Scheduled(msgspec.Struct, frozen=True, tag="schedule", tag_field="kind", omit_defaults=True):
    """By the calendar, in the time ``zone`` (None: the app's). ``missed`` moments: at most ``most`` of them are made up for.

    Outputs: ``planned_at``, the moment it was planned for, and ``planned_day``.
    """

    plan: Plan
    zone: str | None = None
    missed: Missed = "once"
    most: int = 10


HookType = Literal["text", "number", "boolean", "list", "json"]


class HookValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value in what a webhook receives: steps know it by ``key``, people by ``name``; ``path`` leads to it."""

    key: str
    name: str
    path: tuple[str | int, ...]
    type: HookType = "text"


class HookSignature(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a sender signs: HMAC-SHA256 of the body, in ``header``, after ``prefix`` (``sha256=``).

    With ``timestamp_header``, what is signed is the Unix time in it, a full stop and the body, and it may differ from now by
    ``tolerance`` seconds.
    """

    header: str = "X-Signature"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    timestamp_header: str = ""
    tolerance: int = 300


class Webhook(msgspec.Struct, frozen=True, tag="webhook", tag_field="kind", omit_defaults=True):
    """A program calls the automation's own secret address. Outputs: ``values``, ``received_at``.

    A call that repeats a key (in the header ``key_header``, or at ``key_path`` of the body) starts nothing again. Secrets are
    kept beside the definition (``runtime.automations.hooks``).
    """

    values: tuple[HookValue, ...] = ()
    key_header: str = "Idempotency-Key"
    key_path: tuple[str | int, ...] = ()
    signature: HookSignature | None = None


Trigger = (
    RecordCreated
    | RecordUpdated
    | RecordDeleted
    | RecordRestored
    | ConditionsMet
    | StateMoved
    | StateEntered
    | StateLeft
    | StateOverdue
    | DateReached
    | ButtonPressed
    | FormSubmitted
    | Manual
    | Scheduled
    | Webhook
)

OF_CHANGES = (
    RecordCreated, RecordUpdated, RecordDeleted, RecordRestored, ConditionsMet, StateMoved, StateEntered, StateLeft,
    ButtonPressed, FormSubmitted,
)  # fmt: skip
"""Kinds that wait for what happens to records; the others look at the clock, or somebody starts them."""


def trigger_table(trigger: Trigger) -> str | None:
    """The table whose records set the automation off; None where no record does."""
    return getattr(trigger, "table", None)


def trigger_where(trigger: Trigger) -> Filter | None:
    """What the record has to meet."""
    return getattr(trigger, "where", None)


def trigger_outputs(trigger: Trigger) -> tuple[str, ...]:
    """Keys of the values that come with the trigger itself (``StepOutput("trigger", key)``)."""
    if isinstance(trigger, Scheduled):
        return ("planned_at", "planned_day")
    if isinstance(trigger, Webhook):
        return (*(value.key for value in trigger.values), "received_at")
    if isinstance(trigger, FormSubmitted):
        return ("submitter", "submitted_at")
    if isinstance(trigger, Manual):
        return ("by",)
    if isinstance(trigger, DateReached):
        return ("due_at",)
    if isinstance(trigger, StateOverdue):
        return ("since",)
    return ()
