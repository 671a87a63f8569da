"""Members and buttons over HTTP, as programs use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.system import System
from tests.support.web import program


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner."""
    async with await program(app, owner.email) as made:
        yield made


async def made(api: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await api.post(f"/api/v1{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_table_with_people_and_a_button(
    api: httpx.AsyncClient, system: System, owner: accounts.Person
) -> None:
    app = await made(api, "/apps", {"name": "仓库"})
    fields = [{"name": "单号"}, {"name": "负责人", "type": "member", "default": "$me"}]
    table = await made(api, f"/apps/{app['id']}/tables", {"name": "包裹", "fields": fields})
    person = next(field for field in table["fields"] if field["name"] == "负责人")
    assert [one["id"] for one in person["people"]] == [owner.id]
    text = {"field": table["fields"][0]["id"], "value": {"kind": "literal", "value": "已按"}}
    steps = [{"config": {"kind": "update_record", "set": [text]}}]
    automation = await made(
        api,
        f"/apps/{app['id']}/automations",
        {
            "name": "按",
            "enabled": True,
            "trigger": {"kind": "button", "table": table["id"]},
            "steps": steps,
        },
    )
    options = {"automation": automation["id"]}
    button = await made(
        api, f"/tables/{table['id']}/fields", {"name": "按钮", "type": "button", "options": options}
    )
    stored = await made(api, f"/tables/{table['id']}/records", {"records": [{"fields": {"单号": "P1"}}]})
    record = stored["records"][0]
    assert record["fields"][person["id"]] == {"id": owner.id, "name": owner.name}
    assert record["fields"][button["id"]] == record["id"]

    path = f"/api/v1/records/{record['id']}/buttons/{button['id']}"
    first, second = await asyncio.gather(api.post(path, json={}), api.post(path, json={}))
    assert sorted((first.status_code, second.status_code)) == [202, 409]
    refused = next(answer for answer in (first, second) if answer.status_code == 409).json()
    assert refused["code"] == "still_running"
    assert "正在为这条记录运行" in refused["detail"]
    press = next(answer for answer in (first, second) if answer.status_code == 202).json()["press"]
    assert (await api.get(path, params={"press": press})).json()["state"] == "waiting"
    for run in (await relay(system)).runs:
        await execute(system, run)
    told = (await api.get(path, params={"press": press})).json()
    assert (told["state"], told["message"]) == ("finished", None)
    assert (await api.get(f"/api/v1/runs/{told['run']}")).json()["run"][
        "trigger"
    ] == f"{owner.name} 按了「按钮」"
    uses = (await api.get(f"/api/v1/automations/{automation['id']}/uses")).json()["uses"]
    assert [use["text"] for use in uses] == ["字段「按钮」(包裹)"]
    assert (await api.get(path, params={"press": press + 1000})).status_code == 404


async def test_a_repeated_request_presses_once(api: httpx.AsyncClient, system: System) -> None:
    app = await made(api, "/apps", {"name": "仓库"})
    table = await made(api, f"/apps/{app['id']}/tables", {"name": "包裹", "fields": [{"name": "单号"}]})
    trigger = {"kind": "button", "table": table["id"]}
    text = {"field": table["fields"][0]["id"], "value": {"kind": "literal", "value": "已按"}}
    steps = [{"config": {"kind": "update_record", "set": [text]}}]
    body = {"name": "按", "enabled": True, "trigger": trigger, "steps": steps}
    automation = await made(api, f"/apps/{app['id']}/automations", body)
    options = {"automation": automation["id"]}
    await made(api, f"/tables/{table['id']}/fields", {"name": "按钮", "type": "button", "options": options})
    stored = await made(api, f"/tables/{table['id']}/records", {"records": [{"fields": {"单号": "P1"}}]})
    path = f"/api/v1/records/{stored['records'][0]['id']}/buttons/按钮"
    key = {"Idempotency-Key": "press-1"}
    first = await api.post(path, json={}, headers=key)
    assert first.status_code == 202, first.text
    again = await api.post(path, json={}, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len((await relay(system)).runs) == 1
