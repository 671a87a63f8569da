"""Branches: the first arm whose test holds."""

from __future__ import annotations

from typing import Any

from runtime.automations.steps.base import Attempt, Done, Into, Outcomes, StepKind, Way
from runtime.automations.steps.conditions import foregone, holds
from runtime.definitions.automations import Branch
from runtime.i18n import N_

NONE = "none"


class BranchStep(StepKind):
    """The outcome is the id of the arm taken, ``none`` when no test holds; the steps behind the branch follow either way."""

    id = "branch"
    name = N_("按条件分支")
    description = N_("按条件或前面步骤的结果,走不同的路")
    icon = "split"

    together = True

    async def carry_out(self, attempt: Attempt, config: Branch) -> Done:
        for arm in config.arms:
            if arm.test is None or await holds(attempt, arm.test):
                return Done(arm.id, {"arm": arm.name})
        return Done(NONE)

    def foregone(self, config: Branch, outcome: Outcomes, said: dict[str, Any]) -> Done | None:
        for arm in config.arms:
            found = foregone(arm.test, outcome, said)
            if found is None:
                return None
            if found:
                return Done(arm.id, {"arm": arm.name})
        return Done(NONE)

    def way(self, config: Branch, outcome: str | None) -> Way:
        for arm in config.arms:
            if outcome == arm.id:
                return Into(arm.id, arm.steps)
        return None
