"""Every page, in both languages, both themes, on a laptop and a phone: it fits, reads, can be touched, and axe finds
nothing serious.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page

from runtime.accounts import Person
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.settings import Settings
from runtime.worker.jobs import run_job
from tests.browser.eye import not_english, shortened, wrong_in_shape
from tests.browser.journey.traveller import Traveller
from tests.browser.screens import FIRST, WELCOME, Furnished, Place, furnish, places, sign_up
from tests.browser.slow import slowed
from tests.browser.support import LAPTOP, PHONE, Site, axe, looks_of, serving, shot, site_of
from tests.standins.wecom import WecomStandIn
from ui.bootstrap import JOB_KINDS
from ui.locale import catalogue

pytestmark = pytest.mark.timeout(
    400
)  # a look is some thirty pages; alone on the machine it takes about half a minute
LOOKS = ("zh-light-laptop", "zh-dark-phone", "en-dark-laptop", "en-light-phone")
SECRET_KEY = base64.b64encode(bytes(range(32))).decode()
_BROKEN = r"net::ERR_|Failed to fetch"


@dataclass
class Screens:
    """A furnished installation. ``data``: everything that people wrote in it, as one text; ``viewer`` may only read."""

    site: Site
    found: Furnished
    viewer: Person
    data: str


async def furnished_site(site: Site, folder: Path, robot: str) -> Screens:
    """Fill a new installation, doing by hand what its worker would do."""
    site.tolerate(_BROKEN)
    context = await site.context()
    page = await context.new_page()
    await page.goto("/settings")
    me = Traveller(site.chromium, site.url, folder, page, context)

    async def settle() -> None:
        while (done := await relay(site.system)).events:
            for run in done.runs:
                assert await execute(site.system, run, "test")
        for row in await site.system.db.fetch("SELECT public_id FROM meta.job WHERE status = 'queued'"):
            assert await run_job(site.system, JOB_KINDS, row["public_id"])

    found = await furnish(me, robot=robot, settle=settle)
    written = [
        row["body"] for row in await site.system.db.fetch("SELECT body::text AS body FROM meta.definition")
    ]
    catalog = await site.system.catalogs.current()
    for table in (t for app in catalog.apps for t in app.tables):
        records = await me.records(table.id)
        written.append(json.dumps(records, ensure_ascii=False))
    viewer = await site.person("何夏", "viewer", app=found.app)
    people = await site.system.db.fetch(
        "SELECT name FROM meta.person UNION ALL SELECT name FROM meta.connector"
    )
    written.append(json.dumps([row["name"] for row in people], ensure_ascii=False))
    written += _files(folder)
    await context.close()
    return Screens(site, found, viewer, "\n".join(written))


def _files(folder: Path) -> list[str]:
    return [path.name + path.read_bytes().decode("gb18030") for path in folder.iterdir()]


@pytest.fixture(scope="module")
async def screens(
    module_database_url: str, redis_address: str, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Screens]:
    folder = tmp_path_factory.mktemp("screens")
    files = tmp_path_factory.mktemp("files")
    with WecomStandIn() as wecom:
        settings = Settings(
            data_dir=folder / "data",
            database_url=module_database_url,
            redis_url=redis_address,
            secret_key=SECRET_KEY,
            port=0,
            wecom_base_url=wecom.base_url,
        )
        async with site_of(settings, chromium) as site:
            yield await furnished_site(site, files, wecom.webhook_url)


async def check(page: Page, look: str, data: str) -> list[str]:
    """What is wrong with a page as it is shown."""
    # what lies half under a bar that stays (and comes out when one scrolls) is not too small
    found = [one for one in await axe(page) if "partially obscured" not in one]
    found += await wrong_in_shape(page, phone=look.endswith("phone"))
    if look.endswith("laptop"):
        found += await shortened(page, data)
    if look.startswith("en"):
        found += await not_english(page, data, catalogue.read("en"))
    return found


async def look_at(page: Page, name: str, look: str, data: str = "") -> list[str]:
    """Keep the picture of a page, and say what is wrong with it."""
    await page.screenshot(path=shot(f"screens/{name}-{look}"))
    return [f"{name}: {finding}" for finding in await check(page, look, data)]


async def visit(context: BrowserContext, name: str, place: Place, look: str, data: str) -> list[str]:
    """Open a place and look at it."""
    page = await context.new_page()
    try:
        await place.open(page)
        return await look_at(page, name, look, data)
    except Error as error:
        await page.screenshot(path=shot(f"screens/{name}-{look}"))
        return [f"{name}: does not open: {str(error).splitlines()[0]}"]
    finally:
        await page.close()


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page(screens: Screens, look: str) -> None:
    language, theme, device = look.split("-")
    site, phone = screens.site, device == "phone"
    shown = places(screens.found)
    wrong: list[str] = []
    for visitor in ("me", "viewer", None):
        context = await site.context(
            screens.viewer if visitor == "viewer" else None,
            signed_in=visitor is not None,
            phone=phone,
            dark=theme == "dark",
            language=language,
            reduced_motion="reduce",
        )
        for name, place in shown.items():
            if place.visitor == visitor and (not phone or PHONE in place.sizes):
                wrong += await visit(context, name, place, look, screens.data)
        await context.close()
    assert not wrong, f"{len(wrong)} findings\n" + "\n".join(wrong)


@pytest.mark.parametrize("look", LOOKS)
async def test_the_first_visit(settings: Settings, chromium: Browser, look: str) -> None:
    language, theme, device = look.split("-")
    size = PHONE if device == "phone" else LAPTOP
    async with serving(settings) as (_, url):
        context = slowed(
            await chromium.new_context(
                base_url=url, **looks_of(size, dark=theme == "dark", language=language)
            )
        )
        page = await context.new_page()
        await WELCOME.open(page)
        wrong = await look_at(page, "welcome", look)
        await sign_up(page)
        await FIRST.open(page)
        # the card of the template shows some of its sample records
        sample = await page.locator(".bigc .mini-t span").all_text_contents()
        wrong += await look_at(page, "first", look, json.dumps([*sample, "林小北"], ensure_ascii=False))
        await context.close()
    assert not wrong, "\n".join(wrong)
