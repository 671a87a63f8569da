"""Which addresses outside may be called: the check behind every outgoing connection.

A name is resolved once and *every* address it has is judged; the connection then goes to a judged address, so
a name that answers differently a moment later (DNS rebinding) gains nothing. Kinds of address::

    PUBLIC     may be called
    LOCAL      this machine (127.0.0.0/8, ::1)                         lifted by allow_private
    PRIVATE    the internal network: RFC 1918, CGNAT, link-local, ULA  lifted by allow_private
    METADATA   where clouds hand out credentials (169.254.169.254 …)   only by the list of allowed endpoints
    SPECIAL    unspecified, multicast, broadcast, reserved, disguised  only by the list of allowed endpoints

IPv6 forms that carry an IPv4 address (mapped, 6to4, NAT64) are judged by the address they carry; a mapped or
otherwise disguised public address is refused too, because no honest server is published like that.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from urllib.parse import urlsplit

import httpx
import msgspec

from runtime.errors import HuobiaoError, InvalidInput, NotAllowed, OutsideFailed
from runtime.i18n import N_, Message

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[IPAddress]]]

_LOCAL = tuple(ipaddress.ip_network(n) for n in ("127.0.0.0/8", "::1/128"))
_PRIVATE = tuple(
    ipaddress.ip_network(n)
    for n in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "169.254.0.0/16",  # link-local
        "198.18.0.0/15",  # benchmarking; local proxies hand these out as stand-ins for names
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, deprecated
    )
)
# Where a machine in a cloud finds its credentials: AWS/Azure/GCP/Tencent, ECS tasks, Tencent, Alibaba,
# Oracle, Azure's host agent, AWS over IPv6, Kubernetes pods at AWS, Scaleway, GCP over IPv6.
_METADATA = frozenset(
    ipaddress.ip_address(a)
    for a in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.0.23",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fd00:ec2::254",
        "169.254.170.23",
        "fd00:ec2::23",
        "169.254.42.42",
        "fd00:42::42",
        "fd20:ce::254",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC_LABEL = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")

_NO_SUCH_NAME = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
)


class Kind(Enum):
    """What an address is to us."""

    PUBLIC = "public"
    LOCAL = "local"
    PRIVATE = "private"
    METADATA = "metadata"
    SPECIAL = "special"

    @property
    def described(self) -> Message:
        """The kind in words that finish the sentence "it points to …"."""
        return Message(_KIND_WORDS[self])


_KIND_WORDS = {
    Kind.PUBLIC: N_("公网"),
    Kind.LOCAL: N_("运行活表的这台机器"),
    Kind.PRIVATE: N_("内网"),
    Kind.METADATA: N_("云服务器的密钥服务"),
    Kind.SPECIAL: N_("一个保留的特殊地址"),
}


class Policy(msgspec.Struct, frozen=True):
    """What this installation lets its users call.

    ``allow_private`` is the administrator's switch. ``allowed`` are endpoints as ``host:port`` (see
    :func:`endpoint_of`) that are always let through, whatever they resolve to.
    """

    allow_private: bool = False
    allowed: frozenset[str] = frozenset()

    def permits(self, host: str, port: int, kind: Kind) -> bool:
        """Whether ``host:port``, which leads to an address of ``kind``, may be called."""
        if kind is Kind.PUBLIC or endpoint(host, port) in self.allowed:
            return True
        return self.allow_private and kind in {Kind.LOCAL, Kind.PRIVATE}


def endpoint(host: str, port: int) -> str:
    """``host:port`` in the form that :class:`Policy` compares; IPv6 in brackets."""
    name = host.lower().rstrip(".")
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def endpoint_of(url: str) -> str:
    """The endpoint of an http(s) address. Raises like :func:`parse_url`."""
    parsed = parse_url(url)
    return endpoint(parsed.raw_host.decode("ascii"), port_of(parsed))


def port_of(url: httpx.URL) -> int:
    """The port a request to ``url`` goes to."""
    return url.port if url.port is not None else (443 if url.scheme == "https" else 80)


def allowed_endpoints(entries: Iterable[str]) -> frozenset[str]:
    """Read a list of endpoints, each ``host:port`` or an http(s) address. Raises :class:`InvalidInput`."""
    return frozenset(
        endpoint_of(e if "://" in e else f"http://{e}") for e in (x.strip() for x in entries) if e
    )


def classify(address: IPAddress) -> Kind:
    """What kind of address this is."""
    if address in _METADATA:
        return Kind.METADATA
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried_ipv4(address)
        if carried is not None:
            kind = classify(carried)
            disguised = kind is Kind.PUBLIC and address not in _NAT64
            return Kind.SPECIAL if disguised else kind
        address = ipaddress.IPv6Address(int(address))  # drops a zone ("%eth0"): networks do not compare it
    if any(address in network for network in _LOCAL):
        return Kind.LOCAL
    if any(address in network for network in _PRIVATE):
        return Kind.PRIVATE
    if not address.is_global or address.is_multicast or address.is_reserved:
        return Kind.SPECIAL
    return Kind.PUBLIC


def _carried_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def parse_url(url: str) -> httpx.URL:
    """Read an address that may be called as far as its text tells.

    Raises:
        InvalidInput: no address, no host, or a user name and password inside it.
        NotAllowed: another scheme than http or https, or a numeric host in an odd notation
            (``http://2130706433/``, ``http://0177.0.0.1/``), which only ever serves to slip past a check.
    """
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        raise _unreadable(url) from None
    if parsed.scheme not in {"http", "https"}:
        if not parsed.scheme or not parsed.host:
            raise InvalidInput(
                N_("「{url}」不是完整的网址,应以 https:// 开头"), code="address_invalid", url=_shown(url)
            )
        raise NotAllowed(
            N_("只能访问 http 和 https 的网址,不支持 {scheme}"),
            code="address_not_allowed",
            scheme=parsed.scheme,
        )
    if not parsed.host:
        raise InvalidInput(N_("「{url}」里没有主机名"), code="address_invalid", url=_shown(url))
    if parsed.userinfo:
        raise InvalidInput(N_("网址里不能带用户名和密码,请改用请求头"), code="address_invalid")
    if literal(parsed.host) is None and _ends_in_number(parsed.host):
        raise _odd_notation(parsed.host)
    if literal(parsed.host) is None and not _NAME.fullmatch(parsed.raw_host.decode("ascii")):
        raise _unreadable(url)
    if not 0 < port_of(parsed) <= 65535:
        raise InvalidInput(N_("「{url}」的端口不对"), code="address_invalid", url=_shown(url))
    return parsed


def literal(host: str) -> IPAddress | None:
    """The address that ``host`` spells in the usual notation, or None for a name (or an odd notation)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ends_in_number(host: str) -> bool:
    """Whether resolvers would read the host as an IPv4 address (no top-level domain is a number)."""
    return _NUMERIC_LABEL.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]) is not None


