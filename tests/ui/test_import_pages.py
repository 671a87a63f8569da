"""The pages of imports: who may open them, where they lead, what they bring for the island."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx
import pytest

from runtime import accounts
from runtime.accounts.members import put_member
from runtime.definitions.fields import Text
from runtime.system import System
from tests.support.web import PASSWORD, Browser
from tests.support.world import World

CSV = "单号,金额\nA,1\nB,2\n".encode()


@pytest.fixture
async def world(system: System, owner: accounts.Person) -> World:
    return await World.make(system)


@pytest.fixture
async def signed_in(browser: Browser, world: World) -> Browser:
    await browser.sign_in("lin@example.com")
    return browser


def page_data(answer: httpx.Response) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="import-page">(.*?)</script>', answer.text, re.DOTALL
    )
    assert found, answer.text[:400]
    data: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return data


async def upload(
    browser: Browser, world: World, content: bytes = CSV, name: str = "订单.csv"
) -> httpx.Response:
    return await browser.post(
        "/api/v1/imports",
        data={"app": world.app_id, "table": ""},
        files={"file": (name, content)},
        headers={"accept": "application/json", "x-csrf-token": browser.csrf},
    )


async def test_the_wizard_knows_the_tables_and_kinds_of_fields(signed_in: Browser, world: World) -> None:
    table = await world.table("主订单池", {"单号": Text()})
    data = page_data(await signed_in.open(f"/a/{world.app_id}/import?table={table.id}"))
    assert data["tables"] == [{"id": table.id, "name": "主订单池", "icon": table.definition.icon or "table"}]
    assert (data["table"], data["job"], data["can_build"], data["max_mb"]) == (table.id, None, True, 100)
    kinds = [kind["name"] for kind in data["types"]]
    assert "currency" in kinds
    assert not {"link", "formula", "created_time"} & set(kinds)


async def test_ways_into_the_wizard(signed_in: Browser, world: World) -> None:
    table = await world.table("主订单池", {"单号": Text()})
    assert (await signed_in.open(f"/t/{table.id}/import")).url == (
        f"http://testserver/a/{world.app_id}/import?table={table.id}"
    )
    assert (await signed_in.open("/imports/new")).url.path == f"/a/{world.app_id}/import"
    await World.make(world.system, "另一个")
    data = page_data(await signed_in.open("/imports/new"))
    assert [app["name"] for app in data["apps"]] == ["订单中枢", "另一个"]


async def test_an_import_that_was_left_is_found_again(signed_in: Browser, world: World) -> None:
    job = (await upload(signed_in, world)).json()["id"]
    data = page_data(await signed_in.open(f"/a/{world.app_id}/import"))
    assert [(one["id"], one["filename"], one["status"]) for one in data["recent"]] == [
        (job, "订单.csv", "draft")
    ]
    again = page_data(await signed_in.open(f"/imports/{job}"))
    assert (again["job"], again["app"]["id"]) == (job, world.app_id)


async def test_a_file_that_cannot_be_read_leaves_nothing_behind(signed_in: Browser, world: World) -> None:
    refused = await upload(signed_in, world, b"\x89PNG\r\n\x1a\n" + b"0" * 64, "照片.xlsx")
    assert refused.status_code == 422
    assert "图片" in refused.json()["detail"]
    assert await world.system.db.value("SELECT count(*) FROM meta.job") == 0
    assert not list((world.system.settings.data_dir / "files").iterdir())


async def test_the_encoding_may_be_corrected(signed_in: Browser, world: World) -> None:
    job = (await upload(signed_in, world, "姓名\n許功蓋\n".encode("big5"))).json()["id"]
    seen = await signed_in.call("GET", f"/api/v1/imports/{job}/preview?encoding=big5")
    assert seen.json()["rows"] == [["許功蓋"]]
    refused = await signed_in.call("GET", f"/api/v1/imports/{job}/preview?encoding=rot13")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_encoding")


async def test_who_may_only_look_is_told_so(signed_in: Browser, world: World, system: System) -> None:
    job = (await upload(signed_in, world)).json()["id"]
    viewer = await accounts.create_user(system, email="wang@example.com", name="王强", password=PASSWORD)
    async with system.db.transaction() as tx:
        await put_member(tx, world.app_number, viewer.number, "viewer")
    await signed_in.submit("/logout")
    await signed_in.sign_in("wang@example.com")
    page = await signed_in.open(f"/a/{world.app_id}/import")
    assert page.status_code == 403
    assert "只能查看" in page.text
    # somebody else's import is nobody else's business
    assert (await signed_in.open(f"/imports/{job}")).status_code == 404
