"""One shape of refusal, whatever went wrong and wherever."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from redis.exceptions import ConnectionError as RedisConnectionError

from runtime import accounts
from runtime.errors import Duplicate, InvalidInput, OutsideFailed, Problem
from runtime.i18n import Message
from runtime.settings import Settings
from tests.support.web import OUTSIDE, Browser, program, running
from ui.http.decoding import problem_of

KEYS = {"type", "title", "status", "detail", "code", "problems", "reference"}


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The answer is a problem document, complete and consistent; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) >= KEYS
    assert document["status"] == status
    assert document["reference"] == answer.headers["x-request-id"]
    assert document["problems"]
    for problem in document["problems"]:
        assert {"code", "message"} <= set(problem) <= {"code", "message", "field", "field_name", "path"}
        assert problem["message"]
    for text in (document["title"], document["detail"], *(p["message"] for p in document["problems"])):
        assert text
        assert "{" not in text
        assert "Traceback" not in text
    if code is not None:
        assert document["code"] == code
    return document


class Order(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    amount: int = 0
    lines: tuple[int, ...] = ()


def raising() -> dict[str, Exception]:
    """What the routes that fail raise, by name."""
    return {
        "duplicate": Duplicate("「{field}」重复", field="fld1", field_name="平台单号"),
        "many": InvalidInput(problems=[Problem("a", Message("甲"), path="x.0"), Problem("b", Message("乙"))]),
        "outside": OutsideFailed(retry_after_seconds=7),
        "surprise": RuntimeError("secret detail of a driver"),
        "unique": asyncpg.UniqueViolationError('duplicate key value violates unique constraint "secret"'),
        "slow": asyncpg.QueryCanceledError("canceling statement"),
        "deadlock": asyncpg.DeadlockDetectedError("deadlock detected"),
        "away": ConnectionRefusedError("secret host"),
        "socket": FileNotFoundError(2, "No such file or directory"),
        "file": FileNotFoundError(2, "No such file or directory", "secret.png"),
        "stopping": asyncpg.exceptions.AdminShutdownError(
            "terminating connection due to administrator command"
        ),
        "starting": asyncpg.CannotConnectNowError("the database system is starting up"),
        "confused": asyncpg.InternalClientError("cannot switch to state 15"),
        "redis": RedisConnectionError("secret host"),
        "timeout": TimeoutError(),
    }


@get("/api/v1/boom/{kind:str}", opt={"exclude_from_auth": True})
async def boom(kind: FromPath[str]) -> None:
    raise raising()[kind]


@get("/boom", opt={"exclude_from_auth": True})
async def boom_page() -> None:
    raise raising()["surprise"]


@post("/api/v1/order", opt={"exclude_from_auth": True, "exclude_from_csrf": True})
async def order(data: JSONBody[Order], limit: FromQuery[int] = 5) -> None:
    return None


@pytest.fixture
async def app(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Litestar]:
    """The application; for tests that ask for ``failing``, with the routes above."""
    more = (boom, boom_page, order) if "failing" in request.fixturenames else ()
    async with running(settings, *more) as made:
        yield made


@pytest.fixture
def failing(app: Litestar) -> Litestar:
    """The application with routes that fail in every way."""
    return app


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("duplicate", 409, "duplicate"),
        ("many", 422, "invalid_input"),
        ("outside", 502, "outside_failed"),
        ("surprise", 500, "internal_error"),
        ("unique", 500, "internal_error"),
        ("slow", 503, "too_slow"),
        ("timeout", 503, "too_slow"),
        ("deadlock", 409, "try_again"),
        ("away", 503, "database_away"),
        ("socket", 503, "database_away"),
        ("file", 500, "internal_error"),
        ("stopping", 503, "database_away"),
        ("starting", 503, "database_away"),
        ("confused", 503, "database_away"),
        ("redis", 503, "redis_away"),
    ],
)
async def test_whatever_is_raised_becomes_one_shape(
    failing: Litestar, client: httpx.AsyncClient, kind: str, status: int, code: str
) -> None:
    answer = await client.get(f"/api/v1/boom/{kind}")
    assert_problem(answer, status, code)
    assert "secret" not in answer.text
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0


async def test_waiting_times_are_passed_on(failing: Litestar, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/boom/outside")).headers["retry-after"] == "7"


async def test_fields_and_paths_are_passed_on(failing: Litestar, client: httpx.AsyncClient) -> None:
    one = assert_problem(await client.get("/api/v1/boom/duplicate"), 409)
    assert one["problems"][0]["field"] == "fld1"
    assert one["problems"][0]["field_name"] == "平台单号"
    many = assert_problem(await client.get("/api/v1/boom/many"), 422)
    assert [(p["code"], p.get("path")) for p in many["problems"]] == [("a", "x.0"), ("b", None)]


@pytest.mark.parametrize(
    ("body", "query", "path", "code", "words"),
    [
        (b'{"name": 1}', "", "name", "wrong_type", "应该是文字,收到的是一个整数"),
        (b'{"name": "a", "lines": [1, "x"]}', "", "lines.1", "wrong_type", "应该是一个整数"),
        (b'{"name": "a", "amount": null}', "", "amount", "wrong_type", "收到的是空值"),
        (b"{}", "", "name", "missing", "缺少「name」"),
        (b'{"name": "a", "colour": 1}', "", "colour", "unknown_key", "不认识「colour」"),
        (b"{bad", "", None, "not_json", "不是有效的 JSON"),
        (b'{"name": "a"', "", None, "not_json", "不是有效的 JSON"),
        (b"", "", "data", "missing", "请求里没有内容"),
        (b'{"name": "a"}', "?limit=x", "limit", "wrong_type", "应该是一个整数"),
    ],
)
async def test_malformed_bodies_say_where_and_why(
    failing: Litestar,
    client: httpx.AsyncClient,
    body: bytes,
    query: str,
    path: str | None,
    code: str,
    words: str,
) -> None:
    answer = await client.post(
        f"/api/v1/order{query}", content=body, headers={"content-type": "application/json"}
    )
    document = assert_problem(answer, 400, "malformed")
    problem = document["problems"][0]
    assert (problem.get("path"), problem["code"]) == (path, code), problem
    assert words in problem["message"]


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        ("Expected `int` <= 1000", "应该 <= 1000"),
        ("Expected `array` of length <= 3", "长度应该 <= 3"),
        ("Expected `str | null`, got `int` - at `$.a`", "应该是文字,收到的是一个整数"),
        ("Invalid value 'pink' - at `$.color`", "没有 'pink' 这个选项"),
        ("Something new that nobody foresaw", "这里填得不对"),
    ],
)
def test_every_remark_of_the_decoder_becomes_a_sentence(remark: str, words: str) -> None:
    assert words in problem_of(remark).message.text()


async def test_unknown_addresses_and_methods(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/api/v1/nope"), 404, "not_found")
    assert_problem(await client.get("/api/nope"), 404, "not_found")
    assert_problem(await client.put("/api/v1/me"), 405, "method_not_allowed")


async def test_every_endpoint_refuses_strangers_in_the_same_shape(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    asked = 0
    for path, item in app.openapi_schema.to_schema()["paths"].items():
        address = re.sub(r"\{\w+\}", "1", path)
        for method in set(item) & {"get", "post", "patch", "delete", "put"}:
            answer = await client.request(method.upper(), address)
            if path.startswith("/api/v1/f/"):  # for strangers, but only from the page of the form
                assert_problem(answer, *((404, "not_found") if method == "get" else (403, "csrf")))
                continue
            assert_problem(answer, 401, "not_signed_in")
            asked += 1
    assert asked > 15


async def test_every_endpoint_refuses_unknown_things_in_the_same_shape(
    app: Litestar, owner: accounts.Person
) -> None:
    """No made-up id, empty body or half a body makes a server error or another shape."""
    async with await program(app, owner.email) as client:
        for path, item in app.openapi_schema.to_schema()["paths"].items():
            address = re.sub(r"\{\w+\}", "recNothingThere01", path.replace("{number}", "7"))
            for method in set(item) & {"get", "post", "patch", "delete", "put"}:
                bodies: tuple[Any, ...] = (None,) if method == "get" else (None, {}, {"records": [{}]}, [])
                for body in bodies:
                    answer = await client.request(method.upper(), address, json=body)
                    if answer.status_code >= 300:
                        assert answer.status_code < 500, f"{method} {address} {body}: {answer.text}"
                        assert_problem(answer, answer.status_code)


async def test_refusals_speak_the_callers_language(
    browser: Browser, owner: accounts.Person, client: httpx.AsyncClient
) -> None:
    english = await client.get("/api/v1/me", headers={"accept-language": "en-US,en;q=0.9,zh;q=0.1"})
    assert english.json()["detail"] == "Sign in first"
    by_cookie = await client.get("/api/v1/me", headers={"accept-language": "zh", "cookie": "hb_language=en"})
    assert by_cookie.json()["detail"] == "Sign in first"
    await browser.sign_in(owner.email)
    await browser.call("PATCH", "/api/v1/me", {"language": "en"})
    by_setting = await browser.call("GET", "/api/v1/records/recNothingThere01")
    assert by_setting.json()["title"] == "Not found"


async def test_people_get_a_page_with_a_number_that_is_logged(
    failing: Litestar, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    page = await browser.get("/boom")
    assert page.status_code == 500
    assert page.headers["content-type"].startswith("text/html")
    number = page.headers["x-request-id"]
    assert number in page.text
    assert "secret" not in page.text
    assert "回首页" in page.text
    logged = capsys.readouterr()
    assert number in logged.out + logged.err


async def test_who_goes_away_while_sending_is_no_fault_of_ours(
    failing: Litestar, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that is left, a line that breaks, a server that stops: the rest of the request never comes."""
    coming = iter([{"type": "http.request", "body": b'{"na', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(coming)

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/v1/order", "raw_path": b"/api/v1/order", "query_string": b"", "root_path": "", "state": {},
        "headers": [(b"host", b"testserver"), (b"content-type", b"application/json"), (b"content-length", b"55")],
        "client": (OUTSIDE, 4711), "server": ("testserver", 80),
    }  # fmt: skip
    await failing(scope, receive, send)  # type: ignore[arg-type]
    assert [event["status"] for event in sent if event["type"] == "http.response.start"] == [400]
    assert b'"broken_off"' in b"".join(event.get("body", b"") for event in sent)
    logged = capsys.readouterr()
    assert "request failed" not in logged.out + logged.err


async def test_pages_that_are_not_there(browser: Browser, owner: accounts.Person) -> None:
    page = await browser.get("/nope")
    assert page.status_code == 404
    assert "没有找到" in page.text
    await browser.sign_in(owner.email)
    assert (await browser.get("/a/appNothingThere1/settings")).status_code == 404


async def test_parts_of_a_page_are_refused_as_parts(failing: Litestar, browser: Browser) -> None:
    part = await browser.get("/boom", headers={"hx-request": "true"})
    assert part.status_code == 500
    assert "<html" not in part.text
    assert part.headers["x-request-id"] in part.text
    signed_out = await browser.get(
        "/settings/sessions",
        headers={"hx-request": "true", "hx-current-url": "http://testserver/settings?x=1"},
    )
    assert signed_out.status_code == 401
    assert signed_out.headers["hx-redirect"] == "/login?next=/settings%3Fx%3D1"
