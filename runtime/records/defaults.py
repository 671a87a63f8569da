"""Defaults by formula: what a new record holds in fields that nobody has filled, worked out from those that are.

A formula may read what is filled in by people, also what other defaults fill; never computed values, links or numbers
drawn, which come later. One that gives an error, or something that the field does not take, leaves the cell empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from runtime import fieldtypes, formulas
from runtime.catalog import Field, Table
from runtime.definitions.fields import READONLY_TYPES
from runtime.fieldtypes import BadValue, Context
from runtime.records.validation import fields_of
from runtime.records.work import Item, Work

UNFIT = READONLY_TYPES | {"link", "attachment", "button"}
"""Types that have no default by formula."""
_CACHE = "_default_formulas"

Default = tuple[Field, formulas.CheckedFormula]


def of_table(table: Table) -> list[Default]:
    """The fields with a default by formula, each behind those that its formula reads; once per version of the table."""
    known: list[Default] | None = table.__dict__.get(_CACHE)
    if known is None:
        infos = fields_of(table, None)
        checked = {
            one.id: formulas.check(one.definition.default_formula, infos, allow_missing=True)
            for one in table.fields
            if one.definition.default_formula and one.type not in UNFIT
        }
        reads = {key: [f for f in formula.fields if f in checked] for key, formula in checked.items()}
        known = [(table.by_id[key], checked[key]) for key in in_order(reads)]
        table.__dict__[_CACHE] = known
    return known


def in_order(reads: Mapping[str, list[str]]) -> list[str]:
    """Keys behind those they read; of a circle, in the order given (it is refused where it is made: :func:`circle`)."""
    done: dict[str, None] = {}

    def visit(key: str, above: tuple[str, ...]) -> None:
        if key in done or key in above:
            return
        for other in reads[key]:
            visit(other, (*above, key))
        done[key] = None

    for key in reads:
        visit(key, ())
    return list(done)


def circle(reads: Mapping[str, list[str]], start: str) -> list[str]:
    """The way from ``start`` back to itself, both ends included; empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for other in reads.get(way[-1], ()):
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def fill(work: Work, item: Item, defaults: list[Default]) -> None:
    """Fill what was not given, not even as empty."""
    for field, checked in defaults:
        if field in item.values:
            continue
        values: dict[str, Any] = {
            key: _value(item, work.table.by_id[key]) for key in checked.fields if key in work.table.by_id
        }
        values |= {"$created_time": work.context.now, "$created_by": item.change.actor.name}
        answer = formulas.evaluate(checked, values, now=work.context.now, zone=work.context.zone)
        stored = stored_of(field, answer, work.context)
        if stored is not None:
            item.values[field] = stored
        elif field.type == "checkbox":
            item.values[field] = False


def stored_of(field: Field, answer: Any, context: Context) -> Any:
    """A formula's answer as the field stores it; None for an error, nothing, or what the field does not take."""
    if answer is None or isinstance(answer, formulas.FormulaError):
        return None
    if isinstance(answer, datetime):
        answer = answer.astimezone(context.zone)
        if field.type not in ("date", "datetime"):
            answer = answer.strftime("%Y-%m-%d %H:%M")
        elif field.type == "date":
            answer = answer.date().isoformat()
    if isinstance(answer, Decimal) and fieldtypes.get(field.config).sql_type(field.config) == "text":
        answer = format(answer.normalize(), "f")
    if isinstance(answer, list | tuple) and field.type != "multi_select":
        answer = "、".join(str(one) for one in answer)
    try:
        return fieldtypes.get(field.config).repair(field.config, answer, context)
    except BadValue:
        return None


def _value(item: Item, field: Field) -> Any:
    stored = item.values.get(field)
    return None if stored is None else fieldtypes.get(field.config).formula_value(field.config, stored)