def _unreadable(url: str) -> HuobiaoError:
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        host = ""
    if _ends_in_number(host):
        return _odd_notation(host)
    return InvalidInput(
        N_("「{url}」不是能用的网址,检查有没有多余的字符"), code="address_invalid", url=_shown(url)
    )


def _odd_notation(host: str) -> NotAllowed:
    return NotAllowed(
        N_("「{host}」不是规范的 IP 地址,请写成 1.2.3.4 的样子"), code="address_not_allowed", host=host
    )


def _shown(url: str) -> str:
    """The part of an address that may be shown: queries carry keys."""
    shown = url.strip().split("?", 1)[0].split("#", 1)[0]
    return shown if len(shown) <= 80 else shown[:79] + "…"


async def system_resolver(host: str, port: int) -> list[IPAddress]:
    """Every address of ``host`` as the operating system knows it, best first. Raises :class:`OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(sockaddr[0]) for *_, sockaddr in found))


async def checked_addresses(host: str, port: int, policy: Policy, resolve: Resolver) -> list[IPAddress]:
    """The addresses of ``host`` that may be connected to: all of them, or none.

    One forbidden address among several refuses the name: honest names do not mix the two.

    Raises:
        NotAllowed: the policy forbids one of them.
        OutsideFailed: the name has no address; ``retryable`` unless the name is known not to exist.
    """
    spelled = literal(host)
    addresses = [spelled] if spelled is not None else await _resolved(host, port, resolve)
    for address in addresses:
        kind = classify(address)
        if not policy.permits(host, port, kind):
            raise _forbidden(host, kind)
    return addresses


_INSIDE = N_("不能访问 {host}:它指向{kind}。要连的确实是自己的系统的话,请活表的管理员允许访问内网")
_INSIDE_TO_ADMINISTRATORS = N_(
    "不能访问 {host}:它指向{kind}。要连的确实是自己的系统的话,用 HUOBIAO_ALLOW_PRIVATE_OUTBOUND=1 启动活表,所有应用就都能访问内网"
)


def to_administrators(message: Message) -> Message:
    """A refusal as those read it who can lift it: with the setting by name. Any other message as it is."""
    return Message(_INSIDE_TO_ADMINISTRATORS, message.params) if message.msgid == _INSIDE else message


def _forbidden(host: str, kind: Kind) -> NotAllowed:
    msgid = _INSIDE if kind in {Kind.LOCAL, Kind.PRIVATE} else N_("不能访问 {host}:它指向{kind}")
    return NotAllowed(msgid, code="address_not_allowed", host=host, kind=kind.described)


async def _resolved(host: str, port: int, resolve: Resolver) -> list[IPAddress]:
    try:
        addresses = await resolve(host, port)
    except UnicodeError:
        addresses = []
    except OSError as error:
        # Anything but "there is no such name" is trouble on the way to the name service, which passes.
        if error.errno not in _NO_SUCH_NAME:
            raise OutsideFailed(
                N_("暂时查不到 {host} 的地址,请检查网络,稍后再试"), code="dns_failed", host=host
            ) from None
        addresses = []
    if not addresses:
        raise OutsideFailed(
            N_("找不到服务器 {host},请检查网址有没有写错"), code="host_unknown", retryable=False, host=host
        )
    return addresses
