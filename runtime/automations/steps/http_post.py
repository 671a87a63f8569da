"""POST values to a webhook."""

from __future__ import annotations

from runtime.automations import outgoing
from runtime.automations.connections import connection
from runtime.automations.steps.base import Attempt, Done, StepKind
from runtime.connectors import to_row
from runtime.connectors.http_webhook import JsonMessage
from runtime.definitions.automations import HttpPost
from runtime.i18n import N_


class HttpPostStep(StepKind):
    """Queued as its step's delivery; every attempt carries the same ``Idempotency-Key``."""

    id = "http_post"
    name = N_("推送到网址")
    description = N_("把选好的内容以 JSON 发到别的系统")
    icon = "webhook"

    async def carry_out(self, attempt: Attempt, config: HttpPost) -> Done:
        receiver = await connection(attempt.system, attempt.tx, config.connector, app=attempt.app.number)
        attempt.input["connector"] = {"id": receiver.id, "name": receiver.name}
        body = {name: await attempt.values.json(value) for name, value in config.body.items()}
        attempt.input["body"] = body
        message = JsonMessage(body=body)
        if attempt.rehearsal:
            return Done(output={"messages": [to_row(message)]})
        keys = await outgoing.queue(
            attempt.system,
            attempt.tx,
            receiver,
            [message],
            run=attempt.run,
            path=attempt.path,
            max_attempts=attempt.step.attempts,
        )
        return Done(output={"deliveries": keys})
