"""POST values to a webhook."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.automations import outgoing
from runtime.automations.connections import Connection, connection
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

    together = True

    async def carry_out(self, attempt: Attempt, config: HttpPost) -> Done:
        receiver = await connection(attempt.system, attempt.tx, config.connector, app=attempt.app.number)
        message = await self._message(attempt, receiver, config)
        if attempt.rehearsal:
            return Done(output={"messages": [to_row(message)]})
        return (await self._queued([attempt], receiver, [message]))[0]

    async def carry_out_all(self, attempts: Sequence[Attempt], config: HttpPost) -> list[Done]:
        first = attempts[0]
        receiver = await connection(first.system, first.tx, config.connector, app=first.app.number)
        messages = [await self._message(attempt, receiver, config) for attempt in attempts]
        return await self._queued(attempts, receiver, messages)

    async def _message(self, attempt: Attempt, receiver: Connection, config: HttpPost) -> JsonMessage:
        attempt.input["connector"] = {"id": receiver.id, "name": receiver.name}
        body = {name: await attempt.values.json(value) for name, value in config.body.items()}
        attempt.input["body"] = body
        return JsonMessage(body=body)

    async def _queued(
        self, attempts: Sequence[Attempt], receiver: Connection, messages: Sequence[JsonMessage]
    ) -> list[Done]:
        posts = [
            outgoing.Post(one.run, one.path, one.step.attempts, (message,))
            for one, message in zip(attempts, messages, strict=True)
        ]
        keys = await outgoing.queue_all(attempts[0].system, attempts[0].tx, receiver, posts)
        return [Done(output={"deliveries": found}) for found in keys]
