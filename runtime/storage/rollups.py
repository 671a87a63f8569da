"""Values over linked or matching records as SQL: the one maker of what roll-ups, look-ups and formulas over links compute.

The record itself is the row ``t``, the others are rows ``r``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link, Lookup, Rollup
from runtime.definitions.matching import Match
from runtime.definitions.queries import Sort
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.formulas.texts import LIST_SEPARATOR
from runtime.formulas.types import MAX_ITEMS
from runtime.storage import matching
from runtime.storage.query import Compiler

# what a list may hold: more is nothing that a person reads in a cell
MOST_LISTED = 1000
# decimals of what is divided; a number on the wire keeps that many
_PLACES = 10
LISTS = frozenset({"list", "list_unique"})
ORDERED = frozenset({"first", "last", "list"})


@dataclass(frozen=True)
class Far:
    """The records a computed field is about: ``sql`` is ``FROM … WHERE …``, ``order`` their own order."""

    table: Table
    sql: QueryString
    order: str


def target_of(catalog: Catalog, link: str | None, match: Match | None) -> Table | None:
    """The table of the records that a look-up or roll-up is about; None where it is gone."""
    try:
        if match is not None:
            return catalog.table(match.table)
        config = catalog.field(link or "").config
        return catalog.table(config.table) if isinstance(config, Link) else None
    except NotFound:
        return None


def far_rows(
    catalog: Catalog, context: Context, near: Table, config: Lookup | Rollup, target: Table, rows: QueryString
) -> Far:
    """The far records of the row ``t`` that meet the field's conditions, out of ``rows`` of ``target``."""
    where = Compiler(catalog, target, context).where(config.where)
    if config.match is not None:
        condition = matching.forward(config.match, near, target, context)
        found = QueryString("FROM (SELECT t.* FROM {} t WHERE {}) r WHERE {}", rows, where, condition)
        return Far(target, found, "r.id")
    link = catalog.field(config.link or "")
    found = QueryString(
        f"FROM {link.link_sql} l JOIN (SELECT t.* FROM {{}} t WHERE {{}}) r ON r.id = l.{link.link_far}"
        f" WHERE l.{link.link_near} = t.id",
        rows,
        where,
    )
    return Far(target, found, "l.position, r.id")


def value(far: Far, config: Lookup | Rollup) -> QueryString:
    """What a look-up or roll-up is worth over the row ``t``."""
    field = far.table.by_id.get(config.field or "")
    if field is not None and field.type == "link":
        field = None
    if isinstance(config, Lookup):
        if field is None:
            return QueryString("NULL::text")
        if config.take != "all":
            return _one(far, config.sorts, text_of(field), last=config.take == "last")
        if config.limit or config.sorts or config.match is not None:
            return _listed(far, config.sorts, text_of(field), config.limit or MOST_LISTED)
        return QueryString(
            f"(SELECT string_agg({text_of(field)}, '{LIST_SEPARATOR}' ORDER BY {far.order}) {{}})", far.sql
        )
    if config.fn in ("first", "last") and field is not None:
        return _one(far, config.sorts, typed(field), last=config.fn == "last")
    if config.fn == "list" and field is not None:
        return _listed(far, config.sorts, text_of(field), MOST_LISTED)
    return QueryString(f"(SELECT {aggregate(config.fn, field)} {{}})", far.sql)


def _order(far: Far, sorts: Sequence[Sort], *, turned: bool = False) -> str:
    """ORDER BY; ``turned``: from the end."""
    keys: list[tuple[str, bool]] = []
    for sort in sorts:
        field = far.table.by_id.get(sort.field)
        if field is not None and field.type != "link":
            keys.append(
                (fieldtypes.get(field.config).order(field.config, f"r.{field.column}"), sort.descending)
            )
        elif sort.field == "$created_at":
            keys.append(("r.created_at", sort.descending))
    parts = [
        f"({key}) {'DESC' if descending is not turned else 'ASC'} NULLS {'FIRST' if turned else 'LAST'}"
        for key, descending in keys
    ]
    # among equals the order of the link, or of creation, the way of the first key
    falling = bool(keys) and keys[0][1]
    parts += [f"{key}{' DESC' if falling is not turned else ''}" for key in far.order.split(", ")]
    return ", ".join(parts)


def _one(far: Far, sorts: Sequence[Sort], text: str, *, last: bool) -> QueryString:
    order = _order(far, sorts, turned=last)
    return QueryString(f"(SELECT {text} {{}} AND ({text}) IS NOT NULL ORDER BY {order} LIMIT 1)", far.sql)


def _listed(far: Far, sorts: Sequence[Sort], text: str, most: int) -> QueryString:
    order = _order(far, sorts)
    return QueryString(
        f"(SELECT string_agg(v.item, '{LIST_SEPARATOR}' ORDER BY v.place) FROM (SELECT {text} AS item,"
        f" row_number() OVER (ORDER BY {order}) AS place {{}} AND ({text}) IS NOT NULL"
        f" ORDER BY {order} LIMIT {int(most)}) v)",
        far.sql,
    )


