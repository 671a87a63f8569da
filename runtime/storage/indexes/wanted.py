"""The shapes that definitions ask for: matches, views, widgets, look-ups on workbenches, dates that automations plan by, limits of
states that they watch, names of linked records.

Roll-ups over links and conditions of automations look at the few records that a link names; its own index is enough for
them. Those that match have no link: the fields that must be equal are found by index from either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runtime.catalog import App, Catalog, Table
from runtime.definitions.dashboards import ListWidget, TrendWidget
from runtime.definitions.fields import Link
from runtime.definitions.matching import Match
from runtime.definitions.triggers import DateReached, StateOverdue
from runtime.storage.indexes.shapes import SINCE, Shape, of


@dataclass(frozen=True)
class Want:
    """A shape of a table, and the definition that asks for it (a public id)."""

    shape: Shape
    by: str


def wants(catalog: Catalog, table: Table, *, matches_only: bool = False) -> list[Want]:
    """What the definitions of an installation want of ``table``, matches and views first."""
    others = () if matches_only else _shapes(catalog, table)
    found = [Want(shape, by) for by, shape in (*matches(catalog, table), *others)]
    return list(dict.fromkeys(found))


def matches(catalog: Catalog, table: Table) -> Iterator[tuple[str, Shape]]:
    """The shapes by which fields that match find records of ``table``: far ones, and the way back to their own."""
    for other in (t for one in catalog.apps for t in one.tables):
        for field in other.fields:
            match = getattr(field.config, "match", None)
            if not isinstance(match, Match):
                continue
            equal = [pair for pair in match.pairs if pair.op == "eq"]
            if match.table == table.id:
                yield field.id, _shape([p.field for p in equal], [w.field for w in match.windows])
            if other.id == table.id:
                yield field.id, _shape([p.near for p in equal], [w.near for w in match.windows if w.near])


def _shape(equal: list[str], dates: list[str]) -> Shape:
    return Shape(tuple(sorted(set(equal)))[:2], tuple((key, False) for key in dates[:1] if key not in equal))


def _shapes(catalog: Catalog, table: Table) -> Iterator[tuple[str, Shape]]:
    for view in table.views:
        for shape in of(view.definition.where, view.definition.sorts):
            yield view.id, shape
    app = catalog.app_of(table)
    yield from _of_app(app, table)
    for other in (t for one in catalog.apps for t in one.tables):
        for field in other.fields:
            config = field.config
            if isinstance(config, Link) and config.table == table.id and table.primary is not None:
                yield field.id, Shape((table.primary.id,))


def _of_app(app: App, table: Table) -> Iterator[tuple[str, Shape]]:
    for stock in app.stocks:
        if stock.definition.stock_table == table.id:
            # by links a SKU's places are found already; of other fields the first two
            equal = [
                p.shelf for p in stock.definition.sku if getattr(table.by_id.get(p.shelf), "stored", False)
            ]
            if equal:
                yield stock.id, _shape(equal, [])
    for workbench in app.workbenches:
        definition = workbench.definition
        if definition.table == table.id:
            bindings = definition.bindings
            keys = (bindings.waybill, bindings.number, bindings.phone, *definition.search)
            for key in dict.fromkeys(key for key in keys if key):
                yield workbench.id, Shape((key,))
    yield from _of_automations(app, table)
    for dashboard in app.dashboards:
        for widget in dashboard.definition.widgets:
            config = widget.config
            if config.table != table.id:
                continue
            sorts = config.sorts if isinstance(config, ListWidget) else ()
            for shape in of(config.where, sorts):
                yield dashboard.id, shape
            if isinstance(config, TrendWidget):
                yield dashboard.id, Shape((), ((config.date_field, False),))


def _of_automations(app: App, table: Table) -> Iterator[tuple[str, Shape]]:
    """Dates and limits of states that are looked through again and again."""
    for automation in app.automations:
        trigger = automation.definition.trigger
        if not automation.definition.enabled or getattr(trigger, "table", None) != table.id:
            continue
        if isinstance(trigger, DateReached):
            yield automation.id, Shape((), ((trigger.field, False),))
        elif isinstance(trigger, StateOverdue):
            yield automation.id, Shape((trigger.field,), ((f"{SINCE}{trigger.field}", False),))
