"""Go on only if."""

from __future__ import annotations

from typing import Any

from runtime.automations.steps.base import Attempt, Done, End, Named, Outcomes, StepKind, Way
from runtime.automations.steps.conditions import foregone, holds
from runtime.definitions.automations import OnlyIf
from runtime.i18n import N_


class OnlyIfStep(StepKind):
    """Ends the run, finished, when its test does not hold."""

    id = "only_if"
    name = N_("符合条件才继续")
    description = N_("条件不满足时到此为止,后面的步骤不执行")
    icon = "list-filter"
    outcomes = (Named("yes", N_("满足,继续")), Named("no", N_("不满足,到此为止")))

    together = True

    async def carry_out(self, attempt: Attempt, config: OnlyIf) -> Done:
        return Done("yes" if await holds(attempt, config.test) else "no")

    def foregone(self, config: OnlyIf, outcome: Outcomes, said: dict[str, Any]) -> Done | None:
        found = foregone(config.test, outcome, said)
        return None if found is None else Done("yes" if found else "no")

    def way(self, config: OnlyIf, outcome: str | None) -> Way:
        return End() if outcome == "no" else None
