"""Giving a field of a large table another type in the background.

The new values go into a column of their own beside the old one, a batch at a time; everybody reads and writes the old one
meanwhile. A trigger notes which rows are written, so that no cell edited during the conversion is lost: noted rows are
converted again, the last of them in the transaction that switches. The switch itself only renames columns; from there on
it is the same as a conversion that was done at once, and undone like one. Where it stands is stored with every batch, so
a worker that dies is followed by one that goes on.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from builder import columns, convert, dependents, uniques
from builder.configs import has_column
from builder.convert import Source
from builder.edit import Edit, editing
from builder.versions import check_version
from runtime import fieldtypes
from runtime.access import Actor
from runtime.accounts import person_actor
from runtime.automations.notes import dump
from runtime.catalog import Catalog, Field, Table, bump
from runtime.definitions.fields import (
    COMPUTED_TYPES,
    SYSTEM_TYPES,
    Cascade,
    FieldDef,
    Link,
    MultiSelect,
    SingleSelect,
    type_name,
)
from runtime.errors import HuobiaoError, NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY, Notice
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import new_id
from runtime.records.computed import is_large
from runtime.storage import schema
from runtime.storage.database import Row, Tx
from runtime.system import System
from runtime.worker.jobs import Cancelled, Running

KIND = "convert"
_BATCH = 5000
_FEW = 200
"""So many noted rows may be left for the switch."""
_MOST_ROUNDS = 50
_LOCK_WAIT = "20s"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a field: its definition, and the version it had when that was decided."""

    field: str
    table: str
    version: int
    definition: FieldDef


async def in_background(edit: Edit, table: Table, field: Field, definition: FieldDef) -> bool:
    """Whether the change takes so long that it is better done by the worker."""
    return _can_wait(field, definition) and await is_large(edit.system, edit.tx, table)


async def in_sample(system: System, source: Source, definition: FieldDef) -> bool:
    """Whether what such a change would do is told from a sample."""
    return _can_wait(source.field, definition) and await is_large(system, source.tx, source.table)


def _can_wait(field: Field, definition: FieldDef) -> bool:
    """Whether the change is from values in a column to values in a column."""
    old, new = field.config, definition.config
    plain = has_column(old) and has_column(new) and not isinstance(old, Link) and not isinstance(new, Link)
    given = not field.computed and type_name(new) not in COMPUTED_TYPES | SYSTEM_TYPES | {"auto_number"}
    return plain and given and not columns.same_column(old, new)


async def refuse_if_running(tx: Tx, field: Field) -> None:
    """Raises RuleBroken (``converting``) while the field is being given another type."""
    row = await tx.row(
        "SELECT done, total FROM meta.job WHERE kind = $1 AND config->>'field' = $2"
        " AND status IN ('queued', 'running') LIMIT 1",
        KIND,
        field.id,
    )
    if row is not None:
        share = min(99, row["done"] * 100 // row["total"]) if row["total"] else 0
        raise RuleBroken(
            N_("「{field}」正在转换类型,已完成 {share}%;等它完成,或先停下它"),
            code="converting",
            field=field.id,
            field_name=field.name,
            share=share,
        )


async def begin(edit: Edit, table: Table, field: Field, definition: FieldDef) -> str:
    """Store the job that will do it; returns its public id. Nothing changes until it is done."""
    uniques.refuse_unfit(edit.catalog, field, definition.config)
    await _try_definition(edit, field, definition)
    public_id = new_id("job")
    plan = Plan(field=field.id, table=table.id, version=field.version, definition=definition)
    total = await edit.tx.value(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)", table.sql
    )
    await edit.tx.execute(
        "INSERT INTO meta.job (public_id, kind, app_id, table_id, person_id, status, total, config)"
        " VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)",
        public_id,
        KIND,
        table.app_number,
        table.number,
        edit.actor.person or 0,
        total or None,
        dump(plan),
    )
    live = edit.system.live
    edit.tx.after_commit.append(partial(live.wake, WAKE_RELAY))
    edit.tx.after_commit.append(partial(live.publish, Notice(topic=table.id, kind="refresh")))
    return public_id


class _Tried(Exception):
    """The definition is sound; what was done to find out is taken back."""


async def _try_definition(edit: Edit, field: Field, definition: FieldDef) -> None:
    """Refuse now what would be refused after the work: definitions that could not use the field any more."""
    config = definition.config
    if isinstance(config, SingleSelect | MultiSelect | Cascade):
        return  # its choices come from the values
    before = edit.catalog
    try:
        async with edit.tx.savepoint():
            await edit.change(await edit.live(field.id, "field"), definition)
            await edit.refresh()
            await dependents.check(edit, before, edit.catalog.field(field.id))
            raise _Tried
    except _Tried:
        await edit.refresh()


