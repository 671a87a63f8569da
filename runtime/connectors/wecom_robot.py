"""WeCom (企业微信) group robots: sending to a group through its webhook.

Protocol (developer.work.weixin.qq.com, path 91770): ``POST /cgi-bin/webhook/send?key=KEY``, JSON; business errors
come with HTTP 200 and an ``errcode``. The key is the only credential. There is no idempotency: a message sent
again after an uncertain outcome can appear twice.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from runtime.connectors.base import ConnectorKind, PacingRule, Receipt, SettingField, SettingValues
from runtime.connectors.pacing import WECOM_ROBOT_RULE
from runtime.connectors.wecom_messages import (
    MarkdownMessage,
    RobotMessage,
    TextMessage,
    check_message,
)
from runtime.errors import InvalidInput, OutsideFailed
from runtime.i18n import N_, Message, Translator
from runtime.outbound import OutboundClient, OutboundResponse

OFFICIAL_BASE_URL = "https://qyapi.weixin.qq.com"
SEND_PATH = "/cgi-bin/webhook/send"
RATE_LIMIT_PAUSE_SECONDS = 60.0

_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,127}")
_URL_IN_TEXT = re.compile(r"https?://[^\s\"'<>]+")
_OTHER_ROBOTS = {"oapi.dingtalk.com": N_("钉钉"), "open.feishu.cn": N_("飞书"), "open.larksuite.com": "Lark"}

RATE_LIMITED = 45009
ROBOT_GONE = 93000
# "System busy" and "too many calls at once": WeCom's own advice is to try again.
_BUSY = frozenset({-1, 45033})
_BAD_MESSAGE = frozenset({40008, 40058, 44004})
# Seen in the field with 93000: the message was too long, and the robot is fine.
_ABOUT_CONTENT = re.compile(r"exceed|request parameter", re.IGNORECASE)


class RobotAddress(msgspec.Struct, frozen=True):
    """A robot's address, which is its key. Printing it shows four characters of it."""

    key: str

    @classmethod
    def parse(cls, webhook_url: str, base_url: str = OFFICIAL_BASE_URL) -> RobotAddress:
        """Read what a person pasted: the webhook address, text with the address in it, or the bare key.

        ``base_url`` is the configured WeCom server, accepted besides the official one. Raises
        :class:`InvalidInput` saying what is wrong.
        """
        text = webhook_url.strip()
        if _KEY.fullmatch(text.removeprefix("key=")):
            return cls(text.removeprefix("key="))
        found = _URL_IN_TEXT.search(text)
        url = found.group() if found else f"https://{text}"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise cls._unusable() from None
        if host in _OTHER_ROBOTS:
            raise InvalidInput(
                N_("这是{product}机器人的地址,这里要填企业微信的"),
                code="robot_address_invalid",
                product=Message(_OTHER_ROBOTS[host]),
            )
        own = urlsplit(base_url)
        official = (urlsplit(OFFICIAL_BASE_URL).hostname, None, SEND_PATH)
        configured = (own.hostname, own.port, own.path.rstrip("/") + SEND_PATH)
        if (host, port, parts.path) not in {official, configured}:
            raise cls._unusable()
        keys = parse_qs(parts.query).get("key", [])
        if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
            raise InvalidInput(
                N_("地址里的 key 不完整,请在企业微信里重新复制整个 Webhook 地址"),
                code="robot_address_invalid",
            )
        return cls(keys[0])

    @staticmethod
    def _unusable() -> InvalidInput:
        return InvalidInput(
            N_(
                "这不是企业微信群机器人的地址,它应当以 https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key= 开头"
            ),
            code="robot_address_invalid",
        )

    @property
    def masked(self) -> str:
        """The address for display: ``…key=693a****``."""
        return f"…key={self.key[:4]}****"

    @property
    def fingerprint(self) -> str:
        """A name for this robot that is the same everywhere and does not give the key away."""
        return hashlib.sha256(b"wecom_robot:" + self.key.encode()).hexdigest()[:24]

    def __repr__(self) -> str:
        return f"RobotAddress({self.masked})"

    __str__ = __repr__


async def send(
    client: OutboundClient,
    address: RobotAddress,
    message: RobotMessage,
    *,
    base_url: str = OFFICIAL_BASE_URL,
) -> Receipt:
    """Send ``message`` to the robot's group.

    Raises:
        InvalidInput: the message is empty or too long (:func:`check_message`); nothing was sent.
        NotAllowed: ``base_url`` may not be called.
        OutsideFailed: by its ``error_code``: ``wecom_rate_limited`` (retry after 60 s), ``wecom_robot_gone``
            (permanent: disable the connector, tell the owner), ``wecom_message_refused`` (permanent for this
            message), ``wecom_busy``, ``wecom_unavailable``, ``wecom_unreadable`` or a failure of the connection.
            Where ``outcome_unknown`` is set, the group may have got the message.
    """
    check_message(message)
    response = await client.post(
        f"{base_url.rstrip('/')}{SEND_PATH}?key={address.key}", json=message.payload(), follow_redirects=False
    )
    return _read_answer(response)


