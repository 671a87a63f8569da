"""Writers who wait for each other in a circle: PostgreSQL ends one of them, which then begins anew."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.storage.database import Tx

T = TypeVar("T")

TRIES = 5
_ALONE_FROM = 3
_LONGEST_PAUSE = 0.2


async def again(attempt: Callable[[bool], Awaitable[T]]) -> T:
    """``attempt(alone)``, a transaction of its own, tried again as a whole where it lost against another one.

    After a few losses it is called with ``alone``: it then has to keep other writers out (:func:`keep_out`), so that it
    cannot lose.

    Raises:
        ServiceUnavailable: ``busy``; it lost every time. Nothing is stored.
    """
    for number in range(TRIES):
        try:
            return await attempt(number >= _ALONE_FROM)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
            if number == TRIES - 1:
                raise ServiceUnavailable(
                    N_("太多人同时在改这些记录,这次没有保存,过一会儿再试"), code="busy"
                ) from error
        # not in step with whoever it met
        await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.02 * 2**number)))
    raise AssertionError("unreachable")


async def keep_out(tx: Tx) -> None:
    """Wait until no other writer is under way, and keep new ones out until ``tx`` ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(7001)")
