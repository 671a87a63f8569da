"""``huobiao doctor --recompute-check``: every stored computed value computed again and compared."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runtime.i18n import N_
from ui.cli.language import _
from ui.cli.options import with_system

if TYPE_CHECKING:
    from runtime.records.checking import Report
    from runtime.system import System

_WAIT_SECONDS = 30.0
_LOOK_SECONDS = 0.5


def recompute_check(data_dir: Path | None, *, as_json: bool, repair: bool) -> int:
    """Check, say what differs, and repair it where asked. 0: nothing was wrong, or all of it was repaired; else 1."""

    async def work(system: System) -> int:
        from runtime.records import checking

        waiting = await _wait(system)
        begun = time.monotonic()
        report = await checking.check(system, repair=repair)
        seconds = time.monotonic() - begun
        if as_json:
            answer = msgspec.to_builtins(report) | {"waiting": waiting, "seconds": round(seconds, 1)}
            click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
        else:
            _print(report, waiting, seconds)
        left = [one for one in report.differences if not one.refreshing]
        return 1 if left and not repair else 0

    return with_system(data_dir, "doctor", work)


async def _wait(system: System) -> int:
    """Give the worker a moment to finish; how many refresh tasks are left."""
    from runtime.records.checking import waiting_tasks

    ends = time.monotonic() + _WAIT_SECONDS
    left = before = await waiting_tasks(system)
    moved = time.monotonic()
    while left and time.monotonic() < ends and time.monotonic() - moved < _WAIT_SECONDS / 6:
        await asyncio.sleep(_LOOK_SECONDS)
        left = await waiting_tasks(system)
        if left != before:
            before, moved = left, time.monotonic()
    return left


def _print(report: Report, waiting: int, seconds: float) -> None:
    click.echo(
        _(
            N_("核对了 {tables} 张数据表、{fields} 个计算字段的 {values} 个值,用时 {seconds} 秒"),
            tables=report.tables,
            fields=report.fields,
            values=report.values,
            seconds=round(seconds, 1),
        )
    )
    if waiting:
        click.echo(_(N_("还有 {count} 个刷新任务在等后台进程,它们涉及的字段标着「正在刷新」"), count=waiting))
    if not report.differences:
        click.echo(click.style("✓ ", fg="green") + _(N_("没有差异")))
        return
    for one in report.differences:
        mark = click.style("!" if one.refreshing else "✗", fg="yellow" if one.refreshing else "red")
        state = _(N_(",正在刷新")) if one.refreshing else ""
        click.echo(
            f"{mark} {one.app} / {one.table} / {one.field} ({one.field_id}): "
            + _(
                N_("{count} 条不对{state},例如 {examples}"),
                count=one.count,
                state=state,
                examples=", ".join(one.examples),
            )
        )
    if report.repaired:
        click.echo(_(N_("已重算并写回 {count} 个值"), count=report.repaired))
    else:
        click.echo(_(N_("加上 --repair 可以重算并写回")))
