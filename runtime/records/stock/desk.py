"""The locked rows that stock work stands on, and the one way it is stored.

Locks are always taken in the same order: orders, their lines by number, shelves by number. So any number of writers on
the same shelves wait for each other in one direction only; the database's own rules are the last word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.catalog import Catalog, Field, Stock, Table
from runtime.definitions.fields import Link, Number, SingleSelect
from runtime.errors import InvalidInput, NotFound, RuleBroken
from runtime.fieldtypes import Context
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import ledger, links
from runtime.records.change import Change, Patch, Source
from runtime.records.ledger import ZERO, Movement
from runtime.records.pipeline import carry_out_together
from runtime.records.stock.places import candidates
from runtime.storage.database import Row, Tx, one_or_more
from runtime.system import System

Outcome = Literal["reserved", "partial", "short", "moved_on", "released", "consumed", "filled", "expired"]


class Reservation(msgspec.Struct, frozen=True):
    """``outcome``: ``reserved``; ``partial`` (what could be had; the rest waits); ``short`` (nothing was reserved;
    ``reason`` says what lacks where); ``moved_on`` (the order has left the state it should be in); ``released``,
    ``consumed``, ``filled``, ``expired``. ``lines``: how many lines were touched. ``waiting``: what still lacks.
    """

    outcome: Outcome
    lines: int = 0
    reason: Message | None = None
    places: tuple[dict[str, Any], ...] = ()
    waiting: Decimal = ZERO


@dataclass(slots=True)
class Line:
    """An order line while it is worked on; ``held`` and ``consumed`` per shelf, ``open``: what it waits for."""

    row: int
    title: str
    quantity: Decimal | None
    status: int | None
    stock_row: int | None
    waiting: bool = False
    open: Decimal = ZERO
    held: dict[int, Decimal] = field(default_factory=dict)
    expiring: dict[int, Any] = field(default_factory=dict)
    consumed: Decimal = ZERO
    orders: tuple[int, ...] = ()
    """Rows of the orders it belongs to, where it was asked for together with those of others."""

    @property
    def need(self) -> Decimal:
        """What it still wants."""
        return max(ZERO, (self.quantity or ZERO) - sum(self.held.values(), self.consumed))


@dataclass(slots=True)
class Shelf:
    """A stock row while it is being changed."""

    row: int
    title: str
    location: str
    on_hand: Decimal
    reserved: Decimal
    rank: Any = None

    @property
    def available(self) -> Decimal:
        """What may still be promised."""
        return self.on_hand - self.reserved

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.title} {self.location}".strip()

    def place(self) -> dict[str, Any]:
        """For the outputs of a step."""
        return {"title": self.title, "location": self.location, "available": wire_number(self.available)}


class Posting(msgspec.Struct, frozen=True):
    """What is to be stored for one source: balances of shelves, fields of lines, movements of the ledger."""

    source: Source
    shelves: tuple[Shelf, ...]
    states: Mapping[int, Mapping[str, Any]]
    movements: Sequence[Movement]


class Desk:
    """The tables and fields of a stock, and the rows of it that this transaction has locked."""

    def __init__(self, system: System, tx: Tx, catalog: Catalog, stock: Stock) -> None:
        self.system, self.tx, self.catalog, self.stock = system, tx, catalog, stock
        self.d = stock.definition
        self.context = Context(zone=catalog.app(stock.app_id).zone)
        self.seen: Callable[[str], None] | None = None
        try:
            self.line_table = catalog.table(self.d.line_table)
            self.stock_table = catalog.table(self.d.stock_table)
            for table, keys in (
                (self.stock_table, (self.d.on_hand, self.d.reserved)),
                (self.line_table, (self.d.line_order, self.d.line_quantity, self.d.line_status)),
            ):
                for key in keys:
                    table.by_id[key]
        except (NotFound, KeyError):
            raise RuleBroken(
                N_("库存设置「{name}」用到的表或字段已被删除,先到应用设置里改好它"),
                code="stock_broken",
                name=self.d.name,
            ) from None

    @classmethod
    async def open(
        cls, system: System, tx: Tx, stock_id: str, actor: Actor, seen: Callable[[str], None] | None = None
    ) -> Desk:
        """The desk of a stock, its definition held still; ``seen`` is told what the order is called that is locked.

        Raises NotFound, NotAllowed, RuleBroken.
        """
        catalog = await system.catalogs.locked(tx)
        stock = catalog.stock(stock_id)
        require(actor, Operation.EDIT_RECORDS, stock.app_id)
        desk = cls(system, tx, catalog, stock)
        desk.seen = seen
        return desk

    @property
    def order_table(self) -> Table:
        """The table whose records the lines belong to."""
        config = self.line_table.field(self.d.line_order).config
        assert isinstance(config, Link)  # noqa: S101 - checked when the stock was set up
        return self.catalog.table(config.table)

    async def lock_order(self, order: str) -> int:
        """Lock an order; its row. Raises NotFound (also for a trashed one), InvalidInput for a record of another table."""
        return (await self._lock_order(order))["id"]  # type: ignore[no-any-return]

    async def lock_order_in(self, order: str, field_id: str, choices: Sequence[int]) -> int | None:
        """The same for an order in a select of which one of these choices stands; None when another one does by now."""
        column = self.order_table.field(field_id).column
        row = await self._lock_order(order)
        return row["id"] if row[column] in choices else None

    async def _lock_order(self, order: str) -> Row:
        return (await self.lock_orders([order]))[0]

    async def lock_orders(self, orders: Sequence[str]) -> list[Row]:
        """Lock orders; their rows as they are once the locks were got. Raises what :meth:`lock_order` raises."""
        numbers = [self._order_row(order) for order in orders]
        found = {row["id"]: row for row in await self.tx.lock_rows(self.order_table.sql, numbers)}
        if any(number not in found or found[number]["deleted_at"] is not None for number in numbers):
            raise NotFound(N_("没有这条记录,可能已被删除"))
        if self.seen is not None:
            for number in numbers:
                self.seen(self.order_name(found[number]))
        return [found[number] for number in numbers]

    def order_name(self, row: Row) -> str:
        """What an order is called."""
        return _title(self.order_table.primary, row, self.context)

    def _order_row(self, order: str) -> int:
        number, row = parse_record_id(order)
        if number != self.order_table.number:
            raise InvalidInput(
                N_("这条记录不属于「{table}」,库存「{stock}」不能为它预占"),
                code="not_an_order",
                table=self.order_table.name,
                stock=self.d.name,
            )
        return row

    async def lines(self, orders: Collection[int]) -> list[Line]:
        """The orders' live lines, locked by number, with what each holds. The orders are locked already."""
        table, order = self.line_table, self.line_table.field(self.d.line_order)
        among, value = one_or_more(list(orders), 1)
        found = await self.tx.fetch(
            f"SELECT n.id FROM {table.sql} n JOIN {order.link_sql} o ON o.{order.link_near} = n.id"
            f" WHERE o.{order.link_far} {among} AND n.deleted_at IS NULL ORDER BY n.id FOR UPDATE OF n",
            value,
        )
        # who was waited for may have given a line another shelf or order: only now is read what holds
        return await self._read_lines([row["id"] for row in found], list(orders))

    async def lines_by_row(self, rows: Collection[int]) -> list[Line]:
        """Live lines by number, locked, whichever order they belong to."""
        found = await self.tx.fetch(
            f"SELECT id FROM {self.line_table.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL"
            " ORDER BY id FOR UPDATE",
            list(rows),
        )
        return await self._read_lines([row["id"] for row in found], None)

    async def _read_lines(self, locked: list[int], orders: list[int] | None) -> list[Line]:
        """What stands in lines that are locked, of those that belong to ``orders`` (None: to any or none)."""
        table, d = self.line_table, self.d
        order, quantity, status = (table.field(key) for key in (d.line_order, d.line_quantity, d.line_status))
        shelf = table.by_id.get(d.line_stock)
        place = (
            f"(SELECT s.{shelf.link_far} FROM {shelf.link_sql} s WHERE s.{shelf.link_near} = n.id LIMIT 1)"
            if shelf is not None
            else "NULL::bigint"
        )
        if not locked:
            return []
        among, value = one_or_more(locked, 2)
        belongs, whose, values = "", "", [self.stock.number, value]
        if orders is not None:
            of, their = one_or_more(orders, 3)
            if len(orders) > 1:
                whose = f", ARRAY(SELECT o.{order.link_far} FROM {order.link_sql} o WHERE o.{order.link_near} = n.id) AS orders"
            belongs = f" AND EXISTS (SELECT 1 FROM {order.link_sql} o WHERE o.{order.link_near} = n.id AND o.{order.link_far} {of})"
            values.append(their)
        # a line comes once for each shelf that it holds or has had something of
        found = await self.tx.fetch(
            f"SELECT n.*, n.{quantity.column} AS quantity, n.{status.column} AS status, {place} AS stock_row,"
            f" {_named(table.primary, 'n')} AS title, h.stock_record AS held_at, h.held, h.consumed, h.expires_at{whose}"
            f" FROM {table.sql} n LEFT JOIN meta.stock_hold h ON h.stock_id = $1 AND h.line_record = n.id"
            f" AND (h.held > 0 OR h.consumed > 0) WHERE n.id {among}{belongs} ORDER BY n.id, h.stock_record",
            *values,
        )
        self.tx.remember(table.sql, found)
        lines: dict[int, Line] = {}
        for row in found:
            if row["id"] not in lines:
                title = links.title(table.primary, row["title"], self.context)
                line = Line(row["id"], title, row["quantity"], row["status"], row["stock_row"])
                line.orders = tuple(row["orders"]) if whose else ()
                lines[row["id"]] = line
            _add_hold(lines[row["id"]], row)
        await self._add_waiting(lines)
        return list(lines.values())

    async def _add_waiting(self, lines: dict[int, Line]) -> None:
        if not self.d.partial:  # cannot be switched off while lines wait
            return
        for row in await self.tx.fetch(
            "SELECT line_record AS line, quantity FROM meta.stock_backorder"
            " WHERE stock_id = $1 AND line_record = ANY($2::bigint[])",
            self.stock.number,
            list(lines),
        ):
            lines[row["line"]].waiting, lines[row["line"]].open = True, row["quantity"]

    async def places_of(self, lines: Sequence[Line]) -> dict[int, list[int]]:
        """Which shelves may serve each line: the one it names, or those of its SKU; in no order yet."""
        found = {line.row: [line.stock_row] for line in lines if line.stock_row is not None}
        free = [line.row for line in lines if line.stock_row is None]
        if free and self.d.pick != "exact":
            for row in await self.tx.fetch(candidates(self.catalog, self.d, available=True), free, None):
                found.setdefault(row["line"], []).append(row["shelf"])
        return found

    async def open_places(self, lines: Sequence[Line]) -> tuple[dict[int, list[int]], dict[int, Shelf]]:
        """:meth:`places_of` each line, and those shelves, locked. A shelf that was given to another SKU while its lock
        was waited for serves nobody."""
        places = await self.places_of(lines)
        shelves = await self.shelves(row for rows in places.values() for row in rows)
        free = [line.row for line in lines if line.stock_row is None and places.get(line.row)]
        if free:
            pairs = await self.tx.fetch(
                candidates(self.catalog, self.d, available=True), free, sorted(shelves)
            )
            places |= {row: [] for row in free}
            for pair in pairs:
                places[pair["line"]].append(pair["shelf"])
        return places, shelves

    async def shelves(self, rows: Iterable[int]) -> dict[int, Shelf]:
        """Live stock rows, locked by number."""
        table, d = self.stock_table, self.d
        on_hand, reserved = table.field(d.on_hand), table.field(d.reserved)
        location, by = table.by_id.get(d.location or ""), table.by_id.get(d.pick_by or "")
        wanted = sorted(set(rows))
        found = await self.tx.lock_rows(table.sql, wanted) if wanted else []
        return {
            row["id"]: Shelf(
                row["id"],
                _title(table.primary, row, self.context),
                _title(location, row, self.context),
                row[on_hand.column] or ZERO,
                row[reserved.column] or ZERO,
                _rank(by, _value(by, row)),
            )
            for row in found
            if row["deleted_at"] is None
        }

    def in_order(self, rows: Iterable[int], shelves: Mapping[int, Shelf]) -> list[Shelf]:
        """Shelves as they are to be taken from: by the chosen field, those without a value last, then by number."""
        here = [shelves[row] for row in sorted(rows) if row in shelves]
        known = [shelf for shelf in here if shelf.rank is not None]
        known.sort(key=lambda shelf: shelf.rank, reverse=self.d.pick_descending)
        return known + [shelf for shelf in here if shelf.rank is None]

    def too_fine(self, quantity: Decimal) -> Message | None:
        """Why this quantity cannot be kept: the balances have fewer decimals; None when it can."""
        for key in (self.d.on_hand, self.d.reserved):
            found = self.stock_table.field(key)
            decimals = found.config.decimals if isinstance(found.config, Number) else 0
            if quantity != quantity.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):
                return Message(
                    N_("数量 {quantity} 的小数太多,「{field}」只记 {decimals} 位小数"),
                    {
                        "quantity": format(quantity.normalize(), "f"),
                        "field": found.name,
                        "decimals": decimals,
                    },
                )
        return None

    async def store(
        self,
        actor: Actor,
        source: Source,
        shelves: Iterable[Shelf],
        states: Mapping[int, Mapping[str, Any]],
        movements: Sequence[Movement],
        reason: str | None = None,
    ) -> None:
        """Balances of ``shelves`` and fields of lines through the write path, and the ledger, all or nothing."""
        await self.store_all(actor, [Posting(source, tuple(shelves), states, movements)], reason)

    async def store_all(self, actor: Actor, postings: Sequence[Posting], reason: str | None = None) -> None:
        """The same for what several runs do; no shelf and no line is of two of them."""
        d = self.d
        for table, patches in ((d.stock_table, self._balances), (d.line_table, self._states)):
            changes = [
                Change(
                    table=table,
                    actor=actor,
                    source=Source("stock", one.source.ref, one.source.depth),
                    updates=updates,
                    atomic=True,
                    reason=reason,
                )
                for one in postings
                if (updates := patches(one))
            ]
            if changes:
                await carry_out_together(self.system, self.tx, changes, managed=True)
        movements = [
            replace(movement, source=one.source.ref) for one in postings for movement in one.movements
        ]
        await ledger.append(self.tx, self.stock, actor, None, movements, reason)

    def _balances(self, posting: Posting) -> tuple[Patch, ...]:
        shelves = sorted(posting.shelves, key=lambda one: one.row)
        for shelf in shelves:
            if (wrong := self.too_fine(shelf.on_hand) or self.too_fine(shelf.reserved)) is not None:
                raise RuleBroken(wrong.msgid, code="too_fine", **wrong.params)
        return tuple(
            Patch(
                record_id(self.stock_table.number, shelf.row),
                {
                    self.d.on_hand: wire_number(shelf.on_hand),
                    self.d.reserved: wire_number(shelf.reserved),
                },
            )
            for shelf in shelves
        )

    def _states(self, posting: Posting) -> tuple[Patch, ...]:
        return tuple(
            Patch(record_id(self.line_table.number, row), posting.states[row])
            for row in sorted(posting.states)
            if posting.states[row]
        )

    def state(self, line: Line, resting: int | None = None) -> dict[str, Any]:
        """The fields of a line as what it holds, waits for and has had says. ``resting``: its choice when it has
        nothing."""
        d = self.d
        if line.open > 0:
            choice = d.backordered or (d.reserved_choice if line.held else d.unreserved)
        elif line.held:
            choice = d.reserved_choice
        else:
            choice = d.consumed if line.consumed > 0 else resting or d.unreserved
        fields: dict[str, Any] = {d.line_status: choice}
        if d.line_open is not None and d.line_open in self.line_table.by_id:
            fields[d.line_open] = wire_number(line.open) if line.open > 0 else None
        return fields

    async def wait(self, order_row: int, lines: Iterable[Line]) -> None:
        """Write down what lines wait for; who waited before keeps the place in the queue."""
        waiting, done = (
            [line for line in lines if line.open > 0],
            [line for line in lines if not line.open > 0],
        )
        if gone := [line.row for line in done if line.waiting]:
            await self.tx.execute(
                "DELETE FROM meta.stock_backorder WHERE stock_id = $1 AND line_record = ANY($2::bigint[])",
                self.stock.number,
                gone,
            )
        if waiting:
            await self.tx.execute(
                "INSERT INTO meta.stock_backorder (stock_id, line_record, order_record, quantity)"
                " SELECT $1, l, $2, q FROM unnest($3::bigint[], $4::numeric[]) AS u(l, q)"
                " ON CONFLICT (stock_id, line_record) DO UPDATE SET quantity = excluded.quantity,"
                " order_record = excluded.order_record",
                self.stock.number,
                order_row,
                [line.row for line in waiting],
                [line.open for line in waiting],
            )


