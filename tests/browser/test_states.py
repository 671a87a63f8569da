"""State machines drawn and changed: picture, moves, one move's form, a draft that is kept until it is published."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from builder import fields
from builder.wire import FieldPatch
from runtime.definitions.queries import Query
from runtime.definitions.states import CreateRecord, StateMachine
from runtime.records import read, write
from runtime.records.change import Change, Patch, Source
from tests.browser.bench import bench_of
from tests.browser.pool import Pool, make_pool
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_field_panel import fill, make_table, spec


@pytest.fixture
async def pool(site: Site) -> Pool:
    return await make_pool(site)


async def open_states(site: Site, pool: Pool, who: Any = None, **options: Any) -> Page:
    page = await site.open(f"/t/{pool.orders.id}/fields/{pool.field('状态')}/states", who, **options)
    await expect(page.locator(".st-node").first).to_be_visible()
    return page


def node(page: Page, name: str) -> Locator:
    return page.locator(".st-node", has_text=name)


def form(page: Page) -> Locator:
    return page.locator("hb-transition-form")


async def machine(site: Site, pool: Pool) -> StateMachine:
    found = (await site.system.catalogs.current()).field(pool.field("状态")).machine
    assert found is not None
    return found


async def drag(page: Page, source: str, target: str) -> None:
    """Pull a thread from one state to another."""
    for name in (target, source):  # a pointer comes over them when they stand still
        await node(page, name).hover()
    start, end = await node(page, source).bounding_box(), await node(page, target).bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 8, steps=6)
    await page.mouse.up()


async def test_a_move_is_drawn_described_and_published(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await drag(page, "审核中", "已支付")
    panel = form(page)
    await expect(panel.get_by_label("按钮名字")).to_have_value("已支付")
    await panel.get_by_label("按钮名字").fill("退回")
    await panel.get_by_role("button", name="动作").click()
    await page.get_by_role("menuitem", name="填一个字段").click()
    await page.screenshot(path=shot("states/move-zh"))
    await expect(page.locator(".draft")).to_contain_text("1 处改动未发布")
    assert (await machine(site, pool)).find(3, 2) is None
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    move = (await machine(site, pool)).find(3, 2)
    assert move is not None
    assert (move.label, len(move.effects)) == ("退回", 1)


async def test_a_draft_survives_a_reload_and_can_be_thrown_away(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="签收").first.click()
    await form(page).get_by_label("按钮名字").fill("确认收货")
    await page.reload()
    await expect(page.locator(".toast")).to_contain_text("恢复了上次没发布的草稿")
    await expect(page.get_by_role("button", name="确认收货").first).to_be_visible()
    await page.get_by_role("button", name="还原").click()
    await expect(page.get_by_role("button", name="签收").first).to_be_visible()
    await expect(page.locator(".draft")).to_have_count(0)


async def test_states_are_added_renamed_recoloured_and_taken_away(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="状态", exact=True).click()
    await page.get_by_label("状态的名字").fill("售后中")
    await page.keyboard.press("Enter")
    await expect(node(page, "售后中")).to_be_visible()
    await drag(page, "已发货", "售后中")
    await node(page, "售后中").click()
    await page.get_by_role("menuitemradio", name="等待").click()
    await node(page, "售后中").click()
    await page.get_by_role("menuitem", name="换颜色").click()
    await page.get_by_role("radio", name="粉").click()
    await node(page, "已支付").click()
    await page.get_by_role("menuitem", name="去掉这个状态").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("4 条记录现在是这个状态")
    await expect(dialog).to_contain_text("3 条流转会一起去掉")
    await page.screenshot(path=shot("states/remove-zh"))
    await dialog.get_by_role("button", name="取消").click()
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    field = (await site.system.catalogs.current()).field(pool.field("状态"))
    added = field.choices_by_name["售后中"]
    assert added.color == "pink"
    stored = await machine(site, pool)
    assert stored.find(4, added.id) is not None
    assert [s.kind for s in stored.states if s.choice == added.id] == ["waiting"]


async def test_a_record_is_tried_out_before_publishing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="用记录试走").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator(".sel-box").click()
    await page.get_by_role("option").first.click()
    await expect(dialog.locator(".st-now")).to_be_visible()
    await expect(dialog.locator(".st-ways li").first).to_be_visible()
    await page.screenshot(path=shot("states/trial-zh"))


async def test_what_somebody_else_published_is_not_overwritten(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await page.get_by_role("button", name="签收").first.click()
    await form(page).get_by_label("按钮名字").fill("我的")
    patch = FieldPatch(name="订单状态")
    await fields.update(site.system, await site.actor(), pool.field("状态"), patch)
    await expect(page.locator(".st-notes")).to_contain_text("别人刚发布了新的流转")
    site.tolerate("409")
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".st-notes")).to_contain_text("别人刚发布了新的流转")
    assert (await machine(site, pool)).find(4, 5).label == "签收"  # type: ignore[union-attr]
    await page.get_by_role("button", name="丢掉草稿,看新的").click()
    await expect(page.locator(".draft")).to_have_count(0)
    await expect(page.get_by_role("button", name="签收").first).to_be_visible()


async def test_a_fault_is_told_at_its_move_and_stops_the_publishing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    await node(page, "待支付").click()
    await page.get_by_role("menuitemradio", name="新记录可以从这里开始").click()
    await node(page, "已支付").click()
    await page.get_by_role("menuitemradio", name="新记录可以从这里开始").click()
    await expect(page.locator(".st-notes")).to_contain_text("还没有选新记录从哪个状态开始")
    await expect(page.get_by_role("button", name="发布")).to_be_disabled()
    await page.keyboard.press("Control+z")
    await expect(page.get_by_role("button", name="发布")).to_be_enabled()


async def test_a_viewer_looks_and_changes_nothing(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool, await site.person("小王", "viewer"))
    await expect(page.get_by_role("button", name="发布")).to_have_count(0)
    await page.locator(".st-label button", has_text="签收").click()
    await expect(form(page).get_by_label("按钮名字")).to_be_disabled()
    assert await until(lambda: _settled(page))


async def _settled(page: Page) -> bool:
    return await form(page).count() == 1


@pytest.mark.parametrize(("dark", "language"), [(False, "zh"), (True, "en")])
async def test_the_editor_is_accessible(site: Site, pool: Pool, dark: bool, language: str) -> None:
    page = await open_states(site, pool, dark=dark, language=language)
    look = f"{language}-{'dark' if dark else 'light'}"
    await page.screenshot(path=shot(f"states/{look}"))
    assert await axe(page) == []
    await page.locator(".st-label button").nth(3).click()
    await expect(form(page)).to_be_visible()
    await page.screenshot(path=shot(f"states/{look}-form"))
    assert await axe(page) == []


async def test_on_a_phone_it_can_be_read_and_changed(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool, phone=True)
    await page.screenshot(path=shot("states/phone-zh"))
    await page.locator(".st-label button", has_text="付款").click()
    await form(page).get_by_label("按钮名字").fill("收款")
    await page.screenshot(path=shot("states/phone-zh-form"))
    await form(page).get_by_role("button", name="关闭").click()
    await expect(page.get_by_role("button", name="收款").first).to_be_visible()


async def change_moves(site: Site, pool: Pool, source: str, target: str, **part: Any) -> None:
    """Give one move of the pool's machine more conditions or effects."""
    field = (await site.system.catalogs.current()).field(pool.field("状态"))
    given = json.loads(msgspec.json.encode(field.machine))
    ends = [field.choices_by_name[source].id, field.choices_by_name[target].id]
    for move in given["transitions"]:
        if [move["source"], move["target"]] == ends:
            move |= part
    await fields.update(site.system, await site.actor(), field.id, FieldPatch(options={"machine": given}))


