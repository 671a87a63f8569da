"""Send a message through a WeCom group robot."""

from __future__ import annotations

from runtime.automations import outgoing
from runtime.automations.connections import connection
from runtime.automations.steps.base import Attempt, Done, StepKind
from runtime.connectors import to_row
from runtime.connectors.wecom_messages import compose, escape_markdown, escape_text
from runtime.definitions.automations import SendWecom
from runtime.errors import InvalidInput
from runtime.i18n import N_


class SendWecomStep(StepKind):
    """The step is done when the message is queued with it; what became of the message is its delivery's state."""

    id = "send_wecom"
    name = N_("企业微信消息")
    description = N_("用群机器人发到企业微信群,可以提到具体的人")
    icon = "message-square-warning"

    together = True

    async def carry_out(self, attempt: Attempt, config: SendWecom) -> Done:
        text = await attempt.values.text(config.text, escape_markdown if config.markdown else escape_text)
        attempt.input["text"] = text
        attempt.input["mention"] = list(config.mention)
        robot = await connection(attempt.system, attempt.tx, config.connector, app=attempt.app.number)
        attempt.input["connector"] = {"id": robot.id, "name": robot.name}
        messages = compose(text, config.mention, markdown=config.markdown)
        if not messages:
            raise InvalidInput(N_("消息是空的:里面用到的字段现在都没有内容"), code="message_empty")
        if attempt.rehearsal:
            return Done(output={"messages": [to_row(message) for message in messages]})
        keys = await outgoing.queue(
            attempt.system,
            attempt.tx,
            robot,
            messages,
            run=attempt.run,
            path=attempt.path,
            max_attempts=attempt.step.attempts,
        )
        return Done(output={"deliveries": keys})
