"""The web application in a test: in this process, on a database and Redis of its own, asked without sockets.

Import the fixtures into a conftest: ``from tests.support.web import app, browser, client, system``.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from runtime import accounts
from runtime.settings import Settings
from runtime.system import System
from ui.asgi import create_app, furnish
from ui.bootstrap import build

PASSWORD = "sesame-open-9"
OUTSIDE = "203.0.113.7"
_TOKEN = re.compile(r'name="csrf-token" content="([^"]*)"')


_stopped: dict[tuple[ControllerRouterHandler, ...], list[Litestar]] = defaultdict(list)


@asynccontextmanager
async def application(settings: Settings, *more: ControllerRouterHandler) -> AsyncIterator[Litestar]:
    """The application of this installation, not yet started, with ``more`` routes than it has.

    Its routes are made once per process and used by one test after another, its parts are new each time. One that was
    left by an error is not used again.
    """
    if _stopped[more]:
        app = _stopped[more].pop()
        furnish(app, build(settings))
    else:
        app = create_app(settings)
        for handler in more:
            app.register(handler)
    yield app
    _stopped[more].append(app)


@asynccontextmanager
async def running(settings: Settings, *more: ControllerRouterHandler) -> AsyncIterator[Litestar]:
    """The :func:`application` between its start and its stop, which are to happen in one task."""
    async with application(settings, *more) as app, _started(app):
        yield app


@asynccontextmanager
async def _started(app: Litestar) -> AsyncIterator[None]:
    started, stop = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(hold())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if not task.done():
            yield
    finally:
        stop.set()
        await task


class Browser(httpx.AsyncClient):
    """A client that keeps cookies, remembers the CSRF token of the last page and sends it with forms and scripts."""

    def __init__(self, app: Litestar, address: str = OUTSIDE, language: str = "zh-CN") -> None:
        super().__init__(
            transport=httpx.ASGITransport(app=app, client=(address, 4711)),
            base_url="http://testserver",
            headers={"accept": "text/html", "accept-language": language},
        )
        self.csrf = ""

    async def open(self, path: str, **kwargs: Any) -> httpx.Response:
        """Go to a page, following redirects."""
        answer = await self.get(path, follow_redirects=True, **kwargs)
        found = _TOKEN.search(answer.text)
        if found:
            self.csrf = found.group(1)
        return answer

    async def submit(self, path: str, follow: bool = False, **fields: str) -> httpx.Response:
        """Send a form of the page last opened."""
        return await self.post(path, data={"_csrf": self.csrf, **fields}, follow_redirects=follow)

    async def call(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """Ask the API as a script of the page does."""
        sent = {"accept": "application/json", "x-csrf-token": self.csrf, **headers}
        return await self.request(method, path, json=json, headers=sent)

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in through the page; answers the form's answer."""
        await self.open("/login")
        answer = await self.submit("/login", email=email, password=password)
        await self.open("/settings")
        return answer


async def program(app: Litestar, email: str) -> httpx.AsyncClient:
    """A program that acts for the person with this address, by an API token made now."""
    system = app.state.system
    token, _ = await accounts.create_token(system, await accounts.find_person(system, email), name="test")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(OUTSIDE, 4711)),
        base_url="http://testserver",
        headers={"authorization": f"Bearer {token}", "accept-language": "zh"},
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """The running application."""
    async with running(settings) as made:
        yield made


@pytest.fixture
def system(app: Litestar) -> System:
    """The application's parts."""
    found: System = app.state.system
    return found


@pytest.fixture
async def browser(app: Litestar) -> AsyncIterator[Browser]:
    """Somebody's browser, signed in nowhere."""
    async with Browser(app) as made:
        yield made


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A program without credentials."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(OUTSIDE, 4711)),
        base_url="http://testserver",
        headers={"accept-language": "zh"},
    ) as made:
        yield made


@pytest.fixture
async def owner(system: System) -> accounts.Person:
    """The owner of the installation."""
    return await accounts.create_first_owner(system, email="lin@example.com", name="小林", password=PASSWORD)
