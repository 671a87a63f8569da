"""Apps: who may make them, what may stand in them, the trash."""

from __future__ import annotations

import pytest

from builder import apps, tables
from builder.apps import AppPatch
from builder.tables import TableSpec
from runtime.access import Actor
from runtime.definitions.tables import AppDef
from runtime.errors import InvalidDefinition, NotAllowed, NotFound
from runtime.system import System
from tests.builder.conftest import Desk


async def person(system: System, name: str) -> Actor:
    """Somebody with an account and no app."""
    public_id = f"usr{name:0<14}"
    number = await system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $2, $3, '-') RETURNING id",
        public_id,
        f"{name}@example.com",
        name,
    )
    return Actor(kind="person", id=public_id, name=name, person=number)


async def test_whoever_makes_an_app_owns_it(system: System) -> None:
    someone = await person(system, "someone")
    app = await apps.create(system, someone, AppDef("小店"))
    role = await system.db.value("SELECT role FROM meta.membership WHERE person_id = $1", someone.person)
    assert role == "owner"
    table = await tables.create(system, apps.owner_of(someone, app), app.id, TableSpec(name="客户"))
    assert table.app_id == app.id


async def test_an_app_of_others_is_not_even_there(system: System, desk: Desk) -> None:
    stranger = await person(system, "stranger")
    with pytest.raises(NotFound):
        await apps.update(system, stranger, desk.app_id, AppPatch(name="我的"))


async def test_an_editor_may_not_build(system: System, desk: Desk) -> None:
    editor = Actor(kind="person", id="usrE", name="小雨", person=None, roles={desk.app_id: "editor"})
    with pytest.raises(NotAllowed, match="编辑者"):
        await tables.create(system, editor, desk.app_id, TableSpec(name="客户"))


async def test_a_builder_may_not_delete_the_app(system: System, desk: Desk) -> None:
    builder = Actor(kind="person", id="usrB", name="小强", person=None, roles={desk.app_id: "builder"})
    with pytest.raises(NotAllowed):
        await apps.delete(system, builder, desk.app_id)


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        (AppDef(" "), "name", "name_missing"),
        (AppDef("长" * 81), "name", "name_too_long"),
        (AppDef("订单\x00池"), "name", "name_not_printable"),
        (AppDef("订单", color="beige"), "color", "bad_color"),
        (AppDef("订单", time_zone="Asia/Nowhere"), "time_zone", "bad_time_zone"),
        (AppDef("订单", icon="../x"), "icon", "bad_icon"),
    ],
)
async def test_what_is_wrong_is_told_by_place(
    system: System, owner: Actor, definition: AppDef, path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await apps.create(system, owner, definition)
    assert [(p.path, p.code) for p in raised.value.problems] == [(path, code)]


async def test_names_keep_emoji_and_lose_spaces(system: System, owner: Actor) -> None:
    app = await apps.create(system, owner, AppDef("  订单 🧺 "))
    assert app.name == "订单 🧺"


async def test_a_deleted_app_comes_back_whole(desk: Desk) -> None:
    table = await desk.table("客户")
    await desk.write(table, {"名称": "周雨桐"})
    await apps.delete(desk.system, desk.owner, desk.app_id)
    with pytest.raises(NotFound):
        (await desk.catalog()).table(table.id)
    await apps.restore(desk.system, desk.owner, desk.app_id)
    assert await desk.rows(table, "名称") == ["周雨桐"]


async def test_apps_are_ordered_by_the_owner_of_the_instance(desk: Desk) -> None:
    second = await apps.create(desk.system, desk.owner, AppDef("第二个"))
    await apps.reorder(desk.system, desk.owner, [second.id])
    assert [app.id for app in (await desk.catalog()).apps] == [second.id, desk.app_id]
