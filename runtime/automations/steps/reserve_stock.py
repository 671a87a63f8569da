"""Reserve stock for an order's lines."""

from __future__ import annotations

from runtime.automations.reach import TRIGGER
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.stocks import note_order
from runtime.definitions.automations import ReserveLines, StateMoved
from runtime.i18n import N_
from runtime.records import stock


class ReserveStockStep(StepKind):
    """All lines or none, in the step's own transaction."""

    id = "reserve_stock"
    name = N_("预占库存")
    description = N_("按每条明细的库存和数量预占,全部占到才算成功")
    icon = "package-check"
    outcomes = (
        Named("reserved", N_("全部占到")),
        Named("short", N_("有缺货")),
        Named("moved_on", N_("订单已不在这个状态")),
    )
    outputs = (Named("reason", N_("缺货原因")), Named("lines", N_("占到的明细数")))

    async def carry_out(self, attempt: Attempt, config: ReserveLines) -> Done:
        await note_order(attempt, config.stock)
        done = await stock.reserve(
            attempt.system,
            attempt.tx,
            config.stock,
            attempt.reach.record_id(TRIGGER),
            actor=attempt.actor,
            source=attempt.source,
            still=_still(attempt),
        )
        return Done(done.outcome, {"reason": done.reason, "lines": done.lines, "places": done.places})


def _still(attempt: Attempt) -> tuple[str, tuple[int, ...]] | None:
    """The state the order was moved into: one that has moved on since gets nothing reserved."""
    trigger = attempt.run.definition.trigger
    if not isinstance(trigger, StateMoved):
        return None
    state = attempt.run.trigger.after.get(trigger.field)
    return None if state is None else (trigger.field, (int(state),))
