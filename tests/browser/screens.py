"""Every page of an installation that has something to show: what the test of screens and the maker of screenshots open.

:func:`furnish` fills an installation through its API: the order pool with its sample records and the lookup workbench,
an automation that has run, an import with rows that could not come in, a table with nothing in it and one with too much
of everything. :func:`places` lists the pages.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Page
from playwright.async_api import TimeoutError as Waited

from tests.browser.journey.files import orders_csv
from tests.browser.journey.traveller import EMAIL, Traveller
from tests.browser.support import LAPTOP, PASSWORD, PHONE, TABLET

SIZES = (LAPTOP, TABLET, PHONE)
Act = Callable[[Page], Awaitable[None]]
Settle = Callable[[], Awaitable[None]]
"""Waits until jobs and runs that have been asked for are done (or carries them out)."""


@dataclass(frozen=True)
class Place:
    """A page: its address, what tells that it is there, what is done before it is opened and after.

    ``visitor``: who looks. ``"me"`` owns the installation, ``"viewer"`` may only read, None has not signed in.
    """

    path: str
    ready: str
    act: Act | None = None
    before: Act | None = None
    visitor: str | None = "me"
    sizes: tuple[tuple[int, int], ...] = SIZES

    async def open(self, page: Page) -> None:
        """Go there and wait until it shows what it is about. Raises Playwright's Error when it does not."""
        if self.before:
            await self.before(page)
        await page.goto(self.path)
        await page.locator(self.ready).locator("visible=true").first.wait_for()
        if self.act:
            await self.act(page)


@dataclass
class Furnished:
    """What the pages need to know of the installation: ids by name."""

    app: str
    ids: dict[str, str] = field(default_factory=dict)


async def furnish(me: Traveller, *, robot: str, settle: Settle) -> Furnished:
    """Fill an installation. ``me`` owns it and has a page of it open; ``robot``: the address of a WeCom robot."""
    app = (await me.api("POST", "/templates/order-pool/install", {}))["app"]
    found = Furnished(app)
    ids = found.ids
    parts = await me.api("GET", f"/apps/{app}")
    ids |= {t["name"]: t["id"] for t in parts["tables"]}
    for kind in ("dashboard", "automation", "stock"):
        ids[kind] = (await me.api("GET", f"/apps/{app}/{kind}s"))[f"{kind}s"][0]["id"]
    ids["form"] = (await me.api("GET", f"/apps/{app}/forms"))["forms"][0]["id"]
    ids["form-path"] = urlsplit((await me.api("GET", f"/forms/{ids['form']}/link"))["address"]).path
    await me.api("PATCH", f"/forms/{ids['form']}", {"audience": "link"})  # so that strangers may fill it in
    for connector in (await me.api("GET", f"/apps/{app}/connectors"))["connectors"]:
        await me.api("PATCH", f"/connectors/{connector['id']}", {"settings": {"webhook_url": robot}})
    await me.api("PATCH", f"/automations/{ids['automation']}", {"enabled": True})
    await _move_some(me, found, settle)
    await _install_lookup(me, found)
    await _make_odd_tables(me, found)
    await _import(me, found, settle)
    found.ids["invite"] = await invite(me, app, "zhou@example.com")
    return found


async def invite(me: Traveller, app: str, email: str) -> str:
    """Invite somebody who may only look; gives the path to open."""
    made = await me.api("POST", f"/apps/{app}/members", {"email": email, "role": "viewer"})
    return str(urlsplit(made["link"]).path)


async def _move_some(me: Traveller, found: Furnished, settle: Settle) -> None:
    """Take three paid orders into the audit, so that the automation runs."""
    table = found.ids["主订单池"]
    keys = {f["name"]: f["id"] for f in (await me.api("GET", f"/tables/{table}"))["fields"]}
    status = found.ids["status"] = keys["订单状态"]
    paid = [r["id"] for r in await me.records(table) if r["fields"].get(status) == "已支付"]
    for record in paid[:3]:
        change = {"records": [{"id": record, "fields": {status: "审核中"}}]}
        await me.api("PATCH", f"/tables/{table}/records", change)
    await settle()
    runs = (await me.api("GET", f"/apps/{found.app}/runs"))["runs"]
    found.ids["run"] = runs[0]["id"]
    found.ids["record"] = paid[0]


async def _install_lookup(me: Traveller, found: Furnished) -> None:
    """Bind the lookup workbench to the orders, and find a waybill that it can look up."""
    table = found.ids["主订单池"]
    await me.api("POST", "/templates/order-lookup/install", {"table": table})
    bench = (await me.api("GET", f"/apps/{found.app}/workbenches"))["workbenches"][0]
    found.ids |= {"bench": bench["slug"], "bench-id": bench["id"]}
    waybill, status = bench["bindings"]["waybill"], found.ids["status"]
    remark = bench["bindings"].get("remark") or waybill
    rows = [r for r in await me.records(table) if r["fields"].get(waybill)]
    shipped = [r for r in rows if r["fields"].get(status) == "已发货"] or rows
    shown = next((r for r in shipped if r["fields"].get(remark)), shipped[0])
    found.ids["waybill"] = str(shown["fields"][waybill])


