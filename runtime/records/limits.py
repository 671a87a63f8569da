"""Which records a link may point at: those that meet its condition and agree with the record that points.

Looked at when a link is added, from whichever of its two ends; pairs that are there stay. What a link may point at is
a filter of the query model: the chooser searches with it, the write path asks it about what was chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import Actor, Operation, require
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.matching import Pair
from runtime.definitions.queries import Condition, Filter, Group
from runtime.errors import NotFound
from runtime.fieldtypes import BadValue, Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import links, panel
from runtime.records.work import Item, Work
from runtime.storage.database import Database, Tx
from runtime.storage.matching import kind_of
from runtime.storage.query import Compiler
from runtime.system import System

OPERATORS: dict[str, tuple[str, ...]] = {
    "eq": ("is", "eq", "on"),
    "ne": ("is_not", "ne"),
    "lt": ("lt", "before"),
    "gt": ("gt", "after"),
    "le": ("le",),
    "ge": ("ge",),
}
"""What a comparison is called by the types of the far field, the first that they know."""

Values = Mapping[str, Any]
"""Of the record that points: stored values by field id; of link fields the row numbers they point at."""


class Choices(msgspec.Struct, frozen=True):
    """Records that may be chosen; ``needs``: fields that have to be filled before anything can be."""

    records: list[dict[str, str]]
    needs: tuple[str, ...] = ()


def is_limited(field: Field) -> bool:
    """Whether the field is a link that may not point at every record."""
    return isinstance(field.config, Link) and bool(field.config.where or field.config.pairs)


def operator_of(far: Field, op: str) -> str | None:
    """The condition's operator that means ``op`` on the far field; None where its type has none."""
    if far.type == "link":
        return {"eq": "is_any_of", "ne": "is_none_of"}.get(op)
    known = fieldtypes.get(far.config).operators
    return next((one for one in OPERATORS[op] if one in known), None)


def missing(near: Table, config: Link, values: Values) -> list[Field]:
    """Fields of the record that points which have to be filled before it can point at anything."""
    keys = dict.fromkeys(pair.near for pair in config.pairs)
    return [near.by_id[key] for key in keys if key in near.by_id and values.get(key) in (None, [], "")]


def condition(catalog: Catalog, near: Table, config: Link, values: Values, context: Context) -> Filter | None:
    """What the far record must meet for a record with these values, all of which are filled; None: anything will do."""
    far = catalog.table(config.table)
    items: list[Filter] = [config.where] if config.where is not None else []
    for pair in config.pairs:
        here, there = near.by_id.get(pair.near), far.by_id.get(pair.field)
        if here is not None and there is not None:
            items.append(_compared(catalog, pair, here, there, values[pair.near], context))
    return Group("and", tuple(items)) if items else None


def _compared(
    catalog: Catalog, pair: Pair, near: Field, far: Field, stored: Any, context: Context
) -> Condition:
    op: Any = operator_of(far, pair.op)
    if isinstance(near.config, Link):
        number = catalog.table(near.config.table).number
        return Condition(far.id, op, [record_id(number, row) for row in stored])
    return Condition(far.id, op, _operand(near, far, stored, context))


def _operand(near: Field, far: Field, stored: Any, context: Context) -> Any:
    """The near value in the wire form of the far field."""
    kind = fieldtypes.get(near.config)
    if kind_of(near) == "datetime" and kind_of(far) == "date" and isinstance(stored, datetime):
        return stored.astimezone(context.zone).date().isoformat()
    if kind_of(far) in ("text", "choice") and near.type != far.type:
        return kind.to_text(near.config, stored, context)
    return kind.to_wire(near.config, stored)


# ---- on the write path


def bound(work: Work) -> set[Field]:
    """The link fields of the change that are limited, from either end."""
    written = {field for item in work.good for field in item.links}
    return {f for f in written if is_limited(f) or _limited_inverse(work.catalog, f) is not None}


def _limited_inverse(catalog: Catalog, field: Field) -> Field | None:
    inverse = field.config.inverse if isinstance(field.config, Link) else None
    if inverse is None:
        return None
    try:
        other = catalog.field(inverse)
    except NotFound:
        return None
    return other if is_limited(other) else None


async def refuse(work: Work) -> bool:
    """Refuse records that add a link which may not be; when rows and all other pairs are stored.
    True if there are any."""
    if work.change.source.brings_back:  # what was there comes back
        return False
    before = len(work.good)
    for field in bound(work):
        added = {
            item.row_id: [row for row in item.links[field] if row not in item.old_links.get(field, ())]
            for item in work.good
            if field in item.links
        }
        by_row = {item.row_id: item for item in work.good if field in item.links}
        if is_limited(field):
            await _refuse_from(work, field, added, by_row)
        other = _limited_inverse(work.catalog, field)
        if other is not None:
            await _refuse_to(work, other, field, added, by_row)
    return len(work.good) < before


async def _refuse_from(work: Work, field: Field, added: dict[int, list[int]], items: dict[int, Item]) -> None:
    """Records that point: each is asked about what it newly points at, those with the same values together."""
    nears = [row for row, fars in added.items() if fars]
    values = await _values(work.tx, work.table, field, nears)
    for row in nears:
        mine = {f.id: rows for f, rows in items[row].links.items()}
        values[row] = {key: mine.get(key, value) for key, value in values[row].items()}
    for group in _alike(nears, values):
        wanted = sorted({far for row in group for far in added[row]})
        good = await _meeting(work, work.table, field, values[group[0]], wanted)
        for row in group:
            bad = [far for far in added[row] if far not in good]
            if bad:
                items[row].refuse(
                    "not_a_choice", await _said(work, work.table, field, values[row], bad[0]), field
                )


