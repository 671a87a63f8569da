"""Files and the people who may put them there and see them: keeping an upload, finding a file, reading its bytes."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from runtime.access import Actor, Operation, hidden_fields, require
from runtime.catalog import Field
from runtime.definitions.fields import Attachment
from runtime.errors import InvalidInput, NotFound, TooMuch
from runtime.files import kinds, names, pictures
from runtime.files.pictures import Picture, Size
from runtime.files.stores import Stores, stores_of
from runtime.i18n import N_, Message
from runtime.ids import new_id
from runtime.system import System

_MEGABYTE = 1024 * 1024


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is kept. ``size`` in bytes; ``width`` and ``height`` in pixels, of pictures only."""

    id: str
    name: str
    size: int
    media_type: str
    sha256: str
    width: int | None
    height: int | None
    store: str
    key: str
    uploaded_at: datetime


async def keep(
    system: System, actor: Actor, field_id: str, name: str, content: AsyncIterator[bytes], length: int | None
) -> StoredFile:
    """Take an upload for an attachment field; no record holds it yet. ``length``: what was announced, if anything.

    Raises:
        NotFound, NotAllowed: no such field, or the actor may not edit its records.
        InvalidInput: not an attachment field; or a file that it does not take.
        TooMuch: larger than the field or the installation allows.
        ServiceUnavailable: nowhere to put it.
    """
    field, app_number, table_number = await _target(system, actor, field_id)
    cleaned = names.clean(name) or "file"
    most = _limit(system, field)
    stores = stores_of(system)
    part = stores.incoming / new_id("fil")
    try:
        if length is not None and length > most:
            raise _too_large(cleaned, most)
        digest, size = await _receive(part, content, cleaned, most)
        media_type = await asyncio.to_thread(kinds.media_type_of, part, cleaned)
        picture = await pictures.look_at(part) if media_type.startswith("image/") else None
        check_kind(field, cleaned, media_type)
        return await _store(
            system, stores, actor, part, picture,
            {"name": cleaned, "size": size, "media_type": media_type, "sha256": digest, "app": app_number,
             "table": table_number, "field": field.number},
        )  # fmt: skip
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


async def _target(system: System, actor: Actor, field_id: str) -> tuple[Field, int, int]:
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    table = catalog.table(field.table_id)
    require(actor, Operation.EDIT_RECORDS, table.app_id)
    if field.id in hidden_fields(actor, table):
        raise NotFound()
    if not isinstance(field.config, Attachment):
        raise InvalidInput(
            N_("「{field}」不是附件字段"), code="not_an_attachment", field=field.id, field_name=field.name
        )
    return field, catalog.app_of(table).number, table.number


def _limit(system: System, field: Field) -> int:
    assert isinstance(field.config, Attachment)  # noqa: S101
    most = system.settings.max_upload_bytes
    own = field.config.max_size_mb
    return most if own is None else min(most, own * _MEGABYTE)


def _too_large(name: str, most: int) -> TooMuch:
    return TooMuch(
        N_("「{name}」太大,这里最多 {max} MB"), code="file_too_large", name=name, max=most // _MEGABYTE
    )


async def _receive(part: Path, content: AsyncIterator[bytes], name: str, most: int) -> tuple[str, int]:
    """Write the upload to ``part`` as it comes; its SHA-256 and size. Raises TooMuch, InvalidInput."""
    digest, size = hashlib.sha256(), 0
    await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
    file = await asyncio.to_thread(part.open, "wb")
    try:
        async for chunk in content:
            size += len(chunk)
            if size > most:
                raise _too_large(name, most)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
    finally:
        await asyncio.to_thread(file.close)
    if not size:
        raise InvalidInput(N_("「{name}」是空的,没有内容可存"), code="empty_file", name=name)
    return digest.hexdigest(), size


