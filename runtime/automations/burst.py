"""Steps of a run that share a transaction.

Each step takes effect together with the row that says it is done. Steps that follow one another at once take effect
together: one lock on the run, one look at the catalog, one commit for all of them. When one of them fails everything is
undone, and the engine goes the same way again with a transaction for each step, so that those before it last and the
failing one alone does not.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, suppress
from typing import Self

from runtime.automations import runs
from runtime.automations.reach import Memory
from runtime.automations.retry import DATABASE_TROUBLE
from runtime.catalog import Catalog
from runtime.storage.database import Tx
from runtime.storage.leases import LeaseLost
from runtime.system import System

LONGEST_SECONDS = 0.25
"""Others may wait for what the steps have locked: no further step joins after this."""
MOST_STEPS = 20


class Burst:
    """An open transaction that holds its run; ``steps``: how many have been carried out in it; ``memory``: what they have
    read of records."""

    def __init__(self, tx: Tx, stack: AsyncExitStack, catalog: Catalog) -> None:
        self.tx, self.catalog = tx, catalog
        self.steps = 0
        self.memory: Memory = {}
        self._stack = stack
        self._begun = time.monotonic()

    @classmethod
    async def begin(cls, system: System, run: int, owner: str) -> Self:
        """Open one for ``run`` (its number), of which ``owner`` has the lease. Raises LeaseLost."""
        async with AsyncExitStack() as stack:
            tx = await stack.enter_async_context(system.db.transaction())
            if not await runs.hold(tx, run, owner):
                raise LeaseLost
            return cls(tx, stack.pop_all(), await system.catalogs.locked(tx))
        raise AssertionError  # the block above returns or raises

    @property
    def full(self) -> bool:
        """Whether it should end before another step."""
        return self.steps >= MOST_STEPS or time.monotonic() - self._begun > LONGEST_SECONDS

    async def commit(self) -> None:
        """Let everything take effect."""
        await self._stack.aclose()

    async def undo(self, error: BaseException) -> None:
        """Undo everything, because of ``error``."""
        with suppress(*DATABASE_TROUBLE):
            await self._stack.__aexit__(type(error), error, error.__traceback__)
