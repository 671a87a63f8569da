"""What the stock steps share."""

from __future__ import annotations

from functools import partial
from typing import Any

from runtime.automations.steps.base import Attempt
from runtime.ids import parse_record_id
from runtime.storage.computed import read_time


async def note_order(attempt: Attempt, config: Any) -> str:
    """The order whose lines are meant; the stock is noted. Raises NotFound when the stock definition is gone."""
    definition = attempt.catalog.stock(config.stock).definition
    order = attempt.reach.record_id(config.of)
    attempt.input["stock"] = {"id": config.stock, "name": definition.name}
    primary = attempt.catalog.table_by_number(parse_record_id(order)[0]).primary
    if primary is not None and primary.id in read_time(
        attempt.catalog
    ):  # its row does not hold what it is called
        _note_name(attempt, order, (await attempt.reach.part(config.of)).title)
    return order


def asked(attempt: Attempt, order: str) -> dict[str, Any]:
    """Who does it, and through what; what the order is called is noted when its lock is got."""
    return {
        "actor": attempt.actor,
        "source": attempt.source,
        "seen": partial(_note_name, attempt, order),
    }


def _note_name(attempt: Attempt, order: str, name: str) -> None:
    attempt.input.setdefault("record", {"id": order, "name": name})
