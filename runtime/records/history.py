"""The history: one append-only row per change of a record, written in the change's own transaction.

Everything that tells what happened reads it: timelines, undo, live catch-up, audit, KPIs. Values are kept in the
``to_history`` form of their field type, by public field id; ``$deleted`` marks trashing and restoring, ``$as_is`` states
that were taken over as they are instead of reached by moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor, Operation, hidden_fields, require
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.errors import InvalidInput, NotFound
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import happened, links
from runtime.records.change import Change, Outcome, Patch, Source
from runtime.records.columns import Block
from runtime.records.work import Item, Work
from runtime.storage.database import Row
from runtime.system import System

AS_IS = "$as_is"

MERGE = "merge:"
"""How the source of a merge begins: the id of the record that the others went into follows."""


class FieldChange(msgspec.Struct, frozen=True):
    """One field's part of an entry: wire values before and after, and both as text."""

    field: str
    name: str
    type: str
    before: Any
    after: Any
    before_text: str
    after_text: str


class Entry(msgspec.Struct, frozen=True):
    """Who did what to a record when, through what, and why."""

    id: int
    at: datetime
    change: int
    action: str
    version: int
    actor_kind: str
    actor_id: str
    actor_name: str
    channel: str
    source: str | None
    reason: str | None
    changes: tuple[FieldChange, ...]
    as_is: bool = False
    """Whether states were taken over as they are: brought in from elsewhere, no move of the state machine."""


def prepare(work: Work) -> None:
    """Make what the history will hold of many new records: nothing of it hangs on their being stored."""
    block = work.block
    made = _afters(work, block)
    block.told = made, _ENCODER.encode_lines(made).decode().split("\n")[:-1]


async def write(work: Work, meanwhile: Callable[[], None] | None = None) -> None:
    """Append the history of the good items, and the outbox rows that automations of this table will read.

    ``meanwhile`` is done while PostgreSQL takes in many.
    """
    items = [i for i in work.good if i.action != "update" or i.values or i.links or _takes_in(work, i)]
    if not items:
        return
    change = work.change
    sides, befores, afters = _sides(work, items)
    # the numbers come as two lists: of a thousand rows each would be a value of its own
    refs = {i.change.source.ref for i in items}
    storing = work.tx.row(
        _INSERT if len(refs) == 1 else _INSERT_OF_SEVERAL,
        work.context.now,
        work.app.number,
        work.table.number,
        change.actor.kind,
        change.actor.id,
        change.actor.name,
        change.source.channel,
        change.source.ref if len(refs) == 1 else None,
        change.reason,
        [i.change_id for i in items],
        [i.row_id for i in items],
        [i.version for i in items],
        [i.action for i in items],
        befores,
        afters,
        *(() if len(refs) == 1 else ([i.change.source.ref for i in items],)),
    )
    row = await (storing if work.block is None or meanwhile is None else _beside(storing, meanwhile))
    assert row is not None  # noqa: S101 - an aggregate has a row
    numbers = dict(zip(row["records"], row["ids"], strict=True))
    for item in items:
        item.history_id = numbers[item.row_id]
    heard = [pair for pair in zip(items, sides, strict=True) if pair[0].action != "update" or any(pair[1])]
    if heard:
        await happened.tell(work, [item for item, _ in heard], [side for _, side in heard])


async def _beside(storing: Coroutine[Any, Any, Row | None], meanwhile: Callable[[], None]) -> Row | None:
    """Do something while PostgreSQL is busy with what it was sent."""
    task = asyncio.create_task(storing)
    try:
        await asyncio.sleep(0)  # it is on its way then
        meanwhile()
    finally:
        row = await task
    return row


def _inserting(source: str, lists: str, names: str) -> str:
    """The statement; ``source``: where each row's reference (run, job …) comes from."""
    return (
        "WITH h AS (INSERT INTO meta.history (at, change_id, app_id, table_id, actor_kind, actor_id, actor_name, channel, source,"
        " reason, record_id, version, action, before, after)"
        f" SELECT $1, n, $2, $3, $4, $5, $6, $7, {source}, $9, r, v, a, b::jsonb, c::jsonb FROM"
        f" unnest($10::bigint[], $11::bigint[], $12::integer[], $13::text[], $14::text[], $15::text[]{lists})"
        f" AS u(n, r, v, a, b, c{names})"
        " RETURNING id, record_id) SELECT array_agg(id) AS ids, array_agg(record_id) AS records FROM h"
    )


_INSERT = _inserting("$8", "", "")
_INSERT_OF_SEVERAL = _inserting("coalesce(s, $8::text)", ", $16::text[]", ", s")
"""The same for changes of several runs that share a transaction."""


