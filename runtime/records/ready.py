"""Pages of records as the JSON of their answer: what PostgreSQL has made (:mod:`runtime.storage.wires`) is joined, not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from runtime.access import Actor
from runtime.catalog import Field
from runtime.definitions.queries import Query
from runtime.ids import record_id
from runtime.records import looked_up
from runtime.records.read import Reader, Rows, rows_of
from runtime.storage import wires
from runtime.storage.linked import column_of
from runtime.system import System

_ENCODER = msgspec.json.Encoder()


class ReadyPage(msgspec.Struct, frozen=True):
    """A page as :class:`runtime.records.read.Page`, its ``records`` being the JSON of a list."""

    records: msgspec.Raw
    next_cursor: str | None
    total_estimate: int | None = None
    exact: bool = False
    at: int | None = None


async def ready_page(system: System, actor: Actor, table_id: str, query: Query) -> ReadyPage:
    """What :func:`runtime.records.read.page` finds, for an answer into which nobody looks before it is sent."""
    reader = await Reader.of(system, actor, table_id)
    whole = wires.whole(reader.catalog, reader.table, reader.chosen(query.fields))
    found = await rows_of(reader, query, lambda asked: reader.compiler.page(asked, whole.left, whole=whole))
    files = await looked_up.files_of(reader, found.rows, whole.left)
    return ReadyPage(
        _records(reader, whole, found, files),
        found.next_cursor,
        found.total_estimate,
        found.exact,
        found.at,
    )


def _records(reader: Reader, whole: wires.Whole, found: Rows, files: looked_up.Files) -> msgspec.Raw:
    own = _members(reader, whole, found.rows, files)
    number, column = reader.table.number, wires.COLUMN
    links = [
        (b'"%b":' % field.id.encode(), _linked(target.number, found.first, field))
        for field, target in whole.links
    ]
    first = b"," if whole.begun else b""
    records = []
    for row, members in zip(found.rows, own, strict=True):
        mine = row["id"]
        shown = [b"%b[%b]" % (key, linked.get(mine, b"")) for key, linked in links]
        if members:
            shown.append(members)
        more = first + b",".join(shown) if shown else b""
        records.append(b'{"id":"%b",%b%b}}' % (record_id(number, mine).encode(), row[column], more))
    return msgspec.Raw(b"[%b]" % b",".join(records))


def _linked(far: int, first: Any, field: Field) -> dict[int, bytes]:
    """The members of a link's list, by the row that has them; ``first`` brings those of all rows."""
    text = first[column_of(field)] if first is not None else None
    found: dict[int, bytes] = {}
    for line in text.split(b"\n") if text else ():
        near, row, name = line.split(b":", 2)
        one = b'{"id":"%b","name":%b}' % (record_id(far, int(row)).encode(), name)
        mine = int(near)
        found[mine] = b"%b,%b" % (found[mine], one) if mine in found else one
    return found


def _members(reader: Reader, whole: wires.Whole, rows: Sequence[Any], files: looked_up.Files) -> list[bytes]:
    """What Python makes of each row: the members of a JSON object, without its braces."""
    if not whole.left:
        return [b""] * len(rows)
    values = reader.values(rows, whole.left, encoded=True, files=files)
    return [_ENCODER.encode(one)[1:-1] for one in values]
