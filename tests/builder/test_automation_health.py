"""An automation that people count on and that a change has broken: who is told, once, and until it is well again."""

from __future__ import annotations

from typing import Any

import pytest

from builder import automation_health, automation_versions, automations, fields, forms, tables, trash, undo
from builder.validation import Problems
from builder.wire import FieldPatch
from runtime import accounts, inbox
from runtime.accounts.members import put_member
from runtime.catalog import Automation, Table
from runtime.definitions.forms import FormDef
from runtime.i18n import CHINESE
from runtime.inbox import Letter
from tests.builder.conftest import Desk, spec
from tests.builder.test_automations import MARK, definition, literal, make, update


@pytest.fixture
async def orders(desk: Desk) -> Table:
    await desk.table("客户", spec("姓名", required=True))
    return await desk.table(
        "订单", spec("单号"), spec("金额", "currency"), spec("异常", "checkbox"), spec("备注"),
        spec("状态", "single_select", choices=["已支付", "审核中"]), spec("负责人", "member"),
    )  # fmt: skip


async def member(desk: Desk, name: str, role: Any) -> int:
    """Somebody with a role in the app."""
    number: int = await desk.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $1, $2, '-') RETURNING id",
        f"usr{name.encode().hex()[:14]:0<14}",
        name,
    )
    app = await desk.app()
    async with desk.system.db.transaction() as tx:
        await put_member(tx, app.number, number, role)
    return number


async def told(desk: Desk, person: int | None = None) -> list[Letter]:
    """What a person (the owner of the desk) was told, newest first."""
    number = desk.owner.person if person is None else person
    assert number is not None
    return list((await inbox.page(desk.system.db, number, CHINESE)).letters)


async def ill(desk: Desk) -> dict[str, automation_health.Ailing]:
    catalog = await desk.catalog()
    found = await automation_health.ailing(desk.system, catalog, catalog.app(desk.app_id))
    return {one.automation.definition.name: one for one in found}


async def options(desk: Desk, table: Table, *names: str) -> None:
    """Leave these options to the state, by the numbers they have."""
    field = (await desk.again(table)).field("状态")
    ids = {choice.name: choice.id for choice in field.choices_by_id.values()}
    choices = [{"id": ids[name], "name": name} for name in names]
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"choices": choices}))


async def test_a_deleted_field_is_told_to_publisher_and_builders_once(desk: Desk, orders: Table) -> None:
    builder, clerk = await member(desk, "搭建的人", "builder"), await member(desk, "店员", "editor")
    made = await make(desk, definition(MARK))
    await make(desk, definition(update("备注", literal("好")), name="别的"))
    await make(desk, definition(MARK, name="没启用", enabled=False))
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    (letter,) = await told(desk)
    step = made.definition.steps[0].id
    assert letter.title == "自动化「审核」停用了,改好再启用"
    assert letter.text == "所有者:删除字段「异常」。「异常」已被删除:换一个字段,或从回收站恢复它"
    assert letter.url == f"/automations/{made.id}?step={step}"
    assert letter.settled is None
    assert [one.title for one in await told(desk, builder)] == [letter.title]
    assert await told(desk, clerk) == []
    assert list(await ill(desk)) == ["审核"], "neither what works nor what nobody has switched on"
    # other changes do not say it again
    await desk.field(orders, "另一个")
    await fields.update(desk.system, desk.owner, orders.field("备注").id, FieldPatch(name="说明"))
    assert len(await told(desk)) == 1


async def test_what_is_undone_needs_nobody_any_more_and_is_told_anew_if_it_happens_again(
    desk: Desk, orders: Table
) -> None:
    made = await make(desk, definition(MARK))
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert (await desk.catalog()).automation(made.id).definition.enabled
    (letter,) = await told(desk)
    assert letter.settled is not None
    assert letter.settled.mine
    assert letter.read
    assert await ill(desk) == {}
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    assert [one.settled is None for one in await told(desk)] == [True, False]


async def test_a_field_from_the_trash_mends_it(desk: Desk, orders: Table) -> None:
    await make(desk, definition(MARK))
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    await trash.restore(desk.system, desk.owner, orders.field("异常").id)
    assert await ill(desk) == {}
    assert all(one.settled for one in await told(desk))


async def test_another_field_mends_it(desk: Desk, orders: Table) -> None:
    made = await make(desk, definition(MARK))
    await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
    changes = {"steps": [{"config": update("备注", literal("异常"))}]}
    await automation_versions.save_draft(desk.system, desk.owner, made.id, changes)
    assert list(await ill(desk)) == ["审核"], "what is published is still what it was"
    await automation_versions.publish(desk.system, desk.owner, made.id, enable=True)
    assert await ill(desk) == {}
    assert all(one.settled for one in await told(desk))


