"""The query model turned into SQL. The only place that does so.

Values always travel as parameters (Piccolo ``QueryString``); identifiers come from numbers in the catalog. The main
table has the alias ``t`` in every statement made here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, get_args

import msgspec
from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import Actor, hidden_fields, row_rule
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Button, CreatedBy, DateTime, FieldConfig, Link, Member
from runtime.definitions.people import with_people
from runtime.definitions.queries import (
    Aggregate,
    AggregateQuery,
    Condition,
    Filter,
    Group,
    GroupLevel,
    PlaceBucket,
    Query,
    Sort,
    fields_of,
)
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes.base import Context, like_pattern
from runtime.fieldtypes.location import LocationType
from runtime.fieldtypes.system import person_key_sql
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.storage.linked import link_column
from runtime.storage.wires import COLUMN as WIRES
from runtime.storage.wires import Whole, page_with_texts

MAX_LIMIT = 1000
MAX_CONDITIONS = 100
_AND = QueryString(" AND ")

_SYSTEM_COLUMNS = {
    "$id": ("t.id", "bigint"),
    "$created_at": ("t.created_at", "timestamptz"),
    "$updated_at": ("t.updated_at", "timestamptz"),
    "$created_by": ("t.created_by", "text"),
    "$updated_by": ("t.updated_by", "text"),
}
_SYSTEM_TYPES = {
    "$created_at": "created_time",
    "$updated_at": "updated_time",
    "$created_by": "created_by",
    "$updated_by": "updated_by",
}


def joined(separator: str, parts: Sequence[QueryString]) -> QueryString:
    """``parts`` with ``separator`` between them."""
    return QueryString(separator.join(["{}"] * len(parts)), *parts)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(value: Any) -> Any:
    """An operand without characters that no column can hold: nothing equals them, but they may be asked for."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return value


