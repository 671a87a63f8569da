"""What is worth another try, and when."""

from __future__ import annotations

import random

import asyncpg

from runtime.errors import OutsideFailed, ServiceUnavailable, TooOften

WAITS_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""The waits after the first, second … failed try; the last one repeats."""
JITTER = 0.2

BROKEN_CONNECTION = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""A connection that went in the middle of something; asyncpg loses track of itself when it goes at a bad moment."""
DATABASE_TROUBLE = (*BROKEN_CONNECTION, asyncpg.PostgresError)
"""What a loop that must go on survives: the next round may find the database again."""

_PASSING_STATES = (
    "08",
    "40",
    "53",
    "57",
)  # connection, rollback (serialization, deadlock), resources, operator
_LOCK_NOT_AVAILABLE = "55P03"


def wait_seconds(tries: int, error: BaseException | None = None) -> float:
    """How long to wait after ``tries`` (1 …) failed ones: 1 s, 5 s, 30 s, 2 min, 10 min …, give or take a fifth, so
    that what failed together does not come back together; never sooner than the other side asked for.
    """
    base = WAITS_SECONDS[min(max(tries, 1), len(WAITS_SECONDS)) - 1]
    asked = getattr(error, "retry_after_seconds", None) or 0.0
    return max(base * random.uniform(1 - JITTER, 1 + JITTER), asked)


def is_passing(error: BaseException) -> bool:
    """Whether trying again can help: trouble with the database or on the way, not a rule that says no."""
    if isinstance(error, OutsideFailed):
        return error.retryable
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state.startswith(_PASSING_STATES) or state == _LOCK_NOT_AVAILABLE
    if isinstance(error, ServiceUnavailable):
        return error.error_code != "wrong_key"
    return isinstance(error, (TooOften, TimeoutError, *BROKEN_CONNECTION))
