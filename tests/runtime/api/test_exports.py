"""Exports over HTTP: what a person saw is what the file holds, and an import reads it back."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import openpyxl
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.definitions.fields import Formula, Number, Text
from runtime.definitions.queries import Condition, Sort
from runtime.definitions.tables import Column, ViewDef
from tests.runtime.records.conftest import Pool
from tests.support.web import PASSWORD, program

PHONE = "13800138000"


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


async def rows_of(api: httpx.AsyncClient, **body: Any) -> list[list[str]]:
    answer = await api.post("/api/v1/exports", json={"format": "csv", **body})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_table_as_csv_reads_like_the_page(api: httpx.AsyncClient, pool: Pool) -> None:
    customer = (await pool.world.create(pool.customers, {"客户手机号": PHONE}))[0]
    await pool.world.create(
        pool.orders,
        {
            "客户手机号": PHONE,
            "渠道来源": "淘宝",
            "应付金额": "1299.5",
            "下单时间": "2026-01-15T00:26:03Z",
            "标签": ["急单", "要发票"],
            "含赠品": True,
            "备注": "=1+1\n第二行",
            "关联客户档案": [customer],
        },
    )
    header, row = await rows_of(api, table=pool.orders.id)
    record = dict(zip(header, row, strict=True))
    assert header[0] == "订单ID"
    assert record["渠道来源"] == "淘宝"
    assert record["应付金额"] == "1299.5"
    assert record["下单时间"] == "2026-01-15 08:26:03"  # the app's zone
    assert record["标签"] == "急单,要发票"
    assert record["含赠品"] == "是"
    assert record["备注"] == "'=1+1\n第二行"  # a spreadsheet program must not run it
    assert record["关联客户档案"] == PHONE
    assert record["订单状态"] == "待支付"


async def test_a_view_gives_its_filter_order_and_columns(api: httpx.AsyncClient, pool: Pool) -> None:
    await pool.world.create(pool.orders, *({"客户手机号": PHONE, "应付金额": n} for n in (3, 1, 2)))
    amount, state = pool.orders.field("应付金额").id, pool.orders.field("订单状态").id
    hidden = [Column(f.id, hidden=True) for f in pool.orders.fields if f.id not in (amount, state)]
    view = ViewDef(
        name="大单",
        columns=(Column(amount), Column(state), *hidden),
        where=Condition(amount, "ge", 2),
        sorts=(Sort(amount, True),),
    )
    async with pool.world.system.db.transaction() as tx:
        from runtime.catalog import bump

        await bump(tx)
        await pool.world._define(tx, "view", "viwAAAAAAAAAAAAAA", view, pool.orders.number)
    answer = await api.post(
        "/api/v1/exports", json={"table": pool.orders.id, "view": "viwAAAAAAAAAAAAAA", "format": "xlsx"}
    )
    name = unquote(answer.headers["content-disposition"].split("UTF-8''")[1])
    assert name.startswith("主订单池-大单-")
    assert name.endswith(".xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [[c.value for c in line] for line in sheet.iter_rows()] == [
        ["应付金额", "订单状态"],
        [3, "待支付"],
        [2, "待支付"],
    ]
    asked = await rows_of(
        api,
        table=pool.orders.id,
        query={"where": {"kind": "condition", "field": amount, "op": "eq", "value": 1}, "fields": [amount]},
    )
    assert asked == [["应付金额"], ["1"]]


async def test_numbers_dates_and_formula_errors_are_real_cells(api: httpx.AsyncClient, pool: Pool) -> None:
    table = await pool.world.table(
        "算",
        {
            "名称": Text(),
            "甲": Number(decimals=2),
            "乙": Number(),
            "商": Formula("{甲}/{乙}", result="number"),
        },
    )
    await pool.world.create(table, {"名称": "好", "甲": 3, "乙": 2}, {"名称": "坏", "甲": 1, "乙": 0})
    answer = await api.post("/api/v1/exports", json={"table": table.id})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    lines = [[c.value for c in line] for line in sheet.iter_rows(min_row=2)]
    assert ["好", 3, 2, 1.5] in lines
    assert ["坏", 1, 0, "#DIV/0!"] in lines
    await pool.world.create(pool.orders, {"客户手机号": PHONE, "下单时间": "2026-01-15T00:26:03Z"})
    answer = await api.post("/api/v1/exports", json={"table": pool.orders.id})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert any(c.value == datetime(2026, 1, 15, 8, 26, 3) for c in sheet[2])


async def test_many_pages_hold_every_record_once(
    api: httpx.AsyncClient, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.records.exports.table.PAGE_ROWS", 7)
    await pool.world.create(pool.orders, *({"客户手机号": PHONE, "应付金额": n} for n in range(30)))
    amount = pool.orders.field("应付金额").id
    rows = await rows_of(
        api, table=pool.orders.id, query={"fields": [amount], "sorts": [{"field": amount}], "limit": 3}
    )
    assert [int(row[0]) for row in rows[1:]] == list(range(30))


async def test_only_those_who_may_look_get_a_file_and_none_is_left_behind(
    app: Litestar, api: httpx.AsyncClient, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    wu = await accounts.create_user(pool.world.system, email="wu@example.com", name="小吴", password=PASSWORD)
    async with await program(app, wu.email) as stranger:
        assert (await stranger.post("/api/v1/exports", json={"table": pool.orders.id})).status_code == 404
    assert (await api.post("/api/v1/exports", json={"table": "tblNothing"})).status_code == 404
    wrong = await api.post(
        "/api/v1/exports", json={"table": pool.orders.id, "query": {"fields": ["fldNothing"]}}
    )
    assert wrong.status_code == 404
    other = await api.post("/api/v1/exports", json={"table": pool.orders.id, "view": "viwNothing"})
    assert other.status_code == 404
    assert (await api.post("/api/v1/exports", json={"table": pool.orders.id})).status_code == 200
    assert [name for name in os.listdir(tmp_path) if name.startswith("huobiao-export-")] == []