class Compiler:
    """Compiles queries of one table, as one actor may see it, at one moment."""

    def __init__(self, catalog: Catalog, table: Table, context: Context, actor: Actor | None = None) -> None:
        if actor is not None and actor.person is not None:
            context = msgspec.structs.replace(context, me=actor.person)
        self.catalog = catalog
        self.table = table
        self.context = context
        self.actor = actor
        self.hidden = hidden_fields(actor, table) if actor is not None else frozenset()

    @cached_property
    def source(self) -> QueryString:
        """What to read from as ``t``: the table, with what changes by the clock computed."""
        from runtime.storage import computed  # which compiles the conditions of roll-ups here

        return computed.source(self.catalog, self.table, self.context)

    def field(self, key: str) -> Field:
        """A field the actor may use. Raises NotFound, for hidden fields too."""
        field = self.table.field(key)
        if field.id in self.hidden:
            raise NotFound()
        return field

    # ---- conditions ----

    def where(
        self, where: Filter | None, search: str | None = None, *, with_trash: bool = False
    ) -> QueryString:
        """The complete WHERE: live records, the actor's row rule, ``where`` and ``search``."""
        parts = [] if with_trash else [QueryString("t.deleted_at IS NULL")]
        rule = row_rule(self.actor, self.table) if self.actor is not None else None
        parts += [self.filter(part) for part in (rule, where) if part is not None]
        if search and search.strip():
            parts.append(self.search(_storable(search.strip())))
        return joined(" AND ", parts) if parts else QueryString("TRUE")

    def filter(self, where: Filter) -> QueryString:
        """A filter tree. Raises InvalidInput for an operator or operand that does not fit, NotFound for a lost field."""
        if _size(where) > MAX_CONDITIONS:
            raise InvalidInput(N_("条件太多,最多 {max} 个"), code="too_many_conditions", max=MAX_CONDITIONS)
        return self._filter(where)

    def _filter(self, where: Filter) -> QueryString:
        if isinstance(where, Condition):
            return self._condition(where)
        if not where.items:
            return QueryString("TRUE")
        inner = joined(
            " OR " if where.conjunction == "or" else " AND ", [self._filter(item) for item in where.items]
        )
        return QueryString("({})", inner)

    def _condition(self, condition: Condition) -> QueryString:
        condition = msgspec.structs.replace(condition, value=_storable(condition.value))
        if condition.field == "$id":
            return self._id_condition(condition)
        if condition.field in _SYSTEM_TYPES:
            kind = fieldtypes.get_by_name(_SYSTEM_TYPES[condition.field])
            column, config = _SYSTEM_COLUMNS[condition.field][0], self._system_config(condition.field)
            return kind.condition(config, column, condition.op, condition.value, self.context)
        field = self.field(condition.field)
        if field.type == "link":
            return self._link_condition(field, condition)
        kind = fieldtypes.get(field.config)
        return kind.condition(field.config, f"t.{field.column}", condition.op, condition.value, self.context)

    def _system_config(self, key: str) -> FieldConfig:
        if key in ("$created_by", "$updated_by"):
            return with_people(CreatedBy(), self.catalog.app_of(self.table).people)
        return DateTime()

    def _id_condition(self, condition: Condition) -> QueryString:
        values = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
        rows = [parse_record_id(str(v))[1] for v in values]
        if len(rows) == 1:  # which is not planned anew each time
            found = QueryString("t.id = {}::bigint", rows[0])
        else:
            found = QueryString("t.id = ANY({}::bigint[])", rows)
        return QueryString("NOT ({})", found) if condition.op in ("is_not", "is_none_of", "ne") else found

    def _link_condition(self, field: Field, condition: Condition) -> QueryString:
        assert isinstance(field.config, Link)  # noqa: S101
        target = self.catalog.table(field.config.table)
        exists = (
            f"EXISTS (SELECT 1 FROM {field.link_sql} l JOIN {target.sql} r ON r.id = l.{field.link_far}"
            f" AND r.deleted_at IS NULL WHERE l.{field.link_near} = t.id"
        )
        if condition.op == "is_empty":
            return QueryString(f"NOT {exists})")
        if condition.op == "is_not_empty":
            return QueryString(f"{exists})")
        if condition.op in ("is_any_of", "is_none_of", "is", "is_not"):
            values = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
            rows = [parse_record_id(str(v.get("id") if isinstance(v, dict) else v))[1] for v in values]
            found = QueryString(f"{exists} AND r.id = ANY({{}}::bigint[]))", rows)
            return QueryString("NOT {}", found) if condition.op in ("is_none_of", "is_not") else found
        if (
            condition.op in ("contains", "not_contains")
            and target.primary is not None
            and target.primary.stored
        ):
            pattern = f"%{like_pattern(str(condition.value or ''))}%"
            found = QueryString(f"{exists} AND r.{target.primary.column}::text ILIKE {{}})", pattern)
            return QueryString("NOT {}", found) if condition.op == "not_contains" else found
        raise fieldtypes.get(field.config).unknown_operator(condition.op)

    def search(self, text: str) -> QueryString:
        """Records that hold ``text`` anywhere in their searchable fields, or in the choice of a select."""
        pattern = f"%{like_pattern(text[:200])}%"
        parts = []
        for field in self.table.fields:
            if field.id in self.hidden or not field.stored:
                continue
            kind = fieldtypes.get(field.config)
            if field.type in ("single_select",):
                chosen = [c.id for c in field.choices_by_id.values() if text.casefold() in c.name.casefold()]
                if chosen:
                    parts.append(QueryString(f"t.{field.column} = ANY({{}}::integer[])", chosen))
            elif field.type == "member":
                parts.append(
                    kind.condition(field.config, f"t.{field.column}", "contains", text, self.context)
                )
            elif kind.searchable:
                needle = kind.needle(field.config, text[:200])
                own = pattern if needle == text[:200] else f"%{like_pattern(needle)}%"
                parts.append(QueryString(f"t.{field.column}::text ILIKE {{}}", own))
        return QueryString("({})", joined(" OR ", parts)) if parts else QueryString("FALSE")

    # ---- order and pages ----

    def keys(self, sorts: Sequence[Sort]) -> list[tuple[str, str, bool]]:
        """``(expression, SQL type, descending)`` of each sort, ending with the row's id, which makes the order total."""
        keys = []
        for sort in sorts:
            if sort.field in _SYSTEM_COLUMNS:
                column, sql_type = _SYSTEM_COLUMNS[sort.field]
                keys.append((column, sql_type, sort.descending))
                continue
            field = self.field(sort.field)
            kind = fieldtypes.get(field.config)
            if not kind.sortable:
                raise InvalidInput(
                    N_("「{field}」不能用来排序"), code="bad_sort", field_name=field.name, field=field.id
                )
            sql_type = (kind.sql_type(field.config) or "").split(" ")[0] or _row_type(field)
            keys.append((kind.order(field.config, f"t.{field.column}"), sql_type, sort.descending))
        return [*keys, ("t.id", "bigint", bool(sorts and sorts[0].descending and len(keys) == 1))]

    def page(
        self,
        query: Query,
        columns: Sequence[Field],
        wires: QueryString | None = None,
        whole: Whole | None = None,
    ) -> QueryString:
        """One page (one row more than asked for, to know whether there is a next one).

        ``wires``: of further fields (:func:`runtime.storage.wires.divide`), their values as they are answered; ``whole``:
        all of a record but its number and ``columns``.
        """
        keys = self.keys(query.sorts)
        where = self.where(query.where, query.search, with_trash=query.with_trash)
        own = ROW_COLUMNS if whole is None else _own_columns(columns)
        select = self.columns(columns, own=own)
        select += [f"({expression})::text AS k{index}" for index, (expression, _, _) in enumerate(keys)]
        # where buttons are shown hangs on the record and on who looks
        shown = self._shown(columns)
        made = wires if whole is None else whole.sql
        if made is not None:
            # bytes, for an answer is made of bytes: as a text it would be read only to be written again
            shown.append(QueryString(f"convert_to({{}}, 'UTF8') AS {WIRES}", made))
        select += ["{}"] * len(shown)

        limit = max(1, min(query.limit, MAX_LIMIT)) + 1
        texts = () if whole is None else whole.links
        if texts:  # which are joined to the page that has been found, in its order
            select += [f"{expression} AS o{n}" for n, (expression, _, _) in enumerate(keys[:-1])]
        again = [
            (f"o{n}" if n < len(keys) - 1 else "id", "", descending)
            for n, (_, _, descending) in enumerate(keys)
        ]
        statement = (
            f"SELECT {', '.join([*select, *self._links(columns, 't.id')])}"
            f" FROM {{}} t WHERE {{}} ORDER BY {order_by(keys)} LIMIT {limit}"
        )
        if not query.cursor:
            found = QueryString(statement, *shown, self.source, where)
            return page_with_texts(found, texts, order_by(again, last="id"))
        behind = self.behind(keys, read_cursor(query.cursor, self.signature(query)))
        if len(behind) == 1:
            found = QueryString(statement, *shown, self.source, joined(" AND ", [where, behind[0]]))
            return page_with_texts(found, texts, order_by(again, last="id"))
        # an index finds its place for each part, for both joined by OR it would read from the beginning
        parts = ", ".join([f"row_number() OVER (ORDER BY {order_by(keys)}) AS place", *select])
        branches = [
            QueryString(
                f"(SELECT {part} AS part, {parts} FROM {{}} t WHERE {{}} ORDER BY {order_by(keys)} LIMIT {limit})",
                *shown,
                self.source,
                joined(" AND ", [where, condition]),
            )
            for part, condition in enumerate(behind)
        ]
        found = QueryString(
            f"SELECT {', '.join(['s.*', *self._links(columns, 's.id')])} FROM ({{}}) s ORDER BY part, place LIMIT {limit}",
            joined(" UNION ALL ", branches),
        )
        return page_with_texts(found, texts, "part, place")

    def columns(
        self, columns: Sequence[Field], near: str | None = None, *, own: Sequence[str] | None = None
    ) -> list[str]:
        """What is read of a row ``t`` for ``columns``; with ``near`` (its number) also what its links point at.

        ``own``: those of every record's own columns that are wanted.
        """
        found = [f"t.{name}" for name in (ROW_COLUMNS if own is None else own)]
        found += [f"t.{f.column}" for f in columns if f.stored]
        found += [f"t.{f.column}_e" for f in columns if f.type == "formula"]
        return found if near is None else [*found, *self._links(columns, near)]

    def _links(self, columns: Sequence[Field], near: str) -> list[str]:
        """What the links among ``columns`` point at, a column each: asked for with the page, not link by link."""
        found = [link_column(self.catalog, one, near) for one in columns if one.type == "link"]
        return [one for one in found if one is not None]

    def _shown(self, columns: Sequence[Field]) -> list[QueryString]:
        """Whether each button with a condition is shown, as a column of its own."""
        return [
            QueryString(f"({{}}) IS TRUE AS {one.column}", self._where_shown(one.config.where))
            for one in columns
            if isinstance(one.config, Button) and one.config.where is not None
        ]

    def _where_shown(self, where: Filter) -> QueryString:
        try:
            return self.filter(where)
        except (NotFound, InvalidInput):  # no longer fits the table: pressing it says so
            return QueryString("TRUE")

    def behind(
        self, keys: Sequence[tuple[str, str, bool]], values: Sequence[str | None]
    ) -> list[QueryString]:
        """Rows behind the one whose key texts are ``values``, as parts that follow each other.

        Empty cells come last either way, so what is behind a filled one has a second part: the empty ones.
        """
        if len(values) != len(keys):
            raise InvalidInput(N_("翻页位置已失效,请从头查看"), code="bad_cursor")
        (first, sql_type, descending), value = keys[0], values[0]
        if first == "t.id" or value is None:
            return [self._after(keys, values)]
        bound = QueryString(f"({first}) {'<=' if descending else '>='} {{}}::text::{sql_type}", value)
        return [
            joined(" AND ", [bound, self._after(keys, values, empty_first=False)]),
            QueryString(f"({first}) IS NULL"),
        ]

    def _after(
        self, keys: Sequence[tuple[str, str, bool]], values: Sequence[str | None], *, empty_first: bool = True
    ) -> QueryString:
        ways: list[QueryString] = []
        equal: list[QueryString] = []
        for (expression, sql_type, descending), value in zip(keys, values, strict=True):
            if value is None:
                equal.append(QueryString(f"({expression}) IS NULL"))
                continue
            filled = f"({expression}) {'<' if descending else '>'} {{}}::text::{sql_type}"
            last = expression != "t.id" and (empty_first or bool(equal))
            beyond = QueryString(f"({filled} OR ({expression}) IS NULL)" if last else filled, value)
            ways.append(joined(" AND ", [*equal, beyond]))
            equal.append(QueryString(f"({expression}) = {{}}::text::{sql_type}", value))
        return QueryString("({})", joined(" OR ", ways))

    def signature(self, query: Query) -> str:
        """Ties a cursor to its table and order."""
        text = self.table.id + repr([(s.field, s.descending) for s in query.sorts])
        return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()

    def cursor(self, query: Query, row: Any) -> str:
        """The cursor that continues behind ``row`` (a row of :meth:`page`)."""
        values = [row[f"k{index}"] for index in range(len(query.sorts) + 1)]
        return write_cursor(self.signature(query), values)

    def anchors(self, query: Query, every: int) -> QueryString:
        """The keys of every ``every``-th row in order (its position in ``n``, from 0): where a grid may jump to."""
        keys = self.keys(query.sorts)
        named = ", ".join(
            f"({expression})::text AS k{index}" for index, (expression, _, _) in enumerate(keys)
        )
        return QueryString(
            f"SELECT n, {', '.join(f'k{i}' for i in range(len(keys)))} FROM ("
            f"SELECT row_number() OVER (ORDER BY {order_by(keys)}) - 1 AS n, {named},"
            f" lead(t.id) OVER (ORDER BY {order_by(keys)}) IS NULL AS last"
            f" FROM {{}} t WHERE {{}}) s WHERE n % {int(every)} = {int(every) - 1} OR last ORDER BY n",
            self.source,
            self.where(query.where, query.search, with_trash=query.with_trash),
        )

    def trash(
        self, search: str | None, after: tuple[datetime, int] | None, columns: Sequence[Field], limit: int
    ) -> QueryString:
        """Trashed records, the latest first, from behind the one trashed at ``after`` (moment, row) on."""
        parts = [QueryString("t.deleted_at IS NOT NULL"), self.where(None, search, with_trash=True)]
        if after is not None:
            parts.append(QueryString("(t.deleted_at, t.id) < ({}, {})", *after))
        select = [f"t.{name}" for name in ROW_COLUMNS] + [f"t.{f.column}" for f in columns if f.stored]
        return QueryString(
            f"SELECT {', '.join(select)} FROM {{}} t WHERE {{}}"
            f" ORDER BY t.deleted_at DESC, t.id DESC LIMIT {int(limit)}",
            self.source,
            joined(" AND ", parts),
        )

    def count_trash(self, search: str | None) -> QueryString:
        """How many records of the table lie in the trash."""
        return QueryString(
            "SELECT count(*) FROM {} t WHERE t.deleted_at IS NOT NULL AND {}",
            self.source,
            self.where(None, search, with_trash=True),
        )

    def count(self, where: Filter | None, search: str | None) -> QueryString:
        """The exact number of records; slow on large tables, asked for explicitly."""
        return QueryString("SELECT count(*) FROM {} t WHERE {}", self.source, self.where(where, search))

    # ---- groups ----

    def aggregate(self, query: AggregateQuery) -> QueryString:
        """Groups as columns ``g0``… and numbers as ``a0``…; the largest groups first unless grouped by time."""
        joins: list[str] = []
        groups = [self._group(level, index, joins) for index, level in enumerate(query.groups[:3])]
        numbers = [self._aggregate(aggregate) for aggregate in query.aggregates[:10]]
        select = [QueryString(f"{{}} AS g{i}", g) for i, g in enumerate(groups)]
        select += [QueryString(f"{n} AS a{i}") for i, n in enumerate(numbers)]
        tail = ""
        if groups:
            order = ", ".join(
                f"g{i} {'DESC' if level.descending else 'ASC'} NULLS LAST"
                for i, level in enumerate(query.groups[:3])
            )
            tail = f" GROUP BY {', '.join(f'g{i}' for i in range(len(groups)))} ORDER BY {order}"
        limit = max(1, min(query.limit, 10_000))
        return QueryString(
            f"SELECT {{}} FROM {{}} t {' '.join(joins)} WHERE {{}}{tail} LIMIT {limit}",
            joined(", ", select),
            self.source,
            self.where(query.where, query.search),
        )

    def _group(self, level: GroupLevel, index: int, joins: list[str]) -> QueryString:
        if level.buckets:
            arms = [
                QueryString(f"WHEN {{}} THEN {i}", self.filter(b.where))
                for i, b in enumerate(level.buckets[:50])
            ]
            return QueryString("(CASE {} END)", joined(" ", arms))
        if level.field is None:
            raise InvalidInput(N_("分组要选一个字段"), code="bad_group")
        if level.field in ("$created_at", "$updated_at"):
            return self._time_bucket(_SYSTEM_COLUMNS[level.field][0], level.bucket or "day", is_moment=True)
        field = self.field(level.field)
        if field.type == "link":
            joins.append(f"LEFT JOIN {field.link_sql} l{index} ON l{index}.{field.link_near} = t.id")
            return QueryString(f"l{index}.{field.link_far}")
        kind = fieldtypes.get(field.config)
        if not kind.groupable:
            raise InvalidInput(
                N_("不能按「{name}」分组"), code="not_groupable", field=field.id, name=field.name
            )
        column = f"t.{field.column}"
        if isinstance(field.config, Member) and field.config.many:  # a record counts for each of its people
            joins.append(f"LEFT JOIN LATERAL unnest({column}) u{index}(person) ON true")
            return QueryString(f"u{index}.person")
        if field.type in ("created_by", "updated_by"):
            return QueryString(person_key_sql(column))
        if isinstance(kind, LocationType):
            if level.bucket not in (None, *get_args(PlaceBucket)):
                raise InvalidInput(N_("不认识的分组方式「{name}」"), code="bad_operand", name=level.bucket)
            return QueryString(kind.group_sql(column, level.bucket or "province"))
        formula_type = kind.formula_type(field.config)
        if formula_type in ("date", "datetime"):
            return self._time_bucket(column, level.bucket or "day", is_moment=formula_type == "datetime")
        return QueryString(f"coalesce({column}, false)" if field.type == "checkbox" else column)

    def _time_bucket(self, column: str, bucket: str, *, is_moment: bool) -> QueryString:
        local = QueryString(
            f"({column} AT TIME ZONE '{self.context.zone.key}')" if is_moment else f"{column}::timestamp"
        )
        if bucket == "hour_of_day":
            return QueryString("extract(hour FROM {})::integer", local)
        if bucket == "weekday":
            return QueryString("extract(isodow FROM {})::integer", local)
        if bucket not in ("hour", "day", "week", "month", "quarter", "year"):
            raise InvalidInput(N_("不认识的时间段「{name}」"), code="bad_operand", name=bucket)
        return QueryString(f"date_trunc('{bucket}', {{}})", local)

    def _aggregate(self, aggregate: Aggregate) -> str:
        """The SQL of one number (ids only, no values in it)."""
        if aggregate.fn == "count":
            return "count(*)"
        if aggregate.field is None:
            raise InvalidInput(N_("统计要选一个字段"), code="bad_aggregate")
        field = self.field(aggregate.field)
        kind = fieldtypes.get(field.config)
        if aggregate.fn not in kind.aggregates or not (field.stored or field.type != "link"):
            raise InvalidInput(
                N_("「{field}」不能这样统计"), code="bad_aggregate", field=field.id, field_name=field.name
            )
        column = f"t.{field.column}"
        if field.type == "checkbox" and aggregate.fn in ("count_filled", "count_empty"):
            return f"count(*) FILTER (WHERE {'' if aggregate.fn == 'count_filled' else 'NOT '}coalesce({column}, false))"
        return {
            "count_filled": f"count({column})",
            "count_empty": f"count(*) - count({column})",
            "count_unique": f"count(DISTINCT {column})",
            "count_files": f"coalesce(sum(jsonb_array_length({column})), 0)",
            "sum": f"coalesce(sum({column}), 0)",
            "avg": f"avg({column})",
            "min": f"min({column})",
            "max": f"max({column})",
        }[aggregate.fn]


