"""The shapes that definitions ask for: views, widgets, look-ups on workbenches, names of linked records.

Roll-ups and conditions of automations look at the few records that a link names; its own index is enough for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runtime.catalog import App, Catalog, Table
from runtime.definitions.dashboards import ListWidget, TrendWidget
from runtime.definitions.fields import Link
from runtime.storage.indexes.shapes import Shape, of


@dataclass(frozen=True)
class Want:
    """A shape of a table, and the definition that asks for it (a public id)."""

    shape: Shape
    by: str


def wants(catalog: Catalog, table: Table) -> list[Want]:
    """What the definitions of an installation want of ``table``, views first."""
    found = [Want(shape, by) for by, shape in _shapes(catalog, table)]
    return list(dict.fromkeys(found))


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
    for workbench in app.workbenches:
        definition = workbench.definition
        if definition.table == table.id:
            bindings = definition.bindings
            keys = (bindings.waybill, bindings.number, bindings.phone, *definition.search)
            for key in dict.fromkeys(key for key in keys if key):
                yield workbench.id, Shape((key,))
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
