"""The backup's file: a gzipped tar of a database dump, uploads and the key, closed by a manifest with
checksums.

::

    database.dump      pg_dump, custom format          files/…          uploads secret.key         the
    installation's key          manifest.json    last: what is in it, SHA-256 of each part

Nothing is unpacked by the names in the tar: only regular files that the manifest lists are taken, to places
of ours.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from runtime.errors import InvalidInput
from runtime.i18n import N_

FORMAT = 1
PRODUCT = "huobiao"
MANIFEST = "manifest.json"
DATABASE = "database.dump"
KEY = "secret.key"
FILES = "files"
_CHUNK = 1024 * 1024


class Part(msgspec.Struct, frozen=True):
    """One file of the archive: its size in bytes and SHA-256 in hex."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup contains and what it needs. ``key`` is "included", "left out" or "environment"."""

    product: str = PRODUCT
    format: int = FORMAT
    version: str
    created: datetime
    server_version: str
    migrations: list[str]
    key: str
    key_fingerprint: str
    parts: dict[str, Part]


class _Hashing(io.RawIOBase):
    """A file that computes its checksum while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.digest.update(data)
        return data


class ArchiveWriter:
    """Adds parts one after another, each read once."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.parts: dict[str, Part] = {}

    def add(self, name: str, source: Path) -> None:
        """Add the file ``source`` as ``name``."""
        with source.open("rb") as file:
            info = self._info(name, source.stat().st_size)
            hashing = _Hashing(file)
            self._tar.addfile(info, hashing)
        self.parts[name] = Part(info.size, hashing.digest.hexdigest())

    def add_manifest(self, manifest: Manifest) -> None:
        """Close with the manifest."""
        text = msgspec.json.format(msgspec.json.encode(manifest))
        self._tar.addfile(self._info(MANIFEST, len(text)), io.BytesIO(text))

    @staticmethod
    def _info(name: str, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o600
        info.mtime = int(datetime.now().timestamp())
        return info


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """Write an archive to ``path``, readable by its owner only; on an error nothing of it stays behind."""
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    try:
        with tarfile.open(half, "w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as tar:
            yield ArchiveWriter(tar)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def unpack(path: Path, target: Path) -> Manifest:
    """Check every part of the archive against its manifest and write them under ``target`` (an empty folder).

    Raises :class:`InvalidInput` when it is not one of our backups, comes from a newer version, or is damaged.
    """
    found: dict[str, Part] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, "r:*") as tar:
            for info in tar:
                source = tar.extractfile(info) if info.isreg() else None
                if source is None:
                    raise _not_ours(path)
                if info.name == MANIFEST:
                    manifest = _read_manifest(path, source.read())
                else:
                    found[info.name] = _write(source, target / _safe(path, info.name))
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise InvalidInput(N_("{file} 打不开:文件不完整或已损坏"), file=path, code="bad_backup") from error
    except OSError as error:
        raise InvalidInput(
            N_("{file} 打不开:{reason}"), file=path, reason=error.strerror or str(error)
        ) from error
    if manifest is None:
        raise _not_ours(path)
    for name, part in manifest.parts.items():
        if found.get(name) != part:
            raise InvalidInput(
                N_("备份 {file} 里的 {part} 与记录的校验值不一致,文件已损坏"), file=path, part=name
            )
    return manifest


def _read_manifest(path: Path, text: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise _not_ours(path) from error
    if manifest.product != PRODUCT:
        raise _not_ours(path)
    if manifest.format > FORMAT:
        raise InvalidInput(
            N_("备份 {file} 是活表 {version} 做的,这里的版本太旧,请先升级"),
            file=path,
            version=manifest.version,
        )
    return manifest


def _not_ours(path: Path) -> InvalidInput:
    return InvalidInput(N_("{file} 不是活表的备份文件"), file=path, code="bad_backup")


def _safe(path: Path, name: str) -> PurePosixPath:
    """The place of a part below the target folder."""
    parts = PurePosixPath(name).parts
    known = name in {DATABASE, KEY} or (len(parts) > 1 and parts[0] == FILES)
    if not known or ".." in parts or name.startswith("/"):
        raise _not_ours(path)
    return PurePosixPath(*parts)


def _write(source: IO[bytes], target: Path) -> Part:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return Part(size, digest.hexdigest())
