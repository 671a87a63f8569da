"""Worker and scheduler as processes of their own, as an installation has them, to be killed at will."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

from runtime.settings import Settings
from tests.support.command import environ


class Process:
    """A command of ours that runs; its log is a file beside the data folder."""

    def __init__(self, settings: Settings, command: str) -> None:
        self.settings, self.command = settings, command
        self.log = settings.data_dir.parent / f"{command}.log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again); does not wait."""
        settings = self.settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", self.command, "--data", str(settings.data_dir)],
                stdout=output,
                stderr=output,
                env=environ(
                    HUOBIAO_DATABASE_URL=settings.database_url or "",
                    HUOBIAO_REDIS_URL=settings.redis_url or "",
                    HUOBIAO_SECRET_KEY=settings.secret_key or "",
                    HUOBIAO_WECOM_BASE_URL=settings.wecom_base_url,
                    HUOBIAO_PUBLIC_URL=settings.public_url or "",
                    HUOBIAO_ALLOW_PRIVATE_OUTBOUND="1" if settings.allow_private_outbound else "0",
                ),
            )

    def kill(self) -> None:
        """``kill -9``."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        if self.running is None:
            return 0
        self.running.send_signal(signal.SIGTERM)
        try:
            return self.running.wait(20)
        finally:
            self.kill()


@contextlib.contextmanager
def running(settings: Settings, *commands: str) -> Iterator[list[Process]]:
    """These commands, started; ended afterwards, their logs shown when something failed."""
    found = [Process(settings, command) for command in commands]
    try:
        for process in found:
            process.start()
        yield found
    except BaseException:
        for process in found:
            sys.stderr.write(f"--- {process.command}\n{process.log.read_text()[-6000:]}\n")
        raise
    finally:
        for process in found:
            process.kill()
