"""Step 3: orders out of files, in the wizard's three steps: one with faults, a month of real ones, an Excel workbook."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.journey.files import BAD, GOOD, TMALL, WORKBOOK_ROWS, orders_csv, real_orders, workbook
from tests.browser.journey.traveller import Traveller

MONTH = "天猫二月订单"


async def import_orders(me: Traveller) -> None:
    """A file in GBK with three rows that cannot come in: the rest does, and each of the three is told why."""
    page = me.page
    await me.open_table("主订单池")
    await page.locator(".crumb-menu").click()
    await page.get_by_role("menuitem", name="从 Excel 或 CSV 导入").click()
    await _choose(me, orders_csv(me.folder / "十月订单.csv"))
    await expect(page.get_by_text("已按 GBK 读取")).to_be_visible()
    await me.keep("03-import-columns")
    await page.get_by_role("button", name=re.compile("^导入约")).click()
    await expect(page.get_by_role("heading", name=f"{GOOD} 条进来了,{BAD} 行没有")).to_be_visible(
        timeout=60_000
    )
    rows = page.locator(".im-bad-t tbody tr")
    await expect(rows).to_have_count(BAD)
    await expect(rows.filter(has_text="1380571")).to_contain_text("客户手机号")
    await expect(rows.filter(has_text="八十八")).to_contain_text("应付金额")
    await expect(rows.filter(has_text="2026-13-45")).to_contain_text("下单时间")
    await me.keep("03-import-done")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="下载 errors.xlsx").click()
    assert (await downloading.value).suggested_filename == "import-errors.xlsx"
    await page.get_by_role("link", name="打开数据表").click()
    await me.rows_shown()


async def import_a_month(me: Traveller) -> None:
    """28,010 orders as a new table, scrolled to the last; some of them again, saved as a workbook, go into that table."""
    page = me.page
    source, count = real_orders(me.folder)
    await page.locator(".rail").get_by_role("button", name="新建数据表").click()
    await page.get_by_role("link", name="从 Excel 或 CSV 导入").click()
    await _choose(me, source)
    await page.get_by_label("新表的名字").fill(MONTH)
    await me.keep("03-month-columns")
    await page.get_by_role("button", name=re.compile("^导入约")).click()
    bar = page.get_by_role("progressbar")
    await expect(bar).to_be_visible(timeout=30_000)
    await me.keep("03-month-running")
    await expect(page.get_by_role("heading", name=f"{count:,} 条都进来了")).to_be_visible(timeout=120_000)
    await me.keep("03-month-done")
    await page.get_by_role("link", name="打开数据表").click()
    await me.rows_shown()
    await expect(page.locator(".g-foot")).to_contain_text(f"{count:,} 条")
    if source == TMALL:  # what these orders are known to add up to
        await expect(page.locator(".g-foot")).to_contain_text("¥2,995,760.61")
        await expect(page.locator(".g-foot")).to_contain_text("¥1,902,487.15")
    # to the last row
    await (await me.cell(me.page.locator(".g-r").first, "订单编号")).click()
    await page.keyboard.press("Control+End")
    await expect(page.locator(".g-r").last).to_contain_text(str(count))
    await me.keep("03-month-grid")

    await page.locator(".crumb-menu").click()
    await page.get_by_role("menuitem", name="从 Excel 或 CSV 导入").click()
    await _choose(me, workbook(me.folder / "天猫二月.xlsx", source))
    await me.keep("03-workbook-columns")
    await page.get_by_role("button", name=re.compile("^导入约")).click()
    heading = page.get_by_role("heading", name=f"{WORKBOOK_ROWS:,} 条都进来了")
    await expect(heading).to_be_visible(timeout=60_000)
    await page.get_by_role("link", name="打开数据表").click()
    await expect(page.locator(".g-foot")).to_contain_text(f"{count + WORKBOOK_ROWS:,} 条")


async def _choose(me: Traveller, path: Path) -> None:
    await me.page.locator("hb-import input[type=file]").set_input_files(path)
    await expect(me.page.get_by_role("heading", name="每一列放到哪里")).to_be_visible(timeout=60_000)
