"""The page of a form without a browser: who gets in, CSRF, prefilling by the address, closed forms, its editor and QR code."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from builder import apps, forms, tables
from builder.tables import TableSpec
from builder.validation import Problems
from builder.wire import FieldSpec
from runtime import accounts
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.catalog import Form, Table
from runtime.definitions.queries import Query
from runtime.definitions.tables import AppDef
from runtime.forms import links
from runtime.records import read
from runtime.system import System
from tests.support.web import PASSWORD, Browser
from ui.http.edge import named_path


@dataclass
class Counter:
    system: System
    actor: Actor
    table: Table
    form: Form
    path: str

    @property
    def api(self) -> str:
        return f"/api/v1{self.path}"

    def id(self, name: str) -> str:
        return self.table.field(name).id

    async def change(self, **given: Any) -> None:
        self.form = await forms.update(self.system, self.actor, self.form.id, given)

    async def rows(self) -> list[Any]:
        page = await read.page(self.system, self.actor, self.table.id, Query())
        return [record.fields.get(self.id("订单号")) for record in page.records]


@pytest.fixture
async def counter(system: System, owner: accounts.Person) -> Counter:
    async def actor() -> Actor:
        found = await accounts.session_actor(system, await accounts.open_session(system, owner))
        assert found is not None
        return found.actor

    app = await apps.create(system, await actor(), AppDef("客服"))
    me = await actor()
    specs = (
        FieldSpec(name="订单号"),
        FieldSpec(name="类型", type="single_select", options={"choices": ["少发货", "发错货"]}),
        FieldSpec(name="数量", type="number"),
        FieldSpec(name="内部", type="text"),
    )
    table = await tables.create(system, me, app.id, TableSpec(name="异常登记", fields=specs))
    given = {
        "name": "登记",
        "table": table.id,
        "audience": "link",
        "questions": [
            {"field": "订单号", "required": True},
            {"field": "类型"},
            {"field": "数量", "hidden": True},
        ],
    }
    form = await forms.create(system, me, app.id, forms.read_definition(Problems(), given))
    return Counter(system, me, table, form, (await links.read(system, me, form.id)).path)


def data_of(page: httpx.Response) -> dict[str, Any]:
    found = re.search(r'<script[^>]*id="form-page"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert found, page.text[:500]
    data: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return data


async def submit(
    browser: Browser, counter: Counter, key: str = "key-00000001", **answers: Any
) -> httpx.Response:
    given = {counter.id(name): value for name, value in answers.items()}
    return await browser.call("POST", f"{counter.api}/submissions", {"key": key, "answers": given})


async def test_a_stranger_fills_it_in_and_learns_nothing_else(browser: Browser, counter: Counter) -> None:
    page = await browser.open(counter.path)
    assert page.status_code == 200
    assert "noindex" in page.text
    data = data_of(page)
    assert [one["label"] for one in data["questions"]] == ["订单号", "类型"]
    assert "数量" not in page.text  # hidden
    assert "内部" not in page.text  # not asked
    assert counter.table.id not in page.text
    answer = await submit(browser, counter, 订单号="DY-1", 类型="少发货")
    assert (answer.status_code, answer.json()) == (201, {"repeated": False})
    again = await submit(browser, counter, 订单号="DY-1", 类型="少发货")
    assert again.json() == {"repeated": True}
    assert await counter.rows() == ["DY-1"]
    refused = await submit(browser, counter, "key-00000002")
    assert refused.status_code == 422
    assert [(p["field"], p["code"]) for p in refused.json()["problems"]] == [
        (counter.id("订单号"), "required")
    ]


async def test_changed_answers_under_the_same_key_are_not_lost_in_silence(
    browser: Browser, counter: Counter
) -> None:
    await browser.open(counter.path)
    assert (await submit(browser, counter, 订单号="DY-1")).status_code == 201
    changed = await submit(browser, counter, 订单号="DY-1", 类型="少发货")
    assert (changed.status_code, changed.json()["code"]) == (409, "key_used")
    assert "交上的是改动以前的内容" in changed.json()["detail"]
    assert await counter.rows() == ["DY-1"]
    assert (await submit(browser, counter, 订单号="DY-1")).json() == {"repeated": True}
    again = await submit(browser, counter, "key-00000002", 订单号="DY-1", 类型="少发货")
    assert again.json() == {"repeated": False}
    assert await counter.rows() == ["DY-1", "DY-1"]


async def test_another_sites_page_cannot_submit(browser: Browser, counter: Counter) -> None:
    await browser.open(counter.path)
    browser.csrf = ""
    assert (await submit(browser, counter, 订单号="DY-1")).json()["code"] == "csrf"
    assert await counter.rows() == []


async def test_the_address_fills_in_what_it_names(browser: Browser, counter: Counter) -> None:
    given = f"prefill-订单号=DY-9&prefill-{counter.id('类型')}=少发货&prefill-数量=5&prefill-内部=x"
    data = data_of(await browser.open(f"{counter.path}?{given}"))
    assert [one["value"] for one in data["questions"]] == ["DY-9", "少发货"]
    data = data_of(await browser.open(f"{counter.path}?prefill-类型=没有的"))
    assert data["questions"][1]["value"] is None
    await submit(browser, counter, 订单号="DY-9", 数量=5)
    page = await read.page(counter.system, counter.actor, counter.table.id, Query())
    assert page.records[0].fields.get(counter.id("数量")) is None


async def test_it_speaks_the_browsers_language_and_says_why_it_is_closed(
    browser: Browser, counter: Counter
) -> None:
    await counter.change(open=False)
    page = await browser.open(counter.path)
    assert page.status_code == 410
    assert "这个表单现在不收了" in page.text
    browser.headers["accept-language"] = "en"
    assert "This form takes nothing at the moment" in (await browser.open(counter.path)).text
    missing = await browser.open("/f/nothing")
    assert missing.status_code == 404
    assert "There is no such form" in missing.text


async def test_a_form_for_members_asks_for_them(browser: Browser, counter: Counter) -> None:
    await counter.change(audience="members")
    page = await browser.open(counter.path)
    assert page.url.path == "/login"
    assert (await submit(browser, counter, 订单号="DY-1")).status_code == 401
    made = await accounts.create_user(counter.system, email="wai@example.com", name="外人", password=PASSWORD)
    await browser.sign_in("wai@example.com")
    page = await browser.open(counter.path)
    assert page.status_code == 403
    assert "只给应用「客服」的成员填" in page.text
    number = (await counter.system.catalogs.current()).app(counter.form.app_id).number
    async with counter.system.db.transaction() as tx:
        await put_member(tx, number, made.number, "viewer")
    data = data_of(await browser.open(counter.path))
    assert data["person"] == "外人"
    assert (await submit(browser, counter, 订单号="DY-1")).status_code == 201
    # who may not build comes from the rail to the form itself
    page = await browser.open(f"/forms/{counter.form.id}")
    assert page.url.path == counter.path


async def test_the_editor_and_its_code_are_for_those_who_build(browser: Browser, counter: Counter) -> None:
    await browser.sign_in("lin@example.com")
    page = await browser.open(f"/forms/{counter.form.id}")
    assert "hb-form-editor" in page.text
    assert counter.path in html.unescape(page.text)
    code = await browser.get(f"/forms/{counter.form.id}/qr.svg")
    assert code.headers["content-type"].startswith("image/svg+xml")
    link = (await browser.call("POST", f"/api/v1/forms/{counter.form.id}/link")).json()
    assert not link["address"].endswith(counter.path)
    assert (await browser.open(counter.path)).status_code == 404
    found = (await browser.call("GET", "/ui/palette?q=登记")).json()
    assert "表单" in [group["title"] for group in found["groups"]]


def test_the_address_of_a_form_is_not_written_down() -> None:
    assert named_path("/f/abc") == "/f/…"
    assert named_path("/api/v1/f/abc/submissions") == "/api/v1/f/…"
    assert named_path("/forms/frm1") == "/forms/frm1"


async def test_readers_are_told_in_their_language_that_a_form_wrote(
    browser: Browser, counter: Counter
) -> None:
    await browser.open(counter.path)
    await submit(browser, counter, 订单号="DY-1")
    page = await read.page(counter.system, counter.actor, counter.table.id, Query())
    system, app = counter.system, counter.form.app_id
    reader = await accounts.create_user(
        system, email="sam@example.com", name="Sam", password=PASSWORD, language="en"
    )
    async with system.db.transaction() as tx:
        await put_member(tx, (await system.catalogs.current()).app(app).number, reader.number, "viewer")
    for email, name in (("lin@example.com", "表单「登记」"), ("sam@example.com", "Form “登记”")):
        await browser.sign_in(email)
        history = await browser.call("GET", f"/api/v1/records/{page.records[0].id}/history")
        assert [one["actor"]["name"] for one in history.json()["entries"]] == [name]
