"""The scheduler looks after stocks: what runs out of time is given back, and goes to who has waited for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from runtime.worker.broker import WorkBroker
from runtime.worker.scheduler import Scheduler
from tests.runtime.records.stock.yard import Yard
from tests.support.world import World


async def test_what_expires_goes_to_who_waits(world: World) -> None:
    yard = await Yard.make(world, partial=True, expire_hours=1, expired=5)
    shelf = await yard.shelf(2)
    late, waiting = [await yard.order({"库存": shelf, "数量": 2}) for _ in range(2)]
    await yard.reserve(late, now=datetime.now(UTC) - timedelta(hours=2))
    assert (await yard.reserve(waiting)).outcome == "partial"
    scheduler = Scheduler(world.system, WorkBroker(world.system.settings.redis_url or ""))
    stopping = asyncio.Event()
    running = asyncio.create_task(scheduler.run(stopping.is_set))
    try:
        async with asyncio.timeout(30):
            while (await yard.lines_of(waiting))[0]["状态"] != "已预占":  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
    finally:
        stopping.set()
        await running
    assert [line["状态"] for line in await yard.lines_of(late)] == ["已过期"]
    assert (await yard.kinds())[-2:] == ["expire", "reserve"]
    assert await yard.differences() == []
