"""Bringing a file in through the wizard: three steps, left and found again, refusals where they happen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from runtime import accounts
from runtime.definitions.fields import Choice, Currency, FieldDef, Phone, SingleSelect, Text
from runtime.definitions.queries import Query
from runtime.definitions.states import State, StateMachine, Transition
from runtime.records import read
from runtime.worker.jobs import run_job
from tests.browser.support import PASSWORD, PHONE, Site, axe, shot, until
from ui.bootstrap import JOB_KINDS

ORDERS = (
    "订单编号,渠道来源,客户手机号,应付金额,下单时间,备注\n"
    'TB1,淘宝,13805716621,"¥1,299.00",10/2/2026 08:26,请放门卫\n'
    "TB2,抖音,1380571,88,10/3/2026 09:00,\n"
    "TB3,淘宝,13805716622,12.5,10/4/2026 10:11,急单\n"
    "TB4,微信,13805716623,abc,10/5/2026 23:59,\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "一月订单.csv"
    path.write_bytes(ORDERS.encode("gb18030"))
    return path


async def choose(page: Page, path: Path) -> None:
    await page.set_input_files("hb-import input[type=file]", path)


async def work(site: Site) -> str:
    """What the worker does with the import that is waiting; returns its id."""

    async def queued() -> str | None:
        found: str | None = await site.system.db.value(
            "SELECT public_id FROM meta.job WHERE status = 'queued'"
        )
        return found

    job = str(await until(queued))
    assert await run_job(site.system, JOB_KINDS, job)
    return job


async def test_a_file_becomes_a_new_table(site: Site, orders: Path) -> None:
    page = await site.open(f"/a/{site.world.app_id}/import")
    await expect(page.get_by_text("最大 100 MB")).to_be_visible()
    await page.screenshot(path=shot("import/choose"))

    await choose(page, orders)
    await expect(page.get_by_text("约 4 行,6 列")).to_be_visible()
    await expect(page.get_by_text("已按 GBK 读取")).to_be_visible()
    await expect(page).to_have_url(re.compile("/imports/job"))
    # the file does not tell whether the month or the day comes first, so it is asked
    await expect(page.get_by_text("「10/2/2026 08:26」是哪一天")).to_be_visible()
    await page.get_by_role("button", name="2026-10-02").click()
    await page.get_by_label("「备注」的字段名").fill("客服备注")
    await page.get_by_label("新表的名字").fill("主订单池")

    # nothing decided is lost by a reload
    await page.reload()
    await expect(page.get_by_label("「备注」的字段名")).to_have_value("客服备注")
    await expect(page.get_by_label("新表的名字")).to_have_value("主订单池")
    assert await axe(page) == []
    await page.screenshot(path=shot("import/columns"), full_page=True)

    await page.get_by_role("button", name="导入约 4 行").click()
    await expect(page.get_by_text("排队中,马上开始")).to_be_visible()
    await work(site)
    await expect(page.get_by_role("heading", name="2 条进来了,2 行没有")).to_be_visible()
    rows = page.locator(".im-bad-t tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text("1380571")
    await expect(rows.nth(1)).to_contain_text("应付金额")
    await expect(rows.nth(1)).to_contain_text("abc")
    await page.get_by_role("button", name="看第 5 行的全部内容").click()
    await expect(page.get_by_text("10/5/2026 23:59")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("import/done"), full_page=True)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="下载 errors.xlsx").click()
    assert (await downloading.value).suggested_filename == "import-errors.xlsx"

    # the page is found again at its address, and leads to the table
    await page.reload()
    await expect(page.get_by_role("heading", name="2 条进来了,2 行没有")).to_be_visible()
    await page.get_by_role("link", name="打开数据表").click()
    await page.wait_for_url("**/t/tbl*")
    table = next(t for t in (await site.world.app()).tables if t.name == "主订单池")
    assert [f.name for f in table.fields][5] == "客服备注"
    found = (await read.page(site.system, await site.actor(), table.id, Query())).records
    assert [r.fields[table.field("下单时间").id] for r in found] == [
        "2026-10-02T00:26:00Z",
        "2026-10-04T02:11:00Z",
    ]


async def test_into_a_table_that_is_there(site: Site, orders: Path) -> None:
    states = SingleSelect(
        choices=(Choice(1, "已支付"), Choice(2, "已发货")),
        machine=StateMachine(initial=(1,), transitions=(Transition(1, 2),), states=(State(1), State(2))),
    )
    table = await site.world.table(
        "主订单池",
        {
            "单号": Text(),
            "渠道": SingleSelect(choices=(Choice(1, "淘宝"),)),
            "手机": Phone(),
            "应付金额": Currency(),
            "订单状态": states,
            "负责人": FieldDef("负责人", Text(), required=True),
        },
    )
    page = await site.open(f"/t/{table.id}/import")
    await choose(page, orders)
    await expect(page.get_by_text("表里没有的选项自动加上")).to_be_visible()
    await expect(page.get_by_text("「负责人」必填,还没有列对到它")).to_be_visible()
    await expect(page.get_by_text("让自动化处理这些新记录")).to_be_visible()
    # two columns into one field is said at the second one, and cannot be started
    row = page.locator(".im-row[data-column='5']")
    await row.get_by_role("combobox").click()
    await row.get_by_role("option", name="负责人").click()
    await expect(page.get_by_text("必填,还没有列对到它")).to_have_count(0)
    other = page.locator(".im-row[data-column='4']")
    await other.get_by_role("combobox").click()
    await other.get_by_role("option", name="负责人").click()
    await expect(row.get_by_text("有两列都对到了「负责人」,只留一列")).to_be_visible()
    await expect(page.get_by_role("button", name="导入约 4 行")).to_be_disabled()
    await other.get_by_role("combobox").click()
    await other.get_by_role("option", name="不导入这一列").click()
    await page.get_by_role("button", name="导入约 4 行").click()
    await work(site)
    await expect(page.get_by_role("heading", name="2 条进来了,2 行没有")).to_be_visible()
    found = (await site.world.catalog()).table(table.id)
    assert [c.name for c in found.field("渠道").choices_by_id.values()] == ["淘宝", "抖音", "微信"]


async def test_an_import_is_stopped(site: Site, orders: Path) -> None:
    page = await site.open(f"/a/{site.world.app_id}/import")
    await choose(page, orders)
    await page.get_by_role("button", name="导入约 4 行").click()
    await expect(page.get_by_text("排队中,马上开始")).to_be_visible()
    await page.get_by_role("button", name="停下").click()
    await page.locator("dialog[open]").get_by_role("button", name="停下").click()
    await expect(page.get_by_role("heading", name="导入停下了")).to_be_visible()
    await expect(page.get_by_role("link", name="再导入一个文件")).to_be_visible()
    # the tray of other pages has nothing left to tell
    await page.get_by_role("link", name="再导入一个文件").click()
    await expect(page.locator(".im-recent")).to_contain_text("已取消,导入了 0 条")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("空.csv", b"", "文件是空的"),
        ("照片.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 200, "其实是一张图片"),
        ("坏.xlsx", b"PK\x03\x04" + b"x" * 400, "打不开"),
    ],
)
async def test_a_file_that_is_no_table_is_explained_in_place(
    site: Site, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    page = await site.open(f"/a/{site.world.app_id}/import")
    await choose(page, path)
    await expect(page.locator("[data-problem]")).to_contain_text(said)
    await expect(page.locator("[data-problem]")).to_contain_text(name)
    # the next file can be tried at once, and nothing of the bad one is left behind
    await expect(page.get_by_text("把 Excel 或 CSV 拖到这里")).to_be_visible()
    assert await site.system.db.value("SELECT count(*) FROM meta.job") == 0


async def test_a_file_of_200_mb_is_refused_before_it_travels(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "大.csv"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    page = await site.open(f"/a/{site.world.app_id}/import")
    await choose(page, path)
    await expect(page.locator("[data-problem]")).to_contain_text("文件有 200 MB,超过 100 MB 的上限")


async def test_cells_pasted_from_a_spreadsheet(site: Site) -> None:
    page = await site.open(f"/a/{site.world.app_id}/import")
    await expect(page.get_by_text("把 Excel 或 CSV 拖到这里")).to_be_visible()
    await page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "单号\\t金额\\nA1\\t12.50\\nA2\\t8\\n");
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }"""
    )
    await expect(page.get_by_text("约 2 行,2 列")).to_be_visible()