def _read_answer(response: OutboundResponse) -> Receipt:
    try:
        answer = response.json()
        errcode, errmsg = int(answer["errcode"]), str(answer.get("errmsg", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _not_an_answer(response) from None
    if errcode == 0:
        return Receipt(errcode, errmsg, answer)
    raise _refusal(errcode, errmsg)


def _refusal(errcode: int, errmsg: str) -> OutsideFailed:
    """The error for an errcode that is not 0. ``params`` keep both as they came, for the run's trace."""
    shown: dict[str, Any] = {"errcode": errcode, "errmsg": errmsg[:200]}
    if errcode == RATE_LIMITED:
        return OutsideFailed(
            N_("这个机器人一分钟内发了超过 20 条,企业微信让稍后再发"),
            code="wecom_rate_limited",
            retry_after_seconds=RATE_LIMIT_PAUSE_SECONDS,
            **shown,
        )
    if errcode == ROBOT_GONE and not _ABOUT_CONTENT.search(errmsg):
        return OutsideFailed(
            N_("企业微信里找不到这个机器人,可能已被移出群;请在群里重新添加,把新地址填到连接里"),
            code="wecom_robot_gone",
            retryable=False,
            **shown,
        )
    if errcode in _BUSY:
        return OutsideFailed(N_("企业微信正忙,稍后再试"), code="wecom_busy", **shown)
    if errcode in _BAD_MESSAGE or errcode == ROBOT_GONE:
        return OutsideFailed(
            N_("企业微信不接受这条消息的内容({errcode}:{errmsg})"),
            code="wecom_message_refused",
            retryable=False,
            **shown,
        )
    return OutsideFailed(
        N_("企业微信没有收下这条消息({errcode}:{errmsg})"), code="wecom_refused", retryable=False, **shown
    )


def _not_an_answer(response: OutboundResponse) -> OutsideFailed:
    """The error for what WeCom itself never answers: a gateway's page, a proxy's, another server's."""
    status = response.status
    if status == 429 or status >= 500:
        return OutsideFailed(
            N_("企业微信暂时没有正常回应(HTTP {status}),稍后再试"),
            code="wecom_unavailable",
            # A gateway speaks for a server that may have got the message; 429 and 503 turn it away before.
            outcome_unknown=status not in {429, 503},
            status=status,
        )
    if response.ok:
        return OutsideFailed(
            N_("企业微信的回答看不懂,可能被网络里的代理改过;消息可能发出去了,也可能没有"),
            code="wecom_unreadable",
            outcome_unknown=True,
            status=status,
        )
    return OutsideFailed(
        N_("{host} 不像企业微信的接口(HTTP {status}),请管理员检查企业微信接口地址的设置"),
        code="wecom_not_there",
        retryable=False,
        host=response.host,
        status=status,
    )


class WecomRobot(ConnectorKind):
    """The kind ``wecom_robot``. ``base_url`` is the installation's WeCom server."""

    id: ClassVar[str] = "wecom_robot"
    name: ClassVar[str] = N_("企业微信群机器人")
    description: ClassVar[str] = N_("把消息发到一个企业微信群,可以提到具体的人")
    icon: ClassVar[str] = "bot"
    fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField(
            name="webhook_url",
            label=N_("机器人的 Webhook 地址"),
            input="password",
            required=True,
            secret=True,
            placeholder="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
            help=N_("知道这个地址的人都能往群里发消息,所以会加密保存,之后只显示前几位"),
        ),
    )
    steps: ClassVar[tuple[str, ...]] = (
        N_("在企业微信里打开要接收消息的群;要用内部群,有外部联系人的群不行"),
        N_("点右上角的「…」,选「消息推送」(旧版叫「群机器人」),再点「添加」,起个名字"),
        N_("复制它的 Webhook 地址,粘贴到这里,点「发送测试消息」,群里收到就好了"),
    )
    messages: ClassVar[tuple[type[msgspec.Struct], ...]] = (TextMessage, MarkdownMessage)
    pacing: ClassVar[PacingRule | None] = WECOM_ROBOT_RULE
    merges: ClassVar[bool] = True

    def __init__(self, base_url: str = OFFICIAL_BASE_URL) -> None:
        self.base_url = base_url

    def address(self, settings: SettingValues) -> RobotAddress:
        """The robot that the settings name. Raises :class:`InvalidInput`."""
        return RobotAddress.parse(settings["webhook_url"], self.base_url)

    def check_setting(self, name: str, value: str) -> str:
        """Whatever was pasted, stored as the official full address, which other tools understand too."""
        address = RobotAddress.parse(value, self.base_url)
        return f"{OFFICIAL_BASE_URL}{SEND_PATH}?key={address.key}"

    def shown(self, settings: SettingValues) -> str:
        """``…key=693a****``."""
        return self.address(settings).masked

    def pacing_key(self, settings: SettingValues) -> str | None:
        """The robot: two connectors with its address share its 20 messages a minute."""
        return self.address(settings).fingerprint

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: RobotMessage,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """See :func:`send`; robots know no idempotency key."""
        return await send(client, self.address(settings), message, base_url=self.base_url)

    def test_message(self, translator: Translator) -> RobotMessage:
        """One line of text."""
        return TextMessage(content=translator.gettext(N_("这是活表发来的测试消息,收到就说明连接好了")))
