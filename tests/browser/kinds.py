"""Every kind of field, each with what a person does to make one, and to fill and change a cell of it.

Names are those of the type menu. ``make`` fills what its form asks for besides a name; ``keys`` is typed into the grid's
cell, ``touch`` done to the record panel on a phone; ``typed`` and ``touched`` are what the cell holds afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Locator, Page, expect

Typing = Callable[[Page], Awaitable[None]]
Touching = Callable[[Page, Locator, str], Awaitable[None]]
Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of field. ``typed``/``touched``: the wire value, or what tells whether it is the right one."""

    type: str
    label: str
    options: dict[str, Any] = field(default_factory=dict)
    keys: str | Typing = ""
    typed: Any = None
    touch: str | Touching = ""
    touched: Any = None

    @property
    def edited(self) -> bool:
        """Whether people fill its cells."""
        return bool(self.keys)


def is_value(wanted: Any, found: Any) -> bool:
    """Whether a cell holds what is wanted."""
    return bool(wanted(found)) if callable(wanted) else found == wanted


# ---- by keys, in the grid: the cell is active, nothing is open ----


def chosen(words: str, *more: str) -> Typing:
    """Open the list, look for it by its name, take it."""

    async def act(page: Page) -> None:
        await page.keyboard.press("F2")
        await expect(page.locator(".sel-list:popover-open")).to_be_visible()
        for one in (words, *more):
            row = page.locator(".sel-list:popover-open .sel-i.cur")
            for _ in range(12):
                if one in (await row.first.text_content() or ""):
                    break
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
        if more:
            await page.keyboard.press("Escape")

    return act


async def person_by_keys(page: Page) -> None:
    await page.keyboard.press("F2")
    await expect(page.locator(".sel-list:popover-open input")).to_be_focused()
    await page.keyboard.type("安")
    await page.keyboard.press("Enter")


async def leaf_by_keys(page: Page) -> None:
    await page.keyboard.press("F2")
    box = page.locator(".g-over").get_by_role("searchbox")
    await expect(box).to_be_focused()
    await page.keyboard.type("咖啡")
    await page.keyboard.press("Enter")


async def json_by_keys(page: Page) -> None:
    await page.keyboard.press("F2")
    area = page.locator(".g-over textarea")
    await expect(area).to_be_focused()
    await page.keyboard.type('{"件": 2}')
    await page.keyboard.press("Control+Enter")


async def link_by_keys(page: Page) -> None:
    await page.keyboard.press("F2")
    dialog = page.get_by_role("dialog", name="选择「关联」")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await page.keyboard.type("林晓")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+Enter")


async def file_by_keys(page: Page) -> None:
    # asked for beforehand: a key is quicker than the browser's own word that it will hand the chooser over
    page.on("filechooser", lambda _chooser: None)
    await page.keyboard.press("F2")
    await expect(page.locator(".g-over .at-add")).to_be_focused()
    async with page.expect_file_chooser() as asking:
        await page.keyboard.press("Enter")
    given: Any = {"name": "一.txt", "mimeType": "text/plain", "buffer": "第一份".encode()}
    await (await asking.value).set_files([given])
    await expect(page.locator(".g-over .at-tile")).to_have_count(1)
    await page.keyboard.press("Escape")


async def tick_by_keys(page: Page) -> None:
    await page.keyboard.press("Enter")


# ---- by touch, in the record panel of a phone: the value has been tapped ----


async def _fill(page: Page, row: Locator, text: str) -> None:
    box = row.locator("input, textarea").first
    await expect(box).to_be_focused()
    await box.fill(text)


async def _leave(page: Page) -> None:
    await page.locator("hb-record h1, hb-record h2").first.tap()


def option_tapped(*names: str) -> Touching:
    async def act(page: Page, row: Locator, label: str) -> None:
        for name in names:
            await page.locator(".sel-list:popover-open .sel-i").filter(has_text=name).tap()
        if len(names) > 1:
            await _leave(page)

    return act


async def stars_tapped(page: Page, row: Locator, label: str) -> None:
    await row.locator(".ft-star").nth(1).tap()


async def bar_moved(page: Page, row: Locator, label: str) -> None:
    await row.locator("input[type=range]").fill("80")
    await _leave(page)


async def leaf_tapped(page: Page, row: Locator, label: str) -> None:
    levels = row.locator("hb-levels")
    await levels.get_by_role("option", name="服装").tap()
    await levels.get_by_role("option", name="裤装").tap()


async def region_tapped(page: Page, row: Locator, label: str) -> None:
    await row.get_by_role("button", name=f"{label}的省市区").tap()
    for name in ("浙江省", "宁波市", "鄞州区"):
        await row.get_by_role("option", name=name).tap()
    await _leave(page)


