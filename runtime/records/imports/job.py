"""Importing a file into a table: what the import job of the worker does with each chunk of rows.

Rows are written in chunks through the one write path; a chunk, its count and its list of bad rows commit together, so a
killed worker goes on behind the last chunk and nothing is written twice. A bad row is left out whole and kept with its
reasons, to be downloaded, mended and imported again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from runtime import accounts
from runtime.access import Actor
from runtime.catalog import Field
from runtime.errors import Problem
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from runtime.records.imports.cast import Caster, ColumnPlan, caster
from runtime.records.imports.cells import SourceRow, show
from runtime.records.imports.files import open_tabular
from runtime.records.imports.tabular import Sheet
from runtime.records.imports.unreadable import Unreadable
from runtime.storage.database import Tx
from runtime.system import System

CHUNK = 1000
KIND = "import"


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to import and how. ``path`` is relative to the installation's ``files`` folder.

    ``states_as_is``: states of the file are history and taken as they are (recorded as such). ``run_automations``:
    whether automations look at the new records.
    """

    path: str
    filename: str
    table: str
    columns: tuple[ColumnPlan, ...]
    sheet: str | None = None
    header_row: int | None = None
    guess_header: bool = True
    encoding: str | None = None
    delimiter: str | None = None
    states_as_is: bool = True
    run_automations: bool = False


def open_sheet(folder: Path, plan: ImportPlan, max_bytes: int) -> tuple[Any, Sheet]:
    """The opened file (close it) and the sheet that the plan means."""
    file = open_tabular(
        folder / plan.path,
        filename=plan.filename,
        max_bytes=max_bytes,
        encoding=plan.encoding,
        delimiter=plan.delimiter,
    )
    sheet = next((s for s in file.sheets if s.name == plan.sheet), file.default_sheet)
    return file, sheet if plan.guess_header else sheet.with_header(plan.header_row)


def files_folder(system: System) -> Path:
    """Where uploaded files lie."""
    folder = Path(system.settings.data_dir) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def actor_of(system: System, person: int) -> Actor:
    """The person who started the import, with the roles they have now."""
    public_id = await system.db.value("SELECT public_id FROM meta.person WHERE id = $1", person)
    actor = await accounts.person_actor(system, public_id or "")
    return msgspec.structs.replace(actor, kind="import")


async def chunks(sheet: Sheet, start: int) -> AsyncIterator[list[SourceRow]]:
    """The data rows from the ``start``-th on, read beside the event loop, up to :data:`CHUNK` at a time."""
    rows = await asyncio.to_thread(lambda: iter(sheet.rows(start)))
    while chunk := await asyncio.to_thread(_take, rows):
        yield chunk


def _take(rows: Iterator[SourceRow]) -> list[SourceRow]:
    return list(islice(rows, CHUNK))


async def write_chunk(
    system: System,
    tx: Tx,
    ref: str,
    plan: ImportPlan,
    actor: Actor,
    chunk: list[SourceRow],
    *,
    date_1904: bool = False,
) -> tuple[int, list[tuple[SourceRow, list[Problem]]]]:
    """Write rows in ``tx``; ``ref`` is the job's id. Returns how many were created, and the bad rows with reasons."""
    catalog = await system.catalogs.locked(tx)
    table = catalog.table(plan.table)
    zone = catalog.app_of(table).zone
    casters = [
        (
            column.column,
            table.by_id[column.field],
            caster(table.by_id[column.field], column, zone, date_1904=date_1904),
        )
        for column in plan.columns
        if column.field in table.by_id
    ]
    good: list[tuple[SourceRow, NewRecord]] = []
    bad: list[tuple[SourceRow, list[Problem]]] = []
    for row in chunk:
        fields, problems = _read_row(row, casters)
        if problems:
            bad.append((row, problems))
        else:
            good.append((row, NewRecord(fields)))
    change = Change(
        table=table.id,
        actor=actor,
        source=Source("import", ref),
        creates=tuple(record for _, record in good),
        typecast=True,
        states_as_is=plan.states_as_is,
        quiet=not plan.run_automations,
        reason=plan.filename,
    )
    outcome = await write.apply_in(system, tx, change)
    for (row, _), result in zip(good, outcome.results, strict=True):
        if result.problems:
            bad.append((row, list(result.problems)))
    return outcome.stored, bad


def _read_row(
    row: SourceRow, casters: list[tuple[int, Field, Caster]]
) -> tuple[dict[str, Any], list[Problem]]:
    fields: dict[str, Any] = {}
    problems: list[Problem] = []
    for index, field, cast in casters:
        cell = row.cells[index] if index < len(row.cells) else None
        try:
            value = cast(cell)
        except Unreadable as unreadable:
            problems.append(Problem("unreadable", unreadable.message, field.id, field.name))
            continue
        if value is not None and value != []:
            fields[field.id] = value
    return fields, problems


async def keep_bad_rows(tx: Tx, job: int, bad: list[tuple[SourceRow, list[Problem]]]) -> None:
    """Keep bad rows and their reasons with the job of that number."""
    if bad:
        await tx.execute(
            "INSERT INTO meta.job_error (job_id, row_number, problems, cells) SELECT $1, n, p::jsonb, c::jsonb"
            " FROM unnest($2::bigint[], $3::text[], $4::text[]) AS u(n, p, c)",
            job,
            [row.number for row, _ in bad],
            [msgspec.json.encode(problems).decode() for _, problems in bad],
            [msgspec.json.encode([show(cell) for cell in row.cells]).decode() for row, _ in bad],
        )


class BadRow(msgspec.Struct, frozen=True):
    """A row that was left out: its number in the file, why, and its cells as text."""

    number: int
    problems: tuple[Problem, ...]
    cells: tuple[str, ...]


async def bad_rows(system: System, job: int, limit: int = 200) -> list[BadRow]:
    """The rows left out so far, by number."""
    rows = await system.db.fetch(
        "SELECT row_number, problems, cells FROM meta.job_error WHERE job_id = $1 ORDER BY row_number LIMIT $2",
        job,
        limit,
    )
    return [
        BadRow(
            row["row_number"],
            msgspec.json.decode(row["problems"], type=tuple[Problem, ...]),
            msgspec.json.decode(row["cells"], type=tuple[str, ...]),
        )
        for row in rows
    ]


__all__ = [
    "CHUNK", "KIND", "BadRow", "ImportPlan", "actor_of", "bad_rows", "chunks", "files_folder", "keep_bad_rows",
    "open_sheet", "write_chunk",
]  # fmt: skip
