"""HTTP interfaces of other systems: requests below one address, with credentials that only ever go there.

The connector holds the address and the credentials, a message says the rest: method, path, query, headers, body, and
which values of the answer the step wants. Every request carries ``Idempotency-Key``, the same on each try.
"""

from __future__ import annotations

import base64
import re
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

import httpx
import msgspec

from runtime.connectors.answers import Pick, picked
from runtime.connectors.base import ConnectorKind, Option, Receipt, SettingField, SettingValues
from runtime.connectors.http_webhook import retry_after
from runtime.errors import InvalidInput, NotAllowed, OutsideFailed
from runtime.i18n import CHINESE, N_, Translator
from runtime.outbound import OutboundClient, OutboundResponse, parse_url

MAX_BODY_BYTES = 256 * 1024
KEPT_ANSWER_CHARACTERS = 2000
TIMEOUT_SECONDS = 20.0
OK, REFUSED = "ok", "refused"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "content-encoding", "transfer-encoding", "connection", "accept-encoding"}
    | {"idempotency-key", "te", "upgrade", "trailer", "proxy-authorization"}
)
_RETRYABLE = frozenset({408, 425, 429})

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class HttpMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag="http", tag_field="kind", omit_defaults=True
):
    """A request. ``path``: below the connector's address, already percent-encoded. ``picks``: values of the (JSON) answer
    that become outputs of the step. ``any_status``: a refusal (4xx) is an answer like any other."""

    method: Method
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    body: str | None = None
    picks: tuple[Pick, ...] = ()
    any_status: bool = False


def check_header(name: str, value: str) -> None:
    """Refuse what cannot be a header, or is ours to write. Raises :class:`InvalidInput`."""
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidInput(N_("请求头名称只能用英文字母、数字和 -"), code="header_invalid")
    if name.lower() in _OWN_HEADERS:
        raise InvalidInput(N_("请求头 {name} 由活表自己填写,换一个"), code="header_invalid", name=name)
    if not _HEADER_VALUE.fullmatch(value):
        raise InvalidInput(N_("请求头里只能用英文字母、数字和常用符号"), code="header_invalid")


class HttpApi(ConnectorKind):
    """The kind ``http_api``."""

    id: ClassVar[str] = "http_api"
    destination: ClassVar[tuple[str, ...]] = ("base_url",)
    name: ClassVar[str] = N_("HTTP 接口")
    description: ClassVar[str] = N_("调用别的系统的接口,带上凭证,并用回来的结果")
    icon: ClassVar[str] = "globe"
    fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField(
            name="base_url",
            label=N_("接口地址"),
            input="url",
            required=True,
            placeholder="https://api.example.com/v1",
            help=N_("所有请求都从这个地址开始,后面的部分在步骤里写;凭证只会发到这里"),
        ),
        SettingField(
            name="auth",
            label=N_("凭证"),
            input="choice",
            options=(
                Option("none", N_("不需要")),
                Option("bearer", N_("令牌(Bearer)")),
                Option("basic", N_("用户名和密码(Basic)")),
                Option("header", N_("放在请求头里的密钥")),
            ),
        ),
        SettingField(
            name="token",
            label=N_("令牌"),
            input="password",
            required=True,
            secret=True,
            only_with=("auth", ("bearer",)),
            help=N_("加密保存,之后不再显示"),
        ),
        SettingField(name="username", label=N_("用户名"), required=True, only_with=("auth", ("basic",))),
        SettingField(
            name="password",
            label=N_("密码"),
            input="password",
            secret=True,
            only_with=("auth", ("basic",)),
            help=N_("加密保存,之后不再显示"),
        ),
        SettingField(
            name="header_name",
            label=N_("请求头名称"),
            required=True,
            placeholder="X-Api-Key",
            only_with=("auth", ("header",)),
        ),
        SettingField(
            name="header_value",
            label=N_("请求头内容"),
            input="password",
            required=True,
            secret=True,
            only_with=("auth", ("header",)),
            help=N_("加密保存,之后不再显示"),
        ),
    )
    steps: ClassVar[tuple[str, ...]] = (
        N_("在对方系统的接口文档里找到接口地址和要带的凭证"),
        N_("填到这里,点「保存并测试」:能连上、凭证没被拒绝就好了"),
    )
    messages: ClassVar[tuple[type[msgspec.Struct], ...]] = (HttpMessage,)

    def check_setting(self, name: str, value: str) -> str:
        """The address without what a step writes; headers fit for HTTP."""
        if name == "base_url":
            url = parse_url(value)
            if url.query or url.fragment or "?" in value or "#" in value:
                raise InvalidInput(N_("接口地址里不要带 ? 和 # 后面的部分,参数在步骤里填"))
            return value.rstrip("/")
        if name == "header_name":
            check_header(value, "")
        if name in ("header_value", "token"):
            check_header("x", value)
        return value

    def shown(self, settings: SettingValues) -> str:
        """The address; it holds no secret."""
        return settings["base_url"]

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: HttpMessage,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Make the request. The receipt's ``raw`` has the status and the answer's start, ``output`` the picked values.

        Raises as the base says; ``error_code`` is ``http_unauthorized`` (permanent: the credentials are refused),
        ``http_refused`` (permanent, other 4xx), ``http_unavailable`` (retryable: 408, 425, 429, 5xx),
        ``answer_unreadable`` (permanent: values are wanted, and it is no JSON), ``response_too_large`` or a failure of
        the connection.
        """
        response = await self.call(
            client, settings, message, idempotency_key=idempotency_key, truncate=not message.picks
        )
        status = response.status
        raw = {"status": status, "body": response.text()[:KEPT_ANSWER_CHARACTERS]}
        if response.ok:
            output = picked(_json(response), message.picks) if message.picks else {}
            return Receipt(0, f"HTTP {status}", raw, OK, {"status": status, **output})
        if message.any_status and 400 <= status < 500 and status not in _RETRYABLE:
            return Receipt(
                0, f"HTTP {status}", raw, REFUSED, {"status": status, **_if_json(response, message.picks)}
            )
        raise _refusal(response)

    async def call(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: HttpMessage,
        *,
        idempotency_key: str | None = None,
        truncate: bool = False,
    ) -> OutboundResponse:
        """The answer, whatever its status. Raises as :meth:`send` does where there is none."""
        body = None if message.body is None else message.body.encode()
        if body is not None and len(body) > MAX_BODY_BYTES:
            raise InvalidInput(
                N_("要发送的数据超过 {limit} KB,请少选几个字段"),
                code="message_too_long",
                limit=MAX_BODY_BYTES // 1024,
            )
        return await client.request(
            message.method,
            address(settings["base_url"], message),
            headers=_headers(settings, message, idempotency_key),
            content=body,
            timeout_seconds=TIMEOUT_SECONDS,
            truncate=truncate,
        )

    async def test(
        self, client: OutboundClient, settings: SettingValues, translator: Translator = CHINESE
    ) -> Receipt:
        """GET the address: whoever answers, and does not refuse the credentials, is fine."""
        response = await self.call(client, settings, self.test_message(translator), truncate=True)
        if response.status in (401, 403) or response.status >= 500:
            raise _refusal(response)
        return Receipt(0, f"HTTP {response.status}", {"status": response.status})

    def test_message(self, translator: Translator) -> HttpMessage:
        """A GET of the address itself, which changes nothing."""
        return HttpMessage(method="GET")


def address(base_url: str, message: HttpMessage) -> str:
    """Where a request goes. Raises :class:`NotAllowed` when its path leads out of the connector's address."""
    path = message.path.lstrip("/")
    text = f"{base_url.rstrip('/')}/{path}" if path else base_url
    base, target = parse_url(base_url), parse_url(text)
    root = base.path.rstrip("/") + "/"
    inside = (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)
    segments = [
        part.lower().replace("%2e", ".") for part in target.raw_path.decode().partition("?")[0].split("/")
    ]
    if not inside or ".." in segments or not (target.path.rstrip("/") + "/").startswith(root):
        raise NotAllowed(N_("请求的地址不在连接的接口地址之内"), code="address_not_allowed")
    if message.query:
        text += ("&" if "?" in text else "?") + urlencode(message.query)
    return text


