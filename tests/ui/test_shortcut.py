"""The short way of API requests answers as the long one does, word for word."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from runtime import accounts, metrics
from runtime.system import System
from tests.runtime.records.conftest import Pool, pool
from tests.support.web import program
from ui.http.shortcut import Shortcut

__all__ = ["pool"]
PHONE = "13800138000"
LONG = {"cookie": "any=1"}
"""A cookie makes a request one of the other kind."""
_OF_EACH = {"x-request-id", "content-length"}


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses of requests that went the short way until they were answered."""
    found: list[str] = []
    real = Shortcut._do

    async def noting(self: Shortcut, scope: Any, *rest: Any) -> Any:
        answer = await real(self, scope, *rest)
        if answer is not None:
            found.append(scope["path"])
        return answer

    monkeypatch.setattr(Shortcut, "_do", noting)
    return found


def shape(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body without what is another one each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_EACH}
    return answer.status_code, headers, _plain(answer.json())


def _plain(body: Any) -> Any:
    if isinstance(body, dict):
        each = {"id", "change", "created_at", "updated_at", "reference"}
        return {key: "…" if key in each and value else _plain(value) for key, value in body.items()}
    if isinstance(body, str):  # numbers that count up
        return re.sub(r"^DD\d+$", "DD…", body)
    return [_plain(one) for one in body] if isinstance(body, list) else body


async def both(api: httpx.AsyncClient, method: str, path: str, **what: Any) -> httpx.Response:
    """Ask in both ways, which must answer the same; the answer of the short way."""
    headers = what.pop("headers", {})
    short = await api.request(method, path, headers=headers, **what)
    long = await api.request(method, path, headers=headers | LONG, **what)
    assert shape(short) == shape(long)
    return short


GOOD = {"fields": {"客户手机号": PHONE, "应付金额": "99.50", "标签": ["急单"]}}


@pytest.mark.parametrize("keys", ["", "?field_keys=name", "?field_keys=id"])
async def test_stored_records_are_answered_the_same(
    api: httpx.AsyncClient, pool: Pool, taken: list[str], keys: str
) -> None:
    path = f"/api/v1/tables/{pool.orders.id}/records{keys}"
    made = await both(api, "POST", path, json={"records": [GOOD]})
    assert made.status_code == 200
    record = made.json()["records"][0]
    changed = await api.patch(path, json={"records": [{"id": record["id"], "fields": {"应付金额": 5}}]})
    assert changed.json()["records"][0]["version"] == 2
    assert len(taken) == 2  # what was sent with a cookie is not among them


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"records": [{"fields": {"客户手机号": "12"}}]}, 422),
        ({"records": [GOOD, {"fields": {"没有": 1}}]}, 207),
        ({"records": [{"fields": {}}], "atomic": True}, 422),
        ({"records": [GOOD] * 1001}, 413),
        ({"records": [{"fields": {}, "more": 1}]}, 400),
        ({"records": 5}, 400),
        ({"records": [GOOD], "typecast": "true"}, 200),
        ({"records": [{"fields": {"备注": "a\x00b"}}]}, 422),
    ],
)
async def test_what_is_refused_is_refused_in_the_same_words(
    api: httpx.AsyncClient, pool: Pool, body: Any, status: int
) -> None:
    answer = await both(api, "POST", f"/api/v1/tables/{pool.orders.id}/records", json=body)
    assert answer.status_code in (status, 400, 413, 422) if status >= 400 else answer.status_code == status


async def test_bodies_that_are_no_json_and_tables_that_are_not_there(
    api: httpx.AsyncClient, pool: Pool
) -> None:
    path = f"/api/v1/tables/{pool.orders.id}/records"
    json = {"content-type": "application/json"}
    for content in (b"", b"{", b"[" * 100_000, b'"\xff"', b"null", b'{"records": "\\ud800"}'):
        assert (await both(api, "POST", path, content=content, headers=json)).status_code == 400
    half = b'{"records": [{"fields": {"name": "\\ud800"}}]}'
    assert (await both(api, "POST", path, content=half, headers=json)).status_code in (400, 422)
    assert (await both(api, "POST", f"{path}?field_keys=other", json={"records": []})).status_code == 400
    gone = "/api/v1/tables/tblAAAAAAAAAAAAAA/records"
    assert (await both(api, "POST", gone, json={"records": [GOOD]})).status_code == 404
    english = await both(
        api, "POST", gone, json={"records": [GOOD]}, headers={"accept-language": "en-GB,en;q=0.8"}
    )
    assert english.json()["code"] == "not_found"


async def test_a_token_is_asked_for_each_time(
    api: httpx.AsyncClient, pool: Pool, system: System, owner: accounts.Person, taken: list[str]
) -> None:
    path = f"/api/v1/tables/{pool.orders.id}/records"
    assert (await api.post(path, json={"records": [GOOD]})).status_code == 200
    await system.db.execute("DELETE FROM meta.api_token WHERE person_id = $1", owner.number)
    refused = await both(api, "POST", path, json={"records": [GOOD]})
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")
    assert refused.headers["www-authenticate"] == "Bearer"
    nobody = await both(api, "POST", path, json={"records": [GOOD]}, headers={"authorization": "Basic eDp5"})
    assert nobody.status_code == 401
    assert len(taken) == 1


async def test_pages_are_packed_for_who_understands_that(api: httpx.AsyncClient, pool: Pool) -> None:
    path = f"/api/v1/tables/{pool.orders.id}"
    await api.post(f"{path}/records", json={"records": [GOOD] * 30})
    for encoding in ("br", "gzip", "identity"):
        page = await both(api, "POST", f"{path}/query", json={}, headers={"accept-encoding": encoding})
        assert len(page.json()["records"]) == 30
        assert page.headers.get("content-encoding", "identity") == encoding


async def test_a_repeated_request_with_a_key_is_stored_once(
    api: httpx.AsyncClient, pool: Pool, taken: list[str]
) -> None:
    path = f"/api/v1/tables/{pool.orders.id}/records"
    key = {"idempotency-key": "order-1"}
    first = await api.post(path, json={"records": [GOOD]}, headers=key)
    assert (await api.post(path, json={"records": [GOOD]}, headers=key)).json() == first.json()
    assert taken == []


async def test_both_ways_are_counted_as_one_route(api: httpx.AsyncClient, pool: Pool) -> None:
    def count() -> float:
        labels = ("POST", "/api/v1/tables/{table}/records", "200")
        return metrics.requests.labels(*labels)._value.get()  # type: ignore[no-any-return]

    before = count()
    await both(api, "POST", f"/api/v1/tables/{pool.orders.id}/records", json={"records": [GOOD]})
    assert count() == before + 2
