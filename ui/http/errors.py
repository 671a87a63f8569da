"""The one translator of refusals: problem documents (RFC 9457) for programs, a page for people.

A program gets ``application/problem+json``::

    {"type": "about:blank", "title": …, "status": 422, "detail": …, "code": "…", "reference": "…",
     "problems": [{"code", "message", "field", "field_name", "path"}, …]}

in the reader's language; ``problems`` has at least one entry. What the code did not foresee is logged with the request's
number, and the answer says no more than that number: never a driver's text.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.types import ExceptionHandlersMap
from redis.exceptions import RedisError

from runtime.api.common import ProblemDocument, problem_body
from runtime.errors import (
    HuobiaoError,
    InvalidInput,
    NotFound,
    NotSignedIn,
    RuleBroken,
    ServiceUnavailable,
    TooMuch,
)
from runtime.i18n import N_
from runtime.outbound import to_administrators
from ui.http.csrf import answering
from ui.http.decoding import problem_of
from ui.http.edge import named_path, request_id
from ui.reader import Reader, reader_of

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
FOR_PROGRAMS = ("/api/", "/v0/", "/hooks/", "/health", "/ready", "/metrics", "/i18n/", "/static/")
TITLES = {
    400: N_("请求看不懂"),
    401: N_("请先登录"),
    403: N_("没有权限"),
    404: N_("没有找到"),
    405: N_("这里不能这样请求"),
    409: N_("和现有内容冲突"),
    413: N_("内容太大"),
    415: N_("内容的格式不对"),
    422: N_("有内容填得不对"),
    429: N_("太频繁了"),
    500: N_("出错了"),
    502: N_("外部系统没有成功"),
    503: N_("服务暂时不可用"),
}


_NO_CHARACTER = N_("内容里有不能保存的字符,去掉再试")


class _Malformed(InvalidInput):
    """A request whose parts cannot be read."""

    code = "malformed"
    status = 400

    @classmethod
    def default_message(cls) -> str:
        return N_("请求看不懂,看一下标出的地方")


class _Unforeseen(HuobiaoError):
    code = "internal_error"


class _NotThisWay(HuobiaoError):
    code = "method_not_allowed"
    status = 405

    @classmethod
    def default_message(cls) -> str:
        return N_("这个地址不接受这种请求方法")


class _WrongKind(HuobiaoError):
    code = "unsupported_media_type"
    status = 415

    @classmethod
    def default_message(cls) -> str:
        return N_("这里不接受这种格式的内容")


_DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # being shut down, just starting
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg loses track of itself when a connection goes at a bad moment
    ConnectionError,
)


def _broken_off(error: HTTPException) -> bool:
    """Whether the sender went away before all of the request had come: a page that is left, a line that breaks, a stop.

    Litestar has no error of its own for it.
    """
    return isinstance(error, InternalServerException) and error.detail == "client disconnected prematurely"


def _no_socket(error: Exception) -> bool:
    """Whether a server's socket is not there (yet); a file that is not there has a name."""
    return isinstance(error, FileNotFoundError) and error.filename is None


def understood(error: Exception) -> HuobiaoError:
    """``error`` in our own family; what nobody foresaw becomes a plain error 500."""
    if isinstance(error, HuobiaoError):
        return error
    if isinstance(error, HTTPException):
        return _of_litestar(error)
    if isinstance(error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError):
        return InvalidInput(_NO_CHARACTER, code="bad_characters")
    if isinstance(error.__cause__ or error.__context__, UnicodeEncodeError):  # half of a surrogate pair
        return InvalidInput(_NO_CHARACTER, code="bad_characters")
    if isinstance(error, UnicodeDecodeError):  # what msgspec raises of strings in a body
        return _Malformed(N_("内容不是 UTF-8"), code="not_json")
    if isinstance(error, RecursionError) and "deserializing" in str(error):
        return _Malformed(N_("内容一层套一层,套得太深了"), code="too_deep")
    if isinstance(error, asyncpg.QueryCanceledError | asyncio.TimeoutError):
        return ServiceUnavailable(N_("这次查询太久,已经停下。把范围缩小一点再试"), code="too_slow")
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return RuleBroken(N_("别人正好也在改同样的内容,再试一次"), code="try_again")
    if isinstance(error, _DATABASE_AWAY) or _no_socket(error):
        return ServiceUnavailable(N_("数据库暂时连不上,稍后再试"), code="database_away")
    if isinstance(error, RedisError):
        return ServiceUnavailable(N_("消息服务暂时连不上,稍后再试"), code="redis_away")
    return _Unforeseen()


