"""Steps that follow one another share a transaction; what one of them does not survive, those before it do."""

from __future__ import annotations

from runtime.automations.engine import execute
from runtime.definitions.automations import Loop, RecordCreated, Step, UpdateRecord
from runtime.definitions.flow import FoundRecords, Stop
from runtime.definitions.record_steps import FindRecords
from tests.support.shop import Shop


async def _transactions(shop: Shop, run: str) -> int:
    """How many transactions have stored the steps of a run."""
    return int(
        await shop.world.system.db.value(
            "SELECT count(DISTINCT s.xmin::text) FROM meta.run_step s JOIN meta.run r ON r.id = s.run_id"
            " WHERE r.public_id = $1",
            run,
        )
    )


def _notes(shop: Shop, *texts: str) -> list[Step]:
    return [Step(f"stp{n}", UpdateRecord(shop.sets(备注=text))) for n, text in enumerate(texts, 1)]


async def test_steps_take_effect_together_with_the_end_of_their_run(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), *_notes(shop, "一", "二", "三"))
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await shop.steps(run) == {f"stp{n}": ("done", None) for n in (1, 2, 3)}
    assert await _transactions(shop, run) == 1
    assert (await shop.read(order))["备注"] == "三"
    changes = await shop.world.system.db.value(
        "SELECT count(*) FROM meta.history WHERE channel = 'automation' AND source = $1", run
    )
    assert changes == 3, "each step has its own line in the history"


async def test_what_comes_before_a_failing_step_lasts_and_the_step_is_tried_once(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id),
        *_notes(shop, "一", "二"),
        Step("stp3", UpdateRecord(shop.sets(订单状态="已完成"))),  # no such move
    )
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "failed"
    assert await shop.steps(run) == {"stp1": ("done", None), "stp2": ("done", None), "stp3": ("failed", None)}
    assert (await shop.read(order))["备注"] == "二"
    rows = await shop.world.system.db.fetch("SELECT path, attempts FROM meta.run_step ORDER BY path")
    assert {row["path"]: row["attempts"] for row in rows} == {"stp1": 1, "stp2": 1, "stp3": 1}
    told = await shop.world.system.db.value("SELECT count(*) FROM meta.history WHERE source = $1", run)
    assert told == 2, "what was undone and done again is told once"


async def test_a_failure_that_does_not_matter_lets_the_others_take_effect(shop: Shop) -> None:
    first, second = _notes(shop, "一", "二")
    bad = Step("stpX", UpdateRecord(shop.sets(订单状态="已完成")), on_failure="continue")
    await shop.automation(RecordCreated(shop.orders.id), first, bad, second)
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await shop.steps(run) == {"stp1": ("done", None), "stpX": ("failed", None), "stp2": ("done", None)}
    assert (await shop.read(order))["备注"] == "二"


async def test_an_intended_end_undoes_nothing(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), *_notes(shop, "一", "二"), Step("stp3", Stop()))
    order = await shop.order()
    (run,) = await shop.relayed()
    assert await execute(shop.world.system, run)
    assert (await shop.steps(run))["stp3"] == ("failed", None)
    assert await _transactions(shop, run) == 2, "the steps before it are stored, and not done twice"
    assert (await shop.read(order))["备注"] == "二"


async def test_items_of_a_loop_are_not_held_together(shop: Shop) -> None:
    for _ in range(3):
        await shop.order()
    await shop.settle()
    await shop.automation(
        RecordCreated(shop.orders.id),
        Step("stp1", FindRecords(shop.orders.id, limit=10)),
        Step(
            "stp2",
            Loop(FoundRecords("stp1"), (Step("stp3", UpdateRecord(shop.sets(备注="点过"), of="stp2")),)),
        ),
    )
    await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    items = await shop.world.system.db.value(
        "SELECT count(DISTINCT s.xmin::text) FROM meta.run_step s WHERE path LIKE 'stp2/%'"
    )
    assert items == 4
