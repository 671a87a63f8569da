"""A small world for tests of the runtime: apps and tables written straight as definitions, without the builder.

Links and formulas name fields and tables as a test would: ``world.link("客户")``, ``Formula("{在库数量}-{预占数量}")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import SYSTEM, Actor
from runtime.catalog import App, Catalog, Field, Table, bump
from runtime.definitions.fields import AutoNumber, FieldConfig, FieldDef, Formula, Link
from runtime.definitions.tables import AppDef, TableDef
from runtime.ids import new_id
from runtime.records import write
from runtime.records.change import Change, NewRecord, Outcome, Patch, Source
from runtime.storage import schema
from runtime.storage.database import Tx
from runtime.system import System

EDITOR = Actor(kind="person", id="usrEditorEditor1", name="编辑", person=1, everywhere="editor")
VIEWER = Actor(kind="person", id="usrViewerViewer1", name="查看", person=2, everywhere="viewer")
API = Source("api")


@dataclass
class World:
    """One app and the means to draw tables in it and write records by field name."""

    system: System
    app_number: int = 0
    app_id: str = ""

    @classmethod
    async def make(cls, system: System, name: str = "订单中枢") -> World:
        world = cls(system)
        async with system.db.transaction() as tx:
            await bump(tx)
            world.app_id = new_id("app")
            world.app_number = await world._define(tx, "app", world.app_id, AppDef(name))
        return world

    async def _define(self, tx: Tx, kind: str, public_id: str, body: Any, table: int | None = None) -> int:
        position = await tx.value("SELECT count(*) FROM meta.definition")
        return int(
            await tx.value(
                "INSERT INTO meta.definition (public_id, kind, app_id, table_id, position, body)"
                " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                public_id,
                kind,
                self.app_number or None,
                table,
                float(position),
                msgspec.json.encode(body).decode(),
            )
        )

    async def add(self, kind: str, body: Any) -> str:
        """Any app-level definition; returns its public id."""
        public_id = new_id(
            {"automation": "aut", "dashboard": "das", "workbench": "wkb", "stock": "stk"}[kind]
        )
        async with self.system.db.transaction() as tx:
            await bump(tx)
            await self._define(tx, kind, public_id, body)
        return public_id

    async def table(self, name: str, fields: Mapping[str, FieldConfig | FieldDef]) -> Table:
        """A table with its columns; the first field names its records."""
        public_id = new_id("tbl")
        async with self.system.db.transaction() as tx:
            await bump(tx)
            number = await self._define(tx, "table", public_id, TableDef(name))
            await schema.create_table(tx, number)
            ids: dict[str, str] = {}
            for field_name, given in fields.items():
                definition = given if isinstance(given, FieldDef) else FieldDef(field_name, given)
                definition = msgspec.structs.replace(definition, name=field_name)
                ids[field_name] = await self._field(tx, number, definition, ids)
        return (await self.catalog()).table(public_id)

    async def _field(self, tx: Tx, table: int, definition: FieldDef, ids: Mapping[str, str]) -> str:
        public_id = new_id("fld")
        config = definition.config
        if isinstance(config, Formula):
            source = config.source
            for field_name, field_id in ids.items():
                source = source.replace("{" + field_name + "}", "{" + field_id + "}")
            config = msgspec.structs.replace(config, source=source)
        number = await self._define(
            tx, "field", public_id, msgspec.structs.replace(definition, config=config), table
        )
        if isinstance(config, Link):
            target = (await self.catalog()).table(config.table)
            await schema.create_relation(tx, number, table, target.number)
            inverse = new_id("fld")
            config = msgspec.structs.replace(config, relation=number, side="a", inverse=inverse)
            back = Link(
                table=(await self._public(tx, table)), many=True, inverse=public_id, relation=number, side="b"
            )
            await tx.execute(
                "UPDATE meta.definition SET body = $2 WHERE id = $1",
                number,
                msgspec.json.encode(msgspec.structs.replace(definition, config=config)).decode(),
            )
            await self._define(tx, "field", inverse, FieldDef(f"← {definition.name}", back), target.number)
        elif fieldtypes.get(config).sql_type(config) is not None:
            await schema.add_column(tx, table, number, fieldtypes.get(config).sql_type(config) or "")
            if isinstance(config, Formula):
                await schema.add_error_column(tx, table, number)
            if isinstance(config, AutoNumber):
                await schema.create_sequence(tx, number)
            if getattr(config, "machine", None) is not None:
                await schema.add_since_column(tx, table, number)
                await schema.add_spent_column(tx, table, number)
            if definition.unique:
                await schema.create_index(tx, table, number, unique=True)
        return public_id

    async def _public(self, tx: Tx, number: int) -> str:
        return str(await tx.value("SELECT public_id FROM meta.definition WHERE id = $1", number))

    async def replace(self, public_id: str, body: Any) -> None:
        """Store a new body for a definition."""
        async with self.system.db.transaction() as tx:
            await bump(tx)
            await tx.execute(
                "UPDATE meta.definition SET body = $2, version = version + 1 WHERE public_id = $1",
                public_id,
                msgspec.json.encode(body).decode(),
            )

    async def catalog(self) -> Catalog:
        return await self.system.catalogs.current()

    async def app(self) -> App:
        return (await self.catalog()).app(self.app_id)

    async def create(
        self, table: Table, *records: Mapping[str, Any], actor: Actor = EDITOR, **options: Any
    ) -> list[str]:
        """Create records and return their ids; any problem fails the test."""
        outcome = await self.change(
            table, creates=tuple(NewRecord(r) for r in records), actor=actor, **options
        )
        problems = [p.message.text() for r in outcome.results for p in r.problems]
        assert not problems, problems
        return [r.id or "" for r in outcome.results]

    async def patch(self, record: str, fields: Mapping[str, Any], table: Table, **options: Any) -> Outcome:
        """Set fields of one record."""
        return await self.change(table, updates=(Patch(record, fields),), **options)

    async def change(
        self, table: Table, *, actor: Actor = EDITOR, source: Source = API, **parts: Any
    ) -> Outcome:
        """Any change through the write path."""
        return await write.apply(self.system, Change(table=table.id, actor=actor, source=source, **parts))


def named(table: Table, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields by name instead of id."""
    return {table.by_id[key].name: value for key, value in fields.items()}


def sentences(outcome: Outcome) -> list[str]:
    """Every problem of an outcome as a person reads it."""
    return [problem.message.text() for result in outcome.results for problem in result.problems]


__all__ = ["API", "EDITOR", "SYSTEM", "VIEWER", "Field", "World", "named", "sentences"]
