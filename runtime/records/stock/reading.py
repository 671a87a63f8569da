"""What people see of a stock: balances, who holds what, and the ledger; of one record, what concerns it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.catalog import Catalog, Stock, Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, Filter, Group, Query, Sort
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links, read
from runtime.system import System

MAX_PAGE = 200
Only = Literal["all", "held", "none"]


class Named(msgspec.Struct, frozen=True):
    """A record and what it is called; ``gone``: it lies in the trash or is removed."""

    id: str
    name: str
    gone: bool = False


class Balance(msgspec.Struct, frozen=True):
    """A shelf: ``available`` is on hand less reserved."""

    shelf: Named
    location: str
    on_hand: Decimal
    reserved: Decimal
    available: Decimal


class Balances(msgspec.Struct, frozen=True):
    """A page of shelves; sums over all that match on the first page only. ``waiting``: lines that lack something."""

    shelves: tuple[Balance, ...]
    next_cursor: str | None
    total: int | None = None
    on_hand: Decimal | None = None
    reserved: Decimal | None = None
    waiting: int = 0


class Hold(msgspec.Struct, frozen=True):
    """What a line of an order holds of a shelf; ``shelf`` None: what it waits for."""

    order: Named
    line: Named
    shelf: Named | None
    location: str
    quantity: Decimal
    since: datetime
    expires_at: datetime | None = None


class Movement(msgspec.Struct, frozen=True):
    """A row of the ledger. ``reason`` is a msgid or a person's own words; ``source`` the run (or job) that did it."""

    id: int
    at: datetime
    kind: str
    quantity: Decimal
    on_hand_after: Decimal
    reserved_after: Decimal
    shelf: Named
    location: str
    order: Named | None
    line: Named | None
    actor_kind: str
    actor_id: str
    actor_name: str
    reason: str | None
    source: str | None


class Concern(msgspec.Struct, frozen=True):
    """What a record is in a stock, and what is held there because of it."""

    stock: str
    name: str
    role: Literal["order", "line", "shelf"]
    holds: tuple[Hold, ...]


async def balances(
    system: System,
    actor: Actor,
    stock_id: str,
    *,
    search: str | None = None,
    only: Only = "all",
    cursor: str | None = None,
    limit: int = 50,
) -> Balances:
    """Shelves in the order of their places, those that match. Raises NotFound."""
    room = await _Room.of(system, actor, stock_id)
    d, table = room.d, room.shelves
    place = table.by_id.get(d.location or "")
    order = [field for field in (place, table.primary) if field is not None and field.type != "link"]
    query = Query(
        where=_only(only, d.on_hand, d.reserved),
        sorts=tuple(Sort(field.id) for field in dict.fromkeys(order)),
        search=search or None,
        fields=tuple(
            dict.fromkeys(
                field.id
                for field in (table.primary, place, table.by_id[d.on_hand], table.by_id[d.reserved])
                if field is not None
            )
        ),
        cursor=cursor,
        limit=max(1, min(limit, MAX_PAGE)),
    )
    page = await read.page(system, actor, table.id, query)
    names = await room.named(table, [parse_record_id(view.id)[1] for view in page.records])
    places = await room.places(parse_record_id(view.id)[1] for view in page.records)
    found = []
    for view in page.records:
        row = parse_record_id(view.id)[1]
        on_hand, reserved = (Decimal(str(view.fields[key] or 0)) for key in (d.on_hand, d.reserved))
        found.append(Balance(names[row], places.get(row, ""), on_hand, reserved, on_hand - reserved))
    if cursor is not None:
        return Balances(tuple(found), page.next_cursor)
    sums = await read.aggregate(
        system,
        actor,
        table.id,
        AggregateQuery(
            where=query.where,
            search=query.search,
            aggregates=(Aggregate(), Aggregate("sum", d.on_hand), Aggregate("sum", d.reserved)),
        ),
    )
    total, on_hand_sum, reserved_sum = sums[0].values if sums else (0, 0, 0)
    waiting = await system.db.value(
        "SELECT count(*) FROM meta.stock_backorder WHERE stock_id = $1", room.stock.number
    )
    return Balances(
        tuple(found),
        page.next_cursor,
        total,
        Decimal(str(on_hand_sum or 0)),
        Decimal(str(reserved_sum or 0)),
        waiting,
    )


