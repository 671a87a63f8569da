"""For those who watch over the installation: ``/health`` (the process lives), ``/ready`` (it can work), ``/metrics``."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import asyncpg
import structlog
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.status_codes import HTTP_503_SERVICE_UNAVAILABLE
from redis.exceptions import RedisError

from migrations.state import pending
from runtime import metrics
from runtime.access import require_instance_owner
from runtime.api.common import TheSystem
from runtime.errors import HuobiaoError, NotSignedIn
from runtime.system import System
from ui.http.authentication import PUBLIC, identify

log = structlog.get_logger(__name__)
_TIMEOUT_SECONDS = 3.0


@get("/health", opt={PUBLIC: True}, include_in_schema=False, sync_to_thread=False)
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/ready", opt={PUBLIC: True}, include_in_schema=False)
async def ready(request: Request[Any, Any, Any], system: TheSystem) -> Response[dict[str, Any]]:
    """Whether PostgreSQL and Redis answer and the schema is up to date; 503 names the part that is not."""
    checks = {
        "database": await _works("database", system.db.value("SELECT 1")),
        "redis": await _works("redis", system.live.redis.ping()),
        "migrations": await _works("migrations", _migrated(request.app.state, system)),
    }
    good = all(checks.values())
    return Response(
        {
            "status": "ready" if good else "not ready",
            "checks": {k: "ok" if v else "failed" for k, v in checks.items()},
        },
        status_code=200 if good else HTTP_503_SERVICE_UNAVAILABLE,
    )


async def _works(name: str, question: Any) -> bool:
    try:
        answer = await asyncio.wait_for(question, _TIMEOUT_SECONDS)
    except (OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, HuobiaoError) as error:
        log.warning("not ready", part=name, error=str(error) or type(error).__name__)
        return False
    return bool(answer)


async def _migrated(state: State, system: System) -> bool:
    """Asked of the database until it is true: a schema does not grow older while we run."""
    if not state.get("migrated"):
        state.migrated = not await pending(system.settings.database_url or "")
    return bool(state.migrated)


@get("/metrics", opt={PUBLIC: True}, include_in_schema=False)
async def figures(request: Request[Any, Any, Any], system: TheSystem) -> Response[bytes]:
    """Figures for Prometheus: to callers on this machine, or with an API token of the installation's owner.

    Raises:
        NotSignedIn, NotAllowed: for anybody else.
    """
    if not from_this_machine(request):
        actor = await identify(request)
        if actor is None:
            raise NotSignedIn()
        require_instance_owner(actor)
    return Response(await metrics.exposition(system), media_type=metrics.CONTENT_TYPE)


def from_this_machine(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller sits on this machine: a loopback address, and no proxy that speaks for somebody else."""
    if "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:  # a unix socket has no address
        return False