async def test_the_encoding_can_be_corrected(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "名单.csv"
    path.write_bytes("姓名,電話\n許功蓋,0912345678\n".encode("big5"))
    page = await site.open(f"/a/{site.world.app_id}/import")
    await choose(page, path)
    await page.get_by_role("combobox", name="编码").click()
    await page.get_by_role("option", name="Big5").click()
    await expect(page.get_by_text("許功蓋")).to_be_visible()
    await page.get_by_role("button", name="导入约 1 行").click()
    await work(site)
    table = next(t for t in (await site.world.app()).tables if t.name == "名单")
    found = (await read.page(site.system, await site.actor(), table.id, Query())).records
    assert found[0].fields[table.field("姓名").id] == "許功蓋"


async def test_the_header_row_can_be_chosen(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "报表.csv"
    path.write_text("A1,1\n单号,金额\nA2,2\nA3,3\n", "utf-8-sig")
    page = await site.open(f"/a/{site.world.app_id}/import")
    await choose(page, path)
    await page.get_by_role("button", name="看前几行").click()
    await page.get_by_role("button", name="第 2 行是表头").click()
    await expect(page.get_by_text("约 2 行,2 列")).to_be_visible()
    await expect(page.get_by_label("「金额」的字段名")).to_have_value("金额")
    await page.get_by_label("没有表头").check()
    await expect(page.get_by_text("约 4 行,2 列")).to_be_visible()


async def test_an_editor_fills_fields_but_makes_none(site: Site, orders: Path) -> None:
    table = await site.world.table("主订单池", {"订单编号": Text(), "备注": Text()})
    editor = await site.person("王强", "editor")
    page = await site.open(f"/t/{table.id}/import", editor)
    await choose(page, orders)
    await expect(page.get_by_text("2 列进已有字段、4 列不导入")).to_be_visible()
    row = page.locator(".im-row[data-column='1']")
    await row.get_by_role("combobox").click()
    await expect(row.get_by_role("option", name="新建字段")).to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="导入约 4 行").click()
    await work(site)
    await expect(page.get_by_role("heading", name="4 条都进来了")).to_be_visible()


async def test_the_first_file_makes_the_first_app(site: Site, orders: Path) -> None:
    newcomer = await accounts.create_user(
        site.system, email="new@example.com", name="新人", password=PASSWORD
    )
    page = await site.open("/imports/new", newcomer)
    await expect(page.get_by_role("combobox", name="导入到哪个应用")).to_contain_text("新建一个应用")
    await choose(page, orders)
    await page.get_by_role("button", name="导入约 4 行").click()
    await work(site)
    await expect(page.get_by_role("heading", name="2 条进来了,2 行没有")).to_be_visible()
    await page.get_by_role("link", name="打开数据表").click()
    await page.wait_for_url("**/t/tbl*")
    await expect(page.get_by_role("link", name="一月订单")).to_be_visible()


async def test_on_a_phone_in_the_dark_in_english(site: Site, orders: Path) -> None:
    page = await site.open(f"/a/{site.world.app_id}/import", phone=True, dark=True, language="en")
    await page.screenshot(path=shot("import/choose-phone-dark-en"), full_page=True)
    await choose(page, orders)
    await expect(page.get_by_text("About 4 rows, 6 columns")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=shot("import/columns-phone-dark-en"), full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
