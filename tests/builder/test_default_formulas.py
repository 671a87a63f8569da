"""Defaults by formula: worked out on every way a record is made, from what else it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builder import fields
from builder.wire import field_json
from runtime.errors import InvalidDefinition, RuleBroken
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from tests.builder.conftest import Desk, spec

TODAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date


async def test_what_is_not_given_is_worked_out(desk: Desk) -> None:
    table = await desk.table("订单", spec("渠道", "single_select", choices=["淘宝", "抖音"], default="淘宝"))
    await desk.field(table, "数量", "number", default_formula="1+1")
    await desk.field(table, "名称", default_formula='{渠道}&"-"&{数量}')
    await desk.field(table, "下单日", "date", default_formula="TODAY()")
    await desk.field(table, "到期", "date", default_formula="{下单日}+7")
    await desk.field(table, "谁", default_formula="CREATED_BY()")
    await desk.field(table, "大单", "checkbox", default_formula="{数量}>5")
    given = [{}, {"渠道": "抖音", "数量": 9}, {"名称": "自己写的", "数量": None}]
    await desk.write(table, *given)
    rows = await desk.rows(table, "名称", "数量", "大单")
    assert rows == [("淘宝-2", 2, False), ("抖音-9", 9, True), ("自己写的", None, False)]
    today = TODAY()
    (dates, who) = (await desk.rows(table, "下单日", "到期"), await desk.rows(table, "谁"))
    assert dates[0] in [
        (str(day), str(day + timedelta(days=7))) for day in (today, today - timedelta(days=1))
    ]
    assert who[0] == desk.owner.name


async def test_every_way_in_fills_them(desk: Desk) -> None:
    table = await desk.table("来源", spec("名称"), spec("标记", default_formula='"自动"'))
    for channel in ("api", "ui", "form", "import", "automation", "connector"):
        source: Any = Source(channel)  # type: ignore[arg-type]
        creates = (NewRecord({"名称": channel}),)
        given = Change(
            table=table.id, actor=desk.owner, source=source, creates=creates, typecast=channel == "import"
        )
        await write.apply(desk.system, given)
    assert await desk.rows(table, "标记") == ["自动"] * 6


async def test_an_error_leaves_the_cell_empty_and_required_says_so(desk: Desk) -> None:
    table = await desk.table(
        "错", spec("名称"), spec("数", "number", default_formula="1/0"), spec("日", "date", default_formula='"不是日期"')
    )  # fmt: skip
    await desk.write(table, {"名称": "a"})
    assert await desk.rows(table, "数", "日") == [(None, None)]
    await desk.change(table.field("数"), required=True)
    outcome = await desk.store(table, creates=(NewRecord({"名称": "b"}),))
    assert [p.code for r in outcome.results for p in r.problems] == ["required"]


async def test_bad_formulas_and_circles_are_refused(desk: Desk) -> None:
    table = await desk.table("环", spec("甲"), spec("乙"), spec("丙"), spec("算", "formula", source="1+1"))
    await desk.change(table.field("甲"), default_formula="{乙}")
    await desk.change(table.field("乙"), default_formula="{丙}")
    for field, formula, code in (
        ("丙", "{甲}", "default_circle"),
        ("丙", "{丙}", "formula_field"),
        ("丙", "{算}", "formula_field"),
        ("丙", "1+", "formula_syntax"),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            await desk.change(table.field(field), default_formula=formula)
        assert [(p.path, p.code) for p in refused.value.problems] == [("default_formula", code)]
    with pytest.raises(InvalidDefinition) as refused:
        await desk.change(table.field("丙"), default="x", default_formula='"y"')
    assert refused.value.problems[0].code == "two_defaults"


async def test_a_default_follows_its_fields_and_holds_them(desk: Desk) -> None:
    table = await desk.table("跟", spec("名称"), spec("渠道"))
    await desk.change(table.field("名称"), default_formula='{渠道}&"-"')
    await desk.change(table.field("渠道"), name="平台")
    now = await desk.again(table)
    assert field_json(now.field("名称"), now)["default_formula"] == '{平台}&"-"'
    with pytest.raises(RuleBroken) as refused:
        await fields.delete(desk.system, desk.owner, now.field("平台").id, confirmed=True)
    assert refused.value.problems[0].message.text() == "「名称」的默认值公式(跟)"
    await desk.change(now.field("名称"), default_formula="")
    await fields.delete(desk.system, desk.owner, now.field("平台").id, confirmed=True)
