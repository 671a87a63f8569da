"""Every kind of trigger, set up and published through its own form; then what it waits for happens, and it starts. What is left
empty is asked for at its place. (Moves and lateness: ``test_order_flow``; new records: ``test_record_steps``.)"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from builder import fields, forms
from builder.wire import FieldSpec
from runtime.automations import timetable
from runtime.automations.engine import execute
from runtime.catalog import Table
from runtime.definitions.automations import CreateRecord, RecordCreated
from runtime.definitions.fields import Currency, Date, LongText, Number, SingleSelect, Text
from runtime.definitions.forms import FormDef, Question
from runtime.definitions.states import StateMachine, Transition
from runtime.definitions.values import Assignment, Literal_
from runtime.forms import links
from tests.browser.support import Site, axe, shot
from tests.browser.test_automations import choose, form
from tests.browser.test_triggers import kind
from tests.support.shop import MOVES, Shop, states


@pytest.fixture
async def shop(site: Site) -> Shop:
    machine = StateMachine((1, 2), tuple(Transition(a, b) for a, b in MOVES))
    orders = {
        "订单号": Text(),
        "订单状态": SingleSelect(states(), machine),
        "实付金额": Currency(),
        "次数": Number(),
        "预计发货日": Date(),
        "备注": LongText(),
    }
    return await Shop.draw(site.world, orders)  # type: ignore[arg-type]


@pytest.fixture
async def diary(site: Site) -> Table:
    """Where every automation of these tests writes its name."""
    return await site.world.table("日志", {"内容": Text()})


class Desk:
    """A person at the editor."""

    def __init__(self, site: Site, shop: Shop, diary: Table, page: Page) -> None:
        self.site, self.shop, self.diary, self.page = site, shop, diary, page

    async def begin(self, name: str) -> str:
        """The editor of an automation that writes ``name`` into the diary, at the form of this kind of trigger."""
        writes = CreateRecord(self.diary.id, (Assignment(self.diary.field("内容").id, Literal_(name)),))
        automation = await self.shop.automation(
            RecordCreated(self.shop.orders.id), writes, name=name, enabled=False
        )
        await self.page.goto(f"{self.site.url}/automations/{automation}?step=trigger")
        await kind(self.page, name)
        return automation

    async def condition(self, field: str, how: str, value: str) -> None:
        """One condition on the record."""
        await form(self.page).get_by_role("button", name="条件", exact=True).click()
        await choose(self.page, "字段", field)
        await form(self.page).get_by_label("怎么比较").select_option(label=how)
        box = form(self.page).locator(".fb-value input").last
        await box.fill(value)
        await box.blur()

    async def publish(self) -> None:
        """Publish what is drawn, which switches it on."""
        await self._say_publish()
        await expect(self.page.locator(".au-state")).to_contain_text("已发布")
        await expect(self.page.get_by_role("switch", name="启用")).to_be_checked()

    async def _say_publish(self) -> None:
        await self.page.get_by_role("button", name="发布", exact=True).click()
        await self.page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()

    async def refused(self, row: str, words: str) -> None:
        """Publishing says what is missing, on the card and in the form's row."""
        await self._say_publish()
        await expect(self.page.locator(".toast.bad").last).to_contain_text(re.compile("还不能.*1 处要补上"))
        await expect(self.page.locator('[data-step="trigger"]')).to_contain_text(words)
        await expect(self.row(row)).to_contain_text(words)

    def row(self, name: str) -> Locator:
        """A row of the form."""
        return form(self.page).get_by_role("group", name=name, exact=True)

    async def work(self) -> None:
        """What the worker does, until nothing is left to do."""
        for _ in range(10):
            await self.shop.relayed()
            waiting = await self.site.system.db.fetch(
                "SELECT public_id FROM meta.run WHERE status = 'queued' ORDER BY id"
            )
            if not waiting:
                return
            for row in waiting:
                await execute(self.site.system, row["public_id"], "test")

    async def written(self, *names: str) -> None:
        """The diary holds these names and no others, as people see it."""
        await self.page.goto(f"{self.site.url}/t/{self.diary.id}")
        for name in names:
            await expect(self.page.locator(".g-r", has_text=name)).to_have_count(names.count(name))
        await expect(self.page.locator("main")).to_contain_text(f"{len(names)} 条")


