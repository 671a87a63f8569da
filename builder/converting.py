"""Carrying out a conversion in the background, from where it stopped; the job function of ``convert`` jobs.

A trigger notes which rows are written, so that nothing entered during the conversion is lost: noted rows are converted
again, the last of them in the transaction that switches. The switch itself only puts in place what has been filled; from
there on it is the same as a conversion that was done at once, and undone like one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import msgspec

from builder import columns, dependents, links, undo, uniques
from builder.conversions import Plan, clear, tidy, titles_of
from builder.convert import Source
from builder.edit import Edit, editing
from builder.shadows import Back, Numbers, Values
from builder.validation import free_name
from builder.versions import check_version
from runtime.access import Actor
from runtime.accounts import person_actor
from runtime.automations.notes import dump
from runtime.catalog import Catalog
from runtime.definitions.fields import AutoNumber, FieldDef, Link
from runtime.errors import HuobiaoError, NotFound, RuleBroken, ServiceUnavailable
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.storage import notes
from runtime.storage.database import Row, Tx
from runtime.system import System
from runtime.worker.jobs import Cancelled, Running

_T = TypeVar("_T")

_FEW = 200
"""So many notes may be left for the switch."""
_MANY = 20_000
"""With more than so many the switch is put off."""
_MOST_ROUNDS = 50
_MOST_SWITCHES = 10
_ATTEMPTS = 6
_PATIENCE_SECONDS = 900.0
_LOOK_SECONDS = 1.0


async def run(system: System, running: Running) -> Message | None:
    """Carry out a conversion, or take one back; returns the sentence it ends with."""
    plan = msgspec.json.decode(msgspec.json.encode(running.job.config), type=Plan)
    person = await system.db.value("SELECT public_id FROM meta.person WHERE id = $1", running.job.person)
    actor = await person_actor(system, person or "")
    try:
        return await _Conversion(system, running, plan, actor).run()
    except (Cancelled, HuobiaoError):
        await clear(system, running.job.number)
        raise


class _TooMany(Exception):
    """So much has been written in the last moment that the switch would keep people waiting."""


class _Conversion:
    """One conversion under way."""

    def __init__(self, system: System, running: Running, plan: Plan, actor: Actor) -> None:
        self.system, self.running, self.plan, self.actor = system, running, plan, actor
        self.definition = plan.definition
        self.done = running.job.done
        self.cursor = 0
        self.way = self._way(0)

    def _way(self, shadow: int) -> Values:
        config, back = self.definition.config, self.plan.undo
        if back is not None:
            return Back(shadow, config, back.original, self.plan.definition)
        return Numbers(shadow, config) if isinstance(config, AutoNumber) else Values(shadow, config)

    async def run(self) -> Message:
        await tidy(self.system)
        row = await self._row()
        if row is None:
            await _patiently(self._prepare)
            row = await self._row()
            assert row is not None  # noqa: S101 - just stored
        self.cursor = row["cursor"]
        if row["config"] is not None:
            self.definition = msgspec.json.decode(row["config"], type=FieldDef)
        self.way = self._way(row["shadow"])
        if row["config"] is None:
            await self._decide()
        await self._at_leisure(self.way.ready)
        while await _patiently(self._batch):
            pass
        await self._at_leisure(self.way.look_again)
        await self._wait_until_computed()
        for _ in range(_MOST_SWITCHES):
            await self._catch_up()
            try:
                return await _patiently(self._switch)
            except _TooMany:
                continue
        return await self._switch(at_any_rate=True)

    async def _row(self) -> Row | None:
        return await self.system.db.row(
            "SELECT * FROM meta.conversion WHERE job_id = $1", self.running.job.number
        )

    def _source(self, tx: Tx, catalog: Catalog) -> Source:
        """The field as it was when the conversion was decided on.

        Raises:
            RuleBroken: it has been changed, or is gone, or what linked records are called by has.
        """
        try:
            field = catalog.field(self.plan.field)
        except NotFound:
            raise RuleBroken(N_("这个字段已经删除,没有转换"), code="changed_since") from None
        if field.version != self.plan.version:
            raise RuleBroken(
                N_("「{field_name}」在转换的时候又改过,没有转换"), code="changed_since", field_name=field.name
            )
        try:
            same = titles_of(catalog, field, self.plan.definition) == self.plan.titles or not self.plan.titles
        except NotFound:
            same = False
        if not same:
            raise RuleBroken(
                N_("「{field_name}」关联的数据表在转换的时候改过标题字段或删除了,没有转换"),
                code="changed_since",
                field_name=field.name,
            )
        table = catalog.table(field.table_id)
        return Source(tx, catalog, table, field, Context(zone=catalog.app_of(table).zone))

    async def _prepare(self) -> None:
        """What will be filled, and the notes of what is written from now on."""
        async with editing(self.system, self.actor, self.plan.field) as edit:
            await self.running.lease.confirm(edit.tx)
            source = self._source(edit.tx, edit.catalog)
            shadow = (await edit.draw("field")).number
            await self._way(shadow).prepare(edit, source)
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
            config = await self.way.completed(source)
            self.definition = msgspec.structs.replace(self.plan.definition, config=config)
            self.way.config = config
            await self.running.lease.confirm(tx)
            await tx.execute(
                "UPDATE meta.conversion SET config = $2 WHERE job_id = $1",
                self.running.job.number,
                dump(self.definition),
            )

    async def _at_leisure(self, step: Callable[[Source], Awaitable[None]]) -> None:
        """Something that takes long but keeps nobody waiting: the definitions may change meanwhile."""
        async with self.system.db.transaction() as tx:
            await step(self._source(tx, await self.system.catalogs.current()))
            await self.running.progress_in(tx, done=self.done)

    async def _batch(self) -> bool:
        """Convert the next rows; False when there are no more."""
        async with self.system.db.transaction() as tx:
            source = self._source(tx, await self.system.catalogs.locked(tx))
            made = await self.way.batch(source, self.cursor)
            if made is None:
                return False
            cursor, done = made[0], self.done + made[1]
            total = self.running.job.total
            await self.running.progress_in(tx, done=done, total=max(total, done) if total else None)
            await tx.execute(
                "UPDATE meta.conversion SET cursor = $2 WHERE job_id = $1", self.running.job.number, cursor
            )
        self.cursor, self.done = cursor, done
        return True

    async def _wait_until_computed(self) -> None:
        """What is frozen should not be a value that is still being computed again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while loop.time() < until and await self._is_behind():
            await self.running.progress(done=self.done)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_behind(self) -> bool:
        catalog = await self.system.catalogs.current()
        field = next(
            (f for app in catalog.apps for t in app.tables for f in t.fields if f.id == self.plan.field), None
        )
        if field is None or not field.computed or self.plan.undo is not None:
            return False
        computed = [f for app in catalog.apps for t in app.tables for f in t.fields if f.computed]
        feeding = [
            one.number
            for one in computed
            if one.id == field.id or field.id in {reader.id for reader in dependents.readers(catalog, one)}
        ]
        return bool(
            await self.system.db.value(
                "SELECT EXISTS (SELECT 1 FROM meta.refresh WHERE field_id = ANY($1::integer[]))", feeding
            )
        )

    async def _catch_up(self) -> None:
        for _ in range(_MOST_ROUNDS):
            if await _patiently(self._catch_up_once) < _FEW:
                return

    async def _catch_up_once(self) -> int:
        async with self.system.db.transaction() as tx:
            source = self._source(tx, await self.system.catalogs.locked(tx))
            count = await self.way.again(source)
            await self.running.progress_in(tx, done=self.done)
        return count

    async def _switch(self, *, at_any_rate: bool = False) -> Message:
        """Put what has been filled in the place of what there was: the moment everybody sees it.

        Raises:
            _TooMany: unless ``at_any_rate``.
        """
        async with editing(self.system, self.actor, self.plan.field) as edit:
            await self.running.progress_in(edit.tx, done=self.done)
            source = self._source(edit.tx, edit.catalog)
            check_version(source.field, self.plan.version)
            written = 0
            while count := await self.way.again(source):
                written += count
                if written > _MANY and not at_any_rate:
                    raise _TooMany
            await notes.stop(edit.tx, self.way.shadow)
            await edit.tx.execute("DELETE FROM meta.conversion WHERE job_id = $1", self.running.job.number)
            if (back := self.plan.undo) is not None:
                app = edit.catalog.app_of(source.table)
                await undo.carry_out(edit, app.id, back.at, {source.field.number: self.way.shadow})
                edit.tell(source.table.id)
                return Message(N_("「{field}」的类型已改回{type}"), self._said())
            definition = await self.way.put(edit, source, self.definition)
            await self._settle(edit, source, definition)
        return Message(N_("「{field}」已改成{type}"), self._said())

    def _said(self) -> dict[str, object]:
        return {"field": self.definition.name, "type": columns.label(self.definition)}

    async def _settle(self, edit: Edit, source: Source, definition: FieldDef) -> None:
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
        if (wish := self.plan.inverse) is not None and isinstance(definition.config, Link):
            taken = [one.name for one in edit.catalog.table(definition.config.table).fields]
            wish = msgspec.structs.replace(wish, name=free_name(wish.name, taken))
            await links.add_inverse(
                edit, edit.catalog.table(source.table.id), edit.catalog.field(field.id), wish
            )
            await edit.refresh()


async def _patiently(step: Callable[[], Awaitable[_T]]) -> _T:
    """Do a step that may stand in a circle of waiting with others: it steps back, and tries again."""
    for attempt in range(_ATTEMPTS):
        try:
            return await step()
        except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, ServiceUnavailable):
            await asyncio.sleep(0.1 * 2**attempt)
    return await step()
