"""Giving reserved stock back, and sending it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from runtime.access import Actor
from runtime.i18n import N_
from runtime.records.change import Source
from runtime.records.ledger import ZERO, Movement
from runtime.records.stock.desk import Desk, Reservation
from runtime.storage.database import Tx
from runtime.system import System

EXPIRED = N_("预占超过时限,自动放回")


async def release(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    *,
    actor: Actor,
    source: Source,
    seen: Callable[[str], None] | None = None,
) -> Reservation:
    """Give back whatever the order's lines hold, and let them wait no longer. Raises as ``reserve`` does."""
    return await _settle(system, tx, stock_id, order, actor, source, "release", seen=seen)


async def consume(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    *,
    actor: Actor,
    source: Source,
    seen: Callable[[str], None] | None = None,
) -> Reservation:
    """Send out what the order's lines hold: on hand and reserved both shrink. What waits goes on waiting."""
    return await _settle(system, tx, stock_id, order, actor, source, "consume", seen=seen)


async def expire(
    system: System, tx: Tx, stock_id: str, order: str, *, actor: Actor, source: Source, now: datetime
) -> Reservation:
    """Give back those of the order's reservations whose time was over at ``now``; what such a line waits for, too."""
    return await _settle(system, tx, stock_id, order, actor, source, "expire", now)


_DONE = {"release": "released", "consume": "consumed", "expire": "expired"}


async def _settle(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    actor: Actor,
    source: Source,
    kind: Literal["release", "consume", "expire"],
    now: datetime | None = None,
    seen: Callable[[str], None] | None = None,
) -> Reservation:
    desk = await Desk.open(system, tx, stock_id, actor, seen)
    row = await desk.lock_order(order)
    lines = await desk.lines([row])
    shelves = await desk.shelves(shelf for line in lines for shelf in line.held)
    movements, states, touched, changed = [], {}, {}, []
    for line in lines:
        due = [
            shelf
            for shelf in sorted(line.held)
            if now is None or (line.expiring[shelf] is not None and line.expiring[shelf] <= now)
        ]
        waits = line.waiting and kind == "release"
        if not due and not waits:
            continue
        for at in due:
            quantity, shelf = line.held.pop(at), shelves[at]
            shelf.reserved -= quantity
            if kind == "consume":
                shelf.on_hand -= quantity
                line.consumed += quantity
            touched[at] = shelf
            movements.append(Movement(kind, at, quantity, line.row, row))
        if kind != "consume":
            line.open = ZERO
        changed.append(line)
        states[line.row] = desk.state(line, desk.d.expired if kind == "expire" else None)
    movements.sort(key=lambda one: (one.stock_row, one.line or 0))
    await desk.wait(row, changed)
    reason = EXPIRED if kind == "expire" else None
    await desk.store(actor, source, touched.values(), states, movements, reason)
    return Reservation(_DONE[kind], len(changed))  # type: ignore[arg-type]
