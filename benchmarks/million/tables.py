"""The tables of the measurement: ten shops, 50,000 customers, a million orders."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.stage import Stage

ROWS = int(os.environ.get("HUOBIAO_BENCH_ROWS", "1000000"))
CUSTOMERS = 50_000
SHOPS = 10
CHANNELS = ("淘宝", "拼多多", "抖音", "微信", "1688")
STATES = ("待支付", "已支付", "审核中", "已发货", "已完成", "已关闭")
REMARKS = ("", "", "", "请放门卫", "急单,今天发", "要发票")
_FIRST = datetime(2025, 1, 1, tzinfo=UTC)
_CHUNK = 50_000


def _select(name: str, choices: tuple[str, ...]) -> dict[str, Any]:
    options = {"choices": [{"name": choice} for choice in choices]}
    return {"name": name, "type": "single_select", "options": options}


PLAIN: list[dict[str, Any]] = [
    {"name": "平台单号", "type": "text"},
    _select("渠道", CHANNELS),
    _select("订单状态", STATES),
    {"name": "客户手机号", "type": "phone"},
    {"name": "收件人", "type": "text"},
    {"name": "省", "type": "text"},
    {"name": "市", "type": "text"},
    {"name": "地址", "type": "long_text"},
    {"name": "下单时间", "type": "datetime"},
    {"name": "付款时间", "type": "datetime"},
    {"name": "应付金额", "type": "currency"},
    {"name": "实付金额", "type": "currency"},
    {"name": "运费", "type": "currency"},
    {"name": "件数", "type": "number"},
    {"name": "快递单号", "type": "text"},
    {"name": "含赠品", "type": "checkbox"},
    {"name": "备注", "type": "long_text"},
]
"""17 fields that are typed; with 2 links, 3 roll-ups and 3 formulas that makes 25."""


@dataclass
class Million:
    """The tables by their public ids and numbers; columns and field ids of the orders by field name."""

    app: str
    orders: str
    number: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    shops: str = ""
    shops_number: int = 0
    shop_fields: dict[str, str] = field(default_factory=dict)
    customers: str = ""

    @property
    def records(self) -> str:
        """The address of the orders' records."""
        return f"/api/v1/tables/{self.orders}/records"


def order(n: int, rng: random.Random) -> tuple[Any, ...]:
    """The n-th order as stored values, in the order of :data:`PLAIN`."""
    placed = _FIRST + timedelta(seconds=n * 50 + rng.randrange(40))
    payable = Decimal(rng.randrange(1000, 90000)) / 100
    return (
        f"P{n:09d}",
        rng.randrange(len(CHANNELS)) + 1,
        rng.choices(range(1, 7), (2, 3, 3, 8, 80, 4))[0],
        f"1990{n % CUSTOMERS:07d}",
        "张**",
        "浙江省",
        "杭州市",
        f"西湖区文三路 {n % 997} 号",
        placed,
        placed + timedelta(minutes=3),
        payable,
        payable,
        Decimal(rng.choice((0, 8, 12))),
        Decimal(rng.randrange(1, 6)),
        f"SF{1400000000000 + n}",
        n % 7 == 0,
        REMARKS[n % len(REMARKS)],
    )


def wire(n: int, rng: random.Random) -> dict[str, Any]:
    """The same as a program would send it."""
    values: dict[str, Any] = {}
    for spec, value in zip(PLAIN, order(n, rng), strict=True):
        if spec["type"] == "single_select":
            value = spec["options"]["choices"][value - 1]["name"]
        elif isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, Decimal):
            value = float(value)
        values[spec["name"]] = value
    return values


