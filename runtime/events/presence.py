"""Who is here: which people have a table open, and which record of it. In Redis only, as leases that run out by themselves.

Every open page renews its lease every :data:`RENEW_SECONDS`; one that is closed, asleep or cut off is gone after
:data:`LEASE_SECONDS`. A lost Redis shows nobody and harms nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from redis.exceptions import RedisError

from runtime.events.live import PREFIX, Live, Notice

LEASE_SECONDS = 40.0
RENEW_SECONDS = 15.0
_MOST_PAGES = 500


class Lease(msgspec.Struct, frozen=True):
    """An open page: whose it is, the record open in it, and until when that holds (seconds since 1970)."""

    person: str
    name: str
    record: str | None
    until: float


class Present(msgspec.Struct, frozen=True):
    """Somebody who is here, with the records open in their pages."""

    id: str
    name: str
    records: tuple[str, ...]


async def renew(
    live: Live,
    topic: str,
    page: str,
    person: str,
    name: str,
    record: str | None,
    now: float | None = None,
) -> tuple[Present, ...]:
    """Say that ``page`` shows ``topic`` (and ``record``); returns the others who are there, by name.

    Other pages are told when somebody came or went on to another record. ``now``: seconds since 1970.
    """
    now = time.time() if now is None else now
    try:
        leases, stale = await _read(live, topic, now)
        before = leases.get(page)
        if before is None and len(leases) >= _MOST_PAGES:
            return _people(leases.values(), person)
        leases[page] = Lease(person, name, record, now + LEASE_SECONDS)
        async with live.redis.pipeline(transaction=False) as pipe:
            pipe.hset(_key(topic), page, msgspec.json.encode(leases[page]))
            pipe.expire(_key(topic), int(LEASE_SECONDS * 2))
            if stale:
                pipe.hdel(_key(topic), *stale)
            await pipe.execute()
    except (RedisError, OSError):
        return ()
    if stale or before is None or (before.person, before.record) != (person, record):
        await live.publish(Notice(topic, "presence", by=person))
    return _people(leases.values(), person)


async def leave(live: Live, topic: str, page: str, person: str) -> None:
    """Say that ``page`` is closed. Only its own person's; never raises."""
    try:
        leases, _ = await _read(live, topic, time.time())
        if page not in leases or leases[page].person != person:
            return
        await live.redis.hdel(_key(topic), page)
    except (RedisError, OSError):
        return
    await live.publish(Notice(topic, "presence", by=person))


def _key(topic: str) -> str:
    return f"{PREFIX}:present:{topic}"


async def _read(live: Live, topic: str, now: float) -> tuple[dict[str, Lease], list[bytes]]:
    """The leases that hold, by page, and the pages of those that have run out."""
    stored: dict[Any, Any] = await live.redis.hgetall(_key(topic))
    leases: dict[str, Lease] = {}
    stale: list[bytes] = []
    for page, value in stored.items():
        lease = msgspec.json.decode(value, type=Lease)
        if lease.until > now:
            leases[page.decode()] = lease
        else:
            stale.append(page)
    return leases, stale


def _people(leases: Iterable[Lease], person: str) -> tuple[Present, ...]:
    names: dict[str, str] = {}
    records: dict[str, set[str]] = {}
    for lease in leases:
        if lease.person != person:
            names[lease.person] = lease.name
            records.setdefault(lease.person, set()).update({lease.record} if lease.record else ())
    found = [Present(key, name, tuple(sorted(records[key]))) for key, name in names.items()]
    return tuple(sorted(found, key=lambda one: (one.name, one.id)))
