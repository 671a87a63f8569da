"""Every kind of step, built and published through its own form; then it is seen doing its work. What is left empty is asked for at
its place. (Finding, linking, changing: ``test_record_steps``; reserving, telling: ``test_order_flow``; interfaces: ``test_telling``.)"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import Table
from runtime.definitions.automations import AutomationDef, CreateRecord, RecordCreated, RecordUpdated
from runtime.definitions.fields import Number, Text
from runtime.definitions.triggers import Manual
from runtime.definitions.values import Assignment, FieldValue
from runtime.settings import Settings
from tests.browser.support import Site, axe, shot
from tests.browser.test_automations import add_step, choose, form, put
from tests.runtime.records.stock.yard import Yard
from tests.standins.http import Request, Response, StandInServer
from tests.standins.smtp import SmtpStandIn
from tests.support.shop import Shop


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receivers of these tests are on this machine."""
    return msgspec.structs.replace(settings, allow_private_outbound=True)


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


@pytest.fixture
async def diary(site: Site) -> Table:
    return await site.world.table("日志", {"内容": Text(), "数": Number()})


@pytest.fixture
def mailbox() -> Iterator[SmtpStandIn]:
    with SmtpStandIn(users={"orders@example.com": "s3cret"}) as found:
        yield found


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[list[Request], str]]:
    """What a receiver got, and its address."""
    got: list[Request] = []

    async def handle(request: Request) -> Response:
        got.append(request)
        return Response.of_json({"ok": True})

    with StandInServer(handle) as server:
        yield got, server.url


async def begin(site: Site, shop: Shop, name: str) -> tuple[Page, Locator]:
    """The editor of an automation for new orders, still without steps, and the places for steps at its end."""
    automation = await shop.automation(RecordCreated(shop.orders.id), name=name, enabled=False)
    page = await site.open(f"/automations/{automation}")
    return page, page.locator(".au-flow > .au-wire .au-add")


async def publish(page: Page) -> None:
    """Publish what is drawn, which switches it on."""
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")


def row(page: Page, name: str) -> Locator:
    """A row of the form."""
    return form(page).get_by_role("group", name=name, exact=True)


async def condition(page: Page, field: str, how: str, value: str) -> None:
    """One more condition on a record."""
    await form(page).get_by_role("button", name="条件", exact=True).click()
    await choose(page, "字段", field)
    await form(page).get_by_label("怎么比较").last.select_option(label=how)
    await expect(form(page)).to_contain_text("没填完的条件现在不算数")
    box = form(page).locator(".fb-value input").last
    await box.fill(value)
    await box.blur()


async def work(site: Site, shop: Shop) -> None:
    """What the worker does, until nothing is left to do."""
    while True:
        await shop.relayed()
        waiting = await site.system.db.fetch(
            "SELECT public_id FROM meta.run WHERE status = 'queued' ORDER BY id"
        )
        if not waiting:
            return
        for one in waiting:
            await execute(site.system, one["public_id"], "test")


async def test_every_step_left_empty_says_what_it_lacks_where_it_lacks(site: Site, shop: Shop) -> None:
    page, end = await begin(site, shop, "什么都没填")
    wanted = {
        "符合条件才继续": ("加一个条件",),
        "按条件分支": ("加一个条件",),
        "逐个处理": ("选一个字段", "还没有对每一个要做的步骤"),
        "运行另一个自动化": ("选要运行的自动化",),
        "到此为止": ("写一句原因",),
        "更新记录": ("选要修改的字段",),
        "更新或新建记录": ("选一张数据表",),
        "按字段匹配并关联": ("选一个字段",),
        "流转状态": ("选要流转到哪个状态",),
        "站内通知": ("选要通知谁", "写下通知的标题"),
        "企业微信消息": ("选一个连接", "写下要发的内容"),
        "发邮件": ("选一个连接", "填上发给谁", "写下邮件的主题"),
        "调用接口": ("选一个连接",),
        "推送到网址": ("选一个连接",),
    }
    for kind in wanted:
        await add_step(page, end.last, kind)
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    count = sum(map(len, wanted.values()))
    await expect(page.locator(".toast.bad")).to_contain_text(f"{count} 处要补上")
    await expect(page.get_by_role("switch", name="启用")).not_to_be_checked()
    cards = page.locator(".au-flow > .au-slot .au-card")
    for number, (kind, words) in enumerate(wanted.items(), 1):
        await cards.nth(number).click()
        await expect(form(page).locator(".panel-h")).to_contain_text(re.compile(rf"{kind}\s*步骤 {number}"))
        lacks = form(page).locator(".hint.bad")
        await expect(lacks).to_have_count(len(words))
        for place, one in enumerate(words):
            await expect(lacks.nth(place)).to_contain_text(one)
        await expect(cards.nth(number)).to_contain_text(re.compile("|".join(words)))
    await page.screenshot(path=shot("every-step/empty"))
    assert await axe(page) == []


