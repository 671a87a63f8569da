"""Computed fields while they are being made: what they would be worth on real records. Nothing is stored."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec
from piccolo.querystring import QueryString

from builder.configs import Scope, read_config
from builder.validation import Problems
from runtime import access, fieldtypes
from runtime.access import Actor, Operation
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import COMPUTED_TYPES, FieldConfig, FieldDef
from runtime.errors import InvalidInput, Problem
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records.links import title
from runtime.storage import computed
from runtime.storage.query import Compiler
from runtime.system import System

EXAMPLES = 3
_LOOKED_AT = 12
# a preview is made after every key: one that takes longer than this is not worth waiting for
_PATIENCE = "1500ms"


class Result(msgspec.Struct, frozen=True):
    """What a computed field gives on one record: as text, or the code of an error."""

    record: str
    name: str
    text: str
    error: str | None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A look-up or roll-up looked at: its ``problems`` by path, or ``result``, the type of its value.

    ``uses_clock``: its value changes with time. ``examples`` is empty where the table is, or too large to tell in time.
    """

    problems: tuple[Problem, ...] = ()
    result: str | None = None
    uses_clock: bool = False
    examples: tuple[Result, ...] = ()


async def look_at(
    system: System,
    actor: Actor,
    table_id: str,
    type_: str,
    options: dict[str, Any],
    *,
    own: str | None = None,
    record: str | None = None,
) -> Draft:
    """Check a look-up or roll-up of a table and compute it for ``record``, or for some of the newest records.

    ``own``: id of the field being edited. Raises InvalidInput for a type that is not computed.
    """
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    if type_ not in COMPUTED_TYPES:
        raise InvalidInput(N_("这种字段不是计算出来的"), code="not_computed")
    problems = Problems()
    old = table.by_id.get(own or "")
    scope = Scope(catalog=catalog, app=catalog.app_of(table), table=table, old=old)
    config = read_config(problems, scope, type_, options)
    if config is None or problems.found:
        return Draft(problems=tuple(problems.found))
    draft = _field(table, config)
    clock = computed.changes_with_time(catalog, draft)
    examples = await examples_of(system, actor, catalog, table, config, record, filled_first=True)
    return Draft(result=getattr(config, "result", "text"), uses_clock=clock, examples=examples)


def _field(table: Table, config: FieldConfig) -> Field:
    return Field(
        id="fldDraftDraftDraft", number=0, version=0, position=0.0, table_id=table.id, definition=FieldDef("draft", config)
    )  # fmt: skip


async def examples_of(
    system: System,
    actor: Actor,
    catalog: Catalog,
    table: Table,
    config: FieldConfig,
    record: str | None,
    *,
    filled_first: bool = False,
) -> tuple[Result, ...]:
    """What a computed field would be worth on ``record`` or the newest ones; none where that takes too long.

    ``filled_first``: of the latest, rather those where it is worth something, or an error.
    """
    context = Context(zone=catalog.app_of(table).zone)
    value, error = computed.expression(catalog, context, _field(table, config))
    compiler = Compiler(catalog, table, context, actor)
    primary = table.primary
    name = f"t.{primary.column}" if primary is not None and primary.type != "link" else "NULL::text"
    where = compiler.where(None)
    if record is not None:
        where = QueryString("{} AND t.id = {}", where, parse_record_id(record)[1])
    first = "(error IS NULL AND (value IS NULL OR value::text IN ('', '0', '[]'))), " if filled_first else ""
    query = QueryString(
        f"SELECT * FROM (SELECT t.id, {name} AS name, {{}} AS value, {{}} AS error FROM {{}} t WHERE {{}}"
        f" ORDER BY t.id DESC LIMIT {_LOOKED_AT if filled_first else EXAMPLES}) s"
        f" ORDER BY {first}id DESC LIMIT {EXAMPLES}",
        value,
        error or QueryString("NULL::text"),
        compiler.source,
        where,
    )
    try:
        async with system.db.transaction() as tx:
            await tx.execute(f"SET LOCAL statement_timeout = '{_PATIENCE}'")
            rows = await tx.fetch(query)
    except asyncpg.QueryCanceledError:
        return ()
    kind = fieldtypes.get(config)

    def text(stored: Any) -> str:
        return kind.to_text(config, stored, context)

    return tuple(
        Result(
            record_id(table.number, r["id"]), title(primary, r["name"], context), text(r["value"]), r["error"]
        )
        for r in rows
    )
