"""Auto numbers by rule: pieces mapped from other fields, sequences of their own, many writers, rules that change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builder import fields, trash
from builder.wire import FieldPatch
from runtime.catalog import Field, Table
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records import write
from runtime.records.change import Change, NewRecord
from tests.builder.conftest import API, Desk, spec

CASES = [{"value": "淘宝", "text": "TB"}, {"value": "天猫", "text": "TB"}, {"value": "抖音", "text": "DY"}]


def rule(**more: Any) -> list[dict[str, Any]]:
    """Channel, a dash, a sequence of four."""
    channel = {"kind": "field", "field": "渠道", "cases": CASES, "other": "QT", "empty": "XX", **more}
    return [channel, {"kind": "text", "text": "-"}, {"kind": "sequence", "width": 4}]


async def orders(desk: Desk, *more: Any) -> Table:
    channel = spec("渠道", "single_select", choices=["淘宝", "天猫", "抖音", "线下"])
    return await desk.table("订单", spec("名称"), channel, *more)


async def test_the_text_of_another_field_stands_in_the_number(desk: Desk) -> None:
    table = await orders(desk)
    await desk.field(table, "单号", "auto_number", segments=rule())
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"}, {"渠道": "线下"}, {"名称": "没填"})
    assert await desk.rows(table, "单号") == ["TB-0001", "DY-0002", "QT-0003", "XX-0004"]


async def test_every_text_counts_for_itself_and_values_of_one_text_count_together(desk: Desk) -> None:
    table = await orders(desk)
    await desk.field(table, "单号", "auto_number", segments=rule(separate=True))
    channels = ["淘宝", "抖音", "天猫", "淘宝", "抖音", None]
    (first, *_) = await desk.write(table, *({"渠道": one} for one in channels))
    numbers = ["TB-0001", "DY-0001", "TB-0002", "TB-0003", "DY-0002", "XX-0001"]
    assert await desk.rows(table, "单号") == numbers
    await desk.set(table, first, 渠道="抖音")
    assert await desk.rows(table, "单号") == numbers


async def test_the_records_that_are_there_are_numbered_by_what_they_hold(desk: Desk) -> None:
    table = await orders(desk)
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"}, {"渠道": "淘宝"})
    dated = [{"kind": "date", "text": "%Y"}, *rule(separate=True)]
    made = await desk.field(table, "单号", "auto_number", segments=dated, restart="year")
    await desk.write(table, {"渠道": "抖音"})
    assert [n[4:] for n in await desk.rows(table, "单号")] == ["TB-0001", "DY-0001", "TB-0002", "DY-0002"]
    await fields.delete(desk.system, desk.owner, made.id, confirmed=True)


async def test_texts_numbers_and_boxes_may_stand_in_a_number(desk: Desk) -> None:
    table = await desk.table(
        "单", spec("门店"), spec("楼层", "number"), spec("加急", "checkbox"), spec("备注", "long_text")
    )
    pieces = [
        {"kind": "field", "field": "门店", "cases": [{"value": "杭州店", "text": "HZ"}]},
        {"kind": "field", "field": "楼层", "empty": "0"},
        {"kind": "field", "field": "加急", "cases": [{"value": "是", "text": "!"}], "other": ""},
        {"kind": "sequence", "width": 2},
    ]
    await desk.field(table, "号", "auto_number", segments=pieces)
    await desk.write(table, {"门店": "杭州店", "楼层": 3, "加急": True}, {"门店": "宁波店"})
    assert await desk.rows(table, "号") == ["HZ3!01", "宁波店002"]
    bad = [{"kind": "field", "field": "备注"}, {"kind": "sequence"}]
    with pytest.raises(InvalidDefinition) as refused:
        await desk.field(table, "坏", "auto_number", segments=bad)
    assert refused.value.problems[0].path == "options.segments.0.field"


@pytest.mark.parametrize(
    ("piece", "path"),
    [
        ({"kind": "field"}, "options.segments.0.field"),
        ({"kind": "field", "field": "没有"}, "options.segments.0.field"),
        (
            {"kind": "field", "field": "渠道", "cases": [{"value": "拼多多", "text": "P"}]},
            "options.segments.0.cases.0.value",
        ),
        (
            {"kind": "field", "field": "渠道", "cases": [CASES[0], CASES[0]]},
            "options.segments.0.cases.1",
        ),
        ({"kind": "field", "field": "渠道", "other": "长" * 41}, "options.segments.0.other"),
    ],
)
async def test_bad_pieces_are_refused_at_their_place(desk: Desk, piece: dict[str, Any], path: str) -> None:
    table = await orders(desk)
    with pytest.raises(InvalidDefinition) as refused:
        await desk.field(table, "单号", "auto_number", segments=[piece, {"kind": "sequence"}])
    assert [problem.path for problem in refused.value.problems] == [path]


async def test_twenty_writers_get_no_number_twice_and_leave_no_gap(desk: Desk) -> None:
    """Every second writer's change is refused as a whole after its number was asked for."""
    table = await orders(desk, spec("必填", required=True))
    await desk.field(table, "单号", "auto_number", segments=rule(separate=True))
    channels = ["淘宝", "天猫", "抖音", "线下"]

    async def writer(number: int) -> None:
        for turn in range(5):
            kept = {"渠道": channels[(number + turn) % 4], "必填": "x"}
            again = {"渠道": channels[number % 4], "必填": "x"}
            creates = (NewRecord(kept), NewRecord({"渠道": "淘宝"}), NewRecord(again))
            change = Change(table=table.id, actor=desk.owner, source=API, creates=creates)
            await write.apply(desk.system, change)
            try:
                async with desk.system.db.transaction() as tx:
                    await write.apply_in(desk.system, tx, change)
                    raise InterruptedError
            except InterruptedError:
                pass

    await asyncio.gather(*(writer(n) for n in range(20)))
    numbers = await desk.rows(table, "单号")
    assert len(numbers) == len(set(numbers)) == 200
    for prefix in ("TB", "DY", "QT"):
        counted = sorted(int(n[3:]) for n in numbers if n.startswith(prefix))
        assert counted == list(range(1, len(counted) + 1))


