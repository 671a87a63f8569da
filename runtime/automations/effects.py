"""What a run did to records, and taking that back.

The history says what a run changed; taking it back is a change like any other, made by the person who asks, through the
write path and its rules. What somebody has changed since is left as it is and said; so is what cannot be taken back: stock
that was moved has steps of its own, and messages have left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations.trace import record_names
from runtime.catalog import App, Catalog, Table
from runtime.errors import NotFound
from runtime.events.live import Notice
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records import history, write
from runtime.records.change import Change, Patch, Source
from runtime.storage.database import Row
from runtime.system import System

MAX_ROWS = 10_000

EffectKind = Literal["created", "deleted", "restored", "changed", "stock"]


class FieldEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A field that the run changed: as text before and after the run. ``later``: changed again since, so it is left."""

    field: str
    name: str
    before: str
    after: str
    later: bool


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What the run did to one record. ``why_not``: why it cannot be taken back (None: it can)."""

    id: str
    name: str
    table: str
    table_name: str
    kind: EffectKind
    fields: tuple[FieldEffect, ...]
    why_not: Message | None


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. ``messages``: how many have left and cannot be called back; ``more``: there are more than are listed."""

    app: str
    records: tuple[Effect, ...]
    messages: int
    more: bool
    reverted: bool


