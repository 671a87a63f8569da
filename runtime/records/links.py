"""Links on the write path and on the read path: pairs in join tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.errors import NotFound
from runtime.fieldtypes import BadValue, Context, FieldType
from runtime.fieldtypes.link import MORE
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records.dependents import graph
from runtime.records.work import Item, Work
from runtime.storage.database import Database, Tx
from runtime.storage.linked import LOOKED_AT, SHOWN, as_array, linked_rows, name_of


def raw(value: Any) -> list[Any]:
    """A lenient link value as a list of ids or names; text is split at 、,; and line ends."""
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str):
        text = value
        for mark in (",", "、", ";", ";", "\n"):
            text = text.replace(mark, ",")
        return [part.strip() for part in text.split(",") if part.strip()]
    return [value]


async def resolve(work: Work) -> None:
    """Turn what was given into row numbers that exist; read the pairs that are there now.

    Records whose computed fields will follow are locked with the same statement: once the pairs are stored, two writers
    who both point at one record could only wait for each other in a circle.
    """
    fields = {field for item in work.good for field in item.links}
    for field in sorted(fields, key=lambda one: (work.catalog.table(_link(one).table).number, one.number)):
        config = field.config
        assert isinstance(config, Link)  # noqa: S101
        target = work.catalog.table(config.table)
        items = [item for item in work.good if field in item.links]
        names = await _by_name(work, field, items) if work.change.typecast else {}
        for item in items:
            item.links[field] = _numbers(work, field, item, names)
        updated = [item.row_id for item in items if item.action == "update"]
        now = await pairs(work.tx, field, updated) if updated else {}
        shortened = [item for item in items if item.action == "update" and _leaves_out(item.asked, field)]
        shown = await _shown(work.tx, field, target, [item.row_id for item in shortened]) if shortened else {}
        for item in items:
            if item.action == "update":
                item.old_links[field] = now.get(item.row_id, [])
        for item in shortened:
            given = {*item.links[field], *shown.get(item.row_id, ())}
            item.links[field] += [n for n in item.old_links[field] if n not in given]
        wanted = {n for item in items if not item.problems for n in item.links[field]}
        follow = bool(config.inverse and graph(work.catalog).same.get(config.inverse))
        if follow:
            wanted |= {n for item in items for n in item.old_links.get(field, ())}
        merging = work.change.merging is not None
        rows = await work.tx.fetch(
            f"SELECT id FROM {target.sql} WHERE id = ANY($1::bigint[])"
            + ("" if merging else " AND deleted_at IS NULL")
            + (" ORDER BY id FOR UPDATE" if follow else ""),
            sorted(wanted),
        )
        there = {row["id"] for row in rows}
        if follow:
            work.tx.held[target.sql] |= there
        for item in items:
            if merging:  # what has been removed for good since is nobody's link any more
                item.links[field] = [n for n in item.links[field] if n in there]
            if not item.problems and any(n not in there for n in item.links[field]):
                message = Message(N_("「{field}」关联的记录不存在,可能已被删除"), {"field": field.name})
                item.refuse("broken_link", message, field)


def _leaves_out(asked: Any, field: Field) -> bool:
    """Whether what was sent for the field holds the mark of an answer that did not show all."""
    given = getattr(asked, "fields", {})
    value = given.get(field.id, given.get(field.name))
    return isinstance(value, list | tuple) and any(
        (one.get("id") if isinstance(one, dict) else one) == MORE for one in value
    )


def _link(field: Field) -> Link:
    assert isinstance(field.config, Link)  # noqa: S101
    return field.config


def _numbers(work: Work, field: Field, item: Item, names: dict[str, int]) -> list[int]:
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    target = work.catalog.table(config.table)
    numbers: list[int] = []
    for value in item.links[field]:
        public_id = value.get("id") if isinstance(value, dict) else value
        if str(public_id) == MORE:
            continue
        try:
            number, row = parse_record_id(str(public_id))
        except NotFound:
            number, row = 0, 0
        if number == target.number:
            numbers.append(row)
        elif str(public_id) in names:
            numbers.append(names[str(public_id)])
        else:
            message = Message(
                N_("「{table}」里没有「{value}」"), {"table": target.name, "value": str(public_id)[:60]}
            )
            item.refuse("broken_link", message, field)
    numbers = list(dict.fromkeys(numbers))
    if not config.many and len(numbers) > 1:
        item.refuse("too_many_links", Message(N_("这里只能关联一条记录")), field)
    return numbers


async def _by_name(work: Work, field: Field, items: Sequence[Item]) -> dict[str, int]:
    """Names given for a link → row numbers, by the target's primary field; the newest wins where a name is shared."""
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    target = work.catalog.table(config.table)
    primary = target.primary
    if primary is None or not primary.stored:
        return {}
    kind = fieldtypes.get(primary.config)
    stored: dict[Any, list[str]] = defaultdict(list)
    for item in items:
        for value in item.links[field]:
            if isinstance(value, dict):
                continue
            try:
                key = kind.repair(primary.config, value, work.context) if not primary.readonly else str(value)
            except BadValue:
                continue
            if key is not None and not isinstance(key, list):
                stored[key].append(str(value))
    if not stored:
        return {}
    rows = await work.tx.fetch(
        f"SELECT id, {primary.column} AS name FROM {target.sql}"
        f" WHERE {primary.column} = ANY($1) AND deleted_at IS NULL ORDER BY id",
        list(stored),
    )
    return {text: row["id"] for row in rows for text in stored.get(row["name"], ())}


