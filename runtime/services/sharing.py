"""Using one pair of servers from several commands on the same data folder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.services.folder import DataFolder, FolderLock, holder_of
from runtime.services.postgres import EmbeddedPostgres
from runtime.services.process import ProcessId
from runtime.services.redis import EmbeddedRedis
from runtime.settings import Settings

SERVE = "serve"
_WAIT_SECONDS = 60.0


class RunningServices(msgspec.Struct, frozen=True):
    """What ``serve`` has running: the addresses, the supervisor, and every child by its name."""

    supervisor: ProcessId
    database_url: str
    redis_url: str
    url: str | None = None
    children: dict[str, ProcessId] = {}

    def write(self, path: Path) -> None:
        """Replace ``path`` in one step, so that a reader never sees half of it."""
        half = path.with_suffix(".new")
        half.write_bytes(msgspec.json.format(msgspec.json.encode(self)))
        half.chmod(0o600)  # an external address can contain a password
        half.replace(path)

    @classmethod
    def read(cls, path: Path) -> RunningServices | None:
        """What ``path`` says, or ``None`` when there is none or its supervisor is gone."""
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.supervisor.alive() else None


@contextlib.contextmanager
def services_for(
    settings: Settings, purpose: str, *, wait_seconds: float = _WAIT_SECONDS
) -> Iterator[Settings]:
    """Settings whose ``database_url`` and ``redis_url`` answer, for the time of the ``with`` block.

    Given addresses are used as they are. Otherwise those of a running ``serve`` are used; without one the
    embedded servers are started and, at the end, stopped. Two commands at once take turns. ``purpose`` is
    the command's name, shown to others meanwhile. Raises :class:`ServiceUnavailable` when that cannot be
    had within ``wait_seconds``.
    """
    if settings.database_url and settings.redis_url:
        yield settings
        return
    folder = DataFolder(settings.data_dir)
    folder.create()
    lock = FolderLock(folder, purpose)
    deadline = time.monotonic() + wait_seconds
    while not lock.try_acquire():
        running = RunningServices.read(folder.services)
        if running:
            yield settings.with_services(running.database_url, running.redis_url)
            return
        if time.monotonic() > deadline:
            holder = holder_of(folder)
            raise ServiceUnavailable(
                N_("数据文件夹 {folder} 正被「{purpose}」(进程 {pid})占用,等它结束再试"),
                folder=folder.root,
                purpose=holder.purpose if holder else "?",
                pid=holder.pid if holder else 0,
            )
        time.sleep(0.05)
    with lock, _own_services(settings, folder) as own:
        yield own


@contextlib.contextmanager
def _own_services(settings: Settings, folder: DataFolder) -> Iterator[Settings]:
    with contextlib.ExitStack() as stack:
        database_url, redis_url = settings.database_url, settings.redis_url
        if not database_url:
            postgres = EmbeddedPostgres(folder)
            stack.callback(postgres.stop)
            postgres.start()
            database_url = postgres.url()
        if not redis_url:
            redis = EmbeddedRedis(folder)
            stack.callback(redis.stop)
            redis.start()
            redis_url = redis.url()
        yield settings.with_services(database_url, redis_url)
