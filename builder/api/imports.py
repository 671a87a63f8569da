"""Imports over HTTP: send a file, look at it, start, watch, fetch the rows that were left out."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from builder import imports
from builder.wire import FieldSpec
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator, moment, problem_body
from runtime.errors import HuobiaoError, InvalidInput
from runtime.i18n import N_, Translator
from runtime.records.exports.columns import ExportColumn
from runtime.records.exports.writers import open_writer
from runtime.records.imports.job import bad_rows
from runtime.worker import jobs

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_BAD_ROWS = 50_000


class ColumnBody(msgspec.Struct, frozen=True):
    """A column of the file with its proposal."""

    column: int
    name: str
    kind: str
    reason: str
    examples: tuple[str, ...]
    empty_share: float
    field: str | None
    new: FieldSpec
    date_order: str
    order_ambiguous: bool
    hundredths: bool


class PreviewBody(msgspec.Struct, frozen=True):
    """A file that waits for a decision: its job's id and what is in one of its sheets."""

    id: str
    filename: str
    sheets: tuple[str, ...]
    sheet: str
    header_row: int | None
    row_estimate: int
    notices: tuple[str, ...]
    columns: tuple[ColumnBody, ...]
    rows: tuple[tuple[str, ...], ...]
    top: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str | None
    table: str | None


class BadRowBody(msgspec.Struct, frozen=True):
    """A row that was left out."""

    row: int
    problems: tuple[ProblemBody, ...]
    cells: tuple[str, ...]


class JobBody(msgspec.Struct, frozen=True):
    """An import: ``draft queued running finished cancelled failed``; ``bad`` are the first rows left out.

    ``columns``: for each field that is filled, the place of its column among a row's cells.
    """

    id: str
    status: str
    filename: str
    app: str
    table: str | None
    total: int | None
    done: int
    created: int
    failed: int
    message: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    columns: dict[str, int]
    bad: tuple[BadRowBody, ...]


class Started(msgspec.Struct, frozen=True):
    """The job and the table it fills."""

    id: str
    table: str


class UploadBody(msgspec.Struct):
    """The form: the file, the app, and the table it is meant for, if any."""

    file: UploadFile
    app: str
    table: str = ""


def _preview_body(draft: imports.Draft, found: imports.Preview, translator: Translator) -> PreviewBody:
    return PreviewBody(
        draft.id,
        draft.filename,
        found.sheets,
        found.sheet,
        found.header_row,
        found.row_estimate,
        tuple(notice.text(translator) for notice in found.notices),
        tuple(
            ColumnBody(
                c.column, c.name, c.kind, c.reason.text(translator), c.examples, c.empty_share, c.field, c.new,
                c.date_order, c.order_ambiguous, c.hundredths,
            )
            for c in found.columns
        ),
        found.rows,
        found.top,
        found.encoding,
        found.table,
    )  # fmt: skip


