"""A file comes in: kept, looked at, agreed on, imported by the worker's job, bad rows kept with their reasons."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from builder import apps, imports
from builder.wire import FieldSpec
from runtime.access import Actor
from runtime.definitions.tables import AppDef
from runtime.errors import InvalidInput, RuleBroken
from runtime.records import history, read
from runtime.records.imports.job import bad_rows
from runtime.system import System
from runtime.worker.jobs import run_job
from tests.support.world import named
from ui.bootstrap import JOB_KINDS

TMALL = Path(__file__).parents[2].parent / "shared" / "data" / "tmall_order_report.csv"

CSV = (
    "订单编号,渠道,手机号,金额,下单时间,备注\n"
    'TB1,淘宝,13805716621,"¥1,299.00",2026-01-15 08:26,请放门卫\n'
    "TB2,抖音,1380571,88,2026/1/16,\n"
    "TB3,淘宝,13805716622,abc,2026-01-17,急单\n"
    "TB4,抖音,13805716623,12.5,20260118,\n"
)


@pytest.fixture
async def app(system: System, owner: Actor) -> str:
    return (await apps.create(system, owner, AppDef("订单中枢"))).id


async def _start_all_new(system: System, owner: Actor, job: str, name: str, **more: object) -> str:
    found = await imports.preview(system, owner, job)
    columns = tuple(
        imports.ColumnChoice(column=c.column, new=c.new, date_order=c.date_order, hundredths=c.hundredths)
        for c in found.columns
    )
    return await imports.start(
        system,
        owner,
        job,
        imports.Decision(columns=columns, new_table=name, **more),  # type: ignore[arg-type]
    )


async def test_a_new_table_from_a_file_with_bad_rows(system: System, owner: Actor, app: str) -> None:
    draft = await imports.keep(system, owner, app, "订单.csv", io.BytesIO(CSV.encode("gb18030")))
    found = await imports.preview(system, owner, draft.id)
    assert [c.kind for c in found.columns][2:5] == ["phone", "currency", "datetime"]
    table_id = await _start_all_new(system, owner, draft.id, "订单")
    assert await run_job(system, JOB_KINDS, draft.id)
    table = (await system.catalogs.current()).table(table_id)
    page = await read.page(system, owner, table_id, read.Query())
    rows = [named(table, r.fields) for r in page.records]
    assert [(r["订单编号"], r["金额"]) for r in rows] == [("TB1", 1299), ("TB4", 12.5)]
    bad = await bad_rows(system, draft.number)
    assert [(b.number, b.problems[0].field_name) for b in bad] == [(3, "手机号"), (4, "金额")]
    assert bad[1].cells[3] == "abc"
    status = await system.db.row(
        "SELECT status, done, created, failed FROM meta.job WHERE id = $1", draft.number
    )
    assert tuple(status) == ("finished", 4, 2, 2)
    (entry,) = await history.of_record(system, owner, page.records[0].id)
    assert (entry.channel, entry.source) == ("import", draft.id)


async def test_columns_are_matched_to_an_existing_table_and_options_added(
    system: System, owner: Actor, app: str
) -> None:
    first = await imports.keep(
        system, owner, app, "a.csv", io.BytesIO("单号,渠道\nA,淘宝\nB,淘宝\n".encode())
    )
    specs = (
        FieldSpec(name="单号"),
        FieldSpec(name="渠道", type="single_select", options={"choices": [{"name": "淘宝"}]}),
    )
    choices = tuple(imports.ColumnChoice(column=i, new=s) for i, s in enumerate(specs))
    table_id = await imports.start(system, owner, first.id, imports.Decision(columns=choices, new_table="池"))
    await run_job(system, JOB_KINDS, first.id)
    second = await imports.keep(
        system, owner, app, "b.csv", io.BytesIO("渠道,单号\n抖音,C\n".encode()), table_id
    )
    found = await imports.preview(system, owner, second.id)
    table = (await system.catalogs.current()).table(table_id)
    assert [table.by_id[c.field or ""].name for c in found.columns] == ["渠道", "单号"]
    decision = imports.Decision(
        columns=tuple(
            imports.ColumnChoice(column=c.column, field=c.field, add_options=True) for c in found.columns
        )
    )
    await imports.start(system, owner, second.id, decision)
    await run_job(system, JOB_KINDS, second.id)
    table = (await system.catalogs.current()).table(table_id)
    assert [c.name for c in table.field("渠道").choices_by_id.values()] == ["淘宝", "抖音"]
    assert await read.count(system, owner, table_id, None) == 3


async def test_refusals_are_sentences(system: System, owner: Actor, app: str) -> None:
    picture = await imports.keep(
        system, owner, app, "订单.xlsx", io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    )
    with pytest.raises(InvalidInput) as refused:
        await imports.preview(system, owner, picture.id)
    assert refused.value.error_code == "file_not_table"
    draft = await imports.keep(system, owner, app, "a.csv", io.BytesIO(b"a,b\n1,2\n"))
    with pytest.raises(InvalidInput, match="还没有选要导入的列"):
        await imports.start(system, owner, draft.id, imports.Decision(columns=()))
    await _start_all_new(system, owner, draft.id, "甲")
    with pytest.raises(RuleBroken, match="已经开始"):
        await _start_all_new(system, owner, draft.id, "乙")


async def test_the_real_tmall_orders(system: System, owner: Actor, app: str) -> None:
    """28,010 real orders, every one of them in, sums exact."""
    if not TMALL.exists():
        pytest.skip("the shared order data are not on this machine")
    draft = await imports.keep(system, owner, app, "tmall_order_report.csv", TMALL)
    table_id = await _start_all_new(system, owner, draft.id, "天猫订单")
    await run_job(system, JOB_KINDS, draft.id)
    table = (await system.catalogs.current()).table(table_id)
    status = await system.db.row("SELECT status, created, failed FROM meta.job WHERE id = $1", draft.number)
    bad = [
        (b.number, b.problems[0].field_name, b.problems[0].message.text())
        for b in await bad_rows(system, draft.number, 5)
    ]
    assert tuple(status) == ("finished", 28010, 0), bad
    total = await system.db.value(f"SELECT sum({table.field('总金额').column}) FROM {table.sql}")
    assert str(total) == "2995760.61"
