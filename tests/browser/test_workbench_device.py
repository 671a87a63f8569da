"""The workbench on a device of one's own: without a network, on the home screen, signed in; and how it is set up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.bench import SLUG, Bench, bench_of, look_up
from tests.browser.slow import RATE
from tests.browser.support import CHROMIUM, FLAGS, Site, axe, shot, until


@pytest.fixture
async def bench(site: Site) -> Bench:
    return await bench_of(site)


async def test_without_a_network(bench: Bench) -> None:
    if RATE:
        pytest.skip("a page whose line is made slow is not told by a service worker that there is none")
    bench.site.tolerate("Failed to load resource|net::ERR_INTERNET_DISCONNECTED|Failed to fetch")
    order = await bench.order(备注="送货前电话联系")
    page = await bench.open()
    await look_up(page, bench.text(order, "快递单号"))
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()

    async def kept() -> bool:
        names = await page.evaluate(
            "caches.open('hb-wb-files').then(c => c.keys()).then(k => k.map(r => r.url))"
        )
        return any(name.endswith(".wasm") for name in names)

    await until(kept)
    await page.reload()  # from now on the service worker has the page, too
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()
    await page.context.set_offline(True)
    await page.goto(f"/w/{SLUG}")
    await expect(page.locator(".wb-top").get_by_text("离线")).to_be_visible()
    await look_up(page, bench.text(order, "快递单号")[-6:])
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()
    await expect(page.get_by_text("离线:这是")).to_be_visible()
    await expect(page.locator(".wb-remark p")).to_have_text("送货前电话联系")
    # read only: no move is offered
    await expect(page.locator(".wb-main-act")).to_have_text("继续扫")
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/offline-phone"))
    await page.get_by_role("button", name="返回").click()
    await look_up(page, "SF9999999999999")
    await expect(page.get_by_role("heading", name="离线,没有查过这一单")).to_be_visible()
    await page.context.set_offline(False)
    await page.get_by_role("button", name="再查一次").click()
    await expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    await expect(page.locator(".wb-top").get_by_text("离线")).to_have_count(0)
    # signing out takes the customers' data off the device
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("menuitem", name="退出登录").click()
    await page.wait_for_url("**/login*")
    assert await page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('hb-wb:'))") == []


async def test_it_can_be_put_on_the_home_screen(bench: Bench, tmp_path: Path) -> None:
    cookies = await (await bench.site.context()).cookies()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=FLAGS, base_url=bench.site.url
        )
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.pages[0]
        await page.goto(f"/w/{SLUG}")
        tools = await context.new_cdp_session(page)

        async def errors() -> bool:
            found = await tools.send("Page.getInstallabilityErrors")
            return bool(found["installabilityErrors"] == [])

        await until(errors)
        manifest = await tools.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert '"订单快查"' in manifest["data"]
        await context.close()


async def test_signing_in_comes_back_to_the_workbench(bench: Bench) -> None:
    page = await bench.open("?q=2760", signed_in=False)
    await page.wait_for_url(re.compile(r"/login\?next=/w/"))
    await page.get_by_label("邮箱").fill("lin@example.com")
    await page.get_by_label("密码").first.fill("sesame-open-9")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(rf"/w/{SLUG}\?q=2760$"))


async def test_its_settings(bench: Bench) -> None:
    page = await bench.site.open(f"/a/{bench.app.id}/settings")
    row = page.locator("#workbenches li")
    await expect(row).to_contain_text("订单快查")
    await row.get_by_role("button", name="设置").click()
    dialog = page.locator("dialog[open]")
    await expect(dialog.locator(".wb-phone .wb-tags .pill")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/settings"))
    await dialog.get_by_label("地址").fill("不行 的")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("地址由小写字母、数字和连字符组成")).to_be_visible()
    await dialog.get_by_label("地址").fill("cang")
    await dialog.get_by_label("名字").fill("仓库查单")
    await dialog.get_by_role("switch", name="开启「扫码查单」权限").uncheck()
    await dialog.get_by_role("button", name="保存").click()
    await expect(page.locator(".toast")).to_contain_text("「仓库查单」的设置存好了")
    await expect(page.locator("#workbenches li")).to_contain_text("/w/cang")

    # scanning is off: it is said, and a gun that types is no scan
    page = await bench.site.open("/w/cang", phone=True)
    await expect(page.get_by_text("这个工作台没有开启扫码")).to_be_visible()
    await expect(page.get_by_role("button", name="扫快递面单")).to_have_count(0)

    page = await bench.site.open(f"/a/{bench.app.id}/settings")
    await page.locator("#workbenches li").get_by_role("button", name="设置").click()
    await page.get_by_role("button", name="删除工作台").click()
    await page.locator("dialog[open]").get_by_role("button", name="删除", exact=True).click()
    await expect(page.locator("#workbenches li[data-workbench]")).to_have_count(0)
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(page.locator("#workbenches li[data-workbench]")).to_have_count(1)


async def test_a_role_that_is_left_out_is_told(site: Site) -> None:
    bench = await bench_of(site, roles=("owner", "editor"))
    viewer = await site.person("李静", "viewer", app=bench.app.id)
    page = await bench.open(person=viewer)
    await expect(page.get_by_text("你的角色不能用这个工作台")).to_be_visible()
