"""A table, or the part of it that a query finds, written to a file: page by page, as of one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from runtime import fieldtypes
from runtime.access import Actor
from runtime.catalog import Field
from runtime.definitions.fields import Currency, DateTime, Formula, Number, Percent, Rollup, StateTime
from runtime.definitions.queries import Query
from runtime.i18n import DEFAULT_LANGUAGE, Translator
from runtime.records import links, read
from runtime.records.exports.columns import ColumnKind, ExportColumn, Words
from runtime.records.exports.writers import CsvWriter, XlsxWriter, open_writer
from runtime.records.imports.cells import CellError
from runtime.system import System

PAGE_ROWS = 1000
FileFormat = Literal["csv", "xlsx"]

# types whose stored values a writer formats itself; all others are written as a person reads them
_KINDS: dict[str, ColumnKind] = {
    "long_text": "long_text",
    "number": "number",
    "currency": "currency",
    "percent": "percent",
    "rating": "number",
    "progress": "number",
    "duration": "duration",
    "checkbox": "checkbox",
    "date": "date",
    "datetime": "datetime",
    "created_time": "datetime",
    "updated_time": "datetime",
}
_RESULTS: dict[str, ColumnKind] = {
    "text": "text",
    "number": "number",
    "boolean": "checkbox",
    "date": "date",
    "datetime": "datetime",
}
_STATE_TIMES: dict[str, ColumnKind] = {
    "entered_at": "datetime",
    "due_at": "datetime",
    "late": "checkbox",
    "time_in_state": "duration",
    "time_spent": "duration",
}


async def write_table(
    system: System,
    actor: Actor,
    table_id: str,
    query: Query,
    path: Path,
    format: FileFormat,  # noqa: A002 - the word people use
    translator: Translator,
) -> int:
    """Write every record that ``query`` finds (its ``limit`` and ``cursor`` aside) to ``path``; returns how many.

    ``query.fields`` are the columns, all fields when None; links are written as names. Moments are written in the app's
    time zone.

    Raises:
        NotFound: the actor may not know of the table.
        InvalidInput: the query does not fit it.
    """
    async with system.db.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        reader = await read.Reader.of(system, actor, table_id)
        fields = tuple(field for field in reader.chosen(query.fields) if field.type != "button")
        # not from the catalogue: "是" alone is an operator there
        words = Words() if translator.language == DEFAULT_LANGUAGE else Words(yes="Yes", no="No")
        columns = [column_of(field) for field in fields]
        title = reader.table.name
        writer = await asyncio.to_thread(
            open_writer, path, columns, format, tz=reader.context.zone, title=title, words=words
        )
        try:
            page = msgspec.structs.replace(query, limit=PAGE_ROWS, cursor=None, at=None)
            while True:
                rows = await tx.fetch(reader.compiler.page(page, fields))
                found, more = rows[:PAGE_ROWS], len(rows) > PAGE_ROWS
                values = await _values(reader, found, fields)
                await asyncio.to_thread(_write, writer, values)
                if not more:
                    break
                page = msgspec.structs.replace(page, cursor=reader.compiler.cursor(page, found[-1]))
        finally:
            await asyncio.to_thread(writer.close)
    return writer.rows


def column_of(field: Field) -> ExportColumn:
    """How a field's column of the file looks."""
    config = field.config
    if isinstance(config, Formula):
        kind = "percent" if config.percent and config.result == "number" else _RESULTS[config.result]
        places = config.decimals if kind in ("number", "percent") else 0
        return ExportColumn(field.name, kind, decimals=places)
    if isinstance(config, Rollup):
        if config.fn == "share_filled":
            return ExportColumn(field.name, "percent", decimals=1)
        return ExportColumn(field.name, _RESULTS[config.result])
    if isinstance(config, StateTime):
        return ExportColumn(field.name, _STATE_TIMES[config.shows])
    kind = _KINDS.get(field.type, "text")
    if isinstance(config, Number):
        return ExportColumn(field.name, kind, decimals=config.decimals, thousands=config.thousands)
    if isinstance(config, Currency):
        return ExportColumn(field.name, kind, decimals=config.decimals, currency=config.currency)
    if isinstance(config, Percent):
        return ExportColumn(field.name, kind, decimals=config.decimals)
    if isinstance(config, DateTime):
        return ExportColumn(field.name, kind, seconds=config.seconds)
    return ExportColumn(field.name, kind)


def _is_length(config: StateTime) -> bool:
    return _STATE_TIMES[config.shows] == "duration"


async def _values(reader: read.Reader, rows: Sequence[Any], fields: Sequence[Field]) -> list[list[Any]]:
    numbers = [row["id"] for row in rows]
    linked = {
        field: await links.display(
            reader.system.db, reader.catalog, field, numbers, reader.context, most=None
        )
        for field in fields
        if field.type == "link" and numbers
    }
    return [[_value(reader, row, field, linked) for field in fields] for row in rows]


def _value(reader: read.Reader, row: Any, field: Field, linked: dict[Field, dict[int, Any]]) -> Any:
    if field.type == "link":
        names = [shown["name"] or shown["id"] for shown in linked.get(field, {}).get(row["id"], ())]
        return names or None
    if field.type == "formula" and row[f"{field.column}_e"]:
        return CellError(row[f"{field.column}_e"])
    stored = row[field.column]
    if stored is None:
        return None
    if field.type == "duration" or (isinstance(field.config, StateTime) and _is_length(field.config)):
        return timedelta(seconds=int(stored))
    if isinstance(field.config, StateTime):
        return stored
    if field.type in _KINDS or isinstance(field.config, Formula):
        return stored
    kind = fieldtypes.get(field.config)
    if field.type == "attachment":
        base = reader.system.settings.base_url
        return [f"{file['name']} ({base}{file['url']})" for file in kind.to_wire(field.config, stored)]
    if field.type == "multi_select":
        return kind.to_wire(field.config, stored)
    return kind.to_text(field.config, stored, reader.context)


def _write(writer: CsvWriter | XlsxWriter, rows: Sequence[Sequence[Any]]) -> None:
    for row in rows:
        writer.write(row)
