"""A served installation to measure: ``huobiao serve`` on an empty folder, as a user would start it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

EMAIL, PASSWORD = "bench@example.com", "bench-password-1"


@dataclass
class Stage:
    """The running installation: its HTTP client (with a token), a raw connection to the same database, its folder."""

    http: httpx.AsyncClient
    raw: asyncpg.Connection
    data: Path
    environ: dict[str, str]
    database_url: str

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """An API call that must succeed; returns its JSON."""
        answer = await self.http.request(method, path, json=body)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None


def command(*args: str, environ: dict[str, str]) -> str:
    """Run ``huobiao`` and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *args], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextlib.asynccontextmanager
async def served(**settings: str) -> AsyncIterator[Stage]:
    """Start, sign in, hand out, stop."""
    with tempfile.TemporaryDirectory(prefix="hbbench") as folder:
        data = Path(folder) / "data"
        environ = {**os.environ, "HUOBIAO_DATA": str(data), "HUOBIAO_LOG_LEVEL": "warning", **settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "serve", "--port", "0"],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            url = line[line.index("http") :].strip()
            command("user", "create", "--email", EMAIL, "--password", PASSWORD, environ=environ)
            token = command(
                "token", "create", "--email", EMAIL, "--name", "bench", environ=environ
            ).splitlines()[-1]
            services = msgspec.json.decode((data / "run" / "services.json").read_bytes())
            raw = await asyncpg.connect(services["database_url"])
            async with httpx.AsyncClient(
                base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120
            ) as http:
                yield Stage(http, raw, data, environ, services["database_url"])
            await raw.close()
        finally:
            process.terminate()
            process.wait(30)


def place(stage: Stage) -> tuple[str, str]:
    """The address and the token, for :mod:`benchmarks.clients`."""
    return str(stage.http.base_url).rstrip("/"), stage.http.headers["Authorization"].removeprefix("Bearer ")


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    return (
        1000 * ordered[len(ordered) // 2],
        1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
    )


async def timed(times: int, act: Any, warm_up: int = 5) -> list[float]:
    """Durations of ``times`` calls of the coroutine function ``act``, after a warm-up, in seconds."""
    durations = []
    for n in range(times + warm_up):
        start = time.perf_counter()
        await act()
        if n >= warm_up:
            durations.append(time.perf_counter() - start)
    return durations


async def in_turn(times: int, *acts: Any, rounds: int = 10) -> list[tuple[float, float]]:
    """Quantiles of each of ``acts``, called ``times`` times, a few of each in turn.

    What a figure is compared with so meets the same moments of the machine: a checkpoint of the database or a neighbour
    on the host that falls on one of two measured one after the other makes a ratio of them meaningless.
    """
    durations: list[list[float]] = [[] for _ in acts]
    for _ in range(rounds):
        for act, known in zip(acts, durations, strict=True):
            known += await timed(max(1, times // rounds), act, 2)
    return [quantiles(known) for known in durations]
