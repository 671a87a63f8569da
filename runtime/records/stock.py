"""Reservations: promise, give back and send out stock, per SKU and location, all lines of an order or none.

Locks are taken in one fixed order (order, its lines by number, stock rows by number), so that any number of writers on
the same shelves neither deadlock nor oversell; the database's own check (0 ≤ reserved ≤ on hand) is the last word.
Doing any of these twice does nothing the second time: what is held is read from the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec

from runtime.access import Actor
from runtime.catalog import Catalog, Stock, Table
from runtime.definitions.states import ConsumeStock, ReleaseStock, ReserveStock
from runtime.fieldtypes import Context
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import ledger, links
from runtime.records.change import Change, Patch, Source
from runtime.records.ledger import ZERO, Movement
from runtime.records.pipeline import carry_out
from runtime.records.work import Work
from runtime.storage.database import Tx
from runtime.system import System


class Reservation(msgspec.Struct, frozen=True):
    """``outcome``: ``reserved``, ``short`` (nothing was reserved; ``reason`` says what lacks where), ``moved_on`` (the
    order has left the state it should be in), ``released`` or ``consumed``. ``lines``: how many lines were touched.
    """

    outcome: Literal["reserved", "short", "moved_on", "released", "consumed"]
    lines: int = 0
    reason: Message | None = None
    places: tuple[dict[str, Any], ...] = ()


async def reserve(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    *,
    actor: Actor,
    source: Source,
    still: tuple[str, Sequence[int]] | None = None,
) -> Reservation:
    """Reserve every line of ``order`` or none. ``still``: a select field and the choices the order must be in."""
    room = await _Room.open(system, tx, stock_id, order)
    if still is not None and not await room.order_is(*still):
        return Reservation("moved_on", reason=Message(N_("订单已经不在要预占的状态,没有预占")))
    lines = [line for line in await room.lines() if line["status"] != room.d.reserved_choice]
    missing = _incomplete(lines)
    if missing is not None:
        return Reservation("short", reason=missing)
    need: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        need[line["stock_row"]] += line["quantity"]
    shelves = await room.shelves(need)
    if len(shelves) < len(need):
        return Reservation("short", reason=Message(N_("订单明细选的库存已被删除")))
    lacking = [
        (shelves[row], quantity) for row, quantity in need.items() if shelves[row].available < quantity
    ]
    if lacking:
        return Reservation("short", reason=_shortage(lacking))
    movements = []
    for line in lines:
        shelf = shelves[line["stock_row"]]
        shelf.reserved += line["quantity"]
        movements.append(shelf.movement("reserve", line["quantity"], line["id"], room.order_row))
    await room.write(
        actor, source, shelves.values(), [line["id"] for line in lines], room.d.reserved_choice, movements
    )
    return Reservation("reserved", len(lines), places=tuple(s.place() for s in shelves.values()))


async def release(
    system: System, tx: Tx, stock_id: str, order: str, *, actor: Actor, source: Source
) -> Reservation:
    """Give back whatever the order's lines hold."""
    return await _settle(system, tx, stock_id, order, actor, source, "release")


async def consume(
    system: System, tx: Tx, stock_id: str, order: str, *, actor: Actor, source: Source
) -> Reservation:
    """Send out what the order's lines hold: on hand and reserved both shrink."""
    return await _settle(system, tx, stock_id, order, actor, source, "consume")


async def _settle(
    system: System,
    tx: Tx,
    stock_id: str,
    order: str,
    actor: Actor,
    source: Source,
    kind: Literal["release", "consume"],
) -> Reservation:
    room = await _Room.open(system, tx, stock_id, order)
    lines = await room.lines()
    held = await ledger.held_by_lines(tx, room.stock, [line["id"] for line in lines])
    shelves = await room.shelves({row["stock_row"] for row in held})
    movements = []
    for row in held:
        shelf = shelves[row["stock_row"]]
        shelf.reserved -= row["quantity"]
        if kind == "consume":
            shelf.on_hand -= row["quantity"]
        movements.append(shelf.movement(kind, row["quantity"], row["line"], room.order_row))
    touched = sorted({row["line"] for row in held})
    choice = room.d.unreserved if kind == "release" else room.d.consumed
    await room.write(actor, source, shelves.values(), touched, choice, movements)
    return Reservation("released" if kind == "release" else "consumed", len(touched))


class _Shelf:
    """One stock row while it is being changed."""

    def __init__(self, row: int, title: str, location: str, on_hand: Decimal, reserved: Decimal) -> None:
        self.row, self.title, self.location = row, title, location
        self.on_hand, self.reserved = on_hand, reserved

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.reserved

    def movement(self, kind: str, quantity: Decimal, line: int, order: int) -> Movement:
        return Movement(kind, self.row, quantity, self.on_hand, self.reserved, line, order)

    def place(self) -> dict[str, Any]:
        return {"title": self.title, "location": self.location, "available": wire_number(self.available)}


