"""What sets an automation off: one Struct per kind of trigger."""

from __future__ import annotations

import msgspec

from runtime.definitions.queries import Filter


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


def trigger_table(trigger: Trigger) -> str | None:
    """The table whose records set the automation off; None where no record does."""
    return getattr(trigger, "table", None)
