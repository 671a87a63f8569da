"""Computed fields: stored in columns, refreshed set-wise in SQL along the dependency graph.

The graph is of fields: a formula depends on fields of its own record; a roll-up or look-up on its link, and through
the link on fields of the far table. A change marks rows of fields *dirty*; the computed fields are then walked in
topological order, each recomputed for its dirty rows in one statement, and only rows whose value really changed mark
what depends on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field
from runtime.definitions.fields import Link, Lookup, Rollup
from runtime.errors import InvalidDefinition
from runtime.events.live import Notice
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import record_id
from runtime.records.work import Work
from runtime.storage.computed import dependencies, expression, read_time
from runtime.storage.database import Tx
from runtime.system import System

EXISTENCE = "$exists"


@dataclass
class Graph:
    """``order``: computed fields, dependencies first. ``same``/``far``: field id → computed fields that use it on the
    same record / through a link. ``existence``: table id → computed fields that count its records through a link.

    Fields that change by the clock alone are in none of them: they are computed when they are read."""

    order: list[Field] = field(default_factory=list)
    same: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))
    far: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))
    existence: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))


_GRAPHS: WeakKeyDictionary[Catalog, Graph] = WeakKeyDictionary()


def graph(catalog: Catalog) -> Graph:
    """The dependency graph of a catalog (made once per catalog). Raises InvalidDefinition on a cycle."""
    found = _GRAPHS.get(catalog)
    if found is None:
        found = _GRAPHS[catalog] = _build(catalog)
    return found


def _build(catalog: Catalog) -> Graph:
    result = Graph()
    at_read = read_time(catalog)
    computed = {f.id: f for app in catalog.apps for t in app.tables for f in t.fields if f.computed}
    needs: dict[str, set[str]] = {}
    for one in computed.values():
        near, far, target = dependencies(catalog, one)
        needs[one.id] = (near | far) & computed.keys()
        if one.id in at_read:
            continue
        for key in near:
            result.same[key].append(one)
        for key in far:
            result.far[key].append(one)
        if target is not None:
            result.existence[target.id].append(one)
    done: dict[str, bool] = {}

    def visit(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            names = " → ".join(computed[k].name for k in (*path[path.index(key) :], key))
            raise InvalidDefinition(N_("字段互相依赖成了环:{path}"), code="cycle", path=names)
        if done.get(key):
            return
        for need in sorted(needs[key]):
            visit(need, (*path, key))
        done[key] = True
        if key not in at_read:
            result.order.append(computed[key])

    for key in computed:
        visit(key, ())
    return result


async def after_change(work: Work, far: dict[Field, set[int]]) -> None:
    """Refresh whatever depends on what ``work`` stored; ``far`` are the records its links touched."""
    g = graph(work.catalog)
    if not g.order:
        return
    dirty, moved = _own(work)
    for one, rows in far.items():
        config = one.config
        assert isinstance(config, Link)  # noqa: S101
        if config.inverse:
            for user in g.same.get(config.inverse, ()):
                dirty[user.id] |= rows
        for user in g.same.get(one.id, ()):
            dirty[user.id] |= moved[one.id] | work.also_touched
    for key, rows in moved.items():
        users = g.existence.get(work.table.id, ()) if key == EXISTENCE else g.far.get(key, ())
        for user in users:
            dirty[user.id] |= await _through(work.tx, work.catalog, user, rows)
        for user in g.same.get(key, ()):
            dirty[user.id] |= rows
    await _walk(work.system, work.tx, work.catalog, work.context, g, dirty)


def _own(work: Work) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Computed fields of new records as dirty, and what each changed field (or existence) moved."""
    dirty: dict[str, set[int]] = defaultdict(set)
    moved: dict[str, set[int]] = defaultdict(set)
    computed = [one for one in work.table.fields if one.computed]
    for item in work.good:
        if item.action == "create":
            for one in computed:
                dirty[one.id].add(item.row_id)
        for one in (*item.values, *item.links):
            moved[one.id].add(item.row_id)
        if item.action != "update":
            moved[EXISTENCE].add(item.row_id)
    return dirty, moved


async def _walk(
    system: System, tx: Tx, catalog: Catalog, context: Context, g: Graph, dirty: dict[str, set[int]]
) -> None:
    for one in g.order:
        rows = dirty.get(one.id)
        if not rows:
            continue
        changed = await recompute(tx, catalog, context, one, rows)
        if not changed:
            continue
        for user in g.same.get(one.id, ()):
            dirty[user.id] |= changed
        for user in g.far.get(one.id, ()):
            dirty[user.id] |= await _through(tx, catalog, user, changed)
        table = catalog.table(one.table_id)
        notice = Notice(
            topic=table.id,
            kind="computed",
            records=tuple(record_id(table.number, r) for r in changed) if len(changed) <= 200 else (),
            fields=(one.id,),
        )
        tx.after_commit.append(partial(system.live.publish, notice))


async def _through(tx: Tx, catalog: Catalog, user: Field, far_rows: Iterable[int]) -> set[int]:
    """The records of ``user``'s table that point at ``far_rows`` through ``user``'s link."""
    assert isinstance(user.config, Lookup | Rollup)  # noqa: S101
    link = catalog.field(user.config.link)
    found = await tx.fetch(
        f"SELECT DISTINCT {link.link_near} AS near FROM {link.link_sql} WHERE {link.link_far} = ANY($1::bigint[])",
        list(far_rows),
    )
    return {row["near"] for row in found}


async def recompute(
    tx: Tx, catalog: Catalog, context: Context, one: Field, rows: Iterable[int] | None
) -> set[int]:
    """Recompute ``one`` for ``rows`` (all when None); returns the rows whose value changed.

    A field that changes by the clock is computed when it is read: nothing to do here.
    """
    if one.id in read_time(catalog):
        return set()
    table = catalog.table(one.table_id)
    column = one.column
    value, error = expression(catalog, context, one)
    sets, now = [f"{column} = s.v"], [f"t.{column}"]
    new = ["s.v"]
    if error is not None:
        sets.append(f"{column}_e = s.e")
        now.append(f"t.{column}_e")
        new.append("s.e")
    restrict = QueryString("TRUE") if rows is None else QueryString("t.id = ANY({}::bigint[])", list(rows))
    inner = (
        QueryString("{} AS v, {} AS e", value, error) if error is not None else QueryString("{} AS v", value)
    )
    found = await tx.fetch(
        QueryString(
            f"UPDATE {table.sql} t SET {', '.join(sets)} FROM (SELECT t.id, {{}} FROM {table.sql} t WHERE {{}}) s"
            f" WHERE t.id = s.id AND ({', '.join(now)}) IS DISTINCT FROM ({', '.join(new)}) RETURNING t.id",
            inner,
            restrict,
        )
    )
    return {row["id"] for row in found}


async def refresh_field(system: System, tx: Tx, field_id: str) -> int:
    """Compute a new or changed computed field for every record, and what depends on it. Returns how many changed."""
    catalog = await system.catalogs.current()
    one = catalog.field(field_id)
    context = Context(zone=catalog.app_of(catalog.table(one.table_id)).zone)
    changed = await recompute(tx, catalog, context, one, None)
    g = graph(catalog)
    dirty: dict[str, set[int]] = defaultdict(set)
    for user in g.same.get(one.id, ()):
        dirty[user.id] |= changed
    for user in g.far.get(one.id, ()):
        dirty[user.id] |= await _through(tx, catalog, user, changed)
    await _walk(system, tx, catalog, context, g, dirty)
    return len(changed)
