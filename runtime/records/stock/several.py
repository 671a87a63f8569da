"""Reserving for several orders in one transaction: their rows, lines and shelves are each locked by one statement, in the
one order that all stock work keeps, and stored together as far as no two of them take from the same shelf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime.access import Actor
from runtime.records.change import Source
from runtime.records.happened import Apart
from runtime.records.stock.desk import Desk, Line, Posting, Reservation
from runtime.records.stock.reserving import MOVED_ON, grant, refused
from runtime.storage.database import Tx
from runtime.system import System


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that wants its lines reserved; ``still`` and ``seen`` as :func:`runtime.records.stock.reserve` has them."""

    order: str
    source: Source
    still: tuple[str, Sequence[int]] | None
    seen: Callable[[str], None]


async def reserve_several(
    system: System, tx: Tx, stock_id: str, asked: Sequence[Asked], *, actor: Actor
) -> list[Reservation]:
    """What :func:`runtime.records.stock.reserve` does, for one order after the other. All orders are different ones.

    Raises what that raises, as soon as it is so for one of them, and :class:`Apart` where a line belongs to two of them.
    """
    desk = await Desk.open(system, tx, stock_id, actor)
    rows = await desk.lock_orders([one.order for one in asked])
    for one, row in zip(asked, rows, strict=True):
        one.seen(desk.order_name(row))
    here = [
        one.still is None or row[desk.order_table.field(one.still[0]).column] in one.still[1]
        for one, row in zip(asked, rows, strict=True)
    ]
    lines = await _lines(desk, [row["id"] for row, is_here in zip(rows, here, strict=True) if is_here])
    needy: dict[int, list[Line]] = {}
    done: dict[int, Reservation] = {}
    for row, is_here in zip(rows, here, strict=True):
        number = row["id"]
        no = refused(desk, lines[number]) if is_here else MOVED_ON
        if no is not None:
            done[number] = no
        else:
            needy[number] = [line for line in lines[number] if line.need > 0]
    places, shelves = await desk.open_places([line for some in needy.values() for line in some])
    ready: list[Posting] = []
    taken: set[int] = set()
    for one, row in zip(asked, rows, strict=True):
        wants = needy.get(row["id"])
        if wants is None:
            continue
        around = {shelf for line in wants for shelf in places.get(line.row, ())}
        if around & taken:
            await desk.store_all(actor, ready)
            ready, taken = [], set()
        posting, done[row["id"]] = grant(desk, row["id"], wants, places, shelves, one.source, desk.d.partial)
        if posting is not None:
            await desk.wait(row["id"], wants)
            ready.append(posting)
            taken |= {shelf.row for shelf in posting.shelves}
    if ready:
        await desk.store_all(actor, ready)
    return [done[row["id"]] for row in rows]


async def _lines(desk: Desk, orders: Sequence[int]) -> dict[int, list[Line]]:
    """The lines of each order, locked."""
    found: dict[int, list[Line]] = defaultdict(list)
    for line in await desk.lines(orders) if orders else ():
        whose = [order for order in line.orders if order in orders] if len(orders) > 1 else orders
        if len(whose) > 1:
            raise Apart
        found[whose[0]].append(line)
    return found
