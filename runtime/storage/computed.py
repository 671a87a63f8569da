"""Computed fields as SQL: what each is worth over its row, and which of them change by the clock alone.

What does not depend on the clock is kept in columns (:mod:`runtime.records.computed`). What does (a formula that asks for
today, a roll-up of "within 90 days", and all that uses them) is computed when it is read: :func:`source` is the table
with those columns replaced by their expressions, and every query reads from there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from piccolo.querystring import QueryString

from runtime import fieldtypes, formulas
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import PERSON_TYPES, Formula, Link, Lookup, Rollup, StateTime
from runtime.definitions.queries import Condition, Filter, fields_of
from runtime.fieldtypes import Context
from runtime.fieldtypes.system import person_name_sql
from runtime.formulas.texts import LIST_SEPARATOR
from runtime.ids import record_id_sql
from runtime.storage.query import ROW_COLUMNS
from runtime.storage.rollups import Far, far_rows, files, items, linked, linked_error, target_of, value
from runtime.storage.states import state_time

_BY_CLOCK = frozenset({"older_than", "newer_than", "within_next", "in_period"})
_READ_TIME: WeakKeyDictionary[Catalog, frozenset[str]] = WeakKeyDictionary()


def read_time(catalog: Catalog) -> frozenset[str]:
    """Ids of the computed fields whose value changes although no record does."""
    found = _READ_TIME.get(catalog)
    if found is None:
        found = _READ_TIME[catalog] = _find_read_time(catalog)
    return found


def _find_read_time(catalog: Catalog) -> frozenset[str]:
    computed = {f.id: f for app in catalog.apps for t in app.tables for f in t.fields if f.computed}
    found = {key for key, one in computed.items() if _asks_the_clock(one) or _names_people(catalog, one)}
    users: dict[str, list[str]] = {}
    for key, one in computed.items():
        near, far, _ = dependencies(catalog, one)
        for need in near | far:
            users.setdefault(need, []).append(key)
    waiting = list(found)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in found:
                found.add(user)
                waiting.append(user)
    return frozenset(found)


def changes_with_time(catalog: Catalog, one: Field) -> bool:
    """Whether the value of a computed field, which need not be in the catalog yet, changes although no record does."""
    near, far, _ = dependencies(catalog, one)
    return _asks_the_clock(one) or bool((near | far) & read_time(catalog))


def _asks_the_clock(one: Field) -> bool:
    if isinstance(one.config, StateTime):
        return True
    if isinstance(one.config, Formula):
        return formulas.uses_clock(formulas.parse(one.config.source))
    if not isinstance(one.config, Lookup | Rollup):
        return False
    match = one.config.match
    return _compares_with_now(one.config.where) or (match is not None and match.asks_the_clock)


def _names_people(catalog: Catalog, one: Field) -> bool:
    """Whether the value holds, or hangs on, the name of a person, who may be called otherwise tomorrow."""
    if isinstance(one.config, Formula) and formulas.names_creator(formulas.parse(one.config.source)):
        return True
    near, far, targets = dependencies(catalog, one)
    table = catalog.table(one.table_id)
    fields = [table.by_id.get(key) for key in near]
    if isinstance(one.config, Rollup):  # people are counted by number; only conditions may ask for names
        fields += [t.by_id.get(key) for t in targets for key in _asked_by_name(one.config.where)]
    else:
        fields += [t.by_id.get(key) for t in targets for key in far]
    return any(field is not None and field.type in PERSON_TYPES for field in fields)


def _asked_by_name(where: Filter | None) -> set[str]:
    if where is None:
        return set()
    if isinstance(where, Condition):
        return {where.field} if where.op in ("contains", "not_contains") else set()
    return {key for item in where.items for key in _asked_by_name(item)}


def _compares_with_now(where: Filter | None) -> bool:
    if where is None:
        return False
    if isinstance(where, Condition):
        return where.op in _BY_CLOCK
    return any(_compares_with_now(item) for item in where.items)


def source(
    catalog: Catalog, table: Table, context: Context, only: Collection[str] | None = None
) -> QueryString:
    """What queries of ``table`` read from: the table itself, or a selection that computes what the clock changes.

    PostgreSQL takes such a selection apart again, so that indexes serve as before and what nobody asks for costs nothing.
    ``only``: the fields that are asked for; the others may be missing.
    """
    at_read = read_time(catalog)
    left = {f.id: f for f in table.fields if f.id in at_read}
    if only is not None and left:
        needed, waiting = set(), [key for key in only if key in left]
        while waiting:
            key = waiting.pop()
            needed.add(key)
            waiting += (dependencies(catalog, left[key])[0] & left.keys()) - needed
        left = {key: one for key, one in left.items() if key in needed}
    result = QueryString(table.sql)
    while left:
        # those first that use nothing that is still to come
        ready = [f for f in left.values() if not dependencies(catalog, f)[0] & left.keys() - {f.id}]
        if not ready:  # a circle, which the builder refuses
            break
        result = layer(catalog, table, context, ready, result)
        for one in ready:
            del left[one.id]
    return result


def layer(
    catalog: Catalog, table: Table, context: Context, ready: list[Field], inner: QueryString
) -> QueryString:
    kept = [f for f in table.fields if f.stored and f not in ready]
    columns = [f"t.{name}" for name in ROW_COLUMNS] + [f"t.{f.column}" for f in kept]
    columns += [f"t.{f.column}_e" for f in kept if f.type == "formula"]
    columns += [f"t.{c}" for f in kept if f.machine is not None for c in (f.since_column, f.spent_column)]
    parts: list[QueryString] = []
    for one in ready:
        worth, error = expression(catalog, context, one)
        sql_type = (fieldtypes.get(one.config).sql_type(one.config) or "text").split(" ")[0]
        parts.append(QueryString(f"({{}})::{sql_type} AS {one.column}", worth))
        if one.type == "formula":
            parts.append(QueryString(f"{{}} AS {one.column}_e", error or QueryString("NULL::text")))
    places = ", ".join(["{}"] * len(parts))
    return QueryString(f"(SELECT {', '.join(columns)}, {places} FROM {{}} t)", *parts, inner)


def layers(
    catalog: Catalog, table: Table, context: Context, fields: Sequence[Field], rows: QueryString
) -> QueryString:
    """``rows`` of ``table``, which hold all its columns, with ``fields`` as they are worth over each of them.

    Fields that follow from others of ``fields`` read them from the layer below.
    """
    left = {one.id: one for one in fields}
    while left:
        ready = [one for one in left.values() if not dependencies(catalog, one)[0] & left.keys()]
        # OFFSET 0: each value is worked out once, however many of the next layer read it
        rows = QueryString("(SELECT t.* FROM {} t OFFSET 0)", layer(catalog, table, context, ready, rows))
        for one in ready:
            del left[one.id]
    return rows


def dependencies(catalog: Catalog, one: Field) -> tuple[set[str], set[str], tuple[Table, ...]]:
    """Fields of the same record, fields of other records, and the tables of those, that a computed field needs."""
    config = one.config
    if isinstance(config, Formula):
        near, far = _read_by(config)
        tables = [target_of(catalog, link, None) for link in sorted(near)] if far else []
        targets = {t.id: t for t in tables if t is not None}
        for lookup in lists_of(catalog, one):  # read item by item where they come from
            ours, theirs, home = dependencies(catalog, lookup)
            near, far, targets = near | ours, far | theirs, targets | {t.id: t for t in home}
        return near, far, tuple(targets.values())
    if isinstance(config, Lookup | Rollup):
        target = target_of(catalog, config.link, config.match)
        if target is None:
            return set(), set(), ()
        far = ({config.field} if config.field else set()) | fields_of(config.where)
        far |= {sort.field for sort in config.sorts}
        if config.match is None:
            return {config.link or ""}, far, (target,)
        return set(config.match.near_fields), far | config.match.far_fields, (target,)
    if isinstance(config, StateTime):
        return {config.field}, set(), ()
    return set(), set(), ()


def _read_by(config: Formula) -> tuple[set[str], set[str]]:
    """Fields of the record (links that are followed among them) and far fields that a formula reads."""
    near, far = set(), set()
    for key in formulas.dependencies(formulas.parse(config.source)):
        link, dot, field = key.partition(".")
        near.add(link)
        far |= {field} if dot else set()
    return near, far


def lists_of(catalog: Catalog, one: Field) -> list[Field]:
    """The look-ups of several records that a formula reads: their columns hold them joined, which cannot be undone."""
    table = catalog.table(one.table_id)
    if not isinstance(one.config, Formula):
        return []
    found = [table.by_id.get(key) for key in sorted(formulas.dependencies(formulas.parse(one.config.source)))]
    return [field for field in found if field is not None and _is_list(table, field)]


def follows_links(catalog: Catalog, one: Field) -> bool:
    """Whether a formula reads fields of other records, by itself or where a list of its record comes from."""
    if not isinstance(one.config, Formula):
        return False
    keys = formulas.dependencies(formulas.parse(one.config.source))
    return any("." in key for key in keys) or bool(lists_of(catalog, one))


def expression(catalog: Catalog, context: Context, one: Field) -> tuple[QueryString, QueryString | None]:
    """The SQL of a computed field's value over its row ``t``, and of its error code (formulas only)."""
    table = catalog.table(one.table_id)
    config = one.config
    if isinstance(config, Formula):
        paths = far_fields(catalog, table) if "." in config.source else {}
        infos = {**formula_fields(table), **{key: path.info for key, path in paths.items()}}
        checked = formulas.check(config.source, infos, allow_missing=True)

        def column(key: str) -> str | QueryString:
            if key in paths:
                return paths[key].value(catalog, context, table)
            field = table.by_id.get(key)
            if field is not None and _is_list(table, field):
                return _items(catalog, context, table, field)
            return record_column(table, key) or formula_column(table, table.by_id[key])

        def fault(key: str) -> str | QueryString | None:
            if key in paths:
                return paths[key].error(catalog, context, table)
            return None if key in formulas.RECORD_PARTS else formula_error(table.by_id[key])

        compiled = formulas.compile_sql(checked, column, errors=fault, zone=context.zone.key)
        return compiled.value, compiled.error
    if isinstance(config, StateTime):
        return state_time(table, config), None
    assert isinstance(config, Lookup | Rollup)  # noqa: S101
    found = _far(catalog, context, table, one)
    return QueryString("NULL") if found is None else value(found, config), None


