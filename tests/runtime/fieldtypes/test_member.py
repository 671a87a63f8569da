"""Members in cells, and created-by and updated-by: through the doors that people and programs use."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from runtime import accounts
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.catalog import Table
from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.errors import InvalidDefinition, InvalidInput
from runtime.i18n import Translator
from runtime.records import history, read, write
from runtime.records.change import Change, NewRecord, Patch, Source
from runtime.records.exports.table import write_table
from runtime.records.imports.cast import ColumnPlan, caster
from tests.builder.conftest import API, Desk, desk, spec  # noqa: F401 - the fixture

PASSWORD = "correct-horse-battery"


@dataclass
class Office:
    """A desk with two editors more, and a table of tasks: 负责人 (one), 参与人 (several)."""

    desk: Desk
    ann: Actor
    bob: Actor
    table: Table

    async def found(self, field: str, op: str, value: Any, actor: Actor | None = None) -> list[Any]:
        table = await self.desk.again(self.table)
        key = field if field.startswith("$") else table.field(field).id
        where = msgspec.convert({"kind": "condition", "field": key, "op": op, "value": value}, Condition)
        page = await read.page(
            self.desk.system, actor or self.desk.owner, table.id, Query(where=where, limit=50)
        )
        return [record.fields[table.field("事项").id] for record in page.records]

    async def sorted_by(self, field: str, descending: bool = False) -> list[Any]:
        table = await self.desk.again(self.table)
        query = Query(sorts=(Sort(table.field(field).id, descending),), limit=50)
        page = await read.page(self.desk.system, self.desk.owner, table.id, query)
        return [record.fields[table.field("事项").id] for record in page.records]

    async def groups(self, field: str) -> dict[str, Any]:
        table = await self.desk.again(self.table)
        query = AggregateQuery(groups=(GroupLevel(table.field(field).id),), aggregates=(Aggregate("count"),))
        rows = await read.aggregate(self.desk.system, self.desk.owner, table.id, query)
        return {row.labels[0]: row.values[0] for row in rows}


async def join(desk: Desk, email: str, name: str, role: Any = "editor") -> Actor:  # noqa: F811
    made = await accounts.create_user(desk.system, email=email, password=PASSWORD, name=name)
    async with desk.system.db.transaction() as tx:
        await put_member(tx, (await desk.app()).number, made.number, role)
    return await accounts.person_actor(desk.system, email)


@pytest.fixture
async def office(desk: Desk) -> Office:  # noqa: F811
    ann, bob = await join(desk, "ann@example.com", "安宁"), await join(desk, "bob@example.com", "鲍勃")
    table = await desk.table(
        "任务", spec("事项"), spec("负责人", "member"), spec("参与人", "member", many=True)
    )
    return Office(desk, ann, bob, table)


def one(problems: Any) -> str:
    return str(problems[0].problems[0].message.text())


async def test_people_are_written_by_id_address_or_name_and_shown_by_name(office: Office) -> None:
    desk = office.desk  # noqa: F811
    await desk.write(
        office.table,
        {"事项": "a", "负责人": {"id": office.ann.id}, "参与人": ["bob@example.com", "安宁"]},
        {"事项": "b", "负责人": office.bob.id},
        {"事项": "c", "负责人": "ANN@example.com", "参与人": None},
    )
    ann, bob = {"id": office.ann.id, "name": "安宁"}, {"id": office.bob.id, "name": "鲍勃"}
    assert await desk.rows(office.table, "负责人", "参与人") == [(ann, [bob, ann]), (bob, []), (ann, [])]


async def test_strangers_and_ambiguous_names_are_refused_in_words(office: Office) -> None:
    desk = office.desk  # noqa: F811
    stranger = await accounts.create_user(
        desk.system, email="eve@example.com", password=PASSWORD, name="外人"
    )
    await join(desk, "ann2@example.com", "安宁")
    for value, words in (
        ("外人", "没有成员「外人」"),
        (stranger.id, "不在这个应用里"),
        ("安宁", "安宁 <ann@example.com>、安宁 <ann2@example.com>"),
        ([office.ann.id, office.bob.id], "只能选一个人"),
        (7, "要填成员"),
    ):
        outcome = await desk.store(office.table, creates=(NewRecord({"事项": "x", "负责人": value}),))
        assert words in one(outcome.results), value
    await desk.write(office.table, {"事项": "y", "负责人": "安宁 <ann2@example.com>"})


async def test_conditions_and_me(office: Office) -> None:
    await office.desk.write(
        office.table,
        {"事项": "a", "负责人": office.ann.id, "参与人": [office.ann.id, office.bob.id]},
        {"事项": "b", "负责人": office.bob.id, "参与人": [office.bob.id]},
        {"事项": "c"},
    )
    ann, bob = office.ann.id, office.bob.id
    assert await office.found("负责人", "is", ann) == ["a"]
    assert await office.found("负责人", "is", {"id": ann, "name": "?"}) == ["a"]
    assert await office.found("负责人", "is_not", ann) == ["b", "c"]
    assert await office.found("负责人", "is_any_of", [ann, bob]) == ["a", "b"]
    assert await office.found("负责人", "is_none_of", [ann]) == ["b", "c"]
    assert await office.found("负责人", "contains", "勃") == ["b"]
    assert await office.found("负责人", "is_empty", None) == ["c"]
    assert await office.found("参与人", "is", bob) == ["a", "b"]
    assert await office.found("参与人", "is_none_of", [ann]) == ["b", "c"]
    assert await office.found("参与人", "not_contains", "安") == ["b", "c"]
    for field in ("负责人", "参与人"):
        assert await office.found(field, "is", "$me", office.ann) == ["a"]
    assert await office.found("负责人", "is_any_of", ["$me", ann], office.bob) == ["a", "b"]
    assert await office.found("负责人", "is", "$me", office.desk.owner) == []
    assert await office.found("负责人", "is_not", "$me", office.bob) == ["a", "c"]
    with pytest.raises(InvalidInput, match="没有成员"):
        await office.found("负责人", "is", "谁")
    page = await read.page(
        office.desk.system, office.desk.owner, office.table.id, Query(search="鲍勃", limit=10)
    )
    assert len(page.records) == 2


async def test_sorted_and_grouped_by_name(office: Office) -> None:
    await office.desk.write(
        office.table,
        {"事项": "a", "负责人": office.bob.id, "参与人": [office.ann.id, office.bob.id]},
        {"事项": "b", "负责人": office.ann.id, "参与人": [office.bob.id]},
        {"事项": "c"},
    )
    assert await office.sorted_by("负责人") == ["b", "a", "c"]
    assert await office.sorted_by("负责人", True) == ["a", "b", "c"]
    assert await office.sorted_by("参与人") == ["a", "b", "c"]
    assert await office.groups("负责人") == {"安宁": 1, "鲍勃": 1, "": 1}
    assert await office.groups("参与人") == {"安宁": 1, "鲍勃": 2, "": 1}
    await accounts.set_name(
        office.desk.system, office.ann, "左宁"
    )  # 鲍 < 左 in the order of code points? by name
    names = sorted(await office.groups("负责人"))
    assert names == ["", "左宁", "鲍勃"]


async def test_renaming_renames_every_cell_formula_and_history(office: Office) -> None:
    desk = office.desk  # noqa: F811
    await desk.field(office.table, "谁", "formula", source="{负责人} & '!'".replace("'", '"'))
    await desk.field(office.table, "都有谁", "formula", source='JOIN({参与人}, "+")')
    await desk.field(office.table, "建的人", "formula", source="CREATED_BY()")
    table = await desk.again(office.table)
    created = await write.apply(
        desk.system,
        Change(
            table=table.id,
            creates=(
                NewRecord({"事项": "a", "负责人": office.ann.id, "参与人": [office.ann.id, office.bob.id]}),
            ),
            actor=office.ann,
            source=Source("ui"),
        ),
    )
    assert await desk.rows(table, "谁", "都有谁", "建的人") == [("安宁!", "安宁+鲍勃", "安宁")]
    await accounts.set_name(desk.system, office.ann, "安然")
    assert await desk.rows(table, "谁", "都有谁", "建的人") == [("安然!", "安然+鲍勃", "安然")]
    assert await desk.rows(table, "负责人") == [{"id": office.ann.id, "name": "安然"}]
    assert await office.found("谁", "contains", "安然") == ["a"]
    (entry,) = await history.of_record(desk.system, desk.owner, created.results[0].id or "")
    texts = {change.name: change.after_text for change in entry.changes}
    assert texts["负责人"] == "安然"
    assert texts["参与人"] == "安然、鲍勃"


async def test_looked_up_people_follow_their_names(office: Office) -> None:
    desk = office.desk  # noqa: F811
    other = await desk.table("周报", spec("标题"), spec("任务", "link", table=office.table.id))
    other = await desk.again(other)
    await desk.field(other, "谁做", "lookup", link="任务", field="负责人")
    (task,) = await desk.write(office.table, {"事项": "a", "负责人": office.ann.id})
    await desk.write(other, {"标题": "w", "任务": [task]})
    assert await desk.rows(other, "谁做") == ["安宁"]
    await accounts.set_name(desk.system, office.ann, "安然")
    assert await desk.rows(other, "谁做") == ["安然"]


async def test_who_has_left_stays_in_cells_but_is_not_chosen_anew(office: Office) -> None:
    desk = office.desk  # noqa: F811
    (record,) = await desk.write(
        office.table, {"事项": "a", "负责人": office.ann.id, "参与人": [office.ann.id]}
    )
    await accounts.remove_member(desk.system, office.desk.owner, desk.app_id, office.ann.id)
    gone = {"id": office.ann.id, "name": "安宁", "gone": True}
    assert await desk.rows(office.table, "负责人", "参与人") == [(gone, [gone])]
    assert await office.found("负责人", "is", office.ann.id) == ["a"]
    kept = await desk.set(office.table, record, 参与人=[office.ann.id, office.bob.id])
    assert not kept.results[0].problems
    refused = await desk.store(office.table, creates=(NewRecord({"事项": "b", "负责人": office.ann.id}),))
    assert "不在这个应用里" in one(refused.results)
    await desk.set(office.table, record, 负责人=None)
    refused = await desk.set(office.table, record, 负责人=office.ann.id)
    assert "不在这个应用里" in one(refused.results)
    # undo brings back what was there
    (change,) = await history.undo_changes(desk.system, desk.owner, (await _last(desk, record)))
    undone = await write.apply(desk.system, change)
    assert not undone.results[0].problems
    assert (await desk.rows(office.table, "负责人")) == [gone]
    await accounts.set_active(desk.system, desk.owner, office.bob.id, False)
    refused = await desk.store(office.table, creates=(NewRecord({"事项": "b", "负责人": office.bob.id}),))
    assert "「鲍勃」的账号已停用" in one(refused.results)


async def _last(desk: Desk, record: str) -> int:  # noqa: F811
    return (await history.of_record(desk.system, desk.owner, record, limit=1))[0].change


async def test_the_default_is_who_creates_the_record(office: Office) -> None:
    desk = office.desk  # noqa: F811
    table = office.table
    await desk.change(table.field("负责人"), default="$me")
    await desk.change(table.field("参与人"), default=["$me", office.bob.id])
    for actor in (office.ann, office.bob):
        await write.apply(
            desk.system,
            Change(table=table.id, creates=(NewRecord({"事项": actor.name}),), actor=actor, source=API),
        )
    rows = await desk.rows(table, "负责人", "参与人")
    assert [(a["name"], [p["name"] for p in b]) for a, b in rows] == [
        ("安宁", ["安宁", "鲍勃"]),
        ("鲍勃", ["鲍勃"]),
    ]
    with pytest.raises(InvalidDefinition):
        await desk.change(table.field("负责人"), default="谁")


async def test_created_by_follows_the_person(office: Office) -> None:
    desk = office.desk  # noqa: F811
    await desk.field(office.table, "建", "created_by")
    await desk.field(office.table, "改", "updated_by")
    for actor in (office.ann, office.bob):
        await write.apply(
            desk.system,
            Change(
                table=office.table.id, creates=(NewRecord({"事项": actor.name}),), actor=actor, source=API
            ),
        )
    await accounts.set_name(desk.system, office.ann, "邹宁")
    await write.apply(
        desk.system,
        Change(
            table=office.table.id,
            creates=(NewRecord({"事项": "又"}),),
            actor=await accounts.person_actor(desk.system, office.ann.id),
            source=API,
        ),
    )
    assert [p["name"] for p in await desk.rows(office.table, "建")] == ["邹宁", "鲍勃", "邹宁"]
    assert await office.groups("建") == {"邹宁": 2, "鲍勃": 1}
    assert await office.found("建", "is", "$me", office.bob) == ["鲍勃"]
    assert await office.found("改", "is_any_of", ["$me", office.ann.id], office.bob) == ["安宁", "鲍勃", "又"]
    assert await office.found("$created_by", "is", office.bob.id) == ["鲍勃"]
    assert await office.found("$created_by", "is_none_of", ["$me"], office.ann) == ["鲍勃"]
    assert await office.found("建", "contains", "邹") == ["安宁", "又"]
    assert (await office.sorted_by("建", True))[-1] in ("安宁", "又", "鲍勃")
    assert len(await office.sorted_by("建")) == 3


async def test_files_read_names_and_addresses_and_get_names(office: Office, tmp_path: Path) -> None:
    desk = office.desk  # noqa: F811
    table = await desk.again(office.table)
    await desk.write(table, {"事项": "a", "负责人": office.ann.id, "参与人": [office.ann.id, office.bob.id]})
    path = tmp_path / "out.csv"
    await write_table(desk.system, desk.owner, table.id, Query(), path, "csv", Translator("zh"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1] == ["a", "安宁", "安宁、鲍勃"]
    ann, bob = {"id": office.ann.id, "name": "安宁"}, {"id": office.bob.id, "name": "鲍勃"}
    for field, cell, stored in (
        ("负责人", " 鲍勃 ", bob),
        ("负责人", "bob@example.com", bob),
        ("参与人", "鲍勃、ann@example.com", [bob, ann]),
        ("参与人", "安宁", [ann]),
    ):
        read_cell = caster(
            table.field(field), ColumnPlan(column=0, field=table.field(field).id), ZoneInfo("Asia/Shanghai")
        )
        outcome = await desk.store(table, creates=(NewRecord({field: read_cell(cell)}),), typecast=True)
        assert not outcome.results[0].problems
        assert (await desk.rows(table, field))[-1] == stored
    outcome = await desk.store(table, creates=(NewRecord({"参与人": "鲍勃、路人"}),), typecast=True)
    assert "没有成员「路人」" in one(outcome.results)


async def test_conversions(office: Office) -> None:
    desk = office.desk  # noqa: F811
    table = await desk.table("转换", spec("名", "text"), spec("谁", "text"))
    await desk.write(
        table, {"名": "1", "谁": "安宁"}, {"名": "2", "谁": "鲍勃,安宁"}, {"名": "3", "谁": "路人"}
    )
    field = await desk.change(table.field("谁"), type="member", options={"many": True})
    names = lambda rows: [[p["name"] for p in row] for row in rows]  # noqa: E731
    assert names(await desk.rows(table, "谁")) == [["安宁"], ["鲍勃", "安宁"], []]
    await accounts.remove_member(desk.system, desk.owner, desk.app_id, office.ann.id)
    field = await desk.change(field, options={"many": False})
    shown = await desk.rows(table, "谁")
    assert [s and s["name"] for s in shown] == ["安宁", None, None]
    field = await desk.change(field, options={"many": True})
    assert names(await desk.rows(table, "谁")) == [["安宁"], [], []]
    field = await desk.change(field, type="multi_select", options={})
    assert await desk.rows(table, "谁") == [["安宁"], [], []]
    field = await desk.change(field, type="text", options={})
    assert await desk.rows(table, "谁") == ["安宁", None, None]


async def test_every_process_hears_of_a_new_name(office: Office, system: Any) -> None:
    before = (await office.desk.catalog()).version
    await accounts.set_name(office.desk.system, office.ann, "安然")
    after = await office.desk.catalog()
    assert after.version > before
    assert after.app(office.desk.app_id).people.by_id[office.ann.id].name == "安然"


async def test_patching_with_what_the_cell_shows_changes_nothing(office: Office) -> None:
    desk = office.desk  # noqa: F811
    (record,) = await desk.write(office.table, {"事项": "a", "负责人": office.ann.id})
    (shown,) = await desk.rows(office.table, "负责人")
    outcome = await desk.store(office.table, updates=(Patch(record, {"负责人": shown}),))
    assert not outcome.results[0].changed
