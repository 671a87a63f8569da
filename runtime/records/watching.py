"""What enabled automations wait for, worked out once per catalog: the write path asks here what it has to tell."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import msgspec

from runtime.catalog import App, Automation, Catalog, Table
from runtime.definitions.automations import awaited
from runtime.definitions.queries import Condition, Filter, fields_of
from runtime.definitions.triggers import OF_CHANGES, ConditionsMet, RecordUpdated, Trigger, trigger_table
from runtime.storage.computed import dependencies, read_time

_BY_CLOCK = frozenset({"older_than", "newer_than", "within_next", "in_period"})
_STAMPS = frozenset({"$updated_at", "$updated_by"})
_STAMP_TYPES = frozenset({"updated_time", "updated_by"})


@dataclass(frozen=True, eq=False)
class Waiting:
    """An automation that waits for records of ``table`` to begin to meet ``where``.

    ``fields``: what it hangs on; ``any_change``: on the moment of the last change too. ``by_scan``: what a change of the
    record does not show also counts (time, names and deletion of linked records), so that the table is looked through now
    and then. ``spec`` is another one when another set of records meets it without a record having changed.
    """

    automation: Automation
    table: Table
    where: Filter | None
    fields: frozenset[str]
    any_change: bool
    by_scan: bool
    spec: str


@dataclass(frozen=True, eq=False)
class Watching:
    """``tables``: whose changes are told; ``triggers``: those of them of which only what one of these waits for is told, all of
    the others. ``fields``: computed fields and links of which it is told also when they changed
    through other records; ``told`` are those among them that a change of a record is told by."""

    tables: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    waiting: Mapping[str, tuple[Waiting, ...]] = field(default_factory=dict)
    triggers: Mapping[str, tuple[Trigger, ...]] = field(default_factory=dict)


_WATCHING: WeakKeyDictionary[Catalog, Watching] = WeakKeyDictionary()


def watching(catalog: Catalog) -> Watching:
    """What the enabled automations of a catalog wait for."""
    found = _WATCHING.get(catalog)
    if found is None:
        found = _WATCHING[catalog] = _find(catalog)
    return found


def _find(catalog: Catalog) -> Watching:
    tables: set[str] = set()
    told: set[str] = set()
    waiting: dict[str, list[Waiting]] = defaultdict(list)
    triggers: dict[str, list[Trigger]] = defaultdict(list)
    for automation, table in _enabled(catalog):
        trigger = automation.definition.trigger
        if isinstance(trigger, ConditionsMet):
            waiting[table.id].append(_waiting(catalog, automation, table, trigger.where))
            continue
        tables.add(table.id)
        triggers[table.id].append(trigger)
        if isinstance(trigger, RecordUpdated):
            links = {one.id for one in table.fields if one.type == "link"}
            derived = {one.id for one in table.fields if one.computed}
            told |= (links | derived) & set(trigger.fields) if trigger.fields else links
    for app in catalog.apps:
        if app.waits_for_records:  # runs that wait for a record hear of every change
            tables.update(table.id for table in app.tables)
            for table in app.tables:
                triggers.pop(table.id, None)
            told |= _awaited(app)
    asked = {key for ones in waiting.values() for one in ones for key in one.fields}
    return Watching(
        frozenset(tables),
        frozenset(told | asked),
        frozenset(told),
        {key: tuple(ones) for key, ones in waiting.items()},
        {key: tuple(ones) for key, ones in triggers.items()},
    )


def _awaited(app: App) -> set[str]:
    """Links and computed fields that runs of an app wait for: they change through other records too."""
    keys = {
        key
        for automation in app.automations
        for where in awaited(automation.definition.steps)
        for key in fields_of(where)
    }
    return {
        field.id
        for table in app.tables
        for field in table.fields
        if field.id in keys and (field.computed or field.type == "link")
    }


def _enabled(catalog: Catalog) -> Iterator[tuple[Automation, Table]]:
    for app in catalog.apps:
        tables = {table.id: table for table in app.tables}
        for automation in app.automations:
            trigger = automation.definition.trigger
            table = tables.get(trigger_table(trigger) or "")
            if automation.definition.enabled and table is not None and isinstance(trigger, OF_CHANGES):
                yield automation, table


def _waiting(catalog: Catalog, automation: Automation, table: Table, where: Filter | None) -> Waiting:
    keys = fields_of(where)
    fields = [table.by_id[key] for key in keys if key in table.by_id]
    at_read = read_time(catalog)
    return Waiting(
        automation=automation,
        table=table,
        where=where,
        fields=frozenset(one.id for one in fields),
        any_change=bool(keys & _STAMPS) or any(one.type in _STAMP_TYPES for one in fields),
        by_scan=_asks_the_clock(where) or any(one.type == "link" or one.id in at_read for one in fields),
        spec=_spec(catalog, table, where, {one.id for one in fields}),
    )


def _asks_the_clock(where: Filter | None) -> bool:
    if where is None:
        return False
    if isinstance(where, Condition):
        return where.op in _BY_CLOCK
    return any(_asks_the_clock(item) for item in where.items)


def _spec(catalog: Catalog, table: Table, where: Filter | None, fields: set[str]) -> str:
    """The table, the condition, and what the fields that it hangs on, near and far, hold or how they are computed.

    Not their versions: another name or description of a field changes nothing about who meets the condition.
    """
    kinds: dict[str, object] = {}
    left = sorted(fields)
    while left:
        key = left.pop()
        if key in kinds or key.startswith("$"):
            continue
        one = catalog.field(key)
        kinds[key] = msgspec.to_builtins(one.config)
        if one.computed:
            near, far, _ = dependencies(catalog, one)
            left += sorted(near | far)
    parts = (table.id, catalog.app_of(table).zone.key, msgspec.to_builtins(where), kinds)
    return hashlib.blake2s(msgspec.json.encode(parts, order="sorted"), digest_size=16).hexdigest()