def _far(catalog: Catalog, context: Context, table: Table, one: Field) -> Far | None:
    """The records that a look-up or roll-up is about; None where their table or link is gone."""
    config = one.config
    assert isinstance(config, Lookup | Rollup)  # noqa: S101
    target = target_of(catalog, config.link, config.match)
    if target is None:
        return None
    # no more of the far table than is asked for: it may be this one, with this very field
    rows = source(catalog, target, context, dependencies(catalog, one)[1])
    return far_rows(catalog, context, table, config, target, rows)


def _items(catalog: Catalog, context: Context, table: Table, one: Field) -> QueryString:
    """The values of a look-up of several records as a list: what its column holds, before it was joined."""
    found = _far(catalog, context, table, one)
    assert isinstance(one.config, Lookup)  # noqa: S101
    return QueryString("NULL::text[]") if found is None else items(found, one.config)


def looked_up_files(catalog: Catalog, context: Context, one: Field) -> QueryString:
    """The SQL of the files that a look-up of attachments brings to its row ``t``, as one JSON list."""
    found = _far(catalog, context, catalog.table(one.table_id), one)
    assert isinstance(one.config, Lookup)  # noqa: S101
    return QueryString("NULL::jsonb") if found is None else files(found, one.config)


@dataclass(frozen=True)
class FarField:
    """A field of the records behind a link, as formulas name it: ``{link.field}``."""

    link: Field
    far: Field
    info: formulas.FieldInfo

    @property
    def many(self) -> bool:
        """Whether it is a list: the link may hold several records."""
        return isinstance(self.link.config, Link) and self.link.config.many

    def _rows(self, catalog: Catalog, context: Context, table: Table) -> Far:
        config = Lookup(self.link.id, self.far.id)
        target = catalog.table(self.far.table_id)
        rows = source(catalog, target, context, {self.far.id})
        return far_rows(catalog, context, table, config, target, rows)

    def value(self, catalog: Catalog, context: Context, table: Table) -> QueryString:
        """Its SQL over the row ``t``."""
        return linked(self._rows(catalog, context, table), self.far, many=self.many, zone=context.zone.key)

    def error(self, catalog: Catalog, context: Context, table: Table) -> QueryString | None:
        """The SQL of its error; None where it cannot hold one: a list leaves out what is one."""
        if self.many or self.far.type != "formula":
            return None
        return linked_error(self._rows(catalog, context, table), self.far)


