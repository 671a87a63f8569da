"""What the scheduler does for stocks: back-orders are filled when something arrives, reservations run out of time.

Each order is one transaction; what happened meanwhile is seen under its locks, so that two schedulers at once do no
harm. ``meta.stock_arrival`` is written by the database with every movement that sets something free, so nothing is
missed when a process dies; now and then everything that waits is looked at as well.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import structlog

from runtime.access import SYSTEM, Actor
from runtime.catalog import Catalog, Stock, Table
from runtime.definitions.fields import Link
from runtime.errors import HuobiaoError, NotFound
from runtime.i18n import N_
from runtime.ids import record_id
from runtime.records.again import again, keep_out
from runtime.records.change import Source
from runtime.records.ledger import ZERO
from runtime.records.stock.desk import Desk, Reservation
from runtime.records.stock.places import candidates
from runtime.records.stock.reserving import fill
from runtime.records.stock.settling import expire
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

BATCH = 200
GONE = N_("订单已彻底删除,不再等补货")
EVERYTHING_SECONDS = 60.0
_REST_SECONDS = 600.0
"""How long an order that could not be worked on is left alone."""


class StockKeeper:
    """The scheduler's work on stocks."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._everything_at = 0.0
        self._resting: dict[tuple[int, int], float] = {}

    async def keep(self) -> None:
        """Do what is due now."""
        await self.expire_due()
        await self.fill_arrivals()
        if time.monotonic() - self._everything_at >= EVERYTHING_SECONDS:
            self._everything_at = time.monotonic()
            await self.fill_everything()

    async def expire_due(self, now: datetime | None = None) -> int:
        """Give back reservations whose time is over; how many orders lost some."""
        moment = now or datetime.now(UTC)
        rows = await self.system.db.fetch(
            "SELECT stock_id, order_record, min(expires_at) AS first FROM meta.stock_hold"
            " WHERE held > 0 AND expires_at <= $1 AND order_record IS NOT NULL"
            " GROUP BY stock_id, order_record ORDER BY first LIMIT $2",
            moment,
            BATCH,
        )
        stocks = _by_number(await self.system.catalogs.current()) if rows else {}
        done = 0
        for row in rows:
            key = (row["stock_id"], row["order_record"])
            stock = stocks.get(key[0])
            if stock is None or self._resting.get(key, 0) > time.monotonic():
                continue

            async def attempt(tx: Tx, stock: Stock = stock, order: int = key[1]) -> Reservation:
                desk = await Desk.open(self.system, tx, stock.id, SYSTEM)
                public_id = record_id(desk.order_table.number, order)
                return await expire(
                    self.system, tx, stock.id, public_id, actor=SYSTEM, source=Source("system"), now=moment
                )

            try:
                done += (await _alone(self.system, attempt)).lines > 0
            except HuobiaoError as error:
                self._resting[key] = time.monotonic() + _REST_SECONDS
                log.warning("reservation not expired", stock=stock.id, error=error.message.text())
        return done

    async def fill_arrivals(self) -> int:
        """Fill what waits for shelves on which something has become free; how many orders got some."""
        rows = await self.system.db.fetch(
            "SELECT stock_id, stock_record, at FROM meta.stock_arrival ORDER BY at LIMIT $1", BATCH
        )
        if not rows:
            return 0
        stocks, done = _by_number(await self.system.catalogs.current()), 0
        shelves: dict[int, list[Any]] = {}
        for row in rows:
            shelves.setdefault(row["stock_id"], []).append(row)
        for number, arrived in shelves.items():
            stock = stocks.get(number)
            if stock is not None and stock.definition.auto_fill:
                try:
                    done += await fill_waiting(
                        self.system, stock, {row["stock_record"] for row in arrived}, SYSTEM, Source("system")
                    )
                except HuobiaoError as error:
                    log.warning("back-orders not filled", stock=stock.id, error=error.message.text())
            await self.system.db.execute(
                "DELETE FROM meta.stock_arrival a USING unnest($2::bigint[], $3::timestamptz[]) AS u(shelf, at)"
                " WHERE a.stock_id = $1 AND a.stock_record = u.shelf AND a.at = u.at",
                number,
                [row["stock_record"] for row in arrived],
                [row["at"] for row in arrived],
            )
        return done

    async def fill_everything(self) -> int:
        """Fill whatever waits and could have something; how many orders got some."""
        rows = await self.system.db.fetch("SELECT DISTINCT stock_id FROM meta.stock_backorder")
        stocks, done = _by_number(await self.system.catalogs.current()) if rows else {}, 0
        for row in rows:
            stock = stocks.get(row["stock_id"])
            if stock is not None:
                try:
                    await let_go_of_gone(self.system, stock)
                    if stock.definition.auto_fill:
                        done += await fill_waiting(self.system, stock, None, SYSTEM, Source("system"))
                except HuobiaoError as error:
                    log.warning("back-orders not filled", stock=stock.id, error=error.message.text())
        return done


