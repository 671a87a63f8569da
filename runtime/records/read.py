"""Reading records: single ones, pages, linked ones, aggregates. Every read passes ``runtime.access``."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import Actor, Operation, hidden_fields, require
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link, Member
from runtime.definitions.queries import AggregateQuery, Condition, Filter, Group, Query, Sort
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import Context
from runtime.fieldtypes.location import LocationType
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links, looked_up
from runtime.records.change import RecordView
from runtime.records.sizes import is_small
from runtime.storage import wires
from runtime.storage.indexes.use import note_slow
from runtime.storage.linked import column_of
from runtime.storage.query import MAX_LIMIT, Compiler, order_by
from runtime.system import System

ANCHOR_EVERY = 500
_FEW = 10
ANCHOR_SECONDS = 20.0


class Page(msgspec.Struct, frozen=True):
    """A page of records. ``total_estimate`` only on first pages and jumps; ``exact`` tells whether it is a count.

    ``at``: the position of the first record, where it is known.
    """

    records: tuple[RecordView, ...]
    next_cursor: str | None
    total_estimate: int | None = None
    exact: bool = False
    at: int | None = None


class GroupRow(msgspec.Struct, frozen=True):
    """One group: ``keys`` in wire form, ``labels`` as text, ``values`` in the order of the aggregates asked for."""

    keys: tuple[Any, ...]
    labels: tuple[str, ...]
    values: tuple[Any, ...]


class Reader:
    """What the read functions share: catalog, table, context and compiler for one actor at one moment."""

    def __init__(self, system: System, catalog: Catalog, table: Table, actor: Actor) -> None:
        require(actor, Operation.LOOK, table.app_id)
        self.system, self.catalog, self.table, self.actor = system, catalog, table, actor
        self.context = Context(zone=catalog.app_of(table).zone)
        self.compiler = Compiler(catalog, table, self.context, actor)
        hidden = hidden_fields(actor, table)
        self.fields = tuple(f for f in table.fields if f.id not in hidden)

    @classmethod
    async def of(cls, system: System, actor: Actor, table_id: str) -> Reader:
        """The reader of a table. Raises NotFound when the actor may not know of it."""
        catalog = await system.catalogs.current()
        return cls(system, catalog, catalog.table(table_id), actor)

    def chosen(self, names: Sequence[str] | None) -> tuple[Field, ...]:
        """The fields asked for, all when None."""
        return self.fields if names is None else tuple(self.compiler.field(name) for name in names)

    def divided(self, fields: tuple[Field, ...], raw: bool) -> tuple[QueryString | None, tuple[Field, ...]]:
        """What PostgreSQL makes into ready JSON, if that is wanted, and the fields that are left."""
        return wires.divide(self.catalog, self.table, fields) if raw else (None, fields)

    async def complete(
        self, rows: Sequence[Any], fields: Sequence[Field], *, encoded: bool = False
    ) -> tuple[RecordView, ...]:
        """Rows as :meth:`views` makes them, look-ups of attachments as files.

        Where the rows hold values as they are answered (:mod:`runtime.storage.wires`), ``fields`` being the others,
        a record's fields are one ``msgspec.Raw``.
        """
        found = self.views(rows, fields, encoded=encoded, files=await looked_up.files_of(self, rows, fields))
        if not rows or wires.COLUMN not in rows[0]:
            return found
        return tuple(map(_with_wires, found, rows))

    def views(
        self,
        rows: Sequence[Any],
        fields: Sequence[Field],
        *,
        encoded: bool = False,
        files: looked_up.Files | None = None,
    ) -> tuple[RecordView, ...]:
        """Rows of ``Compiler.page`` as records, links with the names of what they point at.

        ``encoded``: msgspec makes JSON of them, see :meth:`FieldType.wires`. ``files``: what look-ups of attachments show;
        without it the names.
        """
        return tuple(
            RecordView(
                record_id(self.table.number, row["id"]),
                row["version"],
                values,
                row["created_at"],
                row["updated_at"],
                row["deleted_at"],
            )
            for row, values in zip(rows, self.values(rows, fields, encoded, files), strict=True)
        )

    def values(
        self,
        rows: Sequence[Any],
        fields: Sequence[Field],
        encoded: bool = False,
        files: looked_up.Files | None = None,
    ) -> list[dict[str, Any]]:
        """The fields of each row by id, in wire form."""
        if not rows:
            return []
        # what is in a column of its own is taken out of a row at once, then made into its wire value where it is none
        keys = [field.id for field in fields]
        there = frozenset(rows[0].keys())
        columns = itemgetter(*[f.column if f.column in there else "id" for f in fields], "id", "id")
        changed: list[tuple[str, Callable[[Any], Any]]] = []
        made: list[tuple[str, Callable[[Any], Any]]] = []
        for field in fields:
            if files is not None and (found := files.get(field.id)) is not None:
                made.append((field.id, _by_number(found)))
            elif (whole := self._from_row(field, there)) is not None:
                made.append((field.id, whole))
            elif (wire := fieldtypes.get(field.config).wires(field.config, encoded=encoded)) is not None:
                changed.append((field.id, wire))
        found_values = []
        for row in rows:
            values = dict(zip(keys, columns(row), strict=False))  # the last ones, the number, are nobody's
            for key, wire in changed:
                values[key] = wire(values[key])
            for key, whole in made:
                values[key] = whole(row)
            found_values.append(values)
        return found_values

    def _from_row(self, field: Field, there: Collection[str]) -> Callable[[Any], Any] | None:
        """What makes a field's wire value of a whole row, for those that are not in one column."""
        if isinstance(field.config, Link):
            pointed = column_of(field)
            if pointed not in there:  # the table it points at is gone
                return lambda row: []
            target = self.catalog.table(field.config.table)
            names = links.namer(target, self.context)
            return lambda row: names(row[pointed])
        column = field.column
        if field.type == "button":  # the record it is pressed for, where it is shown
            return lambda row: record_id(self.table.number, row["id"]) if row.get(column, True) else None
        if field.type == "formula":
            error, wire = f"{column}_e", fieldtypes.get(field.config).wires(field.config)
            if wire is None:
                return lambda row: {"error": row[error]} if row[error] else row[column]
            return lambda row: {"error": row[error]} if row[error] else wire(row[column])
        return None


