"""Cells as the JSON that answers hold, made by PostgreSQL: most of a page is never a Python value.

What Python has to make (links with the ids of what they point at, people, files, whatever changes by the clock) is read as
it is and joined to it. Both say the same: :meth:`FieldType.wire_sql` is ``to_wire`` in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Lookup

COLUMN = "wires"
"""What the column is called: the members of a JSON object by field id, without its braces."""

_LONGEST = 12_000
"""Characters: asyncpg keeps no prepared statement of more than fifteen thousand."""
_CACHE = "_wires"
_MOST_KEPT = 64


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
    # one flat statement part: it is put together for every page
    text = " || ',' || ".join(cell.template for cell in made)
    return QueryString(text, *(value for cell in made for value in cell.args)), tuple(left)


def _cell(field: Field) -> QueryString | None:
    """The SQL of a member ``"fld…":…``; None where Python has to make it."""
    if field.type in ("link", "button", "created_by", "updated_by") or isinstance(field.config, Lookup):
        return None
    if not field.id.isalnum() or not field.id.isascii():
        return None
    column = f"t.{field.column}"
    wire = fieldtypes.get(field.config).wire_sql(field.config, column)
    if wire is None:
        return None
    text = wire.template
    if field.type == "formula":
        error = f"{column}_e"
        text = f"CASE WHEN {error} <> '' THEN json_build_object('error', {error})::text ELSE {text} END"
    return QueryString(f"'\"{field.id}\":' || coalesce({text}, 'null')", *wire.args)
