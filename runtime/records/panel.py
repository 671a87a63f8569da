"""What stands beside a record: the moves it can make, what it is linked with, and its siblings.

*Siblings* are the other records of the same table that point at the same record through a to-one link: the same
customer's other orders.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor, Operation, allowed
from runtime.catalog import App, Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import Condition, Filter, Group, Query, Sort
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records import read
from runtime.records.change import RecordView
from runtime.records.moves import barred
from runtime.system import System

RELATED_LIMIT = 10
COLUMNS = 5
_EMPTY: tuple[Any, ...] = (None, "", [], False)


class Move(msgspec.Struct, frozen=True):
    """A transition from where the record stands. ``locked`` says why this person cannot make it (None: they can).

    ``missing``: ids of the fields that have to be filled first; who presses the button is asked for them.
    """

    field: str
    source: str
    target: str
    label: str
    color: str
    locked: Message | None = None
    missing: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True):
    """Where a record stands in a state machine: ``since`` when, until when it may (``due``; None: as long as it likes).

    ``note``: why it cannot go on, where no transition leads out of a state that is not an end.
    """

    field: str
    since: datetime | None
    due: datetime | None
    late: bool
    note: Message | None = None


class Related(msgspec.Struct, frozen=True):
    """Records beside the record. ``field``: the link they come through; ``columns``: ids worth showing, in order.

    ``kind``: ``linked`` (what the record points at) or ``siblings``. ``total``: how many there are in all.
    """

    kind: str
    field: str
    title: str
    table: str
    table_name: str
    columns: tuple[str, ...]
    records: tuple[RecordView, ...]
    total: int


class Panel(msgspec.Struct, frozen=True):
    """A record with all that is shown beside it. ``name``: the text of its primary field."""

    record: RecordView
    table: str
    name: str
    can_edit: bool
    moves: tuple[Move, ...]
    related: tuple[Related, ...]
    standing: tuple[Standing, ...] = ()


async def of_record(system: System, actor: Actor, public_id: str) -> Panel:
    """The panel of a record. Raises NotFound."""
    record = await read.get(system, actor, public_id)
    catalog = await system.catalogs.current()
    table = catalog.table_by_number(parse_record_id(public_id)[0])
    related = []
    for field in table.fields:
        if not isinstance(field.config, Link):
            continue
        try:
            target = catalog.table(field.config.table)
        except NotFound:
            continue
        found = await _linked(system, actor, record, field, target)
        if found is not None:
            related.append(found)
        siblings = await _siblings(system, actor, record, field, table)
        if siblings is not None:
            related.append(siblings)
    app = catalog.app_of(table)
    context = Context(zone=app.zone)
    return Panel(
        record,
        table.id,
        _name(table, record, context),
        allowed(actor, Operation.EDIT_RECORDS, table.app_id),
        moves_of(actor, app, table, record),
        tuple(related),
        await standing_of(system, table, public_id),
    )


def _name(table: Table, record: RecordView, context: Context) -> str:
    primary = table.primary
    if primary is None:
        return ""
    wire = record.fields.get(primary.id)
    if isinstance(wire, str | int | float):
        return str(wire)
    if isinstance(wire, list):
        return "、".join(str(item.get("name", "")) if isinstance(item, dict) else str(item) for item in wire)
    return ""


def moves_of(actor: Actor, app: App, table: Table, record: RecordView) -> tuple[Move, ...]:
    """The transitions of every state machine of the table that leave the record's states."""
    may_edit = allowed(actor, Operation.EDIT_RECORDS, table.app_id)
    moves = []
    for field in table.fields:
        machine = field.machine
        if machine is None:
            continue
        current = field.choices_by_name.get(record.fields.get(field.id) or "")
        if current is None:
            continue
        for transition in machine.allowed(current.id):
            target = field.choices_by_id.get(transition.target)
            for_machines = transition.automations_only and actor.kind in ("person", "token")
            if target is None or target.archived or for_machines:
                continue
            locked = barred(app, field, transition, actor)
            if not may_edit:
                locked = Message(N_("你只能查看,不能改状态"))
            moves.append(
                Move(
                    field.id,
                    current.name,
                    target.name,
                    transition.label or target.name,
                    target.color,
                    locked,
                    () if locked is not None else _missing(table, record, transition.required),
                )
            )
    return tuple(moves)


def _missing(table: Table, record: RecordView, required: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in required if key in table.by_id and record.fields.get(key) in _EMPTY)


async def standing_of(system: System, table: Table, public_id: str) -> tuple[Standing, ...]:
    """Where a record stands in the state machines of its table."""
    fields = [field for field in table.fields if field.machine is not None]
    if not fields:
        return ()
    columns = ", ".join(f"{f.column}, {f.since_column}" for f in fields)
    row = await system.db.row(
        f"SELECT {columns} FROM {table.sql} WHERE id = $1", parse_record_id(public_id)[1]
    )
    if row is None:
        return ()
    now = datetime.now(UTC)
    found = []
    for field in fields:
        choice, since = row[field.column], row[field.since_column]
        if choice is None or field.machine is None:
            continue
        limit = field.machine.limits.get(choice)
        due = since + timedelta(seconds=limit) if since is not None and limit is not None else None
        found.append(
            Standing(field.id, since, due, due is not None and due < now, _no_way_out(field, choice))
        )
    return tuple(found)


