"""Every address of the product is tried by somebody who is no member of the app, and by one who may only look.

The addresses are those that the application itself knows, so that a new one is tried the day it is made.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.ids import new_id
from runtime.system import System
from templates_market import installer, reader
from tests.support.web import PASSWORD, Browser, program

PREFIX = "/api/v1"
SECRET = "仅成员可见"
PHONE = "13805716621"
"""Stands in every value of the app that a stranger must not read."""


@dataclass
class House:
    """An installed app with something of everything, the ids of its parts by the names that addresses give them."""

    web: Litestar
    system: System
    app: str
    ids: dict[str, str] = field(default_factory=dict)

    def filled(self, path: str) -> str:
        """A path with an id of the app at each place."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: self.ids[found[1]], path)


@pytest.fixture
async def house(app: Litestar, system: System, owner: accounts.Person) -> House:
    actor = await accounts.person_actor(system, owner.id)
    done = await installer.install_app(system, actor, reader.find("order-pool"), with_records=False)
    installed = (await system.catalogs.current()).app(done.app)
    orders = next(t for t in installed.tables if t.name == "主订单池")
    await installer.install_workbench(system, actor, reader.find("order-lookup"), orders.id)
    installed = (await system.catalogs.current()).app(done.app)
    for name, role in (("viewer", "viewer"), ("stranger", None)):
        person = await accounts.create_user(system, email=f"{name}@example.com", password=PASSWORD, name=name)
        if role is not None:
            await system.db.execute(
                "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, $3)",
                installed.number, person.number, role,
            )  # fmt: skip
    found = House(app, system, done.app)
    table = installed.tables[[t.id for t in installed.tables].index(orders.id)]
    async with await program(app, "lin@example.com") as client:
        made = await client.post(
            f"{PREFIX}/tables/{table.id}/records",
            json={"records": [{"fields": {"客户手机号": PHONE, "备注": SECRET, "订单状态": "已支付"}}]},
        )
        record = made.json()["records"][0]["id"]
        await client.patch(
            f"{PREFIX}/tables/{table.id}/records",
            json={"records": [{"id": record, "fields": {"订单状态": "审核中"}}]},
        )

    while (started := await relay(system)).events:
        for run in started.runs:
            await execute(system, run, "test")
    run = await system.db.value("SELECT public_id FROM meta.run ORDER BY id LIMIT 1")
    connector = await system.db.value("SELECT public_id FROM meta.connector LIMIT 1")
    found.ids = {
        "app": done.app, "table": table.id, "record": record, "run": run, "connector": connector,
        "field": table.field("订单状态").id, "view": table.views[0].id,
        "automation": installed.automations[0].id, "dashboard": installed.dashboards[0].id,
        "workbench": installed.workbenches[0].id, "stock": installed.stocks[0].id,
        "job": new_id("job"), "file": new_id("fil"), "form": new_id("frm"), "item": "tbl1", "number": "1", "choice": "1", "press": "1",
        "index": "1", "person": owner.id, "batch": "x", "name": "x", "size": "small", "secret": "x", "slug": "order-lookup", "pinned": "on", "token": "x", "switch": "x",
    }  # fmt: skip
    return found


def routes(web: Litestar) -> list[tuple[str, str]]:
    """Every method and path."""
    found = []
    for route in web.routes:
        for method in sorted(getattr(route, "methods", ()) or ()):
            if method not in ("OPTIONS", "HEAD"):
                found.append((method, route.path))
    return found


FOR_ALL = {
    # what concerns only the caller, the product itself, or is meant for anybody
    "/me", "/me/notices", "/me/notices/waiting", "/me/notices/read", "/me/notices/close", "/me/notices/settle", "/undo", "/apps", "/apps/order",
    "/templates", "/templates/{slug:str}", "/templates/{slug:str}/guess", "/field-types", "/formula-functions",
    "/connector-kinds", "/trash", "/live", "/imports", "/workbenches/preview",
}  # fmt: skip


DEFINITIONS: dict[str, dict[str, Any]] = {
    "/apps/{app:str}/automations": {"trigger": {"kind": "manual"}, "steps": []},
    "/apps/{app:str}/dashboards": {}, "/apps/{app:str}/forms": {"table": "$table"},
    "/apps/{app:str}/workbenches": {
        "table": "$table", "slug": "x", "bindings": {"number": "$field", "waybill": "$field"},
    },
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /tables/{table:str}/records": {"records": [{"id": "$record", "fields": {"备注": "x"}}]},
    "POST /tables/{table:str}/records": {"records": [{"fields": {"备注": "x"}}]},
    "POST /apps/{app:str}/request": {"config": {"kind": "http_request", "connector": "$connector"}},
    "POST /stocks/{stock:str}/receive": {"items": [{"record": "$record", "quantity": 1}], "reason": "x"},
    "POST /stocks/{stock:str}/adjust": {"items": [{"record": "$record", "quantity": 1}], "reason": "x"},
    "POST /stocks/{stock:str}/count": {"items": [{"record": "$record", "quantity": 1}], "reason": "x"},
    "POST /templates/{slug:str}/install": {"bindings": {}, "table": "$table"},
    "PUT /tables/{table:str}/presence": {"page": "0123456789abcdef"},
}
"""What the smallest body is not enough for; ``$name``: an id of the app."""


