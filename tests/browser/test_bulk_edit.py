"""One field set for all records that are ticked: what is offered, what is foretold, refused and taken back."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from builder import fields, views
from builder.wire import FieldPatch, FieldSpec
from runtime.definitions.queries import Condition
from runtime.records import read
from tests.browser.pool import MACHINE, Pool, make_pool, many_orders
from tests.browser.support import Site, axe, shot


async def tick(page: Page, *names: str) -> None:
    """The boxes of rows, which are there when the pointer is."""
    for name in names:
        row = page.locator("hb-grid .g-r", has_text=name)
        await row.hover()
        await row.locator(".g-check").check()


def bar_of(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="对选中的记录")


async def begin(page: Page, count: int) -> Locator:
    """Press the bar's button; the dialog that opens."""
    await expect(bar_of(page)).to_contain_text(f"已选 {count} 条")
    await bar_of(page).get_by_role("button", name="批量修改").click()
    dialog = page.get_by_role("dialog", name=f"批量修改 {count} 条记录")
    await expect(dialog.get_by_role("combobox", name="哪个字段")).to_be_focused()
    return dialog


async def choose(dialog: Locator, name: str, label: str = "哪个字段") -> None:
    """The field."""
    await dialog.get_by_role("combobox", name=label).first.click()
    await dialog.get_by_role("option", name=name, exact=True).click()


async def pick(dialog: Locator, field: str, option: str) -> None:
    """A choice of a select."""
    await dialog.get_by_role("combobox", name=field).first.click()
    await dialog.get_by_role("option", name=re.compile(f"^{option}")).click()


async def held(site: Site, pool: Pool, record: str, field: str) -> Any:
    """What is stored."""
    view = await read.get(site.system, await site.actor(), pool.records[record])
    return view.fields[pool.field(field)]


async def test_one_field_of_all_that_are_ticked_and_back(site: Site) -> None:
    pool = await make_pool(site)
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0002", "TB-0003")
    dialog = await begin(page, 3)
    await dialog.get_by_role("combobox", name="哪个字段").first.click()
    await expect(dialog.get_by_role("option", name="金额", exact=True)).to_be_visible()
    await page.keyboard.type("渠")
    await page.keyboard.press("Enter")
    await pick(dialog, "渠道", "淘宝")
    await expect(dialog.get_by_role("status")).to_contain_text(
        "3 条记录的「渠道」改成「淘宝」。 其中 2 条现在是别的内容,会换掉。 改完可以撤销。"
    )
    assert await axe(page) == []
    await page.screenshot(path=shot("bulk/set"))
    await dialog.get_by_role("button", name="修改 3 条").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("已改 3 条的「渠道」")
    await expect(page.locator("hb-grid .g-r", has_text="TB-0002")).to_contain_text("淘宝")
    await expect(bar_of(page)).to_contain_text("已选 3 条")  # for another field of the same
    assert [await held(site, pool, f"TB-000{n}", "渠道") for n in (1, 2, 3, 5)] == ["淘宝"] * 3 + ["抖音"]
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(page.locator("hb-grid .g-r", has_text="TB-0002")).to_contain_text("拼多多")
    await expect(page.locator("hb-grid .g-r", has_text="TB-0003")).to_contain_text("抖音")