def _no_way_out(field: Field, choice: int) -> Message | None:
    """Why a record cannot go on from a state that is not an end."""
    machine, known = field.machine, field.choices_by_id.get(choice)
    if machine is None:
        return None
    ways = [
        t for t in machine.allowed(choice) if (to := field.choices_by_id.get(t.target)) and not to.archived
    ]
    ends = {state.choice for state in machine.states if state.kind in ("done", "cancelled")}
    if ways or (choice in ends and known is not None and not known.archived):
        return None
    name = known.name if known is not None else "?"
    if known is None or known.archived:
        return Message(
            N_("状态「{state}」已从状态流转里去掉,这条记录停在这里。要继续走,让搭建者把它加回来并画一条出路"),
            {"state": name},
        )
    return Message(N_("「{state}」没有出路,这条记录停在这里。要继续走,让搭建者加一条流转"), {"state": name})


def columns_of(table: Table, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The few fields that tell most of a record: its name, its states, amounts and dates first."""
    order = {"single_select": 1, "link": 2, "currency": 3, "number": 4, "datetime": 5, "date": 5, "text": 6}
    primary = table.primary
    rest = [f for f in table.fields if f is not primary and f.id not in without and f.type in order]
    rest.sort(key=lambda f: (f.machine is None, order[f.type]))
    chosen = ([primary] if primary is not None else []) + rest
    return tuple(f.id for f in chosen[:COLUMNS])


async def _linked(
    system: System, actor: Actor, record: RecordView, field: Field, target: Table
) -> Related | None:
    shown = record.fields.get(field.id) or []
    if not shown:
        return None
    page = await read.linked(system, actor, record.id, field.id, limit=RELATED_LIMIT)
    hidden = (
        frozenset({field.config.inverse})
        if isinstance(field.config, Link) and field.config.inverse
        else frozenset()
    )
    columns = columns_of(target, hidden)
    return Related("linked", field.id, field.name, target.id, target.name, columns, page.records, len(shown))


async def _siblings(
    system: System, actor: Actor, record: RecordView, field: Field, table: Table
) -> Related | None:
    assert isinstance(field.config, Link)  # noqa: S101
    pointed: list[Any] = record.fields.get(field.id) or []
    if field.config.many or len(pointed) != 1:
        return None
    where = Group(
        "and", (Condition(field.id, "is_any_of", [pointed[0]["id"]]), Condition("$id", "is_not", record.id))
    )
    query = Query(where=where, sorts=(Sort("$created_at", True),), limit=RELATED_LIMIT)
    page = await read.page(system, actor, table.id, query)
    if not page.records:
        return None
    total = page.total_estimate if page.exact else await read.count(system, actor, table.id, where)
    columns = columns_of(table, frozenset({field.id}))
    return Related("siblings", field.id, field.name, table.id, table.name, columns, page.records, total or 0)


async def choices(
    system: System, actor: Actor, table_id: str, text: str = "", limit: int = 30, where: Filter | None = None
) -> list[dict[str, str]]:
    """Records to choose from in a link chooser: ``id``, ``name`` and a line of ``details``; found by ``text`` among those
    that meet ``where``."""
    query = Query(where=where, search=text or None, sorts=(Sort("$updated_at", True),), limit=limit)
    page = await read.page(system, actor, table_id, query)
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    context = Context(zone=catalog.app_of(table).zone)
    shown = [table.by_id[key] for key in columns_of(table)[1:4]]
    if table.primary is not None and table.primary.type == "auto_number":
        # the name is a mere number: people know an order by the shop's
        texts = [f for f in table.fields if f.type == "text"][:1]
        shown = texts + [f for f in shown if f not in texts]
    found = []
    for r in page.records:
        name, details = _name(table, r, context), list(filter(None, (_text(f, r) for f in shown)))
        if text and not any(_holds(known, text) for known in (name, *details)):
            # found by something that is not shown: say what
            details[:0] = [told for f in table.fields if _holds(told := _text(f, r), text)][:1]
        found.append({"id": r.id, "name": name, "details": " · ".join(details)})
    return found


def _holds(text: str, words: str) -> bool:
    return words.strip().casefold() in text.casefold()


def _text(field: Field, record: RecordView) -> str:
    wire = record.fields.get(field.id)
    if wire in (None, "", []):
        return ""
    if isinstance(wire, list):
        return "、".join(str(item.get("name", "")) if isinstance(item, dict) else str(item) for item in wire)
    if field.type in ("currency", "number", "percent", "progress", "duration"):
        kind = fieldtypes.get(field.config)
        return kind.to_text(field.config, kind.parse(field.config, wire, Context()), Context())
    return str(wire)


__all__ = [
    "Move",
    "Panel",
    "Related",
    "Standing",
    "choices",
    "columns_of",
    "moves_of",
    "of_record",
    "standing_of",
]
