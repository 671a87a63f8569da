"""One web process: uvicorn over the socket that the supervisor bound."""

from __future__ import annotations

import socket

import uvicorn

from runtime.logging import configure_logging
from runtime.services.memory import settle_down
from runtime.settings import Settings

# open live channels (SSE) never end by themselves
_GRACEFUL_SECONDS = 3


def run_web(settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    from ui.asgi import create_app

    configure_logging(settings, process="web")
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=settings.log_level == "debug",
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        timeout_keep_alive=30,
        lifespan="on",
    )
    settle_down()
    uvicorn.Server(config).run(sockets=[listening])