def _only(only: Only, on_hand: str, reserved: str) -> Filter | None:
    if only == "held":
        return Condition(reserved, "gt", 0)
    if only == "none":
        return Group("or", (Condition(on_hand, "is_empty"), Condition(on_hand, "le", 0)))
    return None


async def holds(
    system: System,
    actor: Actor,
    stock_id: str,
    *,
    shelf: str | None = None,
    order: str | None = None,
    line: str | None = None,
    limit: int = MAX_PAGE,
) -> tuple[Hold, ...]:
    """Who holds what now, the oldest first, and what still waits. Raises NotFound."""
    room = await _Room.of(system, actor, stock_id)
    rows = await system.db.fetch(
        "SELECT * FROM (SELECT order_record, line_record, stock_record, held AS quantity, since, expires_at"
        " FROM meta.stock_hold WHERE stock_id = $1 AND held > 0 UNION ALL"
        " SELECT order_record, line_record, NULL, quantity, since, NULL FROM meta.stock_backorder WHERE stock_id = $1) h"
        " WHERE ($2::bigint IS NULL OR stock_record = $2) AND ($3::bigint IS NULL OR order_record = $3)"
        " AND ($4::bigint IS NULL OR line_record = $4) ORDER BY since, line_record, stock_record LIMIT $5",
        room.stock.number,
        room.row(shelf, room.shelves),
        room.row(order, room.orders),
        room.row(line, room.lines),
        max(1, min(limit, MAX_PAGE)),
    )
    orders = await room.named(room.orders, [row["order_record"] for row in rows if row["order_record"]])
    lines = await room.named(room.lines, [row["line_record"] for row in rows])
    shelves = await room.named(room.shelves, [row["stock_record"] for row in rows if row["stock_record"]])
    places = await room.places(shelves)
    return tuple(
        Hold(
            orders.get(row["order_record"]) or Named("", "", True),
            lines[row["line_record"]],
            shelves.get(row["stock_record"]),
            places.get(row["stock_record"], ""),
            row["quantity"],
            row["since"],
            row["expires_at"],
        )
        for row in rows
    )


async def movements(
    system: System,
    actor: Actor,
    stock_id: str,
    *,
    shelf: str | None = None,
    order: str | None = None,
    line: str | None = None,
    kinds: Collection[str] = (),
    before: int | None = None,
    limit: int = 50,
) -> tuple[Movement, ...]:
    """The ledger, the newest first. Raises NotFound."""
    room = await _Room.of(system, actor, stock_id)
    rows = await system.db.fetch(
        "SELECT * FROM meta.stock_movement WHERE stock_id = $1 AND ($2::bigint IS NULL OR stock_record = $2)"
        " AND ($3::bigint IS NULL OR order_record = $3) AND ($4::bigint IS NULL OR line_record = $4)"
        " AND (cardinality($5::text[]) = 0 OR kind = ANY($5::text[])) AND ($6::bigint IS NULL OR id < $6)"
        " ORDER BY id DESC LIMIT $7",
        room.stock.number,
        room.row(shelf, room.shelves),
        room.row(order, room.orders),
        room.row(line, room.lines),
        list(kinds),
        before,
        max(1, min(limit, MAX_PAGE)),
    )
    shelves = await room.named(room.shelves, [row["stock_record"] for row in rows])
    orders = await room.named(room.orders, [row["order_record"] for row in rows if row["order_record"]])
    lines = await room.named(room.lines, [row["line_record"] for row in rows if row["line_record"]])
    places = await room.places(shelves)
    return tuple(
        Movement(
            row["id"],
            row["at"],
            row["kind"],
            row["quantity"],
            row["on_hand_after"],
            row["reserved_after"],
            shelves[row["stock_record"]],
            places.get(row["stock_record"], ""),
            orders.get(row["order_record"]),
            lines.get(row["line_record"]),
            row["actor_kind"],
            row["actor_id"],
            row["actor_name"],
            row["reason"],
            row["source"],
        )
        for row in rows
    )


