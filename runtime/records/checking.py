"""Looking after stored computed values: compute everything again, compare, and say where it differs.

Read-only and in small pieces, each with one consistent view of the data: a writer's values and what follows from them
are stored together, so whoever works meanwhile causes no difference. What waits to be refreshed is told apart.
"""

from __future__ import annotations

from functools import partial

import msgspec
from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field, Table
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.ids import record_id
from runtime.records import computed
from runtime.records.again import again, keep_out
from runtime.records.dependents import graph
from runtime.records.refresh import sources_of
from runtime.storage import stays
from runtime.storage.computed import expression, read_time
from runtime.storage.database import Tx
from runtime.system import System

CHUNK = 2000
_EXAMPLES = 5


class Difference(msgspec.Struct, kw_only=True):
    """A field whose stored values are not what they should be: how many, and the first few records.

    ``refreshing``: it, or something that it is computed from, was waiting for the worker: it may well come right.
    """

    app: str
    table: str
    field: str
    field_id: str
    count: int = 0
    examples: list[str] = []
    refreshing: bool = False


class Report(msgspec.Struct, kw_only=True):
    """``values``: how many were compared. ``repaired``: how many were written right."""

    tables: int = 0
    fields: int = 0
    values: int = 0
    differences: list[Difference] = []
    repaired: int = 0


async def check(system: System, *, repair: bool = False, chunk: int = CHUNK) -> Report:
    """Compare every stored computed value with what it should be; ``repair``: write right what is not.

    Of fields with a state machine, how long records were in their states is compared with the history.
    """
    report = Report()
    found: dict[str, Difference] = {}
    catalog = await system.catalogs.current()
    for app in catalog.apps:
        for table in app.tables:
            checked = stored_fields(catalog, table)
            if not checked and not any(field.machine is not None for field in table.fields):
                continue
            report.tables += 1
            report.fields += len(checked)
            await _check_table(system, table.id, report, found, repair=repair, chunk=chunk)
    report.differences = list(found.values())
    return report


def stored_fields(catalog: Catalog, table: Table) -> list[Field]:
    """Computed fields of a table that are kept in columns."""
    at_read = read_time(catalog)
    return [one for one in table.fields if one.computed and one.id not in at_read]


async def _check_table(
    system: System, table_id: str, report: Report, found: dict[str, Difference], *, repair: bool, chunk: int
) -> None:
    after = 0
    while True:
        async with system.db.transaction() as tx:
            await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            catalog = await system.catalogs.current()
            try:
                table = catalog.table(table_id)
            except NotFound:
                return  # gone meanwhile
            waiting = await _waiting(tx, catalog)
            moved: dict[str, list[int]] = {}
            bounds = await tx.row(
                f"SELECT max(id) AS last, count(*) AS n FROM (SELECT id FROM {table.sql} WHERE id > $1"
                " ORDER BY id LIMIT $2) s",
                after,
                chunk,
            )
            assert bounds is not None  # noqa: S101 - an aggregate has a row
            if bounds["last"] is None:
                return
            for state in (field for field in table.fields if field.machine is not None):
                rows = await stays.differing(tx, table, state, after, bounds["last"])
                if rows:
                    moved[state.id] = rows
                    _note(found, catalog, table, state, rows, refreshing=False)
            wrong: dict[str, list[int]] = {}
            for one in stored_fields(catalog, table):
                report.values += bounds["n"]
                rows = await _differing(tx, catalog, table, one, after, bounds["last"])
                if rows:
                    wrong[one.id] = rows
                    refreshing = bool(waiting & {one.id, *sources_of(catalog)[one.id]})
                    _note(found, catalog, table, one, rows, refreshing)
        after = bounds["last"]
        if repair and wrong:
            report.repaired += await again(partial(_repair, system, wrong))
        for key, rows in moved.items() if repair else ():
            report.repaired += await again(partial(_count_again, system, key, rows))


async def _waiting(tx: Tx, catalog: Catalog) -> set[str]:
    """Fields that the worker is still to refresh, in the same view of the data."""
    rows = await tx.fetch("SELECT DISTINCT field_id FROM meta.refresh")
    numbers = {row["field_id"] for row in rows}
    return {one.id for one in graph(catalog).order if one.number in numbers}


async def waiting_tasks(system: System) -> int:
    """How many tasks the worker is still to do."""
    return int(await system.db.value("SELECT count(*) FROM meta.refresh"))


async def _differing(tx: Tx, catalog: Catalog, table: Table, one: Field, after: int, last: int) -> list[int]:
    context = Context(zone=catalog.app_of(table).zone)
    value, error = expression(catalog, context, one)
    now, new = [f"t.{one.column}"], [value]
    if error is not None:
        now.append(f"t.{one.column}_e")
        new.append(error)
    rows = await tx.fetch(
        QueryString(
            f"SELECT t.id FROM {table.sql} t WHERE t.id > {{}} AND t.id <= {{}}"
            f" AND ({', '.join(now)}) IS DISTINCT FROM ({', '.join(['{}'] * len(new))}) ORDER BY t.id",
            after,
            last,
            *new,
        )
    )
    return [row["id"] for row in rows]


def _note(
    found: dict[str, Difference],
    catalog: Catalog,
    table: Table,
    one: Field,
    rows: list[int],
    refreshing: bool,
) -> None:
    difference = found.setdefault(
        one.id,
        Difference(
            app=catalog.app_of(table).name, table=table.name, field=one.name, field_id=one.id, examples=[]
        ),
    )
    difference.count += len(rows)
    difference.refreshing |= refreshing
    room = _EXAMPLES - len(difference.examples)
    difference.examples += [record_id(table.number, row) for row in rows[:room]]


async def _count_again(system: System, field: str, rows: list[int], alone: bool) -> int:
    """Count from the history how long these rows were in their states."""
    async with system.db.transaction() as tx:
        if alone:
            await keep_out(tx)
        catalog = await system.catalogs.locked(tx)
        one = catalog.field(field)
        table = catalog.table(one.table_id)
        await stays.hold(tx, table, rows)
        await stays.count(tx, table, one, rows)
        return len(rows)


async def _repair(system: System, wrong: dict[str, list[int]], alone: bool) -> int:
    """Compute these rows again in a transaction of its own, and what depends on them."""
    async with system.db.transaction() as tx:
        if alone:
            await keep_out(tx)
        catalog = await system.catalogs.locked(tx)
        return await computed.refresh_rows(
            system, tx, catalog, {key: set(rows) for key, rows in wrong.items()}
        )