async def test_other_ways_to_fill_and_to_clear(site: Site) -> None:
    pool = await make_pool(site)
    tags = await fields.create(
        site.system, await site.actor(), pool.orders.id,
        FieldSpec(name="标签", type="multi_select", options={"choices": ["急单", "要发票"]}),
    )  # fmt: skip
    orders = (await site.system.catalogs.current()).table(pool.orders.id)
    pool = Pool(pool.customers, orders, pool.lines, pool.records)
    assert tags
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0002")
    for tag in ("急单", "要发票"):
        dialog = await begin(page, 2)
        await choose(dialog, "标签")
        await dialog.get_by_role("radio", name="再加上").check()
        await pick(dialog, "标签", tag)
        await page.keyboard.press("Escape")  # the list, not the dialog
        await expect(dialog.get_by_role("status")).to_contain_text(f"2 条记录的「标签」加上「{tag}」")
        await dialog.get_by_role("button", name="修改 2 条").click()
        await expect(dialog).to_have_count(0)
    assert await held(site, pool, "TB-0002", "标签") == ["急单", "要发票"]
    dialog = await begin(page, 2)
    await choose(dialog, "客户")
    await dialog.get_by_role("radio", name="清空").check()
    await expect(dialog.get_by_role("status")).to_contain_text(
        "2 条记录的「客户」清空。 其中 2 条现在有内容。"
    )
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    assert await held(site, pool, "TB-0001", "客户") == []
    dialog = await begin(page, 2)
    await choose(dialog, "客户")
    await dialog.get_by_role("button", name="客户", exact=True).click()
    await page.get_by_role("dialog", name="选择「客户」").get_by_text("李建国").click()
    await expect(dialog.get_by_role("status")).to_contain_text("2 条记录的「客户」改成「李建国」")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    assert [one["name"] for one in await held(site, pool, "TB-0001", "客户")] == ["李建国"]
    dialog = await begin(page, 2)
    await choose(dialog, "异常")
    await expect(dialog.get_by_role("status")).to_contain_text("2 条记录的「异常」改成「勾上」")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert await held(site, pool, "TB-0001", "异常") is not True


async def test_people_files_and_times(site: Site) -> None:
    pool = await make_pool(site)
    ann = await site.person("安宁")
    actor = await site.actor()
    for spec in (FieldSpec(name="负责人", type="member"), FieldSpec(name="面单", type="attachment")):
        await fields.create(site.system, actor, pool.orders.id, spec)
    orders = (await site.system.catalogs.current()).table(pool.orders.id)
    pool = Pool(pool.customers, orders, pool.lines, pool.records)
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0002")
    dialog = await begin(page, 2)
    await choose(dialog, "负责人")
    await pick(dialog, "负责人", "安宁")
    await expect(dialog.get_by_role("status")).to_contain_text("「负责人」改成「安宁」")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    dialog = await begin(page, 2)
    await choose(dialog, "面单")
    label = {"name": "面单.txt", "mimeType": "text/plain", "buffer": b"SF1"}
    await dialog.locator(".at-add input").set_input_files([label])  # type: ignore[list-item]
    await expect(dialog.get_by_role("status").last).to_contain_text("「面单」改成「面单.txt」")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    dialog = await begin(page, 2)
    await choose(dialog, "下单时间")
    await dialog.get_by_label("下单时间").last.fill("2026-11-11T08:00")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    for name in ("TB-0001", "TB-0002"):
        assert [one["name"] for one in await held(site, pool, name, "面单")] == ["面单.txt"]
        assert ann.id in str(await held(site, pool, name, "负责人"))
        assert "2026-11-11" in str(await held(site, pool, name, "下单时间"))


async def test_a_value_that_cannot_be_is_mended_where_it_was_typed(site: Site) -> None:
    pool = await make_pool(site)
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0002")
    dialog = await begin(page, 2)
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog.get_by_role("alert")).to_have_text("先选一个字段")
    await choose(dialog, "金额")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("先填要改成的内容")
    amount = dialog.get_by_role("textbox", name="金额")
    await amount.fill("很多")
    await amount.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("很多")
    assert await axe(page) == []
    await amount.fill("12.5")
    await amount.press("Enter")
    await expect(dialog).to_have_count(0)
    assert float(await held(site, pool, "TB-0002", "金额")) == 12.5


