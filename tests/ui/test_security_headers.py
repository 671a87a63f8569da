"""Headers that every answer carries: pages, API, static files, refusals."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from litestar import Litestar

from runtime.settings import Settings
from tests.support.web import OUTSIDE, Browser, running
from ui.http.edge import CONTENT_SECURITY_POLICY

EVERYWHERE = (
    "/login",
    "/nope",
    "/api/nope",
    "/api/v1/me",
    "/health",
    "/static/icon.svg",
    "/api/openapi.json",
    "/settings",
)


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    if path.startswith("/api/"):  # no documents: nothing of theirs may run or be framed
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    else:
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=(self)" in headers["permissions-policy"]
        assert headers["x-frame-options"] == "DENY"
    assert "cache-control" in headers
    assert len(headers["x-request-id"]) == 12
    assert "server" not in headers
    assert "strict-transport-security" not in headers  # plain http


def test_no_inline_script_is_allowed() -> None:
    script = next(part for part in CONTENT_SECURITY_POLICY.split("; ") if part.startswith("script-src"))
    assert script == "script-src 'self' 'wasm-unsafe-eval'"


@pytest.mark.parametrize("path", ["/login", "/welcome", "/nope"])
async def test_pages_hold_no_inline_script(browser: Browser, path: str) -> None:
    page = (await browser.open(path)).text
    for tag in page.split("<script")[1:]:
        attributes, _, rest = tag.partition(">")
        assert "src=" in attributes or "application/json" in attributes
    assert " onclick=" not in page
    assert "javascript:" not in page


async def test_behind_https_cookies_are_secure_and_browsers_stay_there(settings: Settings) -> None:
    safe = msgspec.structs.replace(settings, public_url="https://orders.example.com")
    async with running(safe) as app, Browser(app) as browser:
        answer = await browser.get("/welcome")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        await browser.open("/welcome")
        cookies = answer.headers.get_list("set-cookie")
        assert cookies
        assert all("Secure" in line for line in cookies)


async def test_text_is_compressed_pictures_are_not(client: httpx.AsyncClient) -> None:
    for encoding in ("br", "gzip"):
        answer = await client.get("/api/openapi.json", headers={"accept-encoding": encoding})
        assert answer.headers["content-encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
    small = await client.get("/health", headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in small.headers


async def test_a_body_beyond_the_limit_is_refused(client: httpx.AsyncClient, app: Litestar) -> None:
    async with Browser(app) as browser:
        await browser.open("/welcome")
        answer = await browser.post(
            "/welcome",
            content=b"name=" + b"x" * 11_000_000,
            headers={"content-type": "application/x-www-form-urlencoded", "x-csrf-token": browser.csrf},
        )
        assert answer.status_code == 413


async def test_figures_are_for_this_machine_and_the_owner(app: Litestar, client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 401
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1)), base_url="http://testserver"
    ) as near:
        answer = await near.get("/metrics")
        assert answer.status_code == 200
        assert "huobiao_http_requests_total" in answer.text
        assert 'huobiao_waiting{what="outbox"} 0.0' in answer.text
        assert 'route="/metrics"' in (await near.get("/metrics")).text
        # a proxy on this machine speaks for somebody else
        assert (await near.get("/metrics", headers={"x-forwarded-for": OUTSIDE})).status_code == 401


async def test_readiness_names_what_is_missing(app: Litestar, client: httpx.AsyncClient) -> None:
    good = await client.get("/ready")
    assert good.status_code == 200
    assert good.json()["checks"] == {"database": "ok", "redis": "ok", "migrations": "ok"}

    from runtime.events.pubsub import connect

    system = app.state.system
    working, system.live.redis = system.live.redis, connect("redis://127.0.0.1:1")
    try:
        bad = await client.get("/ready")
        assert bad.status_code == 503
        assert bad.json()["checks"]["redis"] == "failed"
        assert (await client.get("/health")).status_code == 200
    finally:
        await system.live.redis.aclose()
        system.live.redis = working
