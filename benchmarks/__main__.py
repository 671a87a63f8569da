"""``python -m benchmarks [start|pages|imports|latency|million|automations …]``: all measurements, or those named."""

from __future__ import annotations

import asyncio
import importlib
import sys

from benchmarks.report import Figure, table
from benchmarks.stage import served

ALL = ("start", "pages", "imports", "latency", "million", "automations")


async def main(names: tuple[str, ...]) -> None:
    """Run the measurements, each on an installation of its own, and print the table."""
    figures: list[Figure] = []
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        if name == "start":
            figures += module.run()
            continue
        settings = module.settings() if hasattr(module, "settings") else {}
        async with served(**settings) as stage:
            figures += await module.run(stage)
    print(table(figures))


if __name__ == "__main__":
    asyncio.run(main(tuple(sys.argv[1:]) or ALL))