def _headers(settings: SettingValues, message: HttpMessage, idempotency_key: str | None) -> dict[str, str]:
    headers = httpx.Headers({"Accept": "application/json, */*;q=0.5"})
    if message.content_type:
        headers["Content-Type"] = message.content_type
    for name, value in message.headers:
        check_header(name, value)
        headers[name] = value
    auth = settings.get("auth", "none")
    if auth == "bearer":
        headers["Authorization"] = f"Bearer {settings['token']}"
    elif auth == "basic":
        pair = f"{settings['username']}:{settings.get('password', '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    elif auth == "header":
        headers[settings["header_name"]] = settings["header_value"]
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return dict(headers)


def _json(response: OutboundResponse) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise OutsideFailed(
            N_("{host} 收下了(HTTP {status}),但回答不是 JSON,取不到步骤要用的值"),
            code="answer_unreadable",
            retryable=False,
            host=response.host,
            status=response.status,
            answer=response.text()[:KEPT_ANSWER_CHARACTERS],
        ) from None


def _if_json(response: OutboundResponse, picks: tuple[Pick, ...]) -> dict[str, Any]:
    try:
        return picked(response.json(), picks)
    except (ValueError, RecursionError):
        return picked(None, picks)


def _refusal(response: OutboundResponse) -> OutsideFailed:
    status = response.status
    brief = " ".join(response.text().split())[:200]
    shown: dict[str, Any] = {
        "host": response.host,
        "status": status,
        "said": f"HTTP {status} {brief}".strip(),
        "answer": response.text()[:KEPT_ANSWER_CHARACTERS],
    }
    if status in _RETRYABLE or status >= 500:
        return OutsideFailed(
            N_("{host} 暂时没有收下(HTTP {status}),稍后再试"),
            code="http_unavailable",
            retry_after_seconds=retry_after(response.headers.get("retry-after", "")),
            outcome_unknown=status >= 500 and status != 503,
            **shown,
        )
    if status in (401, 403):
        return OutsideFailed(
            N_("{host} 不认这个凭证(HTTP {status}),到「连接」里检查凭证,或请对方开通权限"),
            code="http_unauthorized",
            retryable=False,
            **shown,
        )
    return OutsideFailed(
        N_("{host} 拒绝了请求({said}),检查路径和发送的内容"),
        code="http_refused",
        retryable=False,
        **shown,
    )
