"""Taking in, adjusting and counting what is on the shelves: by people, with a reason, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec

from runtime.access import Actor
from runtime.errors import InvalidInput, NotFound, Problem, RecordsRejected, RuleBroken, TooMuch
from runtime.fieldtypes import BadValue
from runtime.fieldtypes.number import exact, wire_number
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records.again import again, keep_out
from runtime.records.change import Source
from runtime.records.ledger import ZERO, Movement
from runtime.records.stock.desk import Desk, Shelf
from runtime.storage.database import Tx
from runtime.system import System

MAX_ITEMS = 1000
MAX_REASON = 500
MAX_KEY = 200

Kind = Literal["receive", "adjust", "count"]


class Item(msgspec.Struct, frozen=True):
    """A shelf, and how many: received (> 0), more or less (≠ 0), or counted (≥ 0), by the kind of work.

    ``expected``: what was on hand when the counting began; refused when that has changed since.
    """

    record: str
    quantity: Any
    expected: Any = None


class Counted(msgspec.Struct, frozen=True):
    """A shelf after it: what is on hand, what of it is promised, and what this changed."""

    record: str
    on_hand: Decimal
    reserved: Decimal
    change: Decimal


async def change_on_hand(
    system: System,
    stock_id: str,
    kind: Kind,
    items: Sequence[Item],
    *,
    actor: Actor,
    source: Source,
    reason: str | None = None,
    key: str | None = None,
) -> tuple[Counted, ...]:
    """Carry it out in a transaction of its own; all items or none. With ``key``, a second time changes nothing.

    Raises:
        NotFound, NotAllowed: no such stock, or the actor may not edit its app's records.
        InvalidInput, TooMuch: no reason for an adjustment, no items, too many.
        RuleBroken: ``key_used``; something else was done under this key.
        RecordsRejected: items that cannot be, each with ``path`` ``items.<n>``.
    """
    reason = (reason or "").strip() or None
    if reason is None and kind == "adjust":
        raise InvalidInput(N_("调整库存要写原因"), code="reason_missing", field="reason")
    if len(reason or "") > MAX_REASON:
        raise InvalidInput(N_("原因最多 {max} 个字"), code="too_long", field="reason", max=MAX_REASON)
    if len(key or "") > MAX_KEY:
        raise InvalidInput(N_("key 最长 {max} 个字符"), code="too_long", field="key", max=MAX_KEY)
    if not items:
        raise InvalidInput(N_("没有要改的库位"), code="nothing_to_do")
    if len(items) > MAX_ITEMS:
        raise TooMuch(N_("一次最多 {max} 个库位,这次有 {count} 个"), max=MAX_ITEMS, count=len(items))

    async def attempt(alone: bool) -> tuple[Counted, ...]:
        async with system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            return await change_on_hand_in(
                system, tx, stock_id, kind, items, actor=actor, source=source, reason=reason, key=key
            )

    return await attempt(False) if system.db.in_transaction() else await again(attempt)


async def change_on_hand_in(
    system: System,
    tx: Tx,
    stock_id: str,
    kind: Kind,
    items: Sequence[Item],
    *,
    actor: Actor,
    source: Source,
    reason: str | None = None,
    key: str | None = None,
) -> tuple[Counted, ...]:
    """The same inside the caller's transaction."""
    desk = await Desk.open(system, tx, stock_id, actor)
    done = await _begin(desk, key, kind, items, reason) if key else None
    if done is not None:
        return tuple(done)
    refusals = _Refusals(desk)
    rows = [refusals.row(at, item) for at, item in enumerate(items)]
    shelves = await desk.shelves(row for row in rows if row)
    movements, results = [], []
    for at, (item, row) in enumerate(zip(items, rows, strict=True)):
        shelf = shelves.get(row)
        if shelf is None:
            refusals.add(at, "not_found", Message(N_("没有这个库位,可能已被删除")))
            continue
        change = _CHANGES[kind](refusals, at, item, shelf)
        if change:
            shelf.on_hand += change
            movements.append(Movement(kind, shelf.row, change))
        results.append((shelf, change))
    refusals.raise_any()
    touched = [shelf for shelf, change in results if change]
    movements.sort(key=lambda one: one.stock_row)
    await desk.store(actor, source, touched, {}, movements, reason)
    answer = tuple(_counted(desk, shelf, change) for shelf, change in results)
    if key:
        await tx.execute(
            "UPDATE meta.stock_request SET answer = $3 WHERE stock_id = $1 AND key = $2",
            desk.stock.number,
            key,
            msgspec.json.encode(answer).decode(),
        )
    return answer


def _counted(desk: Desk, shelf: Shelf, change: Decimal) -> Counted:
    return Counted(record_id(desk.stock_table.number, shelf.row), shelf.on_hand, shelf.reserved, change)


async def _begin(
    desk: Desk, key: str, kind: Kind, items: Sequence[Item], reason: str | None
) -> list[Counted] | None:
    """Take the key; None. What was answered under it when the same was asked before. Whoever is at it is waited for.

    Raises:
        RuleBroken: ``key_used``; something else was asked under it.
    """
    asked = [kind, reason, [[one.record, _same(one.quantity), _same(one.expected)] for one in items]]
    digest = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
    taken = await desk.tx.value(
        "INSERT INTO meta.stock_request (stock_id, key, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1",
        desk.stock.number,
        key,
        digest,
    )
    if taken is not None:
        return None
    row = await desk.tx.row(
        "SELECT digest, answer, at FROM meta.stock_request WHERE stock_id = $1 AND key = $2",
        desk.stock.number,
        key,
    )
    assert row is not None  # noqa: S101 - nobody takes them away
    if row["digest"] != digest:
        raise RuleBroken(
            N_("这个 key 已经用来做过别的入库、调整或盘点,这次什么都没有保存。换一个 key 再试"),
            code="key_used",
            field="key",
        )
    return msgspec.json.decode(row["answer"], type=list[Counted])


