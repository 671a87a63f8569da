"""Pages, look-ups and groups of a million orders, each beside the same SQL through raw asyncpg."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from benchmarks.clients import asking, hammer, request
from benchmarks.million.tables import ROWS, Million, numbers
from benchmarks.report import Figure
from benchmarks.stage import Stage, in_turn, place, quantiles, timed

_TIMES = 200


async def run(stage: Stage, million: Million) -> list[Figure]:
    """Draw a view, wait for the index that the product makes for it, and measure."""
    await _views(stage, million)
    await stage.raw.execute("VACUUM ANALYZE", timeout=600)
    return [
        *await _pages(stage, million),
        *await _waybill(stage, million),
        await _substring(stage, million),
        await _groups(stage, million),
    ]


async def _views(stage: Stage, million: Million) -> None:
    """What a builder would draw: a view of one state by time, a phone desk that finds parcels by waybill."""
    view = {
        "name": "待审核",
        "where": _state(million),
        "sorts": [{"field": million.fields["下单时间"], "descending": True}],
    }
    await stage.call("POST", f"/api/v1/tables/{million.orders}/views", view)
    workbench = {
        "name": "查单",
        "slug": "million",
        "table": million.orders,
        "bindings": {"number": million.fields["平台单号"], "waybill": million.fields["快递单号"]},
    }
    await stage.call("POST", f"/api/v1/apps/{million.app}/workbenches", workbench)
    begun = time.monotonic()
    while True:
        found = (await stage.call("GET", f"/api/v1/tables/{million.orders}/indexes"))["indexes"]
        # the one of the workbench too, or it is being built while the pages are measured
        indexed = {name["name"] for one in found for name in one["fields"]}
        if {"下单时间", "快递单号"} <= indexed and all(one["state"] == "ready" for one in found):
            return
        assert time.monotonic() - begun < 300, found
        await asyncio.sleep(0.5)


def _state(million: Million) -> dict[str, Any]:
    return {"kind": "condition", "field": million.fields["订单状态"], "op": "is", "value": "已发货"}


async def _pages(stage: Stage, million: Million) -> list[Figure]:
    path = f"/api/v1/tables/{million.orders}/query"
    c = million.columns
    query = {
        "where": _state(million),
        "sorts": [{"field": million.fields["下单时间"], "descending": True}],
        "limit": 100,
    }
    sql = (
        f"SELECT * FROM data.t{million.number} WHERE deleted_at IS NULL AND {c['订单状态']} = 4"
        f" ORDER BY {c['下单时间']} DESC NULLS LAST, id DESC LIMIT 101"
    )

    async def ask(body: dict[str, Any]) -> Any:
        answer = (await stage.http.post(path, json=body)).json()
        assert len(answer["records"]) == 100, answer
        return answer

    linked = await _with_links(stage, million, sql)

    async def bare() -> None:
        assert len(await stage.raw.fetch(sql)) == 101

    async def same() -> None:
        assert len(await stage.raw.fetch(linked)) == 101

    # the page at row 900,000 of the whole table in the same order, asked for as a reader who pages would
    everything = {"sorts": query["sorts"], "limit": 100}
    await ask(query)
    begun = time.perf_counter()
    there = await ask({**everything, "at": int(ROWS * 0.9)})
    jump = time.perf_counter() - begun
    base, token = place(stage)
    pages = [query, everything, {**everything, "cursor": there["next_cursor"]}]
    first, near, far, raw, rows, empty = await in_turn(
        _TIMES,
        *[await asking(base, request(base, token, "POST", path, body)) for body in pages],
        same,
        bare,
        await asking(base, request(base, token, "GET", "/health")),
    )
    floor = (raw[0] + empty[0], raw[1] + empty[1])
    least = (rows[0] + empty[0], rows[1] + empty[1])
    return [
        Figure(
            f"first page of 100 of {ROWS:,}, filtered and sorted, p50 / p95 (aim: p95 ≤ 2.5 ×)",
            f"{first[0]:.1f} / {first[1]:.1f} ms",
            "SQL for the same cells (both links with their names) by asyncpg + an empty request",
            f"{floor[0]:.1f} / {floor[1]:.1f} ms",
            f"{first[0] / floor[0]:.2f} / {first[1] / floor[1]:.2f}",
        ),
        Figure(
            "the same page beside less than it holds, p50 / p95",
            f"{first[0]:.1f} / {first[1]:.1f} ms",
            "SQL for the 23 other cells alone by asyncpg + an empty request",
            f"{least[0]:.1f} / {least[1]:.1f} ms",
            f"{first[0] / least[0]:.2f} / {first[1] / least[1]:.2f}",
        ),
        Figure(
            f"page at row {int(ROWS * 0.9):,} by cursor, p50 / p95 (aim: ≤ 1.5 ×)",
            f"{far[0]:.1f} / {far[1]:.1f} ms",
            "first page in the same order",
            f"{near[0]:.1f} / {near[1]:.1f} ms",
            f"{far[0] / near[0]:.2f} / {far[1] / near[1]:.2f}",
        ),
        Figure(f"first jump to row {int(ROWS * 0.9):,} by scroll bar", f"{1000 * jump:.0f} ms", "", "", ""),
    ]


async def _with_links(stage: Stage, million: Million, page: str) -> str:
    """The page with what its two links point at, as one would write it by hand."""
    known = await numbers(stage)
    joins, shown = "", ""
    for name, table in (("店铺", million.shops), ("客户", million.customers)):
        first = (await stage.call("GET", f"/api/v1/tables/{table}"))["fields"][0]["id"]
        pairs, far = f"l{million.columns[name][1:]}", f"r{known[table]}"
        shown += f", {far}.id, {far}.f{known[first]}"
        joins += (
            f" LEFT JOIN (data.{pairs} {pairs} JOIN data.t{known[table]} {far}"
            f" ON {far}.id = {pairs}.b_id AND {far}.deleted_at IS NULL) ON {pairs}.a_id = p.id"
        )
    order = f"p.{million.columns['下单时间']} DESC NULLS LAST, p.id DESC"
    return f"SELECT p.*{shown} FROM ({page}) p{joins} ORDER BY {order}"


async def _waybill(stage: Stage, million: Million) -> list[Figure]:
    base, token = place(stage)
    path = f"/api/v1/tables/{million.orders}/query"
    rng = random.Random(2)

    def ask(_: int) -> bytes:
        value = f"SF{1400000000000 + rng.randrange(ROWS)}"
        condition = {"kind": "condition", "field": million.fields["快递单号"], "op": "is", "value": value}
        return request(base, token, "POST", path, {"where": condition, "limit": 10})

    sql = f"SELECT * FROM data.t{million.number} WHERE deleted_at IS NULL AND {million.columns['快递单号']} = $1"

    async def bare() -> None:
        assert await stage.raw.fetch(sql, f"SF{1400000000000 + rng.randrange(ROWS)}")

    await hammer(base, ask, clients=4, times=200)
    raw = quantiles(await timed(500, bare))
    one = await hammer(base, ask, clients=1, times=500)
    alone = quantiles(one.seconds)
    many = await hammer(base, ask, clients=16, times=4000)
    empty = await hammer(base, lambda _: request(base, token, "GET", "/health"), clients=16, times=4000)
    return [
        Figure(
            "exact waybill, one client, p50 / p95 (aim: p95 ≤ 5 ms)",
            f"{alone[0]:.1f} / {alone[1]:.1f} ms",
            "same SQL by asyncpg",
            f"{raw[0]:.2f} / {raw[1]:.2f} ms",
            f"{alone[0] / raw[0]:.1f} / {alone[1] / raw[1]:.1f}",
        ),
        Figure(
            "exact waybill, 16 clients (aim: ≥ 1,000/s)",
            f"{many.per_second:,.0f}/s",
            "empty requests",
            f"{empty.per_second:,.0f}/s",
            f"{many.per_second / empty.per_second:.2f}",
        ),
    ]


async def _substring(stage: Stage, million: Million) -> Figure:
    path = f"/api/v1/tables/{million.orders}/query"
    value = f"{1400000000000 + ROWS // 2}"[3:]
    query = {
        "where": {"kind": "condition", "field": million.fields["快递单号"], "op": "contains", "value": value},
        "limit": 100,
    }
    sql = (
        f"SELECT * FROM data.t{million.number} WHERE deleted_at IS NULL"
        f" AND {million.columns['快递单号']} ILIKE '%{value}%' ORDER BY id LIMIT 101"
    )

    async def through_api() -> None:
        assert len((await stage.http.post(path, json=query)).json()["records"]) >= 1

    async def bare() -> None:
        assert await stage.raw.fetch(sql)

    api, raw = await in_turn(10, through_api, bare, rounds=5)
    return Figure(
        "part of a waybill (contains), p50 / p95",
        f"{api[0]:.0f} / {api[1]:.0f} ms",
        "same SQL by asyncpg",
        f"{raw[0]:.0f} / {raw[1]:.0f} ms",
        f"{api[0] / raw[0]:.2f} / {api[1] / raw[1]:.2f}",
    )


async def _groups(stage: Stage, million: Million) -> Figure:
    path = f"/api/v1/tables/{million.orders}/aggregate"
    c, f = million.columns, million.fields
    query = {
        "groups": [{"field": f["渠道"]}, {"field": f["订单状态"]}],
        "aggregates": [{"fn": "count"}, {"fn": "sum", "field": f["实付金额"]}],
    }
    sql = (
        f"SELECT {c['渠道']}, {c['订单状态']}, count(*), sum({c['实付金额']}) FROM data.t{million.number}"
        " WHERE deleted_at IS NULL GROUP BY 1, 2"
    )

    async def through_api() -> None:
        assert len((await stage.http.post(path, json=query)).json()["groups"]) == 30

    async def bare() -> None:
        assert len(await stage.raw.fetch(sql)) == 30

    api, raw = await in_turn(60, through_api, bare)
    return Figure(
        "count and sum by two selects, p50 / p95 (aim: ≤ 1.2 ×)",
        f"{api[0]:.0f} / {api[1]:.0f} ms",
        "same SQL by asyncpg",
        f"{raw[0]:.0f} / {raw[1]:.0f} ms",
        f"{api[0] / raw[0]:.2f} / {api[1] / raw[1]:.2f}",
    )
