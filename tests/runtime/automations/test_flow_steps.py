"""Loops, waits, other automations and stops: each item once whatever dies when, no longer waits than asked for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from runtime.automations import engine, remedies, runs
from runtime.automations.engine import execute
from runtime.automations.notes import load_failure
from runtime.automations.rehearsal import rehearse
from runtime.automations.relay import relay
from runtime.automations.runs import StepRow
from runtime.automations.steps import loop as loops
from runtime.automations.steps.wait import next_time
from runtime.automations.sweeper import due, unsent
from runtime.catalog import bump
from runtime.definitions.automations import (
    CreateRecord,
    Loop,
    OnlyIf,
    RecordCreated,
    RecordMeets,
    RunAutomation,
    Step,
    Stop,
    UpdateRecord,
    Wait,
)
from runtime.definitions.flow import (
    ForSpan,
    LinkedRecords,
    ListItems,
    Span,
    UntilMeets,
)
from runtime.definitions.queries import Condition
from runtime.definitions.values import Assignment, FieldValue, Literal_, StepOutput, TextValue
from runtime.ids import parse_record_id
from tests.runtime.automations.watched import Watched
from tests.support.shop import Shop
from tests.support.world import EDITOR, SYSTEM, World


def _back(shop: Shop) -> str:
    """The order's field that lists its lines."""
    link = shop.lines.field("订单")
    return next(f.id for f in shop.orders.fields if f.type == "link" and f.config.inverse == link.id)  # type: ignore[union-attr]


def _over_lines(shop: Shop, *steps: Step) -> Loop:
    return Loop(LinkedRecords(_back(shop)), steps)


def _makes_line(shop: Shop, name: object) -> CreateRecord:
    lines = shop.lines
    value = name if not isinstance(name, str) else Literal_(name)
    return CreateRecord(
        lines.id,
        (
            Assignment(lines.field("名称").id, value),  # type: ignore[arg-type]
            Assignment(lines.field("订单").id, FieldValue("$id")),
        ),
    )


async def _names(shop: Shop) -> list[str]:
    rows = await shop.world.system.db.fetch(
        f"SELECT {shop.lines.field('名称').column} AS n FROM {shop.lines.sql} ORDER BY id"
    )
    return [row["n"] for row in rows]


async def _why(shop: Shop, run: str) -> str:
    failure = load_failure((await shop.run(run))["error"])
    return failure.message.text() if failure else ""


async def _hand_out(shop: Shop) -> list[str]:
    """What the scheduler would send now, carried out."""
    db = shop.world.system.db
    ids = [*await due(db, "run", 1000), *await unsent(db, 100)]
    for public_id in ids:
        await execute(shop.world.system, public_id, "test")
    return ids


async def _with_lines(shop: Shop, count: int) -> str:
    order = await shop.order()
    await shop.world.create(shop.lines, *({"名称": f"行{n}", "订单": order} for n in range(1, count + 1)))
    return order


async def test_a_loop_goes_through_linked_records_and_numbers_them(shop: Shop) -> None:
    name = shop.lines.field("名称")
    text = TextValue((FieldValue(name.id, "stpL"), "/", StepOutput("stpL", "index")))
    note = UpdateRecord((Assignment(name.id, text),), of="stpL")
    automation = await shop.automation(
        shop.checking_starts,
        Step("stpL", _over_lines(shop, Step("stpX", note))),
        Step("stpZ", UpdateRecord(shop.sets(次数=StepOutput("stpL", "count")))),
    )
    order = await _with_lines(shop, 3)
    await shop.move(order)
    (run,) = await shop.settle()
    assert await _names(shop) == ["行1/1", "行2/2", "行3/3"]
    assert (await shop.read(order))["次数"] == 3
    assert set(await shop.steps(run)) == {"stpL", "stpL/1/stpX", "stpL/2/stpX", "stpL/3/stpX", "stpZ"}
    assert automation


async def test_a_loop_over_the_lines_of_a_text_and_over_nothing(shop: Shop) -> None:
    makes = _makes_line(shop, StepOutput("stpL", "item"))
    over = ListItems(shop.value("备注"))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, (Step("stpX", makes),))))
    await shop.order(备注="红, 蓝,绿")
    await shop.order()
    await shop.settle()
    assert await _names(shop) == ["红", "蓝", "绿"]


