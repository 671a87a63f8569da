"""Jobs: carried out once, with progress, cancellable, taken up again where a lost worker left them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runtime.errors import InvalidInput
from runtime.i18n import Message
from runtime.storage.leases import LeaseLost
from runtime.system import System
from runtime.worker.jobs import JobFunction, Running, cancel, run_job, submit
from tests.support.world import EDITOR


async def _row(system: System, public_id: str) -> Any:
    return await system.db.row("SELECT * FROM meta.job WHERE public_id = $1", public_id)


async def _run(system: System, public_id: str, function: JobFunction) -> bool:
    return await run_job(system, {"count": function}, public_id, "test")


async def test_a_job_is_done_once_and_ends_with_its_sentence(system: System) -> None:
    async def count(system: System, running: Running) -> Message:
        for done in range(3):
            await running.progress(done=done + 1, total=3, created=done)
        return Message("导入了 {created} 条", {"created": running.job.config["rows"]})

    job = await submit(system, EDITOR, "count", {"rows": 3}, total=3)
    assert await _run(system, job, count)
    assert not await _run(system, job, count), "over"
    row = await _row(system, job)
    assert (row["status"], row["done"], row["total"], row["created"]) == ("finished", 3, 3, 2)
    assert "导入了 {created} 条" in row["message"]


async def test_a_job_that_cannot_be_done_says_why(system: System) -> None:
    async def refuse(system: System, running: Running) -> None:
        raise InvalidInput("文件不见了,重新上传")

    async def break_down(system: System, running: Running) -> None:
        raise KeyError("x")

    for function, sentence in ((refuse, "文件不见了"), (break_down, "没有料到")):
        job = await submit(system, EDITOR, "count", {})
        await _run(system, job, function)
        row = await _row(system, job)
        assert row["status"] == "failed"
        assert sentence in row["message"]


async def test_a_job_can_be_cancelled_before_and_while_it_runs(system: System) -> None:
    async def count(system: System, running: Running) -> None:
        await running.progress(done=1)
        await cancel(system, running.job.id)
        await running.progress(done=2)

    job = await submit(system, EDITOR, "count", {})
    await _run(system, job, count)
    row = await _row(system, job)
    assert (row["status"], row["done"]) == ("cancelled", 1), "what was committed stays, no more"
    early = await submit(system, EDITOR, "count", {})
    assert await cancel(system, early)
    assert (await _row(system, early))["status"] == "cancelled"
    assert not await _run(system, early, count)
    assert not await cancel(system, early)


async def test_a_job_goes_on_where_a_lost_worker_left_it(system: System) -> None:
    seen: list[int] = []

    async def count(system: System, running: Running) -> None:
        for done in range(running.job.done, 4):
            await running.progress(done=done + 1)
            seen.append(done)
            if done == 1 and running.job.lost == 0:
                # as if this worker hung: its lease runs out and another one takes the job over
                await system.db.execute("UPDATE meta.job SET lease_until = now() - interval '1 second'")
                assert await _run(system, running.job.id, count)
                with pytest.raises(LeaseLost):
                    await running.progress(done=99)
                raise LeaseLost

    job = await submit(system, EDITOR, "count", {})
    await _run(system, job, count)
    row = await _row(system, job)
    assert (row["status"], row["done"], row["lost"]) == ("finished", 4, 1)
    assert seen == [0, 1, 2, 3]


async def test_a_job_cut_off_by_a_stopping_worker_is_given_back(system: System) -> None:
    begun = asyncio.Event()

    async def wait(system: System, running: Running) -> None:
        begun.set()
        await asyncio.Event().wait()

    job = await submit(system, EDITOR, "count", {})
    task = asyncio.create_task(run_job(system, {"count": wait}, job, "test", lambda: True))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    row = await _row(system, job)
    assert (row["status"], row["lease_owner"], row["enqueued_at"]) == ("queued", None, None)
