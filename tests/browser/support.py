"""A real Chromium on the real application, for tests and for the makers of screenshots.

In a test module of this folder::

    async def test_it(site: Site) -> None:
        orders = await site.world.table("订单", {"单号": Text()})
        page = await site.open(f"/t/{orders.id}")          # signed in as the owner
        other = await site.open(f"/t/{orders.id}", await site.person("王强", "viewer"), phone=True)

Everything runs in the test's own event loop (uvicorn, Playwright, the test), so a test may also use ``site.system`` and
``site.world`` directly. A page that throws, or logs an error that nobody expected, fails its test.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from runtime import accounts
from runtime.access import Actor
from runtime.accounts import Person
from runtime.accounts.members import check_role, put_member
from runtime.settings import Settings
from runtime.system import System
from tests.browser.slow import slowed
from tests.support.web import application
from tests.support.world import World
from ui import assets
from ui.http.authentication import SESSION_COOKIE
from ui.locale import catalogue

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "tests" / "artifacts"
CHROMIUM = os.environ.get("HUOBIAO_TEST_CHROMIUM", "/usr/bin/chromium")
# only the last one keeps Chromium from asking the name service for its maker's own addresses
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
LAPTOP, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
PASSWORD = "sesame-open-9"
# until something is there that is to come: only a test that fails waits so long, and a busy machine takes its time
PATIENCE_MS = 30_000
# what a browser logs by itself about an answer that is no success; tests of refusals make many of them
_ANSWERS = re.compile(r"Failed to load resource: the server responded with a status of \d+")


@dataclass
class Site:
    """A running installation and the browsers that look at it."""

    app: Litestar
    url: str
    chromium: Browser
    owner: Person
    world: World
    _contexts: list[BrowserContext] = field(default_factory=list)
    _complaints: list[str] = field(default_factory=list)
    _tolerated: list[re.Pattern[str]] = field(default_factory=lambda: [_ANSWERS])

    @property
    def system(self) -> System:
        """The application's parts."""
        found: System = self.app.state.system
        return found

    async def person(self, name: str, role: str = "editor", *, app: str | None = None) -> Person:
        """An account with a role in the world's app (or in ``app``)."""
        made = await accounts.create_user(
            self.system, email=f"{name.encode().hex()}@example.com", name=name, password=PASSWORD
        )
        number = (await self.system.catalogs.current()).app(app or self.world.app_id).number
        async with self.system.db.transaction() as tx:
            await put_member(tx, number, made.number, check_role(role))
        return made

    async def actor(self, person: Person | None = None) -> Actor:
        """The person (the owner) as an actor, with the roles held now."""
        token = await accounts.open_session(self.system, person or self.owner)
        signed_in = await accounts.session_actor(self.system, token)
        assert signed_in is not None
        return signed_in.actor

    async def context(
        self,
        person: Person | None = None,
        *,
        signed_in: bool = True,
        size: tuple[int, int] = LAPTOP,
        phone: bool = False,
        dark: bool = False,
        language: str = "zh",
        **options: Any,
    ) -> BrowserContext:
        """A browser of its own (cookies, storage), signed in as ``person`` (the owner) unless told otherwise."""
        looks = looks_of(PHONE if phone else size, dark=dark, language=language)
        made = slowed(await self.chromium.new_context(base_url=self.url, **looks, **options))
        made.set_default_timeout(PATIENCE_MS)
        if signed_in:
            token = await accounts.open_session(self.system, person or self.owner, user_agent="Chromium")
            await made.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": self.url}])
            await self._speak(person or self.owner, language)
        made.on("page", self._listen)
        self._contexts.append(made)
        return made

    async def _speak(self, person: Person, language: str) -> None:
        await self.system.db.execute(
            "UPDATE meta.person SET language = $2 WHERE id = $1", person.number, language
        )

    async def open(self, path: str, person: Person | None = None, **options: Any) -> Page:
        """A page in a browser of its own; ``options`` as for :meth:`context`."""
        page = await (await self.context(person, **options)).new_page()
        await page.goto(path)
        return page

    def tolerate(self, pattern: str) -> None:
        """Errors in a page's console that this test brings about on purpose."""
        self._tolerated.append(re.compile(pattern))

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._complain(page, f"{error}"))
        page.on("console", lambda message: self._heard(page, message))

    def _heard(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complain(page, message.text)

    def _complain(self, page: Page, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._tolerated):
            self._complaints.append(f"{page.url}: {text}")

    async def close(self) -> None:
        """Close every browser; raises AssertionError when a page complained."""
        for context in self._contexts:
            await context.close()
        assert not self._complaints, "\n".join(self._complaints)


def looks_of(size: tuple[int, int], *, dark: bool = False, language: str = "zh") -> dict[str, Any]:
    """How a browser shows pages, as Playwright's ``new_context`` takes it; the size of a phone makes it one."""
    phone = size == PHONE
    return {
        "viewport": {"width": size[0], "height": size[1]},
        "locale": {"zh": "zh-CN", "en": "en-US"}[language],
        "timezone_id": "Asia/Shanghai",
        "color_scheme": "dark" if dark else "light",
        "has_touch": phone,
        "is_mobile": phone,
        "device_scale_factor": 2 if phone else 1,
    }


def shot(name: str) -> Path:
    """Where a test keeps a screenshot: ``await page.screenshot(path=shot("table/zh-light"))``."""
    path = ARTIFACTS / "screens" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


async def axe(page: Page, *levels: str) -> list[str]:
    """What axe-core finds wrong, ``serious`` and ``critical`` unless other levels are named; one line each."""
    source = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    await page.evaluate(source)
    # colours that fade in are not yet the ones people read
    await page.wait_for_function(
        "() => document.getAnimations().every(a => a.playState !== 'running' || a.effect.getComputedTiming().endTime === Infinity)"
    )
    found = await page.evaluate(
        "axe.run({exclude: [['.g-r:nth-of-type(n + 9)']]}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],"
        " resultTypes: ['violations'], preload: false}).then(r => r.violations.map("
        "v => ({id: v.id, impact: v.impact, at: v.nodes.slice(0, 5).map(n => n.target.join(' ') + ' | ' + n.failureSummary)})))"
    )
    wanted = levels or ("serious", "critical")
    return [f"{v['id']} ({v['impact']}): {'; '.join(v['at'])}" for v in found if v["impact"] in wanted]


async def until(check: Any, seconds: float = PATIENCE_MS / 1000) -> Any:
    """Wait until ``check()`` (an async function) answers something true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await check()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        await asyncio.sleep(0.02)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the test process keeps its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[Litestar, str]]:
    """The application on a free port of this machine, in this event loop; gives it and its address."""
    # made with its protocol named, else asyncio does not switch Nagle's algorithm off: 40 ms for every answer
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        async with application(msgspec.structs.replace(settings, port=port)) as app:
            config = uvicorn.Config(
                app, log_config=None, lifespan="on", timeout_graceful_shutdown=1, access_log=False
            )
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets=[sock]))
            try:
                while not server.started:
                    if task.done():
                        task.result()
                        raise AssertionError("the application did not start")
                    await asyncio.sleep(0.01)
                yield app, f"http://127.0.0.1:{port}"
            finally:
                server.should_exit = True
                await task


@asynccontextmanager
async def site_of(settings: Settings, chromium: Browser) -> AsyncIterator[Site]:
    """A running installation with its owner and an empty app to draw tables in."""
    async with serving(settings) as (app, url):
        system: System = app.state.system
        owner = await accounts.create_first_owner(
            system, email="lin@example.com", name="林小北", password=PASSWORD
        )
        found = Site(app, url, chromium, owner, await World.make(system))
        try:
            yield found
        finally:
            await found.close()


def build_browser_files() -> None:
    """Build ``ui/static/dist`` if a source is newer; or use ``HUOBIAO_TEST_DIST``, a folder built elsewhere.

    The second is for several people testing in one checkout: a build empties the folder while others load from it.
    """
    elsewhere = os.environ.get("HUOBIAO_TEST_DIST")
    if elsewhere:
        _use(Path(elsewhere))
        return
    with _lock(ROOT / "node_modules" / ".huobiao-build"):
        built = assets.MANIFEST.stat().st_mtime if assets.MANIFEST.exists() else 0.0
        folders = (ROOT / "ui" / "islands", ROOT / "ui" / "styles", ROOT / "ui" / "build")
        sources = [p for f in folders for p in f.rglob("*") if p.suffix in (".ts", ".css")]
        if any(path.stat().st_mtime > built for path in sources):
            subprocess.run([sys.executable, str(ROOT / "ui/build/assets.py")], cwd=ROOT, check=True)


def _use(dist: Path) -> None:
    assert dist.name == "dist" and (dist / "manifest.json").exists(), f"{dist} is no build"  # noqa: PT018
    static = dist.parent
    icon = static / "icon.svg"
    if not icon.exists():
        icon.write_bytes((ROOT / "ui" / "static" / "icon.svg").read_bytes())
    shutil.copytree(ROOT / "ui" / "static" / "icons", static / "icons", dirs_exist_ok=True)
    assets.STATIC = static
    assets.MANIFEST = dist / "manifest.json"
    catalogue.MESSAGES_OF_ISLANDS = dist / "messages.json"


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time (pytest-xdist starts several)."""
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this test process."""
    build_browser_files()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def site(settings: Settings, chromium: Browser) -> AsyncIterator[Site]:
    """A running installation of this test alone."""
    async with site_of(settings, chromium) as found:
        yield found
