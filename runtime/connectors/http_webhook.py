"""Webhooks: a JSON object POSTed to an address of the user's choice, signed if they want to check its origin.

Headers of each request::

    Content-Type: application/json
    Idempotency-Key: the same for every attempt at one message
    X-Huobiao-Timestamp: 1767225600                            only with a signing secret
    X-Huobiao-Signature: sha256=hex(hmac(secret, timestamp + "." + body))

The receiver recomputes the signature over the bytes it got and refuses old timestamps.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from runtime.connectors.base import ConnectorKind, Receipt, SettingField, SettingValues
from runtime.errors import InvalidInput, OutsideFailed
from runtime.i18n import N_, Message, Translator
from runtime.outbound import OutboundClient, OutboundResponse, parse_url

SIGNATURE_HEADER = "X-Huobiao-Signature"
TIMESTAMP_HEADER = "X-Huobiao-Timestamp"
MAX_BODY_BYTES = 256 * 1024
_KEPT_ANSWER_CHARACTERS = 2000
_MAX_RETRY_AFTER_SECONDS = 3600.0
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
# Set by the client or by ourselves; a second one would contradict it.
_OWN_HEADERS = frozenset(
    {"host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection"}
    | {"accept-encoding", "idempotency-key", SIGNATURE_HEADER.lower(), TIMESTAMP_HEADER.lower()}
)
_RETRYABLE = frozenset({408, 425, 429})


class JsonMessage(msgspec.Struct, frozen=True, kw_only=True, tag="json", tag_field="kind"):
    """A JSON object to POST, of at most 256 KB."""

    body: dict[str, Any]


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header for ``body`` sent at ``timestamp`` (unix seconds)."""
    signed = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class HttpWebhook(ConnectorKind):
    """The kind ``http_webhook``. ``clock`` gives unix seconds."""

    id: ClassVar[str] = "http_webhook"
    name: ClassVar[str] = N_("Webhook")
    description: ClassVar[str] = N_("把数据以 JSON 发到任意网址,接到自己的系统或别的平台")
    icon: ClassVar[str] = "webhook"
    fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField(
            name="url",
            label=N_("网址"),
            input="password",
            required=True,
            secret=True,
            placeholder="https://example.com/hooks/orders",
            help=N_("收到数据的网址;里面常带密钥,所以会加密保存,之后只显示主机名"),
        ),
        SettingField(
            name="signing_secret",
            label=N_("签名密钥"),
            input="password",
            secret=True,
            help=N_("选填。填了以后每次请求都带签名,对方可以核对数据确实来自这里"),
        ),
        SettingField(
            name="header_name",
            label=N_("请求头名称"),
            placeholder="Authorization",
            help=N_("选填。对方要求凭证时,一般是 Authorization"),
        ),
        SettingField(
            name="header_value", label=N_("请求头内容"), input="password", secret=True, placeholder="Bearer …"
        ),
    )
    steps: ClassVar[tuple[str, ...]] = (
        N_("在接收数据的系统里新建一个 Webhook(也叫入站请求、回调),得到网址"),
        N_("把网址填到这里,点「发送测试消息」,在对方系统里能看到就好了"),
    )
    messages: ClassVar[tuple[type[msgspec.Struct], ...]] = (JsonMessage,)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check_setting(self, name: str, value: str) -> str:
        """The address must be callable as far as its text tells; header and value must be fit for HTTP."""
        if name == "url":
            parse_url(value)
        if name == "header_name":
            if not _HEADER_NAME.fullmatch(value):
                raise InvalidInput(N_("请求头名称只能用英文字母、数字和 -"))
            if value.lower() in _OWN_HEADERS:
                raise InvalidInput(N_("请求头 {name} 由活表自己填写,换一个"), name=value)
        if name == "header_value" and not _HEADER_VALUE.fullmatch(value):
            raise InvalidInput(N_("请求头里只能用英文字母、数字和常用符号"))
        return value

    def check_together(self, values: SettingValues) -> list[tuple[str, Message]]:
        """A header needs both its name and its value."""
        if "header_value" in values and "header_name" not in values:
            return [("header_name", Message(N_("填了请求头内容,也要填名称")))]
        if "header_name" in values and "header_value" not in values:
            return [("header_value", Message(N_("填了请求头名称,也要填内容")))]
        return []

    def shown(self, settings: SettingValues) -> str:
        """``https://example.com/…``."""
        url = parse_url(settings["url"])
        port = f":{url.port}" if url.port else ""
        return f"{url.scheme}://{url.host}{port}/…"

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: JsonMessage,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """POST the object; any 2xx status is success. The receipt's ``raw`` has the status and the answer's start.

        Raises as the base says; ``error_code`` is ``webhook_refused`` (permanent, 4xx), ``webhook_unavailable``
        (retryable: 408, 425, 429, 5xx), or a failure of the connection.
        """
        body = msgspec.json.encode(message.body)
        if len(body) > MAX_BODY_BYTES:
            raise InvalidInput(
                N_("要发送的数据超过 {limit} KB,请少选几个字段"),
                code="message_too_long",
                limit=MAX_BODY_BYTES // 1024,
            )
        response = await client.post(
            settings["url"],
            headers=self._headers(settings, body, idempotency_key),
            content=body,
            truncate=True,
        )
        if response.ok:
            answer = response.text()[:_KEPT_ANSWER_CHARACTERS]
            return Receipt(0, f"HTTP {response.status}", {"status": response.status, "body": answer})
        raise _refusal(response)

    def _headers(self, settings: SettingValues, body: bytes, idempotency_key: str | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if "header_name" in settings:
            headers[settings["header_name"]] = settings["header_value"]
        if "signing_secret" in settings:
            timestamp = int(self._clock())
            headers[TIMESTAMP_HEADER] = str(timestamp)
            headers[SIGNATURE_HEADER] = sign(settings["signing_secret"], timestamp, body)
        return headers

    def test_message(self, translator: Translator) -> JsonMessage:
        """``{"test": true, "text": …}``."""
        text = translator.gettext(N_("这是活表发来的测试数据,收到就说明连接好了"))
        return JsonMessage(body={"test": True, "text": text})


def _refusal(response: OutboundResponse) -> OutsideFailed:
    status = response.status
    shown: dict[str, Any] = {
        "host": response.host,
        "status": status,
        "answer": response.text()[:_KEPT_ANSWER_CHARACTERS],
    }
    if status in _RETRYABLE or status >= 500:
        return OutsideFailed(
            N_("{host} 暂时没有收下(HTTP {status}),稍后再试"),
            code="webhook_unavailable",
            retry_after_seconds=retry_after(response.headers.get("retry-after", "")),
            outcome_unknown=status >= 500 and status != 503,
            **shown,
        )
    return OutsideFailed(
        N_("{host} 拒收了(HTTP {status}),检查网址、凭证和对方要求的内容"),
        code="webhook_refused",
        retryable=False,
        **shown,
    )


def retry_after(value: str) -> float | None:
    """Seconds of a ``Retry-After`` header, at most an hour; None for a date or nothing."""
    return min(float(value), _MAX_RETRY_AFTER_SECONDS) if value.isascii() and value.isdigit() else None
