"""Make the screenshots of the documentation: ``make screenshots``, or ``python docs/make_screenshots.py table market``.

Starts an installation of its own on a temporary folder, fills it with the templates' sample records, and takes every page
(``tests/browser/screens.py`` lists them) in both languages, three sizes and two themes into
``docs/screenshots/{zh,en}/NAME-{1440,1024,390}-{light,dark}.jpg``. Ends with 1 when a page did not open.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Error, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.journey.traveller import Traveller  # noqa: E402
from tests.browser.screens import (  # noqa: E402
    FIRST,
    SIZES,
    WELCOME,
    Place,
    furnish,
    invite,
    places,
    sign_up,
)
from tests.browser.support import CHROMIUM, FLAGS, PASSWORD, looks_of, until  # noqa: E402
from tests.standins.wecom import WecomStandIn  # noqa: E402
from tests.support.serving import serve  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
QUALITY = 70
SETTLE_MS = 250  # charts draw a moment after their page is there
WAIT_MS = 20_000


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Maker:
    """Takes pictures. ``wanted``: names of pages, all if empty; ``states``: sessions by visitor; ``lost``: what did not open."""

    browser: Browser
    url: str
    wanted: list[str]
    states: dict[str | None, Any] = field(default_factory=lambda: {None: None})
    taken: set[Path] = field(default_factory=set)
    lost: set[Path] = field(default_factory=set)

    async def take(self, shown: dict[str, Place], language: str) -> None:
        """All pictures of these pages in one language."""
        chosen = {name: place for name, place in shown.items() if not self.wanted or name in self.wanted}
        for size in SIZES if chosen else ():
            for theme in THEMES:
                for visitor, state in self.states.items():
                    mine = {name: p for name, p in chosen.items() if p.visitor == visitor and size in p.sizes}
                    if not mine:
                        continue
                    context = await self._context(state, size, theme, language)
                    for name, place in mine.items():
                        path = FOLDER / language / f"{name}-{size[0]}-{theme}.jpg"
                        await self._take_one(context, place, path)
                    await context.close()
                say(f"{language} {size[0]} {theme}: {len(self.taken)}")

    async def _context(self, state: Any, size: tuple[int, int], theme: str, language: str) -> BrowserContext:
        looks = looks_of(size, dark=theme == "dark", language=language)
        context = await self.browser.new_context(
            base_url=self.url, reduced_motion="reduce", storage_state=state, **looks
        )
        context.set_default_timeout(WAIT_MS)
        return context

    async def _take_one(self, context: BrowserContext, place: Place, path: Path) -> None:
        page = await context.new_page()
        try:
            await place.open(page)
            await page.wait_for_timeout(SETTLE_MS)
            _keep(await page.screenshot(), path)
            self.taken.add(path)
        except Error as failure:
            say(f"{path.stem}: {str(failure).splitlines()[0]}")
            self.lost.add(path)
        finally:
            await page.close()


def _keep(picture: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(path, quality=QUALITY, optimize=True, progressive=True)


async def _settle(me: Traveller) -> None:
    """Wait until every run of the only app is done, and the import that is being looked at."""
    app = (await me.api("GET", "/apps"))["apps"][0]["id"]

    async def quiet() -> bool:
        runs = (await me.api("GET", f"/apps/{app}/runs"))["runs"]
        return bool(runs) and all(r["status"] not in ("queued", "running", "waiting") for r in runs)

    await until(quiet, 60)
    if "/imports/" in me.page.url:
        await me.page.locator(".im-bad-t").wait_for(timeout=60_000)


async def _colleague(browser: Browser, url: str, path: str) -> Any:
    """The session of somebody who takes up an invitation."""
    context = await browser.new_context(base_url=url)
    page = await context.new_page()
    await page.goto(path)
    await page.locator("#name").fill("何夏")
    await page.locator("#password").fill(PASSWORD)
    await page.locator(".bare-card button[type=submit]").click()
    await page.locator(".app").wait_for()
    state = await context.storage_state()
    await context.close()
    return state


async def _speak(browser: Browser, url: str, state: Any, language: str) -> None:
    """Choose the language of a person."""
    context = await browser.new_context(base_url=url, storage_state=state)
    page = await context.new_page()
    await page.goto("/settings")
    await Traveller(browser, url, ROOT, page, context).api("PATCH", "/me", {"language": language})
    await context.close()


def write_index() -> None:
    """``docs/screenshots/README.md``: what is there."""
    names = sorted({path.name.rsplit("-", 2)[0] for path in FOLDER.glob("*/*.jpg")})
    lines = [
        "# Screenshots",
        "",
        "Made by `make screenshots` on an installation with the sample records of the templates: every page at 1440×900,",
        "1024×768 and 390×844, light and dark, in Chinese and English, as `LANGUAGE/PAGE-WIDTH-THEME.jpg`. The names of records and",
        "fields are what people wrote, so they stay as they are in both languages.",
        "",
        "| page | laptop, light | laptop, dark | tablet, light | phone, light | phone, dark |",
        "|---|---|---|---|---|---|",
    ]
    looks = ("1440-light", "1440-dark", "1024-light", "390-light", "390-dark")
    for name in names:
        cells = []
        for look in looks:
            there = [x for x in LANGUAGES if (FOLDER / x / f"{name}-{look}.jpg").exists()]
            cells.append(" · ".join(f"[{x}]({x}/{name}-{look}.jpg)" for x in there))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def main(wanted: list[str]) -> int:
    """Take the pages named, or all of them."""
    with tempfile.TemporaryDirectory() as temporary, WecomStandIn() as wecom:
        folder = Path(temporary)
        with serve(folder / "data", HUOBIAO_WECOM_BASE_URL=wecom.base_url) as running:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                maker = Maker(browser, running.url, wanted)
                await _everything(maker, folder, wecom.webhook_url)
                await browser.close()
    if not wanted:
        for path in set(FOLDER.glob("*/*.jpg")) - maker.taken - maker.lost:
            path.unlink()  # of a page that is gone or has another name
    write_index()
    say(f"{len(maker.taken)} screenshots in {FOLDER.relative_to(ROOT)}")
    for path in sorted(maker.lost):
        say(f"did not open: {path.parent.name}/{path.stem}")
    return 1 if maker.lost else 0


async def _everything(maker: Maker, folder: Path, robot: str) -> None:
    browser, url = maker.browser, maker.url
    for language in LANGUAGES:
        await maker.take({"welcome": WELCOME}, language)
    me = await Traveller.come(browser, url, folder)
    await WELCOME.open(me.page)
    await sign_up(me.page)
    mine = maker.states["me"] = await me.context.storage_state()
    for language in LANGUAGES:
        await _speak(browser, url, mine, language)
        await maker.take({"first": FIRST}, language)
    await _speak(browser, url, mine, "zh")
    await me.page.goto("/settings")
    found = await furnish(me, robot=robot, settle=lambda: _settle(me))
    viewer = maker.states["viewer"] = await _colleague(
        browser, url, await invite(me, found.app, "he@example.com")
    )
    for language in LANGUAGES:
        for state in (mine, viewer):
            await _speak(browser, url, state, language)
        await maker.take(places(found), language)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))
