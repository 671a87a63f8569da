"""A desk to build at: an app made through the builder, and short ways to draw tables and write records in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from builder import apps, fields, tables
from builder.tables import TableSpec
from builder.wire import FieldPatch, FieldSpec
from runtime.access import Actor
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.queries import Query
from runtime.definitions.tables import AppDef
from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Outcome, Patch, Source
from runtime.system import System

API = Source("api")
_RULES = ("required", "unique", "default", "default_formula", "description", "read_only", "validation")


def spec(name: str, type_: str = "text", **given: Any) -> FieldSpec:
    """A field to be made; keywords that are no rule of the field are its options."""
    rules = {key: given.pop(key) for key in _RULES if key in given}
    return FieldSpec(name=name, type=type_, options=given, **rules)


@dataclass
class Desk:
    """One app and its owner."""

    system: System
    owner: Actor
    app_id: str

    async def catalog(self) -> Catalog:
        return await self.system.catalogs.current()

    async def app(self) -> App:
        return (await self.catalog()).app(self.app_id)

    async def table(self, name: str, *specs: FieldSpec, **given: Any) -> Table:
        """A new table."""
        made = TableSpec(name=name, fields=specs or None, **given)
        return await tables.create(self.system, self.owner, self.app_id, made)

    async def again(self, table: Table) -> Table:
        """The table as it is now."""
        return (await self.catalog()).table(table.id)

    async def field(self, table: Table, /, *args: Any, **given: Any) -> Field:
        """A new field."""
        return await fields.create(self.system, self.owner, table.id, spec(*args, **given))

    async def change(self, field: Field, **given: Any) -> Field:
        """Patch a field: ``type``, ``options`` and the rules by keyword."""
        return await fields.update(self.system, self.owner, field.id, FieldPatch(**given))

    async def write(self, table: Table, *records: Mapping[str, Any], **given: Any) -> list[str]:
        """Create records; any problem fails the test."""
        creates = tuple(NewRecord(record) for record in records)
        outcome = await self.store(table, creates=creates, **given)
        problems = [p.message.text() for result in outcome.results for p in result.problems]
        assert not problems, problems
        return [result.id or "" for result in outcome.results]

    async def store(self, table: Table, **given: Any) -> Outcome:
        """Any change through the write path."""
        return await write.apply(self.system, Change(table=table.id, actor=self.owner, source=API, **given))

    async def set(self, table: Table, record: str, **values: Any) -> Outcome:
        """Set fields of one record by name."""
        return await self.store(table, updates=(Patch(record, values),))

    async def rows(self, table: Table, *names: str) -> list[Any]:
        """Values of all records in the order of creation: of one field, or tuples of several."""
        table = await self.again(table)
        page = await read.page(self.system, self.owner, table.id, Query(limit=1000))
        chosen = [table.field(name).id for name in names]
        rows = [tuple(record.fields.get(key) for key in chosen) for record in page.records]
        return [row[0] for row in rows] if len(names) == 1 else rows


@pytest.fixture
async def desk(system: System, owner: Actor) -> Desk:
    app = await apps.create(system, owner, AppDef("订单中枢"))
    return Desk(system, owner, app.id)