async def running_of(system: System, field_id: str) -> str | None:
    """The public id of the job that is converting a field; None when none is."""
    found = await system.db.value(
        "SELECT public_id FROM meta.job WHERE kind = $1 AND config->>'field' = $2"
        " AND status IN ('queued', 'running') LIMIT 1",
        KIND,
        field_id,
    )
    return None if found is None else str(found)


# ---- the job ----


async def run(system: System, running: Running) -> Message | None:
    """Carry out a conversion from where it stopped; the job function of :data:`KIND`."""
    plan = msgspec.json.decode(msgspec.json.encode(running.job.config), type=Plan)
    person = await system.db.value("SELECT public_id FROM meta.person WHERE id = $1", running.job.person)
    actor = await person_actor(system, person or "")
    try:
        return await _Conversion(system, running, plan, actor).run()
    except (Cancelled, HuobiaoError):
        await clear(system, running.job.number)
        raise


class _Conversion:
    """One conversion under way."""

    def __init__(self, system: System, running: Running, plan: Plan, actor: Actor) -> None:
        self.system, self.running, self.plan, self.actor = system, running, plan, actor
        self.config = plan.definition.config
        self.shadow = self.cursor = 0
        self.done = running.job.done
        self._known: dict[Any, Any] = {}

    async def run(self) -> Message:
        await tidy(self.system)
        row = await self._row()
        if row is None:
            await self._prepare()
            row = await self._row()
            assert row is not None  # noqa: S101 - just stored
        self.shadow, self.cursor = row["shadow"], row["cursor"]
        if row["config"] is None:
            await self._decide()
        else:
            self.config = msgspec.json.decode(row["config"], type=FieldDef).config
        while await self._batch():
            pass
        for _ in range(_MOST_ROUNDS):
            if await self._catch_up_once() < _FEW:
                break
        return await self._switch()

    async def _row(self) -> Row | None:
        return await self.system.db.row(
            "SELECT * FROM meta.conversion WHERE job_id = $1", self.running.job.number
        )

    def _source(self, tx: Tx, catalog: Catalog) -> Source:
        """The field as it was when the conversion was decided on.

        Raises:
            RuleBroken: it has been changed, or is gone.
        """
        try:
            field = catalog.field(self.plan.field)
        except NotFound:
            raise RuleBroken(N_("这个字段已经删除,没有转换"), code="changed_since") from None
        if field.version != self.plan.version:
            raise RuleBroken(
                N_("「{field_name}」在转换的时候又改过,没有转换"), code="changed_since", field_name=field.name
            )
        table = catalog.table(field.table_id)
        return Source(tx, catalog, table, field, Context(zone=catalog.app_of(table).zone))

    async def _prepare(self) -> None:
        """The new column, and the notes of rows that are written from now on."""
        async with editing(self.system, self.actor, self.plan.field) as edit:
            await self.running.lease.confirm(edit.tx)
            source = self._source(edit.tx, edit.catalog)
            shadow = (await edit.draw("field")).number
            sql_type = fieldtypes.get(self.config).sql_type(self.config)
            await schema.add_column(edit.tx, source.table.number, shadow, sql_type or "text")
            await schema.note_changes(edit.tx, source.table.number, source.field.number, shadow)
            await edit.tx.execute(
                "INSERT INTO meta.conversion (job_id, field_id, table_id, shadow) VALUES ($1, $2, $3, $4)",
                self.running.job.number,
                source.field.number,
                source.table.number,
                shadow,
            )

    async def _decide(self) -> None:
        """What the values add to the configuration: the choices of a select."""
        async with self.system.db.transaction() as tx:
            source = self._source(tx, await self.system.catalogs.current())
            self.config = await convert.completed(source, self.config)
            definition = msgspec.structs.replace(self.plan.definition, config=self.config)
            await self.running.lease.confirm(tx)
            await tx.execute(
                "UPDATE meta.conversion SET config = $2 WHERE job_id = $1",
                self.running.job.number,
                dump(definition),
            )

    async def _batch(self) -> bool:
        """Convert the next rows; False when there are no more."""
        async with self.system.db.transaction() as tx:
            source = self._source(tx, await self.system.catalogs.locked(tx))
            column = source.field.column
            rows = await tx.fetch(
                f"SELECT id, {column} AS v FROM {source.table.sql} WHERE id > $1 ORDER BY id LIMIT $2",
                self.cursor,
                _BATCH,
            )
            if not rows:
                return False
            pairs = [(row["id"], self._new(source, row["v"])) for row in rows if row["v"] is not None]
            await self._fill(source, [(row, value) for row, value in pairs if value is not None])
            cursor, done = rows[-1]["id"], self.done + len(rows)
            await self._stand(tx, cursor, done)
        self.cursor, self.done = cursor, done
        return True

    async def _stand(self, tx: Tx, cursor: int, done: int) -> None:
        total = self.running.job.total
        await self.running.progress_in(tx, done=done, total=max(total, done) if total else None)
        await tx.execute(
            "UPDATE meta.conversion SET cursor = $2 WHERE job_id = $1", self.running.job.number, cursor
        )

    def _new(self, source: Source, stored: Any) -> Any:
        key = convert.key_of(stored)
        if key not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[key] = convert.one(source, self.config, stored)
        return self._known[key]

    async def _fill(self, source: Source, pairs: list[tuple[int, Any]]) -> None:
        new_type = (fieldtypes.get(self.config).sql_type(self.config) or "text").split(" ")[0]
        await columns.fill(source.tx, source.table, self.shadow, "bigint", new_type, pairs, match="id")

    async def _catch_up_once(self) -> int:
        async with self.system.db.transaction() as tx:
            source = self._source(tx, await self.system.catalogs.locked(tx))
            count = await self._catch_up(source)
            await self.running.progress_in(tx, done=self.done)
        return count

    async def _catch_up(self, source: Source) -> int:
        """Convert rows again that were written since; how many."""
        notes = schema.notes_of(self.shadow)
        noted = await source.tx.fetch(
            f"DELETE FROM {notes} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {notes} LIMIT {_BATCH})) RETURNING id"
        )
        ids = sorted({row["id"] for row in noted})
        if not ids:
            return 0
        rows = await source.tx.fetch(
            f"SELECT id, {source.field.column} AS v FROM {source.table.sql} WHERE id = ANY($1::bigint[])", ids
        )
        empty = False if type_name(self.config) == "checkbox" else None
        pairs = [(row["id"], None if row["v"] is None else self._new(source, row["v"])) for row in rows]
        await self._fill(source, [(row, empty if value is None else value) for row, value in pairs])
        return len(noted)

    async def _switch(self) -> Message:
        """Put the new column in the place of the old one: the moment everybody sees it."""
        async with editing(self.system, self.actor, self.plan.field) as edit:
            await self.running.progress_in(edit.tx, done=self.done)
            source = self._source(edit.tx, edit.catalog)
            check_version(source.field, self.plan.version)
            while await self._catch_up(source):
                pass
            await schema.forget_changes(edit.tx, source.table.number, self.shadow)
            await edit.tx.execute("DELETE FROM meta.conversion WHERE job_id = $1", self.running.job.number)
            definition = msgspec.structs.replace(self.plan.definition, config=self.config)
            await convert.put_in_place(edit, source, definition, self.shadow)
            await self._settle(edit, source, definition)
        kind = columns.label(definition)
        return Message(N_("「{field}」已改成{type}"), {"field": definition.name, "type": kind})

    @staticmethod
    async def _settle(edit: Edit, source: Source, definition: FieldDef) -> None:
        """What follows from the change, as it does where a field is converted at once."""
        before = edit.catalog
        edit.tell(source.table.id)
        catalog = await edit.refresh()
        field = catalog.field(source.field.id)
        if uniques.rules_with(catalog, field):
            await uniques.settle(edit, catalog.table(source.table.id))
        if definition.unique:
            await columns.set_unique(edit, catalog.table(source.table.id), field)
        await dependents.after_change(edit, before, source.field, field)


