"""The PostgreSQL and Redis of a test session: embedded, unsafe and fast, or given by address.

``HUOBIAO_TEST_DATABASE_URL`` (a superuser's) and ``HUOBIAO_TEST_REDIS_URL`` run the same suite against
other servers, for instance PostgreSQL 15.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from migrations.runner import migrate
from runtime.services import DataFolder, EmbeddedPostgres, EmbeddedRedis

# making a database copies three hundred small files, which costs a busy disk ten times what it costs memory
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder itself is made with a name of its own
PLENTY_BYTES = 2 << 30
TEMPLATE = f"huobiao_template_{os.getpid()}"
T = TypeVar("T")
_numbers = itertools.count(1)


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from ordinary code, in a loop of its own, whatever loop pytest has set."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@contextlib.contextmanager
def scratch_folder(*, memory: bool = False) -> Iterator[Path]:
    """A short temporary folder for servers, removed afterwards; ``memory``: in memory if there is plenty.

    Not pytest's own: under root, PostgreSQL runs as another user, and every starting pytest closes its folders
    to others.
    """
    place = str(IN_MEMORY) if memory and _has_plenty(IN_MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="hb-", ignore_cleanup_errors=True, dir=place) as name:
        yield Path(name)


def _has_plenty(folder: Path) -> bool:
    """Whether files of a PostgreSQL may be kept in ``folder``, which is memory, without anyone missing it."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    return min(free, psutil.virtual_memory().available // 2) >= PLENTY_BYTES


class Databases:
    """Makes copies of a migrated template database; a copy takes some hundredths of a second."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url

    def url(self, name: str) -> str:
        """The address of database ``name`` on this server."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))

    def execute(self, sql: str) -> None:
        """Run one statement as the administrator."""

        async def run() -> None:
            connection = await asyncpg.connect(self.admin_url)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        wait_for(run())

    def make_template(self) -> None:
        """Create and migrate the template."""
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        wait_for(migrate(self.url(TEMPLATE)))

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        """The address of a fresh copy of the template, dropped afterwards."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """The address of a database without any of our tables, dropped afterwards."""
        name = f"empty_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def databases() -> Iterator[Databases]:
    """A server for one test process, with its template made."""
    given = os.environ.get("HUOBIAO_TEST_DATABASE_URL")
    if given:
        found = Databases(given)
        found.make_template()
        try:
            yield found
        finally:
            found.execute(f"DROP DATABASE {TEMPLATE}")
        return
    with scratch_folder(memory=True) as root:
        folder = DataFolder(root)
        folder.create()
        server = EmbeddedPostgres(folder, durable=False)
        try:
            server.start()
            found = Databases(server.url("postgres"))
            found.make_template()
            yield found
        finally:
            server.stop()


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The address of a Redis for one test process."""
    given = os.environ.get("HUOBIAO_TEST_REDIS_URL")
    if given:
        yield given
        return
    with scratch_folder(memory=True) as root:
        folder = DataFolder(root)
        folder.create()
        server = EmbeddedRedis(folder)
        try:
            server.start()
            yield server.url()
        finally:
            server.stop()
