"""One record created or changed by sixteen programs at once, with its history and its outbox row."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from typing import Any

import asyncpg

from benchmarks.clients import Load, hammer, request
from benchmarks.million.tables import PLAIN, ROWS, Million, numbers, wire
from benchmarks.report import Figure
from benchmarks.stage import Stage, place, quantiles

_CLIENTS = 16
_TIMES = 5000
_NUMBERS = itertools.count(ROWS)


async def run(stage: Stage, million: Million) -> list[Figure]:
    """A table of the same typed fields without computed ones; then the million with its six."""
    body = {"name": "订单(不带计算)", "fields": PLAIN}
    plain = (await stage.call("POST", f"/api/v1/apps/{million.app}/tables", body))["id"]
    for table in (plain, million.orders):
        await _watch(stage, million.app, table)
    floor = await _floor(stage, plain)
    shops = await _ids(stage, million.shops)
    customers = await _ids(stage, million.customers)
    figures = []
    for table, aim, what in (
        (plain, "1,000", "no computed fields"),
        (million.orders, "500", "6 computed fields"),
    ):
        links = {"店铺": shops, "客户": customers} if table == million.orders else {}
        created = await _hammer(stage, _creating(stage, table, links))
        figures.append(_figure(f"one record created, 16 clients, {what} (aim: ≥ {aim}/s)", created, floor))
    changed = await _hammer(stage, await _changing(stage, million))
    figures.append(
        _figure("one record changed, 16 clients, 6 computed fields (aim: ≥ 500/s)", changed, floor)
    )
    return figures


def _figure(name: str, load: Load, floor: float) -> Figure:
    p50, p95 = quantiles(load.seconds)
    return Figure(
        name,
        f"{load.per_second:,.0f}/s, {p50:.0f} / {p95:.0f} ms",
        "the same statements by asyncpg, 16 connections",
        f"{floor:,.0f}/s",
        f"{load.per_second / floor:.2f}",
    )


async def _watch(stage: Stage, app: str, table: str) -> None:
    """An automation that looks at every new record and wants none: each change leaves an outbox row."""
    literal = {"kind": "literal", "value": "x"}
    where = {"kind": "condition", "field": "平台单号", "op": "is", "value": "never"}
    automation = {
        "name": f"看着 {table[-3:]}",
        "enabled": True,
        "trigger": {"kind": "record_created", "table": table, "where": where},
        "steps": [
            {
                "id": "stpNote",
                "config": {"kind": "update_record", "set": [{"field": "备注", "value": literal}]},
            }
        ],
    }
    await stage.call("POST", f"/api/v1/apps/{app}/automations", automation)


async def _hammer(stage: Stage, make: Any) -> Load:
    base = str(stage.http.base_url).rstrip("/")
    await hammer(base, make, clients=_CLIENTS, times=500)
    return await hammer(base, make, clients=_CLIENTS, times=_TIMES)


async def _ids(stage: Stage, table: str) -> list[str]:
    page = await stage.call("POST", f"/api/v1/tables/{table}/query", {"limit": 1000})
    return [one["id"] for one in page["records"]]


def _creating(stage: Stage, table: str, links: dict[str, list[str]]) -> Any:
    base, token = place(stage)
    rng = random.Random(3)

    def make(_: int) -> bytes:
        fields = wire(next(_NUMBERS), rng)
        fields |= {name: [rng.choice(ids)] for name, ids in links.items()}
        fields["订单状态"] = "待支付"
        return request(
            base, token, "POST", f"/api/v1/tables/{table}/records", {"records": [{"fields": fields}]}
        )

    return make


async def _changing(stage: Stage, million: Million) -> Any:
    base, token = place(stage)
    ids = await _ids(stage, million.orders)
    rng = random.Random(4)

    def make(n: int) -> bytes:
        fields = {"实付金额": rng.randrange(1000, 90000) / 100, "备注": f"改 {n}"}
        body = {"records": [{"id": ids[rng.randrange(len(ids))], "fields": fields}]}
        return request(base, token, "PATCH", million.records, body)

    return make


async def _floor(stage: Stage, plain: str) -> float:
    """Creates a second of 16 connections that know everything beforehand: row, history and outbox in one transaction."""
    number = (await numbers(stage))[plain]
    app = await stage.raw.fetchval("SELECT app_id FROM meta.definition WHERE id = $1", number)
    dsn = stage.database_url
    left = iter(range(_TIMES))
    body = '{"a": "P000000001", "b": 12.5, "c": "SF1400000000001"}'

    async def one() -> None:
        connection = await asyncpg.connect(dsn)
        for _ in left:
            async with connection.transaction():
                row = await connection.fetchval(
                    f"INSERT INTO data.t{number} (created_by) VALUES ('x') RETURNING id"
                )
                history = await connection.fetchval(
                    "INSERT INTO meta.history (at, change_id, app_id, table_id, actor_kind, actor_id, actor_name, channel,"
                    " record_id, version, action, after) VALUES (now(), 0, $1, $2, 'token', 'x', 'x', 'api', $3, 1,"
                    " 'create', $4::jsonb) RETURNING id",
                    app, number, row, body,
                )  # fmt: skip
                await connection.execute(
                    "INSERT INTO meta.outbox (history_id, app_id, table_id, record_id, payload)"
                    " VALUES ($1, $2, $3, $4, $5::jsonb)",
                    history, app, number, row, '{"action": "create"}',
                )  # fmt: skip
        await connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_CLIENTS)))
    return _TIMES / (time.perf_counter() - begun)
