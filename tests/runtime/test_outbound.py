"""The guarded client: what it refuses to reach, what it survives, and what it says."""

# ruff: noqa: SIM117 - addresses are judged here, not bound; a server and what it causes read better nested

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import InvalidInput, NotAllowed, OutsideFailed
from runtime.outbound import OutboundClient, allowed_endpoints, endpoint_of, parse_url
from runtime.outbound.addresses import IPAddress, Kind, Policy, checked_addresses, classify
from tests.standins.http import HangUp, Request, Response, Silence, StandInServer

SECRET_QUERY = "key=5ecret-key-of-a-robot"


async def hello(request: Request) -> Response:
    return Response(200, b"hello")


def resolver(
    names: dict[str, list[str]],
) -> tuple[Callable[[str, int], Awaitable[list[IPAddress]]], list[str]]:
    """A name service that knows ``names``, and the list of what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[IPAddress]:
        asked.append(host)
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [ipaddress.ip_address(address) for address in names[host]]

    return resolve, asked


# -- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("8.8.8.8", Kind.PUBLIC),
        ("2400:3200::1", Kind.PUBLIC),
        ("127.0.0.1", Kind.LOCAL),
        ("127.8.9.10", Kind.LOCAL),
        ("::1", Kind.LOCAL),
        ("10.1.2.3", Kind.PRIVATE),
        ("172.31.255.255", Kind.PRIVATE),
        ("172.32.0.1", Kind.PUBLIC),
        ("192.168.0.1", Kind.PRIVATE),
        ("100.64.0.1", Kind.PRIVATE),
        ("169.254.1.1", Kind.PRIVATE),
        ("fd12::1", Kind.PRIVATE),
        ("fe80::1", Kind.PRIVATE),
        ("169.254.169.254", Kind.METADATA),
        ("100.100.100.200", Kind.METADATA),
        ("168.63.129.16", Kind.METADATA),
        ("fd00:ec2::254", Kind.METADATA),
        ("169.254.170.23", Kind.METADATA),
        ("fd00:ec2::23", Kind.METADATA),
        ("169.254.42.42", Kind.METADATA),
        ("fd20:ce::254", Kind.METADATA),
        ("0.0.0.0", Kind.SPECIAL),
        ("::", Kind.SPECIAL),
        ("224.0.0.1", Kind.SPECIAL),
        ("239.255.255.250", Kind.SPECIAL),
        ("ff02::1", Kind.SPECIAL),
        ("255.255.255.255", Kind.SPECIAL),
        ("240.0.0.1", Kind.SPECIAL),
        ("192.0.2.1", Kind.SPECIAL),
        ("::ffff:127.0.0.1", Kind.LOCAL),
        ("::ffff:10.0.0.1", Kind.PRIVATE),
        ("::ffff:169.254.169.254", Kind.METADATA),
        ("::ffff:8.8.8.8", Kind.SPECIAL),
        ("::127.0.0.1", Kind.SPECIAL),
        ("2002:7f00:1::", Kind.LOCAL),
        ("64:ff9b::a9fe:a9fe", Kind.METADATA),
        ("64:ff9b::808:808", Kind.PUBLIC),
    ],
)
def test_every_address_has_its_kind(address: str, kind: Kind) -> None:
    assert classify(ipaddress.ip_address(address)) is kind


@given(st.ip_addresses(v=4))
def test_wrapping_an_ipv4_address_never_makes_it_more_reachable(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
    ]
    for ipv6 in wrapped:
        if classify(address) is not Kind.PUBLIC:
            assert classify(ipv6) is not Kind.PUBLIC


@given(st.ip_addresses())
def test_what_the_registries_do_not_call_global_is_never_public(address: IPAddress) -> None:
    if not address.is_global or address.is_multicast or address.is_loopback or address.is_private:
        assert classify(address) is not Kind.PUBLIC


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://1.2.3/",
        "http://256.1.1.1/",
        "ftp://example.com/",
        "file://localhost/etc/passwd",
        "gopher://example.com/",
    ],
)
def test_odd_notations_and_other_schemes_are_refused_by_their_text(url: str) -> None:
    with pytest.raises(NotAllowed):
        parse_url(url)


@pytest.mark.parametrize(
    "url",
    ["", "example.com/x", "http://", "https:///x", "http://user:pass@example.com/", "http://a b/", "http://x:99999/",
     "http://１２７.０.０.１/", "http://x:0/"],
)  # fmt: skip
def test_addresses_that_are_none_are_refused_as_input(url: str) -> None:
    with pytest.raises((InvalidInput, NotAllowed)) as caught:
        parse_url(url)
    assert "pass" not in str(caught.value)


async def test_one_forbidden_address_among_several_refuses_the_name() -> None:
    resolve, _ = resolver({"mixed.test": ["8.8.8.8", "10.0.0.1"]})
    with pytest.raises(NotAllowed, match="它指向内网"):
        await checked_addresses("mixed.test", 80, Policy(), resolve)


async def test_the_administrators_switch_lifts_private_but_not_metadata() -> None:
    lenient = Policy(allow_private=True)
    resolve, _ = resolver(
        {"erp.test": ["10.0.0.1"], "meta.test": ["169.254.169.254"], "zero.test": ["0.0.0.0"]}
    )
    assert await checked_addresses("erp.test", 80, lenient, resolve)
    for name in ("meta.test", "zero.test"):
        with pytest.raises(NotAllowed):
            await checked_addresses(name, 80, lenient, resolve)


async def test_the_allow_list_is_by_host_and_port() -> None:
    resolve, _ = resolver({"erp.test": ["10.0.0.1"]})
    policy = Policy(allowed=allowed_endpoints(["https://ERP.test:8443/x", "[::1]:9000"]))
    assert policy.allowed == {"erp.test:8443", "[::1]:9000"}
    assert await checked_addresses("erp.test", 8443, policy, resolve)
    assert await checked_addresses("::1", 9000, policy, resolve)
    with pytest.raises(NotAllowed):
        await checked_addresses("erp.test", 443, policy, resolve)


def test_endpoints_know_the_default_ports() -> None:
    assert endpoint_of("https://qyapi.weixin.qq.com/cgi-bin") == "qyapi.weixin.qq.com:443"
    assert endpoint_of("http://[::1]/") == "[::1]:80"


async def test_a_name_that_does_not_exist_is_final_and_a_silent_name_server_is_not() -> None:
    async def busy(host: str, port: int) -> list[IPAddress]:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    resolve, _ = resolver({})
    with pytest.raises(OutsideFailed) as unknown:
        await OutboundClient(resolve=resolve).get("http://nowhere.test/")
    assert (unknown.value.error_code, unknown.value.retryable) == ("host_unknown", False)
    with pytest.raises(OutsideFailed) as later:
        await OutboundClient(resolve=busy).get("http://nowhere.test/")
    assert (later.value.error_code, later.value.retryable) == ("dns_failed", True)


# -- reaching, and not reaching -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"])
async def test_this_machine_cannot_be_reached_by_default(host: str) -> None:
    with StandInServer(hello) as server:
        with pytest.raises(NotAllowed):
            await OutboundClient().post(f"http://{host}:{server.port}/", json={})
        assert server.connections == 0


async def test_a_name_is_resolved_once_and_the_checked_address_is_called() -> None:
    seen: list[Request] = []

    async def handle(request: Request) -> Response:
        seen.append(request)
        return Response(200, b"ok")

    with StandInServer(handle) as server:
        resolve, asked = resolver({"hook.test": ["127.0.0.1"]})
        client = OutboundClient(allow_private=True, resolve=resolve)
        response = await client.post(f"http://hook.test:{server.port}/a?b=c", json={"名": "值"})
    assert (response.status, response.text(), response.host) == (200, "ok", "hook.test")
    assert asked == ["hook.test"]
    assert seen[0].headers["host"] == f"hook.test:{server.port}"
    assert (seen[0].method, seen[0].target) == ("POST", "/a?b=c")
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].body == '{"名":"值"}'.encode()


async def test_a_name_whose_answer_changes_is_judged_again_at_every_call() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(host: str, port: int) -> list[IPAddress]:
        return [ipaddress.ip_address(a) for a in answers.pop(0)]

    with StandInServer(hello) as server:
        client = OutboundClient(allow_private=True, resolve=rebinding)
        assert (await client.get(f"http://rebind.test:{server.port}/")).ok
        with pytest.raises(NotAllowed):
            await client.get(f"http://rebind.test:{server.port}/")
        assert server.connections == 1


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with StandInServer(hello) as server:
        resolve, _ = resolver({"two.test": ["127.0.0.9", "127.0.0.1"]})
        client = OutboundClient(allow_private=True, resolve=resolve)
        assert (await client.get(f"http://two.test:{server.port}/")).ok


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandInServer(hello) as proxy, StandInServer(hello) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await OutboundClient(allow_private=True).get(server.url)
        assert (proxy.connections, server.connections) == (0, 1)


async def test_calls_share_no_cookies() -> None:
    seen: list[str | None] = []

    async def handle(request: Request) -> Response:
        seen.append(request.headers.get("cookie"))
        return Response(200, b"", {"Set-Cookie": "who=first"})

    with StandInServer(handle) as server:
        client = OutboundClient(allow_private=True)
        await client.get(server.url)
        await client.get(server.url)
    assert seen == [None, None]


async def test_nothing_that_is_logged_or_said_gives_the_query_away(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(request: Request) -> Response:
        if request.path == "/silent":
            raise Silence
        return Response(302, b"", {"Location": request.target})

    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    with StandInServer(handle) as server:
        for client, path in [
            (OutboundClient(), "/"),
            (OutboundClient(allow_private=True, timeout_seconds=1.5), "/silent"),
            (OutboundClient(allow_private=True), "/round"),
        ]:
            with pytest.raises((NotAllowed, OutsideFailed)) as caught:
                await client.get(f"{server.url}{path}?{SECRET_QUERY}")
            said.append(str(caught.value) + repr(caught.value.message.params))
    assert "5ecret" not in caplog.text
    assert "5ecret" not in "".join(said)


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-Evil: 1"}, {"X-A": "值"}, {"X A": "b"}])
async def test_headers_that_are_none_are_refused_before_anything_leaves(headers: dict[str, str]) -> None:
    with StandInServer(hello) as server, pytest.raises(InvalidInput):
        await OutboundClient(allow_private=True).get(server.url, headers=headers)


# -- redirects ------------------------------------------------------------------------------------------------------


def redirecting(status: int, location: str, seen: list[Request]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        seen.append(request)
        if request.path == "/start":
            return Response(status, b"", {"Location": location})
        return Response(200, b"end")

    return handle


async def test_a_redirect_to_a_forbidden_address_is_not_followed() -> None:
    with StandInServer(hello) as inside:
        seen: list[Request] = []
        with StandInServer(redirecting(307, inside.url, seen)) as outside:
            client = OutboundClient(allowed=[outside.url])
            with pytest.raises(NotAllowed):
                await client.post(f"{outside.url}/start", json={})
        assert inside.connections == 0


async def test_a_preserving_redirect_carries_method_and_body() -> None:
    seen: list[Request] = []
    with StandInServer(redirecting(307, "/end", seen)) as server:
        response = await OutboundClient(allow_private=True).post(f"{server.url}/start", json={"a": 1})
    assert response.text() == "end"
    assert [(r.method, r.path, r.body) for r in seen] == [
        ("POST", "/start", b'{"a":1}'),
        ("POST", "/end", b'{"a":1}'),
    ]


@pytest.mark.parametrize("status", [301, 302])
async def test_a_redirect_that_would_lose_the_message_is_an_error(status: int) -> None:
    seen: list[Request] = []
    with StandInServer(redirecting(status, "/end", seen)) as server:
        with pytest.raises(OutsideFailed, match="网址已经换了") as caught:
            await OutboundClient(allow_private=True).post(f"{server.url}/start", json={"a": 1})
    assert (caught.value.error_code, caught.value.retryable, len(seen)) == ("moved", False, 1)


async def test_see_other_is_fetched_without_the_body() -> None:
    seen: list[Request] = []
    with StandInServer(redirecting(303, "/end", seen)) as server:
        await OutboundClient(allow_private=True).post(f"{server.url}/start", json={"a": 1})
    assert [(r.method, r.body) for r in seen] == [("POST", b'{"a":1}'), ("GET", b"")]


async def test_credentials_do_not_follow_to_another_origin() -> None:
    first: list[Request] = []
    second: list[Request] = []
    with StandInServer(redirecting(307, "unused", second)) as other:
        with StandInServer(redirecting(307, f"{other.url}/end", first)) as server:
            headers = {"Authorization": "Bearer s", "X-Api-Key": "s", "Accept": "text/plain"}
            await OutboundClient(allow_private=True).get(f"{server.url}/start", headers=headers)
    assert first[0].headers["authorization"] == "Bearer s"
    assert "authorization" not in second[0].headers
    assert "x-api-key" not in second[0].headers
    assert second[0].headers["accept"] == "text/plain"


async def test_redirects_end_after_three() -> None:
    seen: list[Request] = []
    with StandInServer(redirecting(302, "/start", seen)) as server:
        with pytest.raises(OutsideFailed, match="超过 3 次") as caught:
            await OutboundClient(allow_private=True).get(f"{server.url}/start")
    assert (len(seen), caught.value.retryable) == (4, False)


async def test_redirects_can_be_left_to_the_caller() -> None:
    seen: list[Request] = []
    with StandInServer(redirecting(302, "/end", seen)) as server:
        response = await OutboundClient(allow_private=True).get(f"{server.url}/start", follow_redirects=False)
    assert (response.status, len(seen)) == (302, 1)


# -- answers that are too much --------------------------------------------------------------------------------------


def answering(body: bytes, headers: dict[str, str] | None = None) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return Response(200, body, headers or {})

    return handle


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 1_000_001, {}),
        (gzip.compress(b"\0" * 50_000_000), {"Content-Encoding": "gzip"}),
    ],
    ids=["long", "bomb"],
)
async def test_an_answer_over_the_limit_is_not_read_to_its_end(body: bytes, headers: dict[str, str]) -> None:
    with StandInServer(answering(body, headers)) as server:
        client = OutboundClient(allow_private=True)
        with pytest.raises(OutsideFailed, match="超过 1 MB") as caught:
            await client.get(server.url)
        assert not caught.value.retryable
        cut = await client.get(server.url, truncate=True)
    assert (len(cut.body), cut.truncated) == (1_000_000, True)


async def test_an_answer_at_the_limit_is_whole() -> None:
    with StandInServer(answering(b"x" * 1000)) as server:
        response = await OutboundClient(allow_private=True, max_response_bytes=1000).get(server.url)
    assert (len(response.body), response.truncated) == (1000, False)


async def test_compressed_answers_are_read_though_none_was_asked_for() -> None:
    with StandInServer(answering(gzip.compress(b'{"a":1}'), {"Content-Encoding": "gzip"})) as server:
        assert (await OutboundClient(allow_private=True).get(server.url)).json() == {"a": 1}


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_an_answer_that_cannot_be_unpacked_is_said_to_be_so(encoding: str) -> None:
    with StandInServer(answering(b"not packed", {"Content-Encoding": encoding})) as server:
        with pytest.raises(OutsideFailed, match="无法解压"):
            await OutboundClient(allow_private=True).get(server.url)


# -- failures of the other side -------------------------------------------------------------------------------------


async def silent(request: Request) -> Response:
    raise Silence


async def hanging_up(request: Request) -> Response:
    raise HangUp


@pytest.mark.parametrize(("method", "unknown"), [("POST", True), ("GET", False)])
async def test_no_answer_in_time_says_how_long_and_whether_the_outcome_is_known(
    method: str, unknown: bool
) -> None:
    with StandInServer(silent) as server, pytest.raises(OutsideFailed) as caught:
        await OutboundClient(allow_private=True, timeout_seconds=1.5).request(method, server.url)
    assert "1.5 秒没有回应" in str(caught.value)
    assert (caught.value.error_code, caught.value.retryable) == ("timed_out", True)
    assert caught.value.outcome_unknown is unknown


async def test_a_connection_that_ends_before_the_answer_leaves_the_outcome_unknown() -> None:
    with StandInServer(hanging_up) as server, pytest.raises(OutsideFailed) as caught:
        await OutboundClient(allow_private=True).post(server.url, json={})
    assert (caught.value.error_code, caught.value.retryable, caught.value.outcome_unknown) == (
        "connection_lost",
        True,
        True,
    )


async def test_an_answer_cut_off_in_the_middle_is_a_lost_connection() -> None:
    with StandInServer(answering(b"short", {"Content-Length": "500", "Connection": "close"})) as server:
        with pytest.raises(OutsideFailed) as caught:
            await OutboundClient(allow_private=True).post(server.url, json={})
    assert caught.value.outcome_unknown


async def test_a_closed_port_is_refused_and_nothing_was_sent() -> None:
    with StandInServer(hello) as server:
        url = server.url
    with pytest.raises(OutsideFailed, match="拒绝连接") as caught:
        await OutboundClient(allow_private=True).post(url, json={})
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)


async def test_a_server_that_does_not_speak_tls_is_not_asked_again() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutsideFailed, match="http 还是 https") as caught:
            await OutboundClient(allow_private=True).post(f"https://127.0.0.1:{port}/", json={})
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)


# -- TLS ------------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext, list[str | None]]:
    """A server context with a fresh certificate for ``name``, a client context that trusts it, and the SNI seen."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    seen: list[str | None] = []

    def note(_socket: Any, server_name: str | None, _context: Any) -> None:
        seen.append(server_name)

    server.sni_callback = note
    return server, ssl.create_default_context(cafile=str(pem)), seen


