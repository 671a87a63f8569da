"""The stock ledger: every movement of a stock, append-only; the database adds the balances up from it.

Also what keeps hand edits from breaking reservations: lines that hold or wait cannot change or vanish, and what is on
hand cannot fall below what is promised. How the database holds all this: migration 0008, decision 0401.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from runtime.access import Actor
from runtime.catalog import Field, Stock
from runtime.definitions.fields import Link
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.records import links
from runtime.records.work import Item, Work
from runtime.storage.database import Tx

ZERO = Decimal(0)

Kind = Literal["opening", "adjust", "count", "receive", "reserve", "release", "expire", "consume"]


@dataclass(slots=True)
class Movement:
    """One row of the ledger. ``quantity`` is positive, its meaning is in ``kind``; that of an adjustment, a count or an
    opening is what on hand changes by, and may be negative. ``key``: a second one with the same key is refused.
    """

    kind: Kind
    stock_row: int
    quantity: Decimal
    line: int | None = None
    order: int | None = None
    expires_at: datetime | None = None
    key: str | None = None
    source: str | None = None
    """The run it belongs to, where it is not that of all."""


async def append(
    tx: Tx,
    stock: Stock,
    actor: Actor,
    source: str | None,
    movements: Sequence[Movement],
    reason: str | None = None,
) -> None:
    """Write movements, in order."""
    if movements:
        await tx.execute(
            "INSERT INTO meta.stock_movement (stock_id, actor_kind, actor_id, actor_name, source, reason, kind,"
            " stock_record, quantity, line_record, order_record, expires_at, key) SELECT $1, $2, $3, $4, o, $5, k, s, q, l, r, e, y"
            " FROM unnest($6::text[], $7::text[], $8::bigint[], $9::numeric[], $10::bigint[], $11::bigint[],"
            " $12::timestamptz[], $13::text[]) AS u(o, k, s, q, l, r, e, y)",
            stock.number,
            actor.kind,
            actor.id,
            actor.name,
            reason,
            [m.source or source for m in movements],
            [m.kind for m in movements],
            [m.stock_row for m in movements],
            [m.quantity for m in movements],
            [m.line for m in movements],
            [m.order for m in movements],
            [m.expires_at for m in movements],
            [m.key for m in movements],
        )


async def guard(work: Work) -> None:
    """Refuse edits that would leave a reservation hanging."""
    if work.managed:
        return
    for stock in work.app.stocks:
        d = stock.definition
        if work.table.id == d.line_table:
            await _guard_lines(work, stock)
        await _guard_from_afar(work, stock)
        if work.table.id == d.stock_table:
            _guard_shelf(work, stock)
        elif work.of("delete"):
            await _guard_orders(work, stock)


async def _guard_lines(work: Work, stock: Stock) -> None:
    d = stock.definition
    frozen = {d.line_stock, d.line_quantity, d.line_order, *(part.line for part in d.sku)}
    items = [
        item
        for item in work.of("update", "delete")
        if item.action == "delete" or any(field.id in frozen for field in (*item.values, *item.links))
    ]
    if not items:
        return
    rows = await work.tx.fetch(
        "SELECT line_record AS line, 'held' AS how FROM meta.stock_hold"
        " WHERE stock_id = $1 AND line_record = ANY($2::bigint[]) AND held > 0"
        " UNION ALL SELECT line_record, 'waiting' FROM meta.stock_backorder"
        " WHERE stock_id = $1 AND line_record = ANY($2::bigint[])",
        stock.number,
        [item.row_id for item in items],
    )
    how = {row["line"]: row["how"] for row in sorted(rows, key=lambda row: row["how"] == "held")}
    trashed = await _of_trashed_orders(work, stock, [row for row in how if how[row] == "waiting"])
    for item in items:
        if item.row_id not in how:
            continue
        because = "trashed" if item.row_id in trashed else how[item.row_id]
        if item.action == "delete":
            item.refuse("reserved", Message(_KEPT[because]))
        for field in (*item.values, *item.links):
            if field.id in frozen:
                item.refuse("reserved", Message(_FROZEN[because], {"field": field.name}), field)


_KEPT = {
    "held": N_("这条明细已预占库存,先释放预占再删除"),
    "waiting": N_("这条明细在等补货,先释放预占再删除"),
    "trashed": N_("这条明细在等补货,它的订单在回收站里:先恢复订单并释放预占,再删除"),
}
_FROZEN = {
    "held": N_("这条明细已预占库存,先释放预占再改「{field}」"),
    "waiting": N_("这条明细在等补货,先释放预占再改「{field}」"),
    "trashed": N_("这条明细在等补货,它的订单在回收站里:先恢复订单并释放预占,再改「{field}」"),
}


async def _of_trashed_orders(work: Work, stock: Stock, lines: Sequence[int]) -> set[int]:
    """Which of these waiting lines have their order in the trash."""
    home = _order_table(work, stock)
    if not lines or home is None:
        return set()
    rows = await work.tx.fetch(
        "SELECT b.line_record AS line FROM meta.stock_backorder b"
        f" JOIN {work.catalog.table(home).sql} o ON o.id = b.order_record AND o.deleted_at IS NOT NULL"
        " WHERE b.stock_id = $1 AND b.line_record = ANY($2::bigint[])",
        stock.number,
        list(lines),
    )
    return {row["line"] for row in rows}


async def _guard_from_afar(work: Work, stock: Stock) -> None:
    """The other side of a line's links (the lines of an order, of a shelf): what a line holds it holds for that record."""
    d = stock.definition
    own = {d.line_stock, d.line_order, *(part.line for part in d.sku)}
    given = {field for item in work.of("create", "update") for field in item.links}
    for field in sorted(given, key=lambda one: one.number):
        if not isinstance(field.config, Link) or field.config.inverse not in own:
            continue
        items = [item for item in work.of("create", "update") if field in item.links]
        frozen = await _frozen(work, stock, {row for item in items for row in _either(item, field)})
        if not frozen:
            continue
        # read again: a line may have come or gone while its lock was waited for
        now = await links.pairs(work.tx, field, [item.row_id for item in items if item.action == "update"])
        for item in items:
            if frozen & (set(item.links[field]) ^ set(now.get(item.row_id, ()))):
                words = N_("「{field}」里有明细占着库存或在等补货,先释放预占再改")
                item.refuse("reserved", Message(words, {"field": field.name}), field)


