"""``huobiao import FILE --table NAME``: a file into a table without a browser."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.i18n import N_
from ui.cli.language import _, translator
from ui.cli.options import as_option, data_option, with_system

if TYPE_CHECKING:
    from runtime.access import Actor
    from runtime.system import System

SHOWN = 20
"""How many bad rows are printed; all of them are in the browser's list."""


@click.command(
    "import", help=_(N_("把 FILE(CSV 或 Excel)导入数据表;没有这张表就按文件新建。列按名字和内容自动对应。"))
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", required=True, help=_(N_("数据表的名字或编号;没有就新建")))
@click.option("--app", help=_(N_("应用的名字或编号;只有一个应用时可以不写")))
@click.option("--sheet", help=_(N_("工作簿里的哪张表;不写就用第一张")))
@click.option("--run-automations", is_flag=True, help=_(N_("让自动化处理这些新记录")))
@as_option
@data_option
def import_file(
    data_dir: Path | None,
    who: str | None,
    file: Path,
    table: str,
    app: str | None,
    sheet: str | None,
    run_automations: bool,
) -> None:
    """Import a file and say how it ended; exit code 1 when no row came in."""

    async def work(system: System) -> int:
        from builder import imports
        from runtime.accounts import first_owner, person_actor
        from runtime.records.imports.job import bad_rows
        from runtime.worker.jobs import run_job
        from ui.bootstrap import JOB_KINDS

        actor = await person_actor(system, who) if who else await first_owner(system)
        target, app_id = await _target(system, actor, table, app)
        draft = await imports.keep(system, actor, app_id, file.name, file, target)
        found = await imports.preview(system, actor, draft.id, sheet=sheet)
        columns = tuple(
            imports.ColumnChoice(
                column=c.column,
                field=c.field,
                new=None if target else c.new,
                date_order=c.date_order,
                hundredths=c.hundredths,
            )
            for c in found.columns
        )
        decision = imports.Decision(
            columns=columns, new_table="" if target else table, sheet=sheet, run_automations=run_automations
        )
        await imports.start(system, actor, draft.id, decision)
        if not await run_job(system, JOB_KINDS, draft.id):
            await _wait(system, draft.number)  # the worker of a running serve was quicker
        row = await system.db.row("SELECT * FROM meta.job WHERE id = $1", draft.number)
        assert row is not None  # noqa: S101
        words = translator()
        if row["message"]:
            click.echo(imports.decode_message(row["message"]).text(words))
        for bad in await bad_rows(system, draft.number, SHOWN):
            reasons = "; ".join(f"{p.field_name or ''} {p.message.text(words)}".strip() for p in bad.problems)
            click.echo(_(N_("第 {row} 行:{reasons}"), row=bad.number, reasons=reasons), err=True)
        return int(row["created"]) if row["status"] == "finished" else -1

    created = with_system(data_dir, "import", work)
    if created < 1:
        sys.exit(1)


async def _target(system: System, actor: Actor, table: str, app: str | None) -> tuple[str | None, str]:
    """The table of that name (None: to be made) and the app it is in."""
    from runtime.errors import InvalidInput, NotFound
    from ui.cli.naming import app_named, table_named

    catalog = await system.catalogs.current()
    try:
        found = table_named(catalog, table, app)
        return found.id, found.app_id
    except NotFound:
        if app is not None:
            return None, app_named(catalog, app).id
        if len(catalog.apps) == 1:
            return None, catalog.apps[0].id
        if not catalog.apps:
            from builder import apps
            from runtime.definitions.tables import AppDef

            return None, (await apps.create(system, actor, AppDef(table))).id
        raise InvalidInput(N_("有几个应用,用 --app 说明新表放在哪个里")) from None


async def _wait(system: System, job: int) -> None:
    """Wait for a job that another process carries out; its state is in the database only."""
    question = "SELECT status IN ('queued', 'running') FROM meta.job WHERE id = $1"
    while await system.db.value(question, job):  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.2)
