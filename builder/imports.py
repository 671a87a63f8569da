"""Bringing a file in: keep it, show what is in it, agree on columns, hand it to the worker.

A file becomes a ``draft`` job at once, so that it has an address; :func:`start` makes the fields that are missing and
queues the job. What the worker then does is ``runtime.worker.imports``.
"""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from builder import fields, tables
from builder.validation import clean_text
from builder.wire import FieldPatch, FieldSpec, options_of
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import Field, Table
from runtime.errors import InvalidInput, NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.i18n import N_, Message
from runtime.ids import new_id
from runtime.records.imports.cast import ColumnPlan
from runtime.records.imports.cells import show
from runtime.records.imports.dates import DateOrder
from runtime.records.imports.guess import ColumnGuess, guess_sheet
from runtime.records.imports.job import KIND, ImportPlan, files_folder, open_sheet
from runtime.records.imports.match import match_columns
from runtime.records.imports.refusals import file_too_large
from runtime.records.imports.tabular import Sheet
from runtime.records.imports.values import to_options
from runtime.system import System

SAMPLE = 8
MAX_OPTIONS = 200
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


class ColumnChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided for a column: an existing ``field``, a ``new`` one, or neither (left out).

    ``add_options``: give a select the options of the file that it does not have yet.
    """

    column: int
    field: str | None = None
    new: FieldSpec | None = None
    add_options: bool = False
    date_order: DateOrder = "ymd"
    hundredths: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How to import: into ``table``, or into a new one called ``new_table``. ``encoding``: of a text file, guessed when
    None."""

    columns: tuple[ColumnChoice, ...]
    table: str | None = None
    new_table: str = ""
    sheet: str | None = None
    header_row: int | None = None
    guess_header: bool = True
    encoding: str | None = None
    states_as_is: bool = True
    run_automations: bool = False


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


def known_encoding(name: str | None) -> str | None:
    """``name`` if it is one of :data:`ENCODINGS`, None for none. Raises InvalidInput."""
    if name and name not in ENCODINGS:
        raise InvalidInput(N_("没有「{encoding}」这种编码"), code="unknown_encoding", encoding=name[:40])
    return name or None


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


async def start(system: System, actor: Actor, job_id: str, decision: Decision) -> str:
    """Make what is missing (table, fields, options), and queue the job. Returns the table's id.

    Raises:
        InvalidInput: no column goes anywhere, or two go to one field.
        RuleBroken: the job was started before.
    """
    found = await draft(system, actor, job_id)
    chosen = [c for c in decision.columns if c.field or c.new]
    if not chosen:
        raise InvalidInput(N_("还没有选要导入的列"), code="no_columns")
    chosen = [await _with_all_options(system, found, c, decision) for c in chosen]
    async with system.db.transaction() as tx:
        status = await tx.value("SELECT status FROM meta.job WHERE id = $1 FOR UPDATE", found.number)
        if status != "draft":
            raise RuleBroken(N_("这个文件已经开始导入了"), code="job_started")
        table = await _target(system, actor, found, decision, chosen)
        columns = []
        for choice in chosen:
            field = await _field(system, actor, found, table, choice, decision)
            columns.append(
                ColumnPlan(
                    column=choice.column,
                    field=field.id,
                    date_order=choice.date_order,
                    hundredths=choice.hundredths,
                )
            )
        twice = [c.field for c in columns if sum(o.field == c.field for o in columns) > 1]
        if twice:
            name = (await system.catalogs.current()).field(twice[0]).name
            raise InvalidInput(
                N_("有两列都对到了「{field}」,只留一列"), code="field_twice", field=twice[0], field_name=name
            )
        plan = _plan(found, table.id, decision, tuple(columns))
        await tx.execute(
            "UPDATE meta.job SET status = 'queued', table_id = $2, config = $3::jsonb WHERE id = $1",
            found.number,
            table.number,
            msgspec.json.encode(plan).decode(),
        )
        tx.after_commit.append(partial(system.live.wake, WAKE_RELAY))
    return table.id