async def make(stage: Stage) -> Million:
    """Draw the tables through the API, fill them by COPY, add what is computed through the API."""
    app = (await stage.call("POST", "/api/v1/apps", {"name": "百万订单"}))["id"]
    shops = await _table(
        stage, app, "店铺", [{"name": "店名", "type": "text"}, {"name": "费率", "type": "percent"}]
    )
    customers = await _table(
        stage, app, "客户", [{"name": "手机号", "type": "phone"}, {"name": "积分", "type": "number"}]
    )
    million = Million(app, (await _table(stage, app, "订单", PLAIN))["id"])
    million.shops, million.customers = shops["id"], customers["id"]
    for name, target in (("店铺", "店铺"), ("客户", "客户")):
        await add_field(stage, million.orders, name, "link", table=target, many=False)
    await _find_columns(stage, million)
    await _fill(stage, million, shops, customers)
    for name, kind, options in (
        ("店铺费率", "rollup", {"link": "店铺", "fn": "max", "field": "费率"}),
        ("客户积分", "rollup", {"link": "客户", "fn": "sum", "field": "积分"}),
        ("客户数", "rollup", {"link": "客户", "fn": "count"}),
        ("平台服务费", "formula", {"source": "ROUND({应付金额}*{店铺费率},2)"}),
        ("净额", "formula", {"source": "{实付金额}-{平台服务费}-{运费}"}),
        (
            "备注标签",
            "formula",
            {"source": 'IF(CONTAINS({备注},"急"),"急单",IF(CONTAINS({备注},"发票"),"要发票",""))'},
        ),
    ):
        await add_field(stage, million.orders, name, kind, **options)
    await settled(stage)
    await _find_columns(stage, million)
    await stage.raw.execute("VACUUM ANALYZE", timeout=600)
    return million


async def add_field(stage: Stage, of: str, name: str, kind: str, **options: Any) -> str:
    """Add a field through the API; returns its id."""
    body = {"name": name, "type": kind, "options": options}
    return str((await stage.call("POST", f"/api/v1/tables/{of}/fields", body))["id"])


async def settled(stage: Stage) -> None:
    """Wait until no value waits to be computed."""
    while await stage.raw.fetchval("SELECT EXISTS (SELECT 1 FROM meta.refresh)"):  # noqa: ASYNC110 - another process works at it
        await asyncio.sleep(0.01)


async def _table(stage: Stage, app: str, name: str, fields: list[dict[str, Any]]) -> Any:
    return await stage.call("POST", f"/api/v1/apps/{app}/tables", {"name": name, "fields": fields})


async def numbers(stage: Stage) -> dict[str, int]:
    """The numbers of all definitions by public id."""
    return {
        row["public_id"]: row["id"]
        for row in await stage.raw.fetch("SELECT id, public_id FROM meta.definition")
    }


async def _find_columns(stage: Stage, million: Million) -> None:
    known = await numbers(stage)
    table = await stage.call("GET", f"/api/v1/tables/{million.orders}")
    million.number, million.shops_number = known[million.orders], known[million.shops]
    million.fields = {one["name"]: one["id"] for one in table["fields"]}
    million.columns = {name: f"f{known[public_id]}" for name, public_id in million.fields.items()}
    shops = await stage.call("GET", f"/api/v1/tables/{million.shops}")
    million.shop_fields = {one["name"]: one["id"] for one in shops["fields"]}


async def _fill(stage: Stage, million: Million, shops: Any, customers: Any) -> None:
    known = await numbers(stage)

    async def copy(table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
        await stage.raw.copy_records_to_table(
            table, schema_name="data", columns=names, records=rows, timeout=600
        )

    for table, rows in (
        (shops, [(f"{n} 号店", Decimal(n) / 100) for n in range(1, SHOPS + 1)]),
        (customers, [(f"1990{n:07d}", Decimal(n % 1000)) for n in range(CUSTOMERS)]),
    ):
        columns = [f"f{known[one['id']]}" for one in table["fields"]]
        await copy(f"t{known[table['id']]}", columns, rows)
    columns = [million.columns[spec["name"]] for spec in PLAIN]
    rng = random.Random(1)
    for start in range(0, ROWS, _CHUNK):
        await copy(
            f"t{million.number}", columns, [order(n, rng) for n in range(start, min(start + _CHUNK, ROWS))]
        )
    for name, count in (("店铺", SHOPS), ("客户", CUSTOMERS)):
        relation = await stage.raw.fetchval(
            "SELECT (body -> 'config' ->> 'relation')::bigint FROM meta.definition WHERE public_id = $1",
            million.fields[name],
        )
        await stage.raw.execute(
            f"INSERT INTO data.l{relation} (a_id, b_id, position)"
            f" SELECT id, 1 + id % {count}, 0 FROM data.t{million.number}",
            timeout=600,
        )
    await stage.raw.execute("VACUUM ANALYZE", timeout=600)
