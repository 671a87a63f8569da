"""Merging records over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from tests.runtime.records.conftest import Pool
from tests.support.web import Browser, program

PHONE = "13800138000"


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


async def made(api: httpx.AsyncClient, pool: Pool, *numbers: str) -> list[str]:
    records = [{"fields": {"客户手机号": PHONE, "平台单号": one, "备注": f"单 {one}"}} for one in numbers]
    answer = await api.post(f"/api/v1/tables/{pool.orders.id}/records", json={"records": records})
    return [one["id"] for one in answer.json()["records"]]


async def test_programs_compare_merge_once_and_undo(api: httpx.AsyncClient, pool: Pool) -> None:
    kept, other = await made(api, pool, "1", "2")
    address = f"/api/v1/tables/{pool.orders.id}/records/merge"
    compared = (await api.post(f"{address}/compare", json={"records": [kept, other]})).json()
    assert [side["id"] for side in compared["records"]] == [kept, other]
    by_name = {one["name"]: one for one in compared["fields"]}
    assert (by_name["备注"]["texts"], by_name["备注"]["how"]) == (["单 1", "单 2"], "choose")

    body = {"into": kept, "others": [other], "choose": {"备注": other}}
    key = {"Idempotency-Key": "merge-1"}
    first = await api.post(f"{address}?field_keys=name", json=body, headers=key)
    assert first.status_code == 200, first.text
    assert first.json()["record"]["fields"]["备注"] == "单 2"
    assert first.json()["trashed"] == [other]
    again = await api.post(f"{address}?field_keys=name", json=body, headers=key)
    assert again.json() == first.json(), "a second time has no second effect"
    assert (await api.get(f"/api/v1/records/{other}")).json()["code"] == "not_found"
    told = (await api.get(f"/api/v1/records/{kept}/history")).json()["entries"][0]
    assert (told["merged"]["into"]["id"], told["merged"]["others"][0]["id"]) == (kept, other)

    undone = await api.post("/api/v1/undo", json={"change": first.json()["change"]})
    assert set(undone.json()["records"]) == {kept, other}
    assert (await api.get(f"/api/v1/records/{other}")).status_code == 200


async def test_what_is_wrong_is_said_and_viewers_merge_nothing(
    app: Litestar, owner: accounts.Person, api: httpx.AsyncClient, pool: Pool, browser: Browser
) -> None:
    kept, other = await made(api, pool, "1", "2")
    address = f"/api/v1/tables/{pool.orders.id}/records/merge"
    refused = await api.post(address, json={"into": kept, "others": [kept]})
    assert (refused.status_code, refused.json()["code"]) == (422, "twice")
    refused = await api.post(address, json={"into": kept, "others": [other], "choose": {"订单ID": other}})
    assert refused.json()["code"] == "not_choosable"
    assert (await api.post(address, json={"into": kept})).status_code in (400, 422)
    assert (await browser.call("POST", address, {"into": kept, "others": [other]})).status_code in (401, 403)
