"""What automations hear of a change: one event per record and change, in the change's own transaction (``meta.outbox``).

A record that somebody wrote has an event when automations wait for changes of its table; what its change made of its
computed fields belongs to it. A record that nobody wrote, but whose computed field or link is waited for and is another one
through a record that was, has one of its own (``indirect``). Conditions that automations wait for are looked at here too.

What the effects of a move do (:func:`gathered`) belongs to the move: a record that moves and is linked to what its move has
created changed once, and of a quiet change nothing is heard, whatever came of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.triggers import RecordCreated
from runtime.errors import NotFound
from runtime.events.outbox import Event, Payload
from runtime.ids import record_id
from runtime.records import conditions, links
from runtime.records.wanted import matches
from runtime.records.watching import Waiting, watching
from runtime.records.work import Item, Work
from runtime.storage.database import Tx

Sides = Sequence[tuple[dict[str, Any] | None, dict[str, Any] | None]]
Seen = Mapping[str, Mapping[int, Any]]
"""By computed field: the records whose value changed, with the stored value before (:data:`UNKNOWN` where not read)."""

UNKNOWN = object()


@dataclass
class _Part:
    """What happened to a record that nobody wrote."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)


Parts = dict[tuple[str, int], _Part]
Row = tuple[int, int, int, int, dict[str, Any]]
"""Of an event: history row (0: none), app, table, record, payload."""


class Apart(Exception):
    """What followed from changes of several runs cannot be told apart: each is to be stored by itself."""


_gathering: ContextVar[list[Row] | None] = ContextVar("gathering", default=None)


@contextmanager
def gathered(work: Work) -> Iterator[None]:
    """Keep the events of what is done meanwhile with ``work``; they are stored with its own."""
    work.inner = []
    token = _gathering.set(work.inner)
    try:
        yield
    finally:
        _gathering.reset(token)


async def tell(work: Work, items: Sequence[Item], sides: Sides) -> None:
    """Leave events of ``items`` (with their history rows) and of what followed for automations to look at."""
    watch = watching(work.catalog)
    if not watch.tables and not watch.waiting:
        return
    parts = await _parts(work.tx, work.catalog, work.seen, _linked(work) if watch.fields else {})
    common = _common(work)
    rows = [] if work.change.quiet else _merged(_changes(work, items, sides, parts, common), work.inner)
    met = await _met_now(work, items, parts, common)
    rows += [] if work.change.quiet else met
    around = _gathering.get()
    if _as_entries(work, items):
        await _store_entries(work, items, common)
        work.outbox = True
    if around is not None:
        around.extend(rows)
    elif rows := _wanted(work.catalog, rows):
        await _store(work.tx, rows)
        work.outbox = True


def _wanted(catalog: Catalog, rows: Sequence[Row]) -> list[Row]:
    """Those events that an automation may wait for; there is nobody who would look at the others."""
    triggers = watching(catalog).triggers
    found = []
    for row in rows:
        table = catalog.table_by_number(row[2])
        ones = triggers.get(table.id)
        if ones is not None and row[4].get("automation") is None:
            event = Event(0, *row[:4], Payload(**row[4]))
            if not any(matches(one, event, table) for one in ones):
                continue
        found.append(row)
    return found


def _changes(
    work: Work, items: Sequence[Item], sides: Sides, parts: Parts, common: dict[str, Any]
) -> list[Row]:
    """Events of what was written, and of what followed for others."""
    watched = watching(work.catalog).tables
    rows: list[Row] = []
    if work.table.id in watched and not _as_entries(work, items):
        for item, (before, after) in zip(items, sides, strict=True):
            part = parts.get((work.table.id, item.row_id))
            if part is not None and item.action == "update":
                before, after = {**part.before, **(before or {})}, {**part.after, **(after or {})}
            own = {"source": item.change.source.ref, "before": before, "after": after}
            rows.append(_row(work, item, {**common, **own}))
    direct = {item.row_id for item in items}
    for (table, row), part in parts.items():
        if part.after and table in watched and not (table == work.table.id and row in direct):
            _is_of_one(work)
            rows.append(_indirect(work.catalog, table, row, part, common, items[0].history_id))
    return rows


def _as_entries(work: Work, items: Sequence[Item]) -> bool:
    """Whether the events of what was written say what the history does: many new records, each of which is waited for."""
    return (
        work.block is not None
        and len(items) == len(work.block.items)
        and not work.together
        and not work.change.quiet
        and not work.inner
        and work.change.source.channel != "form"
        and _gathering.get() is None
        and any(
            isinstance(one, RecordCreated) for one in watching(work.catalog).triggers.get(work.table.id, ())
        )
    )