async def shelf_row(system: System, actor: Actor, stock_id: str, shelf: str) -> int:
    """The row of a shelf of the stock. Raises NotFound, InvalidInput for a record of another table."""
    room = await _Room.of(system, actor, stock_id)
    return room.row(shelf, room.shelves) or 0


async def of_record(system: System, actor: Actor, public_id: str) -> tuple[Concern, ...]:
    """What a record holds (an order, a line) or what of it is held (a shelf), per stock. Raises NotFound."""
    catalog = await system.catalogs.current()
    table = catalog.table_by_number(parse_record_id(public_id)[0])
    require(actor, Operation.LOOK, table.app_id)
    found = []
    for stock in catalog.app_of(table).stocks:
        try:
            room = _Room(system, catalog, stock)
        except NotFound:
            continue
        if table.id == room.orders.id:
            found.append(
                Concern(stock.id, room.d.name, "order", await holds(system, actor, stock.id, order=public_id))
            )
        elif table.id == room.lines.id:
            found.append(
                Concern(stock.id, room.d.name, "line", await holds(system, actor, stock.id, line=public_id))
            )
        elif table.id == room.shelves.id:
            found.append(
                Concern(stock.id, room.d.name, "shelf", await holds(system, actor, stock.id, shelf=public_id))
            )
    return tuple(found)


class _Room:
    """The tables of a stock, and the names of their records."""

    def __init__(self, system: System, catalog: Catalog, stock: Stock) -> None:
        self.system, self.catalog, self.stock, self.d = system, catalog, stock, stock.definition
        self.shelves, self.lines = catalog.table(self.d.stock_table), catalog.table(self.d.line_table)
        config = self.lines.field(self.d.line_order).config
        if not isinstance(config, Link):
            raise NotFound()
        self.orders = catalog.table(config.table)
        self.context = Context(zone=catalog.app(stock.app_id).zone)

    @classmethod
    async def of(cls, system: System, actor: Actor, stock_id: str) -> _Room:
        catalog = await system.catalogs.current()
        stock = catalog.stock(stock_id)
        require(actor, Operation.LOOK, stock.app_id)
        return cls(system, catalog, stock)

    def row(self, public_id: str | None, table: Table) -> int | None:
        """The row of a record that must be one of ``table``."""
        if public_id is None:
            return None
        number, row = parse_record_id(public_id)
        if number != table.number:
            raise InvalidInput(N_("这条记录不属于「{table}」"), code="wrong_table", table=table.name)
        return row

    async def named(self, table: Table, rows: Collection[int]) -> dict[int, Named]:
        """What records are called; those removed for good have no name."""
        primary = table.primary
        column = primary.column if primary is not None and primary.stored else "NULL::text"
        found: Mapping[int, Any] = {
            row["id"]: row
            for row in await self.system.db.fetch(
                f"SELECT id, {column} AS name, deleted_at FROM {table.sql} WHERE id = ANY($1::bigint[])",
                sorted(set(rows)),
            )
        }
        return {
            row: Named(
                record_id(table.number, row),
                links.title(primary, found[row]["name"], self.context) if row in found else "",
                row not in found or found[row]["deleted_at"] is not None,
            )
            for row in rows
        }

    async def places(self, rows: Any) -> dict[int, str]:
        """Where shelves stand."""
        field = self.shelves.by_id.get(self.d.location or "")
        if field is None or not field.stored:
            return {}
        found = await self.system.db.fetch(
            f"SELECT id, {field.column} AS place FROM {self.shelves.sql} WHERE id = ANY($1::bigint[])",
            sorted(set(rows)),
        )
        return {row["id"]: links.title(field, row["place"], self.context) for row in found}
