"""Old runs are forgotten, those that wait for a person are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from runtime.automations.retention import forget_old_runs
from runtime.definitions.automations import RecordCreated, UpdateRecord
from runtime.settings import Settings
from tests.support.shop import Shop
from tests.support.world import World


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, keep_runs_days=10)


async def test_what_ended_long_ago_goes_with_its_steps_and_messages(world: World) -> None:
    shop = await Shop.make(world)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    for _ in range(4):
        await shop.order()
    finished, failed, handled, sending = await shop.settle()
    db = world.system.db
    await db.execute("UPDATE meta.run SET status = 'failed' WHERE public_id = $1", failed)
    await db.execute(
        "UPDATE meta.run SET status = 'handled', handled_at = now() + interval '5 days' WHERE public_id = $1",
        handled,
    )
    for run, status in ((finished, "sent"), (sending, "waiting")):
        await db.execute(
            "INSERT INTO meta.delivery (key, connector_id, app_id, run_id, payload, status)"
            " SELECT public_id, 1, app_id, id, '{}', $2 FROM meta.run WHERE public_id = $1",
            run,
            status,
        )
    now = datetime.now(UTC)
    assert await forget_old_runs(world.system, now + timedelta(days=9)) == 0
    assert await forget_old_runs(world.system, now + timedelta(days=11)) == 1
    left = {row["public_id"] for row in await db.fetch("SELECT public_id FROM meta.run")}
    assert left == {failed, handled, sending}
    assert await db.value("SELECT count(*) FROM meta.delivery") == 1
    assert await db.value("SELECT count(DISTINCT run_id) FROM meta.run_step") == 3
    assert await forget_old_runs(world.system, now + timedelta(days=16)) == 1, "ten days after it was handled"
