"""Read-only fields and validation rules: kept on every way in, named by id, and never weakened in passing."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields
from builder.wire import field_json
from runtime.definitions.fields import Validation
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records import write
from runtime.records.change import Change, NewRecord, Patch, Source
from tests.builder.conftest import Desk, spec


def said(outcome: Any) -> list[str]:
    """Every problem of an outcome as a person reads it."""
    return [problem.message.text() for result in outcome.results for problem in result.problems]


async def test_a_rule_is_kept_on_creating_changing_and_importing(desk: Desk) -> None:
    rule = Validation("AND({数量}>0, {数量}<={库存})", "要在 1 和库存之间")
    table = await desk.table(
        "明细", spec("名称"), spec("库存", "number"), spec("数量", "number", validation=rule)
    )
    good, blank = await desk.write(table, {"库存": 5, "数量": 3}, {"库存": 5})
    for channel in ("api", "ui", "import", "automation"):
        outcome = await _as(desk, table, channel, {"creates": (NewRecord({"库存": 2, "数量": 3}),)})
        assert said(outcome) == ["「数量」:要在 1 和库存之间"]
    assert said(await desk.set(table, good, 库存=1)) == ["「数量」:要在 1 和库存之间"]
    assert said(await desk.set(table, blank, 数量=9)) == ["「数量」:要在 1 和库存之间"]
    assert said(await desk.set(table, good, 名称="别的字段不触发")) == []
    assert await desk.rows(table, "数量") == [3, None]


async def test_a_rule_follows_its_fields_and_holds_them(desk: Desk) -> None:
    table = await desk.table("规则", spec("名称"), spec("上限", "number"), spec("数", "number"))
    limit, number = table.field("上限"), table.field("数")
    await desk.change(number, validation=Validation("{数}<={上限}"))
    await desk.change(limit, name="最高")
    await desk.change(number, name="件数")
    now = await desk.again(table)
    assert field_json(now.field("件数"), now)["validation"] == {"formula": "{件数}<={最高}", "message": ""}
    with pytest.raises(RuleBroken) as refused:
        await fields.delete(desk.system, desk.owner, limit.id, confirmed=True)
    assert refused.value.problems[0].message.text() == "「件数」的校验规则(规则)"
    outcome = await desk.store(now, creates=(NewRecord({"最高": 1, "件数": 2}),))
    assert said(outcome) == ["「件数」不符合这个字段的校验规则"]
    await desk.change(number, validation=None)
    await fields.delete(desk.system, desk.owner, limit.id, confirmed=True)


async def test_bad_rules_are_refused_at_their_place(desk: Desk) -> None:
    table = await desk.table(
        "坏规则", spec("名称"), spec("数", "number"), spec("几倍", "formula", source="1+1")
    )
    for formula, code in (
        ("{数}>", "formula_syntax"),
        ("{没有}>1", "formula_field"),
        ("{几倍}>1", "formula_field"),
        ("{数}+1", "not_yes_or_no"),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            await desk.change(table.field("数"), validation=Validation(formula))
        assert [(p.path, p.code) for p in refused.value.problems] == [("validation.formula", code)]


async def test_read_only_is_closed_to_people_and_open_to_automations(desk: Desk) -> None:
    table = await desk.table("只读", spec("名称"), spec("来源", default="店铺", read_only=True))
    (record,) = await desk.write(table, {"名称": "甲", "来源": ""})
    for channel in ("api", "ui", "form", "import"):
        change = {"updates": (Patch(record, {"来源": "改"}),)}
        outcome = await _as(desk, table, channel, change)
        assert said(outcome) == ["「来源」设为只读,不能修改"]
    assert said(await _as(desk, table, "automation", {"updates": (Patch(record, {"来源": "自动"}),)})) == []
    assert await desk.rows(table, "来源") == ["自动"]
    with pytest.raises(InvalidDefinition):
        await desk.field(table, "号", "auto_number", read_only=True)


async def _as(desk: Desk, table: Any, channel: Any, change: dict[str, Any]) -> Any:
    given = Change(table=table.id, actor=desk.owner, source=Source(channel), **change)
    return await write.apply(desk.system, given)
