"""What is in a file: its sheets, its columns with a proposal for each, its first rows."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from builder.imports.drafts import draft, known_encoding
from builder.wire import FieldSpec
from runtime.access import Actor
from runtime.catalog import Table
from runtime.i18n import Message
from runtime.records.imports.cells import show
from runtime.records.imports.dates import DateOrder
from runtime.records.imports.guess import ColumnGuess, guess_sheet
from runtime.records.imports.job import ImportPlan, files_folder, open_sheet
from runtime.records.imports.match import match_columns
from runtime.system import System

SAMPLE = 8


class ColumnPreview(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the file: what it seems to hold, examples, and the field proposed (id, or a new one as ``new``)."""

    column: int
    name: str
    kind: str
    reason: Message
    examples: tuple[str, ...]
    empty_share: float
    field: str | None
    new: FieldSpec
    date_order: DateOrder
    order_ambiguous: bool
    hundredths: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a sheet. ``rows``: the first data rows as text; ``top``: the first rows of the file, for choosing the header."""

    sheets: tuple[str, ...]
    sheet: str
    header_row: int | None
    row_estimate: int
    notices: tuple[Message, ...]
    columns: tuple[ColumnPreview, ...]
    rows: tuple[tuple[str, ...], ...]
    top: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str | None
    table: str | None


async def preview(
    system: System,
    actor: Actor,
    job_id: str,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    guess_header: bool = True,
    table: str | None = None,
    encoding: str | None = None,
) -> Preview:
    """What is in the file, and a proposal for each column. ``encoding``: how to read a text file, guessed when None.

    Raises:
        InvalidInput: no such encoding; and what opening the file raises.
    """
    found = await draft(system, actor, job_id)
    catalog = await system.catalogs.current()
    target = catalog.table(table or found.table or "") if (table or found.table) else None
    plan = ImportPlan(
        path=found.path,
        filename=found.filename,
        table="",
        columns=(),
        sheet=sheet,
        header_row=header_row,
        guess_header=guess_header,
        encoding=known_encoding(encoding),
    )
    work = partial(_preview, files_folder(system), plan, system.settings.max_upload_bytes, target)
    return await asyncio.to_thread(work)


def _preview(folder: Path, plan: ImportPlan, limit: int, table: Table | None) -> Preview:
    file, sheet = open_sheet(folder, plan, limit)
    try:
        guesses = guess_sheet(sheet)
        matches = match_columns(sheet.headers, guesses, table.fields if table else ())
        columns = tuple(
            _column(guess, matches[index].field if table else None) for index, guess in enumerate(guesses)
        )
        return Preview(
            sheets=tuple(s.name for s in file.sheets),
            sheet=sheet.name,
            header_row=sheet.header_row,
            row_estimate=sheet.row_estimate,
            notices=(*file.notices, *sheet.notices),
            columns=columns,
            rows=tuple(tuple(show(cell) for cell in row.cells) for row in sheet.sample(SAMPLE)),
            top=tuple((row.number, tuple(show(cell) for cell in row.cells)) for row in sheet.top(12)),
            encoding=file.encoding,
            table=table.id if table else None,
        )
    finally:
        file.close()


def _column(guess: ColumnGuess, field: str | None) -> ColumnPreview:
    return ColumnPreview(
        column=guess.column,
        name=guess.name,
        kind=guess.kind,
        reason=guess.reason,
        examples=guess.example_values,
        empty_share=guess.empty_share,
        field=field,
        new=FieldSpec(name=guess.name[:80], type=guess.kind, options=_options(guess)),
        date_order=guess.date_order or "ymd",
        order_ambiguous=guess.order_ambiguous,
        hundredths=guess.hundredths,
    )


def _options(guess: ColumnGuess) -> dict[str, Any]:
    if guess.kind in ("single_select", "multi_select"):
        return {"choices": [{"name": name} for name in guess.options or ()]}
    if guess.kind in ("number", "percent", "currency") and guess.decimals is not None:
        options: dict[str, Any] = {"decimals": min(guess.decimals, 4)}
        return options | ({"currency": guess.currency} if guess.kind == "currency" and guess.currency else {})
    if guess.kind == "duration":
        return {"format": "h:mm:ss" if guess.seconds else "h:mm"}
    return {"seconds": guess.seconds} if guess.kind == "datetime" else {}


async def headers(system: System, actor: Actor, job_id: str) -> tuple[str, ...]:
    """The names of the columns of a started import's file."""
    found = await draft(system, actor, job_id)
    config = await system.db.value("SELECT config FROM meta.job WHERE id = $1", found.number)
    plan = msgspec.json.decode(config, type=ImportPlan)
    return await asyncio.to_thread(_headers, files_folder(system), plan, system.settings.max_upload_bytes)


def _headers(folder: Path, plan: ImportPlan, limit: int) -> tuple[str, ...]:
    file, sheet = open_sheet(folder, plan, limit)
    try:
        return sheet.headers
    finally:
        file.close()