def _with_wires(view: RecordView, row: Any) -> RecordView:
    made: bytes = row[wires.COLUMN]
    others = b"," + _ENCODER.encode(view.fields)[1:] if view.fields else b"}"
    raw: Any = msgspec.Raw(b"{" + made + others)
    return RecordView(view.id, view.version, raw, view.created_at, view.updated_at, view.deleted_at)


_ENCODER = msgspec.json.Encoder()


def _by_number(found: dict[int, Any]) -> Callable[[Any], Any]:
    return lambda row: found.get(row["id"])


async def get(system: System, actor: Actor, public_id: str, *, with_trash: bool = False) -> RecordView:
    """One record. Raises NotFound."""
    return (await get_many(system, actor, [public_id], with_trash=with_trash))[0]


async def get_many(
    system: System,
    actor: Actor,
    public_ids: Sequence[str],
    *,
    with_trash: bool = False,
    encoded: bool = False,
    raw: bool = False,
) -> tuple[RecordView, ...]:
    """Records of one table, in the order asked for; ``encoded``, ``raw`` as in :func:`page`. Raises NotFound if any is missing."""
    parsed = [parse_record_id(public_id) for public_id in public_ids]
    if len({number for number, _ in parsed}) != 1:
        raise NotFound()
    catalog = await system.catalogs.current()
    table = catalog.table_by_number(parsed[0][0])
    require(actor, Operation.LOOK, table.app_id)

    async def together(asked: list[Sequence[str]]) -> list[dict[str, RecordView]]:
        reader = Reader(system, catalog, table, actor)
        found = await _found(reader, [one for ids in asked for one in ids], with_trash, encoded, raw)
        return [found] * len(asked)

    if system.db.in_transaction() or len(public_ids) > _FEW:
        found = (await together([public_ids]))[0]
    else:
        # those who ask at the same moment and may see the same ask together
        shared = ("records", catalog.version, table.id, actor.id, with_trash, encoded, raw)
        found = await system.gather(shared, together)(public_ids)
    if any(public_id not in found for public_id in public_ids):
        raise NotFound(N_("没有这条记录,可能已被删除"))
    return tuple(found[public_id] for public_id in public_ids)


async def _found(
    reader: Reader, public_ids: list[str], with_trash: bool, encoded: bool, raw: bool
) -> dict[str, RecordView]:
    query = Query(where=Condition("$id", "is_any_of", public_ids), limit=MAX_LIMIT, with_trash=with_trash)
    made, fields = reader.divided(reader.fields, raw)
    rows = await reader.system.db.fetch(reader.compiler.page(query, fields, made))
    return {view.id: view for view in await reader.complete(rows, fields, encoded=encoded)}


async def page(system: System, actor: Actor, table_id: str, query: Query, *, encoded: bool = False) -> Page:
    """A page of records in order. With ``query.at`` the page begins at that position (as of a few seconds ago).

    ``encoded``: msgspec makes JSON of the answer, see :meth:`Reader.views`.
    """
    reader = await Reader.of(system, actor, table_id)
    fields = reader.chosen(query.fields)
    found = await rows_of(reader, query, lambda asked: reader.compiler.page(asked, fields))
    return Page(
        await reader.complete(found.rows, fields, encoded=encoded),
        found.next_cursor,
        found.total_estimate,
        found.exact,
        found.at,
    )


