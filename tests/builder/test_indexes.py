"""What is kept quick, told to builders in their words, over HTTP and on its page."""

from __future__ import annotations

from typing import Any

import httpx
from litestar import Litestar

from runtime import accounts
from runtime.storage.indexes.keeper import IndexKeeper
from runtime.system import System
from tests.support.web import app, owner, program, system

__all__ = ["app", "owner", "system"]


async def filled(api: httpx.AsyncClient, system: System) -> dict[str, Any]:
    """A table of 20,000 orders with a view that filters and sorts."""
    made = (await api.post("/api/v1/apps", json={"name": "订单中枢"})).json()
    fields = [
        {"name": "单号", "type": "text"},
        {"name": "渠道", "type": "single_select", "options": {"choices": [{"name": "淘宝"}]}},
        {"name": "下单时间", "type": "datetime"},
    ]
    table = (
        await api.post(f"/api/v1/apps/{made['id']}/tables", json={"name": "主订单池", "fields": fields})
    ).json()
    ids = {field["name"]: field["id"] for field in table["fields"]}
    view = {
        "name": "淘宝新单",
        "where": {"kind": "condition", "field": ids["渠道"], "op": "is", "value": "淘宝"},
        "sorts": [{"field": ids["下单时间"], "descending": True}],
    }
    assert (await api.post(f"/api/v1/tables/{table['id']}/views", json=view)).status_code == 201
    stored = (await system.catalogs.current()).table(table["id"])
    await system.db.execute(
        f"INSERT INTO {stored.sql} ({stored.field('单号').column}) SELECT repeat('x', 40) || n"
        " FROM generate_series(1, 20000) n"
    )
    return table


async def test_builders_see_what_is_kept_quick_and_keep_it(
    app: Litestar, owner: accounts.Person, system: System
) -> None:
    async with await program(app, owner.email) as api:
        table = await filled(api, system)
        path = f"/api/v1/tables/{table['id']}/indexes"
        assert (await api.get(path)).json() == {"indexes": []}

        assert await IndexKeeper(system.db, system.catalogs).keep() == 1

        (index,) = (await api.get(path)).json()["indexes"]
        assert index["fields"] == [
            {"name": "渠道", "descending": False},
            {"name": "下单时间", "descending": True},
        ]
        assert (index["by"], index["state"], index["pinned"]) == (["淘宝新单"], "ready", False)
        assert index["size"] > 0

        kept = await api.patch(f"/api/v1/indexes/{index['id']}", json={"pinned": True})
        assert kept.json()["pinned"] is True
        assert (await api.patch("/api/v1/indexes/999999", json={"pinned": True})).status_code == 404

        page = (await api.get(f"/t/{table['id']}/speed")).text
        assert "淘宝新单" in page
        assert "已经变快" in page
        row = await api.post(f"/t/{table['id']}/speed/{index['id']}/free")
        assert row.status_code == 200
        assert "一直留着" in row.text
        assert (await api.get(path)).json()["indexes"][0]["pinned"] is False