async def test_moves_that_some_can_make_and_what_is_refused_stays_ticked(site: Site) -> None:
    pool = await make_pool(site)
    moves = [dict(one) for one in MACHINE["transitions"]]  # type: ignore[attr-defined]
    for one in moves:
        if one["target"] == "审核中":
            one["required"] = ["备注"]
    machine = MACHINE | {"transitions": moves}
    await fields.update(
        site.system, await site.actor(), pool.field("状态"), FieldPatch(options={"machine": machine})
    )
    await site.world.patch(pool.records["TB-0001"], {"备注": "放门卫"}, pool.orders)
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0002", "TB-0003")
    dialog = await begin(page, 3)
    await choose(dialog, "状态")
    await dialog.get_by_role("combobox", name="状态").first.click()
    offered = dialog.locator(".sel-list", has=page.get_by_role("option", name="审核中")).get_by_role("option")
    await expect(offered).to_have_text(
        [re.compile(r"^\s*已支付"), re.compile(r"^\s*审核中"), re.compile(r"^\s*已关闭")]
    )
    await expect(offered.nth(1)).to_contain_text("2 / 3 条能去")
    await offered.nth(1).click()
    await expect(dialog.get_by_role("status")).to_contain_text("2 条记录的「状态」改成「审核中」。")
    await expect(dialog.get_by_role("status")).to_contain_text("1 条从现在的状态到不了,会原样留着。")
    await expect(dialog.get_by_role("status")).to_contain_text("改了不能撤销")
    await page.screenshot(path=shot("bulk/state"))
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog.get_by_role("status")).to_contain_text("1 条记录的「状态」已改好。")
    await expect(
        dialog.locator(".sf-why", has_text="改成「审核中」之前要先填「备注」").get_by_role("link")
    ).to_have_text("TB-0002")
    await expect(
        dialog.locator(".sf-why", has_text="不能从「待支付」改成「审核中」").get_by_role("link")
    ).to_have_text("TB-0003")
    assert await axe(page) == []
    await page.screenshot(path=shot("bulk/refused"))
    await expect(dialog.get_by_role("button", name=re.compile("^撤销"))).to_have_count(0)
    await dialog.get_by_role("button", name="接着改这 2 条").click()
    dialog = page.get_by_role("dialog", name="批量修改 2 条记录")
    await choose(dialog, "备注")
    await dialog.get_by_role("textbox", name="备注").fill("已电话确认")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(dialog).to_have_count(0)
    await expect(bar_of(page)).to_contain_text("已选 2 条")
    assert await held(site, pool, "TB-0001", "状态") == "审核中"
    assert await held(site, pool, "TB-0003", "备注") == "已电话确认"
    assert await held(site, pool, "TB-0003", "状态") == "待支付"


async def test_more_than_one_request_holds_is_one_undo(site: Site) -> None:
    pool = await make_pool(site)
    await many_orders(site, pool, 640)
    page = await site.open(f"/t/{pool.orders.id}")
    await expect(page.locator("hb-grid .g-r", has_text="TB-0001")).to_be_visible()
    await page.locator("hb-grid").evaluate(
        "grid => grid.fetchRange({ top: 0, bottom: 600, left: 0, right: 0 })"
    )
    await page.get_by_role("checkbox", name="全选").first.check()
    count = await page.locator("hb-grid").evaluate("grid => grid.checked.size")
    assert count > 500
    read = "grid => grid.source.read([...grid.checked].slice(0, 500)).then(found => found.length)"
    assert await page.locator("hb-grid").evaluate(read) == 500  # what a batch is asked for in one go
    dialog = await begin(page, count)
    await choose(dialog, "备注")
    await dialog.get_by_role("textbox", name="备注").fill("双十一")
    await dialog.get_by_role("button", name=f"修改 {count} 条").click()
    await expect(page.locator(".toast")).to_contain_text(f"已改 {count} 条的「备注」")
    note = pool.orders.field("备注")
    where = f"SELECT count(*) FROM data.t{pool.orders.number} WHERE f{note.number} = '双十一'"
    assert await site.system.db.value(where) == count
    await page.locator("#g-0-0").click()
    await page.keyboard.press("Control+z")
    await expect(page.locator(".toast").last).to_contain_text(f"已撤销,{count} 条记录恢复原样")
    assert await site.system.db.value(where) == 0


