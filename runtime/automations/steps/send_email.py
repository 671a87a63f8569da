"""Send e-mail."""

from __future__ import annotations

from runtime.automations import audience, outgoing
from runtime.automations.connections import connection
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.connectors import to_row
from runtime.connectors.smtp import EmailMessage, check_address
from runtime.definitions.message_steps import SendEmail
from runtime.errors import InvalidInput
from runtime.i18n import N_

MAX_ADDRESSES = 100


class SendEmailStep(StepKind):
    """One mail per address, queued with the step; what became of each is its delivery's state."""

    id = "send_email"
    name = N_("发邮件")
    description = N_("用自己的邮箱发给固定的地址,或记录里填的地址")
    icon = "mail"
    outcomes = (Named("sent", N_("发出了")), Named("nobody", N_("没有收件人")))
    outputs = (Named("count", N_("发给几个地址"), "number"),)

    async def carry_out(self, attempt: Attempt, config: SendEmail) -> Done:
        subject = " ".join((await attempt.values.text(config.subject)).split())
        text = await attempt.values.text(config.text)
        attempt.input["subject"], attempt.input["text"] = subject, text
        mailbox = await connection(attempt.system, attempt.tx, config.connector, app=attempt.app.number)
        attempt.input["connector"] = {"id": mailbox.id, "name": mailbox.name}
        to = list(config.to)
        for value in config.values:
            to += await audience.addresses_of(attempt, value)
        addresses = list({address.lower(): address for address in to}.values())
        attempt.input["to"] = addresses
        if not addresses:
            return Done("nobody", {"count": 0})
        if len(addresses) > MAX_ADDRESSES:
            raise InvalidInput(
                N_("一步最多发给 {limit} 个地址,现在有 {count} 个"),
                code="too_many_addresses",
                limit=MAX_ADDRESSES,
                count=len(addresses),
            )
        if not subject:
            raise InvalidInput(N_("邮件主题是空的:里面用到的字段现在都没有内容"), code="message_empty")
        messages = [EmailMessage(to=check_address(one), subject=subject, text=text) for one in addresses]
        if attempt.rehearsal:
            return Done("sent", {"count": len(messages), "messages": [to_row(one) for one in messages]})
        keys = await outgoing.queue(
            attempt.system,
            attempt.tx,
            mailbox,
            messages,
            run=attempt.run,
            path=attempt.path,
            max_attempts=attempt.step.attempts,
        )
        return Done("sent", {"count": len(messages), "deliveries": keys})
