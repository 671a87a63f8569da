"""``huobiao serve`` and ``huobiao web``."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import click
import msgspec

from runtime.i18n import N_
from runtime.settings import Settings, load_settings
from ui.cli.language import _
from ui.cli.options import data_option, settings_of, supervised


def _chosen(data_dir: Path | None, process: str, **options: Any) -> Settings:
    """The settings with what the command line says about them, read (and refused) like the variables."""
    environ = dict(os.environ)
    environ |= {f"HUOBIAO_{name.upper()}": str(value) for name, value in options.items() if value is not None}
    settings_of(data_dir, process)
    return load_settings(environ, data_dir)


@click.command(help=_(N_("启动整套服务:数据库、Redis、网页、后台任务和定时器;按 Ctrl-C 全部停下。")))
@click.option("--host", help=_(N_("监听的地址(默认 127.0.0.1)")))
@click.option("--port", type=int, help=_(N_("端口(默认 8787,0 表示随便选一个空的)")))
@click.option("--workers", type=int, help=_(N_("网页进程的个数(默认 1)")))
@data_option
def serve(data_dir: Path | None, host: str | None, port: int | None, workers: int | None) -> None:
    """Start everything and keep it running."""
    from ui.serve.installation import serve as run

    settings = _chosen(data_dir, "serve", host=host, port=port, workers=workers)

    def announce(url: str) -> None:
        click.echo(_(N_("活表已启动:{url}"), url=url))

    run(settings, announce)


@click.command(help=_(N_("只运行网页服务(数据库和 Redis 用现成的);部署到多台机器时用。")))
@click.option("--host", help=_(N_("监听的地址(默认 127.0.0.1)")))
@click.option("--port", type=int, help=_(N_("端口(默认 8787,0 表示随便选一个空的)")))
@click.option("--workers", type=int, help=_(N_("网页进程的个数(默认 1)")))
@click.option("--fd", type=int, hidden=True)
@data_option
def web(
    data_dir: Path | None, host: str | None, port: int | None, workers: int | None, fd: int | None
) -> None:
    """Serve pages only; with ``--fd``, on a socket that the supervisor has bound."""
    from ui.serve import listening
    from ui.serve.installation import serve_web
    from ui.serve.web import run_web

    settings = _chosen(data_dir, "web", host=host, port=port, workers=workers)
    if fd is not None:
        supervised()
        run_web(settings, listening.own(socket.socket(fileno=fd)))
    elif settings.workers > 1:
        serve_web(settings)
    else:
        with listening.bind(settings) as sock:
            run_web(msgspec.structs.replace(settings, port=sock.getsockname()[1]), sock)
