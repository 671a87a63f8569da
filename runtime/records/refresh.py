"""The refresh that writers leave behind: tasks in ``meta.refresh``, worked off in batches of short transactions.

A task names a field and which of its rows to compute. Its cursor moves in the transaction that stored the values, so a
worker that dies loses nothing and does nothing twice; a lease keeps others away while it lives. Fields come in the order
of the graph: none is begun while a field that it is computed from is waiting, so that each is computed once. What follows
from a batch on the same records is computed with it, what follows elsewhere becomes tasks again. Writers go on meanwhile:
each row is locked before it is computed, and what somebody writes is right at once.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
import structlog

from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Lookup, Rollup
from runtime.errors import HuobiaoError
from runtime.events.live import WAKE_REFRESH, Notice
from runtime.fieldtypes import Context
from runtime.records import computed
from runtime.records.again import again, keep_out
from runtime.records.computed import Span, Walk, on_its_own, recompute
from runtime.records.dependents import graph, hold_matches, matched_before
from runtime.storage.database import Row, Tx
from runtime.storage.leases import LEASE_SECONDS, Lease, LeaseLost, new_owner
from runtime.system import System

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
SLICE_SECONDS = 2.0
"""How long one task is worked on before others get their turn."""
_FIRST_BATCH, _LEAST, _MOST = 1000, 20, 10_000
_QUICK, _SLOW = 0.4, 1.2
_TELL_SECONDS = 2.0
_UNION_MOST = 200_000
_LONGEST_WAIT_SECONDS = 600
_TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


_ABOVE: WeakKeyDictionary[Catalog, dict[str, frozenset[str]]] = WeakKeyDictionary()


def sources_of(catalog: Catalog) -> dict[str, frozenset[str]]:
    """By computed field: the computed fields that it is computed from, directly or through others."""
    found = _ABOVE.get(catalog)
    if found is None:
        g = graph(catalog)
        needs: dict[str, set[str]] = defaultdict(set)
        for users in (g.same, g.far):
            for key, ones in users.items():
                for user in ones:
                    needs[user.id].add(key)
        found = {}
        for one in g.order:  # what it needs comes before it
            direct = needs[one.id] & found.keys()
            found[one.id] = frozenset(direct.union(*(found[key] for key in direct)))
        _ABOVE[catalog] = found
    return found


class Refresher:
    """Works off refresh tasks; any number of processes may."""

    def __init__(self, system: System, process: str = "") -> None:
        self.system, self.process = system, process
        self._told: dict[str, float] = {}
        self._untold: dict[str, set[str]] = defaultdict(set)

    async def run(self, stopping: Callable[[], bool]) -> None:
        """Work until ``stopping()``. Wakes at once when somebody leaves something, and now and then without that."""
        async with self.system.live.wakeups(WAKE_REFRESH) as nudges:
            while not stopping():
                worked = False
                try:
                    worked = await self.step(stopping)
                except _TROUBLE as error:
                    log.warning("refresh interrupted", error=str(error))
                except Exception:  # one thing that cannot be done must not keep the others waiting
                    log.exception("refresh interrupted")
                if not worked:
                    await nudges.wait(POLL_SECONDS)

    async def drain(self) -> None:
        """Work until nothing is left that can be done now."""
        while await self.step(lambda: False):
            pass

    async def step(self, stopping: Callable[[], bool]) -> bool:
        """Work on one task for a moment; False when there is none to be had."""
        task = await self._claim()
        if task is None:
            return False
        lease = Lease(self.system.db, "refresh", task["id"], task["lease_owner"])
        try:
            async with lease.renewed():
                await _Work(self, task, lease).run(stopping)
        except LeaseLost:
            log.info("refresh is in other hands", task=task["id"])
        except (HuobiaoError, *_TROUBLE) as error:
            await self._put_off(task, error)
        finally:
            await self.tell(at_once=True)
        return True

    async def _put_off(self, task: Row, error: BaseException) -> None:
        log.warning("refresh put off", task=task["id"], field=task["field_id"], error=str(error))
        await self.system.db.execute(
            "UPDATE meta.refresh SET status = 'waiting', lease_owner = NULL, lease_until = NULL, error = $3,"
            " failures = failures + 1,"
            " not_before = now() + make_interval(secs => least(power(2, least(failures, 12)), $4))"
            " WHERE id = $1 AND lease_owner = $2",
            task["id"],
            task["lease_owner"],
            str(error)[:1000],
            _LONGEST_WAIT_SECONDS,
        )

    async def _claim(self) -> Row | None:
        """Take the task that is to be worked on next, what can be done together made one."""
        db = self.system.db
        rows = await db.fetch(
            "SELECT id, field_id, not_before <= now() AS due, coalesce(lease_until > now(), false) AS taken"
            " FROM meta.refresh ORDER BY worked_at, id"
        )
        if not rows:
            return None
        catalog = await self.system.catalogs.current()
        live = {one.number: one.id for one in graph(catalog).order}
        above = sources_of(catalog)
        waiting = {live[row["field_id"]] for row in rows if row["due"] and row["field_id"] in live}
        for row in rows:
            if row["taken"] or not row["due"]:
                continue
            key = live.get(row["field_id"])
            if key is not None and above[key] & waiting:
                continue
            async with db.transaction() as tx:
                number = await self._merge(tx, row["field_id"])
                if number is None:
                    continue
                return await tx.row(
                    "UPDATE meta.refresh SET status = 'running', begun = true, lease_owner = $2,"
                    " lease_until = now() + make_interval(secs => $3) WHERE id = $1 RETURNING *",
                    number,
                    new_owner(self.process),
                    LEASE_SECONDS,
                )
        return None

    async def _merge(self, tx: Tx, field: int) -> int | None:
        """Make one task of those of a field that nobody has begun; returns the one to work on."""
        rows = await tx.fetch(
            "SELECT id, kind, begun, quiet, depth, cardinality(members) AS size FROM meta.refresh WHERE field_id = $1"
            " AND (lease_until IS NULL OR lease_until < now()) AND not_before <= now() ORDER BY id"
            " FOR UPDATE SKIP LOCKED",
            field,
        )
        if not rows:
            return None
        whole = next((row for row in rows if row["kind"] == "all" and not row["begun"]), None)
        if whole is not None:  # it covers whatever was wanted so far
            # what records changed is told to automations, what a definition changed is not: those stay apart
            others = [row for row in rows if row["id"] != whole["id"] and row["quiet"] >= whole["quiet"]]
            await self._swallow(tx, whole["id"], [whole, *others])
            return int(whole["id"])
        for kind, quiet in (("rows", False), ("behind", False), ("rows", True), ("behind", True)):
            alike = [row for row in rows if (row["kind"], row["quiet"], row["begun"]) == (kind, quiet, False)]
            if len(alike) < 2:
                continue
            ids = [row["id"] for row in alike]
            if sum(row["size"] for row in alike) > _UNION_MOST:
                await tx.execute(
                    "UPDATE meta.refresh SET kind = 'all', members = '{}', total = NULL WHERE id = $1", ids[0]
                )
            else:
                await tx.execute(
                    "UPDATE meta.refresh r SET members = s.members,"
                    " total = CASE WHEN kind = 'rows' THEN cardinality(s.members) END FROM (SELECT"
                    " array_agg(DISTINCT m ORDER BY m) AS members FROM meta.refresh, unnest(members) m"
                    " WHERE id = ANY($2::bigint[])) s WHERE r.id = $1",
                    ids[0],
                    ids,
                )
            await self._swallow(tx, ids[0], alike)
        return int(rows[0]["id"])

    @staticmethod
    async def _swallow(tx: Tx, kept: int, rows: Sequence[Row]) -> None:
        """Delete tasks that ``kept`` has taken over; it led as far from a person as any of them."""
        gone = [row["id"] for row in rows if row["id"] != kept]
        await tx.execute("DELETE FROM meta.refresh WHERE id = ANY($1::bigint[])", gone)
        deepest = max(row["depth"] for row in rows)
        if deepest:
            await tx.execute("UPDATE meta.refresh SET depth = $2 WHERE id = $1", kept, deepest)

    def note(self, changed: dict[str, set[str]]) -> None:
        """Fields by table in which values have changed; pages are told in a moment."""
        for table, fields in changed.items():
            self._untold[table] |= fields

    async def tell(self, *, at_once: bool = False) -> None:
        """Tell open pages of a table, every few seconds at most, that values of many records have changed."""
        now = time.monotonic()
        for table in list(self._untold):
            if at_once or now - self._told.get(table, 0.0) >= _TELL_SECONDS:
                self._told[table] = now
                fields = tuple(sorted(self._untold.pop(table)))
                await self.system.live.publish(Notice(topic=table, kind="computed", fields=fields))


class _Work:
    """One task while it is held."""

    def __init__(self, refresher: Refresher, task: Row, lease: Lease) -> None:
        self.refresher, self.system, self.task, self.lease = refresher, refresher.system, task, lease
        self.members: list[int] = sorted(task["members"])
        self.cursor: int = task["cursor"]
        self.far_cursor: int = task["far_cursor"]
        self.size = _FIRST_BATCH
        self.ended = self.counted = False

    async def run(self, stopping: Callable[[], bool]) -> None:
        begun = time.monotonic()
        while not self.ended and not stopping() and time.monotonic() - begun < SLICE_SECONDS:
            started = time.monotonic()
            place = self.cursor, self.far_cursor
            self.cursor, self.far_cursor = await again(partial(self._batch, place))
            took = time.monotonic() - started
            if took < _QUICK:
                self.size = min(self.size * 2, _MOST)
            elif took > _SLOW:
                self.size = max(self.size // 2, _LEAST)
            await self.refresher.tell()
            await asyncio.sleep(0)
        if not self.ended:
            await self.system.db.execute(
                "UPDATE meta.refresh SET status = 'waiting', lease_owner = NULL, lease_until = NULL,"
                " worked_at = now() WHERE id = $1 AND lease_owner = $2",
                self.task["id"],
                self.task["lease_owner"],
            )

    async def _batch(self, place: tuple[int, int], alone: bool) -> tuple[int, int]:
        """Compute the next rows in one transaction; where it stands then."""
        self.cursor, self.far_cursor = place
        async with self.system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            await self.lease.confirm(tx)
            catalog = await self.system.catalogs.locked(tx)
            one = self._field(catalog)
            if one is None:
                return await self._end(tx, None)
            table = catalog.table(one.table_id)
            if self.task["kind"] == "behind" and not self._linked(catalog, one):
                # it is computed in another way by now
                await computed.leave_all(
                    self.system, tx, catalog, [computed.Later(one, "all")],
                    quiet=self.task["quiet"], depth=self.task["depth"],
                )  # fmt: skip
                return await self._end(tx, table)
            ids, span = await self._next(tx, catalog, one, table)
            if ids or span:
                await self._compute(tx, catalog, one, table, ids, span)
            if self._through(ids):
                return await self._end(tx, table)
            await tx.execute(
                "UPDATE meta.refresh SET cursor = $2, far_cursor = $3, done = done + $4, failures = 0, error = NULL,"
                " total = coalesce(total, $5) WHERE id = $1",
                self.task["id"],
                self.cursor,
                self.far_cursor,
                len(ids),
                await self._total(tx, catalog, one, table),
            )
        return self.cursor, self.far_cursor

    def _field(self, catalog: Catalog) -> Field | None:
        """The field as it is now; None when it is gone, or computed when it is read."""
        return next((one for one in graph(catalog).order if one.number == self.task["field_id"]), None)

    @staticmethod
    def _linked(catalog: Catalog, one: Field) -> bool:
        config = one.config
        table = catalog.table(one.table_id)
        return (
            isinstance(config, Lookup | Rollup)
            and config.match is None
            and (config.link or "") in table.by_id
        )

    async def _end(self, tx: Tx, table: Table | None) -> tuple[int, int]:
        await tx.execute("DELETE FROM meta.refresh WHERE id = $1", self.task["id"])
        if table is not None:
            done = Notice(topic=table.id, kind="refresh")
            tx.after_commit.append(partial(self.system.live.publish, done))
        tx.after_commit.append(self._ended)
        return self.cursor, self.far_cursor

    def _ended(self) -> None:
        self.ended = True

    async def _next(
        self, tx: Tx, catalog: Catalog, one: Field, table: Table
    ) -> tuple[list[int], Span | None]:
        """The rows of this batch (locked where that is needed); of a whole table also as a span."""
        if self.task["kind"] == "all":
            lock = "" if on_its_own(catalog, one) else " FOR UPDATE"
            rows = await tx.fetch(
                f"SELECT id FROM {table.sql} WHERE id > $1 ORDER BY id LIMIT $2{lock}", self.cursor, self.size
            )
            ids = [row["id"] for row in rows]
            if not ids:
                return [], None
            span = Span(self.cursor, ids[-1])
            if lock:
                tx.held[table.sql].update(ids)
            self.cursor = ids[-1]
            return ids, span
        if self.task["kind"] == "rows":
            start = bisect_right(self.members, self.cursor)
            ids = self.members[start : start + self.size]
            self.cursor = ids[-1] if ids else self.cursor
            return ids, None
        return await self._behind(tx, catalog, one), None

    async def _behind(self, tx: Tx, catalog: Catalog, one: Field) -> list[int]:
        """The next rows that point at the far rows, by far row and row."""
        config = one.config
        assert isinstance(config, Lookup | Rollup)  # noqa: S101
        link = catalog.field(config.link or "")
        start = bisect_right(self.members, self.far_cursor - 1)
        some = self.members[start : start + self.size]
        if not some:
            self.far_cursor = (self.members[-1] + 1) if self.members else 1
            return []
        rows = await tx.fetch(
            f"SELECT {link.link_far} AS far, {link.link_near} AS near FROM {link.link_sql}"
            f" WHERE {link.link_far} = ANY($1::bigint[]) AND ({link.link_far}, {link.link_near}) > ($2, $3)"
            f" ORDER BY {link.link_far}, {link.link_near} LIMIT $4",
            some,
            self.far_cursor,
            self.cursor,
            self.size,
        )
        if len(rows) < self.size:  # nothing is left behind these
            self.far_cursor, self.cursor = some[-1] + 1, 0
        else:
            self.far_cursor, self.cursor = rows[-1]["far"], rows[-1]["near"]
        return sorted({row["near"] for row in rows})

    def _through(self, ids: list[int]) -> bool:
        """Whether that was the last batch."""
        if self.task["kind"] == "all":
            return len(ids) < self.size
        if self.task["kind"] == "rows":
            return not self.members or self.cursor >= self.members[-1]
        return not self.members or self.far_cursor > self.members[-1]

    async def _compute(
        self, tx: Tx, catalog: Catalog, one: Field, table: Table, ids: list[int], span: Span | None
    ) -> None:
        context = Context(zone=catalog.app_of(table).zone)
        walk = Walk(
            self.system,
            tx,
            catalog,
            context,
            max(self.system.settings.refresh_at_once, 1),
            patient=True,
            covered=await self._covered(tx, catalog, one),
            quiet=self.task["quiet"],
            depth=self.task["depth"],
        )
        walk.own[table.id].update(ids)
        if span is None:
            walk.dirty[one.id].update(ids)
        else:
            await hold_matches(tx, catalog, one, ids)
            matched = await matched_before(tx, catalog, graph(catalog).far.get(one.id, ()), one, ids)
            changed = await recompute(tx, catalog, context, one, span)
            if changed:
                await walk.follow(one, changed, matched)
        await walk.go()
        await walk.tell()
        tx.after_commit.append(lambda: self.refresher.note(walk.changed))

    async def _covered(self, tx: Tx, catalog: Catalog, one: Field) -> frozenset[str]:
        """Fields that will be computed as a whole after this one: nobody begins them while this one waits."""
        rows = await tx.fetch(  # and nobody can, until this batch is stored
            "SELECT field_id FROM meta.refresh WHERE kind = 'all' AND NOT begun FOR SHARE SKIP LOCKED"
        )
        numbers = {row["field_id"] for row in rows}
        return frozenset(
            user.id
            for user in graph(catalog).order
            if user.number in numbers and one.id in sources_of(catalog)[user.id]
        )

    async def _total(self, tx: Tx, catalog: Catalog, one: Field, table: Table) -> int | None:
        """About how many rows there are; asked once."""
        if self.task["total"] is not None or self.counted:
            return None
        self.counted = True
        if self.task["kind"] == "all":
            found: Any = await tx.value(
                "SELECT reltuples FROM pg_class WHERE oid = to_regclass($1)", table.sql
            )
            return int(found) if found and found > 0 else None
        config = one.config
        assert isinstance(config, Lookup | Rollup)  # noqa: S101
        link = catalog.field(config.link or "")
        return int(
            await tx.value(
                f"SELECT count(*) FROM {link.link_sql} WHERE {link.link_far} = ANY($1::bigint[])",
                self.members,
            )
        )
