"""What programs hear of values that are still being computed, and of a field that is getting another type."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar

from builder.conversions import KIND
from runtime import accounts
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.system import System
from runtime.worker.jobs import run_job
from tests.support.web import program
from ui.bootstrap import JOB_KINDS


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More than five records are many here."""
    return msgspec.structs.replace(settings, refresh_at_once=2, large_table_rows=5)


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner."""
    async with await program(app, owner.email) as made:
        yield made


async def test_answers_name_what_is_refreshing_and_follow_a_conversion(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    system: System = app.state.system
    made = (await api.post("/api/v1/apps", json={"name": "订单"})).json()
    fields = [{"name": "单号", "type": "text"}, {"name": "金额", "type": "text"}]
    table = (
        await api.post(f"/api/v1/apps/{made['id']}/tables", json={"name": "单", "fields": fields})
    ).json()
    records = f"/api/v1/tables/{table['id']}/records"
    rows = [{"fields": {"单号": str(n), "金额": str(n)}} for n in range(8)]
    stored = (await api.post(records, json={"records": rows})).json()["records"]
    spec = {"name": "标签", "type": "formula", "options": {"source": '{单号}&"!"'}}
    label = (await api.post(f"/api/v1/tables/{table['id']}/fields", json=spec)).json()["id"]

    assert (await api.get(records)).json()["refreshing"] == [label]
    assert (await api.get(f"/api/v1/records/{stored[0]['id']}")).json()["refreshing"] == [label]
    busy = (await api.get(f"/api/v1/tables/{table['id']}/refreshing")).json()["fields"]
    assert [(one["field"], one["kind"]) for one in busy] == [(label, "refresh")]
    await Refresher(system).drain()
    assert (await api.get(f"/api/v1/tables/{table['id']}/refreshing")).json() == {"fields": []}

    found = (await api.get(f"/api/v1/tables/{table['id']}")).json()
    amount = next(one["id"] for one in found["fields"] if one["name"] == "金额")
    foretold = (await api.post(f"/api/v1/fields/{amount}/preview", json={"type": "number"})).json()
    assert foretold["estimated"]
    answer = (await api.patch(f"/api/v1/fields/{amount}", json={"type": "number"})).json()
    assert answer["type"] == "text"
    job = f"/api/v1/conversions/{answer['converting']}"
    assert (await api.get(job)).json()["status"] == "queued"
    again = await api.patch(f"/api/v1/fields/{amount}", json={"type": "currency"})
    assert (again.status_code, again.json()["code"]) == (409, "converting")
    assert await run_job(system, JOB_KINDS, answer["converting"])
    ended = (await api.get(job)).json()
    assert (ended["status"], ended["message"]) == ("finished", "「金额」已改成数字")
    assert await system.db.value("SELECT count(*) FROM meta.job WHERE kind = $1", KIND) == 1
    assert (await api.get("/api/v1/conversions/jobNothingAtAll12")).status_code == 404

    undone = (await api.post(f"/api/v1/apps/{made['id']}/undo", json={})).json()
    changes = (await api.get(f"/api/v1/apps/{made['id']}/changes")).json()["changes"]
    assert changes[0]["state"] == "undoing"
    busy = (await api.get(f"/api/v1/tables/{table['id']}/refreshing")).json()["fields"]
    assert (amount, "undo") in [(one["field"], one["kind"]) for one in busy]
    assert (await api.post(f"/api/v1/apps/{made['id']}/undo", json={})).json()["code"] == "converting"
    assert await run_job(system, JOB_KINDS, undone["converting"])
    ended = (await api.get(f"/api/v1/conversions/{undone['converting']}")).json()
    assert (ended["status"], ended["message"]) == ("finished", "「金额」的类型已改回单行文本")
    assert (await api.get(f"/api/v1/fields/{amount}")).json()["type"] == "text"
