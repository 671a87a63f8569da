"""Records of which their change knows all that there is to see: whoever wrote them is answered without reading them back.

That is so where nothing of a record is computed after it is stored, kept elsewhere (links, files) or changed by somebody else
in the same transaction (effects of moves, the stock). All others are read as ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor, row_rule
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import SYSTEM_TYPES, Button
from runtime.ids import record_id
from runtime.records import read
from runtime.records.change import RecordView
from runtime.records.columns import Block
from runtime.records.store import stamp
from runtime.records.work import Item, Work
from runtime.system import System

Row = Mapping[str, Any]

_AS_GIVEN = frozenset({"text", "numeric", "integer", "integer[]", "boolean", "date", "timestamptz"})
"""Columns that give back just the value they were given."""
_CACHE = "_known_when_written"


class Known(msgspec.Struct, frozen=True):
    """Rows by record id, as they were stored under ``catalog``."""

    catalog: Catalog
    table: Table
    rows: dict[str, Row]
    block: Block | None = None
    """Many new ones side by side, which are not among ``rows``."""
    sample: Row | None = None
    """The first of them as a row."""
    made: dict[str, dict[str, RecordView]] = {}
    """What has been made of all of them, by who asks."""


def prepare(work: Work) -> None:
    """Make what many new records are answered with, for those who will ask for it."""
    block: Block | None = None if work.together else work.block
    actor = work.change.actor
    if (
        block is not None
        and actor.kind in ("person", "token")
        and work.change.source.channel in ("api", "ui")
    ):
        block.known = of(work)
        views(work.system, actor, block.known, ())


def of(work: Work) -> Known | None:
    """What ``work`` knows of the records it has created or changed; None where it knows of none."""
    table = work.table
    block: Block | None = None if work.together else work.block
    if block is not None and block.known is not None:
        found: Known = block.known
        return found
    plain = _plain(table)
    if (
        plain is None
        or not plain.computed.issubset(_made(block))
        or work.managed
        or any(table.id == one.definition.stock_table for one in work.app.stocks)
        or any(item.moves for item in work.items)
    ):
        return None
    linked = any(field.type == "link" for field in table.fields)
    rows: dict[str, Row] = {}
    sample = None if block is None else _created(work, block.items[0], plain.columns)
    for item in work.items if block is None else work.of("update"):
        if item.problems or item.links:
            continue
        if item.action == "create":
            rows[record_id(table.number, item.row_id)] = _created(work, item, plain.columns)
        elif item.action == "update" and not linked and not plain.computed:
            rows[record_id(table.number, item.row_id)] = _updated(work, item)
    return Known(work.catalog, table, rows, block, sample) if rows or block is not None else None


def views(system: System, actor: Actor, known: Known | None, wanted: Sequence[str]) -> dict[str, RecordView]:
    """Those of the ``wanted`` records that are known, as :func:`runtime.records.read.get_many` gives them ``encoded``."""
    if known is None or row_rule(actor, known.table) is not None:
        return {}
    found = known.made.get(actor.id)
    if found is None:  # several changes that were stored together are asked for one by one
        reader = read.Reader(system, known.catalog, known.table, actor)
        rows = list(known.rows.values())
        found = {view.id: view for view in reader.views(rows, reader.fields, encoded=True)}
        if known.block is not None:
            found |= _side_by_side(reader, known, known.block)
        known.made[actor.id] = found
    return {key: found[key] for key in wanted if key in found}


def _side_by_side(reader: read.Reader, known: Known, block: Block) -> dict[str, RecordView]:
    """The new records of a block: what they are given put over what is the same for all of them."""
    sample = reader.views([known.sample], reader.fields, encoded=True)[0]
    buttons = [field.id for field in reader.fields if field.type == "button" and sample.fields[field.id]]
    keys, rows = block.wire_rows([field for field in block.fields if field.id in sample.fields])
    made = {} if block.ahead is None else block.ahead.cells
    cells = [[msgspec.Raw(text.encode()) for text in made[key]] for key in made if key in sample.fields]
    if cells:
        keys = [*keys, *(key for key in made if key in sample.fields)]
        rows = (own + more for own, more in zip(rows, zip(*cells, strict=True), strict=False))
    found = {}
    for item, row in zip(block.items, rows, strict=True):
        if item.links or item.problems:
            continue
        key = record_id(known.table.number, item.row_id)
        fields = {**sample.fields, **dict(zip(keys, row, strict=True))}
        for button in buttons:
            fields[button] = key
        found[key] = RecordView(key, item.version, fields, sample.created_at, sample.updated_at)
    return found


class _Plain(msgspec.Struct, frozen=True):
    """A table whose records are no more than their columns: what these hold of an empty one, and the ids of computed ones."""

    columns: dict[str, Any]
    computed: frozenset[str]


def _plain(table: Table) -> _Plain | None:
    """None where there is more to a record than its columns."""
    if _CACHE not in table.__dict__:
        columns = {f.column: _empty(f) for f in table.fields if f.stored}
        columns |= {f"{f.column}_e": None for f in table.fields if f.type == "formula"}
        computed = frozenset(f.id for f in table.fields if f.computed)
        simple = all(_simple(field) for field in table.fields)
        table.__dict__[_CACHE] = _Plain(columns, computed) if simple else None
    found: _Plain | None = table.__dict__[_CACHE]
    return found


def _made(block: Block | None) -> Collection[str]:
    """The computed fields whose values a block's answer can hold already."""
    return block.ahead.cells.keys() if block is not None and block.ahead is not None else ()


def _simple(field: Field) -> bool:
    if field.computed:
        return field.stored
    if isinstance(field.config, Button):
        return field.config.where is None
    if not field.stored:
        return field.type == "link" or field.type in SYSTEM_TYPES
    return (fieldtypes.get(field.config).sql_type(field.config) or "").split(" ")[0] in _AS_GIVEN


def _empty(field: Field) -> Any:
    return False if field.type == "checkbox" else None


def _created(work: Work, item: Item, plain: dict[str, Any]) -> Row:
    now, who = work.context.now, stamp(item.change.actor)
    row = {
        **plain,
        "id": item.row_id,
        "version": item.version,
        "created_at": now,
        "created_by": who,
        "updated_at": now,
        "updated_by": who,
        "deleted_at": None,
    }
    return _filled(row, item)


def _updated(work: Work, item: Item) -> Row:
    row = dict(item.row)
    row["version"] = item.version
    if item.values:
        row["updated_at"], row["updated_by"] = work.context.now, stamp(item.change.actor)
    return _filled(row, item)


def _filled(row: dict[str, Any], item: Item) -> Row:
    for field, value in item.values.items():
        row[field.column] = False if value is None and field.type == "checkbox" else value
    return row
