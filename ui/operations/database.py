"""PostgreSQL's own tools: dumping a database, and putting a dump back in place of everything of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from runtime.errors import HuobiaoError, ServiceUnavailable
from runtime.i18n import N_
from runtime.services import postgres

_PSQL_OPTIONS = (
    "--no-psqlrc",
    "--quiet",
    "--single-transaction",
    "--set=ON_ERROR_STOP=1",
    "--output=/dev/null",
)
_SCHEMAS = ("meta", "data")
# pg_dump 17+ sets it; servers before 17 do not know it
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout"
_HEADER_LINES = 60


def tool(name: str) -> str:
    """``pg_dump``, ``pg_restore`` or ``psql``: of the embedded server, else on PATH.

    Raises :class:`ServiceUnavailable` when there is none.
    """
    try:
        carried = postgres.binaries() / name
    except HuobiaoError:
        carried = Path(name)
    if carried.is_file():
        return str(carried)
    found = shutil.which(name)
    if not found:
        raise ServiceUnavailable(N_("没有 {tool},请安装 PostgreSQL 的客户端工具"), tool=name)
    return found


def dump(database_url: str, target: Path) -> None:
    """Write our schemas to ``target``. Raises :class:`ServiceUnavailable` with what pg_dump says against
    it.
    """
    _run(
        [tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
        + [f"--schema={schema}" for schema in _SCHEMAS]
        + ["--file", str(target), f"--dbname={database_url}"]
    )


def load(database_url: str, dump_file: Path, server_version: int) -> None:
    """Replace everything of ours in the database by the dump, in one transaction: all of it or nothing.

    ``server_version`` is PostgreSQL's number (180004). Raises :class:`ServiceUnavailable` on any error, which
    leaves the database as it was.
    """
    reading = subprocess.Popen(  # noqa: S603 - our command, no shell
        [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running = subprocess.Popen(  # noqa: S603 - our command, no shell
        [tool("psql"), *_PSQL_OPTIONS, f"--dbname={database_url}"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"},
    )
    complaint = _pass_on(reading, running, old_server=server_version < 170000)
    if running.returncode or reading.returncode:
        raise ServiceUnavailable(N_("数据没能恢复,原来的内容没有动:{reason}"), reason=_reason(complaint))


def _pass_on(
    reading: subprocess.Popen[bytes], running: subprocess.Popen[bytes], *, old_server: bool
) -> bytes:
    """Hand ``reading``'s script to ``running``, and wait for both; returns what they complain of.

    The end of its input is what makes psql commit: it must not see it before the script is known to be whole.
    """
    assert reading.stdout is not None and running.stdin is not None  # noqa: S101, PT018 - both are pipes
    try:
        for schema in _SCHEMAS:
            running.stdin.write(f"DROP SCHEMA IF EXISTS {schema} CASCADE;\n".encode())
        for number, line in enumerate(reading.stdout):
            if not (old_server and number < _HEADER_LINES and line.startswith(_UNKNOWN_BEFORE_17)):
                running.stdin.write(line)
    except BrokenPipeError:  # psql has given up, and says why
        reading.kill()
        reading.communicate()
        return running.communicate()[1]
    _, complaint = reading.communicate()
    if reading.returncode:
        running.kill()
        running.communicate()
        return complaint
    return running.communicate()[1]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our command, no shell
    if done.returncode:
        raise ServiceUnavailable(N_("数据库备份失败:{reason}"), reason=_reason(done.stderr))


def _reason(complaint: bytes) -> str:
    """The first error in a tool's output, on one line."""
    lines = [line.strip() for line in complaint.decode(errors="replace").splitlines() if line.strip()]
    chosen = [line for line in lines if "error" in line.lower() or "FATAL" in line] or lines
    return chosen[0] if chosen else "?"
