"""The editor of automations, lists of runs and traces, as people use them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.async_api import Locator, Page, Route, expect

from runtime import accounts
from runtime.definitions.automations import RecordCreated, UpdateRecord
from runtime.definitions.message_steps import Notify
from runtime.definitions.values import TextValue
from runtime.settings import Settings
from tests.browser.support import Site, axe, shot, until
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    with WecomStandIn() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, wecom: WecomStandIn) -> Settings:
    return msgspec.structs.replace(settings, wecom_base_url=wecom.base_url)


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


def form(page: Page) -> Locator:
    """The form beside the flow."""
    return page.locator("hb-step-form")


async def choose(page: Page, name: str, option: str, nth: int = 0) -> None:
    """Choose in a select of the form."""
    await form(page).get_by_role("combobox", name=name, exact=True).nth(nth).click()
    await page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()
    await page.keyboard.press("Escape")


async def add_step(page: Page, place: Locator, kind: str) -> None:
    """Press a "+" and choose a kind of step."""
    await place.click()
    await page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()


async def put(page: Page, box: Locator, text: str, value: str) -> None:
    """Type a text, then put a value behind it from the picker."""
    await box.locator(".tt-text").click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(text + "/")
    await page.locator(".tt-picker input").fill(value)
    await page.keyboard.press("Enter")


async def publish(page: Page, note: str = "") -> None:
    """Say yes in the open dialog, with a note."""
    dialog = page.get_by_role("dialog")
    if note:
        await dialog.get_by_role("textbox").fill(note)
    await dialog.get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")


async def test_an_automation_is_built_tried_and_switched_on_by_form(
    site: Site, shop: Shop, wecom: WecomStandIn
) -> None:
    shelf = await shop.shelf(2)
    order = await shop.order((shelf, 3), 订单号="DY-0633")
    page = await site.open(f"/t/{shop.orders.id}")
    await page.get_by_role("button", name="新建自动化").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名称").fill("缺货告警")
    await dialog.get_by_label("哪张数据表", exact=True).select_option(label="主订单池")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await page.wait_for_url(re.compile("/automations/aut"))
    await choose(page, "从", "已支付")
    await choose(page, "变成", "审核中")
    end = page.locator(".au-flow > .au-wire .au-add")
    await add_step(page, end.last, "预占库存")
    await add_step(page, end.last, "按条件分支")
    await form(page).get_by_label("这一路的名字").fill("有缺货")
    await expect(form(page).get_by_role("combobox", name="结果是")).to_contain_text("有缺货")
    arm = page.locator(".au-arm").first
    await add_step(page, arm.locator(".au-add").last, "更新记录")
    await choose(page, "再填一个字段", "异常原因")
    await put(page, form(page).locator(".au-set hb-template-text"), "缺货:", "缺货原因")
    await add_step(page, arm.locator(".au-add").last, "企业微信消息")
    await form(page).get_by_role("button", name="新建连接").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("机器人的 Webhook 地址").fill("https://example.com/hook")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_contain_text("这不是企业微信群机器人的地址")
    await dialog.get_by_label("机器人的 Webhook 地址").fill(wecom.webhook_url)
    await dialog.get_by_role("button", name="保存并发送测试消息").click()
    await expect(dialog).to_contain_text("测试消息发出去了")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await put(page, form(page).locator("hb-template-text"), "订单 ", "订单号")
    await put(page, form(page).locator("hb-template-text"), " 缺货:", "缺货原因")
    await expect(form(page).locator(".au-bubble")).to_contain_text("订单 DY-0633 缺货:")

    await page.get_by_role("button", name="试运行").click()
    drawer = page.locator(".au-test")
    await expect(drawer).to_contain_text("走完 4 步")
    await expect(drawer).to_contain_text("红-S A区-03排-02架 要 3 件,只剩 2 件可用")
    assert (await shop.read(order))["异常原因"] is None
    assert len(wecom.messages) == 1, "only the test of the connector"
    await page.screenshot(path=shot("automation/built"))

    await page.get_by_role("switch", name="启用").click()
    await publish(page)
    await expect(page.get_by_text("已启用", exact=True)).to_be_visible()
    await shop.move(order)
    (run,) = await shop.settle()
    await shop.deliver()
    assert wecom.wait_for(2)[1].content == "订单 DY-0633 缺货:红-S A区-03排-02架 要 3 件,只剩 2 件可用"
    assert (await shop.read(order))["异常原因"] == "缺货:红-S A区-03排-02架 要 3 件,只剩 2 件可用"
    await page.goto(f"/runs/{run}")
    await expect(page.locator("hb-run")).to_contain_text("发到「企业微信群机器人」")
    await expect(page.locator("hb-run")).to_contain_text("对方回答 0 ok")


async def test_nothing_typed_is_lost_and_what_is_wrong_is_shown_where_it_is(site: Site, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), enabled=False
    )
    page = await site.open(f"/automations/{automation}")
    await add_step(page, page.locator(".au-flow > .au-wire .au-add").last, "更新记录")
    card = page.locator(".au-card.bad")
    await expect(card).to_contain_text("选要修改的字段")
    await expect(page.locator(".au-state")).to_contain_text("还有 1 处要补上")
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("还不能启用:1 处要补上")).to_be_visible()
    await expect(page.get_by_text("已停用", exact=True)).to_be_visible()
    await choose(page, "再填一个字段", "备注")
    await form(page).locator(".tt-text").click()
    await page.keyboard.type("先写着")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await expect(page.locator(".au-card").nth(2)).to_contain_text("先写着")
    second = page.locator(".au-card").nth(2)
    await second.focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.locator(".au-card").nth(1)).to_contain_text("先写着")
    await page.keyboard.press("Delete")
    await expect(page.locator(".au-card")).to_have_count(2)
    await page.locator(".toast .u", has_text="撤销").click()
    await expect(page.locator(".au-card")).to_have_count(3)
    await page.keyboard.press("Control+S")
    await expect(page.get_by_text("草稿已存好,发布后才生效")).to_be_visible()
    stored = (await shop.world.catalog()).automation(automation).definition
    assert len(stored.steps) == 1, "what runs is what was published"
    await page.get_by_role("button", name="发布", exact=True).click()
    await publish(page)
    stored = (await shop.world.catalog()).automation(automation).definition
    assert len(stored.steps) == 2


async def test_a_test_run_starts_when_its_record_has_come(site: Site, shop: Shop) -> None:
    await shop.order(订单号="DY-0634")
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    page = await site.open("/")
    opened = asyncio.Event()

    async def later(route: Route) -> None:
        await opened.wait()
        await route.continue_()

    await page.route(f"**/api/v1/tables/{shop.orders.id}/query", later)
    await page.goto(f"/automations/{automation}")
    await page.get_by_role("button", name="试运行").click()
    drawer = page.locator(".au-test")
    await expect(drawer.get_by_role("button", name="开始")).to_be_disabled()
    opened.set()
    await expect(drawer).to_contain_text("走完 1 步")


async def test_failed_runs_are_listed_and_mended_and_the_list_follows(site: Site, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成"))
    )
    page = await site.open(f"/a/{shop.world.app_id}/runs?status=failed")
    await expect(page.get_by_text("没有要处理的")).to_be_visible()
    for number in range(3):
        await shop.order(订单号=f"N{number}")
    runs = await shop.settle()
    rows = page.locator(".ru-table tbody tr")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("不能从「已支付」改成「已完成」")
    await rows.filter(has_text="N2").get_by_role("button", name="标为已处理").click()
    await expect(rows).to_have_count(2)
    await page.screenshot(path=shot("automation/failed-runs"))
    assert not await axe(page)
    await rows.filter(has_text="N1").get_by_role("link").first.click()
    trace = page.locator("hb-run")
    await trace.get_by_role("button", name="跳过这一步").click()
    await expect(trace).to_contain_text("排队中")
    await shop.execute([runs[1]])
    await expect(trace).to_contain_text("完成")
    await expect(trace).to_contain_text("跳过了")
    await page.goto(f"/automations/{automation}/runs")
    await page.get_by_role("button", name="全部重试").click()
    await page.get_by_role("dialog").get_by_role("button", name="重试", exact=True).click()

    async def queued() -> bool:
        return (await shop.run(runs[0]))["status"] == "queued"

    await until(queued)


async def test_viewers_see_the_flow_and_change_nothing(site: Site, shop: Shop, wecom: WecomStandIn) -> None:
    robot = await shop.connector("wecom_robot", webhook_url=wecom.webhook_url)
    automation = await shop.reservation_automation(robot)
    page = await site.open(f"/automations/{automation}?step=stp4", await site.person("看的人", "viewer"))
    await expect(form(page)).to_contain_text("【缺货】订单")
    await expect(page.get_by_text("只能查看")).to_be_visible()
    await expect(page.locator(".au-add")).to_have_count(0)
    await expect(page.get_by_role("switch", name="启用")).to_be_disabled()
    await expect(page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
    assert wecom.webhook_url.rsplit("=", 1)[1] not in await page.content()


@pytest.mark.parametrize("look", ["laptop-zh-light", "laptop-en-dark", "phone-zh-dark", "phone-en-light"])
async def test_it_is_readable_everywhere(site: Site, shop: Shop, wecom: WecomStandIn, look: str) -> None:
    device, language, theme = look.split("-")
    robot = await shop.connector("wecom_robot", webhook_url=wecom.webhook_url)
    automation = await shop.reservation_automation(robot)
    order = await shop.order((await shop.shelf(2), 3), 订单号="DY-0633")
    await shop.move(order)
    (run,) = await shop.settle()
    await shop.deliver()
    options = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page = await site.open(f"/automations/{automation}", **options)
    await expect(page.locator(".au-card").nth(3)).to_be_visible()
    await page.screenshot(path=shot(f"automation/flow-{look}"))
    assert not await axe(page)
    for name, path in (
        ("form", f"/automations/{automation}?step=stp4"),
        ("runs", f"/automations/{automation}/runs"),
        ("run", f"/runs/{run}"),
    ):
        await page.goto(path)
        shown = {"form": "hb-step-form .au-bubble", "runs": ".ru-table", "run": ".ru-step"}[name]
        await expect(page.locator(shown).first).to_be_visible()
        await page.screenshot(path=shot(f"automation/{name}-{look}"))
        assert not await axe(page)


async def test_taking_a_step_back_leaves_the_records_alone(site: Site, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="试一试", enabled=False
    )
    order = await shop.order(订单号="DY-0701")
    page = await site.open(f"/t/{shop.orders.id}")
    await page.locator("#g-0-0").click()
    await page.keyboard.type("DY-0702")
    await page.keyboard.press("Enter")

    async def renamed() -> bool:
        return bool((await shop.read(order))["订单号"] == "DY-0702")

    await until(renamed)
    await page.goto(f"/automations/{automation}")
    cards = page.locator(".au-card")
    await expect(cards).to_have_count(2)
    await add_step(page, page.locator(".au-flow > .au-wire .au-add").last, "等一等")
    await expect(cards).to_have_count(3)
    undone: list[str] = []
    page.on("request", lambda sent: undone.append(sent.url) if sent.url.endswith("/api/v1/undo") else None)
    await page.locator(".au-state").click()  # nobody types any more
    await page.keyboard.press("Control+z")
    await expect(cards).to_have_count(2)
    await page.keyboard.press("Control+Shift+z")
    await expect(cards).to_have_count(3)
    assert undone == [], "only the flow goes back, not what was changed in a table before"
    assert await renamed()


async def test_whom_a_step_tells_is_read_on_its_card_also_when_they_have_left(site: Site, shop: Shop) -> None:
    staying, leaving = await site.person("吴昊"), await site.person("周宁")
    told = Notify(TextValue(("新订单",)), people=(staying.id, leaving.id))
    automation = await shop.automation(RecordCreated(shop.orders.id), told, name="告诉大家")
    await accounts.remove_member(site.system, await site.actor(), site.world.app_id, leaving.id)
    page = await site.open(f"/automations/{automation}")
    card = page.locator(".au-card").nth(1)
    await expect(card).to_contain_text("吴昊")
    await expect(card).to_contain_text("周宁(已离开)")
    await expect(card).to_contain_text("要通知的「周宁」已经不在这个应用里")
    await card.click()
    await expect(form(page).get_by_role("combobox", name="通知谁")).to_contain_text("周宁(已离开)")
