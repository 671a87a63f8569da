"""Ending a run on purpose."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, End, StepKind, Way
from runtime.definitions.flow import Stop
from runtime.errors import RuleBroken
from runtime.i18n import N_


class StopStep(StepKind):
    """With an error the run waits for a person, in the author's own words; quietly it is finished."""

    id = "stop"
    name = N_("到此为止")
    description = N_("结束这次运行:当作失败并说明原因,或安静地结束")
    icon = "octagon-x"
    joins = False

    async def carry_out(self, attempt: Attempt, config: Stop) -> Done:
        if not config.failed:
            return Done()
        words = (await attempt.values.text(config.text)).strip()
        attempt.input["text"] = words
        if words:
            raise RuleBroken(N_("{words}"), code="stopped", words=words[:500])
        raise RuleBroken(N_("自动化走到了「到此为止」这一步"), code="stopped")

    def way(self, config: Stop, outcome: str | None) -> Way:
        return End()
