"""What the stock steps share."""

from __future__ import annotations

from runtime.automations.reach import TRIGGER
from runtime.automations.steps.base import Attempt


async def note_order(attempt: Attempt, stock_id: str) -> None:
    """Note whose lines, and which stock. Raises NotFound when the stock definition or the order is gone."""
    definition = attempt.catalog.stock(stock_id).definition
    order = await attempt.reach.record(TRIGGER)
    attempt.input["stock"] = {"id": stock_id, "name": definition.name}
    attempt.input["record"] = {"id": order.id, "name": order.title}
