"""What is filled beside a field while it gets another type, a batch at a time: a column, or a join table.

A *way* knows what has to be read, what becomes of it and where it goes; :mod:`builder.converting` drives it. Each way
can be asked for rows again, as they are by then: everything written meanwhile is noted (:mod:`runtime.storage.notes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from builder import columns, convert, convert_links, frozen, reconvert
from builder.convert import Source
from builder.edit import Edit
from runtime import fieldtypes
from runtime.definitions.fields import AutoNumber, FieldConfig, FieldDef, Link, type_name
from runtime.errors import RuleBroken
from runtime.i18n import N_
from runtime.storage import notes, schema
from runtime.storage.database import Tx

BATCH = 5000
"""Rows or pairs read in one transaction."""
_NUMBERED = 20_000
_KNOWN = 100_000
_FAR = 200

Rows = tuple[int, int] | list[int]
"""Rows of a table: more than the one id, up to the other; or given ones."""


class Values:
    """Values of a column or names of linked records become values of a column or pairs of a join table."""

    def __init__(self, shadow: int, config: FieldConfig) -> None:
        self.shadow, self.config = shadow, config
        self._known: dict[Any, Any] = {}
        self._names: dict[str, int] | None = None

    # ---- what is made ----

    async def prepare(self, edit: Edit, source: Source) -> None:
        """Make what will be filled, and have noted what is written from now on."""
        table, tx = source.table, edit.tx
        if isinstance(self.config, Link):
            target = edit.catalog.table(self.config.table)
            await schema.create_relation(tx, self.shadow, table.number, target.number)
            watched = [target.primary.column] if target.primary and target.primary.type != "link" else []
            await notes.note_rows(tx, target.number, watched, self.shadow, notes.NEW_FAR, deleted=True)
        else:
            sql_type = fieldtypes.get(self.config).sql_type(self.config)
            await schema.add_column(tx, table.number, self.shadow, sql_type or "text")
        await self._note(edit, source)

    async def _note(self, edit: Edit, source: Source) -> None:
        field = source.field
        if isinstance(field.config, Link):
            far = edit.catalog.table(field.config.table)
            watched = [far.primary.column] if far.primary and far.primary.type != "link" else []
            await notes.note_pairs(edit.tx, field.config.relation, field.link_near, self.shadow)
            await notes.note_rows(edit.tx, far.number, watched, self.shadow, notes.OLD_FAR, deleted=True)
        else:
            written = frozen.written_with(edit.catalog, field)
            await notes.note_rows(edit.tx, source.table.number, [written], self.shadow)

    async def completed(self, source: Source) -> FieldConfig:
        """The configuration with what the values add to it."""
        return await convert.completed(source, self.config)

    async def ready(self, source: Source) -> None:
        """Look up what is needed for all rows: the names of the records that values may mean."""
        if isinstance(self.config, Link):
            self._names = await convert_links.names_of(
                source.tx, source.catalog.table(self.config.table), source.context
            )
            self._known.clear()

    # ---- a batch ----

    async def batch(self, source: Source, cursor: int) -> tuple[int, int] | None:
        """Convert the rows that follow ``cursor``: the last of them and how much was read; None when there are none."""
        place, key = source.table.sql, "id"
        if source.field.type == "link":
            place, key = source.field.link_sql, source.field.link_near
        row = await source.tx.row(
            f"SELECT max(near) AS last, count(*) AS n FROM (SELECT {key} AS near FROM {place} WHERE {key} > $1"
            f" ORDER BY {key} LIMIT {BATCH}) s",
            cursor,
        )
        if row is None or row["last"] is None:
            return None
        read = await self._read(source, (cursor, row["last"]))
        made = [(at, self._new(source, stored)) for at, stored in read]
        await self._store(source, [(at, value) for at, value in made if value is not None])
        return row["last"], row["n"]

    async def again(self, source: Source) -> int:
        """Convert rows again that were written since; of how many notes."""
        spread = await self._spread(source)
        count, rows = await notes.take(source.tx, self.shadow, BATCH)
        if rows:
            made = {at: self._new(source, stored) for at, stored in await self._read(source, rows)}
            await self._empty(source, [at for at in rows if made.get(at) is None])
            await self._store(source, [(at, value) for at, value in made.items() if value is not None], rows)
        return spread + count

    async def _spread(self, source: Source) -> int:
        """Who points at a record that is called something else now has to be converted again."""
        noted = 0
        if isinstance(self.config, Link):
            noted, new = await notes.take(source.tx, self.shadow, BATCH, notes.NEW_FAR)
            if new and self._names is not None:
                target = source.catalog.table(self.config.table)
                self._names.update(await convert_links.names_of(source.tx, target, source.context, new))
                self._known.clear()
        if source.field.type != "link":
            return noted
        count, far = await notes.take(source.tx, self.shadow, _FAR, notes.OLD_FAR)
        if far:
            field = source.field
            await source.tx.connection.execute(
                f"INSERT INTO {notes.notes_of(self.shadow)} (id) SELECT DISTINCT {field.link_near} FROM {field.link_sql}"
                f" WHERE {field.link_far} = ANY($1::bigint[])",
                far,
                timeout=columns.LONG_SECONDS,
            )
        return noted + count

    async def look_again(self, source: Source) -> None:
        """After the last batch: what was not found may be there by now."""
        if not isinstance(self.config, Link):
            return
        tx, field = source.tx, source.field
        if not await tx.value(f"SELECT EXISTS (SELECT 1 FROM {notes.notes_of(self.shadow, notes.NEW_FAR)})"):
            return
        await tx.execute(f"DELETE FROM {notes.notes_of(self.shadow, notes.NEW_FAR)}")
        await self.ready(source)
        holds = f"t.{field.column} IS NOT NULL"
        if field.type == "link":
            holds = f"EXISTS (SELECT 1 FROM {field.link_sql} l WHERE l.{field.link_near} = t.id)"
        await tx.connection.execute(
            f"INSERT INTO {notes.notes_of(self.shadow)} (id) SELECT t.id FROM {source.table.sql} t WHERE {holds}"
            f" AND NOT EXISTS (SELECT 1 FROM data.l{self.shadow} s WHERE s.a_id = t.id)",
            timeout=columns.LONG_SECONDS,
        )

    async def _read(self, source: Source, rows: Rows) -> list[tuple[int, Any]]:
        """``(row, what it holds)`` of those that hold anything."""
        if source.field.type == "link":
            only, args = _only("t.id", rows)
            found = convert_links.linked(
                source.tx, source.catalog, source.table, source.field, source.context, only=only, args=args
            )
            return [(one.row, one) async for one, _ in found]
        value = frozen.value_of(source.catalog, source.context, source.field)
        read = await source.tx.fetch(
            QueryString(
                f"SELECT id, v FROM (SELECT t.id, {{}} AS v FROM {source.table.sql} t WHERE {{}} OFFSET 0) s"
                " WHERE v IS NOT NULL",
                value,
                _chosen(rows),
            )
        )
        return [(row["id"], row["v"]) for row in read]

    def _new(self, source: Source, stored: Any) -> Any:
        key = convert.key_of(stored)
        if key not in self._known:
            if len(self._known) > _KNOWN:
                self._known.clear()
            self._known[key] = self._one(source, stored)
        return self._known[key]

    def _one(self, source: Source, stored: Any) -> Any:
        return convert.one(source, self.config, stored, self._names)

    async def _store(
        self, source: Source, pairs: list[tuple[int, Any]], before: Sequence[int] | None = None
    ) -> None:
        """``before``: rows that may hold something already."""
        if isinstance(self.config, Link):
            if before:
                await convert_links.forget(source.tx, self.shadow, before)
            target = source.catalog.table(self.config.table)
            await convert_links.fill(
                source.tx, source.table, target, self.shadow, "bigint", pairs, match="id"
            )
            return
        new_type = (fieldtypes.get(self.config).sql_type(self.config) or "text").split(" ")[0]
        await columns.fill(source.tx, source.table, self.shadow, "bigint", new_type, pairs, match="id")

    async def _empty(self, source: Source, rows: list[int]) -> None:
        if not isinstance(self.config, Link):
            nothing = False if type_name(self.config) == "checkbox" else None
            await self._store(source, [(row, nothing) for row in rows])

    # ---- the end ----

    async def put(self, edit: Edit, source: Source, definition: FieldDef) -> FieldDef:
        """Let what has been filled be the field's; returns its definition as stored."""
        return await convert.put_in_place(edit, source, definition, self.shadow)


