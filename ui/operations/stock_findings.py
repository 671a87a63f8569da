"""What ``huobiao doctor`` says of stocks: whether ledgers, balances and what lines hold add up, stock by stock."""

from __future__ import annotations

import asyncpg
import msgspec

from migrations.state import pending
from runtime.catalog import CatalogStore, Stock
from runtime.errors import HuobiaoError
from runtime.i18n import N_, Message
from runtime.records.stock import audit
from runtime.storage.database import Database
from ui.operations.examination import Finding

TOLD = 5
"""So many differences of a stock stand in the report; ``--stock-check`` lists all."""


class StockReport(msgspec.Struct, frozen=True):
    """A stock and what is wrong with it."""

    app: str
    stock: Stock
    differences: tuple[audit.Difference, ...]


async def reports(db: Database) -> tuple[StockReport, ...]:
    """Every stock of every app, examined."""
    catalog = await CatalogStore(db).current()
    return tuple(
        [
            StockReport(app.name, stock, await audit.check(db, catalog, stock))
            for app in catalog.apps
            for stock in app.stocks
        ]
    )


async def stocks(database_url: str) -> list[Finding]:
    """A line per stock; nothing where the database is not up to date or cannot be read (which others say)."""
    try:
        if await pending(database_url):
            return []
        db = Database(database_url, max_size=2)
        await db.start()
        try:
            found = await reports(db)
        finally:
            await db.stop()
    except (HuobiaoError, asyncpg.PostgresError, OSError):
        return []
    return [_finding(report) for report in found]


def _finding(report: StockReport) -> Finding:
    subject = Message(N_("库存「{name}」"), {"name": report.stock.definition.name})
    if not report.differences:
        return Finding(subject, "ok", Message(N_("流水、结存和占用都对得上")))
    found: Message = report.differences[0].message
    for one in report.differences[1:TOLD]:
        found = Message("{first};{next}", {"first": found, "next": one.message})
    if len(report.differences) > TOLD:
        found = Message(
            N_("{first};还有 {count} 处"), {"first": found, "count": len(report.differences) - TOLD}
        )
    advice = Message(
        N_("{advice};查清是谁绕过活表改了数据库;huobiao doctor --stock-check 列出全部和每一种的改法"),
        {"advice": report.differences[0].advice},
    )
    return Finding(subject, "fail", found, advice)
