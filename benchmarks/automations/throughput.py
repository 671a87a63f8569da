"""The highest rate that is kept up: orders paid and handed to the check as fast as sixteen programs can, until the last
message has been received."""

from __future__ import annotations

import asyncio
import time

from benchmarks.automations.floors import Floor
from benchmarks.automations.shop import ORDERS, Shop
from benchmarks.report import Figure
from benchmarks.stage import Stage

_CLIENTS = 16


async def run(stage: Stage, shop: Shop, floor: Floor) -> list[Figure]:
    """Orders a second through payment → reservation → message."""
    orders = await shop.orders(ORDERS, "待支付")
    left = iter(orders)

    async def program() -> None:
        for order in left:
            await shop.move(order, "已支付")
            await shop.move(order, "审核中")

    begun = time.time()
    await asyncio.gather(*(program() for _ in range(_CLIENTS)))
    moved = time.time() - begun
    await shop.heard_of(orders)
    seconds = max(shop.hook.at[order] for order in orders) - begun
    await shop.rest()
    return [
        Figure(
            f"orders through payment → reservation → message, {ORDERS:,} orders, {_CLIENTS} clients (aim: ≥ 200/s)",
            f"{ORDERS / seconds:.0f}/s (moved at {ORDERS / moved:.0f}/s)",
            "the writes of such an order alone by asyncpg, 16 connections",
            f"{floor.orders_per_second:,.0f}/s",
            f"{ORDERS / seconds / floor.orders_per_second:.2f}",
        )
    ]
