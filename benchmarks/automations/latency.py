"""From the event to its effects at 1, 20 and 100 orders a second, arriving whether or not the earlier ones are done."""

from __future__ import annotations

import asyncio
import time

from benchmarks.automations.floors import Floor
from benchmarks.automations.shop import ORDERS, Shop
from benchmarks.report import Figure
from benchmarks.stage import Stage, quantiles
from runtime.ids import parse_record_id, record_id

RATES = ((1, 20), (20, 400), (100, 1000))
"""Orders a second, and how many of them."""
_FULL = 2000


async def run(stage: Stage, shop: Shop, floor: Floor) -> list[Figure]:
    """Two figures per rate: until the reservation is visible, and until the message has been received."""
    await _load(shop, await shop.orders(20, "已支付"), 20)  # warms everything up
    figures = []
    for rate, count in RATES:
        orders = await shop.orders(max(10, count * ORDERS // _FULL), "已支付")
        due, answered = await _load(shop, orders, rate)
        visible = await _visible(stage, orders)
        aim = " (aim: p95 ≤ 200 ms)" if rate == 20 else ""
        for what, at, bare in (
            ("answered", answered, None),
            ("reservation visible", visible, None),
            (f"message received{aim}", shop.hook.at, floor.actor),
        ):
            p50, p95 = quantiles([at[order] - due[order] for order in orders])
            figures.append(
                Figure(
                    f"event → {what}, {rate} orders/s, p50 / p95",
                    f"{p50:.0f} / {p95:.0f} ms",
                    "empty dramatiq actor over the same Redis, one by one" if bare else "",
                    f"{bare[0]:.1f} / {bare[1]:.1f} ms" if bare else "",
                    f"{p50 / bare[0]:.1f} / {p95 / bare[1]:.1f}" if bare else "",
                )
            )
    return figures


async def _load(shop: Shop, orders: list[str], rate: int) -> tuple[dict[str, float], dict[str, float]]:
    """Hand ``rate`` orders a second to the check; when each was due, and when its move was answered (unix seconds)."""
    due: dict[str, float] = {}
    answered: dict[str, float] = {}

    async def one(order: str) -> None:
        answered[order] = await shop.move(order, "审核中")

    begun = time.time() + 0.05
    async with asyncio.TaskGroup() as tasks:
        for number, order in enumerate(orders):
            due[order] = begun + number / rate
            await asyncio.sleep(max(0.0, due[order] - time.time()))
            tasks.create_task(one(order))
    await shop.heard_of(orders)
    await shop.rest()
    return due, answered


async def _visible(stage: Stage, orders: list[str]) -> dict[str, float]:
    """When the reservation of each order was stored: its step's end, by the database's clock on the same machine."""
    number = parse_record_id(orders[0])[0]
    rows = await stage.raw.fetch(
        "SELECT r.record_id, extract(epoch FROM s.finished_at)::float8 AS at FROM meta.run_step s"
        " JOIN meta.run r ON r.id = s.run_id WHERE s.step_id = 'stpReserve' AND r.table_id = $1",
        number,
    )
    return {record_id(number, row["record_id"]): row["at"] for row in rows}
