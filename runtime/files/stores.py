"""Where the bytes lie: on disk in the data folder, or in a bucket that speaks S3.

Each file remembers which of the two it was put into, so that an installation may move on to the other and still find
everything. Keys are ours (never made of what a person typed).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import S3Store

from runtime.errors import NotFound, ServiceUnavailable
from runtime.i18n import N_

if TYPE_CHECKING:
    from runtime.settings import Settings
    from runtime.system import System

_CHUNK = 256 * 1024
FOLDER = "attachments"
"""Below ``DATA/files``, which backups carry."""


class FileStore(Protocol):
    """A place for bytes by key."""

    async def put(self, key: str, content: Path | bytes) -> None:
        """Keep a file (which may be moved away) or bytes. Raises ServiceUnavailable."""

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` to before ``end``. Raises NotFound, ServiceUnavailable."""

    async def delete(self, key: str) -> None:
        """Forget a key, if it is there. Raises ServiceUnavailable."""

    async def check(self) -> None:
        """Write, read and delete something. Raises ServiceUnavailable saying what does not work."""


class DiskStore:
    """Files in a folder, spread over 1024 parts."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        return self.root / key

    async def put(self, key: str, content: Path | bytes) -> None:
        try:
            await asyncio.to_thread(self._put, self._path(key), content)
        except OSError as error:
            raise ServiceUnavailable(
                N_("附件存不进 {folder}:{reason}"), folder=self.root, reason=error.strerror or str(error)
            ) from error

    @staticmethod
    def _put(path: Path, content: Path | bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.move(content, path)
            return
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self._path(key).open, "rb")
        except FileNotFoundError as error:
            raise NotFound(N_("附件的内容已经不在了"), code="file_gone") from error
        try:
            await asyncio.to_thread(file.seek, start)
            left = end - start
            while left > 0:
                chunk = await asyncio.to_thread(file.read, min(_CHUNK, left))
                if not chunk:
                    return
                left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def delete(self, key: str) -> None:
        try:
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)
        except OSError as error:
            raise ServiceUnavailable(
                N_("附件存不进 {folder}:{reason}"), folder=self.root, reason=error.strerror or str(error)
            ) from error

    async def check(self) -> None:
        key = f"check-{os.getpid()}"
        await self.put(key, b"huobiao")
        await self.delete(key)


class BucketStore:
    """Objects in an S3 bucket, or in one of the many systems that speak its language."""

    def __init__(self, settings: Settings) -> None:
        endpoint = settings.s3_endpoint or ""
        self.bucket = settings.s3_bucket or ""
        self._store = S3Store(
            self.bucket,
            config={
                **({"endpoint": endpoint} if endpoint else {}),
                "region": settings.s3_region,
                "access_key_id": settings.s3_access_key or "",
                "secret_access_key": settings.s3_secret_key or "",
                "virtual_hosted_style_request": not settings.s3_path_style,
                "conditional_put": "disabled",
            },
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": "60s",
                "connect_timeout": "10s",
            },
            retry_config={"max_retries": 3},
        )

    def _failed(self, error: Exception) -> ServiceUnavailable:
        reason = str(error).strip().splitlines()[0][:300]
        return ServiceUnavailable(
            N_("附件的对象存储 {bucket} 用不了:{reason}"),
            bucket=self.bucket,
            reason=reason,
            code="storage_failed",
        )

    async def put(self, key: str, content: Path | bytes) -> None:
        try:
            await obstore.put_async(self._store, key, content, max_concurrency=3)
        except (StoreError, OSError) as error:
            raise self._failed(error) from error

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        try:
            if end <= start:
                return
            answer = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for chunk in answer.stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise NotFound(N_("附件的内容已经不在了"), code="file_gone") from error
        except (StoreError, OSError) as error:
            raise self._failed(error) from error

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (StoreError, OSError) as error:
            raise self._failed(error) from error

    async def check(self) -> None:
        key = f"check-{os.getpid()}"
        await self.put(key, b"huobiao")
        found = b"".join([chunk async for chunk in self.read(key, 0, 7)])
        await self.delete(key)
        if found != b"huobiao":
            raise self._failed(ValueError("what was read is not what was written"))


class Stores:
    """The stores of an installation: ``disk`` is always there, ``s3`` where it is set up."""

    def __init__(self, settings: Settings) -> None:
        self._disk = DiskStore(settings.data_dir / "files" / FOLDER)
        self._bucket = BucketStore(settings) if settings.s3_bucket else None
        self.incoming = settings.data_dir / "incoming"
        """Where uploads lie until they have been looked at."""

    @property
    def current(self) -> str:
        """The name of the store that new files go into."""
        return "s3" if self._bucket is not None else "disk"

    def named(self, name: str) -> FileStore:
        """A store by its name. Raises ServiceUnavailable when it is not set up any more."""
        if name == "disk":
            return self._disk
        if self._bucket is None:
            raise ServiceUnavailable(
                N_("这个附件在对象存储里,但现在没有设置对象存储"), code="storage_missing"
            )
        return self._bucket


_STORES: WeakKeyDictionary[System, Stores] = WeakKeyDictionary()


def stores_of(system: System) -> Stores:
    """The stores of a running system, made at first use."""
    found = _STORES.get(system)
    if found is None:
        found = _STORES[system] = Stores(system.settings)
    return found
