"""Steps 7 to 9: the market, a workbench on one's own orders, both languages, signing out and in, an editor, a viewer."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import expect

from tests.browser.journey.build import APP
from tests.browser.journey.traveller import EMAIL, Traveller
from tests.browser.support import PASSWORD, PHONE, axe

READY_MADE = "示例店铺"


async def install_pool(me: Traveller) -> None:
    """「主订单池」 from the market: one dialog, one click, and it is there with its sample orders."""
    page = me.page
    await page.locator(".rail").get_by_role("link", name="模板市场", exact=True).click()
    card = page.get_by_role("main").get_by_role("link", name="主订单池")
    await expect(card).to_be_visible()
    await me.keep("07-market")
    await card.click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("应用名字").fill(READY_MADE)
    await dialog.get_by_role("button", name="安装").click()
    await page.wait_for_url(re.compile("/t/tbl"))
    await expect(page.locator(".rail-app")).to_contain_text(READY_MADE)
    await me.rows_shown()
    await me.keep("07-installed")
    await page.locator(".rail").get_by_role("link", name=re.compile("看板")).first.click()
    await expect(page.locator(".db-card").first).to_be_visible()
    await me.keep("07-dashboard")


async def install_lookup(me: Traveller) -> str:
    """「订单快查」 bound to the table of this journey: every part is guessed, and can be corrected. Gives its address."""
    page = me.page
    await me.switch_app(APP)
    await page.locator(".rail").get_by_role("link", name="模板市场", exact=True).click()
    await page.get_by_role("main").get_by_role("link", name="订单快查").click()
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
    address = await page.locator("dialog[open] .wb-address code").inner_text()
    await page.locator("dialog[open]").get_by_role("button", name="关闭").last.click()
    return address


async def speak_english(me: Traveller) -> None:
    """The other language, on a laptop and on a phone-sized screen, with something done in it; and back."""
    page = me.page
    await me.open_table("主订单池")
    await page.get_by_role("button", name="账号:").click()
    await page.locator("#account").get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name="New record").first).to_be_visible()
    await me.keep("09-english")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.reload()
    await expect(page.get_by_role("button", name="Open navigation")).to_be_visible()
    await expect(page.locator(".tc").filter(has_text="TB000001")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await me.keep("09-english-phone")
    assert await axe(page) == []
    await page.get_by_role("button", name="Search in the view").click()
    await page.get_by_role("searchbox", name="Search in the view").fill("TB000003")
    await expect(page.locator(".tc")).to_have_count(1)
    await page.locator(".tc").click()
    panel = page.locator("hb-record")
    await expect(panel.get_by_role("button", name="Copy link")).to_be_visible()
    await me.keep("09-english-phone-record")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.reload()
    await page.get_by_role("button", name="Account:").click()
    await page.locator("#account").get_by_role("button", name="中文").click()
    await expect(page.get_by_role("button", name="新建记录").first).to_be_visible()


async def leave_and_return(me: Traveller) -> None:
    """Sign out, be asked who one is, and come back to where one wanted to go."""
    page = me.page
    await page.get_by_role("button", name="账号:").click()
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
    await me.switch_app(APP)


async def invite(me: Traveller, address: str, role: str) -> str:
    """Invite somebody into the app one is in; gives the link to send them."""
    page = me.page
    await me.go("应用设置")
    await page.get_by_label("邀请同事").fill(address)
    await page.get_by_label("角色", exact=True).select_option(label=role)
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
    await guest.open_table("主订单池")
    await guest.rows_shown()
    for tool in ("新建记录", "新建数据表", "新建视图", "新建自动化"):
        await expect(page.get_by_role("button", name=tool)).to_have_count(0)
    place = await guest.cell(guest.row("TB000003"), "实付金额")
    await place.click()
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("没有修改权限")
    await expect(place).to_have_text("520.00")
    await guest.keep("09-viewer")
    await guest.open_record("TB000003")
    await expect(page.locator("hb-record .rc-edit")).to_have_count(0)
    table = await guest.table(APP, "主订单池")
    before = await guest.records(table["id"])
    for method, path, body in await _writes(guest, table, before[0]["id"]):
        status = await _ask(guest, method, path, body)
        assert status in (403, 404), f"{method} {path}: {status}"
    assert await guest.records(table["id"]) == before


async def may_edit(editor: Traveller) -> None:
    """An editor changes records through page and API, and nothing of the app's structure."""
    page = editor.page
    await page.reload()
    await editor.open_table("主订单池")
    await editor.rows_shown()
    await expect(page.get_by_role("button", name="新建记录").first).to_be_visible()
    await expect(page.get_by_role("button", name="新建数据表")).to_have_count(0)
    table = await editor.table(APP, "主订单池")
    record = next(r for r in await editor.records(table["id"]) if "TB000003" in r["fields"].values())
    change, create, delete, *structure = await _writes(editor, table, record["id"])
    for method, path, body in (change, create):
        assert await _ask(editor, method, path, body) == 200, f"{method} {path}"
    made = [r["id"] for r in await editor.records(table["id"]) if "X" in r["fields"].values()]
    assert len(made) == 2
    made.remove(record["id"])
    assert await _ask(editor, delete[0], delete[1], {"records": made}) == 200
    for method, path, body in structure:
        status = await _ask(editor, method, path, body)
        assert status in (403, 404), f"{method} {path}: {status}"


async def _writes(who: Traveller, table: dict[str, Any], record: str) -> list[tuple[str, str, Any]]:
    """What the interface for programs lets others change: three ways to change records, then the structure."""
    app = (await who.app(APP))["id"]
    number = next(f["id"] for f in table["fields"] if f["name"] == "平台单号")
    records = f"/tables/{table['id']}/records"
    return [
        ("PATCH", records, {"records": [{"id": record, "fields": {number: "X"}}]}),
        ("POST", records, {"records": [{"fields": {number: "X"}}]}),
        ("DELETE", records, {"records": [record]}),
        ("PATCH", f"/tables/{table['id']}", {"name": "X"}),
        ("PATCH", f"/fields/{number}", {"name": "X"}),
        ("POST", f"/apps/{app}/tables", {"name": "X", "fields": []}),
        ("DELETE", f"/apps/{app}", None),
    ]


async def _ask(who: Traveller, method: str, path: str, body: Any) -> int:
    token = await who.page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    headers = {"x-csrf-token": token, "origin": who.url}
    answer = await who.context.request.fetch(f"/api/v1{path}", method=method, data=body, headers=headers)
    return answer.status
