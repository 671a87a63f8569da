"""The catalog: every definition, compiled into one immutable value, cached by version.

``CatalogStore.current()`` costs one tiny query; only when a definition has changed is anything read again. Whoever
changes definitions calls :func:`bump` in the same transaction, and every process sees the change with its next call.
"""

from runtime.catalog.compiled import KINDS, Catalog, decode_body
from runtime.catalog.entries import (
    App,
    Automation,
    Dashboard,
    Entry,
    Field,
    Form,
    Stock,
    Table,
    View,
    Workbench,
)
from runtime.catalog.store import INDEX_BUILDER, CatalogStore, bump, lock_and_draw, took_lock

__all__ = [
    "INDEX_BUILDER",
    "KINDS",
    "App",
    "Automation",
    "Catalog",
    "CatalogStore",
    "Dashboard",
    "Entry",
    "Field",
    "Form",
    "Stock",
    "Table",
    "View",
    "Workbench",
    "bump",
    "decode_body",
    "lock_and_draw",
    "took_lock",
]
