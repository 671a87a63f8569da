"""A formula field added to the million rows while people go on reading and writing."""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.million.tables import ROWS, Million, add_field, settled, wire
from benchmarks.report import Figure
from benchmarks.stage import Stage, quantiles


async def run(stage: Stage, million: Million) -> list[Figure]:
    """How long until every row has its value, and what others wait meanwhile."""
    await stage.raw.execute("VACUUM ANALYZE", timeout=600)
    c = million.columns
    await stage.raw.execute(f"ALTER TABLE data.t{million.number} ADD COLUMN bench numeric")
    begun = time.perf_counter()
    await stage.raw.execute(
        f"UPDATE data.t{million.number} SET bench = round({c['应付金额']} * 0.9, 2)", timeout=600
    )
    raw = time.perf_counter() - begun
    await stage.raw.execute(f"ALTER TABLE data.t{million.number} DROP COLUMN bench")
    await stage.raw.execute(f"VACUUM FULL data.t{million.number}", timeout=600)
    await stage.raw.execute("ANALYZE", timeout=600)
    stop = asyncio.Event()
    watching = asyncio.create_task(_meanwhile(stage, million, stop))
    begun = time.perf_counter()
    await add_field(stage, million.orders, "九折", "formula", source="ROUND({应付金额}*0.9,2)")
    answered = time.perf_counter() - begun
    await settled(stage)
    done = time.perf_counter() - begun
    stop.set()
    reads, writes = await watching
    left = await stage.raw.fetchval(
        f"SELECT count(*) FROM data.t{million.number} WHERE {await _column(stage, '九折')}"
        f" IS DISTINCT FROM round({c['应付金额']} * 0.9, 2)"
    )
    assert left == 0, left
    return [
        Figure(
            f"a formula field added to {ROWS:,} rows, until every row has its value (aim: ≤ 3 ×)",
            f"{done:.0f} s (answered after {answered:.1f} s)",
            "one UPDATE of such a column",
            f"{raw:.0f} s",
            f"{done / raw:.2f}",
        ),
        Figure(
            "meanwhile: first page, p50 / longest",
            f"{quantiles(reads)[0]:.0f} / {1000 * max(reads):.0f} ms",
            "", "", "",
        ),
        Figure(
            "meanwhile: one record created, p50 / longest",
            f"{quantiles(writes)[0]:.0f} / {1000 * max(writes):.0f} ms",
            "", "", "",
        ),
    ]  # fmt: skip


async def _column(stage: Stage, name: str) -> str:
    number = await stage.raw.fetchval(
        "SELECT id FROM meta.definition WHERE kind = 'field' AND body ->> 'name' = $1 AND deleted_at IS NULL",
        name,
    )
    return f"f{number}"


async def _meanwhile(stage: Stage, million: Million, stop: asyncio.Event) -> tuple[list[float], list[float]]:
    """Seconds of pages and creates that run by turns until ``stop``."""
    reads: list[float] = []
    writes: list[float] = []
    rng = random.Random(6)
    query = {"sorts": [{"field": million.fields["下单时间"], "descending": True}], "limit": 100}
    n = 4 * ROWS
    while not stop.is_set():
        begun = time.perf_counter()
        await stage.call("POST", f"/api/v1/tables/{million.orders}/query", query)
        reads.append(time.perf_counter() - begun)
        n += 1
        fields = wire(n, rng) | {"订单状态": "待支付"}
        begun = time.perf_counter()
        await stage.call("POST", million.records, {"records": [{"fields": fields}]})
        writes.append(time.perf_counter() - begun)
    return reads, writes