async def pairs(tx: Tx | Database, field: Field, rows: Iterable[int]) -> dict[int, list[int]]:
    """``{record: [linked, …]}`` of a link field, in order, trashed ones left out by the caller's join."""
    found = await tx.fetch(
        f"SELECT {field.link_near} AS near, {field.link_far} AS far FROM {field.link_sql}"
        f" WHERE {field.link_near} = ANY($1::bigint[]) ORDER BY {field.link_near}, position, {field.link_far}",
        list(rows),
    )
    result: dict[int, list[int]] = defaultdict(list)
    for row in found:
        result[row["near"]].append(row["far"])
    return result


async def linked(tx: Tx, catalog: Catalog, field: Field, rows: Iterable[int]) -> set[int]:
    """Those of these records that are linked by the field with one that is not in the trash."""
    assert isinstance(field.config, Link)  # noqa: S101
    far = catalog.table(field.config.table)
    found = await tx.fetch(
        f"SELECT DISTINCT l.{field.link_near} AS near FROM {field.link_sql} l JOIN {far.sql} r"
        f" ON r.id = l.{field.link_far} AND r.deleted_at IS NULL WHERE l.{field.link_near} = ANY($1::bigint[])",
        list(rows),
    )
    return {row["near"] for row in found}


async def store(work: Work, fields: Collection[Field] | None = None) -> dict[Field, set[int]]:
    """Write changed pairs of ``fields`` (None: of all). Returns the far records touched per field (old and new), whose
    computed fields may change."""
    touched: dict[Field, set[int]] = {}
    written = {f for item in work.of("create", "update") for f in item.links}
    # in the order of the fields, so that writers who point at the same records wait for each other in one direction
    for field in sorted(
        written if fields is None else written.intersection(fields),
        key=lambda one: (one.position, one.number),
    ):
        config = field.config
        assert isinstance(config, Link)  # noqa: S101
        items = [item for item in work.of("create", "update") if field in item.links]
        near, far = field.link_near, field.link_far
        changed = [item.row_id for item in items if item.action == "update"]
        if changed:
            await work.tx.execute(f"DELETE FROM {field.link_sql} WHERE {near} = ANY($1::bigint[])", changed)
        new = [(item.row_id, n, i) for item in items for i, n in enumerate(item.links[field])]
        new.sort(key=lambda pair: pair[1])  # the far rows are locked by their foreign key in this order
        far_rows = {n for _, n, _ in new} | {n for item in items for n in item.old_links.get(field, ())}
        if new and inverse_is_single(work.catalog, config):
            # the other side holds one link only: it lets go of its old one
            taken = await work.tx.fetch(
                f"DELETE FROM {field.link_sql} WHERE {far} = ANY($1::bigint[]) RETURNING {near} AS near, {far} AS far",
                [n for _, n, _ in new],
            )
            work.also_touched.update(row["near"] for row in taken)
            work.let_go[field] = [(row["near"], row["far"]) for row in taken]
        if new:
            await work.tx.execute(
                f"INSERT INTO {field.link_sql} ({near}, {far}, position)"
                " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) ON CONFLICT DO NOTHING",
                [n for n, _, _ in new],
                [f for _, f, _ in new],
                [p for _, _, p in new],
            )
        touched[field] = far_rows
    return touched