class Rows(msgspec.Struct, frozen=True):
    """The rows of a page, and what :class:`Page` says of it. ``first``: the first that was read, perhaps before them."""

    rows: list[Any]
    first: Any
    next_cursor: str | None
    total_estimate: int | None
    exact: bool
    at: int | None


async def rows_of(reader: Reader, query: Query, statement: Callable[[Query], QueryString]) -> Rows:
    """The rows of a page, read by what ``statement`` makes of the query (by ``Compiler.page``)."""
    limit = max(1, min(query.limit, MAX_LIMIT))
    total, exact, at, skip = None, False, 0 if query.cursor is None else None, 0
    if query.at is not None and query.cursor is None and query.at > 0:
        query, at, skip, total = await _jump(reader, query)
        exact = True
    asked = query if not skip else msgspec.structs.replace(query, limit=min(limit + skip, MAX_LIMIT))
    sql, begun = statement(asked), time.perf_counter()
    rows = await reader.system.db.fetch(sql)
    note_slow(reader.system.db, reader.table, query, time.perf_counter() - begun)
    more, first = len(rows) > limit + skip, rows[0] if rows else None
    rows = rows[skip : skip + limit]
    if total is None and at is not None:
        total, exact = (at + len(rows), True) if not more else await _total(reader, query)
    return Rows(rows, first, reader.compiler.cursor(query, rows[-1]) if more else None, total, exact, at)


_ANCHORS: OrderedDict[tuple[Any, ...], tuple[float, list[Any]]] = OrderedDict()


async def _jump(reader: Reader, query: Query) -> tuple[Query, int, int, int | None]:
    """The query that continues behind the nearest known row before ``query.at``; position, rows to skip, total."""
    key = (
        reader.catalog.version, reader.table.id, reader.actor.id, repr(query.where), repr(query.sorts), query.search,
        query.with_trash,
    )  # fmt: skip
    kept = _ANCHORS.get(key)
    if kept is None or time.monotonic() - kept[0] > ANCHOR_SECONDS:
        rows = await reader.system.db.fetch(reader.compiler.anchors(query, ANCHOR_EVERY))
        kept = _ANCHORS[key] = (time.monotonic(), rows)
        _ANCHORS.move_to_end(key)
        while len(_ANCHORS) > 256:
            _ANCHORS.popitem(last=False)
    anchors = kept[1]
    total = anchors[-1]["n"] + 1 if anchors else 0
    at = min(query.at or 0, max(0, total - 1))
    index = at // ANCHOR_EVERY  # the anchor before block ``index`` is the last row of block ``index - 1``
    skip = at % ANCHOR_EVERY
    cursor = reader.compiler.cursor(query, anchors[index - 1]) if index else None
    return msgspec.structs.replace(query, cursor=cursor), at, skip, total


async def _total(reader: Reader, query: Query) -> tuple[int, bool]:
    """How many records match: counted where the whole table is small, estimated (False) where counting would take long."""
    if await is_small(reader.system.db, reader.table):
        where = reader.compiler.where(query.where, query.search, with_trash=query.with_trash)
        count = QueryString("SELECT count(*) FROM {} t WHERE {}", reader.compiler.source, where)
        return int(await reader.system.db.value(count)), True
    return await estimate(reader, query), False


_ESTIMATED_SECONDS = 5.0
_ESTIMATES: OrderedDict[tuple[Any, ...], tuple[float, int]] = OrderedDict()


async def estimate(reader: Reader, query: Query) -> int:
    """About how many records match, as PostgreSQL's planner saw it some seconds ago; never reads them all."""
    key = (
        id(reader.system), reader.catalog.version, reader.table.id, reader.actor.id, repr(query.where), query.search,
        query.with_trash,
    )  # fmt: skip
    known = _ESTIMATES.get(key)
    if known is None or time.monotonic() - known[0] > _ESTIMATED_SECONDS:
        known = _ESTIMATES[key] = (time.monotonic(), await _planned(reader, query))
        _ESTIMATES.move_to_end(key)
        while len(_ESTIMATES) > 1024:
            _ESTIMATES.popitem(last=False)
    return known[1]


async def _planned(reader: Reader, query: Query) -> int:
    statement = QueryString(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM {} t WHERE {}",
        reader.compiler.source,
        reader.compiler.where(query.where, query.search, with_trash=query.with_trash),
    )
    plan = msgspec.json.decode(await reader.system.db.value(statement))
    return int(plan[0]["Plan"]["Plan Rows"])


async def count(
    system: System, actor: Actor, table_id: str, where: Filter | None, search: str | None = None
) -> int:
    """Exactly how many records match."""
    reader = await Reader.of(system, actor, table_id)
    return int(await system.db.value(reader.compiler.count(where, search)))


