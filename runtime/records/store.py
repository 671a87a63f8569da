"""Writing the rows: one INSERT for a record, COPY for many, one prepared UPDATE per set of columns."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Literal

from runtime import fieldtypes
from runtime.access import Actor
from runtime.catalog import Field
from runtime.records.work import Item, Work

# below this a single statement is quicker than setting up a COPY
_COPY_FROM = 4


def stamp(actor: Actor) -> str:
    """Who, as stored in ``created_by``/``updated_by``."""
    return f"{actor.id}|{actor.name}"


async def store(work: Work) -> None:
    """Insert, update, trash and restore the good items of ``work``."""
    await _trash(work, "delete")  # first: what may not repeat is free for the others
    await _insert(work)
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


async def _insert(work: Work) -> None:
    items = work.of("create")
    if not items:
        return
    fields = [
        f for f in work.table.fields if f.stored and not f.computed and any(f in i.values for i in items)
    ]
    now, who = work.context.now, stamp(work.change.actor)
    columns = ["created_at", "created_by", "updated_at", "updated_by", *(f.column for f in fields)]
    boxes = [place for place, field in enumerate(fields) if field.type == "checkbox"]
    states = [f for f in fields if f.machine is not None]
    columns += [f.since_column for f in states]
    for item in items:
        item.version = 1
    if len(items) < _COPY_FROM:
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        statement = f"INSERT INTO {work.table.sql} ({', '.join(columns)}) VALUES ({places}) RETURNING id"
        for item in items:
            item.row_id = await work.tx.value(
                statement, now, who, now, who, *_values(item, fields, boxes), *_since(item, states, now)
            )
        return
    schema, name = work.table.sql.split(".")
    ids = await work.tx.fetch(
        f"SELECT nextval(pg_get_serial_sequence('{work.table.sql}', 'id')) AS id FROM generate_series(1, $1)",
        len(items),
    )
    for item, row in zip(items, ids, strict=True):
        item.row_id = row["id"]
    await work.tx.connection.copy_records_to_table(
        name,
        schema_name=schema,
        columns=["id", *columns],
        records=[
            (i.row_id, now, who, now, who, *_values(i, fields, boxes), *_since(i, states, now)) for i in items
        ],
    )


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
        sets += "".join(f", {f.since_column} = $2" for f in fields if f.machine is not None)
        statement = (
            f"UPDATE {work.table.sql} SET version = version + 1, updated_at = $2, updated_by = $3"
            f"{', ' + sets if sets else ''} WHERE id = $1"
        )
        rows = [(i.row_id, now, who, *(_value(i, f) for f in fields)) for i in items]
        if len(rows) == 1:
            await work.tx.execute(statement, *rows[0])
        else:
            await work.tx.connection.executemany(statement, rows)
