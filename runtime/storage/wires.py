"""Cells as the JSON that answers hold, made by PostgreSQL: most of a page is never a Python value.

What Python has to make (people, files, whatever changes by the clock, every record's id) is read as it is and joined to
it. Both say the same: :meth:`FieldType.wire_sql` is ``to_wire`` in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import DateTime, Link, Lookup
from runtime.errors import NotFound
from runtime.fieldtypes.base import FieldType
from runtime.storage.linked import column_of, linked_texts

COLUMN = "wires"
"""What the column is called: the members of a JSON object by field id, without its braces; the bytes of its UTF-8."""

_LONGEST = 12_000
"""Characters: asyncpg keeps no prepared statement of more than fifteen thousand."""
_AT_ONCE = 25
"""Cells of one concat, which takes at most a hundred arguments."""
_CACHE = "_wires"
_MOST_KEPT = 64

_WHOLE = "_whole_wires"


@dataclass(frozen=True)
class Whole:
    """How a page of records is read that is answered as it comes.

    ``sql``: :data:`COLUMN`, a record without its id and its last braces, ``"version":1,…,"fields":{"fld…":…``; ``links``,
    with the tables they point at, come with the first row, of all rows (:func:`runtime.storage.linked.linked_texts`);
    ``left``: the fields that Python makes; ``begun``: whether ``fields`` has members already.
    """

    sql: QueryString
    links: tuple[tuple[Field, Table], ...]
    left: tuple[Field, ...]
    begun: bool


def whole(catalog: Catalog, table: Table, fields: Sequence[Field]) -> Whole:
    """How whole records with ``fields`` are read; found out once for each choice of fields."""
    known: dict[tuple[str, ...], Whole] = table.__dict__.setdefault(_WHOLE, {})
    key = tuple(field.id for field in fields)
    if key not in known:
        if len(known) >= _MOST_KEPT:
            known.clear()
        made, others = divide(catalog, table, fields)
        texts = {one.id: target for one in others if (target := _named_by_text(catalog, one)) is not None}
        known[key] = Whole(
            _own(made),
            tuple((one, texts[one.id]) for one in others if one.id in texts),
            tuple(one for one in others if one.id not in texts),
            made is not None,
        )
    return known[key]


def _own(made: QueryString | None) -> QueryString:
    """The members that every record has, then ``fields`` with what is ``made``.

    ``chr(123)`` is the opening brace, which a template cannot hold.
    """
    created, updated, deleted = (
        fieldtypes.get(DateTime()).wire_sql(DateTime(), f"t.{name}_at")
        for name in ("created", "updated", "deleted")
    )
    text = (
        """'"version":', t.version, ',"created_at":', {}, ',"updated_at":', {}"""
        """, CASE WHEN t.deleted_at IS NULL THEN '' ELSE ',"deleted_at":' || {} END, ',"fields":', chr(123)"""
    )
    parts = [one for one in (created, updated, deleted, made) if one is not None]
    return QueryString(f"concat({text}{', {}' if made is not None else ''})", *parts)


def _named_by_text(catalog: Catalog, field: Field) -> Table | None:
    """What a link to at most one record points at, where its names are texts that are shown as they are stored."""
    if not isinstance(field.config, Link) or field.config.many or not field.id.isalnum():
        return None
    try:
        target = catalog.table(field.config.table)
    except NotFound:
        return None
    primary = target.primary
    if primary is None or not primary.stored or primary.type == "link":
        return None
    kind = fieldtypes.get(primary.config)
    plain = type(kind).to_wire is FieldType.to_wire and type(kind).to_text is FieldType.to_text
    return target if plain and kind.sql_type(primary.config) == "text" else None


def page_with_texts(page: QueryString, links: Sequence[tuple[Field, Table]], order: str) -> QueryString:
    """``page`` in its ``order`` (an SQL of its columns), the texts of its ``links`` in its first row.

    The links of a page are read at once: row by row they would take longer than everything else together.
    """
    if not links:
        return page
    first = f"row_number() OVER (ORDER BY {order}) = 1"
    texts = [
        f"CASE WHEN {first} THEN ({linked_texts(field, target, 'SELECT id FROM p')}) END AS {column_of(field)}"
        for field, target in links
    ]
    return QueryString(
        f"WITH p AS MATERIALIZED ({{}}) SELECT p.*, {', '.join(texts)} FROM p ORDER BY {order}", page
    )


def divide(
    catalog: Catalog, table: Table, fields: Sequence[Field]
) -> tuple[QueryString | None, tuple[Field, ...]]:
    """The SQL of :data:`COLUMN`, for a row ``t``, and the fields that are left to Python; found out once for each choice."""
    known: dict[tuple[str, ...], tuple[QueryString | None, tuple[Field, ...]]]
    known = table.__dict__.setdefault(_CACHE, {})
    key = tuple(field.id for field in fields)
    if key not in known:
        if len(known) >= _MOST_KEPT:
            known.clear()
        known[key] = _divide(catalog, fields)
    return known[key]


def _divide(catalog: Catalog, fields: Sequence[Field]) -> tuple[QueryString | None, tuple[Field, ...]]:
    from runtime.storage.computed import read_time  # which compiles conditions by the compiler that asks here

    at_read, length = read_time(catalog), 0
    left: list[Field] = []
    made: list[QueryString] = []
    for field in fields:
        cell = None if field.id in at_read else _cell(field)
        length += 0 if cell is None else len(cell.template)
        if cell is None or length > _LONGEST:
            left.append(field)
        else:
            made.append(cell)
    if not made:
        return None, tuple(left)
    # one flat statement part, since it is put together for every page; concat copies each text once, || again and again
    texts = ", ',', ".join(cell.template for cell in made[:_AT_ONCE])
    for start in range(_AT_ONCE, len(made), _AT_ONCE):
        more = ", ',', ".join(cell.template for cell in made[start : start + _AT_ONCE])
        texts += f", concat(',', {more})"
    return QueryString(f"concat({texts})", *(value for cell in made for value in cell.args)), tuple(left)


def _cell(field: Field) -> QueryString | None:
    """The SQL of a member ``"fld…":…`` in two parts, of a concat; None where Python has to make it."""
    value = value_of(field)
    return (
        None
        if value is None
        else QueryString(f"'\"{field.id}\":', coalesce({value.template}, 'null')", *value.args)
    )


def value_of(field: Field) -> QueryString | None:
    """The SQL of a cell's JSON over its row ``t``, NULL for an empty one; None where Python has to make it."""
    if field.type in ("link", "button", "created_by", "updated_by") or isinstance(field.config, Lookup):
        return None
    if not field.id.isalnum() or not field.id.isascii():
        return None
    column = f"t.{field.column}"
    wire = fieldtypes.get(field.config).wire_sql(field.config, column)
    if wire is None:
        return None
    if field.type != "formula":
        return wire
    error = f"{column}_e"
    text = f"CASE WHEN {error} <> '' THEN json_build_object('error', {error})::text ELSE {wire.template} END"
    return QueryString(text, *wire.args)