async def test_what_happens_to_records_and_states_starts_them(site: Site, shop: Shop, diary: Table) -> None:
    desk = Desk(site, shop, diary, await site.open(f"/t/{diary.id}"))
    page = desk.page

    await desk.begin("修改记录时")
    await choose(page, "哪些字段改了", "次数")
    await form(page).get_by_role("textbox", name="变成").fill("五")
    await form(page).get_by_role("textbox", name="变成").blur()
    await desk.refused("变成", "数字")
    await form(page).get_by_role("textbox", name="变成").fill("5")
    await form(page).get_by_role("textbox", name="变成").blur()
    await desk.publish()

    await desk.begin("开始符合条件时")
    await desk.refused("什么条件", "加一个条件")
    await desk.condition("实付金额", "大于", "100")
    await desk.publish()

    for name in ("删除记录时", "恢复记录时"):
        await desk.begin(name)
        await desk.condition("订单号", "包含", "DY")
        await desk.publish()

    await desk.begin("进入状态时")
    await choose(page, "进入", "审核中")
    await desk.publish()
    await desk.begin("离开状态时")
    await choose(page, "离开的状态", "审核中")
    await page.screenshot(path=shot("every-trigger/left"))
    assert await axe(page) == []
    await desk.publish()

    await timetable.tick(site.system)
    order, other = await shop.order(订单号="DY-1"), await shop.order(订单号="TB-1")
    await desk.work()
    await desk.written()
    for number in (4, 5, 6):
        await site.world.patch(order, {"次数": number}, shop.orders)
    for paid in (99, 101, 102):
        await site.world.patch(order, {"实付金额": paid}, shop.orders)
    await shop.move(order)
    await desk.work()
    await desk.written("修改记录时", "开始符合条件时", "进入状态时")
    await shop.move(order, "已支付")
    await site.world.change(shop.orders, deletes=(order, other))
    await site.world.change(shop.orders, restores=(order, other))
    await desk.work()
    await desk.written("修改记录时", "开始符合条件时", "进入状态时", "离开状态时", "删除记录时", "恢复记录时")