class Numbers(Values):
    """Every record gets an auto number, in the order of creation, whatever the field held."""

    async def prepare(self, edit: Edit, source: Source) -> None:
        """The column, the sequence it counts with, and notes of new records."""
        await schema.add_column(edit.tx, source.table.number, self.shadow, "text")
        await schema.create_sequence(edit.tx, self.shadow)
        await notes.note_rows(edit.tx, source.table.number, ["created_at"], self.shadow)

    async def batch(self, source: Source, cursor: int) -> tuple[int, int] | None:
        """Number the first records that have no number yet."""
        count = await self._number(source, most=_NUMBERED)
        return (cursor + count, count) if count else None

    async def again(self, source: Source) -> int:
        """Number records that were made since."""
        count, rows = await notes.take(source.tx, self.shadow, BATCH)
        if rows:
            await self._number(source, rows=rows)
        return count

    async def _number(self, source: Source, **which: Any) -> int:
        assert isinstance(self.config, AutoNumber)  # noqa: S101
        app = source.catalog.app_of(source.table)
        return await columns.number_missing(source.tx, app, source.table, self.shadow, self.config, **which)


class Back(Values):
    """A conversion is taken back: originals, and converted back what was entered since."""

    def __init__(self, shadow: int, config: FieldConfig, original: int, before: FieldDef) -> None:
        super().__init__(shadow, config)
        self.original, self.before = original, before

    async def completed(self, source: Source) -> FieldConfig:
        """The configuration it had."""
        return self.config

    async def _read(self, source: Source, rows: Rows) -> list[tuple[int, Any]]:
        await self._refuse_gone(source)
        only, args = _only("id", rows)
        read = await source.tx.fetch(
            f"SELECT id, {source.field.column} AS now, f{self.original} AS was FROM {source.table.sql} WHERE {only}",
            *args,
        )
        return [(row["id"], (row["now"], row["was"])) for row in read]

    async def _refuse_gone(self, source: Source) -> None:
        row = await source.tx.row("SELECT deleted_at FROM meta.definition WHERE id = $1", self.original)
        if row is None or row["deleted_at"] is None:
            raise RuleBroken(N_("原来的内容已经不在回收站里,撤销不了"), code="original_gone")

    def _new(self, source: Source, stored: Any) -> Any:
        now, was = stored
        key = convert.key_of(now), convert.key_of(was)
        if key not in self._known:
            if len(self._known) > _KNOWN:
                self._known.clear()
            field = source.field
            forward = msgspec.structs.replace(
                source, field=msgspec.structs.replace(field, number=self.original, definition=self.before)
            )
            self._known[key] = reconvert.back(forward, source, now, was)
        return self._known[key]


def _only(column: str, rows: Rows) -> tuple[str, list[Any]]:
    if isinstance(rows, tuple):
        return f"{column} > $1 AND {column} <= $2", [*rows]
    return f"{column} = ANY($1::bigint[])", [rows]


def _chosen(rows: Rows) -> QueryString:
    if isinstance(rows, tuple):
        return QueryString("t.id > {} AND t.id <= {}", *rows)
    return QueryString("t.id = ANY({}::bigint[])", rows)


async def remove(tx: Tx, table: int, shadow: int, *, there: bool) -> None:
    """Remove what was filled for nothing. ``there``: whether the table still is."""
    await notes.stop(tx, shadow)
    if there:
        await schema.drop_column(tx, table, shadow)
    await schema.drop_relation(tx, shadow)
    await columns.forget_numbers(tx, shadow)