async def state_of(site: Site, pool: Pool, record: str) -> Any:
    view = await read.get(site.system, await site.actor(), pool.records[record])
    return view.fields[pool.field("状态")]


async def test_all_that_a_move_can_is_drawn_by_clicks(site: Site, pool: Pool) -> None:
    boss = await site.person("王主管")
    page = await open_states(site, pool)
    limit = page.get_by_label("「审核中」的时限")
    await limit.fill("一会儿")
    await limit.blur()
    await expect(page.locator(".toast")).to_contain_text("看不懂")
    await limit.fill("24小时")
    await limit.blur()
    await expect(limit).to_have_value("24 小时")
    await expect(node(page, "审核中")).to_contain_text("24 小时")
    await page.get_by_role("button", name="「审核中」表示").click()
    await page.get_by_role("menuitemradio", name="等待").click()
    await page.get_by_role("button", name="标记已发货").first.click()
    panel = form(page)
    await panel.locator("hb-select[label='哪些人可以'] .sel-box").click()
    await page.get_by_role("option", name="王主管").click()
    await page.keyboard.press("Escape")
    await panel.get_by_label("用公式判断").check()
    await panel.locator("hb-formula textarea").fill("{金额}<1000")
    await panel.get_by_label("不满足时提示").fill("一千以上的先让主管看")
    await panel.locator("hb-select[label='要先填好'] .sel-box").click()
    await page.get_by_role("option", name="备注").click()
    await page.keyboard.press("Escape")
    await panel.get_by_role("button", name="动作").click()
    await page.get_by_role("menuitem", name="新建一条记录").click()
    effect = panel.locator(".st-effect").last
    await effect.locator("hb-select[label='建在哪张表'] .sel-box").click()
    await page.get_by_role("option", name="订单明细").click()
    await effect.locator("hb-select[label='用哪个关联指回这条记录'] .sel-box").click()
    await page.get_by_role("option", name="订单", exact=True).click()
    await effect.get_by_role("button", name="填一个字段").click()
    await page.get_by_role("menuitem", name="商品").click()
    await effect.get_by_role("textbox", name="商品").fill("包装检查")
    await effect.get_by_role("textbox", name="商品").blur()
    await page.screenshot(path=shot("states/all-zh"), full_page=True)
    await page.get_by_role("button", name="发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    stored = await machine(site, pool)
    assert stored.limits == {3: 86_400}
    move = stored.find(3, 4)
    assert move is not None
    assert move.members == ((await site.actor(boss)).id,)
    assert move.formula == f"{{{pool.field('金额')}}}<1000"
    assert move.required == (pool.field("备注"),)
    (effect_stored,) = move.effects
    assert isinstance(effect_stored, CreateRecord)
    assert effect_stored.link == pool.lines.field("订单").id
    assert effect_stored.fields[0].value == "包装检查"


async def test_the_panel_asks_for_what_a_move_needs_and_says_why_it_is_refused(
    site: Site, pool: Pool
) -> None:
    await change_moves(
        site,
        pool,
        "已支付",
        "审核中",
        required=[pool.field("备注")],
        formula="{金额}<1000",
        refusal="太贵了先问",
    )
    page = await site.open(f"/t/{pool.orders.id}?record={pool.records['TB-0001']}")
    moves = page.locator(".rc-moves")
    await moves.get_by_role("button", name="审核", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("要先填好")
    await dialog.get_by_role("button", name="审核").click()
    await expect(dialog).to_contain_text("还空着")
    await page.screenshot(path=shot("states/missing-zh"))
    await dialog.get_by_label("备注", exact=True).last.fill("核对过地址")
    await dialog.get_by_role("button", name="审核").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".rc-name-line")).to_contain_text("审核中")
    assert await state_of(site, pool, "TB-0001") == "审核中"
    site.tolerate("422")
    page = await site.open(f"/t/{pool.orders.id}?record={pool.records['TB-0005']}")
    await page.locator(".rc-moves").get_by_role("button", name="审核", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("备注", exact=True).last.fill("贵")
    await dialog.get_by_role("button", name="审核").click()
    await expect(page.locator(".rc-t [role=alert]")).to_contain_text("太贵了先问")
    await page.screenshot(path=shot("states/refused-zh"))
    assert await state_of(site, pool, "TB-0005") == "已支付"


async def test_a_record_left_without_a_way_out_is_told_before_and_after(site: Site, pool: Pool) -> None:
    page = await open_states(site, pool)
    for label in ("审核", "关闭订单"):
        await page.locator(".st-label button", has_text=label).first.click()
        await form(page).get_by_role("button", name="删除这条流转").click()
    await page.get_by_role("button", name="发布").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("「已支付」里有 4 条记录")
    await page.screenshot(path=shot("states/stuck-zh"))
    await dialog.get_by_role("button", name="仍然发布").click()
    await expect(page.locator(".draft")).to_have_count(0)
    page = await site.open(f"/t/{pool.orders.id}?record={pool.records['TB-0001']}")
    await expect(page.locator(".rc-stuck")).to_contain_text("「已支付」没有出路")
    await page.screenshot(path=shot("states/stuck-record-zh"))


async def test_a_state_chosen_in_the_grid_asks_for_what_it_needs(site: Site, pool: Pool) -> None:
    await change_moves(site, pool, "待支付", "已支付", required=[pool.field("备注")])
    site.tolerate("422")
    page = await site.open(f"/t/{pool.orders.id}")
    cell = page.locator("[role=gridcell]", has_text="待支付").first
    await cell.dblclick()
    await page.get_by_role("option", name="已支付").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("备注", exact=True).last.fill("线下转账")
    await dialog.get_by_role("button", name="已支付").click()
    await expect(dialog).to_have_count(0)
    assert await until(lambda: _is(site, pool, "TB-0003", "已支付"))


async def _is(site: Site, pool: Pool, record: str, state: str) -> bool:
    return bool(await state_of(site, pool, record) == state)


async def test_times_of_a_state_machine_become_a_column(site: Site, pool: Pool) -> None:
    field = (await site.system.catalogs.current()).field(pool.field("状态"))
    given = json.loads(msgspec.json.encode(field.machine))
    given["states"].append({"choice": field.choices_by_name["已支付"].id, "limit": 3600})
    await fields.update(site.system, await site.actor(), field.id, FieldPatch(options={"machine": given}))
    await site.system.db.execute(
        f"UPDATE {pool.orders.sql} SET {field.since_column} = now() - interval '26 hours' WHERE id = 1"
    )
    page = await site.open(f"/t/{pool.orders.id}")
    await page.get_by_role("button", name="新建字段").first.click()
    panel = page.locator("hb-field-panel")
    await panel.get_by_label("名称", exact=True).fill("待了多久")
    await panel.locator(".fe-type-box").click()
    await page.get_by_role("dialog", name="字段类型").get_by_role("searchbox").fill("状态时间")
    await page.keyboard.press("Enter")
    await expect(panel.locator("hb-select[label='哪个状态流转']")).to_contain_text("状态")
    await page.screenshot(path=shot("states/time-form-zh"))
    await panel.locator(".panel-f").get_by_role("button", name="新建").click()
    await expect(page.locator("[role=gridcell]", has_text="1 天 2 小时").first).to_be_visible()
    await page.screenshot(path=shot("states/time-column-zh"))
    page = await site.open(f"/t/{pool.orders.id}?record={pool.records['TB-0001']}")
    await expect(page.locator(".rc-late")).to_have_text("已超时")
    await page.screenshot(path=shot("states/late-zh"))


async def test_on_a_phone_a_move_asks_for_what_it_needs(site: Site) -> None:
    bench = await bench_of(site)
    order = await bench.order(订单状态="已支付")
    page = await bench.open(f"?r={order.id}")
    main = page.locator(".wb-main-act")
    await expect(main).not_to_have_text("继续扫")
    label = (await main.inner_text()).strip()
    field = bench.orders.field("订单状态")
    given = json.loads(msgspec.json.encode(field.machine))
    note = bench.orders.field("备注")
    change = Change(
        table=bench.orders.id,
        actor=await site.actor(),
        source=Source("api"),
        updates=(Patch(order.id, {"备注": ""}),),
    )
    await write.apply(site.system, change)
    for one in given["transitions"]:
        if one["source"] == field.choices_by_name["已支付"].id:
            one["required"] = [note.id]
    await fields.update(site.system, await site.actor(), field.id, FieldPatch(options={"machine": given}))
    await page.reload()
    await page.locator(".wb-main-act", has_text=label).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("要先填好")
    await page.screenshot(path=shot("states/missing-phone-zh"))
    await dialog.get_by_label(note.name, exact=True).last.fill("电话确认过")
    await dialog.locator(".btn.p").click()
    await expect(page.locator(".toast")).to_contain_text("已改为")
    await expect(page.locator(".wb-card .wb-tags .pill").first).not_to_have_text("已支付")


@pytest.mark.parametrize("phone", [False, True])
async def test_a_record_without_a_state_is_begun_where_it_is_read(site: Site, phone: bool) -> None:
    """Among many empty fields, which are folded away, the state stays in sight with the ways to begin."""
    choices = ["待付款", "已支付", "已取消"]
    many = [spec(f"备注 {n}") for n in range(18)]
    old = await make_table(
        site, "老订单", spec("单号"), *many, spec("进度", "single_select", choices=choices)
    )
    await fill(site, old, {"单号": "A1"}, {"单号": "A2", "进度": "已支付"})
    state = old.by_name["进度"]
    steps = {"initial": [1, 2], "transitions": [{"source": 1, "target": 2}]}
    given = {"choices": [{"id": n, "name": name} for n, name in enumerate(choices, 1)], "machine": steps}
    await fields.update(site.system, await site.actor(), state.id, FieldPatch(options=given))
    answer = await read.page(site.system, await site.actor(), old.id, Query())
    opened = f"/t/{old.id}?record={answer.records[0].id}"
    page = await site.open(f"/t/{old.id}" if phone else opened, phone=phone)
    card = page.locator(".tc")
    if phone:
        await expect(card.filter(has_text="A2").locator(".pill")).to_have_text("已支付")
        await expect(card.filter(has_text="A1").locator(".pill")).to_have_count(0)
        await card.filter(has_text="A1").click()
    reader = await site.open(opened, await site.person("看客", "viewer"), phone=phone)
    await expect(reader.locator(".rc-fold")).to_be_visible()
    await expect(reader.locator(f"hb-record [data-field={state.id}]")).to_contain_text("—")
    await expect(reader.locator(".rc-start")).to_have_count(0)
    begin = page.get_by_role("group", name="进度")
    await expect(begin.get_by_role("button")).to_have_text(["从「待付款」开始", "从「已支付」开始"])
    await page.screenshot(path=shot(f"states/begin-{'phone' if phone else 'desktop'}"))
    assert await axe(page) == []
    await begin.get_by_role("button", name="从「待付款」开始").click()
    await expect(page.locator(".rc-name-line .pill")).to_have_text("待付款")
    await expect(page.locator(".rc-moves").get_by_role("button", name="已支付")).to_be_visible()
    await expect(begin).to_have_count(0)
    if phone:
        await page.get_by_role("button", name="关闭", exact=True).click()
        await expect(card.filter(has_text="A1").locator(".pill")).to_have_text("待付款")


async def test_a_first_machine_knows_what_calls_off_and_who_has_no_state_yet(site: Site) -> None:
    choices = ["待付款", "已支付", "已取消"]
    old = await make_table(site, "老订单", spec("单号"), spec("进度", "single_select", choices=choices))
    await fill(site, old, {"单号": "A1"}, {"单号": "A2", "进度": "已支付"})
    page = await site.open(f"/t/{old.id}/fields/{old.by_name['进度'].id}/states")
    await page.get_by_role("button", name="做成状态流转").click()
    await expect(page.get_by_role("button", name="「已取消」表示已取消")).to_be_visible()
    await expect(page.get_by_role("button", name="「已支付」表示完成")).to_be_visible()
    notes = page.locator(".st-notes")
    await expect(notes).to_contain_text(
        "1 条记录的「进度」还空着;打开记录,选一个起点,如「待付款」,就能往下走"
    )
    await page.screenshot(path=shot("states/stateless-zh"))
    await notes.get_by_role("link", name="打开数据表").click()
    await page.wait_for_url(f"**/t/{old.id}")
