"""What happens to the processes: killed at random, two freezes that outlast every lease, two restarts of the database."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import psutil

from tests.support.serving import Serving

KILLS = 50
PROGRAMS = ("worker-1", "worker-2", "web-1", "web-2", "scheduler", "redis")
TARGETS = {"worker": 18, "web": 12, "scheduler": 10, "redis": 10}
DATABASE_RESTARTS = {KILLS // 3: signal.SIGINT, 2 * KILLS // 3: signal.SIGKILL}
"""After so many kills: once asked to end at once, once shot."""
FREEZES = {KILLS // 4, 3 * KILLS // 5}
FROZEN_SECONDS = 17.0
"""Longer than a lease: the worker wakes up when somebody else has its runs."""
_PAUSE_SECONDS = (0.5, 4.0)
_PATIENCE_SECONDS = 60.0


@dataclass
class Chaos:
    """``interruptions``: how often a process that may have been calling outside was torn out of it."""

    serving: Serving
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter)
    _frozen: list[asyncio.Task[None]] = field(default_factory=list)

    async def rage(self, after_each: Callable[[int], Awaitable[None]]) -> None:
        """Kill :data:`KILLS` times; ``after_each`` is told the number of kills so far."""
        begun = time.monotonic()
        for number in range(1, KILLS + 1):
            await asyncio.sleep(self.rng.uniform(*_PAUSE_SECONDS))
            await self._kill(self._victim(), signal.SIGKILL)
            if number in DATABASE_RESTARTS:
                await self._kill("postgres", DATABASE_RESTARTS[number])
            if number in FREEZES:
                self._frozen.append(asyncio.create_task(self._freeze()))
            await after_each(number)
            if number % 10 == 0:
                sys.stderr.write(f"{number} kills after {time.monotonic() - begun:.0f} s\n")
        await asyncio.gather(*self._frozen)

    @property
    def interruptions(self) -> int:
        """Worker processes that were killed, frozen past their leases, or lost the database under a call."""
        workers = sum(count for name, count in self.done.items() if name.startswith(("worker", "frozen")))
        return workers + 2 * self.done["postgres"]

    def _victim(self) -> str:
        kind = self.rng.choices(list(TARGETS), list(TARGETS.values()))[0]
        running = self._running()
        return self.rng.choice(
            [n for n in PROGRAMS if n.startswith(kind) and n in running]
            or [n for n in PROGRAMS if n in running]
            or list(PROGRAMS)
        )

    async def _kill(self, name: str, sig: signal.Signals) -> None:
        """Wait until ``name`` runs, and end it."""
        loop = asyncio.get_running_loop()
        gives_up = loop.time() + _PATIENCE_SECONDS
        while (pid := self._running().get(name)) is None:
            assert loop.time() < gives_up, f"{name} was not started again"
            await asyncio.sleep(0.05)
        with suppress(ProcessLookupError):
            os.kill(pid, sig)
            self.done[name] += 1

    def _running(self) -> dict[str, int]:
        """Process ids by name; who was killed often waits for its next start, the others are there to be killed."""
        with suppress(OSError, msgspec.DecodeError):
            return {n: child.pid for n, child in self.serving.services().children.items() if child.alive()}
        return {}

    async def _freeze(self) -> None:
        """Stop a worker for longer than its leases last, then let it go on as if nothing had been."""
        name = self.rng.choice(["worker-1", "worker-2"])
        pid = self._running().get(name)
        if pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.suspend()
            self.done[f"frozen {name}"] += 1
            try:
                await asyncio.sleep(FROZEN_SECONDS)
            finally:
                process.resume()