async def _with_all_options(
    system: System, found: Draft, choice: ColumnChoice, decision: Decision
) -> ColumnChoice:
    """A new select gets every value of its column as an option, not only those of the sample that was looked at.

    A column with more kinds of values than a select can offer becomes a text field.
    """
    spec = choice.new
    if spec is None or choice.field or spec.type not in ("single_select", "multi_select"):
        return choice
    plan = _plan(found, "", decision, ())
    work = partial(
        _distinct, files_folder(system), plan, system.settings.max_upload_bytes, choice.column, spec.type
    )
    names = await asyncio.to_thread(work)
    if len(names) > MAX_OPTIONS:
        return msgspec.structs.replace(choice, new=msgspec.structs.replace(spec, type="text", options={}))
    given = list(spec.options.get("choices", ()))
    known = {item.get("name") for item in given}
    options = {**spec.options, "choices": [*given, *({"name": name} for name in names if name not in known)]}
    return msgspec.structs.replace(choice, new=msgspec.structs.replace(spec, options=options))


def _plan(found: Draft, table: str, decision: Decision, columns: tuple[ColumnPlan, ...]) -> ImportPlan:
    return ImportPlan(
        path=found.path,
        filename=found.filename,
        table=table,
        columns=columns,
        sheet=decision.sheet,
        header_row=decision.header_row,
        guess_header=decision.guess_header,
        encoding=known_encoding(decision.encoding),
        states_as_is=decision.states_as_is,
        run_automations=decision.run_automations,
    )


async def _target(
    system: System, actor: Actor, found: Draft, decision: Decision, chosen: list[ColumnChoice]
) -> Table:
    wanted = decision.table or (None if decision.new_table.strip() else found.table)
    if wanted:
        catalog = await system.catalogs.current()
        table = catalog.table(wanted)
        access.require(actor, Operation.EDIT_RECORDS, table.app_id)
        return table
    specs = tuple(choice.new for choice in chosen if choice.new is not None)
    name = decision.new_table.strip() or Path(found.filename).stem[:80]
    return await tables.create(system, actor, found.app, tables.TableSpec(name=name, fields=specs or None))


async def _field(
    system: System, actor: Actor, found: Draft, table: Table, choice: ColumnChoice, decision: Decision
) -> Field:
    current = (await system.catalogs.current()).table(table.id)
    if choice.new is not None and not choice.field:
        existing = current.by_name.get(choice.new.name.strip())
        if existing is not None and decision.table is None and found.table is None:
            return existing  # made with the new table just now
        return await fields.create(system, actor, table.id, choice.new)
    field = current.field(choice.field or "")
    if field.readonly or field.definition.read_only:
        raise InvalidInput(
            N_("「{field}」由系统填写,不能导入"), code="readonly", field=field.id, field_name=field.name
        )
    if choice.add_options and field.choices_by_id and field.machine is None:
        await _add_options(system, actor, found, field, choice, decision)
    return field


async def _add_options(
    system: System, actor: Actor, found: Draft, field: Field, choice: ColumnChoice, decision: Decision
) -> None:
    """Give a select the options of the column that it lacks."""
    plan = _plan(found, "", decision, ())
    names = await asyncio.to_thread(
        _distinct, files_folder(system), plan, system.settings.max_upload_bytes, choice.column, field.type
    )
    missing = [name for name in names if name not in field.choices_by_name]
    if len(missing) + len(field.choices_by_id) > MAX_OPTIONS:
        raise InvalidInput(
            N_("这一列有 {max} 种以上的值,不适合做成选项,改用文本字段"),
            code="too_many_options",
            max=MAX_OPTIONS,
        )
    if missing:
        options = options_of(field.config)
        choices = [*options["choices"], *({"name": name} for name in missing)]
        await fields.update(system, actor, field.id, FieldPatch(options={"choices": choices}))


def _distinct(folder: Path, plan: ImportPlan, limit: int, column: int, kind: str) -> list[str]:
    file, sheet = open_sheet(folder, plan, limit)
    try:
        return list(_values(sheet, column, kind))
    finally:
        file.close()


def _values(sheet: Sheet, column: int, kind: str) -> dict[str, None]:
    names: dict[str, None] = {}
    for row in sheet.rows():
        cell = row.cells[column] if column < len(row.cells) else None
        found = to_options(cell) if kind == "multi_select" else (show(cell).strip(),)
        names.update(dict.fromkeys(name for name in found or () if name))
        if len(names) > MAX_OPTIONS:
            break
    return names


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


def decode_message(stored: str) -> Message:
    """The sentence a job ended with."""
    return msgspec.json.decode(stored, type=Message)
