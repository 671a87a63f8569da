"""Figures for Prometheus: requests, live streams, and what waits in the database. ``GET /metrics`` shows them."""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as DEFAULT_REGISTRY

from runtime.system import System

CONTENT_TYPE = CONTENT_TYPE_LATEST
disable_created_metrics()  # type: ignore[no-untyped-call]

requests = Counter("huobiao_http_requests", "HTTP requests answered", ("method", "route", "status"))
request_seconds = Histogram(
    "huobiao_http_request_seconds",
    "Time from the first byte of a request to the last of its answer",
    ("method", "route"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
live_streams = Gauge("huobiao_live_streams", "Open live channels of browsers", multiprocess_mode="livesum")

_of_route: dict[tuple[str, str, int], tuple[Counter, Histogram | None]] = {}

# what a person on call asks first: is anything stuck? All of them small or served by partial indexes
_WAITING = {
    "outbox": "SELECT count(*) FROM (SELECT 1 FROM meta.outbox LIMIT 100000) o",
    "runs": "SELECT count(*) FROM meta.run WHERE status IN ('queued', 'running', 'waiting')",
    "deliveries": "SELECT count(*) FROM meta.delivery WHERE status = 'waiting'",
    "jobs": "SELECT count(*) FROM meta.job WHERE status IN ('queued', 'running')",
}


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; live channels (which last for hours) are not timed."""
    key = (method, route, status)
    found = _of_route.get(key)
    if found is None:  # finding a figure by its labels takes longer than counting with it
        timed = None if route.endswith("/live") else request_seconds.labels(method, route)
        found = _of_route[key] = (requests.labels(method, route, str(status)), timed)
    counter, histogram = found
    counter.inc()
    if histogram is not None:
        histogram.observe(seconds)


async def exposition(system: System) -> bytes:
    """The figures of this process, or of all web processes where ``PROMETHEUS_MULTIPROC_DIR`` is set."""
    registry = DEFAULT_REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    own = CollectorRegistry()
    waiting = Gauge("huobiao_waiting", "Things that wait to be done", ("what",), registry=own)
    for what, sql in _WAITING.items():
        waiting.labels(what).set(await system.db.value(sql))
    pool = Gauge("huobiao_database_connections", "Connections of this process", ("state",), registry=own)
    pool.labels("open").set(system.db.pool.get_size())
    pool.labels("idle").set(system.db.pool.get_idle_size() + system.db.resting)
    return generate_latest(registry) + generate_latest(own)
