"""Stock over HTTP, as programs use it: the template's stock from receiving to shipping, and everything refused in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.system import System
from tests.runtime.records.stock.yard import Yard
from tests.support.web import program
from tests.support.world import World


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner."""
    async with await program(app, owner.email) as made:
        yield made


@pytest.fixture
async def yard(system: System) -> Yard:
    return await Yard.make(await World.make(system), partial=True, auto_fill=False)


async def asked(api: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await api.get(f"/api/v1{path}", params=params)
    assert answer.is_success, answer.text
    return answer.json()


async def sent(api: httpx.AsyncClient, path: str, body: Any, **headers: str) -> Any:
    answer = await api.post(f"/api/v1{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_stock_from_receiving_to_shipping(api: httpx.AsyncClient, yard: Yard) -> None:
    stock = f"/stocks/{yard.stock.id}"
    shelf, other = await yard.shelf(None, "A-1"), await yard.shelf(5, "A-2")
    order = await yard.order({"库存": shelf, "数量": 3})
    item = {"record": shelf, "quantity": 2}
    for _ in range(2):  # a retry, by the header and by the key
        done = await sent(
            api, f"{stock}/receive", {"items": [item], "reason": "到货"}, **{"Idempotency-Key": "a"}
        )
        assert done["items"] == [{"record": shelf, "on_hand": 2, "reserved": 0, "available": 2, "change": 2}]
    assert await sent(api, f"{stock}/reserve", {"order": order}) == {
        "outcome": "partial", "lines": 1, "reason": "红-S A-1 要 3 件,只剩 2 件可用", "waiting": 1,
    }  # fmt: skip
    found = await asked(api, f"{stock}/balances", search="A-1")
    assert [(one["shelf"]["id"], one["available"]) for one in found["shelves"]] == [(shelf, 0)]
    assert (found["total"], found["waiting"]) == (1, 1)
    assert [
        one["shelf"]["id"] for one in (await asked(api, f"{stock}/balances", only="held"))["shelves"]
    ] == [shelf]
    holds = (await asked(api, f"{stock}/holds", order=order))["holds"]
    assert [(one["quantity"], one["shelf"] is None) for one in holds] == [(2, False), (1, True)]
    for _ in range(2):
        await sent(api, f"{stock}/receive", {"items": [item], "key": "b"})
    assert await sent(api, f"{stock}/fill", {"shelf": shelf}) == {"orders": 1}
    assert await sent(api, f"{stock}/fill", {}) == {"orders": 0}
    assert (await sent(api, f"{stock}/consume", {"order": order}))["lines"] == 1
    assert (await sent(api, f"{stock}/consume", {"order": order}))["lines"] == 0
    assert (await sent(api, f"{stock}/release", {"order": order}))["lines"] == 0
    count = {"items": [{"record": shelf, "quantity": 0, "expected": 1}, {"record": other, "quantity": 5}]}
    assert [one["change"] for one in (await sent(api, f"{stock}/count", count))["items"]] == [-1, 0]
    ledger = await asked(api, f"{stock}/movements", shelf=shelf)
    assert [row["kind"] for row in ledger["movements"]] == [
        "count", "consume", "reserve", "receive", "reserve", "receive",
    ]  # fmt: skip
    assert ledger["movements"][-1]["reason"] == "到货"
    page = await asked(api, f"{stock}/movements", shelf=shelf, limit=2)
    older = await asked(api, f"{stock}/movements", shelf=shelf, limit=2, before=page["next"])
    assert [row["kind"] for row in older["movements"]] == ["reserve", "receive"]
    (concern,) = (await asked(api, f"/records/{shelf}/stock"))["stocks"]
    assert concern["role"] == "shelf"
    assert await asked(api, f"{stock}/check") == {"ok": True, "differences": []}


async def test_refusals_say_what_and_where(api: httpx.AsyncClient, yard: Yard) -> None:
    stock, shelf = f"/api/v1/stocks/{yard.stock.id}", await yard.shelf(5)
    answer = await api.post(
        f"{stock}/adjust", json={"items": [{"record": shelf, "quantity": -6}], "reason": "错"},
    )  # fmt: skip
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["path"], problem["code"]) == ("items.0", "below_reserved")
    assert problem["message"] == "红-S A-1 只有 5 件,减不了这么多"
    for path, body, status in (
        ("adjust", {"items": [{"record": shelf, "quantity": 1}]}, 422),
        ("receive", {"items": []}, 422),
        ("receive", {"items": [{"record": "recX", "quantity": 1}]}, 422),
        ("receive", {"things": []}, 400),
        ("reserve", {"order": shelf}, 422),
        ("reserve", {"order": "nothing"}, 404),
        ("release", {}, 400),
        ("fill", {"shelf": "nothing"}, 404),
        ("unowned", {"shelf": "nothing"}, 404),
    ):
        answer = await api.post(f"{stock}/{path}", json=body)
        assert answer.status_code == status, (path, answer.text)
        assert answer.json()["detail"]
    assert (await api.get("/api/v1/stocks/stkUnknownUnknow/balances")).status_code == 404
    assert await yard.balance(shelf) == (5, 0)
