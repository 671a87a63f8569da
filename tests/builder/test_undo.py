"""Undo of structural changes: one's own, the last first, never over what somebody changed later."""

from __future__ import annotations

import msgspec
import pytest

from builder import apps, fields, tables, undo, views
from builder.tables import TablePatch
from builder.views import ViewPatch
from runtime.access import Actor
from runtime.definitions.queries import Sort
from runtime.definitions.tables import ViewDef
from runtime.errors import NotAllowed, NotFound, RuleBroken
from tests.builder.conftest import Desk, spec


async def take_back(desk: Desk, actor: Actor | None = None) -> str:
    done = await undo.last(desk.system, actor or desk.owner, desk.app_id)
    return done.what.text()


async def test_undo_goes_back_step_by_step(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    field = await desk.field(table, "电话", "phone")
    await desk.change(field, name="手机")
    await fields.reorder(desk.system, desk.owner, table.id, [field.id])
    assert await take_back(desk) == "调整字段的顺序"
    assert [f.name for f in (await desk.again(table)).fields] == ["姓名", "手机"]
    assert await take_back(desk) == "把字段「电话」改名为「手机」"
    assert (await desk.catalog()).field(field.id).name == "电话"
    assert await take_back(desk) == "新建字段「电话」"
    assert [f.name for f in (await desk.again(table)).fields] == ["姓名"]
    assert await take_back(desk) == "新建数据表「客户」"
    assert not (await desk.app()).tables


async def test_undo_of_a_deletion_brings_back_all_it_took(desk: Desk) -> None:
    table = await desk.table(
        "表", spec("名称"), spec("数量", "number"), spec("双倍", "formula", source="{数量}*2")
    )
    view = await views.create(desk.system, desk.owner, table.id, ViewDef("排", sorts=(Sort("数量"),)))
    await desk.write(table, {"名称": "a", "数量": 2})
    await fields.delete(desk.system, desk.owner, table.field("数量").id, confirmed=True)
    await take_back(desk)
    assert await desk.rows(table, "数量", "双倍") == [(2, 4)]
    assert (await desk.catalog()).view(view.id).definition.sorts == view.definition.sorts
    await desk.change((await desk.again(table)).field("双倍"), options={"source": "{数量}*3"})
    assert await desk.rows(table, "双倍") == [6]
    await take_back(desk)
    assert await desk.rows(table, "双倍") == [4]


async def test_nobody_undoes_what_others_did_or_changed_since(desk: Desk) -> None:
    number = await desk.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash)"
        " VALUES ('usrBuilderBuilde', 'b@example.com', '小强', '-') RETURNING id"
    )
    builder = Actor(
        kind="person", id="usrBuilderBuilde", name="小强", person=number, roles={desk.app_id: "builder"}
    )
    table = await desk.table("客户")
    with pytest.raises(NotFound, match="没有可以撤销的改动"):
        await undo.last(desk.system, builder, desk.app_id)
    view = (await desk.again(table)).views[0]
    await views.update(desk.system, desk.owner, view.id, ViewPatch(name="所有"))
    await views.update(desk.system, builder, view.id, ViewPatch(row_height="tall"))
    with pytest.raises(RuleBroken, match="后来的改动"):
        await take_back(desk)
    await take_back(desk, builder)
    await take_back(desk)
    assert (await desk.catalog()).view(view.id).definition == view.definition


