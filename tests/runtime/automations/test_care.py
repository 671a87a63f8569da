"""Looking after automations: pauses, turns, failures told, several runs mended, days counted, effects taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from runtime.automations import alerts, effects, pauses, remedies, statistics, timeline, trace, trace_items
from runtime.automations.relay import relay
from runtime.automations.sweeper import due, unsent
from runtime.definitions.automations import (
    CreateRecord,
    Loop,
    RecordCreated,
    RecordUpdated,
    Step,
    UpdateRecord,
)
from runtime.definitions.flow import FoundRecords, ListItems
from runtime.definitions.record_steps import FindRecords
from runtime.definitions.values import Assignment, FieldValue, Literal_, StepOutput
from runtime.errors import NotAllowed
from runtime.records import write
from runtime.records.change import Change, NewRecord
from tests.support.shop import Shop
from tests.support.world import API, EDITOR, SYSTEM, World


def _line(shop: Shop, name: object = "一") -> CreateRecord:
    lines = shop.lines
    value = Literal_(name) if isinstance(name, str) else name
    return CreateRecord(
        lines.id,
        (
            Assignment(lines.field("名称").id, value),  # type: ignore[arg-type]
            Assignment(lines.field("订单").id, FieldValue("$id")),
        ),
    )


OWNER = msgspec.structs.replace(EDITOR, everywhere="owner")


async def test_events_of_a_pause_are_kept_and_run_afterwards(shop: Shop) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    system = shop.world.system
    with pytest.raises(NotAllowed):
        await pauses.pause(system, EDITOR, "automation", automation, "pause")
    await pauses.pause(system, OWNER, "automation", automation, "pause")
    order = await shop.order()
    assert await shop.settle() == []
    (held,) = (await pauses.of_app(system.db, shop.world.app_number, [*await _numbers(shop)])).values()
    assert (held.held, held.by, held.mode) == (1, "编辑", "pause")
    await pauses.pause(system, OWNER, "automation", automation, None)
    await shop.execute(await unsent(system.db, 10))
    assert (await shop.read(order))["备注"] == "好"


async def _numbers(shop: Shop) -> list[int]:
    return [a.number for a in (await shop.world.app()).automations]


async def test_draining_runs_what_is_queued_and_begins_nothing_new(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    system = shop.world.system
    await shop.order()
    await relay(system, sent=False)
    await pauses.pause(system, OWNER, "all", None, "drain")
    await shop.order()
    await relay(system)
    queued = await unsent(system.db, 10)
    assert len(queued) == 1
    await pauses.pause(system, OWNER, "app", shop.world.app_id, "pause")
    await pauses.pause(system, OWNER, "all", None, None)
    assert await unsent(system.db, 10) == [], "the app's own pause still holds it"
    await pauses.pause(system, OWNER, "app", shop.world.app_id, None)
    assert len(await unsent(system.db, 10)) == 1


async def test_a_paused_run_that_waits_does_not_go_on(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    await shop.order()
    (run,) = await shop.relayed()
    db = shop.world.system.db
    await db.execute("UPDATE meta.run SET status = 'waiting', wake_at = now(), waits = 'retry'")
    await pauses.pause(shop.world.system, OWNER, "all", None, "pause")
    assert await due(db, "run", 0) == []
    await pauses.pause(shop.world.system, OWNER, "all", None, None)
    assert await due(db, "run", 0) == [run]


async def test_the_flood_of_one_app_leaves_the_other_its_turn(shop: Shop) -> None:
    other = await Shop.make(await World.make(shop.world.system, "另一个应用"))
    for one in (shop, other):
        await one.automation(RecordCreated(one.orders.id), UpdateRecord(one.sets(备注="好")))
    flood = tuple(NewRecord({"订单状态": "已支付"}) for _ in range(150))
    await write.apply(
        shop.world.system, Change(table=shop.orders.id, actor=EDITOR, source=API, creates=flood)
    )
    await other.order()
    system = shop.world.system
    taken = await relay(system, 20, sent=False)
    assert taken.events == 11, "ten of the flood, and the other app's only one"
    first = await unsent(system.db, 4)
    apps = await system.db.fetch("SELECT app_id FROM meta.run WHERE public_id = ANY($1)", first)
    assert {row["app_id"] for row in apps} == {shop.world.app_number, other.world.app_number}
    while (await relay(system, 50, sent=False)).events:
        pass
    await other.order()
    await relay(system, 50, sent=False)
    later = await unsent(system.db, 10)
    apps = await system.db.fetch("SELECT app_id FROM meta.run WHERE public_id = ANY($1)", later)
    assert other.world.app_number in {row["app_id"] for row in apps}


async def test_what_automations_start_too_often_is_paused_and_told_and_nothing_is_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = shop.world.system
    monkeypatch.setattr(
        system, "settings", msgspec.structs.replace(system.settings, automation_runs_per_minute=3)
    )
    person = await _person(shop)
    items = ListItems(Literal_([str(n) for n in range(6)]))
    await shop.automation(
        RecordCreated(shop.orders.id),
        Step("stpL", Loop(items, (Step("stpX", _line(shop, StepOutput("stpL", "item"))),))),
        name="源",
    )
    note = Assignment(shop.lines.field("数量").id, Literal_(1))
    await shop.automation(RecordCreated(shop.lines.id), UpdateRecord((note,)), name="末")
    await shop.order()
    await shop.execute(await shop.relayed())
    await relay(system, sent=False)
    statuses = await system.db.fetch("SELECT status, count(*) AS n FROM meta.run WHERE depth = 1 GROUP BY 1")
    assert {row["status"]: row["n"] for row in statuses} == {"queued": 6}
    assert await unsent(system.db, 20) == []
    letters = await system.db.fetch("SELECT title FROM meta.notice WHERE person_id = $1", person)
    assert len(letters) == 1
    assert "已暂停" in letters[0]["title"]
    automation = next(a for a in (await shop.world.app()).automations if a.definition.name == "末")
    await pauses.pause(system, OWNER, "automation", automation.id, None)
    assert len(await unsent(system.db, 20)) == 6


async def _person(shop: Shop) -> int:
    return int(
        await shop.world.system.db.value(
            "INSERT INTO meta.person (public_id, email, name, password_hash, is_owner)"
            " VALUES ('usrOwnerOwnerOwne', 'o@example.com', '老板', 'x', true) RETURNING id"
        )
    )


async def test_an_owner_is_told_once_of_many_failures_with_their_number(shop: Shop) -> None:
    person = await _person(shop)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成")))
    system = shop.world.system
    await shop.order()
    await shop.settle()
    assert await alerts.tell_due(system) == 1, await system.db.fetch("SELECT * FROM meta.automation_pulse")
    for _ in range(3):
        await shop.order()
    await shop.settle()
    assert await alerts.tell_due(system) == 0, "not again so soon"
    await system.db.execute("UPDATE meta.automation_pulse SET told_at = now() - interval '6 minutes'")
    assert await alerts.tell_due(system) == 1
    rows = await system.db.fetch(
        "SELECT title, text, url FROM meta.notice WHERE person_id = $1 ORDER BY id", person
    )
    assert ["一次运行失败了" in rows[0]["title"], '"count":3' in rows[1]["title"].replace(" ", "")] == [
        True,
        True,
    ]
    assert "不能从" in rows[0]["text"]
    assert rows[1]["url"].endswith("runs?status=failed")


async def test_an_owner_hears_of_a_run_that_fails_again_after_it_was_tried_again(shop: Shop) -> None:
    person = await _person(shop)
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成")))
    system = shop.world.system
    await shop.order()
    (run,) = await shop.settle()
    assert await alerts.tell_due(system) == 1
    await remedies.retry(system, EDITOR, run)
    await shop.execute([run])
    await system.db.execute("UPDATE meta.automation_pulse SET told_at = now() - interval '6 minutes'")
    assert await alerts.tell_due(system) == 1
    told = await system.db.value("SELECT count(*) FROM meta.notice WHERE person_id = $1", person)
    assert told == 2


async def test_several_failed_runs_are_mended_at_once(shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成")), _line(shop)
    )
    for _ in range(4):
        await shop.order()
    ids = await shop.settle()
    system = shop.world.system
    done = await remedies.many(system, EDITOR, shop.world.app_id, "handled", chosen=ids[:2])
    assert done == remedies.Remedied(2, 0)
    done = await remedies.many(system, EDITOR, shop.world.app_id, "skip", chosen=ids[:3])
    assert done == remedies.Remedied(1, 2)
    definition = (await shop.world.catalog()).automation(automation).definition
    repaired = Step("stp1", UpdateRecord(shop.sets(订单状态="审核中")))
    await shop.world.replace(
        automation, msgspec.structs.replace(definition, steps=(repaired, definition.steps[1]))
    )
    await remedies.retry(system, EDITOR, ids[3])
    await shop.execute(await unsent(system.db, 10))
    row = await shop.run(ids[3])
    assert (row["status"], row["version"]) == ("failed", 1), "the version it began with"
    await remedies.retry(system, EDITOR, ids[3], newest=True)
    await shop.execute([ids[3]])
    row = await shop.run(ids[3])
    assert (row["status"], row["version"]) == ("finished", 2)


async def test_days_are_counted_and_kept(shop: Shop) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")))
    for _ in range(3):
        await shop.order()
    await shop.settle()
    system = shop.world.system
    await system.db.execute(
        "UPDATE meta.run SET created_at = now() - interval '3 days', finished_at = now() - interval '3 days' + interval '2 s'"
        " WHERE id < (SELECT max(id) FROM meta.run)"
    )
    await system.db.execute("UPDATE meta.run SET status = 'failed' WHERE id = (SELECT min(id) FROM meta.run)")
    live = await statistics.of_automation(system, SYSTEM, automation)
    assert [(day.runs, day.failed) for day in live.days] == [(2, 1), (1, 0)]
    assert live.days[0].p50 == pytest.approx(2.0)
    await statistics.keep_days(system)
    await system.db.execute("DELETE FROM meta.run WHERE created_at < now() - interval '2 days'")
    kept = await statistics.of_automation(system, SYSTEM, automation)
    assert [(day.runs, day.failed) for day in kept.days] == [(2, 1), (1, 0)]
    assert kept.last_run is not None
    assert datetime.now(UTC) - kept.last_run < timedelta(minutes=5)


async def test_what_a_run_did_is_taken_back_but_not_what_came_later(shop: Shop) -> None:
    await shop.automation(
        RecordUpdated(shop.orders.id, (shop.orders.field("实付金额").id,)),
        UpdateRecord(shop.sets(备注="自动", 次数=3)),
        _line(shop, "自动的行"),
        UpdateRecord(shop.sets(异常=True)),
    )
    order = await shop.order(备注="原来", 次数=1)
    await shop.world.patch(order, {"实付金额": 5}, shop.orders)
    (run,) = await shop.settle()
    await shop.world.patch(order, {"次数": 9}, shop.orders)
    system = shop.world.system
    found = await effects.effects_of(system, EDITOR, run)
    assert [(one.kind, one.why_not) for one in found.records] == [("changed", None), ("created", None)]
    shown = {part.name: (part.before, part.after, part.later) for part in found.records[0].fields}
    assert shown["备注"] == ("原来", "自动", False)
    assert shown["次数"] == ("1", "3", True)
    done = await effects.revert(system, EDITOR, run)
    assert (done.done, done.left) == (2, ())
    now = await shop.read(order)
    assert (now["备注"], now["次数"], now["异常"], now["实付金额"]) == ("原来", 9, False, 5)
    lines = await system.db.value(f"SELECT count(*) FROM {shop.lines.sql} WHERE deleted_at IS NULL")
    assert lines == 0
    assert (await effects.effects_of(system, EDITOR, run)).reverted
    assert await shop.settle() == [], "automations do not look at it"


async def test_a_state_that_cannot_go_back_is_refused_in_words(shop: Shop) -> None:
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已关闭")))
    await shop.order()
    (run,) = await shop.settle()
    done = await effects.revert(shop.world.system, EDITOR, run)
    assert done.done == 0
    ((_, _, why),) = done.left
    assert "不能从「已关闭」改成「已支付」" in why.text()


async def test_the_trace_of_a_loop_over_records_says_how_many_there_are(shop: Shop) -> None:
    shelf = await shop.shelf(9)
    find = Step("stpF", FindRecords(shop.lines.id))
    mark = Step("stpX", UpdateRecord(shop.sets(异常原因="看过")))
    loop = Step("stpL", Loop(FoundRecords("stpF"), (mark,)))
    await shop.automation(RecordCreated(shop.orders.id), find, loop)
    await shop.order((shelf, 1), (shelf, 2), (shelf, 3))
    (run,) = await shop.settle()
    found = await trace.run_trace(shop.world.system, EDITOR, run)
    assert found.steps[1].loop == trace.LoopTrace(3, 3, 0)


async def test_the_trace_shows_a_loop_with_its_numbers_and_each_item(shop: Shop) -> None:
    items = ListItems(Literal_([f"第{n}" for n in range(1, 8)]))
    bad = Step("stpY", UpdateRecord(shop.sets(订单状态="已完成")), on_failure="continue")
    inner = (Step("stpX", _line(shop, StepOutput("stpL", "item"))), bad)
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", Loop(items, inner)))
    await shop.order()
    (run,) = await shop.settle()
    system = shop.world.system
    found = await trace.run_trace(system, EDITOR, run)
    assert [step.path for step in found.steps] == ["stpL"]
    assert found.steps[0].loop == trace.LoopTrace(7, 7, 7)
    assert found.run.version == 1
    listed = await trace_items.items_of_loop(system, EDITOR, run, "stpL", after=5)
    assert [(one.number, one.name, one.status) for one in listed] == [
        (6, "第6", "failed"),
        (7, "第7", "failed"),
    ]
    assert [step.status for step in listed[0].steps] == ["done", "failed"]


async def test_a_record_tells_its_runs_and_the_answers_to_their_messages(shop: Shop, robot: str) -> None:
    await shop.reservation_automation(robot)
    order = await shop.order((await shop.shelf(2), 3), 订单号="DY-1")
    await shop.move(order)
    (run,) = await shop.settle()
    await shop.deliver()
    found = await timeline.of_record(shop.world.system, EDITOR, order)
    assert [one.id for one in found.runs] == [run]
    (message,) = found.messages
    assert (message.status, message.answer["errcode"]) == ("sent", 0)
    assert "订单 DY-1" in message.message["content"]
