"""A change that 100,000 records depend on: the rate of a shop, from which each of its orders has a fee."""

from __future__ import annotations

import time

from benchmarks.million.tables import Million, settled
from benchmarks.report import Figure
from benchmarks.stage import Stage, quantiles

_TIMES = 5


async def run(stage: Stage, million: Million) -> list[Figure]:
    """What the writer waits for, and until when all is right."""
    path = f"/api/v1/tables/{million.shops}/records"
    page = await stage.call("POST", f"/api/v1/tables/{million.shops}/query", {"limit": 1})
    shop = page["records"][0]["id"]
    plain, waits, refreshed = [], [], []
    for n in range(_TIMES):
        begun = time.perf_counter()
        await stage.call("PATCH", path, {"records": [{"id": shop, "fields": {"店名": f"一号店 {n}"}}]})
        plain.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        await stage.call(
            "PATCH", path, {"records": [{"id": shop, "fields": {"费率": 0.01 + (n + 1) / 1000}}]}
        )
        waits.append(time.perf_counter() - begun)
        await settled(stage)
        refreshed.append(time.perf_counter() - begun)
    raw, count = await _raw(stage, million)
    alone, writer, done = quantiles(plain)[0], quantiles(waits)[0], quantiles(refreshed)[0]
    return [
        Figure(
            f"a change that {count:,} records depend on, until the writer has its answer (aim: ≤ 50 ms more)",
            f"{writer:.1f} ms",
            "a change of the same record that nothing depends on",
            f"{alone:.1f} ms",
            f"+ {writer - alone:.1f} ms",
        ),
        Figure(
            f"the same until all {count:,} are right (aim: ≤ 3 ×)",
            f"{done / 1000:.1f} s",
            "one UPDATE of the same columns of the same rows",
            f"{raw:.1f} s",
            f"{done / 1000 / raw:.2f}",
        ),
    ]


async def _raw(stage: Stage, million: Million) -> tuple[float, int]:
    """Seconds of one statement that sets the three columns that follow from the rate, and how many rows it sets."""
    c = million.columns
    relation = await stage.raw.fetchval(
        "SELECT (body -> 'config' ->> 'relation')::bigint FROM meta.definition WHERE public_id = $1",
        million.fields["店铺"],
    )
    begun = time.perf_counter()
    done = await stage.raw.execute(
        f"UPDATE data.t{million.number} t SET {c['店铺费率']} = {c['店铺费率']} + 0.001,"
        f" {c['平台服务费']} = {c['平台服务费']} + 1, {c['净额']} = {c['净额']} - 1"
        f" FROM data.l{relation} l WHERE l.a_id = t.id AND l.b_id = 2",
        timeout=600,
    )
    return time.perf_counter() - begun, int(done.rpartition(" ")[2])