def _of_litestar(error: HTTPException) -> HuobiaoError:
    status = error.status_code
    if _broken_off(error):
        return _Malformed(N_("请求还没发完就断开了,再发一次"), code="broken_off")
    if isinstance(error, ValidationException):
        extra = error.extra if isinstance(error.extra, list) else []
        remarks = [
            problem_of(str(e.get("message", "")), str(e.get("key", ""))) for e in extra if isinstance(e, dict)
        ]
        return _Malformed(problems=remarks or [problem_of(error.detail)])
    simple: dict[int, HuobiaoError] = {
        401: NotSignedIn(),
        404: NotFound(),
        405: _NotThisWay(),
        413: TooMuch(N_("发来的内容太大了"), code="request_too_large"),
        415: _WrongKind(),
        503: ServiceUnavailable(N_("服务暂时不可用,稍后再试")),
    }
    if status in simple:
        return simple[status]
    return _Malformed(problems=[problem_of(error.detail)]) if 400 <= status < 500 else _Unforeseen()


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What the caller gets for ``error``; the handler of every exception."""
    known = understood(error)
    if known.status >= 500 and not isinstance(error, HuobiaoError):
        away = isinstance(known, ServiceUnavailable)  # said in one line, however many ask while it lasts
        said = {"error": str(error)} if away else {"exc_info": error}
        log.error("request failed", path=named_path(request.url.path), code=known.error_code, **said)
    headers = _headers(request, known)
    if wants_json(request):
        document = problem_document(_to_whom(request, known), _reader(request), request_id(request.scope))
        return Response(document, status_code=known.status, media_type=PROBLEM_JSON, headers=headers)
    if isinstance(known, NotSignedIn):
        return _to_sign_in(request)
    return _page(request, known, headers)


def _to_whom(request: Request[Any, Any, Any], error: HuobiaoError) -> HuobiaoError:
    """The error as it is said to who asks: whoever looks after the installation is told its settings by name."""
    if getattr(request.scope.get("user"), "everywhere", None) == "owner":
        error.message = to_administrators(error.message)
    return error


def problem_document(error: HuobiaoError, reader: Reader, reference: str) -> ProblemDocument:
    """``error`` as a problem document in the reader's language."""
    translator = reader.translator
    return ProblemDocument(
        title=translator.gettext(TITLES.get(error.status, TITLES[500])),
        status=error.status,
        detail=error.message.text(translator),
        code=error.error_code,
        reference=reference,
        problems=tuple(problem_body(p, translator) for p in (error.problems or [error.as_problem()])),
    )


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asks: by the address, or because it accepts JSON and no page."""
    if request.url.path.startswith(FOR_PROGRAMS) or request.url.path == "/api":
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def _headers(request: Request[Any, Any, Any], error: HuobiaoError) -> dict[str, str]:
    headers = {}
    wait = getattr(error, "retry_after_seconds", None)
    if wait is not None or error.status == 503:
        headers["Retry-After"] = str(max(1, round(wait or 5)))
    if isinstance(error, NotSignedIn) and request.url.path.startswith(FOR_PROGRAMS):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _reader(request: Request[Any, Any, Any]) -> Reader:
    return reader_of(request.scope, request.cookies, request.headers.get("accept-language", ""))


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send a stranger to the sign-in page, and from there back to where they wanted to go."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = (
        wanted if request.method == "GET" and "hx-request" not in request.headers else _page_behind(request)
    )
    address = "/login" + (f"?next={quote(back, safe='/')}" if back not in ("", "/") else "")
    if "hx-request" in request.headers:
        return Response(b"", status_code=401, headers={"HX-Redirect": address}, media_type="text/html")
    return Response(b"", status_code=303, headers={"Location": address}, media_type="text/html")


def _page_behind(request: Request[Any, Any, Any]) -> str:
    """The path of the page whose script asked (htmx tells its address)."""
    current = request.headers.get("hx-current-url", "")
    start = current.find("/", current.find("//") + 2)
    return current[start:] if start > 0 else ""


def _page(request: Request[Any, Any, Any], error: HuobiaoError, headers: dict[str, str]) -> Response[Any]:
    answering(request)
    translator = _reader(request).translator
    context = {
        "request": request,
        "status": error.status,
        "title": translator.gettext(TITLES.get(error.status, TITLES[500])),
        "message": error.message.text(translator),
        "problems": [p.message.text(translator) for p in error.problems if p.message != error.message],
        "code": error.error_code,
        "reference": request_id(request.scope),
        "signed_in": request.scope.get("user") is not None,
    }
    name = "errors/fragment.html" if "hx-request" in request.headers else "errors/page.html"
    engine = request.app.template_engine
    assert engine is not None  # noqa: S101 - ui.asgi sets one
    body = engine.get_template(name).render(**context)
    return Response(body, status_code=error.status, headers=headers, media_type="text/html")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {HuobiaoError: answer, HTTPException: answer, Exception: answer}
