"""Giving a field of a large table another type in the background: when that is done, storing the job, clearing up.

The new values go into a column or join table of their own beside what the field has, a batch at a time; everybody reads
and writes the old ones meanwhile (:mod:`builder.converting` does it). Where it stands is stored with every batch, so a
worker that dies is followed by one that goes on. Taking a conversion back is done the same way.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from builder import columns, dependents, links, shadows, uniques
from builder.convert import Source
from builder.edit import Edit
from builder.links import InverseWish
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
from runtime.errors import RuleBroken
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.records.computed import is_large
from runtime.storage.database import Tx
from runtime.system import System

KIND = "convert"
_LOCK_WAIT = "20s"


class Undoing(msgspec.Struct, frozen=True):
    """Which batch is taken back, and the number of what was kept of the field."""

    at: datetime
    original: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a field: its definition, and the version it had when that was decided.

    ``inverse``: the field wanted at the other end of the link it becomes. ``titles``: the primary fields that records
    are called by, with their versions: names found are good while they stay the same.
    """

    field: str
    table: str
    version: int
    definition: FieldDef
    inverse: InverseWish | None = None
    titles: tuple[tuple[str, int], ...] = ()
    undo: Undoing | None = None


async def in_background(edit: Edit, table: Table, field: Field, definition: FieldDef) -> bool:
    """Whether the change takes so long that it is better done by the worker."""
    return _can_wait(field, definition) and await _is_long(
        edit.system, edit.tx, edit.catalog, table, field, definition
    )


async def in_sample(system: System, source: Source, definition: FieldDef) -> bool:
    """Whether what such a change would do is told from a sample."""
    reads = _can_wait(source.field, definition) and type_name(definition.config) != "auto_number"
    return reads and await _is_long(system, source.tx, source.catalog, source.table, source.field, definition)


def _can_wait(field: Field, definition: FieldDef) -> bool:
    """Whether the values have to be worked out; a field that is computed from now on is the worker's anyway."""
    if type_name(definition.config) in COMPUTED_TYPES | SYSTEM_TYPES:
        return False
    return not columns.same_column(field.config, definition.config)


async def _is_long(
    system: System, tx: Tx, catalog: Catalog, table: Table, field: Field, definition: FieldDef
) -> bool:
    """Whether there is much to go through: the table, its links, or the records that names are looked up among."""
    if await is_large(system, tx, table):
        return True
    if isinstance(definition.config, Link) and await is_large(
        system, tx, catalog.table(definition.config.table)
    ):
        return True
    if field.type != "link" or type_name(definition.config) == "auto_number":
        return False
    most = int(system.settings.large_table_rows)
    found = await tx.value(f"SELECT count(*) FROM (SELECT 1 FROM {field.link_sql} LIMIT {most + 1}) s")
    return bool(found > most)


async def refuse_if_running(tx: Tx, field: Field) -> None:
    """Raises RuleBroken (``converting``) while the field is being given another type."""
    row = await tx.row(
        "SELECT done, total, config->>'undo' IS NOT NULL AS undo FROM meta.job WHERE kind = $1"
        " AND config->>'field' = $2 AND status IN ('queued', 'running') LIMIT 1",
        KIND,
        field.id,
    )
    if row is None:
        return
    share = min(99, row["done"] * 100 // row["total"]) if row["total"] else 0
    raise RuleBroken(
        N_("「{field}」正在改回原来的类型,已完成 {share}%;等它完成,或先停下它")
        if row["undo"]
        else N_("「{field}」正在转换类型,已完成 {share}%;等它完成,或先停下它"),
        code="converting",
        field=field.id,
        field_name=field.name,
        share=share,
    )


async def begin(
    edit: Edit, table: Table, field: Field, definition: FieldDef, inverse: InverseWish | None = None
) -> str:
    """Store the job that will do it; returns its public id. Nothing changes until it is done.

    Raises:
        RuleBroken: what would be refused after the work.
    """
    uniques.refuse_unfit(edit.catalog, field, definition.config)
    await _try_definition(edit, field, definition)
    plan = Plan(
        field=field.id,
        table=table.id,
        version=field.version,
        definition=definition,
        inverse=inverse,
        titles=titles_of(edit.catalog, field, definition),
    )
    return await _submit(edit, table, field, plan)


async def begin_undo(edit: Edit, field: Field, before: FieldDef, original: int, moment: datetime) -> str:
    """Store the job that takes the conversion of ``field`` back, and all else that was done at that ``moment``.

    Returns its public id.

    Raises:
        RuleBroken: the field is being converted, or what would be refused after the work.
    """
    await refuse_if_running(edit.tx, field)
    await _try_definition(edit, field, before, always=True)
    plan = Plan(
        field=field.id,
        table=field.table_id,
        version=field.version,
        definition=before,
        undo=Undoing(moment, original),
    )
    return await _submit(edit, edit.catalog.table(field.table_id), field, plan)


def titles_of(catalog: Catalog, field: Field, definition: FieldDef) -> tuple[tuple[str, int], ...]:
    """The fields by which linked records are called, before and after."""
    found = []
    for config in (field.config, definition.config):
        primary = catalog.table(config.table).primary if isinstance(config, Link) else None
        if primary is not None:
            found.append((primary.id, primary.version))
    return tuple(found)


async def _submit(edit: Edit, table: Table, field: Field, plan: Plan) -> str:
    public_id = new_id("job")
    numbered = type_name(plan.definition.config) == "auto_number" and plan.undo is None
    walked = field.link_sql if field.type == "link" and not numbered else table.sql
    total = await edit.tx.value(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)", walked
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


async def _try_definition(edit: Edit, field: Field, definition: FieldDef, *, always: bool = False) -> None:
    """Refuse now what would be refused after the work: definitions that could not use the field any more."""
    config = definition.config
    if isinstance(config, SingleSelect | MultiSelect | Cascade) and not always:
        return  # its choices come from the values
    if isinstance(config, SingleSelect) and config.machine is not None:
        return  # trying it would read the history of every record
    before = edit.catalog
    try:
        async with edit.tx.savepoint():
            if isinstance(field.config, Link):
                await links.part(edit, field.config.inverse)
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


async def undoing(system: System, app: int) -> set[datetime]:
    """The moments of those changes of an app that are being taken back in the background."""
    rows = await system.db.fetch(
        "SELECT config->'undo'->>'at' AS at FROM meta.job WHERE kind = $1 AND app_id = $2"
        " AND status IN ('queued', 'running') AND config->>'undo' IS NOT NULL",
        KIND,
        app,
    )
    return {datetime.fromisoformat(row["at"]) for row in rows}


# ---- afterwards ----


async def clear(system: System, job: int) -> None:
    """Remove what a conversion that will not be finished has made."""
    async with system.db.transaction() as tx:
        await tx.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
        row = await tx.row("SELECT * FROM meta.conversion WHERE job_id = $1 FOR UPDATE", job)
        if row is None:
            return
        await bump(tx)
        there = await tx.value("SELECT to_regclass($1) IS NOT NULL", f"data.t{row['table_id']}")
        await shadows.remove(tx, row["table_id"], row["shadow"], there=there)
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