async def test_records_are_counted_made_matched_moved_and_deleted(
    site: Site, shop: Shop, diary: Table
) -> None:
    handed = CreateRecord(
        diary.id,
        (Assignment(diary.field("内容").id, FieldValue(shop.orders.field("订单号").id)),),
    )
    await shop.automation(Manual(shop.orders.id), handed, name="接力")
    await site.world.create(diary, {"内容": "作废"}, {"内容": "作废"}, {"内容": "总账", "数": 7})
    page, end = await begin(site, shop, "样样都做")

    await add_step(page, end.last, "统计记录")
    await choose(page, "怎么算", "求和")
    await expect(form(page)).to_contain_text("选一个要计算的字段")
    await choose(page, "算哪个字段", "次数")
    await expect(form(page).get_by_label("不算触发的那条记录")).to_be_checked()

    await add_step(page, end.last, "新建记录")
    await choose(page, "在哪张表里新建", "日志")
    await choose(page, "再填一个字段", "内容")
    await put(page, form(page).locator(".au-set hb-template-text"), "合计 ", "统计结果")

    await add_step(page, end.last, "更新或新建记录")
    await choose(page, "在哪张表里", "日志")
    await expect(form(page)).to_contain_text("选用来查找的字段")
    await choose(page, "按哪些字段找", "内容")
    await expect(row(page, "按哪些字段找").locator(".hint.bad")).to_contain_text("填用来查找的值")
    await row(page, "按哪些字段找").locator(".tt-text").click()
    await page.keyboard.type("总账")
    await choose(page, "找到和新建都填", "数")
    await form(page).get_by_label("「数」怎么填").select_option(label="加上")
    amount = row(page, "找到和新建都填").locator("input[inputmode=decimal]")
    await amount.fill("3")
    await amount.blur()

    await add_step(page, end.last, "流转状态")
    await choose(page, "流转到", "审核中")

    await add_step(page, end.last, "查找记录")
    await choose(page, "找哪张表", "日志")
    await condition(page, "内容", "是", "作废")
    await add_step(page, end.last, "删除记录")
    await choose(page, "删除哪些记录", "步骤 5 · 查找记录 找到的全部")
    await page.screenshot(path=shot("every-step/delete"))

    await add_step(page, end.last, "逐个处理")
    await choose(page, "逐个处理什么", "一串值")
    await row(page, "哪一串值").locator(".tt-text").click()
    await page.keyboard.type("红、蓝")
    await add_step(page, page.locator(".au-loop .au-add").last, "新建记录")
    await choose(page, "在哪张表里新建", "日志")
    await choose(page, "再填一个字段", "内容")
    await put(page, form(page).locator(".au-set hb-template-text"), "颜色 ", "当前这一项")

    await add_step(page, end.last, "运行另一个自动化")
    await choose(page, "哪个自动化", "接力")
    await add_step(page, end.last, "等一等")
    await choose(page, "等什么", "记录符合条件")
    await expect(form(page)).to_contain_text("加一个条件")
    await condition(page, "备注", "是", "好了")
    await expect(form(page).get_by_role("button", name="用别处的值")).to_have_count(0)
    await add_step(page, end.last, "到此为止")
    await row(page, "为什么").locator(".tt-text").click()
    await page.keyboard.type("到此 /")
    await page.locator(".tt-picker input").fill("订单号")
    await page.keyboard.press("Enter")
    await page.screenshot(path=shot("every-step/records"))
    assert await axe(page) == []
    await publish(page)

    await shop.world.create(shop.orders, {"订单号": "旧", "订单状态": "已支付", "次数": 4}, quiet=True)
    order = await shop.order(订单号="DY-9", 次数=5)
    await work(site, shop)
    assert (await shop.read(order))["订单状态"] == "审核中"
    await page.goto(f"{site.url}/t/{diary.id}")
    for words in ("合计 4", "总账", "颜色 红", "颜色 蓝", "DY-9"):
        await expect(page.locator(".g-r", has_text=words)).to_have_count(1)
    await expect(page.locator(".g-r", has_text="总账")).to_contain_text("10")
    await expect(page.locator(".g-r", has_text="作废")).to_have_count(0)
    await shop.world.patch(order, {"备注": "好了"}, shop.orders)
    await work(site, shop)
    await page.goto(f"{site.url}/a/{site.world.app_id}/runs?status=failed")
    rows = page.locator(".ru-table tbody tr")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("到此 DY-9")


