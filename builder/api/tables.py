"""``/apps/{app}/tables`` and ``/tables/{table}``."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import tables, uniques, usage
from builder.api.shapes import (
    Confirmed,
    Json,
    Order,
    RemovalBody,
    Uses,
    removal_body,
    use_bodies,
)
from builder.tables import TablePatch, TableSpec
from builder.uniques import Repeats
from builder.wire import table_json
from runtime.access import Actor, Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import Table
from runtime.records.sizes import sizes
from runtime.system import System


async def table_answer(system: System, actor: Actor, table: Table) -> Json:
    """A table as the API answers it, with about how many records it holds."""
    app = (await system.catalogs.current()).app_of(table)
    estimate = (await sizes(system.db, [table])).get(table.id, 0)
    return table_json(actor, app, table, estimate)


@post("/apps/{app:str}/tables")
async def create_table(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[TableSpec]
) -> Json:
    """Make a table with its fields; without ``fields`` it gets one text field.

    Answers as ``GET /tables/{table}`` does.
    """
    return await table_answer(system, actor, await tables.create(system, actor, app, data))


@get("/tables/{table:str}")
async def read_table(system: TheSystem, actor: TheActor, table: FromPath[str]) -> Json:
    """A table: ``{id, version, app, name, icon, description, record_noun, primary, fields, views, estimate, time_zone,
    role}``. Each field says which ``operators`` and ``aggregates`` it knows."""
    found = (await system.catalogs.current()).table(table)
    require(actor, Operation.LOOK, found.app_id)
    return await table_answer(system, actor, found)


@patch("/tables/{table:str}")
async def update_table(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[TablePatch]
) -> Json:
    """Change name, icon, words, the primary field or ``unique``: ``[{fields}]``, what may not repeat together."""
    return await table_answer(system, actor, await tables.update(system, actor, table, data))


class Combination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields (ids or names) whose values together may not repeat."""

    fields: tuple[str, ...]


@post("/tables/{table:str}/repeats", status_code=HTTP_200_OK)
async def table_repeats(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[Combination]
) -> Repeats:
    """What several records hold alike in all of these fields: how many combinations and records, and the most
    frequent with a filter that finds them. Changes nothing."""
    return await uniques.standing_against(system, actor, table, data.fields)


@get("/tables/{table:str}/deletion")
async def table_deletion(
    system: TheSystem, actor: TheActor, translator: TheTranslator, table: FromPath[str]
) -> RemovalBody:
    """What deleting the table would do."""
    return removal_body(await tables.deletion_impact(system, actor, table), translator)


@delete("/tables/{table:str}")
async def delete_table(
    system: TheSystem, actor: TheActor, table: FromPath[str], confirm: Confirmed = False
) -> None:
    """Put the table into the trash."""
    await tables.delete(system, actor, table, confirmed=confirm)


@get("/tables/{table:str}/uses")
async def table_uses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, table: FromPath[str]
) -> Uses:
    """Where the table and its fields are used by others."""
    return Uses(use_bodies(await usage.where_used(system, actor, table), translator))


@post("/apps/{app:str}/tables/order", status_code=HTTP_204_NO_CONTENT)
async def order_tables(system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[Order]) -> None:
    """Put the tables of an app into this order."""
    await tables.reorder(system, actor, app, data.ids)


ROUTES = (
    create_table,
    read_table,
    update_table,
    table_repeats,
    table_deletion,
    delete_table,
    table_uses,
    order_tables,
)
