"""What a record's links point at, as SQL: the first so many of each record, in order, with their names."""

from __future__ import annotations

from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.errors import NotFound

SHOWN = 100
"""Linked records that an answer names of one record and field."""
LOOKED_AT = 1000


def linked_rows(field: Field, target: Table, near: str, name: str, *, most: int | None = SHOWN) -> str:
    """Live linked records of the row whose number is the SQL ``near``: ``id``, ``name`` (an SQL of ``r``), ``total``.

    With ``most``, only so many. Of a record that thousands point at, the first by number are put in order: to order them
    all would take as long as to read them all.
    """
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    mine, far, pairs = field.link_near, field.link_far, field.link_sql
    joined = f"JOIN {target.sql} r ON r.id = l.{far} AND r.deleted_at IS NULL"
    if most is None or not config.many:
        return (
            f"SELECT r.id, {name} AS name, 1::bigint AS total FROM {pairs} l {joined}"
            f" WHERE l.{mine} = {near} ORDER BY l.position, r.id"
        )
    return (
        f"SELECT r.id, {name} AS name, count(*) OVER () AS total"
        f" FROM (SELECT {far}, position FROM {pairs} WHERE {mine} = {near} ORDER BY {far} LIMIT {LOOKED_AT}) l {joined}"
        f" ORDER BY l.position, r.id LIMIT {most}"
    )


def link_column(catalog: Catalog, field: Field, near: str) -> str | None:
    """A column ``l<number>``: the linked records of a row as rows of ``id``, ``name``, ``total``; None without a target."""
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    try:
        target = catalog.table(config.table)
    except NotFound:
        return None
    return f"{as_array(linked_rows(field, target, near, name_of(target)))} AS {column_of(field)}"


def as_array(linked: str) -> str:
    """Linked rows as one value: an array of ``(id, name, total)``."""
    return f"ARRAY(SELECT ROW(s.id, s.name, s.total) FROM ({linked}) s)"


def linked_texts(field: Field, target: Table, rows: str) -> str:
    """The SQL of one text, in UTF-8: lines ``<row>:<linked number>:<name as JSON>`` for the rows that the SQL ``rows`` selects.

    Of a link to one record whose names are texts; a name as JSON holds no line break.
    """
    name = f"coalesce(to_json({name_of(target)})::text, '\"\"')"
    return (
        f"SELECT convert_to(string_agg(concat(l.{field.link_near}, ':', r.id, ':', {name}), chr(10)), 'UTF8')"
        f" FROM {field.link_sql} l JOIN {target.sql} r ON r.id = l.{field.link_far} AND r.deleted_at IS NULL"
        f" WHERE l.{field.link_near} = ANY(ARRAY({rows}))"
    )


def column_of(field: Field) -> str:
    """What the column of a link is called in a page."""
    return f"l{field.number}"


def name_of(target: Table) -> str:
    """The SQL of what names a record ``r`` of the table, as it is stored."""
    primary = target.primary
    return f"r.{primary.column}" if primary is not None and primary.type != "link" else "NULL"