async def link_tapped(page: Page, row: Locator, label: str) -> None:
    dialog = page.get_by_role("dialog", name=f"选择「{label}」")
    await dialog.get_by_role("option", name="周明").tap()
    await dialog.get_by_role("button", name="完成").tap()


async def file_taken(page: Page, row: Locator, label: str) -> None:
    taken: Any = {"name": "二.txt", "mimeType": "text/plain", "buffer": "第二份".encode()}
    await row.locator("input[type=file]").first.set_input_files([taken])
    await expect(row.locator(".at-tile")).to_have_count(1)


async def tick_tapped(page: Page, row: Locator, label: str) -> None:
    await row.locator("input.ck").tap()


def names(*wanted: str) -> Check:
    return lambda found: [one["name"] for one in found or []] == list(wanted)


def district(code: str) -> Check:
    return lambda found: bool(found) and found["code"] == code


TREE = [{"name": "服装", "children": ["上衣", "裤装"]}, {"name": "食品", "children": ["茶", "咖啡"]}]
COLOURS = ["淘宝", "抖音", "拼多多"]

KINDS: tuple[Kind, ...] = (
    Kind("text", "单行文本", {}, "青瓷", "青瓷", "白瓷", "白瓷"),
    Kind("long_text", "多行文本", {}, "急件", "急件", "要发票", "要发票"),
    Kind("number", "数字", {"decimals": 2}, "1,234.5", 1234.5, "12", 12),
    Kind("currency", "金额", {}, "¥99.9", 99.9, "100", 100),
    Kind("percent", "百分比", {}, "12.5%", 0.125, "50%", 0.5),
    Kind("rating", "评分", {}, "3", 3, stars_tapped, 2),
    Kind("progress", "进度", {}, "45%", 45, bar_moved, 80),
    Kind("duration", "时长", {}, "1:30", 5400, "45分", 2700),
    Kind("single_select", "单选", {"choices": COLOURS}, chosen("抖音"), "抖音", option_tapped("淘宝"), "淘宝"),
    Kind(
        "multi_select", "多选", {"choices": COLOURS}, chosen("淘宝", "拼多多"), ["淘宝", "拼多多"],
        option_tapped("淘宝", "抖音"), ["淘宝", "抖音"],
    ),
    Kind("cascade", "级联选择", {"tree": TREE}, leaf_by_keys, ["食品", "咖啡"], leaf_tapped, ["服装", "裤装"]),
    Kind("checkbox", "复选框", {}, tick_by_keys, True, tick_tapped, True),
    # Chromium orders the parts of a date by its own language, which is English here: month, day, year
    Kind("date", "日期", {}, "01152026", "2026-01-15", "2026-03-02", "2026-03-02"),
    Kind(
        "datetime", "日期时间", {}, "011520260830AM", "2026-01-15T00:30:00Z", "2026-03-02T09:05",
        "2026-03-02T01:05:00Z",
    ),
    Kind("phone", "手机号", {}, "138 0013 8000", "13800138000", "13900139000", "13900139000"),
    Kind("email", "邮箱", {}, "lin@example.com", "lin@example.com", "zhou@example.com", "zhou@example.com"),
    Kind("url", "网址", {}, "https://example.com/a", "https://example.com/a", "https://example.com/b", "https://example.com/b"),
    Kind("location", "地址", {}, "江苏省南京市玄武区北京东路 41 号", district("320102"), region_tapped, district("330212")),
    Kind("attachment", "附件", {}, file_by_keys, names("一.txt"), file_taken, names("二.txt")),
    Kind(
        "member", "成员", {}, person_by_keys, lambda found: bool(found) and found["name"] == "安宁",
        option_tapped("鲍勃"), lambda found: bool(found) and found["name"] == "鲍勃",
    ),
    Kind("barcode", "条码/二维码", {}, "QC-1", "QC-1", "QC-2", "QC-2"),
    Kind("json", "JSON", {}, json_by_keys, {"件": 2}, '{"件": 3}', {"件": 3}),
    Kind("link", "关联", {"table": "客户", "two_way": False}, link_by_keys, names("林晓"), link_tapped, names("周明")),
    Kind("lookup", "查找引用", {"link": "关联", "field": "姓名"}),
    Kind("rollup", "汇总", {"link": "关联"}),
    Kind("formula", "公式", {"formula": "1+1"}),
    Kind("state_time", "状态时间", {"field": "状态", "shows": "time_in_state"}),
    Kind("auto_number", "自动编号"),
    Kind("created_time", "创建时间"),
    Kind("updated_time", "更新时间"),
    Kind("created_by", "创建人"),
    Kind("updated_by", "更新人"),
    Kind("button", "按钮"),
)  # fmt: skip
