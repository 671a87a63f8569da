"""Every page, in both languages, both themes, on a laptop and a phone: it fits, reads, and axe finds nothing serious."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from templates_market import installer, reader
from tests.browser.support import PHONE, Site, axe, shot

LOOKS = ("zh-light-laptop",)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# words of the interface stand in these; what people called their things does not count
CONTROLS = """() => [...document.querySelectorAll('main button, .bar button, .rail-h, .rail-foot a, .top-side button, label.lab, h1')]
  .filter(node => node.checkVisibility() && !node.closest('.tab, .tb-tab, .g-r, .g-hc, .pick, [lang="zh-CN"], .av, .crumb-menu, '
    + '.st-node, .st-label, .link-row, .au-card, .au-label, .rc-row, .rc-acts, .mk-card, .db-card, .cards, hb-record, hb-cards'))
  .map(node => (node.getAttribute('aria-label') || node.textContent).trim())"""


async def places(site: Site) -> dict[str, tuple[str, str]]:
    """Every page: its address, and what tells that it is there."""
    done = await installer.install_app(site.system, await site.actor(), reader.find("order-pool"))
    app = (await site.system.catalogs.current()).app(done.app)
    orders = next(table for table in app.tables if table.name == "主订单池")
    dashboard, automation = app.dashboards[0].id, app.automations[0].id
    empty = await site.world.table("退货登记", {"退货单号": _text()})
    return {
        "home": ("/", ".rail, .rail-app"),
        "table": (f"/t/{orders.id}", ".g-r, hb-cards li"),
        "states": (f"/t/{orders.id}/fields/{orders.field('订单状态').id}/states", ".link-row"),
        "import": (f"/a/{app.id}/import", "hb-import input[type=file]"),
        "automation": (f"/automations/{automation}", ".au-card[data-step]"),
        "runs": (f"/a/{app.id}/runs", "hb-runs .empty, hb-runs table, hb-runs .ru-page"),
        "dashboard": (f"/d/{dashboard}", ".db-card"),
        "market": (f"/market?app={app.id}", ".mk-card"),
        "install": (f"/market/order-lookup?app={app.id}", "hb-install .mk-table"),
        "members": (f"/a/{app.id}/settings", "#members"),
        "account": ("/settings", ".set"),
        "empty": (f"/t/{empty.id}", "hb-table"),
    }


def _text() -> object:
    from runtime.definitions.fields import Text

    return Text()


async def check(page: Page, name: str, look: str) -> list[str]:
    """What is wrong with the page as it is shown."""
    found = [f"{name}: {finding}" for finding in await axe(page)]
    if look.endswith("phone"):
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE[0]:
            found.append(f"{name}: {width} px wide on a phone of {PHONE[0]}")
    if look.startswith("en"):
        words = {word for word in await page.evaluate(CONTROLS) if CHINESE.search(word)}
        found += [f"{name}: {word!r} is not English" for word in sorted(words)]
    return found


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_of_the_shell(site: Site, look: str) -> None:
    language, theme, device = look.split("-")
    wrong: list[str] = []
    shown = await places(site)
    context = await site.context(phone=device == "phone", dark=theme == "dark", language=language)
    for name, (path, ready) in shown.items():
        page = await context.new_page()
        await page.goto(path)
        await expect(page.locator(ready).first).to_be_attached(timeout=10_000)
        await page.wait_for_load_state("networkidle" if name == "home" else "load")
        wrong += await check(page, name, look)
        await page.screenshot(path=shot(f"screens/{name}-{look}"))
        await page.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("look", LOOKS)
async def test_the_login(site: Site, look: str) -> None:
    language, theme, device = look.split("-")
    page = await site.open(
        "/login", signed_in=False, phone=device == "phone", dark=theme == "dark", language=language
    )
    await expect(page.locator("#password")).to_be_visible()
    assert not await check(page, "login", look)
