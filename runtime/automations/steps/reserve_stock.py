"""Reserve stock for an order's lines."""

from __future__ import annotations

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
        return Done(
            done.outcome,
            {
                "reason": done.reason,
                "lines": done.lines,
                "places": done.places,
                "waiting": wire_number(done.waiting),
            },
        )


def _still(attempt: Attempt) -> tuple[str, tuple[int, ...]] | None:
    """The state the order was moved into: one that has moved on since gets nothing reserved."""
    trigger = attempt.run.definition.trigger
    if not isinstance(trigger, StateMoved | StateEntered):
        return None
    state = attempt.run.trigger.after.get(trigger.field)
    return None if state is None else (trigger.field, (int(state),))
