"""Automations under load: how soon an event's effects are there, how many orders a second, and what an order costs.

The template's order pool, whose reservation also tells a webhook: a robot takes 20 messages a minute, so that its limit
would be what is measured. ``HUOBIAO_BENCH_ORDERS`` makes the load smaller, for trying the measurement itself.
"""

from __future__ import annotations

import sys

from benchmarks.automations import cost, floors, latency, throughput
from benchmarks.automations.shop import Shop, receiver
from benchmarks.report import Figure
from benchmarks.stage import Stage


def settings() -> dict[str, str]:
    """The receiver is on this machine."""
    return {"HUOBIAO_ALLOW_PRIVATE_OUTBOUND": "1"}


async def run(stage: Stage) -> list[Figure]:
    """Draw the shop, take all figures."""
    figures: list[Figure] = []
    with receiver() as hook:
        shop = await Shop.make(stage, hook)
        floor = await floors.take(stage)
        for part in (latency.run, throughput.run, cost.run):
            for figure in await part(stage, shop, floor):
                line = f"  {figure.name}: {figure.value} | {figure.floor} | {figure.ratio}"
                print(line, file=sys.stderr, flush=True)
                figures.append(figure)
    return figures