class Reverted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: how many records are as they were, and what was refused or left, in words by record."""

    done: int
    left: tuple[tuple[str, str, Message], ...]


class _Record(msgspec.Struct):
    table: Table
    row: int
    kind: EffectKind
    before: dict[str, Any]
    after: dict[str, Any]
    last: int


async def effects_of(system: System, actor: Actor, public_id: str) -> Effects:
    """What a run did to records, the first first. Raises NotFound, NotAllowed."""
    catalog, app, run = await _open(system, actor, public_id, Operation.LOOK)
    records, more = await _records(system, catalog, public_id, run)
    later = await _later(system, records)
    names = await record_names(system, catalog, [(one.table.number, one.row) for one in records])
    shown = [await _effect(system, catalog, actor, one, later, names) for one in records]
    messages = await system.db.value(
        "SELECT count(*) FROM meta.delivery WHERE run_id = $1 AND status = 'sent'", run["id"]
    )
    reverted = await system.db.value(
        "SELECT EXISTS (SELECT 1 FROM meta.history WHERE channel = 'undo' AND source = $1 AND at >= $2)",
        public_id,
        run["created_at"],
    )
    return Effects(
        app=app.id, records=tuple(shown), messages=int(messages), more=more, reverted=bool(reverted)
    )


async def revert(system: System, actor: Actor, public_id: str) -> Reverted:
    """Take back what the run did to records, each record by itself; automations do not look at it.

    Raises NotFound; NotAllowed when the actor may not edit records of the app.
    """
    catalog, _, run = await _open(system, actor, public_id, Operation.EDIT_RECORDS)
    records, _ = await _records(system, catalog, public_id, run)
    later = await _later(system, records)
    names = await record_names(system, catalog, [(one.table.number, one.row) for one in records])
    left: list[tuple[str, str, Message]] = []
    done = 0
    by_table: dict[str, list[_Record]] = defaultdict(list)
    for one in reversed(records):  # what was made last goes first
        why = _why_not(one, later)
        if why is None:
            by_table[one.table.id].append(one)
        else:
            left.append(_left(one, names, why))
    for group in by_table.values():
        change, order = _change(actor, public_id, group, later)
        outcome = await write.apply(system, change)
        for one, result in zip(order, outcome.results, strict=True):
            if result.problems:
                left.append(_left(one, names, result.problems[0].message))
            else:
                done += 1
    await system.live.publish(Notice(topic=public_id, kind="run", by=actor.id))
    return Reverted(done=done, left=tuple(left))


def _left(one: _Record, names: dict[str, str], why: Message) -> tuple[str, str, Message]:
    public = record_id(one.table.number, one.row)
    return (public, names.get(public, ""), why)


async def _open(
    system: System, actor: Actor, public_id: str, operation: Operation
) -> tuple[Catalog, App, Row]:
    catalog = await system.catalogs.current()
    row = await system.db.row("SELECT id, app_id, created_at FROM meta.run WHERE public_id = $1", public_id)
    app = next((a for a in catalog.apps if row is not None and a.number == row["app_id"]), None)
    if row is None or app is None:
        raise NotFound()
    require(actor, operation, app.id)
    return catalog, app, row


async def _records(system: System, catalog: Catalog, public_id: str, run: Row) -> tuple[list[_Record], bool]:
    """By record: what was first before, and what was last after; in the order of the first changes."""
    rows = await system.db.fetch(
        "SELECT id, table_id, record_id, action, channel, before, after FROM meta.history WHERE source = $1 AND at >= $2"
        " AND channel IN ('automation', 'stock') ORDER BY id LIMIT $3",
        public_id,
        run["created_at"],
        MAX_ROWS + 1,
    )
    found: dict[tuple[int, int, bool], _Record] = {}
    for row in rows[:MAX_ROWS]:
        try:
            table = catalog.table_by_number(row["table_id"])
        except NotFound:
            continue
        stock = row["channel"] == "stock"
        key = (row["table_id"], row["record_id"], stock)
        before = msgspec.json.decode(row["before"]) if row["before"] else {}
        after = msgspec.json.decode(row["after"]) if row["after"] else {}
        known = found.get(key)
        if known is None:
            kinds: dict[str, EffectKind] = {
                "create": "created", "delete": "deleted", "restore": "restored"
            }  # fmt: skip
            kind = "stock" if stock else kinds.get(row["action"], "changed")
            found[key] = _Record(table, row["record_id"], kind, before, after, row["id"])
            continue
        known.before = {**before, **known.before}
        known.after |= after
        known.last = row["id"]
        if row["action"] == "delete" and known.kind == "changed":
            known.kind = "deleted"
    return list(found.values()), len(rows) > MAX_ROWS


async def _later(system: System, records: Sequence[_Record]) -> set[tuple[int, int, str]]:
    """``(table, record, field)`` that somebody has changed since (``$deleted``: trashed or restored)."""
    rows = await system.db.fetch(
        "SELECT DISTINCT h.table_id, h.record_id, CASE WHEN h.action IN ('delete', 'restore') THEN '$deleted' ELSE k END AS key"
        " FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS u(t, r, last)"
        " JOIN meta.history h ON h.table_id = u.t AND h.record_id = u.r AND h.id > u.last AND h.action <> 'press',"
        " LATERAL jsonb_object_keys(coalesce(h.after, '{}'::jsonb) || '{\"$any\": 1}'::jsonb) AS k",
        [one.table.number for one in records],
        [one.row for one in records],
        [one.last for one in records],
    )
    return {(row["table_id"], row["record_id"], row["key"]) for row in rows}


def _why_not(one: _Record, later: set[tuple[int, int, str]]) -> Message | None:
    def since(key: str) -> bool:
        return (one.table.number, one.row, key) in later

    if one.kind == "stock":
        return Message(N_("库存的占用和出入库不在这里退回,用「释放库存」或在库存里调整"))
    if since("$deleted"):
        return Message(N_("后来又有人删除或恢复了它"))
    if one.kind == "created" and since("$any"):
        return Message(N_("后来有人改过这条新记录,没有删掉它"))
    if one.kind == "changed":
        keys = [key for key in one.before if key in one.table.by_id]
        if not keys:
            return Message(N_("改过的字段已经不在了"))
        if all(since(key) for key in keys):
            return Message(N_("这些内容后来又有人改过,保留现在的样子"))
    return None


def _change(
    actor: Actor, run: str, records: Sequence[_Record], later: set[tuple[int, int, str]]
) -> tuple[Change, list[_Record]]:
    """The change that takes it back, and the records in the order of its results."""
    table = records[0].table
    changed = [one for one in records if one.kind == "changed"]
    deleted = [one for one in records if one.kind == "deleted"]
    created = [one for one in records if one.kind in ("created", "restored")]

    def public(one: _Record) -> str:
        return record_id(table.number, one.row)

    patches = tuple(
        Patch(
            public(one),
            {
                key: history.wire_of(table.by_id[key], value)
                for key, value in one.before.items()
                if key in table.by_id and (table.number, one.row, key) not in later
            },
        )
        for one in changed
    )
    change = Change(
        table=table.id,
        actor=actor,
        source=Source("undo", run),
        reason=None,
        updates=patches,
        deletes=tuple(public(one) for one in created),
        restores=tuple(public(one) for one in deleted),
        quiet=True,
    )
    return change, [*changed, *created, *deleted]


async def _effect(
    system: System,
    catalog: Catalog,
    actor: Actor,
    one: _Record,
    later: set[tuple[int, int, str]],
    names: dict[str, str],
) -> Effect:
    public = record_id(one.table.number, one.row)
    texts = await history.changes_of(system, catalog, one.table, actor, one.before, one.after)
    return Effect(
        id=public,
        name=names.get(public, ""),
        table=one.table.id,
        table_name=one.table.name,
        kind=one.kind,
        fields=tuple(
            FieldEffect(
                field=part.field,
                name=part.name,
                before=part.before_text,
                after=part.after_text,
                later=(one.table.number, one.row, part.field) in later,
            )
            for part in texts
        ),
        why_not=_why_not(one, later),
    )