async def _store_entries(work: Work, items: Sequence[Item], common: dict[str, Any]) -> None:
    """Events made of the history's rows by PostgreSQL, which has taken their JSON apart already."""
    await work.tx.execute(
        "INSERT INTO meta.outbox (history_id, app_id, table_id, record_id, payload)"
        " SELECT h.id, h.app_id, h.table_id, h.record_id,"
        " $1::jsonb || jsonb_build_object('after', coalesce(h.after, '{}'::jsonb)) FROM meta.history h"
        " WHERE h.at = $2 AND h.id = ANY($3::bigint[]) ORDER BY h.id",
        msgspec.json.encode({**common, "before": None, "action": "create"}).decode(),
        work.context.now,
        [item.history_id for item in items],
    )


def _is_of_one(work: Work) -> None:
    """Raises :class:`Apart` where it cannot be told which of several runs something followed from."""
    if work.together and not work.alone:
        raise Apart


async def _met_now(work: Work, items: Sequence[Item], parts: Parts, common: dict[str, Any]) -> list[Row]:
    """Events of records that meet now what somebody waits for; what meets is noted, also of a quiet change."""
    direct = {item.row_id: item for item in items}
    rows: list[Row] = []
    for table, ones in watching(work.catalog).waiting.items():
        for waiting in ones:
            touched = _touched(work, items, waiting, parts) if table == work.table.id else set()
            touched |= _touched_behind(table, waiting, parts)
            if not touched:
                continue
            found = sorted(await conditions.look(work.tx, work.catalog, waiting, touched))
            for row in found:
                item = direct.get(row) if table == work.table.id else None
                if item is None:
                    _is_of_one(work)
                whose = common if item is None else {**common, "source": item.change.source.ref}
                rows.append(_met(work.catalog, waiting, row, whose, item, items[0].history_id))
    return rows


def _merged(rows: list[Row], inner: Sequence[Row]) -> list[Row]:
    """``rows`` and those of what was done within the change; what was only touched there has no second event."""
    if not inner:
        return rows
    own = {(row[2], row[3]): row[4] for row in rows if not row[4].get("met")}
    left: list[Row] = []
    for row in inner:
        payload, mine = row[4], own.get((row[2], row[3]))
        if mine is None or mine["action"] != "update" or not payload.get("indirect") or payload.get("met"):
            left.append(row)
            continue
        mine["before"] = {**payload["before"], **(mine["before"] or {})}
        newer = {key: payload["after"][key] for key in payload.get("links", ()) if key in payload["after"]}
        mine["after"] = {**payload["after"], **(mine["after"] or {}), **newer}
        if mine.get("indirect") and payload.get("links"):
            mine["links"] = sorted({*mine.get("links", ()), *payload["links"]})
    return [*left, *rows]


async def tell_computed(tx: Tx, catalog: Catalog, seen: Seen, *, quiet: bool, depth: int) -> bool:
    """The same for values that were computed by themselves; ``quiet`` when a definition changed and no record did.

    Whether anything was left for automations to look at.
    """
    watch = watching(catalog)
    if not seen or not (watch.fields or watch.waiting):
        return False
    parts = await _parts(tx, catalog, seen, {})
    common = {"channel": "system", "source": None, "depth": depth}
    rows: list[Row] = []
    if not quiet:
        rows += [
            _indirect(catalog, table, row, part, common, 0)
            for (table, row), part in parts.items()
            if part.after and table in watch.tables
        ]
    for table, ones in watch.waiting.items():
        for waiting in ones:
            touched = _touched_behind(table, waiting, parts)
            met = await conditions.look(tx, catalog, waiting, touched) if touched else set()
            if not quiet:
                rows += [_met(catalog, waiting, row, common, None, 0) for row in sorted(met)]
    if rows := _wanted(catalog, rows):
        await _store(tx, rows)
    return bool(rows)


def _common(work: Work) -> dict[str, Any]:
    change = work.change
    return {
        "channel": change.source.channel,
        "source": change.source.ref,
        "depth": change.source.depth,
        "states_as_is": change.states_as_is,
        "actor": change.actor.id if change.actor.kind in ("person", "token") else "",
    }


def _row(work: Work, item: Item, payload: dict[str, Any]) -> Row:
    payload["action"] = item.action
    if item.automation:
        payload |= {"automation": item.automation, "by": item.change.actor.name}
    if item.change.source.channel == "form":
        actor = item.change.actor
        payload |= {
            "by": actor.name if actor.kind == "person" else "",
            "at": work.context.now.isoformat().replace("+00:00", "Z"),
        }
    return item.history_id, work.app.number, work.table.number, item.row_id, payload


def _indirect(
    catalog: Catalog, table_id: str, row: int, part: _Part, common: dict[str, Any], cause: int
) -> Row:
    table = catalog.table(table_id)
    payload = {**common, "action": "update", "indirect": True, "before": part.before, "after": part.after}
    if part.links:
        payload["links"] = part.links
    return cause, catalog.app_of(table).number, table.number, row, payload