async def test_stock_is_given_back_filled_and_sent_out(site: Site) -> None:
    yard = await Yard.make(site.world, partial=True, auto_fill=False)
    page = await site.open(f"/t/{yard.orders.id}")
    flows = (
        (RecordCreated(yard.orders.id), ("预占库存", "释放预占", "预占库存")),
        (RecordUpdated(yard.orders.id, (yard.orders.field("单号").id,)), ("补上缺货", "库存出库")),
    )
    for trigger, kinds in flows:
        definition = AutomationDef(kinds[-1], trigger, (), False)
        automation = await site.world.add("automation", definition)
        await page.goto(f"{site.url}/automations/{automation}")
        for kind in kinds:
            await add_step(page, page.locator(".au-flow > .au-wire .au-add").last, kind)
            await expect(row(page, "哪套库存").get_by_role("combobox")).to_contain_text("现货")
        await publish(page)

    async def lines() -> Locator:
        runs = [run for _ in range(3) for run in (await relay(site.system)).runs]
        for run in runs:
            await execute(site.system, run, "test")
        await page.goto(f"{site.url}/runs/{runs[-1]}")
        return page.locator("hb-run")

    shelf = await yard.shelf(3)
    order = await yard.order({"库存": shelf, "数量": 5})
    run = await lines()
    await expect(run).to_contain_text("已释放")
    await expect(run).to_contain_text("占到一部分,其余等补货")
    assert await yard.balance(shelf) == (3, 3)
    await yard.change("receive", shelf, 4)
    await site.world.patch(order, {"单号": "D2"}, yard.orders)
    run = await lines()
    await expect(run).to_contain_text("不缺了")
    await expect(run).to_contain_text("已出库")
    await page.screenshot(path=shot("every-step/stock"))
    await page.goto(f"{site.url}/t/{yard.lines.id}")
    await expect(page.locator(".g-r").first).to_contain_text("已出库")
    assert await yard.balance(shelf) == (2, 0)