def body(schema: dict[str, Any], whole: dict[str, Any], house: House, name: str = "", depth: int = 0) -> Any:
    """The smallest value of a schema."""
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return body(schema[key][0], whole, house, name, depth + 1)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        wanted = schema.get("required", ())
        return {
            key: body(one, whole, house, key, depth + 1)
            for key, one in schema.get("properties", {}).items()
            if key in wanted
        }
    if kind == "array":
        return [house.ids["record"]] if name in ("records", "ids") and depth < 3 else []
    if kind == "string":
        return house.ids.get(name, "x")
    return {"integer": 1, "number": 1, "boolean": False}.get(str(kind))


@dataclass
class Answer:
    method: str
    path: str
    status: int
    text: str


async def walk(house: House, who: str) -> list[Answer]:
    """Every address of the API that names a part of the app, asked by somebody."""
    answers = []
    async with await program(house.web, f"{who}@example.com") as client:
        whole = (await client.get("/api/openapi.json")).json()
        for method, path in routes(house.web):
            short = path.removeprefix(PREFIX)
            if not path.startswith(PREFIX) or short in FOR_ALL or short.startswith("/f/"):
                continue
            described = whole["paths"].get(re.sub(r":\w+\}", "}", path), {}).get(method.lower(), {})
            content = described.get("requestBody", {}).get("content", {})
            given = {}
            for kind, one in content.items():
                if kind == "application/json":
                    given["json"] = body(one["schema"], whole, house)
            own = BODIES.get(f"{method} {short}")
            if method == "POST" and short in DEFINITIONS:
                own = {"name": "x", **DEFINITIONS[short]}
            if own is not None:
                text = msgspec.json.encode(own).decode()
                given["json"] = msgspec.json.decode(re.sub(r"\$(\w+)", lambda name: house.ids[name[1]], text))
            query = {
                one["name"]: house.ids.get(one["name"], "1")
                for one in described.get("parameters", ())
                if one["in"] == "query" and one.get("required")
            }
            answer = await client.request(method, house.filled(path), params=query, **given)
            answers.append(Answer(method, short, answer.status_code, answer.text))
    return answers


async def state(house: House) -> tuple[Any, ...]:
    db = house.system.db
    return tuple(
        [
            await db.value(f"SELECT count(*) || '/' || coalesce(max(t::text), '') FROM meta.{table} t")
            for table in (
                "history",
                "definition",
                "connector",
                "run",
                "run_step",
                "hook",
                "job",
                "membership",
                "notice",
            )
        ]
    )


LOOKING = {
    # what changes nothing though it is no GET; leases of who is here are in Redis only
    "POST /tables/{table:str}/query", "POST /tables/{table:str}/aggregate", "POST /exports",
    "PUT /tables/{table:str}/presence", "POST /apps/{app:str}/schedule",
}  # fmt: skip
BUILDING = {
    # what only builders look at
    "/tables/{table:str}/trash", "/automations/{automation:str}/hook", "/stocks/{stock:str}/check", "/apps/{app:str}/trash",
    "/apps/{app:str}/deletion", "/tables/{table:str}/deletion", "/fields/{field:str}/deletion", "/apps/{app:str}/changes",
    "/apps/{app:str}/connectors", "/tables/{table:str}/indexes",
}  # fmt: skip


async def test_a_stranger_gets_and_changes_nothing(house: House) -> None:
    before = await state(house)
    answers = await walk(house, "stranger")
    assert len(answers) > 150
    assert [a for a in answers if a.status not in (403, 404)] == [], (
        "whoever is no member is told nothing else"
    )
    assert [a for a in answers if any(word in a.text for word in (SECRET, PHONE, "主订单池", "审核中"))] == []
    assert await state(house) == before


async def test_a_viewer_changes_nothing_and_sees_no_work_of_builders(house: House) -> None:
    async with await program(house.web, "lin@example.com") as builder:
        edited = await builder.get(f"{PREFIX}/automations/{house.ids['automation']}")
        draft = {"trigger": edited.json()["trigger"], "steps": []}
        saved = await builder.put(f"{PREFIX}/automations/{house.ids['automation']}/draft", json=draft)
        assert saved.json()["draft"]["steps"] == []
    before = await state(house)
    answers = await walk(house, "viewer")
    taken = [a for a in answers if a.status < 300]
    assert {f"{a.method} {a.path}" for a in taken if a.method != "GET"} == LOOKING
    assert BUILDING.isdisjoint(a.path for a in taken)
    assert [a for a in answers if a.status >= 500] == []
    (seen,) = [a for a in answers if a.method == "GET" and a.path == "/automations/{automation:str}/draft"]
    assert msgspec.json.decode(seen.text) == {"draft": None}
    assert await state(house) == before
    async with Browser(house.web) as browser:
        await browser.sign_in("viewer@example.com", PASSWORD)
        page = await browser.open(f"/automations/{house.ids['automation']}")
        assert page.status_code == 200
        assert re.search(r'"draft":\s*null', html.unescape(page.text))


async def test_pages_are_closed_to_strangers(house: House) -> None:
    async with Browser(house.web) as browser:
        await browser.sign_in("stranger@example.com", PASSWORD)
        for method, path in routes(house.web):
            if (
                path.startswith(("/api/", "/static/", "/i18n/", "/hooks/", "/f/"))
                or "{" not in path
                or method != "GET"
            ):
                continue
            if path.startswith(("/market/", "/invite/")):
                continue
            answer = await browser.get(house.filled(path))
            assert answer.status_code in (302, 303, 403, 404), (path, answer.status_code)
            assert not any(word in answer.text for word in (SECRET, PHONE, "主订单池", "审核中")), path
