"""An automation reaches no further than its own app, whatever its definition says; outside words stay words."""

from __future__ import annotations

import pytest

from runtime.access import SYSTEM
from runtime.automations import remedies
from runtime.automations.rehearsal import rehearse
from runtime.definitions.automations import AutomationDef, CreateRecord, RecordCreated, SendWecom, Step
from runtime.definitions.fields import Text
from runtime.definitions.message_steps import Notify
from runtime.definitions.triggers import Manual
from runtime.definitions.values import Assignment, FieldValue, Literal_, TextValue
from runtime.errors import NotFound, RuleBroken
from runtime.i18n import CHINESE
from runtime.system import System
from tests.support.shop import Shop
from tests.support.world import World
from ui.http.edge import named_path


@pytest.fixture
async def foreign(system: System) -> World:
    """Another app of the same installation."""
    return await World.make(system, "别人的应用")


async def test_a_test_run_uses_no_record_of_another_app(shop: Shop, foreign: World) -> None:
    table = await foreign.table("工资", {"姓名": Text()})
    (record,) = await foreign.create(table, {"姓名": "保密"})
    automation = await shop.automation(Manual(None), Notify(TextValue(("好",)), roles=("owner",)))
    told = Notify(TextValue((FieldValue("$id"),)), roles=("owner",))
    tried = AutomationDef("试", Manual(None), (Step("stp1", told),))
    with pytest.raises(NotFound):
        await rehearse(shop.world.system, SYSTEM, automation, record, tried)


async def test_steps_write_to_no_table_of_another_app(shop: Shop, foreign: World) -> None:
    table = await foreign.table("工资", {"姓名": Text()})
    made = CreateRecord(table.id, (Assignment(table.field("姓名").id, Literal_("闯入")),))
    await shop.automation(RecordCreated(shop.orders.id), made)
    await shop.order(订单号="A-1")
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "failed"
    assert await shop.world.system.db.value(f"SELECT count(*) FROM {table.sql}") == 0


async def test_steps_send_through_no_connector_of_another_app(shop: Shop, foreign: World) -> None:
    theirs = Shop(foreign, shop.shelves, shop.orders, shop.lines, shop.stock)
    robot = await theirs.connector(
        "wecom_robot",
        webhook_url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    )
    await shop.automation(RecordCreated(shop.orders.id), SendWecom(robot, TextValue(("喂",))))
    await shop.order(订单号="A-1")
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "failed"
    assert await shop.world.system.db.value("SELECT count(*) FROM meta.delivery") == 0


async def test_the_newest_version_of_a_switched_off_automation_is_not_run(shop: Shop) -> None:
    broken = CreateRecord("tblGone0000000000", ())
    automation = await shop.automation(RecordCreated(shop.orders.id), broken)
    await shop.order(订单号="A-1")
    (run,) = await shop.settle()
    await shop.world.system.db.execute(
        "UPDATE meta.definition SET body = jsonb_set(body, '{enabled}', 'false') WHERE public_id = $1",
        automation,
    )
    await shop.world.system.db.execute("UPDATE meta.catalog_state SET version = version + 1")
    with pytest.raises(RuleBroken):
        await remedies.retry(shop.world.system, SYSTEM, run, newest=True)


@pytest.mark.parametrize("words", ["{a[b]}", "{a:>2000000000}", "{a.__class__}", "{", "}{", "{0}"])
def test_braces_in_peoples_words_are_words(words: str) -> None:
    assert CHINESE.gettext(words, {"a": 1}) == words
    assert CHINESE.gettext("原因:{reason}", {"reason": words}) == f"原因:{words}"


def test_the_log_does_not_hold_the_secret_of_a_hook() -> None:
    assert "s3cret" not in named_path("/hooks/s3cret")
    assert named_path("/api/v1/me") == "/api/v1/me"
