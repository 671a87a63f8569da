"""Reserve stock for an order's lines."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.automations.reach import TRIGGER
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.stocks import asked, note_order
from runtime.definitions.automations import ReserveLines, StateMoved
from runtime.definitions.triggers import StateEntered
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_
from runtime.records import stock


class ReserveStockStep(StepKind):
    """All lines or none (or what can be had, where the stock says so), in the step's own transaction."""

    id = "reserve_stock"
    name = N_("预占库存")
    description = N_("按订单的每条明细预占;全部占到才算成功,或按库存设置先占有的、缺的等补货")
    icon = "package-check"
    outcomes = (
        Named("reserved", N_("全部占到")),
        Named("short", N_("有缺货")),
        Named("partial", N_("占到一部分,其余等补货")),
        Named("moved_on", N_("订单已不在这个状态")),
    )
    outputs = (
        Named("reason", N_("缺货原因")),
        Named("lines", N_("占到的明细数"), "number"),
        Named("waiting", N_("还缺的数量"), "number"),
    )

    together = True

    async def carry_out(self, attempt: Attempt, config: ReserveLines) -> Done:
        order = await note_order(attempt, config)
        done = await stock.reserve(
            attempt.system,
            attempt.tx,
            config.stock,
            order,
            **asked(attempt, order),
            still=_still(attempt) if config.of == TRIGGER else None,
        )
        return _done(done)

    async def carry_out_all(self, attempts: Sequence[Attempt], config: ReserveLines) -> list[Done]:
        orders = [await note_order(attempt, config) for attempt in attempts]
        if len(set(orders)) < len(orders) or len(orders) == 1:
            return await super().carry_out_all(attempts, config)
        wanted = [
            stock.Asked(
                order,
                attempt.source,
                _still(attempt) if config.of == TRIGGER else None,
                asked(attempt, order)["seen"],
            )
            for attempt, order in zip(attempts, orders, strict=True)
        ]
        first = attempts[0]
        found = await stock.reserve_several(first.system, first.tx, config.stock, wanted, actor=first.actor)
        return [_done(one) for one in found]


def _done(found: stock.Reservation) -> Done:
    return Done(
        found.outcome,
        {
            "reason": found.reason,
            "lines": found.lines,
            "places": found.places,
            "waiting": wire_number(found.waiting),
        },
    )


def _still(attempt: Attempt) -> tuple[str, tuple[int, ...]] | None:
    """The state the order was moved into: one that has moved on since gets nothing reserved."""
    trigger = attempt.run.definition.trigger
    if not isinstance(trigger, StateMoved | StateEntered):
        return None
    state = attempt.run.trigger.after.get(trigger.field)
    return None if state is None else (trigger.field, (int(state),))
