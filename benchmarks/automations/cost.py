"""What an order costs: statements, and milliseconds of processor time in each process.

Statements are counted by PostgreSQL itself: its log names every one while ``log_statement`` is on (begins and commits
included), less what the installation says in the same time when nothing happens. Processor time is what the kernel
accounts to each process of the installation, less what they use at rest: it hardly depends on what else the machine does.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from benchmarks.automations.floors import Floor
from benchmarks.automations.shop import ORDERS, Shop
from benchmarks.report import Figure
from benchmarks.stage import Stage

_CLIENTS = 4
_SHOWN = 100
_WORTH_NAMING = 0.2
_STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): (.*)")


@dataclass(frozen=True)
class Cost:
    """Per order: milliseconds of processor time by kind of process, statements by their first words."""

    cpu_ms: dict[str, float]
    statements: dict[str, float]


async def run(stage: Stage, shop: Shop, floor: Floor) -> list[Figure]:
    """Two figures: time and statements."""
    cost = await take(stage, shop, max(50, ORDERS // 4))
    parts = ", ".join(f"{name} {ms:.1f}" for name, ms in sorted(cost.cpu_ms.items(), key=lambda p: -p[1]))
    statements = sum(cost.statements.values())
    for sql, times in sorted(cost.statements.items(), key=lambda pair: -pair[1]):
        if times >= _WORTH_NAMING:
            print(f"    {times:5.2f} × {sql}", file=sys.stderr)
    return [
        Figure(
            f"processor time of an order ({parts})",
            f"{sum(cost.cpu_ms.values()):.1f} ms",
            "two cores at 200 orders/s",
            "10.0 ms",
            f"{sum(cost.cpu_ms.values()) / 10:.2f}",
        ),
        Figure(
            "SQL statements of an order: two moves, one run of four steps, one message",
            f"{statements:.0f}",
            "its durable writes alone",
            f"{floor.statements}",
            f"{statements / floor.statements:.1f}",
        ),
    ]


async def take(stage: Stage, shop: Shop, count: int) -> Cost:
    """Bring ``count`` orders through, four at a time; then nothing for as long."""
    orders = await shop.orders(count, "待支付")
    await stage.raw.execute("ALTER SYSTEM SET log_statement = 'all'")
    await stage.raw.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(1)
    before, begun, place = _cpu(stage), time.monotonic(), _log(stage).stat().st_size
    left = iter(orders)

    async def program() -> None:
        for order in left:
            await shop.move(order, "已支付")
            await shop.move(order, "审核中")

    await asyncio.gather(*(program() for _ in range(_CLIENTS)))
    await shop.heard_of(orders)
    seconds = time.monotonic() - begun
    busy, middle = _cpu(stage), _log(stage).stat().st_size
    await shop.rest()
    idle_from, idle_place = _cpu(stage), _log(stage).stat().st_size
    await asyncio.sleep(seconds)
    idle_to, end = _cpu(stage), _log(stage).stat().st_size
    await stage.raw.execute("ALTER SYSTEM RESET log_statement")
    await stage.raw.execute("SELECT pg_reload_conf()")
    cpu = {name: busy[name] - before[name] - (idle_to[name] - idle_from[name]) for name in busy}
    said, at_rest = _said(stage, place, middle), _said(stage, idle_place, end)
    statements = {sql: (said[sql] - at_rest[sql]) / count for sql in said}
    return Cost(
        {name: 1000 * seconds / count for name, seconds in cpu.items()},
        {sql: times for sql, times in statements.items() if times > 0},
    )


def _cpu(stage: Stage) -> dict[str, float]:
    """Seconds of processor time so far, by kind of process."""
    services = msgspec.json.decode((stage.data / "run" / "services.json").read_bytes())
    found: dict[str, float] = defaultdict(float)
    for name, child in services["children"].items():
        process = psutil.Process(child["pid"])
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            found[name.partition("-")[0]] += times.user + times.system
    return found


def _log(stage: Stage) -> Path:
    return stage.data / "logs" / "postgres.log"


def _said(stage: Stage, start: int, end: int) -> Counter[str]:
    """Statements in this part of the log, by their beginning; numbers and literals left out, so that like ones meet."""
    with _log(stage).open("rb") as log:
        log.seek(start)
        part = log.read(end - start)
    return Counter(
        re.sub(r"\d+", "", found.decode(errors="replace"))[:_SHOWN] for found in _STATEMENT.findall(part)
    )
