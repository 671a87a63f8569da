"""``huobiao backup`` and ``huobiao restore``."""

from __future__ import annotations

from pathlib import Path

import click

from runtime.i18n import N_
from runtime.services import services_for
from ui.cli.language import _
from ui.cli.options import data_option, settings_of


@click.command(help=_(N_("把数据库、上传的文件和密钥备份成一个文件;服务可以照常运行。")))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--without-key", is_flag=True, help=_(N_("不放密钥 secret.key(那就要另外保管好它)")))
@click.option("--force", is_flag=True, help=_(N_("文件已经存在就覆盖")))
@data_option
def backup(data_dir: Path | None, file: Path, without_key: bool, force: bool) -> None:
    """Write a backup."""
    from ui.operations.backup import backup as run

    with services_for(settings_of(data_dir), "backup") as settings:
        manifest = run(settings, file, with_key=not without_key, overwrite=force)
    uploads = sum(name.startswith("files/") for name in manifest.parts)
    size = f"{file.stat().st_size / 1024 / 1024:.1f}"
    click.echo(_(N_("已备份到 {file}({size} MB,{count} 个上传的文件)"), file=file, size=size, count=uploads))
    if manifest.key == "included":
        click.echo(_(N_("里面有密钥,请像密码一样保管这个文件")), err=True)
    else:
        click.echo(_(N_("里面没有密钥,恢复时要用原来的密钥,请另外保管好")), err=True)


@click.command(help=_(N_("从备份文件恢复。先校验,再动手;数据文件夹不是空的就不做,除非加 --force。")))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help=_(N_("替换掉现有的内容")))
@data_option
def restore(data_dir: Path | None, file: Path, force: bool) -> None:
    """Restore a backup."""
    from ui.operations.backup import key_fingerprint
    from ui.operations.backup import restore as run

    settings = settings_of(data_dir)
    manifest = run(settings, file, force=force)
    when = f"{manifest.created.astimezone():%Y-%m-%d %H:%M}"
    click.echo(_(N_("已恢复 {when} 的备份到 {folder}"), when=when, folder=settings.data_dir))
    if key_fingerprint(settings) != manifest.key_fingerprint:
        click.echo(
            _(N_("注意:现在的密钥不是备份时的密钥,连接器里保存的密码读不出来;请放回原来的 secret.key")),
            err=True,
        )
