"""What a page asks for to keep its rail up to date."""

from __future__ import annotations

import re

from builder import automations
from runtime import accounts
from runtime.automations import trace
from runtime.automations.attention import waiting_for_people
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.definitions.automations import AutomationDef, RecordCreated, Step
from runtime.definitions.fields import Text
from runtime.definitions.flow import Stop
from runtime.definitions.values import TextValue
from runtime.system import System
from tests.support.web import PASSWORD, Browser
from tests.support.world import World


async def test_the_rail_tells_what_tables_hold_now(
    system: System, owner: accounts.Person, browser: Browser
) -> None:
    world = await World.make(system)
    orders = await world.table("订单", {"单号": Text()})
    await browser.sign_in(owner.email)
    assert f'data-app="{world.app_id}"' in (await browser.open(f"/t/{orders.id}")).text
    assert await _counts(browser, world) == {f"/t/{orders.id}": 0}
    await world.create(orders, {"单号": "1"}, {"单号": "2"})
    assert await _counts(browser, world) == {f"/t/{orders.id}": 2}


async def test_the_rail_is_for_those_who_may_look(
    system: System, owner: accounts.Person, browser: Browser
) -> None:
    world = await World.make(system)
    await accounts.create_user(system, email="wang@example.com", name="王强", password=PASSWORD)
    await browser.sign_in("wang@example.com")
    assert (await browser.open(f"/a/{world.app_id}/rail")).status_code in (403, 404)


async def _counts(browser: Browser, world: World) -> dict[str, int]:
    entries = (await browser.open(f"/a/{world.app_id}/rail")).json()["entries"]
    return {entry["href"]: entry["count"] for entry in entries if entry["count"] is not None}


async def test_failed_runs_of_a_deleted_automation_count_wherever_they_are_shown(
    system: System, owner: accounts.Person, browser: Browser
) -> None:
    world = await World.make(system)
    orders = await world.table("订单", {"单号": Text()})
    stop = Step("stp1", Stop(text=TextValue(("不行",))))
    ids = [
        await world.add("automation", AutomationDef(name, RecordCreated(orders.id), (stop,), enabled=True))
        for name in ("第一个", "第二个")
    ]
    await world.create(orders, {"单号": "1"})
    for run in (await relay(system)).runs:
        assert await execute(system, run, "test")
    actor = await accounts.person_actor(system, owner.id)
    for left, automation in ((1, ids[0]), (0, ids[1])):
        await automations.delete(system, actor, automation)
        app = (await system.catalogs.current()).app(world.app_id)
        assert len(app.automations) == left
        failed = await waiting_for_people(system.db, app)
        listed = await trace.runs_of(system, actor, app.id, status="failed")
        assert sum(failed.values()) == listed.failed == len(listed.runs) == 2
        assert (
            sorted(run.automation_name for run in listed.runs if run.automation is None)
            == [
                "第一个",
                "第二个",
            ][: 2 - left]
        )
    await browser.sign_in(owner.email)
    page = (await browser.open(f"/t/{orders.id}")).text
    assert f'href="/a/{world.app_id}/runs?status=failed" aria-label="2 件事要处理"' in page
    assert "已删除的自动化有 2 次运行失败,等人处理" in page
    assert "2 次运行失败,等人处理" in (await browser.open("/")).text


async def test_headings_name_many_things_in_the_plural(
    system: System, owner: accounts.Person, browser: Browser
) -> None:
    world = await World.make(system)
    await system.db.execute("UPDATE meta.person SET language = 'en' WHERE id = $1", owner.number)
    await browser.sign_in(owner.email)
    page = (await browser.open(f"/a/{world.app_id}")).text
    headings = [found.strip() for found in re.findall(r'<h2 class="rail-h">([^<]+)', page)]
    assert headings == ["Tables", "Dashboards", "Automations", "Forms", "Workbenches"]
