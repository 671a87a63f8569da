"""From the first visit to a colleague at work, as people do it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from runtime.settings import Settings
from tests.browser.slow import slowed
from tests.browser.support import PASSWORD, Site, axe, serving, shot


async def test_the_first_visit_ends_in_something_alive(settings: Settings, chromium: Browser) -> None:
    async with serving(settings) as (_, url):
        context = slowed(
            await chromium.new_context(base_url=url, viewport={"width": 1440, "height": 900}, locale="zh-CN")
        )
        page = await context.new_page()
        await page.goto("/")
        await expect(page).to_have_url(re.compile("/welcome$"))
        assert await axe(page) == []

        await page.get_by_label("姓名").fill("林小北")
        await page.get_by_label("邮箱").fill("lin@example.com")
        password = page.locator("#password")
        await password.fill("12345678")
        await page.get_by_label("显示密码").click()
        await expect(password).to_have_attribute("type", "text")
        await page.get_by_role("button", name="开始使用").click()
        await expect(page.get_by_text("这个密码太常见")).to_be_visible()
        await expect(page.get_by_label("姓名")).to_have_value("林小北")

        await password.fill(PASSWORD)
        await page.get_by_role("button", name="开始使用").click()
        await expect(page.get_by_role("heading", name="林小北,从哪里开始")).to_be_visible()
        await page.screenshot(path=shot("accounts/first"))
        assert await axe(page) == []

        await page.get_by_role("button", name="安装主订单池").click()
        await expect(page).to_have_url(re.compile("/(a|t|d)/"), timeout=30_000)
        await expect(page.get_by_role("link", name="主订单池").first).to_be_visible()
        await context.close()


async def test_a_colleague_is_invited_and_joins(site: Site) -> None:
    owner = await site.open(f"/a/{site.world.app_id}/settings")
    await owner.get_by_label("邀请同事").fill("wu@example.com")
    await owner.get_by_label("角色", exact=True).select_option("viewer")
    await owner.get_by_role("button", name="生成邀请链接").click()
    link = await owner.locator(".set-secret code").inner_text()
    await expect(owner.get_by_text("等待加入")).to_be_visible()
    assert await axe(owner) == []

    colleague = await site.open(link.replace(site.url, ""), signed_in=False, language="en", phone=True)
    await colleague.get_by_label("Name").fill("Wu Ming")
    await colleague.locator("#password").fill(PASSWORD)
    await colleague.get_by_role("button", name="Join").click()
    await expect(colleague).to_have_url(re.compile(f"/a/{site.world.app_id}"))

    await owner.reload()
    await expect(owner.get_by_text("Wu Ming")).to_be_visible()
    await owner.get_by_label("Wu Ming 的角色").select_option("editor")
    await expect(owner.get_by_text("角色已改,马上生效")).to_be_visible()
    me = await colleague.evaluate("fetch('/api/v1/me').then(r => r.json())")
    assert [app["role"] for app in me["apps"]] == ["editor"]


async def test_one_signs_in_changes_looks_and_signs_out(site: Site) -> None:
    page = await site.open("/settings", signed_in=False)
    await expect(page).to_have_url(re.compile("/login\\?next=/settings"))
    await page.get_by_label("邮箱").fill("lin@example.com")
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/settings$"))

    await page.locator("#appearance-section").get_by_text("深色").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert await axe(page) == []
    await page.locator("#appearance-section").get_by_role("radio", name="English").check()
    await expect(page.get_by_role("heading", name="Account settings")).to_be_visible()

    await page.get_by_label("What is the new token for").fill("ERP")
    await page.get_by_role("button", name="Make a token").click()
    await expect(page.locator("#tokens code")).to_have_text(re.compile("^hb_"))
    await page.get_by_role("button", name="Revoke").click()
    await page.locator("dialog, hb-dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("Token revoked")).to_be_visible()

    await page.get_by_role("button", name=re.compile("^Account")).click()
    await page.get_by_role("button", name="Sign out").last.click()
    await expect(page).to_have_url(re.compile("/login$"))
    await page.goto("/settings")
    await expect(page).to_have_url(re.compile("/login"))


@pytest.mark.parametrize("path", ["/nope", "/a/appNothingThere1/settings"])
async def test_what_is_not_there_says_so_kindly(site: Site, path: str) -> None:
    page = await site.open(path)
    await expect(page.get_by_role("link", name="回首页")).to_be_visible()
    assert await axe(page) == []
