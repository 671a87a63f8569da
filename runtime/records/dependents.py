"""Which computed fields depend on what: the graph of fields, and the records that a far change reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from runtime.catalog import Catalog, Field
from runtime.definitions.fields import Lookup, Rollup
from runtime.errors import InvalidDefinition
from runtime.i18n import N_
from runtime.storage.computed import dependencies, read_time
from runtime.storage.database import Tx

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


async def through(tx: Tx, catalog: Catalog, user: Field, far_rows: Iterable[int]) -> set[int]:
    """The records of ``user``'s table that point at ``far_rows`` through ``user``'s link."""
    assert isinstance(user.config, Lookup | Rollup)  # noqa: S101
    link = catalog.field(user.config.link)
    found = await tx.fetch(
        f"SELECT DISTINCT {link.link_near} AS near FROM {link.link_sql} WHERE {link.link_far} = ANY($1::bigint[])",
        list(far_rows),
    )
    return {row["near"] for row in found}
