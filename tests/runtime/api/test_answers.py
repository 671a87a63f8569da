"""What a writer is answered is what a reader then gets, whether or not the records were read back for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.definitions.fields import (
    AutoNumber,
    Barcode,
    Checkbox,
    Choice,
    CreatedBy,
    CreatedTime,
    Currency,
    Date,
    DateTime,
    Duration,
    FieldDef,
    Formula,
    Json,
    Link,
    LongText,
    MultiSelect,
    Number,
    Percent,
    Phone,
    Progress,
    Rating,
    Segment,
    SingleSelect,
    Text,
    UpdatedBy,
    UpdatedTime,
)
from tests.runtime.records.conftest import Pool
from tests.support.web import program

KINDS: dict[str, Any] = {
    "编号": AutoNumber((Segment("text", "D"), Segment("sequence", width=4))),
    "名称": Text(),
    "说明": LongText(),
    "手机": Phone(),
    "渠道": SingleSelect((Choice(1, '"淘宝"\\'), Choice(2, "抖音{}%s"))),
    "标签": MultiSelect((Choice(1, "急单"), Choice(2, "要发票"))),
    "日期": Date(),
    "时间": DateTime(),
    "金额": Currency(),
    "数": Number(decimals=8),
    "率": Percent(),
    "勾": Checkbox(),
    "默认": FieldDef("", Text(), default="没填"),
    "新建": CreatedTime(),
    "新建人": CreatedBy(),
    "更新": UpdatedTime(),
    "更新人": UpdatedBy(),
}

GIVEN: list[dict[str, Any]] = [
    {},
    {
        "名称": '引号 " 反斜杠 \\ 😀 \u2028 </script>',
        "说明": "两行\n第二行\t制表 {} %s 'x'",
        "手机": "138 0013 8000",
        "渠道": '"淘宝"\\',
        "标签": ["要发票", "急单"],
        "日期": "2026-01-15",
        "时间": "2026-01-15T08:26:03+08:00",
        "金额": "99.50",
        "数": "0.12345678",
        "率": "12.5%",
        "勾": True,
    },
    {
        "渠道": "抖音{}%s",
        "时间": "1969-12-31T23:59:59.123456Z",
        "金额": -0.005,
        "数": "123456789012345.12345678",
    },
    {"时间": "0900-01-01T00:00:00+00:00", "金额": "999999999999999", "数": 1e-8, "日期": "0031-02-01"},
    {"数": "-7", "金额": 0, "率": 1, "名称": "  ", "勾": False},
]


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


async def read_again(api: httpx.AsyncClient, table: str, keys: str = "id") -> dict[str, Any]:
    found = await api.post(f"/api/v1/tables/{table}/query?field_keys={keys}", json={"limit": 100})
    assert found.status_code == 200, found.text
    return {one["id"]: one for one in found.json()["records"]}


@pytest.mark.parametrize("more", ["nothing", "formula", "link"])
async def test_an_answer_is_what_is_then_read(api: httpx.AsyncClient, pool: Pool, more: str) -> None:
    kinds = dict(KINDS)
    if more == "formula":  # then the records are read back
        kinds["算"] = Formula("{金额}*2", result="number")
    if more == "link":
        kinds["客户"] = Link(pool.customers.id, many=False)
    table = await pool.world.table("什么都有", kinds)
    path, ids = f"/api/v1/tables/{table.id}/records", list[str]()
    for batch in ([GIVEN[1]], GIVEN, GIVEN * 2):  # by statements, and by COPY
        made = await api.post(path, json={"records": [{"fields": one} for one in batch]})
        assert made.status_code == 200, made.text
        read = await read_again(api, table.id)
        for one in made.json()["records"]:
            assert one == read[one["id"]]
        ids = [one["id"] for one in made.json()["records"]]
    patches = [{"id": row, "fields": {"名称": f"改 {n}", "勾": None}} for n, row in enumerate(ids[1:])]
    for batch in (
        patches,
        patches[:1],
        [{"id": ids[0], "fields": {}}],
    ):  # the second and third change nothing
        changed = await api.patch(path, json={"records": batch})
        assert changed.status_code == 200, changed.text
        read = await read_again(api, table.id)
        for one in changed.json()["records"]:
            assert one == read[one["id"]]


COMPUTED: dict[str, Any] = {
    "客户": None,
    "商": Formula("{金额}/{数}", "number"),
    "三分": Formula("{金额}/3", "number"),
    "很大": Formula("{金额}*1000+{数}", "number"),
    "很小": Formula("{数}/1000000", "number"),
    "连": Formula('{名称}&"\\"&{说明}', "text"),
    "勾了": Formula("{勾}", "boolean"),
    "何时": Formula("{时间}", "datetime"),
    "哪天": Formula("{日期}", "date"),
    "今天": Formula("TODAY()", "date"),
    "星": Rating(),
    "进度": Progress(decimals=2),
    "用时": Duration(),
    "条码": Barcode(),
    "键值": Json(),
}


async def test_a_page_by_id_and_by_name_says_the_same(api: httpx.AsyncClient, pool: Pool) -> None:
    """One is made by PostgreSQL, the other by Python."""
    kinds = {**KINDS, **COMPUTED, "客户": Link(pool.customers.id)}
    table = await pool.world.table("什么都有", kinds)
    customers = f"/api/v1/tables/{pool.customers.id}/records"
    people = [{"fields": {"客户手机号": f"1380013800{n}"}} for n in range(3)]
    linked = [one["id"] for one in (await api.post(customers, json={"records": people})).json()["records"]]
    records = [{"fields": {**one, "客户": linked[:n]}} for n, one in enumerate(GIVEN)]
    records[1]["fields"] |= {"星": 3, "进度": "35.5", "用时": "1:30", "条码": 'a"b', "键值": {"a": [1, None]}}
    made = await api.post(f"/api/v1/tables/{table.id}/records", json={"records": records})
    assert made.status_code == 200, made.text
    by_id, by_name = await read_again(api, table.id), await read_again(api, table.id, "name")
    names = {field.id: field.name for field in table.fields}
    assert {"error": "#DIV/0!"} in [one["fields"]["商"] for one in by_name.values()]
    large = {type(one["fields"]["很大"]) for one in by_name.values()}
    assert large == {int, float, str}, "a text where no JSON number says it exactly"
    for key, one in by_id.items():
        assert {names[k]: v for k, v in one["fields"].items()} == by_name[key]["fields"]
        single = (await api.get(f"/api/v1/records/{key}")).json()
        assert single["fields"] == one["fields"]
        assert [single[part] for part in ("version", "created_at", "updated_at")] == [
            one[part] for part in ("version", "created_at", "updated_at")
        ]