def _dying(after: int) -> type[engine.Execution]:
    """An execution whose process is gone when it comes to the step after ``after`` others."""

    class Dying(engine.Execution):
        left = after

        async def step(self, step: Step, path: str) -> StepRow:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return await super().step(step, path)

    return Dying


async def test_a_worker_killed_in_the_middle_of_a_loop_repeats_no_item(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "NOTE_EVERY", 4)
    makes = _makes_line(shop, StepOutput("stpL", "item"))
    inner = (Step("stpX", makes), Step("stpY", UpdateRecord(shop.sets(备注=StepOutput("stpL", "item")))))
    over = ListItems(Literal_([f"第{n}" for n in range(1, 31)]))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, inner)))
    order = await shop.order()
    (run,) = await shop.relayed()
    system = shop.world.system
    for died_after in (7, 12, 1):
        with monkeypatch.context() as patched:
            patched.setattr(engine, "Execution", _dying(died_after))
            with pytest.raises(KeyboardInterrupt):
                await execute(system, run, "test")
        await system.db.execute("UPDATE meta.run SET lease_until = now() - interval '1 second'")
    assert await execute(system, run, "test")
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == [f"第{n}" for n in range(1, 31)]
    assert (await shop.read(order))["备注"] == "第30"


async def test_a_long_loop_gives_others_their_turn_and_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "TURN_SECONDS", 0.0)
    makes = _makes_line(shop, StepOutput("stpL", "item"))
    over = ListItems(Literal_(["甲", "乙", "丙"]))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, (Step("stpX", makes),))))
    await shop.order()
    (run,) = await shop.relayed()
    await execute(shop.world.system, run, "test")
    assert (await shop.run(run))["status"] == "queued"
    monkeypatch.setattr(engine, "TURN_SECONDS", 60.0)
    await _hand_out(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == ["甲", "乙", "丙"]


def _nested(shop: Shop, outer: int, inner: int) -> Step:
    """A loop in a loop that makes a line for each pair, named ``outer.inner``."""
    name = TextValue((StepOutput("stpL", "item"), ".", StepOutput("stpI", "item")))
    makes = Step("stpX", _makes_line(shop, name))
    within = Step("stpI", Loop(ListItems(Literal_([f"{n}" for n in range(1, inner + 1)])), (makes,)))
    before = Step("stpB", UpdateRecord(shop.sets(备注=StepOutput("stpL", "item"))))
    over = ListItems(Literal_([f"{n}" for n in range(1, outer + 1)]))
    return Step("stpL", Loop(over, (before, within)))


def _pairs(outer: int, inner: int) -> list[str]:
    return [f"{a}.{b}" for a in range(1, outer + 1) for b in range(1, inner + 1)]


async def test_a_loop_in_a_loop_is_taken_up_again_at_its_own_item(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "NOTE_EVERY", 2)
    monkeypatch.setattr(engine, "LOOK_AHEAD", 2)
    await shop.automation(RecordCreated(shop.orders.id), _nested(shop, 5, 5))
    await shop.order()
    (run,) = await shop.relayed()
    system = shop.world.system
    for died_after in (6, 7, 11, 9, 3, 14):
        with monkeypatch.context() as patched:
            patched.setattr(engine, "Execution", _dying(died_after))
            with pytest.raises(KeyboardInterrupt):
                await execute(system, run, "test")
        await system.db.execute("UPDATE meta.run SET lost = 0, lease_until = now() - interval '1 second'")
    assert await execute(system, run, "test")
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == _pairs(5, 5)


async def test_a_loop_in_a_loop_gets_on_however_short_its_turns_are(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going over what is done again takes time too; a turn that ends with it would never get anywhere."""
    monkeypatch.setattr(engine, "TURN_SECONDS", 0.0)
    await shop.automation(RecordCreated(shop.orders.id), _nested(shop, 3, 3))
    await shop.order()
    (run,) = await shop.relayed()
    for _turn in range(20):
        await execute(shop.world.system, run, "test")
        if (await shop.run(run))["status"] == "finished":
            break
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == _pairs(3, 3)


async def test_what_is_read_of_a_loop_taken_up_again_is_what_it_needs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of the loops inside, and of items far ahead, are left where they are."""
    await shop.automation(RecordCreated(shop.orders.id), _nested(shop, 3, 4))
    await shop.order()
    (run,) = await shop.settle()
    number = (await shop.run(run))["id"]
    db = shop.world.system.db
    found = await runs.steps_of_items(db, number, "stpL", 2, 3)
    assert set(found) == {"stpL/2/stpB", "stpL/2/stpI", "stpL/3/stpB", "stpL/3/stpI"}
    inner = await runs.steps_of_items(db, number, "stpL/2/stpI", 2, 10)
    assert set(inner) == {f"stpL/2/stpI/{n}/stpX" for n in (2, 3, 4)}


async def test_too_many_items_are_refused_before_the_first(shop: Shop) -> None:
    over = ListItems(Literal_(list(range(loops.MAX_ITEMS + 1))))
    await shop.automation(
        RecordCreated(shop.orders.id), Step("stpL", Loop(over, (Step("stpX", _makes_line(shop, "一")),)))
    )
    await shop.order()
    (run,) = await shop.settle()
    assert "要逐个处理的有 10001 个,一次最多 10000 个" in await _why(shop, run)
    assert await _names(shop) == []


async def test_an_item_that_fails_is_mended_and_the_loop_goes_on_from_there(shop: Shop) -> None:
    gone = RecordMeets(Condition(shop.orders.field("备注").id, "is", "好"))
    over = ListItems(Literal_(["甲", "乙"]))
    inner = (
        Step("stpX", _makes_line(shop, StepOutput("stpL", "item"))),
        Step("stpY", UpdateRecord(shop.sets(订单状态="已完成"))),
    )
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, inner)))
    await shop.order()
    (run,) = await shop.settle()
    assert (await shop.steps(run))["stpL/1/stpY"][0] == "failed"
    await remedies.skip(shop.world.system, EDITOR, run)
    await shop.execute([run])
    assert (await shop.steps(run))["stpL/2/stpY"][0] == "failed", "the second item fails for itself"
    await remedies.skip(shop.world.system, EDITOR, run)
    await shop.execute([run])
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == ["甲", "乙"]
    assert gone