def _takes_in(work: Work, item: Item) -> bool:
    """Whether other records go into this one: its history tells that, even where nothing of its own changes."""
    return item.action == "update" and work.change.merging == record_id(work.table.number, item.row_id)


Forms = dict[Field, Callable[[Any], Any] | None]
"""What makes the history's form of a stored value, by field; None where it is the stored value itself."""


def _form(field: Field) -> Callable[[Any], Any] | None:
    config, kind = field.config, fieldtypes.get(field.config)
    if type(kind).to_history is fieldtypes.FieldType.to_history:
        return kind.wires(config)
    return partial(kind.to_history, config)


_Side = dict[str, Any] | None
"""The changed values before or after, by field id; None where there is no such side."""


def _sides(
    work: Work, items: Sequence[Item]
) -> tuple[list[tuple[_Side, _Side]], list[str | None], list[str | None]]:
    """Both sides of each item, then those before and those after as JSON."""
    if work.block is not None and len(items) == len(work.block.items):
        if work.block.told is None:
            prepare(work)
        made, texts = work.block.told
        befores: list[str | None] = [None] * len(items)
        return [(None, side) for side in made], befores, [None if t == "{}" else t for t in texts]
    forms: Forms = {}
    sides = [(_side(work, i, forms, before=True), _side(work, i, forms, before=False)) for i in items]
    return sides, [_text(before) for before, _ in sides], [_text(after) for _, after in sides]


_ENCODER = msgspec.json.Encoder()


def _text(side: _Side) -> str | None:
    return _ENCODER.encode(side).decode() if side else None


def _as_it_is(value: Any) -> Any:
    return value


def _afters(work: Work, block: Block) -> list[dict[str, Any]]:
    """:func:`_side` after, of new records side by side."""

    def column(field: Field, place: int) -> Sequence[Any]:
        kind, config = fieldtypes.get(field.config), field.config
        if type(kind).to_history is not fieldtypes.FieldType.to_history:
            form = _form(field) or _as_it_is
            return [None if value is None else form(value) for value in block.columns[place]]
        if kind.wires(config, encoded=True) is None and kind.wires(config) is not None:
            # what an answer leaves to the encoder is a text in the history
            return msgspec.to_builtins(block.columns[place])  # type: ignore[no-any-return]
        return block.wires(place)

    made = list(block.filled(column))
    linked = any(item.links for item in block.items)
    for item, side in zip(block.items, made, strict=True) if linked or work.change.states_as_is else ():
        for field, rows in item.links.items():
            if rows:
                assert isinstance(field.config, Link)  # noqa: S101
                number = work.catalog.table(field.config.table).number
                side[field.id] = [record_id(number, n) for n in rows]
        if work.change.states_as_is and any(field.machine is not None for field in item.values):
            side[AS_IS] = True
    return made


def _side(work: Work, item: Item, forms: Forms, *, before: bool) -> _Side:
    if item.action in ("delete", "restore"):
        return {"$deleted": (item.action == "restore") == before}
    if item.action in ("create", "press") and before:
        return None
    side: dict[str, Any] = {}
    new = item.action == "create"
    for field, value in item.values.items():
        stored = item.old(field) if before else value
        if stored is None or stored is False:
            if not new:
                side[field.id] = stored
            continue
        if field not in forms:
            forms[field] = _form(field)
        form = forms[field]
        side[field.id] = stored if form is None else form(stored)
    for field, numbers in item.links.items():
        assert isinstance(field.config, Link)  # noqa: S101
        rows = item.old_links.get(field, []) if before else numbers
        if rows or item.action == "update":
            target = work.catalog.table(field.config.table)
            side[field.id] = [record_id(target.number, n) for n in rows]
    if work.change.states_as_is and not before and any(field.machine is not None for field in item.values):
        side[AS_IS] = True
    return side


async def of_record(
    system: System, actor: Actor, public_id: str, *, limit: int = 50, before: int | None = None
) -> list[Entry]:
    """The newest entries of a record first; ``before`` continues behind an entry's id."""
    catalog = await system.catalogs.current()
    number, row = parse_record_id(public_id)
    table = catalog.table_by_number(number)
    require(actor, Operation.LOOK, table.app_id)
    rows = await system.db.fetch(
        "SELECT * FROM meta.history WHERE table_id = $1 AND record_id = $2 AND ($3::bigint IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $4",
        number,
        row,
        before,
        max(1, min(limit, 200)),
    )
    return await _entries(system, catalog, table, actor, rows)