async def _make_odd_tables(me: Traveller, found: Furnished) -> None:
    """A table with nothing in it, and one with too much of everything."""
    empty = {"name": "退货登记", "fields": [{"name": "退货单号", "type": "text"}]}
    found.ids["empty"] = (await me.api("POST", f"/apps/{found.app}/tables", empty))["id"]
    choices = [{"name": f"第 {n} 类:华东仓、华南仓和直发都要分开登记"} for n in range(1, 41)]
    kinds: list[dict[str, Any]] = [
        {"name": "名字很长的字段,写着从哪个系统来、谁负责、什么时候核对", "type": "text"},
        {"name": "分类", "type": "single_select", "options": {"choices": choices}},
        {"name": "标签", "type": "multi_select", "options": {"choices": choices}},
    ]
    kinds += [{"name": f"第 {n} 项指标", "type": "number"} for n in range(4, 61)]
    name = "一张有六十个字段、名字也特别长的指标核对表"
    crowded = await me.api("POST", f"/apps/{found.app}/tables", {"name": name, "fields": kinds})
    found.ids["crowded"] = crowded["id"]
    keys = {f["name"]: f["id"] for f in crowded["fields"]}
    rows = []
    for n in range(60):
        row: dict[str, Any] = {
            keys[kinds[0]["name"]]: f"第 {n + 1} 行,内容写得很长,一格里放不下,要打开记录才看得全"
        }
        row[keys["分类"]] = choices[n % 40]["name"]
        row[keys["标签"]] = [choices[(n + k) % 40]["name"] for k in (0, 3, 7)] if n % 3 else []
        row |= {keys[f"第 {k} 项指标"]: n * k for k in range(4, 61)}
        rows.append({"fields": row})
    made = await me.api("POST", f"/tables/{crowded['id']}/records", {"records": rows})
    found.ids["crowded-record"] = made["records"][1]["id"]
    gone = [record["id"] for record in made["records"][-2:]]
    await me.api("DELETE", f"/tables/{crowded['id']}/records", {"records": gone})
    spare = await me.api("POST", f"/apps/{found.app}/tables", {**empty, "name": "用不到的表"})
    await me.api("DELETE", f"/tables/{spare['id']}?confirm=true")


async def _import(me: Traveller, found: Furnished, settle: Settle) -> None:
    """A file that has been read and waits for a decision, and one that came in without three of its rows."""
    page = me.page
    for name in ("import", "import-done"):
        await page.goto(f"/a/{found.app}/import")
        path = orders_csv(me.folder / "十月订单.csv")
        await page.locator("hb-import input[type=file]").set_input_files(path)
        await page.wait_for_url(re.compile("/imports/job"))
        await page.locator(".im-row").first.wait_for()
        found.ids[name] = page.url.rsplit("/", 1)[1]
    await page.locator("hb-import .btn.p").last.click()
    await page.locator(".im-row").first.wait_for(state="detached")
    await settle()


def places(found: Furnished) -> dict[str, Place]:
    """Every page by its name, in the order in which people meet them."""
    ids, app = found.ids, found.app
    table, bench, settings = f"/t/{ids['主订单池']}", f"/w/{ids['bench']}", f"/a/{app}/settings"
    rows = ".g-r, hb-cards li"

    async def look_up(page: Page) -> None:
        await page.locator("hb-workbench input").first.fill(ids["waybill"])
        await page.keyboard.press("Enter")
        await page.locator(".wb-card").first.wait_for()

    return {
        "login": Place("/login", "#password", visitor=None),
        "invite": Place(ids["invite"], "#password", visitor=None),
        "home": Place("/", ".home-app"),
        "new-app": Place("/", ".home-app", _new_app),
        "table": Place(table, rows),
        "record": Place(f"{table}?record={ids['record']}", "hb-record .rc-history"),
        "field": Place(table, rows, _open_field),
        "filter": Place(table, rows, _open_filter),
        "new-table": Place(table, rows, _new_table),
        "crowded": Place(f"/t/{ids['crowded']}", rows),
        "crowded-record": Place(
            f"/t/{ids['crowded']}?record={ids['crowded-record']}", "hb-record .rc-history"
        ),
        "empty": Place(f"/t/{ids['empty']}", "hb-table .empty, .g-none, hb-cards .empty"),
        "states": Place(f"{table}/fields/{ids['status']}/states", ".st-node, .link-row"),
        "import-choose": Place(f"/a/{app}/import", "hb-import"),
        "import": Place(f"/imports/{ids['import']}", ".im-row"),
        "import-done": Place(f"/imports/{ids['import-done']}", ".im-bad-t"),
        "automation": Place(f"/automations/{ids['automation']}", ".au-card[data-step]"),
        "automation-step": Place(f"/automations/{ids['automation']}", ".au-card[data-step]", _open_step),
        "automation-test": Place(f"/automations/{ids['automation']}", ".au-card[data-step]", _test_run),
        "automations": Place(f"/a/{app}/automations", "hb-automations tr, hb-automations li"),
        "stock": Place(f"/stocks/{ids['stock']}", ".sk-table tbody tr"),
        "stock-ledger": Place(f"/stocks/{ids['stock']}?tab=ledger", ".sk-table tbody tr"),
        "runs": Place(f"/a/{app}/runs", "hb-runs tr, hb-runs li"),
        "run": Place(f"/runs/{ids['run']}", ".ru-step, hb-run li"),
        "dashboard": Place(f"/d/{ids['dashboard']}", ".db-card canvas, .db-card svg"),
        "form": Place(f"/forms/{ids['form']}", ".fe-q"),
        "form-fill": Place(ids["form-path"], ".fm-submit", visitor=None),
        "inbox": Place("/inbox", "hb-inbox .empty, hb-inbox li"),
        "market": Place(f"/market?app={app}", ".mk-card"),
        "install": Place(f"/market/order-lookup?app={app}", "hb-install .mk-table", _to_bindings),
        "workbench-share": Place(settings, "#workbenches", _share),
        "workbench-settings": Place(settings, "#workbenches", _workbench_settings),
        "workbench": Place(bench, "hb-workbench input"),
        "workbench-card": Place(bench, "hb-workbench input", look_up),
        "members": Place(settings, "#members"),
        "account": Place("/settings", ".set"),
        "trash": Place(f"/a/{app}/trash", "hb-trash li, hb-trash tr"),
        "trash-records": Place(f"/t/{ids['crowded']}/trash", "hb-trash li, hb-trash tr"),
        "speed": Place(f"{table}/speed", "main .card"),
        "missing": Place("/t/tblNothingHere00", "main h1"),
        "refused": Place(f"/a/{app}/import", "main h1", visitor="viewer"),
        "broken": Place(table, "hb-table .empty", before=_break),
    }