async def test_the_clock_people_and_programs_start_them(site: Site, shop: Shop, diary: Table) -> None:
    actor = await site.actor()
    asked = FormDef(
        name="登记", table=shop.orders.id, audience="link",
        questions=(Question(field=shop.orders.field("订单号").id),),
    )  # fmt: skip
    made = await forms.create(site.system, actor, site.world.app_id, asked)
    desk = Desk(site, shop, diary, await site.open(f"/t/{diary.id}"))
    page = desk.page

    await desk.begin("按计划")
    await choose(page, "多久一次", "每周")
    for day in ("星期一", "星期二", "星期三", "星期四", "星期五"):
        await form(page).get_by_role("button", name=re.compile(f"{day}$")).last.click()
    await desk.refused("星期几", "选星期几")
    await choose(page, "多久一次", "每隔一段时间")
    await form(page).get_by_role("spinbutton", name="每隔").fill("5")
    await form(page).get_by_role("spinbutton", name="每隔").blur()
    await desk.publish()

    await desk.begin("日期字段到时间")
    await form(page).get_by_role("spinbutton", name="多久").fill("3")
    await form(page).get_by_role("spinbutton", name="多久").blur()
    await expect(page.locator('[data-step="trigger"]')).to_contain_text("之前 3 天 09:00")
    await desk.publish()

    button = await desk.begin("按按钮时")
    await desk.publish()
    await desk.begin("提交表单时")
    await desk.publish()
    pressed = {"automation": button, "label": "记一笔"}
    await fields.create(
        site.system, actor, shop.orders.id, FieldSpec(name="按钮", type="button", options=pressed)
    )

    await desk.begin("收到推送时")
    await form(page).get_by_role("button", name="生成接收地址").click()
    box = form(page).get_by_role("textbox", name="接收地址")
    await expect(box).to_have_value(re.compile("/hooks/"))
    address = await box.input_value()
    await desk.publish()

    await desk.begin("手动运行")
    await choose(page, "对什么运行", "不针对记录")
    await desk.publish()
    await page.screenshot(path=shot("every-trigger/by-hand"))

    # all of it happens
    now = datetime.now(UTC)
    await timetable.tick(site.system, now)
    due = (now + timedelta(days=10)).astimezone((await site.world.app()).zone).date()
    await shop.order(订单号="DY-1", 预计发货日=due.isoformat())
    await timetable.tick(site.system, now + timedelta(minutes=6))
    await timetable.tick(site.system, now + timedelta(days=9))
    await page.get_by_role("button", name="运行", exact=True).click()
    await expect(page.locator(".toasts")).to_contain_text("正在运行,共 1 条")
    await desk.work()
    await expect(page.locator(".toasts")).to_contain_text("完成了,共 1 条")
    async with httpx.AsyncClient(base_url=site.url) as sender:
        assert (await sender.post(address[address.index("/hooks/") :], json={"no": 1})).status_code == 202
    phone = await site.open((await links.read(site.system, actor, made.id)).path, signed_in=False, phone=True)
    await phone.get_by_label("订单号").fill("DY-2")
    await phone.get_by_role("button", name="提交").click()
    await expect(phone.get_by_role("heading", name="提交好了")).to_be_visible()
    await page.goto(f"{site.url}/t/{shop.orders.id}")
    await page.locator(".g-r", has_text="DY-1").get_by_role("button", name="记一笔").click()
    await desk.work()
    await desk.written(
        "按计划", "按计划", "日期字段到时间", "按按钮时", "提交表单时", "收到推送时", "手动运行"
    )


async def test_what_a_trigger_lacks_is_said_at_its_place(site: Site, shop: Shop, diary: Table) -> None:
    desk = Desk(site, shop, diary, await site.open(f"/t/{diary.id}"))
    page = desk.page
    await desk.begin("新建记录时")
    await choose(page, "哪张数据表", "日志")
    lacking = {
        "状态流转时": ("看哪个字段", "选一个字段"),
        "进入状态时": ("看哪个字段", "选一个字段"),
        "离开状态时": ("看哪个字段", "选一个字段"),
        "停留太久时": ("看哪个字段", "选一个字段"),
        "日期字段到时间": ("看哪个日期", "选一个字段"),
        "提交表单时": ("哪个表单", "选一个表单"),
        "开始符合条件时": ("什么条件", "加一个条件"),
    }
    for name, (place, words) in lacking.items():
        await kind(page, name)
        await expect(desk.row(place).locator(".hint.bad")).to_contain_text(words)
        await expect(page.locator('[data-step="trigger"]')).to_contain_text(words)
    await kind(page, "按计划")
    await form(page).get_by_label("第 1 个时间").fill("")
    await form(page).get_by_label("第 1 个时间").blur()
    await expect(desk.row("几点").locator(".hint.bad")).to_contain_text("时间写成 09:00 这样")
    await kind(page, "收到推送时")
    await expect(form(page)).to_contain_text("还没有地址,启用了也收不到推送")
    await form(page).locator("summary", has_text="去重").click()
    header = form(page).get_by_role("textbox", name="按请求头")
    await header.fill("X 编号")
    await header.blur()
    await expect(desk.row("按请求头").locator(".hint.bad")).to_contain_text("请求头的名字只用字母")
    await page.reload()
    await expect(desk.row("按请求头").locator(".hint.bad")).to_be_visible()
