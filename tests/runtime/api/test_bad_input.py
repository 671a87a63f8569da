"""What nobody should send, in every kind of field and every operator: answered in words, in bounded time, nothing lost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from tests.support.web import program

DEEP: Any = None
for _ in range(300):
    DEEP = [DEEP]

NASTY: list[tuple[str, Any]] = [
    ("a NUL", "a\x00b"),
    ("only a NUL", "\x00"),
    ("all controls", "".join(chr(n) for n in range(32))),
    ("emoji", "👨‍👩‍👧‍👦🇨🇳❤️"),
    ("right to left", "\u202eאבג\u202c نص"),
    ("a lone surrogate", "\ud800"),
    ("not a character", "\uffff\ufffe"),
    ("half a megabyte", "长" * 500_000),
    ("a huge number", 10**400),
    ("digits without end", "9" * 5000),
    ("a tiny exponent", "1e-999999999"),
    ("a huge exponent", "1e999999999"),
    ("an infinity", "Infinity"),
    ("no number", "NaN"),
    ("a negative zero", "-0"),
    ("full-width digits", "１２３４"),
    ("the year 0", "0000-01-01"),
    ("the year 10000", "10000-01-01"),
    ("a day that never was", "2026-02-30T25:61"),
    ("the last moment", "9999-12-31T23:59:59+14:00"),
    ("the first moment", "0001-01-01T00:00:00+14:00"),
    ("yes", True),
    ("an object", {"id": {"id": []}}),
    ("an empty object", {}),
    ("a list of everything", [None, True, 1.5, "x", {}, []]),
    ("a deep list", DEEP),
    ("many things", ["x"] * 20_000),
    ("SQL", "'; DROP TABLE meta.person; --"),
    ("a template", "{{7*7}}{% for %}"),
    ("a script", "<script>alert(1)</script>"),
    ("the largest integer", 2**63),
    ("the smallest integer", -(2**63) - 1),
    ("another record", "rec00000000000000"),
    ("more", [{"id": "more"}]),
]


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


async def call(api: httpx.AsyncClient, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    content = None if body is None else _json(body)
    begun = time.monotonic()
    answer = await api.request(method, path, content=content, headers={"content-type": "application/json"})
    assert time.monotonic() - begun < 10
    assert answer.status_code < 500, (path, answer.status_code, answer.text[:1000])
    return answer.status_code, answer.json()


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()  # also what msgspec would refuse to write


async def _table_of_everything(api: httpx.AsyncClient) -> dict[str, Any]:
    """A table with a field of every kind that people fill in."""
    _, described = await call(api, "GET", "/api/v1/field-types")
    _, app = await call(api, "POST", "/api/v1/apps", {"name": "坏输入"})
    _, table = await call(api, "POST", f"/api/v1/apps/{app['id']}/tables", {"name": "什么都有"})
    choices = {"choices": [{"name": "甲"}, {"name": "乙"}]}
    options: dict[str, Any] = {
        "single_select": choices,
        "multi_select": choices,
        "link": {"table": table["id"]},
        "cascade": {"tree": [{"id": 1, "name": "浙江"}, {"id": 2, "name": "杭州", "parent": 1}]},
    }
    for kind in described["types"]:
        name = kind["name"]
        if kind.get("readonly") or name in ("lookup", "rollup", "formula", "button"):
            continue
        body = {"name": f"字段 {name}", "type": name, "options": options.get(name, {})}
        status, _ = await call(api, "POST", f"/api/v1/tables/{table['id']}/fields", body)
        assert status < 300, (name, _)
    _, table = await call(api, "GET", f"/api/v1/tables/{table['id']}")
    return table  # type: ignore[no-any-return]


async def test_no_value_breaks_a_field(api: httpx.AsyncClient) -> None:
    table = await _table_of_everything(api)
    fields = [field for field in table["fields"] if not field["readonly"]]
    assert len(fields) > 20
    path = f"/api/v1/tables/{table['id']}/records"
    stored = 0
    for what, value in NASTY:
        records = [{"fields": {field["id"]: value}} for field in fields]
        for lenient in (False, True):
            status, answer = await call(api, "POST", path, {"records": records, "typecast": lenient})
            assert status in (200, 207, 400, 413, 422), what
            for record in answer.get("records", ()):
                if record.get("problems"):
                    assert all(problem["message"] for problem in record["problems"]), what
                else:
                    stored += 1
    _, page = await call(api, "POST", f"/api/v1/tables/{table['id']}/query", {"limit": 1000})
    assert len(page["records"]) == min(stored, 1000), "what was answered as stored is there, and reads back"


@pytest.mark.slow
async def test_no_operand_breaks_a_filter(api: httpx.AsyncClient) -> None:
    table = await _table_of_everything(api)
    _, described = await call(api, "GET", "/api/v1/field-types")
    operators = {kind["name"]: kind["operators"] for kind in described["types"]}
    for field in table["fields"]:
        for op in operators[field["type"]]:
            for what, value in NASTY:
                if what in ("half a megabyte", "many things"):
                    continue
                where = {"kind": "condition", "field": field["id"], "op": op, "value": value}
                status, answer = await call(
                    api, "POST", f"/api/v1/tables/{table['id']}/query", {"where": where, "limit": 1}
                )
                assert status == 200 or answer["detail"], (field["type"], op, what)
    for sort in ("fld00000000000000", "", "$nonsense"):
        status, _ = await call(
            api, "POST", f"/api/v1/tables/{table['id']}/query", {"sorts": [{"field": sort}]}
        )
        assert 400 <= status < 500