async def _entries(
    system: System, catalog: Catalog, table: Table, actor: Actor, rows: Sequence[Any]
) -> list[Entry]:
    hidden = hidden_fields(actor, table)
    context = fieldtypes.Context(zone=catalog.app_of(table).zone)
    decoded = [
        (
            row,
            msgspec.json.decode(row["before"]) if row["before"] else {},
            msgspec.json.decode(row["after"]) if row["after"] else {},
        )
        for row in rows
    ]
    names = await _link_names(system, catalog, table, context, decoded)
    entries = []
    for row, before, after in decoded:
        changes = [
            _change_of(table.by_id[key], before.get(key), after.get(key), context, names)
            for key in dict.fromkeys((*before, *after))
            if key in table.by_id and key not in hidden
        ]
        entries.append(
            Entry(
                row["id"],
                row["at"],
                row["change_id"],
                row["action"],
                row["version"],
                row["actor_kind"],
                row["actor_id"],
                row["actor_name"],
                row["channel"],
                row["source"],
                row["reason"],
                tuple(changes),
                AS_IS in after,
            )
        )
    return entries


def _change_of(
    field: Field, before: Any, after: Any, context: fieldtypes.Context, names: dict[str, str]
) -> FieldChange:
    b_wire, b_text = _shown(field, before, context, names)
    a_wire, a_text = _shown(field, after, context, names)
    return FieldChange(field.id, field.name, field.type, b_wire, a_wire, b_text, a_text)


async def changes_of(
    system: System,
    catalog: Catalog,
    table: Table,
    actor: Actor,
    before: dict[str, Any],
    after: dict[str, Any],
) -> tuple[FieldChange, ...]:
    """Values in the form of the history, of fields that are there and that the actor may see, as an entry shows them."""
    hidden = hidden_fields(actor, table)
    context = fieldtypes.Context(zone=catalog.app_of(table).zone)
    names = await _link_names(system, catalog, table, context, [(None, before, after)])
    return tuple(
        _change_of(table.by_id[key], before.get(key), after.get(key), context, names)
        for key in dict.fromkeys((*before, *after))
        if key in table.by_id and key not in hidden
    )


async def _link_names(
    system: System, catalog: Catalog, table: Table, context: fieldtypes.Context, decoded: Sequence[Any]
) -> dict[str, str]:
    wanted: dict[str, set[int]] = {}
    for _, before, after in decoded:
        for side in (before, after):
            for key, value in side.items():
                field = table.by_id.get(key)
                if field is not None and isinstance(field.config, Link):
                    wanted.setdefault(field.config.table, set()).update(
                        parse_record_id(v)[1] for v in value or ()
                    )
    names: dict[str, str] = {}
    for table_id, numbers in wanted.items():
        try:
            target = catalog.table(table_id)
        except NotFound:
            continue
        primary = target.primary
        if primary is None or not numbers or primary.type == "link":
            continue
        rows = await system.db.fetch(
            f"SELECT id, {primary.column} AS name FROM {target.sql} WHERE id = ANY($1::bigint[])",
            list(numbers),
        )
        names |= {record_id(target.number, r["id"]): links.title(primary, r["name"], context) for r in rows}
    return names


def _shown(field: Field, value: Any, context: fieldtypes.Context, names: dict[str, str]) -> tuple[Any, str]:
    """An entry's value as wire and as text."""
    if value is None:
        return None, ""
    if field.type == "link":
        shown = [{"id": i, "name": names.get(i, "")} for i in value]
        return shown, "、".join(s["name"] or s["id"] for s in shown)
    kind = fieldtypes.get(field.config)
    try:
        stored = kind.from_history(field.config, value)
    except fieldtypes.BadValue:  # the field's type has changed since
        return value, str(value)
    return kind.to_wire(field.config, stored), kind.to_text(field.config, stored, context)


async def undo_changes(system: System, actor: Actor, change_id: int) -> tuple[Change, ...]:
    """What takes ``change_id`` back, in the order to be carried out: created records are trashed, trashed ones restored,
    fields reset. Fields that somebody changed since are left alone.

    A change of several tables, or one that wrote a record twice (a merge), is taken back in several steps, the last first.

    Raises:
        NotFound: there is nothing (left) to take back.
        NotAllowed, InvalidInput: the actor may not edit those records, or it was somebody else who changed them.
    """
    rows = await system.db.fetch("SELECT * FROM meta.history WHERE change_id = $1 ORDER BY id", change_id)
    catalog = await system.catalogs.current()
    merging = await _merge_of(system, rows)
    later = await _changed_since(system, rows)
    changes = []
    for step in _steps(rows):
        table = catalog.table_by_number(step[0]["table_id"])
        require(actor, Operation.EDIT_RECORDS, table.app_id)
        if actor.kind in ("person", "token") and any(row["actor_id"] != actor.id for row in step):
            raise InvalidInput(N_("只能撤销自己的操作"), code="not_yours")
        parts = _taken_back(table, step, later)
        if any(parts.values()):
            # a change that is done again can be taken back once more; one that took something back is no deed of its own
            source = Source("redo" if step[0]["channel"] == "undo" else "undo", str(change_id))
            changes.append(
                Change(table=table.id, actor=actor, source=source, atomic=True, merging=merging, **parts)
            )
    if not changes:
        raise NotFound(N_("没有可撤销的操作"))
    return tuple(changes)


