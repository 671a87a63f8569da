"""The trash of definitions: what belongs together stays together, removing for good, apps, and the 30 days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builder import apps, automations, fields, tables, trash
from runtime.access import Actor
from runtime.definitions.automations import AutomationDef, RecordCreated
from runtime.errors import NotAllowed, NotFound, RuleBroken
from runtime.worker.broker import WorkBroker
from runtime.worker.scheduler import Scheduler
from tests.builder.conftest import Desk, spec
from ui.bootstrap import CHORES


def someone(desk: Desk, role: str) -> Actor:
    return Actor(kind="person", id=f"usr{role}", name=role, person=7, roles={desk.app_id: role})  # type: ignore[dict-item]


async def test_what_a_deletion_took_along_is_listed_and_returns_with_it(desk: Desk) -> None:
    table = await desk.table(
        "订单", spec("单号"), spec("金额", "number"), spec("双倍", "formula", source="{金额}*2")
    )
    await fields.delete(desk.system, desk.owner, table.field("金额").id, confirmed=True)
    amount, double = await trash.list_of(desk.system, desk.owner, desk.app_id)
    assert (amount.name, double.name, amount.table) == ("金额", "双倍", "订单")
    assert amount.group == double.group
    assert amount.gone_at - amount.deleted_at == timedelta(days=30)
    back = await trash.restore(desk.system, desk.owner, double.id)
    assert {(one.kind, one.name, one.table) for one in back} == {
        ("field", "金额", table.id),
        ("field", "双倍", table.id),
    }
    assert back[0].name == "双倍", "what was asked for comes first"
    assert await trash.list_of(desk.system, desk.owner, desk.app_id) == []


async def test_removing_for_good_takes_all_that_lay_together_and_nothing_else(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"), spec("电话", "phone"))
    greet = await automations.create(
        desk.system, desk.owner, desk.app_id, AutomationDef("问好", RecordCreated(table.id))
    )
    other = await desk.table("别的", spec("名称"))
    await tables.delete(desk.system, desk.owner, other.id)
    await tables.delete(desk.system, desk.owner, table.id, confirmed=True)
    assert await trash.remove(desk.system, desk.owner, table.id) == 2
    assert [item.name for item in await trash.list_of(desk.system, desk.owner, desk.app_id)] == ["别的"]
    assert await desk.system.db.value("SELECT to_regclass($1::text)", table.sql) is None
    for gone in (table.id, greet.id):
        with pytest.raises(NotFound):
            await trash.restore(desk.system, desk.owner, gone)


async def test_an_automation_whose_table_is_gone_for_good_returns_switched_off(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    greet = await automations.create(
        desk.system, desk.owner, desk.app_id, AutomationDef("问好", RecordCreated(table.id), enabled=False)
    )
    await automations.update(desk.system, desk.owner, greet.id, {"enabled": False})
    await desk.system.db.execute(
        "UPDATE meta.definition SET body = jsonb_set(body, '{enabled}', 'true') WHERE public_id = $1",
        greet.id,
    )
    await desk.system.db.execute("UPDATE meta.catalog_state SET version = version + 1")
    await automations.delete(desk.system, desk.owner, greet.id)
    await tables.delete(desk.system, desk.owner, table.id, confirmed=True)
    await trash.remove(desk.system, desk.owner, table.id)
    await trash.restore(desk.system, desk.owner, greet.id)
    assert not (await desk.catalog()).automation(greet.id).definition.enabled


async def test_what_is_not_in_the_trash_cannot_be_removed_and_editors_may_not(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    with pytest.raises(RuleBroken):
        await trash.remove(desk.system, desk.owner, table.id)
    with pytest.raises(RuleBroken):
        await trash.remove(desk.system, desk.owner, desk.app_id)
    await tables.delete(desk.system, desk.owner, table.id)
    with pytest.raises(NotAllowed):
        await trash.remove(desk.system, someone(desk, "editor"), table.id)
    with pytest.raises(NotAllowed):
        await trash.list_of(desk.system, someone(desk, "editor"), desk.app_id)


async def test_a_trashed_app_is_listed_to_its_owners_and_removed_with_everything(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    await desk.write(table, {"姓名": "周雨桐"}, {"姓名": "李响"})
    assert await apps.impact(desk.system, desk.owner, desk.app_id) == apps.AppImpact(1, 2, 0, 0, 0, 0)
    await apps.delete(desk.system, desk.owner, desk.app_id)
    for owner in (desk.owner, someone(desk, "owner")):
        (found,) = await trash.apps_of(desk.system, owner)
        assert (found.id, found.tables, found.records, found.by) == (desk.app_id, 1, 2, "所有者")
    assert await trash.apps_of(desk.system, someone(desk, "builder")) == []
    with pytest.raises(NotAllowed):
        await trash.remove(desk.system, someone(desk, "builder"), desk.app_id)
    assert await trash.remove(desk.system, someone(desk, "owner"), desk.app_id) == 1
    assert await desk.system.db.value("SELECT to_regclass($1::text)", table.sql) is None
    assert await desk.system.db.value("SELECT count(*) FROM meta.definition") == 0


async def test_the_scheduler_empties_it_after_30_days_and_not_before(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    (record,) = await desk.write(table, {"姓名": "周雨桐"})
    await desk.store(table, deletes=(record,))
    gone = await desk.table("别的", spec("名称"))
    await tables.delete(desk.system, desk.owner, gone.id)
    scheduler = Scheduler(desk.system, WorkBroker(desk.system.settings.redis_url or ""), CHORES)
    try:
        await _age(desk, timedelta(days=29, hours=23))
        await scheduler.keep_house()
        assert len(await trash.list_of(desk.system, desk.owner, desk.app_id)) == 1
        assert await desk.system.db.value(f"SELECT count(*) FROM {table.sql}") == 1
        await _age(desk, timedelta(hours=2))
        await scheduler.keep_house()
        assert await trash.list_of(desk.system, desk.owner, desk.app_id) == []
        assert await desk.system.db.value(f"SELECT count(*) FROM {table.sql}") == 0
    finally:
        await scheduler.locks.close()
    assert await trash.empty(desk.system, datetime.now(UTC) + timedelta(days=400)) == 0


async def _age(desk: Desk, by: timedelta) -> None:
    """Everything in the trash has lain there for longer."""
    tables_ = await desk.system.db.fetch("SELECT id FROM meta.definition WHERE kind = 'table'")
    for sql in ("meta.definition", *(f"data.t{row['id']}" for row in tables_)):
        await desk.system.db.execute(f"UPDATE {sql} SET deleted_at = deleted_at - $1::interval", by)
