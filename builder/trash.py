"""The trash of definitions: what is in it, bringing it back, removing for good, and emptying it after 30 days.

What one deletion took along lies together (a table with the automations on it, a field with the formulas that read it):
it is listed together, comes back together and is removed together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import structlog

from builder.edit import ID_KINDS, Edit, Stored, app_id_of, editing
from builder.reversal import Change, Reversal, batch_at, change_of
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import decode_body
from runtime.definitions.fields import Link
from runtime.errors import RuleBroken
from runtime.i18n import N_
from runtime.records.sizes import count_of
from runtime.storage import schema
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
_ORDER = "array_position(ARRAY['view','field','automation','dashboard','workbench','form','stock','table','app'], kind)"
_RANK = ("app", "table", "field", "stock", "view", "dashboard", "workbench", "form", "automation")
_COMPUTED = ("formula", "lookup", "rollup", "state_time")


class Trashed(msgspec.Struct, frozen=True, kw_only=True):
    """A definition in the trash. ``converted``: it holds what a field was before its type was changed.

    ``table``: name of the table a field or view stood in. ``by``: who put it there, where that is known. ``group``: the
    same for what went there together, the main thing first.
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
    group: str


class TrashedApp(msgspec.Struct, frozen=True, kw_only=True):
    """An app in the trash. ``records``: about how many lie in its tables; ``by`` as in :class:`Trashed`."""

    id: str
    name: str
    icon: str
    color: str
    tables: int
    records: int
    deleted_at: datetime
    gone_at: datetime
    by: str | None


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that came out of the trash, under the name it has now. ``table``: id of the table it stands in."""

    id: str
    kind: str
    name: str
    table: str | None


_WHO = (
    " LEFT JOIN LATERAL (SELECT action, person_id FROM meta.definition_change c WHERE c.definition_id = d.id"
    "   AND c.action IN ('delete', 'keep') ORDER BY c.id DESC LIMIT 1) c ON true"
    " LEFT JOIN meta.person p ON p.id = c.person_id"
)


async def list_of(system: System, actor: Actor, app_id: str) -> list[Trashed]:
    """What lies in an app's trash, the latest first; what lies in a trashed table comes back with the table."""
    access.require(actor, Operation.BUILD, app_id)
    return await _list(system.db, app_id)


async def _list(db: Database | Tx, app_id: str) -> list[Trashed]:
    rows = await db.fetch(
        "SELECT d.*, t.body->>'name' AS table_name, c.action, p.name AS who FROM meta.definition d"
        " JOIN meta.definition a ON a.id = d.app_id AND a.public_id = $1"
        f" LEFT JOIN meta.definition t ON t.id = d.table_id {_WHO}"
        " WHERE d.deleted_at IS NOT NULL AND (t.id IS NULL OR t.deleted_at IS NULL) ORDER BY d.deleted_at DESC, d.id",
        app_id,
    )
    return sorted([_trashed(row) for row in rows], key=_place)


def _place(item: Trashed) -> tuple[float, str, int, bool]:
    """The latest first, what belongs together in one place, there the main thing first."""
    return -item.deleted_at.timestamp(), item.group, _RANK.index(item.kind), item.type in _COMPUTED


def _trashed(row: Row) -> Trashed:
    body = decode_body(row["kind"], row["body"])
    converted = row["action"] == "keep"
    return Trashed(
        id=row["public_id"],
        kind=row["kind"],
        name=body.name,
        type=body.type if row["kind"] == "field" else None,
        table=row["table_name"],
        converted=converted,
        deleted_at=row["deleted_at"],
        gone_at=row["deleted_at"] + KEPT,
        by=row["who"],
        group=row["public_id"] if converted else f"{row['deleted_at'].timestamp():.6f}",
    )


async def apps_of(system: System, actor: Actor) -> list[TrashedApp]:
    """The trashed apps that the actor may bring back, the latest first."""
    rows = await system.db.fetch(
        f"SELECT d.*, p.name AS who FROM meta.definition d {_WHO}"
        " WHERE d.kind = 'app' AND d.deleted_at IS NOT NULL ORDER BY d.deleted_at DESC, d.id"
    )
    found = []
    for row in rows:
        if not access.allowed(actor, Operation.DELETE_APP, row["public_id"]):
            continue
        tables = await system.db.fetch(
            "SELECT id FROM meta.definition WHERE app_id = $1 AND kind = 'table' AND deleted_at IS NULL",
            row["id"],
        )
        body = decode_body("app", row["body"])
        found.append(
            TrashedApp(
                id=row["public_id"],
                name=body.name,
                icon=body.icon,
                color=body.color,
                tables=len(tables),
                records=sum((await count_of(system.db, [table["id"] for table in tables])).values()),
                deleted_at=row["deleted_at"],
                gone_at=row["deleted_at"] + KEPT,
                by=row["who"],
            )
        )
    return found