def _steps(rows: Sequence[Any]) -> list[list[Any]]:
    """Rows of a change as they can be taken back together: of one table, each record once; the last step first."""
    steps: list[list[Any]] = []
    seen: set[int] = set()
    for row in reversed(rows):
        if not steps or steps[-1][0]["table_id"] != row["table_id"] or row["record_id"] in seen:
            steps.append([])
            seen = set()
        steps[-1].append(row)
        seen.add(row["record_id"])
    return [step[::-1] for step in steps]


def _taken_back(table: Table, rows: Sequence[Any], later: set[tuple[int, int, str]]) -> dict[str, Any]:
    """The parts of a change that take these rows of one table back."""
    deletes, restores, updates = [], [], []
    for row in rows:
        public_id = record_id(table.number, row["record_id"])
        if row["action"] == "create" or row["action"] == "restore":
            deletes.append(public_id)
        elif row["action"] == "delete":
            restores.append(public_id)
        else:
            before = msgspec.json.decode(row["before"]) if row["before"] else {}
            fields = {
                key: wire_of(table.by_id[key], value)
                for key, value in before.items()
                if key in table.by_id and (table.number, row["record_id"], key) not in later
            }
            if fields:
                updates.append(Patch(public_id, fields))
    return {"updates": tuple(updates), "deletes": tuple(deletes), "restores": tuple(restores)}


async def _merge_of(system: System, rows: Sequence[Any]) -> str | None:
    """The record that others went into, if the change was a merge, or took one back, or did it again."""
    if not rows:
        return None
    source = rows[0]["source"] or ""
    if source.startswith(MERGE):
        return str(source.removeprefix(MERGE))
    if rows[0]["channel"] not in ("undo", "redo") or not source.isdigit():
        return None
    return await _merge_of(
        system,
        await system.db.fetch(
            "SELECT source, channel FROM meta.history WHERE change_id = $1 LIMIT 1", int(source)
        ),
    )


async def _changed_since(system: System, rows: Sequence[Any]) -> set[tuple[int, int, str]]:
    """Table, record and field of what was changed again after these rows, by other changes."""
    found = await system.db.fetch(
        "SELECT h.table_id, h.record_id, jsonb_object_keys(h.after) AS key FROM meta.history h"
        " JOIN unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[]) AS u(tab, record, last, change)"
        " ON h.table_id = u.tab AND h.record_id = u.record AND h.id > u.last AND h.change_id <> u.change"
        " WHERE h.action = 'update' AND h.after IS NOT NULL",
        [row["table_id"] for row in rows],
        [row["record_id"] for row in rows],
        [row["id"] for row in rows],
        [row["change_id"] for row in rows],
    )
    return {(row["table_id"], row["record_id"], row["key"]) for row in found}


def wire_of(field: Field, value: Any) -> Any:
    """A value in the form of the history as the write path takes it."""
    if field.type == "link" or value is None:
        return value
    kind = fieldtypes.get(field.config)
    return kind.to_wire(field.config, kind.from_history(field.config, value))


async def last_change_of(system: System, actor: Actor) -> int | None:
    """The newest change this person made by hand, or did again, and has not taken back, within a day; None if there is none."""
    found = await system.db.value(
        "SELECT h.change_id FROM meta.history h WHERE h.actor_id = $1 AND h.channel IN ('ui', 'redo')"
        " AND h.action <> 'press'"
        " AND h.at > now() - interval '1 day' AND NOT EXISTS (SELECT 1 FROM meta.history u WHERE u.channel = 'undo'"
        " AND u.actor_id = $1 AND u.source = h.change_id::text AND u.at > now() - interval '1 day')"
        " ORDER BY h.id DESC LIMIT 1",
        actor.id,
    )
    return None if found is None else int(found)


__all__ = ["MERGE", "Entry", "FieldChange", "Outcome", "last_change_of", "of_record", "undo_changes", "write"]
