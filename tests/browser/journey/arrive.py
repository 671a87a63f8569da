"""Steps 7 to 9: the market, a workbench on one's own orders, both languages, signing out and in, a viewer."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.journey.build import APP
from tests.browser.journey.files import waybill
from tests.browser.journey.traveller import EMAIL, Traveller, eventually
from tests.browser.support import PASSWORD, PHONE

READY_MADE = "示例店铺"
VIEWER = "zhao@example.com"


async def install_pool(me: Traveller) -> None:
    """「主订单池」 from the market: one dialog, one click, and it is there with its sample orders."""
    page = me.page
    await page.goto("/market")
    await me.keep("07-market")
    await page.get_by_role("link", name="主订单池").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("应用名字").fill(READY_MADE)
    await dialog.get_by_role("button", name="安装").click()
    await page.wait_for_url(re.compile("/t/tbl"))
    await expect(page.locator(".rail-app")).to_contain_text(READY_MADE)
    await me.rows_shown()
    await me.keep("07-installed")
    await page.locator(".rail-i", has_text="看板").first.click()
    await expect(page.locator(".db-card").first).to_be_visible()
    await me.keep("07-dashboard")


async def install_lookup(me: Traveller) -> None:
    """「订单快查」 bound to the table of this journey: every part is guessed, and can be corrected."""
    page = me.page
    await page.goto(f"/market?app={(await me.app(APP))['id']}")
    await page.get_by_role("link", name="订单快查").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_role("radio", name=re.compile("主订单池")).check()
    await page.get_by_role("button", name="下一步").click()
    waybill_row = dialog.locator("[data-part=waybill]")
    await expect(waybill_row.get_by_role("combobox")).to_contain_text("快递单号")
    await expect(dialog.locator("[data-part=status]")).to_contain_text("订单状态")
    await me.choose(dialog.locator("[data-part=number]").get_by_role("combobox"), "平台单号")
    await me.keep("08-binding")
    await page.get_by_role("button", name="下一步").click()
    await dialog.get_by_role("button", name="绑定并安装").click()
    await expect(page.get_by_text("用手机打开「订单快查」")).to_be_visible()
    await me.keep("08-share")


async def look_up_through_api(me: Traveller) -> None:
    """What the workbench's page asks when a waybill is typed or scanned: the order's card."""
    await me.page.goto("/settings")
    [bench] = (await me.api("GET", f"/apps/{(await me.app(APP))['id']}/workbenches"))["workbenches"]
    for scanned in ("false", "true"):
        found = await me.api("GET", f"/workbenches/{bench['id']}/find?code={waybill(1)}&scanned={scanned}")
        card = found["card"]
        assert card["record"]["fields"][bench["bindings"]["number"]] == "TB000001"
        assert card["record"]["fields"][bench["bindings"]["remark"]] == "易皱,加硬板"
        assert [(p["location"], float(p["quantity"])) for p in card["places"]] == [("A-03-12", 2.0)]
        assert card["others_total"] >= 2


async def speak_english(me: Traveller) -> None:
    """The other language and back; on a phone-sized screen too."""
    page = me.page
    await page.goto(f"/a/{(await me.app(APP))['id']}")
    await me.rows_shown()
    await page.locator("[data-pop=account]").click()
    await page.locator("#account [data-language-choice=en]").click()
    await expect(page.get_by_role("button", name="New record").first).to_be_visible()
    await me.keep("09-english")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await me.keep("09-english-phone")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.locator("[data-pop=account]").click()
    await page.locator("#account [data-language-choice=zh]").click()
    await expect(page.get_by_role("button", name="新建记录").first).to_be_visible()


async def leave_and_return(me: Traveller) -> None:
    """Sign out, be asked who one is, and come back to where one wanted to go."""
    page = me.page
    await page.goto("/settings")
    await page.locator("[data-pop=account]").click()
    await page.locator("#account").get_by_role("button", name="退出登录").click()
    await page.wait_for_url(re.compile("/login"))
    await page.goto("/settings")
    await expect(page.get_by_role("heading", name="登录活表")).to_be_visible()
    await page.locator("#email").fill(EMAIL)
    await page.locator("#password").fill("not-my-password")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator("#password-problem, .notice").first).to_be_visible()
    await me.keep("09-login-refused")
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url(re.compile("/settings"))


async def invite(me: Traveller, address: str, role: str) -> str:
    """Invite somebody into the app; gives the link to send them."""
    page = me.page
    await page.goto(f"/a/{(await me.app(APP))['id']}/settings")
    await page.locator("#invite-email").fill(address)
    await page.locator("#invite-role").select_option(label=role)
    await page.get_by_role("button", name="生成邀请链接").click()
    link = await page.locator(".set-secret code").inner_text()
    await me.keep("09-invited")
    return link


async def join(guest: Traveller, link: str, name: str) -> None:
    """Follow the link, choose a name and a password."""
    page = guest.page
    await page.goto(link)
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button", name="加入", exact=True).click()
    await page.wait_for_url(re.compile("/t/tbl|/a/app|/$"))


async def only_look(guest: Traveller) -> None:
    """A viewer sees everything and changes nothing: no tools in the page, refusals behind it."""
    page = guest.page
    table = await guest.table(APP, "主订单池")
    await page.goto(f"/t/{table['id']}")
    await guest.rows_shown()
    await expect(page.get_by_role("button", name="新建记录")).to_have_count(0)
    await expect(page.get_by_role("button", name="新建数据表")).to_have_count(0)
    place = await guest.cell(guest.row("TB000003"), "实付金额")
    await place.click()
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(place).to_have_text("520.00")
    await guest.keep("09-viewer")
    record = (await guest.records(table["id"]))[0]["id"]
    app = (await guest.app(APP))["id"]
    token = await page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    headers = {"x-csrf-token": token, "origin": guest.url}
    number = next(f["id"] for f in table["fields"] if f["name"] == "平台单号")
    refused = (
        ("PATCH", f"/tables/{table['id']}/records", {"records": [{"id": record, "fields": {number: "X"}}]}),
        ("POST", f"/tables/{table['id']}/records", {"records": [{"fields": {number: "X"}}]}),
        ("DELETE", f"/tables/{table['id']}/records", {"records": [record]}),
        ("PATCH", f"/tables/{table['id']}", {"name": "X"}),
        ("POST", f"/apps/{app}/tables", {"name": "X", "fields": []}),
        ("DELETE", f"/apps/{app}", None),
    )
    for method, path, body in refused:
        answer = await guest.context.request.fetch(
            f"/api/v1{path}", method=method, data=body, headers=headers
        )
        assert answer.status in (403, 404), f"{method} {path}: {answer.status} {await answer.text()}"

    async def still_there() -> bool:
        return len(await guest.records(table["id"])) == 40

    assert await eventually(still_there)