def check_kind(field: Field, name: str, media_type: str) -> None:
    """Refuse a file of a kind that the field does not take. Raises InvalidInput naming what it does take."""
    assert isinstance(field.config, Attachment)  # noqa: S101
    wanted = field.config.kinds
    if wanted and kinds.category_of(media_type) not in wanted:
        taken = Message(kinds.CATEGORY_NAMES[wanted[0]])
        for kind in wanted[1:]:
            taken = Message(
                N_("{these}、{more}"), {"these": taken, "more": Message(kinds.CATEGORY_NAMES[kind])}
            )
        raise InvalidInput(
            N_("「{field}」只收{taken},「{name}」的内容不是"),
            code="kind_not_allowed",
            name=name,
            taken=taken,
            field=field.id,
            field_name=field.name,
        )


async def _store(
    system: System,
    stores: Stores,
    actor: Actor,
    part: Path,
    picture: Picture | None,
    about: dict[str, Any],
) -> StoredFile:
    """Put the bytes away, then the row: a crash in between leaves bytes that nobody knows, never a row without bytes."""
    public_id, store = new_id("fil"), stores.current
    key = f"{about['sha256'][:2]}/{public_id}"
    bytes_of = stores.named(store)
    await bytes_of.put(key, part)
    for size, content in picture.small.items() if picture else ():
        await bytes_of.put(small_key(key, size), content)
    row = await system.db.row(
        "INSERT INTO meta.file (public_id, app_id, table_id, field_id, name, size, media_type, sha256, width, height,"
        " store, key, uploaded_by, uploaded_at, loose_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now(), now()) RETURNING *",
        public_id,
        about["app"],
        about["table"],
        about["field"],
        about["name"],
        about["size"],
        about["media_type"],
        about["sha256"],
        picture.width if picture else None,
        picture.height if picture else None,
        store,
        key,
        actor.id,
    )
    return _stored(row)


def small_key(key: str, size: Size) -> str:
    """Where the small picture of a file lies."""
    return f"{key}.{size}.webp"


def _stored(row: Any) -> StoredFile:
    return StoredFile(
        id=row["public_id"],
        name=row["name"],
        size=row["size"],
        media_type=row["media_type"],
        sha256=row["sha256"],
        width=row["width"],
        height=row["height"],
        store=row["store"],
        key=row["key"],
        uploaded_at=row["uploaded_at"],
    )


async def find(system: System, actor: Actor, public_id: str) -> StoredFile:
    """A file, for those who may look into its app.

    Raises:
        NotFound: there is none, its bytes are gone, or the actor may not know of it.
    """
    row = await system.db.row(
        "SELECT f.*, a.public_id AS app, d.public_id AS field FROM meta.file f"
        " JOIN meta.definition a ON a.id = f.app_id AND a.deleted_at IS NULL"
        " LEFT JOIN meta.definition d ON d.id = f.field_id"
        " WHERE f.public_id = $1 AND f.deleted_at IS NULL",
        public_id,
    )
    if row is None:
        raise NotFound(N_("没有这个文件,可能已经清理掉了"), code="no_such_file")
    require(actor, Operation.LOOK, row["app"])
    catalog = await system.catalogs.current()
    try:
        table = catalog.table_by_number(row["table_id"])
    except NotFound:  # its table is in the trash; another record may hold it all the same
        return _stored(row)
    if row["field"] in hidden_fields(actor, table):
        raise NotFound()
    return _stored(row)


def content(system: System, file: StoredFile, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
    """The bytes of a file, from ``start`` to before ``end``. Raises NotFound, ServiceUnavailable."""
    store = stores_of(system).named(file.store)
    return store.read(file.key, start, file.size if end is None else end)


async def small_picture(system: System, file: StoredFile, size: Size) -> bytes:
    """The small picture of a picture. Raises NotFound where the file is none."""
    if file.width is None:
        raise NotFound(N_("这个文件没有缩略图"), code="no_thumbnail")
    store = stores_of(system).named(file.store)
    most = 4 * _MEGABYTE
    return b"".join([chunk async for chunk in store.read(small_key(file.key, size), 0, most)])


def forget_unfinished(stores: Stores, before: float) -> int:
    """Remove what interrupted uploads left behind before ``before`` (unix seconds); how many."""
    gone = 0
    for path in stores.incoming.iterdir() if stores.incoming.exists() else ():
        if path.is_file() and os.stat(path).st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
