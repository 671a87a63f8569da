"""Merging records: from the pop-up about one phone's two orders, from the rows, from the record; and undone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Page, expect

from runtime import inbox
from runtime.automations.values import merge_path
from runtime.catalog import Table
from runtime.definitions.fields import Choice, Link, LongText, MultiSelect, Phone, SingleSelect, Text
from tests.browser.support import Site, axe, shot, until

PHONE = "13805716621"


async def orders(site: Site) -> tuple[Table, list[str]]:
    """Two orders of one phone through two channels, one more of another; lines hang on the second."""
    channels = SingleSelect((Choice(1, "淘宝"), Choice(2, "拼多多")))
    tags = MultiSelect((Choice(1, "急单"), Choice(2, "要发票")))
    table = await site.world.table(
        "订单",
        {
            "单号": Text(),
            "客户手机号": Phone(),
            "渠道": channels,
            "标签": tags,
            "收货人": Text(),
            "备注": LongText(),
        },
    )
    lines = await site.world.table("订单明细", {"名称": Text(), "订单": Link(table.id, many=False)})
    table = (await site.world.catalog()).table(table.id)
    ids = await site.world.create(
        table,
        {"单号": "TB20260115", "客户手机号": PHONE, "渠道": "淘宝", "收货人": "周雨桐", "标签": ["急单"]},
        {
            "单号": "PDD20260115",
            "客户手机号": PHONE,
            "渠道": "拼多多",
            "收货人": "周雨桐",
            "备注": "放门卫",
            "标签": ["要发票"],
        },
        {"单号": "DY20260116", "客户手机号": "13900000000"},
    )
    await site.world.create(lines, *({"名称": name, "订单": ids[1]} for name in ("奶粉 2 段", "围兜")))
    return table, ids


async def tell(site: Site, url: str, key: str, others: Sequence[str] = ()) -> None:
    """A pop-up on the owner's screen (and on those of other people, by id) that leads to ``url``."""
    told = await site.system.db.fetch(
        "SELECT id FROM meta.person WHERE public_id = ANY($1::text[])", [site.owner.id, *others]
    )
    async with site.system.db.transaction() as tx:
        await inbox.post(
            site.system,
            tx,
            people=[row["id"] for row in told],
            title="疑似同一客户多渠道下单",
            key=key,
            app=site.world.app_number,
            url=url,
            popup=True,
        )


async def tick(page: Page, name: str) -> None:
    """The box of a row, which is there when the pointer is."""
    row = page.locator("hb-grid .g-r", has_text=name)
    await row.hover()
    await row.locator(".g-check").check()


async def names(page: Page, *shown: str) -> None:
    for name in ("TB20260115", "PDD20260115", "DY20260116"):
        await expect(page.locator("hb-grid .g-r", has_text=name)).to_have_count(1 if name in shown else 0)


