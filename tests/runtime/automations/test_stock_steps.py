"""Stock steps in the engine: partly reserved, filled, sent out and given back; for the trigger's order or a found one."""

from __future__ import annotations

from typing import Any

from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.definitions.automations import (
    AutomationDef,
    ConsumeLines,
    FillLines,
    RecordCreated,
    RecordUpdated,
    ReleaseLines,
    ReserveLines,
    Step,
)
from runtime.definitions.record_steps import FindRecords
from tests.runtime.records.stock.yard import Yard
from tests.support.world import World


async def carried_out(yard: Yard) -> dict[str, tuple[str, Any, Any]]:
    """Relay and carry out everything; ``{step: (status, outcome, output)}`` of the last run."""
    db = yard.world.system.db
    runs: list[str] = []
    while (done := await relay(yard.world.system)).events:
        runs += done.runs
    for run in runs:
        await execute(yard.world.system, run, "test")
    rows = await db.fetch(
        "SELECT s.* FROM meta.run_step s JOIN meta.run r ON r.id = s.run_id WHERE r.public_id = $1", runs[-1]
    )
    return {row["step_id"]: (row["status"], row["outcome"], row["output"]) for row in rows}


async def test_an_order_is_reserved_filled_and_sent_out(world: World) -> None:
    yard = await Yard.make(world, partial=True, auto_fill=False)
    stock = yard.stock.id
    steps = tuple(
        Step(f"stp{n}", config)
        for n, config in enumerate((ReserveLines(stock), FillLines(stock), ConsumeLines(stock)), 1)
    )
    await world.add("automation", AutomationDef("占货", RecordCreated(yard.orders.id), steps, True))
    shelf = await yard.shelf(3)
    order = await yard.order({"库存": shelf, "数量": 5})
    done = await carried_out(yard)
    assert {step: outcome[:2] for step, outcome in done.items()} == {
        "stp1": ("done", "partial"), "stp2": ("done", "partial"), "stp3": ("done", "consumed"),
    }  # fmt: skip
    (line,) = await yard.lines_of(order)
    assert (line["状态"], line["缺货"]) == ("待补货", 2)
    assert await yard.balance(shelf) == (0, 0)
    assert await yard.differences() == []


async def test_a_found_order_is_worked_on(world: World) -> None:
    yard = await Yard.make(world)
    shelf = await yard.shelf(3)
    order = await yard.order({"库存": shelf, "数量": 2})
    await yard.reserve(order)
    found = FindRecords(yard.orders.id)
    steps = (Step("stp1", found), Step("stp2", ReleaseLines(yard.stock.id, of="stp1")))
    await world.add("automation", AutomationDef("放回", RecordUpdated(yard.shelves.id), steps, True))
    await world.patch(shelf, {"编码": "红-M"}, yard.shelves)
    assert (await carried_out(yard))["stp2"][:2] == ("done", "released")
    assert await yard.balance(shelf) == (3, 0)
    assert await yard.differences() == []
