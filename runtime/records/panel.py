"""What stands beside a record: the moves it can make, what it is linked with, and its siblings.

*Siblings* are the other records of the same table that point at the same record through a to-one link: the same
customer's other orders.
"""

from __future__ import annotations

from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor, Operation, allowed
from runtime.catalog import Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import Condition, Filter, Group, Query, Sort
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records import read
from runtime.records.change import RecordView
from runtime.system import System

RELATED_LIMIT = 10
COLUMNS = 5


class Move(msgspec.Struct, frozen=True):
    """A transition from where the record stands. ``locked`` says why it cannot be made now (None: it can)."""

    field: str
    source: str
    target: str
    label: str
    color: str
    locked: Message | None = None


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
    context = Context(zone=catalog.app_of(table).zone)
    return Panel(
        record,
        table.id,
        _name(table, record, context),
        allowed(actor, Operation.EDIT_RECORDS, table.app_id),
        moves_of(actor, table, record),
        tuple(related),
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


def moves_of(actor: Actor, table: Table, record: RecordView) -> tuple[Move, ...]:
    """The transitions of every state machine of the table that leave the record's states."""
    role = actor.role_in(table.app_id)
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
            if target is None:
                continue
            locked = None
            if not may_edit:
                locked = Message(N_("你只能查看,不能改状态"))
            elif transition.roles and role not in transition.roles:
                locked = Message(N_("你的角色不能做这一步,请联系应用的所有者"))
            else:
                locked = _missing(table, record, transition.required)
            moves.append(
                Move(
                    field.id, current.name, target.name, transition.label or target.name, target.color, locked
                )
            )
    return tuple(moves)


def _missing(table: Table, record: RecordView, required: tuple[str, ...]) -> Message | None:
    names = [table.by_id[key].name for key in required if key in table.by_id and not record.fields.get(key)]
    return Message(N_("先填「{fields}」"), {"fields": "、".join(names)}) if names else None


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


__all__ = ["Move", "Panel", "Related", "choices", "columns_of", "moves_of", "of_record"]