async def aggregate(system: System, actor: Actor, table_id: str, query: AggregateQuery) -> list[GroupRow]:
    """Groups with their numbers; one row without keys when no group was asked for."""
    reader = await Reader.of(system, actor, table_id)
    rows = await system.db.fetch(reader.compiler.aggregate(query))
    levels = query.groups[:3]
    names = [
        await _link_labels(reader, level.field, [row[f"g{i}"] for row in rows])
        for i, level in enumerate(levels)
    ]
    result = []
    for row in rows:
        keys, labels = [], []
        for i, level in enumerate(levels):
            key, label = _key(reader, level, row[f"g{i}"], names[i])
            keys.append(key)
            labels.append(label)
        values = tuple(_number(reader, row[f"a{i}"], a.field) for i, a in enumerate(query.aggregates[:10]))
        result.append(GroupRow(tuple(keys), tuple(labels), values))
    return result


def _number(reader: Reader, value: Any, field_id: str | None) -> Any:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime) or field_id is None or not hasattr(value, "quantize"):
        return value.isoformat() if hasattr(value, "isoformat") else value
    return wire_number(round(value, 6))


def _key(reader: Reader, level: Any, value: Any, names: dict[int, str]) -> tuple[Any, str]:
    if level.buckets:
        return (level.buckets[value].name,) * 2 if value is not None else (None, "")
    if value is None:
        return None, ""
    if isinstance(value, datetime):  # a bucket, in the app's own time
        text = value.strftime("%Y-%m-%d %H:00" if level.bucket == "hour" else "%Y-%m-%d")
        return text, text
    if level.bucket in ("hour_of_day", "weekday"):
        return value, str(value)
    field = reader.table.field(level.field)
    if isinstance(field.config, Link):
        return record_id(reader.catalog.table(field.config.table).number, value), names.get(value, "")
    kind = fieldtypes.get(field.config)
    if isinstance(kind, LocationType):
        return value, kind.group_label(value)
    if isinstance(field.config, Member) and field.config.many:
        (wire,) = kind.to_wire(field.config, [value])
        return wire, wire["name"]
    wire = kind.to_wire(field.config, value)
    return wire, kind.to_text(field.config, value, reader.context)


async def _link_labels(reader: Reader, key: str | None, rows: Sequence[Any]) -> dict[int, str]:
    field = reader.table.by_id.get(key or "") or reader.table.by_name.get(key or "")
    if field is None or not isinstance(field.config, Link):
        return {}
    target = reader.catalog.table(field.config.table)
    primary = target.primary
    if primary is None or primary.type == "link":
        return {}
    found = await reader.system.db.fetch(
        f"SELECT id, {primary.column} AS name FROM {target.sql} WHERE id = ANY($1::bigint[])",
        [row for row in rows if row is not None],
    )
    return {row["id"]: links.title(primary, row["name"], reader.context) for row in found}


async def linked(
    system: System,
    actor: Actor,
    public_id: str,
    link_field: str,
    *,
    limit: int = 20,
    sorts: tuple[Sort, ...] = (),
) -> Page:
    """Records that ``public_id`` points at through one of its link fields, newest first unless ``sorts`` says otherwise."""
    number, row = parse_record_id(public_id)
    catalog = await system.catalogs.current()
    near = Reader(system, catalog, catalog.table_by_number(number), actor)
    field = near.compiler.field(link_field)
    if not isinstance(field.config, Link):
        raise InvalidInput(
            N_("「{field}」不是关联字段"), code="not_a_link", field=field.id, field_name=field.name
        )
    far = Reader(system, catalog, catalog.table(field.config.table), actor)
    query = Query(sorts=sorts or (Sort("$created_at", True),), limit=limit)
    keys = far.compiler.keys(query.sorts)
    select = ", ".join(far.compiler.columns(far.fields, "t.id"))
    rows = await system.db.fetch(
        QueryString(
            f"SELECT {select} FROM {{}} t JOIN {field.link_sql} l ON l.{field.link_far} = t.id"
            f" WHERE l.{field.link_near} = {{}} AND {{}} ORDER BY {order_by(keys)} LIMIT {int(limit) + 1}",
            far.compiler.source,
            row,
            far.compiler.where(None),
        )
    )
    more = len(rows) > limit
    return Page(await far.complete(rows[:limit], far.fields), None, len(rows[:limit]), not more)


async def matching(
    system: System, actor: Actor, table_id: str, conditions: Sequence[Condition], **options: Any
) -> Page:
    """Records that meet all ``conditions``; a short form for look-ups."""
    return await page(system, actor, table_id, Query(where=Group("and", tuple(conditions)), **options))
