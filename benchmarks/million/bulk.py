"""Batches of a thousand records, beside COPY of the same values into a table with the same indexes."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from benchmarks.clients import hammer, request
from benchmarks.million.tables import PLAIN, ROWS, Million, numbers, order, wire
from benchmarks.report import Figure
from benchmarks.stage import Stage, place

_BATCHES = 20
_HISTORY = (
    "at", "change_id", "app_id", "table_id", "record_id", "version", "action", "actor_kind", "actor_id", "actor_name",
    "channel", "after",
)  # fmt: skip


async def run(stage: Stage, million: Million) -> list[Figure]:
    """Batches into a table of the typed fields alone, and into the million with its six computed fields."""
    body = {"name": "订单(成批)", "fields": PLAIN}
    plain = await stage.call("POST", f"/api/v1/apps/{million.app}/tables", body)
    known = await numbers(stage)
    columns = [f"f{known[one['id']]}" for one in plain["fields"]]
    typed = [million.columns[spec["name"]] for spec in PLAIN]
    return [
        *await _compared(stage, plain["id"], known[plain["id"]], columns, "no computed fields", 2 * ROWS),
        *await _compared(stage, million.orders, million.number, typed, "6 computed fields", 3 * ROWS),
    ]


async def _compared(
    stage: Stage, table: str, number: int, columns: list[str], what: str, first: int
) -> list[Figure]:
    rng = random.Random(5)
    batches = []
    for at in range(_BATCHES + 1):
        fields = [wire(first + at * 1000 + n, rng) | {"订单状态": "待支付"} for n in range(1000)]
        batches.append({"records": [{"fields": one} for one in fields]})
    base, token = place(stage)
    sent = [request(base, token, "POST", f"/api/v1/tables/{table}/records", batch) for batch in batches]
    await hammer(base, lambda _: sent[0], clients=1, times=1)
    api = 1000 * (await hammer(base, lambda n: sent[n + 1], clients=1, times=_BATCHES)).per_second
    rows = [order(first + 100_000 + n, rng) for n in range(_BATCHES * 1000)]
    begun = time.perf_counter()
    for start in range(0, len(rows), 1000):
        await stage.raw.copy_records_to_table(
            f"t{number}", schema_name="data", columns=columns, records=rows[start : start + 1000]
        )
    copied = len(rows) / (time.perf_counter() - begun)
    by_hand = await _by_hand(stage, number, columns, rows, batches[1:])
    return [
        Figure(
            f"records created in batches of 1,000, {what} (aim: ≥ 0.4 ×)",
            f"{api:,.0f} rows/s",
            "COPY of the same values into the same table, 1,000 at a time",
            f"{copied:,.0f} rows/s",
            f"{api / copied:.3f}",
        ),
        Figure(
            f"the same batches, {what}, beside what no program could leave out",
            f"{api:,.0f} rows/s",
            "JSON read, both COPYs (rows and history), JSON answered; nothing checked or computed",
            f"{by_hand:,.0f} rows/s",
            f"{api / by_hand:.3f}",
        ),
    ]


async def _by_hand(
    stage: Stage, number: int, columns: list[str], rows: list[tuple[Any, ...]], batches: list[Any]
) -> float:
    """Rows a second of a program that does by hand only what has to be done, and knows all values beforehand."""
    app = await stage.raw.fetchval("SELECT app_id FROM meta.definition WHERE id = $1", number)
    last = int(await stage.raw.fetchval(f"SELECT max(id) FROM data.t{number}"))
    bodies = [msgspec.json.encode(batch) for batch in batches]
    begun = time.perf_counter()
    for at, body in enumerate(bodies):
        read = msgspec.json.decode(body)["records"]
        now = datetime.now(UTC)
        noted = [
            (
                now,
                0,
                app,
                number,
                last + n,
                1,
                "create",
                "token",
                "x",
                "x",
                "api",
                msgspec.json.encode(one["fields"]).decode(),
            )
            for n, one in enumerate(read)
        ]
        async with stage.raw.transaction():
            await stage.raw.copy_records_to_table(
                f"t{number}", schema_name="data", columns=columns, records=rows[at * 1000 : (at + 1) * 1000]
            )
            await stage.raw.copy_records_to_table(
                "history", schema_name="meta", columns=_HISTORY, records=noted
            )
        msgspec.json.encode({"records": read})
    return len(bodies) * 1000 / (time.perf_counter() - begun)
