"""What the stock steps share."""

from __future__ import annotations

from typing import Any

from runtime.automations.steps.base import Attempt


async def note_order(attempt: Attempt, config: Any) -> str:
    """The order whose lines are meant, noted with the stock. Raises NotFound when the stock definition or the order is gone."""
    definition = attempt.catalog.stock(config.stock).definition
    order = attempt.reach.record_id(config.of)
    attempt.input["stock"] = {"id": config.stock, "name": definition.name}
    attempt.input["record"] = {"id": order, "name": (await attempt.reach.part(config.of)).title}
    return order


def asked(attempt: Attempt) -> dict[str, Any]:
    """Who does it, and through what."""
    return {"actor": attempt.actor, "source": attempt.source}
