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

Where more rows depend on a change than a writer should wait for, it only stores what is to be done (:class:`Later`), and
the worker does it (:mod:`runtime.records.refresh`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Formula, Link, Lookup, Rollup
from runtime.events.live import WAKE_REFRESH, WAKE_RELAY, Notice
from runtime.fieldtypes import Context
from runtime.ids import record_id
from runtime.records import happened, layers
from runtime.records.columns import Ahead
from runtime.records.dependents import EXISTENCE, Graph, graph, hold_matches, matched_before, through_at_most
from runtime.records.pending import forget
from runtime.records.watching import watching
from runtime.records.work import Work
from runtime.storage.computed import expression, follows_links, read_time
from runtime.storage.database import Row, Tx
from runtime.system import System

_TOLD_ONE_BY_ONE = 200


@dataclass
class Later:
    """What of a field is left to the worker: given ``rows``, the rows ``behind`` far rows of its link, or ``all``."""

    of: Field
    kind: Literal["all", "rows", "behind"]
    members: set[int] = field(default_factory=set)


@dataclass
class Span:
    """Rows of a table by their ids: more than ``after``, up to ``last``."""

    after: int
    last: int


Rows = Iterable[int] | Span | None


@dataclass
class Walk:
    """What has become stale, and its refreshing. ``at_once``: as many rows of a field that are not the change's own are
    computed in this transaction; of more, none. ``own``: rows by table id that always are.

    ``patient``: rows of other tables can wait anyway, ``covered`` are fields that will be computed as a whole (both for
    the worker, to compute nothing twice). ``seen``: what changed of the fields that automations wait for, with the value
    before. ``quiet``: a definition changed, no record did; ``depth``: how many automations led to it.
    """

    system: System
    tx: Tx
    catalog: Catalog
    context: Context
    at_once: int
    own: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    patient: bool = False
    covered: frozenset[str] = frozenset()
    dirty: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    later: dict[tuple[str, str], Later] = field(default_factory=dict)
    changed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    quiet: bool = False
    depth: int = 0

    @property
    def graph(self) -> Graph:
        return graph(self.catalog)

    def stale(self, user: Field, rows: set[int]) -> None:
        """Rows of ``user`` are to be computed."""
        if user.id not in self.covered:
            self.dirty[user.id] |= rows

    async def reach(self, user: Field, rows: set[int], before: Mapping[int, Row] | None = None) -> None:
        """Far ``rows`` have changed: what they belong to is stale. Never reads more of it than is computed at once."""
        if user.id in self.covered or not rows:
            return
        assert isinstance(user.config, Lookup | Rollup | Formula)  # noqa: S101
        most = (self.at_once if not self.patient else 10 * self.at_once) + 4 * len(rows)
        if isinstance(user.config, Formula) or user.config.match is not None:
            matched = await through_at_most(self.tx, self.catalog, user, rows, before, most)
            if matched is None:  # which they were is not kept: whoever matches now may not have then
                self.leave(user, "all")
            else:
                self.dirty[user.id] |= matched
            return
        link = self.catalog.field(user.config.link or "")
        found = await self.tx.fetch(
            f"SELECT {link.link_near} AS near FROM {link.link_sql} WHERE {link.link_far} = ANY($1::bigint[])"
            f" LIMIT {most + 1}",
            list(rows),
        )
        if len(found) > most:
            self.leave(user, "behind", rows)
        else:
            self.dirty[user.id].update(row["near"] for row in found)

    def leave(self, one: Field, kind: Literal["all", "rows", "behind"], members: Iterable[int] = ()) -> None:
        """Leave something to the worker."""
        self.later.setdefault((one.id, kind), Later(one, kind)).members.update(members)

    async def go(self) -> None:
        """Compute what is stale and whatever follows from it; store what is left to the worker."""
        await self._hold_known()
        done: set[str] = set()
        for one in self.graph.order:
            rows = self._now(one) if one.id not in done else set()
            if rows:
                group = layers.along_with(self.catalog, one, rows, self.dirty, self.covered)
                done.update(each.id for each in group)
                await self._compute(group, rows)
        await self.store_later()

    async def _compute(self, group: list[Field], rows: set[int]) -> None:
        """Compute fields of one table together for the same rows, and note what follows."""
        await hold(self.tx, self.catalog.table(group[0].table_id), rows)
        matched: dict[str, Mapping[str, set[int]]] = {}
        for one in group:
            await hold_matches(self.tx, self.catalog, one, rows)
            users = self.graph.far.get(one.id, ())
            matched[one.id] = await matched_before(self.tx, self.catalog, users, one, rows)
        old = await self._values_before(group, rows)
        changed = await layers.compute(self.tx, self.catalog, self.context, group, rows)
        for one in group:
            if changed[one.id]:
                await self.follow(one, changed[one.id], matched[one.id], old.get(one.id))

    async def _values_before(self, group: list[Field], rows: set[int]) -> dict[str, dict[int, Any]]:
        """The values of those fields that automations are told of, by field and row."""
        told = [one for one in group if one.id in watching(self.catalog).told]
        if not told or self.quiet:
            return {}
        columns = ", ".join(one.column for one in told)
        found = await self.tx.fetch(
            f"SELECT id, {columns} FROM {self.catalog.table(told[0].table_id).sql} WHERE id = ANY($1::bigint[])",
            list(rows),
        )
        return {one.id: {row["id"]: row[one.column] for row in found} for one in told}

    async def follow(
        self,
        one: Field,
        changed: set[int],
        matched: Mapping[str, set[int]] | None = None,
        old: Mapping[int, Any] | None = None,
    ) -> None:
        """The value of ``one`` has changed in these rows. ``matched``: what they belonged to before, by user."""
        if one.id in watching(self.catalog).fields:
            self.seen[one.id].update({row: (old or {}).get(row, happened.UNKNOWN) for row in changed})
        for user in self.graph.same.get(one.id, ()):
            self.stale(user, changed)
        for user in self.graph.far.get(one.id, ()):
            await self.reach(user, changed)
            self.stale(user, (matched or {}).get(user.id, set()))
        self._tell(one, changed)

    async def _hold_known(self) -> None:
        """Lock what is known to be computed, tables in the order of their numbers; the walk may find more."""
        tables: dict[int, set[int]] = defaultdict(set)
        for key in list(self.dirty):
            one = self.catalog.field(key)
            tables[self.catalog.table(one.table_id).number] |= self._now(one)
        for number in sorted(tables):
            await hold(self.tx, self.catalog.table_by_number(number), tables[number])

    def _now(self, one: Field) -> set[int]:
        """The stale rows of a field that are computed in this transaction; the others are left to the worker."""
        rows = self.dirty.get(one.id, set())
        others = rows - self.own[one.table_id]
        if len(others) > self.at_once or (others and self.patient):
            self.leave(one, "rows", others)
            rows -= others
        return rows

    def _tell(self, one: Field, changed: set[int]) -> None:
        self.changed[one.table_id].add(one.id)
        if self.patient:
            return  # whoever goes on like this for minutes tells now and then
        table = self.catalog.table(one.table_id)
        few = len(changed) <= _TOLD_ONE_BY_ONE
        notice = Notice(
            topic=table.id,
            kind="computed",
            records=tuple(record_id(table.number, r) for r in changed) if few else (),
            fields=(one.id,),
        )
        self.tx.after_commit.append(partial(self.system.live.publish, notice))

    async def store_later(self) -> None:
        """Make what is left to the worker as durable as the change itself."""
        if self.later:
            left = list(self.later.values())
            await leave_all(self.system, self.tx, self.catalog, left, quiet=self.quiet, depth=self.depth)
            self.later = {}

    async def tell(self) -> None:
        """Tell automations what was computed by itself, where no change of a record does (:func:`after_change`)."""
        if await happened.tell_computed(self.tx, self.catalog, self.seen, quiet=self.quiet, depth=self.depth):
            self.tx.after_commit.append(partial(self.system.live.wake, WAKE_RELAY))


async def leave_all(
    system: System, tx: Tx, catalog: Catalog, left: list[Later], *, quiet: bool = False, depth: int = 0
) -> None:
    """Store tasks for the worker in ``tx``; after the commit it is woken and open pages are told.

    ``quiet``: a definition changed and no record did, so that automations are not told; ``depth``: how many led to it.
    """
    tables: dict[str, set[str]] = defaultdict(set)
    for one in left:
        table = catalog.table(one.of.table_id)
        tables[table.id].add(one.of.id)
        await tx.execute(
            "INSERT INTO meta.refresh (field_id, table_id, kind, members, total, quiet, depth)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            one.of.number,
            table.number,
            one.kind,
            sorted(one.members),
            len(one.members) if one.kind == "rows" else None,
            quiet,
            depth,
        )
    for table_id, fields in tables.items():
        notice = Notice(topic=table_id, kind="refresh", fields=tuple(sorted(fields)))
        tx.after_commit.append(partial(system.live.publish, notice))
    tx.after_commit.append(partial(forget, system))
    tx.after_commit.append(partial(system.live.wake, WAKE_REFRESH))


async def after_change(work: Work, far: dict[Field, set[int]]) -> None:
    """Refresh whatever depends on what ``work`` stored; ``far`` are the records its links touched."""
    g = graph(work.catalog)
    if not g.order:
        return
    stored: Ahead | None = work.block.ahead if work.block is not None else None
    own = {item.row_id for item in work.good}
    work.tx.held[work.table.sql] |= own
    walk = Walk(work.system, work.tx, work.catalog, work.context, work.system.settings.refresh_at_once)
    walk.own[work.table.id] = own
    walk.quiet, walk.depth = work.change.quiet, work.change.source.depth
    moved = _own(work, walk.dirty)
    before = {item.row_id: item.row for item in work.good if item.row is not None}
    for one, rows in far.items():
        config = one.config
        assert isinstance(config, Link)  # noqa: S101
        if config.inverse:
            for user in g.same.get(config.inverse, ()):
                walk.stale(user, rows)
        for user in g.same.get(one.id, ()):
            walk.stale(user, moved[one.id] | work.also_touched)
    reached: dict[Field, set[int]] = defaultdict(set)
    for key, rows in moved.items():
        users = g.existence.get(work.table.id, ()) if key == EXISTENCE else g.far.get(key, ())
        for user in users:
            reached[user] |= rows
        for user in g.same.get(key, ()):
            walk.stale(user, rows)
    for user, rows in reached.items():
        await walk.reach(user, rows, before)
    if stored is not None:  # with what they are worth
        for one in stored.fields:
            walk.dirty[one.id].difference_update(item.row_id for item in work.block.items)
    await walk.go()
    work.seen = walk.seen


def _own(work: Work, dirty: dict[str, set[int]]) -> dict[str, set[int]]:
    """Mark computed fields of new records; returns what each changed field (or existence) moved."""
    moved: dict[str, set[int]] = defaultdict(set)
    computed = [one for one in work.table.fields if one.computed]
    stamped = [one for one in work.table.fields if one.type in ("updated_time", "updated_by")]
    new = {item.row_id for item in work.of("create")}
    for one in computed if new else ():
        dirty[one.id] |= new
    for item in work.good:
        if item.action == "create":  # who uses its fields asks for its existence as well
            moved[EXISTENCE].add(item.row_id)
            continue
        for one in (*item.values, *item.links):
            moved[one.id].add(item.row_id)
        if item.action != "update":
            moved[EXISTENCE].add(item.row_id)
        if item.action != "update" or item.values or item.links:
            for one in stamped:
                moved[one.id].add(item.row_id)
    return moved


async def hold(tx: Tx, table: Table, rows: set[int]) -> None:
    """Lock rows that ``tx`` does not hold yet; returns once whoever held them is done. Costs nothing for those it does."""
    missing = rows - tx.held[table.sql]
    if missing:
        await tx.execute(
            f"SELECT 1 FROM {table.sql} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted(missing)
        )
        tx.held[table.sql] |= missing


def on_its_own(catalog: Catalog, one: Field) -> bool:
    """Whether a value follows from its record alone and flows to no other: PostgreSQL then needs no lock beforehand."""
    return _of_its_record(catalog, one) and not graph(catalog).far.get(one.id)


def _of_its_record(catalog: Catalog, one: Field) -> bool:
    return isinstance(one.config, Formula) and not follows_links(catalog, one)


async def recompute(tx: Tx, catalog: Catalog, context: Context, one: Field, rows: Rows) -> set[int]:
    """Recompute ``one`` for ``rows`` (all when None); returns the rows whose value changed.

    Rows given one by one are locked first; whoever gives a :class:`Span` has done so where :func:`on_its_own` asks for it.
    A field that changes by the clock is computed when it is read: nothing to do here.
    """
    if one.id in read_time(catalog):
        return set()
    table = catalog.table(one.table_id)
    restrict = QueryString("TRUE")
    if isinstance(rows, Span):
        restrict = QueryString("t.id > {} AND t.id <= {}", rows.after, rows.last)
    elif rows is not None:
        rows = set(rows)
        await hold(tx, table, rows)
        await hold_matches(tx, catalog, one, rows)
        restrict = QueryString("t.id = ANY({}::bigint[])", list(rows))
    column = one.column
    value, error = expression(catalog, context, one)
    now, new = [f"t.{column}"], [value]
    if error is not None:
        now.append(f"t.{column}_e")
        new.append(error)
    sets = [column, f"{column}_e"][: len(new)]
    if _of_its_record(catalog, one):
        # of the record alone: seen again as it is, should somebody be changing it
        statement = QueryString(
            f"UPDATE {table.sql} t SET {', '.join(f'{name} = {{}}' for name in sets)} WHERE {{}}"
            f" AND ({', '.join(now)}) IS DISTINCT FROM ({', '.join(['{}'] * len(new))}) RETURNING t.id",
            *new,
            restrict,
            *new,
        )
    else:
        # OFFSET 0: each value is worked out once, not once to compare and once to store
        statement = QueryString(
            f"UPDATE {table.sql} t SET {', '.join(f'{name} = s.{name}' for name in sets)} FROM"
            f" (SELECT t.id, {', '.join(f'{{}} AS {name}' for name in sets)} FROM {table.sql} t WHERE {{}} OFFSET 0) s"
            f" WHERE t.id = s.id AND ({', '.join(now)}) IS DISTINCT FROM ({', '.join(f's.{name}' for name in sets)})"
            " RETURNING t.id",
            *new,
            restrict,
        )
    found = await tx.fetch(statement)
    return {row["id"] for row in found}


async def refresh_rows(system: System, tx: Tx, catalog: Catalog, rows: dict[str, set[int]]) -> int:
    """Compute given rows by field id again, and whatever depends on them; ``catalog`` is locked. How many they were."""
    live = {one.id: one for one in graph(catalog).order}
    wanted = {key: given for key, given in rows.items() if key in live}
    if not wanted:
        return 0
    table = catalog.table(live[next(iter(wanted))].table_id)
    context = Context(zone=catalog.app_of(table).zone)
    walk = Walk(system, tx, catalog, context, system.settings.refresh_at_once, quiet=True)
    for key, given in wanted.items():
        walk.dirty[key] |= given
        walk.own[live[key].table_id] |= given
    await walk.go()
    await walk.tell()
    return sum(len(given) for given in wanted.values())


async def refresh_field(system: System, tx: Tx, field_id: str) -> int:
    """Compute a new or changed computed field for every record, and what depends on it. Returns how many changed.

    Of a large table that is left to the worker; the answer is 0 then.
    """
    catalog = await system.catalogs.current()
    one = catalog.field(field_id)
    if one.id in read_time(catalog):
        return 0
    table = catalog.table(one.table_id)
    if await is_large(system, tx, table):
        await leave_all(system, tx, catalog, [Later(one, "all")], quiet=True)
        return 0
    context = Context(zone=catalog.app_of(table).zone)
    walk = Walk(system, tx, catalog, context, system.settings.refresh_at_once, quiet=True)
    users = graph(catalog).far.get(one.id, ())
    matched = await matched_before(tx, catalog, users, one, await _ids(tx, table)) if users else {}
    changed = await recompute(tx, catalog, context, one, None)
    if changed:
        await walk.follow(one, changed, matched)
        await walk.go()
        await walk.tell()
    return len(changed)


async def _ids(tx: Tx, table: Table) -> list[int]:
    return [row["id"] for row in await tx.fetch(f"SELECT id FROM {table.sql}")]


async def is_large(system: System, tx: Tx, table: Table) -> bool:
    """Whether a pass over the table is too long for a person to wait for. Never counts further than it has to."""
    most = system.settings.large_table_rows
    found = await tx.value(f"SELECT count(*) FROM (SELECT 1 FROM {table.sql} LIMIT {int(most) + 1}) s")
    return bool(found > most)
