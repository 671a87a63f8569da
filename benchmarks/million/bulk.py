"""Batches of a thousand records, beside COPY of the same values into a table with the same indexes."""

from __future__ import annotations

import random
import time

from benchmarks.million.tables import PLAIN, ROWS, Million, numbers, order, wire
from benchmarks.report import Figure
from benchmarks.stage import Stage

_BATCHES = 20


async def run(stage: Stage, million: Million) -> list[Figure]:
    """Batches into a table of the typed fields alone, and into the million with its six computed fields."""
    body = {"name": "订单(成批)", "fields": PLAIN}
    plain = await stage.call("POST", f"/api/v1/apps/{million.app}/tables", body)
    known = await numbers(stage)
    columns = [f"f{known[one['id']]}" for one in plain["fields"]]
    typed = [million.columns[spec["name"]] for spec in PLAIN]
    return [
        await _compared(stage, plain["id"], known[plain["id"]], columns, "no computed fields", 2 * ROWS),
        await _compared(stage, million.orders, million.number, typed, "6 computed fields", 3 * ROWS),
    ]


async def _compared(
    stage: Stage, table: str, number: int, columns: list[str], what: str, first: int
) -> Figure:
    rng = random.Random(5)
    batches = []
    for at in range(_BATCHES + 1):
        fields = [wire(first + at * 1000 + n, rng) | {"订单状态": "待支付"} for n in range(1000)]
        batches.append({"records": [{"fields": one} for one in fields]})
    path = f"/api/v1/tables/{table}/records"
    await stage.call("POST", path, batches[0])
    begun = time.perf_counter()
    for batch in batches[1:]:
        await stage.call("POST", path, batch)
    api = _BATCHES * 1000 / (time.perf_counter() - begun)
    rows = [order(first + 100_000 + n, rng) for n in range(_BATCHES * 1000)]
    begun = time.perf_counter()
    for start in range(0, len(rows), 1000):
        await stage.raw.copy_records_to_table(
            f"t{number}", schema_name="data", columns=columns, records=rows[start : start + 1000]
        )
    copied = len(rows) / (time.perf_counter() - begun)
    return Figure(
        f"records created in batches of 1,000, {what} (aim: ≥ 0.4 ×)",
        f"{api:,.0f} rows/s",
        "COPY of the same values into the same table, 1,000 at a time",
        f"{copied:,.0f} rows/s",
        f"{api / copied:.3f}",
    )
