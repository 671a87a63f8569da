"""Batches of a thousand records, beside COPY of the same values into a table with the same indexes."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import msgspec

from benchmarks.clients import hammer, request
from benchmarks.million.tables import PLAIN, ROWS, Million, numbers, order, wire
from benchmarks.report import Figure
from benchmarks.stage import Stage, place
from runtime.records import copying

_BATCHES = 20
_COLUMN_TYPES = {
    "single_select": "integer", "datetime": "timestamptz", "currency": "numeric", "number": "numeric", "checkbox": "boolean",
}  # fmt: skip
_TYPES = [_COLUMN_TYPES.get(spec["type"], "text") for spec in PLAIN]
_COMPUTED = ("店铺费率", "客户积分", "客户数", "平台服务费", "净额", "备注标签")
_COMPUTED_TYPES = ("numeric", "numeric", "numeric", "numeric", "numeric", "text")
_NOTHING = Decimal(0)
_HISTORY = (
    "at", "change_id", "app_id", "table_id", "version", "action", "actor_kind", "actor_id", "actor_name", "channel",
    "record_id", "after",
)  # fmt: skip
_HISTORY_TYPES = ("timestamptz", *["bigint"] * 4, *["text"] * 5, "bigint", "text")


async def run(stage: Stage, million: Million) -> list[Figure]:
    """Batches into a table of the typed fields alone, and into the million with its six computed fields."""
    body = {"name": "订单(成批)", "fields": PLAIN}
    plain = await stage.call("POST", f"/api/v1/apps/{million.app}/tables", body)
    known = await numbers(stage)
    columns = [f"f{known[one['id']]}" for one in plain["fields"]]
    typed = [million.columns[spec["name"]] for spec in PLAIN]
    computed = [million.columns[name] for name in _COMPUTED]
    return [
        *await _compared(stage, plain["id"], known[plain["id"]], columns, "no computed fields", 2 * ROWS),
        *await _compared(
            stage, million.orders, million.number, typed, "6 computed fields", 3 * ROWS, computed
        ),
    ]


async def _compared(
    stage: Stage,
    table: str,
    number: int,
    columns: list[str],
    what: str,
    first: int,
    computed: list[str] | None = None,
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
        await _copy(stage, f"data.t{number}", columns, _TYPES, rows[start : start + 1000])
    copied = len(rows) / (time.perf_counter() - begun)
    hand = await _by_hand(stage, number, columns, rows, batches[1:])
    aside = f"the same batches, {what}, beside what no program could leave out"
    figures = [
        _figure(
            f"records created in batches of 1,000, {what} (aim: ≥ 0.4 ×)",
            api,
            "COPY of the same values into the same table, 1,000 at a time",
            copied,
        ),
        _figure(
            aside,
            api,
            "JSON read, both COPYs (rows and history), JSON answered; nothing checked or computed",
            hand,
        ),
    ]
    if computed is not None:
        hand = await _by_hand(stage, number, columns, rows, batches[1:], computed)
        floor = "JSON read, the six values worked out by hand, both COPYs, JSON answered; nothing checked"
        figures.append(_figure(f"{aside}, the computed values among it", api, floor, hand))
    return figures


def _figure(name: str, measured: float, floor: str, reached: float) -> Figure:
    return Figure(
        name, f"{measured:,.0f} rows/s", floor, f"{reached:,.0f} rows/s", f"{measured / reached:.3f}"
    )


async def _copy(
    stage: Stage, table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """COPY as text, which is quicker than the driver's way of one value after the other."""
    texts = [copying.texts(kind, cells) for kind, cells in zip(types, zip(*rows, strict=True), strict=True)]
    lines = copying.lines([one for one in texts if one is not None])
    schema, name = table.split(".")
    await stage.raw.copy_to_table(name, schema_name=schema, columns=list(columns), source=BytesIO(lines))


async def _by_hand(
    stage: Stage,
    number: int,
    columns: list[str],
    rows: list[tuple[Any, ...]],
    batches: list[Any],
    computed: list[str] | None = None,
) -> float:
    """Rows a second of a program that does by hand only what has to be done, and knows all values beforehand.

    ``computed``: columns of the six computed values, which it works out and stores as well.
    """
    app = await stage.raw.fetchval("SELECT app_id FROM meta.definition WHERE id = $1", number)
    last = int(await stage.raw.fetchval(f"SELECT max(id) FROM data.t{number}"))
    bodies = [msgspec.json.encode(batch) for batch in batches]
    names, types = [*columns, *(computed or ())], [*_TYPES, *(_COMPUTED_TYPES if computed else ())]
    begun = time.perf_counter()
    for at, body in enumerate(bodies):
        read = msgspec.json.decode(body)["records"]
        now = datetime.now(UTC)
        common = (now, 0, app, number, 1, "create", "token", "x", "x", "api")
        noted = [
            (*common, last + n, msgspec.json.encode(one["fields"]).decode()) for n, one in enumerate(read)
        ]
        stored: Sequence[tuple[Any, ...]] = rows[at * 1000 : (at + 1) * 1000]
        if computed:
            stored = [(*row, *_worked_out(row)) for row in stored]
        async with stage.raw.transaction():
            await _copy(stage, f"data.t{number}", names, types, stored)
            await _copy(stage, "meta.history", _HISTORY, _HISTORY_TYPES, noted)
        msgspec.json.encode({"records": read})
    return len(bodies) * 1000 / (time.perf_counter() - begun)


def _worked_out(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The three roll-ups over nothing that the record points at, and the three formulas over them and the record."""
    fee = _NOTHING
    tag = "急单" if "急" in row[-1] else "要发票" if "发票" in row[-1] else ""
    return None, _NOTHING, _NOTHING, fee, row[11] - fee - row[12], tag
