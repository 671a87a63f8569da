"""What every command needs: its data folder, its settings, the servers, a running System."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runtime.i18n import N_
from runtime.logging import configure_logging
from runtime.services import services_for
from runtime.services.process import exit_with_parent
from runtime.settings import Settings, load_settings
from ui.cli.language import _

if TYPE_CHECKING:
    from runtime.system import System

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """``--data DIR``, also accepted before the command's name."""

    def choose(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
        before = ctx.find_root().obj
        return value if value is not None else before if isinstance(before, Path) else None

    return click.option(
        "--data",
        "data_dir",
        type=click.Path(file_okay=False, path_type=Path),
        callback=choose,
        help=_(N_("数据文件夹(默认 ./data,或 HUOBIAO_DATA)")),
    )(command)


def as_option(command: F) -> F:
    """``--as EMAIL``: for whom the command acts."""
    return click.option("--as", "who", metavar="EMAIL", help=_(N_("以谁的身份(邮箱);不写就是系统的所有者")))(
        command
    )


def settings_of(data_dir: Path | None, process: str = "") -> Settings:
    """The settings of this command, with logging set up after them."""
    settings = load_settings(os.environ, data_dir)
    configure_logging(settings, process=process)
    return settings


def supervised() -> None:
    """In a child of ``serve``: end when the supervisor is gone, however it went."""
    supervisor = os.environ.get("HUOBIAO_SUPERVISOR", "")
    if supervisor.isdigit() and int(supervisor) == os.getppid():
        exit_with_parent(int(supervisor))


def with_system(data_dir: Path | None, purpose: str, work: Callable[[System], Awaitable[T]]) -> T:
    """Run ``work`` on a started System: beside a running ``serve``, or with servers of its own meanwhile.

    The database is brought up to date first when no ``serve`` runs.
    """
    with services_for(settings_of(data_dir), purpose) as settings:
        return asyncio.run(_run(settings, work))


async def _run(settings: Settings, work: Callable[[System], Awaitable[T]]) -> T:
    from migrations.runner import migrate
    from ui.bootstrap import build

    await migrate(settings.database_url or "")
    system = build(settings)
    await system.start()
    try:
        return await work(system)
    finally:
        await system.stop()
