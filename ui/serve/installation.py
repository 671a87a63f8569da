"""What ``serve`` runs: the embedded servers that are needed, migrations, web, worker and scheduler
processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import msgspec
import structlog

from migrations.state import pending
from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.services import (
    DataFolder,
    EmbeddedPostgres,
    EmbeddedRedis,
    FolderLock,
    RunningServices,
    holder_of,
)
from runtime.services.process import ProcessId, stop_pid
from runtime.services.sharing import SERVE
from runtime.settings import Settings
from ui.serve import listening
from ui.serve.program import Program, command_program, postgres_program, redis_program
from ui.serve.supervisor import Stopped, Supervisor

log = structlog.get_logger(__name__)

SUPERVISOR_VARIABLE = "HUOBIAO_SUPERVISOR"
# a short command that runs the embedded servers for itself is waited for
_WAIT_FOR_COMMAND_SECONDS = 30.0


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Run a whole installation on ``settings.data_dir`` until a signal stops it.

    ``announce`` is called once, with the address, when it answers. Raises :class:`ServiceUnavailable` when
    the folder is already served, the port is taken, or something cannot be started; nothing is left running
    then.
    """
    folder = DataFolder(settings.data_dir)
    folder.create()
    with _sole_use(folder) as lock:
        _stop_leftovers(folder)
        with listening.bind(settings) as sock:
            port = sock.getsockname()[1]
            _Installation(msgspec.structs.replace(settings, port=port), folder, lock, sock).run(announce)


def serve_web(settings: Settings) -> None:
    """Run only the web processes, several on one address, until a signal stops them."""
    with listening.bind(settings) as sock:
        settings = msgspec.structs.replace(settings, port=sock.getsockname()[1])
        supervisor = Supervisor()
        with supervisor.signals():
            try:
                supervisor.start_group(_web_programs(settings, sock), lambda: listening.answers(sock))
                supervisor.watch()
            except Stopped:
                pass
            finally:
                supervisor.stop()


def _web_programs(settings: Settings, sock: socket.socket) -> list[Program]:
    fd = sock.fileno()
    return [
        command_program(f"web-{number}", ["web", "--fd", str(fd)], _environ(settings), pass_fds=[fd])
        for number in range(1, settings.workers + 1)
    ]


def _environ(settings: Settings) -> dict[str, str]:
    """The environment of our children: ours, with what was decided on the command line or found out."""
    chosen = {
        "HUOBIAO_DATA": str(settings.data_dir),
        "HUOBIAO_DATABASE_URL": settings.database_url or "",
        "HUOBIAO_REDIS_URL": settings.redis_url or "",
        "HUOBIAO_HOST": settings.host,
        "HUOBIAO_PORT": str(settings.port),
        SUPERVISOR_VARIABLE: str(os.getpid()),
    }
    return {**os.environ, **chosen}


class _Installation:
    def __init__(self, settings: Settings, folder: DataFolder, lock: FolderLock, sock: socket.socket) -> None:
        self.settings = settings
        self.folder = folder
        self.lock = lock
        self.sock = sock
        self.supervisor = Supervisor(on_change=self.write_down)
        self.myself = ProcessId.of(os.getpid())
        self.url: str | None = None
        self.migrated = False

    def run(self, announce: Callable[[str], None]) -> None:
        with self.supervisor.signals():
            try:
                self.start_servers()
                self.migrate()
                self.supervisor.start_group(
                    _web_programs(self.settings, self.sock), lambda: listening.answers(self.sock)
                )
                self.supervisor.add(self.background_programs())
                self.url = self.settings.base_url
                self.lock.note_url(self.url)
                self.write_down()
                announce(self.url)
                self.supervisor.watch()
            except Stopped:
                pass
            finally:
                self.folder.services.unlink(missing_ok=True)
                self.supervisor.stop()

    def start_servers(self) -> None:
        """Start the embedded servers that are needed; from then on the settings name them."""
        database_url, redis_url = self.settings.database_url, self.settings.redis_url
        programs: list[Program] = []
        if not database_url:
            postgres = EmbeddedPostgres(self.folder)
            programs.append(postgres_program(postgres))
            database_url = postgres.url()
        if not redis_url:
            redis = EmbeddedRedis(self.folder)
            programs.append(redis_program(redis))
            redis_url = redis.url()
        self.supervisor.start_group(programs)
        self.settings = self.settings.with_services(database_url, redis_url)

    def migrate(self) -> None:
        """Bring the database up to date, in a process of its own so that this one stays small."""
        if not asyncio.run(pending(self.settings.database_url or "")):
            self.migrated = True
            return
        program = command_program("migrate", ["migrate", "--quiet"], _environ(self.settings))
        program.start()
        try:
            while program.running:
                self.supervisor.tick(0.02)
        finally:
            program.ask_to_stop()
            code = program.process.wait() if program.process else 0
        if code:
            raise ServiceUnavailable(N_("数据库没能升级到这个版本,原因见上面的日志"))
        self.migrated = True

    def background_programs(self) -> list[Program]:
        """Worker and scheduler processes; people need not wait for them."""
        environ = _environ(self.settings)
        workers = range(1, self.settings.worker_processes + 1)
        return [
            *(command_program(f"worker-{number}", ["worker"], environ) for number in workers),
            command_program("scheduler", ["scheduler"], environ),
        ]

    def write_down(self) -> None:
        """Tell other commands what runs, once it can be used."""
        if not self.migrated or not self.settings.database_url or not self.settings.redis_url:
            return
        children = {p.name: p.identity for p in self.supervisor.programs if p.identity}
        RunningServices(
            supervisor=self.myself,
            database_url=self.settings.database_url,
            redis_url=self.settings.redis_url,
            url=self.url,
            children=children,
        ).write(self.folder.services)


@contextlib.contextmanager
def _sole_use(folder: DataFolder) -> Iterator[FolderLock]:
    """Hold the folder's lock. Raises :class:`ServiceUnavailable` when another ``serve`` has it."""
    lock = FolderLock(folder, SERVE)
    deadline = time.monotonic() + _WAIT_FOR_COMMAND_SECONDS
    while not lock.try_acquire():
        holder = holder_of(folder)
        if holder and (holder.purpose == SERVE or time.monotonic() > deadline):
            raise ServiceUnavailable(
                N_("这个数据文件夹已经在用:{purpose},进程 {pid},{url}。先停掉它,或用 --data 换一个文件夹"),
                code="already_serving",
                purpose=holder.purpose,
                pid=holder.pid,
                url=holder.url or "-",
            )
        time.sleep(0.05)
    with lock:
        yield lock


def _stop_leftovers(folder: DataFolder) -> None:
    """End children of an earlier supervisor that was killed, so that they do not stand in our way."""
    try:
        earlier = msgspec.json.decode(folder.services.read_bytes(), type=RunningServices)
    except (OSError, msgspec.DecodeError):
        return
    for name, process in earlier.children.items():
        if process.alive():
            log.warning("left over from an earlier start, stopped", program=name, pid=process.pid)
            stop_pid(process.pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    folder.services.unlink(missing_ok=True)
