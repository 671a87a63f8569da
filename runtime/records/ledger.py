"""The stock ledger: every movement of a stock, append-only, so that balances can always be re-added from it.

Also what keeps hand edits from breaking reservations: reserved lines cannot change or vanish, and what is on hand
cannot fall below what is promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from runtime.access import Actor
from runtime.catalog import Field, Stock
from runtime.definitions.fields import Link
from runtime.i18n import N_, Message
from runtime.records.work import Item, Work
from runtime.storage.database import Tx

ZERO = Decimal(0)


class Movement:
    """One row of the ledger; ``quantity`` is positive, its meaning is in ``kind`` (an adjustment may be negative)."""

    __slots__ = ("kind", "line", "on_hand", "order", "quantity", "reserved", "stock_row")

    def __init__(
        self, kind: str, stock_row: int, quantity: Decimal, on_hand: Decimal, reserved: Decimal,
        line: int | None = None, order: int | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.stock_row, self.quantity = kind, stock_row, quantity
        self.on_hand, self.reserved, self.line, self.order = on_hand, reserved, line, order


async def append(
    tx: Tx, stock: Stock, actor: Actor, source: str | None, movements: Sequence[Movement]
) -> None:
    """Write movements."""
    if movements:
        await tx.execute(
            "INSERT INTO meta.stock_movement (stock_id, actor_kind, actor_id, source, kind, stock_record, quantity,"
            " on_hand_after, reserved_after, line_record, order_record) SELECT $1, $2, $3, $4, * FROM"
            " unnest($5::text[], $6::bigint[], $7::numeric[], $8::numeric[], $9::numeric[], $10::bigint[], $11::bigint[])",
            stock.number,
            actor.kind,
            actor.id,
            source,
            [m.kind for m in movements],
            [m.stock_row for m in movements],
            [m.quantity for m in movements],
            [m.on_hand for m in movements],
            [m.reserved for m in movements],
            [m.line for m in movements],
            [m.order for m in movements],
        )


async def held_by_lines(tx: Tx, stock: Stock, lines: Sequence[int]) -> list[Any]:
    """``(line, stock_row, quantity)`` of what each line has reserved now, by the ledger, ordered by stock row."""
    return await tx.fetch(
        "SELECT line_record AS line, stock_record AS stock_row,"
        " sum(CASE kind WHEN 'reserve' THEN quantity ELSE -quantity END) AS quantity FROM meta.stock_movement"
        " WHERE stock_id = $1 AND line_record = ANY($2::bigint[]) AND kind IN ('reserve', 'release', 'consume')"
        " GROUP BY line_record, stock_record"
        " HAVING sum(CASE kind WHEN 'reserve' THEN quantity ELSE -quantity END) > 0 ORDER BY stock_record, line_record",
        stock.number,
        list(lines),
    )


async def guard(work: Work) -> None:
    """Refuse edits that would leave a reservation hanging."""
    if work.managed:
        return
    for stock in work.app.stocks:
        d = stock.definition
        if work.table.id == d.line_table:
            _guard_lines(work, stock)
        if work.table.id == d.stock_table:
            _guard_shelf(work, stock)
        elif work.of("delete"):
            await _guard_orders(work, stock)


def _guard_lines(work: Work, stock: Stock) -> None:
    d = stock.definition
    status = work.table.by_id.get(d.line_status)
    if status is None:
        return
    frozen = {d.line_stock, d.line_quantity, d.line_order}
    for item in work.of("update", "delete"):
        if item.old(status) != d.reserved_choice:
            continue
        if item.action == "delete":
            item.refuse("reserved", Message(N_("这条明细已预占库存,先释放预占再删除")))
        for field in (*item.values, *item.links):
            if field.id in frozen:
                message = Message(N_("这条明细已预占库存,先释放预占再改「{field}」"), {"field": field.name})
                item.refuse("reserved", message, field)


def _guard_shelf(work: Work, stock: Stock) -> None:
    on_hand, reserved = _shelf_fields(work, stock)
    for item in work.of("create", "update", "delete"):
        held = (item.old(reserved) if item.row is not None else None) or ZERO
        if item.action == "delete":
            if held > 0:
                item.refuse(
                    "reserved", Message(N_("这个库位还有 {count} 件被预占,不能删除"), {"count": str(held)})
                )
        elif on_hand in item.values and (item.values[on_hand] or ZERO) < held:
            message = Message(
                N_("「{field}」不能少于已预占的 {count}"), {"field": on_hand.name, "count": str(held)}
            )
            item.refuse("below_reserved", message, on_hand)


async def _guard_orders(work: Work, stock: Stock) -> None:
    rows = [item.row_id for item in work.of("delete")]
    held = await work.tx.fetch(
        "SELECT order_record AS row FROM meta.stock_movement WHERE stock_id = $1 AND order_record = ANY($2::bigint[])"
        " AND kind IN ('reserve', 'release', 'consume') GROUP BY order_record"
        " HAVING sum(CASE kind WHEN 'reserve' THEN quantity ELSE -quantity END) > 0",
        stock.number,
        rows,
    )
    order_table = _order_table(work, stock)
    if order_table != work.table.id:
        return
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
        on_hand, reserved = _shelf_fields(work, stock)
        movements = [
            Movement(
                "adjust",
                item.row_id,
                (item.values[on_hand] or ZERO) - _before(item, on_hand),
                item.values[on_hand] or ZERO,
                (item.old(reserved) if item.row is not None else None) or ZERO,
            )
            for item in work.of("create", "update")
            if on_hand in item.values
        ]
        await append(
            work.tx, stock, work.change.actor, work.change.source.ref, [m for m in movements if m.quantity]
        )


def _before(item: Item, field: Field) -> Decimal:
    return (item.old(field) if item.row is not None else None) or ZERO
