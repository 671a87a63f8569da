"""``huobiao backup`` and ``huobiao restore``: one file that holds an installation."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg

from migrations.runner import migrate
from migrations.state import applied, known
from runtime.errors import InvalidInput, RuleBroken, ServiceUnavailable
from runtime.i18n import N_
from runtime.secrets import derive_key
from runtime.services import DataFolder, EmbeddedPostgres, FolderLock, holder_of
from runtime.settings import Settings
from ui.operations import archive, database


def backup(
    settings: Settings, target: Path, *, with_key: bool = True, overwrite: bool = False
) -> archive.Manifest:
    """Write the installation to ``target``; ``settings`` name a running database. Returns what was written.

    The database is dumped as of one moment, the uploads after it: none that the dump speaks of is missing.
    ``with_key`` puts ``DATA/secret.key`` in, without which the connectors' secrets cannot be read again.
    """
    if target.is_dir():
        raise InvalidInput(N_("{file} 是一个文件夹,请写上备份文件的名字"), file=target)
    if target.exists() and target.stat().st_size and not overwrite:
        raise RuleBroken(N_("{file} 已经存在;要覆盖它,请加 --force"), file=target)
    folder = DataFolder(settings.data_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    server_version, migrations = asyncio.run(_state(settings.database_url or ""))
    key = _key_choice(settings, folder, with_key)
    with archive.writing(target) as writer, tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        dumped = Path(scratch) / archive.DATABASE
        database.dump(settings.database_url or "", dumped)
        writer.add(archive.DATABASE, dumped)
        for name, file in _uploads(folder.files):
            writer.add(name, file)
        if key == "included":
            writer.add(archive.KEY, folder.secret_key)
        manifest = archive.Manifest(
            version=version("huobiao"),
            created=datetime.now(UTC),
            server_version=server_version,
            migrations=migrations,
            key=key,
            key_fingerprint=key_fingerprint(settings),
            parts=writer.parts,
        )
        writer.add_manifest(manifest)
    return manifest


def restore(settings: Settings, source: Path, *, force: bool = False) -> archive.Manifest:
    """Put a backup in place of what the data folder and database hold; returns its manifest.

    Everything is checked before anything is touched. Without ``force`` both must be empty. Raises
    :class:`InvalidInput` for a bad file, :class:`RuleBroken` when something is in the way and
    :class:`ServiceUnavailable` when the folder is in use or the database refuses.
    """
    folder = DataFolder(settings.data_dir)
    if not force:
        _refuse_if_used(folder)
    folder.create()
    with _alone(folder), tempfile.TemporaryDirectory(dir=folder.root, prefix="restore-") as scratch:
        unpacked = Path(scratch)
        manifest = archive.unpack(source, unpacked)
        if not (unpacked / archive.DATABASE).exists():
            raise InvalidInput(N_("{file} 不是活表的备份文件"), file=source, code="bad_backup")
        with _database(settings, folder) as url:
            asyncio.run(_check_target(url, manifest, force=force))
            server = asyncio.run(_server_version(url))
            database.load(url, unpacked / archive.DATABASE, server)
            asyncio.run(migrate(url))
        _put_files(unpacked, folder)
    return manifest


def key_fingerprint(settings: Settings) -> str:
    """Something to recognise the installation's key by, from which it cannot be found out."""
    return hashlib.sha256(derive_key(settings, "fingerprint")).hexdigest()[:16]


def _key_choice(settings: Settings, folder: DataFolder, with_key: bool) -> str:
    if settings.secret_key:
        return "environment"
    return "included" if with_key and folder.secret_key.exists() else "left out"


def _uploads(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*")) if root.exists() else ():
        if path.is_file() and not path.is_symlink():
            yield f"{archive.FILES}/{path.relative_to(root).as_posix()}", path


async def _state(database_url: str) -> tuple[str, list[str]]:
    connection = await asyncpg.connect(database_url)
    try:
        server_version = str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()
    return server_version, await applied(database_url)


async def _server_version(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close()


async def _check_target(database_url: str, manifest: archive.Manifest, *, force: bool) -> None:
    """Refuse a backup of a newer version, and a database in use unless forced."""
    if not set(manifest.migrations) <= set(known()):
        raise InvalidInput(
            N_("这个备份是活表 {version} 做的,这里的版本太旧,请先升级"),
            version=manifest.version,
            code="bad_backup",
        )
    if not force and await applied(database_url):
        raise RuleBroken(N_("数据库里已经有内容;要用备份替换它,请加 --force"))


def _refuse_if_used(folder: DataFolder) -> None:
    used = folder.postgres.exists() or folder.secret_key.exists()
    if used or (folder.files.exists() and any(folder.files.iterdir())):
        raise RuleBroken(
            N_("数据文件夹 {folder} 里已经有内容;要用备份替换它,请加 --force"), folder=folder.root
        )


@contextmanager
def _alone(folder: DataFolder) -> Iterator[None]:
    with FolderLock(folder, "restore") as lock:
        if not lock.try_acquire():
            holder = holder_of(folder)
            raise ServiceUnavailable(
                N_("数据文件夹 {folder} 正在用(进程 {pid}),请先停掉再恢复"),
                folder=folder.root,
                pid=holder.pid if holder else 0,
            )
        yield


@contextmanager
def _database(settings: Settings, folder: DataFolder) -> Iterator[str]:
    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()


def _put_files(unpacked: Path, folder: DataFolder) -> None:
    shutil.rmtree(folder.files, ignore_errors=True)
    restored = unpacked / archive.FILES
    if restored.exists():
        restored.replace(folder.files)
    folder.files.mkdir(exist_ok=True)
    key = unpacked / archive.KEY
    if key.exists():
        key.chmod(0o600)
        key.replace(folder.secret_key)
