"""``POST /exports``: a table, a view, or what a query finds, as a file."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import post
from litestar.background_tasks import BackgroundTask
from litestar.params import JSONBody
from litestar.response import File
from litestar.status_codes import HTTP_200_OK

from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import Table, View
from runtime.definitions.queries import Query
from runtime.errors import NotFound
from runtime.records.exports.table import FileFormat, write_table

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\\/:*?\"<>|]+")


class ExportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to write. ``view``: with its filter, order and visible columns. ``query``: instead of the view's own."""

    table: str
    format: FileFormat = "xlsx"
    view: str | None = None
    query: Query | None = None


@post("/exports", status_code=HTTP_200_OK, opt={"idempotent": "reading", "no_compression": True})
async def export_table(
    system: TheSystem, actor: TheActor, translator: TheTranslator, data: JSONBody[ExportBody]
) -> File:
    """Write records to a CSV or XLSX file."""
    catalog = await system.catalogs.current()
    table = catalog.table(data.table)
    view = catalog.view(data.view) if data.view else None
    if view is not None and view.table_id != table.id:
        raise NotFound()
    handle, name = tempfile.mkstemp(prefix="huobiao-export-", suffix=f".{data.format}")
    os.close(handle)
    path = Path(name)
    try:
        await write_table(
            system, actor, table.id, _query(table, view, data.query), path, data.format, translator
        )
    except BaseException:
        _remove(path)
        raise
    title = f"{table.name}-{view.definition.name}" if view else table.name
    moment = datetime.now(catalog.app_of(table).zone)
    return _file(path, f"{title}-{moment:%Y%m%d-%H%M}.{data.format}", data.format)


def _query(table: Table, view: View | None, asked: Query | None) -> Query:
    if view is None:
        return asked or Query()
    query = asked or Query(where=view.definition.where, sorts=view.definition.sorts)
    return query if query.fields is not None else msgspec.structs.replace(query, fields=visible(table, view))


def visible(table: Table, view: View) -> tuple[str, ...]:
    """The columns of a view that are shown, in its order; fields it does not mention follow."""
    placed = {column.field: column for column in view.definition.columns if column.field in table.by_id}
    ordered = [*placed, *(field.id for field in table.fields if field.id not in placed)]
    return tuple(key for key in ordered if key not in placed or not placed[key].hidden)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _file(path: Path, name: str, kind: str) -> File:
    clean = _NOT_IN_NAMES.sub("_", name).strip(". ")
    plain = clean.encode("ascii", "ignore").decode() or f"export.{kind}"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean)}"
    headers: dict[str, Any] = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return File(
        path,
        media_type=MEDIA_TYPES[kind],
        headers=headers,
        background=BackgroundTask(_remove, path),
    )


ROUTES = (export_table,)
