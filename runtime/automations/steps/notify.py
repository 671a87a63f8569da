"""Tell people inside the product."""

from __future__ import annotations

from runtime import inbox
from runtime.automations import audience
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.values import merge_path, record_path
from runtime.definitions.message_steps import Notify
from runtime.errors import InvalidInput
from runtime.i18n import N_
from runtime.records.merging import MOST


class NotifyStep(StepKind):
    """Posted in the step's transaction, with the run and the step's place as its key: told once, whatever is tried again."""

    id = "notify"
    name = N_("站内通知")
    description = N_("告诉一些人:进他们的通知,要紧的在屏幕角落弹出来")
    icon = "bell"
    outcomes = (Named("told", N_("通知到了")), Named("nobody", N_("没有要通知的人")))
    outputs = (Named("count", N_("通知了几个人"), "number"),)

    async def carry_out(self, attempt: Attempt, config: Notify) -> Done:
        title = " ".join((await attempt.values.text(config.title)).split())
        text = (await attempt.values.text(config.text)).strip()
        attempt.input["title"], attempt.input["text"], attempt.input["popup"] = title, text, config.popup
        known = attempt.app.people
        numbers = {p.number for one in config.people if (p := known.by_id.get(one)) and not p.gone}
        numbers.update(await audience.with_roles(attempt, config.roles) if config.roles else ())
        for value in config.values:
            numbers.update(person.number for person in await audience.people_of(attempt, value))
        people = [known.by_number[number] for number in sorted(numbers) if number in known.by_number]
        attempt.input["people"] = [person.name for person in people]
        if not title:
            raise InvalidInput(N_("通知的标题是空的:里面用到的字段现在都没有内容"), code="message_empty")
        if not people:
            return Done("nobody", {"count": 0})
        url = ""
        if config.link:
            record = await attempt.reach.record(config.link)
            url = record_path(record.table.id, record.id)
            alike = dict.fromkeys(
                (record.id, *(attempt.reach.record_ids(config.merge) if config.merge else ()))
            )
            if len(alike) > 1:
                url = merge_path(record.table.id, tuple(alike)[: MOST + 1])
        if not attempt.rehearsal:
            await inbox.post(
                attempt.system,
                attempt.tx,
                app=attempt.app.number,
                people=[person.number for person in people],
                title=title,
                text=text,
                url=url,
                popup=config.popup,
                key=f"{attempt.run.id}/{attempt.path}",
            )
        return Done("told", {"count": len(people)})