def _either(item: Item, field: Field) -> set[int]:
    """What a link field of the record points at, before or after."""
    return {*item.links[field], *item.old_links.get(field, ())}


async def _frozen(work: Work, stock: Stock, lines: Collection[int]) -> set[int]:
    """Which of these lines hold something or wait for it; all of them locked, so that none begins to."""
    if not lines:
        return set()
    table = work.catalog.table(stock.definition.line_table)
    await work.tx.execute(
        f"SELECT 1 FROM {table.sql} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted(lines)
    )
    rows = await work.tx.fetch(
        "SELECT line_record AS line FROM meta.stock_hold WHERE stock_id = $1 AND line_record = ANY($2::bigint[])"
        " AND held > 0 UNION SELECT line_record FROM meta.stock_backorder"
        " WHERE stock_id = $1 AND line_record = ANY($2::bigint[])",
        stock.number,
        sorted(lines),
    )
    return {row["line"] for row in rows}


def _guard_shelf(work: Work, stock: Stock) -> None:
    on_hand, reserved = _shelf_fields(work, stock)
    for item in work.of("create", "update", "delete"):
        held = (item.old(reserved) if item.row is not None else None) or ZERO
        if item.action == "delete":
            if held > 0:
                item.refuse(
                    "reserved",
                    Message(N_("这个库位还有 {count} 件被预占,不能删除"), {"count": str(wire_number(held))}),
                )
        elif on_hand in item.values and (item.values[on_hand] or ZERO) < held:
            message = Message(
                N_("「{field}」不能少于已预占的 {count}"),
                {"field": on_hand.name, "count": str(wire_number(held))},
            )
            item.refuse("below_reserved", message, on_hand)


async def _guard_orders(work: Work, stock: Stock) -> None:
    if _order_table(work, stock) != work.table.id:
        return
    held = await work.tx.fetch(
        "SELECT DISTINCT order_record AS row FROM meta.stock_hold"
        " WHERE stock_id = $1 AND order_record = ANY($2::bigint[]) AND held > 0",
        stock.number,
        [item.row_id for item in work.of("delete")],
    )
    holding = {row["row"] for row in held}
    for item in work.of("delete"):
        if item.row_id in holding:
            item.refuse("reserved", Message(N_("这条记录还占着库存,先释放预占再删除")))


def _order_table(work: Work, stock: Stock) -> str | None:
    config = work.catalog.field(stock.definition.line_order).config
    return config.table if isinstance(config, Link) else None


def _shelf_fields(work: Work, stock: Stock) -> tuple[Field, Field]:
    return work.table.field(stock.definition.on_hand), work.table.field(stock.definition.reserved)


async def note_adjustments(work: Work) -> None:
    """Write what hand edits, imports and new records did to what is on hand."""
    if work.managed:
        return
    for stock in work.app.stocks:
        if work.table.id != stock.definition.stock_table:
            continue
        on_hand, _ = _shelf_fields(work, stock)
        movements = [
            Movement(
                "opening" if item.action == "create" else "adjust",
                item.row_id,
                (item.values[on_hand] or ZERO) - _before(item, on_hand),
            )
            for item in work.of("create", "update")
            if on_hand in item.values
        ]
        change = work.change
        await append(
            work.tx,
            stock,
            change.actor,
            change.source.ref,
            [m for m in movements if m.quantity],
            change.reason,
        )


def _before(item: Item, field: Field) -> Decimal:
    return (item.old(field) if item.row is not None else None) or ZERO
