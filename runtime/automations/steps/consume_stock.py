"""Send reserved stock out."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.stocks import asked, note_order
from runtime.definitions.automations import ConsumeLines
from runtime.i18n import N_
from runtime.records import stock


class ConsumeStockStep(StepKind):
    """What the order's lines hold leaves the house: on hand and reserved both shrink."""

    id = "consume_stock"
    name = N_("库存出库")
    description = N_("把订单的明细占着的库存真正扣掉")
    icon = "truck"
    outcomes = (Named("consumed", N_("已出库")),)
    outputs = (Named("lines", N_("出库的明细数"), "number"),)

    async def carry_out(self, attempt: Attempt, config: ConsumeLines) -> Done:
        order = await note_order(attempt, config)
        done = await stock.consume(attempt.system, attempt.tx, config.stock, order, **asked(attempt, order))
        return Done(done.outcome, {"lines": done.lines})