async def test_undo_of_a_field_in_use_is_refused(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"))
    field = await desk.field(table, "数量", "number")
    number = await desk.system.db.value("SELECT max(id) FROM meta.definition")
    other = msgspec.structs.replace(desk.owner, person=None)
    await fields.create(desk.system, other, table.id, spec("双倍", "formula", source="{数量}*2"))
    with pytest.raises(RuleBroken) as raised:
        await take_back(desk)
    assert raised.value.error_code == "confirmation_needed"
    assert number
    assert (await desk.catalog()).field(field.id)


async def test_undo_of_a_message_is_only_for_the_last_change(desk: Desk) -> None:
    table = await desk.table("客户")
    await tables.update(desk.system, desk.owner, table.id, TablePatch(name="顾客"))
    first = await desk.system.db.value("SELECT max(at) FROM meta.definition_change")
    await tables.update(desk.system, desk.owner, table.id, TablePatch(icon="users"))
    with pytest.raises(RuleBroken, match="又有别的改动"):
        await undo.last(desk.system, desk.owner, desk.app_id, at=first)
    await take_back(desk)
    await undo.last(desk.system, desk.owner, desk.app_id, at=first)
    assert (await desk.again(table)).definition == table.definition


async def test_undo_of_a_link_takes_both_ends(desk: Desk) -> None:
    customers = await desk.table("客户", spec("姓名"))
    orders = await desk.table("订单", spec("单号"))
    await desk.field(orders, "客户", "link", table="客户")
    await take_back(desk)
    assert [f.name for f in (await desk.again(customers)).fields] == ["姓名"]
    assert [f.name for f in (await desk.again(orders)).fields] == ["单号"]


async def test_undo_of_choices_and_rules(desk: Desk) -> None:
    table = await desk.table("表", spec("名称"), spec("渠道", "single_select", choices=["淘宝", "抖音"]))
    field = table.field("渠道")
    view = await views.create(
        desk.system, desk.owner, table.id,
        msgspec.convert({"name": "v", "where": {"kind": "condition", "field": "渠道", "op": "is", "value": "抖音"}}, ViewDef),
    )  # fmt: skip
    await desk.change(field, options={"choices": [{"id": 1, "name": "淘宝"}, {"id": 2, "name": "抖店"}]})
    await take_back(desk)
    assert (await desk.catalog()).field(field.id).definition == field.definition
    assert (await desk.catalog()).view(view.id).definition == view.definition
    await desk.change(table.field("名称"), unique=True)
    await take_back(desk)
    await desk.write(table, {"名称": "a"}, {"名称": "a"})


async def test_the_app_itself_can_be_renamed_back(desk: Desk) -> None:
    await apps.update(desk.system, desk.owner, desk.app_id, apps.AppPatch(name="改名", time_zone="UTC"))
    await take_back(desk)
    assert (await desk.app()).definition == apps.AppDef("订单中枢")


async def test_the_list_of_changes_tells_who_did_what_and_what_can_be_undone(desk: Desk) -> None:
    table = await desk.table("客户", spec("姓名"))
    phone = await desk.field(table, "电话", "phone")
    view = await views.create(desk.system, desk.owner, table.id, ViewDef("排", sorts=(Sort(phone.id),)))
    await fields.delete(desk.system, desk.owner, phone.id, confirmed=True)

    async def told() -> list[tuple[str, str]]:
        found = await undo.recent(desk.system, desk.owner, desk.app_id)
        return [(one.what.text(), one.state) for one in found]

    assert (await told())[:2] == [("删除字段「电话」", "undoable"), ("新建视图「排」", "")]
    (latest, *_) = await undo.recent(desk.system, desk.owner, desk.app_id)
    assert latest.more == 1, "the view lost its order"
    await take_back(desk)
    assert (await told())[:3] == [
        ("撤销:删除字段「电话」", "undo"),
        ("删除字段「电话」", "undone"),
        ("新建视图「排」", "undoable"),
    ]
    someone = Actor(kind="person", id="usrX", name="小强", person=999, roles={desk.app_id: "builder"})
    await views.update(desk.system, someone, view.id, ViewPatch(name="按电话排"))
    others = await told()
    assert others[0] == ("把视图「排」改名为「按电话排」", "")
    assert ("新建视图「排」", "changed_since") in others
    assert (await undo.recent(desk.system, someone, desk.app_id))[0].state == "undoable"
    editor = Actor(kind="person", id="usrY", name="小刘", roles={desk.app_id: "editor"})
    with pytest.raises(NotAllowed):
        await undo.recent(desk.system, editor, desk.app_id)
