"""State machines: a single-select field whose value may only move along declared transitions."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from runtime.definitions.queries import Filter

StateKind = Literal["open", "waiting", "done", "cancelled"]


class SetField(msgspec.Struct, frozen=True, tag="set_field", tag_field="kind"):
    """Set ``field`` to ``value`` (wire form), or to what ``formula`` gives (over the fields people fill in, by id).

    The text ``"$now"`` stands for the moment of the move, ``"$me"`` in a member field for whoever makes it.
    """

    field: str
    value: Any = None
    formula: str = ""


class ReleaseStock(msgspec.Struct, frozen=True, tag="release_stock", tag_field="kind"):
    """Give back whatever the record's lines have reserved, by the rules of the stock definition ``stock``."""

    stock: str


class ReserveStock(msgspec.Struct, frozen=True, tag="reserve_stock", tag_field="kind"):
    """Reserve all the record's lines or refuse the move."""

    stock: str


class ConsumeStock(msgspec.Struct, frozen=True, tag="consume_stock", tag_field="kind"):
    """Turn the record's reservations into outgoing stock: on hand and reserved both shrink."""

    stock: str


class Fill(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a field of a new record gets: ``value`` (as in :class:`SetField`), the value of field ``source`` of the record
    that moves, or what ``formula`` gives over that record."""

    field: str
    value: Any = None
    source: str = ""
    formula: str = ""


class CreateRecord(msgspec.Struct, frozen=True, tag="create_record", tag_field="kind"):
    """Create a record in ``table``; its link ``link`` (if any) points at the record that moves."""

    table: str
    link: str = ""
    fields: tuple[Fill, ...] = ()


Effect = CreateRecord | SetField | ReserveStock | ReleaseStock | ConsumeStock


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one choice of the select means in the machine. ``choice`` is the choice's number.

    ``limit``: how many seconds a record may stay; longer is late. None: as long as it likes.
    """

    choice: int
    kind: StateKind = "open"
    limit: int | None = None


class Transition(msgspec.Struct, frozen=True, omit_defaults=True):
    """An allowed move.

    ``label`` is the button's text. ``roles`` and ``members`` (public ids) may make it, both empty: every editor;
    with ``automations_only`` no person may. ``guard`` and the formula ``formula`` (fields by id, gives yes) must hold on
    the record (with the move's other changes applied), else ``refusal`` is what the person reads. ``effects`` happen in
    the same transaction.
    """

    source: int
    target: int
    label: str = ""
    roles: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    automations_only: bool = False
    guard: Filter | None = None
    formula: str = ""
    refusal: str = ""
    required: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()


class StateMachine(msgspec.Struct, frozen=True, omit_defaults=True):
    """States, the ones a new record may start in (the first is the default), and the allowed moves."""

    initial: tuple[int, ...]
    transitions: tuple[Transition, ...] = ()
    states: tuple[State, ...] = ()

    def allowed(self, source: int | None) -> tuple[Transition, ...]:
        """The transitions that leave ``source``."""
        return tuple(t for t in self.transitions if t.source == source)

    @property
    def limits(self) -> dict[int, int]:
        """How many seconds a record may stay in each state that has a limit, by the choice's number."""
        return {state.choice: state.limit for state in self.states if state.limit is not None}

    def find(self, source: int | None, target: int | None) -> Transition | None:
        """The transition ``source`` → ``target``, or None where that move is not allowed."""
        return next((t for t in self.transitions if t.source == source and t.target == target), None)
