"""Connections that only ever go to addresses the policy has judged."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import httpcore

from runtime.outbound.addresses import Policy, Resolver, checked_addresses
from runtime.outbound.streams import LoopBackend

# At debug level the library writes whole headers, in which addresses with keys stand.
logging.getLogger("httpcore").setLevel(logging.INFO)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for the HTTP library: resolves, judges, and connects to the judged address.

    The library keeps the name for the ``Host`` header, SNI and the certificate check; only the socket knows
    the number. Because the check sits here, no path (redirect, retry) can go around it.
    """

    def __init__(self, policy: Policy, resolve: Resolver) -> None:
        self._policy = policy
        self._resolve = resolve
        self._network = LoopBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of ``host`` that answers; each gets an equal share of ``timeout``.

        Raises what :func:`~runtime.outbound.addresses.checked_addresses` raises, and the library's
        ``ConnectError``/``ConnectTimeout`` of the last address.
        """
        addresses = await checked_addresses(host, port, self._policy, self._resolve)
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._connect(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._connect(str(addresses[-1]), port, share, local_address, socket_options)

    async def _connect(
        self,
        address: str,
        port: int,
        seconds: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        return await self._network.connect_tcp(
            address, port, timeout=seconds, local_address=local_address, socket_options=socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a unix socket is this machine."""
        raise httpcore.UnsupportedProtocol("unix sockets are not outside")

    async def sleep(self, seconds: float) -> None:
        """Wait, for the library's own retries (which are off)."""
        await self._network.sleep(seconds)
