"""A formula while it is being written: what is wrong with it and where, what it gives, and what it gives on real records."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec
from piccolo.querystring import QueryString

from builder.computed import recheck
from runtime import access, fieldtypes, formulas
from runtime.access import Actor, Operation
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import FieldDef, Formula
from runtime.errors import Problem
from runtime.fieldtypes import Context
from runtime.ids import parse_record_id, record_id
from runtime.records.links import title
from runtime.storage import computed
from runtime.storage.query import Compiler
from runtime.system import System

EXAMPLES = 3
# a preview is typed after every key: one that takes longer than this is not worth waiting for
_PATIENCE = "1500ms"


class Result(msgspec.Struct, frozen=True):
    """What a formula gives on one record: as text, or the code of an error."""

    record: str
    name: str
    text: str
    error: str | None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A formula looked at. ``problem`` with the characters ``start`` to ``end`` it concerns, or ``result``, the type.

    ``uses_clock``: its value depends on the time of day. ``examples`` is empty where the table is, or too large to tell
    in time.
    """

    problem: Problem | None = None
    start: int = 0
    end: int = 0
    result: str | None = None
    uses_clock: bool = False
    examples: tuple[Result, ...] = ()


async def look_at(
    system: System,
    actor: Actor,
    table_id: str,
    source: str,
    *,
    decimals: int = 2,
    own: str | None = None,
    record: str | None = None,
) -> Draft:
    """Check ``source`` over a table and calculate it for ``record``, or for the newest records.

    ``own``: id of the field being edited; the formula may not read it.
    """
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    visible = table
    if own is not None:
        visible = msgspec.structs.replace(table, fields=tuple(f for f in table.fields if f.id != own))
    try:
        config = recheck(visible, Formula(source=source, decimals=decimals))
        bound = formulas.bind(source, {field.name: field.id for field in visible.fields})
    except formulas.FormulaRejected as rejected:
        return Draft(problem=rejected.problems[0], start=rejected.start, end=rejected.end)
    config = msgspec.structs.replace(config, source=bound)
    clock = formulas.uses_clock(formulas.parse(bound))
    examples = await _examples(system, actor, catalog, table, config, record)
    return Draft(result=config.result, uses_clock=clock, examples=examples)


async def _examples(
    system: System, actor: Actor, catalog: Catalog, table: Table, config: Formula, record: str | None
) -> tuple[Result, ...]:
    context = Context(zone=catalog.app_of(table).zone)
    draft = Field(
        id="fldDraftDraftDraft", number=0, version=0, position=0.0, table_id=table.id, definition=FieldDef("draft", config)
    )  # fmt: skip
    value, error = computed.expression(catalog, context, draft)
    compiler = Compiler(catalog, table, context, actor)
    primary = table.primary
    name = f"t.{primary.column}" if primary is not None and primary.type != "link" else "NULL::text"
    where = compiler.where(None)
    if record is not None:
        where = QueryString("{} AND t.id = {}", where, parse_record_id(record)[1])
    query = QueryString(
        f"SELECT t.id, {name} AS name, {{}} AS value, {{}} AS error FROM {{}} t WHERE {{}}"
        f" ORDER BY t.id DESC LIMIT {EXAMPLES}",
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
