"""Computed fields: stored in columns, refreshed set-wise in SQL along the dependency graph.

The graph is of fields: a formula depends on fields of its own record; a roll-up or look-up on its link, and through
the link on fields of the far table. A change marks rows of fields *dirty*; the computed fields are then walked in
topological order, each recomputed for its dirty rows in one statement, and only rows whose value really changed mark
what depends on them.

No two writers may compute past each other. Whatever a change touches is locked ``FOR UPDATE`` before anything is
computed from it (records being changed, the far ends of links that others count by, rows to recompute), always a table
at a time in the order of ids; a value is computed in a later statement, which sees what the lock waited for. The lock
also conflicts with the one that a new pair of a link takes on both its ends: who makes a link and who changes a value
that flows through it wait for each other, so that one of them sees both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.events.live import Notice
from runtime.fieldtypes import Context
from runtime.ids import record_id
from runtime.records.dependents import EXISTENCE, Graph, graph, hold_matches, matched_before, through
from runtime.records.work import Work
from runtime.storage.computed import expression, read_time
from runtime.storage.database import Tx
from runtime.system import System


async def after_change(work: Work, far: dict[Field, set[int]]) -> None:
    """Refresh whatever depends on what ``work`` stored; ``far`` are the records its links touched."""
    g = graph(work.catalog)
    if not g.order:
        return
    work.tx.held[work.table.sql] |= {item.row_id for item in work.good}
    dirty, moved = _own(work)
    for one, rows in far.items():
        config = one.config
        assert isinstance(config, Link)  # noqa: S101
        if config.inverse:
            for user in g.same.get(config.inverse, ()):
                dirty[user.id] |= rows
        for user in g.same.get(one.id, ()):
            dirty[user.id] |= moved[one.id] | work.also_touched
    before = {item.row_id: item.row for item in work.good if item.row is not None}
    for key, rows in moved.items():
        users = g.existence.get(work.table.id, ()) if key == EXISTENCE else g.far.get(key, ())
        for user in users:
            dirty[user.id] |= await through(work.tx, work.catalog, user, rows, before)
        for user in g.same.get(key, ()):
            dirty[user.id] |= rows
    await _walk(work.system, work.tx, work.catalog, work.context, g, dirty)


def _own(work: Work) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Computed fields of new records as dirty, and what each changed field (or existence) moved."""
    dirty: dict[str, set[int]] = defaultdict(set)
    moved: dict[str, set[int]] = defaultdict(set)
    computed = [one for one in work.table.fields if one.computed]
    stamped = [one for one in work.table.fields if one.type in ("updated_time", "updated_by")]
    for item in work.good:
        if item.action == "create":
            for one in computed:
                dirty[one.id].add(item.row_id)
        for one in (*item.values, *item.links):
            moved[one.id].add(item.row_id)
        if item.action != "update":
            moved[EXISTENCE].add(item.row_id)
        elif item.values or item.links:
            for one in stamped:
                moved[one.id].add(item.row_id)
    return dirty, moved


async def _walk(
    system: System, tx: Tx, catalog: Catalog, context: Context, g: Graph, dirty: dict[str, set[int]]
) -> None:
    await _hold_known(tx, catalog, dirty)
    for one in g.order:
        rows = dirty.get(one.id)
        if not rows:
            continue
        matched = await matched_before(tx, catalog, g.far.get(one.id, ()), one, rows)
        await hold_matches(tx, catalog, one, rows)
        changed = await recompute(tx, catalog, context, one, rows)
        if not changed:
            continue
        for user in g.same.get(one.id, ()):
            dirty[user.id] |= changed
        for user in g.far.get(one.id, ()):
            dirty[user.id] |= await through(tx, catalog, user, changed) | matched.get(user.id, set())
        table = catalog.table(one.table_id)
        notice = Notice(
            topic=table.id,
            kind="computed",
            records=tuple(record_id(table.number, r) for r in changed) if len(changed) <= 200 else (),
            fields=(one.id,),
        )
        tx.after_commit.append(partial(system.live.publish, notice))


async def _hold_known(tx: Tx, catalog: Catalog, dirty: dict[str, set[int]]) -> None:
    """Lock what is known to be recomputed, tables in the order of their numbers; the walk may find more."""
    tables: dict[int, set[int]] = defaultdict(set)
    for key, rows in dirty.items():
        if rows:
            tables[catalog.table(catalog.field(key).table_id).number] |= rows
    for number in sorted(tables):
        await hold(tx, catalog.table_by_number(number), tables[number])


async def hold(tx: Tx, table: Table, rows: set[int]) -> None:
    """Lock rows that ``tx`` does not hold yet; returns once whoever held them is done. Costs nothing for those it does."""
    missing = rows - tx.held[table.sql]
    if missing:
        await tx.execute(
            f"SELECT 1 FROM {table.sql} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted(missing)
        )
        tx.held[table.sql] |= missing


async def recompute(
    tx: Tx, catalog: Catalog, context: Context, one: Field, rows: Iterable[int] | None
) -> set[int]:
    """Recompute ``one`` for ``rows`` (all when None); returns the rows whose value changed.

    A field that changes by the clock is computed when it is read: nothing to do here.
    """
    if one.id in read_time(catalog):
        return set()
    table = catalog.table(one.table_id)
    if rows is not None:
        rows = set(rows)
        await hold(tx, table, rows)
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


async def refresh_rows(system: System, tx: Tx, catalog: Catalog, rows: dict[str, set[int]]) -> int:
    """Compute given rows by field id again, and whatever depends on them; ``catalog`` is locked. How many they were."""
    live = {one.id: one for one in graph(catalog).order}
    wanted: dict[str, set[int]] = defaultdict(set)
    for key, given in rows.items():
        if key in live:
            wanted[key] |= given
    if wanted:
        table = catalog.table(live[next(iter(wanted))].table_id)
        context = Context(zone=catalog.app_of(table).zone)
        await _walk(system, tx, catalog, context, graph(catalog), wanted)
    return sum(len(given) for given in wanted.values())


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
        dirty[user.id] |= await through(tx, catalog, user, changed)
    await _walk(system, tx, catalog, context, g, dirty)
    return len(changed)
