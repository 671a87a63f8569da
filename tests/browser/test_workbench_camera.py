"""The workbench's scanning screen: the camera, a photo, and what works where there is no camera."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser import films
from tests.browser.bench import Bench, bench_of, shoot
from tests.browser.support import CHROMIUM, FLAGS, Site, axe, shot


@pytest.fixture
async def bench(site: Site) -> Bench:
    return await bench_of(site)


@pytest.fixture
async def film(tmp_path: Path) -> Path:
    """What the camera sees; written again while a test runs, it sees that when it is opened next."""
    path = tmp_path / "film.mjpeg"
    films.write(path, [films.blank()])
    return path


@pytest.fixture
async def filming(film: Path) -> AsyncIterator[Browser]:
    async with films.filming(film) as browser:
        yield browser


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
        await shoot(page, bench.text(order, "快递单号"))
        await expect(page.get_by_role("heading", name=bench.text(order, "订单ID"))).to_be_visible()
        await browser.close()
