"""Steps over records, built by clicks alone: who bought before within a day is found, marked, and linked to the customer."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from runtime.catalog import Table
from runtime.definitions.automations import RecordCreated
from runtime.definitions.fields import CreatedTime, Link, LongText, Number, Phone, Text
from runtime.records import read
from tests.browser.support import Site, axe, shot, until
from tests.support.shop import Shop
from tests.support.world import EDITOR, named


def form(page: Page) -> Locator:
    """The form beside the flow."""
    return page.locator("hb-step-form")


async def choose(page: Page, name: str, option: str, within: Locator | None = None) -> None:
    """Choose in a select of the form."""
    await (within or form(page)).get_by_role("combobox", name=name, exact=True).last.click()
    await page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


async def add_step(page: Page, place: Locator, kind: str) -> None:
    """Press a "+" and choose a kind of step."""
    await place.click()
    await page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()


async def pick(page: Page, name: str) -> None:
    """Choose in the open picker of values."""
    await page.locator(".tt-picker input").fill(name)
    await (
        page.locator(".tt-picker").get_by_role("option", name=re.compile(f"^{re.escape(name)}")).first.click()
    )


async def text_value(page: Page, field: str, value: str) -> None:
    """Put a value into a text field of the form."""
    await form(page).locator(".au-set", has_text=field).last.get_by_role("button", name="插入字段").click()
    await pick(page, value)


async def tables(site: Site) -> tuple[Table, Table]:
    """Customers, and orders that may point at one."""
    customers = await site.world.table("客户", {"姓名": Text(), "电话": Phone(), "次数": Number()})
    orders = await site.world.table(
        "订单",
        {
            "订单号": Text(),
            "收件人": Text(),
            "电话": Phone(),
            "建单时间": CreatedTime(),
            "备注": LongText(),
            "客户": Link(customers.id, many=False),
        },
    )
    catalog = await site.world.catalog()
    return catalog.table(customers.id), catalog.table(orders.id)


async def test_who_ordered_within_a_day_is_found_marked_and_linked(site: Site) -> None:
    customers, orders = await tables(site)
    shop = Shop(site.world, customers, orders, orders, None)  # type: ignore[arg-type]
    page = await site.open(f"/t/{orders.id}")
    await page.get_by_role("button", name="新建自动化").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名称").fill("同号提醒")
    await dialog.get_by_label("哪张数据表", exact=True).select_option(label="订单")
    await dialog.get_by_label("什么时候开始").select_option(value="record_created")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/automations/aut"))
    end = page.locator(".au-flow > .au-wire .au-add")

    await add_step(page, end.last, "查找记录")
    await form(page).get_by_role("button", name="条件", exact=True).click()
    await choose(page, "字段", "电话")
    await form(page).get_by_label("怎么比较").select_option(label="是")
    await form(page).get_by_role("button", name="用别处的值").click()
    await page.screenshot(path=shot("record-steps-picker"))
    await pick(page, "电话")
    await form(page).get_by_role("button", name="条件", exact=True).click()
    await choose(page, "字段", "建单时间")
    await form(page).get_by_label("怎么比较").last.select_option(label="在过去")
    await expect(form(page).get_by_label("不算触发的那条记录")).to_be_checked()
    await page.screenshot(path=shot("record-steps-find"))
    assert await axe(page) == []

    await add_step(page, end.last, "按条件分支")
    await expect(form(page).get_by_label("和什么比")).to_have_value("0")
    await form(page).get_by_label("这一路的名字").fill("买过")
    await page.screenshot(path=shot("record-steps-branch"))
    await add_step(page, page.locator(".au-arm .au-add").first, "更新记录")
    await choose(page, "再填一个字段", "备注")
    await form(page).locator(".tt-text").click()
    await page.keyboard.type("24 小时内买过,次数 ")
    await text_value(page, "备注", "找到的条数")
    await page.screenshot(path=shot("record-steps-update"))

    await add_step(page, end.last, "按字段匹配并关联")
    await choose(page, "写到哪个关联字段", "客户")
    await choose(page, "在「客户」里按哪些字段找", "电话")
    await text_value(page, "电话", "电话")
    await choose(page, "新建时还填", "姓名")
    await text_value(page, "姓名", "收件人")
    await page.screenshot(path=shot("record-steps-link"))
    assert await axe(page) == []
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()

    async def enabled() -> bool:
        return any(a.definition.enabled for a in (await site.world.app()).automations)

    await until(enabled)
    first, second = [
        (await site.world.create(orders, {"订单号": number, "收件人": "王五", "电话": "13805716621"}))[0]
        for number in ("A1", "A2")
    ]
    await shop.settle()
    one, two = [
        named(orders, (await read.get(site.system, EDITOR, record)).fields) for record in (first, second)
    ]
    assert one["客户"] == two["客户"]
    assert one["客户"][0]["name"] == "王五"
    assert two["备注"] == "24 小时内买过,次数 1"
    assert await read.count(site.system, EDITOR, customers.id, None) == 1


async def test_values_lead_across_links_are_reckoned_and_calculated(site: Site) -> None:
    customers, orders = await tables(site)
    shop = Shop(site.world, customers, orders, orders, None)  # type: ignore[arg-type]
    automation = await shop.automation(RecordCreated(orders.id), name="算一算", enabled=False)
    page = await site.open(f"/automations/{automation}")
    end = page.locator(".au-flow > .au-wire .au-add")
    await add_step(page, end.last, "更新记录")
    await choose(page, "改哪些记录", "的「客户」")
    await choose(page, "再填一个字段", "次数")
    box = form(page).locator(".au-set", has_text="次数")
    await box.get_by_label("「次数」怎么填").select_option(label="加上")
    await box.get_by_role("button", name="用记录里的值").click()
    await page.locator(".tt-picker").get_by_role("option", name="写一个公式…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="加一个值").click()
    await page.locator(".tt-picker").get_by_role("button", name="「客户」里的字段").click()
    await page.screenshot(path=shot("record-steps-drill"))
    await page.locator(".tt-picker").get_by_role("option", name="次数").click()
    await expect(dialog.get_by_label("公式", exact=True)).to_have_value("{客户 › 次数}")
    await dialog.get_by_label("公式", exact=True).fill("{客户 › 次数}+")
    await expect(dialog.locator(".hint.bad")).to_be_visible()
    await dialog.get_by_label("公式", exact=True).fill("{客户 › 次数}+LEN({订单号})")
    await expect(dialog.get_by_text("结果是一个数字")).to_be_visible()
    await page.screenshot(path=shot("record-steps-formula"))
    assert await axe(page) == []
    await dialog.get_by_role("button", name="用这个公式").click()
    await expect(box).to_contain_text("{客户 › 次数}+LEN({订单号})")

    await add_step(page, end.last, "更新记录")
    await choose(page, "再填一个字段", "备注")
    await form(page).locator(".au-set", has_text="备注").get_by_role("button", name="插入字段").click()
    await page.locator(".tt-picker input").fill("日期加减")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_label("多久").fill("2")
    await page.get_by_role("dialog").get_by_role("button", name="用这个时间").click()
    await expect(form(page).locator(".tt-text")).to_contain_text("当时的时间往后 2 天")
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()

    async def enabled() -> bool:
        return any(a.definition.enabled for a in (await site.world.app()).automations)

    await until(enabled)
    await page.reload()
    await expect(page.locator(".au-card").nth(1)).to_contain_text("{客户 › 次数}+LEN({订单号})")
    (customer,) = await site.world.create(customers, {"姓名": "王五", "次数": 4})
    days = [await _in_two_days(site)]
    (order,) = await site.world.create(orders, {"订单号": "A12", "客户": customer})
    await shop.settle()
    days.append(await _in_two_days(site))  # midnight may have passed
    made = named(customers, (await read.get(site.system, EDITOR, customer)).fields)
    assert made["次数"] == 4 + 4 + 3
    assert named(orders, (await read.get(site.system, EDITOR, order)).fields)["备注"].startswith(tuple(days))


async def _in_two_days(site: Site) -> str:
    day: str = await site.system.db.value(
        "SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai' + interval '2 days', 'YYYY-MM-DD')"
    )
    return day
