"""Login throttling: after a few wrong passwords each further try has to wait, twice as long every time.

Counted per e-mail address (guessing one person's password) and per network address (trying one password on many
people), in Redis so that all web processes share it. A try is counted *before* its password is looked at, so that a
hundred tries at once do not slip through; a right password takes its e-mail's count back to zero. While Redis is away
each process counts for itself.

With :data:`EMAIL` the waits after the 5th, 6th, 7th … wrong password are 5, 10, 20 … seconds, at most 15 minutes.
"""

from __future__ import annotations

import hashlib
import time

import msgspec
import structlog
from redis.exceptions import RedisError

from runtime.errors import TooOften
from runtime.i18n import N_, Message
from runtime.system import System

log = structlog.get_logger(__name__)


class Limit(msgspec.Struct, frozen=True):
    """``free`` tries without waiting, then ``first_seconds`` doubling up to ``longest_seconds``."""

    free: int
    first_seconds: int = 5
    longest_seconds: int = 900
    forget_after_seconds: int = 3600

    def wait_seconds(self, tries: int) -> int:
        """How long to wait after the ``tries``-th try. ``Limit(5).wait_seconds(7) == 20``."""
        if tries < self.free:
            return 0
        return int(min(self.longest_seconds, self.first_seconds * 2 ** min(tries - self.free, 30)))


EMAIL = Limit(free=5)
ADDRESS = Limit(free=30)

# KEYS: counters. ARGV: per counter free, first, longest, forget (seconds). Answers the milliseconds still to wait.
_ADMIT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait = 0
for _, key in ipairs(KEYS) do
  local till = tonumber(redis.call('HGET', key, 'until') or '0')
  if till - now > wait then wait = till - now end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local base = (i - 1) * 4
  local tries = redis.call('HINCRBY', key, 'tries', 1)
  local over = tries - tonumber(ARGV[base + 1])
  if over >= 0 then
    local pause = math.min(tonumber(ARGV[base + 3]), tonumber(ARGV[base + 2]) * 2 ^ math.min(over, 30))
    redis.call('HSET', key, 'until', string.format('%.0f', now + pause * 1000))
  end
  redis.call('EXPIRE', key, ARGV[base + 4])
end
return 0
"""


async def admit(system: System, *, email: str, address: str = "") -> None:
    """Count a try to sign in as ``email`` from ``address``.

    Raises:
        TooOften: it comes too soon; ``retry_after_seconds`` says when it may be repeated. It was not counted.
    """
    counters = _counters(email, address)
    try:
        wait_ms = await system.live.redis.eval(
            _ADMIT,
            len(counters),
            *(key for key, _ in counters),
            *(
                str(value)
                for _, limit in counters
                for value in (
                    limit.free,
                    limit.first_seconds,
                    limit.longest_seconds,
                    limit.forget_after_seconds,
                )
            ),
        )
        wait = int(wait_ms) / 1000
    except (RedisError, OSError) as error:
        log.warning("login throttling without Redis", error=str(error))
        wait = _local.admit(counters)
    if wait > 0:
        raise too_often(wait)


async def succeed(system: System, *, email: str, address: str = "") -> None:
    """Forget the tries on ``email``, and count this one no longer for ``address``."""
    counters = _counters(email, address)
    _local.succeed(counters)
    try:
        async with system.live.redis.pipeline(transaction=False) as pipe:
            pipe.delete(counters[0][0])
            if address:
                pipe.hincrby(counters[1][0], "tries", -1)
                pipe.expire(counters[1][0], ADDRESS.forget_after_seconds)
            await pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("login throttling without Redis", error=str(error))


def too_often(wait_seconds: float) -> TooOften:
    """The refusal, with the waiting time in words."""
    seconds = max(1, round(wait_seconds + 0.5))
    wait = (
        Message(N_("{n} 秒"), {"n": seconds})
        if seconds < 120
        else Message(N_("{n} 分钟"), {"n": -(-seconds // 60)})
    )
    return TooOften(
        N_("密码错误次数太多,请在 {wait}后再试"),
        code="login_throttled",
        retry_after_seconds=seconds,
        wait=wait,
    )


def _counters(email: str, address: str) -> list[tuple[str, Limit]]:
    def key(kind: str, text: str) -> str:
        return f"huobiao:{{login}}:{kind}:{hashlib.sha256(text.lower().encode()).hexdigest()[:32]}"

    found = [(key("email", email), EMAIL)]
    if address:
        found.append((key("address", address), ADDRESS))
    return found


class _Local:
    """The same rule in this process's memory, for as long as Redis is away. Holds at most ``size`` counters."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._counters: dict[str, tuple[int, float, float]] = {}  # tries, earliest next try, time of the last

    def admit(self, counters: list[tuple[str, Limit]]) -> float:
        now = time.monotonic()
        wait = max(self._counters.get(key, (0, 0.0, 0.0))[1] - now for key, _ in counters)
        if wait > 0:
            return wait
        for key, limit in counters:
            tries, _, last = self._counters.pop(key, (0, 0.0, now))
            tries = 1 if now - last > limit.forget_after_seconds else tries + 1
            self._counters[key] = (tries, now + limit.wait_seconds(tries), now)
        while len(self._counters) > self._size:
            del self._counters[next(iter(self._counters))]
        return 0

    def succeed(self, counters: list[tuple[str, Limit]]) -> None:
        self._counters.pop(counters[0][0], None)


_local = _Local()
