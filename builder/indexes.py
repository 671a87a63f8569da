"""The indexes of a table as a builder sees them: what they make quick, who asked for them, and whether they are to stay.

They are made and dropped by the product itself (:mod:`runtime.storage.indexes`).
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, require
from runtime.catalog import App, Catalog, Table
from runtime.errors import NotFound
from runtime.i18n import N_, Message
from runtime.system import System

State = Literal["waiting", "building", "ready", "failed"]
_COLUMN = re.compile(r"\bf(\d+)(_since)?\b")
_SYSTEM = {"created_at": N_("创建时间"), "updated_at": N_("更新时间")}


class IndexPart(msgspec.Struct, frozen=True):
    """A field of an index: its name (a text of ours for system fields), and whether it runs downwards."""

    name: str | Message
    descending: bool = False


class TableIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index. ``by``: names of the views, dashboards … that filter or sort like this; empty: people often look like this.

    ``size``: bytes on disk. ``pinned``: it stays although nobody has used it for two weeks.
    """

    id: int
    fields: tuple[IndexPart, ...]
    by: tuple[str, ...]
    state: State
    pinned: bool
    size: int
    error: str | None


async def listed(system: System, actor: Actor, table_id: str) -> list[TableIndex]:
    """The indexes of a table that the product made or is going to make. For builders."""
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    require(actor, Operation.BUILD, table.app_id)
    rows = await system.db.fetch(
        "SELECT i.*, coalesce(pg_relation_size(to_regclass('data.x' || i.id)), 0) AS size"
        " FROM meta.table_index i WHERE table_id = $1 ORDER BY id",
        table.number,
    )
    names = _names(catalog.app_of(table), catalog)
    return [_index(table, names, row) for row in rows]


async def pin(system: System, actor: Actor, index: int, pinned: bool) -> TableIndex:
    """Keep an index for good, or let it go when nobody uses it. For builders. Raises NotFound."""
    catalog = await system.catalogs.current()
    number = await system.db.value("SELECT table_id FROM meta.table_index WHERE id = $1", index)
    table = next((t for app in catalog.apps for t in app.tables if t.number == number), None)
    if table is None:
        raise NotFound()
    require(actor, Operation.BUILD, table.app_id)
    await system.db.execute("UPDATE meta.table_index SET pinned = $2 WHERE id = $1", index, pinned)
    return next(one for one in await listed(system, actor, table.id) if one.id == index)


def _index(table: Table, names: dict[str, str], row: Any) -> TableIndex:
    by_number = {field.number: field for field in table.fields}
    parts = []
    for column in row["columns"]:
        found = _COLUMN.search(column)
        plain = column.removesuffix(" DESC NULLS LAST")
        name = _SYSTEM.get(plain)
        if found is not None and int(found.group(1)) in by_number:
            field = by_number[int(found.group(1))].name
            since = Message(N_("「{field}」的进入时间"), {"field": field})
            parts.append(IndexPart(since if found.group(2) else field, "DESC" in column))
        elif name is not None:
            parts.append(IndexPart(Message(name), "DESC" in column))
    return TableIndex(
        id=row["id"],
        fields=tuple(parts),
        by=tuple(dict.fromkeys(names[key] for key in row["wanted_by"] if key in names)),
        state=row["state"],
        pinned=row["pinned"],
        size=row["size"],
        error=row["error"],
    )


def _names(app: App, catalog: Catalog) -> dict[str, str]:
    """Names of what may want an index, by public id."""
    names = {view.id: view.definition.name for table in app.tables for view in table.views}
    names |= {dashboard.id: dashboard.definition.name for dashboard in app.dashboards}
    names |= {workbench.id: workbench.definition.name for workbench in app.workbenches}
    names |= {automation.id: automation.definition.name for automation in app.automations}
    names |= {stock.id: stock.definition.name for stock in app.stocks}
    for other in catalog.apps:
        for table in other.tables:
            names |= {
                field.id: f"{table.name} · {field.name}"
                for field in table.fields
                if field.type == "link" or getattr(field.config, "match", None) is not None
            }
    return names
