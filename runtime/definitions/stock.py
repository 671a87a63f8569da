"""Stock: which of the user's own tables and fields hold what is on the shelf and what is promised."""

from __future__ import annotations

import msgspec


class StockDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """The mapping a reservation works with.

    ``stock_table`` has one record per SKU and location, with number fields ``on_hand`` and ``reserved``; the database
    itself holds 0 ≤ reserved ≤ on_hand. ``line_table`` has one record per order line: ``line_order`` and ``line_stock``
    are to-one links, ``line_quantity`` a number, ``line_status`` a single select whose choices stand in
    ``unreserved``/``reserved_choice``/``consumed`` (choice numbers). ``reserved`` and ``line_status`` are written by
    reservations only. ``location`` names the shelf in messages.
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
