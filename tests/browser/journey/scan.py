"""Step 8 at the packing table: on a phone-sized screen a waybill is typed, sent by a scanner gun, seen by the camera."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser import films
from tests.browser.bench import shoot
from tests.browser.journey.files import waybill
from tests.browser.journey.goods import CUSTOMER
from tests.browser.journey.traveller import EMAIL, Traveller
from tests.browser.support import PASSWORD


async def look_up_orders(url: str, folder: Path, address: str) -> None:
    """A picker opens the workbench's address, signs in once, and finds orders in three ways."""
    film = folder / "parcel.mjpeg"
    films.write(film, [films.label(films.code128(waybill(9)))])
    async with films.filming(film) as browser:
        picker = await Traveller.come(browser, url, folder, phone=True)
        page = picker.page
        await page.goto(address)
        await page.get_by_label("邮箱").fill(EMAIL)
        await page.get_by_label("密码").first.fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/w/"))
        await picker.keep("08-workbench")

        # typed as a hand types it
        await page.get_by_role("searchbox").tap()
        await page.keyboard.type(waybill(1)[-6:], delay=120)
        await page.keyboard.press("Enter")
        await _the_card(picker, "TB000001")
        card = page.locator(".wb-card")
        remark = card.locator(".wb-remark p")
        await expect(remark).to_have_text("易皱,加硬板")
        assert await remark.evaluate("p => parseFloat(getComputedStyle(p).fontSize)") >= 30
        await expect(card).to_contain_text("A-03-12")
        await expect(card.locator(".wb-facts")).to_contain_text(waybill(1))
        await expect(card.locator(".wb-others .wb-row")).to_have_count(2)
        await picker.keep("08-typed")

        # sent by a scanner gun: keys in a burst, whatever has the focus, and Enter
        await shoot(page, waybill(5))
        await _the_card(picker, "TB000005")
        await expect(card).to_contain_text(CUSTOMER)
        await picker.keep("08-gun")

        # seen by the camera
        await page.get_by_role("button", name="返回").click()
        await page.get_by_role("button", name="扫快递面单").tap()
        await _the_card(picker, "TB000009")
        await picker.keep("08-camera")
        await picker.leave()


async def _the_card(picker: Traveller, number: str) -> None:
    await expect(picker.page.get_by_role("heading", name=number)).to_be_visible()