async def test_from_the_pop_up_to_one_order_and_back(site: Site) -> None:
    table, (first, second, _) = await orders(site)
    page = await site.open(f"/t/{table.id}")
    await tell(site, merge_path(table.id, (second, first)), "same")
    await page.locator(".popup").get_by_role("button", name="合并…").click()
    dialog = page.get_by_role("dialog", name="合并 2 条记录")
    await expect(dialog).to_contain_text("个字段内容一样")
    await expect(dialog.get_by_role("status")).to_contain_text("留下「PDD20260115」;其他 1 条进回收站。")
    assert await axe(page) == []
    await dialog.get_by_role("radio", name="TB20260115").first.check()
    await expect(dialog.get_by_role("status")).to_contain_text("2 条关联改挂")
    await expect(dialog.get_by_role("radio", name="「备注」用「PDD20260115」的")).to_be_checked()
    await dialog.get_by_role("radio", name="「渠道」用「PDD20260115」的").check()
    await page.screenshot(path=shot("merging/dialog"))
    await dialog.get_by_role("button", name="合并", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("已合并到「TB20260115」")
    await page.locator(".toast").hover()  # stays as long as somebody points at it
    await names(page, "TB20260115", "DY20260116")
    await page.screenshot(path=shot("merging/merged"))
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await names(page, "TB20260115", "PDD20260115", "DY20260116")


async def test_whoever_keeps_both_is_not_asked_again(site: Site) -> None:
    table, (first, second, _) = await orders(site)
    page = await site.open(f"/t/{table.id}")
    await tell(site, merge_path(table.id, (second, first)), "both")
    card = page.locator(".popup")
    await expect(card.get_by_role("button", name="合并…")).to_be_visible()
    await page.keyboard.press("F8")
    await expect(card.get_by_role("button", name="合并…")).to_be_focused()
    await page.screenshot(path=shot("merging/popup"))
    assert await axe(page) == []
    await card.get_by_role("button", name="两条都保留").click()
    await expect(card).to_have_count(0)
    await page.goto(f"{site.url}/t/{table.id}")
    await names(page, "TB20260115", "PDD20260115", "DY20260116")

    async def read() -> bool:
        left = await site.system.db.value("SELECT count(*) FROM meta.notice WHERE read_at IS NULL")
        return bool(left == 0)

    await until(read)


async def test_what_one_clerk_has_seen_to_goes_from_the_others_screens(site: Site) -> None:
    table, (first, second, _) = await orders(site)
    wu = await site.person("吴昊")
    mine = await site.open(f"/t/{table.id}")
    theirs = await site.open(f"/t/{table.id}", wu)
    for key in ("keep", "merge"):
        await tell(site, merge_path(table.id, (second, first)), key, others=[wu.id])
        await expect(theirs.locator(".popup").get_by_role("button", name="合并…")).to_be_visible()
        if key == "keep":
            await mine.locator(".popup").get_by_role("button", name="两条都保留").click()
            said = f"{site.owner.name} 选了都保留"
        else:
            await mine.locator(".popup").get_by_role("button", name="合并…").click()
            dialog = mine.get_by_role("dialog", name="合并 2 条记录")
            await dialog.get_by_role("button", name="合并", exact=True).click()
            said = f"{site.owner.name} 已合并"
        await expect(theirs.locator(".popup")).to_contain_text(said)
        await expect(theirs.locator(".popup .popup-f button")).to_have_count(0)
        await theirs.screenshot(path=shot(f"merging/settled-{key}"))
        assert await axe(theirs) == []
        await expect(theirs.locator(".popup")).to_have_count(0)
        await expect(mine.locator(".popup")).to_have_count(0)
    await theirs.get_by_role("button", name="通知").click()
    box = theirs.get_by_role("dialog", name="通知")
    await expect(box.locator(".ntc")).to_have_count(2)
    await expect(box.locator(".ntc").first).to_contain_text(f"{site.owner.name} 已合并")
    await theirs.screenshot(path=shot("merging/settled-inbox"))
    await tell(site, f"/t/{table.id}", "look", others=[wu.id])
    await theirs.locator(".popup").get_by_role("button", name="已处理").click()
    await expect(mine.locator(".popup")).to_contain_text("吴昊 已处理")


async def test_ticked_rows_are_merged_from_the_bar(site: Site) -> None:
    table, _ = await orders(site)
    page = await site.open(f"/t/{table.id}")
    await names(page, "TB20260115", "PDD20260115", "DY20260116")
    bar = page.get_by_role("toolbar", name="对选中的记录")
    await tick(page, "PDD20260115")
    await expect(bar).to_contain_text("已选 1 条")
    await expect(bar.get_by_role("button", name="合并…")).to_have_count(0)
    await tick(page, "TB20260115")
    await expect(bar).to_contain_text("已选 2 条")
    await bar.get_by_role("button", name="合并…").click()
    dialog = page.get_by_role("dialog", name="合并 2 条记录")
    await expect(dialog.get_by_role("status")).to_contain_text("留下「PDD20260115」;其他 1 条进回收站")
    await dialog.get_by_role("button", name="合并", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("已合并到「PDD20260115」")
    await expect(bar).to_have_count(0)
    await names(page, "PDD20260115", "DY20260116")
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await names(page, "TB20260115", "PDD20260115", "DY20260116")


async def test_chosen_rows_are_merged_from_the_menu(site: Site) -> None:
    table, _ = await orders(site)
    page = await site.open(f"/t/{table.id}")
    await names(page, "TB20260115", "PDD20260115", "DY20260116")
    await page.locator("#g-0-0").click(button="right")
    await expect(page.get_by_role("menuitem", name="删除 1 条")).to_be_visible()
    await expect(page.get_by_role("menuitem", name=re.compile("^合并"))).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await page.locator("#g-0-0").click()
    await page.locator("#g-1-0").click(modifiers=["Shift"])
    await page.locator("#g-1-0").click(button="right")
    await page.get_by_role("menuitem", name="合并 2 条…").click()
    dialog = page.get_by_role("dialog", name="合并 2 条记录")
    await dialog.get_by_role("button", name="合并", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("已合并到「TB20260115」")
    await names(page, "TB20260115", "DY20260116")


async def test_two_are_merged_from_the_record_and_its_history_tells_it(site: Site) -> None:
    table, (first, _second, _) = await orders(site)
    page = await site.open(f"/t/{table.id}?record={first}")
    await page.locator("hb-record").get_by_role("button", name="更多操作").click()
    await page.get_by_role("menuitem", name="和另一条记录合并…").click()
    chooser = page.get_by_role("dialog")
    await chooser.get_by_role("searchbox", name="搜索记录").fill("PDD")
    await expect(chooser.get_by_role("radio")).to_have_count(1)
    await page.screenshot(path=shot("merging/choose"))
    await chooser.get_by_role("button", name="下一步").click()
    dialog = page.get_by_role("dialog", name="合并 2 条记录")
    await dialog.get_by_role("button", name="合并", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("已合并到「TB20260115」")
    record = page.locator("hb-record")
    await expect(record).to_contain_text("合并了 PDD20260115")
    await record.get_by_role("link", name="PDD20260115").click()
    await expect(page.locator(".trash-row")).to_contain_text("PDD20260115")


async def test_looks(site: Site) -> None:
    table, ids = await orders(site)
    for name, looks in (
        ("wide-zh", {}),
        ("wide-en-dark", {"dark": True, "language": "en"}),
        ("phone-zh-dark", {"phone": True, "dark": True}),
        ("phone-en", {"phone": True, "language": "en"}),
    ):
        page = await site.open(merge_path(table.id, ids), **looks)  # type: ignore[arg-type]
        await expect(page.locator("dialog.dlg[open] .mg-t")).to_be_visible()
        assert await axe(page) == []
        await page.screenshot(path=shot(f"merging/{name}"))


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("phone-zh", {"phone": True}),
        ("phone-en-dark", {"phone": True, "dark": True, "language": "en"}),
        ("wide-en-dark", {"dark": True, "language": "en"}),
    ],
)
async def test_looks_of_what_somebody_else_has_seen_to(site: Site, name: str, looks: dict[str, Any]) -> None:
    table, _ = await orders(site)
    wu = await site.person("吴昊")
    mine = await site.open(f"/t/{table.id}")
    page = await site.open(f"/t/{table.id}", wu, **looks)
    await tell(site, f"/t/{table.id}", "told", others=[wu.id])
    await expect(page.locator(".popup .popup-f button")).to_have_count(2)
    assert await axe(page) == []
    await page.screenshot(path=shot(f"merging/shared-{name}"))
    await mine.locator(".popup").get_by_role("button", name="已处理").click()
    await expect(page.locator(".popup.settled")).to_contain_text(site.owner.name)
    await page.screenshot(path=shot(f"merging/settled-{name}"))
    await page.goto("/inbox")
    await expect(page.locator(".ntc-s")).to_contain_text(site.owner.name)
    await page.screenshot(path=shot(f"merging/inbox-{name}"))
