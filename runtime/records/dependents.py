"""Which computed fields depend on what: the graph of fields, and the records that a far change reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Catalog, Field
from runtime.definitions.fields import Formula, Link, Lookup, Rollup
from runtime.definitions.matching import Match
from runtime.errors import InvalidDefinition
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.storage import matching
from runtime.storage.computed import dependencies, lists_of, read_time
from runtime.storage.database import Row, Tx
from runtime.storage.query import joined

EXISTENCE = "$exists"
# advisory locks of matches: so many to a field, from this number on
_BUCKETS = 512
_LOCKS = 1 << 56
# how often a row may match among the far rows of one change before it is taken for many rows
_OFTEN = 20


@dataclass
class Graph:
    """``order``: computed fields, dependencies first. ``same``/``far``: field id → computed fields that use it on the
    same record / on records that are linked or match. ``existence``: table id → computed fields that count its records.

    Fields that change by the clock alone are in none of them: they are computed when they are read."""

    order: list[Field] = field(default_factory=list)
    same: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))
    far: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))
    existence: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list))


_GRAPHS: WeakKeyDictionary[Catalog, Graph] = WeakKeyDictionary()
_USERS: WeakKeyDictionary[Catalog, dict[str, list[Field]]] = WeakKeyDictionary()


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
        near, far, targets = dependencies(catalog, one)
        needs[one.id] = (near | far) & computed.keys()
        if one.id in at_read:
            continue
        for key in near:
            result.same[key].append(one)
        for key in far:
            result.far[key].append(one)
        for target in targets:
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


def seen_to_change(catalog: Catalog, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By table: fields computed when they are read whose values may be others now, through other records.

    ``keys``: fields that have changed, and tables in which records came or went. Nothing of these fields is stored, so
    nobody else tells who looks at them.
    """
    at_read = read_time(catalog)
    if not at_read:
        return {}
    users = _USERS.get(catalog)
    if users is None:
        users = _USERS[catalog] = _users(catalog)
    reached: dict[str, Field] = {}
    waiting = list(keys)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user.id not in reached:
                reached[user.id] = user
                waiting.append(user.id)
    found: dict[str, list[str]] = defaultdict(list)
    for one in reached.values():
        if one.id in at_read:
            found[one.table_id].append(one.id)
    return {table: tuple(fields) for table, fields in found.items()}


def _users(catalog: Catalog) -> dict[str, list[Field]]:
    users: dict[str, list[Field]] = defaultdict(list)
    for one in (f for app in catalog.apps for t in app.tables for f in t.fields if f.computed):
        near, far, targets = dependencies(catalog, one)
        for key in near | far | {target.id for target in targets}:
            users[key].append(one)
    return users


async def through(
    tx: Tx, catalog: Catalog, user: Field, far_rows: Iterable[int], before: Mapping[int, Row] | None = None
) -> set[int]:
    """The records of ``user``'s table to which ``far_rows`` belong, through its link or because they match.

    ``before``: far rows as they were, by id; where they match, so do the records that they matched then.
    """
    found = await through_at_most(tx, catalog, user, far_rows, before, None)
    assert found is not None  # noqa: S101 - nothing is too many
    return found


async def through_at_most(
    tx: Tx,
    catalog: Catalog,
    user: Field,
    far_rows: Iterable[int],
    before: Mapping[int, Row] | None,
    most: int | None,
) -> set[int] | None:
    """The same; None where far more than ``most`` match, of which no more is read."""
    config = user.config
    if isinstance(config, Formula):
        rows = list(far_rows)
        found = await _linked(tx, catalog, user, rows)
        for one in lists_of(catalog, user):
            if getattr(one.config, "match", None) is not None:
                matched = await through_at_most(tx, catalog, one, rows, before, most)
                if matched is None:
                    return None
                found |= matched
        return found
    assert isinstance(config, Lookup | Rollup)  # noqa: S101
    if config.match is not None:
        return await _matched(tx, catalog, user, config.match, set(far_rows), before or {}, most)
    link = catalog.field(config.link or "")
    pairs = await tx.fetch(
        f"SELECT DISTINCT {link.link_near} AS near FROM {link.link_sql} WHERE {link.link_far} = ANY($1::bigint[])",
        list(far_rows),
    )
    return {row["near"] for row in pairs}


