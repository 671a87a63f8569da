"""Give waiting lines what has arrived."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.stocks import asked, note_order
from runtime.definitions.automations import FillLines
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_
from runtime.records import stock


class FillBackordersStep(StepKind):
    """What an order's lines wait for is reserved as far as it is there now."""

    id = "fill_backorders"
    name = N_("补上缺货")
    description = N_("订单里等补货的明细,现在有多少先占多少")
    icon = "package-plus"
    outcomes = (Named("filled", N_("不缺了")), Named("partial", N_("还缺一些")))
    outputs = (
        Named("lines", N_("补到的明细数"), "number"),
        Named("waiting", N_("还缺的数量"), "number"),
        Named("reason", N_("缺货原因")),
    )

    async def carry_out(self, attempt: Attempt, config: FillLines) -> Done:
        order = await note_order(attempt, config)
        done = await stock.fill(attempt.system, attempt.tx, config.stock, order, **asked(attempt, order))
        return Done(
            done.outcome, {"lines": done.lines, "waiting": wire_number(done.waiting), "reason": done.reason}
        )
