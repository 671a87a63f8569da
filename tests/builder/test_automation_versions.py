"""Drafts, publishing and versions: what is edited never runs, what runs has a number, and what ran can be read again."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from builder import automation_versions as versions
from builder import automations, connectors, fields, removal, tables, undo, usage
from runtime.access import Actor
from runtime.catalog import Automation, Table
from runtime.errors import InvalidDefinition, NotFound, RuleBroken, VersionConflict
from tests.builder.conftest import Desk
from tests.builder.test_automations import MARK, definition, literal, make, orders, update

__all__ = ["orders"]

PAID = update("单号", literal("已付"))


def _edited(*steps: Any) -> dict[str, Any]:
    given = definition(*steps)
    return {"trigger": given["trigger"], "steps": given["steps"]}


async def _numbers(desk: Desk, automation: Automation) -> list[int]:
    return [one.number for one in await versions.versions_of(desk.system, desk.owner, automation.id)]


async def test_what_is_made_switched_on_is_version_one_and_runs(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    (first,) = await versions.versions_of(desk.system, desk.owner, made.id)
    assert (first.number, first.by, first.definition.steps) == (1, "所有者", made.definition.steps)
    assert await versions.draft_of(desk.system.db, made) is None


async def test_one_without_steps_has_no_version_yet(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(enabled=False))
    assert await _numbers(desk, made) == []
    await versions.save_draft(desk.system, desk.owner, made.id, _edited(MARK))
    done = await versions.publish(desk.system, desk.owner, made.id, enable=True)
    assert done.definition.enabled
    assert await _numbers(desk, made) == [1]


async def test_a_draft_does_not_run_until_it_is_published(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    draft = await versions.save_draft(desk.system, desk.owner, made.id, _edited(PAID), revision=0)
    assert draft is not None
    assert (draft.base, draft.by) == (1, "所有者")
    assert draft.revision > 0
    stored = (await desk.catalog()).automation(made.id)
    assert stored.definition == made.definition
    done = await versions.publish(desk.system, desk.owner, made.id, note="改成记单号", version=made.version)
    assert len(done.definition.steps) == 1
    assert done.definition.steps != made.definition.steps
    newest, first = await versions.versions_of(desk.system, desk.owner, made.id)
    assert (newest.number, newest.note, first.number) == (2, "改成记单号", 1)
    assert await versions.draft_of(desk.system.db, done) is None
    with pytest.raises(RuleBroken, match="没有要发布的改动"):
        await versions.publish(desk.system, desk.owner, made.id)


async def test_a_draft_may_be_unsound_and_is_not_published_then(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    draft = await versions.save_draft(desk.system, desk.owner, made.id, _edited(update("没有的", literal(1))))
    problems = await versions.draft_problems(desk.system, await desk.catalog(), made, draft)
    assert [p.path for p in problems.found] == ["steps.0.config.set.0.field"]
    with pytest.raises(InvalidDefinition):
        await versions.publish(desk.system, desk.owner, made.id)
    assert await _numbers(desk, made) == [1]


async def test_two_people_on_one_draft_and_on_one_publication(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await versions.save_draft(desk.system, desk.owner, made.id, _edited(PAID), revision=0)
    with pytest.raises(VersionConflict, match="草稿刚被「所有者」改过") as refused:
        await versions.save_draft(desk.system, desk.owner, made.id, _edited(MARK, PAID), revision=0)
    assert refused.value.error_code == "draft_changed"
    await automations.update(desk.system, desk.owner, made.id, {"steps": definition(PAID, MARK)["steps"]})
    with pytest.raises(VersionConflict):
        await versions.publish(desk.system, desk.owner, made.id, version=made.version)


async def test_of_two_who_begin_a_draft_at_once_one_is_told(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    both = await asyncio.gather(
        *(
            versions.save_draft(desk.system, desk.owner, made.id, _edited(*steps), revision=0)
            for steps in ([PAID], [PAID, MARK], [MARK, PAID])
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, VersionConflict) for one in both) == 2
    (kept,) = [one for one in both if isinstance(one, versions.Draft)]
    assert await versions.draft_of(desk.system.db, made) == kept


async def test_a_later_draft_is_never_taken_for_an_earlier_one(desk: Desk, orders: Table) -> None:
    """Published or dropped and begun again, it has another revision: who still has the old one open is told."""
    made = await make(desk, definition(MARK))
    system, owner = desk.system, desk.owner
    mine = await versions.save_draft(system, owner, made.id, _edited(PAID), revision=0)
    assert mine is not None
    await versions.drop_draft(system, owner, made.id, revision=mine.revision)
    theirs = await versions.save_draft(system, owner, made.id, _edited(PAID, MARK), revision=0)
    assert theirs is not None
    assert theirs.revision != mine.revision
    for refused in (
        versions.save_draft(system, owner, made.id, _edited(MARK, PAID), revision=mine.revision),
        versions.drop_draft(system, owner, made.id, revision=mine.revision),
        versions.restore(system, owner, made.id, 1, revision=mine.revision),
        versions.publish(system, owner, made.id, version=made.version, revision=mine.revision),
    ):
        with pytest.raises(VersionConflict, match="草稿刚被「所有者」改过"):
            await refused
    assert await versions.draft_of(system.db, made) == theirs
    done = await versions.publish(system, owner, made.id, version=made.version, revision=theirs.revision)
    assert [one.id for one in done.definition.steps] == [one.id for one in theirs.definition.steps]
    with pytest.raises(VersionConflict, match="已经被别人发布或丢掉了"):
        await versions.save_draft(system, owner, made.id, _edited(MARK), revision=theirs.revision)


async def test_a_draft_that_says_what_runs_is_none(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await versions.save_draft(desk.system, desk.owner, made.id, _edited(PAID))
    body = msgspec.to_builtins(made.definition)
    assert await versions.save_draft(desk.system, desk.owner, made.id, body) is None
    assert await versions.draft_of(desk.system.db, made) is None


async def test_an_old_version_comes_back_as_a_draft(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await automations.update(desk.system, desk.owner, made.id, {"steps": definition(PAID)["steps"]})
    assert await _numbers(desk, made) == [2, 1], "a PATCH of the steps publishes"
    draft = await versions.restore(desk.system, desk.owner, made.id, 1)
    assert draft is not None
    assert draft.definition.steps == made.definition.steps
    await versions.publish(desk.system, desk.owner, made.id)
    assert await _numbers(desk, made) == [3, 2, 1]
    with pytest.raises(NotFound):
        await versions.restore(desk.system, desk.owner, made.id, 9)


async def test_switching_and_renaming_make_no_version(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await automations.update(desk.system, desk.owner, made.id, {"enabled": False})
    await automations.update(desk.system, desk.owner, made.id, {"name": "另一个名字"})
    assert await _numbers(desk, made) == [1]


async def test_undo_of_a_change_is_a_version_too_and_none_ever_changes(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await automations.update(desk.system, desk.owner, made.id, {"steps": definition(PAID)["steps"]})
    await undo.last(desk.system, desk.owner, desk.app_id)
    now = (await desk.catalog()).automation(made.id)
    assert now.definition.steps == made.definition.steps
    assert await _numbers(desk, made) == [3, 2, 1]
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await desk.system.db.execute("UPDATE meta.automation_version SET note = 'x'")


async def test_a_copy_has_its_own_steps_and_is_off(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    copy = await versions.duplicate(desk.system, desk.owner, made.id, "")
    assert (copy.definition.name, copy.definition.enabled) == ("审核 2", False)
    assert copy.definition.steps[0].config == made.definition.steps[0].config
    assert copy.definition.steps[0].id != made.definition.steps[0].id


VIEWER = Actor(kind="person", id="usrViewerViewer1", name="看客", person=None, roles={})


async def test_what_only_a_draft_uses_is_told_before_it_is_deleted_and_flagged_after(
    desk: Desk, orders: Table
) -> None:
    made = await make(desk, definition(MARK))
    system, owner = desk.system, desk.owner
    paid = orders.field("付款")
    await versions.save_draft(system, owner, made.id, _edited(MARK, update(paid.id, literal(None))))
    (use,) = await usage.where_used(system, owner, paid.id)
    assert (use.id, use.draft, use.path) == (made.id, True, "steps.1.config.set.0.field")
    assert usage.describe(use).text() == "自动化「审核」没发布的草稿"
    viewer = msgspec.structs.replace(VIEWER, roles={desk.app_id: "viewer"})
    assert await usage.where_used(system, viewer, paid.id) == [], "drafts concern builders only"
    impact = await fields.deletion_impact(system, owner, paid.id)
    assert [one.id for one in impact.drafts] == [made.id]
    assert [one.text() for one in removal.sentences(impact)] == [
        "自动化「审核」没发布的草稿 里会标出要换的地方"
    ]
    with pytest.raises(RuleBroken) as refused:
        await fields.delete(system, owner, paid.id)
    assert refused.value.error_code == "confirmation_needed"
    await fields.delete(system, owner, paid.id, confirmed=True)
    catalog = await desk.catalog()
    stored = catalog.automation(made.id)
    assert stored.definition.enabled, "what runs does not need it"
    problems = await versions.draft_problems(
        system, catalog, stored, await versions.draft_of(system.db, stored)
    )
    assert [one.path for one in problems.found] == ["steps.1.config.set.0.field"]


async def test_tables_and_connectors_that_only_a_draft_uses(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    system, owner = desk.system, desk.owner
    customers = (await desk.catalog()).app(desk.app_id).tables[0]
    settings = {"base_url": "https://api.example.com"}
    connector = await connectors.create(
        system, owner, desk.app_id, kind="http_api", name="快递", settings=settings
    )
    steps = (
        {"kind": "find_records", "table": customers.id},
        {"kind": "http_request", "connector": connector.id, "method": "GET"},
    )
    await versions.save_draft(system, owner, made.id, _edited(*steps))
    impact = await tables.deletion_impact(system, owner, customers.id)
    assert [one.id for one in impact.drafts] == [made.id]
    with pytest.raises(RuleBroken) as refused:
        await connectors.delete(system, owner, connector.id)
    assert [one.message.text() for one in refused.value.problems] == ["自动化「审核」没发布的草稿"]
    await versions.drop_draft(system, owner, made.id)
    await connectors.delete(system, owner, connector.id)
