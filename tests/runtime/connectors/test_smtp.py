"""The mail kind: what it sends, over which lines, and what it makes of a server's moods."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.connectors.smtp import EmailMessage, Smtp, message_id
from runtime.errors import HuobiaoError, InvalidDefinition, InvalidInput, NotAllowed, OutsideFailed
from runtime.i18n import CHINESE
from runtime.outbound import OutboundClient
from tests.standins.smtp import SmtpStandIn
from tests.support.certificates import Certificate

USER, PASSWORD = "orders@example.com", "s3cret"
MAIL = EmailMessage(to="zhou@example.com", subject="订单 A-100 缺货", text="SKU 8812 差 3 件\n.\n详见链接")


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path, "127.0.0.1")


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn(users={USER: PASSWORD}) as found:
        yield found


def outside(server: SmtpStandIn) -> OutboundClient:
    return OutboundClient(allowed=[f"127.0.0.1:{server.port}"], timeout_seconds=20)


def settings(kind: Smtp, server: SmtpStandIn, **more: str) -> dict[str, str]:
    return kind.check(
        {
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "user": USER,
            "password": PASSWORD,
            "from_address": USER,
            "from_name": "订单中枢",
            **more,
        }
    )


async def failure(kind: Smtp, server: SmtpStandIn, message: EmailMessage = MAIL, **more: str) -> HuobiaoError:
    with pytest.raises(HuobiaoError) as caught:
        await kind.send(
            outside(server), settings(kind, server, **more), message, idempotency_key="run1/stp1#1"
        )
    return caught.value


async def test_a_mail_arrives_as_it_was_written(server: SmtpStandIn) -> None:
    kind = Smtp(clock=lambda: datetime(2026, 11, 23, 2, tzinfo=UTC))
    receipt = await kind.send(outside(server), settings(kind, server), MAIL, idempotency_key="run1/stp1#1")
    (got,) = server.wait_for(1)
    assert (got.sender, got.to, got.user) == (USER, ["zhou@example.com"], USER)
    assert got.mail["Subject"] == "订单 A-100 缺货"
    assert got.mail["From"] == "订单中枢 <orders@example.com>"
    assert got.text == "SKU 8812 差 3 件\n.\n详见链接"
    assert got.mail["Date"] == "Mon, 23 Nov 2026 02:00:00 +0000"
    assert got.mail["Message-ID"] == message_id("run1/stp1#1", USER) == receipt.raw["id"]
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert (receipt.raw["code"], receipt.raw["message"]) == (250, "2.0.0 queued as 4711")


async def test_the_same_key_has_the_same_message_id(server: SmtpStandIn) -> None:
    kind = Smtp()
    for key in ("a", "a", "b"):
        await kind.send(outside(server), settings(kind, server), MAIL, idempotency_key=key)
    first, again, other = (got.mail["Message-ID"] for got in server.wait_for(3))
    assert first == again != other


@pytest.mark.parametrize("implicit", [False, True])
async def test_encrypted_lines_check_the_certificate(certificate: Certificate, implicit: bool) -> None:
    security = {"security": "tls" if implicit else "starttls"}
    with SmtpStandIn(users={USER: PASSWORD}, tls=certificate.serving(), implicit=implicit) as server:
        trusting = Smtp(tls=certificate.trusting())
        await trusting.send(outside(server), settings(trusting, server, **security), MAIL)
        assert server.wait_for(1)[0].encrypted
        error = await failure(Smtp(tls=ssl.create_default_context()), server, **security)
    assert (error.error_code, getattr(error, "retryable", None)) == ("certificate_invalid", False)


async def test_encryption_that_is_not_offered_is_not_done_without(server: SmtpStandIn) -> None:
    error = await failure(Smtp(), server, security="starttls")
    assert error.error_code == "smtp_unsupported"
    assert not server.mails


@pytest.mark.parametrize(
    ("command", "answer", "code", "retryable", "unknown"),
    [
        ("AUTH", "535 no", "smtp_login_refused", False, False),
        ("AUTH", "454 later", "smtp_busy", True, False),
        ("RCPT", "550 no such user", "smtp_refused", False, False),
        ("RCPT", "451 greylisted", "smtp_busy", True, False),
        ("MAIL", "552 too much", "smtp_refused", False, False),
        ("END", "554 spam", "smtp_refused", False, False),
        ("END", None, "connection_lost", True, True),
        ("MAIL", None, "connection_lost", True, False),
        ("CONNECT", "421 busy", "smtp_busy", True, False),
        ("CONNECT", None, "connection_lost", True, False),
    ],
)
async def test_what_a_server_may_say(
    server: SmtpStandIn, command: str, answer: str | None, code: str, retryable: bool, unknown: bool
) -> None:
    server.answer(command, answer, times=2)  # of two ways to sign in, both
    error = await failure(Smtp(), server)
    assert isinstance(error, OutsideFailed)
    assert (error.error_code, error.retryable, error.outcome_unknown) == (code, retryable, unknown)
    assert error.message.text()


async def test_a_wrong_password_says_where_to_mend_it(server: SmtpStandIn) -> None:
    error = await failure(Smtp(), server, password="wrong")
    assert "检查账号和授权码" in error.message.text()
    assert "wrong" not in error.message.text()


async def test_a_slow_and_a_dead_server(server: SmtpStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.connectors.smtp.TIMEOUT_SECONDS", 1.5)
    server.answer("EHLO", "250-wait")  # the answer never ends
    assert (await failure(Smtp(), server)).error_code == "connection_lost"
    kind = Smtp()
    dead = {**settings(kind, server), "port": "1"}
    with pytest.raises(OutsideFailed) as caught:
        await kind.send(OutboundClient(allowed=["127.0.0.1:1"]), dead, MAIL)
    assert (caught.value.error_code, caught.value.retryable) == ("refused", True)


async def test_the_internal_network_stays_closed(server: SmtpStandIn) -> None:
    kind = Smtp()
    with pytest.raises(NotAllowed):
        await kind.send(OutboundClient(), settings(kind, server), MAIL)
    assert server.connections == 0


@pytest.mark.parametrize(
    "to",
    ["", "zhou", "a@b@c", "zhou@example.com\r\nBcc: x@example.com", "周@example.com", "a..b@example.com"],
)
async def test_bad_addresses_are_refused(server: SmtpStandIn, to: str) -> None:
    error = await failure(Smtp(), server, EmailMessage(to=to, subject="s", text="t"))
    assert isinstance(error, InvalidInput)


async def test_nothing_gets_into_the_headers(server: SmtpStandIn) -> None:
    kind = Smtp()
    mail = EmailMessage(to="zhou@example.com", subject="a\r\nBcc: eve@example.com\r\n\r\nhi", text="a\x00b")
    await kind.send(outside(server), settings(kind, server), mail)
    (got,) = server.wait_for(1)
    assert got.mail["Bcc"] is None
    assert got.mail["Subject"] == "a Bcc: eve@example.com hi"
    assert got.text == "ab"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("=?utf-8?q?=0d=0aBcc:_eve@example.com?=", "=\u200b?utf-8?q?=0d=0aBcc:_eve@example.com?="),
        ("=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ0KDQpoaQ==?=", None),
        ("单 =?gb2312?q?=0aBcc:_eve@example.com?=", None),
        ("a\u2028Bcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("👩‍👧 到货", "👩‍👧 到货"),
    ],
)
async def test_encoded_words_stay_words(server: SmtpStandIn, subject: str, shown: str | None) -> None:
    """A value of a record that is an encoded line end is no line end in the mail."""
    kind = Smtp()
    entered = settings(kind, server) | {"from_name": subject if subject.isprintable() else "活表"}
    await kind.send(outside(server), entered, EmailMessage(to="zhou@example.com", subject=subject, text="t"))
    (got,) = server.wait_for(1)
    assert got.mail["Bcc"] is None
    assert set(got.mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    }  # fmt: skip
    assert got.text == "t"
    if shown is not None:
        assert got.mail["Subject"] == shown


@pytest.mark.parametrize(
    ("entered", "path"),
    [
        ({"host": "http://smtp.example.com"}, "host"),
        ({"port": "99999"}, "port"),
        ({"security": "ssl3"}, "security"),
        ({"from_address": "orders"}, "from_address"),
        ({"password": ""}, "password"),
        ({"user": ""}, "user"),
        ({"from_name": "a\nb"}, "from_name"),
    ],
)
def test_settings_that_cannot_work_are_named(server: SmtpStandIn, entered: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        settings(Smtp(), server, **entered)
    assert [problem.path for problem in caught.value.problems] == [path]


async def test_the_test_mail_goes_where_it_is_wanted(server: SmtpStandIn) -> None:
    kind = Smtp()
    await kind.test(outside(server), settings(kind, server))
    await kind.test(outside(server), settings(kind, server, test_to="me@example.com"), CHINESE)
    assert [got.to for got in server.wait_for(2)] == [[USER], ["me@example.com"]]
    assert "测试邮件" in server.mails[0].mail["Subject"]
