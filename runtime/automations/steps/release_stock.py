"""Give reserved stock back."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.stocks import asked, note_order
from runtime.definitions.automations import ReleaseLines
from runtime.i18n import N_
from runtime.records import stock


class ReleaseStockStep(StepKind):
    """What the order's lines hold becomes available again."""

    id = "release_stock"
    name = N_("释放预占")
    description = N_("把订单的明细占着的库存放回去")
    icon = "package-open"
    outcomes = (Named("released", N_("已释放")),)
    outputs = (Named("lines", N_("释放的明细数"), "number"),)

    async def carry_out(self, attempt: Attempt, config: ReleaseLines) -> Done:
        order = await note_order(attempt, config)
        done = await stock.release(attempt.system, attempt.tx, config.stock, order, **asked(attempt, order))
        return Done(done.outcome, {"lines": done.lines})