async def _linked(tx: Tx, catalog: Catalog, user: Field, far_rows: list[int]) -> set[int]:
    """Through any link that a formula follows; a few too many where its links lead to several tables."""
    found: set[int] = set()
    near, _, _ = dependencies(catalog, user)
    for link in (catalog.field(key) for key in near if key in catalog.table(user.table_id).by_id):
        if isinstance(link.config, Link):
            rows = await tx.fetch(
                f"SELECT DISTINCT {link.link_near} AS near FROM {link.link_sql}"
                f" WHERE {link.link_far} = ANY($1::bigint[])",
                far_rows,
            )
            found |= {row["near"] for row in rows}
    return found


async def matched_before(
    tx: Tx, catalog: Catalog, users: Iterable[Field], changing: Field, rows: Iterable[int]
) -> dict[str, set[int]]:
    """By user: the records that far ``rows`` match while ``changing``, a computed field of theirs, still has its old value."""
    return {
        user.id: await through(tx, catalog, user, rows)
        for user in users
        if (match := getattr(user.config, "match", None)) is not None and changing.id in match.far_fields
    }


async def _matched(
    tx: Tx,
    catalog: Catalog,
    user: Field,
    match: Match,
    rows: set[int],
    before: Mapping[int, Row],
    most: int | None,
) -> set[int] | None:
    near, far = catalog.table(user.table_id), catalog.table(match.table)
    fields = sorted({far.field(key) for key in match.far_fields}, key=lambda one: one.column)
    columns = ", ".join(one.column for one in fields)
    old = [before[row] for row in rows if row in before]
    parts = [QueryString(f"SELECT {columns} FROM {far.sql} WHERE id = ANY({{}}::bigint[])", list(rows))]
    if old:
        lists = ", ".join(f"{{}}::{_column_type(one)}[]" for one in fields)
        values = [[row[one.column] for row in old] for one in fields]
        parts.append(QueryString(f"SELECT * FROM unnest({lists}) AS o({columns})", *values))
    changed = joined(" UNION ", parts)
    await _lock(tx, user, matching.far_key(match, near, far), QueryString("({}) r", changed))
    context = Context(zone=catalog.app_of(near).zone)
    condition = matching.backward(match, near, far, context)
    # the indexes of either half of the table serve their own branch; a row may match several far ones
    branch = f"SELECT t.id FROM r JOIN {near.sql} t ON {{}} WHERE t.deleted_at IS "
    cap = None if most is None else _OFTEN * most
    found = await tx.fetch(
        QueryString(
            f"WITH r AS MATERIALIZED ({{}}), m AS MATERIALIZED ({branch} NULL UNION ALL {branch} NOT NULL"
            f"{'' if cap is None else f' LIMIT {cap}'})"
            " SELECT id, (SELECT count(*) FROM m) AS pairs FROM m GROUP BY id",
            changed,
            condition,
            condition,
        )
    )
    if cap is not None and found and found[0]["pairs"] >= cap:
        return None
    return {row["id"] for row in found}


async def hold_matches(tx: Tx, catalog: Catalog, user: Field, rows: Iterable[int]) -> None:
    """Before a field that matches is computed for ``rows``: wait for writers of records that may match them.

    Neither side of a match points at the other, so no lock on rows keeps a writer of one from a writer of the other. Both
    lock what they are matched by, until they are done: whoever comes second sees what the first has stored.
    """
    match = getattr(user.config, "match", None)
    if match is None:
        return
    near, far = catalog.table(user.table_id), catalog.table(match.table)
    source = QueryString(f"{near.sql} t WHERE t.id = ANY({{}}::bigint[])", list(rows))
    await _lock(tx, user, matching.near_key(match, near, far), source)


async def _lock(tx: Tx, user: Field, key: str | None, source: QueryString) -> None:
    if key is None:
        return
    await tx.execute(
        QueryString(
            f"SELECT pg_advisory_xact_lock({_LOCKS + user.number * _BUCKETS} + s.bucket) FROM"
            f" (SELECT DISTINCT hashtext({key}) & {_BUCKETS - 1} AS bucket FROM {{}} ORDER BY 1) s",
            source,
        )
    )


def _column_type(one: Field) -> str:
    return (fieldtypes.get(one.config).sql_type(one.config) or "timestamptz").split(" ")[0]
