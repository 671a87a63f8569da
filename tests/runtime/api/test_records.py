"""Records over HTTP, as a program uses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.system import System
from tests.runtime.records.conftest import Pool
from tests.support.web import PASSWORD, Browser, program

PHONE = "13800138000"


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner."""
    async with await program(app, owner.email) as made:
        yield made


def order(**fields: Any) -> dict[str, Any]:
    return {"fields": {"客户手机号": PHONE, **fields}}


async def create(
    api: httpx.AsyncClient, pool: Pool, *records: dict[str, Any], **options: Any
) -> list[dict[str, Any]]:
    answer = await api.post(
        f"/api/v1/tables/{pool.orders.id}/records?field_keys=name", json={"records": list(records), **options}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


async def test_a_record_is_made_read_changed_deleted_and_restored(api: httpx.AsyncClient, pool: Pool) -> None:
    made = await api.post(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={
            "records": [
                order(渠道来源="淘宝", 应付金额="99.50", 下单时间="2026-01-15T08:26:03+08:00", 标签=["急单"])
            ]
        },
    )
    body = made.json()
    one = body["records"][0]
    by_name = {pool.orders.by_id[k].name: v for k, v in one["fields"].items()}
    assert by_name["渠道来源"] == "淘宝"
    assert by_name["应付金额"] == 99.5
    assert by_name["下单时间"] == "2026-01-15T00:26:03Z"
    assert by_name["标签"] == ["急单"]
    assert by_name["订单状态"] == "待支付"
    assert one["version"] == 1
    assert body["change"].isdigit()

    read = (await api.get(f"/api/v1/records/{one['id']}?field_keys=name")).json()
    assert read["table"] == pool.orders.id
    assert read["fields"]["客户手机号"] == PHONE

    changed = await api.patch(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={"records": [{"id": one["id"], "version": 1, "fields": {"备注": "急"}}]},
    )
    assert changed.json()["records"][0]["version"] == 2
    stale = await api.patch(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={"records": [{"id": one["id"], "version": 1, "fields": {"备注": "慢"}}]},
    )
    assert stale.status_code == 422
    assert stale.json()["problems"][0]["code"] == "version_conflict"

    gone = await api.request(
        "DELETE", f"/api/v1/tables/{pool.orders.id}/records", json={"records": [one["id"]]}
    )
    assert gone.json()["records"][0]["deleted"]
    assert (await api.get(f"/api/v1/records/{one['id']}")).status_code == 404
    back = await api.post(f"/api/v1/tables/{pool.orders.id}/restore", json={"records": [one["id"]]})
    assert back.json()["records"][0]["id"] == one["id"]
    assert (await api.get(f"/api/v1/records/{one['id']}")).status_code == 200


async def test_each_record_of_a_batch_stands_alone(api: httpx.AsyncClient, pool: Pool) -> None:
    address = f"/api/v1/tables/{pool.orders.id}/records"
    mixed = await api.post(
        address, json={"records": [order(), order(客户手机号="12345"), order(应付金额="很多")]}
    )
    assert mixed.status_code == 207
    first, second, third = mixed.json()["records"]
    assert first["id"].startswith("rec")
    assert second["problems"][0]["field_name"] == "客户手机号"
    assert second["problems"][0]["path"] == f"records.1.fields.{pool.orders.field('客户手机号').id}"
    assert "id" not in second
    assert third["problems"][0]["field_name"] == "应付金额"

    none = await api.post(address, json={"records": [order(客户手机号="12345"), {"fields": {}}]})
    assert none.status_code == 422
    assert none.headers["content-type"].startswith("application/problem+json")
    document = none.json()
    assert document["detail"] == "2 条记录都没有保存"
    assert len(document["records"]) == len(document["problems"]) == 2
    assert document["change"] is None

    atomic = await api.post(address, json={"records": [order(), order(客户手机号="12345")], "atomic": True})
    assert atomic.status_code == 422
    assert atomic.json()["code"] == "records_rejected"
    page = (await api.get(address)).json()
    assert len(page["records"]) == 1


async def test_batches_have_a_limit_and_updates_need_ids(api: httpx.AsyncClient, pool: Pool) -> None:
    address = f"/api/v1/tables/{pool.orders.id}/records"
    large = await api.post(address, json={"records": [order()] * 1001})
    assert large.status_code == 413
    assert large.json()["code"] == "batch_too_large"
    nameless = await api.patch(address, json={"records": [{"fields": {"备注": "?"}}]})
    assert nameless.status_code == 422
    assert nameless.json()["problems"][0]["path"] == "records.0.id"
    unknown = await api.post(address, json={"records": [order(没有的字段=1)]})
    assert unknown.status_code == 422
    assert "没有的字段" in unknown.json()["problems"][0]["message"]


async def test_pages_follow_each_other(api: httpx.AsyncClient, pool: Pool) -> None:
    await create(api, pool, *(order(应付金额=n) for n in range(25)))
    field = pool.orders.field("应付金额").id
    address = f"/api/v1/tables/{pool.orders.id}/query"
    query: dict[str, Any] = {
        "where": {"kind": "condition", "field": field, "op": "ge", "value": 5},
        "sorts": [{"field": field, "descending": True}],
        "fields": [field],
        "limit": 8,
    }
    seen: list[int] = []
    first = (await api.post(address, json=query)).json()
    assert first["at"] == 0
    page = first
    while True:
        seen += [record["fields"][field] for record in page["records"]]
        if page["next_cursor"] is None:
            break
        page = (await api.post(address, json={**query, "cursor": page["next_cursor"]})).json()
    assert seen == list(range(24, 4, -1))
    assert set(page["records"][0]["fields"]) == {field}
    listed = (
        await api.get(f"/api/v1/tables/{pool.orders.id}/records?limit=3&fields=应付金额&field_keys=name")
    ).json()
    assert [set(r["fields"]) for r in listed["records"]] == [{"应付金额"}] * 3
    assert (await api.post(address, json={"limit": 0})).status_code == 422
    assert (await api.post(address, json={"cursor": "nonsense"})).status_code == 422
    wrong = await api.post(
        address, json={"where": {"kind": "condition", "field": field, "op": "like", "value": 1}}
    )
    assert wrong.status_code == 400
    assert wrong.json()["problems"][0]["path"] == "where.op"
    condition = {"kind": "condition", "field": field, "op": "eq", "value": 1}
    for guessed in (
        {"filter": condition},
        {"sorts": [{"field": field, "desc": True}]},
        {"where": {**condition, "not": True}},
    ):
        refused = await api.post(address, json=guessed)
        (said,) = refused.json()["problems"]
        assert (refused.status_code, said["code"]) == (400, "unknown_key"), (
            "never read as if it were not there"
        )


async def test_numbers_over_groups(api: httpx.AsyncClient, pool: Pool) -> None:
    await create(
        api,
        pool,
        order(渠道来源="淘宝", 应付金额=10),
        order(渠道来源="淘宝", 应付金额=5),
        order(渠道来源="抖音"),
    )
    answer = await api.post(
        f"/api/v1/tables/{pool.orders.id}/aggregate",
        json={
            "groups": [{"field": pool.orders.field("渠道来源").id}],
            "aggregates": [{"fn": "count"}, {"fn": "sum", "field": pool.orders.field("应付金额").id}],
        },
    )
    groups = {g["labels"][0]: g["values"] for g in answer.json()["groups"]}
    assert groups["淘宝"] == [2, 15]
    assert groups["抖音"][0] == 1


async def test_what_stands_beside_a_record(api: httpx.AsyncClient, pool: Pool) -> None:
    customer = (
        await api.post(
            f"/api/v1/tables/{pool.customers.id}/records",
            json={"records": [{"fields": {"客户手机号": PHONE}}]},
        )
    ).json()["records"][0]["id"]
    one, other = await create(
        api, pool, order(关联客户档案=[customer], 备注="这单"), order(关联客户档案=[customer], 备注="那单")
    )
    panel = (await api.get(f"/api/v1/records/{one['id']}/panel")).json()
    assert panel["name"] == one["fields"]["订单ID"]
    assert panel["can_edit"]
    kinds = {(r["kind"], r["table"]): [x["id"] for x in r["records"]] for r in panel["related"]}
    assert kinds["linked", pool.customers.id] == [customer]
    assert kinds["siblings", pool.orders.id] == [other["id"]]

    moves = (await api.get(f"/api/v1/records/{one['id']}/moves")).json()["moves"]
    assert {m["target"]: m["allowed"] for m in moves} == {"已支付": True, "已关闭": True}
    paid = await api.patch(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={"records": [{"id": one["id"], "fields": {"订单状态": "已支付"}}]},
    )
    assert paid.status_code == 200
    refused = await api.patch(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={"records": [{"id": one["id"], "fields": {"订单状态": "已完成"}}]},
    )
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["code"] == "move_refused"

    history = (await api.get(f"/api/v1/records/{one['id']}/history")).json()
    newest = history["entries"][0]
    assert newest["channel"] == "api"
    assert newest["actor"]["name"] == "小林"
    state = next(c for c in newest["changes"] if c["name"] == "订单状态")
    assert (state["before_text"], state["after_text"]) == ("待支付", "已支付")
    page = (await api.get(f"/api/v1/records/{one['id']}/history?limit=1")).json()
    assert page["next_before"] == newest["id"]
    rest = (await api.get(f"/api/v1/records/{one['id']}/history?before={newest['id']}")).json()
    assert [e["action"] for e in rest["entries"]] == ["create"]

    found = (await api.get(f"/api/v1/tables/{pool.customers.id}/choices?q=1380")).json()["records"]
    assert [(c["id"], c["name"]) for c in found] == [(customer, PHONE)]
    # what it was found by is shown, also where it does not usually stand
    found = (await api.get(f"/api/v1/tables/{pool.orders.id}/choices?q=这单")).json()["records"]
    assert [(c["id"], c["details"].startswith("这单")) for c in found] == [(one["id"], True)]


async def test_people_take_their_changes_back(
    app: Litestar, owner: accounts.Person, pool: Pool, browser: Browser, api: httpx.AsyncClient
) -> None:
    await browser.sign_in(owner.email)
    address = f"/api/v1/tables/{pool.orders.id}/records"
    made = (await browser.call("POST", address, {"records": [order(备注="旧")]})).json()
    one = made["records"][0]["id"]
    changed = (
        await browser.call("PATCH", address, {"records": [{"id": one, "fields": {"备注": "新"}}]})
    ).json()

    undone = (await browser.call("POST", "/api/v1/undo", {})).json()
    assert undone["records"] == [one]
    assert undone["undone"] == changed["change"]
    assert "1" in undone["message"]
    read = (await browser.call("GET", f"/api/v1/records/{one}?field_keys=name")).json()
    assert read["fields"]["备注"] == "旧"
    again = (await browser.call("POST", "/api/v1/undo", {"change": undone["change"]})).json()
    assert again["records"] == [one]
    read = (await browser.call("GET", f"/api/v1/records/{one}?field_keys=name")).json()
    assert read["fields"]["备注"] == "新"
    history = (await browser.call("GET", f"/api/v1/records/{one}/history")).json()
    assert [e["channel"] for e in history["entries"]] == ["redo", "undo", "ui", "ui"]
    once_more = (await browser.call("POST", "/api/v1/undo", {})).json()
    assert once_more["undone"] == again["change"], (
        "what was done again is the newest, not what stands before it"
    )
    read = (await browser.call("GET", f"/api/v1/records/{one}?field_keys=name")).json()
    assert read["fields"]["备注"] == "旧"
    await browser.call("POST", "/api/v1/undo", {"change": once_more["change"]})
    await browser.call("POST", "/api/v1/undo", {})
    last = (await browser.call("POST", "/api/v1/undo", {})).json()
    assert last["undone"] == made["change"], "one step back after the other"
    assert (await browser.call("GET", f"/api/v1/records/{one}")).status_code == 404
    assert changed["change"] != made["change"]
    assert (await browser.call("POST", "/api/v1/undo", {"change": "x1"})).status_code == 422
    nothing = await api.post("/api/v1/undo", json={"change": 99999999})
    assert nothing.status_code == 404


async def test_a_viewer_changes_nothing(
    app: Litestar, owner: accounts.Person, pool: Pool, api: httpx.AsyncClient, system: System
) -> None:
    one = (await create(api, pool, order()))[0]["id"]
    wu = await accounts.create_user(system, email="wu@example.com", name="小吴", password=PASSWORD)
    boss = await accounts.token_actor(system, api.headers["authorization"].removeprefix("Bearer "))
    assert boss is not None
    address = f"/api/v1/tables/{pool.orders.id}/records"
    async with await program(app, wu.email) as stranger:
        assert (await stranger.get(address)).status_code == 404
        assert (await stranger.get(f"/api/v1/records/{one}")).status_code == 404
    await accounts.set_role(system, boss, pool.world.app_id, wu.id, "viewer")
    async with await program(app, wu.email) as viewer:
        assert (await viewer.get(address)).status_code == 200
        assert not (await viewer.get(f"/api/v1/records/{one}/panel")).json()["can_edit"]
        for method, path, body in (
            ("POST", address, {"records": [order()]}),
            ("PATCH", address, {"records": [{"id": one, "fields": {"备注": "!"}}]}),
            ("DELETE", address, {"records": [one]}),
            ("POST", f"/api/v1/tables/{pool.orders.id}/restore", {"records": [one]}),
        ):
            answer = await viewer.request(method, path, json=body)
            assert answer.status_code == 403, (method, path)
            assert answer.json()["code"] == "not_allowed"


async def test_a_repeated_post_has_one_effect(api: httpx.AsyncClient, pool: Pool) -> None:
    address = f"/api/v1/tables/{pool.orders.id}/records"
    key = {"idempotency-key": "order-1"}
    first = await api.post(address, json={"records": [order()]}, headers=key)
    again = await api.post(address, json={"records": [order()]}, headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len((await api.get(address)).json()["records"]) == 1

    other = await api.post(address, json={"records": [order(备注="别的")]}, headers=key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_mismatch"
    elsewhere = await api.post(
        f"/api/v1/tables/{pool.customers.id}/records",
        json={"records": [{"fields": {"客户手机号": PHONE}}]},
        headers=key,
    )
    assert elsewhere.status_code == 200


async def test_a_repeated_move_and_a_repeated_delete_have_one_effect(
    api: httpx.AsyncClient, pool: Pool
) -> None:
    """Who lost the answer to a move asks again, though the order may have gone on since."""
    address = f"/api/v1/tables/{pool.orders.id}/records?field_keys=name"
    made = await api.post(address, json={"records": [order(备注="一")]})
    record = made.json()["records"][0]["id"]
    key = {"idempotency-key": "one"}  # a key counts per method, too

    async def change(text: str, **headers: str) -> httpx.Response:
        body = {"records": [{"id": record, "fields": {"备注": text}}]}
        return await api.patch(address, json=body, headers=headers)

    first = await change("二", **key)
    await change("三")
    again = await change("二", **key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json() == first.json()
    now = await api.get(f"/api/v1/records/{record}?field_keys=name")
    assert now.json()["fields"]["备注"] == "三"
    for replayed in (None, "true"):
        gone = await api.request("DELETE", address, json={"records": [record]}, headers=key)
        assert (gone.status_code, gone.headers.get("idempotency-replayed")) == (200, replayed)


async def test_a_refused_post_may_be_tried_again_with_its_key(api: httpx.AsyncClient, pool: Pool) -> None:
    address = f"/api/v1/tables/{pool.orders.id}/records"
    key = {"idempotency-key": "order-2"}
    refused = await api.post(address, json={"records": [order(客户手机号="1")]}, headers=key)
    assert refused.status_code == 422
    fixed = await api.post(address, json={"records": [order()]}, headers=key)
    assert fixed.status_code == 200


async def test_the_same_post_many_times_at_once_has_one_effect(api: httpx.AsyncClient, pool: Pool) -> None:
    address = f"/api/v1/tables/{pool.orders.id}/records"
    answers = await asyncio.gather(
        *(
            api.post(address, json={"records": [order()]}, headers={"idempotency-key": "order-3"})
            for _ in range(6)
        )
    )
    assert {a.status_code for a in answers} <= {200, 409}
    assert 200 in {a.status_code for a in answers}
    assert all(a.json()["code"] == "idempotency_busy" for a in answers if a.status_code == 409)
    assert len((await api.get(address)).json()["records"]) == 1


NUMBERED_BY_DAY = {
    "restart": "day",
    "segments": [{"kind": "date", "text": "%Y%m%d"}, {"kind": "sequence", "width": 4}],
}


async def test_a_process_that_only_gets_keyed_requests_keeps_what_it_knows_of_definitions(
    api: httpx.AsyncClient, pool: Pool, system: System
) -> None:
    """Somebody has changed a definition elsewhere; it is read once, not again with each request."""
    version = await system.db.value("UPDATE meta.catalog_state SET version = version + 1 RETURNING version")
    made = await api.post(
        f"/api/v1/tables/{pool.orders.id}/records",
        json={"records": [order()]},
        headers={"idempotency-key": "first-of-all"},
    )
    assert made.status_code == 200
    async with system.db.transaction():  # in which nothing is kept that was not known before
        known = await system.catalogs.current()
        assert known.version == version
        assert await system.catalogs.current() is known


async def test_more_keyed_requests_at_once_than_there_are_connections(
    api: httpx.AsyncClient, pool: Pool
) -> None:
    """None of them may need a second connection while all are taken by the others, who wait for its number."""
    numbered = {"name": "单号", "type": "auto_number", "options": NUMBERED_BY_DAY}
    made = await api.post(f"/api/v1/tables/{pool.orders.id}/fields", json=numbered)
    assert made.status_code < 300, made.text
    address = f"/api/v1/tables/{pool.orders.id}/records"
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(
                api.post(address, json={"records": [order()]}, headers={"idempotency-key": f"many-{n}"})
                for n in range(40)
            )
        )
    assert {a.status_code for a in answers} == {200}


async def test_the_description_names_what_there_is(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["components"]["securitySchemes"]["token"] == {
        "type": "http", "scheme": "bearer", "description": "An API token, made under /settings",
    }  # fmt: skip
    paths = document["paths"]
    assert {"get", "post", "patch", "delete"} <= set(paths["/api/v1/tables/{table}/records"])
    schema = paths["/api/v1/tables/{table}/query"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert schema["$ref"].endswith("Query")
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation["description"], f"{method} {path} has no description"
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
            assert "400" not in operation["responses"]  # Litestar's own shape, which nobody gets
    assert "code" in document["components"]["schemas"]["ProblemDocument"]["properties"]
    assert {"200", "207", "422"} <= set(paths["/api/v1/tables/{table}/records"]["post"]["responses"])
