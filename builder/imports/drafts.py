"""A file that somebody brought: kept as a ``draft`` job, so that it has an address, until it is decided what becomes of it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import IO

import msgspec

from builder.validation import clean_text
from runtime import access
from runtime.access import Actor, Operation
from runtime.errors import InvalidInput, NotFound
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.records.imports.job import KIND, files_folder
from runtime.records.imports.refusals import file_too_large
from runtime.system import System

# in which text files of shops and spreadsheets really come
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "shift_jis", "euc_kr", "cp1252", "cp1251")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for a decision. ``app`` and ``table`` are public ids."""

    id: str
    number: int
    filename: str
    path: str
    app: str
    table: str | None


async def keep(
    system: System,
    actor: Actor,
    app_id: str,
    filename: str,
    content: IO[bytes] | Path,
    table_id: str | None = None,
) -> Draft:
    """Store a file and make the draft for it.

    Raises:
        TooMuch: larger than the installation takes; the message names the limit.
    """
    catalog = await system.catalogs.current()
    app = catalog.app(app_id)
    access.require(actor, Operation.EDIT_RECORDS, app.id)
    table = catalog.table(table_id) if table_id else None
    name = clean_text(Path(filename.replace("\\", "/")).name)[:200] or "file"
    public_id = new_id("job")
    path = files_folder(system) / public_id
    await asyncio.to_thread(_copy, content, path, system.settings.max_upload_bytes)
    number = await system.db.value(
        "INSERT INTO meta.job (public_id, kind, app_id, table_id, person_id, status, config)"
        " VALUES ($1, $2, $3, $4, $5, 'draft', $6::jsonb) RETURNING id",
        public_id,
        KIND,
        app.number,
        table.number if table else None,
        actor.person or 0,
        msgspec.json.encode({"path": public_id, "filename": name}).decode(),
    )
    return Draft(id=public_id, number=number, filename=name, path=public_id, app=app.id, table=table_id)


def _copy(content: IO[bytes] | Path, path: Path, limit: int) -> None:
    if isinstance(content, Path):
        if content.stat().st_size > limit:
            raise file_too_large(content.stat().st_size, limit)
        shutil.copyfile(content, path)
        return
    size = 0
    with path.open("wb") as out:
        while piece := content.read(1 << 20):
            size += len(piece)
            if size > limit:
                break
            out.write(piece)
    if size > limit:
        path.unlink()
        raise file_too_large(size, limit)


async def discard(system: System, draft: Draft) -> None:
    """Forget a file that turned out to be unusable."""
    await system.db.execute("DELETE FROM meta.job WHERE id = $1 AND status = 'draft'", draft.number)
    await asyncio.to_thread((files_folder(system) / draft.path).unlink, missing_ok=True)


async def draft(system: System, actor: Actor, job_id: str) -> Draft:
    """One's own draft. Raises NotFound."""
    row = await system.db.row(
        "SELECT j.*, a.public_id AS app, t.public_id AS table_public FROM meta.job j"
        " JOIN meta.definition a ON a.id = j.app_id LEFT JOIN meta.definition t ON t.id = j.table_id"
        " WHERE j.public_id = $1 AND j.kind = $2",
        job_id,
        KIND,
    )
    if row is None or (row["person_id"] != actor.person and actor.everywhere != "owner"):
        raise NotFound()
    access.require(actor, Operation.EDIT_RECORDS, row["app"])
    config = msgspec.json.decode(row["config"])
    return Draft(
        id=job_id,
        number=row["id"],
        filename=config["filename"],
        path=config["path"],
        app=row["app"],
        table=row["table_public"],
    )


def known_encoding(name: str | None) -> str | None:
    """``name`` if it is one of :data:`ENCODINGS`, None for none. Raises InvalidInput."""
    if name and name not in ENCODINGS:
        raise InvalidInput(N_("没有「{encoding}」这种编码"), code="unknown_encoding", encoding=name[:40])
    return name or None
