"""Steps over the stock that an order's lines take from. ``of``: ``"trigger"`` or the step that found or made the record."""

from __future__ import annotations

import msgspec


class ReserveLines(msgspec.Struct, frozen=True, tag="reserve_stock", tag_field="kind", omit_defaults=True):
    """Reserve stock for every line of an order. Outcomes: ``reserved``, ``partial`` (what could be had; the rest waits;
    only where the stock says so), ``short`` (nothing), ``moved_on``.

    Outputs: ``reason`` (which line lacks what), ``lines`` (number of lines), ``waiting`` (how much lacks).
    """

    stock: str
    of: str = "trigger"


class ReleaseLines(msgspec.Struct, frozen=True, tag="release_stock", tag_field="kind", omit_defaults=True):
    """Give back what an order's lines have reserved. Outcome ``released``."""

    stock: str
    of: str = "trigger"


class ConsumeLines(msgspec.Struct, frozen=True, tag="consume_stock", tag_field="kind", omit_defaults=True):
    """Send out what an order's lines have reserved: on hand and reserved both shrink. Outcome ``consumed``."""

    stock: str
    of: str = "trigger"


class FillLines(msgspec.Struct, frozen=True, tag="fill_backorders", tag_field="kind", omit_defaults=True):
    """Give an order's waiting lines what has become available. Outcomes: ``filled`` (none waits any more), ``partial``.

    Outputs: ``lines`` (that got something), ``waiting`` (how much still lacks), ``reason``.
    """

    stock: str
    of: str = "trigger"


StockStep = ReserveLines | ReleaseLines | ConsumeLines | FillLines
