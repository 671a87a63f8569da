"""The trash of records: what is in it, removing for good, and emptying it after 30 days.

A trashed record keeps its row; :mod:`runtime.records.write` puts it there and takes it out. What is removed for good
goes with its links; the operation history stays, as does what it did to others.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from runtime.access import Actor, Operation, require
from runtime.catalog import Table
from runtime.errors import InvalidInput
from runtime.events.live import Notice
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links
from runtime.records.read import Reader
from runtime.storage.query import MAX_LIMIT
from runtime.system import System

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
"""How long a record lies in the trash before it is removed for good."""
_BATCH = 1000


class TrashedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record in the trash. ``name``: text of its primary field; ``by``: who put it there, "" where that is not known.

    ``channel``: through what (``ui``, ``api``, ``import`` …); ``gone_at``: when it is removed for good.
    """

    id: str
    name: str
    deleted_at: datetime
    gone_at: datetime
    by: str
    by_kind: str
    channel: str


class TrashPage(msgspec.Struct, frozen=True):
    """A page of the trash, the latest first. ``total``: all that match, on the first page only."""

    records: tuple[TrashedRecord, ...]
    next_cursor: str | None
    total: int | None = None


async def page(
    system: System,
    actor: Actor,
    table_id: str,
    *,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> TrashPage:
    """What lies in a table's trash, for those who may take it out again.

    Raises:
        NotFound, NotAllowed: no such table, or the actor may not change its records.
        InvalidInput: the cursor is not one of ours.
    """
    reader = await Reader.of(system, actor, table_id)
    require(actor, Operation.EDIT_RECORDS, reader.table.app_id)
    limit = max(1, min(limit, MAX_LIMIT))
    primary = reader.table.primary if reader.table.primary in reader.fields else None
    columns = [primary] if primary is not None else []
    after = _read_cursor(cursor) if cursor else None
    rows = await system.db.fetch(reader.compiler.trash(search, after, columns, limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    by = await _who(system, reader.table, [row["id"] for row in rows])
    total = None if cursor else int(await system.db.value(reader.compiler.count_trash(search)))
    found = []
    for row in rows:
        stored = row[primary.column] if primary is not None and primary.stored else None
        kind, name, channel = by.get(row["id"], ("", "", ""))
        found.append(
            TrashedRecord(
                id=record_id(reader.table.number, row["id"]),
                name=links.title(primary, stored, reader.context),
                deleted_at=row["deleted_at"],
                gone_at=row["deleted_at"] + KEPT,
                by=name,
                by_kind=kind,
                channel=channel,
            )
        )
    return TrashPage(tuple(found), _cursor(rows[-1]) if more else None, total)


async def _who(system: System, table: Table, rows: list[int]) -> dict[int, tuple[str, str, str]]:
    """Who (kind and name) trashed which record, and through what."""
    found = await system.db.fetch(
        "SELECT DISTINCT ON (record_id) record_id, actor_kind, actor_name, channel FROM meta.history"
        " WHERE table_id = $1 AND record_id = ANY($2::bigint[]) AND action = 'delete' ORDER BY record_id, id DESC",
        table.number,
        rows,
    )
    return {row["record_id"]: (row["actor_kind"], row["actor_name"], row["channel"]) for row in found}


async def remove(system: System, actor: Actor, table_id: str, records: Sequence[str] | None) -> int:
    """Remove trashed records for good, all of the table's when None; returns how many. What is not trashed stays.

    Raises:
        NotFound, NotAllowed: no such table, or the actor may not build in its app.
    """
    table = (await system.catalogs.current()).table(table_id)
    require(actor, Operation.BUILD, table.app_id)
    rows = None
    if records is not None:
        rows = [row for number, row in map(parse_record_id, records) if number == table.number]
    gone = await _remove(system, table.sql, datetime.now(UTC), rows)
    log.info("records removed for good", table=table.id, count=gone, by=actor.id)
    await system.live.publish(Notice(topic=table.id, kind="reload", by=actor.id))
    return gone


async def purge(system: System, before: datetime) -> int:
    """Remove for good what went into the trash before ``before``, in every table; returns how many records."""
    numbers = await system.db.fetch(
        "SELECT id FROM meta.definition WHERE kind = 'table' AND to_regclass('data.t' || id) IS NOT NULL ORDER BY id"
    )
    return sum([await _remove(system, f"data.t{row['id']}", before, None) for row in numbers])


async def empty(system: System, now: datetime | None = None) -> int:
    """Remove what has lain in the trash for 30 days; the scheduler does this every hour."""
    return await purge(system, (now or datetime.now(UTC)) - KEPT)


async def _remove(system: System, sql: str, before: datetime, rows: list[int] | None) -> int:
    """Delete the rows of trashed records, a thousand at a time, so that nobody waits long."""
    gone = 0
    while True:
        done = await system.db.execute(
            f"DELETE FROM {sql} WHERE id = ANY(ARRAY(SELECT id FROM {sql} WHERE deleted_at < $1"
            " AND ($2::bigint[] IS NULL OR id = ANY($2::bigint[])) LIMIT $3 FOR UPDATE SKIP LOCKED))",
            before,
            rows,
            _BATCH,
        )
        count = int(done.rpartition(" ")[2])
        gone += count
        if count < _BATCH:
            return gone


def _cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(f"{row['deleted_at'].isoformat()}/{row['id']}".encode()).decode()


def _read_cursor(text: str) -> tuple[datetime, int]:
    try:
        moment, _, row = base64.urlsafe_b64decode(text.encode()).decode().partition("/")
        return datetime.fromisoformat(moment), int(row)
    except ValueError:
        raise InvalidInput(N_("翻页位置已失效,请从头查看"), code="bad_cursor") from None
