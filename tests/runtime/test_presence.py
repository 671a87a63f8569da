"""Who is here: told to the others, forgotten when a page falls silent, kept nowhere but in Redis."""

from __future__ import annotations

import time

import msgspec

from runtime.events import presence
from runtime.events.live import Live
from runtime.settings import Settings
from runtime.system import System

TABLE = "tblPresencePresen"


async def _say(
    system: System, page: str, person: str, record: str | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    found = await presence.renew(system.live, TABLE, page, f"usr{person}", person, record)
    return [(one.name, one.records) for one in found]


async def test_others_are_seen_once_each_with_what_they_have_open(system: System) -> None:
    assert await _say(system, "a1", "王强") == []
    assert await _say(system, "b1", "李响", "rec1") == [("王强", ())]
    await _say(system, "b2", "李响", "rec2")
    assert await _say(system, "a1", "王强") == [("李响", ("rec1", "rec2"))]
    await presence.leave(system.live, TABLE, "b1", "usr王强")
    assert await _say(system, "a1", "王强") == [("李响", ("rec1", "rec2"))], "nobody closes another's page"
    await presence.leave(system.live, TABLE, "b1", "usr李响")
    assert await _say(system, "a1", "王强") == [("李响", ("rec2",))]


async def test_a_page_that_falls_silent_is_forgotten(system: System) -> None:
    await _say(system, "a1", "王强")
    later = time.time() + presence.LEASE_SECONDS + 1
    assert await presence.renew(system.live, TABLE, "b1", "usr李响", "李响", None, later) == ()
    key = f"huobiao:present:{TABLE}"
    assert await system.live.redis.hkeys(key) == [b"b1"]
    assert 0 < await system.live.redis.ttl(key) <= 2 * presence.LEASE_SECONDS


async def test_without_redis_nobody_is_seen_and_nothing_fails(system: System, settings: Settings) -> None:
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1")
    live = Live(away.redis_url or "")
    try:
        assert await presence.renew(live, TABLE, "a1", "usr王强", "王强", None) == ()
        await presence.leave(live, TABLE, "a1", "usr王强")
    finally:
        await live.stop()
