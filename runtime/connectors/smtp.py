"""E-mail through an SMTP server of the user's choice.

One mail goes to one address, so that nobody sees who else got it and each has an outcome of its own. Its ``Message-ID``
is made of the delivery's key: a mail that is sent twice, because an answer was lost, is recognised by mail programs.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage as Mail
from email.policy import SMTP as MAIL_POLICY
from email.utils import format_datetime
from typing import Any, ClassVar

import aiosmtplib
import msgspec

from runtime.connectors.base import ConnectorKind, Option, Receipt, SettingField, SettingValues
from runtime.errors import InvalidInput, OutsideFailed
from runtime.i18n import CHINESE, N_, Message, Translator
from runtime.outbound import OutboundClient

TIMEOUT_SECONDS = 20.0
MAX_TEXT_BYTES = 256 * 1024
MAX_SUBJECT_CHARACTERS = 250
PORTS = {"starttls": "587", "tls": "465", "none": "25"}
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45}")


class EmailMessage(msgspec.Struct, frozen=True, kw_only=True, tag="email", tag_field="kind"):
    """A mail of plain text to one address."""

    to: str
    subject: str
    text: str


def check_address(value: str) -> str:
    """A mail address, trimmed. Raises :class:`InvalidInput` when it is none."""
    value = value.strip()
    if not _ADDRESS.fullmatch(value) or ".." in value:
        raise InvalidInput(N_("「{value}」不是邮箱地址"), code="address_invalid", value=value[:100])
    return value


class Smtp(ConnectorKind):
    """The kind ``smtp``. ``tls`` checks the servers' certificates; ``clock`` gives the time for the ``Date`` header."""

    id: ClassVar[str] = "smtp"
    destination: ClassVar[tuple[str, ...]] = ("host", "port", "security")
    name: ClassVar[str] = N_("邮箱(SMTP)")
    description: ClassVar[str] = N_("用自己的邮箱账号发邮件")
    icon: ClassVar[str] = "mail"
    fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField(name="host", label=N_("服务器"), required=True, placeholder="smtp.example.com"),
        SettingField(
            name="security",
            label=N_("加密"),
            input="choice",
            options=(
                Option("tls", N_("TLS(端口一般是 465)")),
                Option("starttls", N_("STARTTLS(端口一般是 587)")),
                Option("none", N_("不加密(只适合内网)")),
            ),
        ),
        SettingField(name="port", label=N_("端口"), placeholder="465", help=N_("不填就用上面写的那个")),
        SettingField(name="user", label=N_("账号"), help=N_("一般就是邮箱地址;不需要登录的服务器不用填")),
        SettingField(
            name="password",
            label=N_("密码或授权码"),
            input="password",
            secret=True,
            help=N_("QQ、163 等邮箱要填授权码,在邮箱设置里开启 SMTP 时得到;加密保存,之后不再显示"),
        ),
        SettingField(
            name="from_address", label=N_("发件地址"), required=True, placeholder="orders@example.com"
        ),
        SettingField(name="from_name", label=N_("发件人名称"), placeholder="订单中枢"),
        SettingField(name="test_to", label=N_("测试邮件发到"), help=N_("不填就发到发件地址")),
    )
    steps: ClassVar[tuple[str, ...]] = (
        N_("在邮箱的设置里打开 SMTP 服务,记下服务器、端口和授权码"),
        N_("填到这里,点「保存并测试」,收到测试邮件就好了"),
    )
    messages: ClassVar[tuple[type[msgspec.Struct], ...]] = (EmailMessage,)

    def __init__(
        self, tls: ssl.SSLContext | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._tls = tls
        self._clock = clock

    def check_setting(self, name: str, value: str) -> str:
        """A host name, a port, addresses, a name on one line."""
        if name == "host" and not _HOST.fullmatch(value):
            raise InvalidInput(N_("服务器只填名字,不带 http 和端口,例如 smtp.example.com"))
        if name == "port" and not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
            raise InvalidInput(N_("端口应是 1 到 65535 的数字"))
        if name in ("from_address", "test_to"):
            return check_address(value)
        if name == "from_name" and not value.isprintable():
            raise InvalidInput(N_("名称里有不能用的字符"))
        return value

    def check_together(self, values: SettingValues) -> list[tuple[str, Message]]:
        """An account needs its password, and the other way round."""
        if "user" in values and "password" not in values:
            return [("password", Message(N_("填了账号,也要填密码或授权码")))]
        if "password" in values and "user" not in values:
            return [("user", Message(N_("填了密码,也要填账号")))]
        return []

    def shown(self, settings: SettingValues) -> str:
        """``orders@example.com · smtp.example.com``."""
        return f"{settings['from_address']} · {settings['host']}"

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: EmailMessage,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Send one mail.

        Raises as the base says; ``error_code`` is ``smtp_login_refused`` (permanent: mend the connector),
        ``smtp_refused`` (permanent for this mail: 5xx), ``smtp_busy`` (retryable: 4xx), or a failure of the connection.
        """
        mail = self._mail(settings, message, idempotency_key)
        host, port = settings["host"], int(settings.get("port") or PORTS[_security(settings)])
        socket = await client.connect(host, port, TIMEOUT_SECONDS / 2)
        talk = _Talk(host)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await talk.deliver(self._client(settings, socket), settings, mail, message.to)
        except TimeoutError:
            raise talk.lost(N_("{host} 在 {seconds} 秒内没有答复,稍后再试")) from None
        except ssl.SSLError as error:
            raise _no_tls(host, error) from None

    def _client(self, settings: SettingValues, socket: Any) -> aiosmtplib.SMTP:
        security = _security(settings)
        return aiosmtplib.SMTP(
            hostname=settings["host"],
            sock=socket,
            local_hostname=settings["from_address"].rpartition("@")[2],
            use_tls=security == "tls",
            start_tls=security == "starttls",
            tls_context=self._tls,
            timeout=TIMEOUT_SECONDS,
        )

    def _mail(self, settings: SettingValues, message: EmailMessage, key: str | None) -> Mail:
        if len(message.text.encode()) > MAX_TEXT_BYTES:
            raise InvalidInput(
                N_("邮件正文超过 {limit} KB,请少放些内容"),
                code="message_too_long",
                limit=MAX_TEXT_BYTES // 1024,
            )
        sender = settings["from_address"]
        mail = Mail(policy=MAIL_POLICY)
        mail["From"] = _named(settings.get("from_name", ""), sender)
        mail["To"] = _named("", check_address(message.to))
        mail["Subject"] = _plain(message.subject)[:MAX_SUBJECT_CHARACTERS]
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = message_id(key or f"{self._clock().timestamp()} {message.to}", sender)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text.replace("\x00", ""), cte="base64")
        return mail

    async def test(
        self, client: OutboundClient, settings: SettingValues, translator: Translator = CHINESE
    ) -> Receipt:
        """Send a test mail to ``test_to``, or to the sender."""
        to = settings.get("test_to") or settings["from_address"]
        message = msgspec.structs.replace(self.test_message(translator), to=to)
        return await self.send(client, settings, message)

    def test_message(self, translator: Translator) -> EmailMessage:
        """A mail that says it is a test; to nobody yet."""
        return EmailMessage(
            to="",
            subject=translator.gettext(N_("活表的测试邮件")),
            text=translator.gettext(N_("这是活表发来的测试邮件,收到就说明连接好了")),
        )


def message_id(key: str, sender: str) -> str:
    """The ``Message-ID`` of a mail, the same for the same key."""
    digest = hashlib.sha256(b"huobiao mail:" + key.encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _security(settings: SettingValues) -> str:
    return settings.get("security", "tls")


def _named(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(_plain(name), user, domain)


def _plain(text: str) -> str:
    """A text for a header: one line, without control characters, and nothing in it that the library would take for an
    encoded word, decode and write out, line ends included (``=?utf-8?q?=0d=0aBcc:…?=``)."""
    line = " ".join(text.split())
    kept = "".join(char for char in line if unicodedata.category(char) not in ("Cc", "Cs"))
    return kept.replace("=?", "=\u200b?")


class _Talk:
    """One conversation with a server: knows whether the mail itself has begun to leave."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.sent = False

    async def deliver(self, smtp: aiosmtplib.SMTP, settings: SettingValues, mail: Mail, to: str) -> Receipt:
        try:
            await smtp.connect()
            if "user" in settings:
                await smtp.login(settings["user"], settings["password"])
            await smtp.mail(settings["from_address"])
            await smtp.rcpt(to)
            self.sent = True
            answer = await smtp.data(bytes(mail))
        except aiosmtplib.SMTPException as error:
            raise self._failure(error) from error
        except (ConnectionError, OSError) as error:
            if isinstance(error, ssl.SSLError):
                raise
            raise self.lost(N_("{host} 没有答完就断开了连接,稍后再试")) from error
        finally:
            smtp.close()
        words = answer.message[:500]
        return Receipt(
            0,
            f"{answer.code} {words}",
            {"code": answer.code, "message": words, "id": str(mail["Message-ID"])},
        )

    def lost(self, msgid: str) -> OutsideFailed:
        return OutsideFailed(
            msgid,
            code="connection_lost",
            outcome_unknown=self.sent,
            host=self.host,
            seconds=int(TIMEOUT_SECONDS),
        )

    def _failure(self, error: aiosmtplib.SMTPException) -> OutsideFailed:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._refused(error)
        if isinstance(error.__cause__, ssl.SSLError):
            return _no_tls(self.host, error.__cause__)
        if isinstance(error, aiosmtplib.SMTPNotSupported) or "STARTTLS" in str(error):
            return OutsideFailed(
                N_("{host} 不支持选的加密或登录方式,换一种加密再试"),
                code="smtp_unsupported",
                retryable=False,
                host=self.host,
            )
        if isinstance(error, aiosmtplib.SMTPTimeoutError):
            return self.lost(N_("{host} 在 {seconds} 秒内没有答复,稍后再试"))
        return self.lost(N_("{host} 没有答完就断开了连接,稍后再试"))

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> OutsideFailed:
        shown: dict[str, Any] = {
            "host": self.host,
            "status": error.code,
            "answer": str(error.message).replace("\x00", "")[:500],
        }
        if isinstance(error, aiosmtplib.SMTPAuthenticationError) and error.code >= 500:
            return OutsideFailed(
                N_("{host} 不接受这个账号和密码({status}:{answer}),到「连接」里检查账号和授权码"),
                code="smtp_login_refused",
                retryable=False,
                **shown,
            )
        if error.code >= 500:
            return OutsideFailed(
                N_("{host} 不收这封邮件({status}:{answer})"), code="smtp_refused", retryable=False, **shown
            )
        return OutsideFailed(
            N_("{host} 现在不收({status}:{answer}),稍后再试"),
            code="smtp_busy",
            outcome_unknown=False,
            **shown,
        )


def _no_tls(host: str, error: ssl.SSLError) -> OutsideFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutsideFailed(
            N_("{host} 的安全证书不可信(过期、自签或域名不符),请联系对方处理"),
            code="certificate_invalid",
            retryable=False,
            host=host,
        )
    return OutsideFailed(
        N_("和 {host} 建立加密连接失败,检查选的加密和端口是否相配"),
        code="tls_failed",
        retryable=False,
        host=host,
    )
