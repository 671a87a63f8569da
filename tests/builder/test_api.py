"""The builder over HTTP: from nothing to a working table, problem documents with places, no one's app but one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.accounts.members import put_member
from runtime.fieldtypes.registry import TYPES
from tests.support.web import app, owner, program, system

__all__ = ["app", "owner", "system"]


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    """A program that acts for the owner."""
    async with await program(app, owner.email) as client:
        client.base_url = httpx.URL("http://testserver/api/v1")
        yield client


async def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def pool(api: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """An app with a table of orders."""
    made = await ok(await api.post("/apps", json={"name": "订单中枢", "color": "teal"}), 201)
    fields = [
        {"name": "订单ID", "type": "auto_number"},
        {"name": "渠道来源", "type": "single_select", "options": {"choices": ["淘宝", "抖音"]}},
        {"name": "实付金额", "type": "currency"},
        {"name": "备注", "type": "long_text"},
    ]
    table = await ok(
        await api.post(f"/apps/{made['id']}/tables", json={"name": "主订单池", "fields": fields}), 201
    )
    return made["id"], table


def by_name(table: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in table["fields"] if f["name"] == name)
    return found


async def test_a_table_answers_all_its_page_needs(api: httpx.AsyncClient) -> None:
    app_id, table = await pool(api)
    assert table["role"] == "owner"
    assert table["app"] == app_id
    assert table["time_zone"] == "Asia/Shanghai"
    assert [v["name"] for v in table["views"]] == ["全部"]
    channel = by_name(table, "渠道来源")
    assert channel["options"]["choices"][0] == {"id": 1, "name": "淘宝", "color": "blue", "archived": False}
    assert channel["options"]["machine"] is None
    assert "is_any_of" in channel["operators"]
    assert by_name(table, "订单ID")["readonly"]
    await ok(
        await api.post(f"/tables/{table['id']}/records", json={"records": [{"fields": {"渠道来源": "淘宝"}}]})
    )
    again = await ok(await api.get(f"/tables/{table['id']}"))
    assert again["estimate"] == 1
    listed = await ok(await api.get(f"/apps/{app_id}"))
    assert listed["tables"] == [{"id": table["id"], "name": "主订单池", "icon": "table", "estimate": 1}]


async def test_problems_come_with_place_and_words(api: httpx.AsyncClient) -> None:
    _, table = await pool(api)
    bad = {"name": "", "type": "number", "options": {"decimals": 99}}
    answer = await api.post(f"/tables/{table['id']}/fields", json=bad)
    document = await ok(answer, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {(p["path"], p["code"]) for p in document["problems"]} == {
        ("name", "name_missing"), ("options.decimals", "out_of_range"),
    }  # fmt: skip
    assert "小数位数" in "".join(p["message"] for p in document["problems"])
    await ok(await api.patch("/me", json={"language": "en"}))
    english = await api.post(f"/tables/{table['id']}/fields", json=bad)
    assert any("decimal" in p["message"].lower() for p in english.json()["problems"])


async def test_a_field_is_added_foretold_changed_deleted_and_restored(api: httpx.AsyncClient) -> None:
    app_id, table = await pool(api)
    note = by_name(table, "备注")["id"]
    records = [{"fields": {"备注": value}} for value in ("12", "急")]
    await ok(await api.post(f"/tables/{table['id']}/records", json={"records": records}))
    formula = {"name": "九折", "type": "formula", "options": {"source": "{实付金额}*0.9"}}
    made = await ok(await api.post(f"/tables/{table['id']}/fields", json=formula), 201)
    assert made["options"]["source"] == "{实付金额}*0.9"
    foretold = await ok(await api.post(f"/fields/{note}/preview", json={"type": "number"}))
    assert (foretold["records"], foretold["unreadable"]) == (2, 1)
    assert {"before": "急", "after": None} in foretold["examples"]
    changed = await ok(await api.patch(f"/fields/{note}", json={"type": "number", "name": "数量"}))
    assert (changed["type"], changed["options"]["decimals"]) == ("number", 0)
    undone = await ok(await api.post(f"/apps/{app_id}/undo", json={}))
    assert undone["what"] == "改字段「备注」的类型"
    price = by_name(table, "实付金额")["id"]
    effect = await ok(await api.get(f"/fields/{price}/deletion"))
    assert not effect["harmless"]
    assert effect["notes"] == ["字段「九折」(主订单池) 会一起进回收站"]
    refused = await ok(await api.delete(f"/fields/{price}"), 409)
    assert refused["code"] == "confirmation_needed"
    await ok(await api.delete(f"/fields/{price}?confirm=true"), 204)
    trash = await ok(await api.get(f"/apps/{app_id}/trash"))
    assert {item["name"] for item in trash["items"]} >= {"实付金额", "九折"}
    assert {item["group"] for item in trash["items"]} == {trash["items"][0]["group"]}
    back = await ok(await api.post(f"/trash/{price}/restore"))
    assert back["items"][0]["name"] == "实付金额"
    changes = (await ok(await api.get(f"/apps/{app_id}/changes")))["changes"]
    assert (changes[0]["what"], changes[0]["state"]) == ("恢复字段「实付金额」", "undoable")
    again = await ok(await api.get(f"/tables/{table['id']}"))
    assert {"实付金额", "九折", "备注"} <= {f["name"] for f in again["fields"]}
    uses = await ok(await api.get(f"/fields/{price}/uses"))
    assert [u["name"] for u in uses["uses"]] == ["九折"]


async def test_views_automations_dashboards_workbenches_and_stocks(api: httpx.AsyncClient) -> None:
    app_id, table = await pool(api)
    where = {"kind": "condition", "field": "渠道来源", "op": "is", "value": "淘宝"}
    view = await ok(
        await api.post(f"/tables/{table['id']}/views", json={"name": "淘宝", "where": where}), 201
    )
    assert view["where"]["field"] == by_name(table, "渠道来源")["id"]
    view = await ok(await api.patch(f"/views/{view['id']}", json={"row_height": "tall"}))
    assert view["row_height"] == "tall"
    conflict = await api.patch(f"/views/{view['id']}?version=1", json={"row_height": "short"})
    assert (await ok(conflict, 409))["code"] == "version_conflict"
    step = {
        "config": {
            "kind": "update_record",
            "set": [{"field": "备注", "value": {"kind": "literal", "value": "新"}}],
        }
    }
    automation = {
        "name": "标记",
        "trigger": {"kind": "record_created", "table": "主订单池"},
        "steps": [step],
        "enabled": True,
    }
    made = await ok(await api.post(f"/apps/{app_id}/automations", json=automation), 201)
    assert made["steps"][0]["attempts"] == 5
    off = await ok(
        await api.patch(f"/automations/{made['id']}", json={"enabled": False, "version": made["version"]})
    )
    assert not off["enabled"]
    assert await ok(await api.get(f"/automations/{made['id']}/problems")) == {"problems": []}
    board = {
        "name": "看板",
        "widgets": [{"title": "渠道", "config": {"kind": "donut", "table": "主订单池", "field": "渠道来源"}}],
    }
    made = await ok(await api.post(f"/apps/{app_id}/dashboards", json=board), 201)
    assert made["widgets"][0]["id"].startswith("wid")
    bench = {
        "name": "快查",
        "slug": "find",
        "table": "主订单池",
        "bindings": {"number": "订单ID", "waybill": "备注"},
    }
    made = await ok(await api.post(f"/apps/{app_id}/workbenches", json=bench), 201)
    listed = await ok(await api.get(f"/apps/{app_id}"))
    assert [len(listed[k]) for k in ("automations", "dashboards", "workbenches", "stocks")] == [1, 1, 1, 0]
    assert listed["workbenches"][0]["slug"] == "find"
    await ok(await api.delete(f"/workbenches/{made['id']}"), 204)
    broken = await ok(await api.post(f"/apps/{app_id}/stocks", json={"name": "库存"}), 400)
    assert broken["problems"]
    assert await ok(await api.get(f"/apps/{app_id}/stocks")) == {"stocks": []}


async def test_a_machine_is_checked_before_it_is_stored(api: httpx.AsyncClient) -> None:
    _, table = await pool(api)
    field = by_name(table, "渠道来源")["id"]
    given = {
        "initial": ["淘宝"],
        "transitions": [{"source": "淘宝", "target": "抖音"}, {"source": "淘宝", "target": "微信"}],
    }
    found = await ok(await api.post(f"/fields/{field}/machine/check", json=given))
    assert [p["path"] for p in found["problems"]] == ["transitions.1.target"]
    given["transitions"].pop()  # type: ignore[attr-defined]
    found = await ok(await api.post(f"/fields/{field}/machine/check", json=given))
    assert found["problems"] == []
    assert found["machine"]["transitions"][0]["target"] == 2
    assert [w["code"] for w in found["warnings"]] == ["no_way_out"]


async def test_kinds_are_described_in_the_callers_language(api: httpx.AsyncClient) -> None:
    types = (await ok(await api.get("/field-types")))["types"]
    assert {kind["name"] for kind in types} == {kind.name for kind in TYPES}
    assert types[0]["label"] == "单行文本"
    await ok(await api.patch("/me", json={"language": "en"}))
    kinds = (await ok(await api.get("/connector-kinds")))["kinds"]
    assert {k["id"] for k in kinds} == {"wecom_robot", "smtp", "http_api", "http_webhook"}
    assert all(k["description"].isascii() for k in kinds)


async def test_connectors_over_http_show_no_secret(api: httpx.AsyncClient) -> None:
    app_id, _ = await pool(api)
    key = "693a91f6-7c1e-4bc4-97a0-0ec2a1fa5aaa"
    given = {"kind": "wecom_robot", "name": "群", "settings": {"webhook_url": key}}
    answer = await api.post(f"/apps/{app_id}/connectors", json=given)
    made = await ok(answer, 201)
    assert key not in answer.text
    listed = await ok(await api.get(f"/apps/{app_id}/connectors"))
    assert [c["id"] for c in listed["connectors"]] == [made["id"]]
    await ok(await api.delete(f"/connectors/{made['id']}"), 204)


async def test_a_refused_call_inside_names_the_setting_to_the_administrator_alone(
    api: httpx.AsyncClient, app: Litestar, system: Any
) -> None:
    app_id, _ = await pool(api)
    given = {"kind": "http_webhook", "name": "仓库", "settings": {"url": "http://127.0.0.1:9/hook"}}
    made = await ok(await api.post(f"/apps/{app_id}/connectors", json=given), 201)
    builder = await accounts.create_user(
        system, email="chen@example.com", name="小陈", password="sesame-open-9"
    )
    number = await system.db.value("SELECT id FROM meta.definition WHERE public_id = $1", app_id)
    async with system.db.transaction() as tx:
        await put_member(tx, number, builder.number, "builder")
    refused = await api.post(f"/connectors/{made['id']}/test")
    assert refused.status_code == 403
    assert "HUOBIAO_ALLOW_PRIVATE_OUTBOUND=1" in refused.json()["detail"]
    async with await program(app, builder.email) as theirs:
        refused = await theirs.post(f"/api/v1/connectors/{made['id']}/test")
        assert refused.status_code == 403
        assert "请活表的管理员允许访问内网" in refused.json()["detail"]
        assert "HUOBIAO" not in refused.text
        listed = await theirs.get(f"/api/v1/apps/{app_id}/connectors")
        assert "HUOBIAO" not in listed.text


async def test_what_is_not_ones_own_is_not_found(api: httpx.AsyncClient, app: Litestar, system: Any) -> None:
    app_id, table = await pool(api)
    other = await accounts.create_user(
        system, email="chen@example.com", name="小陈", password="sesame-open-9"
    )
    async with await program(app, other.email) as stranger:
        for method, path in (
            ("GET", f"/apps/{app_id}"),
            ("PATCH", f"/apps/{app_id}"),
            ("GET", f"/tables/{table['id']}"),
            ("DELETE", f"/tables/{table['id']}"),
            ("PATCH", f"/fields/{table['fields'][0]['id']}"),
            ("POST", f"/fields/{table['fields'][0]['id']}/preview"),
            ("GET", f"/apps/{app_id}/trash"),
            ("GET", f"/apps/{app_id}/connectors"),
        ):
            answer = await stranger.request(method, f"/api/v1{path}", json={} if method != "GET" else None)
            assert answer.status_code == 404, (method, path, answer.text)


async def test_every_route_is_described(app: Litestar) -> None:
    paths = app.openapi_schema.to_schema()["paths"]
    assert {"/api/v1/apps", "/api/v1/fields/{field}/preview", "/api/v1/apps/{app}/trash"} <= set(paths)