async def test_mail_is_sent_and_an_address_is_told(
    site: Site, shop: Shop, mailbox: SmtpStandIn, receiver: tuple[list[Request], str]
) -> None:
    got, url = receiver
    page, end = await begin(site, shop, "告诉外面")
    dialog = page.get_by_role("dialog")

    await add_step(page, end.last, "发邮件")
    await form(page).get_by_role("button", name="新建连接").click()
    await dialog.get_by_label("服务器").fill("127.0.0.1")
    await dialog.get_by_label("加密").select_option(label="不加密(只适合内网)")
    await dialog.get_by_label("端口").fill(str(mailbox.port))
    await dialog.get_by_label("账号").fill("orders@example.com")
    await dialog.get_by_label("密码或授权码").fill("s3cret")
    await dialog.get_by_label("发件地址").first.fill("orders@example.com")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_have_count(0)
    to = form(page).get_by_role("combobox", name="发给谁", exact=True)
    for address in ("boss@", "boss@example.com"):
        await to.click()
        await page.get_by_role("combobox", name="搜索").fill(address)
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
    await put(page, row(page, "邮件主题").locator("hb-template-text"), "新订单 ", "订单号")
    await put(page, row(page, "邮件正文").locator("hb-template-text"), "请看 ", "打开记录的链接")
    await expect(row(page, "发给谁")).to_contain_text("boss@")
    await expect(row(page, "发给谁").locator(".hint.bad")).to_be_visible()
    await page.screenshot(path=shot("every-step/mail"))
    await row(page, "发给谁").get_by_role("button", name=re.compile("boss@$")).click()
    await expect(row(page, "发给谁").locator(".hint.bad")).to_have_count(0)

    await add_step(page, end.last, "推送到网址")
    await form(page).get_by_role("button", name="新建连接").click()
    await dialog.get_by_label("网址").fill(f"{url}/in")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_have_count(0)
    await row(page, "发送的内容").get_by_role("button", name="加一项").click()
    await form(page).get_by_label("名称", exact=True).fill("no")
    await form(page).get_by_label("名称", exact=True).blur()
    await put(page, row(page, "发送的内容").locator("hb-template-text"), "", "订单号")
    await page.screenshot(path=shot("every-step/post"))
    assert await axe(page) == []
    await publish(page)

    await shop.order(订单号="DY-8")
    await shop.settle()
    await shop.deliver()
    (mail,) = mailbox.wait_for(1)
    assert (mail.to, mail.mail["subject"]) == (["boss@example.com"], "新订单 DY-8")
    assert "/t/" in mail.text or "/r" in mail.text
    assert [json.loads(request.body)["no"] for request in got] == ["DY-8"]
    await shop.deliveries.locks.close()


async def test_values_across_links_and_reckoned_ones_go_into_messages(site: Site, shop: Shop) -> None:
    await shop.connector(
        "wecom_robot", webhook_url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + "a" * 32
    )
    await shop.connector("http_webhook", "对接", url="https://example.com/in")
    automation = await shop.automation(RecordCreated(shop.lines.id), name="带上别处的值", enabled=False)
    (order,) = await site.world.create(shop.orders, {"订单号": "DY-5", "订单状态": "已支付"})
    await site.world.create(shop.lines, {"名称": "行", "订单": order})
    page = await site.open(f"/automations/{automation}")
    end = page.locator(".au-flow > .au-wire .au-add")
    await add_step(page, end.last, "企业微信消息")
    box = form(page).get_by_role("group", name="内容", exact=True)
    await box.get_by_role("button", name="插入字段").click()
    await page.locator(".tt-picker").get_by_role("button", name="「订单」里的字段").click()
    await page.locator(".tt-picker").get_by_role("option", name="订单号").click()
    await expect(box.locator(".vchip")).to_contain_text("订单 › 订单号")
    await expect(form(page).locator(".au-bubble")).to_contain_text("订单 › 订单号")
    await add_step(page, end.last, "推送到网址")
    await row(page, "发送的内容").get_by_role("button", name="加一项").click()
    await row(page, "发送的内容").get_by_role("button", name="插入字段").click()
    await page.locator(".tt-picker input").fill("日期加减")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="用这个时间").click()
    await expect(row(page, "发送的内容").locator(".vchip")).to_contain_text("当时的时间往后 3 天")
    await publish(page)
    await page.reload()
    await page.locator(".au-card").nth(1).click()
    await expect(form(page).locator(".vchip")).to_contain_text("订单 › 订单号")
    await expect(page.locator(".vchip.lost")).to_have_count(0)
    await page.screenshot(path=shot("every-step/across"))
