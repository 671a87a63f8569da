"""Call an interface of another system, and use what it answers."""

from __future__ import annotations

from typing import Any

from runtime.automations import outgoing
from runtime.automations.connections import connection
from runtime.automations.requests import compose, shown
from runtime.automations.steps.base import Attempt, Done, Named, Rest, StepKind
from runtime.connectors import to_row
from runtime.connectors.http_api import OK, REFUSED
from runtime.definitions.message_steps import HttpRequest
from runtime.i18n import N_


class HttpRequestStep(StepKind):
    """The request is queued as the step's delivery, so that nothing leaves for a step that is rolled back. The step then
    rests; the answer ends it, with the values that were picked in a sample as its outputs."""

    id = "http_request"
    name = N_("调用接口")
    description = N_("向别的系统发 HTTP 请求,并用回来的结果")
    icon = "globe"
    outcomes = (Named(OK, N_("对方收下了")), Named(REFUSED, N_("对方拒绝了(4xx)")))
    outputs = (Named("status", N_("HTTP 状态码"), "number"),)

    def outputs_of(self, config: Any) -> tuple[Named, ...]:
        """The status, and what was picked in the answer."""
        picked = (
            Named(one.key, one.name, "number" if _is_number(one.example) else "text") for one in config.answer
        )
        return (*self.outputs, *picked)

    async def carry_out(self, attempt: Attempt, config: HttpRequest) -> Done | Rest:
        receiver = await connection(attempt.system, attempt.tx, config.connector, app=attempt.app.number)
        attempt.input["connector"] = {"id": receiver.id, "name": receiver.name}
        message = await compose(config, attempt.values)
        attempt.input["request"] = shown(message, receiver.settings["base_url"])
        if attempt.rehearsal:
            examples = {one.key: one.example for one in config.answer}
            return Done(OK, {"status": 200, **examples, "messages": [to_row(message)]})
        keys = await outgoing.queue(
            attempt.system,
            attempt.tx,
            receiver,
            [message],
            run=attempt.run,
            path=attempt.path,
            max_attempts=attempt.step.attempts,
        )
        if config.wait or config.answer:
            return Rest(why="answer", output={"deliveries": keys})
        return Done(None, {"deliveries": keys})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