async def test_tls_checks_the_name_though_the_number_is_called(tmp_path: Path) -> None:
    server_tls, trusting, seen = certificate(tmp_path, "hook.test")
    with StandInServer(hello, tls=server_tls) as server:
        resolve, _ = resolver({"hook.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
        client = OutboundClient(allow_private=True, resolve=resolve, ssl_context=trusting)
        assert (await client.get(f"https://hook.test:{server.port}/")).ok
        with pytest.raises(OutsideFailed, match="安全证书不可信") as caught:
            await client.post(f"https://other.test:{server.port}/", json={})
    assert seen == ["hook.test", "other.test"]
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server_tls, _, _ = certificate(tmp_path, "hook.test")
    with StandInServer(hello, tls=server_tls) as server:
        resolve, _ = resolver({"hook.test": ["127.0.0.1"]})
        with pytest.raises(OutsideFailed) as caught:
            await OutboundClient(allow_private=True, resolve=resolve).get(f"https://hook.test:{server.port}/")
    assert caught.value.error_code == "certificate_invalid"


async def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path) -> None:
    server_tls, trusting, _ = certificate(tmp_path, "hook.test")
    with StandInServer(hello) as plain:
        with StandInServer(redirecting(307, plain.url, []), tls=server_tls) as server:
            resolve, _ = resolver({"hook.test": ["127.0.0.1"]})
            client = OutboundClient(allow_private=True, resolve=resolve, ssl_context=trusting)
            with pytest.raises(NotAllowed, match="不加密"):
                await client.post(f"https://hook.test:{server.port}/start", json={})
        assert plain.connections == 0


# -- the loop of the product's processes ----------------------------------------------------------------------------


async def _big_both_ways(client: OutboundClient, url: str) -> None:
    """More than either side keeps at once, up and down, read in pieces."""
    sent = bytes(range(256)) * 8000
    response = await client.post(url, content=sent)
    assert response.body == sent[::-1]


async def _refused_and_lost(client: OutboundClient, url: str, gone: str) -> None:
    for address, code in ((gone, "refused"), (url, "connection_lost")):
        with pytest.raises(OutsideFailed) as caught:
            await client.post(address, json={})
        assert caught.value.error_code == code


async def reversed_(request: Request) -> Response:
    return Response(200, request.body[::-1])


def test_on_the_loop_of_the_workers_it_is_the_same(tmp_path: Path) -> None:
    server_tls, trusting, _ = certificate(tmp_path, "hook.test")
    resolve, _ = resolver({"hook.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    client = OutboundClient(
        allow_private=True, resolve=resolve, ssl_context=trusting, max_response_bytes=5_000_000
    )

    async def untrusted(port: int) -> None:
        with pytest.raises(OutsideFailed, match="安全证书不可信"):
            await client.post(f"https://other.test:{port}/", json={})

    with StandInServer(hello) as ended:
        gone = ended.url
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        with StandInServer(reversed_) as server:
            runner.run(_big_both_ways(client, server.url))
        with StandInServer(reversed_, tls=server_tls) as server:
            runner.run(_big_both_ways(client, f"https://hook.test:{server.port}/"))
            runner.run(untrusted(server.port))
        with StandInServer(hanging_up) as server:
            runner.run(_refused_and_lost(client, server.url, gone))
        with StandInServer(silent) as server, pytest.raises(OutsideFailed, match="没有回应"):
            runner.run(client.post(server.url, json={}, timeout_seconds=1.0))


async def test_a_large_answer_is_read_in_pieces() -> None:
    client = OutboundClient(allow_private=True, max_response_bytes=5_000_000)
    with StandInServer(reversed_) as server:
        await _big_both_ways(client, server.url)