async def test_a_deleted_option_is_flagged_while_the_rest_goes_on(desk: Desk, orders: Table) -> None:
    moved = {"kind": "state_moved", "table": "订单", "field": "状态", "targets": [2]}
    where = {"kind": "condition", "field": "状态", "op": "is", "value": "审核中"}
    only = {"kind": "only_if", "test": {"kind": "record_meets", "where": where}}
    compare = {"kind": "compare", "left": {"kind": "field", "field": "状态"}, "right": literal("审核中")}
    await make(desk, definition(MARK, name="触发", trigger=moved))
    await make(desk, definition(only, MARK, name="条件"))
    await make(desk, definition({"kind": "only_if", "test": compare}, MARK, name="比较"))
    await make(desk, definition(MARK, name="无关"))
    await options(desk, orders, "已支付")
    found = await ill(desk)
    assert {name: one.problems[0].path for name, one in found.items()} == {
        "触发": "trigger.targets",
        "条件": "steps.0.config.test.where",
        "比较": "steps.0.config.test",
    }
    assert {one.problems[0].message.text() for one in found.values()} == {
        "「状态」的选项「审核中」已被删除:换一个,或把它加回选项里"
    }
    assert not any(one.stopped for one in found.values())
    assert found["触发"].step == "trigger"
    assert {one.title for one in await told(desk)} == {
        f"自动化「{name}」有问题,要改一下" for name in ("触发", "条件", "比较")
    }
    await options(desk, orders, "已支付", "审核中")
    assert await ill(desk) == {}
    assert [one.settled is None for one in await told(desk)] == [False] * 3


async def test_an_option_with_the_name_of_a_deleted_one_is_what_texts_mean(desk: Desk, orders: Table) -> None:
    where = {"kind": "condition", "field": "状态", "op": "is", "value": "审核中"}
    await make(desk, definition({"kind": "only_if", "test": {"kind": "record_meets", "where": where}}, MARK))
    await options(desk, orders, "已支付")
    field = (await desk.again(orders)).field("状态")
    choices = [{"id": 1, "name": "已支付"}, {"id": 3, "name": "审核中"}]
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"choices": choices}))
    assert await ill(desk) == {}


async def test_a_member_who_leaves_is_named(desk: Desk, orders: Table) -> None:
    await member(desk, "赵六", "editor")
    person = await desk.system.db.value("SELECT public_id FROM meta.person WHERE name = '赵六'")
    notify = {"kind": "notify", "title": {"kind": "text", "parts": ["新单"]}, "people": [person]}
    await make(desk, definition(notify, name="通知"))
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, person)
    (letter,) = await told(desk)
    assert letter.title == "自动化「通知」有问题,要改一下"
    assert letter.text == ("所有者:「赵六」不在这个应用里了。要通知的「赵六」已经不在这个应用里,换一个")
    await accounts.set_role(desk.system, desk.owner, desk.app_id, person, "viewer")
    assert await ill(desk) == {}
    (letter,) = await told(desk)
    assert letter.settled is not None


async def test_a_deleted_table_and_form_are_called_by_their_names(desk: Desk, orders: Table) -> None:
    create = {
        "kind": "create_record",
        "table": "客户",
        "set": [{"field": "姓名", "value": literal("周雨桐")}],
    }
    await make(desk, definition(create, name="建客户"))
    form = await forms.create(
        desk.system, desk.owner, desk.app_id, FormDef(name="报修", table=orders.id, questions=())
    )
    await make(
        desk, definition(MARK, name="报修来了", trigger={"kind": "form_submitted", "form": form.id, "table": "订单"})
    )  # fmt: skip
    customers = next(table for table in (await desk.app()).tables if table.name == "客户")
    await tables.delete(desk.system, desk.owner, customers.id, confirmed=True)
    await forms.delete(desk.system, desk.owner, form.id)
    assert {name: one.problems[0].message.text() for name, one in (await ill(desk)).items()} == {
        "建客户": "数据表「客户」已被删除:换一张,或从回收站恢复它",
        "报修来了": "表单「报修」已被删除:换一个,或从回收站恢复它",
    }
    assert len(await told(desk)) == 2


async def test_switching_it_off_by_hand_settles_it_and_so_does_deleting_it(desk: Desk, orders: Table) -> None:
    where = {"kind": "condition", "field": "状态", "op": "is", "value": "审核中"}
    only = {"kind": "only_if", "test": {"kind": "record_meets", "where": where}}
    off = await make(desk, definition(only, MARK, name="关掉"))
    gone = await make(desk, definition(only, MARK, name="删掉"))
    await options(desk, orders, "已支付")
    await automations.update(desk.system, desk.owner, off.id, {"enabled": False})
    await automations.delete(desk.system, desk.owner, gone.id)
    assert await ill(desk) == {}
    assert all(one.settled for one in await told(desk))


async def test_what_one_change_breaks_in_between_is_not_told(desk: Desk, orders: Table) -> None:
    """Several edits in one transaction count by what they lead to."""
    await make(desk, definition(MARK))
    async with desk.system.db.transaction():
        await fields.delete(desk.system, desk.owner, orders.field("异常").id, confirmed=True)
        await trash.restore(desk.system, desk.owner, orders.field("异常").id)
    assert await told(desk) == []


async def test_a_problem_inside_a_branch_is_found_at_its_step(desk: Desk, orders: Table) -> None:
    arms = [{"id": "armA", "name": "", "test": None, "steps": [{"config": MARK}]}]
    made: Automation = await make(desk, definition({"kind": "branch", "arms": arms}))
    inner: Any = made.definition.steps[0].config
    path = "steps.0.config.arms.0.steps.0.config.set.0.field"
    assert automation_health.step_at(made.definition, path) == inner.arms[0].steps[0].id
    assert (
        automation_health.step_at(made.definition, "steps.0.config.arms.0.test")
        == made.definition.steps[0].id
    )
    assert automation_health.step_at(made.definition, "trigger.where") == "trigger"
    assert automation_health.step_at(made.definition, "name") == ""
    read = automations.read_definition(Problems(), definition(MARK))
    assert automation_health.step_at(read, "steps.7.config") == ""
