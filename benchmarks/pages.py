"""First grid page of 100 rows out of 100,000, filtered and sorted, and one record created, through the API."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.report import Figure
from benchmarks.stage import Stage, quantiles, timed

ROWS = 100_000
FIELDS = [
    {"name": "订单ID", "type": "auto_number", "options": {}},
    {
        "name": "渠道来源",
        "type": "single_select",
        "options": {"choices": [{"name": n} for n in ("淘宝", "拼多多", "抖音")]},
    },
    {"name": "客户手机号", "type": "phone", "options": {}},
    {"name": "下单时间", "type": "datetime", "options": {}},
    {"name": "应付金额", "type": "currency", "options": {}},
    {"name": "实付金额", "type": "currency", "options": {}},
    {"name": "快递单号", "type": "text", "options": {}},
    {"name": "备注", "type": "long_text", "options": {}},
]


async def draw_table(stage: Stage) -> dict[str, Any]:
    """An order table made through the API."""
    app = await stage.call("POST", "/api/v1/apps", {"name": "基准"})
    return await stage.call(
        "POST", f"/api/v1/apps/{app['id']}/tables", {"name": "主订单池", "fields": FIELDS}
    )


def order(n: int, rng: random.Random) -> dict[str, Any]:
    """A made-up order."""
    return {
        "渠道来源": ("淘宝", "拼多多", "抖音")[n % 3],
        "客户手机号": f"1990000{n % 10000:04d}",
        "下单时间": f"2026-{1 + n % 12:02d}-{1 + n % 28:02d} {n % 24:02d}:{n % 60:02d}",
        "应付金额": rng.randrange(1000, 90000) / 100,
        "实付金额": rng.randrange(1000, 90000) / 100,
        "快递单号": f"SF{1400000000000 + n}",
        "备注": "请放门卫" if n % 5 == 0 else "",
    }


async def run(stage: Stage) -> list[Figure]:
    """Measure both."""
    table = await draw_table(stage)
    rng = random.Random(1)
    records = f"/api/v1/tables/{table['id']}/records"
    for start in range(0, ROWS, 1000):
        batch = [{"fields": order(start + i, rng)} for i in range(1000)]
        await stage.call("POST", records, {"records": batch})
    await stage.raw.execute("ANALYZE")
    return [*await _page(stage, table), *await _create(stage, table, rng)]


async def _page(stage: Stage, table: dict[str, Any]) -> list[Figure]:
    ids = {f["name"]: f["id"] for f in table["fields"]}
    query = {
        "where": {"kind": "condition", "field": ids["渠道来源"], "op": "is", "value": "抖音"},
        "sorts": [{"field": ids["下单时间"], "descending": True}],
        "limit": 100,
    }
    path = f"/api/v1/tables/{table['id']}/query"
    number, columns = await _physical(stage, table)
    sql = (
        f"SELECT * FROM data.t{number} WHERE deleted_at IS NULL AND {columns['渠道来源']} = 3"
        f" ORDER BY {columns['下单时间']} DESC NULLS LAST, id DESC LIMIT 101"
    )

    async def through_api() -> None:
        answer = await stage.http.post(path, json=query)
        assert len(answer.json()["records"]) == 100

    async def bare_sql() -> None:
        assert len(await stage.raw.fetch(sql)) == 101

    async def empty_request() -> None:
        assert (await stage.http.get("/health")).status_code == 200

    api = quantiles(await timed(100, through_api))
    raw = quantiles(await timed(100, bare_sql))
    empty = quantiles(await timed(100, empty_request))
    floor = (raw[0] + empty[0], raw[1] + empty[1])
    return [
        Figure(
            f"first page of 100 of {ROWS:,}, filtered and sorted, p50 / p95",
            f"{api[0]:.1f} / {api[1]:.1f} ms",
            "same SQL by asyncpg + an empty request",
            f"{floor[0]:.1f} / {floor[1]:.1f} ms",
            f"{api[0] / floor[0]:.2f} / {api[1] / floor[1]:.2f}",
        )
    ]


async def _create(stage: Stage, table: dict[str, Any], rng: random.Random) -> list[Figure]:
    path = f"/api/v1/tables/{table['id']}/records"
    number, columns = await _physical(stage, table)
    names = [columns[n] for n in ("渠道来源", "客户手机号", "应付金额", "快递单号")]
    statement = (
        f"INSERT INTO data.t{number} ({', '.join(names)}) VALUES (1, '19900000000', 12.5, 'SF1') RETURNING id"
    )

    async def through_api() -> None:
        answer = await stage.http.post(path, json={"records": [{"fields": order(7, rng)}]})
        assert answer.status_code == 200 or answer.status_code == 201, answer.text

    async def bare_insert() -> None:
        assert await stage.raw.fetchval(statement)

    async def empty_request() -> None:
        assert (await stage.http.get("/health")).status_code == 200

    api = quantiles(await timed(300, through_api))
    raw = quantiles(await timed(300, bare_insert))
    empty = quantiles(await timed(300, empty_request))
    floor = (raw[0] + empty[0], raw[1] + empty[1])
    return [
        Figure(
            "one record created (history included), p50 / p95",
            f"{api[0]:.1f} / {api[1]:.1f} ms",
            "one INSERT by asyncpg + an empty request",
            f"{floor[0]:.1f} / {floor[1]:.1f} ms",
            f"{api[0] / floor[0]:.2f} / {api[1] / floor[1]:.2f}",
        )
    ]


async def _physical(stage: Stage, table: dict[str, Any]) -> tuple[int, dict[str, str]]:
    """The table's number and its columns by field name."""
    rows = await stage.raw.fetch("SELECT id, public_id FROM meta.definition")
    numbers = {row["public_id"]: row["id"] for row in rows}
    return numbers[table["id"]], {f["name"]: f"f{numbers[f['id']]}" for f in table["fields"]}
