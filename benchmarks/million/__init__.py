"""A table of a million orders: 25 fields, among them 2 links, 3 roll-ups and 3 formulas.

The rows are put there by COPY; everything that is measured goes through HTTP, beside a floor taken in the same run.
``HUOBIAO_BENCH_ROWS`` makes the table smaller, for trying the measurement itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable

from benchmarks.million import bulk, changes, reads, structure, tables, writes
from benchmarks.million.tables import Million
from benchmarks.report import Figure
from benchmarks.stage import Stage

Part = Callable[[Stage, Million], Awaitable[list[Figure]]]
# what changes the structure comes last: the rows that the others add are few
PARTS: tuple[Part, ...] = (reads.run, writes.run, bulk.run, changes.run, structure.run)


async def run(stage: Stage) -> list[Figure]:
    """Fill the table and take all figures."""
    begun = time.monotonic()
    million = await tables.make(stage)
    print(f"  filled in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    figures: list[Figure] = []
    for part in PARTS:
        found = await part(stage, million)
        for figure in found:
            print(
                f"  {figure.name}: {figure.value} | {figure.floor} | {figure.ratio}",
                file=sys.stderr,
                flush=True,
            )
        figures += found
    return figures
