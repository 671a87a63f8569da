"""The lookup workbench as pickers and clerks use it: typed, shot with a scanner gun, by keyboard, in every look."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.bench import SLUG, Bench, bench_of, look_up, shoot
from tests.browser.support import PHONE, Site, axe, shot


@pytest.fixture
async def bench(site: Site) -> Bench:
    return await bench_of(site)


async def test_a_typed_number_shows_the_card(bench: Bench) -> None:
    shipped = await bench.order(备注="送货前电话联系")
    waybill, number = bench.text(shipped, "快递单号"), bench.text(shipped, "订单ID")
    page = await bench.open()
    await expect(page.get_by_role("button", name="扫快递面单")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/home-phone"))
    await look_up(page, waybill)
    await expect(page.get_by_role("heading", name=number)).to_be_visible()
    await expect(page).to_have_url(re.compile(r"\?r=rec"))
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
    await shoot(page, bench.text(first, "快递单号").lower())
    await expect(page.get_by_role("heading", name=bench.text(first, "订单ID"))).to_be_visible()
    # onto the page
    await page.locator(".wb-card").click(position={"x": 4, "y": 4})
    # the trigger pulled twice
    await shoot(page, bench.text(second, "快递单号"), bench.text(second, "快递单号"))
    await expect(page.get_by_role("heading", name=bench.text(second, "订单ID"))).to_be_visible()
    await expect(page.get_by_text("刚扫过,这一次没有再查")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("workbench/card-laptop"))


async def test_a_gun_under_a_chinese_input_method(bench: Bench) -> None:
    order = await bench.order()
    page = await bench.open(phone=False)
    await page.get_by_role("searchbox").focus()
    await shoot(page, bench.text(order, "快递单号"), composing=True)
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
