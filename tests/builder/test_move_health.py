"""A move that nobody can make any more, since who was named for it has left: told to those who can give it to others."""

from __future__ import annotations

from builder import fields, move_health
from builder.wire import FieldPatch
from runtime import accounts, inbox
from runtime.i18n import CHINESE
from runtime.inbox import Letter
from tests.builder.conftest import Desk, spec
from tests.builder.test_automation_health import member, told


async def _person(desk: Desk, name: str) -> str:
    return str(await desk.system.db.value("SELECT public_id FROM meta.person WHERE name = $1", name))


async def _moves(desk: Desk, *members: str, **given: object) -> str:
    """A table whose state goes from 待审 to 通过, by these people; the id of its state."""
    table = await desk.table("订单", spec("单号"), spec("状态", "single_select", choices=["待审", "通过"]))
    field = table.field("状态")
    move = {"source": 1, "target": 2, "label": "审核", "members": list(members), **given}
    machine = {"initial": [1], "transitions": [move]}
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"machine": machine}))
    return field.id


async def _letters(desk: Desk) -> list[Letter]:
    return [one for one in await told(desk) if "没有人能做了" in one.title]


async def test_who_builds_is_told_when_the_last_one_leaves_and_it_is_settled_when_given_to_others(
    desk: Desk,
) -> None:
    await member(desk, "张主管", "editor")
    await member(desk, "李主管", "editor")
    clerk = await member(desk, "店员", "editor")
    first, second = await _person(desk, "张主管"), await _person(desk, "李主管")
    state = await _moves(desk, first, second)
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, first)
    assert await _letters(desk) == [], "there is somebody left"
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, second)
    (letter,) = await _letters(desk)
    assert letter.title == "「订单」的「状态」:「审核」没有人能做了"
    assert letter.text == "这一步只有张主管、李主管能做,现在都不在这个应用里了。到状态流转里改给别人"
    table = (await desk.app()).tables[-1]
    assert letter.url == f"/t/{table.id}/fields/{state}/states"
    assert (await inbox.page(desk.system.db, clerk, CHINESE)).letters == ()
    await desk.field(table, "备注")
    assert len(await _letters(desk)) == 1, "not said again"
    machine = {
        "initial": [1],
        "transitions": [{"source": 1, "target": 2, "label": "审核", "roles": ["builder"]}],
    }
    await fields.update(desk.system, desk.owner, state, FieldPatch(options={"machine": machine}))
    (letter,) = await _letters(desk)
    assert letter.settled is not None


async def test_who_comes_back_can_make_it_again_and_others_than_people_need_nobody(desk: Desk) -> None:
    await member(desk, "张主管", "editor")
    person = await _person(desk, "张主管")
    await _moves(desk, person)
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, person)
    await accounts.set_role(desk.system, desk.owner, desk.app_id, person, "editor")
    (letter,) = await _letters(desk)
    assert letter.settled is not None
    assert list(move_health.stuck_moves(await desk.app())) == []