@post("/imports", request_max_body_size=None)
async def upload_import(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    data: Annotated[UploadBody, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> PreviewBody:
    """Send a file; the answer shows what is in it. Nothing is imported yet."""
    draft = await imports.keep(
        system, actor, data.app, data.file.filename or "", data.file.file, data.table or None
    )
    try:
        found = await imports.preview(system, actor, draft.id)
    except HuobiaoError:
        await imports.discard(system, draft)
        raise
    return _preview_body(draft, found, translator)


@get("/imports/{job:str}/preview")
async def preview_import(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    job: FromPath[str],
    sheet: FromQuery[str | None] = None,
    header_row: FromQuery[int | None] = None,
    guess_header: FromQuery[bool] = True,
    table: FromQuery[str | None] = None,
    encoding: FromQuery[str | None] = None,
) -> PreviewBody:
    """The same for another sheet, header row, table or encoding."""
    found = await imports.preview(
        system,
        actor,
        job,
        sheet=sheet,
        header_row=header_row,
        guess_header=guess_header,
        table=table,
        encoding=encoding,
    )
    return _preview_body(await imports.draft(system, actor, job), found, translator)


@post("/imports/{job:str}/start")
async def start_import(
    system: TheSystem, actor: TheActor, job: FromPath[str], data: JSONBody[imports.Decision]
) -> Started:
    """Make the fields that are missing and start."""
    return Started(job, await imports.start(system, actor, job, data))


@get("/imports/{job:str}")
async def read_import(
    system: TheSystem, actor: TheActor, translator: TheTranslator, job: FromPath[str]
) -> JobBody:
    """How an import stands."""
    draft = await imports.draft(system, actor, job)
    row = await system.db.row("SELECT * FROM meta.job WHERE id = $1", draft.number)
    bad = await bad_rows(system, draft.number)
    return _job_body(draft, row, bad, translator)


def _job_body(draft: imports.Draft, row: Any, bad: Any, translator: Translator) -> JobBody:
    message = row["message"]
    return JobBody(
        id=draft.id,
        status=row["status"],
        filename=draft.filename,
        app=draft.app,
        table=draft.table,
        total=row["total"],
        done=row["done"],
        created=row["created"],
        failed=row["failed"],
        message=imports.decode_message(message).text(translator) if message else None,
        created_at=moment(row["created_at"]),
        started_at=moment(row["started_at"]) if row["started_at"] else None,
        finished_at=moment(row["finished_at"]) if row["finished_at"] else None,
        columns=_columns(row["config"]),
        bad=tuple(
            BadRowBody(b.number, tuple(problem_body(p, translator) for p in b.problems), b.cells) for b in bad
        ),
    )


def _columns(config: str) -> dict[str, int]:
    """Column of each filled field; nothing yet while the import is a draft."""
    plan = msgspec.json.decode(config)
    return {column["field"]: column["column"] for column in plan.get("columns", ())}


@post("/imports/{job:str}/cancel", status_code=HTTP_200_OK)
async def cancel_import(
    system: TheSystem, actor: TheActor, translator: TheTranslator, job: FromPath[str]
) -> JobBody:
    """Stop an import; what is stored by then stays."""
    draft = await imports.draft(system, actor, job)
    await system.db.execute(
        "UPDATE meta.job SET status = 'cancelled', finished_at = now() WHERE id = $1 AND status = 'draft'",
        draft.number,
    )
    await jobs.cancel(system, job)
    row = await system.db.row("SELECT * FROM meta.job WHERE id = $1", draft.number)
    return _job_body(draft, row, await bad_rows(system, draft.number), translator)


@get("/imports/{job:str}/errors.xlsx")
async def download_bad_rows(
    system: TheSystem, actor: TheActor, translator: TheTranslator, job: FromPath[str]
) -> Response[bytes]:
    """The rows that were left out, with row number and reasons, to be mended and imported again."""
    draft = await imports.draft(system, actor, job)
    rows = await bad_rows(system, draft.number, MAX_BAD_ROWS)
    if not rows:
        raise InvalidInput(N_("没有被跳过的行"), code="no_bad_rows")
    headers = await imports.headers(system, actor, job)
    content = await asyncio.to_thread(_workbook, rows, headers, translator)
    return Response(
        content,
        media_type=XLSX,
        headers={"Content-Disposition": 'attachment; filename="import-errors.xlsx"'},
    )


def _workbook(rows: Any, headers: tuple[str, ...], translator: Translator) -> bytes:
    columns = [
        ExportColumn(name=translator.gettext(N_("行号")), kind="number"),
        ExportColumn(name=translator.gettext(N_("问题")), width=48),
        *(ExportColumn(name=name) for name in headers),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "errors.xlsx"
        with open_writer(path, columns, "xlsx") as writer:
            for row in rows:
                writer.write([row.number, _reasons(row.problems, translator), *row.cells])
        return path.read_bytes()


def _reasons(problems: Any, translator: Translator) -> str:
    return "; ".join(
        f"{p.field_name}: {p.message.text(translator)}" if p.field_name else p.message.text(translator)
        for p in problems
    )


ROUTES = (upload_import, preview_import, start_import, read_import, cancel_import, download_bad_rows)