def inverse_is_single(catalog: Catalog, config: Link) -> bool:
    """Whether a record at the other end can be linked to one record only."""
    if config.inverse is None:
        return False
    try:
        inverse = catalog.field(config.inverse).config
    except NotFound:
        return False
    return isinstance(inverse, Link) and not inverse.many


async def _shown(tx: Tx, field: Field, target: Table, rows: Sequence[int]) -> dict[int, set[int]]:
    """The linked records that :func:`display` names."""
    statement = _of_many(linked_rows(field, target, "n.id", "NULL"))
    rows_of = await tx.fetch(statement, list(rows))
    return {row["near"]: {one[0] for one in row["linked"]} for row in rows_of}


async def display(
    db: Tx | Database,
    catalog: Catalog,
    field: Field,
    rows: Sequence[int],
    context: Context,
    *,
    most: int | None = SHOWN,
) -> dict[int, list[dict[str, str]]]:
    """``{record: [{"id", "name"}, …]}`` for the read path: live linked records with the text of their primary field.

    Of more than ``most`` (None: however many), the last entry stands for the rest: ``{"id": "more", "name": "+23"}``.
    """
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    try:
        target = catalog.table(config.table)
    except NotFound:
        return {}
    statement = _of_many(linked_rows(field, target, "n.id", name_of(target), most=most))
    found = await db.fetch(statement, list(rows))
    return {row["near"]: named(target, row["linked"], context, most=most) for row in found if row["linked"]}


def _of_many(linked: str) -> str:
    """The linked rows (of ``n.id``) of each of ``$1``."""
    return f"SELECT n.id AS near, {as_array(linked)} AS linked FROM unnest($1::bigint[]) AS n(id)"


def named(
    target: Table, linked: Sequence[Any], context: Context, *, most: int | None = SHOWN
) -> list[dict[str, str]]:
    """Rows of ``id``, ``name``, ``total`` as an answer shows them."""
    return namer(target, context, most=most)(linked)


def namer(
    target: Table, context: Context, *, most: int | None = SHOWN
) -> Callable[[Sequence[Any]], list[dict[str, str]]]:
    """:func:`named` for many records: what it needs to know of the table is found out once."""
    number, name_of_one = target.number, _titles(target.primary, context)

    def shown_of(linked: Sequence[Any]) -> list[dict[str, str]]:
        shown = [{"id": record_id(number, row), "name": name_of_one(name)} for row, name, _ in linked]
        if most is not None and linked and linked[0][2] > most:
            total = linked[0][2]
            left = f"+{total - most}" if total < LOOKED_AT else f"{total - most}+"
            shown.append({"id": MORE, "name": left})
        return shown

    return shown_of


def _titles(primary: Field | None, context: Context) -> Callable[[Any], str]:
    """:func:`title` for many records."""
    if primary is None or primary.type == "link":
        return lambda stored: ""
    config, kind = primary.config, fieldtypes.get(primary.config)
    if type(kind).to_wire is FieldType.to_wire and type(kind).to_text is FieldType.to_text:
        return lambda stored: "" if stored is None else str(stored)
    return lambda stored: "" if stored is None else kind.to_text(config, stored, context)


def title(primary: Field | None, stored: Any, context: Context) -> str:
    """What a record is called: the text of its primary field."""
    if primary is None or stored is None or primary.type == "link":
        return ""
    return fieldtypes.get(primary.config).to_text(primary.config, stored, context)
