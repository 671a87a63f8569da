"""What a person decided about a file: made so (table, fields, options), and handed to the worker."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import msgspec

from builder import fields, tables
from builder.imports.drafts import Draft, draft, known_encoding
from builder.wire import FieldPatch, FieldSpec, options_of
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import Field, Table
from runtime.errors import InvalidInput, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.i18n import N_
from runtime.records.imports.cast import ColumnPlan
from runtime.records.imports.cells import show
from runtime.records.imports.dates import DateOrder
from runtime.records.imports.job import ImportPlan, files_folder, open_sheet
from runtime.records.imports.tabular import Sheet
from runtime.records.imports.values import to_options
from runtime.system import System

MAX_OPTIONS = 200


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
