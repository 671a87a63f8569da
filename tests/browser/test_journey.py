"""The whole way, as one person goes it: a fresh data folder, real processes, a stand-in for WeCom, a real browser.

Screenshots of every step are kept in ``tests/artifacts/screens/journey``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.journey import arrive, bring, build, goods, scan, work
from tests.browser.journey.traveller import Traveller
from tests.standins.wecom import WecomStandIn
from tests.support.serving import serve

pytestmark = pytest.mark.slow
MINUTES = 12


@pytest.mark.timeout(MINUTES * 60)
async def test_from_an_empty_machine_to_the_first_live_order(chromium: Browser, tmp_path: Path) -> None:
    with (
        WecomStandIn() as wecom,
        serve(tmp_path / "data", HUOBIAO_WECOM_BASE_URL=wecom.base_url) as running,
    ):
        me = await Traveller.come(chromium, running.url, tmp_path, robot=wecom.webhook_url)
        colleague = await Traveller.come(chromium, running.url, tmp_path)
        guest = await Traveller.come(chromium, running.url, tmp_path)
        # 1: the first visit
        await build.first_account(me)
        # 2: an app, a colleague in it, its tables by form, its states drawn
        await build.make_app(me)
        await arrive.join(colleague, await arrive.invite(me, "wang@example.com", "编辑者"), "王强")
        await build.make_tables(me)
        await build.draw_states(me)
        # 3: a file with rows that cannot come in, a month of orders, a workbook
        await bring.import_orders(me)
        await bring.import_a_month(me)
        await goods.describe_stock(me)
        await goods.put_in_goods(me)
        await goods.put_in_lines(me)
        await goods.link_customer(me)
        # 4: the grid, two browsers, an order beside the table
        await work.use_grid(me, colleague)
        await work.open_order(me)
        # 5: an automation by form, and orders that go through it
        await work.make_automation(me)
        await work.move_orders(me, wecom)
        # 6: a dashboard that follows
        await work.make_dashboard(me, colleague)
        # 7 and 8: the market, and a workbench on these orders
        await arrive.install_pool(me)
        address = await arrive.install_lookup(me)
        await scan.look_up_orders(running.url, tmp_path, address)
        # 9: both languages, signing out and in, an editor, a viewer
        await arrive.speak_english(me)
        await arrive.leave_and_return(me)
        await arrive.join(guest, await arrive.invite(me, "zhao@example.com", "查看者"), "赵看看")
        await arrive.only_look(guest)
        await arrive.may_edit(colleague)
        for person in (me, colleague, guest):
            await person.leave()