async def test_a_range_of_rows_that_have_not_all_been_shown(site: Site) -> None:
    pool = await make_pool(site)
    await many_orders(site, pool, 640)
    page = await site.open(f"/t/{pool.orders.id}")
    await expect(page.locator("hb-grid .g-r", has_text="TB-0001")).to_be_visible()
    await page.locator("#g-0-0").click()
    await page.keyboard.press("Control+Shift+ArrowDown")
    await page.keyboard.press("Shift+F10")
    await page.get_by_role("menuitem", name="批量修改 645 条…").click()
    dialog = page.get_by_role("dialog", name="批量修改 645 条记录")
    await choose(dialog, "手机号")
    await dialog.get_by_role("radio", name="清空").check()
    await expect(dialog.get_by_role("status")).to_contain_text("其中 5 条现在有内容。")
    await dialog.get_by_role("button", name="修改 645 条").click()
    await expect(page.locator(".toast")).to_contain_text("已改 645 条的「手机号」")
    phone = pool.orders.field("手机号")
    left = f"SELECT count(*) FROM data.t{pool.orders.number} WHERE f{phone.number} IS NOT NULL"
    assert await site.system.db.value(left) == 0


async def test_what_leaves_the_view_does_not_stay_ticked(site: Site) -> None:
    pool = await make_pool(site)
    only = Condition(pool.field("渠道"), "is", "淘宝")
    await views.update(site.system, await site.actor(), pool.orders.views[0].id, views.ViewPatch(where=only))
    page = await site.open(f"/t/{pool.orders.id}")
    await tick(page, "TB-0001", "TB-0004")
    dialog = await begin(page, 2)
    await choose(dialog, "渠道")
    await pick(dialog, "渠道", "抖音")
    await dialog.get_by_role("button", name="修改 2 条").click()
    await expect(page.locator("hb-grid .g-r")).to_have_count(0)
    await expect(bar_of(page)).to_have_count(0)
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(page.locator("hb-grid .g-r")).to_have_count(2)


async def test_who_may_only_look_is_offered_nothing(site: Site) -> None:
    pool = await make_pool(site)
    page = await site.open(f"/t/{pool.orders.id}", await site.person("王强", "viewer"))
    await tick(page, "TB-0001", "TB-0002")
    await expect(bar_of(page)).to_contain_text("已选 2 条")
    await expect(bar_of(page).get_by_role("button", name="批量修改")).to_have_count(0)


async def test_a_narrow_bar_and_dialog_in_english(site: Site) -> None:
    pool = await make_pool(site)
    page = await site.open(f"/t/{pool.orders.id}", language="en", dark=True, size=(660, 800))
    await tick(page, "TB-0001", "TB-0002", "TB-0004")
    bar = page.get_by_role("toolbar", name="For the selected records")
    await page.screenshot(path=shot("bulk/narrow-bar"))
    assert await bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    await page.locator("hb-grid").evaluate("grid => (grid.style.width = '300px')")  # beside an open panel
    assert await bar.evaluate("bar => bar.clientWidth <= 300 && bar.scrollWidth <= bar.clientWidth")
    await bar.get_by_role("button", name="Set a field").press("Enter")
    dialog = page.get_by_role("dialog", name="Set a field of 3 records")
    await choose(dialog, "渠道", "Which field")
    await pick(dialog, "渠道", "抖音")
    await expect(dialog.get_by_role("status")).to_contain_text(
        "“渠道” of 3 records becomes “抖音”. 3 of them hold something else, which is replaced. This can be undone."
    )
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.screenshot(path=shot("bulk/phone-dialog"))
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
