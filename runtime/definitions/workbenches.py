"""Workbenches: small phone apps over a table. The first kind looks a record up by a scanned code."""

from __future__ import annotations

import msgspec


class LookupBindings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which of the bound table's fields plays which part. Ids of fields; ``None`` where the part is not shown.

    ``stock`` is the stock definition whose reservations are shown; ``customer`` is a to-one link (the same customer's
    other records are those that share it), else equal ``phone`` is used.
    """

    number: str
    waybill: str
    phone: str | None = None
    remark: str | None = None
    status: str | None = None
    customer: str | None = None
    stock: str | None = None


class WorkbenchDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lookup workbench.

    ``slug`` is its address under ``/w/``. ``search``: fields a typed or scanned code is matched with. ``card``: further
    fields on the card, in order. ``roles``: roles that may use it; ``scan``: whether scanning is allowed.
    """

    name: str
    table: str
    bindings: LookupBindings
    slug: str
    search: tuple[str, ...] = ()
    card: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("owner", "builder", "editor", "viewer")
    scan: bool = True
    kind: str = "lookup"
