"""The data folder of an installation: what lies where, who uses it now, and short paths for sockets.

::

    DATA/postgres/        the embedded PostgreSQL's files      DATA/files/       uploads
    DATA/run/             sockets, services.json, lock         DATA/logs/        one log per process
    DATA/secret.key       the encryption key (mode 600)

One process at a time holds the folder: ``serve`` for as long as it runs, or a short command while it runs
the embedded servers for itself. The lock is the kernel's (``flock``), so a ``kill -9`` never leaves it
behind; what is written in the lock file only tells others who holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType

import msgspec

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included
_LONGEST_SOCKET_PATH = 103
# clients split lists of hosts at commas and unquote addresses, each in its own way: stay clear of all that
_PLAIN_PATH = re.compile(rb"[A-Za-z0-9._/-]+")


class Holder(msgspec.Struct, frozen=True):
    """Who holds a data folder: the process, what it does (``serve`` or a command's name) and its address
    if any.
    """

    pid: int
    purpose: str
    url: str | None = None


class DataFolder:
    """Paths inside one data folder. Nothing is created before :meth:`create`."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.postgres = self.root / "postgres"
        self.files = self.root / "files"
        self.run = self.root / "run"
        self.logs = self.root / "logs"
        self.secret_key = self.root / "secret.key"
        self.services = self.run / "services.json"
        self.lock_file = self.run / "lock"

    def create(self) -> None:
        """Make the folder and its parts where missing. Raises :class:`ServiceUnavailable` when that is
        not possible.
        """
        try:
            if not self.root.exists():
                # root runs PostgreSQL as another user, who has to be able to pass through
                # (another command may make it at the same moment)
                self.root.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
            for part in (self.files, self.run, self.logs):
                part.mkdir(exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise PermissionError(13, "not writable")
        except OSError as error:
            raise ServiceUnavailable(
                N_("不能在数据文件夹 {folder} 里写文件:{reason}"), folder=self.root, reason=error.strerror
            ) from error

    def socket_folder(self, longest_name: str) -> Path:
        """A folder for unix sockets: ``DATA/run`` when its path is short and plain, else one of our own in
        the temp dir.

        Raises :class:`ServiceUnavailable` when somebody else's folder stands in its place.
        """
        path = os.fsencode(self.run / longest_name)
        if len(path) <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(path):
            return self.run
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"huobiao-{os.geteuid()}-{digest}"
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise ServiceUnavailable(N_("{folder} 不是我们建的文件夹,请删掉它再试"), folder=folder)
        return folder


class FolderLock:
    """Exclusive use of a data folder, given up on :meth:`release` or when the process ends, however it
    ends.
    """

    def __init__(self, folder: DataFolder, purpose: str) -> None:
        self.folder = folder
        self.purpose = purpose
        self._fd: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if it is free. The descriptor is not inherited by child processes."""
        fd = os.open(self.folder.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        self.note_url(None)
        return True

    def note_url(self, url: str | None) -> None:
        """Write who holds the lock, and the address served, for others to read."""
        if self._fd is None:
            raise RuntimeError("the lock is not held")
        text = msgspec.json.encode(Holder(os.getpid(), self.purpose, url))
        os.pwrite(self._fd, text, 0)
        os.ftruncate(self._fd, len(text))

    def release(self) -> None:
        """Give the folder up; calling it twice does nothing."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder_of(folder: DataFolder) -> Holder | None:
    """Who holds the folder now, or ``None`` when nobody does. Asking never disturbs the holder."""
    try:
        fd = os.open(folder.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:  # the holder writes its name just after taking the lock
            try:
                return msgspec.json.decode(os.pread(fd, 4096, 0), type=Holder)
            except msgspec.DecodeError:
                time.sleep(0.01)
        return Holder(0, "?")
    else:
        return None
    finally:
        os.close(fd)
