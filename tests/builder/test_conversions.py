"""Another type for a field of a large table: in the background, with nobody held up and nothing lost."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest

from builder import conversions, fields, preview, shadows
from builder.wire import FieldPatch
from runtime.errors import RuleBroken
from runtime.records.pending import pending
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.worker import jobs
from tests.builder.conftest import Desk, spec
from tests.builder.converting import begin_and_lose, columns, end, job_of, take_back


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More than twenty records are many here."""
    return msgspec.structs.replace(settings, refresh_at_once=5, large_table_rows=20)


async def test_old_values_are_there_until_the_switch_and_come_back_with_undo(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.field(table, "双倍", "formula", source='{金额}&"!"')
    records = await desk.write(table, *({"单号": str(n), "金额": f"{n}.5"} for n in range(30)))
    await desk.set(table, records[5], 金额="很多")
    await Refresher(desk.system).drain()
    field = (await desk.again(table)).field("金额")
    same = await desk.change(field, type="number")
    assert same.type == "text"
    (busy,) = await pending(desk.system, await desk.again(table))
    assert (busy.field, busy.kind) == (field.id, "convert")
    with pytest.raises(RuleBroken, match="正在转换"):
        await desk.change(field, type="currency")
    # meanwhile people go on working
    await desk.set(table, records[0], 金额="100")
    await desk.write(table, {"单号": "新", "金额": "7"})
    assert (await desk.rows(table, "金额"))[:2] == ["100", "1.5"]
    assert (await end(desk))[0] == "finished"
    found = await desk.rows(table, "金额")
    assert (found[:2], found[5], found[-1]) == ([100, 2], None, 7)
    assert (await desk.again(table)).field("金额").type == "number"

    assert await take_back(desk)
    assert (await desk.rows(table, "金额"))[:6] == ["100", "1.5", "2.5", "3.5", "4.5", "很多"]


async def test_choices_come_from_the_values(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("渠道"))
    await desk.write(table, *({"单号": str(n), "渠道": ("淘宝", "抖音", "")[n % 3]} for n in range(30)))
    field = (await desk.again(table)).field("渠道")
    await desk.change(field, type="single_select")
    assert (await end(desk))[0] == "finished"
    assert (await desk.rows(table, "渠道"))[:3] == ["淘宝", "抖音", None]
    await desk.change((await desk.again(table)).field("渠道"), type="checkbox")
    await end(desk)
    assert (await desk.again(table)).field("渠道").type == "checkbox"


async def test_rows_written_while_it_runs_are_converted_as_they_are_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadows, "BATCH", 4)
    table = await desk.table("订单", spec("单号"), spec("金额"))
    records = await desk.write(table, *({"单号": str(n), "金额": str(n)} for n in range(60)))
    field = (await desk.again(table)).field("金额")
    await desk.change(field, type="number")
    task = asyncio.create_task(end(desk))
    for n in range(0, 60, 3):
        with contextlib.suppress(RuleBroken):
            await desk.set(table, records[n], 金额=str(n * 10))
    assert (await task)[0] == "finished"
    assert await desk.rows(table, "金额") == [n * 10 if n % 3 == 0 else n for n in range(60)]


async def test_it_goes_on_after_a_lost_worker_and_leaves_nothing_when_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadows, "BATCH", 10)
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.write(table, *({"单号": str(n), "金额": str(n)} for n in range(30)))
    field = (await desk.again(table)).field("金额")
    before = await columns(desk, table.sql)

    await desk.change(field, type="number")
    await begin_and_lose(desk)
    assert (await end(desk))[0] == "finished"
    assert await desk.rows(table, "金额") == list(range(30))

    kept = await columns(desk, table.sql)
    assert kept == before + 1
    await desk.change((await desk.again(table)).field("金额"), type="text")
    await jobs.cancel(desk.system, await job_of(desk))
    await conversions.tidy(desk.system)
    assert await columns(desk, table.sql) == kept
    assert (await desk.again(table)).field("金额").type == "number"


async def test_a_field_deleted_meanwhile_ends_it_with_words(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.write(table, *({"单号": str(n), "金额": str(n)} for n in range(30)))
    field = (await desk.again(table)).field("金额")
    await desk.change(field, type="number")
    await fields.delete(desk.system, desk.owner, field.id)
    status, message = await end(desk)
    assert status == "failed"
    assert "删除" in (message or "")


async def test_what_would_be_refused_afterwards_is_refused_before(desk: Desk) -> None:
    customers = await desk.table("客户", spec("姓名"))
    table = await desk.table("订单", spec("单号"), spec("金额", "number"))
    await desk.field(table, "客户", "link", table="客户", many=False, two_way=True, inverse_name="订单")
    await desk.field(customers, "总额", "rollup", link="订单", fn="sum", field="金额")
    await desk.write(table, *({"单号": str(n), "金额": n} for n in range(30)))
    field = (await desk.again(table)).field("金额")
    changes = await desk.system.db.value("SELECT count(*) FROM meta.definition_change")
    with pytest.raises(RuleBroken, match="不能用了"):
        await desk.change(field, type="long_text")
    assert await desk.system.db.value("SELECT count(*) FROM meta.definition_change") == changes
    assert await desk.system.db.value("SELECT count(*) FROM meta.job") == 0


async def test_the_preview_of_a_large_table_is_an_estimate_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "SAMPLE", 90)  # more than a page: pages are drawn, not rows
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.write(table, *({"单号": str(n), "金额": str(n) if n % 2 else "很多"} for n in range(100)))
    await desk.system.db.execute(f"ANALYZE {table.sql}")
    field = (await desk.again(table)).field("金额")
    impact = await preview.of_change(desk.system, desk.owner, field.id, FieldPatch(type="number"))
    assert impact.estimated
    assert 60 <= impact.records <= 140
    assert 20 <= impact.unreadable <= 80
    assert any("抽" in note.text() for note in impact.notes)
