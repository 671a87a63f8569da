"""``huobiao worker``, ``scheduler`` and ``migrate``: the parts of an installation, one by one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from runtime.i18n import N_
from runtime.services import services_for
from ui.cli.language import _
from ui.cli.options import data_option, settings_of, supervised


@click.command(help=_(N_("运行后台任务:自动化、导入、推送。")))
@data_option
def worker(data_dir: Path | None) -> None:
    """Work on the queues until stopped."""
    from runtime.worker.main import run_worker
    from ui.bootstrap import JOB_KINDS, build

    supervised()
    with services_for(settings_of(data_dir, "worker"), "worker") as settings:
        run_worker(build(settings), JOB_KINDS)


@click.command(help=_(N_("运行定时器:到点的自动化、重试、清理。可以开几个,同一时刻只有一个在工作。")))
@data_option
def scheduler(data_dir: Path | None) -> None:
    """Do what is due until stopped."""
    from runtime.worker.main import run_scheduler
    from ui.bootstrap import CHORES, build

    supervised()
    with services_for(settings_of(data_dir, "scheduler"), "scheduler") as settings:
        run_scheduler(build(settings), CHORES)


@click.command(help=_(N_("把数据库升级到这个版本需要的样子。")))
@click.option("--quiet", is_flag=True, help=_(N_("什么也不说")))
@data_option
def migrate(data_dir: Path | None, quiet: bool) -> None:
    """Apply outstanding migrations."""
    from migrations.runner import migrate as apply

    with services_for(settings_of(data_dir, "migrate"), "migrate") as settings:
        applied = asyncio.run(apply(settings.database_url or ""))
    if quiet:
        return
    if applied:
        click.echo(_(N_("已执行 {count} 个升级:{ids}"), count=len(applied), ids=", ".join(applied)))
    else:
        click.echo(_(N_("数据库已经是最新的")))
