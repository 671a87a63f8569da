"""Turning values into links and links into values: records are found by the text of their primary field."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from builder.columns import LONG_SECONDS
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.fieldtypes import BadValue, Context
from runtime.i18n import N_
from runtime.records.links import title
from runtime.storage.database import Tx

_MARKS = re.compile(r"[,,、;;|\n]")
_CHUNK = 5000


class LinkedNames(msgspec.Struct, frozen=True):
    """What one record points at, by name, in order; ``row`` is the record's number."""

    row: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "、".join(self.names)


def split(text: str) -> list[str]:
    """A text at the marks that separate several values."""
    return [part.strip() for part in _MARKS.split(text) if part.strip()]


async def linked(
    tx: Tx,
    catalog: Catalog,
    table: Table,
    field: Field,
    context: Context,
    *,
    rows: str = "",
    only: str = "TRUE",
    args: Sequence[Any] = (),
) -> AsyncIterator[tuple[LinkedNames, int]]:
    """``(LinkedNames, 1 if the record is live)`` of every record that points at anything.

    ``rows``: the records as SQL, if not all; ``only``, ``args``: a condition on their ids, ``t.id``, as SQL.
    """
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    target = catalog.table(config.table)
    primary = target.primary
    name = f"r.{primary.column}" if primary is not None and primary.type != "link" else "NULL::text"
    cursor = tx.connection.cursor(
        f"SELECT t.id, t.deleted_at IS NULL AS live, {name} AS name FROM {field.link_sql} l"
        f" JOIN {rows or table.sql} t ON t.id = l.{field.link_near} JOIN {target.sql} r ON r.id = l.{field.link_far}"
        f" AND r.deleted_at IS NULL WHERE {only} ORDER BY t.id, l.position, r.id",
        *args,
        prefetch=_CHUNK,
        timeout=LONG_SECONDS,
    )
    current, live = 0, False
    names: list[str] = []
    async for row in cursor:
        if row["id"] != current:
            if names:
                yield LinkedNames(current, tuple(names)), int(live)
            current, live, names = row["id"], row["live"], []
        if text := title(primary, row["name"], context):
            names.append(text)
    if names:
        yield LinkedNames(current, tuple(names)), int(live)


async def names_of(
    tx: Tx, target: Table, context: Context, rows: Sequence[int] | None = None
) -> dict[str, int]:
    """Names of the target's live records (or of these ``rows``) → row numbers; the newest wins where a name is shared."""
    primary = target.primary
    if primary is None or primary.type == "link":
        return {}
    which, args = ("TRUE", []) if rows is None else ("id = ANY($1::bigint[])", [list(rows)])
    cursor = tx.connection.cursor(
        f"SELECT id, {primary.column} AS name FROM {target.sql} WHERE deleted_at IS NULL"
        f" AND {primary.column} IS NOT NULL AND {which} ORDER BY id",
        *args,
        prefetch=_CHUNK,
        timeout=LONG_SECONDS,
    )
    names: dict[str, int] = {}
    seen = 0
    async for row in cursor:
        names[_key(title(primary, row["name"], context))] = row["id"]
        seen += 1
        if seen % _CHUNK == 0:
            await asyncio.sleep(0)  # let other requests of this process go on
    return names


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def find(names: Mapping[str, int], value: Any, config: Link) -> list[int]:
    """The records that ``value`` names, all of them. Raises BadValue when one is not there or there are too many."""
    if isinstance(value, LinkedNames):
        wanted = list(value.names)
    else:
        text = str(value)
        wanted = [text] if _key(text) in names else split(text)
    missing = [name for name in wanted if _key(name) not in names]
    if missing:
        raise BadValue(N_("没有叫「{value}」的记录"), value=missing[0][:60])
    rows = list(dict.fromkeys(names[_key(name)] for name in wanted))
    if len(rows) > 1 and not config.many:
        raise BadValue(N_("这里只能关联一条记录"))
    return rows


async def fill(
    tx: Tx,
    table: Table,
    target: Table,
    relation: int,
    old_type: str,
    pairs: list[tuple[Any, Any]],
    *,
    match: str,
) -> None:
    """Store pairs (value of column ``match``, rows pointed at) in a join table whose ``a`` side is ``table``.

    Records that are gone by now, or in the trash, are left out.
    """
    records = [(old, far, position) for old, rows in pairs for position, far in enumerate(rows)]
    if not records:
        return
    await tx.execute(
        f"CREATE TEMPORARY TABLE builder_links (old {old_type}, far bigint, position integer) ON COMMIT DROP"
    )
    await tx.connection.copy_records_to_table("builder_links", records=records, timeout=LONG_SECONDS)
    await tx.execute("ANALYZE builder_links")
    # the locks are those of the foreign keys, taken before it could be too late for them
    await tx.connection.execute(
        f"INSERT INTO data.l{relation} (a_id, b_id, position)"
        f" SELECT t.id, m.far, m.position FROM {table.sql} t JOIN builder_links m ON t.{match} = m.old"
        f" JOIN {target.sql} r ON r.id = m.far AND r.deleted_at IS NULL FOR KEY SHARE OF t, r"
        " ON CONFLICT DO NOTHING",
        timeout=LONG_SECONDS,
    )
    await tx.execute("DROP TABLE builder_links")


async def forget(tx: Tx, relation: int, rows: Sequence[int]) -> None:
    """Remove the pairs of records (``a`` side) from a join table."""
    await tx.execute(f"DELETE FROM data.l{relation} WHERE a_id = ANY($1::bigint[])", list(rows))
