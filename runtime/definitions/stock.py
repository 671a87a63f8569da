"""Stock: which of the user's own tables and fields hold what is on the shelf and what is promised."""

from __future__ import annotations

from typing import Literal

import msgspec

PickBy = Literal["exact", "ordered", "fifo"]


class SkuPart(msgspec.Struct, frozen=True):
    """A field of the line and a field of the shelf that must agree for the shelf to hold what the line wants."""

    line: str
    shelf: str


class StockDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """The mapping a reservation works with.

    ``stock_table`` has one record per SKU and location, with number fields ``on_hand`` and ``reserved``; the database
    itself holds 0 ≤ reserved ≤ on_hand. ``line_table`` has one record per order line: ``line_order`` and ``line_stock``
    are to-one links, ``line_quantity`` a number, ``line_status`` a single select whose choices stand in
    ``unreserved``/``reserved_choice``/``consumed`` (choice numbers). ``reserved``, ``line_status`` and ``line_open`` are
    written by reservations only. ``location`` names the shelf in messages.

    ``pick`` says which places a line is served from: ``exact``, the one its ``line_stock`` names; ``ordered`` and
    ``fifo``, those whose ``sku`` fields agree with the line's, in the order of the stock field ``pick_by`` (a date for
    ``fifo``), unless the line names a place itself. ``line_stock`` may then be empty.

    ``partial``: what can be had is reserved, and what lacks is written into the number field ``line_open`` and waits;
    ``backordered`` is the choice of such a line. ``auto_fill``: arriving stock fills what waits, the oldest first.
    ``expire_hours``: reservations older than this are given back; ``expired`` is the choice of such a line.
    """

    name: str
    stock_table: str
    on_hand: str
    reserved: str
    line_table: str
    line_order: str
    line_stock: str
    line_quantity: str
    line_status: str
    unreserved: int
    reserved_choice: int
    consumed: int
    location: str | None = None
    pick: PickBy = "exact"
    sku: tuple[SkuPart, ...] = ()
    pick_by: str | None = None
    pick_descending: bool = False
    partial: bool = False
    line_open: str | None = None
    backordered: int | None = None
    auto_fill: bool = True
    expire_hours: float | None = None
    expired: int | None = None

    @property
    def managed(self) -> tuple[str, ...]:
        """The fields that reservations alone may write."""
        return tuple(key for key in (self.reserved, self.line_status, self.line_open) if key)

    @property
    def choices(self) -> tuple[int, ...]:
        """The choices of ``line_status`` that mean something."""
        found = (self.unreserved, self.reserved_choice, self.consumed, self.backordered, self.expired)
        return tuple(choice for choice in found if choice is not None)
