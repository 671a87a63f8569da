"""Finding apps and tables by what a person calls them."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.catalog import App, Catalog, Table
from runtime.errors import InvalidInput, NotFound
from runtime.i18n import N_


def app_named(catalog: Catalog, key: str) -> App:
    """The app with this id or name. Raises :class:`NotFound`, :class:`InvalidInput` when several have the
    name.
    """
    found = [app for app in catalog.apps if key in {app.id, app.name}]
    if not found:
        raise NotFound(
            N_("没有叫「{name}」的应用,现有:{names}"), name=key, names=_list(a.name for a in catalog.apps)
        )
    if len(found) > 1:
        raise InvalidInput(
            N_("有几个应用都叫「{name}」,请改用编号:{ids}"), name=key, ids=_list(a.id for a in found)
        )
    return found[0]


def table_named(catalog: Catalog, key: str, app_key: str | None = None) -> Table:
    """The table with this id or name, in one app or anywhere. Raises like :func:`app_named`."""
    apps = [app_named(catalog, app_key)] if app_key else list(catalog.apps)
    tables = [table for app in apps for table in app.tables]
    found = [table for table in tables if key in {table.id, table.name}]
    if not found:
        raise NotFound(
            N_("没有叫「{name}」的数据表,现有:{names}"), name=key, names=_list(t.name for t in tables)
        )
    if len(found) > 1:
        raise InvalidInput(
            N_("有几张数据表都叫「{name}」,请用 --app 说明是哪个应用的,或改用编号:{ids}"),
            name=key,
            ids=_list(t.id for t in found),
        )
    return found[0]


def _list(names: Iterable[str]) -> list[str]:
    return list(names) or ["-"]