async def test_a_sequence_without_separation_never_repeats_and_outgrows_its_width(desk: Desk) -> None:
    table = await orders(desk)
    await desk.field(table, "单号", "auto_number", segments=[{"kind": "sequence", "width": 1}])

    async def writer() -> None:
        await desk.write(table, {"渠道": "淘宝"})

    await asyncio.gather(*(writer() for _ in range(20)))
    assert sorted(await desk.rows(table, "单号"), key=int) == [str(n) for n in range(1, 21)]


async def test_a_changed_rule_goes_on_behind_the_numbers_there_are(desk: Desk) -> None:
    table = await orders(desk)
    field = await desk.field(table, "单号", "auto_number", segments=rule())
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"}, {"渠道": "淘宝"})
    await desk.change(field, options={"segments": rule(separate=True)})
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"}, {"渠道": "线下"})
    assert (await desk.rows(table, "单号"))[3:] == ["TB-0004", "DY-0003", "QT-0001"]
    await desk.change(await _now(desk, field), options={"segments": rule()})
    await desk.write(table, {"渠道": "线下"})
    assert (await desk.rows(table, "单号"))[-1] == "QT-0005"


async def _now(desk: Desk, field: Field) -> Field:
    return (await desk.catalog()).field(field.id)


async def test_a_choice_may_be_renamed_and_the_field_is_held(desk: Desk) -> None:
    table = await orders(desk)
    await desk.field(table, "单号", "auto_number", segments=rule(separate=True))
    channel = table.field("渠道")
    await desk.change(channel, options={"choices": [{"id": 1, "name": "淘宝店"}, "天猫", "抖音", "拼多多"]})
    await desk.write(table, {"渠道": "淘宝店"}, {"渠道": "拼多多"})
    assert await desk.rows(table, "单号") == ["TB-0001", "QT-0001"]
    for attempt in (
        fields.delete(desk.system, desk.owner, channel.id, confirmed=True),
        fields.update(desk.system, desk.owner, channel.id, FieldPatch(type="multi_select")),
    ):
        with pytest.raises(RuleBroken) as refused:
            await attempt
        assert refused.value.problems[0].message.text() in ("「单号」的编号规则(订单)", "字段「单号」(订单)")


async def test_a_field_from_the_trash_numbers_what_was_made_meanwhile(desk: Desk) -> None:
    table = await orders(desk)
    field = await desk.field(table, "单号", "auto_number", segments=rule(separate=True))
    await desk.write(table, {"渠道": "淘宝"})
    await fields.delete(desk.system, desk.owner, field.id, confirmed=True)
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"})
    await trash.restore(desk.system, desk.owner, field.id)
    assert await desk.rows(table, "单号") == ["TB-0001", "TB-0002", "DY-0001"]


@pytest.mark.parametrize("separate", [False, True])
async def test_numbers_taken_out_of_the_trash_after_a_change_of_type_go_on(
    desk: Desk, separate: bool
) -> None:
    """The numbers kept by the change become a field of their own that counts on behind them, beside the first."""
    table = await orders(desk)
    made = await desk.field(table, "单号", "auto_number", segments=rule(separate=separate))
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "淘宝"})
    await desk.change(made, type="text")
    await desk.write(table, {"渠道": "淘宝"})  # while the numbers lie in the trash
    (item,) = await trash.list_of(desk.system, desk.owner, desk.app_id)
    (back, *_) = await trash.restore(desk.system, desk.owner, item.id)
    await desk.write(table, {"渠道": "淘宝"}, {"渠道": "抖音"})
    other = "DY-0001" if separate else "DY-0005"
    assert await desk.rows(table, back.name) == ["TB-0001", "TB-0002", "TB-0003", "TB-0004", other]
    assert await desk.rows(table, "单号") == ["TB-0001", "TB-0002", None, None, None]