WELCOME = Place("/welcome", ".bare-card", visitor=None)
FIRST = Place("/", ".bigc")
"""The first two pages of an installation; there is nothing in it yet."""


async def sign_up(page: Page) -> None:
    """Fill the form of the first account and send it; ends at the two choices."""
    for key, value in {"name": "林小北", "email": EMAIL, "password": PASSWORD}.items():
        await page.locator(f"#{key}").fill(value)
    await page.locator(".bare-card button[type=submit]").click()
    await page.locator(FIRST.ready).first.wait_for()


async def _press(page: Page, button: str, shown: str) -> None:
    """Press a button until what it opens is there: on a busy machine the page's scripts may come after the press."""
    for patience_ms in (4_000, 8_000, None):
        if not await page.locator("dialog[open]").count():
            await page.locator(button).first.click()
        try:
            await page.locator(shown).first.wait_for(timeout=patience_ms)
            return
        except Waited:
            if patience_ms is None:
                raise


async def _new_app(page: Page) -> None:
    await _press(page, "main [hx-target='#dialog']", "dialog[open] input:not([type=hidden])")


async def _new_table(page: Page) -> None:
    if not await page.locator(".rail-h .icb").first.is_visible():
        await page.locator(".top-menu").click()
    await _press(page, ".rail-h .icb", "dialog[open] hb-new-table, hb-new-table")


async def _share(page: Page) -> None:
    await _press(page, "#workbenches [hx-get$='/share']", "dialog[open] .wb-qr")


async def _workbench_settings(page: Page) -> None:
    await _press(page, "#workbenches [hx-get$='/edit']", "dialog[open] hb-workbench-settings button")


async def _open_field(page: Page) -> None:
    """Settings of a field: from its column, or on a phone, where there are no columns, from the list of fields."""
    if await page.locator("hb-cards").count():
        await page.locator("[data-pop=tb-fields]").click()
        await page.locator(".tb-field-foot button").first.click()
    else:
        await page.locator(".g-hc[data-field] .g-more").nth(2).click(force=True)
        await page.locator("[role=menuitem]:visible").first.click()
    await page.locator("hb-field-panel .fe-type-box").wait_for()


async def _open_filter(page: Page) -> None:
    await page.locator("[data-pop=tb-filter]").click()
    await page.locator("hb-filter:visible").first.wait_for()


async def _open_step(page: Page) -> None:
    """The form of a step that sends a message: the one with the most in it."""
    await page.locator(".au-card[data-step]", has_text="推送").click()
    await page.locator("hb-step-form hb-template-text").first.wait_for()


async def _test_run(page: Page) -> None:
    await page.locator(".au-bar [aria-pressed]").click()
    await page.locator(".au-line").first.wait_for()


async def _to_bindings(page: Page) -> None:
    await page.locator("hb-install .dlg-f .btn.p").click()
    await page.locator("[data-part=waybill]").wait_for()


async def _break(page: Page) -> None:
    """Let every question for records fail."""
    await page.route(
        re.compile(r"/api/v1/tables/[^/]+/(query|groups|summaries)"), lambda route: route.abort()
    )
