"""Link a record to the one that matches."""

from __future__ import annotations

from runtime.automations.reach import read_snapshot
from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.automations.steps.matching import find, find_or_make, wanted
from runtime.automations.steps.targets import link_field
from runtime.automations.steps.update_record import changes
from runtime.automations.steps.writing import assigned, patches, store
from runtime.definitions.record_steps import LinkRecord
from runtime.definitions.values import Assignment, Literal_
from runtime.i18n import N_
from runtime.records.change import NewRecord


class LinkRecordStep(StepKind):
    """Find by fields (make it where it is missing), then link: the customer by phone."""

    id = "link_record"
    name = N_("按字段匹配并关联")
    description = N_("例如按电话找到客户(没有就新建),再把订单关联到他")
    icon = "link"
    makes_record = True
    outcomes = (
        Named("linked", N_("找到并关联")),
        Named("created", N_("新建并关联")),
        Named("none", N_("没找到,没有关联")),
        Named("empty", N_("用来查找的值是空的")),
    )

    async def carry_out(self, attempt: Attempt, config: LinkRecord) -> Done:
        near = await attempt.reach.record(config.of)
        attempt.input["record"] = {"id": near.id, "name": near.title}
        link = link_field(near.table, config.link)
        table = attempt.table(link.config.table)  # type: ignore[union-attr]
        attempt.input["table"] = {"id": table.id, "name": table.name}
        looked_for = await wanted(attempt, table, config.match)
        if not looked_for.complete:
            return Done("empty")

        async def make() -> str:
            fields = looked_for.values | await assigned(attempt, table, config.set)
            attempt.input["set"] = fields
            result = await store(attempt, table, creates=(NewRecord(fields),))
            assert result.id is not None  # noqa: S101 - an atomic change either stores it or raises
            return result.id

        created = False
        if config.missing == "create":
            found, created = await find_or_make(attempt, looked_for, make)
        else:
            existing = await find(attempt, looked_for)
            if existing is None:
                return Done("none")
            found = existing
        far = await read_snapshot(attempt.system, attempt.catalog, attempt.actor, found)
        many = getattr(link.config, "many", False)
        put = Assignment(link.id, Literal_([{"id": found}]), "add" if config.keep and many else "set")
        (update,) = await patches(attempt, near.table, (put,), [near.id])
        await store(attempt, near.table, updates=(update,))
        after = await attempt.reach.record(config.of)
        return Done(
            "created" if created else "linked",
            {
                "record": found,
                "name": far.title,
                "table": table.id,
                "changes": changes(near, after, {link.id: None}),
            },
        )