def aggregate(fn: str, field: Field | None) -> str:
    """The aggregate expression of a roll-up over rows ``r``."""
    if fn == "count" or field is None:
        return "count(r.id)"
    column = f"r.{field.column}"
    filled = f"count(*) FILTER (WHERE {column})" if field.type == "checkbox" else f"count({column})"
    if fn == "list_unique":
        text = text_of(field)
        return f"array_to_string((array_agg(DISTINCT {text}) FILTER (WHERE {text} IS NOT NULL))[1:{MOST_LISTED}], '{LIST_SEPARATOR}')"
    return {
        "count_filled": filled,
        "count_empty": f"count(r.id) - {filled}",
        "count_unique": f"count(DISTINCT {column})",
        "count_files": f"coalesce(sum(jsonb_array_length({column})), 0)",
        "share_filled": f"round(({filled})::numeric / nullif(count(r.id), 0), {_PLACES})",
        "sum": f"coalesce(sum({column}), 0)",
        "avg": f"round(avg({column}), {_PLACES})",
        "min": f"min({column})",
        "max": f"max({column})",
    }[fn]


def text_of(far: Field) -> str:
    """SQL of a far field's value as text, over its row ``r``."""
    kind = fieldtypes.get(far.config)
    value = f"({kind.formula_sql(far.config, f'r.{far.column}')})"
    if kind.formula_type(far.config) == "list":
        return f"array_to_string({value}, '{LIST_SEPARATOR}')"
    return f"{value}::text"


def typed(far: Field) -> str:
    """SQL of a far field's value in the type that formulas give it; a list is its text."""
    kind = fieldtypes.get(far.config)
    if kind.formula_type(far.config) in ("list", "text", None):
        return text_of(far)
    return f"({kind.formula_sql(far.config, f'r.{far.column}')})"


def items(far: Far, config: Lookup) -> QueryString:
    """The values of a look-up one by one, as a list: each as it stands in the joined text, lists taken apart."""
    field = far.table.by_id.get(config.field)
    if field is None or field.type == "link":
        return QueryString("NULL::text[]")
    order = _order(far, config.sorts)
    most = config.limit or (MOST_LISTED if config.sorts or config.match is not None else MAX_ITEMS)
    kind = fieldtypes.get(field.config)
    text = text_of(field)
    # a look-up of look-ups is joined already
    several = f"string_to_array({text}, '{LIST_SEPARATOR}')" if field.type == "lookup" else f"ARRAY[{text}]"
    if kind.formula_type(field.config) == "list":
        several = kind.formula_sql(field.config, f"r.{field.column}")
    return QueryString(
        f"(SELECT array_agg(u.item ORDER BY v.place, u.place) FROM (SELECT {several} AS items,"
        f" row_number() OVER (ORDER BY {order}) AS place {{}} AND ({text}) IS NOT NULL"
        f" ORDER BY {order} LIMIT {int(most)}) v, unnest(v.items) WITH ORDINALITY AS u(item, place))",
        far.sql,
    )


def files(far: Far, config: Lookup) -> QueryString:
    """The files that a look-up of attachments brings, as one JSON list; NULL where there are none."""
    column = f"r.{far.table.field(config.field).column}"
    if config.take != "all":
        return _one(far, config.sorts, column, last=config.take == "last")
    order = _order(far, config.sorts)
    return QueryString(
        f"(SELECT jsonb_agg(u.file ORDER BY v.place, u.place) FROM (SELECT {column} AS files,"
        f" row_number() OVER (ORDER BY {order}) AS place {{}} AND {column} IS NOT NULL"
        f" ORDER BY {order} LIMIT {int(config.limit or MOST_LISTED)}) v,"
        " jsonb_array_elements(v.files) WITH ORDINALITY AS u(file, place))",
        far.sql,
    )


def linked(far: Far, field: Field, *, many: bool, zone: str) -> QueryString:
    """What formulas see of a far field through a link: the one value, or a list of all that are filled, as texts."""
    kind = fieldtypes.get(field.config)
    value = f"({kind.formula_sql(field.config, f'r.{field.column}')})"
    if not many:
        return QueryString(f"(SELECT {value} {{}} ORDER BY {far.order} LIMIT 1)", far.sql)
    text = {
        "number": f"trim_scale({value})::text",
        "boolean": f"(CASE WHEN {value} THEN 'TRUE' ELSE 'FALSE' END)",
        "date": f"to_char({value}, 'YYYY-MM-DD')",
        "datetime": f"to_char({value} AT TIME ZONE '{zone}', 'YYYY-MM-DD HH24:MI:SS')",
    }.get(kind.formula_type(field.config) or "", text_of(field))
    return QueryString(
        f"(SELECT array_agg(v.item ORDER BY v.place) FROM (SELECT {text} AS item,"
        f" row_number() OVER (ORDER BY {far.order}) AS place {{}} AND {value} IS NOT NULL"
        f" ORDER BY {far.order} LIMIT {MAX_ITEMS}) v)",
        far.sql,
    )


def linked_error(far: Far, field: Field) -> QueryString:
    """The error code of a far formula through a link to one record."""
    return QueryString(f"(SELECT r.{field.column}_e {{}} ORDER BY {far.order} LIMIT 1)", far.sql)


def result_of(fn: str, far: Field | None) -> str:
    """The type of a roll-up's value: ``text``, ``number``, ``boolean``, ``date`` or ``datetime``."""
    if fn in LISTS:
        return "text"
    if fn in ("first", "last", "min", "max") and far is not None:
        kind = fieldtypes.get(far.config).formula_type(far.config)
        return kind if kind in ("number", "boolean", "date", "datetime") else "text"
    return "number"
