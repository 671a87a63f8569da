"""The lookup workbench as pickers and clerks use it: typed, shot with a scanner gun, scanned, photographed, offline."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from runtime.catalog import App, Table
from runtime.definitions.queries import Condition
from runtime.records import read
from runtime.records.change import RecordView
from templates_market import installer, reader
from tests.browser import films
from tests.browser.support import CHROMIUM, FLAGS, PHONE, Site, axe, shot, until

SLUG = "order-lookup"


@dataclass
class Bench:
    """An order pool with its sample records, and a workbench bound to it."""

    site: Site
    app: App
    orders: Table

    async def order(self, nth: int = 0, **wanted: str) -> RecordView:
        """An order by its fields; one that is on its way, with a waybill, unless another state is asked for."""
        wanted = {"订单状态": "已发货", **wanted}
        conditions = [Condition(self.orders.field(name).id, "is", value) for name, value in wanted.items()]
        actor = await self.site.actor()
        return (await read.matching(self.site.system, actor, self.orders.id, conditions)).records[nth]

    def text(self, order: RecordView, name: str) -> str:
        return str(order.fields.get(self.orders.field(name).id) or "")

    async def open(self, query: str = "", **options: Any) -> Page:
        options.setdefault("phone", True)
        return await self.site.open(f"/w/{SLUG}{query}", **options)


async def bench_of(site: Site, **options: Any) -> Bench:
    actor = await site.actor()
    done = await installer.install_app(site.system, actor, reader.find("order-pool"))
    actor = await site.actor()
    app = (await site.system.catalogs.current()).app(done.app)
    orders = next(t for t in app.tables if t.name == "主订单池")
    await installer.install_workbench(site.system, actor, reader.find(SLUG), orders.id, **options)
    return Bench(site, (await site.system.catalogs.current()).app(app.id), orders)


@pytest.fixture
async def bench(site: Site) -> Bench:
    return await bench_of(site)


async def look_up(page: Page, code: str) -> None:
    await page.get_by_role("searchbox").fill(code)
    await page.keyboard.press("Enter")


async def test_a_typed_number_shows_the_card(bench: Bench) -> None:
    shipped = await bench.order(备注="送货前电话联系")
    waybill, number = bench.text(shipped, "快递单号"), bench.text(shipped, "订单ID")
    page = await bench.open()
    await expect(page.get_by_role("button", name="扫快递面单")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/home-phone"))
    await look_up(page, waybill)
    await expect(page.get_by_role("heading", name=number)).to_be_visible()
    assert "?r=rec" in page.url
    card = page.locator(".wb-card")
    await expect(card.locator(".wb-tags .pill")).to_have_text("已发货")
    remark = card.locator(".wb-remark p")
    await expect(remark).to_have_text("送货前电话联系")
    assert await remark.evaluate("p => getComputedStyle(p).fontSize") == "34px"
    shelf = card.locator(".wb-shelf").first
    assert await shelf.evaluate("b => getComputedStyle(b).fontSize") == "26px"
    await expect(shelf).to_contain_text("区-")
    await expect(card.locator(".wb-facts")).to_contain_text(waybill)
    phone = bench.text(shipped, "客户手机号")
    assert await card.locator(".wb-facts a[href^='tel:']").get_attribute("href") == f"tel:{phone}"
    await expect(card.get_by_text("秒", exact=False).first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/card-phone"))

    # another of the customer's orders, and back the way one came
    await card.locator(".wb-others .wb-row").first.click()
    await expect(page.get_by_role("heading", name=number)).to_have_count(0)
    await expect(page.locator(".wb-card")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name=number)).to_be_visible()
    await page.get_by_role("button", name="返回").click()
    await expect(page.locator(".wb-recent .wb-row")).to_have_count(2)
    # the address of a card opens it again
    await page.goto(f"/w/{SLUG}?r={shipped.id}")
    await expect(page.get_by_role("heading", name=number)).to_be_visible()


async def test_the_next_state_is_under_the_thumb(bench: Bench) -> None:
    order = await bench.order(订单状态="已支付")
    editor = await bench.site.person("王强", "editor", app=bench.app.id)
    page = await bench.open(f"?r={order.id}", person=editor)
    main = page.locator(".wb-main-act")
    await expect(main).to_be_visible()
    await expect(main).not_to_have_text("继续扫")
    await page.screenshot(path=shot("workbench/card-moves-phone"))
    await main.click()
    await expect(page.locator(".toast")).to_contain_text("已改为")
    await expect(page.locator(".wb-card .wb-tags .pill")).not_to_have_text("已支付")
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(page.locator(".wb-card .wb-tags .pill")).to_have_text("已支付")

    # who may only look is offered no move
    viewer = await bench.site.person("李静", "viewer", app=bench.app.id)
    page = await bench.open(f"?r={order.id}", person=viewer)
    await expect(page.locator(".wb-main-act")).to_have_text("继续扫")
    await expect(page.get_by_role("button", name="其他状态")).to_have_count(0)


async def test_nothing_found_says_what_to_do(bench: Bench) -> None:
    page = await bench.open()
    await look_up(page, "SF9999999999999")
    await expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    await expect(page.get_by_text("SF9999999999999", exact=True)).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/nothing-phone"))
    await page.get_by_role("button", name="改单号").click()
    await expect(page.get_by_role("searchbox")).to_have_value("SF9999999999999")
    await look_up(page, "S")
    await expect(page.get_by_text("单号太短")).to_be_visible()


async def test_several_hits_are_offered_to_choose_from(bench: Bench) -> None:
    order = await bench.order()
    page = await bench.open()
    await look_up(page, bench.text(order, "客户手机号"))
    await expect(page.get_by_role("heading", name="单对得上")).to_be_visible()
    await page.screenshot(path=shot("workbench/hits-phone"))
    row = page.locator(".wb-hits .wb-row").first
    number = await row.locator("b").inner_text()
    await row.click()
    await expect(page.get_by_role("heading", name=number)).to_be_visible()


async def test_records_of_a_state(bench: Bench) -> None:
    page = await bench.open()
    first = page.locator(".wb-counts button").first
    count, name = await first.locator("b").inner_text(), await first.locator("span").inner_text()
    await first.click()
    await expect(page.get_by_role("heading", name=f"{name} · {count} 单")).to_be_visible()
    await expect(page.locator(".wb-hits .pill").first).to_have_text(name)


async def test_a_scanner_gun_is_heard_wherever_the_focus_is(bench: Bench) -> None:
    first, second = await bench.order(0), await bench.order(1)
    page = await bench.open(phone=False)
    await page.screenshot(path=shot("workbench/home-laptop"))
    # into the search box, where the focus is at a desk; what was typed before stays
    await page.get_by_role("searchbox").fill("旧")
    await page.keyboard.type(bench.text(first, "快递单号").lower())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=bench.text(first, "订单ID"))).to_be_visible()
    # onto the page
    await page.locator(".wb-card").click(position={"x": 4, "y": 4})
    await page.keyboard.type(bench.text(second, "快递单号"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=bench.text(second, "订单ID"))).to_be_visible()
    # the trigger pulled twice
    await page.keyboard.type(bench.text(second, "快递单号"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("刚扫过,这一次没有再查")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/card-laptop"))


async def test_a_gun_under_a_chinese_input_method(bench: Bench) -> None:
    order = await bench.order()
    page = await bench.open(phone=False)
    await page.get_by_role("searchbox").focus()
    keys = await page.context.new_cdp_session(page)
    for char in bench.text(order, "快递单号"):
        place = f"Key{char}" if char.isalpha() else f"Digit{char}"
        pressed = {"type": "rawKeyDown", "key": "Process", "code": place, "windowsVirtualKeyCode": 229}
        await keys.send("Input.dispatchKeyEvent", pressed)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()


async def test_by_keyboard_alone(bench: Bench) -> None:
    order = await bench.order()
    page = await bench.open(phone=False)
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type(bench.text(order, "订单ID"), delay=60)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()


# ---- the camera ----


@pytest.fixture
async def film(tmp_path: Path) -> Path:
    """What the camera sees; written again while a test runs, it sees that when it is opened next."""
    path = tmp_path / "film.mjpeg"
    films.write(path, [films.blank()])
    return path


@pytest.fixture
async def filming(film: Path) -> AsyncIterator[Browser]:
    """A browser whose camera shows the film."""
    async with async_playwright() as playwright:
        camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *camera, f"--use-file-for-fake-video-capture={film}"]
        )
        yield browser
        await browser.close()


def seen_by(bench: Bench, browser: Browser) -> Bench:
    return dataclasses.replace(bench, site=dataclasses.replace(bench.site, chromium=browser))


async def test_the_camera_reads_a_waybill(bench: Bench, film: Path, filming: Browser) -> None:
    order = await bench.order()
    films.write(film, [films.label(films.code128(bench.text(order, "快递单号")))])
    page = await seen_by(bench, filming).open()
    await page.get_by_role("button", name="扫快递面单").click()
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()
    # the camera is given back, and "back" does not open it again
    await expect(page.locator("hb-scan")).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_role("button", name="扫快递面单")).to_be_visible()
    await page.screenshot(path=shot("workbench/after-scan-phone"))


async def test_the_camera_prefers_the_line_code_and_waits_for_one(
    bench: Bench, film: Path, filming: Browser
) -> None:
    order = await bench.order()
    square = films.label(films.qr("https://ucmp.example.com/wxaccess?p=1234"))
    films.write(film, [square])
    page = await seen_by(bench, filming).open("?scan=1")
    await expect(page.locator(".sc-frame.on")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/scan-phone"))
    await page.keyboard.press("Escape")
    await expect(page.locator("hb-scan")).to_have_count(0)
    both = films.beside(
        films.qr("https://ucmp.example.com/wxaccess?p=1234", 4), films.code128(bench.text(order, "快递单号"))
    )
    films.write(film, [films.rotated(both, 12)])
    await page.get_by_role("button", name="扫快递面单").click()
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()


async def test_a_number_typed_on_the_scanning_screen(bench: Bench, filming: Browser) -> None:
    order = await bench.order()
    page = await seen_by(bench, filming).open("?scan=1")
    await page.get_by_label("手输单号").fill(bench.text(order, "快递单号")[-6:])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()


async def test_a_photo_of_a_label(bench: Bench, tmp_path: Path) -> None:
    order = await bench.order()
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    films.rotated(films.label(films.code128(bench.text(order, "快递单号"))), 40).convert("RGB").save(good)
    films.blank().convert("RGB").save(bad)
    page = await bench.open("?scan=1")
    # this browser has no camera: it says so, and offers what works
    await expect(page.get_by_role("heading", name="摄像头")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/no-camera-phone"))
    await page.locator(".sc-acts input").last.set_input_files(bad)
    await expect(page.get_by_text("照片里没有认出条码")).to_be_visible()
    await page.locator(".sc-acts input").last.set_input_files(good)
    await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()


async def test_plain_http_says_why_there_is_no_camera(bench: Bench) -> None:
    bench.site.tolerate("Cross-Origin-Opener-Policy")  # which browsers heed on safe addresses only
    order = await bench.order()
    rules = (
        "--host-resolver-rules=MAP wms.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS[:-1], rules])
        url = bench.site.url.replace("127.0.0.1", "wms.test")
        elsewhere = dataclasses.replace(bench.site, chromium=browser, url=url)
        page = await dataclasses.replace(bench, site=elsewhere).open("?scan=1")
        await expect(page.get_by_role("heading", name="这个地址上用不了摄像头")).to_be_visible()
        await expect(page.get_by_text("拍一张", exact=True)).to_be_visible()
        await page.screenshot(path=shot("workbench/plain-http-phone"))
        # a gun works on the scanning screen too
        await page.keyboard.type(bench.text(order, "快递单号"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()
        await browser.close()


# ---- without a network, on the home screen ----


async def test_without_a_network(bench: Bench) -> None:
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


# ---- setting it up ----


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


@pytest.mark.parametrize(("language", "dark"), [("zh", True), ("en", False), ("en", True)])
async def test_looks(bench: Bench, language: str, dark: bool) -> None:
    order = await bench.order(备注="送货前电话联系")
    name = f"{language}-{'dark' if dark else 'light'}"
    page = await bench.open(language=language, dark=dark)
    await page.get_by_role("searchbox").wait_for()
    assert await axe(page) == []
    await page.goto(f"/w/{SLUG}?r={order.id}")
    await expect(page.locator(".wb-card")).to_be_visible()
    await expect(page.locator(".wb-main-act")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot(f"workbench/card-phone-{name}"))
    await page.set_viewport_size({"width": 1440, "height": 900})
    assert await axe(page) == []
    await page.screenshot(path=shot(f"workbench/card-laptop-{name}"))