async def _refuse_to(
    work: Work, limited: Field, written: Field, added: dict[int, list[int]], items: dict[int, Item]
) -> None:
    """Records that are pointed at from now on: asked on behalf of those that will point at them."""
    near = work.catalog.table(limited.table_id)
    nears = sorted({row for rows in added.values() for row in rows})
    values = await _values(work.tx, near, limited, nears)
    for row in nears:
        fars = sorted(far for far, rows in added.items() if row in rows)
        good = await _meeting(work, near, limited, values[row], fars)
        for far in fars:
            if far not in good and not items[far].problems:
                message = await _said(work, near, limited, values[row], far)
                items[far].refuse("not_a_choice", message, written)


def _alike(rows: Iterable[int], values: Mapping[int, Values]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        groups[repr(sorted(values[row].items()))].append(row)
    return list(groups.values())


async def _values(
    db: Tx | Database, near: Table, field: Field, rows: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """What the limit of ``field`` reads of these rows as they are stored now."""
    assert isinstance(field.config, Link)  # noqa: S101
    read = [near.by_id[p.near] for p in field.config.pairs if p.near in near.by_id]
    found: dict[int, dict[str, Any]] = {row: {} for row in rows}
    columns = [one for one in read if one.type != "link"]
    if columns and rows:
        names = ", ".join(one.column for one in columns)
        for row in await db.fetch(
            f"SELECT id, {names} FROM {near.sql} WHERE id = ANY($1::bigint[])", list(rows)
        ):
            found[row["id"]] |= {one.id: row[one.column] for one in columns}
    for one in read:
        if one.type == "link":
            pairs = await links.pairs(db, one, rows)
            for number in rows:
                found[number][one.id] = pairs.get(number, [])
    return found


async def _meeting(work: Work, near: Table, field: Field, values: Values, rows: Sequence[int]) -> set[int]:
    """Which of the far ``rows`` may be pointed at by a record with these values."""
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    if missing(near, config, values):
        return set()
    where = condition(work.catalog, near, config, values, work.context)
    if where is None:
        return set(rows)
    far = work.catalog.table(config.table)
    compiler = Compiler(work.catalog, far, work.context)
    found = await work.tx.fetch(
        QueryString(
            "SELECT t.id FROM {} t WHERE t.id = ANY({}::bigint[]) AND {}",
            compiler.source,
            list(rows),
            compiler.filter(where),
        )
    )
    return {row["id"] for row in found}


async def _said(work: Work, near: Table, field: Field, values: Values, far: int) -> Message:
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    empty = missing(near, config, values)
    if empty:
        names = [one.name for one in empty]
        return Message(N_("先填「{names}」,才能选「{field}」"), {"names": names, "field": field.name})
    table = work.catalog.table(config.table)
    primary = table.primary if table.primary is not None and table.primary.stored else None
    name = ""
    if primary is not None:
        stored = await work.tx.value(f"SELECT {primary.column} FROM {table.sql} WHERE id = $1", far)
        name = links.title(primary, stored, work.context)
    return Message(
        N_("「{field}」只能选符合条件的记录,「{name}」不符合"),
        {"field": field.name, "name": name or record_id(table.number, far)},
    )


# ---- in the chooser


async def choices(
    system: System,
    actor: Actor,
    field_id: str,
    *,
    text: str = "",
    record: str | None = None,
    values: Mapping[str, Any] | None = None,
    limit: int = 30,
) -> Choices:
    """Records that the link may point at, found by ``text``, for the record as it is (``record``) with ``values`` typed over.

    Raises:
        NotFound, NotAllowed: no such field or record, or the actor may not look at them.
    """
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    near = catalog.table(field.table_id)
    app = catalog.app_of(near)
    require(actor, Operation.LOOK, app.id)
    config = field.config
    if not isinstance(config, Link):
        raise NotFound()
    context = Context(zone=app.zone, me=actor.person)
    where = None
    if is_limited(field):
        known: dict[str, Any] = {}
        if record is not None:
            number, row = parse_record_id(record)
            known = (await _values(system.db, near, field, [row]))[row] if number == near.number else {}
        known |= typed(near, config, values or {}, context)
        empty = missing(near, config, known)
        if empty:
            return Choices([], tuple(one.name for one in empty))
        where = condition(catalog, near, config, known, context)
    return Choices(await panel.choices(system, actor, config.table, text, limit, where))


def typed(near: Table, config: Link, values: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """What the limit of a link reads of ``values`` not stored yet, in stored form; what cannot be read counts as empty."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys(pair.near for pair in config.pairs):
        field = near.by_id.get(key)
        if field is None or key not in values:
            continue
        try:
            stored = fieldtypes.get(field.config).parse(field.config, values[key], context)
        except BadValue:
            stored = None
        if field.type == "link":
            stored = [parse_record_id(one)[1] for one in stored or ()]
        found[key] = stored
    return found
