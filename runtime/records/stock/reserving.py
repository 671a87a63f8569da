"""Reserving: all lines of an order or none, or what can be had while the rest waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from runtime.access import Actor
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.records.change import Source
from runtime.records.ledger import ZERO, Movement
from runtime.records.stock.desk import Desk, Line, Posting, Reservation, Shelf
from runtime.storage.database import Tx
from runtime.system import System

Taken = dict[int, dict[int, Decimal]]
"""Per line: how much of which shelf."""


async def reserve(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    *,
    actor: Actor,
    source: Source,
    still: tuple[str, Sequence[int]] | None = None,
    now: datetime | None = None,
    seen: Callable[[str], None] | None = None,
) -> Reservation:
    """Reserve what the lines of ``order`` still need: all or nothing, or (``partial``) what can be had.

    ``still``: a select field and the choices the order must be in. What is held already is not reserved again, so that
    doing this twice does nothing the second time. ``seen`` is told what the order is called.

    Raises:
        NotFound, NotAllowed: no such stock or order, or the actor may not edit its app's records.
        InvalidInput: the record is no order of this stock.
        RuleBroken: the stock's tables or fields are gone.
    """
    desk = await Desk.open(system, tx, stock_id, actor, seen)
    row = await (desk.lock_order(order) if still is None else desk.lock_order_in(order, *still))
    if row is None:
        return MOVED_ON
    lines = await desk.lines([row])
    if (no := refused(desk, lines)) is not None:
        return no
    return await _take(desk, row, lines, actor, source, desk.d.partial, now)


async def fill(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    *,
    actor: Actor,
    source: Source,
    now: datetime | None = None,
    seen: Callable[[str], None] | None = None,
) -> Reservation:
    """Give the order's waiting lines what has become available. ``filled`` when none waits any more, else ``partial``.

    Raises what :func:`reserve` raises.
    """
    desk = await Desk.open(system, tx, stock_id, actor, seen)
    row = await desk.lock_order(order)
    lines = [line for line in await desk.lines([row]) if line.waiting]
    if not lines:
        return Reservation("filled")
    done = await _take(desk, row, lines, actor, source, True, now)
    return done if done.outcome == "partial" else Reservation("filled", done.lines, None, done.places)


async def _take(
    desk: Desk,
    row: int,
    lines: list[Line],
    actor: Actor,
    source: Source,
    partial: bool,
    now: datetime | None,
) -> Reservation:
    needy = [line for line in lines if line.need > 0]
    places, shelves = await desk.open_places(needy)
    posting, done = grant(desk, row, needy, places, shelves, source, partial, now)
    if posting is None:
        return done
    await desk.wait(row, needy)
    await desk.store_all(actor, [posting])
    return done


def grant(
    desk: Desk,
    row: int,
    needy: Sequence[Line],
    places: Mapping[int, list[int]],
    shelves: Mapping[int, Shelf],
    source: Source,
    partial: bool,
    now: datetime | None = None,
) -> tuple[Posting | None, Reservation]:
    """Give the lines of an order what there is of these shelves, which are changed where that is something; None instead of what
    is to be stored where the order gets nothing."""
    taken, lacking = _allocate(desk, needy, places, shelves)
    reason = _why(needy, lacking, shelves) if lacking else None
    if lacking and not partial:
        return None, Reservation("short", reason=reason)
    hours = desk.d.expire_hours
    until = (now or datetime.now(UTC)) + timedelta(hours=hours) if hours else None
    movements: list[Movement] = []
    states: dict[int, dict[str, Any]] = {}
    touched: dict[int, Shelf] = {}
    for line in needy:
        for shelf_row, quantity in taken.get(line.row, {}).items():
            shelf = touched[shelf_row] = shelves[shelf_row]
            shelf.reserved += quantity
            line.held[shelf_row] = line.held.get(shelf_row, ZERO) + quantity
            movements.append(Movement("reserve", shelf_row, quantity, line.row, row, expires_at=until))
        line.open = lacking.get(line.row, ZERO)
        states[line.row] = desk.state(line)
    movements.sort(key=lambda one: (one.stock_row, one.line or 0))
    outcome: Any = "partial" if lacking else "reserved"
    seen = tuple(shelf.place() for shelf in touched.values())
    got = sum(1 for line in needy if taken.get(line.row))
    posting = Posting(source, tuple(touched.values()), states, movements)
    return posting, Reservation(outcome, got, reason, seen, sum(lacking.values(), ZERO))


MOVED_ON = Reservation("moved_on", reason=Message(N_("订单已经不在要预占的状态,没有预占")))


def refused(desk: Desk, lines: Sequence[Line]) -> Reservation | None:
    """How it ends for an order with these lines before anything is looked for; None when it is to be looked for."""
    if not lines:
        return Reservation("short", reason=Message(N_("订单没有明细,没有东西可以预占")))
    wrong = _unreadable(desk, lines)
    return None if wrong is None else Reservation("short", reason=wrong)


def _unreadable(desk: Desk, lines: Sequence[Line]) -> Message | None:
    """Why lines cannot be reserved as they are filled in; None when they can."""
    for line in lines:
        if line.held or line.consumed > 0:
            continue
        if line.stock_row is None and desk.d.pick == "exact":
            return Message(N_("有订单明细没有选库存"))
        if line.quantity is None or line.quantity <= 0:
            return Message(N_("有订单明细没有填数量"))
        if (wrong := desk.too_fine(line.quantity)) is not None:
            return wrong
    return None


def _allocate(
    desk: Desk, lines: Sequence[Line], places: Mapping[int, list[int]], shelves: Mapping[int, Shelf]
) -> tuple[Taken, dict[int, Decimal]]:
    """Who gets what from where, and what each line lacks. Lines that name their place come first."""
    left = {row: shelf.available for row, shelf in shelves.items()}
    taken: Taken = {}
    lacking: dict[int, Decimal] = {}
    for line in sorted(lines, key=lambda one: (one.stock_row is None, one.row)):
        need = line.need
        for shelf in desk.in_order(places.get(line.row, ()), shelves):
            part = min(need, left[shelf.row])
            if part > 0:
                taken.setdefault(line.row, {})[shelf.row] = part
                left[shelf.row] -= part
                need -= part
        if need > 0:
            lacking[line.row] = need
    return taken, lacking


def _why(lines: Sequence[Line], lacking: Mapping[int, Decimal], shelves: Mapping[int, Shelf]) -> Message:
    """What lacks where: the first place in full, how many more."""
    said: list[Message] = []
    named: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.stock_row is not None:
            named[line.stock_row] += line.need
    for line in lines:
        if line.row not in lacking:
            continue
        shelf = shelves.get(line.stock_row or 0)
        if line.stock_row is not None and shelf is None:
            said.append(Message(N_("订单明细选的库存已被删除")))
        elif shelf is not None:
            need = named.pop(shelf.row, None)
            if need is not None:
                said.append(
                    Message(
                        N_("{place} 要 {need} 件,只剩 {left} 件可用"),
                        {"place": shelf.name, "need": _text(need), "left": _text(shelf.available)},
                    )
                )
        else:
            said.append(
                Message(
                    N_("「{line}」要 {need} 件,各个库位加起来还缺 {lack} 件"),
                    {"line": line.title, "need": _text(line.need), "lack": _text(lacking[line.row])},
                )
            )
    if len(said) == 1:
        return said[0]
    return Message(N_("{first};另有 {count} 处也缺货"), {"first": said[0], "count": len(said) - 1})


def _text(quantity: Decimal) -> str:
    return str(wire_number(quantity))
