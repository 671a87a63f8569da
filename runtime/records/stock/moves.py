"""Stock effects of state moves, in the transaction of the move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from runtime.definitions.states import ConsumeStock, Effect, ReleaseStock, ReserveStock
from runtime.ids import record_id
from runtime.records.stock.desk import Desk
from runtime.records.stock.reserving import reserve
from runtime.records.stock.settling import consume, release
from runtime.records.work import Item, Work

_OURS = ReserveStock | ReleaseStock | ConsumeStock


async def run_effects_of_moves(work: Work) -> None:
    """In-transaction stock effects of state moves; a reservation that falls short refuses the move."""
    todo = [
        (item, field, effect)
        for item in work.good
        for field, _, _, transition in item.moves
        for effect in (transition.effects if transition is not None else ())
        if isinstance(effect, _OURS)
    ]
    if len(todo) > 1:
        await _lock_ahead(work, todo)
    for item, field, effect in todo:
        if item.problems:
            continue
        order = record_id(work.table.number, item.row_id)
        actor, source = work.change.actor, work.change.source
        if isinstance(effect, ReserveStock):
            done = await reserve(work.system, work.tx, effect.stock, order, actor=actor, source=source)
            if done.outcome == "short" and done.reason is not None:
                item.refuse("out_of_stock", done.reason, field)
        elif isinstance(effect, ReleaseStock):
            await release(work.system, work.tx, effect.stock, order, actor=actor, source=source)
        elif isinstance(effect, ConsumeStock):
            await consume(work.system, work.tx, effect.stock, order, actor=actor, source=source)


async def _lock_ahead(work: Work, todo: Sequence[tuple[Item, object, Effect]]) -> None:
    """Lock the lines and then the shelves of all these orders at once, so that two batches never meet head-on."""
    orders: dict[str, set[int]] = defaultdict(set)
    for item, _, effect in todo:
        assert isinstance(effect, _OURS)  # noqa: S101
        orders[effect.stock].add(item.row_id)
    desks = [await Desk.open(work.system, work.tx, stock, work.change.actor) for stock in orders]
    desks.sort(key=lambda desk: (desk.line_table.number, desk.stock_table.number, desk.stock.number))
    wanted: list[tuple[Desk, set[int]]] = []
    for desk in desks:
        if desk.order_table.id != work.table.id:
            continue
        lines = await desk.lines(orders[desk.stock.id])
        places = await desk.places_of(lines)
        rows = {row for found in places.values() for row in found}
        wanted.append((desk, rows | {row for line in lines for row in line.held}))
    for desk, rows in sorted(wanted, key=lambda one: one[0].stock_table.number):
        await desk.shelves(rows)
