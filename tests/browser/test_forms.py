"""A form built by clicks, filled in by a stranger on a phone; the record is there and the automation has run."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from builder import automations, forms, tables
from builder.automations import read_definition
from builder.tables import TableSpec
from builder.validation import Problems
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import Form, Table
from runtime.definitions.forms import FormDef, Question
from runtime.definitions.queries import Query
from runtime.forms import links
from runtime.records import read
from tests.browser.pool import spec
from tests.browser.support import Site, axe, shot, until

KINDS = ["发错货", "少发货", "物流停滞"]


@pytest.fixture
async def table(site: Site) -> Table:
    made = TableSpec(
        name="异常登记",
        fields=(
            spec("订单号", "text"), spec("问题类型", "single_select", choices=KINDS), spec("缺少数量", "number", unit="件"),
            spec("物流单号", "text"), spec("照片", "attachment"), spec("标签", "multi_select", choices=["急", "老客户"]),
            spec("满意度", "rating"), spec("地址", "location"), spec("备注", "long_text"), spec("结果", "text"),
        ),
    )  # fmt: skip
    return await tables.create(site.system, await site.actor(), site.world.app_id, made)


async def made_form(site: Site, table: Table, **given: object) -> Form:
    definition = FormDef(name="异常订单登记", table=table.id, audience="link", **given)  # type: ignore[arg-type]
    return await forms.create(site.system, await site.actor(), site.world.app_id, definition)


async def path_of(site: Site, form: Form) -> str:
    return (await links.read(site.system, await site.actor(), form.id)).path


async def records(site: Site, table: Table) -> list[dict[str, object]]:
    page = await read.page(site.system, await site.actor(), table.id, Query())
    return [{table.by_id[key].name: value for key, value in one.fields.items()} for one in page.records]


def question(page: Page, label: str) -> Locator:
    return page.locator(".fm-q", has=page.locator(".fm-label, label", has_text=label)).first


async def pick(page: Page, box: Locator, name: str) -> None:
    await box.click()
    await page.get_by_role("option", name=name, exact=True).click()


async def test_a_form_is_built_by_clicks_and_filled_in_by_a_stranger(site: Site, table: Table) -> None:
    page = await site.open(f"/a/{site.world.app_id}")
    await page.get_by_role("button", name="新建表单").click()
    await page.get_by_label("名称").fill("异常订单登记")
    await page.get_by_label("填的内容存进").select_option(table.id)
    await page.get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator(".fe-q")).to_have_count(10)

    # a question that is only asked for one kind of trouble, with its own words
    await page.locator(".fe-q", has_text="问题类型").locator(".fe-name").click()
    await page.get_by_role("switch", name="必填").check()
    await page.locator(".fe-q", has_text="缺少数量").locator(".fe-name").click()
    await page.locator("#fe-label").fill("缺了几件")
    await page.get_by_role("switch", name="必填").check()
    where = page.locator("hb-filter")
    await where.get_by_role("button", name="条件", exact=True).click()
    await pick(page, where.get_by_role("combobox", name="字段"), "问题类型")
    await pick(page, where.locator(".fb-value .sel-box"), "少发货")
    await page.locator(".fe-q", has_text="结果").locator(".fe-name").click()
    await page.get_by_role("button", name="去掉这道题").click()
    await page.locator(".fe-q", has_text="备注").drag_to(page.locator(".fe-q", has_text="物流单号"))
    await page.get_by_role("tab", name="表单设置").click()
    await page.get_by_label("标题").fill("报一下异常")
    await page.get_by_label("感谢的话").fill("收到,**客服**会跟进")
    preview = page.locator(".fe-phone")
    await expect(preview.get_by_role("heading", name="报一下异常")).to_be_visible()
    await expect(preview.get_by_text("缺了几件")).to_have_count(0)
    await preview.get_by_label("少发货").check()
    await expect(preview.get_by_text("缺了几件")).to_be_visible()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("存好了")).to_be_visible()
    await page.screenshot(path=shot("forms/editor-zh"))
    assert await axe(page) == []
    app = (await site.system.catalogs.current()).app(site.world.app_id)
    (form,) = app.forms
    order = [table.by_id[q.field].name for q in form.definition.questions]
    assert order[:5] == ["订单号", "问题类型", "缺少数量", "备注", "物流单号"]

    # an automation that starts when it is submitted, also by clicks
    await page.get_by_role("button", name="新建自动化").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名称").fill("登记以后")
    await dialog.get_by_label("数据表").select_option(table.id)
    await dialog.get_by_label("什么时候开始").select_option("form_submitted")
    await dialog.get_by_role("button", name="新建", exact=True).click()
    await expect(page.locator('[data-step="trigger"]')).to_contain_text("异常订单登记")
    await expect(page.locator("hb-step-form").get_by_role("combobox", name="哪个表单")).to_contain_text(
        "异常订单登记"
    )
    await page.screenshot(path=shot("forms/trigger-zh"))
    automation = page.url.split("/")[-1].partition("?")[0]
    steps = [
        {
            "config": {
                "kind": "update_record",
                "set": [{"field": table.field("结果").id, "value": {"kind": "literal", "value": "已通知"}}],
            }
        }
    ]
    body = {"name": "登记以后", "enabled": True, "steps": steps}
    body["trigger"] = {"kind": "form_submitted", "form": form.id, "table": table.id}
    definition = read_definition(Problems(), body)
    change = {"steps": definition.steps, "enabled": True}
    await automations.update(site.system, await site.actor(), automation, change)

    # the stranger
    phone = await site.open(await path_of(site, form), signed_in=False, phone=True)
    await expect(phone.get_by_role("heading", name="报一下异常")).to_be_visible()
    await phone.get_by_label("订单号").fill("DY-1001")
    await phone.get_by_role("button", name="提交").click()
    await expect(question(phone, "问题类型")).to_contain_text("这里必须填写")
    await phone.get_by_label("少发货").check()
    await phone.get_by_label("缺了几件").fill("2")
    await phone.get_by_label("急", exact=True).check()
    await question(phone, "满意度").locator(".ft-star").nth(3).click()
    await phone.locator("input[type=file]").set_input_files(
        [{"name": "破损.txt", "mimeType": "text/plain", "buffer": b"broken"}]
    )
    await expect(phone.locator(".fm-file")).to_contain_text("破损.txt")
    # what was typed survives a reload
    await phone.reload()
    await expect(phone.get_by_text("恢复了上次没交的内容")).to_be_visible()
    await expect(phone.get_by_label("订单号")).to_have_value("DY-1001")
    await phone.screenshot(path=shot("forms/fill-phone-zh"), full_page=True)
    assert await axe(phone) == []
    wide = await phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    await phone.get_by_role("button", name="提交").click()
    await expect(phone.get_by_role("heading", name="提交好了")).to_be_visible()
    await expect(phone.get_by_text("客服", exact=True)).to_be_visible()
    await phone.screenshot(path=shot("forms/done-phone-zh"))

    (record,) = await records(site, table)
    assert (record["订单号"], record["问题类型"], record["缺少数量"]) == ("DY-1001", "少发货", 2)
    assert (record["标签"], record["满意度"]) == (["急"], 4)
    while (await relay(site.system)).events:
        pass
    (run,) = await site.system.db.fetch("SELECT public_id FROM meta.run")
    await execute(site.system, run["public_id"], "test")

    async def told() -> bool:
        return (await records(site, table))[0]["结果"] == "已通知"

    await until(told)
    # a second one begins empty
    await phone.get_by_role("button", name="再填一份").click()
    await expect(phone.get_by_label("订单号")).to_have_value("")


async def test_a_lost_network_loses_nothing_and_sends_once(site: Site, table: Table) -> None:
    form = await made_form(site, table)
    page = await site.open(
        f"{await path_of(site, form)}?prefill-订单号=DY-7", signed_in=False, phone=True, language="en"
    )
    await expect(page.get_by_label("订单号")).to_have_value("DY-7")
    await page.get_by_label("物流单号").fill("SF1")
    site.tolerate("ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("is kept on this device")).to_be_visible()
    await page.screenshot(path=shot("forms/offline-phone-en"), full_page=True)
    await page.context.set_offline(False)
    await expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    assert [one["物流单号"] for one in await records(site, table)] == ["SF1"]


async def test_a_closed_form_says_so_and_a_lost_link_too(site: Site, table: Table) -> None:
    form = await made_form(site, table, open=False)
    path = await path_of(site, form)
    page = await site.open(path, signed_in=False, phone=True)
    await expect(page.get_by_text("这个表单现在不收了")).to_be_visible()
    await page.screenshot(path=shot("forms/closed-phone-zh"))
    await page.goto(f"{path}x")
    await expect(page.get_by_text(re.compile("没有这个表单"))).to_be_visible()


async def test_answers_changed_after_a_lost_answer_are_not_dropped(site: Site, table: Table) -> None:
    asked = tuple(Question(field=table.field(name).id) for name in ("订单号", "备注"))
    form = await made_form(site, table, questions=asked)
    page = await site.open(await path_of(site, form), signed_in=False)
    site.tolerate("ERR_FAILED|Failed to fetch")
    lost = 0

    async def lose(route: Route) -> None:
        """The first one arrives, and its answer does not."""
        nonlocal lost
        lost += 1
        if lost == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/submissions", lose)
    await page.get_by_label("订单号").fill("DY-1")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("button", name="再交一次")).to_be_visible()
    await page.get_by_label("备注").fill("少了两件")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("交上的是改动以前的内容")).to_be_visible()
    assert [(one["订单号"], one.get("备注")) for one in await records(site, table)] == [("DY-1", None)]
    await page.screenshot(path=shot("forms/another"))
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".fm-end")).to_be_visible()
    assert [(one["订单号"], one.get("备注")) for one in await records(site, table)] == [
        ("DY-1", None),
        ("DY-1", "少了两件"),
    ]