# ---- afterwards ----


async def clear(system: System, job: int) -> None:
    """Remove what a conversion that will not be finished has made."""
    async with system.db.transaction() as tx:
        await tx.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
        row = await tx.row("SELECT * FROM meta.conversion WHERE job_id = $1 FOR UPDATE", job)
        if row is None:
            return
        await bump(tx)
        if await tx.value("SELECT to_regclass($1) IS NOT NULL", f"data.t{row['table_id']}"):
            await schema.forget_changes(tx, row["table_id"], row["shadow"])
            await schema.drop_column(tx, row["table_id"], row["shadow"])
        else:
            await tx.execute(f"DROP TABLE IF EXISTS {schema.notes_of(row['shadow'])}")
        await tx.execute("DELETE FROM meta.conversion WHERE id = $1", row["id"])
        topic = await tx.value("SELECT public_id FROM meta.definition WHERE id = $1", row["table_id"])
        if topic is not None:
            notice = Notice(topic=topic, kind="refresh")
            tx.after_commit.append(partial(system.live.publish, notice))


async def tidy(system: System) -> int:
    """Clear away conversions whose job is over (given up after lost workers, or cancelled while queued); how many."""
    rows = await system.db.fetch(
        "SELECT c.job_id FROM meta.conversion c LEFT JOIN meta.job j ON j.id = c.job_id"
        " AND j.status IN ('queued', 'running') WHERE j.id IS NULL"
    )
    for row in rows:
        await clear(system, row["job_id"])
    return len(rows)