ROW_COLUMNS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at")


def _own_columns(columns: Sequence[Field]) -> list[str]:
    """The number, and those of a record's own columns that ``columns`` show."""
    return ["id", *{one.column: None for one in columns if one.column in ROW_COLUMNS}]


def order_by(keys: Sequence[tuple[str, str, bool]], last: str = "t.id") -> str:
    """ORDER BY of :meth:`Compiler.keys`; ``last``: how the row's id is called in them."""
    return ", ".join(
        expression + (" DESC" if descending else "") + ("" if expression == last else " NULLS LAST")
        for expression, _, descending in keys
    )


def write_cursor(signature: str, values: Sequence[str | None]) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode([signature, *values])).decode().rstrip("=")


def read_cursor(cursor: str, signature: str) -> list[str | None]:
    """The key texts in a cursor. Raises InvalidInput when it is none of ours or belongs to another order."""
    try:
        found, *values = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str | None]
        )
    except (ValueError, msgspec.DecodeError):
        found, values = None, []
    if found != signature:
        raise InvalidInput(N_("翻页位置已失效,请从头查看"), code="bad_cursor")
    return values


def _size(where: Filter) -> int:
    return 1 if isinstance(where, Condition) else sum(_size(item) for item in where.items)


def _row_type(field: Field) -> str:
    return "timestamptz" if field.type in ("created_time", "updated_time") else "text"


def mentioned(where: Filter | None, sorts: Sequence[Sort] = ()) -> set[str]:
    """Every field a filter and sorts need."""
    return fields_of(where) | {sort.field for sort in sorts}


__all__ = ["MAX_LIMIT", "ROW_COLUMNS", "Compiler", "Group", "joined", "mentioned", "order_by"]
