"""``Idempotency-Key`` on requests whose effect is not a batch of records: the key is noted first, the answer stored after."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.system import System
from tests.support.web import Browser, program
from tests.support.world import World

KEY = {"idempotency-key": "invite-wu"}
WU = {"email": "wu@example.com", "role": "editor"}


@pytest.fixture
async def api(app: Litestar, owner: accounts.Person) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(app, owner.email) as made:
        yield made


async def test_the_first_answer_is_given_again(api: httpx.AsyncClient, world: World, system: System) -> None:
    address = f"/api/v1/apps/{world.app_id}/members"
    for encoding in ("br", "gzip", "identity"):
        sent = KEY | {"accept-encoding": encoding}
        answer = await api.post(address, json=WU, headers=sent)
        assert answer.status_code == 201
        assert answer.json()["link"].startswith(system.settings.base_url)
    links = {(await api.post(address, json=WU, headers=KEY)).json()["link"] for _ in range(2)}
    assert len(links) == 1
    assert await system.db.value("SELECT count(*) FROM meta.invitation") == 1
    assert (await api.post(address, json=WU)).json()["link"] not in links


async def test_a_key_belongs_to_its_caller_address_and_body(
    api: httpx.AsyncClient, world: World, browser: Browser, owner: accounts.Person
) -> None:
    address = f"/api/v1/apps/{world.app_id}/members"
    assert (await api.post(address, json=WU, headers=KEY)).status_code == 201
    other = await api.post(address, json=WU | {"role": "viewer"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    long = await api.post(address, json=WU, headers={"idempotency-key": "x" * 256})
    assert (long.status_code, long.json()["code"]) == (422, "bad_idempotency_key")
    # the same person's browser is the same caller
    await browser.sign_in(owner.email)
    again = await browser.call("POST", address, WU, **KEY)
    assert again.headers["idempotency-replayed"] == "true"


async def test_refusals_are_not_kept(api: httpx.AsyncClient, world: World) -> None:
    address = f"/api/v1/apps/{world.app_id}/members"
    refused = await api.post(address, json={"email": "nobody", "role": "editor"}, headers=KEY)
    assert refused.status_code == 422
    assert (await api.post(address, json=WU, headers=KEY)).status_code == 201


async def test_an_answer_that_was_lost_is_not_guessed(
    api: httpx.AsyncClient, world: World, system: System
) -> None:
    address = f"/api/v1/apps/{world.app_id}/members"
    assert (await api.post(address, json=WU, headers=KEY)).status_code == 201
    await system.db.execute("UPDATE meta.idempotency_key SET status = NULL, at = now()")
    busy = await api.post(address, json=WU, headers=KEY)
    assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_busy")
    await system.db.execute("UPDATE meta.idempotency_key SET at = now() - interval '10 minutes'")
    unknown = await api.post(address, json=WU, headers=KEY)
    assert (unknown.status_code, unknown.json()["code"]) == (409, "idempotency_unknown")


async def test_strangers_leave_no_keys(client: httpx.AsyncClient, world: World, system: System) -> None:
    answer = await client.post(f"/api/v1/apps/{world.app_id}/members", json=WU, headers=KEY)
    assert answer.status_code == 401
    assert await system.db.value("SELECT count(*) FROM meta.idempotency_key") == 0
