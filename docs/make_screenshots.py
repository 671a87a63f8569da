"""Make the screenshots of the documentation: ``make screenshots``, or ``python docs/make_screenshots.py table market``.

Starts an installation of its own on a temporary folder, fills it with the templates' sample records, and takes every page
in both languages, three sizes and two themes into ``docs/screenshots/{zh,en}/NAME-{1440,1024,390}-{light,dark}.jpg``.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.journey.files import orders_csv  # noqa: E402
from tests.browser.journey.traveller import EMAIL, Traveller  # noqa: E402
from tests.browser.support import CHROMIUM, FLAGS, LAPTOP, PASSWORD, PHONE, TABLET  # noqa: E402
from tests.standins.wecom import WecomStandIn  # noqa: E402
from tests.support.serving import serve  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SIZES = (LAPTOP, TABLET, PHONE)
QUALITY = 60
SETTLE_MS = 250  # charts draw a moment after their page is there
Act = Callable[[Page], Awaitable[None]]


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Place:
    """A page to be taken: its address, what must be there before, and what is done first."""

    path: str
    ready: str
    act: Act | None = None
    public: bool = False
    sizes: tuple[tuple[int, int], ...] = SIZES


@dataclass
class Installation:
    """What the pages need to know of the installation."""

    me: Traveller
    folder: Path
    app: str = ""
    ids: dict[str, str] = field(default_factory=dict)


async def furnish(found: Installation, robot: str) -> None:
    """Install the order pool and the lookup, connect the robot, let one order run, import a file with bad rows."""
    me = found.me
    await me.page.locator("form[action='/start/template'] button").click()
    await me.page.wait_for_url(re.compile("/t/tbl"))
    apps = (await me.api("GET", "/apps"))["apps"]
    found.app = apps[0]["id"]
    parts = await me.api("GET", f"/apps/{found.app}")
    ids = found.ids
    ids |= {t["name"]: t["id"] for t in parts["tables"]}
    ids |= {d["name"]: d["id"] for d in (await me.api("GET", f"/apps/{found.app}/dashboards"))["dashboards"]}
    ids["dashboard"] = (await me.api("GET", f"/apps/{found.app}/dashboards"))["dashboards"][0]["id"]
    ids["automation"] = (await me.api("GET", f"/apps/{found.app}/automations"))["automations"][0]["id"]
    for connector in (await me.api("GET", f"/apps/{found.app}/connectors"))["connectors"]:
        await me.api("PATCH", f"/connectors/{connector['id']}", {"settings": {"webhook_url": robot}})
    await me.api("PATCH", f"/automations/{ids['automation']}", {"enabled": True})
    orders = await me.api("GET", f"/tables/{ids['主订单池']}")
    fields = {f["name"]: f for f in orders["fields"]}
    ids["status"] = fields["订单状态"]["id"]
    await _move_one(found, ids["status"])
    await _make_odd_tables(found)
    await _install_lookup(found)
    await _import(found)


async def _move_one(found: Installation, status: str) -> None:
    me, table = found.me, found.ids["主订单池"]
    rows = await me.records(table)
    for row in [r for r in rows if r["fields"].get(status) == "已支付"][:3]:
        await me.api(
            "PATCH",
            f"/tables/{table}/records",
            {"records": [{"id": row["id"], "fields": {status: "审核中"}}]},
        )
    auditing = [r for r in await me.records(table) if r["fields"].get(status) == "审核中"]
    found.ids["record"] = auditing[0]["id"]
    for _ in range(100):
        runs = (await me.api("GET", f"/apps/{found.app}/runs"))["runs"]
        if runs and all(r["status"] not in ("queued", "running", "waiting") for r in runs):
            found.ids["run"] = runs[0]["id"]
            return
        await asyncio.sleep(0.2)


async def _make_odd_tables(found: Installation) -> None:
    """A table with nothing in it, and one with too much of everything."""
    me = found.me
    empty = await me.api(
        "POST",
        f"/apps/{found.app}/tables",
        {"name": "退货登记", "fields": [{"name": "退货单号", "type": "text"}]},
    )
    found.ids["empty"] = empty["id"]
    choices = [{"name": f"第 {n} 类:华东仓、华南仓和直发都要分开登记"} for n in range(1, 41)]
    kinds: list[dict[str, Any]] = [
        {"name": "名字很长的字段,写着从哪个系统来、谁负责、什么时候核对", "type": "text"},
        {"name": "分类", "type": "single_select", "options": {"choices": choices}},
        {"name": "标签", "type": "multi_select", "options": {"choices": choices}},
    ]
    kinds += [{"name": f"第 {n} 项指标", "type": "number"} for n in range(4, 61)]
    crowded = await me.api(
        "POST",
        f"/apps/{found.app}/tables",
        {"name": "一张有六十个字段、名字也特别长的指标核对表", "fields": kinds},
    )
    found.ids["crowded"] = crowded["id"]
    keys = {f["name"]: f["id"] for f in crowded["fields"]}
    rows = []
    for n in range(60):
        row: dict[str, Any] = {
            keys[kinds[0]["name"]]: f"第 {n + 1} 行,内容写得很长,一格里放不下,要到右边的面板里才看得全"
        }
        row[keys["分类"]] = choices[n % 40]["name"]
        row[keys["标签"]] = [choices[(n * k) % 40]["name"] for k in (1, 3, 7)] if n % 3 else []
        row |= {keys[f"第 {k} 项指标"]: n * k for k in range(4, 61)}
        rows.append({"fields": row})
    await me.api("POST", f"/tables/{crowded['id']}/records", {"records": rows})


async def _install_lookup(found: Installation) -> None:
    me, page = found.me, found.me.page
    try:
        await page.goto(f"/market?app={found.app}")
        await page.get_by_role("link", name="订单快查").click(timeout=5000)
        for _ in range(2):
            await page.get_by_role("button", name="下一步").click(timeout=5000)
        await page.get_by_role("button", name="绑定并安装").click(timeout=5000)
        await page.locator("dialog code").wait_for(timeout=5000)
        benches = (await me.api("GET", f"/apps/{found.app}/workbenches"))["workbenches"]
        found.ids["bench"] = benches[0]["slug"]
        part = benches[0]["bindings"]["waybill"]
        rows = await me.records(found.ids["主订单池"])
        found.ids["waybill"] = next(str(r["fields"][part]) for r in rows if r["fields"].get(part))
    except (Error, IndexError, StopIteration) as failure:
        say(f"no workbench: {str(failure).splitlines()[0]}")


async def _import(found: Installation) -> None:
    page = found.me.page
    for name in ("import", "failing"):
        await page.goto(f"/a/{found.app}/import")
        path = orders_csv(found.folder / "十月订单.csv")
        await page.locator("hb-import input[type=file]").set_input_files(path)
        await page.wait_for_url(re.compile("/imports/job"))
        await page.get_by_text("已按 GBK 读取").wait_for()
        found.ids[name] = page.url.rsplit("/", 1)[1]
        if name == "failing":
            await page.locator("hb-import .btn.p").last.click()
            await page.locator(".im-bad-t tbody tr").first.wait_for(timeout=60_000)


def places(found: Installation) -> dict[str, Place]:
    """Every page by its name."""
    ids, app = found.ids, found.app
    table = f"/t/{ids['主订单池']}"
    shown = {
        "login": Place("/login", ".bare-card", public=True),
        "home": Place("/", ".rail, .rail-app"),
        "table": Place(table, ".g-r, .cards li, hb-cards *"),
        "record": Place(f"{table}?record={ids['record']}", "hb-record .rc-history"),
        "field": Place(table, ".g-r, hb-cards *", _open_field, sizes=(LAPTOP, TABLET)),
        "states": Place(f"{table}/fields/{ids['status']}/states", ".st-node, .link-row"),
        "import": Place(f"/imports/{ids['import']}", ".im-row"),
        "failing": Place(f"/imports/{ids['failing']}", ".im-bad-t"),
        "automation": Place(f"/automations/{ids['automation']}", ".au-card[data-step]"),
        "runs": Place(f"/a/{app}/runs", "hb-runs table, hb-runs li, hb-runs .empty"),
        "dashboard": Place(f"/d/{ids['dashboard']}", ".db-card canvas, .db-card svg"),
        "market": Place("/market", ".mk-card"),
        "install": Place(f"/market/order-lookup?app={app}", "hb-install .mk-table", _to_bindings),
        "members": Place(f"/a/{app}/settings", "#members"),
        "account": Place("/settings", ".set"),
        "empty": Place(f"/t/{ids['empty']}", "hb-table .empty, .g-none, hb-table h2"),
        "crowded": Place(f"/t/{ids['crowded']}", ".g-r, hb-cards *"),
    }
    if "run" in ids:
        shown["run"] = Place(f"/runs/{ids['run']}", ".ru-step, hb-run li")
    if "bench" in ids:
        shown["workbench"] = Place(f"/w/{ids['bench']}", "hb-workbench input")

        async def look(page: Page) -> None:
            await page.locator("hb-workbench input").first.fill(ids["waybill"])
            await page.keyboard.press("Enter")
            await page.locator(".wb-remark, .wb-card").first.wait_for()

        shown["workbench-card"] = Place(f"/w/{ids['bench']}", "hb-workbench input", look)
    return shown


async def _open_field(page: Page) -> None:
    await page.locator(".g-hc[data-field] .g-more").nth(2).click(force=True)
    await page.locator("[role=menuitem]:visible").first.click()
    await page.locator("hb-field-panel .panel-b").wait_for()


async def _to_bindings(page: Page) -> None:
    await page.locator("hb-install .dlg-f .btn.p").click()
    await page.locator("[data-part=waybill]").wait_for()


async def take(browser: Browser, url: str, state: Any, shown: dict[str, Place], language: str) -> int:
    """All pictures of these pages in one language; gives how many. What a page does not offer is said and left out."""
    taken = 0
    for size in SIZES:
        for theme in ("light", "dark"):
            for public in (True, False):
                chosen = {name: p for name, p in shown.items() if p.public == public and size in p.sizes}
                if not chosen:
                    continue
                context = await _context(browser, url, None if public else state, size, theme, language)
                for name, place in chosen.items():
                    taken += await _take_one(
                        context, place, FOLDER / language / f"{name}-{size[0]}-{theme}.jpg"
                    )
                await context.close()
            say(f"{language} {size[0]} {theme}: {taken}")
    return taken


async def _context(
    browser: Browser, url: str, state: Any, size: tuple[int, int], theme: str, language: str
) -> BrowserContext:
    width, height = size
    context = await browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        locale={"zh": "zh-CN", "en": "en-US"}[language],
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        is_mobile=size == PHONE,
        has_touch=size == PHONE,
        storage_state=state,
    )
    context.set_default_timeout(8_000)
    return context


async def _take_one(context: BrowserContext, place: Place, path: Path) -> int:
    page = await context.new_page()
    try:
        await page.goto(place.path)
        await page.locator(place.ready).first.wait_for()
        if place.act:
            await place.act(page)
        await page.wait_for_timeout(SETTLE_MS)
        path.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=path, type="jpeg", quality=QUALITY)
    except Error as failure:
        say(f"{path.stem}: {str(failure).splitlines()[0]}")
        return 0
    finally:
        await page.close()
    return 1


def write_index() -> None:
    """``docs/screenshots/README.md``: what is there."""
    names = sorted({path.name.rsplit("-", 2)[0] for path in FOLDER.glob("zh/*.jpg")})
    lines = [
        "# Screenshots",
        "",
        "Made by `make screenshots` on an installation with the sample records of the templates: every page at 1440×900,",
        "1024×768 and 390×844, light and dark, in Chinese and English.",
        "",
        "| page | laptop | phone, dark | English |",
        "|---|---|---|---|",
    ]
    for name in names:
        row = [f"zh/{name}-1440-light.jpg", f"zh/{name}-390-dark.jpg", f"en/{name}-1440-light.jpg"]
        cells = [f"[{Path(p).stem}]({p})" if (FOLDER / p).exists() else "" for p in row]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def main(wanted: list[str]) -> int:
    """Take the pages named, or all of them."""
    with tempfile.TemporaryDirectory() as temporary, WecomStandIn() as wecom:
        folder = Path(temporary)
        with serve(folder / "data", HUOBIAO_WECOM_BASE_URL=wecom.base_url) as running:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                taken = await _everything(browser, running.url, folder, wecom.webhook_url, wanted)
                await browser.close()
    write_index()
    say(f"{taken} screenshots in {FOLDER.relative_to(ROOT)}")
    return 0


async def _everything(browser: Browser, url: str, folder: Path, robot: str, wanted: list[str]) -> int:
    def only(shown: dict[str, Place]) -> dict[str, Place]:
        return {name: place for name, place in shown.items() if not wanted or name in wanted}

    taken = 0
    for language in ("zh", "en"):
        taken += await take(
            browser, url, None, only({"welcome": Place("/welcome", ".bare-card", public=True)}), language
        )
    me = await Traveller.come(browser, url, folder)
    await me.page.goto("/welcome")
    for key, value in {"name": "林小北", "email": EMAIL, "password": PASSWORD}.items():
        await me.page.locator(f"#{key}").fill(value)
    await me.page.locator(".bare-card button[type=submit]").click()
    await me.page.locator("form[action='/start/template']").wait_for()
    state = await me.context.storage_state()
    for language in ("en", "zh"):
        await me.api("PATCH", "/me", {"language": language})
        taken += await take(browser, url, state, only({"first": Place("/", ".bigc")}), language)
    found = Installation(me, folder)
    await furnish(found, robot)
    for language in ("zh", "en"):
        await me.page.goto("/settings")
        await me.api("PATCH", "/me", {"language": language})
        taken += await take(browser, url, state, only(places(found)), language)
    return taken


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))