def _named(field: Field | None, alias: str) -> str:
    named = field is not None and field.type not in ("link", "button")
    return f"{alias}.{field.column}" if field is not None and named else "NULL::text"


def _add_hold(line: Line, row: Row) -> None:
    """What the line holds of a shelf, and has had of it; nothing where the row names none."""
    if row["held_at"] is None:
        return
    line.consumed += row["consumed"]
    if row["held"]:
        line.held[row["held_at"]] = row["held"]
        line.expiring[row["held_at"]] = row["expires_at"]


def _value(field: Field | None, row: Any) -> Any:
    """What a row holds in a field; None for one that has no column."""
    return None if field is None or field.type in ("link", "button") else row[field.column]


def _title(field: Field | None, row: Any, context: Context) -> str:
    return links.title(field, _value(field, row), context)


def _rank(by: Field | None, value: Any) -> Any:
    """What a shelf's place in the order of taking is compared by; texts by the numbers in them (A-2 before A-10)."""
    if value is None or by is None:
        return None
    if isinstance(by.config, SingleSelect):
        return next((at for at, choice in enumerate(by.config.choices) if choice.id == value), None)
    if isinstance(value, str):
        parts = re.split(r"([0-9]+)", value)
        return [int(part) if at % 2 else part for at, part in enumerate(parts)]
    return value
