"""The trash of definitions: what is in it, bringing it back, and emptying it after 30 days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from builder.edit import ID_KINDS, editing
from builder.reversal import Change, Reversal, batch_at, change_of
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import decode_body
from runtime.definitions.fields import Link
from runtime.errors import RuleBroken
from runtime.i18n import N_
from runtime.storage import schema
from runtime.storage.database import Row, Tx
from runtime.system import System

KEPT = timedelta(days=30)


class Trashed(msgspec.Struct, frozen=True, kw_only=True):
    """A definition in the trash. ``converted``: it holds what a field was before its type was changed.

    ``table``: name of the table a field or view stood in. ``by``: who put it there, where that is known.
    """

    id: str
    kind: str
    name: str
    type: str | None
    table: str | None
    converted: bool
    deleted_at: datetime
    gone_at: datetime
    by: str | None


async def list_of(system: System, actor: Actor, app_id: str) -> list[Trashed]:
    """What lies in an app's trash, the latest first; what lies in a trashed table comes back with the table."""
    access.require(actor, Operation.BUILD, app_id)
    rows = await system.db.fetch(
        "SELECT d.*, t.body->>'name' AS table_name, c.action, p.name AS who FROM meta.definition d"
        " JOIN meta.definition a ON a.id = d.app_id AND a.public_id = $1"
        " LEFT JOIN meta.definition t ON t.id = d.table_id"
        " LEFT JOIN LATERAL (SELECT action, person_id FROM meta.definition_change c WHERE c.definition_id = d.id"
        "   AND c.action IN ('delete', 'keep') ORDER BY c.id DESC LIMIT 1) c ON true"
        " LEFT JOIN meta.person p ON p.id = c.person_id"
        " WHERE d.deleted_at IS NOT NULL AND (t.id IS NULL OR t.deleted_at IS NULL) ORDER BY d.deleted_at DESC, d.id",
        app_id,
    )
    return [_trashed(row) for row in rows]


def _trashed(row: Row) -> Trashed:
    body = decode_body(row["kind"], row["body"])
    return Trashed(
        id=row["public_id"],
        kind=row["kind"],
        name=body.name,
        type=body.type if row["kind"] == "field" else None,
        table=row["table_name"],
        converted=row["action"] == "keep",
        deleted_at=row["deleted_at"],
        gone_at=row["deleted_at"] + KEPT,
        by=row["who"],
    )


async def restore(system: System, actor: Actor, public_id: str) -> None:
    """Bring a definition back, with everything that went into the trash together with it.

    A name that is taken by now gets a number; a unique rule that no longer holds is dropped; what others have changed
    since stays as they changed it. Apps are restored by :func:`builder.apps.restore`.

    Raises:
        RuleBroken: it is not in the trash, or the table it belongs to is in the trash as well.
    """
    async with editing(system, actor, public_id) as edit:
        stored = await edit.stored(public_id)
        if stored.deleted_at is None or stored.kind == "app":
            raise RuleBroken(N_("「{name}」不在回收站里"), code="not_in_trash", name=stored.body.name)
        row = await edit.tx.row(
            "SELECT * FROM meta.definition_change WHERE definition_id = $1 AND action IN ('delete', 'keep')"
            " ORDER BY id DESC LIMIT 1",
            stored.number,
        )
        assert row is not None  # noqa: S101 - nothing gets into the trash without a row
        if row["action"] == "keep":
            change = change_of(row)
            batch = [Change(change.number, change.definition, "delete", change.after, None)]
        else:
            # only what the deletion did: a batch may hold more (an installation)
            batch = [
                change
                for change in await batch_at(edit, stored.app_number or 0, row["at"])
                if change.action in ("delete", "change")
            ]
        await Reversal(edit, batch, strict=False).run()
        edit.tell(await _app_of(edit.tx, stored.app_number))


async def _app_of(tx: Tx, number: int | None) -> str:
    return str(await tx.value("SELECT public_id FROM meta.definition WHERE id = $1", number))


async def purge(system: System, before: datetime) -> int:
    """Remove for good what went into the trash before ``before``, its data included; returns how many definitions.

    One transaction per definition, so that nobody waits long.
    """
    rows = await system.db.fetch(
        "SELECT id FROM meta.definition WHERE deleted_at < $1 ORDER BY"
        " array_position(ARRAY['view','field','automation','dashboard','workbench','stock','table','app'], kind)",
        before,
    )
    gone = 0
    for row in rows:
        async with system.db.transaction() as tx:
            await tx.execute("SELECT pg_advisory_xact_lock(7001)")
            found = await tx.row(
                "SELECT * FROM meta.definition WHERE id = $1 AND deleted_at < $2", row["id"], before
            )
            if found is not None:
                await _remove(tx, found)
                gone += 1
    return gone


async def empty(system: System) -> int:
    """Remove what has lain in the trash for 30 days; the scheduler does this every hour."""
    return await purge(system, datetime.now(UTC) - KEPT)


async def _remove(tx: Tx, row: Row) -> None:
    """Remove one definition and everything inside it."""
    inside = await tx.fetch(
        "SELECT * FROM meta.definition WHERE (table_id = $1 OR app_id = $1) AND id <> $1 ORDER BY"
        " array_position(ARRAY['view','field','automation','dashboard','workbench','stock','table'], kind)",
        row["id"],
    )
    for inner in inside:
        await _remove_data(tx, inner)
        await tx.execute("DELETE FROM meta.definition WHERE id = $1", inner["id"])
    await _remove_data(tx, row)
    await tx.execute("DELETE FROM meta.definition WHERE id = $1", row["id"])


async def _remove_data(tx: Tx, row: Row) -> None:
    kind: Literal["app", "table", "field"] | str = row["kind"]
    assert kind in ID_KINDS  # noqa: S101
    if kind == "table":
        for relation in await _relations(tx, row["id"]):
            await schema.drop_relation(tx, relation)
        await schema.drop_table(tx, row["id"])
    elif kind == "field":
        await _remove_field(tx, row)


async def _remove_field(tx: Tx, row: Row) -> None:
    config = decode_body("field", row["body"]).config
    if isinstance(config, Link):
        others = await tx.value(
            "SELECT count(*) FROM meta.definition WHERE kind = 'field' AND id <> $1"
            " AND (body->'config'->>'relation')::integer = $2",
            row["id"],
            config.relation,
        )
        if not others:
            await schema.drop_relation(tx, config.relation)
        return
    if await tx.value("SELECT to_regclass($1::text) IS NOT NULL", f"data.t{row['table_id']}"):
        await schema.drop_column(tx, row["table_id"], row["id"])
    await schema.drop_sequence(tx, row["id"])
    await tx.execute("DELETE FROM meta.counter WHERE field_id = $1", row["id"])


async def _relations(tx: Tx, table: int) -> list[int]:
    """Join tables that still refer to a physical table."""
    rows = await tx.fetch(
        "SELECT DISTINCT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE k.contype = 'f' AND k.confrelid = to_regclass($1::text)",
        f"data.t{table}",
    )
    return [int(row["relname"][1:]) for row in rows]