async def test_nothing_of_one_item_is_seen_by_the_next(shop: Shop) -> None:
    """A step in a branch that was not taken has no result, even when it had one for the item before."""
    item = StepOutput("stpL", "item")
    makes = Step("stpM", _makes_line(shop, item))
    stops = Step("stpO", OnlyIf(RecordMeets(Condition(shop.lines.field("名称").id, "is", "甲"), "stpM")))
    over = ListItems(Literal_(["甲", "乙", "丙"]))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, (makes, stops))))
    await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert await _names(shop) == ["甲", "乙"], "'only if' ends the run at the second item"


async def test_waiting_for_a_time(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id),
        Wait(ForSpan(Span(2, "hours"))),
        UpdateRecord(shop.sets(备注="好")),
    )
    order = await shop.order()
    (run,) = await shop.settle()
    row = await shop.run(run)
    assert (row["status"], row["waits"]) == ("waiting", "time")
    assert timedelta(minutes=119) < row["wake_at"] - datetime.now(UTC) < timedelta(minutes=121)
    await shop.world.system.db.execute(
        "UPDATE meta.run SET wake_at = now();",
    )
    await shop.world.system.db.execute(
        "UPDATE meta.run_step SET output = jsonb_build_object('until', now() - interval '1 s') WHERE path = 'stp1'"
    )
    await _hand_out(shop)
    assert (await shop.read(order))["备注"] == "好"
    assert (await shop.steps(run))["stp1"] == ("done", "reached")


def test_the_next_time_of_a_clock_over_a_change_of_summer_time() -> None:
    zone = ZoneInfo("Europe/Berlin")
    night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert next_time(night, "02:30", zone) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert next_time(night, "00:30", zone) == datetime(2026, 3, 29, 22, 30, tzinfo=UTC)


