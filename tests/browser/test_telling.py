"""Connectors of mail and interfaces, and the steps that tell people and other systems, all by clicking."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, expect

from runtime.automations.engine import execute
from runtime.definitions.automations import RecordCreated, SendWecom, UpdateRecord
from runtime.definitions.message_steps import HttpRequest, Notify, SendEmail
from runtime.definitions.values import TextValue
from runtime.settings import Settings
from tests.browser.support import Site, axe, shot
from tests.browser.test_automations import add_step, choose, form, put
from tests.standins.http import Request, Response, StandInServer
from tests.standins.smtp import SmtpStandIn
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    with WecomStandIn() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, wecom: WecomStandIn) -> Settings:
    """The receivers of these tests are on this machine."""
    return msgspec.structs.replace(settings, allow_private_outbound=True, wecom_base_url=wecom.base_url)


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await Shop.make(site.world)


@pytest.fixture
def mailbox() -> Iterator[SmtpStandIn]:
    with SmtpStandIn(users={"orders@example.com": "s3cret"}) as found:
        yield found


@pytest.fixture
async def interface() -> AsyncIterator[tuple[list[Request], str]]:
    """What an interface was asked, and its address."""
    got: list[Request] = []

    async def handle(request: Request) -> Response:
        got.append(request)
        return Response.of_json({"code": 0, "data": [{"no": "SF20261123", "fee": 12.5}]})

    with StandInServer(handle) as server:
        yield got, server.url


async def option(page: Page, name: str, words: str) -> None:
    """Add to a select of several."""
    box = form(page).get_by_role("combobox", name=name, exact=True)
    await box.click()
    await page.get_by_role("option", name=re.compile(re.escape(words))).first.click()
    await page.keyboard.press("Escape")


async def test_a_mailbox_is_connected_by_form(site: Site, mailbox: SmtpStandIn) -> None:
    page = await site.open(f"/a/{site.world.app_id}/settings")
    await page.get_by_role("button", name="新建连接").click()
    await page.get_by_role("menuitem", name=re.compile("^邮箱")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("服务器").fill("http://smtp")
    await dialog.get_by_label("发件地址").first.fill("orders@example.com")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_contain_text("服务器只填名字")
    await dialog.get_by_label("服务器").fill("127.0.0.1")
    await dialog.get_by_label("加密").select_option(label="不加密(只适合内网)")
    await dialog.get_by_label("端口").fill(str(mailbox.port))
    await dialog.get_by_label("账号").fill("orders@example.com")
    await dialog.get_by_label("密码或授权码").fill("wrong")
    await dialog.get_by_role("button", name="保存并发送测试邮件").click()
    await expect(dialog).to_contain_text("不接受这个账号和密码")
    await dialog.get_by_label("密码或授权码").fill("s3cret")
    await dialog.get_by_label("测试邮件发到").fill("me@example.com")
    await dialog.get_by_role("button", name="保存并发送测试邮件").click()
    await expect(dialog).to_contain_text("测试邮件发出去了")
    assert not await axe(page)
    await page.screenshot(path=shot("telling/mailbox"))
    (got,) = mailbox.wait_for(1)
    assert got.to == ["me@example.com"]
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(page.locator("hb-connectors")).to_contain_text("orders@example.com · 127.0.0.1")


async def test_values_of_an_answer_are_picked_by_clicking(
    site: Site, shop: Shop, interface: tuple[list[Request], str]
) -> None:
    got, url = interface
    await shop.order(订单号="A-1")
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(异常原因="x")), enabled=False
    )
    page = await site.open(f"/automations/{automation}")
    await add_step(page, page.locator(".au-flow > .au-wire .au-add").first, "调用接口")
    await form(page).get_by_role("button", name="新建连接").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("接口地址").fill(f"{url}/v1")
    await dialog.get_by_label("凭证").select_option(label="令牌(Bearer)")
    await dialog.get_by_label("令牌", exact=False).last.fill("t0k")
    await dialog.get_by_role("button", name="保存并测试").click()
    await expect(dialog).to_contain_text("连上了")
    await dialog.get_by_role("button", name="保存", exact=True).click()
    await expect(dialog).to_be_hidden()
    path = form(page).get_by_role("group", name="路径")
    await path.locator(".tt-text").click()
    await page.keyboard.type("orders/")
    await path.get_by_role("button", name="插入字段").click()
    await page.locator(".tt-picker input").fill("订单号")
    await page.keyboard.press("Enter")
    await form(page).get_by_role("group", name="各项内容").get_by_role("button", name="加一项").click()
    await form(page).get_by_label("各项内容的名称").fill("no")
    await put(
        page, form(page).get_by_role("group", name="各项内容").locator("hb-template-text"), "", "订单号"
    )
    await form(page).get_by_role("button", name="真的发一次").click()
    answer = form(page).locator(".au-answer")
    await expect(answer).to_contain_text("HTTP 200")
    await answer.get_by_role("button", name=re.compile("SF20261123")).click()
    await expect(form(page).get_by_label("这个值叫什么")).to_have_value("no")
    await form(page).get_by_label("这个值叫什么").fill("运单号")
    await form(page).get_by_label("这个值叫什么").press("Tab")
    assert not await axe(page)
    await page.screenshot(path=shot("telling/picked"))
    assert (got[-1].path, json.loads(got[-1].body)) == ("/v1/orders/A-1", {"no": "A-1"})

    await page.locator(".au-card").last.click()
    await put(page, form(page).locator(".au-set hb-template-text").first, "运单 ", "运单号")
    await publish(page)
    second = await shop.order(订单号="A-2")
    (run,) = await shop.settle()
    await shop.deliver()
    assert await execute(site.system, run, "test")
    assert (await shop.read(second))["异常原因"] == "x运单 SF20261123"
    assert got[-1].headers["authorization"] == "Bearer t0k"
    assert got[-1].path == "/v1/orders/A-2"


async def publish(page: Page) -> None:
    """Make what is drawn count."""
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".au-state")).to_contain_text("已发布")


async def told(site: Site, shop: Shop) -> Any:
    """Runs of a new order, carried out."""
    await shop.order(订单号="A-7")
    for run in await shop.relayed():
        assert await execute(site.system, run, "test")


async def test_a_step_pops_up_on_another_persons_screen(site: Site, shop: Shop) -> None:
    clerk = await site.person("王强", "editor")
    automation = await shop.automation(
        RecordCreated(shop.orders.id), Notify(TextValue(("旧标题",)), roles=("viewer",)), enabled=True
    )
    page = await site.open(f"/automations/{automation}")
    await page.locator(".au-card").nth(1).click()
    await option(page, "通知谁", "王强")
    await form(page).get_by_role("group", name="标题").locator(".tt-text").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await put(
        page,
        form(page).get_by_role("group", name="标题").locator("hb-template-text"),
        "同一手机号又下单 ",
        "订单号",
    )
    await form(page).get_by_text("在屏幕角落弹出来").click()
    assert not await axe(page)
    await page.screenshot(path=shot("telling/notify"))
    await publish(page)
    theirs = await site.open(f"/t/{shop.orders.id}", clerk)
    await told(site, shop)
    card = theirs.locator(".popup")
    await expect(card).to_contain_text("同一手机号又下单 A-7")
    await card.get_by_role("button", name="打开").click()
    await expect(theirs.locator("hb-record")).to_contain_text("A-7")


async def test_a_queue_is_shown_paused_and_goes_on(site: Site, shop: Shop, wecom: WecomStandIn) -> None:
    robot = await shop.connector("wecom_robot", webhook_url=wecom.webhook_url)
    await shop.automation(RecordCreated(shop.orders.id), SendWecom(robot, TextValue(("新订单",))))
    await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(30)))
    await shop.settle()
    page = await site.open(f"/a/{site.world.app_id}/settings")
    box = page.locator("hb-connectors")
    await expect(box).to_contain_text("每分钟最多 20 条 · 30 条")
    await box.get_by_role("button", name="暂停").click()
    await expect(box).to_contain_text("30 条等着,恢复后发")
    assert not await axe(page)
    await box.scroll_into_view_if_needed()
    await page.screenshot(path=shot("telling/queue"))
    await shop.deliver()
    assert await site.system.db.value("SELECT count(*) FROM meta.delivery WHERE status = 'waiting'") == 30
    await box.get_by_role("button", name="恢复").click()
    await expect(box.get_by_role("button", name="暂停")).to_be_visible()
    await box.get_by_role("button", name="修改").click()
    await page.get_by_role("dialog").get_by_label("每分钟最多发几条").fill("5")
    await page.get_by_role("dialog").get_by_role("button", name="保存", exact=True).click()
    await expect(box).to_contain_text("每分钟最多 5 条")
    await shop.deliveries.locks.close()


@pytest.mark.parametrize("look", ["laptop-en-dark", "phone-zh-light"])
async def test_the_forms_are_readable_everywhere(site: Site, shop: Shop, look: str) -> None:
    device, language, theme = look.split("-")
    api = await shop.connector("http_api", "快递接口", base_url="https://api.example.com/v1")
    box = await shop.connector(
        "smtp",
        "邮箱",
        host="smtp.example.com",
        from_address="orders@example.com",
        user="a@b.cn",
        password="x",
    )
    automation = await shop.automation(
        RecordCreated(shop.orders.id),
        Notify(TextValue(("新订单 ", shop.value("订单号"))), roles=("editor",), popup=True),
        SendEmail(
            box, TextValue(("订单 ", shop.value("订单号"))), TextValue(("见附件",)), ("boss@example.com",)
        ),
        HttpRequest(api, path=TextValue(("orders/", shop.value("订单号")))),
        enabled=False,
    )
    options: dict[str, Any] = {"phone": device == "phone", "dark": theme == "dark", "language": language}
    page = await site.open(f"/automations/{automation}", **options)
    for number, name in ((1, "notify"), (2, "email"), (3, "http")):
        await page.locator(".au-card").nth(number).click()
        await expect(form(page)).to_be_visible()
        assert not [one for one in await axe(page) if "hb-step-form" in one]
        await page.screenshot(path=shot(f"telling/{name}-{look}"))
        await page.locator("hb-step-form [data-close-panel]").click()


__all__ = ["choose"]
