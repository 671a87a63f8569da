"""Computed values of many new records, worked out before the records are stored.

A record is then written once, with all that it holds, instead of once and then again, with all its indexes. That is possible
where a value follows from what the record itself is given: formulas over its own fields, and whatever goes through links
that none of the new records has, since nobody else can point at a record that is not there yet. All others are computed
after storing (:mod:`runtime.records.computed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Formula, Lookup, Rollup
from runtime.fieldtypes import Context
from runtime.records import limits
from runtime.records.columns import Ahead, Block
from runtime.records.dependents import graph
from runtime.records.work import Work
from runtime.storage import wires
from runtime.storage.computed import dependencies, layers, lists_of
from runtime.storage.database import compiled


@dataclass(frozen=True)
class _Plan:
    """``fields`` are computed from ``given``; ``places`` of what changes from batch to batch among the ``values`` of ``text``.

    ``ready``: those of them whose values PostgreSQL makes as answers hold them too.
    """

    fields: tuple[Field, ...]
    given: tuple[Field, ...]
    ready: tuple[Field, ...]
    text: str
    values: tuple[object, ...]
    places: tuple[int, ...]


_PLANS: WeakKeyDictionary[Catalog, dict[tuple[object, ...], _Plan | None]] = WeakKeyDictionary()


async def compute(
    work: Work, block: Block, who: str, texts: Mapping[Field, Sequence[str | None]]
) -> Ahead | None:
    """What can be computed of the new records of ``block``, whose row numbers are drawn; None where that is nothing.

    ``texts``: the stored values of what they are given, as PostgreSQL writes them, by field.
    """
    if limits.bound(work):  # which ask for what is stored in an order of their own
        return None
    linked = frozenset(field.id for item in block.items for field, rows in item.links.items() if rows)
    plan = _plan(work, linked, frozenset(field.id for field in texts))
    if plan is None:
        return None
    ids = [item.row_id for item in block.items]
    values = list(plan.values)
    given = [ids, work.context.now, who, *(list(texts[field]) for field in plan.given)]
    for place, value in zip(plan.places, given, strict=True):
        values[place] = value
    rows = await work.tx.fetch(plan.text, *values)
    if [row[0] for row in rows] != ids:
        by_id = {row[0]: row for row in rows}
        rows = [by_id[row_id] for row_id in ids]
    columns = list(zip(*rows, strict=True))[1:]
    names = [name for field in plan.fields for name in _columns(field)]
    cells = dict(zip([field.id for field in plan.ready], columns[len(names) :], strict=True))
    return Ahead(plan.fields, tuple(names), tuple(columns[: len(names)]), cells)


def _plan(work: Work, linked: frozenset[str], filled: frozenset[str]) -> _Plan | None:
    plans = _PLANS.setdefault(work.catalog, {})
    key = (work.table.id, work.context.zone.key, linked, filled)
    if key not in plans:
        plans[key] = _make(work.catalog, work.table, work.context, linked, filled)
    return plans[key]


def _make(
    catalog: Catalog, table: Table, context: Context, linked: frozenset[str], filled: frozenset[str]
) -> _Plan | None:
    fields = _of_themselves(catalog, table, linked)
    if not fields:
        return None
    read = set[str]().union(*(dependencies(catalog, one)[0] for one in fields))
    given = [field for field in table.fields if field.id in filled and field.id in read]
    marks = tuple(object() for _ in range(3 + len(given)))
    source = layers(catalog, table, context, fields, _rows(table, given, marks))
    ready = [(one, cell) for one in fields if (cell := wires.value_of(one)) is not None]
    own = ", ".join(f"t.{name}::text" for one in fields for name in _columns(one))
    cells = "".join(", coalesce({}, 'null')" for _ in ready)
    statement = QueryString(f"SELECT t.id, {own}{cells} FROM {{}} t", *(cell for _, cell in ready), source)
    text, values = compiled(statement, ())
    places = tuple(next(n for n, value in enumerate(values) if value is mark) for mark in marks)
    return _Plan(tuple(fields), tuple(given), tuple(one for one, _ in ready), text, tuple(values), places)


def _of_themselves(catalog: Catalog, table: Table, linked: frozenset[str]) -> list[Field]:
    """The stored computed fields whose values follow from the new record alone, dependencies first."""
    found: dict[str, Field] = {}
    for one in graph(catalog).order:
        if one.table_id != table.id or not isinstance(one.config, Formula | Lookup | Rollup):
            continue
        near, _, _ = dependencies(catalog, one)
        matches = any(getattr(each.config, "match", None) for each in (one, *lists_of(catalog, one)))
        known = all(key in found or not table.by_id[key].computed for key in near if key in table.by_id)
        if known and not matches and not near & linked:
            found[one.id] = one
    return list(found.values())


def _rows(table: Table, given: Sequence[Field], marks: Sequence[object]) -> QueryString:
    """The new records as rows of ``table``, empty but for what is ``given``; ``marks`` stand for their values."""
    cells = {field.id: f"u.c{n}" for n, field in enumerate(given)}
    columns = ["u.id", "1 AS version", "n.at AS created_at", "n.who AS created_by", "n.at AS updated_at"]
    columns += ["n.who AS updated_by", "NULL::timestamptz AS deleted_at"]
    for field in table.fields:
        if not field.stored:
            continue
        empty = "FALSE" if field.type == "checkbox" else "NULL"
        columns.append(f"{cells.get(field.id, empty)}::{_sql_type(field)} AS {field.column}")
        if field.type == "formula":
            columns.append(f"NULL::text AS {field.column}_e")
        if field.machine is not None:
            columns += [f"NULL::timestamptz AS {field.since_column}", f"NULL::jsonb AS {field.spent_column}"]
    lists = "".join(", {}::text[]" for _ in given)
    names = "".join(f", c{n}" for n in range(len(given)))
    return QueryString(
        f"(SELECT {', '.join(columns)} FROM unnest({{}}::bigint[]{lists}) AS u(id{names}),"
        " (SELECT {}::timestamptz AS at, {}::text AS who) n)",
        marks[0],
        *marks[3:],
        *marks[1:3],
    )


def _sql_type(field: Field) -> str:
    return (fieldtypes.get(field.config).sql_type(field.config) or "text").split(" ")[0]


def _columns(one: Field) -> list[str]:
    return [one.column, f"{one.column}_e"] if one.type == "formula" else [one.column]
