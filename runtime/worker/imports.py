"""The import job: read the file in chunks, write each through the one write path, go on after a lost worker."""

from __future__ import annotations

import asyncio

import msgspec

from runtime.i18n import N_, Message
from runtime.records.imports import job as importing
from runtime.system import System
from runtime.worker.jobs import Running


async def run(system: System, running: Running) -> Message | None:
    """Carry out an import from where it stopped. Returns the sentence it ends with."""
    job = running.job
    plan = msgspec.convert(job.config, importing.ImportPlan)
    actor = await importing.actor_of(system, job.person)
    folder, limit = importing.files_folder(system), system.settings.max_upload_bytes
    file, sheet = await asyncio.to_thread(importing.open_sheet, folder, plan, limit)
    done, created, failed = job.done, job.created, job.failed
    try:
        total = max(await asyncio.to_thread(lambda: sheet.row_estimate), job.total or 0)
        async for chunk in importing.chunks(sheet, done):
            async with system.db.transaction() as tx:
                stored, bad = await importing.write_chunk(
                    system, tx, job.id, plan, actor, chunk, date_1904=file.date_1904
                )
                await importing.keep_bad_rows(tx, job.number, bad)
                done, created, failed = done + len(chunk), created + stored, failed + len(bad)
                await running.progress_in(
                    tx, done=done, total=max(total, done), created=created, failed=failed
                )
        await running.progress(done=done, total=done)
    finally:
        await asyncio.to_thread(file.close)
    if failed:
        return Message(
            N_("导入了 {created} 条,{failed} 行有问题没有导入"), {"created": created, "failed": failed}
        )
    return Message(N_("导入了 {created} 条"), {"created": created})
