"""A lookup workbench to test: an order pool with its sample records, bound to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from runtime.catalog import App, Table
from runtime.definitions.queries import Condition
from runtime.records import read
from runtime.records.change import RecordView
from templates_market import installer, reader
from tests.browser.support import Site

SLUG = "order-lookup"


@dataclass
class Bench:
    """An order pool with its sample records, and a workbench bound to it."""

    site: Site
    app: App
    orders: Table

    async def order(self, nth: int = 0, **wanted: str) -> RecordView:
        """An order by its fields; one that is on its way, with a waybill, unless another state is asked for."""
        wanted = {"订单状态": "已发货", **wanted}
        conditions = [Condition(self.orders.field(name).id, "is", value) for name, value in wanted.items()]
        actor = await self.site.actor()
        return (await read.matching(self.site.system, actor, self.orders.id, conditions)).records[nth]

    def text(self, order: RecordView, name: str) -> str:
        return str(order.fields.get(self.orders.field(name).id) or "")

    async def open(self, query: str = "", **options: Any) -> Page:
        options.setdefault("phone", True)
        return await self.site.open(f"/w/{SLUG}{query}", **options)


async def bench_of(site: Site, **options: Any) -> Bench:
    actor = await site.actor()
    done = await installer.install_app(site.system, actor, reader.find("order-pool"))
    actor = await site.actor()
    app = (await site.system.catalogs.current()).app(done.app)
    orders = next(t for t in app.tables if t.name == "主订单池")
    await installer.install_workbench(site.system, actor, reader.find(SLUG), orders.id, **options)
    return Bench(site, (await site.system.catalogs.current()).app(app.id), orders)


async def look_up(page: Page, code: str) -> None:
    await page.get_by_role("searchbox").fill(code)
    await page.keyboard.press("Enter")


async def shoot(page: Page, *codes: str, composing: bool = False) -> None:
    """Send codes as a scanner gun does: keys 5 ms apart by their own clock, so that a busy machine changes nothing.

    Half a second lies between one code and the next. ``composing``: a Chinese input method is on and takes the keys for
    itself.
    """
    keys = await page.context.new_cdp_session(page)
    at = time.time()
    enter = {"type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
    for code in codes:
        for char in code:
            at += 0.005
            plain = {"type": "keyDown", "key": char, "text": char}
            taken = {
                "type": "rawKeyDown", "key": "Process", "code": f"Key{char}" if char.isalpha() else f"Digit{char}",
                "windowsVirtualKeyCode": 229,
            }  # fmt: skip
            await keys.send("Input.dispatchKeyEvent", {"timestamp": at, **(taken if composing else plain)})
        await keys.send("Input.dispatchKeyEvent", {"timestamp": at + 0.005, **enter})
        at += 0.5
    await keys.detach()