async def fill_waiting(
    system: System, stock: Stock, shelves: Collection[int] | None, actor: Actor, source: Source
) -> int:
    """Fill what waits for any of these rows of the stock table (None: for any), the oldest first; how many orders got
    some. Each order is a transaction of its own.

    Raises what :func:`runtime.records.stock.reserve` raises.
    """
    tried: set[int] = set()
    done = 0
    while (order := await _next(system, stock, shelves, tried)) is not None:
        tried.add(order)

        async def attempt(tx: Tx, order: int = order) -> Reservation:
            desk = await Desk.open(system, tx, stock.id, actor)
            public_id = record_id(desk.order_table.number, order)
            return await fill(system, tx, stock.id, public_id, actor=actor, source=source)

        try:
            done += (await _alone(system, attempt)).lines > 0
        except NotFound:  # just now put into the trash, where it keeps its place until it comes back
            continue
        except HuobiaoError as error:  # one that cannot be filled does not keep the others waiting
            log.warning("back-order not filled", stock=stock.id, order=order, error=error.message.text())
    return done


async def _next(
    system: System, stock: Stock, shelves: Collection[int] | None, tried: Collection[int]
) -> int | None:
    """The order that has waited longest for something that is there. One in the trash keeps its place, but gets nothing."""
    catalog = await system.catalogs.current()
    pairs, orders = candidates(catalog, stock.definition, available=True), _orders(catalog, stock)
    found = await system.db.value(
        f"SELECT b.order_record FROM ({pairs}) c JOIN meta.stock_backorder b ON b.stock_id = $3 AND b.line_record = c.line"
        f" JOIN {orders.sql} o ON o.id = b.order_record AND o.deleted_at IS NULL"
        " WHERE NOT b.order_record = ANY($4::bigint[]) ORDER BY b.since, b.line_record LIMIT 1",
        await system.db.value(
            "SELECT array_agg(line_record) FROM meta.stock_backorder WHERE stock_id = $1", stock.number
        )
        or [],
        sorted(shelves) if shelves is not None else None,
        stock.number,
        list(tried),
    )
    return None if found is None else int(found)


async def let_go_of_gone(system: System, stock: Stock) -> int:
    """End the waiting of lines whose order was removed for good; how many lines that were."""
    orders = _orders(await system.catalogs.current(), stock)
    gone = (
        "SELECT b.line_record FROM meta.stock_backorder b WHERE b.stock_id = $1"
        f" AND NOT EXISTS (SELECT 1 FROM {orders.sql} o WHERE o.id = b.order_record) ORDER BY b.line_record LIMIT $2"
    )
    if await system.db.value(gone, stock.number, 1) is None:
        return 0

    async def attempt(tx: Tx) -> Reservation:
        desk = await Desk.open(system, tx, stock.id, SYSTEM)
        rows = [row["line_record"] for row in await tx.fetch(gone, stock.number, BATCH)]
        lines = await desk.lines_by_row(rows)
        for line in lines:
            line.open = ZERO
        await tx.execute(
            "DELETE FROM meta.stock_backorder WHERE stock_id = $1 AND line_record = ANY($2::bigint[])",
            stock.number,
            rows,
        )
        states = {line.row: desk.state(line) for line in lines}
        await desk.store(SYSTEM, Source("system"), (), states, (), GONE)
        return Reservation("released", len(rows))

    return (await _alone(system, attempt)).lines


def _orders(catalog: Catalog, stock: Stock) -> Table:
    """The table of what lines belong to. Raises NotFound where it is gone."""
    config = catalog.field(stock.definition.line_order).config
    return catalog.table(config.table if isinstance(config, Link) else "")


async def _alone(system: System, work: Any) -> Reservation:
    """``work(tx)`` in a transaction of its own, tried again where it met another one."""

    async def attempt(alone: bool) -> Reservation:
        async with system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            found: Reservation = await work(tx)
            return found

    return await again(attempt)


def _by_number(catalog: Catalog) -> dict[int, Stock]:
    return {stock.number: stock for app in catalog.apps for stock in app.stocks}
