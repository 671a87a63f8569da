"""What fails: retried if that can help, stopped where people see it, and never done twice."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from runtime.automations import remedies, runs
from runtime.automations.engine import Execution, execute
from runtime.automations.notes import load_failure
from runtime.definitions.automations import (
    Arm,
    Branch,
    CreateRecord,
    RecordCreated,
    RecordMeets,
    RecordUpdated,
    Step,
    UpdateRecord,
)
from runtime.definitions.queries import Condition
from runtime.definitions.values import Assignment, FieldValue, Literal_
from runtime.errors import NotAllowed, RuleBroken
from runtime.ids import parse_record_id
from runtime.storage.leases import Lease, LeaseLost
from tests.support.shop import Shop
from tests.support.world import EDITOR, VIEWER


def _makes_line(shop: Shop, name: str = "一") -> CreateRecord:
    lines = shop.lines
    return CreateRecord(
        lines.id,
        (
            Assignment(lines.field("名称").id, Literal_(name)),
            Assignment(lines.field("订单").id, FieldValue("$id")),
        ),
    )


async def _lines(shop: Shop) -> int:
    return int(await shop.world.system.db.value(f"SELECT count(*) FROM {shop.lines.sql}"))


async def _why(shop: Shop, run: str) -> str:
    failure = load_failure((await shop.run(run))["error"])
    return failure.message.text() if failure else ""


async def _blocked_backend(shop: Shop) -> int:
    """The backend of this database that waits for a lock, as soon as there is one."""
    async with asyncio.timeout(20):
        while True:
            found = await shop.world.system.db.value(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if found:
                return int(found)
            await asyncio.sleep(0.01)


async def test_trouble_with_the_database_is_tried_again_later(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id), _makes_line(shop), UpdateRecord(shop.sets(备注="好"))
    )
    order = await shop.order()
    (run,) = await shop.relayed()
    db = shop.world.system.db
    async with db.pool.acquire() as other, other.transaction():
        await other.execute(
            f"SELECT 1 FROM {shop.orders.sql} WHERE id = $1 FOR NO KEY UPDATE", parse_record_id(order)[1]
        )
        task = asyncio.create_task(execute(shop.world.system, run))
        backend = await _blocked_backend(shop)
        await other.execute("SELECT pg_terminate_backend($1)", backend)
        await task
    row = await shop.run(run)
    assert row["status"] == "waiting"
    assert 0.5 < (row["wake_at"] - row["started_at"]).total_seconds() < 10
    assert (await shop.steps(run))["stp2"] == ("waiting", None)
    assert not await execute(shop.world.system, run), "not before its time"
    await db.execute("UPDATE meta.run SET wake_at = now() WHERE public_id = $1", run)
    assert await execute(shop.world.system, run)
    assert await shop.steps(run) == {"stp1": ("done", None), "stp2": ("done", None)}
    assert await _lines(shop) == 1, "what was done before is not done again"
    attempts = await db.value("SELECT attempts FROM meta.run_step WHERE path = 'stp2'")
    assert attempts == 2


async def test_a_rule_that_says_no_fails_at_once_with_its_sentence(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成")))
    await shop.order()
    (run,) = await shop.settle()
    row = await shop.run(run)
    failure = load_failure(row["error"])
    assert row["status"] == "failed"
    assert failure is not None
    assert [s.text() for s in failure.sentences] == [
        "不能从「已支付」改成「已完成」。从「已支付」可以去:审核中、已关闭"
    ]


async def test_a_step_whose_failure_does_not_matter_lets_the_run_go_on(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id),
        Step("stp1", UpdateRecord(shop.sets(订单状态="已完成")), on_failure="continue"),
        Step("stp2", UpdateRecord(shop.sets(备注="还是到了"))),
    )
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await shop.steps(run) == {"stp1": ("failed", None), "stp2": ("done", None)}
    assert (await shop.read(order))["备注"] == "还是到了"


async def test_a_failed_run_goes_on_from_its_failed_step(shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), _makes_line(shop), UpdateRecord(shop.sets(订单状态="已完成"))
    )
    order = await shop.order()
    (run,) = await shop.settle()
    system = shop.world.system
    with pytest.raises(NotAllowed):
        await remedies.retry(system, VIEWER, run)
    definition = (await shop.world.catalog()).automation(automation).definition
    repaired = Step("stp2", UpdateRecord(shop.sets(订单状态="审核中")))
    await shop.world.replace(
        automation, msgspec.structs.replace(definition, steps=(definition.steps[0], repaired))
    )
    await remedies.retry(system, EDITOR, run)
    await shop.execute([run])
    assert (await shop.run(run))["status"] == "failed", "by the version it began with"
    await remedies.retry(system, EDITOR, run, newest=True)
    await shop.execute([run])
    assert (await shop.run(run))["status"] == "finished"
    assert ((await shop.read(order))["订单状态"], await _lines(shop)) == ("审核中", 1)
    with pytest.raises(RuleBroken, match="不是失败状态"):
        await remedies.retry(system, EDITOR, run)


def _arm(shop: Shop, name: str, test: Condition | None, step: Step) -> Arm:
    return Arm(name, (step,), RecordMeets(test) if test is not None else None)


async def _stopped_in_an_arm(shop: Shop) -> tuple[str, str, str, Branch]:
    """An automation, an order, its run that has failed in the arm ``好``, and the branch as it is stored."""
    note = shop.orders.field("备注").id
    fails = Step("stpF", UpdateRecord(shop.sets(订单状态="已完成")))
    other = Step("stpO", _makes_line(shop, "别的路"))
    arms = (_arm(shop, "坏", Condition(note, "is", "坏"), other), _arm(shop, "好", None, fails))
    automation = await shop.automation(RecordCreated(shop.orders.id), Step("stpB", Branch(arms)))
    order = await shop.order(备注="好")
    (run,) = await shop.settle()
    assert (await shop.steps(run))["stpB/arm1/stpF"] == ("failed", None)
    stored = (await shop.world.catalog()).automation(automation).definition.steps[0].config
    assert isinstance(stored, Branch)
    return automation, order, run, stored


async def _branches(shop: Shop, automation: str, *arms: Arm) -> None:
    definition = (await shop.world.catalog()).automation(automation).definition
    steps = (msgspec.structs.replace(definition.steps[0], config=Branch(arms)),)
    await shop.world.replace(automation, msgspec.structs.replace(definition, steps=steps))


async def test_a_run_goes_on_in_the_arm_it_took_when_arms_have_come_and_moved(shop: Shop) -> None:
    automation, order, run, stored = await _stopped_in_an_arm(shop)
    bad, good = stored.arms
    mended = Step("stpF", UpdateRecord(shop.sets(订单状态="审核中")))
    new = Arm(
        "新",
        (Step("stpN", _makes_line(shop, "新的路")),),
        RecordMeets(Condition(shop.orders.field("备注").id, "is", "新")),
    )
    await _branches(shop, automation, new, msgspec.structs.replace(good, steps=(mended,)), bad)
    await remedies.retry(shop.world.system, EDITOR, run, newest=True)
    await shop.execute([run])
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["订单状态"] == "审核中"
    assert await _lines(shop) == 0, "no other arm was gone into"


async def test_a_run_whose_arm_is_gone_says_so_instead_of_leaving_it_out(shop: Shop) -> None:
    automation, _, run, stored = await _stopped_in_an_arm(shop)
    await _branches(shop, automation, stored.arms[0])
    with pytest.raises(RuleBroken, match="「好」这一路里,新版里已经没有这一路了"):
        await remedies.retry(shop.world.system, EDITOR, run, newest=True)
    assert (await shop.run(run))["status"] == "failed"
    await remedies.retry(shop.world.system, EDITOR, run)
    assert (await shop.run(run))["status"] == "queued", "by its own version it can go on"


def test_branches_stored_before_arms_had_ids_are_read_by_place() -> None:
    text = b'{"kind":"branch","arms":[{"name":"a","steps":[]},{"name":"b","steps":[],"id":"arm0"},{"name":"c","steps":[]}]}'
    found = msgspec.json.decode(text, type=Branch)
    ids = [arm.id for arm in found.arms]
    assert len(set(ids)) == 3
    assert (ids[1], ids[2]) == ("arm0", "arm2")
    old = msgspec.json.decode(
        b'{"kind":"branch","arms":[{"name":"a","steps":[]},{"name":"b","steps":[]}]}', type=Branch
    )
    assert [arm.id for arm in old.arms] == ["arm0", "arm1"]


async def test_a_failed_step_can_be_skipped_and_a_failed_run_be_taken_care_of(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成")), _makes_line(shop)
    )
    await shop.order()
    await shop.order()
    first, second = await shop.settle()
    system = shop.world.system
    await remedies.skip(system, EDITOR, first)
    await shop.execute([first])
    assert await shop.steps(first) == {"stp1": ("skipped", None), "stp2": ("done", None)}
    assert await _lines(shop) == 1
    await remedies.mark_handled(system, EDITOR, second)
    row = await shop.run(second)
    assert (row["status"], row["handled_by"]) == ("handled", "usrEditorEditor1|编辑")


async def test_automations_that_set_off_one_another_are_stopped_and_named(shop: Shop) -> None:
    note = shop.orders.field("备注").id
    for name, when, then in (("甲", "a", "b"), ("乙", "b", "a")):
        trigger = RecordUpdated(shop.orders.id, (note,), Condition(note, "is", when))
        await shop.automation(trigger, UpdateRecord(shop.sets(备注=then)), name=name)
    order = await shop.order()
    await shop.world.patch(order, {"备注": "a"}, shop.orders)
    ran = await shop.settle()
    assert len(ran) == runs.MAX_DEPTH + 1
    rows = await shop.world.system.db.fetch("SELECT public_id, depth FROM meta.run WHERE status = 'failed'")
    assert [row["depth"] for row in rows] == [runs.MAX_DEPTH + 1]
    assert "已停在这里:" + " → ".join(["甲", "乙"] * 6) in await _why(shop, rows[0]["public_id"])


async def test_a_worker_that_lost_its_lease_stores_nothing(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), _makes_line(shop), _makes_line(shop, "二"))
    await shop.order()
    (run,) = await shop.relayed()
    system = shop.world.system
    slow = await runs.claim(system.db, run, "slow")
    assert slow is not None
    assert not await execute(system, run), "somebody holds it"
    await system.db.execute("UPDATE meta.run SET lease_until = now() - interval '1 second'")
    assert await execute(system, run), "taken over"
    with pytest.raises(LeaseLost):
        await Execution(system, slow, Lease(system.db, "run", slow.number, "slow")).carry_out()
    assert await _lines(shop) == 2
    assert (await shop.run(run))["lost"] == 1


async def test_a_run_that_keeps_killing_its_workers_is_stopped(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), _makes_line(shop))
    await shop.order()
    (run,) = await shop.relayed()
    db = shop.world.system.db
    await db.execute(
        "UPDATE meta.run SET status = 'running', lost = $1, lease_owner = 'dead', lease_until = now() - interval '1 s'",
        runs.MAX_LOST - 1,
    )
    assert await execute(shop.world.system, run)
    assert (await shop.run(run))["status"] == "failed"
    assert "中断了 5 次" in await _why(shop, run)
    assert await _lines(shop) == 0


async def test_a_stopping_worker_puts_the_run_back_between_two_steps(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), _makes_line(shop), _makes_line(shop, "二"))
    await shop.order()
    (run,) = await shop.relayed()
    asked = iter([False, True])
    await execute(shop.world.system, run, stopping=lambda: next(asked))
    row = await shop.run(run)
    assert (row["status"], row["enqueued_at"], await _lines(shop)) == ("queued", None, 1)
    await shop.execute([run])
    assert await _lines(shop) == 2


async def test_a_condition_that_no_longer_fits_is_said_in_a_failed_run(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id, Condition("fldGoneGoneGone00", "is", 1)), _makes_line(shop)
    )
    await shop.order()
    assert await shop.settle() == []
    (row,) = await shop.world.system.db.fetch("SELECT * FROM meta.run")
    assert row["status"] == "failed"
    assert await _why(shop, row["public_id"]) == "这里用的字段已被删除:换一个"


async def test_a_quiet_change_starts_nothing(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), _makes_line(shop))
    await shop.world.create(shop.orders, {"订单号": "旧"}, quiet=True)
    assert await shop.settle() == []