async def restore(system: System, actor: Actor, public_id: str) -> list[Returned]:
    """Bring a definition back, with everything that went into the trash together with it; returns it, then the rest.

    A name that is taken by now gets a number; a unique rule that no longer holds is dropped; an automation that could
    not run any more is switched off; what others have changed since stays as they changed it. Apps are restored by
    :func:`builder.apps.restore`.

    Raises:
        RuleBroken: it is not in the trash, or the table it belongs to is in the trash as well.
    """
    async with editing(system, actor, public_id) as edit:
        stored = await _in_trash(edit, public_id)
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
        return await _returned(edit, [stored.number, *(c.definition for c in batch if c.action == "delete")])


async def _in_trash(edit: Edit, public_id: str) -> Stored:
    stored = await edit.stored(public_id)
    if stored.deleted_at is None or stored.kind == "app":
        raise RuleBroken(N_("「{name}」不在回收站里"), code="not_in_trash", name=stored.body.name)
    return stored


async def _returned(edit: Edit, numbers: Sequence[int]) -> list[Returned]:
    rows = await edit.tx.fetch(
        "SELECT d.id, d.public_id, d.kind, d.body->>'name' AS name, t.public_id AS home FROM meta.definition d"
        " LEFT JOIN meta.definition t ON t.id = d.table_id WHERE d.id = ANY($1::integer[]) AND d.deleted_at IS NULL",
        numbers,
    )
    by_number = {row["id"]: row for row in rows}
    found = [by_number[number] for number in dict.fromkeys(numbers) if number in by_number]
    return [Returned(id=r["public_id"], kind=r["kind"], name=r["name"], table=r["home"]) for r in found]


async def remove(system: System, actor: Actor, public_id: str) -> int:
    """Remove a definition from the trash for good, with its data and all that went there together with it.

    Returns how many entries of the trash are gone. An app needs the role of owner.

    Raises:
        RuleBroken: it is not in the trash.
    """
    app_id = await app_id_of(system.db, public_id)
    operation = Operation.DELETE_APP if app_id == public_id else Operation.BUILD
    async with editing(system, actor, public_id, operation) as edit:
        if app_id == public_id:
            app = await edit.stored(app_id, "app")
            if app.deleted_at is None:
                raise RuleBroken(N_("「{name}」不在回收站里"), code="not_in_trash", name=app.body.name)
            gone = [app.id]
        else:
            await _in_trash(edit, public_id)
            items = await _list(edit.tx, app_id)
            group = next((item.group for item in items if item.id == public_id), None)
            # inside a trashed table: it goes with the table
            gone = [item.id for item in items if item.group == group] or [public_id]
        rows = await edit.tx.fetch(
            f"SELECT * FROM meta.definition WHERE public_id = ANY($1::text[]) ORDER BY {_ORDER}", gone
        )
        for row in rows:
            await _remove(edit.tx, row)
        edit.tell(app_id)
    log.info("definitions removed for good", ids=gone, by=actor.id)
    return len(gone)


async def _app_of(tx: Tx, number: int | None) -> str:
    return str(await tx.value("SELECT public_id FROM meta.definition WHERE id = $1", number))


async def purge(system: System, before: datetime) -> int:
    """Remove for good what went into the trash before ``before``, its data included; returns how many definitions.

    One transaction per definition, so that nobody waits long.
    """
    rows = await system.db.fetch(
        f"SELECT id FROM meta.definition WHERE deleted_at < $1 ORDER BY {_ORDER}",
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


async def empty(system: System, now: datetime | None = None) -> int:
    """Remove what has lain in the trash for 30 days; the scheduler does this every hour."""
    return await purge(system, (now or datetime.now(UTC)) - KEPT)


async def _remove(tx: Tx, row: Row) -> None:
    """Remove one definition and everything inside it."""
    inside = await tx.fetch(
        f"SELECT * FROM meta.definition WHERE (table_id = $1 OR app_id = $1) AND id <> $1 ORDER BY {_ORDER}",
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
    elif kind == "form":
        for own in ("form", "form_submission"):
            await tx.execute(f"DELETE FROM meta.{own} WHERE form_id = $1", row["id"])


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
