"""Which address a phone can open, and what a browser will let a page do there."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal
from urllib.parse import urlsplit

import psutil
import segno
from litestar import Request

from runtime.settings import Settings

Reach = Literal["anywhere", "network", "here"]


@dataclass(frozen=True, kw_only=True)
class PhoneAddress:
    """``url`` to open on a phone. ``reach``: from anywhere, from the same network, or only on this machine.

    ``camera``: whether browsers allow the camera there (https, or this machine itself).
    """

    url: str
    reach: Reach
    camera: bool


def phone_address(request: Request[Any, Any, Any], settings: Settings, path: str) -> PhoneAddress:
    """The best address of ``path`` for a phone: the public one, else the one in use, else this machine's in its network."""
    if settings.public_url:
        base, reach = settings.public_url, _reach(urlsplit(settings.public_url).hostname or "")
    else:
        used = urlsplit(str(request.base_url))
        base, reach = f"{used.scheme}://{used.netloc}", _reach(used.hostname or "")
        nearby = _own_address() if reach == "here" and not _is_loopback(settings.host) else None
        if nearby is not None:
            base, reach = f"{used.scheme}://{nearby}:{used.port or settings.port}", "network"
    camera = base.startswith("https:") or reach == "here"
    return PhoneAddress(url=base.rstrip("/") + path, reach=reach, camera=camera)


def _reach(host: str) -> Reach:
    if _is_loopback(host):
        return "here"
    try:
        return "network" if ipaddress.ip_address(host).is_private else "anywhere"
    except ValueError:
        return "anywhere" if "." in host and not host.endswith((".local", ".lan", ".test")) else "network"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _own_address() -> str | None:
    """This machine's address in its network, if it has one."""
    for addresses in psutil.net_if_addrs().values():
        for found in addresses:
            if found.family == socket.AF_INET and not _is_loopback(found.address):
                return str(found.address)
    return None


def qr_svg(text: str) -> bytes:
    """``text`` as a QR code: black on white with its quiet zone, in every theme, as cameras want it."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=3, light="#fff", dark="#000", xmldecl=False, omitsize=True
    )
    return out.getvalue()
