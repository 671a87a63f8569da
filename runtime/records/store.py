"""Writing the rows: one INSERT for a record, COPY for many, one prepared UPDATE per set of columns."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Literal

from runtime import fieldtypes
from runtime.access import Actor
from runtime.catalog import Field
from runtime.records import ahead, copying
from runtime.records.columns import MANY, Block
from runtime.records.work import Item, Work
from runtime.storage import stays

# below this a single statement is quicker than setting up a COPY
_COPY_FROM = 65


def stamp(actor: Actor) -> str:
    """Who, as stored in ``created_by``/``updated_by``."""
    return f"{actor.id}|{actor.name}"


async def store(work: Work, meanwhile: Callable[[], None]) -> None:
    """Insert, update, trash and restore the good items of ``work``.

    ``meanwhile`` is done while PostgreSQL takes in many new ones, which are ``work.block`` by then.
    """
    await _trash(work, "delete")  # first: what may not repeat is free for the others
    await _insert(work, meanwhile)
    await _update(work)
    await _trash(work, "restore")
    for item in work.of("update", "delete", "restore"):
        if item.values or item.links or item.action != "update":
            item.version += 1


async def _trash(work: Work, action: Literal["delete", "restore"]) -> None:
    rows = [item.row_id for item in work.of(action)]
    if rows:
        now = work.context.now
        await work.tx.execute(
            f"UPDATE {work.table.sql} SET deleted_at = $2, version = version + 1, updated_at = $3, updated_by = $4"
            " WHERE id = ANY($1::bigint[])",
            rows,
            now if action == "delete" else None,
            now,
            stamp(work.change.actor),
        )


async def _insert(work: Work, meanwhile: Callable[[], None]) -> None:
    work.block = None
    items = work.of("create")
    if not items:
        return
    work.block = block = Block.of(items) if len(items) >= MANY else None
    given = block.fields if block is not None else {field for item in items for field in item.values}
    fields = [f for f in work.table.fields if f.stored and not f.computed and f in given]
    now, who = work.context.now, stamp(work.change.actor)
    columns = ["created_at", "created_by", "updated_at", "updated_by", *(f.column for f in fields)]
    boxes = [place for place, field in enumerate(fields) if field.type == "checkbox"]
    states = [f for f in fields if f.machine is not None]
    columns += [f.since_column for f in states]
    for item in items:
        item.version = 1
    if len(items) == 1:
        item = items[0]
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        statement = f"INSERT INTO {work.table.sql} ({', '.join(columns)}) VALUES ({places}) RETURNING id"
        item.row_id = await work.tx.value(
            statement, now, who, now, who, *_values(item, fields, boxes), *_since(item, states, now)
        )
        return
    if len(items) < _COPY_FROM:
        await _insert_some(work, items, fields, boxes, states)
        return
    await _draw_ids(work, items)
    assert block is not None  # noqa: S101 - there are as many as that
    await _copy(work, block, fields, boxes, states, meanwhile)


async def _copy(
    work: Work,
    block: Block,
    fields: Sequence[Field],
    boxes: list[int],
    states: Sequence[Field],
    meanwhile: Callable[[], None],
) -> None:
    """Many records at once, with those of their computed values that can be known by now."""
    now, who = work.context.now, stamp(work.change.actor)
    columns = ["id", "created_at", "created_by", "updated_at", "updated_by", *(f.column for f in fields)]
    columns += [f.since_column for f in states]
    ids = [item.row_id for item in block.items]
    cells = _side_by_side(block, fields, boxes, states, now)
    schema, name = work.table.sql.split(".")
    kinds = [(fieldtypes.get(f.config).sql_type(f.config) or "").split(" ")[0] for f in fields]
    kinds += ["timestamptz"] * len(states)
    texts = [copying.texts(kind, column) for kind, column in zip(kinds, cells, strict=True)]
    known = [column for column in texts if column is not None]
    if len(known) < len(texts):  # a type that is not known there
        fixed: list[Sequence[object]] = [[value] * len(ids) for value in (now, who, now, who)]
        await work.tx.connection.copy_records_to_table(
            name, schema_name=schema, columns=columns, records=zip(ids, *fixed, *cells, strict=True)
        )
        return
    block.ahead = await ahead.compute(work, block, who, dict(zip(fields, known, strict=False)))
    more = () if block.ahead is None else block.ahead.texts
    columns += () if block.ahead is None else block.ahead.names
    same = [[value] * len(ids) for value in (now.isoformat(), who, now.isoformat(), who)]
    lines = copying.lines([list(map(str, ids)), *same, *known, *more])
    await work.tx.connection.copy_to_table(
        name, schema_name=schema, columns=columns, source=_sent(lines, meanwhile)
    )


async def _sent(lines: bytes, meanwhile: Callable[[], None]) -> AsyncIterator[bytes]:
    yield lines
    await asyncio.sleep(0)  # they are on their way then
    meanwhile()


async def _insert_some(
    work: Work, items: Sequence[Item], fields: Sequence[Field], boxes: list[int], states: list[Field]
) -> None:
    """Some records by one statement that is the same for any number of them: a list of values for each column."""
    now, who = work.context.now, stamp(work.change.actor)
    rows = [(n, *_values(i, list(fields), boxes), *_since(i, states, now)) for n, i in enumerate(items)]
    lists: list[Sequence[object]] = list(zip(*rows, strict=True))
    kinds = ["integer"]
    kinds += [(fieldtypes.get(f.config).sql_type(f.config) or "text").split(" ")[0] for f in fields]
    kinds += ["timestamptz"] * len(states)
    into = ["created_at", "created_by", "updated_at", "updated_by"]
    into += [*(f.column for f in fields), *(f.since_column for f in states)]
    taken, given = ["$1", "$2", "$1", "$2"], []
    for place, kind in enumerate(kinds):
        listed = kind.endswith("[]")  # PostgreSQL has no lists of lists of different lengths: each as a text
        if listed:
            lists[place] = [None if one is None else _as_text(one) for one in lists[place]]
        given.append(f"${place + 3}::{'text' if listed else kind}[]")
        if place:
            taken.append(f"c{place}::{kind}" if listed else f"c{place}")
    rows_of = ", ".join(f"c{place}" for place in range(len(kinds)))
    found = await work.tx.fetch(
        f"INSERT INTO {work.table.sql} ({', '.join(into)}) SELECT {', '.join(taken)}"
        f" FROM unnest({', '.join(given)}) AS u({rows_of}) ORDER BY c0 RETURNING id",
        now,
        who,
        *lists,
    )
    for item, row in zip(items, found, strict=True):
        item.row_id = row["id"]


def _as_text(numbers: object) -> str:
    """A list of numbers as PostgreSQL writes it."""
    assert isinstance(numbers, list | tuple)  # noqa: S101 - what a column of lists holds
    return "{" + ",".join(map(str, numbers)) + "}"


async def _draw_ids(work: Work, items: Sequence[Item]) -> None:
    ids = await work.tx.value(
        f"SELECT array_agg(nextval(s)) FROM (SELECT pg_get_serial_sequence('{work.table.sql}', 'id')::regclass AS s OFFSET 0)"
        " q, generate_series(1, $1)",
        len(items),
    )
    for item, number in zip(items, ids, strict=True):
        item.row_id = number


def _side_by_side(
    block: Block, fields: Sequence[Field], boxes: Sequence[int], states: Sequence[Field], now: datetime
) -> list[Sequence[object]]:
    """What :func:`_values` and :func:`_since` give for each record, by columns."""
    by_field = dict(zip(block.fields, block.columns, strict=True))
    columns: list[Sequence[object]] = [by_field[field] for field in fields]
    for place in boxes:
        columns[place] = list(map(bool, columns[place]))
    return columns + [[None if value is None else now for value in by_field[field]] for field in states]


def _values(item: Item, fields: list[Field], boxes: list[int]) -> list[object]:
    """What a new record holds in ``fields``; at the places ``boxes`` a box, which is never empty."""
    values = list(map(item.values.get, fields))
    for place in boxes:
        values[place] = bool(values[place])
    return values


def _value(item: Item, field: Field) -> object:
    value = item.values.get(field)
    return False if value is None and field.type == "checkbox" else value


def _since(item: Item, states: list[Field], now: datetime) -> list[datetime | None]:
    """Since when a new record is in its states."""
    return [None if item.values.get(field) is None else now for field in states]


async def _update(work: Work) -> None:
    groups: dict[tuple[Field, ...], list[Item]] = defaultdict(list)
    for item in work.of("update"):
        if item.values or item.links:
            groups[tuple(item.values)].append(item)
    now, who = work.context.now, stamp(work.change.actor)
    for fields, items in groups.items():
        sets = ", ".join(
            f"{f.column} = ${n}::{(fieldtypes.get(f.config).sql_type(f.config) or 'text').split(' ')[0]}"
            for n, f in enumerate(fields, start=4)
        )
        sets += "".join(
            f", {f.since_column} = $2, {stays.ended(f, '$2')}" for f in fields if f.machine is not None
        )
        statement = (
            f"UPDATE {work.table.sql} SET version = version + 1, updated_at = $2, updated_by = $3"
            f"{', ' + sets if sets else ''} WHERE id = $1"
        )
        rows = [(i.row_id, now, who, *(_value(i, f) for f in fields)) for i in items]
        if len(rows) == 1:
            await work.tx.execute(statement, *rows[0])
        else:
            await work.tx.connection.executemany(statement, rows)