def _met(
    catalog: Catalog, waiting: Waiting, row: int, common: dict[str, Any], item: Item | None, cause: int
) -> Row:
    table = waiting.table
    payload = {
        **common,
        "action": item.action if item is not None else "update",
        "indirect": True,
        "met": True,
        "automation": waiting.automation.id,
    }
    return cause, catalog.app_of(table).number, table.number, row, payload


async def store_met(tx: Tx, catalog: Catalog, waiting: Waiting, rows: Iterable[int]) -> None:
    """Events of records that meet a condition without a change of their own (time has passed)."""
    common = {"channel": "system", "source": None, "depth": 0}
    await _store(tx, [_met(catalog, waiting, row, common, None, 0) for row in sorted(rows)])


async def _store(tx: Tx, rows: Sequence[Row]) -> None:
    await tx.execute(
        "INSERT INTO meta.outbox (history_id, app_id, table_id, record_id, payload)"
        " SELECT h, a, t, r, p::jsonb"
        " FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::text[]) AS u(h, a, t, r, p)",
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [msgspec.json.encode(row[4]).decode() for row in rows],
    )


# ---- what followed from a change ----

Ends = dict[str, dict[int, tuple[set[int], set[int]]]]
"""By link field: the records that gained and lost others, though nobody wrote that field of theirs."""


def _linked(work: Work) -> Ends:
    """Links that are watched and changed on the other side of what was written."""
    watched = watching(work.catalog).fields
    found: Ends = defaultdict(lambda: defaultdict(lambda: (set(), set())))
    for item in work.of("create", "update"):
        for one, numbers in item.links.items():
            inverse = getattr(one.config, "inverse", None)
            if inverse not in watched:
                continue
            old, new = set(item.old_links.get(one, ())), set(numbers)
            for far in new - old:
                found[inverse][far][0].add(item.row_id)
            for far in old - new:
                found[inverse][far][1].add(item.row_id)
    written = {(one.id, item.row_id) for item in work.of("create", "update") for one in item.links}
    for one, pairs in work.let_go.items():
        for near, far in pairs:
            if one.id in watched and (one.id, near) not in written:
                found[one.id][near][1].add(far)
    return found


async def _parts(tx: Tx, catalog: Catalog, seen: Seen, ends: Ends) -> Parts:
    """What is watched of records that nobody wrote: values before and after, by table and row."""
    parts: Parts = defaultdict(_Part)
    told = watching(catalog).told
    for key, rows in seen.items():
        one = catalog.field(key)
        for row in rows:
            parts[one.table_id, row].changed.add(key)
        if key in told and rows:
            await _values(tx, catalog.table(one.table_id), one, rows, parts)
    for key, changes in ends.items():
        try:
            one = catalog.field(key)
        except NotFound:
            continue
        for row in changes:
            parts[one.table_id, row].changed.add(key)
        if key in told:
            await _pairs(tx, catalog, one, changes, parts)
    return parts


async def _values(tx: Tx, table: Table, one: Field, rows: Mapping[int, Any], parts: Parts) -> None:
    kind = fieldtypes.get(one.config)
    found = await tx.fetch(
        f"SELECT id, {one.column} AS value FROM {table.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL",
        list(rows),
    )
    for row in found:
        part, before = parts[table.id, row["id"]], rows[row["id"]]
        part.after[one.id] = None if row["value"] is None else kind.to_history(one.config, row["value"])
        if before is not UNKNOWN:
            part.before[one.id] = None if before is None else kind.to_history(one.config, before)


async def _pairs(
    tx: Tx, catalog: Catalog, one: Field, changes: Mapping[int, tuple[set[int], set[int]]], parts: Parts
) -> None:
    assert isinstance(one.config, Link)  # noqa: S101
    number = catalog.table(one.config.table).number
    now = await links.pairs(tx, one, changes)
    for row, (gained, lost) in changes.items():
        after = now.get(row, [])
        before = [n for n in after if n not in gained] + sorted(lost)
        part = parts[one.table_id, row]
        part.after[one.id] = [record_id(number, n) for n in after]
        part.before[one.id] = [record_id(number, n) for n in before]
        part.links.append(one.id)


def _touched(work: Work, items: Sequence[Item], waiting: Waiting, parts: Parts) -> set[int]:
    """Records somebody wrote that may meet the condition now or no more."""
    return {
        item.row_id
        for item in items
        if item.action in ("create", "restore")
        or (
            item.action == "update"
            and (waiting.any_change or any(one.id in waiting.fields for one in (*item.values, *item.links)))
        )
    }


def _touched_behind(table: str, waiting: Waiting, parts: Parts) -> set[int]:
    return {row for (of, row), part in parts.items() if of == table and part.changed & waiting.fields}
