"""What is submitted: only what is asked, once per key, in the history as the form's; closed forms; who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from builder import automations, fields, forms, trash
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.automations.relay import relay
from runtime.catalog import Automation
from runtime.definitions.automations import AutomationDef, Step, UpdateRecord
from runtime.definitions.triggers import FormSubmitted, RecordCreated, Trigger
from runtime.definitions.values import Assignment, Literal_, StepOutput
from runtime.errors import (
    HuobiaoError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RecordsRejected,
    RuleBroken,
    TooOften,
)
from runtime.forms import asked, choices, links, rates
from runtime.ids import new_id, record_id
from runtime.records import history
from tests.builder.conftest import Desk, spec
from tests.runtime.forms.conftest import Counter, asks, when

LEAST = {"订单号": "DY-1", "问题类型": "发错货"}


async def refused(counter: Counter, **answers: Any) -> set[tuple[str, str]]:
    with pytest.raises(RecordsRejected) as raised:
        await counter.submit(**answers)
    return {(p.field_name or "", p.code) for p in raised.value.problems}


async def member(desk: Desk, name: str, role: str) -> Actor:
    number = await desk.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $2, $2, '-') RETURNING id",
        f"usr{name:x<14}",
        name,
    )
    async with desk.system.db.transaction() as tx:
        await put_member(tx, (await desk.app()).number, number, role)  # type: ignore[arg-type]
    return Actor(kind="person", id=f"usr{name:x<14}", name=name, person=number, roles={desk.app_id: role})  # type: ignore[dict-item]


async def test_a_submission_is_a_record_written_by_the_form(counter: Counter) -> None:
    done = await counter.submit(**LEAST, 加急=True)
    desk = counter.desk
    assert await desk.rows(counter.table, "订单号", "问题类型", "来源", "加急") == [
        ("DY-1", "发错货", "表单", True)
    ]
    (entry,) = await history.of_record(desk.system, desk.owner, done.record)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == (
        "form",
        counter.form.id,
        "表单「异常订单登记」",
    )
    assert (entry.channel, entry.source) == ("form", counter.form.id)


async def test_the_same_key_stores_nothing_again_even_at_once(counter: Counter) -> None:
    answers = await asyncio.gather(*(counter.submit(**LEAST) for _ in range(4)))
    assert len({one.record for one in answers}) == 1
    assert sorted(one.repeated for one in answers) == [False, True, True, True]
    assert await counter.desk.rows(counter.table, "订单号") == ["DY-1"]
    await counter.submit(key="key-00000002", **LEAST)
    assert len(await counter.desk.rows(counter.table, "订单号")) == 2
    link = await links.read(counter.desk.system, counter.desk.owner, counter.form.id)
    assert link.submitted == 2


async def test_only_what_the_form_asks_is_written(counter: Counter) -> None:
    await counter.submit(**LEAST, 来源="别处", 内部备注="偷偷写的", 缺少数量=3)
    rows = await counter.desk.rows(counter.table, "来源", "内部备注", "缺少数量")
    assert rows == [("表单", None, None)]  # hidden: its default; not asked: nothing


async def test_a_question_begins_with_the_fields_own_default_which_may_be_taken_out(counter: Counter) -> None:
    source = counter.id("来源")
    await counter.change(questions=[asks(counter.id("订单号")), asks(source)])
    (_, shown) = asked.questions(await counter.desk.app(), counter.form)
    assert asked.begun(shown, await counter.desk.app()) == "手工"
    await counter.submit(订单号="DY-1", 来源=None)
    await counter.change(questions=[asks(counter.id("订单号")), asks(source, hidden=True)])
    await counter.submit(key="key-00000002", 订单号="DY-2")
    assert await counter.desk.rows(counter.table, "来源") == [None, "手工"]


async def test_what_has_to_be_filled_stands_at_its_question(counter: Counter) -> None:
    assert await refused(counter) == {("订单号", "required"), ("问题类型", "required")}
    assert await refused(counter, 订单号="DY-1", 问题类型="少发货") == {("缺少数量", "required")}
    assert await refused(counter, **{**LEAST, "问题类型": "没有的"}) == {("问题类型", "unknown_choice")}
    assert await counter.desk.rows(counter.table, "订单号") == []
    await counter.submit(订单号="DY-1", 问题类型="少发货", 缺少数量=2)
    assert await counter.desk.rows(counter.table, "缺少数量") == [2]


async def test_an_answer_of_a_question_that_is_not_asked_hides_what_hangs_on_it(counter: Counter) -> None:
    await counter.change(
        questions=[
            asks(counter.id("问题类型")),
            asks(counter.id("缺少数量"), where=when(counter.id("问题类型"), "少发货")),
            asks(
                counter.id("物流单号"),
                where={"kind": "condition", "field": counter.id("缺少数量"), "op": "is_not_empty"},
            ),
        ]
    )
    await counter.submit(问题类型="发错货", 缺少数量=3, 物流单号="SF1")
    assert await counter.desk.rows(counter.table, "缺少数量", "物流单号") == [(None, None)]


async def test_closed_forms_say_so(counter: Counter) -> None:
    async def code() -> str:
        with pytest.raises(HuobiaoError) as raised:
            await counter.submit(key="key-00000009", **LEAST)
        return raised.value.error_code

    await counter.change(open=False)
    assert await code() == "form_closed"
    await counter.change(open=True, closes_at=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())
    assert await code() == "form_over"
    await counter.change(closes_at=None, limit=1)
    await counter.submit(**LEAST)
    assert await code() == "form_full"
    assert (await counter.submit(**LEAST)).repeated  # what was stored is still answered
    link = await links.switch(counter.desk.system, counter.desk.owner, counter.form.id, False)
    assert not link.active
    assert await code() == "no_form"


async def test_another_address_ends_the_old_one(counter: Counter) -> None:
    old = await counter.secret()
    await links.renew(counter.desk.system, counter.desk.owner, counter.form.id)
    assert await counter.secret() != old
    with pytest.raises(NotFound):
        await links.find(counter.desk.system, await counter.desk.catalog(), old)
    await counter.submit(**LEAST)


async def test_a_form_for_members_wants_one(counter: Counter) -> None:
    await counter.change(audience="members", once=True)
    with pytest.raises(NotSignedIn):
        await counter.submit(**LEAST)
    stranger = Actor(kind="person", id="usrStrangerStran", name="外人", person=None)
    with pytest.raises(NotAllowed):
        await counter.submit(visitor=stranger, **LEAST)
    viewer = await member(counter.desk, "wang", "viewer")
    done = await counter.submit(visitor=viewer, **LEAST)
    (entry,) = await history.of_record(counter.desk.system, counter.desk.owner, done.record)
    assert (entry.actor_name, entry.channel) == ("wang", "form")
    with pytest.raises(RuleBroken) as raised:
        await counter.submit(key="key-00000002", visitor=viewer, **LEAST)
    assert raised.value.error_code == "form_once"
    await counter.submit(key="key-00000003", visitor=counter.desk.owner, **LEAST)


async def test_one_address_cannot_flood(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "SUBMIT", rates.Rate("submit", 3, 6))
    for n in range(3):
        await counter.submit(key=f"key-0000000{n}", address="203.0.113.1", **LEAST)
    with pytest.raises(TooOften) as raised:
        await counter.submit(key="key-00000008", address="203.0.113.1", **LEAST)
    assert raised.value.retry_after_seconds is not None
    await counter.submit(key="key-00000009", address="203.0.113.2", **LEAST)
    await counter.submit(key="key-10000000", address="203.0.113.3", **LEAST)
    with pytest.raises(TooOften):  # the form itself has had enough, counting those that were refused
        await counter.submit(key="key-10000001", address="203.0.113.4", **LEAST)


async def automate(counter: Counter, name: str, trigger: Trigger) -> Automation:
    desk = counter.desk
    sets = (Assignment(counter.id("内部备注"), StepOutput("trigger", "submitted_at")),)
    if not isinstance(trigger, FormSubmitted):
        sets = (Assignment(counter.id("内部备注"), Literal_("看过")),)
    steps = (Step(new_id("stp"), UpdateRecord(sets)),)
    definition = AutomationDef(name=name, trigger=trigger, steps=steps, enabled=True)
    return await automations.create(desk.system, desk.owner, desk.app_id, definition)


async def test_the_trigger_fires_once_per_submission_and_for_its_form_alone(counter: Counter) -> None:
    desk = counter.desk
    for name, trigger in (("提交", FormSubmitted("异常订单登记")), ("新建", RecordCreated("异常登记"))):
        await automate(counter, name, trigger)
    other = await forms.duplicate(desk.system, desk.owner, counter.form.id)
    await desk.write(counter.table, {"订单号": "手工"})
    await counter.submit(**LEAST)
    await counter.submit(**LEAST)
    first, counter.form = counter.form, other
    await counter.change(open=True)
    await counter.submit(**LEAST)
    while (await relay(desk.system)).events:
        pass
    rows = await desk.system.db.fetch(
        "SELECT r.trigger, d.body->>'name' AS name FROM meta.run r JOIN meta.definition d ON d.id = r.automation_id"
    )
    assert sorted(row["name"] for row in rows) == ["提交", "新建", "新建", "新建"]
    (told,) = [msgspec.json.decode(row["trigger"]) for row in rows if row["name"] == "提交"]
    assert (told["channel"], told["source"]) == ("form", first.id)
    assert set(told["output"]) == {"submitter", "submitted_at"}
    assert told["output"]["submitter"] == ""


async def test_a_deleted_form_stops_what_waits_for_it_and_comes_back_with_it(counter: Counter) -> None:
    desk = counter.desk
    made = await automate(counter, "提交", FormSubmitted(counter.form.id))
    secret = await counter.secret()
    await forms.delete(desk.system, desk.owner, counter.form.id)
    assert not (await desk.catalog()).automation(made.id).definition.enabled
    with pytest.raises(NotFound):
        await links.find(desk.system, await desk.catalog(), secret)
    await trash.restore(desk.system, desk.owner, counter.form.id)
    assert (await desk.catalog()).automation(made.id).definition.enabled
    await counter.submit(**LEAST)


async def test_a_field_that_is_gone_is_asked_no_more_until_it_comes_back(counter: Counter) -> None:
    desk = counter.desk
    kind = counter.id("问题类型")
    await fields.delete(desk.system, desk.owner, kind, confirmed=True)
    catalog = await desk.catalog()
    form = catalog.form(counter.form.id)
    problems, missing = forms.faults(catalog, form)
    assert (problems, missing) == ([], [kind])
    shown = [one.field.name for one in asked.questions(await desk.app(), form)]
    assert shown == ["订单号", "缺少数量", "物流单号", "照片", "加急", "来源"]
    await counter.submit(订单号="DY-1", 缺少数量=1)
    await trash.restore(desk.system, desk.owner, kind)
    assert await refused(counter, key="key-00000002", 订单号="DY-2") == {("问题类型", "required")}


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_files_come_through_the_form_alone(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, secret = counter.desk, await counter.secret()
    file = await choices.keep_file(desk.system, secret, counter.id("照片"), "破损.txt", one(b"x"), 1)
    await counter.submit(**LEAST, 照片=[{"id": file.id}])
    assert [f["name"] for f in (await desk.rows(counter.table, "照片"))[0]] == ["破损.txt"]
    # neither what belongs to a record already nor what was put up elsewhere
    taken = await refused(counter, key="key-00000002", **LEAST, 照片=[{"id": file.id}])
    assert taken == {("照片", "no_such_file")}
    monkeypatch.setattr(choices, "_MEGABYTE", 1)
    with pytest.raises(HuobiaoError) as raised:
        await choices.keep_file(desk.system, secret, counter.id("照片"), "大.bin", one(b"x" * 30), None)
    assert raised.value.error_code == "file_too_large"
    with pytest.raises(NotFound):
        await choices.keep_file(desk.system, secret, counter.id("内部备注"), "a.txt", one(b"x"), 1)


async def test_records_are_found_by_name_where_the_builder_lets_them(counter: Counter) -> None:
    desk = counter.desk
    shops = await desk.table("店铺", spec("店名"), spec("电话", "phone"), spec("停用", "checkbox"))
    await desk.write(
        shops,
        {"店名": "抖音一店", "电话": "13800138000"},
        {"店名": "抖音老店", "停用": True},
        {"店名": "淘宝店"},
    )
    where = {"kind": "condition", "field": shops.field("停用").id, "op": "is", "value": False}
    link = await desk.field(counter.table, "店铺", "link", table="店铺", many=False, where=where)
    counter.table = await desk.again(counter.table)
    questions = [msgspec.to_builtins(q) for q in counter.form.definition.questions]
    await counter.change(questions=[*questions, asks(link.id)])

    async def names(words: str) -> list[str]:
        found = await choices.find(desk.system, await counter.secret(), link.id, words, {})
        return [one["name"] for one in found.records]

    with pytest.raises(NotFound):
        await names("抖音")
    await counter.change(questions=[*questions, asks(link.id, choose=True)])
    assert await names("抖音") == ["抖音一店"]
    assert await names("13800138000") == []
    assert await names(" ") == []
    found = await choices.find(desk.system, await counter.secret(), link.id, "抖音一", {})
    assert set(found.records[0]) == {"id", "name"}
    await counter.submit(**LEAST, 店铺=[{"id": found.records[0]["id"]}])
    closed = (await desk.system.db.fetch(f"SELECT id FROM {shops.sql} ORDER BY id"))[1]["id"]
    bad = await refused(counter, key="key-00000002", **LEAST, 店铺=[{"id": record_id(shops.number, closed)}])
    assert bad == {("店铺", "not_a_choice")}
