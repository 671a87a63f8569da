"""Does a stock add up? The ledger against the balances, what lines hold against both, and what hangs in the air.

The database holds most of this by itself; this finds what a restored backup, a hand in the database or a mistake of
ours left behind, and says it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from runtime.catalog import Catalog, Field, Stock, Table
from runtime.definitions.fields import Link
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records import links
from runtime.storage.database import Database, Tx

SHOWN = 100
"""So many differences of one kind are told."""


class Difference(msgspec.Struct, frozen=True):
    """What does not add up. ``record``: the shelf or line it is about; ``harmless``: no figure is wrong."""

    code: str
    message: Message
    record: str | None = None
    harmless: bool = False

    @property
    def advice(self) -> Message:
        """What to do about it."""
        return Message(_ADVICE[self.code])


_ADVICE = {
    "stock_broken": N_("从回收站恢复删掉的表和字段,或到应用设置里改好库存设置"),
    "no_rule": N_("到应用设置里打开库存设置,再保存一次"),
    "balance": N_(
        "到应用设置里打开库存设置再保存一次,流水就会补上一笔「期初」跟上表里的数;再到库存页按实物盘点这个库位"
    ),
    "chain": N_("流水被人绕过活表改过:现在的数量照样能用,要找回原来的流水就从备份恢复;先换掉数据库的密码"),
    "hold": N_("在这个订单里释放预占再重新占;放回去以后多出来的,在库存页点「核对」放回去"),
    "unowned": N_("在库存页点「核对」,把没有主人的预占放回去"),
    "orphan": N_("从回收站恢复删掉的订单、明细或库位,再释放预占;恢复不了的,从备份恢复"),
    "state": N_("在这条明细的订单里释放预占,再重新占一次,状态就会写对"),
    "waiting": N_("在这条明细的订单里释放预占,再重新占一次,还缺多少就会写对"),
    "queue": N_("不用做什么,系统一分钟内会让它不再等"),
}


async def check(db: Database | Tx, catalog: Catalog, stock: Stock) -> tuple[Difference, ...]:
    """Everything that is wrong with a stock, at most :data:`SHOWN` of a kind."""
    try:
        look = _Look(db, catalog, stock)
    except (NotFound, KeyError):
        message = Message(N_("库存设置「{name}」用到的表或字段已被删除"), {"name": stock.definition.name})
        return (Difference("stock_broken", message),)
    found: list[Difference] = []
    for part in (
        look.rule,
        look.balances,
        look.chain,
        look.holds,
        look.unowned,
        look.orphans,
        look.states,
        look.waiting,
        look.queue,
    ):
        found += await part()
    return tuple(found)


class _Look:
    def __init__(self, db: Database | Tx, catalog: Catalog, stock: Stock) -> None:
        self.db, self.catalog, self.stock, self.d = db, catalog, stock, stock.definition
        self.shelves, self.lines = catalog.table(self.d.stock_table), catalog.table(self.d.line_table)
        self.on_hand, self.reserved = self.shelves.by_id[self.d.on_hand], self.shelves.by_id[self.d.reserved]
        self.status, self.quantity = (
            self.lines.by_id[self.d.line_status],
            self.lines.by_id[self.d.line_quantity],
        )
        self.order = self.lines.by_id[self.d.line_order]
        self.orders = catalog.table(self.order.config.table if isinstance(self.order.config, Link) else "")
        self.context = Context(zone=catalog.app(stock.app_id).zone)

    async def _rows(self, sql: str, *args: Any) -> list[Any]:
        return await self.db.fetch(f"{sql} LIMIT {SHOWN}", self.stock.number, *args)

    def _title(self, table: Table) -> str:
        primary = table.primary
        return f"t.{primary.column}" if primary is not None and primary.stored else "NULL::text"

    def _about(
        self, code: str, msgid: str, table: Table, row: Any, *, harmless: bool = False, **params: Any
    ) -> Difference:
        public_id = record_id(table.number, row["id"])
        name = links.title(table.primary, row["title"], self.context) or public_id
        shown = {
            key: value if isinstance(value, str) else str(wire_number(Decimal(value or 0)))
            for key, value in params.items()
        }
        return Difference(code, Message(msgid, {"name": name, **shown}), public_id, harmless)

    async def rule(self) -> Sequence[Difference]:
        kept = await self.db.row("SELECT * FROM meta.stock_rule WHERE stock_id = $1", self.stock.number)
        wanted = (self.shelves.number, self.on_hand.number, self.reserved.number)
        there = await self.db.value(
            "SELECT 1 FROM pg_trigger WHERE tgrelid = $1::text::regclass AND tgname = $2",
            self.shelves.sql,
            f"stock_{self.stock.number}_ledger",
        )
        if kept is not None and there and (kept["table_id"], kept["on_hand"], kept["reserved"]) == wanted:
            return ()
        message = Message(
            N_("数据库没有在核对「{table}」的在库和预占,把库存设置打开再保存一次"),
            {"table": self.shelves.name},
        )
        return (Difference("no_rule", message),)

    async def balances(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT t.id, {self._title(self.shelves)} AS title, coalesce(t.{self.on_hand.column}, 0) AS on_hand,"
            f" coalesce(t.{self.reserved.column}, 0) AS reserved, coalesce(m.on_hand, 0) AS said,"
            f" coalesce(m.reserved, 0) AS said_reserved FROM {self.shelves.sql} t"
            " LEFT JOIN (SELECT stock_record, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved"
            " FROM meta.stock_movement WHERE stock_id = $1 GROUP BY stock_record) m ON m.stock_record = t.id"
            f" WHERE (coalesce(t.{self.on_hand.column}, 0), coalesce(t.{self.reserved.column}, 0))"
            " <> (coalesce(m.on_hand, 0), coalesce(m.reserved, 0)) ORDER BY t.id"
        )
        words = N_("「{name}」在库 {on_hand}、预占 {reserved},流水加起来是 {said}、{said_reserved}")
        return [
            self._about(
                "balance",
                words,
                self.shelves,
                row,
                on_hand=row["on_hand"],
                reserved=row["reserved"],
                said=row["said"],
                said_reserved=row["said_reserved"],
            )
            for row in rows
        ]

    async def chain(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT m.stock_record AS id, max({self._title(self.shelves)}::text) AS title FROM ("
            " SELECT stock_record, on_hand_after - on_hand_delta IS DISTINCT FROM coalesce(lag(on_hand_after) OVER w, 0)"
            " OR reserved_after - reserved_delta IS DISTINCT FROM coalesce(lag(reserved_after) OVER w, 0) AS broken"
            " FROM meta.stock_movement WHERE stock_id = $1 WINDOW w AS (PARTITION BY stock_record ORDER BY number)) m"
            f" LEFT JOIN {self.shelves.sql} t ON t.id = m.stock_record WHERE m.broken GROUP BY m.stock_record ORDER BY 1"
        )
        words = N_("「{name}」的库存流水中间断开了:有一笔的结存和上一笔对不上")
        return [
            Difference(
                "chain",
                Message(words, {"name": row["title"] or record_id(self.shelves.number, row["id"])}),
                record_id(self.shelves.number, row["id"]),
            )
            for row in rows
        ]

    async def holds(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT h.line_record AS id, {self._title(self.lines)} AS title, h.held, h.said FROM ("
            "SELECT coalesce(h.line_record, m.line_record) AS line_record, coalesce(sum(h.held), 0) AS held,"
            " coalesce(sum(m.said), 0) AS said"
            " FROM (SELECT * FROM meta.stock_hold WHERE stock_id = $1) h FULL JOIN ("
            "SELECT line_record, stock_record, sum(reserved_delta) AS said FROM meta.stock_movement"
            " WHERE stock_id = $1 AND line_record IS NOT NULL GROUP BY line_record, stock_record) m"
            " ON m.line_record = h.line_record AND m.stock_record = h.stock_record"
            " WHERE coalesce(h.held, 0) <> coalesce(m.said, 0) GROUP BY 1) h"
            f" LEFT JOIN {self.lines.sql} t ON t.id = h.line_record ORDER BY 1"
        )
        words = N_("明细「{name}」记着占了 {held},流水加起来是 {said}")
        return [
            self._about("hold", words, self.lines, row, held=row["held"], said=row["said"]) for row in rows
        ]

    async def unowned(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT t.id, {self._title(self.shelves)} AS title, t.{self.reserved.column} AS reserved,"
            f" coalesce(h.held, 0) AS held FROM {self.shelves.sql} t LEFT JOIN ("
            "SELECT stock_record, sum(held) AS held FROM meta.stock_hold WHERE stock_id = $1 GROUP BY 1) h"
            f" ON h.stock_record = t.id WHERE coalesce(t.{self.reserved.column}, 0) <> coalesce(h.held, 0) ORDER BY t.id"
        )
        words = N_(
            "「{name}」预占 {reserved},明细占着的加起来是 {held};多出来的没有主人,可在库存页把它放回去"
        )
        return [
            self._about("unowned", words, self.shelves, row, reserved=row["reserved"], held=row["held"])
            for row in rows
        ]

    async def orphans(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT h.line_record AS id, {self._title(self.lines)} AS title, sum(h.held) AS held,"
            " bool_or(t.id IS NULL OR t.deleted_at IS NOT NULL) AS no_line,"
            " bool_or(o.id IS NULL OR o.deleted_at IS NOT NULL) AS no_order"
            f" FROM meta.stock_hold h LEFT JOIN {self.lines.sql} t ON t.id = h.line_record"
            f" LEFT JOIN {self.orders.sql} o ON o.id = h.order_record"
            f" LEFT JOIN {self.shelves.sql} s ON s.id = h.stock_record"
            " WHERE h.stock_id = $1 AND h.held > 0 AND (t.id IS NULL OR t.deleted_at IS NOT NULL OR o.id IS NULL"
            " OR o.deleted_at IS NOT NULL OR s.id IS NULL OR s.deleted_at IS NOT NULL)"
            f" GROUP BY h.line_record, {self._title(self.lines)} ORDER BY 1"
        )
        found = []
        for row in rows:
            words = (
                N_("明细「{name}」已删除,却还占着 {held} 件")
                if row["no_line"]
                else N_("明细「{name}」的订单已删除,却还占着 {held} 件")
                if row["no_order"]
                else N_("明细「{name}」占着 {held} 件,可是库位已删除")
            )
            found.append(self._about("orphan", words, self.lines, row, held=row["held"]))
        return found

    async def states(self) -> Sequence[Difference]:
        d = self.d
        rows = await self._rows(
            f"SELECT t.id, {self._title(self.lines)} AS title, t.{self.status.column} AS status,"
            f" coalesce(h.held, 0) AS held FROM {self.lines.sql} t LEFT JOIN ("
            "SELECT line_record, sum(held) AS held FROM meta.stock_hold WHERE stock_id = $1 GROUP BY 1) h"
            " ON h.line_record = t.id WHERE t.deleted_at IS NULL AND ("
            f"(t.{self.status.column} = $2 AND coalesce(h.held, 0) = 0)"
            f" OR (t.{self.status.column} IS DISTINCT FROM $2 AND t.{self.status.column} IS DISTINCT FROM $3"
            " AND coalesce(h.held, 0) > 0)) ORDER BY t.id",
            d.reserved_choice,
            d.backordered if d.backordered is not None else d.reserved_choice,
        )
        return [
            self._about(
                "state",
                N_("明细「{name}」的状态是「{status}」,实际占着 {held} 件"),
                self.lines,
                row,
                status=_choice(self.status, row["status"]),
                held=row["held"],
            )
            for row in rows
        ]

    async def waiting(self) -> Sequence[Difference]:
        field = self.lines.by_id.get(self.d.line_open or "")
        if field is None:
            return ()
        rows = await self._rows(
            f"SELECT t.id, {self._title(self.lines)} AS title, coalesce(t.{field.column}, 0) AS open,"
            f" coalesce(b.quantity, 0) AS waits FROM {self.lines.sql} t LEFT JOIN meta.stock_backorder b"
            " ON b.stock_id = $1 AND b.line_record = t.id WHERE t.deleted_at IS NULL"
            f" AND coalesce(t.{field.column}, 0) <> coalesce(b.quantity, 0) ORDER BY t.id"
        )
        words = N_("明细「{name}」写着还缺 {open},等补货的队列里是 {waits}")
        return [
            self._about("waiting", words, self.lines, row, open=row["open"], waits=row["waits"])
            for row in rows
        ]

    async def queue(self) -> Sequence[Difference]:
        rows = await self._rows(
            f"SELECT b.line_record AS id, {self._title(self.lines)} AS title, b.quantity AS waits,"
            f" t.id IS NULL OR t.deleted_at IS NOT NULL AS no_line"
            f" FROM meta.stock_backorder b LEFT JOIN {self.lines.sql} t ON t.id = b.line_record"
            f" LEFT JOIN {self.orders.sql} o ON o.id = b.order_record"
            " WHERE b.stock_id = $1 AND (t.id IS NULL OR t.deleted_at IS NOT NULL OR o.id IS NULL) ORDER BY 1"
        )
        return [
            self._about(
                "queue",
                N_("明细「{name}」已删除,却还在等补货的队列里,等着 {waits} 件")
                if row["no_line"]
                else N_("明细「{name}」的订单已彻底删除,却还在等补货的队列里,等着 {waits} 件"),
                self.lines,
                row,
                waits=row["waits"],
            )
            for row in rows
        ]


def _choice(field: Field, number: int | None) -> str:
    choice = field.choices_by_id.get(number or 0)
    return choice.name if choice is not None else "-"
