"""Signing in and out, cookies, CSRF, tokens, invitations: through the pages, as a browser does it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.access import Actor
from runtime.system import System
from tests.support.web import PASSWORD, Browser, program
from tests.support.world import World
from ui.pages.forms import safe_path


def cookie(answer: httpx.Response, name: str) -> str:
    """The whole ``Set-Cookie`` line of a cookie; "" when the answer sets none."""
    return next((line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")), "")


async def actor_of(system: System, person: accounts.Person) -> Actor:
    found = await accounts.session_actor(system, await accounts.open_session(system, person))
    assert found is not None
    return found.actor


async def test_the_first_visit_makes_the_owner_and_goes_on(browser: Browser, system: System) -> None:
    page = await browser.open("/")
    assert page.url.path == "/welcome"
    assert "欢迎用活表" in page.text

    refused = await browser.submit("/welcome", name="", email="nobody", password="123", language="zh")
    assert refused.status_code == 422
    assert "请填姓名" in refused.text
    assert "至少 8 个字符" in refused.text
    assert 'value="nobody"' in refused.text

    made = await browser.submit(
        "/welcome", name="小林", email="lin@example.com", password=PASSWORD, language="zh"
    )
    assert made.status_code == 303
    line = cookie(made, "hb_session")
    assert "HttpOnly" in line
    assert "SameSite=lax" in line
    assert "Secure" not in line  # plain http here
    assert f"Max-Age={system.settings.session_days * 86400}" in line
    home = await browser.open("/")
    assert "小林,从哪里开始" in home.text
    assert (await browser.open("/welcome")).url.path == "/"


async def test_the_first_account_form_is_closed_once_there_is_one(
    browser: Browser, owner: accounts.Person
) -> None:
    await browser.open("/login")
    answer = await browser.submit(
        "/welcome", name="贼", email="thief@example.com", password=PASSWORD, language="zh"
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login"
    assert cookie(answer, "hb_session") == ""


async def test_signing_in_leads_to_where_one_wanted_to_go(browser: Browser, owner: accounts.Person) -> None:
    page = await browser.open("/settings?x=1")
    assert page.url.path == "/login"
    assert 'name="next" value="/settings?x=1"' in page.text

    answer = await browser.submit("/login", email="LIN@example.com", password=PASSWORD, next="/settings?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/settings?x=1"
    assert "账号设置" in (await browser.open("/settings")).text
    assert (await browser.open("/login")).url.path == "/"


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("/t/tbl1?view=viw1", "/t/tbl1?view=viw1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_nobody_is_sent_to_another_site(wanted: str | None, allowed: str) -> None:
    assert safe_path(wanted) == allowed


async def test_wrong_passwords_are_told_and_slowed_down(browser: Browser, owner: accounts.Person) -> None:
    await browser.open("/login")
    for _ in range(5):
        answer = await browser.submit("/login", email=owner.email, password="not-this-one")
        assert answer.status_code == 401
        assert "邮箱或密码不对" in answer.text
        assert f'value="{owner.email}"' in answer.text
        assert "not-this-one" not in answer.text
    answer = await browser.submit("/login", email=owner.email, password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 6
    assert re.search(r"请在 \d+ 秒后再试", answer.text)


async def test_signing_out_ends_the_session_on_the_server(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    await browser.sign_in(owner.email)
    token = browser.cookies["hb_session"]
    answer = await browser.submit("/logout")
    assert answer.headers["location"] == "/login"
    assert "Max-Age=0" in cookie(answer, "hb_session")
    assert await accounts.session_actor(system, token) is None
    browser.cookies.set("hb_session", token)
    assert (await browser.open("/settings")).url.path == "/login"


async def test_a_session_gets_a_fresh_cookie_while_it_slides(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    await browser.sign_in(owner.email)
    assert cookie(await browser.get("/settings"), "hb_session") == ""
    await system.db.execute("UPDATE meta.session SET last_seen_at = now() - interval '1 hour'")
    assert browser.cookies["hb_session"] in cookie(await browser.get("/settings"), "hb_session")


async def test_changes_from_other_sites_are_refused(browser: Browser, owner: accounts.Person) -> None:
    await browser.sign_in(owner.email)
    for token in ("", "nonsense", "AAAA" * 22, browser.csrf[:-4] + "AAA="):
        answer = await browser.post(
            "/settings/profile", data={"_csrf": token, "name": "别人"}, headers={"accept": "application/json"}
        )
        assert answer.status_code == 403
        assert answer.json()["code"] == "csrf"
        answer = await browser.call("PATCH", "/api/v1/me", {"name": "别人"}, **{"x-csrf-token": token})
        assert answer.status_code == 403
    assert (await browser.call("GET", "/api/v1/me")).json()["user"]["name"] == "小林"
    assert (await browser.call("PATCH", "/api/v1/me", {"name": "老林"})).status_code == 200
    assert (await browser.submit("/settings/profile", name="小林")).status_code == 200


async def test_the_sign_in_form_needs_its_own_pages_token(app: Litestar, owner: accounts.Person) -> None:
    async with Browser(app) as one, Browser(app) as other:
        bare = await one.post("/login", data={"email": owner.email, "password": PASSWORD})
        assert bare.status_code == 403
        await other.open("/login")
        assert other.csrf
        foreign = await one.post(
            "/login", data={"email": owner.email, "password": PASSWORD, "_csrf": other.csrf}
        )
        assert foreign.status_code == 403
        assert cookie(foreign, "hb_session") == ""


async def test_each_page_masks_its_token_anew(browser: Browser, owner: accounts.Person) -> None:
    await browser.sign_in(owner.email)
    tokens = set()
    for _ in range(3):
        await browser.open("/settings")
        tokens.add(browser.csrf)
    assert len(tokens) == 3


async def test_programs_need_a_token_and_no_csrf(
    app: Litestar, owner: accounts.Person, system: System
) -> None:
    async with await program(app, owner.email) as client:
        assert (await client.get("/api/v1/me")).json()["user"]["id"] == owner.id
        assert (await client.patch("/api/v1/me", json={"name": "程序"})).status_code == 200
        await system.db.execute("DELETE FROM meta.api_token")
        answer = await client.get("/api/v1/me")
        assert answer.status_code == 401
        assert answer.json()["code"] == "bad_token"
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_bad_token_is_not_made_good_by_a_cookie(browser: Browser, owner: accounts.Person) -> None:
    await browser.sign_in(owner.email)
    answer = await browser.call("GET", "/api/v1/me", authorization="Bearer hb_wrong")
    assert answer.status_code == 401


async def test_everything_needs_signing_in_unless_it_says_so(app: Litestar) -> None:
    """A new route is closed by default; this list is what is open on purpose."""
    open_paths = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.opt.get("exclude_from_auth") and handler.http_methods != {"OPTIONS"}:
                open_paths.add(route.path)
    assert open_paths == {
        "/welcome", "/login", "/logout", "/invite/{token:str}", "/health", "/ready", "/metrics", "/hooks/{secret:str}",
        "/api/openapi.json", "/w/sw.js", "/static/{file_path:path}", "/static/dist/assets/{file_path:path}", "/i18n/{name:str}",
        "/f/{secret:str}", "/api/v1/f/{secret:str}/submissions", "/api/v1/f/{secret:str}/choices", "/api/v1/f/{secret:str}/files",
    }  # fmt: skip


async def test_an_invited_colleague_makes_an_account_and_is_in(
    app: Litestar, browser: Browser, owner: accounts.Person, world: World
) -> None:
    await browser.sign_in(owner.email)
    page = await browser.open(f"/a/{world.app_id}/settings")
    assert "邀请同事" in page.text
    answer = await browser.submit(f"/a/{world.app_id}/invite", email="wu@example.com", role="editor")
    link = re.search(r"<code[^>]*>([^<]+/invite/[^<]+)</code>", answer.text)
    assert link is not None
    path = "/" + link.group(1).split("/", 3)[3]

    async with Browser(app, address="203.0.113.8", language="en-US,en;q=0.9") as colleague:
        invitation = await colleague.open(path)
        assert "Join" in invitation.text
        refused = await colleague.submit(path, name="Wu", password="short", language="en")
        assert refused.status_code == 422
        joined = await colleague.submit(path, name="Wu", password=PASSWORD, language="en")
        assert joined.headers["location"] == f"/a/{world.app_id}"
        me = (await colleague.call("GET", "/api/v1/me")).json()
        assert [(a["id"], a["role"]) for a in me["apps"]] == [(world.app_id, "editor")]
        assert me["language"] == "en"
        gone = await colleague.open(path)
        assert gone.status_code == 404


async def test_an_invitation_for_an_account_asks_for_its_sign_in(
    app: Litestar, owner: accounts.Person, world: World, system: System
) -> None:
    wu = await accounts.create_user(system, email="wu@example.com", name="小吴", password=PASSWORD)
    token, _ = await accounts.invite(
        system, await actor_of(system, owner), world.app_id, email=wu.email, role="viewer"
    )
    async with Browser(app) as colleague:
        page = await colleague.open(f"/invite/{token}")
        assert f"/login?next=/invite/{token}" in page.text
        await colleague.sign_in(wu.email)
        await colleague.open(f"/invite/{token}")
        joined = await colleague.submit(f"/invite/{token}")
        assert joined.headers["location"] == f"/a/{world.app_id}"
    async with Browser(app) as stranger:
        await stranger.sign_in(owner.email)
        other, _ = await accounts.invite(
            system, await actor_of(system, owner), world.app_id, email="x@example.com", role="viewer"
        )
        page = await stranger.open(f"/invite/{other}")
        assert "你现在登录的是 lin@example.com" in page.text


async def test_members_change_roles_and_leave(
    browser: Browser, app: Litestar, owner: accounts.Person, world: World, system: System
) -> None:
    wu = await accounts.create_user(system, email="wu@example.com", name="小吴", password=PASSWORD)
    boss = await actor_of(system, owner)
    await accounts.set_role(system, boss, world.app_id, owner.id, "owner")
    await accounts.set_role(system, boss, world.app_id, wu.id, "editor")
    await browser.sign_in(owner.email)
    base = f"/a/{world.app_id}/members"

    changed = await browser.submit(f"{base}/{wu.id}/role", role="viewer")
    assert changed.status_code == 200
    refused = await browser.submit(f"{base}/{owner.id}/role", role="viewer")
    assert refused.status_code == 422
    assert "唯一的所有者" in refused.text

    async with Browser(app) as colleague:
        await colleague.sign_in(wu.email)
        page = await colleague.open(f"/a/{world.app_id}/settings")
        assert "成员由应用的所有者管理" in page.text
        assert (await colleague.submit(f"{base}/{owner.id}/role", role="viewer")).status_code == 403
        left = await colleague.submit(f"{base}/{wu.id}/remove")
        assert left.headers["hx-redirect"] == "/"
        assert (await colleague.open(f"/a/{world.app_id}/settings")).status_code == 404


async def test_settings_sections_answer_for_themselves(browser: Browser, owner: accounts.Person) -> None:
    await browser.sign_in(owner.email)
    made = await browser.submit("/settings/tokens", name="ERP 对接")
    token = re.search(r"<code[^>]*>(hb_[^<]+)</code>", made.text)
    assert token is not None
    assert token.group(1) not in (await browser.open("/settings")).text
    assert "ERP 对接" in (await browser.open("/settings")).text

    wrong = await browser.submit("/settings/password", current="nope", new="another-good-1")
    assert wrong.status_code == 422
    assert "现在的密码不对" in wrong.text
    right = await browser.submit("/settings/password", current=PASSWORD, new="another-good-1")
    assert right.status_code == 200
    assert "hb:toast" in right.headers["hx-trigger"]

    looks = await browser.submit("/settings/appearance", language="en", theme="dark")
    assert looks.headers["hx-refresh"] == "true"
    page = await browser.open("/settings")
    assert '<html lang="en" data-theme="dark"' in page.text
    assert "Account settings" in page.text


async def test_the_owner_resets_passwords_and_switches_accounts_off(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    wu = await accounts.create_user(system, email="wu@example.com", name="小吴", password=PASSWORD)
    await browser.sign_in(owner.email)
    reset = await browser.submit(f"/settings/people/{wu.id}/password")
    password = re.search(r"<code[^>]*>([^<]{14})</code>", reset.text)
    assert password is not None
    await accounts.sign_in(system, email=wu.email, password=password.group(1))
    assert password.group(1) not in (await browser.open("/settings")).text
    own = await browser.call("POST", f"/settings/people/{owner.id}/password")
    assert own.status_code == 409
    off = await browser.submit(f"/settings/people/{wu.id}/off")
    assert "已停用" in off.text
    assert not (await accounts.find_person(system, wu.id)).active
    assert "已停用" not in (await browser.submit(f"/settings/people/{wu.id}/on")).text


async def test_public_files_ask_the_database_for_nothing(
    browser: Browser, owner: accounts.Person, system: System
) -> None:
    await browser.sign_in(owner.email)
    await system.db.execute("UPDATE meta.session SET last_seen_at = now() - interval '1 hour'")
    for path in ("/static/icon.svg", "/health", "/i18n/en.json"):
        assert (await browser.get(path)).status_code == 200
    # who asks would have been looked up, and the session moved on
    assert await system.db.value("SELECT max(last_seen_at) FROM meta.session") < datetime.now(
        UTC
    ) - timedelta(minutes=50)
