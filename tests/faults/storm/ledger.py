"""Everything the database holds after a storm, read once, in the words of the model."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from runtime.ids import record_id
from tests.faults.storm.market import Market

WAITING = {
    "events not looked at": "SELECT count(*) FROM meta.outbox",
    "runs": "SELECT count(*) FROM meta.run WHERE status IN ('queued', 'running', 'waiting')",
    "messages": "SELECT count(*) FROM meta.delivery WHERE status = 'waiting'",
    "values to be computed": "SELECT count(*) FROM meta.refresh",
    "jobs": "SELECT count(*) FROM meta.job WHERE status IN ('queued', 'running')",
}
"""Whatever may not wait for ever."""


@dataclass(frozen=True)
class Change:
    """A row of an order's history; ``state``: the states before and after, None where it did not move."""

    id: int
    version: int
    action: str
    channel: str
    source: str | None
    state: tuple[int | None, int] | None


@dataclass(frozen=True)
class StepMade:
    """A step's row."""

    status: str
    outcome: str | None
    output: Any
    attempts: int


@dataclass(frozen=True)
class RunMade:
    """A run of one of the automations, by its name."""

    number: int
    id: str
    automation: str
    event: int
    status: str
    lost: int
    error: Any
    began: Any
    ended: Any
    steps: dict[str, StepMade]


@dataclass(frozen=True)
class Line:
    """An order line: its status (1 not reserved, 2 reserved, 3 sent out) and what it holds by the stock's ledger."""

    row: int
    quantity: Decimal
    status: int
    shelf: int
    held: Decimal
    consumed: Decimal


@dataclass(frozen=True)
class Found:
    """The database after the storm; orders by public id."""

    states: dict[str, int]
    exceptions: dict[str, bool]
    names: dict[str, str]
    changes: dict[str, list[Change]]
    runs: dict[str, list[RunMade]]
    lines: dict[str, list[Line]]
    shelves: list[Any]
    movements: list[Any]
    book: list[str]
    messages: list[Any]
    calls_answered: int


async def waiting(db: asyncpg.Connection) -> dict[str, int]:
    """What still waits, by kind; empty when nothing does."""
    found = {name: await db.fetchval(sql) for name, sql in WAITING.items()}
    return {name: count for name, count in found.items() if count}


async def learn_names(db: asyncpg.Connection, market: Market) -> None:
    """Find the physical names of what ``market`` knows by public id."""
    market.numbers = {
        row["public_id"]: row["id"] for row in await db.fetch("SELECT id, public_id FROM meta.definition")
    }
    for row in await db.fetch(
        "SELECT public_id, body -> 'config' ->> 'relation' AS relation, body -> 'config' ->> 'side' AS side"
        " FROM meta.definition WHERE kind = 'field' AND body -> 'config' ->> 'type' = 'link'"
    ):
        near, far = ("a_id", "b_id") if row["side"] in (None, "a") else ("b_id", "a_id")
        market.links[row["public_id"]] = (f"data.l{row['relation']}", near, far)


async def read(db: asyncpg.Connection, market: Market) -> Found:
    """Read it all."""
    await learn_names(db, market)
    orders = market.numbers[market.tables["主订单池"]]
    column = lambda name: market.column("主订单池", name)  # noqa: E731 - shorter below
    rows = await db.fetch(
        f"SELECT id, {column('订单状态')} AS state, {column('异常')} AS exception, {column('平台单号')} AS name"
        f" FROM {market.sql('主订单池')} WHERE deleted_at IS NULL"
    )
    ids = {row["id"]: record_id(orders, row["id"]) for row in rows}
    book = market.column("收款流水", "单号")
    return Found(
        states={ids[row["id"]]: row["state"] for row in rows},
        exceptions={ids[row["id"]]: bool(row["exception"]) for row in rows},
        names={ids[row["id"]]: row["name"] for row in rows},
        changes=await _changes(db, market, orders, ids),
        runs=await _runs(db, market, orders, ids),
        lines=await _lines(db, market, ids),
        shelves=await db.fetch(
            f"SELECT id, {market.column('库存', '在库数量')} AS on_hand,"
            f" coalesce({market.column('库存', '预占数量')}, 0) AS reserved FROM {market.sql('库存')}"
        ),
        movements=await db.fetch("SELECT * FROM meta.stock_movement ORDER BY id"),
        book=[row["name"] for row in await db.fetch(f"SELECT {book} AS name FROM {market.sql('收款流水')}")],
        messages=await db.fetch(
            "SELECT d.*, c.kind FROM meta.delivery d JOIN meta.connector c ON c.id = d.connector_id ORDER BY d.id"
        ),
        calls_answered=await db.fetchval(
            "SELECT count(*) FROM meta.delivery_attempt a WHERE response IS NOT NULL AND pacing_key NOT LIKE 'connector:%'"
        ),
    )


