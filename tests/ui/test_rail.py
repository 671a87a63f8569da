"""What a page asks for to keep its rail up to date."""

from __future__ import annotations

from runtime import accounts
from runtime.definitions.fields import Text
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