class _Room:
    """The tables, fields and locked rows of one reservation."""

    def __init__(self, system: System, tx: Tx, catalog: Catalog, stock: Stock, order_row: int) -> None:
        self.system, self.tx, self.catalog, self.stock, self.order_row = system, tx, catalog, stock, order_row
        self.d = stock.definition
        self.line_table = catalog.table(self.d.line_table)
        self.stock_table = catalog.table(self.d.stock_table)

    @classmethod
    async def open(cls, system: System, tx: Tx, stock_id: str, order: str) -> _Room:
        catalog = await system.catalogs.locked(tx)
        number, row = parse_record_id(order)
        room = cls(system, tx, catalog, catalog.stock(stock_id), row)
        room.order_table = catalog.table_by_number(number)
        await tx.execute(f"SELECT 1 FROM {room.order_table.sql} WHERE id = $1 FOR UPDATE", row)
        return room

    order_table: Table

    async def order_is(self, field_id: str, choices: Sequence[int]) -> bool:
        field = self.order_table.field(field_id)
        state = await self.tx.value(
            f"SELECT {field.column} FROM {self.order_table.sql} WHERE id = $1", self.order_row
        )
        return state in choices

    async def lines(self) -> list[Any]:
        """The order's live lines, locked, by number: ``id, quantity, status, stock_row``."""
        table = self.line_table
        order, shelf = table.field(self.d.line_order), table.field(self.d.line_stock)
        quantity, status = table.field(self.d.line_quantity), table.field(self.d.line_status)
        return await self.tx.fetch(
            f"SELECT n.id, n.{quantity.column} AS quantity, n.{status.column} AS status,"
            f" (SELECT s.{shelf.link_far} FROM {shelf.link_sql} s WHERE s.{shelf.link_near} = n.id LIMIT 1) AS stock_row"
            f" FROM {table.sql} n JOIN {order.link_sql} o ON o.{order.link_near} = n.id"
            f" WHERE o.{order.link_far} = $1 AND n.deleted_at IS NULL ORDER BY n.id FOR UPDATE OF n",
            self.order_row,
        )

    async def shelves(self, rows: Any) -> dict[int, _Shelf]:
        """The stock rows, locked in the order of their numbers."""
        table = self.stock_table
        on_hand, reserved = table.field(self.d.on_hand), table.field(self.d.reserved)
        primary = table.primary
        location = table.by_id.get(self.d.location or "")
        named = f"t.{primary.column}" if primary is not None and primary.type != "link" else "NULL"
        placed = f"t.{location.column}" if location is not None and location.type != "link" else "NULL"
        found = await self.tx.fetch(
            f"SELECT t.id, coalesce(t.{on_hand.column}, 0) AS on_hand, coalesce(t.{reserved.column}, 0) AS reserved,"
            f" {named} AS title, {placed} AS location FROM {table.sql} t"
            " WHERE t.id = ANY($1::bigint[]) AND t.deleted_at IS NULL ORDER BY t.id FOR UPDATE",
            sorted(rows),
        )
        context = Context()
        return {
            row["id"]: _Shelf(
                row["id"],
                links.title(primary, row["title"], context),
                links.title(location, row["location"], context),
                row["on_hand"],
                row["reserved"],
            )
            for row in found
        }

    async def write(
        self,
        actor: Actor,
        source: Source,
        shelves: Any,
        lines: Sequence[int],
        status: int,
        movements: list[Movement],
    ) -> None:
        """Store balances and line states through the write path, and the ledger."""
        if not movements:
            return
        through = Source("stock", source.ref, source.depth)
        d = self.d
        balances = tuple(
            Patch(
                record_id(self.stock_table.number, shelf.row),
                {d.on_hand: wire_number(shelf.on_hand), d.reserved: wire_number(shelf.reserved)},
            )
            for shelf in shelves
        )
        states = tuple(
            Patch(record_id(self.line_table.number, row), {d.line_status: status}) for row in lines
        )
        for table, updates in ((d.stock_table, balances), (d.line_table, states)):
            change = Change(table=table, actor=actor, source=through, updates=updates, atomic=True)
            await carry_out(self.system, self.tx, change, managed=True)
        await ledger.append(self.tx, self.stock, actor, source.ref, movements)


def _incomplete(lines: Sequence[Any]) -> Message | None:
    for line in lines:
        if line["stock_row"] is None:
            return Message(N_("有订单明细没有选库存"))
        if line["quantity"] is None or line["quantity"] <= 0:
            return Message(N_("有订单明细没有填数量"))
    return None


def _shortage(lacking: Sequence[tuple[_Shelf, Decimal]]) -> Message:
    shelf, quantity = lacking[0]
    return Message(
        N_("{place} 要 {need} 件,只剩 {left} 件可用"),
        {
            "place": f"{shelf.title} {shelf.location}".strip(),
            "need": str(wire_number(quantity)),
            "left": str(wire_number(shelf.available)),
        },
    )


async def run_effects_of_moves(work: Work) -> None:
    """In-transaction stock effects of state moves; a reservation that falls short refuses the move."""
    for item in work.good:
        for field, _, _, transition in item.moves:
            for effect in transition.effects if transition is not None else ():
                order = record_id(work.table.number, item.row_id)
                actor, source = work.change.actor, work.change.source
                if isinstance(effect, ReserveStock):
                    done = await reserve(
                        work.system, work.tx, effect.stock, order, actor=actor, source=source
                    )
                    if done.outcome == "short" and done.reason is not None:
                        item.refuse("out_of_stock", done.reason, field)
                elif isinstance(effect, ReleaseStock):
                    await release(work.system, work.tx, effect.stock, order, actor=actor, source=source)
                elif isinstance(effect, ConsumeStock):
                    await consume(work.system, work.tx, effect.stock, order, actor=actor, source=source)
