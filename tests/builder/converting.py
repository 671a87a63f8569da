"""Conversions in the background, driven by a test: run to the end, stopped in the middle, taken back."""

from __future__ import annotations

import asyncio

from builder import undo
from builder.conversions import KIND, tidy
from runtime.records.checking import check
from runtime.records.refresh import Refresher
from runtime.worker.jobs import run_job
from tests.builder.conftest import Desk
from ui.bootstrap import JOB_KINDS


async def job_of(desk: Desk) -> str:
    """The latest conversion."""
    found = await desk.system.db.value(
        "SELECT public_id FROM meta.job WHERE kind = $1 ORDER BY id DESC", KIND
    )
    return str(found)


async def end(desk: Desk) -> tuple[str, str | None]:
    """Run the latest conversion; how it ended. Nothing of it may be left, and every computed value must be right."""
    job = await job_of(desk)
    await run_job(desk.system, JOB_KINDS, job)
    row = await desk.system.db.row("SELECT status, message FROM meta.job WHERE public_id = $1", job)
    assert row is not None
    if row["status"] == "cancelled":  # of a lost worker: what the scheduler does every hour
        await tidy(desk.system)
    await Refresher(desk.system).drain()
    report = await check(desk.system)
    assert [(d.field, d.count) for d in report.differences] == []
    assert await leftovers(desk) == 0
    return row["status"], row["message"]


async def leftovers(desk: Desk) -> int:
    """What conversions have left behind: their own rows, notes, triggers."""
    return int(
        await desk.system.db.value(
            "SELECT (SELECT count(*) FROM meta.conversion) + (SELECT count(*) FROM pg_trigger WHERE tgname ~ '^note_')"
            " + (SELECT count(*) FROM pg_class WHERE relnamespace = 'data'::regnamespace AND relname ~ '^c[0-9]+')"
        )
    )


async def relations(desk: Desk) -> int:
    """How many join tables and sequences of auto numbers there are."""
    return int(
        await desk.system.db.value(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'data'::regnamespace"
            " AND (relkind = 'r' AND relname ~ '^l[0-9]+$' OR relkind = 'S' AND relname ~ '^s[0-9]+$')"
        )
    )


async def columns(desk: Desk, sql: str) -> int:
    """How many columns a table has."""
    return int(
        await desk.system.db.value(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
            sql,
        )
    )


async def begin_and_lose(desk: Desk) -> None:
    """Run the latest conversion until something has been filled, then as if the process were gone."""
    job = await job_of(desk)
    worker = asyncio.create_task(run_job(desk.system, JOB_KINDS, job))
    while not await desk.system.db.value("SELECT coalesce(max(cursor), 0) > 0 FROM meta.conversion"):
        assert not worker.done()
        await asyncio.sleep(0)
    worker.cancel()
    await asyncio.wait([worker])
    assert await desk.system.db.value("SELECT status FROM meta.job WHERE public_id = $1", job) == "running"
    await desk.system.db.execute("UPDATE meta.job SET lease_until = now() - interval '1 second'")


async def take_back(desk: Desk) -> str | None:
    """Undo the last change, in the background or at once; the job that did it."""
    done = await undo.last(desk.system, desk.owner, desk.app_id)
    if done.job is not None:
        assert (await end(desk))[0] == "finished"
    await Refresher(desk.system).drain()
    return done.job