async def test_waiting_until_a_record_meets_a_condition_ends_with_its_change(shop: Shop) -> None:
    note = shop.orders.field("备注")
    wait = UntilMeets(Condition(note.id, "is", "到货"), Span(3, "days"))
    await shop.automation(RecordCreated(shop.orders.id), Wait(wait), UpdateRecord(shop.sets(次数=7)))
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["waits"] == "condition"
    await shop.world.patch(order, {"备注": "还没"}, shop.orders)
    await shop.settle()
    await _hand_out(shop)
    assert (await shop.run(run))["status"] == "waiting", "looked, and it is not so yet"
    await shop.world.patch(order, {"备注": "到货"}, shop.orders)
    await shop.settle()
    await _hand_out(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["次数"] == 7


async def test_a_record_that_is_being_changed_while_it_is_asked_is_waited_for(shop: Shop) -> None:
    """A change that was stored between asking and resting would be seen by nobody for a long while."""
    note = shop.orders.field("备注")
    await shop.automation(
        RecordCreated(shop.orders.id), Wait(UntilMeets(Condition(note.id, "is", "到货"), Span(3, "days")))
    )
    order = await shop.order()
    (run,) = await shop.relayed()
    db = shop.world.system.db
    async with db.pool.acquire() as other, other.transaction():
        await other.execute(
            f"UPDATE {shop.orders.sql} SET {note.column} = '到货' WHERE id = $1", parse_record_id(order)[1]
        )
        task = asyncio.create_task(execute(shop.world.system, run, "test"))
        async with asyncio.timeout(20):
            while True:
                if await db.value(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ):
                    break
                await asyncio.sleep(0.01)
    await task
    assert (await shop.steps(run))["stp1"] == ("done", "reached")


async def test_waiting_for_what_is_computed_of_other_records_ends_with_their_change(world: World) -> None:
    watched = await Watched.make(world)
    total = Condition(watched.field("总额"), "gt", 100)
    await watched.on(RecordCreated(watched.customers.id), Wait(UntilMeets(total, Span(3, "days"))))
    (customer,) = await world.create(watched.customers, {"姓名": "李"})
    (run,) = (await relay(world.system)).runs
    assert await execute(world.system, run, "test")

    async def status() -> str:
        while (await relay(world.system)).events:
            pass
        return str(await world.system.db.value("SELECT status FROM meta.run"))

    assert await status() == "waiting"
    (order,) = await world.create(watched.orders, {"订单号": "1", "客户": [customer], "金额": 50})
    assert await status() == "queued", "it looks again"
    assert await execute(world.system, run, "test")
    assert await status() == "waiting"
    await world.patch(order, {"金额": 150}, watched.orders)
    assert await status() == "queued"
    assert await execute(world.system, run, "test")
    assert await status() == "finished"


async def test_waiting_for_a_condition_has_an_end(shop: Shop) -> None:
    wait = UntilMeets(Condition(shop.orders.field("备注").id, "is", "到货"), Span(1, "hours"))
    await shop.automation(RecordCreated(shop.orders.id), Wait(wait))
    await shop.order()
    (run,) = await shop.settle()
    db = shop.world.system.db
    await db.execute("UPDATE meta.run SET wake_at = now()")
    await db.execute(
        "UPDATE meta.run_step SET output = jsonb_build_object('began', now() - interval '2 hours')"
    )
    await _hand_out(shop)
    assert (await shop.steps(run))["stp1"] == ("done", "timed_out")


async def test_another_automation_is_waited_for_and_its_failure_is_seen(shop: Shop) -> None:
    other = await shop.automation(
        RecordCreated(shop.orders.id),
        OnlyIf(RecordMeets(Condition(shop.orders.field("备注").id, "is_not_empty"))),
        UpdateRecord(shop.sets(订单状态="已完成")),
        name="乙",
    )
    await shop.automation(
        shop.checking_starts, RunAutomation(other), UpdateRecord(shop.sets(次数=1)), name="甲"
    )
    fine, bad = await shop.order(), await shop.order(备注="有")
    first = await shop.settle()
    await shop.world.system.db.execute("UPDATE meta.run SET status = 'handled' WHERE status = 'failed'")
    await shop.move(fine)
    await shop.move(bad)
    ran = await shop.settle()
    assert len(ran) == 2
    assert first
    for _ in range(4):
        await _hand_out(shop)
    assert (await shop.read(fine))["次数"] == 1
    assert (await shop.run(ran[0]))["status"] == "finished"
    assert (await shop.run(ran[1]))["status"] == "failed"
    assert "自动化「乙」的那次运行失败了:" in await _why(shop, ran[1])
    calls = await shop.world.system.db.value(
        "SELECT count(*) FROM meta.run WHERE trigger ->> 'action' = 'call'"
    )
    assert calls == 2


async def _calling(shop: Shop) -> tuple[str, str]:
    """An automation that runs another and waits for it; that one fails until the order is 已发货."""
    never = RecordCreated(shop.orders.id, Condition(shop.orders.field("备注").id, "is", "从不"))
    other = await shop.automation(never, UpdateRecord(shop.sets(订单状态="已完成")), name="乙")
    await shop.automation(
        shop.checking_starts, RunAutomation(other), UpdateRecord(shop.sets(次数=1)), name="甲"
    )
    return other, await shop.order()


async def _called(shop: Shop) -> list[tuple[str, str]]:
    rows = await shop.world.system.db.fetch(
        "SELECT public_id, status FROM meta.run WHERE trigger ->> 'action' = 'call' ORDER BY id"
    )
    return [(row["public_id"], row["status"]) for row in rows]


async def _through(shop: Shop) -> None:
    while await _hand_out(shop):
        pass


async def test_retrying_the_caller_lets_the_called_run_go_on_where_it_failed(shop: Shop) -> None:
    _, order = await _calling(shop)
    await shop.move(order)
    (run,) = await shop.settle()
    await _through(shop)
    assert [status for _, status in await _called(shop)] == ["failed"]
    assert (await shop.run(run))["status"] == "failed"
    await shop.move(order, "已发货")
    await remedies.retry(shop.world.system, EDITOR, run)
    await _through(shop)
    assert [status for _, status in await _called(shop)] == ["finished"], "the same run, no second one"
    assert (await shop.run(run))["status"] == "finished"
    found = await shop.read(order)
    assert (found["订单状态"], found["次数"]) == ("已完成", 1)


@pytest.mark.parametrize("remedy", ["retried", "handled"])
async def test_a_called_run_that_somebody_mended_itself_is_not_run_again(shop: Shop, remedy: str) -> None:
    system = shop.world.system
    _, order = await _calling(shop)
    await shop.move(order)
    (run,) = await shop.settle()
    await _through(shop)
    ((called, _),) = await _called(shop)
    await shop.move(order, "已发货")
    if remedy == "retried":
        await remedies.retry(system, EDITOR, called)
    else:
        await remedies.mark_handled(system, EDITOR, called)
    await _through(shop)
    assert (await shop.run(run))["status"] == "failed", "whoever looks after it decides"
    await remedies.retry(system, EDITOR, run)
    await _through(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert await _called(shop) == [(called, "finished" if remedy == "retried" else "handled")]


async def test_a_skipped_call_goes_on_alone(shop: Shop) -> None:
    system = shop.world.system
    _, order = await _calling(shop)
    await shop.move(order)
    (run,) = await shop.settle()
    await _through(shop)
    ((called, _),) = await _called(shop)
    await remedies.skip(system, EDITOR, run)
    await _through(shop)
    assert (await shop.run(run))["status"] == "finished"
    await shop.move(order, "已发货")
    await remedies.retry(system, EDITOR, called)
    await _through(shop)
    assert await _called(shop) == [(called, "finished")]
    assert (await shop.steps(run))["stp1"] == ("skipped", None)


@pytest.mark.parametrize("fate", ["disabled", "deleted"])
async def test_what_was_called_counts_though_its_automation_is_gone_by_then(shop: Shop, fate: str) -> None:
    system = shop.world.system
    other, order = await _calling(shop)
    await shop.move(order)
    (run,) = await shop.relayed()
    await shop.execute([run])
    assert (await shop.run(run))["waits"] == "run"
    if fate == "disabled":
        definition = (await shop.world.catalog()).automation(other).definition
        await shop.world.replace(other, msgspec.structs.replace(definition, enabled=False))
    else:
        async with system.db.transaction() as tx:
            await bump(tx)
            await tx.execute("UPDATE meta.definition SET deleted_at = now() WHERE public_id = $1", other)
    await shop.move(order, "已发货")
    await _through(shop)
    assert [status for _, status in await _called(shop)] == ["finished"]
    assert (await shop.run(run))["status"] == "finished"
    again = await shop.order()
    await shop.move(again)
    (second,) = await shop.settle()
    assert (await shop.run(second))["status"] == "failed", "but nothing new is begun"
    words = "已停用,启用它再重试" if fate == "disabled" else "自动化「乙」已被删除:换一个,或从回收站恢复它"
    assert words in await _why(shop, second)
    assert len(await _called(shop)) == 1


async def test_stopping_with_words_and_quietly(shop: Shop) -> None:
    words = TextValue(("订单 ", shop.value("订单号"), " 少了收货人"))
    await shop.automation(
        RecordCreated(shop.orders.id, Condition(shop.orders.field("备注").id, "is", "错")), Stop(True, words)
    )
    await shop.automation(
        RecordCreated(shop.orders.id, Condition(shop.orders.field("备注").id, "is", "完")),
        Stop(False),
        _makes_line(shop, "一"),
        name="静",
    )
    await shop.order(订单号="A1", 备注="错")
    await shop.order(备注="完")
    loud, quiet = await shop.settle()
    assert await _why(shop, loud) == "订单 A1 少了收货人"
    assert (await shop.run(quiet))["status"] == "finished"
    assert await _names(shop) == []


async def test_an_automation_that_sets_itself_off_is_stopped_and_said(shop: Shop) -> None:
    count = shop.lines.field("名称")
    trigger = RecordCreated(shop.lines.id)
    again = CreateRecord(shop.lines.id, (Assignment(count.id, Literal_("又一条")),))
    await shop.automation(trigger, again, name="无尽")
    await shop.world.create(shop.lines, {"名称": "头"})
    ran = await shop.settle()
    assert len(ran) == 3
    (failed,) = await shop.world.system.db.fetch("SELECT public_id FROM meta.run WHERE status = 'failed'")
    assert "「无尽」改的内容又触发了它自己,连着 3 次" in await _why(shop, failed["public_id"])


async def test_a_test_run_skips_waits_shows_the_first_items_and_leaves_nothing(shop: Shop) -> None:
    over = ListItems(Literal_([str(n) for n in range(8)]))
    automation = await shop.automation(
        RecordCreated(shop.orders.id),
        Wait(ForSpan(Span(1, "days"))),
        Step("stpL", Loop(over, (Step("stpX", _makes_line(shop, StepOutput("stpL", "item"))),))),
    )
    order = await shop.order()
    found = await rehearse(shop.world.system, SYSTEM, automation, order)
    assert found.status == "finished"
    assert [step.path for step in found.steps] == ["stp1", "stpL", *(f"stpL/{n}/stpX" for n in range(1, 6))]
    notes = " ".join(note.text() for note in found.notes)
    assert "试运行不等" in notes
    assert "逐个处理有 8 个,试运行只走前 5 个" in notes
    assert await _names(shop) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_ten_thousand_items_are_gone_through_in_turns(shop: Shop) -> None:
    makes = Step("stpX", _makes_line(shop, TextValue((StepOutput("stpL", "item"),))))
    over = ListItems(Literal_([f"{n}" for n in range(1, 10_001)]))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(over, (makes,))))
    await shop.order()
    (run,) = await shop.relayed()
    turns = 0
    while (await shop.run(run))["status"] == "queued":
        assert await execute(shop.world.system, run, "test")
        turns += 1
    assert (await shop.run(run))["status"] == "finished"
    assert turns > 1, "others get a worker in between"
    assert sorted(map(int, await _names(shop))) == list(range(1, 10_001)), "each item once"
