"""Stocks on the wire: shelves, holds, movements, what is asked for and what is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from runtime.api.common import actor_name, moment
from runtime.fieldtypes.number import wire_number
from runtime.i18n import Message, Translator
from runtime.records import stock as stocks
from runtime.records.stock import reading

Number = int | float | str | None


class RecordBody(msgspec.Struct, frozen=True):
    """A record and what it is called; ``gone``: it lies in the trash or is removed."""

    id: str
    name: str
    gone: bool


class BalanceBody(msgspec.Struct, frozen=True):
    """A shelf. ``available`` is on hand less reserved."""

    shelf: RecordBody
    location: str
    on_hand: Number
    reserved: Number
    available: Number


class BalancesBody(msgspec.Struct, frozen=True):
    """A page of shelves; ``total`` and sums over all that match on the first page only."""

    shelves: tuple[BalanceBody, ...]
    next_cursor: str | None
    total: int | None
    on_hand: Number
    reserved: Number
    waiting: int


class HoldBody(msgspec.Struct, frozen=True):
    """What a line of an order holds of a shelf; without ``shelf``: what it waits for."""

    order: RecordBody
    line: RecordBody
    shelf: RecordBody | None
    location: str
    quantity: Number
    since: str
    expires_at: str | None


class HoldsBody(msgspec.Struct, frozen=True):
    """Who holds what now, the oldest first."""

    holds: tuple[HoldBody, ...]


class MovementBody(msgspec.Struct, frozen=True):
    """A row of the ledger with the balances after it. ``run``: the automation run that did it."""

    id: int
    at: str
    kind: str
    quantity: Number
    on_hand_after: Number
    reserved_after: Number
    shelf: RecordBody
    location: str
    order: RecordBody | None
    line: RecordBody | None
    actor: dict[str, str]
    reason: str | None
    run: str | None


class MovementsBody(msgspec.Struct, frozen=True):
    """The ledger, the newest first; ``next``: ask for what is ``before`` it."""

    movements: tuple[MovementBody, ...]
    next: int | None


class ConcernBody(msgspec.Struct, frozen=True):
    """What a record is in a stock (order, line, shelf), and what is held because of it."""

    stock: str
    name: str
    role: str
    holds: tuple[HoldBody, ...]


class ConcernsBody(msgspec.Struct, frozen=True):
    """Per stock."""

    stocks: tuple[ConcernBody, ...]


class ItemBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf, and how many: received, more or less, or counted. ``expected``: on hand when the counting began."""

    record: str
    quantity: Any = None
    expected: Any = None


class CountingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All items or none. ``key``: a second time with the same key changes nothing and answers the same."""

    items: list[ItemBody]
    reason: str | None = None
    key: str | None = None


class CountedBody(msgspec.Struct, frozen=True):
    """A shelf after it."""

    record: str
    on_hand: Number
    reserved: Number
    available: Number
    change: Number


class CountedAnswer(msgspec.Struct, frozen=True):
    """In the order of the items."""

    items: tuple[CountedBody, ...]


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order whose lines are meant."""

    order: str


class FillBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order, or a shelf for whatever waits for it; neither: whatever waits."""

    order: str | None = None
    shelf: str | None = None


class ShelfBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf."""

    shelf: str


class ReservationBody(msgspec.Struct, frozen=True):
    """``outcome``: reserved, partial, short, released, consumed, filled. ``waiting``: what still lacks."""

    outcome: str
    lines: int
    reason: str | None
    waiting: Number


class FilledBody(msgspec.Struct, frozen=True):
    """How many orders got something."""

    orders: int


class ClearedBody(msgspec.Struct, frozen=True):
    """How many were set free."""

    quantity: Number


class DifferenceBody(msgspec.Struct, frozen=True):
    """What does not add up, in words, and what to do about it."""

    code: str
    message: str
    advice: str
    record: str | None


class CheckBody(msgspec.Struct, frozen=True):
    """``ok``: everything adds up."""

    ok: bool
    differences: tuple[DifferenceBody, ...]


def record_body(named: reading.Named | None) -> RecordBody | None:
    return None if named is None else RecordBody(named.id, named.name, named.gone)


def hold_body(hold: reading.Hold) -> HoldBody:
    return HoldBody(
        RecordBody(hold.order.id, hold.order.name, hold.order.gone),
        RecordBody(hold.line.id, hold.line.name, hold.line.gone),
        record_body(hold.shelf),
        hold.location,
        wire_number(hold.quantity),
        moment(hold.since),
        _moment(hold.expires_at),
    )


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def movement_body(row: reading.Movement, translator: Translator) -> MovementBody:
    return MovementBody(
        id=row.id,
        at=moment(row.at),
        kind=row.kind,
        quantity=wire_number(row.quantity),
        on_hand_after=wire_number(row.on_hand_after),
        reserved_after=wire_number(row.reserved_after),
        shelf=RecordBody(row.shelf.id, row.shelf.name, row.shelf.gone),
        location=row.location,
        order=record_body(row.order),
        line=record_body(row.line),
        actor={
            "kind": row.actor_kind,
            "id": row.actor_id,
            "name": actor_name(row.actor_kind, row.actor_name, translator),
        },
        reason=_words(row.reason, translator) if row.reason else None,
        run=row.source if row.source and row.source.startswith("run") else None,
    )


def _words(text: str, translator: Translator) -> str:
    """Words of ours in the reader's language; a person's own stay as they are."""
    return Message(text).text(translator)


def counted_answer(done: tuple[stocks.Counted, ...]) -> CountedAnswer:
    return CountedAnswer(
        tuple(
            CountedBody(
                one.record,
                wire_number(one.on_hand),
                wire_number(one.reserved),
                wire_number(one.on_hand - one.reserved),
                wire_number(one.change),
            )
            for one in done
        )
    )