def far_fields(catalog: Catalog, table: Table) -> dict[str, FarField]:
    """What formulas of a table may name of linked records, by link and field: ``fld….fld…``."""
    found = {}
    for link in table.fields:
        target = target_of(catalog, link.id, None) if isinstance(link.config, Link) else None
        for far in target.fields if target is not None else ():
            kind = fieldtypes.get(far.config).formula_type(far.config) if far.type != "link" else None
            if kind is None:
                continue
            many = isinstance(link.config, Link) and link.config.many
            info = formulas.FieldInfo(
                name=f"{link.name}.{far.name}", type=formulas.ValueType("list" if many else kind)
            )
            found[f"{link.id}.{far.id}"] = FarField(link, far, info)
    return found


def formula_fields(table: Table) -> dict[str, formulas.FieldInfo]:
    """What formulas of a table may name: its fields that have a formula type."""
    infos = {}
    for one in table.fields:
        kind = "list" if _is_list(table, one) else fieldtypes.get(one.config).formula_type(one.config)
        if kind is not None:
            infos[one.id] = formulas.FieldInfo(name=one.name, type=formulas.ValueType(kind))
    return infos


def _is_list(table: Table, one: Field) -> bool:
    """Whether a look-up brings several values: a list for formulas, though its column holds them joined."""
    if not isinstance(one.config, Lookup) or one.config.take != "all":
        return False
    if one.config.match is not None:
        return one.config.limit != 1
    link = table.by_id.get(one.config.link or "")
    return link is not None and isinstance(link.config, Link) and link.config.many


def formula_column(table: Table, one: Field) -> str:
    """SQL of a field's value as formulas see it, over its row ``t``."""
    if _is_list(table, one):
        return f"string_to_array(t.{one.column}, '{LIST_SEPARATOR}')"
    return fieldtypes.get(one.config).formula_sql(one.config, f"t.{one.column}")


def record_column(table: Table, part: str) -> str | None:
    """SQL of what a formula asks of the record itself (``formulas.RECORD_PARTS``), over its row ``t``; None for a field."""
    if part not in formulas.RECORD_PARTS:
        return None
    columns = {"$created_time": "t.created_at", "$created_by": person_name_sql("t.created_by")}
    return columns.get(part) or record_id_sql(table.number, "t.id")


def formula_error(one: Field) -> str | None:
    """SQL of the error code of a field over its row ``t``; None where it cannot hold an error."""
    return f"t.{one.column}_e" if one.type == "formula" else None