def _same(quantity: Any) -> str | None:
    """A quantity as it is compared: 5, "5" and 5.0 ask for the same."""
    if quantity is None:
        return None
    try:
        return str(wire_number(exact(quantity)))
    except BadValue:
        return str(quantity)


class _Refusals:
    """What is wrong with the items."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def add(self, at: int, code: str, message: Message) -> None:
        self.problems.append(Problem(code, message, path=f"items.{at}"))

    def row(self, at: int, item: Item) -> int:
        """The item's row, 0 when it is no shelf of this stock or stands there twice."""
        try:
            number, row = parse_record_id(item.record)
        except NotFound:
            return 0
        if number != self.desk.stock_table.number:
            return 0
        if row in self._seen:
            self.add(at, "twice", Message(N_("同一个库位在一次操作里出现了两次")))
        self._seen.add(row)
        return row

    def number(self, at: int, value: Any) -> Decimal | None:
        """A quantity; None (with a problem) when it is none."""
        try:
            if value is None:
                raise BadValue(N_("要填数字"))
            found = exact(value)
        except BadValue as bad:
            self.add(at, bad.code, bad.message)
            return None
        if (wrong := self.desk.too_fine(found)) is not None:
            self.add(at, "too_fine", wrong)
            return None
        return found

    def raise_any(self) -> None:
        if self.problems:
            raise RecordsRejected(
                N_("有 {count} 处填得不对,什么都没有保存"), count=len(self.problems), problems=self.problems
            )


def _received(refusals: _Refusals, at: int, item: Item, shelf: Shelf) -> Decimal:
    quantity = refusals.number(at, item.quantity)
    if quantity is not None and quantity <= 0:
        refusals.add(at, "not_positive", Message(N_("入库数量要大于 0")))
        return ZERO
    return quantity or ZERO


def _adjusted(refusals: _Refusals, at: int, item: Item, shelf: Shelf) -> Decimal:
    quantity = refusals.number(at, item.quantity)
    if quantity is None:
        return ZERO
    if quantity == 0:
        refusals.add(at, "zero", Message(N_("调整数量不能是 0")))
    elif shelf.on_hand + quantity < shelf.reserved:
        refusals.add(at, "below_reserved", _too_few(shelf, shelf.on_hand + quantity))
    return quantity


def _found(refusals: _Refusals, at: int, item: Item, shelf: Shelf) -> Decimal:
    counted = refusals.number(at, item.quantity)
    if counted is None:
        return ZERO
    expected = None if item.expected is None else refusals.number(at, item.expected)
    if counted < 0:
        refusals.add(at, "negative", Message(N_("盘点数量不能小于 0")))
    elif expected is not None and expected != shelf.on_hand:
        refusals.add(
            at,
            "moved_since",
            Message(
                N_("{place} 的在库数量在盘点时从 {before} 变成了 {now},请重新清点"),
                {"place": shelf.name, "before": _text(expected), "now": _text(shelf.on_hand)},
            ),
        )
    elif counted < shelf.reserved:
        refusals.add(at, "below_reserved", _too_few(shelf, counted))
    return counted - shelf.on_hand


def _too_few(shelf: Shelf, left: Decimal) -> Message:
    if left < 0:
        return Message(
            N_("{place} 只有 {on_hand} 件,减不了这么多"),
            {"place": shelf.name, "on_hand": _text(shelf.on_hand)},
        )
    return Message(
        N_("{place} 会只剩 {left} 件,可是有 {reserved} 件已被预占,先释放一些预占"),
        {"place": shelf.name, "left": _text(left), "reserved": _text(shelf.reserved)},
    )


def _text(quantity: Decimal) -> str:
    return str(wire_number(quantity))


_CHANGES: dict[str, Callable[[_Refusals, int, Item, Shelf], Decimal]] = {
    "receive": _received,
    "adjust": _adjusted,
    "count": _found,
}


async def clear_unowned(
    system: System, stock_id: str, shelf: str, *, actor: Actor, source: Source
) -> Decimal:
    """Make available what is reserved on a shelf although no line holds it; how many that were.

    Raises:
        NotFound, NotAllowed: no such stock or shelf, or the actor may not edit its app's records.
    """

    async def attempt(alone: bool) -> Decimal:
        async with system.db.transaction() as tx:
            desk = await Desk.open(system, tx, stock_id, actor)
            number, row = parse_record_id(shelf)
            found = await desk.shelves([row] if number == desk.stock_table.number else [])
            if not found:
                raise NotFound(N_("没有这个库位,可能已被删除"))
            held = await tx.value(
                "SELECT coalesce(sum(held), 0) FROM meta.stock_hold WHERE stock_id = $1 AND stock_record = $2",
                desk.stock.number,
                row,
            )
            left: Decimal = found[row].reserved - held
            if left <= 0:
                return ZERO
            found[row].reserved -= left
            await desk.store(
                actor, source, found.values(), {}, [Movement("release", row, left)], N_("没有主人的预占")
            )
            return left

    return await again(attempt)
