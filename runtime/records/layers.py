"""Computed fields of the same records, worked out by one statement instead of one each.

A new order with three roll-ups and three formulas is then touched once, not six times. Fields that follow from others of
the same statement read them from the layer below (:func:`runtime.storage.computed.layers`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field, Table
from runtime.fieldtypes import Context
from runtime.records.dependents import graph
from runtime.storage.computed import dependencies, layers
from runtime.storage.database import Tx, compiled

Needs = list[tuple[Field, frozenset[str], frozenset[str]]]
_NEEDS: WeakKeyDictionary[Catalog, Needs] = WeakKeyDictionary()
# by catalog: the text, the values and the place of the rows among them, by fields and time zone
_STATEMENTS: WeakKeyDictionary[Catalog, dict[tuple[str, ...], tuple[str, list[Any], int]]] = (
    WeakKeyDictionary()
)


def _needs(catalog: Catalog) -> Needs:
    """Every stored computed field, dependencies first, with the fields it reads of its record and of others."""
    found = _NEEDS.get(catalog)
    if found is None:
        found = []
        for one in graph(catalog).order:
            near, far, _ = dependencies(catalog, one)
            found.append((one, frozenset(near), frozenset(far)))
        _NEEDS[catalog] = found
    return found


def along_with(
    catalog: Catalog,
    first: Field,
    rows: set[int],
    dirty: Mapping[str, set[int]],
    covered: Collection[str] = (),
) -> list[Field]:
    """The fields that can be computed together with ``first`` for ``rows``, itself included, in their order.

    They are stale for these rows or follow from those that are, and need nothing that is computed in between.
    ``dirty``: stale rows by field id; ``covered``: fields that are not to be computed now.
    """
    together, ids, blocked, begun = [first], {first.id}, set(covered), False
    for one, near, far in _needs(catalog):
        if not begun:
            begun = one.id == first.id
            continue
        stale = dirty.get(one.id)
        if not stale and not (near | far) & (ids | blocked):
            continue
        joins = (
            one.table_id == first.table_id
            and one.id not in blocked
            and not far & ids
            and not (near | far) & blocked
            and (not stale or stale <= rows)
        )
        if joins:
            together.append(one)
            ids.add(one.id)
        else:
            blocked.add(one.id)
    return together


async def compute(
    tx: Tx, catalog: Catalog, context: Context, fields: list[Field], rows: Iterable[int]
) -> dict[str, set[int]]:
    """Compute ``fields`` of one table, dependencies first, for ``rows`` that ``tx`` holds; what has changed, by field."""
    key = (*(one.id for one in fields), context.zone.key)
    known = _STATEMENTS.setdefault(catalog, {})
    if key not in known:
        known[key] = _statement(catalog, catalog.table(fields[0].table_id), context, fields)
    text, values, place = known[key]
    found = await tx.fetch(text, *values[:place], list(rows), *values[place + 1 :])
    return {one.id: {row["id"] for row in found if row[f"c{n}"]} for n, one in enumerate(fields)}


def _statement(
    catalog: Catalog, table: Table, context: Context, fields: list[Field]
) -> tuple[str, list[Any], int]:
    place: list[int] = []  # stands where the rows will
    rows = QueryString(f"(SELECT t.* FROM {table.sql} t WHERE t.id = ANY({{}}::bigint[]))", place)
    inner = layers(catalog, table, context, fields, rows)
    columns = [(one, _columns(one)) for one in fields]
    sets = [f"{name} = s.{name}" for _, names in columns for name in names]
    changes = [
        f"({', '.join(f'o.{name}' for name in names)}) IS DISTINCT FROM ({', '.join(f's.{name}' for name in names)})"
        for _, names in columns
    ]
    marks = ", ".join(f"{change} AS c{n}" for n, change in enumerate(changes))
    news = ", ".join(f"s.{name}" for _, names in columns for name in names)
    statement = QueryString(
        f"UPDATE {table.sql} t SET {', '.join(sets)} FROM (SELECT s.id, {news}, {marks} FROM {{}} s"
        f" JOIN {table.sql} o ON o.id = s.id OFFSET 0) s WHERE t.id = s.id"
        f" AND ({' OR '.join(f's.c{n}' for n in range(len(fields)))})"
        f" RETURNING t.id, {', '.join(f's.c{n}' for n in range(len(fields)))}",
        inner,
    )
    text, values = compiled(statement, ())
    values = list(values)
    return text, values, next(n for n, value in enumerate(values) if value is place)


def _columns(one: Field) -> list[str]:
    return [one.column, f"{one.column}_e"] if one.type == "formula" else [one.column]