async def _changes(
    db: asyncpg.Connection, market: Market, table: int, ids: dict[int, str]
) -> dict[str, list[Change]]:
    state = market.fields["主订单池"]["订单状态"]
    changes: dict[str, list[Change]] = defaultdict(list)
    for row in await db.fetch(
        "SELECT id, record_id, version, action, channel, source, before -> $2::text AS was, after -> $2::text AS now"
        " FROM meta.history WHERE table_id = $1 ORDER BY record_id, id",
        table,
        state,
    ):
        moved = None if row["now"] is None else (_number(row["was"]), int(row["now"]))
        changes[ids.get(row["record_id"], f"row {row['record_id']}")].append(
            Change(row["id"], row["version"], row["action"], row["channel"], row["source"], moved)
        )
    return changes


def _number(text: str | None) -> int | None:
    return None if text in (None, "null") else int(text or 0)


async def _runs(
    db: asyncpg.Connection, market: Market, table: int, ids: dict[int, str]
) -> dict[str, list[RunMade]]:
    names = {market.numbers[public_id]: name for name, public_id in market.automations.items()}
    steps: dict[int, dict[str, StepMade]] = defaultdict(dict)
    for row in await db.fetch("SELECT * FROM meta.run_step ORDER BY id"):
        output = msgspec.json.decode(row["output"]) if row["output"] else {}
        assert row["path"] not in steps[row["run_id"]], "a step has two rows"
        steps[row["run_id"]][row["path"]] = StepMade(row["status"], row["outcome"], output, row["attempts"])
    runs: dict[str, list[RunMade]] = defaultdict(list)
    for row in await db.fetch("SELECT *, trigger ->> 'history' AS event FROM meta.run ORDER BY id"):
        record = ids.get(row["record_id"], "") if row["table_id"] == table else ""
        runs[record].append(
            RunMade(
                row["id"],
                row["public_id"],
                names.get(row["automation_id"], "?"),
                int(row["event"]),
                row["status"],
                row["lost"],
                row["error"],
                row["started_at"],
                row["finished_at"],
                steps[row["id"]],
            )
        )
    return runs


async def _lines(db: asyncpg.Connection, market: Market, ids: dict[int, str]) -> dict[str, list[Line]]:
    order_link, near, far = market.link("订单明细", "订单")
    shelf_link, shelf_near, shelf_far = market.link("订单明细", "库存")
    lines: dict[str, list[Line]] = defaultdict(list)
    for row in await db.fetch(
        f"SELECT n.id, o.{far} AS order_row, s.{shelf_far} AS shelf, n.{market.column('订单明细', '数量')} AS quantity,"
        f" n.{market.column('订单明细', '预占状态')} AS status,"
        " coalesce(m.held, 0) AS held, coalesce(m.consumed, 0) AS consumed"
        f" FROM {market.sql('订单明细')} n"
        f" JOIN {order_link} o ON o.{near} = n.id JOIN {shelf_link} s ON s.{shelf_near} = n.id"
        " LEFT JOIN (SELECT line_record, sum(reserved_delta) AS held,"
        "   sum(quantity) FILTER (WHERE kind = 'consume') AS consumed FROM meta.stock_movement"
        "   WHERE line_record IS NOT NULL GROUP BY line_record) m ON m.line_record = n.id ORDER BY n.id"
    ):
        lines[ids[row["order_row"]]].append(
            Line(row["id"], row["quantity"], row["status"] or 1, row["shelf"], row["held"], row["consumed"])
        )
    return lines
