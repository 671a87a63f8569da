"""The scheduler: one leads, nothing sent is lost, what was lost is sent again; and the bell that wakes workers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from runtime.automations import pauses
from runtime.automations.relay import relay
from runtime.definitions.automations import RecordCreated, UpdateRecord
from runtime.system import System
from runtime.worker.broker import JOBS, RUNS, BellListener, WorkBroker
from runtime.worker.jobs import submit
from runtime.worker.scheduler import Scheduler
from tests.support.shop import Shop
from tests.support.world import EDITOR, World


@pytest.fixture
def broker(system: System) -> WorkBroker:
    """The way to the workers, empty."""
    return WorkBroker(system.settings.redis_url or "")


@pytest.fixture
async def scheduler(system: System, broker: WorkBroker) -> AsyncIterator[Scheduler]:
    """A scheduler that works when told to."""
    found = Scheduler(system, broker)
    yield found
    await found.locks.close()


async def _later(system: System, table: str, seconds: int) -> None:
    await system.db.execute(
        f"UPDATE meta.{table} SET enqueued_at = enqueued_at - make_interval(secs => $1)", seconds
    )


async def test_runs_whose_message_was_lost_are_sent_again(
    world: World, scheduler: Scheduler, broker: WorkBroker
) -> None:
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(30)))
    await scheduler.round()
    assert broker.on_the_way(RUNS) == 30
    await _later(world.system, "run", 60)
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 30, "they are on their way; nothing is sent twice"
    broker.client.flushall()
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 30
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 30


async def test_a_lost_message_is_sent_again_while_workers_are_busy(
    world: World, scheduler: Scheduler, broker: WorkBroker
) -> None:
    """As many as are missing, and no second one for those that still have theirs."""
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(6)))
    await scheduler.round()
    # two are being worked at, whose messages stay until they are done; of the four others one's message is lost
    await world.system.db.execute(
        "UPDATE meta.run SET status = 'running', lease_owner = 'a', lease_until = now() + interval '10 s'"
        " WHERE id IN (SELECT id FROM meta.run ORDER BY id LIMIT 2)"
    )
    assert broker.on_the_way(RUNS) == 6
    lost = next(iter(broker.consume(RUNS)))
    assert lost is not None
    broker.consume(RUNS).ack(lost)
    assert broker.on_the_way(RUNS) == 5
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 5, "only just sent: it may be on its way"
    await _later(world.system, "run", 60)
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 6
    await _later(world.system, "run", 60)
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 6


async def test_events_that_an_app_s_share_left_behind_are_seen(world: World, scheduler: Scheduler) -> None:
    """Two apps share a batch: the busy one gets half of it, and the rest must not wait for the next look."""
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(150)))
    db = world.system.db
    other = await db.value("SELECT max(app_id) + 1000 FROM meta.outbox")
    await db.execute(
        "INSERT INTO meta.outbox (history_id, app_id, table_id, record_id, payload)"
        " SELECT history_id, $1, table_id, record_id, payload FROM meta.outbox LIMIT 1",
        other,
    )
    relayed = await relay(world.system)
    assert relayed.events == 101
    assert relayed.more
    rest = await relay(world.system)
    assert (rest.events, rest.more) == (50, False)


async def test_what_waits_or_lost_its_worker_is_sent_when_it_is_time(
    world: World, scheduler: Scheduler, broker: WorkBroker
) -> None:
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.order()
    await shop.order()
    first, second = await shop.relayed()
    db = world.system.db
    await db.execute(
        "UPDATE meta.run SET status = 'waiting', wake_at = now() + interval '1 hour' WHERE public_id = $1",
        first,
    )
    await db.execute(
        "UPDATE meta.run SET status = 'running', lease_until = now() + interval '10 s' WHERE public_id = $1",
        second,
    )
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 0, "neither is due"
    await db.execute("UPDATE meta.run SET wake_at = now() WHERE public_id = $1", first)
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 1
    await db.execute(
        "UPDATE meta.run SET lease_until = now() - interval '1 s', enqueued_at = now() - interval '1 min'"
        " WHERE public_id = $1",
        second,
    )
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 2
    await scheduler.sweep()
    assert broker.on_the_way(RUNS) == 2, "not every second"


async def test_a_run_that_was_held_while_its_pause_was_lifted_is_let_go(
    world: World, scheduler: Scheduler, broker: WorkBroker
) -> None:
    shop = await Shop.make(world)
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    owner = msgspec.structs.replace(EDITOR, everywhere="owner")
    await pauses.pause(world.system, owner, "automation", automation, "pause")
    await shop.order()
    assert await shop.relayed() == []
    await scheduler.round()
    assert broker.on_the_way(RUNS) == 0, "still held"
    # as by somebody who lifted the pause before the run was to be seen
    await world.system.db.execute("DELETE FROM meta.automation_pause")
    await scheduler.sweep()
    await scheduler.round()
    assert broker.on_the_way(RUNS) == 1


async def test_runs_put_back_are_handed_out_though_events_come(
    world: World, scheduler: Scheduler, broker: WorkBroker
) -> None:
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.order()
    (back,) = await shop.relayed()
    await scheduler.round()
    await world.system.db.execute("UPDATE meta.run SET enqueued_at = NULL WHERE public_id = $1", back)
    await shop.order()
    await scheduler.round()  # looks at the event first
    await scheduler.round()
    assert broker.on_the_way(RUNS) == 2


async def test_jobs_are_sent_too(system: System, scheduler: Scheduler, broker: WorkBroker) -> None:
    await submit(system, EDITOR, "import", {})
    await scheduler.sweep()
    assert (broker.on_the_way(JOBS), broker.on_the_way(RUNS)) == (1, 0)


async def test_one_scheduler_leads_and_another_takes_over(system: System, broker: WorkBroker) -> None:
    first, second = Scheduler(system, broker), Scheduler(system, broker)
    assert await first._lead()
    assert not await second._lead()
    assert await first._lead()
    await system.db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7005"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    async with asyncio.timeout(10):
        while True:
            if await second._lead():
                break
            await asyncio.sleep(0.01)
    assert not await first._lead(), "it noticed"
    await first.locks.close()
    await second.locks.close()


async def test_housekeeping_keeps_partitions_ahead(system: System, scheduler: Scheduler) -> None:
    await scheduler.keep_house()
    parts = await system.db.value(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'meta.history'::regclass"
    )
    assert parts == 5, "this month, three ahead, and the rest"


def test_a_message_wakes_an_idle_worker_at_once(redis_url: str) -> None:
    sender, receiver = WorkBroker(redis_url), WorkBroker(redis_url)
    bell = BellListener(receiver)
    bell.start()
    got: list[tuple[str, float]] = []
    ready, taken = threading.Event(), threading.Event()

    def consume() -> None:
        for message in receiver.consume(RUNS, prefetch=4):
            ready.set()
            if message is not None:
                got.append((message.args[0], time.monotonic()))
                taken.set()
                return

    thread = threading.Thread(target=consume, daemon=True)
    thread.start()
    assert ready.wait(5)
    deadline = time.monotonic() + 5  # the listener may not be there yet
    while not dict(sender.client.pubsub_numsub("huobiao:bell"))[b"huobiao:bell"]:
        assert time.monotonic() < deadline
    sent = time.monotonic()
    sender.send(RUNS, ["runA"])
    assert taken.wait(5)
    assert got[0][0] == "runA"
    assert got[0][1] - sent < 3, "woken, not found by chance"
    bell.stop()
    bell.join()


def _fetches(broker: WorkBroker) -> int:
    return int(broker.client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0))


def test_redis_is_asked_once_for_a_message_and_again_when_there_is_room(redis_url: str) -> None:
    broker = WorkBroker(redis_url)
    consumer = broker.consume(RUNS, prefetch=2)
    assert next(consumer) is None, "this loads the scripts"
    broker.send(RUNS, ["runA"])
    broker.bell.ring(RUNS)
    asked = _fetches(broker)
    first = next(consumer)
    assert first is not None
    assert _fetches(broker) == asked + 1
    threading.Timer(0.1, broker.bell.ring, [RUNS]).start()
    assert next(consumer) is None
    assert _fetches(broker) == asked + 1, "there was nothing more, and nobody has rung"
    broker.send(RUNS, ["runB", "runC"])
    broker.bell.ring(RUNS)
    second = next(consumer)
    assert second is not None
    rung = broker.bell.heard(RUNS)
    threading.Timer(0.1, consumer.ack, [first]).start()
    assert next(consumer) is None, "no more than two at a time"
    assert broker.bell.heard(RUNS) == rung + 1, "who was done rang"
    third = next(consumer)
    assert third is not None
    assert [message.args[0] for message in (first, second, third)] == ["runA", "runB", "runC"]


async def test_how_long_records_were_in_their_states_is_counted_by_the_leader(
    world: World, scheduler: Scheduler
) -> None:
    shop = await Shop.make(world)
    field = shop.orders.field("订单状态")
    await shop.order()
    await world.system.db.execute(f"UPDATE {shop.orders.sql} SET {field.spent_column} = NULL")
    await world.system.db.execute("INSERT INTO meta.state_count (field_id) VALUES ($1)", field.number)
    await scheduler.round()
    assert scheduler._counting is not None
    await asyncio.wait_for(scheduler._counting, 30)
    assert await world.system.db.value(f"SELECT {field.spent_column}::text FROM {shop.orders.sql}") == "{}"
    assert await world.system.db.value("SELECT count(*) FROM meta.state_count") == 0
