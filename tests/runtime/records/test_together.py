"""Small changes that arrive at one moment share a transaction, and nobody can tell."""

from __future__ import annotations

import asyncio

import pytest

from runtime.access import Actor
from runtime.errors import Duplicate, NotAllowed
from runtime.records import history, read, write
from runtime.records.change import Change, NewRecord, Outcome, Patch, Source
from tests.runtime.records.conftest import Pool
from tests.support.world import EDITOR, VIEWER, named, sentences

COLLEAGUE = Actor(kind="person", id="usrColleague0001", name="同事", person=3, everywhere="editor")
ORDER = {"客户手机号": "13805716621", "渠道来源": "淘宝"}


def creating(pool: Pool, number: str, actor: Actor = EDITOR) -> Change:
    fields = {**ORDER, "平台单号": number}
    return Change(table=pool.orders.id, actor=actor, source=Source("api"), creates=(NewRecord(fields),))


async def apply(pool: Pool, *changes: Change) -> list[Outcome | BaseException]:
    calls = (write.apply(pool.world.system, change) for change in changes)
    return await asyncio.gather(*calls, return_exceptions=True)


def ids(outcomes: list[Outcome | BaseException]) -> list[str]:
    return [str(outcome.results[0].id) for outcome in outcomes if isinstance(outcome, Outcome)]


async def transactions(pool: Pool) -> int:
    """How many transactions wrote the history so far."""
    return int(await pool.world.system.db.value("SELECT count(DISTINCT xmin::text) FROM meta.history"))


async def arrive_together(pool: Pool) -> None:
    """Whoever begins now does so at one moment, as a request does whose sender has just been looked up.

    Without it each first asks for the newest version of the definitions, and on a busy machine the answers trickle in.
    """
    catalogs = pool.world.system.catalogs
    catalogs.seen((await catalogs.current()).version)


async def test_thirty_callers_share_a_few_transactions(pool: Pool) -> None:
    before = await transactions(pool)
    await arrive_together(pool)
    outcomes = await apply(pool, *(creating(pool, f"A{n}") for n in range(30)))
    created = await read.get_many(pool.world.system, EDITOR, ids(outcomes))
    assert [named(pool.orders, one.fields)["平台单号"] for one in created] == [f"A{n}" for n in range(30)]
    numbers = {named(pool.orders, one.fields)["订单ID"] for one in created}
    assert len(numbers) == 30, "each has a number of its own"
    assert await transactions(pool) - before <= 3


async def test_each_change_keeps_its_author_and_can_be_undone_alone(pool: Pool) -> None:
    mine, theirs = await apply(pool, creating(pool, "A1", EDITOR), creating(pool, "A2", COLLEAGUE))
    assert isinstance(mine, Outcome)
    assert isinstance(theirs, Outcome)
    assert mine.change_id != theirs.change_id
    authors = [
        (await history.of_record(pool.world.system, COLLEAGUE, record))[0].actor_id
        for record in ids([mine, theirs])
    ]
    assert authors == [EDITOR.id, COLLEAGUE.id]
    await write.undo(pool.world.system, EDITOR, mine.change_id)
    assert await read.count(pool.world.system, EDITOR, pool.orders.id, None) == 1


async def test_what_is_refused_concerns_its_caller_alone(pool: Pool) -> None:
    await apply(pool, creating(pool, "taken"))
    good, taken, twin, other, forbidden = await apply(
        pool,
        creating(pool, "A1"),
        creating(pool, "taken"),
        creating(pool, "A2"),
        creating(pool, "A2"),
        creating(pool, "A3", VIEWER),
    )
    assert isinstance(good, Outcome)
    assert good.stored == 1
    assert isinstance(taken, Outcome)
    assert "已有一条记录" in sentences(taken)[0]
    first, second = sorted(
        (twin, other), key=lambda one: isinstance(one, Outcome) and one.stored, reverse=True
    )
    assert isinstance(first, Outcome)
    assert first.stored == 1, "of two with the same number, one is stored"
    # the other is told by the check before storing, or by the index when both were past it at one moment
    if isinstance(second, Outcome):
        assert second.stored == 0
        assert "已有一条记录" in sentences(second)[0]
    else:
        assert isinstance(second, Duplicate)
    assert isinstance(forbidden, NotAllowed)
    assert await read.count(pool.world.system, EDITOR, pool.orders.id, None) == 3


async def test_two_who_change_the_same_record_both_do(pool: Pool) -> None:
    (order,) = ids(await apply(pool, creating(pool, "A1")))
    patches = [
        Change(
            table=pool.orders.id,
            actor=EDITOR,
            source=Source("api"),
            updates=(Patch(order, {name: value}),),
        )
        for name, value in (("备注", "请放门卫"), ("应付金额", 12), ("平台单号", "A2"))
    ]
    outcomes = await apply(pool, *patches)
    assert all(isinstance(one, Outcome) and one.stored == 1 for one in outcomes)
    view = await read.get(pool.world.system, EDITOR, order)
    fields = named(pool.orders, view.fields)
    assert (fields["备注"], fields["应付金额"], fields["平台单号"]) == ("请放门卫", 12, "A2")
    assert view.version == 4


async def test_a_record_that_somebody_holds_makes_only_its_own_writer_wait(pool: Pool) -> None:
    held, free = ids(await apply(pool, creating(pool, "A1"), creating(pool, "A2")))

    def note(order: str) -> Change:
        return Change(
            table=pool.orders.id, actor=EDITOR, source=Source("api"), updates=(Patch(order, {"备注": "急"}),)
        )

    locked, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with pool.world.system.db.transaction() as tx:
            await write.apply_in(pool.world.system, tx, note(held))
            locked.set()
            await let_go.wait()

    holder = asyncio.create_task(hold())
    await locked.wait()
    waits = asyncio.create_task(write.apply(pool.world.system, note(held)))
    goes = asyncio.create_task(write.apply(pool.world.system, note(free)))
    assert (await asyncio.wait_for(goes, 10)).stored == 1
    assert not waits.done()
    let_go.set()
    await holder
    assert (await waits).stored == 1


@pytest.mark.parametrize("count", [1, 15])
async def test_moves_of_a_state_are_stored_with_what_they_set(pool: Pool, count: int) -> None:
    orders = ids(await apply(pool, *(creating(pool, f"A{n}") for n in range(count))))
    moves = [
        Change(
            table=pool.orders.id,
            actor=EDITOR,
            source=Source("api"),
            updates=(Patch(order, {"订单状态": "已支付"}),),
        )
        for order in orders
    ]
    before = await transactions(pool)
    assert all(isinstance(one, Outcome) and one.stored == 1 for one in await apply(pool, *moves))
    assert await transactions(pool) - before <= (count + 1) / 2
    for view in await read.get_many(pool.world.system, EDITOR, orders):
        assert named(pool.orders, view.fields)["付款时间"] is not None
