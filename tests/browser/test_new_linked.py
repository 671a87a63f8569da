"""A record that is not there yet is made where it is to be linked."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from runtime.records import read
from tests.browser.pool import Pool, make_pool
from tests.browser.support import Site, axe, shot, until


@pytest.fixture
async def pool(site: Site) -> Pool:
    return await make_pool(site)


@pytest.mark.parametrize("phone", [False, True])
async def test_a_customer_is_made_while_an_order_is_looked_at(site: Site, pool: Pool, phone: bool) -> None:
    order = pool.records["TB-0001"]
    page = await site.open(f"/t/{pool.orders.id}?record={order}", phone=phone)
    value = page.locator(f'hb-record [data-field="{pool.field("客户")}"]')
    await value.locator(".rc-v, button").first.click()
    chooser = page.get_by_role("dialog", name="选择「客户」")
    await expect(chooser.get_by_role("button", name="新建客户", exact=True)).to_be_visible()
    await chooser.get_by_label("搜索").fill("韩梅梅")
    await expect(chooser).to_contain_text("没有叫这个的")
    await chooser.get_by_role("button", name="新建客户「韩梅梅」").click()
    form = page.get_by_role("dialog", name="新建客户")
    await expect(form.get_by_label("姓名")).to_have_value("韩梅梅")
    await expect(form.locator("label")).to_have_text(["姓名", "手机号"])
    await form.get_by_label("手机号").fill("138")
    await page.screenshot(path=shot(f"linked/new-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await form.get_by_role("button", name="新建", exact=True).click()
    await expect(form.locator(".hint.bad")).to_be_visible()
    await expect(form.get_by_label("姓名")).to_have_value("韩梅梅")
    await form.get_by_label("手机号").fill("13805716655")
    await form.get_by_role("button", name="新建", exact=True).click()
    await expect(form).to_have_count(0)
    await expect(chooser).to_have_count(0)
    await expect(value).to_contain_text("韩梅梅")

    async def stored() -> bool:
        found = await read.get(site.system, await site.actor(), order)
        return [one["name"] for one in found.fields[pool.field("客户")]] == ["韩梅梅"]

    await until(stored)


async def test_enter_makes_what_nobody_is_called_and_escape_keeps_the_chooser(site: Site, pool: Pool) -> None:
    page = await site.open(f"/t/{pool.orders.id}?record={pool.records['TB-0001']}")
    await (
        page.locator(f'hb-record [data-field="{pool.field("客户")}"]').locator(".rc-v, button").first.click()
    )
    chooser = page.get_by_role("dialog", name="选择「客户」")
    await chooser.get_by_label("搜索").fill("没有这个人")
    await expect(chooser).to_contain_text("没有叫这个的")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="新建客户")
    await expect(form.get_by_label("姓名")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(chooser.get_by_label("搜索")).to_have_value("没有这个人")
