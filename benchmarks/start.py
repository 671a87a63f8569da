"""How long ``huobiao serve`` takes from a cold process to its first answer, on an empty folder and on one used before."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure
from tests.support.serving import serve


def run() -> list[Figure]:
    """The first start, and the best and the median of five later ones; the floor is starting Python with Litestar."""
    times = []
    with tempfile.TemporaryDirectory(prefix="hbstart") as folder:
        for _attempt in range(6):
            started = time.perf_counter()
            with serve(Path(folder) / "data"):
                times.append(time.perf_counter() - started)
    later = sorted(times[1:])
    return [
        Figure("first start on an empty folder", f"{times[0]:.1f} s", "", "", ""),
        Figure(
            "later start, median of 5 (aim: under 5 s)",
            f"{later[2]:.1f} s",
            "best of 5",
            f"{later[0]:.1f} s",
            "",
        ),
    ]
