"""A page that is seen before its scripts are there, as on a slow phone: what is pressed then is done when they come."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.support import Site, until


@pytest.fixture
async def waiting(site: Site) -> tuple[Page, asyncio.Event]:
    """The settings as they are seen without scripts; these come when the event is set."""
    page = await (await site.context()).new_page()
    come = asyncio.Event()

    async def hold(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await page.route("**/assets/app-*.js", hold)
    await page.goto(f"/a/{site.world.app_id}/settings", wait_until="commit")
    search = page.get_by_role("button", name="搜索记录、表、页面、命令")

    async def kept() -> bool:  # by the small script that comes ahead of the others
        await search.click()
        return await search.get_attribute("aria-busy") == "true"

    await until(kept)
    return page, come


async def test_a_menu_opens_and_the_last_press_counts(waiting: tuple[Page, asyncio.Event]) -> None:
    page, come = waiting
    account = page.get_by_role("button", name="账号")
    await account.click()
    await expect(account).to_have_attribute("aria-busy", "true")
    come.set()
    await expect(page.locator("#account")).to_be_visible()
    await expect(account).not_to_have_attribute("aria-busy", "true")
    await expect(page.locator("dialog.palette")).to_have_count(0)


async def test_a_form_that_htmx_sends_is_sent_by_it(site: Site, waiting: tuple[Page, asyncio.Event]) -> None:
    page, come = waiting
    await page.get_by_label("邀请同事").fill("wu@example.com")
    await page.get_by_role("button", name="生成邀请链接").click()
    come.set()
    await expect(page.locator(".set-secret code")).to_contain_text(site.url)
